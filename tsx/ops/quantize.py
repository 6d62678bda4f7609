"""Quantisation that keeps to plain tensors: what torch.export of a quantised model calls, and fake quantisation.

``quantized_decomposed`` operators take and give integers beside their scale and zero point; ``fake_quantize_*`` round
floats to the multiples of a scale. All are composites: the bodies are in ``bodies/quantize.py``. Their oracle is torch
(``torch/ao/quantization/fx/_decomposed.py``, ``aten/src/ATen/native/quantized/cpu``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Evaluate, Infer
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import dtype_arg, wrap_dim
from tsx.ops.define import composite
from tsx.ops.dtypes import Array, cast, dtype_of, to_numpy, type_of
from tsx.ops.nn_rules import differ, shape_text, tensor_of
from tsx.ops.precision import narrow, widen

_FLOATS = (DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16)
_BOUNDS = {
    dtype: (int(np.iinfo(to_numpy(dtype)).min), int(np.iinfo(to_numpy(dtype)).max))
    for dtype in (DType.UINT8, DType.INT8, DType.INT16, DType.INT32)
}


# --- rules -----------------------------------------------------------------------------------------------------------


def _check_dtype(name: str, x: TensorType, allowed: Sequence[DType]) -> None:
    if x.dtype is not None and x.dtype not in allowed:
        raise fail("TSX4056", op=name, expected=" or ".join(map(str, allowed)), found=x.dtype)


def _stored(name: str, dtype: Abstract, low: Abstract, high: Abstract) -> DType | None:
    """The dtype of the integers; their range must lie in it."""
    found = dtype_arg(dtype, None)
    if found is None:
        return None
    if found not in _BOUNDS:
        raise fail("TSX4056", op=name, expected="uint8, int8, int16 or int32", found=found)
    least, most = _BOUNDS[found]
    if (isinstance(low, int) and low < least) or (isinstance(high, int) and high > most):
        expected = f"a range inside that of {found}"
        raise fail("TSX4005", op=name, expected=expected, found=f"{low} to {high}")
    return found


def _check_axis(name: str, x: TensorType, values: Sequence[Abstract], axis: Abstract) -> None:
    """One scale and one zero point for each index of the axis."""
    place = wrap_dim(name, axis, x.rank)
    for value in values:
        shape = tensor_of(value).shape
        if shape is None or x.shape is None or place is None:
            continue
        if len(shape) != 1 or not x.shape or differ(shape[0], x.shape[place]):
            expected = f"one scale and zero point for each index of dimension {place} of {shape_text(x.shape)}"
            raise fail("TSX4055", op=name, expected=expected, found=shape_text(shape))


def _check_single(name: str, *values: Abstract) -> None:
    for value in values:
        shape = tensor_of(value).shape
        if shape is not None and any(isinstance(size, int) and size != 1 for size in shape):
            raise fail(
                "TSX4055", op=name, expected="tensors of one element", found=shape_text(shape)
            )


def _quantize_rule(name: str) -> Infer:
    def rule(
        input: Abstract, scale: Abstract, zero: Abstract, low: Abstract, high: Abstract, dtype: Abstract
    ) -> TensorType:  # fmt: skip
        x = tensor_of(input)
        _check_dtype(name, x, _FLOATS)
        _check_single(name, scale, zero, low, high)
        return TensorType(_stored(name, dtype, low, high), x.shape)

    return rule


def _dequantize_rule(name: str) -> Infer:
    def rule(
        input: Abstract, scale: Abstract, zero: Abstract, low: Abstract, high: Abstract, dtype: Abstract,
        out_dtype: Abstract,
    ) -> TensorType:  # fmt: skip
        x, stored = tensor_of(input), _stored(name, dtype, low, high)
        _check_dtype(name, x, (stored,) if stored else tuple(_BOUNDS))
        _check_single(name, scale, zero, low, high)
        return TensorType(dtype_arg(out_dtype, DType.FLOAT32), x.shape)

    return rule


def _quantize_channels_rule(
    input: Abstract, scales: Abstract, zeros: Abstract, axis: Abstract, low: Abstract, high: Abstract,
    dtype: Abstract,
) -> TensorType:  # fmt: skip
    name, x = "quantize_per_channel", tensor_of(input)
    _check_dtype(name, x, _FLOATS)
    _check_axis(name, x, (scales, zeros), axis)
    return TensorType(_stored(name, dtype, low, high), x.shape)


def _dequantize_channels_rule(
    input: Abstract, scales: Abstract, zeros: Abstract, axis: Abstract, low: Abstract, high: Abstract,
    dtype: Abstract, out_dtype: Abstract,
) -> TensorType:  # fmt: skip
    name, x = "dequantize_per_channel", tensor_of(input)
    stored = _stored(name, dtype, low, high)
    _check_dtype(name, x, (stored,) if stored else tuple(_BOUNDS))
    _check_axis(name, x, (scales, zeros), axis)
    return TensorType(dtype_arg(out_dtype, DType.FLOAT32), x.shape)


def _fake_rule(
    self: Abstract, scale: Abstract, zero: Abstract, low: Abstract, high: Abstract
) -> TensorType:
    name, x = "fake_quantize_per_tensor_affine", tensor_of(self)
    _check_dtype(name, x, (*_FLOATS, DType.FLOAT64))
    _check_single(name, scale, zero)
    _check_range(name, low, high)
    return x


def _fake_channels_rule(
    self: Abstract, scale: Abstract, zero: Abstract, axis: Abstract, low: Abstract, high: Abstract
) -> TensorType:
    name, x = "fake_quantize_per_channel_affine", tensor_of(self)
    _check_dtype(name, x, (*_FLOATS, DType.FLOAT64))
    _check_dtype(name, tensor_of(zero), (DType.INT32, DType.INT64))
    _check_axis(name, x, (scale, zero), axis)
    _check_range(name, low, high)
    return x


def _check_range(name: str, low: Abstract, high: Abstract) -> None:
    if isinstance(low, int) and isinstance(high, int) and low > high:
        raise fail("TSX4005", op=name, expected="quant_min <= quant_max", found=f"{low} and {high}")


# --- meanings --------------------------------------------------------------------------------------------------------


def _checked(rule: Infer, evaluate: Callable[..., Any]) -> Evaluate:
    def run(*operands: object) -> object:
        rule(*(type_of(o) if isinstance(o, np.ndarray) else o for o in operands))
        return evaluate(*operands)

    return run


def _single(value: Any) -> Any:
    return widen(value).item() if isinstance(value, np.ndarray) else value


def _along(values: Array, x: Array, axis: int) -> Array:
    shape = [1] * x.ndim
    shape[axis] = -1
    return values.reshape(shape)


def _quantize(input: Array, scale: Any, zero: Any, low: Any, high: Any, dtype: int) -> Array:
    x, (step, shift) = widen(input), (float(_single(scale)), int(_single(zero)))
    kind = x.dtype.type
    rounded = np.rint(x * kind(np.float64(1) / step)) + kind(shift)
    return _bounded(rounded, _single(low), _single(high), dtype)


def _bounded(rounded: Array, low: int, high: int, dtype: int) -> Array:
    kind = rounded.dtype.type
    target = dtype_arg(dtype, None)
    assert target is not None
    return cast(np.clip(rounded, kind(low), kind(high)), target)


def _dequantize(
    input: Array, scale: Any, zero: Any, low: Any, high: Any, dtype: int, out_dtype: int | None
) -> Array:
    target = dtype_arg(out_dtype, DType.FLOAT32)
    assert target is not None
    x = widen(cast(input, target))
    kind = x.dtype.type
    shifted = narrow(x - kind(int(_single(zero))), target)
    return narrow(widen(shifted) * kind(float(_single(scale))), target)


def _quantize_channels(
    input: Array, scales: Array, zeros: Array, axis: int, low: int, high: int, dtype: int
) -> Array:
    inverse = narrow(1 / widen(_along(scales, input, axis)), dtype_of(scales))
    rounded = np.rint(widen(input) * widen(inverse))
    shifted = rounded + cast(_along(zeros, input, axis), dtype_of(rounded))
    return _bounded(shifted, low, high, dtype)


def _dequantize_channels(
    input: Array, scales: Array, zeros: Array | None, axis: int, low: int, high: int, dtype: int,
    out_dtype: int | None,
) -> Array:  # fmt: skip
    target = dtype_arg(out_dtype, DType.FLOAT32)
    assert target is not None
    values = input if zeros is None else input - _along(zeros, input, axis)
    steps = widen(_along(scales, input, axis))
    return cast(narrow(values.astype(steps.dtype) * steps, dtype_of(scales)), target)


def _fake(self: Array, scale: Any, zero: Any, low: int, high: int) -> Array:
    step, shift = np.array(_single(scale), np.float32), np.array(_single(zero), np.int64)
    x = widen(self)
    whole = np.rint(x * (np.float32(1) / step)) + shift.astype(x.dtype)
    bounded = np.fmin(np.fmax(whole, x.dtype.type(low)), x.dtype.type(high))  # NaN is the lowest
    steps = (bounded - shift.astype(x.dtype)).astype(np.float32)
    return narrow(steps * step, dtype_of(self))


def _fake_channels(self: Array, scale: Array, zero: Array, axis: int, low: int, high: int) -> Array:
    step, shift = _along(cast(scale, DType.FLOAT32), self, axis), _along(zero, self, axis)
    x = widen(self)
    whole = cast(np.rint(x * (np.float32(1) / step)) + shift.astype(x.dtype), DType.INT64)
    return narrow((np.clip(whole, low, high) - shift).astype(x.dtype) * step, dtype_of(self))


# --- records ---------------------------------------------------------------------------------------------------------


def _define(schema: str, rule: Infer, evaluate: Callable[..., Any]) -> None:
    composite(schema, infer=rule, eval=_checked(rule, evaluate))


for _overload, _number, _integer, _limit in (
    ("", "float", "int", "int"), (".tensor", "Tensor", "Tensor", "int"), (".tensor2", "Tensor", "Tensor", "Tensor"),
):  # fmt: skip
    _operands = (
        f"Tensor input, {_number} scale, {_integer} zero_point, {_limit} quant_min, {_limit} quant_max, "
        "ScalarType dtype"
    )
    _define(
        f"quantized_decomposed::quantize_per_tensor{_overload}({_operands}) -> Tensor",
        _quantize_rule("quantize_per_tensor"),
        _quantize,
    )
    _define(
        f"quantized_decomposed::dequantize_per_tensor{_overload}({_operands}, *, ScalarType? out_dtype=None)"
        " -> Tensor",
        _dequantize_rule("dequantize_per_tensor"),
        _dequantize,
    )
_define(
    "quantized_decomposed::quantize_per_channel(Tensor input, Tensor scales, Tensor zero_points, int axis, "
    "int quant_min, int quant_max, ScalarType dtype) -> Tensor",
    _quantize_channels_rule,
    _quantize_channels,
)
_define(
    "quantized_decomposed::dequantize_per_channel(Tensor input, Tensor scales, Tensor? zero_points, int axis, "
    "int quant_min, int quant_max, ScalarType dtype, *, ScalarType? out_dtype=None) -> Tensor",
    _dequantize_channels_rule,
    _dequantize_channels,
)
_define(
    "aten::fake_quantize_per_tensor_affine(Tensor self, float scale, int zero_point, int quant_min, "
    "int quant_max) -> Tensor",
    _fake_rule,
    _fake,
)
_define(
    "aten::fake_quantize_per_tensor_affine.tensor_qparams(Tensor self, Tensor scale, Tensor zero_point, "
    "int quant_min, int quant_max) -> Tensor",
    _fake_rule,
    _fake,
)
_define(
    "aten::fake_quantize_per_channel_affine(Tensor self, Tensor scale, Tensor zero_point, int axis, "
    "int quant_min, int quant_max) -> Tensor",
    _fake_channels_rule,
    _fake_channels,
)
