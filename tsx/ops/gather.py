"""Gather and scatter along one dimension, and the operators that take a 1-D index: index_select, index_add, …

Indices of gather and scatter count from the front only, as in torch, and are checked against the dimension.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import TensorType
from tsx.ops.abstract import broadcast, mismatch, numel, wrap_dim
from tsx.ops.checked import (
    add_at,
    axis_of,
    define,
    define_with_inplace,
    indices_in_range,
    opmath_values,
    same_as_self,
    same_dtype,
)
from tsx.ops.creation import filled
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.view_rules import need_dimension, resized, tensor


def _along(op: str, x: Array, dim: int, index: Array) -> tuple[int, Array, Array]:
    """The axis, and ``x`` and ``index`` with at least one dimension, once they are known to fit."""
    axis = axis_of(op, dim, x.ndim)
    x, index = np.atleast_1d(x), np.atleast_1d(index)
    if index.size:
        if index.dtype.kind != "i":
            raise fail("TSX4005", op=op, expected="an index of int64", found=dtype_of(index))
        if index.ndim != x.ndim:
            raise fail(
                "TSX4005", op=op, expected=f"an index of {x.ndim} dimensions", found=index.ndim
            )
        if any(
            i > s for a, (i, s) in enumerate(zip(index.shape, x.shape, strict=True)) if a != axis
        ):
            raise fail("TSX4005", op=op, found=list(index.shape),
                       expected=f"an index no larger than {list(x.shape)} beside dimension {axis}")  # fmt: skip
        indices_in_range(op, index, x.shape[axis])
    return axis, x, index


def _places(index: Array, axis: int) -> tuple[Array, ...]:
    """The NumPy index that means ``[i, index[i, j, k], k]`` for ``axis`` 1."""
    grids = [
        np.arange(s).reshape([-1 if a == d else 1 for a in range(index.ndim)])
        for d, s in enumerate(index.shape)
    ]
    return tuple(index if d == axis else grid for d, grid in enumerate(grids))


def gathered(x: Array, dim: int, index: Array, sparse_grad: bool = False) -> Array:
    """``out[i, j] = x[i, index[i, j]]`` (for ``dim`` 1)."""
    axis, source, places = _along("gather", x, dim, index)
    if not places.size:
        return np.zeros(index.shape, x.dtype)
    trimmed = source[
        tuple(slice(None) if a == axis else slice(s) for a, s in enumerate(places.shape))
    ]
    return np.take_along_axis(trimmed, places, axis).reshape(index.shape)


def _gather_rule(
    self: Abstract, dim: Abstract, index: Abstract, sparse_grad: Abstract = False
) -> Abstract:
    x, places = tensor(self), tensor(index)
    wrap_dim("gather", dim, x.rank)
    return TensorType(x.dtype, places.shape)


def _take_along(x: Array, index: Array, dim: int | None) -> Array:
    if dim is None:
        return gathered(x.reshape(-1), 0, index.reshape(-1))
    axis = axis_of("take_along_dim", dim, x.ndim)
    if index.ndim != x.ndim:
        raise fail(
            "TSX4005",
            op="take_along_dim",
            expected=f"indices of {x.ndim} dimensions",
            found=index.ndim,
        )
    need_dimension("take_along_dim", x.shape)
    size = x.shape[axis]
    indices_in_range("take_along_dim", index, size, low=-size)
    index = np.where(index < 0, index + size, index)
    common = np.broadcast_shapes(_without(x.shape, axis), _without(index.shape, axis))
    wide = np.broadcast_to(x, _with(common, axis, x.shape[axis]))
    return gathered(wide, axis, np.broadcast_to(index, _with(common, axis, index.shape[axis])))


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]


def _with(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis:])


def _take_along_rule(self: Abstract, index: Abstract, dim: Abstract = None) -> Abstract:
    x, places = tensor(self), tensor(index)
    if dim is None:
        return TensorType(x.dtype, (numel(places.shape),))
    place = wrap_dim("take_along_dim", dim, x.rank)
    if x.shape is None or places.shape is None or place is None:
        return TensorType(x.dtype)
    if len(x.shape) != len(places.shape):
        raise mismatch("take_along_dim", f"indices of {len(x.shape)} dimensions", len(places.shape))
    need_dimension("take_along_dim", x.shape)
    size = places.shape[place]
    common = broadcast("take_along_dim", [resized(t, place, 1).shape for t in (x, places)])
    return resized(TensorType(x.dtype, common), place, size)


_UFUNCS: dict[str, Any] = {
    "add": np.add, "sum": np.add, "mean": np.add, "multiply": np.multiply, "prod": np.multiply,
    "amax": np.maximum, "amin": np.minimum,
}  # fmt: skip
_IDENTITY: dict[str, float] = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}


def _identity(reduce: str, values: Array) -> Any:
    """What a place holds before the first value, when its own does not count."""
    if reduce in ("amax", "amin") and values.dtype.kind in "iu":
        limits = np.iinfo(values.dtype)
        return limits.min if reduce == "amax" else limits.max
    if values.dtype == np.bool_:
        return reduce in ("prod", "amin")
    return _IDENTITY[reduce]


def combined(
    op: str, x: Array, place: Any, source: Array, reduce: str, include_self: bool
) -> Array:
    """A copy of ``x`` where ``source`` was combined into ``place``, element by element."""
    if reduce not in _UFUNCS:
        raise fail("TSX4005", op=op, expected=f"one of {', '.join(_IDENTITY)}", found=repr(reduce))
    values, source = opmath_values(x).copy(), opmath_values(source)
    if not include_self:
        values[place] = _identity(reduce, values)
    if _UFUNCS[reduce] is np.add:
        add_at(values, place, source)
    else:
        _UFUNCS[reduce].at(values, place, source)
    if reduce == "mean":
        counts = np.full(values.shape, int(include_self), np.int64)
        np.add.at(counts, place, 1)
        counts = np.maximum(counts, 1)
        if values.dtype.kind in "fc":
            values = values / counts.astype(values.dtype)
        else:
            values = values // counts
    return cast(np.asarray(values), dtype_of(x))


def scattered(
    op: str, x: Array, dim: int, index: Array, source: Array, reduce: str, include_self: bool = True
) -> Array:
    """``out[i, index[i, j]] = source[i, j]`` (for ``dim`` 1), replacing or reducing."""
    same_dtype(op, x, source)
    axis, target, places = _along(op, x, dim, index)
    if not places.size:
        return x.copy()
    source = np.atleast_1d(source)
    if any(i > s for i, s in zip(places.shape, source.shape, strict=True)):
        raise fail("TSX4005", op=op, expected=f"an index no larger than {list(source.shape)}",
                   found=list(index.shape))  # fmt: skip
    part = source[tuple(slice(s) for s in places.shape)]
    where = _places(places, axis)
    if reduce:
        return combined(op, target, where, part, reduce, include_self).reshape(x.shape)
    result = target.copy()
    result[where] = part
    return result.reshape(x.shape)


def _scatter_src(x: Array, dim: int, index: Array, src: Array) -> Array:
    return scattered("scatter", x, dim, index, src, "")


def _scatter_value(x: Array, dim: int, index: Array, value: Any) -> Array:
    return scattered("scatter", x, dim, index, filled(index.shape, value, dtype_of(x)), "")


def _scatter_reduce(x: Array, dim: int, index: Array, src: Array, reduce: str) -> Array:
    return scattered("scatter", x, dim, index, src, reduce)


def _scatter_value_reduce(x: Array, dim: int, index: Array, value: Any, reduce: str) -> Array:
    return scattered("scatter", x, dim, index, filled(index.shape, value, dtype_of(x)), reduce)


def _scatter_add(x: Array, dim: int, index: Array, src: Array) -> Array:
    return scattered("scatter_add", x, dim, index, src, "sum")


def _scatter_reduce_two(
    x: Array, dim: int, index: Array, src: Array, reduce: str, include_self: bool
) -> Array:
    return scattered("scatter_reduce", x, dim, index, src, reduce, include_self)


def _scatter_rule(self: Abstract, dim: Abstract, index: Abstract, *_: Abstract) -> Abstract:
    wrap_dim("scatter", dim, tensor(self).rank)
    return self


def _vector_index(op: str, x: Array, dim: int, index: Array) -> tuple[int, Array, Array]:
    """The axis, ``x`` with a dimension, and the 1-D index within it."""
    axis = axis_of(op, dim, x.ndim)
    if index.ndim > 1 or index.dtype.kind != "i":
        raise fail("TSX4005", op=op, expected="a 1-D index of integers",
                   found=f"{dtype_of(index)} of sizes {list(index.shape)}")  # fmt: skip
    target = np.atleast_1d(x)
    places = index.reshape(-1).astype(np.int64, copy=False)
    indices_in_range(
        op, places, target.shape[axis], low=-target.shape[axis] if op in _NEGATIVE else 0
    )
    return axis, target, places


_NEGATIVE = ("index_fill", "index_copy_")  # the ones that torch lets count from the end


def index_selected(x: Array, dim: int, index: Array) -> Array:
    """The rows of ``x`` along ``dim`` that ``index`` names, as a copy."""
    axis, source, places = _vector_index("index_select", x, dim, index)
    rows = np.take(source, places, axis)
    return rows if x.ndim else rows.reshape(())


def _index_select_rule(self: Abstract, dim: Abstract, index: Abstract) -> Abstract:
    x, places = tensor(self), tensor(index)
    if places.shape is not None and len(places.shape) > 1:
        raise mismatch("index_select", "a 1-D index", places)
    place = wrap_dim("index_select", dim, x.rank)
    if x.shape is None or place is None:
        return TensorType(x.dtype)
    if not x.shape:
        return x
    count = None if places.shape is None else places.shape[0] if places.shape else 1
    return resized(x, place, count)


def _along_axis(axis: int, places: Array) -> tuple[Any, ...]:
    return (slice(None),) * axis + (places,)


def _index_fill(x: Array, dim: int, index: Array, value: Any) -> Array:
    axis, target, places = _vector_index("index_fill", x, dim, index)
    result = target.copy()
    if isinstance(value, np.ndarray):
        if value.ndim:
            raise fail("TSX4005", op="index_fill", expected="a 0-dim value", found=value.ndim)
        fill = cast(value, dtype_of(x))
    else:
        fill = filled((), value, dtype_of(x))
    result[_along_axis(axis, places)] = fill
    return result.reshape(x.shape)


def _source_like(op: str, target: Array, axis: int, places: Array, source: Array) -> Array:
    """The source, whose sizes must be the target's with one row for each index."""
    wanted = (*target.shape[:axis], places.size, *target.shape[axis + 1 :])
    if source.size != np.prod(wanted) or (source.ndim and source.shape != wanted):
        raise fail(
            "TSX4005", op=op, expected=f"a source of sizes {list(wanted)}", found=list(source.shape)
        )
    return source.reshape(wanted)


