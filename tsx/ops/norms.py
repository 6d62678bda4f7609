"""Norms over a sample: layer_norm, group_norm, rms_norm and the native forms that also give the statistics.

``(x - mean) / sqrt(var + eps) * weight + bias`` with the biased variance; rms_norm leaves the mean out
(torch.nn.LayerNorm, GroupNorm, RMSNorm). Statistics of half and bfloat16 are computed in float32. The bodies of the
composites are in ``bodies/norms.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.abstract import dims_of
from tsx.ops.define import composite, op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.nn_rules import differ, shape_text, tensor_of
from tsx.ops.precision import compute_dtype, narrow, need_float, statistics_dtype, widen

# --- layer_norm ------------------------------------------------------------------------------------------------


def _check_normalized(
    name: str, input: Abstract, over: Abstract, *affine: Abstract
) -> Shape | None:
    """The sizes that are normalised over; errors when the input or the affine terms don't end in them."""
    sizes, shape = dims_of(over), tensor_of(input).shape
    if sizes is None:
        return None
    if not sizes:
        raise fail("TSX4055", op=name, expected="a normalized_shape of 1 or more sizes", found="[]")
    if shape is not None:
        last = shape[-len(sizes) :]
        if len(last) != len(sizes) or any(map(differ, last, sizes)):
            raise fail(
                "TSX4060", op=name, what="an input with last sizes", expected=shape_text(sizes),
                found=shape_text(shape),
            )  # fmt: skip
    for term in affine:
        found = tensor_of(term).shape
        if found is not None and (len(found) != len(sizes) or any(map(differ, found, sizes))):
            raise fail(
                "TSX4060", op=name, what="a weight or bias", expected=shape_text(sizes), found=shape_text(found)
            )  # fmt: skip
    return sizes


def _infer_layer_norm(
    input: Abstract, over: Abstract, weight: Abstract, bias: Abstract, *rest: Abstract
) -> TensorType:
    _check_normalized("layer_norm", input, over, weight, bias)
    return TensorType(tensor_of(input).dtype, tensor_of(input).shape)


def _infer_native_layer_norm(
    input: Abstract, over: Abstract, weight: Abstract, bias: Abstract, eps: Abstract
) -> tuple[TensorType, TensorType, TensorType]:
    sizes = _check_normalized("native_layer_norm", input, over, weight, bias)
    result = TensorType(tensor_of(input).dtype, tensor_of(input).shape)
    shape = None
    if sizes is not None and result.shape is not None:
        shape = result.shape[: -len(sizes)] + (1,) * len(sizes)
    statistics = TensorType(_statistics(input, weight, bias), shape)
    return result, statistics, statistics


def _statistics(input: Abstract, *terms: Abstract) -> DType | None:
    """The dtype of the statistics, from the types of the input and of the affine terms."""
    dtype = tensor_of(input).dtype
    return None if dtype is None else statistics_dtype(dtype, *(tensor_of(t).dtype for t in terms))


def standardize(rows: Array, eps: float) -> tuple[Array, Array, Array]:
    """The rows (last axis) with mean 0 and variance 1, their means and reciprocal deviations, keeping the axis."""
    mean = rows.mean(axis=-1, keepdims=True, dtype=rows.dtype)
    centred = rows - mean
    variance = np.multiply(centred, centred).mean(axis=-1, keepdims=True, dtype=rows.dtype)
    scale = (1 / np.sqrt(variance + rows.dtype.type(eps))).astype(rows.dtype, copy=False)
    centred *= scale
    return centred, mean, scale


def _affine(normal: Array, weight: Array | None, bias: Array | None) -> Array:
    """``normal * weight + bias``, in place; ``normal`` is the caller's own."""
    if weight is not None:
        normal *= widen(weight)
    if bias is not None:
        normal += widen(bias)
    return normal


def _maybe_type(array: Array | None) -> TensorType | None:
    return None if array is None else type_of(array)


