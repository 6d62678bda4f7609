"""Running sums, products and extremes, and differences of neighbours. float32 runs in float64, as torch's does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops import reduce_rules as rules
from tsx.ops.abstract import dtype_arg, mismatch, wrap_dim
from tsx.ops.bounds import at_least, no_less
from tsx.ops.checked import (
    INPLACE,
    axis_of,
    define,
    opmath_values,
    real_values,
    same_as_self,
    store,
)
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.joining import concatenated, joined_dtype
from tsx.ops.promote import DEFAULT_FLOAT
from tsx.ops.reductions import input_dtype
from tsx.ops.view_rules import need_dimension, resized, slice_size, tensor


def _wide(values: Array) -> Array:
    """The dtype that running sums are carried in."""
    values = opmath_values(values)
    wider = {"f": np.float64, "c": np.complex128}.get(values.dtype.kind)
    return values.astype(wider) if wider else values


def _running(op: str, run: Callable[..., Any], x: Array, dim: int, dtype: int | None) -> Array:
    axis = axis_of(op, dim, x.ndim)
    target = input_dtype(x, dtype)
    values = _wide(cast(x, target))
    if not x.ndim:
        return cast(values, target).copy()
    return cast(np.asarray(run(values, axis=axis, dtype=values.dtype)), target)


def _cumsum(x: Array, dim: int, dtype: int | None) -> Array:
    return _running("cumsum", np.cumsum, x, dim, dtype)


def _cumprod(x: Array, dim: int, dtype: int | None) -> Array:
    return _running("cumprod", np.cumprod, x, dim, dtype)


def _cumsum_(x: Array, dim: int, dtype: int | None) -> Array:
    return store("cumsum_", x, _cumsum(x, dim, dtype))


def _cumprod_(x: Array, dim: int, dtype: int | None) -> Array:
    return store("cumprod_", x, _cumprod(x, dim, dtype))


def _running_rule(self: Abstract, dim: Abstract, dtype: Abstract = None) -> Abstract:
    x = tensor(self)
    wrap_dim("cumsum", dim, x.rank)
    return TensorType(dtype_arg(dtype, rules.sum_dtype(x.dtype)), x.shape)


def _running_extreme(op: str, run: Any, x: Array, dim: int) -> tuple[Array, Array]:
    """Values and the place of the latest element that equals them; once NaN, always NaN."""
    axis = axis_of(op, dim, x.ndim)
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    values = real_values(x)
    best = run.accumulate(values, axis=axis)
    steps = np.arange(x.shape[axis]).reshape([-1 if a == axis else 1 for a in range(x.ndim)])
    is_new = (values == best) | (values != values)
    index = np.maximum.accumulate(np.where(is_new, steps, 0), axis=axis)
    return cast(best, dtype_of(x)), index.astype(np.int64, copy=False)


def _cummax(x: Array, dim: int) -> tuple[Array, Array]:
    return _running_extreme("cummax", np.maximum, x, dim)


def _cummin(x: Array, dim: int) -> tuple[Array, Array]:
    return _running_extreme("cummin", np.minimum, x, dim)


def _running_extreme_rule(self: Abstract, dim: Abstract) -> Abstract:
    x = tensor(self)
    wrap_dim("cummax", dim, x.rank)
    return x, TensorType(DType.INT64, x.shape)


def _logcumsumexp(x: Array, dim: int) -> Array:
    axis = axis_of("logcumsumexp", dim, x.ndim)
    rules.need_float("logcumsumexp", dtype_of(x))
    values = _wide(x)
    if not x.ndim or not x.size:
        return x.copy()
    if values.dtype.kind != "c":
        return cast(np.asarray(np.logaddexp.accumulate(values, axis=axis)), dtype_of(x))
    # Each prefix against its own largest real part: exact for the scale, quadratic only for complex numbers.
    rows = np.moveaxis(values, axis, 0)
    sums = [rows[0], *(_log_sum(rows[: i + 1]) for i in range(1, len(rows)))]
    return cast(np.ascontiguousarray(np.moveaxis(np.stack(sums), 0, axis)), dtype_of(x))


def _log_sum(rows: Array) -> Array:
    top = np.max(rows.real, axis=0)
    top = np.where(np.isfinite(top), top, 0)
    return np.asarray(np.log(np.sum(np.exp(rows - top), axis=0)) + top)


def _same_rule(self: Abstract, dim: Abstract) -> Abstract:
    wrap_dim("logcumsumexp", dim, tensor(self).rank)
    return self


def _diff(x: Array, n: int, dim: int, prepend: Array | None, append: Array | None) -> Array:
    axis = axis_of("diff", dim, x.ndim)
    if not x.ndim or n < 0:
        raise mismatch("diff", "a tensor with a dimension, and n of 0 or more", n)
    if n == 0:
        return x.copy()
    parts = [part for part in (prepend, x, append) if part is not None]
    if any(part.ndim != x.ndim for part in parts):
        raise mismatch("diff", f"pieces of {x.ndim} dimensions", [part.ndim for part in parts])
    result = concatenated(parts, axis) if len(parts) > 1 else x
    for _ in range(min(n, result.shape[axis])):
        ahead = result[(slice(None),) * axis + (slice(1, None),)]
        behind = result[(slice(None),) * axis + (slice(None, -1),)]
        wide = (
            ahead != behind if x.dtype == np.bool_ else opmath_values(ahead) - opmath_values(behind)
        )
        result = cast(np.asarray(wide), dtype_of(result))
    return result


def _diff_rule(
    self: Abstract,
    n: Abstract = 1,
    dim: Abstract = -1,
    prepend: Abstract = None,
    append: Abstract = None,
) -> Abstract:
    x = tensor(self)
    place = wrap_dim("diff", dim, x.rank)
    if x.shape is None or place is None:
        return TensorType(x.dtype)
    if not x.shape:
        raise mismatch("diff", "a tensor with a dimension", "a 0-dim tensor")
    size: Dim | None = x.shape[place]
    if n != 0:
        pieces = [tensor(piece) for piece in (x, prepend, append) if piece is not None]
        size = _joined_size(pieces, place)
        x = TensorType(joined_dtype(pieces), x.shape)
    if size is None or not isinstance(n, int):
        return resized(x, place, None)
    left = size - n
    return resized(x, place, left if at_least(left, 0) else 0 if no_less(0, left) else None)


def _joined_size(pieces: Sequence[TensorType], place: int) -> Dim | None:
    """The size along ``place`` of pieces that are put one after the other."""
    total: Dim = 0
    ranks = {piece.rank for piece in pieces if piece.rank is not None}
    if len(ranks) > 1:
        raise mismatch("diff", "pieces of equal rank", " and ".join(map(str, sorted(ranks))))
    for piece in pieces:
        size = None if piece.shape is None else piece.shape[place]
        if size is None:
            return None
        total = total + size
    return total


def _trapezoids(y: Array, step: Any, axis: int) -> Array:
    """The area of each piece between neighbours."""
    head = (slice(None),) * axis
    pair = y[(*head, slice(1, None))] + y[(*head, slice(None, -1))]
    return np.asarray(pair * step / 2)


def _steps(y: Array, x: Array, axis: int) -> Array:
    """Distances between sample points, of the shape that multiplies pieces of ``y``."""
    if x.ndim == 1:
        return np.diff(x).reshape([-1 if a == axis else 1 for a in range(y.ndim)])
    return np.diff(x, axis=axis if x.ndim == y.ndim else axis - (y.ndim - x.ndim))


def _define_trapezoid(name: str, dx_type: str, *, is_running: bool) -> None:
    default = "1." if dx_type == "float" else "1"

    def dtype_for(own: DType, size: Dim | None) -> DType | None:
        """torch gives zeros of the values' own dtype where there is no area, unless it is running."""
        dtype = _float_of(own)
        if is_running or dtype is own:
            return dtype
        return None if size is None else own if size == 0 else dtype

    def area(y: Array, step: Any, dim: int) -> Array:
        axis = axis_of(name, dim, y.ndim)
        dtype = dtype_for(dtype_of(y), y.shape[axis] if y.ndim else 1)
        assert dtype is not None
        values = opmath_values(y if y.dtype.kind in "iu" else cast(y, dtype))
        if isinstance(step, np.ndarray):
            step = _steps(y, opmath_values(step), axis)
        pieces = _trapezoids(values, step, axis)
        total = np.cumsum(pieces, axis) if is_running else np.sum(pieces, axis)
        return cast(np.asarray(total), dtype)

    def by_x(y: Array, x: Array, dim: int) -> Array:
        return area(y, x, dim)

    def by_dx(y: Array, dx: Any, dim: int) -> Array:
        return area(y, dx, dim)

    def rule(y: Abstract, step: Abstract, dim: Abstract = -1) -> Abstract:
        values = tensor(y)
        place = wrap_dim(name, dim, values.rank)
        size = values.shape[place] if values.shape and place is not None else None
        dtype = None if values.dtype is None else dtype_for(values.dtype, size)
        if values.shape is None or place is None or isinstance(step, TensorType):
            return TensorType(dtype)
        need_dimension(name, values.shape)
        if is_running:
            return resized(
                TensorType(dtype, values.shape), place, slice_size(values.shape[place], 1, None, 1)
            )
        return TensorType(dtype, values.shape[:place] + values.shape[place + 1 :])

    define(f"aten::{name}.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor", rule, by_x)
    define(
        f"aten::{name}.dx(Tensor y, *, {dx_type} dx={default}, int dim=-1) -> Tensor", rule, by_dx
    )


