"""What type-and-shape rules share: reading abstract operands, symbolic broadcasting, dimension arithmetic.

The domain is described at ``tsx.ir.op.Abstract``. Rules are total: an unknown dtype or size gives an unknown result,
never an error; a contradiction raises ``OperatorError`` (TSX4005).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from tsx.errors import TsxError, fail
from tsx.ir.dims import Dim, Expr
from tsx.ir.op import Abstract, Unknown
from tsx.ir.types import DTYPE_BY_CODE, DType, Shape, TensorType

MAX_KNOWN = 1 << 16
"""How long a list or a string may get whose contents a rule names: a file must not decide how much memory we take."""


def mismatch(op: str, expected: str, found: object) -> TsxError:
    """The error of a rule: what the operator needs and what it was given."""
    return fail("TSX4005", op=op, expected=expected, found=found)


def is_dim(value: Abstract) -> TypeGuard[Dim]:
    """Whether an abstract int is known, exactly or symbolically."""
    return isinstance(value, Expr) or (isinstance(value, int) and not isinstance(value, bool))


def as_dim(value: Abstract) -> Dim | None:
    """An abstract int as a size; None when it is unknown."""
    return value if is_dim(value) else None


def dims_of(value: Abstract, count: int | None = None) -> Shape | None:
    """An abstract ``int[]`` (or an int meant ``count`` times) as sizes; None when its length is unknown."""
    if isinstance(value, (list, tuple)):
        sizes = tuple(as_dim(v) for v in value)
        return sizes * count if count is not None and len(sizes) == 1 else sizes
    if is_dim(value) and count is not None:
        return (value,) * count
    return None


def known(value: Abstract) -> bool:
    """Whether an abstract value is fully constant."""
    if isinstance(value, (Unknown, Expr, TensorType)):
        return False
    return all(known(v) for v in value) if isinstance(value, (list, tuple)) else True


def dtype_arg(value: Abstract, default: DType | None) -> DType | None:
    """A ``ScalarType?`` operand (an int code) as a dtype: ``default`` for None, None when unknown."""
    if value is None:
        return default
    return DTYPE_BY_CODE.get(value) if isinstance(value, int) else None


def wrap_dim(op: str, dim: Abstract, rank: int | None, extra: int = 0) -> int | None:
    """A dimension index counted from the front; ``extra`` allows places past the end (unsqueeze, stack).

    A 0-dim tensor takes -1 and 0, as torch's does.
    """
    if not isinstance(dim, int) or rank is None:
        return None
    span = max(rank + extra, 1)
    if not -span <= dim < span:
        raise mismatch(op, f"a dimension from {-span} to {span - 1}", dim)
    return dim % span


def broadcast_dim(op: str, a: Dim | None, b: Dim | None) -> Dim | None:
    """The size that two sizes broadcast to. A symbol stands for a size other than 1 unless it meets one."""
    if a == b:
        return a
    if isinstance(a, int) and a == 1:
        return b
    if isinstance(b, int) and b == 1:
        return a
    if isinstance(a, int) and isinstance(b, int):
        raise mismatch(op, "sizes that broadcast", f"{a} and {b}")
    # One is a known size above 1: the other must be it or 1, and the result is the known one.
    if isinstance(a, int) and a != 1:
        return a
    if isinstance(b, int) and b != 1:
        return b
    return None


def broadcast(op: str, shapes: Sequence[Shape | None]) -> Shape | None:
    """The shape that all of ``shapes`` broadcast to; None when any rank is unknown."""
    result: Shape = ()
    for shape in shapes:
        if shape is None:
            return None
        rank = max(len(result), len(shape))
        left = (1,) * (rank - len(result)) + result
        right = (1,) * (rank - len(shape)) + shape
        result = tuple(broadcast_dim(op, a, b) for a, b in zip(left, right, strict=True))
    return result


def numel(shape: Shape | None) -> Dim | None:
    """The number of elements; None when any size is unknown (0 when one is known to be 0)."""
    if shape is None:
        return None
    if 0 in shape:
        return 0
    total: Dim = 1
    for size in shape:
        if size is None:
            return None
        total = total * size
    return total
