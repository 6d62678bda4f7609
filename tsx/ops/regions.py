"""torchvision's operators on boxes: which of them to keep, and the values inside them.

Boxes are ``(x1, y1, x2, y2)``, a region is the number of an image and a box. Arithmetic is done in the operands' dtype,
float16 too, step by step in torchvision's order (``torchvision/csrc/ops/cpu``), so results are the same to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import as_dim
from tsx.ops.define import op
from tsx.ops.dtypes import Array, type_of
from tsx.ops.nn_rules import differ, either, need_rank, one_dtype, shape_text
from tsx.ops.sorting import order

# Pixels of a region are numbered by 32-bit integers in torchvision; a side is cut to what keeps sums of them in range.
_FARTHEST = 2.0**30
_MOST_SAMPLES = 2**31 - 1


# --- which boxes to keep ---------------------------------------------------------------------------------------------


def _infer_nms(dets: Abstract, scores: Abstract, iou_threshold: Abstract) -> TensorType:
    dtype = one_dtype("nms", dets, scores)
    if dtype not in (None, DType.FLOAT32, DType.FLOAT64):
        raise fail("TSX4056", op="nms", expected="float32 or float64", found=dtype)
    boxes, values = need_rank("nms", dets, (2,), "boxes"), need_rank("nms", scores, (1,), "scores")
    if boxes is not None and differ(boxes[1], 4):
        raise fail("TSX4055", op="nms", expected="boxes of 4 numbers", found=shape_text(boxes))
    if boxes is not None and values is not None and differ(boxes[0], values[0]):
        found = f"{shape_text(values)} for {shape_text(boxes)}"
        raise fail("TSX4055", op="nms", expected="one score for each box", found=found)
    return TensorType(DType.INT64, (None,))


def _nms(dets: Array, scores: Array, iou_threshold: float) -> Array:
    """Indices of the boxes that no better one overlaps by more than the threshold, the best first."""
    _infer_nms(type_of(dets), type_of(scores), iou_threshold)
    x1, y1, x2, y2 = (np.ascontiguousarray(column) for column in dets.T)
    areas = (x2 - x1) * (y2 - y1)
    left = order(scores, 0, True)
    kept = []
    while left.size:
        best, left = left[0], left[1:]
        kept.append(best)
        width = _lesser(x2[best], x2[left]) - _greater(x1[best], x1[left])
        height = _lesser(y2[best], y2[left]) - _greater(y1[best], y1[left])
        zero = dets.dtype.type(0)
        shared = _greater(zero, width) * _greater(zero, height)
        overlap = shared / (areas[best] + areas[left] - shared)
        left = left[~(overlap.astype(np.float64) > iou_threshold)]
    return np.array(kept, np.int64)


def _greater(a: Any, b: Array) -> Array:
    """``std::max(a, b)``: the first unless it is less, so of a NaN too."""
    return np.where(a < b, b, a)


def _lesser(a: Any, b: Array) -> Array:
    return np.where(b < a, b, a)


op(
    "torchvision::nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    infer=_infer_nms,
    eval=_nms,
    doc="equal scores keep the order of the boxes",
)


# --- the values inside boxes -----------------------------------------------------------------------------------------


def _channels(name: str, channels: Dim | None, height: Abstract, width: Abstract) -> Dim | None:
    """Channels of the result when each place of a region has channels of its own."""
    if not isinstance(height, int) or not isinstance(width, int):
        return None
    places = height * width
    if places and isinstance(channels, int) and channels % places:
        raise fail("TSX4062", op=name, what="channels", groups=places, found=channels)
    return channels // places if places and channels is not None else None


def _infer_pooled(
    name: str, positional: bool, input: Abstract, rois: Abstract, height: Abstract, width: Abstract
) -> TensorType:
    dtype = one_dtype(name, input, rois)
    if dtype not in (None, DType.FLOAT16, DType.FLOAT32, DType.FLOAT64):
        expected = "float16, float32 or float64"
        raise fail("TSX4056", op=name, expected=expected, found=dtype)
    x, boxes = need_rank(name, input, (4,), "input"), need_rank(name, rois, (2,), "rois")
    if boxes is not None and differ(boxes[1], 5):
        expected = "rois of 5 numbers: the image and a box"
        raise fail("TSX4055", op=name, expected=expected, found=shape_text(boxes))
    for size in (height, width):
        if isinstance(size, int) and size < 1:
            raise fail("TSX4052", op=name, what="an output size", least=1, found=size)
    if x is not None and 0 in x[2:]:
        raise fail("TSX4055", op=name, expected="an input with elements", found=shape_text(x))
    channels = None if x is None else x[1]
    if positional:
        channels = _channels(name, channels, height, width)
    count = None if boxes is None else either(boxes[0], None)
    return TensorType(dtype, (count, channels, as_dim(height), as_dim(width)))


def _infer_align(
    input: Abstract, rois: Abstract, scale: Abstract, height: Abstract, width: Abstract,
    ratio: Abstract, aligned: Abstract,
) -> TensorType:  # fmt: skip
    return _infer_pooled("roi_align", False, input, rois, height, width)


def _infer_pair(
    name: str, positional: bool, input: Abstract, rois: Abstract, scale: Abstract, height: Abstract,
    width: Abstract, ratio: Abstract = 0,
) -> tuple[TensorType, TensorType]:  # fmt: skip
    values = _infer_pooled(name, positional, input, rois, height, width)
    return values, TensorType(DType.INT32, values.shape)


def _images(name: str, input: Array, rois: Array) -> list[int]:
    """The image of each region."""
    numbers = [int(number) if math.isfinite(number) else -1 for number in rois[:, 0].tolist()]
    for number in numbers:
        if not 0 <= number < len(input):
            raise fail("TSX4032", op=name, low=0, high=len(input) - 1, found=number)
    return numbers


@dataclass(frozen=True, slots=True)
class _Axis:
    """The sampling of a region along one axis: ``grid`` points in each of ``bins``, in an input of ``size``."""

    start: Any  # numbers of the operands' dtype
    bin: Any
    bins: int
    grid: int
    size: int

    def taps(self, step: int) -> tuple[Array, Array, Array, Array]:
        """For point ``step`` of each bin: whether it is inside, the element below and above it, the share of that."""
        kind = self.start.dtype.type
        offset = kind(step + 0.5) * self.bin / kind(self.grid)
        at = self.start + np.arange(self.bins).astype(kind) * self.bin + offset
        inside = (at >= -1) & (at <= self.size)
        at = np.where(inside & (at > 0), at, kind(0))
        low = at.astype(np.int64)
        last = low >= self.size - 1
        low = np.where(last, self.size - 1, low)
        high = np.where(last, low, low + 1)
        return inside, low, high, np.where(last, kind(0), at - low.astype(kind))


def _axis(name: str, start: Any, end: Any, bins: int, size: int, ratio: int, least: int) -> _Axis:
    kind = start.dtype.type
    length = end - start
    if least:
        length = _greater(length, kind(least))[()]
    grid = ratio if ratio > 0 else np.ceil(length / kind(bins))
    if not abs(float(grid)) * bins <= _MOST_SAMPLES:
        raise fail(
            "TSX4005", op=name, expected="regions of finite size", found=f"a side of {length}"
        )
    return _Axis(start, length / kind(bins), bins, int(grid), size)


Picture = Callable[[Any, Any], Array]
"""The elements of every channel at rows and columns: ``(C, height, width)``."""


def _sums(picture: Picture, outside: Any, rows: _Axis, columns: _Axis) -> Array:
    """The sum over the points of each bin; a point outside of the input adds ``outside``."""
    kind = rows.start.dtype.type
    total: Array = np.zeros((), kind)
    for step_y in range(rows.grid):
        in_y, low_y, high_y, ly = (t[:, None] for t in rows.taps(step_y))
        for step_x in range(columns.grid):
            in_x, low_x, high_x, lx = (t[None, :] for t in columns.taps(step_x))
            hy, hx = kind(1) - ly, kind(1) - lx
            value = hy * hx * picture(low_y, low_x) + hy * lx * picture(low_y, high_x)
            value = value + ly * hx * picture(high_y, low_x) + ly * lx * picture(high_y, high_x)
            total = total + np.where(in_y & in_x, value, outside)
    return total


def _aligned(
    name: str, positional: bool, input: Array, rois: Array, scale: float, height: int, width: int,
    ratio: int, offset: float, least: int,
) -> Iterator[Array]:  # fmt: skip
    """The averages of each region: ``(C, height, width)``; ``positional``: each place has channels of its own."""
    kind = input.dtype.type
    factor, shift = kind(scale), kind(offset)
    channels = np.arange(input.shape[1])[:, None, None]
    if positional:
        channels = channels.reshape(-1, height, width)
    for image, box in zip(_images(name, input, rois), rois[:, 1:], strict=True):
        x1, y1, x2, y2 = box * factor - shift
        rows = _axis(name, y1, y2, height, input.shape[2], ratio, least)
        columns = _axis(name, x1, x2, width, input.shape[3], ratio, least)
        count = rows.grid * columns.grid
        if min(rows.grid, columns.grid) <= 0:
            total: Array = np.zeros((), kind)
        else:
            picture = partial(_elements, input[image], channels)
            # torchvision weighs the first element with 0 there, so that its NaN or infinity shows
            outside = kind(0) if positional else kind(0) * picture(0, 0)
            total = _sums(picture, outside, rows, columns)
        yield total / kind(count if positional else max(count, 1))


def _elements(image: Array, channels: Array, rows: Any, columns: Any) -> Array:
    return np.asarray(image[channels, rows, columns])


def _roi_align(
    input: Array, rois: Array, scale: float, height: int, width: int, ratio: int, aligned: bool
) -> Array:
    """Averages of bilinear samples; ``aligned`` moves boxes by half a pixel, else they are one pixel or more."""
    _infer_align(type_of(input), type_of(rois), scale, height, width, ratio, aligned)
    result = np.empty((len(rois), input.shape[1], height, width), input.dtype)
    offset, least = (0.5, 0) if aligned else (0.0, 1)
    found = _aligned("roi_align", False, input, rois, scale, height, width, ratio, offset, least)
    for place, values in enumerate(found):
        result[place] = values
    return result


def _ps_roi_align(
    input: Array, rois: Array, scale: float, height: int, width: int, ratio: int
) -> tuple[Array, Array]:
    name = "ps_roi_align"
    values, _ = _infer_pair(name, True, type_of(input), type_of(rois), scale, height, width)
    result = np.empty([s for s in values.shape or () if isinstance(s, int)], input.dtype)
    found = _aligned(name, True, input, rois, scale, height, width, ratio, 0.5, 0)
    for place, value in enumerate(found):
        result[place] = value
    return result, _mapping(result)


def _mapping(result: Array) -> Array:
    """Which channel each place of a positional result is made of."""
    numbers = np.arange(math.prod(result.shape[1:]), dtype=np.int32).reshape(result.shape[1:])
    return np.broadcast_to(numbers, result.shape).copy()


# --- whole pixels ----------------------------------------------------------------------------------------------------


def _pixels(values: Array) -> list[int]:
    """Rounded to integers, halves away from zero, as C's round."""
    wide = np.clip(np.nan_to_num(values.astype(np.float64), nan=0.0), -_FARTHEST, _FARTHEST)
    whole = np.trunc(wide)
    return [int(v) for v in whole + np.where(np.abs(wide - whole) >= 0.5, np.sign(wide), 0)]