def _native_layer_norm(
    input: Array, over: Sequence[int], weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    need_float("layer_norm", input)
    kinds = _maybe_type(weight), _maybe_type(bias)
    _check_normalized("layer_norm", type_of(input), list(over), *kinds)
    lead = input.shape[: input.ndim - len(over)]
    contiguous = np.asarray(widen(input), order="C")  # as torch's result is
    rows = contiguous.reshape(*lead, int(np.prod(over)))
    normal, mean, scale = standardize(rows, eps)
    result = _affine(normal.reshape(input.shape), weight, bias)
    kept = (*lead, *(1,) * len(over))
    dtype = statistics_dtype(dtype_of(input), *(k.dtype for k in kinds if k))
    means, scales = narrow(mean.reshape(kept), dtype), narrow(scale.reshape(kept), dtype)
    return narrow(result, dtype_of(input)), means, scales


def _layer_norm(
    input: Array, over: Sequence[int], weight: Array | None, bias: Array | None, eps: float, cudnn: bool
) -> Array:  # fmt: skip
    return _native_layer_norm(input, over, weight, bias, eps)[0]


composite(
    "aten::layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, "
    "float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor",
    infer=_infer_layer_norm,
    eval=_layer_norm,
    torch=("torch.nn.functional.layer_norm",),
)
op(
    "aten::native_layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight, Tensor? bias, float eps) "
    "-> (Tensor, Tensor, Tensor)",
    infer=_infer_native_layer_norm,
    eval=_native_layer_norm,
)


# --- rms_norm --------------------------------------------------------------------------------------------------


def _infer_rms_norm(input: Abstract, over: Abstract, weight: Abstract, eps: Abstract) -> TensorType:
    _check_normalized("rms_norm", input, over, weight)
    return TensorType(tensor_of(input).dtype, tensor_of(input).shape)


def _infer_fused_rms_norm(
    input: Abstract, over: Abstract, weight: Abstract, eps: Abstract
) -> tuple[TensorType, TensorType]:
    result, _, scale = _infer_native_layer_norm(input, over, weight, None, eps)
    dtype = None if result.dtype is None else compute_dtype(result.dtype)
    return result, TensorType(dtype, scale.shape)


def _fused_rms_norm(
    input: Array, over: Sequence[int], weight: Array | None, eps: float | None
) -> tuple[Array, Array]:
    need_float("rms_norm", input)
    _check_normalized("rms_norm", type_of(input), list(over), _maybe_type(weight))
    lead = input.shape[: input.ndim - len(over)]
    rows = widen(input).reshape(*lead, int(np.prod(over)))
    # Without eps torch takes the epsilon of the dtype that it computes in.
    small = rows.dtype.type(float(np.finfo(rows.dtype).eps) if eps is None else eps)
    power = np.multiply(rows, rows).mean(axis=-1, keepdims=True, dtype=rows.dtype)
    scale = np.asarray(1 / np.sqrt(power + small), rows.dtype)
    result = _affine((rows * scale).reshape(input.shape), weight, None)
    # torch gives the scale in the dtype that it computes in.
    return narrow(result, dtype_of(input)), scale.reshape(*lead, *(1,) * len(over))


def _rms_norm(input: Array, over: Sequence[int], weight: Array | None, eps: float | None) -> Array:
    return _fused_rms_norm(input, over, weight, eps)[0]


composite(
    "aten::rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor",
    infer=_infer_rms_norm,
    eval=_rms_norm,
    torch=("torch.nn.functional.rms_norm",),
)
op(
    "aten::_fused_rms_norm(Tensor input, int[] normalized_shape, Tensor? weight, float? eps) -> (Tensor, Tensor)",
    infer=_infer_fused_rms_norm,
    eval=_fused_rms_norm,
)


# --- group_norm ------------------------------------------------------------------------------------------------


def _infer_group_norm(
    input: Abstract, groups: Abstract, weight: Abstract, bias: Abstract, *rest: Abstract
) -> TensorType:
    tensor = tensor_of(input)
    if isinstance(groups, int) and groups < 1:
        raise fail("TSX4052", op="group_norm", what="groups", least=1, found=groups)
    if tensor.shape is None:
        return tensor
    if len(tensor.shape) < 2:
        raise fail("TSX4055", op="group_norm", expected="an input of 2 or more dimensions",
                   found=shape_text(tensor.shape))  # fmt: skip
    channels = tensor.shape[1]
    if isinstance(channels, int) and isinstance(groups, int) and channels % groups:
        raise fail("TSX4062", op="group_norm", what="channels", groups=groups, found=channels)
    for term in (weight, bias):
        found = tensor_of(term).shape
        if found is not None and (len(found) != 1 or differ(found[0], channels)):
            raise fail("TSX4060", op="group_norm", what="a weight or bias", expected=shape_text((channels,)),
                       found=shape_text(found))  # fmt: skip
    return TensorType(tensor.dtype, tensor.shape)


def _grouped(
    input: Array, groups: int, weight: Array | None, bias: Array | None, eps: float
) -> tuple[Array, Array, Array]:
    need_float("group_norm", input)
    _infer_group_norm(type_of(input), groups, _maybe_type(weight), _maybe_type(bias))
    batch, channels = input.shape[:2]
    inner = input.size // max(batch * groups, 1)
    normal, mean, scale = standardize(widen(input).reshape(batch, groups, inner), eps)
    columns = (channels, *(1,) * (input.ndim - 2))
    factor = None if weight is None else weight.reshape(columns)
    shift = None if bias is None else bias.reshape(columns)
    result = _affine(normal.reshape(input.shape), factor, shift)
    terms = [dtype_of(term) for term in (weight, bias) if term is not None]
    dtype = statistics_dtype(dtype_of(input), *terms)
    means, scales = narrow(mean[..., 0], dtype), narrow(scale[..., 0], dtype)
    return narrow(result, dtype_of(input)), means, scales


def _group_norm(
    input: Array, groups: int, weight: Array | None, bias: Array | None, eps: float, cudnn: bool
) -> Array:  # fmt: skip
    return _grouped(input, groups, weight, bias, eps)[0]


def _native_group_norm(
    input: Array, weight: Array | None, bias: Array | None, n: int, c: int, inner: int, groups: int, eps: float
) -> tuple[Array, Array, Array]:  # fmt: skip
    return _grouped(input, groups, weight, bias, eps)


def _infer_native_group_norm(
    input: Abstract, weight: Abstract, bias: Abstract, n: Abstract, c: Abstract, inner: Abstract, groups: Abstract,
    eps: Abstract,
) -> tuple[TensorType, TensorType, TensorType]:  # fmt: skip
    result = _infer_group_norm(input, groups, weight, bias)
    batch = None if result.shape is None else result.shape[0]
    dtype = _statistics(input, weight, bias)
    statistics = TensorType(dtype, (batch, int(groups) if isinstance(groups, int) else None))
    return result, statistics, statistics


composite(
    "aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, "
    "float eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor",
    infer=_infer_group_norm,
    eval=_group_norm,
    torch=("torch.nn.functional.group_norm",),
)
op(
    "aten::native_group_norm(Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int group, "
    "float eps) -> (Tensor, Tensor, Tensor)",
    infer=_infer_native_group_norm,
    eval=_native_group_norm,
)
