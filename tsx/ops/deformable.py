"""Convolution whose taps are moved by an offset each (torchvision's deform_conv2d)."""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract, Trait
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.nn_rules import concrete, differ, need_rank, one_dtype, shape_text
from tsx.ops.precision import narrow, widen
from tsx.ops.windows import Window, known_ints, window

_NAME = "deform_conv2d"


def _window(w: Shape | None, stride: Abstract, pad: Abstract, dilation: Abstract) -> Window | None:
    steps, borders, gaps = (known_ints(option) for option in (stride, pad, dilation))
    kernel = None if w is None else concrete(w[2:])
    if kernel is None or steps is None or borders is None or gaps is None:
        return None
    return window(_NAME, kernel, steps, borders, gaps, 2)


def _infer(
    input: Abstract, weight: Abstract, offset: Abstract, mask: Abstract, bias: Abstract,
    stride_h: Abstract, stride_w: Abstract, pad_h: Abstract, pad_w: Abstract, dilation_h: Abstract,
    dilation_w: Abstract, groups: Abstract, offset_groups: Abstract, use_mask: Abstract,
) -> TensorType:  # fmt: skip
    dtype = one_dtype(_NAME, input, weight, offset, bias)
    if dtype not in (None, DType.FLOAT16, DType.FLOAT32, DType.FLOAT64):
        expected = "float16, float32 or float64"
        raise fail("TSX4056", op=_NAME, expected=expected, found=dtype)
    x, w = need_rank(_NAME, input, (4,), "input"), need_rank(_NAME, weight, (4,), "weight")
    moves, b = need_rank(_NAME, offset, (4,), "offset"), need_rank(_NAME, bias, (1,), "bias")
    many = [number for number in (groups, offset_groups) if isinstance(number, int)]
    if any(number < 1 for number in many):
        raise fail("TSX4052", op=_NAME, what="groups", least=1, found=min(many))
    shape = _window(w, [stride_h, stride_w], [pad_h, pad_w], [dilation_h, dilation_w])
    if shape is None or x is None or w is None or len(many) < 2:
        return TensorType(
            dtype, (None if x is None else x[0], None if w is None else w[0], None, None)
        )
    _check_channels(x, w, b, *many)
    sizes = shape.output(_NAME, x[2:])
    places = shape.kernel[0] * shape.kernel[1]
    _check_sizes("offset", moves, (x[0], 2 * many[1] * places, *sizes))
    if use_mask is True:
        scales = need_rank(_NAME, mask, (4,), "mask")
        _check_sizes("mask", scales, (x[0], many[1] * places, *sizes))
        one_dtype(_NAME, input, mask)
    return TensorType(dtype, (x[0], w[0], *sizes))


def _check_channels(x: Shape, w: Shape, b: Shape | None, groups: int, offset_groups: int) -> None:
    expected = None if w[1] is None else w[1] * groups
    if differ(x[1], expected):
        raise fail("TSX4051", op=_NAME, expected=expected, found=f"{x[1]} in {shape_text(x)}")
    for channels, parts in ((w[0], groups), (x[1], offset_groups)):
        if isinstance(channels, int) and channels % parts:
            raise fail("TSX4062", op=_NAME, what="channels", groups=parts, found=channels)
    if b is not None and differ(b[0], w[0]):
        expected_bias = f"a bias of sizes [{w[0]}]"
        raise fail("TSX4055", op=_NAME, expected=expected_bias, found=shape_text(b))


def _check_sizes(what: str, shape: Shape | None, wanted: tuple[Dim | None, ...]) -> None:
    if shape is not None and any(differ(a, b) for a, b in zip(shape, wanted, strict=True)):
        expected = f"{what} of sizes {shape_text(wanted)}"
        raise fail("TSX4055", op=_NAME, expected=expected, found=shape_text(shape))


