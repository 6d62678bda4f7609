"""Compute precision: half and bfloat16 are computed in float32 and rounded once, at the end of an operator.

Takes and gives arrays as tensors are stored (bfloat16 as uint16). Never rounds between the steps of one operator.
"""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, bfloat16_to_float32, cast, dtype_of

_HALVES = (DType.FLOAT16, DType.BFLOAT16)


def widen(array: Array) -> Array:
    """The array to compute with: float32 for float16 and bfloat16, else the array itself."""
    if array.dtype == np.float16:
        return array.astype(np.float32)
    return bfloat16_to_float32(array) if array.dtype == np.uint16 else array


def widen_optional(array: Array | None) -> Array | None:
    return None if array is None else widen(array)


def narrow(array: Array, dtype: DType) -> Array:
    """``array`` rounded to ``dtype``; the same array when it has it already."""
    return cast(np.asarray(array), dtype)


def compute_dtype(dtype: DType) -> DType:
    """The dtype in which an operator on ``dtype`` computes."""
    return DType.FLOAT32 if dtype in _HALVES else dtype


def need_float(op: str, *arrays: Array) -> None:
    """Refuses integer and bool tensors, as torch's kernels do."""
    for array in arrays:
        dtype = dtype_of(array)
        if not (dtype.is_float or dtype.is_complex):
            raise fail("TSX4056", op=op, expected="floating-point", found=dtype)


def need_same(op: str, *arrays: Array) -> DType:
    """The dtype that all of ``arrays`` have; TSX4054 when they differ."""
    first = arrays[0].dtype
    if any(array.dtype != first for array in arrays):
        raise fail("TSX4054", op=op, found=" and ".join(str(dtype_of(a)) for a in arrays))
    return dtype_of(arrays[0])


def statistics_dtype(dtype: DType, *terms: DType | None) -> DType:
    """The dtype in which norms give means and deviations: the input's, or float32 when half meets float32 terms."""
    return DType.FLOAT32 if dtype in _HALVES and DType.FLOAT32 in terms else dtype


def need_indices(op: str, indices: Array, count: int) -> None:
    """Refuses indices outside ``0 … count - 1`` (TSX4057, at run time)."""
    if not indices.size:
        return
    least, most = int(indices.min()), int(indices.max())
    if least < 0 or most >= count:
        found = least if least < 0 else most
        raise fail("TSX4057", op=op, last=count - 1, found=found)


def _infer_widen(x: Abstract) -> Abstract:
    if not isinstance(x, TensorType) or x.dtype is None:
        return x
    return TensorType(compute_dtype(x.dtype), x.shape)


def _widen(x: Array) -> Array:
    wide = widen(x)
    return wide.copy() if wide is x else wide


op(
    "tsx::widen(Tensor x) -> Tensor",
    infer=_infer_widen,
    eval=_widen,
    doc="float16 and bfloat16 as float32, anything else as it is: what the bodies of composites compute with.",
)
