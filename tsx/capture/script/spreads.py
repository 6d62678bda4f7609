"""``*sizes`` of any length in the call of an operator: ``x.view(*x.shape[:-1], 2, -1)``.

Where an operator takes a list of ints, its arguments may be given one by one, and a star among them stands for as many
as the list has when the program runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsx.capture.script.sizes import is_size
from tsx.capture.script.values import Operator, Ssa, Sugar
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_INTS = ty.ListType(ty.INT)


@dataclass(eq=False, slots=True)
class Spread(Sugar):
    """``*value``, a list of ints whose length only a run knows."""

    value: Sugar

    def describe(self) -> str:
        return f"*{self.value.describe()}"


@dataclass(eq=False, slots=True)
class Joined(Sugar):
    """Ints and spread lists of ints, one after the other: one list."""

    parts: Sequence[Sugar]

    def describe(self) -> str:
        return "a list"

    @property
    def type(self) -> ty.Type:
        return _INTS

    def as_value(self, ctx: Context, at: Place) -> Value:
        pieces: list[Sugar] = []
        plain: list[Value] = []

        def flush() -> None:
            if plain:
                pieces.append(Ssa(ctx.list_value(list(plain), ty.INT, at)))
                plain.clear()

        for part in self.parts:
            if isinstance(part, Spread):
                flush()
                pieces.append(part.value)
            else:
                plain.append(ctx.convert(part, ty.INT, at, "a size"))
        flush()
        found = pieces[0]
        for piece in pieces[1:]:
            found = ctx.op("aten::add.t", at, [found, piece])
        return found.as_value(ctx, at)


def sizes_star(ctx: Context, value: Sugar, at: Place) -> Spread | None:
    """``*sizes`` in a tuple, where only a run knows how many sizes there are."""
    return Spread(value) if is_size(value) and ctx.parts(value, at) is None else None


def spread_for(ctx: Context, function: Sugar, value: Sugar, at: Place) -> Spread | None:
    """``*value`` in a call of an operator; None where a call needs to know how many arguments it has."""
    inner = getattr(function, "function", function)  # a method, with the value that it is of
    if not isinstance(inner, Operator) or value.type != _INTS or ctx.parts(value, at) is not None:
        return None
    return Spread(value)
