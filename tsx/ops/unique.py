"""Distinct elements or rows: _unique2, unique_dim, unique_consecutive. Each NaN is distinct from every other."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import wrap_dim
from tsx.ops.checked import axis_of, define, real_values
from tsx.ops.dtypes import Array
from tsx.ops.view_rules import resized, tensor

Found = tuple[Array, Array, Array]
_NONE = np.zeros(0, np.int64)


def _runs(
    is_new: Array, shape: Any, wants_inverse: bool, wants_counts: bool
) -> tuple[Array, Array, Array]:
    """From where each run of equal rows starts: (the first row of each, inverse, counts)."""
    starts = np.flatnonzero(is_new)
    inverse = (np.cumsum(is_new) - 1).astype(np.int64).reshape(shape) if wants_inverse else _NONE
    counts = np.diff(np.append(starts, len(is_new))).astype(np.int64) if wants_counts else _NONE
    return starts, inverse, counts


def _changes(rows: Array) -> Array:
    """Where a row differs from the one before it (the first always does)."""
    is_new = np.ones(len(rows), np.bool_)
    differs = rows[1:] != rows[:-1]
    is_new[1:] = differs.reshape(len(rows) - 1, -1).any(axis=1) if len(rows) > 1 else False
    return is_new


def unique(x: Array, is_sorted: bool, wants_inverse: bool, wants_counts: bool) -> Found:
    """The distinct elements in ascending order, where each element went, and how often each came."""
    flat = x.reshape(-1)
    order = np.argsort(real_values(flat), kind="stable")
    ranked = flat[order]
    starts, inverse, counts = _runs(
        _changes(real_values(ranked)), flat.shape, wants_inverse, wants_counts
    )
    if wants_inverse:
        inverse = _unsorted(inverse, order).reshape(x.shape)
    return ranked[starts], inverse, counts


def _unsorted(ranks: Array, order: Array) -> Array:
    result = np.empty_like(ranks)
    result[order] = ranks
    return result


def _unique(x: Array, is_sorted: bool, wants_inverse: bool) -> tuple[Array, Array]:
    values, inverse, _ = unique(x, is_sorted, wants_inverse, False)
    return values, inverse


def unique_dim(
    x: Array, dim: int, is_sorted: bool, wants_inverse: bool, wants_counts: bool
) -> Found:
    """The distinct slices along ``dim``, in lexicographic order; inverse and counts come in any case, as in torch."""
    axis = axis_of("unique_dim", dim, x.ndim)
    rows = np.moveaxis(np.atleast_1d(x), axis, 0)
    keys = real_values(rows).reshape(len(rows), -1 if rows.size else 0)
    order = np.lexsort(keys.T[::-1]) if keys.size else np.arange(len(rows))
    starts, inverse, counts = _runs(_changes(keys[order]), len(rows), True, True)
    values = np.moveaxis(rows[order][starts], 0, axis)
    return np.ascontiguousarray(values), _unsorted(inverse, order), counts


def unique_consecutive(x: Array, wants_inverse: bool, wants_counts: bool, dim: int | None) -> Found:
    """One of each run of equal elements (of the flattened tensor), or of equal slices along ``dim``."""
    if dim is not None and (dim, x.ndim) != (0, 1):
        return _unique_dim_consecutive(x, dim, wants_inverse, wants_counts)
    flat = x.reshape(-1)
    starts, inverse, counts = _runs(
        _changes(real_values(flat)), x.shape, wants_inverse, wants_counts
    )
    return flat[starts], inverse, counts


def _unique_dim_consecutive(x: Array, dim: int, wants_inverse: bool, wants_counts: bool) -> Found:
    axis = axis_of("unique_consecutive", dim, x.ndim)
    rows = np.moveaxis(np.atleast_1d(x), axis, 0)
    starts, inverse, counts = _runs(_changes(real_values(rows)), len(rows), True, True)
    return np.ascontiguousarray(np.moveaxis(rows[starts], 0, axis)), inverse, counts


def _extras(
    shape: tuple[Dim | None, ...] | None, inverse: Abstract, counts: Abstract
) -> tuple[TensorType, TensorType]:
    """The types of the inverse (of ``shape``) and the counts; empty when not asked for."""
    first = shape if inverse is True else (0,) if inverse is False else None
    return TensorType(DType.INT64, first), TensorType(
        DType.INT64, (0 if counts is False else None,)
    )


def _flat_rule(self: Abstract, inverse: Abstract, counts: Abstract) -> Abstract:
    x = tensor(self)
    return TensorType(x.dtype, (None,)), *_extras(x.shape, inverse, counts)


def _unique2_rule(
    self: Abstract, is_sorted: Abstract = True, inverse: Abstract = False, counts: Abstract = False
) -> Abstract:
    return _flat_rule(self, inverse, counts)


def _unique_rule(self: Abstract, is_sorted: Abstract = True, inverse: Abstract = False) -> Abstract:
    x = tensor(self)
    return TensorType(x.dtype, (None,)), _extras(x.shape, inverse, False)[0]


def _along_rule(self: Abstract, dim: Abstract, inverse: Abstract, counts: Abstract) -> Abstract:
    x = tensor(self)
    place = wrap_dim("unique_dim", dim, x.rank)
    if not x.shape or place is None:
        return TensorType(x.dtype), TensorType(DType.INT64), TensorType(DType.INT64)
    return resized(x, place, None), *_extras((x.shape[place],), True, True)


def _unique_dim_rule(
    self: Abstract,
    dim: Abstract,
    is_sorted: Abstract = True,
    inverse: Abstract = False,
    counts: Abstract = False,
) -> Abstract:
    return _along_rule(self, dim, inverse, counts)


def _consecutive_rule(
    self: Abstract, inverse: Abstract = False, counts: Abstract = False, dim: Abstract = None
) -> Abstract:
    x = tensor(self)
    if dim == 0 and x.rank is None:
        return TensorType(x.dtype), TensorType(DType.INT64), TensorType(DType.INT64)
    if dim is None or (dim == 0 and x.rank == 1):
        return _flat_rule(x, inverse, counts)
    return _along_rule(x, dim, inverse, counts)


def _dim_consecutive_rule(
    self: Abstract, dim: Abstract, inverse: Abstract = False, counts: Abstract = False
) -> Abstract:
    return _along_rule(self, dim, inverse, counts)


_WANTS = "bool return_inverse=False, bool return_counts=False"
_THREE = "(Tensor, Tensor, Tensor)"
define(
    f"aten::_unique2(Tensor self, bool sorted=True, {_WANTS}) -> {_THREE}", _unique2_rule, unique
)
define("aten::_unique(Tensor self, bool sorted=True, bool return_inverse=False) -> (Tensor, Tensor)",
       _unique_rule, _unique)  # fmt: skip
define(f"aten::unique_dim(Tensor self, int dim, bool sorted=True, {_WANTS}) -> {_THREE}",
       _unique_dim_rule, unique_dim)  # fmt: skip
define(f"aten::unique_consecutive(Tensor self, {_WANTS}, int? dim=None) -> {_THREE}",
       _consecutive_rule, unique_consecutive)  # fmt: skip
define(f"aten::unique_dim_consecutive(Tensor self, int dim, {_WANTS}) -> {_THREE}",
       _dim_consecutive_rule, _unique_dim_consecutive)  # fmt: skip
