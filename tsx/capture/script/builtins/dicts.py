"""Dicts and sets: indexing, iteration, truth, and the methods of ``dict`` and ``set``.

A set is held as a dict to None (``tsx/ops/python_dicts.py``); the views of a dict (``keys()``, ``items()``) are lists,
made when they are asked for. A dict that changes its size while a loop walks over it stops the run, as Python's does.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tsx.capture.script import comparisons, item_methods, open_types
from tsx.capture.script.builtins.common import (
    NONE,
    each,
    is_none,
    is_set,
)
from tsx.capture.script.sets import add_to_set, set_of
from tsx.capture.script.typed import DictMeaning
from tsx.capture.script.values import (
    Constant,
    Handler,
    Iteration,
    Ssa,
    Sugar,
    meaning,
    method,
)
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _parts(value: Sugar) -> ty.DictType:
    type = value.type
    assert isinstance(type, ty.DictType)
    return type


def as_key(ctx: Context, at: Place, owner: Sugar, key: Sugar, what: str = "the key") -> Sugar:
    """``key`` as the dict (or set) has keys; the first one decides for an empty dict."""
    key = ctx.settled(key, at)
    if ctx.is_open(_parts(owner).key) and key.type is not None:
        ctx.close_type(_parts(owner).key, ctx.item_type(key))
    key = ctx.converted(key, _parts(owner).key, at, what)
    return item_methods.known_key(ctx, at, owner, key)


def as_value(ctx: Context, at: Place, owner: Sugar, key: Sugar, given: Sugar) -> Sugar:
    """``given`` as the dict has values."""
    given = ctx.settled(given, at)
    ctx.open_as(owner, key, given)
    return ctx.converted(given, _parts(owner).value, at, "the value")


@meaning(ty.DictType)
class TableMeaning(DictMeaning):
    """A dict, or a set: a dict to None, which has the methods of a set and no items."""

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar:
        if not is_set(value.type):
            return super().attribute(ctx, at, value, name)
        handler = _SET_METHODS.get(name)
        if handler is None:
            close = difflib.get_close_matches(name, _SET_METHODS, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ctx.problem("TSX3011", at, what="a set", name=name, hint=hint)
        return Handler(name, handler, (value,))

    def has_attribute(self, ctx: Context, value: Sugar, name: str) -> bool:
        if is_set(value.type):
            return name in _SET_METHODS
        return super().has_attribute(ctx, value, name)

    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        if is_set(value.type):
            raise ctx.problem("TSX3014", at, what="a set")
        return super().subscript(ctx, at, value, index)

    def set_subscript(
        self, ctx: Context, at: Place, value: Sugar, index: Sugar, given: Sugar
    ) -> None:
        if is_set(value.type):
            raise ctx.problem("TSX3015", at, what="a set")
        super().set_subscript(ctx, at, value, index, given)

    def delete_subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> None:
        if is_set(value.type):
            raise ctx.problem("TSX3016", at, what="a set")
        super().delete_subscript(ctx, at, value, index)

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        """Over the keys that there are at the start; a dict that grows or shrinks meanwhile stops the run."""
        held = Ssa(value.as_value(ctx, at))
        keys = keys_of(ctx, at, held)

        def item(index: Value) -> Sugar:
            return ctx.op("aten::__getitem__.t", at, [keys, Ssa(index)])

        def length() -> Value:
            return ctx.op("tsx::rounds.Dict", at, [held, keys]).as_value(ctx, at)

        return Iteration(length=length, item=item, source=held.value)


def keys_of(ctx: Context, at: Place, value: Sugar) -> Sugar:
    """The list of keys, or of a set's elements."""
    return ctx.op(("aten::keys", "tsx::keys"), at, [value], called="dict.keys")


def _view(name: str, found: Sugar) -> Sugar:
    """The list of what is in a dict, which prints as the view that Python gives."""
    return Ssa(found.value, name) if isinstance(found, Ssa) else found


# --- dict -----------------------------------------------------------------------------------------


