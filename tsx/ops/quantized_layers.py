"""Int8 layers: what torch.ao's eager-mode quantisation makes of Linear and Conv2d.

Sums are exact integers; rounding is to nearest even and saturates, as FBGEMM does (``fbgemm/QuantUtils.h``,
``aten/src/ATen/native/quantized/cpu``). The oracle is torch with its ``fbgemm`` engine.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Infer, Unknown
from tsx.ir.types import ClassType, DType, TensorType
from tsx.ops.conv import convolution
from tsx.ops.define import op
from tsx.ops.dtypes import Array
from tsx.ops.matmul import linear_rule
from tsx.ops.nn_rules import tensor_of
from tsx.ops.quantized_tensor import (
    PackedParams,
    QuantizedTensor,
    by_tensor,
    need,
    need_float32,
    need_zero_point,
    rounded,
    saturated,
    stepped,
)

_CLASSES = "__torch__.torch.classes.quantized"
LINEAR, CONV = f"{_CLASSES}.LinearPackedParamsBase", f"{_CLASSES}.Conv2dPackedParamsBase"


def _prepack_linear(W: object, B: Array | None) -> PackedParams:
    return PackedParams(_weight("linear_prepack", W), B)


def _prepack_conv(
    weight: object, bias: Array | None, stride: list[int], padding: list[int], dilation: list[int],
    groups: int,
) -> PackedParams:  # fmt: skip
    q = _weight("conv2d_prepack", weight)
    return PackedParams(q, bias, tuple(stride), tuple(padding), tuple(dilation), groups)


def _weight(name: str, weight: object) -> QuantizedTensor:
    q = need(name, weight)
    if q.dtype is not DType.QINT8 or q.axis not in (None, 0):
        raise fail("TSX4056", op=name, expected="qint8", found=q)
    return q


def _packed(name: str, params: object) -> PackedParams:
    if not isinstance(params, PackedParams):
        raise fail("TSX4005", op=name, expected="packed parameters", found=type(params).__name__)
    return params


def _products(name: str, steps: Array, params: PackedParams) -> Array:
    """Sums of products of steps, exactly: float64 holds every integer that int32 does."""
    weight = params.weight.steps().astype(np.float64)
    x = steps.astype(np.float64)
    if not params.stride:
        linear_rule(
            TensorType(DType.FLOAT64, x.shape), TensorType(DType.FLOAT64, weight.shape), None
        )
        return np.asarray(x @ weight.T)
    return convolution(
        name, 2, x, weight, None, list(params.stride), list(params.padding), list(params.dilation),
        params.groups,
    )  # fmt: skip


def _by_channel(values: Array, params: PackedParams) -> Array:
    """One value for each output channel, as it broadcasts against the sums."""
    return values.reshape(-1, 1, 1) if params.stride and values.size > 1 else values


def _layer(
    name: str, is_relu: bool, qx: object, packed: object, scale: float, zero_point: int
) -> QuantizedTensor:
    x, params = need(name, qx), _packed(name, packed)
    if x.dtype is not DType.QUINT8:
        raise fail("TSX4056", op=name, expected="quint8", found=x.dtype)
    zero_point = need_zero_point(name, zero_point)
    factor = np.float32(x.scale) * params.weight.scales.astype(np.float32)
    sums = _products(name, x.steps(), params).astype(np.float32)
    if params.bias is not None:
        sums = sums + _by_channel(params.bias.astype(np.float32) / factor, params)
    whole = rounded(sums * _by_channel(factor / np.float32(scale), params)) + zero_point
    values = saturated(np.maximum(whole, zero_point) if is_relu else whole, DType.QUINT8)
    return by_tensor(values, scale, zero_point)


def chosen(x: Array, reduce_range: bool) -> tuple[float, int]:
    """Scale and zero point of quint8 for what a tensor holds (FBGEMM's ChooseQuantizationParams)."""
    least, most = (float(min(x.min(), 0)), float(max(x.max(), 0))) if x.size else (0.0, 0.0)
    high = 127 if reduce_range else 255
    scale = np.float32((most - least) / high)
    with np.errstate(all="ignore"):
        if scale == 0 or np.isinf(np.float32(1) / scale):
            scale = np.float32(0.1)
    if scale < _SMALL_SCALE:
        least, most, scale = _widened(least, most, scale, high)
    from_least, from_most = -least / float(scale), high - most / float(scale)
    is_least = abs(least / float(scale)) < abs(high) + abs(most / float(scale))
    zero = from_least if is_least else from_most
    return float(scale), min(max(int(np.rint(np.float32(zero))), 0), high)


_SMALL_SCALE = np.float32(6.1e-5)


def _widened(
    least: float, most: float, scale: np.float32, high: int
) -> tuple[float, float, np.float32]:
    """The range that the smallest scale gives."""
    if least == 0:
        return least, float(_SMALL_SCALE * np.float32(high)), _SMALL_SCALE
    if most == 0:
        return -float(_SMALL_SCALE * np.float32(high)), most, _SMALL_SCALE
    wider = np.float32(_SMALL_SCALE / scale)
    return float(np.float32(least) * wider), float(np.float32(most) * wider), _SMALL_SCALE


def _dynamic(name: str, is_relu: bool, X: Array, packed: object, reduce_range: bool) -> Array:
    params = _packed(name, packed)
    need_float32(name, X)
    x = stepped(X, *chosen(X, reduce_range), DType.QUINT8)
    factor = np.float32(x.scale) * params.weight.scales.astype(np.float32)
    result = _products(name, x.steps(), params).astype(np.float32) * factor
    if params.bias is not None:
        result = result + params.bias.astype(np.float32)
    return np.asarray(np.maximum(result, np.float32(0)) if is_relu else result)


def _class(name: str) -> Infer:
    def rule(*_: Abstract) -> Abstract:
        return Unknown(ClassType(name))

    return rule


def _layer_rule(qx: Abstract, *_: Abstract) -> TensorType:
    shape = tensor_of(qx).shape
    return TensorType(DType.QUINT8, None if shape is None else (*shape[:-1], None))


def _conv_rule(qx: Abstract, *_: Abstract) -> TensorType:
    shape = tensor_of(qx).shape
    if shape is None or len(shape) != 4:
        return TensorType(DType.QUINT8)
    return TensorType(DType.QUINT8, (shape[0], None, None, None))


def _dynamic_rule(X: Abstract, *_: Abstract) -> TensorType:
    shape = tensor_of(X).shape
    return TensorType(DType.FLOAT32, None if shape is None else (*shape[:-1], None))


op(
    f"quantized::linear_prepack(Tensor W, Tensor? B=None) -> {LINEAR} W_prepack",
    infer=_class(LINEAR),
    eval=_prepack_linear,
)
op(
    "quantized::conv2d_prepack(Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] dilation, "
    f"int groups) -> {CONV}",
    infer=_class(CONV),
    eval=_prepack_conv,
)
for _suffix, _is_relu in (("", False), ("_relu", True)):
    op(
        f"quantized::linear{_suffix}(Tensor X, {LINEAR} W_prepack, float Y_scale_i, int Y_zero_point_i)"
        " -> Tensor Y",
        infer=_layer_rule,
        eval=partial(_layer, f"linear{_suffix}", _is_relu),
    )
    op(
        f"quantized::linear{_suffix}_dynamic(Tensor X, {LINEAR} W_prepack, bool reduce_range=False) -> Tensor Y",
        infer=_dynamic_rule,
        eval=partial(_dynamic, f"linear{_suffix}_dynamic", _is_relu),
    )
    op(
        f"quantized::conv2d{_suffix}.new(Tensor qx, {CONV} packed_weight, float output_scale, "
        "int output_zero_point) -> Tensor",
        infer=_conv_rule,
        eval=partial(_layer, f"conv2d{_suffix}", _is_relu),
    )
