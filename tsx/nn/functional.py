"""Functions over tensors, named and ordered like torch.nn.functional, each one operator of tsx.

A tensor is an ``ndarray`` or, while a capture runs, an object that records what is done to it. Every function gives
what the operator gives; its errors are the operator's (TSX4nnn).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from tsx.errors import fail
from tsx.ir.types import DTYPE_BY_NAME, DType
from tsx.ops.call import call
from tsx.ops.dtypes import Array, from_numpy

Tensor = Array
Size = int | Sequence[int]
Number = int | float
Dtype = DType | str | npt.DTypeLike | None


def tensor(kind: str, *operands: object, **keywords: object) -> Tensor:
    """The result of an operator that gives one tensor."""
    return cast("Tensor", call(f"aten::{kind}", *operands, **keywords))


def tensors(kind: str, *operands: object, **keywords: object) -> tuple[Tensor, ...]:
    """The results of an operator that gives several tensors, or a list of them."""
    return tuple(cast("Sequence[Tensor]", call(f"aten::{kind}", *operands, **keywords)))


def dtype_code(dtype: Dtype) -> int | None:
    """torch's scalar type code of a dtype given as a ``DType``, a name ("bfloat16") or a NumPy dtype."""
    if dtype is None:
        return None
    if isinstance(dtype, str) and dtype in DTYPE_BY_NAME:
        return DTYPE_BY_NAME[dtype].code
    return dtype.code if isinstance(dtype, DType) else from_numpy(np.dtype(dtype)).code


def ints(value: Size, count: int) -> list[int]:
    """A size given as one int or as ``count`` of them."""
    if isinstance(value, (list, tuple)):
        return list(value)
    return [cast("int", value)] * count


# --- arithmetic and shape: what layers need beyond Python's operators --------------------------------------------


def add(input: Tensor, other: Tensor | Number) -> Tensor:
    return tensor("add.Scalar" if isinstance(other, (int, float)) else "add.Tensor", input, other)


def mul(input: Tensor, other: Tensor | Number) -> Tensor:
    return tensor("mul.Scalar" if isinstance(other, (int, float)) else "mul.Tensor", input, other)


def matmul(input: Tensor, other: Tensor) -> Tensor:
    return tensor("matmul", input, other)


def bmm(input: Tensor, other: Tensor) -> Tensor:
    return tensor("bmm", input, other)


def cat(inputs: Sequence[Tensor], dim: int = 0) -> Tensor:
    return tensor("cat", list(inputs), dim)


def stack(inputs: Sequence[Tensor], dim: int = 0) -> Tensor:
    return tensor("stack", list(inputs), dim)


def reshape(input: Tensor, shape: Sequence[int]) -> Tensor:
    return tensor("reshape", input, list(shape))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    return tensor("transpose.int", input, dim0, dim1)


def permute(input: Tensor, dims: Sequence[int]) -> Tensor:
    return tensor("permute", input, list(dims))


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    return tensor("flatten.using_ints", input, start_dim, end_dim)


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    return tensor("unflatten.int", input, dim, list(sizes))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    return tensor("unsqueeze", input, dim)


def squeeze(input: Tensor, dim: int) -> Tensor:
    return tensor("squeeze.dim", input, dim)


def mean(input: Tensor, dim: Size, keepdim: bool = False) -> Tensor:
    return tensor("mean.dim", input, ints(dim, 1), keepdim)


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    return tensor("pixel_shuffle", input, upscale_factor)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    return tensor("pixel_unshuffle", input, downscale_factor)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    return tensor("channel_shuffle", input, groups)


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """``pad`` counts from the last dimension: (left, right, top, bottom, …)."""
    return tensor("pad", input, list(pad), mode, value)


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    return tensor("one_hot", input, num_classes)