@method(ty.DictType, "keys")
def _keys(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return _view("dict_keys", keys_of(ctx, at, self))


@method(ty.DictType, "values")
def _values(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return _view(
        "dict_values", ctx.op(("aten::values", "tsx::values"), at, [self], called="dict.values")
    )


@method(ty.DictType, "items")
def _items(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return _view(
        "dict_items", ctx.op(("aten::items", "tsx::items"), at, [self], called="dict.items")
    )


@method(ty.DictType, "get")
def _get(ctx: Context, at: Place, self: Sugar, key: Sugar, default: Sugar = NONE) -> Sugar:
    key = as_key(ctx, at, self, key)
    if is_none(default):
        return ctx.op(("aten::get", "tsx::get.Dict"), at, [self, key], called="dict.get")
    return ctx.op("tsx::get.default", at, [self, key, as_value(ctx, at, self, key, default)])


@method(ty.DictType, "setdefault")
def _setdefault(ctx: Context, at: Place, self: Sugar, key: Sugar, default: Sugar) -> Sugar:
    key = as_key(ctx, at, self, key)
    item = as_value(ctx, at, self, key, default)
    return ctx.op(("aten::setdefault", "tsx::setdefault"), at, [self, key, item])


@method(ty.DictType, "pop")
def _pop(ctx: Context, at: Place, self: Sugar, key: Sugar, default: Sugar | None = None) -> Sugar:
    key = as_key(ctx, at, self, key)
    if default is None:
        item_methods.require_key(ctx, at, self, key)
        return ctx.op(("aten::pop", "tsx::pop.Dict"), at, [self, key], called="dict.pop")
    type = self.type
    if isinstance(type, ty.DictType) and not ctx.can_be(default, type.value, at):
        other = default  # of another type, None above all

        def popped() -> Sugar:
            return ctx.op(("aten::pop", "tsx::pop.Dict"), at, [self, key], called="dict.pop")

        there = comparisons.contains(ctx, self, key, at).as_value(ctx, at)
        return ctx.choose(there, popped, lambda: other, at)
    return ctx.op("tsx::pop.default", at, [self, key, as_value(ctx, at, self, key, default)])


@method(ty.DictType, "popitem")
def _popitem(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("tsx::popitem", at, [self])


@method(ty.DictType, "clear")
def _clear(ctx: Context, at: Place, self: Sugar) -> None:
    ctx.op(("aten::clear", "tsx::clear.Dict"), at, [self], called="dict.clear")


@method(ty.DictType, "copy")
def _copy(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op(("aten::copy", "tsx::copy.Dict"), at, [self], called="dict.copy")


@method(ty.DictType, "update")
def _update(
    ctx: Context, at: Place, self: Sugar, other: Sugar | None = None, /, **kwargs: Sugar
) -> None:
    if other is not None:
        if isinstance(other.type, ty.DictType):
            wanted = _parts(self)
            if ctx.is_open(wanted) and not ctx.is_open(other.type):
                ctx.close_type(wanted, other.type)
            more: Sugar = Ssa(ctx.convert(other, _parts(self), at, "the dict"))
        else:
            more = dict_of_pairs(ctx, at, other)
        _update_with(ctx, at, self, more)
    for name, item in kwargs.items():
        TableMeaning().set_subscript(ctx, at, self, Constant(name), item)


def _update_with(ctx: Context, at: Place, self: Sugar, more: Sugar) -> None:
    """``self.update(more)`` of dicts of one type."""
    if not item_methods.has_own_equality(ctx, _parts(self).key):
        ctx.op("tsx::update.Dict", at, [self, more], called="dict.update")
        return

    def store(pair: Sugar) -> None:
        key, item = ctx.parts(pair, at) or []
        TableMeaning().set_subscript(ctx, at, self, key, item)

    pairs = ctx.op(("aten::items", "tsx::items"), at, [more])
    each(ctx, at, pairs.iterate(ctx, at), store)


def merged(ctx: Context, at: Place, a: Sugar, b: Sugar) -> Sugar:
    """``a | b`` of dicts."""
    if not item_methods.has_own_equality(ctx, _parts(a).key):
        return ctx.op("tsx::__or__", at, [a, b], called="|")
    made = ctx.op(("aten::copy", "tsx::copy.Dict"), at, [a], called="|")
    _update_with(ctx, at, made, b)
    return made


def dict_of_pairs(ctx: Context, at: Place, pairs: Sugar) -> Sugar:
    """``dict(pairs)``."""
    iteration = pairs.iterate(ctx, at)
    plain = isinstance(pairs.type, ty.ListType) and not item_methods.has_own_equality(
        ctx, pairs.type
    )
    if iteration.items is None and plain:
        return ctx.op("tsx::dict", at, [pairs], called="dict")
    type = ty.DictType(open_types.Open(ty.STR), open_types.Open(ty.TENSOR))
    made = ctx.emit("prim::DictConstruct", (), type, at)

    def store(pair: Sugar) -> None:
        parts = ctx.parts(pair, at)
        if parts is None or len(parts) != 2:
            raise ctx.problem("TSX3102", at, what=pair.describe())
        TableMeaning().set_subscript(ctx, at, made, parts[0], parts[1])

    each(ctx, at, iteration, store)
    return made


# --- set ------------------------------------------------------------------------------------------


def _add(ctx: Context, at: Place, self: Sugar, element: Sugar) -> None:
    add_to_set(ctx, at, self, element)


def _discard(ctx: Context, at: Place, self: Sugar, element: Sugar) -> None:
    ctx.op("tsx::discard", at, [self, as_key(ctx, at, self, element, "the element")])


def _remove(ctx: Context, at: Place, self: Sugar, element: Sugar) -> None:
    key = as_key(ctx, at, self, element, "the element")
    item_methods.require_key(ctx, at, self, key)
    ctx.op("tsx::Delete.Dict", at, [self, key])


def _set_pop(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("tsx::pop.set", at, [self])


def _set_clear(ctx: Context, at: Place, self: Sugar) -> None:
    ctx.op("tsx::clear.Dict", at, [self])


def _set_copy(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return ctx.op("tsx::copy.Dict", at, [self])


def combination(ctx: Context, at: Place, symbol: str, a: Sugar, b: Sugar) -> Sugar:
    """``a | b`` and its like, of sets."""
    name = {"|": "or", "&": "and", "-": "sub", "^": "xor"}[symbol]
    for first, second in ((a, b), (b, a)):
        if ctx.is_open(_parts(first)) and not ctx.is_open(_parts(second)):
            ctx.close_type(_parts(first), _parts(second))
    b = item_methods.as_keys_of(ctx, at, a, b)
    return ctx.op(f"tsx::set_{name}", at, [a, b], called=symbol)


def _combining(symbol: str, *, writes: bool = False) -> Callable[..., Sugar | None]:
    """``union`` and its like, of any number of iterables; ``update`` and its like keep the result."""

    def handler(ctx: Context, at: Place, self: Sugar, *others: Sugar) -> Sugar | None:
        found: Sugar = _set_copy(ctx, at, self) if not others else self
        for other in others:
            found = combination(ctx, at, symbol, found, set_of(ctx, other, at))
        if not writes:
            return found
        ctx.op("tsx::replace.set", at, [self, found])
        return None

    return handler


def _comparing(name: str) -> Callable[..., Sugar]:
    def handler(ctx: Context, at: Place, self: Sugar, other: Sugar) -> Sugar:
        given = item_methods.as_keys_of(ctx, at, self, set_of(ctx, other, at))
        return ctx.op(f"tsx::{name}.set", at, [self, given])

    return handler


_SET_METHODS: dict[str, Callable[..., Any]] = {
    "add": _add, "discard": _discard, "remove": _remove, "pop": _set_pop, "clear": _set_clear, "copy": _set_copy,
    "union": _combining("|"), "intersection": _combining("&"), "difference": _combining("-"),
    "symmetric_difference": _combining("^"), "update": _combining("|", writes=True),
    "intersection_update": _combining("&", writes=True), "difference_update": _combining("-", writes=True),
    "symmetric_difference_update": _combining("^", writes=True), "issubset": _comparing("le"),
    "issuperset": _comparing("ge"), "isdisjoint": _comparing("isdisjoint"),
}  # fmt: skip
