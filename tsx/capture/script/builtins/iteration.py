"""What a ``for`` walks over besides containers: ``range``, ``zip``, ``enumerate``, ``reversed``, ``map``, ``filter``.

Each is a value that only compilation knows. Where the items are known one by one, so are theirs; else they have a
length and an item for each number. ``map`` calls its function when the item is asked for, as Python does.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tsx.capture.script import item_methods, prelude
from tsx.capture.script.builtins.common import (
    FALSE,
    NONE,
    ONE,
    ZERO,
    as_int,
    computed,
    each,
    is_none,
    list_of,
    mapped,
)
from tsx.capture.script.builtins.shown import joined, text_of
from tsx.capture.script.emit_block import branch
from tsx.capture.script.typed import slice_parts
from tsx.capture.script.values import (
    NOT_STATIC,
    Constant,
    Iteration,
    ListLiteral,
    Slice,
    Ssa,
    Sugar,
    TupleSugar,
    builtin,
)
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


# --- range ----------------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Range(Sugar):
    """``range(start, stop, step)``; its parts are ints, constants where they are known."""

    start: Sugar
    stop: Sugar
    step: Sugar

    def describe(self) -> str:
        return "a range"

    @property
    def parts(self) -> list[Sugar]:
        return [self.start, self.stop, self.step]

    def known(self) -> range | None:
        """The range, when all parts are known."""
        found: list[Any] = [part.static() for part in self.parts]
        return None if NOT_STATIC in found or found[2] == 0 else range(*found)

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if name in ("start", "stop", "step"):
            found: Sugar = getattr(self, name)
            return found
        return Sugar.attribute(self, ctx, at, name)

    def length(self, ctx: Context, at: Place) -> Sugar:
        known = self.known()
        if known is not None:
            return Constant(len(known))
        return ctx.op("aten::__range_length", at, self.parts)

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return self.length(ctx, at).truth(ctx, at)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return Iteration(
            length=lambda: self.length(ctx, at).as_value(ctx, at),
            item=lambda number: self.item(ctx, at, Ssa(number)),
        )

    def item(self, ctx: Context, at: Place, number: Sugar) -> Sugar:
        """The item of a number that is in range."""
        if self.start.static() == 0 and self.step.static() == 1:
            return number
        return ctx.op("aten::__derive_index", at, [number, self.start, self.step])

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        known, place = self.known(), index.static()
        if isinstance(index, Slice):
            return self._slice(ctx, at, index)
        if known is not None and isinstance(place, int) and -len(known) <= place < len(known):
            return Constant(known[place])
        place_value = as_int(ctx, at, index, "a range index")
        return ctx.op("tsx::__getitem__.range", at, [*self.parts, place_value])

    def _slice(self, ctx: Context, at: Place, index: Slice) -> Range:
        """``range(…)[start:stop:step]``, a range again."""
        start, stop, step = slice_parts(ctx, index, at)
        size = self.length(ctx, at)
        first, last = (
            item_methods.call(ctx, at, prelude.slice_bound, bound, size, step, Constant(is_stop))
            for bound, is_stop in ((start, False), (stop, True))
        )
        times = _of_ints(ctx, at, "mul", operator.mul)
        plus = _of_ints(ctx, at, "add", operator.add)
        bounds = [plus(self.start, times(bound, self.step)) for bound in (first, last)]
        return Range(bounds[0], bounds[1], times(self.step, step))

    def text(self, ctx: Context, at: Place) -> Sugar:
        """``range(0, 3)``; the step where it is not 1."""
        numbers = [text_of(ctx, at, part) for part in self.parts]
        start, stop, step = numbers
        plain = [Constant("range("), start, Constant(", "), stop]

        def short() -> Sugar:
            return joined(ctx, at, [*plain, Constant(")")])

        def whole() -> Sugar:
            return joined(ctx, at, [*plain, Constant(", "), step, Constant(")")])

        known = self.step.static()
        if known is not NOT_STATIC:
            return short() if known == 1 else whole()
        is_one = ctx.op("aten::eq.int", at, [self.step, ONE]).as_value(ctx, at)
        return ctx.choose(is_one, short, whole, at)

    def as_list(self, ctx: Context, at: Place) -> Sugar:
        """A fresh list of its numbers."""
        return ctx.op("tsx::rangelist", at, self.parts)

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``item in range(…)``."""
        if item.type not in (ty.INT, ty.BOOL):
            return self.as_list_contains(ctx, at, item)
        number = as_int(ctx, at, item, "the number")
        return ctx.op("tsx::__contains__.range", at, [*self.parts, number])

    def as_list_contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """A float is in a range where it equals one of its numbers."""
        floats = ctx.convert(self.as_list(ctx, at), ty.ListType(ty.FLOAT), at, "the range")
        return ctx.op("tsx::__contains__.t", at, [Ssa(floats), item], called="in")