# --- linear and convolutions -------------------------------------------------------------------------------------


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``input @ weight.T + bias`` over the last dimension."""
    return tensor("linear", input, weight, bias)


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    return tensor("bilinear", input1, input2, weight, bias)


def _conv(
    dims: int, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Size, padding: Size | str, dilation: Size,
    groups: int,
) -> Tensor:  # fmt: skip
    steps, apart = ints(stride, dims), ints(dilation, dims)
    if isinstance(padding, str):
        return tensor(f"conv{dims}d.padding", input, weight, bias, steps, padding, apart, groups)
    return tensor(f"conv{dims}d", input, weight, bias, steps, ints(padding, dims), apart, groups)


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Size = 1, padding: Size | str = 0,
    dilation: Size = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """``(N, C, L)`` with weight ``(O, C / groups, k)``; ``padding`` may be "same" or "valid"."""
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Size = 1, padding: Size | str = 0,
    dilation: Size = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """``(N, C, H, W)`` with weight ``(O, C / groups, kh, kw)``."""
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Size = 1, padding: Size | str = 0,
    dilation: Size = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """``(N, C, D, H, W)`` with weight ``(O, C / groups, kd, kh, kw)``."""
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def _conv_transpose(
    dims: int, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Size, padding: Size, output_padding: Size,
    groups: int, dilation: Size,
) -> Tensor:  # fmt: skip
    steps, cut, more = ints(stride, dims), ints(padding, dims), ints(output_padding, dims)
    kind = f"conv_transpose{dims}d{'' if dims == 1 else '.input'}"
    return tensor(kind, input, weight, bias, steps, cut, more, groups, ints(dilation, dims))


def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Size = 1, padding: Size = 0,
    output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Tensor:  # fmt: skip
    return _conv_transpose(
        1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Size = 1, padding: Size = 0,
    output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Tensor:  # fmt: skip
    return _conv_transpose(
        2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Size = 1, padding: Size = 0,
    output_padding: Size = 0, groups: int = 1, dilation: Size = 1,
) -> Tensor:  # fmt: skip
    return _conv_transpose(
        3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Rows of ``weight`` by the indices ``input``."""
    return tensor("embedding", weight, input, -1 if padding_idx is None else padding_idx)


# --- norms -------------------------------------------------------------------------------------------------------


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
    bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    terms = (weight, bias, running_mean, running_var)
    return tensor("batch_norm", input, *terms, training, momentum, eps, True)


def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None,
    weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: bool = True, momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    terms = (weight, bias, running_mean, running_var)
    return tensor("instance_norm", input, *terms, use_input_stats, momentum, eps, True)


def layer_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    return tensor("layer_norm", input, list(normalized_shape), weight, bias, eps)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:  # fmt: skip
    return tensor("group_norm", input, num_groups, weight, bias, eps)


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:  # fmt: skip
    return tensor("rms_norm", input, list(normalized_shape), weight, eps)


# --- activations -------------------------------------------------------------------------------------------------


def relu(input: Tensor) -> Tensor:
    return tensor("relu", input)


def relu6(input: Tensor) -> Tensor:
    return tensor("relu6", input)


def elu(input: Tensor, alpha: float = 1.0) -> Tensor:
    return tensor("elu", input, alpha)


def selu(input: Tensor) -> Tensor:
    return tensor("selu", input)


def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    return tensor("celu", input, alpha)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    return tensor("gelu", input, approximate=approximate)


def silu(input: Tensor) -> Tensor:
    return tensor("silu", input)


