"""Fractional max pooling: windows of one size whose starts follow from random samples, two or three for each plane.

The samples are an operand, drawn by whoever calls. Starts are computed in the precision of the input, as torch does, so
the same samples give the same windows. Of the samples of a plane, torch takes the first for the width in two
dimensions, and the first for the depth in three.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.nn_rules import need_rank, shape_text, tensor_of
from tsx.ops.pooling import largest
from tsx.ops.precision import narrow, widen
from tsx.ops.windows import Ints, known_ints


def _infer(
    name: str, dims: int, self: Abstract, kernel: Abstract, size: Abstract, samples: Abstract
) -> tuple[TensorType, TensorType]:
    shape, drawn = need_rank(name, self, (dims + 1, dims + 2), "input"), tensor_of(samples)
    dtype = tensor_of(self).dtype
    if drawn.dtype is not None and dtype is not None and drawn.dtype is not dtype:
        raise fail("TSX4055", op=name, expected=f"samples of dtype {dtype}", found=drawn.dtype)
    if shape is None:
        return TensorType(dtype), TensorType(DType.INT64)
    if any(extent == 0 for extent in shape[-dims - 1 :]):
        expected = "sizes above 0 beyond the batch"
        raise fail("TSX4055", op=name, expected=expected, found=shape_text(shape))
    pools, counts = (_each(name, dims, known_ints(v)) for v in (kernel, size))
    _check_samples(name, dims, (1, *shape)[-dims - 2 :], drawn)
    for extent, pool, count in zip(shape[-dims:], pools, counts, strict=True):
        _check_fit(name, dims, extent, pool, count)
    result = (*shape[:-dims], *counts)
    return TensorType(dtype, result), TensorType(DType.INT64, result)


def _each(name: str, dims: int, given: int | list[int] | None) -> list[int] | list[None]:
    """One number for each dimension; what isn't known is None."""
    if given is None:
        return [None] * dims
    found = [given] if isinstance(given, int) else given
    found = found * dims if len(found) == 1 else found
    if len(found) != dims:
        raise fail("TSX4055", op=name, expected=f"{dims} sizes of windows and results", found=found)
    return found


def _check_samples(name: str, dims: int, planes: Shape, drawn: TensorType) -> None:
    """At least as many rows as the batch has, and the planes' numbers of samples."""
    if drawn.shape is None:
        return
    batch, channels = planes[:2]
    fits = len(drawn.shape) == 3
    if fits:
        rows, columns, count = drawn.shape
        fits = (
            not (isinstance(rows, int) and isinstance(batch, int) and rows < batch)
            and not (isinstance(columns, int) and isinstance(channels, int) and columns != channels)
            and not (isinstance(count, int) and count != dims)
        )
    if not fits:
        expected = f"{dims} samples for each plane, {shape_text((batch, channels, dims))}"
        raise fail("TSX4055", op=name, expected=expected, found=shape_text(drawn.shape))


def _check_fit(name: str, dims: int, extent: object, pool: int | None, count: int | None) -> None:
    if not isinstance(extent, int) or pool is None or count is None:
        return
    # torch asks for one place more in three dimensions than windows side by side need.
    most = extent - pool + (1 if dims == 2 else 0)
    if count > most or pool < 1 or count < 0:
        expected = f"windows and a result that fit into {extent}"
        raise fail("TSX4055", op=name, expected=expected, found=f"{count} windows of {pool}")


def _pool(
    name: str, dims: int, self: Array, kernel: Ints, size: Ints, samples: Array
) -> tuple[Array, Array]:
    """The maxima, and their places in the flattened spatial dimensions."""
    k, s = (v if isinstance(v, int) else list(v) for v in (kernel, size))
    _infer(name, dims, type_of(self), k, s, type_of(samples))
    pools, counts = (_known(_each(name, dims, v)) for v in (k, s))
    wide, drawn = widen(self), widen(samples)
    lead, extents = self.shape[:-dims], self.shape[-dims:]
    planes = wide.reshape(-1, *extents)
    rows = drawn[: 1 if len(lead) == 1 else lead[0]].reshape(-1, dims)
    if dims == 2:
        rows = rows[:, ::-1]
    values = np.empty((len(planes), *counts), wide.dtype)
    indices = np.empty((len(planes), *counts), np.int64)
    places = np.arange(int(np.prod(extents))).reshape(extents)
    for plane, row in enumerate(rows):
        starts = [
            _starts(name, row[axis], extents[axis], counts[axis], pools[axis], dtype_of(self))
            for axis in range(dims)
        ]
        # Of each dimension, the coordinates of every window: results first, then elements of a window.
        inside = [
            start[:, None] + np.arange(pool) for start, pool in zip(starts, pools, strict=True)
        ]
        taken = np.ix_(*(coordinates.ravel() for coordinates in inside))
        order = (*range(0, 2 * dims, 2), *range(1, 2 * dims, 2))
        grid = [n for pair in zip(counts, pools, strict=True) for n in pair]
        windows, where = (
            found[taken].reshape(grid).transpose(order).reshape(*counts, -1)
            for found in (planes[plane], places)
        )
        best, values[plane] = largest(windows, dims)
        indices[plane] = np.take_along_axis(where, best[..., None], axis=-1)[..., 0]
    shape = (*lead, *counts)
    return narrow(values.reshape(shape), dtype_of(self)), indices.reshape(shape)


def _known(numbers: list[int] | list[None]) -> list[int]:
    return [n for n in numbers if n is not None]


def _starts(name: str, sample: Array, extent: int, count: int, pool: int, dtype: DType) -> Array:
    """Where the windows of one dimension start; each step rounds to ``dtype``."""

    def rounded(value: Array) -> Array:
        return widen(narrow(np.asarray(value), dtype))

    if not abs(float(sample)) <= 1e6:
        raise fail("TSX4055", op=name, expected="samples from 0 up to 1", found=sample)
    starts = np.full(count, extent - pool, np.int64)
    if count > 1:
        alpha = rounded(rounded(_as(sample, extent - pool)) / rounded(_as(sample, count - 1)))
        steps = np.arange(count - 1).astype(sample.dtype)
        shifted = rounded(rounded(rounded(steps) + sample) * alpha)
        starts[:-1] = np.trunc(shifted).astype(np.int64) - int(rounded(sample * alpha))
    if starts.min(initial=0) < 0 or starts.max(initial=0) > extent - pool:
        raise fail("TSX4055", op=name, expected="samples from 0 up to 1", found=sample)
    return starts


def _as(like: Array, number: int) -> Array:
    return np.asarray(number, like.dtype)


for _dims in (2, 3):
    _name = f"fractional_max_pool{_dims}d"
    op(
        f"aten::{_name}(Tensor self, int[{_dims}] kernel_size, int[{_dims}] output_size, Tensor random_samples)"
        " -> (Tensor, Tensor)",
        infer=partial(_infer, _name, _dims),
        eval=partial(_pool, _name, _dims),
    )
