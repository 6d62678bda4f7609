"""What a quantised tensor is while a program runs: integers, and the scale and zero point that give them meaning.

``real = scale * (stored - zero_point)``, with one pair for the tensor or one for each index of an axis. It is no array
on purpose: an operator that doesn't know it can't take the integers for numbers. Quantised tensors live inside a
program: its inputs, outputs and constants are plain ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.types import DType, TensorType
from tsx.ops.dtypes import Array, type_of

STORED: dict[DType, np.dtype[Any]] = {
    DType.QINT8: np.dtype(np.int8),
    DType.QUINT8: np.dtype(np.uint8),
    DType.QINT32: np.dtype(np.int32),
}
QUANTIZED_OF = {stored: dtype for dtype, stored in STORED.items()}


@dataclass(frozen=True, slots=True)
class QuantizedTensor:
    """``scales`` and ``zero_points`` hold one element, or one for each index of ``axis``."""

    values: Array
    scales: Array  # float64
    zero_points: Array  # int64
    axis: int | None = None

    @property
    def dtype(self) -> DType:
        return QUANTIZED_OF[self.values.dtype]

    @property
    def type(self) -> TensorType:
        return TensorType(self.dtype, tuple(self.values.shape))

    @property
    def scale(self) -> float:
        self.need_one_scale()
        return float(self.scales[0])

    @property
    def zero_point(self) -> int:
        self.need_one_scale()
        return int(self.zero_points[0])

    @property
    def channel_axis(self) -> int:
        """The axis of the scales; an error when there is one scale only."""
        if self.axis is None:
            expected = "a tensor quantised by channel"
            raise fail("TSX4005", op="the operator", expected=expected, found="one scale")
        return self.axis

    def need_one_scale(self) -> None:
        if self.axis is not None:
            expected = "a tensor quantised by one scale"
            raise fail(
                "TSX4005", op="the operator", expected=expected, found="one for each channel"
            )

    def like(self, values: Array) -> QuantizedTensor:
        """Other integers of the same scale."""
        self.need_one_scale()
        return replace(self, values=values)

    def steps(self) -> Array:
        """The stored integers without their zero points, as int64."""
        return np.asarray(self.values.astype(np.int64) - self.along(self.zero_points))

    def along(self, values: Array) -> Array:
        """One value for each channel, as it broadcasts against the integers."""
        if self.axis is None:
            return values.reshape(())
        shape = [1] * self.values.ndim
        shape[self.axis] = -1
        return values.reshape(shape)

    def __array__(self, *_: object, **__: object) -> Array:
        raise TypeError("a quantised tensor is no array: dequantize it")

    def __repr__(self) -> str:
        return f"<{self.type}>"


@dataclass(frozen=True, slots=True)
class PackedParams:
    """The weight and bias of a quantised layer; the options are those of a convolution."""

    weight: QuantizedTensor
    bias: Array | None
    stride: tuple[int, ...] = ()
    padding: tuple[int, ...] = ()
    dilation: tuple[int, ...] = ()
    groups: int = 1


def need(name: str, value: object) -> QuantizedTensor:
    """A quantised operand; TSX4005 for anything else."""
    if not isinstance(value, QuantizedTensor):
        found = type_of(value) if isinstance(value, np.ndarray) else type(value).__name__
        raise fail("TSX4005", op=name, expected="a quantised tensor", found=found)
    return value


def need_float32(name: str, x: Array) -> None:
    """TSX4056 for any other dtype."""
    if x.dtype != np.float32:
        raise fail("TSX4056", op=name, expected="float32", found=x.dtype)


def need_zero_point(name: str, value: float) -> int:
    """A zero point, which 32 bits must hold; TSX4005 for any other."""
    if not -(2**31) <= value < 2**31:
        raise fail("TSX4005", op=name, expected="a zero point of 32 bits", found=value)
    return int(value)


def saturated(whole: Array, dtype: DType) -> Array:
    """Integers cut to the range of a quantised dtype."""
    info = np.iinfo(STORED[dtype])
    return np.asarray(np.clip(whole, info.min, info.max)).astype(STORED[dtype])


def quantized(x: Array, scale: float, zero_point: int, dtype: DType) -> QuantizedTensor:
    """float32 by one scale: ``x / scale + zero_point``, rounded to float32 once, then to nearest even."""
    inverse = np.float64(np.float32(1) / np.float32(scale))
    placed = (x.astype(np.float64) * inverse + zero_point).astype(np.float32)
    return by_tensor(saturated(rounded(placed), dtype), scale, zero_point)


def stepped(x: Array, scale: float, zero_point: int, dtype: DType) -> QuantizedTensor:
    """The same where the zero point is added to whole steps: what layers and sums do with their own results."""
    steps = rounded(x * (np.float32(1) / np.float32(scale)))
    return by_tensor(saturated(steps + zero_point, dtype), scale, zero_point)


def by_tensor(values: Array, scale: float, zero_point: int) -> QuantizedTensor:
    return QuantizedTensor(values, np.array([scale]), np.array([zero_point]))


def rounded(x: Array) -> Array:
    """To nearest even, as int64; what int32 can't hold is cut, NaN is the lowest."""
    whole = np.rint(np.clip(x.astype(np.float64), -(2.0**31), 2.0**31 - 1))
    return np.asarray(np.where(np.isnan(whole), -(2.0**31), whole)).astype(np.int64)


def dequantized(q: QuantizedTensor) -> Array:
    """float32: the scale times the steps."""
    return np.asarray(q.steps().astype(np.float32) * q.along(q.scales).astype(np.float32))
