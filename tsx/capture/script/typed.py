"""What first-class values can do by their type: indexing, iteration, length and truth of Python's own types.

One class a type, entered with ``@meaning``. Methods are in ``builtins/``, tensors in ``tensors``.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tsx.capture.script import advice, comparisons, item_methods, sizes
from tsx.capture.script.conditions import without_none
from tsx.capture.script.named_tuples import field_of
from tsx.capture.script.values import (
    NOT_STATIC,
    Constant,
    Iteration,
    Meaning,
    Slice,
    Ssa,
    Sugar,
    TupleSugar,
    join,
    meaning,
    meaning_of,
)
from tsx.capture.script.words import type_words
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.problems import Failed
    from tsx.capture.script.source import Place


def int_of(ctx: Context, index: Sugar, at: Place, what: str) -> Sugar:
    """An index: an int, a bool, or a tensor of one integer."""
    if isinstance(index.type, ty.EnumType):
        from tsx.capture.script.enums import plain  # which is written against this

        index = plain(ctx, at, index)
    if index.type == ty.BOOL:
        return Ssa(ctx.convert(index, ty.INT, at, what))
    if isinstance(index.type, ty.TensorType):
        return ctx.op(("tsx::index_of", "aten::Int.Tensor"), at, [index])
    if index.type not in (ty.INT, ty.NUMBER):
        found = type_words(index.type) if index.type is not None else index.describe()
        raise ctx.problem("TSX3052", at, what=what, found=found)
    return index


def slice_parts(ctx: Context, index: Slice, at: Place) -> list[Sugar]:
    """Start, stop and step; a step that is left out is 1."""
    parts = [index.start, index.stop]
    found = [
        p if p.type == ty.NONE or _is_optional(p) else int_of(ctx, p, at, "a slice bound")
        for p in parts
    ]
    step = index.step
    step = Constant(1) if step.type == ty.NONE else int_of(ctx, step, at, "a slice step")
    return [*found, step]


def _is_optional(value: Sugar) -> bool:
    return isinstance(value.type, ty.OptionalType)


@meaning(ty.ListType)
class ListMeaning(Meaning):
    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar:
        if sizes.is_size(value) and name not in sizes.METHODS:
            raise ctx.problem("TSX3011", at, what=sizes.described(value), name=name, hint="")
        return super().attribute(ctx, at, value, name)

    def has_attribute(self, ctx: Context, value: Sugar, name: str) -> bool:
        if sizes.is_size(value):
            return name in sizes.METHODS
        return super().has_attribute(ctx, value, name)

    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        if isinstance(index, Slice):
            found = ctx.op(
                ("tsx::slice", "aten::slice.t"), at, [value, *slice_parts(ctx, index, at)]
            )
            return sizes.like(found, value)
        place = int_of(ctx, index, at, "a list index")
        return ctx.op("aten::__getitem__.t", at, [value, place])

    def set_subscript(
        self, ctx: Context, at: Place, value: Sugar, index: Sugar, given: Sugar
    ) -> None:
        if sizes.is_size(value):
            raise ctx.problem("TSX3015", at, what=sizes.described(value))
        if isinstance(index, Slice):
            if not ctx.candidates("tsx::set_slice"):
                raise ctx.problem("TSX3053", at)
            ctx.op("tsx::set_slice", at, [value, *slice_parts(ctx, index, at), given])
            return
        place = int_of(ctx, index, at, "a list index")
        assert isinstance(value.type, ty.ListType)
        item = ctx.element(value, given, at, "an item of the list")
        ctx.op("aten::_set_item.t", at, [value, place, item])

    def delete_subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> None:
        if sizes.is_size(value):
            raise ctx.problem("TSX3016", at, what=sizes.described(value))
        if isinstance(index, Slice):
            if not ctx.candidates("tsx::delete_slice"):
                raise ctx.problem("TSX3053", at)
            ctx.op("tsx::delete_slice", at, [value, *slice_parts(ctx, index, at)])
            return
        ctx.op("aten::Delete.t", at, [value, int_of(ctx, index, at, "a list index")])

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        source = value.as_value(ctx, at)
        assert isinstance(source.type, ty.ListType)
        return Iteration(
            length=lambda: ctx.op("aten::len.t", at, [Ssa(source)]).as_value(ctx, at),
            item=lambda index: ctx.op("aten::__getitem__.t", at, [Ssa(source), Ssa(index)]),
            source=source,
        )

    def length(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return ctx.op("aten::len.t", at, [value])

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return _not_empty(ctx, at, value)


def _not_empty(ctx: Context, at: Place, value: Sugar) -> Sugar:
    length = value.length(ctx, at).as_value(ctx, at)
    return ctx.emit("aten::gt.int", [length, ctx.constant(0, at)], ty.BOOL, at)


@meaning(ty.DictType)
class DictMeaning(Meaning):
    def _key(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        type = value.type
        assert isinstance(type, ty.DictType)
        if not ctx.is_open(type.key) and index.type != type.key:
            index = Ssa(ctx.convert(index, type.key, at, "the key"))
        return item_methods.known_key(ctx, at, value, index)

    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        key = self._key(ctx, at, value, index)
        item_methods.require_key(ctx, at, value, key)
        return ctx.op(("tsx::__getitem__", "aten::__getitem__"), at, [value, key], called="[]")

    def set_subscript(
        self, ctx: Context, at: Place, value: Sugar, index: Sugar, given: Sugar
    ) -> None:
        given = ctx.settled(given, at)
        ctx.open_as(value, index, given)
        key = self._key(ctx, at, value, index)
        type = value.type
        assert isinstance(type, ty.DictType)
        item = ctx.converted(given, type.value, at, "a value of the dict")
        ctx.op(("tsx::_set_item", "aten::_set_item"), at, [value, key, item], called="[]=")

    def delete_subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> None:
        key = self._key(ctx, at, value, index)
        item_methods.require_key(ctx, at, value, key)
        ctx.op(("tsx::Delete", "aten::Delete"), at, [value, key], called="del")

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        keys = ctx.op(("tsx::keys", "aten::keys"), at, [value], called="keys")
        found = keys.iterate(ctx, at)
        return Iteration(length=found.length, item=found.item)

    def length(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return ctx.op(("tsx::len", "aten::len"), at, [value], called="len")

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return _not_empty(ctx, at, value)


@meaning(ty.STR)
class StrMeaning(Meaning):
    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        text, place = value.static(), index.static()
        if isinstance(text, str) and type(place) is int and -len(text) <= place < len(text):
            return Constant(text[place])
        if isinstance(index, Slice):
            return ctx.op(
                ("tsx::slice", "aten::slice.str"), at, [value, *slice_parts(ctx, index, at)]
            )
        place_value = int_of(ctx, index, at, "a string index")
        return ctx.op(("tsx::__getitem__", "aten::__getitem__.str"), at, [value, place_value])

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        source = Ssa(value.as_value(ctx, at))
        return Iteration(
            length=lambda: source.length(ctx, at).as_value(ctx, at),
            item=lambda index: source.subscript(ctx, at, Ssa(index)),
        )

    def length(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        text = value.static()
        if isinstance(text, str):
            return Constant(len(text))
        return ctx.op(("tsx::len", "aten::len.str"), at, [value], called="len")

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        empty = ctx.constant("", at)
        return ctx.emit("aten::ne.str", [value.as_value(ctx, at), empty], ty.BOOL, at)


@meaning(ty.TupleType)
class TupleMeaning(Meaning):
    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar:
        type = value.type
        if isinstance(type, ty.TupleType) and name in type.fields:
            return self._item(ctx, at, value, type.fields.index(name))
        found = field_of(ctx, at, value, name)
        if found is not None:
            return found
        return super().attribute(ctx, at, value, name)

    def has_attribute(self, ctx: Context, value: Sugar, name: str) -> bool:
        type = value.type
        is_field = isinstance(type, ty.TupleType) and name in type.fields
        return is_field or super().has_attribute(ctx, value, name)

    def _item(self, ctx: Context, at: Place, value: Sugar, place: int) -> Sugar:
        if isinstance(value, TupleSugar):
            return value.items[place]
        type = value.type
        assert isinstance(type, ty.TupleType)
        source = value.as_value(ctx, at)
        element = type.elements[place]
        return ctx.emit(
            "prim::TupleIndex", [source], element, at, {"index": place % len(type.elements)}
        )

    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        count = len(value.items) if isinstance(value, TupleSugar) else len(_elements(value))
        if isinstance(index, Slice):
            return self._slice(ctx, at, value, index)
        place = index.static()
        if isinstance(place, (int, bool)):
            if not -count <= place < count:
                raise ctx.problem("TSX3054", at, index=int(place), count=count)
            return self._item(ctx, at, value, int(place))
        number = int_of(ctx, index, at, "a tuple index")
        items = ctx.parts(value, at) or []
        element = items[0].type if items else None
        for item in items[1:]:
            element = (
                join(element, item.type) if element is not None and item.type is not None else None
            )
        if element is None:
            raise ctx.problem("TSX3055", at, what=value.describe())
        items_list = ctx.convert(
            TupleSugar(items), ty.ListType(ty.erase_shapes(element)), at, "the tuple"
        )
        return ctx.op("tsx::__getitem__.tuple", at, [Ssa(items_list), number])

    def _slice(self, ctx: Context, at: Place, value: Sugar, index: Slice) -> Sugar:
        bounds = [p.static() for p in (index.start, index.stop, index.step)]
        if any(b is NOT_STATIC for b in bounds):
            raise ctx.problem("TSX3055", at, what=value.describe())
        items = ctx.parts(value, at) or []
        start, stop, step = (b if isinstance(b, int) else None for b in bounds)
        return TupleSugar(items[start:stop:step])

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        return Iteration(items=ctx.parts(value, at))

    def length(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return Constant(len(_elements(value)))

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return Constant(bool(_elements(value)))


def _elements(value: Sugar) -> tuple[ty.Type, ...]:
    return value.type.elements if isinstance(value.type, ty.TupleType) else ()


@meaning(ty.BOOL)
class BoolMeaning(Meaning):
    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return value


@meaning(ty.INT, ty.FLOAT, ty.COMPLEX, ty.NUMBER)
class NumberMeaning(Meaning):
    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        zero: Sugar = Constant(0.0 if value.type == ty.FLOAT else 0)
        return ctx.op("aten::ne", at, [value, zero], called="bool")


@meaning(ty.NONE)
class NoneMeaning(Meaning):
    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar:
        if self.has_attribute(ctx, value, name):
            return super().attribute(ctx, at, value, name)
        raise _is_none(ctx, at, f".{name}")

    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        raise _is_none(ctx, at, "[…]")

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        raise _is_none(ctx, at, "items")

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return Constant(False)


@meaning(ty.OptionalType)
class OptionalMeaning(Meaning):
    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar:
        raise _may_be_none(ctx, at, value, f".{name}")

    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        raise _may_be_none(ctx, at, value, "[…]")

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        raise _may_be_none(ctx, at, value, "items")

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        assert value.type is not None
        inner = without_none(value.type)
        none = comparisons.is_none(ctx, value, at).as_value(ctx, at)

        def rest() -> Sugar:
            return meaning_of(inner).truth(ctx, at, ctx.cast(value, inner, at))

        return ctx.choose(none, lambda: Constant(False), rest, at)


def _may_be_none(ctx: Context, at: Place, value: Sugar, how: str) -> Failed:
    node = _owner(at, how)
    is_path = node is not None and ctx.path(node) is not None
    help = advice.for_optional(at, node, is_path=is_path)
    return ctx.problem("TSX3056", at, what=value.describe(), how=how, help=help)


def _is_none(ctx: Context, at: Place, how: str) -> Failed:
    node = _owner(at, how)
    is_path = node is not None and ctx.path(node) is not None
    text, help = advice.where_none(node, is_path=is_path)
    return ctx.problem("TSX3074", at, text=text, how=how, help=help)


def _owner(at: Place, how: str) -> ast.expr | None:
    """What has no attribute or item, in the expression at ``at``; None where the source doesn't name it."""
    node = at.node if how == "items" else getattr(at.node, "value", None)
    is_read = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    return node if isinstance(node, ast.expr) and is_read else None