def _of_ints(
    ctx: Context, at: Place, name: str, python: Callable[[int, int], int]
) -> Callable[[Sugar, Sugar], Sugar]:
    """Arithmetic on ints, done at once where both are known."""
    return lambda a, b: computed(python, a, b) or ctx.op(f"aten::{name}.int", at, [a, b])


@builtin(range)
def _range(
    ctx: Context,
    at: Place,
    start: Sugar,
    stop: Sugar = NONE,
    step: Sugar = ONE,
    /,
) -> Sugar:
    if is_none(stop):
        start, stop = Constant(0), start
    parts = [as_int(ctx, at, part, "a bound of range") for part in (start, stop, step)]
    return Range(*parts)


# --- several at once ------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Zip(Sugar):
    """``zip(a, b, …)``."""

    sources: Sequence[Sugar]
    strict: bool

    def describe(self) -> str:
        return "a zip"

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        walks = [source.iterate(ctx, at) for source in self.sources]
        if all(walk.items is not None for walk in walks):
            return Iteration(items=self._pairs(ctx, at, [walk.items or [] for walk in walks]))
        walks = [self._dynamic(ctx, at, walk) for walk in walks]
        if any(walk.items is not None for walk in walks):
            return Iteration(items=self._mixed(ctx, at, walks))

        def length() -> Value:
            lengths = ListLiteral([Ssa(length()) for walk in walks if (length := walk.length)])
            return ctx.op("tsx::zip_length", at, [lengths, Constant(self.strict)]).as_value(ctx, at)

        def item(number: Value) -> Sugar:
            return TupleSugar([item(number) for walk in walks if (item := walk.item)])

        source = next((walk.source for walk in walks if walk.source is not None), None)
        return Iteration(length=length, item=item, source=source)

    def _pairs(self, ctx: Context, at: Place, items: list[list[Sugar]]) -> list[Sugar]:
        lengths = [len(part) for part in items]
        if self.strict and len(set(lengths)) > 1:
            raise ctx.problem("TSX3108", at, lengths=", ".join(map(str, lengths)))
        return [TupleSugar(list(pair)) for pair in zip(*items, strict=False)]

    def _dynamic(self, ctx: Context, at: Place, walk: Iteration) -> Iteration:
        """Known items as a list, where they are values of one type."""
        if walk.items is None:
            return walk
        literal = ListLiteral(list(walk.items))
        return walk if literal.type is None else literal.made(ctx, at).iterate(ctx, at)

    def _mixed(self, ctx: Context, at: Place, walks: list[Iteration]) -> list[Sugar]:
        """Modules beside a list: one round for each module, and the list must have as many items."""
        count = min(len(walk.items) for walk in walks if walk.items is not None)
        for walk in walks:
            if walk.items is None:
                self._require(ctx, at, walk, count)

        def item(walk: Iteration, place: int) -> Sugar:
            if walk.items is not None:
                return walk.items[place]
            assert walk.item is not None
            return walk.item(ctx.constant(place, at))

        return [TupleSugar([item(walk, place) for walk in walks]) for place in range(count)]

    def _require(self, ctx: Context, at: Place, walk: Iteration, count: int) -> None:
        assert walk.length is not None
        operands = [walk.length(), ctx.constant(count, at)]
        test = "aten::ne.int" if self.strict else "aten::lt.int"
        wrong = ctx.emit(test, operands, ty.BOOL, at).value
        message = Constant(f"zip() over {count} modules needs as many items beside them")

        def stop() -> None:
            ctx.raise_exception("ValueError", message, at)

        branch(ctx, wrong, stop, lambda: None, at)


@builtin(zip)
def _zip(ctx: Context, at: Place, *iterables: Sugar, strict: Sugar = FALSE) -> Sugar:
    flag = strict.truth(ctx, at).static()
    if flag is NOT_STATIC:
        raise ctx.problem("TSX3109", at)
    return Zip(iterables, bool(flag)) if iterables else TupleSugar([])


