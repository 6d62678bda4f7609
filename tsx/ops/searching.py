"""Finding places in sorted rows, and counting: searchsorted, bucketize, bincount, histc, histogram."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import as_dim, mismatch
from tsx.ops.checked import define, need_sizes, opmath_values, real_values
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.view_rules import tensor


def searched(
    rows: Array, values: Any, out_int32: bool, right: bool, side: str | None, sorter: Array | None
) -> Array:
    """Where each value belongs in the sorted row of its batch; ``right`` puts it after equal elements."""
    if side not in (None, "left", "right") or (side == "left" and right):
        raise fail(
            "TSX4005", op="searchsorted", expected="side 'left' or 'right'", found=repr(side)
        )
    after = right or side == "right"
    wanted = real_values(np.asarray(values))
    ordered = real_values(rows if sorter is None else np.take_along_axis(rows, sorter, -1))
    if rows.ndim == 1:
        found = np.searchsorted(ordered, wanted, "right" if after else "left")
    elif wanted.shape[:-1] != rows.shape[:-1]:
        raise fail("TSX4005", op="searchsorted", expected=f"values of sizes {[*rows.shape[:-1], -1]}",
                   found=list(wanted.shape))  # fmt: skip
    else:
        found = np.zeros(wanted.shape, np.int64)
        for place in np.ndindex(rows.shape[:-1]):
            found[place] = np.searchsorted(
                ordered[place], wanted[place], "right" if after else "left"
            )
    return np.asarray(found, np.int32 if out_int32 else np.int64)


def _index_dtype(out_int32: Abstract) -> DType | None:
    return (DType.INT32 if out_int32 else DType.INT64) if isinstance(out_int32, bool) else None


def _searched_rule(
    rows: Abstract, values: Abstract, out_int32: Abstract = False, *_: Abstract
) -> Abstract:
    shape = values.shape if isinstance(values, TensorType) else ()
    return TensorType(_index_dtype(out_int32), shape)


def _bucketize(values: Any, boundaries: Array, out_int32: bool, right: bool) -> Array:
    if boundaries.ndim != 1:
        raise fail("TSX4005", op="bucketize", expected="1-D boundaries", found=boundaries.ndim)
    return searched(boundaries, values, out_int32, right, None, None)


def _bucketize_rule(
    values: Abstract, boundaries: Abstract, out_int32: Abstract = False, right: Abstract = False
) -> Abstract:
    rank = tensor(boundaries).rank
    if rank not in (None, 1):
        raise mismatch("bucketize", "1-D boundaries", rank)
    return _searched_rule(boundaries, values, out_int32)


def _bincount(x: Array, weights: Array | None, minlength: int) -> Array:
    if x.ndim != 1 or x.dtype.kind not in "iu" or (x.size and x.min() < 0):
        raise fail("TSX4005", op="bincount", expected="a 1-D tensor of whole numbers of 0 or more",
                   found=f"{dtype_of(x)} of sizes {list(x.shape)}")  # fmt: skip
    counts = np.bincount(x, None if weights is None else opmath_values(weights), minlength)
    if weights is None:
        return counts.astype(np.int64)
    return counts.astype(np.float32 if weights.dtype == np.float32 else np.float64)


def _bincount_rule(self: Abstract, weights: Abstract = None, minlength: Abstract = 0) -> Abstract:
    if weights is None:
        return TensorType(DType.INT64, (None,))
    dtype = tensor(weights).dtype
    return TensorType(dtype and (dtype if dtype is DType.FLOAT32 else DType.FLOAT64), (None,))


def _range(values: Array, low: float, high: float) -> tuple[float, float]:
    """The range to count in: as given, else that of the values, never of no width."""
    if low == high and values.size:
        low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise fail("TSX4005", op="histc", expected="a finite range", found=f"{low} to {high}")
    return low, high


def _real(op: str, x: Array) -> Array:
    """The elements in one row, as NumPy counts them."""
    if x.dtype.kind not in "fiu":
        raise fail("TSX4005", op=op, expected="a tensor of real numbers", found=dtype_of(x))
    return real_values(x).reshape(-1)


def _histc(x: Array, bins: int, low: Any, high: Any) -> Array:
    """How many elements lie in each of ``bins`` equal parts; those outside are not counted."""
    if bins < 1:
        raise fail("TSX4005", op="histc", expected="1 bin or more", found=bins)
    values = _real("histc", x)
    low, high = _range(values, float(low), float(high))
    inside = values[(values >= low) & (values <= high)].astype(np.float64)
    places = np.minimum(((inside - low) / (high - low) * bins).astype(np.int64), bins - 1)
    return cast(np.bincount(places, minlength=bins), dtype_of(x))


def _histc_rule(self: Abstract, bins: Abstract = 100, *_: Abstract) -> Abstract:
    return TensorType(tensor(self).dtype, (as_dim(bins),))


def _histogram(x: Array, bins: Any, weight: Array | None, density: bool) -> tuple[Array, Array]:
    values = _real("histogram", x)
    if isinstance(weight, np.ndarray) and weight.shape != x.shape:
        raise fail(
            "TSX4005",
            op="histogram",
            expected=f"weights of sizes {list(x.shape)}",
            found=list(weight.shape),
        )
    edges = np.asarray(bins, x.dtype)
    weights = None if weight is None else _real("histogram", weight).astype(np.float64)
    counts, _ = np.histogram(values, edges, weights=weights, density=density)
    return counts.astype(x.dtype), edges


def _histogram_count(
    x: Array, bins: int, between: Any, weight: Array | None, density: bool
) -> tuple[Array, Array]:
    _real("histogram", x)
    need_sizes("histogram", [bins - 1])
    low, high = (0.0, 0.0) if between is None else between
    if between is None:
        low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return _histogram(x, np.linspace(low, high, bins + 1), weight, density)


def _histogram_edges(
    x: Array, bins: Array, weight: Array | None, density: bool
) -> tuple[Array, Array]:
    if bins.ndim != 1 or not bins.size:
        raise fail("TSX4005", op="histogram", expected="1-D bin edges", found=list(bins.shape))
    if bins.dtype != x.dtype:
        raise fail(
            "TSX4005", op="histogram", expected=f"bin edges of {dtype_of(x)}", found=dtype_of(bins)
        )
    return _histogram(x, bins, weight, density)


def _histogram_rule(self: Abstract, bins: Abstract, *_: Abstract) -> Abstract:
    dtype = tensor(self).dtype
    shape = tensor(bins).shape
    if shape is not None and (len(shape) != 1 or shape[0] == 0):
        raise mismatch("histogram", "1-D bin edges", len(shape))
    if shape is None or shape[0] is None:
        return TensorType(dtype, (None,)), TensorType(dtype, (None,))
    return TensorType(dtype, (shape[0] - 1,)), TensorType(dtype, shape)


def _histogram_count_rule(self: Abstract, bins: Abstract = 100, *_: Abstract) -> Abstract:
    dtype, count = tensor(self).dtype, as_dim(bins)
    if isinstance(count, int) and count < 1:
        raise mismatch("histogram", "1 bin or more", count)
    return TensorType(dtype, (count,)), TensorType(dtype, (None if count is None else count + 1,))


_SIDE = "*, bool out_int32=False, bool right=False"
for _type in ("Tensor", "Scalar"):
    define(f"aten::searchsorted.{_type}(Tensor sorted_sequence, {_type} self, {_SIDE}, str? side=None,"
           " Tensor? sorter=None) -> Tensor", _searched_rule, searched)  # fmt: skip
    define(f"aten::bucketize.{_type}({_type} self, Tensor boundaries, {_SIDE}) -> Tensor",
           _bucketize_rule, _bucketize)  # fmt: skip
define("aten::bincount(Tensor self, Tensor? weights=None, SymInt minlength=0) -> Tensor",
       _bincount_rule, _bincount)  # fmt: skip
define(
    "aten::histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor",
    _histc_rule,
    _histc,
)
define("aten::histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None, bool density=False)"
       " -> (Tensor hist, Tensor bin_edges)", _histogram_rule, _histogram_edges)  # fmt: skip
define("aten::histogram.bin_ct(Tensor self, int bins=100, *, float[]? range=None, Tensor? weight=None,"
       " bool density=False) -> (Tensor hist, Tensor bin_edges)", _histogram_count_rule, _histogram_count)  # fmt: skip
