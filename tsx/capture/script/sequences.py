"""Tuples, lists, dicts and sets in the source: unpacking, stars, and literals.

Takes values; gives their items, or the container made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsx.capture.script import comparisons, item_methods, open_types, sizes
from tsx.capture.script.values import (
    NOT_STATIC,
    Constant,
    Handler,
    Iteration,
    ListLiteral,
    Slice,
    Ssa,
    Sugar,
    TupleSugar,
    join,
    names_of,
)
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def unpack(ctx: Context, value: Sugar, at: Place, count: int, *, starred: bool) -> list[Sugar]:
    """The items of the right side of ``a, b = value``: ``count`` of them, or as many at least when one is starred."""
    items = ctx.parts(value, at)
    if items is None and not isinstance(value.type, ty.ListType):
        items = value.iterate(ctx, at).items
        if items is None:
            value = as_list(ctx, value, at)
    if items is not None:
        if len(items) != count if not starred else len(items) < count:
            raise ctx.problem("TSX3047", at, count=count, found=len(items))
        return items
    if isinstance(value.type, ty.ListType) and not starred:
        list_value = value.as_value(ctx, at)
        node = ctx.node("prim::ListUnpack", [list_value], [value.type.element] * count, at)
        return [Ssa(v) for v in node.outputs]
    raise ctx.problem("TSX3048", at, what=value.describe())


def unpack_starred(
    ctx: Context, value: Sugar, at: Place, before: int, after: int
) -> list[Sugar] | None:
    """``a, *rest, b = values`` of a list: the items before, the list between, the items after. None for a tuple."""
    if ctx.parts(value, at) is not None:
        return None
    if not isinstance(value.type, ty.ListType):
        if value.iterate(ctx, at).items is not None:
            return None
        value = as_list(ctx, value, at)
    _require(ctx, value, at, before + after)

    def item(place: int) -> Sugar:
        return value.subscript(ctx, at, Constant(place))

    end = Constant(-after if after else None)
    middle = value.subscript(ctx, at, Slice(Constant(before), end, Constant(None)))
    if isinstance(middle, Ssa):
        middle = Ssa(middle.value)  # a list, of a tuple as well
    return [*map(item, range(before)), middle, *map(item, range(-after, 0))]


def _require(ctx: Context, value: Sugar, at: Place, count: int) -> None:
    """Raises ValueError where a list has fewer than ``count`` items."""
    length = value.length(ctx, at)
    operands = [length.as_value(ctx, at), ctx.constant(count, at)]
    short = ctx.emit("aten::lt.int", operands, ty.BOOL, at).value
    node = ctx.node("prim::If", [short], (), at)

    def stop() -> None:
        words = f"not enough values to unpack (expected at least {count}, got "
        number = ctx.op("tsx::str", at, [length])
        parts = ListLiteral([Constant(words), number, Constant(")")])
        ctx.raise_exception("ValueError", ctx.op("tsx::join", at, [Constant(""), parts]), at)

    ctx.inside(node.add_block(), stop)
    node.add_block()


def starred(ctx: Context, items: Sequence[Sugar], at: Place) -> Sugar:
    """What ``*rest`` is bound to: a list when the items have one type, else a tuple of them."""
    literal = ListLiteral(list(items))
    if ctx.frame.source.is_loose:
        return TupleSugar(list(items))
    return literal if literal.type is not None else TupleSugar(list(items))


def spread(ctx: Context, value: Sugar, at: Place) -> list[Sugar]:
    """The items of ``*value`` in a call or a display: as many as compilation knows."""
    items = ctx.parts(value, at)
    if items is None:
        if not isinstance(value.type, ty.ListType):
            items = value.iterate(ctx, at).items
        if items is None:
            raise ctx.problem("TSX3049", at, what=value.describe())
    return items


def spread_names(ctx: Context, value: Sugar, at: Place) -> dict[str, Sugar]:
    """The items of ``**value``: a dict whose keys compilation knows."""
    named = getattr(value, "named_items", None)
    if named is None:
        raise ctx.problem("TSX3050", at, what=value.describe())
    return dict(named)


def as_list(ctx: Context, value: Sugar, at: Place) -> Sugar:
    """A fresh list of what ``value`` gives when iterated: ``list(value)``."""
    if isinstance(value.type, ty.ListType):
        return ctx.op("aten::list", at, [value])
    iteration = value.iterate(ctx, at)
    if iteration.items is not None:
        return ListLiteral(list(iteration.items))
    return collected(ctx, value, at)


def collected(ctx: Context, value: Sugar, at: Place) -> Sugar:
    """A list filled by a loop over ``value``."""
    from tsx.capture.script.carry import Carry  # which needs this module's neighbours

    iteration = value.iterate(ctx, at)
    made = Ssa(ctx.list_value([], open_types.Open(ty.TENSOR), at))
    assert iteration.length is not None
    item = iteration.item
    assert item is not None

    def step(number: Value) -> Value:
        made.attribute(ctx, at, "append").call(ctx, at, [item(number)], {})
        return ctx.constant(True, at)

    Carry(ctx, at, set(), set(), set()).run(iteration.length(), ctx.constant(True, at), step)
    return made


@dataclass(eq=False, slots=True)
class DictLiteral(Sugar):
    """``{"a": x}`` before anything holds it: its values may still be converted to what the dict is wanted for.

    The first use as a value makes the dict (``value``). ``named_items`` is what ``**`` gives of it.
    """

    pairs: list[tuple[Sugar, Sugar]]
    value: Sugar | None = None

    @property
    def named_items(self) -> dict[str, Sugar] | None:
        keys = [key.static() for key, _ in self.pairs]
        names = [key for key in keys if isinstance(key, str)]
        if len(names) != len(keys):
            return None
        return dict(zip(names, (value for _, value in self.pairs), strict=True))

    @property
    def is_static(self) -> bool:
        """Whether values are no values of a program, such as functions, so that only compilation knows the dict."""
        return self.value is None and any(value.type is None for _, value in self.pairs)

    def made(self, ctx: Context, at: Place) -> Sugar:
        """The dict, made once."""
        if self.value is None:
            self.value = dict_literal(ctx, self.pairs, at)
        return self.value

    def describe(self) -> str:
        return "a dict" if self.value is None else self.value.describe()

    @property
    def type(self) -> ty.Type | None:
        if self.value is not None:
            return self.value.type
        key, value = _common([k for k, _ in self.pairs]), _common([v for _, v in self.pairs])
        if not self.pairs or key is None or value is None:
            return None
        return ty.DictType(key, value)

    def as_value(self, ctx: Context, at: Place) -> Value:
        return self.made(ctx, at).as_value(ctx, at)

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if self.is_static and name in ("keys", "values", "items"):
            parts = [{"keys": k, "values": v}.get(name, TupleSugar([k, v])) for k, v in self.pairs]
            return Handler(name, lambda ctx, at: TupleSugar(parts))
        return self.made(ctx, at).attribute(ctx, at, name)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return name in names_of(ty.DictType(ty.STR, ty.ANY))

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        if not self.is_static:
            return self.made(ctx, at).subscript(ctx, at, index)
        wanted = index.static()
        if wanted is NOT_STATIC:
            return Chosen([(key, value) for key, value in self.pairs], index)
        for key, value in reversed(self.pairs):
            if key.static() == wanted:
                return value
        raise ctx.problem("TSX3067", at, key=repr(wanted))

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``item in {…}``."""
        if not self.is_static:
            return comparisons.contains(ctx, self.made(ctx, at), item, at)
        return ctx.any_true([_equals(ctx, item, key, at) for key, _ in self.pairs], at)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        if self.is_static:
            return Iteration(items=[key for key, _ in self.pairs])
        return self.made(ctx, at).iterate(ctx, at)

    def length(self, ctx: Context, at: Place) -> Sugar:
        return self.made(ctx, at).length(ctx, at)

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return Constant(bool(self.pairs)) if self.value is None else self.value.truth(ctx, at)


