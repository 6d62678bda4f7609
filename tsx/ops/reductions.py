"""Sums, products, means, any and all, and what is built on them: nansum, count_nonzero, logsumexp, trace.

Half-precision values are summed in float32 and rounded once. float32 sums are NumPy's pairwise ones along contiguous
memory; where NumPy would add naively over many rows, float64 carries the sum, since torch's cascade is as good.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Trait
from tsx.ir.types import DTYPE_BY_CODE, DType, TensorType
from tsx.ops import reduce_rules as rules
from tsx.ops.checked import axes_of, define, nonzero_mask, opmath_values
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.view_rules import tensor

REDUCTION = Trait.PURE | Trait.REDUCTION
_NAIVE_LIMIT = 128  # rows that float32 may add one after the other


def input_dtype(x: Array, dtype: int | None) -> DType:
    """The dtype a sum or product runs in and gives."""
    if dtype is not None:
        return DTYPE_BY_CODE[dtype]
    found = rules.sum_dtype(dtype_of(x))
    assert found is not None
    return found


def summed(values: Array, axes: tuple[int, ...], keepdim: bool) -> Array:
    """The sum over ``axes``, in the dtype of ``values``."""
    if not axes and values.ndim:
        return values.copy()
    if values.dtype == np.float32 and _naive_rows(values, axes) > _NAIVE_LIMIT:
        total = np.sum(values, axis=axes, dtype=np.float64, keepdims=keepdim)
        return np.asarray(total, np.float32)
    return np.asarray(np.sum(values, axis=axes, dtype=values.dtype, keepdims=keepdim))


def _naive_rows(values: Array, axes: tuple[int, ...]) -> int:
    """How many elements NumPy adds one after the other, outside its pairwise inner loop."""
    outer: int = math.prod(values.shape[a] for a in axes)
    for axis in range(values.ndim - 1, -1, -1):
        if axis not in axes or not values.flags.c_contiguous:
            break
        outer //= max(values.shape[axis], 1)
    return outer


def _sum(x: Array, dtype: int | None) -> Array:
    return summed_dims(x, None, False, dtype)


def summed_dims(x: Array, dim: Any, keepdim: bool, dtype: int | None) -> Array:
    target = input_dtype(x, dtype)
    values = opmath_values(cast(x, target))
    return cast(summed(values, axes_of("sum", dim, x.ndim), keepdim), target)


def _mean(x: Array, dtype: int | None) -> Array:
    return averaged(x, None, False, dtype)


def averaged(x: Array, dim: Any, keepdim: bool, dtype: int | None) -> Array:
    target = dtype_of(x) if dtype is None else DTYPE_BY_CODE[dtype]
    rules.need_float("mean", target)
    axes = axes_of("mean", dim, x.ndim)
    total = summed(opmath_values(cast(x, target)), axes, keepdim)
    count = math.prod(x.shape[a] for a in axes)
    return cast(np.asarray(np.divide(total, total.dtype.type(count))), target)


def _prod(x: Array, dtype: int | None) -> Array:
    return _prod_over(x, axes_of("prod", None, x.ndim), False, dtype)


def _prod_dim(x: Array, dim: int, keepdim: bool, dtype: int | None) -> Array:
    return _prod_over(x, axes_of("prod", dim, x.ndim), keepdim, dtype)


def _prod_over(x: Array, axes: tuple[int, ...], keepdim: bool, dtype: int | None) -> Array:
    target = input_dtype(x, dtype)
    values = opmath_values(cast(x, target))
    if not x.ndim:
        return cast(values.copy(), target)
    return cast(
        np.asarray(np.prod(values, axis=axes, dtype=values.dtype, keepdims=keepdim)), target
    )


def _logical(name: str, x: Array, dim: Any, keepdim: bool) -> Array:
    axes = axes_of(name, dim, x.ndim)
    mask = nonzero_mask(x)
    if x.ndim:
        mask = (np.any if name == "any" else np.all)(mask, axis=axes, keepdims=keepdim)
    # torch keeps uint8 for its old masks; every other dtype gives bool.
    return np.asarray(mask).astype(np.uint8 if x.dtype == np.uint8 else np.bool_)


def _logical_rule(name: str, self: Abstract, dim: Abstract, keepdim: Abstract) -> Abstract:
    x = tensor(self)
    dtype = None if x.dtype is None else DType.UINT8 if x.dtype is DType.UINT8 else DType.BOOL
    return rules.to_dtype(name, dtype, x, dim, keepdim)


def _define_logical(name: str) -> None:
    def whole(x: Array) -> Array:
        return _logical(name, x, None, False)

    def along(x: Array, dim: Any, keepdim: bool) -> Array:
        return _logical(name, x, dim, keepdim)

    def along_all(x: Array, dim: list[int] | None, keepdim: bool) -> Array:
        # Here, unlike elsewhere, no dimensions means none at all.
        if dim is not None and not dim:
            return _logical(name, x.reshape(*x.shape, 1), [-1], False)
        return _logical(name, x, dim, keepdim)

    def whole_rule(self: Abstract) -> Abstract:
        return _logical_rule(name, self, None, False)

    def along_rule(self: Abstract, dim: Abstract = None, keepdim: Abstract = False) -> Abstract:
        return _logical_rule(name, self, dim, keepdim)

    def along_all_rule(self: Abstract, dim: Abstract = None, keepdim: Abstract = False) -> Abstract:
        if isinstance(dim, (list, tuple)) and not dim:
            shape = tensor(self).shape
            found = tensor(_logical_rule(name, self, None, False))
            return TensorType(found.dtype, shape)
        return _logical_rule(name, self, dim, keepdim)

    define(f"aten::{name}(Tensor self) -> Tensor", whole_rule, whole, REDUCTION)
    define(f"aten::{name}.dim(Tensor self, int dim, bool keepdim=False) -> Tensor",
           along_rule, along, REDUCTION)  # fmt: skip
    define(f"aten::{name}.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor",
           along_all_rule, along_all, REDUCTION)  # fmt: skip


def _nansum(x: Array, dim: Any, keepdim: bool, dtype: int | None) -> Array:
    target = input_dtype(x, dtype)
    values = opmath_values(cast(x, target))
    clean = np.where(np.isnan(values), values.dtype.type(0), values)
    return cast(summed(clean, axes_of("nansum", dim, x.ndim), keepdim), target)


def _nanmean(x: Array, dim: Any, keepdim: bool, dtype: int | None) -> Array:
    target = dtype_of(x) if dtype is None else DTYPE_BY_CODE[dtype]
    rules.need_float("nanmean", target)
    values = opmath_values(cast(x, target))
    axes = axes_of("nanmean", dim, x.ndim)
    is_nan = np.isnan(values)
    total = summed(np.where(is_nan, values.dtype.type(0), values), axes, keepdim)
    count = np.sum(~is_nan, axis=axes, keepdims=keepdim).astype(values.dtype)
    return cast(np.asarray(np.divide(total, count)), target)


def _count_nonzero(x: Array, dim: Any) -> Array:
    mask = nonzero_mask(x)
    axes = axes_of("count_nonzero", dim, x.ndim)
    return np.asarray(
        np.count_nonzero(mask, axis=axes) if x.ndim else mask.astype(np.int64), np.int64
    )


def _logsumexp(x: Array, dim: Any, keepdim: bool) -> Array:
    kind = dtype_of(x)
    target = kind if kind.is_float or kind.is_complex else DType.FLOAT32
    values = opmath_values(cast(x, target))
    axes = axes_of("logsumexp", dim, x.ndim)
    if not x.ndim:
        values, axes, keepdim = values.reshape(1), (0,), False
    # The largest real part keeps exp in range; an infinite one must not give inf - inf.
    top = np.max(values.real, axis=axes, keepdims=True, initial=-np.inf)
    top = np.where(np.isinf(top), top.dtype.type(0), top)
    total = np.log(np.sum(np.exp(values - top), axis=axes, keepdims=True)) + top
    return cast(total if keepdim else np.asarray(np.squeeze(total, axes)), target)


def _logsumexp_rule(self: Abstract, dim: Abstract, keepdim: Abstract = False) -> Abstract:
    x = tensor(self)
    whole = x.dtype is not None and not (x.dtype.is_float or x.dtype.is_complex)
    return rules.to_dtype("logsumexp", DType.FLOAT32 if whole else x.dtype, x, dim, keepdim)


def _trace(x: Array) -> Array:
    if x.ndim != 2:
        raise fail("TSX4005", op="trace", expected="a matrix", found=f"{x.ndim} dimensions")
    target = input_dtype(x, None)
    diagonal = opmath_values(cast(np.diagonal(x), target))
    return cast(np.asarray(np.sum(diagonal)), target)


def _sum_rule(
    self: Abstract, dim: Abstract, keepdim: Abstract = False, dtype: Abstract = None
) -> Abstract:
    return rules.total_dim("sum", self, dim, keepdim, dtype)


def _mean_rule(
    self: Abstract, dim: Abstract, keepdim: Abstract = False, dtype: Abstract = None
) -> Abstract:
    return rules.average("mean", self, dim, keepdim, dtype)


def _mean_all_rule(self: Abstract, dtype: Abstract = None) -> Abstract:
    return rules.average("mean", self, None, False, dtype)


def _count_rule(self: Abstract, dim: Abstract = None) -> Abstract:
    return rules.to_dtype("count_nonzero", DType.INT64, self, dim, False)


_DIMS = "int[1]? dim, bool keepdim=False"
_NAN_DIMS = "int[1]? dim=None, bool keepdim=False"
_DTYPE = "*, ScalarType? dtype=None"

define(f"aten::sum(Tensor self, {_DTYPE}) -> Tensor", rules.total, _sum, REDUCTION)
define(f"aten::sum.dim_IntList(Tensor self, {_DIMS}, {_DTYPE}) -> Tensor",
       _sum_rule, summed_dims, REDUCTION)  # fmt: skip
define(f"aten::mean(Tensor self, {_DTYPE}) -> Tensor",
       _mean_all_rule, _mean, REDUCTION)  # fmt: skip
define(f"aten::mean.dim(Tensor self, {_DIMS}, {_DTYPE}) -> Tensor", _mean_rule, averaged, REDUCTION)
define(f"aten::prod(Tensor self, {_DTYPE}) -> Tensor", rules.total, _prod, REDUCTION)
define(f"aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, {_DTYPE}) -> Tensor",
       _sum_rule, _prod_dim, REDUCTION)  # fmt: skip
_define_logical("any")
_define_logical("all")
define(f"aten::nansum(Tensor self, {_NAN_DIMS}, {_DTYPE}) -> Tensor", _sum_rule, _nansum, REDUCTION)
define(
    f"aten::nanmean(Tensor self, {_NAN_DIMS}, {_DTYPE}) -> Tensor", _mean_rule, _nanmean, REDUCTION
)
define(
    "aten::count_nonzero(Tensor self, int? dim=None) -> Tensor",
    _count_rule,
    _count_nonzero,
    REDUCTION,
)
define("aten::count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor",
       _count_rule, _count_nonzero, REDUCTION)  # fmt: skip
for _name in ("logsumexp", "special_logsumexp"):
    define(f"aten::{_name}(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
           _logsumexp_rule, _logsumexp, REDUCTION)  # fmt: skip
define("aten::trace(Tensor self) -> Tensor", rules.total, _trace, REDUCTION)