def _spans(kind: Any, start: int, length: int, bins: int, last: int) -> list[tuple[int, int]]:
    """The pixels from … to of each bin, cut to 0 … ``last``."""
    bin = kind(length) / kind(bins)
    return [
        (
            min(max(math.floor(kind(place) * bin) + start, 0), last),
            min(max(math.ceil(kind(place + 1) * bin) + start, 0), last),
        )
        for place in range(bins)
    ]


def _roi_pool(
    input: Array, rois: Array, scale: float, height: int, width: int
) -> tuple[Array, Array]:
    """The largest element of each bin and its place in the plane; 0 and -1 where a bin is empty."""
    _infer_pair("roi_pool", False, type_of(input), type_of(rois), scale, height, width)
    kind, (high, wide) = input.dtype.type, input.shape[2:]
    lowest = kind(-np.finfo(np.float32).max)
    result = np.zeros((len(rois), input.shape[1], height, width), input.dtype)
    places = np.full(result.shape, -1, np.int32)
    for n, image in enumerate(_images("roi_pool", input, rois)):
        x1, y1, x2, y2 = _pixels(rois[n, 1:] * kind(scale))
        rows = _spans(kind, y1, max(y2 - y1 + 1, 1), height, high)
        columns = _spans(kind, x1, max(x2 - x1 + 1, 1), width, wide)
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                if bottom > top and right > left:
                    block = input[image, :, top:bottom, left:right].reshape(input.shape[1], -1)
                    block = np.where(block > lowest, block, kind(-np.inf))
                    at = block.argmax(1)
                    best = block[np.arange(len(block)), at]
                    found = best > lowest
                    result[n, :, i, j] = np.where(found, best, lowest)
                    y, x = np.divmod(at, right - left)
                    places[n, :, i, j] = np.where(found, (y + top) * wide + x + left, -1)
    return result, places


