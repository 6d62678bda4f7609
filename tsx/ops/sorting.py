"""Sorting and ranking: sort, argsort, msort, topk, kthvalue.

NaN counts as the largest; equal elements keep their order.
"""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Unknown
from tsx.ir.types import INT, DType, TensorType
from tsx.ops.abstract import as_dim, mismatch, wrap_dim
from tsx.ops.checked import axis_of, define, need_order, real_values
from tsx.ops.dtypes import Array
from tsx.ops.view_rules import resized, select, tensor

_PARTITION_FROM = 2048  # a row this long is worth partitioning before sorting a few of it


def order(x: Array, axis: int, descending: bool) -> Array:
    """The stable order of the elements along ``axis``."""
    need_order("sort", x)
    values = real_values(x)
    if not descending:
        return np.argsort(values, axis=axis, kind="stable")
    # The stable order of the reversed row, read backwards: equal elements keep their order, NaN comes first.
    backwards = np.argsort(np.flip(values, axis), axis=axis, kind="stable")
    return np.ascontiguousarray(x.shape[axis] - 1 - np.flip(backwards, axis))


def sorted_by(x: Array, dim: int, descending: bool) -> tuple[Array, Array]:
    axis = axis_of("sort", dim, x.ndim)
    need_order("sort", x)
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    index = order(x, axis, descending)
    return np.take_along_axis(x, index, axis), index


def _sort_stable(x: Array, stable: bool | None, dim: int, descending: bool) -> tuple[Array, Array]:
    return sorted_by(x, dim, descending)


def _argsort(x: Array, dim: int, descending: bool) -> Array:
    return sorted_by(x, dim, descending)[1]


def _argsort_stable(x: Array, stable: bool, dim: int, descending: bool) -> Array:
    return sorted_by(x, dim, descending)[1]


def _msort(x: Array) -> Array:
    return sorted_by(x, 0, False)[0]


def _sort_rule(self: Abstract, dim: Abstract = -1, descending: Abstract = False) -> Abstract:
    x = tensor(self)
    if x.dtype is not None and x.dtype.is_complex:
        raise mismatch("sort", "numbers that have an order", x.dtype)
    wrap_dim("sort", dim, x.rank)
    return x, TensorType(DType.INT64, x.shape)


def _sort_stable_rule(
    self: Abstract, stable: Abstract, dim: Abstract = -1, descending: Abstract = False
) -> Abstract:
    return _sort_rule(self, dim, descending)


def _argsort_rule(self: Abstract, dim: Abstract = -1, descending: Abstract = False) -> Abstract:
    _sort_rule(self, dim)
    return TensorType(DType.INT64, tensor(self).shape)


def _argsort_stable_rule(
    self: Abstract, stable: Abstract, dim: Abstract = -1, descending: Abstract = False
) -> Abstract:
    return _argsort_rule(self, dim)


def _msort_rule(self: Abstract) -> Abstract:
    return self


def topk(x: Array, k: int, dim: int, largest: bool, is_sorted: bool) -> tuple[Array, Array]:
    """The ``k`` largest (or smallest) elements along ``dim``, best first, with their places."""
    axis = axis_of("topk", dim, x.ndim)
    size = x.shape[axis] if x.ndim else 1
    if not 0 <= k <= size:
        raise fail("TSX4005", op="topk", expected=f"a k from 0 to {size}", found=k)
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    if size >= _PARTITION_FROM and 0 < k < size // 8:
        index = _partitioned(x, k, axis, largest)
    else:
        index = np.take(order(x, axis, largest), np.arange(k), axis)
    return np.take_along_axis(x, index, axis), index


def _partitioned(x: Array, k: int, axis: int, largest: bool) -> Array:
    """The places of the ``k`` best, found by partition, then in order."""
    values = real_values(x)
    size = x.shape[axis]
    split = np.argpartition(values, size - k if largest else k - 1, axis=axis)
    best = np.take(split, np.arange(size - k, size) if largest else np.arange(k), axis)
    best.sort(axis=axis)  # so that equal elements come in their own order
    return np.take_along_axis(best, order(np.take_along_axis(x, best, axis), axis, largest), axis)


