"""What the rules of contractions and network operators share: reading tensors, sizes and dtypes that must agree."""

from __future__ import annotations

from collections.abc import Sequence

from tsx.errors import fail
from tsx.ir.dims import Dim, Expr
from tsx.ir.op import Abstract
from tsx.ir.types import TENSOR, DType, Shape, TensorType, dim_text


def tensor_of(value: Abstract) -> TensorType:
    """What is known of a tensor operand; nothing for an optional one that may be absent."""
    return value if isinstance(value, TensorType) else TENSOR


def shape_text(shape: Shape) -> str:
    return f"[{', '.join(dim_text(size) for size in shape)}]"


def differ(a: Dim | None, b: Dim | None) -> bool:
    """Whether two sizes are known to differ for every binding of their symbols."""
    if a is None or b is None:
        return False
    gap = a - b
    return isinstance(gap, int) and gap != 0


def either(a: Dim | None, b: Dim | None) -> Dim | None:
    """The better known of two sizes that must be equal."""
    return b if a is None or (isinstance(a, Expr) and isinstance(b, int)) else a


def one_dtype(op: str, *values: Abstract) -> DType | None:
    """The dtype that all tensor operands must share; None operands and unknown dtypes don't count."""
    found: list[DType] = []
    for value in values:
        dtype = tensor_of(value).dtype
        if dtype is not None and dtype not in found:
            found.append(dtype)
    if len(found) > 1:
        raise fail("TSX4054", op=op, found=" and ".join(map(str, found)))
    return found[0] if found else None


def need_rank(op: str, value: Abstract, ranks: Sequence[int], what: str) -> Shape | None:
    """The shape of a tensor whose rank must be one of ``ranks``; None when it is unknown."""
    shape = tensor_of(value).shape
    if shape is not None and len(shape) not in ranks:
        expected = " or ".join(f"{rank}-D" for rank in ranks)
        raise fail("TSX4055", op=op, expected=f"a {expected} {what}", found=shape_text(shape))
    return shape


def concrete(values: Sequence[Dim | None]) -> list[int] | None:
    """All sizes as ints, or None when one is not a known int."""
    ints = [value for value in values if isinstance(value, int)]
    return ints if len(ints) == len(values) else None


def product(values: Sequence[Dim | None]) -> int:
    """The product of known sizes; 0 when one is unknown (used by flop counts)."""
    total = 1
    for value in concrete(values) or (0,):
        total *= value
    return total
