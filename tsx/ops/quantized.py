"""Operators that make quantised tensors and read them, rounded as FBGEMM does (``fbgemm/QuantUtils.h``).

Rounding is to nearest even and saturates. The oracle is torch with its ``fbgemm`` engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.op import Abstract, Infer, Unknown
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import dtype_arg, wrap_dim
from tsx.ops.define import op
from tsx.ops.dtypes import Array
from tsx.ops.nn_rules import shape_text, tensor_of
from tsx.ops.quantized_tensor import (
    QUANTIZED_OF,
    STORED,
    QuantizedTensor,
    by_tensor,
    dequantized,
    need,
    need_float32,
    need_zero_point,
    quantized,
    rounded,
    saturated,
)


def _quantize_rule(name: str) -> Infer:
    def rule(self: Abstract, *rest: Abstract) -> TensorType:
        x, dtype = tensor_of(self), dtype_arg(rest[-1], None)
        if x.dtype not in (None, DType.FLOAT32):
            raise fail("TSX4056", op=name, expected="float32", found=x.dtype)
        if isinstance(rest[-1], int) and dtype not in STORED:
            raise fail("TSX4056", op=name, expected="qint8, quint8 or qint32", found=dtype)
        return TensorType(dtype, x.shape)

    return rule


def _dtype(code: int) -> DType:
    found = dtype_arg(code, None)
    if found not in STORED:
        expected = "a dtype qint8, quint8 or qint32"
        raise fail("TSX4005", op="quantize", expected=expected, found=found)
    return found


def _number(name: str, value: Any) -> Any:
    """A scale or zero point that may be a number or a tensor of one element."""
    if not isinstance(value, np.ndarray):
        return value
    if value.size != 1:
        raise fail("TSX4055", op=name, expected="one element", found=shape_text(value.shape))
    return value.item()


def _quantize(self: Array, scale: Any, zero_point: Any, dtype: int) -> QuantizedTensor:
    name = "quantize_per_tensor"
    need_float32(name, self)
    step, zero = _number(name, scale), _number(name, zero_point)
    return quantized(self, float(step), need_zero_point(name, zero), _dtype(dtype))


def _channels(
    name: str, sizes: Sequence[int], scales: Array, zeros: Array, axis: int
) -> tuple[Array, Array, int]:
    place = wrap_dim(name, axis, len(sizes))
    assert place is not None
    if not scales.shape == zeros.shape == (sizes[place],):
        expected = f"a scale and a zero point for each index of dimension {place}"
        raise fail("TSX4055", op=name, expected=expected, found=shape_text(scales.shape))
    if zeros.dtype.kind not in "iu":
        raise fail("TSX4056", op=name, expected="whole zero points", found=zeros.dtype)
    for zero in zeros.tolist():
        need_zero_point(name, zero)
    return scales.astype(np.float64), zeros.astype(np.int64), place


def _quantize_channels(
    self: Array, scales: Array, zero_points: Array, axis: int, dtype: int
) -> QuantizedTensor:
    name = "quantize_per_channel"
    need_float32(name, self)
    kept = _channels(name, self.shape, scales, zero_points, axis)
    empty = QuantizedTensor(np.zeros(self.shape, STORED[_dtype(dtype)]), *kept)
    inverse = np.float32(1) / empty.along(kept[0]).astype(np.float32)
    whole = rounded(self * inverse) + empty.along(kept[1])
    return QuantizedTensor(saturated(whole, _dtype(dtype)), *kept)


def _made_rule(self: Abstract, *_: Abstract) -> TensorType:
    x = tensor_of(self)
    dtypes = {stored: dtype for dtype, stored in _STORED_TYPES.items()}
    return TensorType(dtypes.get(x.dtype) if x.dtype else None, x.shape)


_STORED_TYPES = {
    DType.QINT8: DType.INT8, DType.QUINT8: DType.UINT8, DType.QINT32: DType.INT32,
}  # fmt: skip


def _make(self: Array, scale: float, zero_point: int) -> QuantizedTensor:
    _need_stored(self)
    zero = need_zero_point("_make_per_tensor_quantized_tensor", zero_point)
    return by_tensor(self, scale, zero)


def _make_channels(self: Array, scale: Array, zero_point: Array, axis: int) -> QuantizedTensor:
    name = "_make_per_channel_quantized_tensor"
    _need_stored(self)
    return QuantizedTensor(self, *_channels(name, self.shape, scale, zero_point, axis))


def _need_stored(x: Array) -> None:
    if x.dtype not in QUANTIZED_OF:
        raise fail(
            "TSX4056", op="a quantised tensor", expected="int8, uint8 or int32", found=x.dtype
        )


def _reading(schema: str, rule: Infer, read: Callable[[QuantizedTensor], object]) -> None:
    name = schema.partition("(")[0]
    op(schema, infer=rule, eval=lambda self: read(need(name, self)))


def _dequantize_rule(self: Abstract) -> TensorType:
    return TensorType(DType.FLOAT32, tensor_of(self).shape)


def _int_repr_rule(self: Abstract) -> TensorType:
    x = tensor_of(self)
    return TensorType(_STORED_TYPES.get(x.dtype) if x.dtype else None, x.shape)


def _channel_terms(dtype: DType) -> Infer:
    def rule(_: Abstract) -> Abstract:
        return TensorType(dtype, (None,))

    return rule


def _channel_scales(q: QuantizedTensor) -> Array:
    assert q.channel_axis >= 0
    return q.scales.copy()


def _channel_zeros(q: QuantizedTensor) -> Array:
    assert q.channel_axis >= 0
    return q.zero_points.copy()


def _scalar(type: ty.Type) -> Infer:
    def rule(_: Abstract) -> Abstract:
        return Unknown(type)

    return rule


_reading(
    "aten::dequantize.self(Tensor self) -> Tensor",
    _dequantize_rule,
    dequantized,
)
_reading("aten::int_repr(Tensor self) -> Tensor", _int_repr_rule, lambda q: q.values.copy())
_reading("aten::q_scale(Tensor self) -> float", _scalar(ty.FLOAT), lambda q: q.scale)
_reading("aten::q_zero_point(Tensor self) -> int", _scalar(ty.INT), lambda q: q.zero_point)
_reading("aten::q_per_channel_axis(Tensor self) -> int", _scalar(ty.INT), lambda q: q.channel_axis)
_reading(
    "aten::q_per_channel_scales(Tensor self) -> Tensor",
    _channel_terms(DType.FLOAT64),
    _channel_scales,
)
_reading(
    "aten::q_per_channel_zero_points(Tensor self) -> Tensor",
    _channel_terms(DType.INT64),
    _channel_zeros,
)
op(
    "aten::quantize_per_tensor(Tensor self, float scale, int zero_point, ScalarType dtype) -> Tensor",
    infer=_quantize_rule("quantize_per_tensor"),
    eval=_quantize,
)
op(
    "aten::quantize_per_tensor.tensor_qparams(Tensor self, Tensor scale, Tensor zero_point, ScalarType dtype)"
    " -> Tensor",
    infer=_quantize_rule("quantize_per_tensor"),
    eval=_quantize,
)
op(
    "aten::quantize_per_channel(Tensor self, Tensor scales, Tensor zero_points, int axis, ScalarType dtype)"
    " -> Tensor",
    infer=_quantize_rule("quantize_per_channel"),
    eval=_quantize_channels,
)
op(
    "aten::_make_per_tensor_quantized_tensor(Tensor self, float scale, int zero_point) -> Tensor",
    infer=_made_rule,
    eval=_make,
)
op(
    "aten::_make_per_channel_quantized_tensor(Tensor self, Tensor scale, Tensor zero_point, int axis) -> Tensor",
    infer=_made_rule,
    eval=_make_channels,
)
