"""``torch.Size``: a list of ints that is a tuple in Python's eyes.

The sizes of a tensor are a list, since their number is not known when a program is compiled; a value that stands for
such a tuple has the code ``Size``. It compares with tuples, adds to them, and slices to another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsx.capture.script.values import Constant, ListLiteral, Ssa, Sugar, TupleSugar
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

SIZE = "Size"
_INTS = ty.ListType(ty.INT)


def is_size(value: Sugar) -> bool:
    """Whether a list stands for a tuple of ints of any length."""
    return isinstance(value, Ssa) and value.code == SIZE


def as_size(value: Sugar) -> Sugar:
    """A list of ints as such a tuple."""
    return Ssa(value.value, SIZE) if isinstance(value, Ssa) and value.type == _INTS else value


def _ints(ctx: Context, value: Sugar, at: Place) -> Sugar | None:
    """A size, or a tuple of ints, as a list of ints; None for anything else."""
    if is_size(value):
        return value
    if not isinstance(value, TupleSugar) and not isinstance(value.type, ty.TupleType):
        return None
    plan = ctx.conversion(ListLiteral(ctx.parts(value, at) or []), _INTS, at)
    return Ssa(plan()) if plan is not None else None


def binary(ctx: Context, symbol: str, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """``a + b`` and ``a * n`` where one is a size."""
    if not (is_size(a) or is_size(b)):
        return None
    if symbol == "*":
        return as_size(ctx.op("aten::mul", at, [a, b], called="*"))
    if symbol != "+":
        return None
    first, second = _ints(ctx, a, at), _ints(ctx, b, at)
    if first is None or second is None:
        return None
    return as_size(ctx.op("aten::add.t", at, [first, second], called="+"))


def equal(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """``a == b`` where one is a size: it equals tuples, no lists."""
    if not (is_size(a) or is_size(b)):
        return None
    first, second = _ints(ctx, a, at), _ints(ctx, b, at)
    if first is None or second is None:
        return Constant(False)
    return ctx.op("aten::eq.int_list", at, [first, second], called="==")
