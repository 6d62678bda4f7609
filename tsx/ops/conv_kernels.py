"""Convolutions in NumPy: windows are copied into columns and multiplied by the weight on BLAS.

Inputs are ``(N, C, *sizes)``, weights ``(O, C / groups, *kernel)`` (transposed: ``(C, O / groups, *kernel)``), both in
a dtype that NumPy computes in. A depthwise convolution multiplies whole planes, one kernel place at a time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from tsx.ops.dtypes import Array
from tsx.ops.windows import Ints, Window, along, place, trailing, windows

# Columns are made for so many elements at a time (4 MB of float32), so that they stay in the cache.
_COLUMN_ELEMENTS = 1 << 20


def convolve(
    input: Array, weight: Array, shape: Window, counts: Ints, groups: int, out: Array
) -> None:
    """Writes the convolution of an input that is padded already into ``out``: ``(N, O, *counts)``."""
    if not out.size:
        return
    channels = input.shape[1]
    if groups == channels and groups > 1:
        _depthwise(input, weight, shape, counts, out)
    elif math.prod(shape.kernel) == 1:
        points = place(input, (0,) * len(counts), shape, counts)
        _pointwise(points, weight, groups, out)
    else:
        _columns(input, weight, shape, counts, groups, out)


def _pointwise(points: Array, weight: Array, groups: int, out: Array) -> None:
    """A kernel of one place is a product over the channels."""
    batch, channels = points.shape[:2]
    matrix = weight.reshape(groups, weight.shape[0] // groups, channels // groups)
    flat = points.reshape(batch, groups, channels // groups, -1)
    np.matmul(matrix, flat, out=out.reshape(batch, groups, matrix.shape[1], -1))


def _depthwise(input: Array, weight: Array, shape: Window, counts: Ints, out: Array) -> None:
    """One input channel for each group: a sum of scaled planes, without columns."""
    batch, channels = input.shape[:2]
    multiplier = weight.shape[0] // channels
    planes = out.reshape(batch, channels, multiplier, *counts)
    factors = weight.reshape(channels, multiplier, *shape.kernel)
    ones = (1,) * len(counts)
    scratch = np.empty(planes.shape[1:], planes.dtype)
    for n in range(batch):
        planes[n] = 0
        for offset in itertools.product(*map(range, shape.kernel)):
            factor = factors[trailing(offset)].reshape(channels, multiplier, *ones)
            np.multiply(place(input[n], offset, shape, counts)[:, None], factor, out=scratch)
            planes[n] += scratch


def _columns(
    input: Array, weight: Array, shape: Window, counts: Ints, groups: int, out: Array
) -> None:
    """im2col: each image is copied into columns, a band of rows at a time, and multiplied by the weight."""
    batch, channels = input.shape[:2]
    matrix = np.ascontiguousarray(weight).reshape(groups, weight.shape[0] // groups, -1)
    depth = channels * math.prod(shape.kernel)
    row = depth * math.prod(counts[1:])
    band = min(counts[0], max(1, _COLUMN_ELEMENTS // max(row, 1)))
    buffer = np.empty(row * band, input.dtype)
    view = windows(input, shape, counts)
    for n in range(batch):
        rows_out = out[n].reshape(groups, matrix.shape[1], counts[0], -1)
        for start in range(0, counts[0], band):
            stop = min(start + band, counts[0])
            piece = view[n][along(1 + len(counts), slice(start, stop))]
            columns = buffer[: row * (stop - start)]
            np.copyto(columns.reshape(piece.shape), piece)
            product = np.matmul(matrix, columns.reshape(groups, depth // groups, -1))
            rows_out[:, :, start:stop] = product.reshape(*product.shape[:2], stop - start, -1)


def convolve_transposed(
    input: Array,
    weight: Array,
    shape: Window,
    sizes: Ints,
    groups: int,
) -> Array:
    """The transposed convolution: each element adds a scaled kernel; ``sizes`` are those of the result.

    ``shape.padding`` is cut off both sides of what the kernels cover.
    """
    batch, channels = input.shape[:2]
    outputs = weight.shape[1]
    counts = input.shape[2:]
    matrix = weight.reshape(groups, channels // groups, -1).transpose(0, 2, 1)
    flat = np.ascontiguousarray(input).reshape(batch, groups, channels // groups, -1)
    product = np.matmul(matrix, flat).reshape(batch, groups * outputs, *shape.kernel, *counts)
    covered = [
        max((n - 1) * s + reach, size + p)
        for n, s, reach, size, p in zip(
            counts, shape.stride, shape.reach, sizes, shape.padding, strict=True
        )
    ]
    canvas = np.zeros((batch, groups * outputs, *covered), input.dtype)
    for offset in itertools.product(*map(range, shape.kernel)):
        place(canvas, offset, shape, counts)[...] += product[along(2, *offset)]
    inside = _crop(shape.padding, sizes)
    return np.ascontiguousarray(canvas[trailing(inside)])


def _crop(padding: Sequence[int], sizes: Ints) -> tuple[slice, ...]:
    return tuple(slice(p, p + size) for p, size in zip(padding, sizes, strict=True))