def _index_add(x: Array, dim: int, index: Array, source: Array, alpha: Any) -> Array:
    same_dtype("index_add", x, source)
    axis, target, places = _vector_index("index_add", x, dim, index)
    rows = opmath_values(_source_like("index_add", target, axis, places, source))
    if alpha != 1:
        rows = rows * np.asarray(alpha).astype(rows.dtype)
    wide = opmath_values(target).copy()
    add_at(wide, _along_axis(axis, places), rows)
    return cast(wide, dtype_of(x)).reshape(x.shape)


def _index_copy(x: Array, dim: int, index: Array, source: Array) -> Array:
    same_dtype("index_copy", x, source)
    axis, target, places = _vector_index("index_copy", x, dim, index)
    result = target.copy()
    result[_along_axis(axis, places)] = _source_like("index_copy", target, axis, places, source)
    return result.reshape(x.shape)


def _index_reduce(
    x: Array, dim: int, index: Array, source: Array, reduce: str, include_self: bool
) -> Array:
    same_dtype("index_reduce", x, source)
    axis, target, places = _vector_index("index_reduce", x, dim, index)
    rows = _source_like("index_reduce", target, axis, places, source)
    where = _along_axis(axis, places)
    return combined("index_reduce", target, where, rows, reduce, include_self).reshape(x.shape)