def _topk_rule(
    self: Abstract,
    k: Abstract,
    dim: Abstract = -1,
    largest: Abstract = True,
    is_sorted: Abstract = True,
) -> Abstract:
    x = tensor(self)
    place = wrap_dim("topk", dim, x.rank)
    if x.shape is None:
        return TensorType(x.dtype), TensorType(DType.INT64)
    if not x.shape:
        return x, TensorType(DType.INT64, ())
    if place is None:
        sizes = (None,) * len(x.shape)
        return TensorType(x.dtype, sizes), TensorType(DType.INT64, sizes)
    count, whole = as_dim(k), x.shape[place]
    if isinstance(count, int) and isinstance(whole, int) and not 0 <= count <= whole:
        raise mismatch("topk", f"a k from 0 to {whole}", count)
    values = resized(x, place, count)
    return values, TensorType(DType.INT64, values.shape)


def kthvalue(x: Array, k: int, dim: int, keepdim: bool) -> tuple[Array, Array]:
    """The ``k``-th smallest element along ``dim`` (from 1), and its place."""
    axis = axis_of("kthvalue", dim, x.ndim)
    size = x.shape[axis] if x.ndim else 1
    if not 1 <= k <= size:
        raise fail("TSX4005", op="kthvalue", expected=f"a k from 1 to {size}", found=k)
    return nth(x, k - 1, axis, keepdim)


def nth(x: Array, n: int, axis: int, keepdim: bool) -> tuple[Array, Array]:
    """The element in place ``n`` of each sorted row, and where it was."""
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    index = np.take(order(x, axis, False), [n], axis)
    values = np.take_along_axis(x, index, axis)
    return (values, index) if keepdim else (np.squeeze(values, axis), np.squeeze(index, axis))


def one_of_each_row(op: str, self: Abstract, dim: Abstract, keepdim: Abstract) -> Abstract:
    """The rule of operators that pick one element along ``dim``: its value and its place."""
    x = tensor(self)
    place = wrap_dim(op, dim, x.rank)
    if x.shape == ():
        return x, TensorType(DType.INT64, ())
    if x.shape is None or not isinstance(keepdim, bool):
        return TensorType(x.dtype), TensorType(DType.INT64)
    if not keepdim:
        left = tensor(select(x, dim, Unknown(INT)))
    elif place is None:
        left = TensorType(x.dtype, (None,) * len(x.shape))
    else:
        left = resized(x, place, 1)
    return left, TensorType(DType.INT64, left.shape)


def _kthvalue_rule(
    self: Abstract, k: Abstract, dim: Abstract = -1, keepdim: Abstract = False
) -> Abstract:
    return one_of_each_row("kthvalue", self, dim, keepdim)


_PAIR = "(Tensor values, Tensor indices)"
_DIM = "int dim=-1, bool descending=False"
define(f"aten::sort(Tensor self, {_DIM}) -> {_PAIR}", _sort_rule, sorted_by)
define(f"aten::sort.stable(Tensor self, *, bool? stable, {_DIM}) -> {_PAIR}",
       _sort_stable_rule, _sort_stable)  # fmt: skip
define(f"aten::argsort(Tensor self, {_DIM}) -> Tensor", _argsort_rule, _argsort)
define(f"aten::argsort.stable(Tensor self, *, bool stable, {_DIM}) -> Tensor",
       _argsort_stable_rule, _argsort_stable)  # fmt: skip
define("aten::msort(Tensor self) -> Tensor", _msort_rule, _msort)
define(f"aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> {_PAIR}",
       _topk_rule, topk)  # fmt: skip
define(f"aten::kthvalue(Tensor self, SymInt k, int dim=-1, bool keepdim=False) -> {_PAIR}",
       _kthvalue_rule, kthvalue)  # fmt: skip
