"""Functions over tensors, named and ordered like torch.nn.functional, each one operator of tsx.

Every function gives what the operator gives; its errors are the operator's (TSX4nnn).
"""

from __future__ import annotations

from collections.abc import Sequence

from tsx.nn.calls import Dtype, Number, Size, Tensor, dtype_code, ints, tensor
from tsx.nn.resizing import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    interpolate,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "add",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "bmm",
    "cat",
    "celu",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "dropout",
    "elu",
    "embedding",
    "flatten",
    "gelu",
    "glu",
    "group_norm",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "instance_norm",
    "interpolate",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "matmul",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mean",
    "mish",
    "mul",
    "one_hot",
    "pad",
    "permute",
    "pixel_shuffle",
    "pixel_unshuffle",
    "prelu",
    "relu",
    "relu6",
    "reshape",
    "rms_norm",
    "scaled_dot_product_attention",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "squeeze",
    "stack",
    "tanh",
    "tanhshrink",
    "threshold",
    "transpose",
    "unflatten",
    "unsqueeze",
]

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
