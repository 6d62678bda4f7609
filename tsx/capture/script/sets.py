"""Sets: ``{a, b}`` and ``set(values)``. A set that is held is a dict to None, its elements in the order of insertion.

Takes items; a literal answers ``in`` item by item, and becomes a value when something else is asked of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsx.capture.script import item_methods, open_types
from tsx.capture.script.values import Constant, Iteration, Ssa, Sugar, join
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


@dataclass(eq=False, slots=True)
class SetLiteral(Sugar):
    """``{a, b}`` before anything holds it; ``value`` is the set once it is made."""

    items: list[Sugar]
    value: Sugar | None = None

    def describe(self) -> str:
        return "a set"

    @property
    def type(self) -> ty.Type | None:
        if self.value is not None:
            return self.value.type
        element = _common(self.items)
        return None if element is None else ty.DictType(element, ty.NONE)

    def made(self, ctx: Context, at: Place) -> Sugar:
        """The set, made once."""
        if self.value is None:
            self.value = made_set(ctx, self.items, at)
        return self.value

    def as_type(self, ctx: Context, wanted: ty.Type, at: Place) -> Callable[[], Value] | None:
        """How the literal becomes a set of another type, such as ``Set[float]``."""
        if self.value is not None or not isinstance(wanted, ty.DictType) or wanted.value != ty.NONE:
            return None
        if any(item.type is None or not ctx.can_be(item, wanted.key, at) for item in self.items):
            return None

        def emit() -> Value:
            made = ctx.emit("prim::DictConstruct", (), wanted, at)
            for item in self.items:
                add_to_set(ctx, at, made, Ssa(ctx.convert(item, wanted.key, at, "an element")))
            return made.value

        return emit

    def as_value(self, ctx: Context, at: Place) -> Value:
        return self.made(ctx, at).as_value(ctx, at)

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``item in {…}``."""
        return ctx.any_true(
            [functools.partial(item_methods.same_item, ctx, p, item, at) for p in self.items], at
        )

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        return self.made(ctx, at).attribute(ctx, at, name)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return self.made(ctx, at).iterate(ctx, at)

    def length(self, ctx: Context, at: Place) -> Sugar:
        return self.made(ctx, at).length(ctx, at)

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return Constant(bool(self.items)) if self.value is None else self.value.truth(ctx, at)


def _common(items: Sequence[Sugar]) -> ty.Type | None:
    """The type that the items have in common; None when there is none, or no item."""
    found: ty.Type | None = None
    for item in items:
        if item.type is None:
            return None
        found = item.type if found is None else join(found, item.type)
        if found is None:
            return None
    return found


def made_set(ctx: Context, items: Sequence[Sugar], at: Place) -> Sugar:
    """A set of ``items``; what an empty one holds is found out later."""
    element = _common(items)
    if items and element is None:
        kinds = ", ".join(dict.fromkeys(item.describe() for item in items))
        raise ctx.problem("TSX3115", at, kinds=kinds)
    type = ty.DictType(element or open_types.Open(ty.INT), ty.NONE)
    made = ctx.emit("prim::DictConstruct", (), type, at)
    for item in items:
        add_to_set(ctx, at, made, item)
    return made


def add_to_set(ctx: Context, at: Place, values: Sugar, element: Sugar) -> None:
    """``values.add(element)``; the first element decides what an empty set holds."""
    element = ctx.settled(element, at)
    ctx.open_as(values, element, Constant(None))
    type = values.type
    assert isinstance(type, ty.DictType)
    key = ctx.converted(element, type.key, at, "an element of the set")
    key = item_methods.known_key(ctx, at, values, key)
    ctx.op("tsx::add.set", at, [values, key])


def set_of(ctx: Context, values: Sugar, at: Place) -> Sugar:
    """``set(values)``: the elements in the order in which they come first."""
    if isinstance(values.type, ty.DictType) and values.type.value == ty.NONE:
        return ctx.op("tsx::copy.Dict", at, [values])
    if isinstance(values.type, ty.ListType) and not ctx.is_open(values.type):
        return _set_of_list(ctx, values, at)
    iteration = values.iterate(ctx, at)
    if iteration.items is not None:
        return SetLiteral(list(iteration.items))
    keys = ctx.resolve(list, at, "list").call(ctx, at, [values], {})
    return _set_of_list(ctx, Ssa(keys.as_value(ctx, at)), at)


def _set_of_list(ctx: Context, values: Sugar, at: Place) -> Sugar:
    """``set(values)`` of a list."""
    from tsx.capture.script.builtins.common import each  # which is written against this

    element = item_methods.element_of(values)
    item_methods.require_hash(ctx, element, at)
    if element is None or not item_methods.has_own_equality(ctx, element):
        return ctx.op("tsx::set", at, [values], called="set")
    made = ctx.emit("prim::DictConstruct", (), ty.DictType(element, ty.NONE), at)
    each(ctx, at, values.iterate(ctx, at), lambda item: add_to_set(ctx, at, made, item))
    return made
