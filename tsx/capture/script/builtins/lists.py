"""The methods of ``list``, and what may be put into a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsx.capture.script import item_methods, prelude
from tsx.capture.script.builtins.common import (
    FALSE,
    LAST,
    NONE,
    ZERO,
    is_none,
    list_of,
    mapped,
    refuse_tensors,
)
from tsx.capture.script.values import Constant, ListLiteral, Ssa, Sugar, method
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_BASIC = (ty.INT, ty.FLOAT, ty.BOOL, ty.STR)  # what torch's schemas have of their own


def _of(value: Sugar, basic: str, other: str) -> str:
    """torch's operator for lists of numbers and strings, ours for the rest."""
    type = value.type
    return basic if isinstance(type, ty.ListType) and type.element in _BASIC else other


def elements(ctx: Context, at: Place, owner: Sugar, given: Sugar) -> Sugar:
    """Any iterable as a list that may be put into ``owner``, with its items converted to what that holds."""
    known = given.items if isinstance(given, ListLiteral) and given.value is None else None
    if known is None and not isinstance(given.type, ty.ListType):
        iteration = given.iterate(ctx, at)
        known = iteration.items
        if known is None:
            given = mapped(ctx, at, iteration, lambda item: item)
    if known is not None:
        items = [ctx.element(owner, item, at, "an item of the list") for item in known]
        type = owner.type
        assert isinstance(type, ty.ListType)
        values = [item.as_value(ctx, at) for item in items]
        return Ssa(ctx.list_value(values, type.element, at))
    return _alike(ctx, at, owner, ctx.settled(given, at))


def _alike(ctx: Context, at: Place, owner: Sugar, given: Sugar) -> Sugar:
    """A list as one of what ``owner`` holds: itself, or converted item by item."""
    for open_one, other in ((owner, given), (given, owner)):
        if ctx.is_open(open_one.type or ty.ANY) and not ctx.is_open(other.type or ty.ANY):
            assert open_one.type is not None
            assert other.type is not None
            ctx.close_type(open_one.type, ty.erase_shapes(other.type))
    wanted = owner.type
    if wanted is None or given.type is None or ctx.is_open(wanted):
        return given
    if ty.is_subtype(given.type, wanted):
        return given
    assert isinstance(wanted, ty.ListType)
    element = wanted.element

    def item_of(item: Sugar) -> Sugar:
        return ctx.converted(item, element, at, "an item of the list")

    return mapped(ctx, at, given.iterate(ctx, at), item_of)


# --- methods --------------------------------------------------------------------------------------


@method(ty.ListType, "append")
def _append(ctx: Context, at: Place, self: Sugar, object: Sugar) -> None:
    item = ctx.element(self, object, at, "an item of the list")
    ctx.op("aten::append.t", at, [self, item])


@method(ty.ListType, "extend")
def _extend(ctx: Context, at: Place, self: Sugar, iterable: Sugar) -> None:
    ctx.op("aten::extend.t", at, [self, elements(ctx, at, self, iterable)])


@method(ty.ListType, "insert")
def _insert(ctx: Context, at: Place, self: Sugar, index: Sugar, object: Sugar) -> None:
    item = ctx.element(self, object, at, "an item of the list")
    ctx.op("aten::insert.t", at, [self, index, item])


@method(ty.ListType, "pop")
def _pop(ctx: Context, at: Place, self: Sugar, index: Sugar = LAST) -> Sugar:
    return ctx.op("aten::pop.t", at, [self, index], called="list.pop")


@method(ty.ListType, "remove")
def _remove(ctx: Context, at: Place, self: Sugar, value: Sugar) -> None:
    refuse_tensors(ctx, at, self.type, "list.remove")
    if _asks_items(ctx, self, value):
        message = Constant("list.remove(x): x not in list")
        place = item_methods.place_of(ctx, at, self, value, (ZERO, _END), lambda: message)
        ctx.op("aten::Delete.t", at, [self, place])
        return
    item = ctx.element(self, value, at, "the value")
    ctx.op(_of(self, "aten::remove", "tsx::remove.t"), at, [self, item], called="list.remove")


def _asks_items(ctx: Context, self: Sugar, value: Sugar) -> bool:
    """Whether looking for a value asks the methods of the items."""
    element = item_methods.element_of(self)
    return value.type is not None and item_methods.needs_methods(ctx, element, value.type)


_END = Constant((1 << 63) - 1)


@method(ty.ListType, "index")
def _index(
    ctx: Context, at: Place, self: Sugar, value: Sugar, start: Sugar = NONE, stop: Sugar = NONE
) -> Sugar:
    refuse_tensors(ctx, at, self.type, "list.index")
    if _asks_items(ctx, self, value):
        bounds = (ZERO if is_none(start) else start, _END if is_none(stop) else stop)
        return item_methods.place_of(
            ctx, at, self, value, bounds, lambda: _not_there(ctx, at, value)
        )
    item = ctx.element(self, value, at, "the value")
    if is_none(start) and self.type != ty.ListType(ty.BOOL):
        name = _of(self, "aten::index", "tsx::index.t")
        return ctx.op(name, at, [self, item], called="list.index")
    rest = [bound for bound in (start, stop) if not is_none(bound)]
    return ctx.op("tsx::index.t", at, [self, item, *rest], called="list.index")


def _not_there(ctx: Context, at: Place, value: Sugar) -> Sugar:
    """``V(1) is not in list``, as ``list.index`` says it."""
    shown = item_methods.shown_in_error(ctx, at, value)
    return ctx.op("aten::add.str", at, [shown, Constant(" is not in list")])


@method(ty.ListType, "count")
def _count(ctx: Context, at: Place, self: Sugar, value: Sugar) -> Sugar:
    refuse_tensors(ctx, at, self.type, "list.count")
    if _asks_items(ctx, self, value):
        return item_methods.call(ctx, at, prelude.count, self, value)
    item = ctx.element(self, value, at, "the value")
    return ctx.op(_of(self, "aten::count", "tsx::count.t"), at, [self, item], called="list.count")


@method(ty.ListType, "reverse")
def _reverse(ctx: Context, at: Place, self: Sugar) -> None:
    ctx.op("aten::reverse.t", at, [self])


@method(ty.ListType, "clear")
def _clear(ctx: Context, at: Place, self: Sugar) -> None:
    ctx.op("aten::clear.t", at, [self])


@method(ty.ListType, "copy")
def _copy(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("aten::copy.t", at, [self])


def keys_for(ctx: Context, at: Place, values: Sugar, key: Sugar) -> Sugar:
    """The list of ``key(value)``."""

    def call(item: Sugar) -> Sugar:
        return key.call(ctx, at, [item], {})

    found = list_of(ctx, at, mapped(ctx, at, values.iterate(ctx, at), call))
    refuse_tensors(ctx, at, found.type, "a key")
    return found


@method(ty.ListType, "sort")
def _sort(
    ctx: Context,
    at: Place,
    self: Sugar,
    *,
    key: Sugar = NONE,
    reverse: Sugar = FALSE,
) -> None:
    order = {"reverse": reverse.truth(ctx, at)}
    keys = self if is_none(key) else keys_for(ctx, at, self, key)
    if item_methods.has_own_order(ctx, keys.type):
        places = item_methods.order_of(ctx, at, keys, order["reverse"])
        item_methods.call(ctx, at, prelude.rearrange, self, places)
    elif is_none(key):
        refuse_tensors(ctx, at, self.type, "list.sort")
        ctx.op(_of(self, "aten::sort", "tsx::sort"), at, [self], order, called="list.sort")
    else:
        ctx.op("tsx::sort.by", at, [self, keys], order)