def mish(input: Tensor) -> Tensor:
    return tensor("mish", input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    return tensor("glu", input, dim)


def tanh(input: Tensor) -> Tensor:
    return tensor("tanh", input)


def tanhshrink(input: Tensor) -> Tensor:
    return tensor("sub.Tensor", input, tensor("tanh", input))


def sigmoid(input: Tensor) -> Tensor:
    return tensor("sigmoid", input)


def logsigmoid(input: Tensor) -> Tensor:
    return tensor("log_sigmoid", input)


def hardsigmoid(input: Tensor) -> Tensor:
    return tensor("hardsigmoid", input)


def hardswish(input: Tensor) -> Tensor:
    return tensor("hardswish", input)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    return tensor("hardtanh", input, min_val, max_val)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return tensor("hardshrink", input, lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return tensor("softshrink", input, lambd)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    return tensor("softplus", input, beta, threshold)


def softsign(input: Tensor) -> Tensor:
    return tensor("div.Tensor", input, add(tensor("abs", input), 1))


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    return tensor("leaky_relu", input, negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    return tensor("prelu", input, weight)


def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    return tensor("threshold", input, threshold, value)


def softmax(input: Tensor, dim: int, dtype: Dtype = None) -> Tensor:
    return tensor("softmax.int", input, dim, dtype_code(dtype))


def softmin(input: Tensor, dim: int, dtype: Dtype = None) -> Tensor:
    return softmax(tensor("neg", input), dim, dtype)


def log_softmax(input: Tensor, dim: int, dtype: Dtype = None) -> Tensor:
    return tensor("log_softmax.int", input, dim, dtype_code(dtype))


def dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """The input; refused with TSX4058 while training, since tsx draws no random numbers."""
    return tensor("dropout", input, p, training)


# --- attention ---------------------------------------------------------------------------------------------------


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """``softmax(query key^T scale + mask) value``; a bool mask is True where to look."""
    kind = "scaled_dot_product_attention"
    options = {"scale": scale, "enable_gqa": enable_gqa}
    return tensor(kind, query, key, value, attn_mask, dropout_p, is_causal, **options)


# --- pools -------------------------------------------------------------------------------------------------------


def _max_pool(
    dims: int, input: Tensor, kernel_size: Size, stride: Size | None, padding: Size, dilation: Size, ceil_mode: bool,
    return_indices: bool,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    steps = [] if stride is None else ints(stride, dims)
    numbers = (ints(kernel_size, dims), steps, ints(padding, dims), ints(dilation, dims), ceil_mode)
    if return_indices:
        return tensors(f"max_pool{dims}d_with_indices", input, *numbers)
    return tensor(f"max_pool{dims}d", input, *numbers)


def max_pool1d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    steps = [] if stride is None else ints(stride, 1)
    numbers = (ints(kernel_size, 1), steps, ints(padding, 1))
    return tensor("avg_pool1d", input, *numbers, ceil_mode, count_include_pad)


def _avg_pool(
    dims: int, input: Tensor, kernel_size: Size, stride: Size | None, padding: Size, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Tensor:  # fmt: skip
    numbers = (
        ints(kernel_size, dims),
        [] if stride is None else ints(stride, dims),
        ints(padding, dims),
    )
    return tensor(
        f"avg_pool{dims}d", input, *numbers, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool2d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    return _avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Tensor, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    return _avg_pool(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def adaptive_size(
    input: Tensor, output_size: Size | Sequence[int | None] | None, dims: int
) -> list[int]:
    """None stands for the input's own size."""
    sizes = list(output_size) if isinstance(output_size, (list, tuple)) else [output_size] * dims
    own = input.shape[-dims:]
    return [own[i] if size is None else cast("int", size) for i, size in enumerate(sizes)]


def adaptive_avg_pool1d(input: Tensor, output_size: Size) -> Tensor:
    return tensor("adaptive_avg_pool1d", input, adaptive_size(input, output_size, 1))


def adaptive_avg_pool2d(input: Tensor, output_size: Size | Sequence[int | None] | None) -> Tensor:
    return tensor("adaptive_avg_pool2d", input, adaptive_size(input, output_size, 2))


def adaptive_avg_pool3d(input: Tensor, output_size: Size | Sequence[int | None] | None) -> Tensor:
    return tensor("adaptive_avg_pool3d", input, adaptive_size(input, output_size, 3))


def _adaptive_max(
    dims: int, input: Tensor, output_size: Size | Sequence[int | None] | None, return_indices: bool
) -> Tensor | tuple[Tensor, ...]:  # fmt: skip
    found = tensors(f"adaptive_max_pool{dims}d", input, adaptive_size(input, output_size, dims))
    return found if return_indices else found[0]


def adaptive_max_pool1d(
    input: Tensor, output_size: Size, return_indices: bool = False
) -> Tensor | tuple[Tensor, ...]:
    return _adaptive_max(1, input, output_size, return_indices)


def adaptive_max_pool2d(
    input: Tensor, output_size: Size | Sequence[int | None] | None, return_indices: bool = False
) -> Tensor | tuple[Tensor, ...]:
    return _adaptive_max(2, input, output_size, return_indices)


def adaptive_max_pool3d(
    input: Tensor, output_size: Size | Sequence[int | None] | None, return_indices: bool = False
) -> Tensor | tuple[Tensor, ...]:
    return _adaptive_max(3, input, output_size, return_indices)


# --- resampling --------------------------------------------------------------------------------------------------

_LINEAR = {"linear": (3, "upsample_linear1d"), "bilinear": (4, "upsample_bilinear2d"),
           "trilinear": (5, "upsample_trilinear3d"), "bicubic": (4, "upsample_bicubic2d")}  # fmt: skip
_NEAREST = {"nearest": "upsample_nearest", "nearest-exact": "_upsample_nearest_exact"}


def interpolate(
    input: Tensor, size: Size | None = None, scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest", align_corners: bool | None = None, antialias: bool = False,
) -> Tensor:  # fmt: skip
    """Resamples the dimensions after the first two to ``size``, or by ``scale_factor``."""
    dims = len(input.shape) - 2
    sizes = None if size is None else ints(size, dims)
    factors = None
    if scale_factor is not None:
        given = (
            list(scale_factor) if isinstance(scale_factor, (list, tuple)) else [scale_factor] * dims
        )
        factors = [float(cast("float", factor)) for factor in given]
    if mode in _NEAREST:
        return tensor(f"{_NEAREST[mode]}{dims}d.vec", input, sizes, factors)
    if mode == "area" and sizes is not None:
        return tensor(f"adaptive_avg_pool{dims}d", input, sizes)
    if mode not in _LINEAR or _LINEAR[mode][0] != dims + 2:
        modes = ", ".join([*_NEAREST, *_LINEAR, "area (with a size)"])
        expected = f"a mode of {modes} that fits {dims + 2} dimensions"
        raise fail("TSX1034", layer="interpolate", expected=expected, found=repr(mode))
    name = f"_{_LINEAR[mode][1]}_aa" if antialias else _LINEAR[mode][1]
    return tensor(f"{name}.vec", input, sizes, bool(align_corners), factors)