@dataclass(eq=False, slots=True)
class Enumerate(Sugar):
    """``enumerate(values, start)``."""

    source: Sugar
    start: Sugar

    def describe(self) -> str:
        return "an enumerate"

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        walk = self.source.iterate(ctx, at)
        if walk.items is not None:
            pairs = enumerate(walk.items)
            numbered = [(self._number(ctx, at, Constant(n)), item) for n, item in pairs]
            return Iteration(items=[TupleSugar(list(pair)) for pair in numbered])
        item_of = walk.item
        assert item_of is not None

        def item(number: Value) -> Sugar:
            return TupleSugar([self._number(ctx, at, Ssa(number)), item_of(number)])

        return Iteration(length=walk.length, item=item, source=walk.source)

    def _number(self, ctx: Context, at: Place, number: Sugar) -> Sugar:
        start, known = self.start.static(), number.static()
        if start == 0:
            return number
        if isinstance(start, int) and isinstance(known, int):
            return Constant(start + known)
        return ctx.op("aten::add.int", at, [number, self.start])


@builtin(enumerate)
def _enumerate(ctx: Context, at: Place, iterable: Sugar, start: Sugar = ZERO) -> Sugar:
    return Enumerate(iterable, as_int(ctx, at, start, "start of enumerate"))


@builtin(next)
def _next(ctx: Context, at: Place, iterator: Sugar, default: Sugar | None = None, /) -> Sugar:
    """A generator expression is taken by the emitter, unevaluated; other iterators no program holds.

    An iterator that a call has just made, ``m.parameters()`` or ``iter(x)``, gives its first item.
    """
    node = at.node
    made = isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Call)
    walk = iterator.iterate(ctx, at) if made and hasattr(iterator, "items") else None
    if (
        walk is not None
        and walk.items is not None
        and not isinstance(iterator, (TupleSugar, ListLiteral))
    ):
        if walk.items or default is not None:
            return walk.items[0] if walk.items else default or NONE
        ctx.raise_exception("StopIteration", Constant(""), at)
        return ctx.emit("prim::Uninitialized", (), ty.TENSOR, at)
    raise ctx.problem("TSX3117", at, what=iterator.describe())


@builtin(reversed)
def _reversed(ctx: Context, at: Place, sequence: Sugar, /) -> Sugar:
    if isinstance(sequence, Range):
        known = sequence.known()
        if known is not None:
            back = known[::-1]
            return Range(Constant(back.start), Constant(back.stop), Constant(back.step))
    if isinstance(sequence.type, ty.ListType):
        return ctx.op("tsx::reversed", at, [sequence], called="reversed")
    iteration = sequence.iterate(ctx, at)
    if iteration.items is not None:
        return TupleSugar(iteration.items[::-1])
    return ctx.op("tsx::reversed", at, [list_of(ctx, at, sequence)], called="reversed")


# --- functions over items -------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Mapped(Sugar):
    """``map(function, a, b, …)``."""

    function: Sugar
    source: Sugar

    def describe(self) -> str:
        return "a map"

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        walk = self.source.iterate(ctx, at)

        def call(item: Sugar) -> Sugar:
            args = item.items if isinstance(item, TupleSugar) and self._is_zip else [item]
            return self.function.call(ctx, at, args, {})

        if walk.items is not None:
            return Iteration(items=[ctx.settled(call(item), at) for item in walk.items])
        item_of = walk.item
        assert item_of is not None
        return Iteration(walk.items, walk.length, lambda number: call(item_of(number)), walk.source)

    @property
    def _is_zip(self) -> bool:
        return isinstance(self.source, Zip)


@builtin(map)
def _map(ctx: Context, at: Place, function: Sugar, *iterables: Sugar) -> Sugar:
    return Mapped(function, Zip(iterables, False))


@builtin(filter)
def _filter(ctx: Context, at: Place, function: Sugar, iterable: Sugar, /) -> Sugar:
    """A list, or a tuple of known items, made at once."""

    def test(item: Sugar) -> Sugar:
        kept = item if is_none(function) else function.call(ctx, at, [item], {})
        return kept.truth(ctx, at)

    return kept_items(ctx, at, iterable.iterate(ctx, at), test)


def kept_items(
    ctx: Context, at: Place, iteration: Iteration, test: Callable[[Sugar], Sugar]
) -> Sugar:
    """The items for which ``test`` holds."""
    if iteration.items is not None:
        flags = [(item, test(item).static()) for item in iteration.items]
        if all(flag is not NOT_STATIC for _, flag in flags):
            return TupleSugar([item for item, flag in flags if flag])
        iteration = ListLiteral(list(iteration.items)).made(ctx, at).iterate(ctx, at)
    made = list_of(ctx, at, mapped(ctx, at, Iteration(items=[]), lambda item: item))

    def consider(item: Sugar) -> None:
        def keep() -> None:
            made.attribute(ctx, at, "append").call(ctx, at, [item], {})

        branch(ctx, test(item).as_value(ctx, at), keep, lambda: None, at)

    each(ctx, at, iteration, consider)
    return made