def _float_of(dtype: DType) -> DType:
    return dtype if dtype.is_float or dtype.is_complex else DEFAULT_FLOAT


_RUN = "Tensor self, int dim"
define(
    f"aten::cumsum({_RUN}, *, ScalarType? dtype=None) -> Tensor",
    _running_rule,
    _cumsum,
)
define(
    f"aten::cumprod({_RUN}, *, ScalarType? dtype=None) -> Tensor",
    _running_rule,
    _cumprod,
)
define("aten::cumsum_(Tensor(a!) self, int dim, *, ScalarType? dtype=None) -> Tensor(a!)",
       same_as_self, _cumsum_, INPLACE)  # fmt: skip
define("aten::cumprod_(Tensor(a!) self, int dim, *, ScalarType? dtype=None) -> Tensor(a!)",
       same_as_self, _cumprod_, INPLACE)  # fmt: skip
define(f"aten::cummax({_RUN}) -> (Tensor values, Tensor indices)", _running_extreme_rule, _cummax)
define(f"aten::cummin({_RUN}) -> (Tensor values, Tensor indices)", _running_extreme_rule, _cummin)
define(f"aten::logcumsumexp({_RUN}) -> Tensor", _same_rule, _logcumsumexp)
define("aten::diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor",
       _diff_rule, _diff)  # fmt: skip
_define_trapezoid("trapezoid", "Scalar", is_running=False)
_define_trapezoid("trapz", "float", is_running=False)
_define_trapezoid("cumulative_trapezoid", "Scalar", is_running=True)
