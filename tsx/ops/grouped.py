"""Products of many matrices of different sizes in one call (the experts of a mixture).

Where an operand is a matrix, its rows, its columns or the inner dimension are cut at ``offs`` (cumulative ends) into
one part for each group; where it is a stack of matrices, each group has one. Rows or columns after the last end belong
to no group: torch leaves them as they were in memory, here they are zero.
"""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import DTYPE_BY_CODE, DType, Shape, TensorType
from tsx.ops.abstract import dtype_arg
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.matmul import CONTRACTION, product
from tsx.ops.nn_rules import differ, need_rank, one_dtype, shape_text, tensor_of
from tsx.ops.nn_rules import product as size_product
from tsx.ops.precision import narrow, need_same, widen

_NAME = "_grouped_mm"


def _infer(
    self: Abstract, mat2: Abstract, offs: Abstract, bias: Abstract, out_dtype: Abstract
) -> TensorType:
    dtype = dtype_arg(out_dtype, one_dtype(_NAME, self, mat2))
    a = need_rank(_NAME, self, (2, 3), "first operand")
    b = need_rank(_NAME, mat2, (2, 3), "second operand")
    if a is None or b is None:
        return TensorType(dtype)
    if differ(a[-1], b[-2]):
        raise _mismatch("the last size of the first to equal the inner size of the second", a, b)
    groups = _groups(a, b, offs)
    if len(a) == len(b):
        return TensorType(dtype, (groups, a[-2], b[-1]))
    return TensorType(dtype, (a[-2], b[-1]))


def _groups(a: Shape, b: Shape, offs: Abstract) -> Dim | None:
    """How many products there are: the size of what is stacked, or of ``offs``, which must agree."""
    ends = tensor_of(offs).shape if offs is not None else None
    stacked = [shape[0] for shape in (a, b) if len(shape) == 3]
    if len(stacked) == 2 and differ(*stacked):
        raise _mismatch("equal batch sizes", a, b)
    if (offs is None) != (len(stacked) == 2):
        raise _mismatch("offsets exactly where an operand is a matrix", a, b)
    if stacked and ends and differ(stacked[0], ends[0]):
        raise _mismatch(f"{stacked[0]} offsets", a, b)
    return stacked[0] if stacked else ends[0] if ends else None


def _mismatch(expected: str, a: Shape, b: Shape) -> Exception:
    return fail("TSX4050", op=_NAME, expected=expected, left=shape_text(a), right=shape_text(b))


def _evaluate(
    self: Array, mat2: Array, offs: Array | None, bias: Array | None, out_dtype: int | None
) -> Array:
    """One product for each group, written to its part of the result."""
    dtype = need_same(_NAME, self, mat2)
    if dtype not in (DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16):
        raise fail("TSX4056", op=_NAME, expected="floating-point", found=dtype)
    wanted = dtype if out_dtype is None else DTYPE_BY_CODE[out_dtype]
    if wanted is not dtype:
        raise fail("TSX4054", op=_NAME, found=f"{dtype} and {wanted}")
    if bias is not None:
        raise fail("TSX4055", op=_NAME, expected="no bias", found="one")
    ends = None if offs is None else type_of(offs)
    _infer(type_of(self), type_of(mat2), ends, None, None)
    if offs is not None and dtype_of(offs) is not DType.INT32:
        raise fail("TSX4056", op=_NAME, expected="int32 offsets", found=dtype_of(offs))
    a, b = widen(self), widen(mat2)
    if offs is None:
        return narrow(product(a, b), dtype)
    groups = () if a.ndim != b.ndim else (len(offs),)
    out = np.zeros((*groups, a.shape[-2], b.shape[-1]), a.dtype)
    start = 0
    for group, end in enumerate(offs.tolist()):
        part = slice(start, end)
        if a.ndim == 3:
            out[:, part] = product(a[group], b[:, part])
        elif b.ndim == 3:
            out[part] = product(a[part], b[group])
        else:
            out[group] = product(a[:, part], b[part])
        start = end
    return narrow(out, dtype)


def _flops(*values: Abstract) -> int:
    """A multiplication and an addition for each row, inner place and column; a cut dimension counts once."""
    a, b = tensor_of(values[0]).shape, tensor_of(values[1]).shape
    if a is None or b is None:
        return 0
    stacked = a[:-2] if len(a) == len(b) else ()
    return 2 * size_product((*stacked, a[-2], a[-1], b[-1]))


op(
    "aten::_grouped_mm(Tensor self, Tensor mat2, Tensor? offs=None, Tensor? bias=None, "
    "ScalarType? out_dtype=None) -> Tensor",
    infer=_infer,
    eval=_evaluate,
    traits=CONTRACTION,
    flops=_flops,
    torch=("torch.nn.functional.grouped_mm",),
)
