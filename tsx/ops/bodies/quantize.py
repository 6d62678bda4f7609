"""Bodies of the quantisation that keeps to plain tensors: integers beside their scale and zero point, and fake ones."""

from __future__ import annotations

from tsx.ops.bodies.language import DType, Tensor, aten, tsx

FLOAT32, INT64 = DType(6), DType(4)


def _along(values: Tensor, x: Tensor, axis: int) -> Tensor:
    """One value for each index of ``axis``, as it broadcasts against ``x``."""
    last = aten.reshape(values, aten.add(aten.mul([1], aten.sub(aten.dim(x), 1)), [-1]))
    return aten.transpose(last, axis, -1)


def _bounded(rounded: Tensor, quant_min: int, quant_max: int, dtype: int) -> Tensor:
    return aten.to(aten.clamp(rounded, quant_min, quant_max), dtype)


def _quantized(
    input: Tensor, scale: float, zero_point: int, quant_min: int, quant_max: int, dtype: int
) -> Tensor:
    rounded = aten.round(tsx.widen(input) * (1.0 / scale)) + zero_point
    return _bounded(rounded, quant_min, quant_max, dtype)


def _real(input: Tensor, scale: float, zero_point: int, out_dtype: int | None) -> Tensor:
    dtype = FLOAT32 if out_dtype is None else out_dtype
    return (aten.to(input, dtype) - zero_point) * scale


def quantize_per_tensor(
    input: Tensor, scale: float, zero_point: int, quant_min: int, quant_max: int, dtype: int
) -> Tensor:
    return _quantized(input, scale, zero_point, quant_min, quant_max, dtype)


def quantize_per_tensor_tensor(
    input: Tensor, scale: Tensor, zero_point: Tensor, quant_min: int, quant_max: int, dtype: int
) -> Tensor:
    return _quantized(input, aten.Float(scale), aten.Int(zero_point), quant_min, quant_max, dtype)


def quantize_per_tensor_tensor2(
    input: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: Tensor,
    quant_max: Tensor,
    dtype: int,
) -> Tensor:
    low, high = aten.Int(quant_min), aten.Int(quant_max)
    return _quantized(input, aten.Float(scale), aten.Int(zero_point), low, high, dtype)


def dequantize_per_tensor(
    input: Tensor,
    scale: float,
    zero_point: int,
    quant_min: int,
    quant_max: int,
    dtype: int,
    out_dtype: int | None,
) -> Tensor:
    return _real(input, scale, zero_point, out_dtype)


def dequantize_per_tensor_tensor(
    input: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: int,
    quant_max: int,
    dtype: int,
    out_dtype: int | None,
) -> Tensor:
    return _real(input, aten.Float(scale), aten.Int(zero_point), out_dtype)


def dequantize_per_tensor_tensor2(
    input: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: Tensor,
    quant_max: Tensor,
    dtype: int,
    out_dtype: int | None,
) -> Tensor:
    return _real(input, aten.Float(scale), aten.Int(zero_point), out_dtype)


def quantize_per_channel(
    input: Tensor,
    scales: Tensor,
    zero_points: Tensor,
    axis: int,
    quant_min: int,
    quant_max: int,
    dtype: int,
) -> Tensor:
    wide = tsx.widen(input)
    rounded = aten.round(wide * aten.reciprocal(_along(scales, input, axis)))
    shifted = rounded + _along(zero_points, input, axis)
    return _bounded(shifted, quant_min, quant_max, dtype)


def dequantize_per_channel(
    input: Tensor,
    scales: Tensor,
    zero_points: Tensor | None,
    axis: int,
    quant_min: int,
    quant_max: int,
    dtype: int,
    out_dtype: int | None,
) -> Tensor:
    values = input
    if zero_points is not None:
        values = values - _along(zero_points, input, axis)
    result = FLOAT32 if out_dtype is None else out_dtype
    return aten.to(values * _along(scales, input, axis), result)


def _one_scale(
    self: Tensor, scale: Tensor, zero_point: Tensor, quant_min: int, quant_max: int
) -> Tensor:
    whole = aten.round(tsx.widen(self) * aten.reciprocal(scale)) + zero_point
    known = aten.nan_to_num(whole, quant_min + 0.0)
    steps = aten.to(aten.clamp(known, quant_min, quant_max) - zero_point, FLOAT32)
    return aten.type_as(steps * scale, self)


def fake_quantize_per_tensor_affine(
    self: Tensor, scale: float, zero_point: int, quant_min: int, quant_max: int
) -> Tensor:
    step = aten.scalar_tensor(scale, dtype=FLOAT32)
    zero = aten.scalar_tensor(zero_point, dtype=INT64)
    return _one_scale(self, step, zero, quant_min, quant_max)


def fake_quantize_per_tensor_affine_tensor_qparams(
    self: Tensor, scale: Tensor, zero_point: Tensor, quant_min: int, quant_max: int
) -> Tensor:
    step = aten.reshape(aten.to(scale, FLOAT32), [])
    zero = aten.reshape(aten.to(zero_point, INT64), [])
    return _one_scale(self, step, zero, quant_min, quant_max)


def fake_quantize_per_channel_affine(
    self: Tensor, scale: Tensor, zero_point: Tensor, axis: int, quant_min: int, quant_max: int
) -> Tensor:
    step, zero = _along(aten.to(scale, FLOAT32), self, axis), _along(zero_point, self, axis)
    wide = tsx.widen(self)
    whole = aten.to(aten.round(wide * aten.reciprocal(step)) + zero, INT64)
    steps = aten.type_as(aten.clamp(whole, quant_min, quant_max) - zero, wide)
    return aten.type_as(steps * step, self)


BODIES = {
    "aten::fake_quantize_per_channel_affine": fake_quantize_per_channel_affine,
    "aten::fake_quantize_per_tensor_affine": fake_quantize_per_tensor_affine,
    "aten::fake_quantize_per_tensor_affine.tensor_qparams": fake_quantize_per_tensor_affine_tensor_qparams,
    "quantized_decomposed::dequantize_per_channel": dequantize_per_channel,
    "quantized_decomposed::dequantize_per_tensor": dequantize_per_tensor,
    "quantized_decomposed::dequantize_per_tensor.tensor": dequantize_per_tensor_tensor,
    "quantized_decomposed::dequantize_per_tensor.tensor2": dequantize_per_tensor_tensor2,
    "quantized_decomposed::quantize_per_channel": quantize_per_channel,
    "quantized_decomposed::quantize_per_tensor": quantize_per_tensor,
    "quantized_decomposed::quantize_per_tensor.tensor": quantize_per_tensor_tensor,
    "quantized_decomposed::quantize_per_tensor.tensor2": quantize_per_tensor_tensor2,
}