_INDEX = "Tensor self, int dim, Tensor index"
Evaluate = Callable[..., Array]

define(f"aten::gather({_INDEX}, *, bool sparse_grad=False) -> Tensor", _gather_rule, gathered)
define("aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor",
       _take_along_rule, _take_along)  # fmt: skip
define(f"aten::index_select({_INDEX}) -> Tensor", _index_select_rule, index_selected)

_SCATTERS: tuple[tuple[str, Evaluate], ...] = (
    (f"scatter.src({_INDEX}, Tensor src)", _scatter_src),
    (f"scatter.value({_INDEX}, Scalar value)", _scatter_value),
    (f"scatter.reduce({_INDEX}, Tensor src, *, str reduce)", _scatter_reduce),
    (f"scatter.value_reduce({_INDEX}, Scalar value, *, str reduce)", _scatter_value_reduce),
    (f"scatter_add({_INDEX}, Tensor src)", _scatter_add),
    (
        f"scatter_reduce.two({_INDEX}, Tensor src, str reduce, *, bool include_self=True)",
        _scatter_reduce_two,
    ),
)
_INDEXED: tuple[tuple[str, Evaluate], ...] = (
    (f"index_fill.int_Scalar({_INDEX}, Scalar value)", _index_fill),
    (f"index_fill.int_Tensor({_INDEX}, Tensor value)", _index_fill),
    (f"index_add({_INDEX}, Tensor source, *, Scalar alpha=1)", _index_add),
    (f"index_copy({_INDEX}, Tensor source)", _index_copy),
    (
        f"index_reduce({_INDEX}, Tensor source, str reduce, *, bool include_self=True)",
        _index_reduce,
    ),
)
for _schema, _eval in _SCATTERS:
    define_with_inplace(f"aten::{_schema} -> Tensor", _scatter_rule, _eval)
for _schema, _eval in _INDEXED:
    define_with_inplace(f"aten::{_schema} -> Tensor", same_as_self, _eval)
