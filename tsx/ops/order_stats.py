"""Statistics of sorted rows: median, nanmedian, mode, quantile, nanquantile."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import TensorType
from tsx.ops import reduce_rules as rules
from tsx.ops.abstract import mismatch
from tsx.ops.checked import axis_of, define, real_values
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.reductions import REDUCTION
from tsx.ops.sorting import one_of_each_row, order
from tsx.ops.view_rules import tensor

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _median_along(x: Array, dim: int, keepdim: bool, *, skip_nan: bool) -> tuple[Array, Array]:
    """The lower median of each row and its place; NaN when the row has one, unless it is skipped."""
    axis = axis_of("median", dim, x.ndim)
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    if not x.shape[axis]:
        raise fail(
            "TSX4005", op="median", expected="a dimension that is not empty", found=list(x.shape)
        )
    values = real_values(x)
    is_nan = values != values
    counted = np.sum(~is_nan, axis=axis, keepdims=True)
    middle = np.maximum((counted if skip_nan else np.full_like(counted, x.shape[axis])) - 1, 0) // 2
    index = np.take_along_axis(order(x, axis, False), middle, axis)
    if not skip_nan:
        first_nan = np.argmax(is_nan, axis=axis, keepdims=True)
        index = np.where(is_nan.any(axis=axis, keepdims=True), first_nan, index)
    found = np.take_along_axis(x, index, axis)
    return (found, index) if keepdim else (np.squeeze(found, axis), np.squeeze(index, axis))


def _define_median(name: str, *, skip_nan: bool) -> None:
    def along(x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
        return _median_along(x, dim, keepdim, skip_nan=skip_nan)

    def whole(x: Array) -> Array:
        if x.size:
            return _median_along(x.reshape(-1), 0, False, skip_nan=skip_nan)[0]
        if not dtype_of(x).is_float:
            raise fail(
                "TSX4005", op=name, expected="a tensor that is not empty", found=list(x.shape)
            )
        return cast(np.array(np.nan), dtype_of(x))

    def along_rule(self: Abstract, dim: Abstract, keepdim: Abstract = False) -> Abstract:
        return one_of_each_row(name, self, dim, keepdim)

    def whole_rule(self: Abstract) -> Abstract:
        return TensorType(tensor(self).dtype, ())

    define(f"aten::{name}(Tensor self) -> Tensor", whole_rule, whole, REDUCTION)
    define(f"aten::{name}.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
           along_rule, along, REDUCTION)  # fmt: skip


def mode(x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
    """The most frequent element of each row (the smallest of several), and its last place."""
    axis = axis_of("mode", dim, x.ndim)
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    index = np.moveaxis(order(x, axis, False), axis, -1)
    rows = np.take_along_axis(np.moveaxis(real_values(x), axis, -1), index, -1)
    length = np.ones(rows.shape, np.int64)  # of the run of equal elements that ends here
    for i in range(1, rows.shape[-1]):
        length[..., i] += length[..., i - 1] * (rows[..., i] == rows[..., i - 1])
    place = np.take_along_axis(index, np.argmax(length, -1)[..., None], -1)
    place = np.moveaxis(place, -1, axis)
    found = np.take_along_axis(x, place, axis)
    return (found, place) if keepdim else (np.squeeze(found, axis), np.squeeze(place, axis))


def _mode_rule(self: Abstract, dim: Abstract = -1, keepdim: Abstract = False) -> Abstract:
    return one_of_each_row("mode", self, dim, keepdim)


def quantiles(
    x: Array, q: Array | float, dim: int | None, keepdim: bool, how: str, *, skip_nan: bool
) -> Array:
    """The quantiles ``q`` of each row; a 1-D ``q`` gives a leading dimension."""
    if x.dtype not in (np.float32, np.float64):
        raise fail("TSX4005", op="quantile", expected="float32 or float64", found=dtype_of(x))
    if isinstance(q, np.ndarray) and q.dtype != x.dtype:
        raise fail("TSX4005", op="quantile", expected=f"q of {dtype_of(x)}", found=dtype_of(q))
    points = np.asarray(q, x.dtype)
    if (
        how not in _INTERPOLATIONS
        or points.ndim > 1
        or not bool(np.all((points >= 0) & (points <= 1)))
    ):
        raise fail(
            "TSX4005",
            op="quantile",
            expected="q from 0 to 1 and a known interpolation",
            found=f"{q}, {how}",
        )
    axis = axis_of("quantile", dim, x.ndim) if dim is not None else 0
    rows = np.moveaxis(x, axis, -1) if dim is not None and x.ndim else x.reshape(-1)
    if not rows.shape[-1]:
        raise fail(
            "TSX4005", op="quantile", expected="a dimension that is not empty", found=list(x.shape)
        )
    found = _ranked(np.sort(rows, axis=-1), points.reshape(-1), how, skip_nan)
    result = np.moveaxis(found, -1, 0)
    if keepdim and x.ndim:
        shape = (
            [1] * x.ndim if dim is None else [1 if a == axis else s for a, s in enumerate(x.shape)]
        )
        result = result.reshape(len(result), *shape)
    return np.ascontiguousarray(result if points.ndim else result[0]).reshape(
        result.shape if points.ndim else result.shape[1:]
    )


def _ranked(rows: Array, points: Array, how: str, skip_nan: bool) -> Array:
    """Elements of sorted rows at fractional ranks; the last dimension becomes the points."""
    is_nan = np.isnan(rows)
    count = (
        np.sum(~is_nan, axis=-1, keepdims=True)
        if skip_nan
        else np.full((*rows.shape[:-1], 1), rows.shape[-1])
    )
    rank = points * np.maximum(count - 1, 0).astype(rows.dtype)
    if not skip_nan:  # a NaN makes the whole row NaN: the last of a sorted row
        rank = np.where(
            is_nan.any(axis=-1, keepdims=True), rows.dtype.type(rows.shape[-1] - 1), rank
        )
    if how == "nearest":
        rank = np.round(rank)
    below = np.ceil(rank) if how == "higher" else np.floor(rank)
    low = np.take_along_axis(rows, below.astype(np.int64), -1)
    if how not in ("linear", "midpoint"):
        return low
    high = np.take_along_axis(rows, np.ceil(rank).astype(np.int64), -1)
    weight = np.full_like(rank, 0.5) if how == "midpoint" else rank - below
    return np.asarray(
        np.where(weight < 0.5, low + weight * (high - low), high - (high - low) * (1 - weight))
    )


def _define_quantile(name: str, *, skip_nan: bool) -> None:
    def evaluate(x: Array, q: Any, dim: int | None, keepdim: bool, how: str) -> Array:
        return quantiles(x, q, dim, keepdim, how, skip_nan=skip_nan)

    def rule(
        self: Abstract,
        q: Abstract,
        dim: Abstract = None,
        keepdim: Abstract = False,
        how: Abstract = "linear",
    ) -> Abstract:
        x = tensor(self)
        if x.dtype is not None and x.dtype.itemsize < 4:
            raise mismatch(name, "float32 or float64", x.dtype)
        shape = rules.reduced_shape(name, x.shape, dim, keepdim)
        points = q.shape if isinstance(q, TensorType) else ()
        return TensorType(x.dtype, None if shape is None or points is None else points + shape)

    options = 'int? dim=None, bool keepdim=False, *, str interpolation="linear"'
    define(f"aten::{name}(Tensor self, Tensor q, {options}) -> Tensor", rule, evaluate, REDUCTION)
    define(
        f"aten::{name}.scalar(Tensor self, float q, {options}) -> Tensor", rule, evaluate, REDUCTION
    )


_define_median("median", skip_nan=False)
_define_median("nanmedian", skip_nan=True)
define("aten::mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)",
       _mode_rule, mode, REDUCTION)  # fmt: skip
_define_quantile("quantile", skip_nan=False)
_define_quantile("nanquantile", skip_nan=True)
