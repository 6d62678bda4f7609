"""Element types as NumPy holds them, and the casts between them.

A tensor value is always an ``ndarray``, never a NumPy scalar. bfloat16 is stored as ``uint16`` (its upper half of a
float32; tsx has no other use of uint16) and computed in float32, rounded to nearest even for each operator.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tsx.errors import fail
from tsx.ir.types import DType, TensorType

Array = npt.NDArray[Any]

_TO_NUMPY: dict[DType, np.dtype[Any]] = {
    DType.UINT8: np.dtype(np.uint8),
    DType.INT8: np.dtype(np.int8),
    DType.INT16: np.dtype(np.int16),
    DType.INT32: np.dtype(np.int32),
    DType.INT64: np.dtype(np.int64),
    DType.FLOAT16: np.dtype(np.float16),
    DType.FLOAT32: np.dtype(np.float32),
    DType.FLOAT64: np.dtype(np.float64),
    DType.COMPLEX64: np.dtype(np.complex64),
    DType.COMPLEX128: np.dtype(np.complex128),
    DType.BOOL: np.dtype(np.bool_),
    DType.BFLOAT16: np.dtype(np.uint16),
}
_FROM_NUMPY = {numpy: dtype for dtype, numpy in _TO_NUMPY.items()}


def to_numpy(dtype: DType) -> np.dtype[Any]:
    """The NumPy dtype that stores ``dtype``."""
    if dtype not in _TO_NUMPY:
        raise fail("TSX4004", dtype=dtype)
    return _TO_NUMPY[dtype]


def from_numpy(dtype: np.dtype[Any]) -> DType:
    """The element type of arrays of ``dtype`` (either byte order)."""
    native = dtype.newbyteorder("=")
    if native not in _FROM_NUMPY:
        raise fail("TSX4004", dtype=dtype)
    return _FROM_NUMPY[native]


def dtype_of(array: Array) -> DType:
    return from_numpy(array.dtype)


def more_than_elements(array: object) -> tuple[str, str] | None:
    """What an array says beyond its elements, so that a tensor of them would mean something else, and the way out.

    That is a mask that hides some of them, and the ``*`` of ``np.matrix``. Other subclasses count for their elements.
    """
    if array.__class__ is np.ndarray or not isinstance(array, np.ndarray):
        return None
    classes = {c.__name__ for c in type(array).__mro__ if c.__module__.partition(".")[0] == "numpy"}
    if "MaskedArray" in classes and np.any(getattr(array, "mask", False)):
        hidden = int(np.sum(getattr(array, "mask", False)))
        what = f"a masked array, {hidden} of whose {array.size} elements {'is' if hidden == 1 else 'are'} hidden"
        return what, "say what counts in their place: x.filled(0)"
    if "matrix" in classes:
        return "an np.matrix, whose * is the matrix product", "give it as an array: np.asarray(x)"
    return None


def type_of(array: Array) -> TensorType:
    """The fully known tensor type of an array."""
    return TensorType(dtype_of(array), tuple(array.shape))


def bfloat16_to_float32(bits: Array) -> Array:
    """Exact: a bfloat16 is the upper half of a float32."""
    return np.asarray((bits.astype(np.uint32) << np.uint32(16)).view(np.float32))


def float32_to_bfloat16(values: Array) -> Array:
    """Rounds to nearest, ties to even; every NaN becomes the quiet NaN 0x7fc0."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32).reshape(np.shape(values))
    rounded = (bits + (np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1)))) >> np.uint32(
        16
    )
    return np.asarray(np.where(np.isnan(values), np.uint32(0x7FC0), rounded).astype(np.uint16))


def cast(array: Array, dtype: DType) -> Array:
    """``array`` as ``dtype`` with torch's (C's) conversions; the same array when nothing changes."""
    source = dtype_of(array)
    if source is dtype:
        return array
    if source is DType.BFLOAT16:
        array = bfloat16_to_float32(array)
    if dtype is DType.BFLOAT16:
        return float32_to_bfloat16(
            np.asarray(array.real if source.is_complex else array, np.float32)
        )
    if source.is_complex and not dtype.is_complex and dtype is not DType.BOOL:
        array = array.real
    with np.errstate(all="ignore"):
        target = to_numpy(dtype)
        if dtype.is_integer and array.dtype.kind == "f" and target.itemsize < 8:
            # C converts through a wider integer and wraps, as torch on x86 does.
            return np.asarray(array.astype(np.int64).astype(target))
        return np.asarray(array.astype(target))
