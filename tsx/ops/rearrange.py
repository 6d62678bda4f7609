"""Elements of images moved between channels and space: pixel and channel shuffles, im2col and col2im."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tsx.errors import fail
from tsx.ir.dims import Dim, exact_div
from tsx.ir.op import Abstract
from tsx.ir.types import TensorType
from tsx.ops.abstract import dims_of, mismatch, numel
from tsx.ops.bounds import at_least
from tsx.ops.checked import define, opmath_values
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.padding import constant_padded
from tsx.ops.view_rules import tensor


def _need_image(op: str, x: Array, divisor: tuple[int, int, int]) -> None:
    """At least (channels, rows, columns), each a multiple of its divisor."""
    if x.ndim < 3 or any(d < 1 or s % d for s, d in zip(x.shape[-3:], divisor, strict=True)):
        raise fail("TSX4005", op=op, expected=f"channels, rows and columns divisible by {list(divisor)}",
                   found=list(x.shape))  # fmt: skip


def _pixel_shuffle(x: Array, factor: int) -> Array:
    _need_image("pixel_shuffle", x, (factor * factor, 1, 1))
    *batch, channels, rows, cols = x.shape
    parts = x.reshape(math.prod(batch), channels // factor**2, factor, factor, rows, cols)
    moved = parts.transpose(0, 1, 4, 2, 5, 3)
    return moved.reshape(*batch, channels // factor**2, rows * factor, cols * factor)


def _pixel_unshuffle(x: Array, factor: int) -> Array:
    _need_image("pixel_unshuffle", x, (1, factor, factor))
    *batch, channels, rows, cols = x.shape
    parts = x.reshape(math.prod(batch), channels, rows // factor, factor, cols // factor, factor)
    moved = parts.transpose(0, 1, 3, 5, 2, 4)
    return moved.reshape(*batch, channels * factor**2, rows // factor, cols // factor)


def _shuffle_rule(self: Abstract, factor: Abstract) -> Abstract:
    return _rescaled("pixel_shuffle", self, factor, is_up=True)


def _unshuffle_rule(self: Abstract, factor: Abstract) -> Abstract:
    return _rescaled("pixel_unshuffle", self, factor, is_up=False)


def _rescaled(op: str, self: Abstract, factor: Abstract, *, is_up: bool) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    if len(x.shape) < 3:
        raise mismatch(op, "3 dimensions or more", len(x.shape))
    if not isinstance(factor, int) or factor < 1:
        return TensorType(x.dtype, (*x.shape[:-3], None, None, None))
    channels, rows, cols = x.shape[-3:]
    if is_up:
        sizes = (_over(op, channels, factor**2), numel((rows, factor)), numel((cols, factor)))
    else:
        sizes = (numel((channels, factor**2)), _over(op, rows, factor), _over(op, cols, factor))
    return TensorType(x.dtype, (*x.shape[:-3], *sizes))


def _over(op: str, size: Dim | None, divisor: int) -> Dim | None:
    if isinstance(size, int) and size % divisor:
        raise mismatch(op, f"a size divisible by {divisor}", size)
    return None if size is None else exact_div(size, divisor)


def _channel_shuffle(x: Array, groups: int) -> Array:
    if x.ndim < 3 or groups < 1 or x.shape[1] % groups:
        raise fail(
            "TSX4005",
            op="channel_shuffle",
            expected=f"channels divisible by {groups}",
            found=list(x.shape),
        )
    batch, channels, *rest = x.shape
    parts = x.reshape(batch, groups, channels // groups, *rest)
    return parts.swapaxes(1, 2).reshape(x.shape)


def _channel_shuffle_rule(self: Abstract, groups: Abstract) -> Abstract:
    return self


Pair = Sequence[int]


def _window_counts(
    size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair
) -> list[int]:
    return [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(size, kernel, dilation, padding, stride, strict=True)
    ]


def _check_windows(op: str, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> None:
    """Windows are seen through raw strides, so what would reach outside the image must not get that far."""
    if any(len(option) != 2 for option in (kernel, dilation, padding, stride)):
        raise fail(
            "TSX4005",
            op=op,
            expected="two sizes each",
            found=f"{kernel}, {dilation}, {padding}, {stride}",
        )
    if min(*kernel, *dilation, *stride) < 1 or min(padding) < 0:
        raise fail("TSX4005", op=op, expected="sizes of 1 or more and padding of 0 or more",
                   found=f"{kernel}, {dilation}, {padding}, {stride}")  # fmt: skip


def _windows(x: Array, counts: Pair, kernel: Pair, dilation: Pair, stride: Pair) -> Array:
    """A view (…, kernel rows, kernel columns, window rows, window columns) of a padded image."""
    down, right = x.strides[-2:]
    return as_strided(
        x,
        (*x.shape[:-2], *kernel, *counts),
        (
            *x.strides[:-2],
            down * dilation[0],
            right * dilation[1],
            down * stride[0],
            right * stride[1],
        ),
    )


def im2col(x: Array, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair) -> Array:
    """Every window as a column: (N, C, H, W) to (N, C·kernel, windows)."""
    if x.ndim not in (3, 4):
        raise fail("TSX4005", op="im2col", expected="a tensor of 3 or 4 dimensions", found=x.ndim)
    _check_windows("im2col", kernel, dilation, padding, stride)
    counts = _window_counts(x.shape[-2:], kernel, dilation, padding, stride)
    if min(counts) < 1:
        raise fail(
            "TSX4005", op="im2col", expected="windows that fit into the image", found=list(x.shape)
        )
    wide = constant_padded(x, [padding[1], padding[1], padding[0], padding[0]])
    columns = _windows(wide, counts, kernel, dilation, stride)
    return columns.reshape(
        *x.shape[:-3], x.shape[-3] * kernel[0] * kernel[1], counts[0] * counts[1]
    )


def col2im(
    x: Array, size: Pair, kernel: Pair, dilation: Pair, padding: Pair, stride: Pair
) -> Array:
    """Sums columns back into the image they were taken from."""
    _check_windows("col2im", kernel, dilation, padding, stride)
    if min(size) < 0:
        raise fail("TSX4005", op="col2im", expected="sizes of 0 or more", found=size)
    counts = _window_counts(size, kernel, dilation, padding, stride)
    area = kernel[0] * kernel[1]
    if x.ndim not in (2, 3) or x.shape[-2] % area or x.shape[-1] != counts[0] * counts[1]:
        raise fail(
            "TSX4005",
            op="col2im",
            expected=f"(C·{area}, {counts[0] * counts[1]}) columns",
            found=list(x.shape),
        )
    columns = opmath_values(x).reshape(*x.shape[:-2], x.shape[-2] // area, *kernel, *counts)
    padded = [n + 2 * p for n, p in zip(size, padding, strict=True)]
    image = np.zeros((*columns.shape[:-4], *padded), columns.dtype)
    for i in range(kernel[0]):
        for j in range(kernel[1]):
            top, left = i * dilation[0], j * dilation[1]
            rows = slice(top, top + stride[0] * (counts[0] - 1) + 1, stride[0])
            cols = slice(left, left + stride[1] * (counts[1] - 1) + 1, stride[1])
            image[..., rows, cols] += columns[..., i, j, :, :]
    inside = image[..., padding[0] : padding[0] + size[0], padding[1] : padding[1] + size[1]]
    return cast(np.ascontiguousarray(inside), dtype_of(x))


def _im2col_rule(
    self: Abstract, kernel: Abstract, dilation: Abstract, padding: Abstract, stride: Abstract
) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    if len(x.shape) not in (3, 4):
        raise mismatch("im2col", "a tensor of 3 or 4 dimensions", len(x.shape))
    area = dims_of(kernel, 2)
    options = [dims_of(v, 2) for v in (kernel, dilation, padding, stride)]
    if any(option is not None and len(option) != 2 for option in options):
        raise mismatch("im2col", "two sizes each", [kernel, dilation, padding, stride])
    channels = None if area is None else numel((x.shape[-3], *area))
    windows: Dim | None = 1
    for i in (0, 1):
        count = _count(x.shape[i - 2], [None if o is None else o[i] for o in options])
        windows = numel((windows, count))
    return TensorType(x.dtype, (*x.shape[:-3], channels, windows))


def _count(size: Dim | None, options: Sequence[Dim | None]) -> Dim | None:
    """Windows along one dimension of ``size``, from its kernel, dilation, padding and stride."""
    k, d, p, s = options
    if size is None or not isinstance(k, int) or not isinstance(d, int) or not isinstance(p, int):
        return None
    if not isinstance(s, int) or s < 1:
        return None
    count = (size + (2 * p - d * (k - 1) - 1)) // s + 1
    return count if at_least(count, 1) else None


def _col2im_rule(self: Abstract, size: Abstract, kernel: Abstract, *_: Abstract) -> Abstract:
    x, image, area = tensor(self), dims_of(size, 2), dims_of(kernel, 2)
    if x.shape is None:
        return TensorType(x.dtype)
    if len(x.shape) not in (2, 3):
        raise mismatch("col2im", "a tensor of 2 or 3 dimensions", len(x.shape))
    ints = [k for k in area or () if isinstance(k, int)]
    rows = x.shape[-2]
    channels = exact_div(rows, ints[0] * ints[1]) if rows is not None and len(ints) == 2 else None
    return TensorType(x.dtype, (*x.shape[:-2], channels, *(image or (None, None))))


define(
    "aten::pixel_shuffle(Tensor self, int upscale_factor) -> Tensor", _shuffle_rule, _pixel_shuffle
)
define("aten::pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor",
       _unshuffle_rule, _pixel_unshuffle)  # fmt: skip
for _name in ("channel_shuffle", "native_channel_shuffle"):
    define(
        f"aten::{_name}(Tensor self, SymInt groups) -> Tensor",
        _channel_shuffle_rule,
        _channel_shuffle,
    )
define("aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor",
       _im2col_rule, im2col)  # fmt: skip
define("aten::col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding,"
       " int[2] stride) -> Tensor", _col2im_rule, col2im)  # fmt: skip
