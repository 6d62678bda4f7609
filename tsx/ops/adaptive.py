"""Adaptive pools: the output size is given, the windows follow: from ``i*h // n`` up to ``ceil((i+1)*h / n)``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import dims_of
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.nn_rules import need_rank, shape_text, tensor_of
from tsx.ops.pooling import largest
from tsx.ops.precision import narrow, widen
from tsx.ops.windows import Ints, along, expand, trailing


def _infer(name: str, dims: int, self: Abstract, size: Abstract) -> TensorType:
    shape = need_rank(name, self, (dims + 1, dims + 2), "input")
    dtype = tensor_of(self).dtype
    if shape is None:
        return TensorType(dtype)
    # torch averages no channels over one or two dimensions, and nothing else of no size.
    first = len(shape) - dims if name in ("adaptive_avg_pool1d", "adaptive_avg_pool2d") else 1
    if any(length == 0 for length in shape[first:]):
        raise fail(
            "TSX4055", op=name, expected="sizes above 0 beyond the first", found=shape_text(shape)
        )
    sizes = dims_of(size, dims)
    if sizes is not None and len(sizes) != dims:
        raise fail("TSX4055", op=name, expected=f"{dims} output sizes", found=shape_text(sizes))
    for length in sizes or ():
        if isinstance(length, int) and length < 0:
            raise fail("TSX4052", op=name, what="an output size", least=0, found=length)
    return TensorType(dtype, (*shape[:-dims], *(sizes or (None,) * dims)))


def _infer_pair(
    name: str, dims: int, self: Abstract, size: Abstract
) -> tuple[TensorType, TensorType]:
    first = _infer(name, dims, self, size)
    return first, TensorType(DType.INT64, first.shape)


def _spans(length: int, count: int) -> Iterator[slice]:
    """The windows of ``count`` outputs over an axis of ``length``."""
    for i in range(count):
        yield slice(i * length // count, -((-(i + 1) * length) // count))


def _mean_along(array: Array, axis: int, count: int) -> Array:
    """Means over the windows of one axis; windows of equal length are one reshape."""
    length = array.shape[axis]
    if length == count:
        return array
    if count and length % count == 0:
        shape = (*array.shape[:axis], count, length // count, *array.shape[axis + 1 :])
        return np.asarray(array.reshape(shape).mean(axis=axis + 1, dtype=array.dtype))
    out = np.empty((*array.shape[:axis], count, *array.shape[axis + 1 :]), array.dtype)
    for i, span in enumerate(_spans(length, count)):
        out[along(axis, i)] = array[along(axis, span)].mean(axis=axis, dtype=array.dtype)
    return out


def average(name: str, dims: int, self: Array, size: int | Ints) -> Array:
    """Means over the windows of the last ``dims`` axes; ``name`` is what errors call it."""
    _infer(name, dims, type_of(self), size if isinstance(size, int) else list(size))
    counts = expand(name, "an output size", size, dims, 0)
    result = widen(self)
    if all(count == 1 for count in counts):
        axes = tuple(range(-dims, 0))
        result = result.mean(axis=axes, keepdims=True, dtype=result.dtype)
    else:
        for axis, count in enumerate(counts, self.ndim - dims):
            result = _mean_along(result, axis, count)
    return narrow(result, dtype_of(self)) if result is not self else self.copy()


def _maximum(name: str, dims: int, self: Array, size: int | Ints) -> tuple[Array, Array]:
    """Maxima with their places, counted in the flattened spatial dimensions of the input."""
    _infer(name, dims, type_of(self), size if isinstance(size, int) else list(size))
    counts = expand(name, "an output size", size, dims, 0)
    wide, lead, sizes = widen(self), self.shape[:-dims], self.shape[-dims:]
    values = np.empty((*lead, *counts), wide.dtype)
    indices = np.empty((*lead, *counts), np.int64)
    places = np.arange(int(np.prod(sizes))).reshape(sizes)
    spans = [list(_spans(length, count)) for length, count in zip(sizes, counts, strict=True)]
    for at in np.ndindex(*counts):
        where = tuple(spans[axis][i] for axis, i in enumerate(at))
        piece = wide[trailing(where)]
        piece = piece.reshape(*lead, math.prod(piece.shape[-dims:]))
        best, values[trailing(at)] = largest(piece, piece.ndim - 1)
        indices[trailing(at)] = places[where].reshape(-1)[best]
    return narrow(values, dtype_of(self)), indices


for _dims in (1, 2, 3):
    _int = "int" if _dims == 1 else "SymInt"
    _name = f"adaptive_avg_pool{_dims}d"
    for _prefix in ("", "_") if _dims > 1 else ("",):
        op(
            f"aten::{_prefix}{_name}(Tensor self, {_int}[{_dims}] output_size) -> Tensor",
            infer=partial(_infer, _name, _dims),
            eval=partial(average, _name, _dims),
            torch=(f"torch.nn.functional.{_name}",) if not _prefix else (),
        )
    _name = f"adaptive_max_pool{_dims}d"
    op(
        f"aten::{_name}(Tensor self, int[{_dims}] output_size) -> (Tensor, Tensor)",
        infer=partial(_infer_pair, _name, _dims),
        eval=partial(_maximum, _name, _dims),
        torch=(f"torch.nn.functional.{_name}_with_indices",),
    )