def _sampled(image: Array, y: Array, x: Array) -> Array:
    """Bilinear values ``(C, P)`` of an image ``(C, H, W)`` at places; elements outside of it are zero."""
    kind, (height, width) = image.dtype.type, image.shape[1:]
    inside = (y > -1) & (y < height) & (x > -1) & (x < width)
    y, x = np.where(inside, y, kind(0)), np.where(inside, x, kind(0))
    top, left = np.floor(y), np.floor(x)
    ly, lx = y - top, x - left
    rows, columns = top.astype(np.int64) + 1, left.astype(np.int64) + 1  # in a frame of zeros
    framed = np.pad(image, ((0, 0), (1, 1), (1, 1)))
    hy, hx = kind(1) - ly, kind(1) - lx
    value = hy * hx * framed[:, rows, columns] + hy * lx * framed[:, rows, columns + 1]
    value = (
        value + ly * hx * framed[:, rows + 1, columns] + ly * lx * framed[:, rows + 1, columns + 1]
    )
    return np.asarray(np.where(inside, value, kind(0)))


def _columns(image: Array, moves: Array, scales: Array | None, shape: Window) -> Array:
    """What the kernel meets: ``(C, places of the kernel, out_h * out_w)``. ``moves`` is (groups, places, 2, …)."""
    kind, sizes = image.dtype.type, moves.shape[3:]
    steps = [
        np.arange(n) * stride - pad
        for n, stride, pad in zip(sizes, shape.stride, shape.padding, strict=True)
    ]
    parts = []
    for group, channels in enumerate(np.split(image, len(moves))):
        for place in range(moves.shape[1]):
            i, j = divmod(place, shape.kernel[1])
            y = (steps[0] + i * shape.dilation[0]).astype(kind)[:, None] + moves[group, place, 0]
            x = (steps[1] + j * shape.dilation[1]).astype(kind)[None, :] + moves[group, place, 1]
            values = _sampled(channels, y.reshape(-1), x.reshape(-1))
            parts.append(values if scales is None else scales[group, place].reshape(-1) * values)
    stacked = np.stack(parts).reshape(len(moves), moves.shape[1], -1, sizes[0] * sizes[1])
    return np.ascontiguousarray(stacked.transpose(0, 2, 1, 3)).reshape(
        len(image), moves.shape[1], -1
    )


def _deform_conv2d(
    input: Array, weight: Array, offset: Array, mask: Array, bias: Array, stride_h: int,
    stride_w: int, pad_h: int, pad_w: int, dilation_h: int, dilation_w: int, groups: int,
    offset_groups: int, use_mask: bool,
) -> Array:  # fmt: skip
    stride, pad, dilation = [stride_h, stride_w], [pad_h, pad_w], [dilation_h, dilation_w]
    found = _infer(
        type_of(input), type_of(weight), type_of(offset), type_of(mask), type_of(bias), stride_h,
        stride_w, pad_h, pad_w, dilation_h, dilation_w, groups, offset_groups, use_mask,
    )  # fmt: skip
    shape = _window(weight.shape, stride, pad, dilation)
    assert shape is not None and found.shape is not None
    result = np.empty([s for s in found.shape if isinstance(s, int)], widen(input).dtype)
    places, sizes = shape.kernel[0] * shape.kernel[1], result.shape[2:]
    matrix = widen(weight).reshape(groups, weight.shape[0] // groups, -1)
    for n, image in enumerate(input):
        moves = offset[n].reshape(offset_groups, places, 2, *sizes)
        scales = mask[n].reshape(offset_groups, places, *sizes) if use_mask else None
        columns = widen(_columns(image, moves, scales, shape)).reshape(
            groups, matrix.shape[2], sizes[0] * sizes[1]
        )
        result[n] = np.matmul(matrix, columns).reshape(result.shape[1:])
    product = narrow(result, dtype_of(input))  # torch adds the bias to a tensor of that dtype
    return narrow(widen(product) + widen(bias)[:, None, None], dtype_of(input))


def _flops(*values: Abstract) -> int:
    weight, result = values[1], values[-1]
    if not isinstance(weight, TensorType) or not isinstance(result, TensorType):
        return 0
    known = [s for s in (*(result.shape or ()), *(weight.shape or ())[1:]) if isinstance(s, int)]
    return 2 * int(np.prod(known)) if len(known) == 7 else 0


op(
    "torchvision::deform_conv2d(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, "
    "SymInt stride_h, SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, "
    "SymInt groups, SymInt offset_groups, bool use_mask) -> Tensor",
    infer=_infer,
    eval=_deform_conv2d,
    traits=Trait.PURE | Trait.CONTRACTION,
    flops=_flops,
)
