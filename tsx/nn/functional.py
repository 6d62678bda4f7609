"""Functions over tensors, named and ordered like torch.nn.functional, each one operator of tsx.

Every function gives what the operator gives; its errors are the operator's (TSX4nnn).
"""

from __future__ import annotations

from collections.abc import Sequence

from tsx.errors import fail
from tsx.nn.calls import Number, Size, Tensor, ints, tensor, tensors
from tsx.nn.pointwise import (
    celu,
    dropout,
    elu,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softmin,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    threshold,
)
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
    "cosine_similarity",
    "dropout",
    "elu",
    "embedding",
    "embedding_bag",
    "flatten",
    "fold",
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
    "local_response_norm",
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
    "pairwise_distance",
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
    "unfold",
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


# --- attention ---------------------------------------------------------------------------------------------------


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """``softmax(query key^T scale + mask) value``; a bool mask is True where to look."""
    return tensor(
        "scaled_dot_product_attention", query, key, value, attn_mask, dropout_p, is_causal, scale=scale,
        enable_gqa=enable_gqa,
    )  # fmt: skip


# --- sliding blocks, distances ---------------------------------------------------------------------------------


def unfold(
    input: Tensor, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
) -> Tensor:
    """The windows of ``(N, C, H, W)`` as columns: ``(N, C kh kw, windows)``."""
    sizes = (ints(n, 2) for n in (kernel_size, dilation, padding, stride))
    return tensor("im2col", input, *sizes)


def fold(
    input: Tensor, output_size: Size, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
) -> Tensor:  # fmt: skip
    """The sum of the columns of ``unfold`` at the places that they came from."""
    sizes = (ints(n, 2) for n in (output_size, kernel_size, dilation, padding, stride))
    return tensor("col2im", input, *sizes)


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """``x / (k + alpha * mean of squares over size channels) ** beta``, for ``(N, C, …)``."""
    if len(input.shape) < 3:
        expected, found = "an input of 3 or more dimensions", f"{len(input.shape)}-D"
        raise fail("TSX1034", layer="local_response_norm", expected=expected, found=found)
    squares = unsqueeze(flatten(mul(input, input), 2), 1)
    padded = pad(squares, [0, 0, size // 2, (size - 1) // 2])
    means = squeeze(avg_pool2d(padded, (size, 1), stride=1), 1)
    powers = tensor("pow.Tensor_Scalar", add(mul(reshape(means, input.shape), alpha), k), beta)
    return tensor("div.Tensor", input, powers)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    return tensor("cosine_similarity", x1, x2, dim, eps)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    return tensor("pairwise_distance", x1, x2, p, eps, keepdim)


def embedding_bag(
    input: Tensor, weight: Tensor, offsets: Tensor | None = None, mode: str = "mean",
    per_sample_weights: Tensor | None = None, include_last_offset: bool = False, padding_idx: int | None = None,
) -> Tensor:  # fmt: skip
    """Rows of ``weight`` reduced by bag: a row of a 2-D ``input``, or what lies between ``offsets`` of a 1-D one."""
    modes = ("sum", "mean", "max")
    if mode not in modes:
        expected = f"a mode of {', '.join(modes)}"
        raise fail("TSX1034", layer="embedding_bag", expected=expected, found=repr(mode))
    if (offsets is None) != (len(input.shape) == 2):
        expected = "offsets with a 1-D input, and none with a 2-D one"
        raise fail(
            "TSX1034", layer="embedding_bag", expected=expected, found=f"{len(input.shape)}-D"
        )
    if offsets is None:
        bags, length = input.shape
        offsets = tensor("arange.start_step", 0, bags * length, length)
        input = reshape(input, [-1])
        if per_sample_weights is not None:
            per_sample_weights = reshape(per_sample_weights, [-1])
    flags = (False, modes.index(mode), False, per_sample_weights, include_last_offset, padding_idx)
    return tensors("embedding_bag.padding_idx", weight, input, offsets, *flags)[0]