def _ps_roi_pool(
    input: Array, rois: Array, scale: float, height: int, width: int
) -> tuple[Array, Array]:
    """The average of each bin, from channels of its own; 0 where a bin is empty."""
    name = "ps_roi_pool"
    values, _ = _infer_pair(name, True, type_of(input), type_of(rois), scale, height, width)
    kind, (high, wide) = input.dtype.type, input.shape[2:]
    result = np.zeros([s for s in values.shape or () if isinstance(s, int)], input.dtype)
    grouped = input.reshape(len(input), -1, height, width, high, wide)
    for n, image in enumerate(_images(name, input, rois)):
        x1, y1, x2, y2 = _pixels(rois[n, 1:] * kind(scale))
        rows = _spans(kind, y1, max(y2 - y1, 1), height, high - 1)
        columns = _spans(kind, x1, max(x2 - x1, 1), width, wide - 1)
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                if bottom > top and right > left:
                    block = grouped[image, :, i, j, top:bottom, left:right]
                    flat = block.reshape(len(block), -1)
                    area = kind(flat.shape[1])
                    result[n, :, i, j] = np.cumsum(flat, 1, dtype=flat.dtype)[:, -1] / area
    return result, _mapping(result)


_BOXES = "Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width"
op(
    f"torchvision::roi_align({_BOXES}, int sampling_ratio, bool aligned) -> Tensor",
    infer=_infer_align,
    eval=_roi_align,
)
op(
    f"torchvision::ps_roi_align({_BOXES}, int sampling_ratio) -> (Tensor, Tensor)",
    infer=partial(_infer_pair, "ps_roi_align", True),
    eval=_ps_roi_align,
)
op(
    f"torchvision::roi_pool({_BOXES}) -> (Tensor, Tensor)",
    infer=partial(_infer_pair, "roi_pool", False),
    eval=_roi_pool,
)
op(
    f"torchvision::ps_roi_pool({_BOXES}) -> (Tensor, Tensor)",
    infer=partial(_infer_pair, "ps_roi_pool", True),
    eval=_ps_roi_pool,
)
