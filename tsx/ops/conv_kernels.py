"""Convolutions in NumPy: windows are copied into columns and multiplied by the weight on BLAS.

Inputs are ``(N, C, *sizes)``, weights ``(O, C / groups, *kernel)`` (transposed: ``(C, O / groups, *kernel)``), both in
a dtype that NumPy computes in.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from tsx.ops.dtypes import Array
from tsx.ops.windows import Ints, Window, along, place, trailing, windows

# Columns are made for so many elements at a time (1 MB of float32), so that they stay in the cache.
_COLUMN_ELEMENTS = 1 << 18


def convolve(
    input: Array, weight: Array, shape: Window, counts: Ints, groups: int, out: Array
) -> None:
    """Writes the convolution of an input that is padded already into ``out``: ``(N, O, *counts)``."""
    if not out.size:
        return
    batch, channels = input.shape[:2]
    matrix = np.ascontiguousarray(weight).reshape(groups, weight.shape[0] // groups, -1)
    if math.prod(shape.kernel) == 1:
        # A kernel of one place is a product over the channels.
        points = place(input, (0,) * len(counts), shape, counts)
        flat = points.reshape(batch, groups, channels // groups, -1)
        np.matmul(matrix, flat, out=out.reshape(batch, groups, matrix.shape[1], -1))
        return
    view = windows(input, shape, counts)
    for n in range(batch):
        _columns(view[n], matrix, counts, out[n].reshape(groups, matrix.shape[1], counts[0], -1))


def _columns(view: Array, matrix: Array, counts: Ints, out: Array) -> None:
    """im2col: the windows of one image are copied and multiplied by the weight, some groups and rows at a time.

    ``view`` is ``(C, *kernel, *counts)``, ``matrix`` ``(groups, O / groups, C / groups * kernel)``; a depthwise
    convolution is the case of one channel a group.
    """
    groups, _, depth = matrix.shape
    channels, row = view.shape[0] // groups, math.prod(counts[1:])
    band = min(counts[0], max(1, _COLUMN_ELEMENTS // (depth * row)))
    many = min(groups, max(1, _COLUMN_ELEMENTS // (depth * row * band)))
    buffer = np.empty(many * depth * band * row, view.dtype)
    rows = view.ndim - len(counts)
    for first in range(0, groups, many):
        own = slice(first, first + many)
        some = view[first * channels : (first + many) * channels]
        for start in range(0, counts[0], band):
            piece = some[along(rows, slice(start, start + band))]
            columns = buffer[: piece.size]
            np.copyto(columns.reshape(piece.shape), piece)
            product = np.matmul(matrix[own], columns.reshape(len(matrix[own]), depth, -1))
            target = out[own, :, start : start + band]
            target[...] = product.reshape(target.shape)


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
    depth = outputs * math.prod(shape.kernel)
    matrix = weight.reshape(groups, channels // groups, depth).transpose(0, 2, 1)
    flat = np.ascontiguousarray(input).reshape(batch, groups, channels // groups, math.prod(counts))
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