def _equals(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Callable[[], Sugar]:
    return lambda: item_methods.same_item(ctx, b, a, at)


@dataclass(eq=False, slots=True)
class Chosen(Sugar):
    """``{"relu": torch.relu, …}[name]`` with a name that only a run knows: a call tries the keys in order."""

    options: list[tuple[Sugar, Sugar]]
    key: Sugar

    def describe(self) -> str:
        return "one of several functions"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        given = [ctx.settled(value, at) for value in args]
        named = {name: ctx.settled(value, at) for name, value in kwargs.items()}
        return self._call(ctx, at, given, named, 0)

    def _call(
        self,
        ctx: Context,
        at: Place,
        args: Sequence[Sugar],
        kwargs: Mapping[str, Sugar],
        place: int,
    ) -> Sugar:
        if place == len(self.options):
            text = ctx.resolve(repr, at, "repr").call(ctx, at, [self.key], {})
            ctx.raise_exception("KeyError", text, at)
            ctx.env.live, ctx.env.raised = False, True
            return Constant(None)
        key, function = self.options[place]
        same = comparisons.equal(ctx, self.key, key, at)
        return ctx.choose(
            same.as_value(ctx, at),
            lambda: function.call(ctx, at, args, kwargs),
            lambda: self._call(ctx, at, args, kwargs, place + 1),
            at,
        )


def with_pair(ctx: Context, found: DictLiteral, key: Sugar, value: Sugar, at: Place) -> DictLiteral:
    """``{**found, key: value}``, where nothing else holds ``found``."""
    if found.value is None:
        found.pairs.append((key, value))
    else:
        found.value.set_subscript(ctx, at, key, value)
    return found


def with_dict(ctx: Context, found: DictLiteral, more: Sugar, at: Place) -> DictLiteral:
    """``{**found, **more}``, where nothing else holds ``found``."""
    named = getattr(more, "named_items", None)
    if named is not None and found.value is None:
        found.pairs += [(Constant(name), item) for name, item in named.items()]
        return found
    if not isinstance(more.type, ty.DictType):
        raise ctx.problem("TSX3050", at, what=more.describe())
    if found.value is None and not found.pairs:
        found.value = more.attribute(ctx, at, "copy").call(ctx, at, [], {})
    else:
        found.made(ctx, at).attribute(ctx, at, "update").call(ctx, at, [more], {})
    return found


def dict_literal(ctx: Context, pairs: list[tuple[Sugar, Sugar]], at: Place) -> Sugar:
    """``{k: v, …}``."""
    key, value = _common([k for k, _ in pairs]), _common([v for _, v in pairs])
    if key is None or value is None:
        which = "keys" if key is None else "values"
        found = ", ".join(dict.fromkeys(p[0 if key is None else 1].describe() for p in pairs))
        raise ctx.problem("TSX3051", at, which=which, kinds=found)
    if not pairs:
        key, value = open_types.Open(ty.STR), open_types.Open(ty.TENSOR)
    return made_dict(ctx, pairs, ty.DictType(key, value), at)


def made_dict(
    ctx: Context, pairs: Sequence[tuple[Sugar, Sugar]], type: ty.DictType, at: Place
) -> Sugar:
    """A dict of a type, with its pairs converted to it."""
    item_methods.require_hash(ctx, type.key, at)
    if item_methods.has_own_equality(ctx, type.key):
        made = ctx.emit("prim::DictConstruct", (), type, at)
        for k, v in pairs:
            made.set_subscript(ctx, at, k, v)
        return made
    values = []
    for k, v in pairs:
        sizes.require_length(ctx, k, at)
        values.append(ctx.convert(k, type.key, at, "a key of the dict"))
        values.append(ctx.convert(v, type.value, at, "a value of the dict"))
    return ctx.emit("prim::DictConstruct", values, type, at)


def _common(items: Sequence[Sugar]) -> ty.Type | None:
    """The type that all have in common."""
    found: ty.Type | None = None
    for item in items:
        type = item.type
        if type is None:
            return None
        found = type if found is None else join(found, type)
        if found is None:
            return None
    return ty.erase_shapes(found) if found is not None else ty.TENSOR
