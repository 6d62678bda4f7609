"""Set literals: a program has no sets, so what compilation knows of one is all there is: its items.

Takes the items; answers ``in``, iteration and ``len`` where the items are known to differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsx.capture.script import operators
from tsx.capture.script.values import NOT_STATIC, Constant, Iteration, Sugar

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


@dataclass(eq=False, slots=True)
class SetLiteral(Sugar):
    """``{a, b}``."""

    items: list[Sugar]

    def describe(self) -> str:
        return "a set"

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``item in {…}``."""
        return ctx.any_true(
            [lambda p=p: operators.equal(ctx, item, p, at) for p in self.items],  # type: ignore[misc]  # bound now
            at,
        )

    def _distinct(self, ctx: Context, at: Place) -> list[Sugar]:
        """The items without repetitions, in the order of the source."""
        found: dict[object, Sugar] = {}
        for item in self.items:
            known = item.static()
            if known is NOT_STATIC:
                raise ctx.problem("TSX3038", at)
            found.setdefault(known, item)
        return list(found.values())

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return Iteration(items=self._distinct(ctx, at))

    def length(self, ctx: Context, at: Place) -> Sugar:
        return Constant(len(self._distinct(ctx, at)))

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return Constant(bool(self.items))
