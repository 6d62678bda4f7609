"""Vector norms (any p) and matrix norms, and distances made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DTYPE_BY_CODE, TensorType
from tsx.ops import reduce_rules as rules
from tsx.ops.abstract import broadcast, dtype_arg, mismatch, wrap_dim
from tsx.ops.checked import axes_of, define, opmath_values
from tsx.ops.dtypes import Array, cast, dtype_of, type_of
from tsx.ops.promote import real_of, result_type
from tsx.ops.reductions import REDUCTION, summed
from tsx.ops.view_rules import tensor


def vector_norm(x: Array, p: float, dim: Any, keepdim: bool, dtype: int | None) -> Array:
    """``(sum |x|**p) ** (1/p)``; the largest magnitude for inf, the smallest for -inf, how many are not 0 for 0."""
    source = dtype_of(x) if dtype is None else DTYPE_BY_CODE[dtype]
    rules.need_float("linalg_vector_norm", source)
    values = np.asarray(np.abs(opmath_values(cast(x, source))))
    axes = axes_of("linalg_vector_norm", dim, x.ndim)
    return cast(_norm(values, float(p), axes, keepdim), real_of(source))


def _norm(size: Array, p: float, axes: tuple[int, ...], keepdim: bool) -> Array:
    """The norm of magnitudes."""
    if not size.ndim and p != 0:
        return size.copy() if not math.isnan(p) else size * p
    empty = any(size.shape[a] == 0 for a in axes)
    if math.isinf(p):
        if (empty and p < 0) or (
            empty and math.prod(size.shape[a] for a in range(size.ndim) if a not in axes)
        ):
            raise fail(
                "TSX4005",
                op="norm",
                expected="a dimension that is not empty",
                found=list(size.shape),
            )
        return np.asarray((np.max if p > 0 else np.min)(size, axis=axes, keepdims=keepdim))
    if p == 0:
        return summed((size != 0).astype(size.dtype), axes, keepdim)
    if p == 1:
        return summed(size, axes, keepdim)
    if p == 2:
        return np.asarray(np.sqrt(summed(size * size, axes, keepdim)))
    return np.asarray(
        np.power(summed(np.power(size, size.dtype.type(p)), axes, keepdim), size.dtype.type(1 / p))
    )


def _vector_norm_rule(
    self: Abstract,
    p: Abstract = 2,
    dim: Abstract = None,
    keepdim: Abstract = False,
    dtype: Abstract = None,
) -> Abstract:
    x = tensor(self)
    chosen = rules.need_float("norm", dtype_arg(dtype, x.dtype))
    return TensorType(
        chosen and real_of(chosen), rules.reduced_shape("norm", x.shape, dim, keepdim)
    )


def _norm_all(x: Array, p: Any) -> Array:
    return vector_norm(x, 2 if p is None else p, None, False, None)


def _norm_all_dtype(x: Array, p: Any, dtype: int) -> Array:
    return vector_norm(x, 2 if p is None else p, None, False, dtype)


def _norm_dim(x: Array, p: Any, dim: Any, keepdim: bool, dtype: int | None = None) -> Array:
    return vector_norm(x, 2 if p is None else p, dim, keepdim, dtype)


def _norm_all_dtype_rule(self: Abstract, p: Abstract, dtype: Abstract) -> Abstract:
    return _vector_norm_rule(self, p, None, False, dtype)


def _frobenius(x: Array, dim: Any, keepdim: bool) -> Array:
    return vector_norm(x, 2, dim, keepdim, None)


def _frobenius_rule(self: Abstract, dim: Abstract, keepdim: Abstract = False) -> Abstract:
    return _vector_norm_rule(self, 2, dim, keepdim)


def matrix_norm(x: Array, order: Any, dim: Any, keepdim: bool, dtype: int | None) -> Array:
    """``fro``, ``nuc``, 1, -1, 2, -2, inf or -inf norms of matrices in the dimensions ``dim``."""
    if x.ndim < 2 or len(dim) != 2:
        raise fail(
            "TSX4005",
            op="linalg_matrix_norm",
            expected="matrices and two dimensions",
            found=list(x.shape),
        )
    axes = axes_of("linalg_matrix_norm", dim, x.ndim)
    if order == "fro":
        return vector_norm(x, 2, list(axes), keepdim, dtype)
    source = dtype_of(x) if dtype is None else DTYPE_BY_CODE[dtype]
    rules.need_float("linalg_matrix_norm", source)
    values = opmath_values(cast(x, source))
    if order == "nuc" or abs(order) == 2:
        found = _spectral(values, order, axes)
    elif abs(order) in (1, math.inf):
        found = _row_sums(values, order, axes)
    else:
        raise fail(
            "TSX4005",
            op="linalg_matrix_norm",
            expected="an order of 1, 2, inf, fro or nuc",
            found=order,
        )
    if keepdim:
        for axis in sorted(axes):
            found = np.expand_dims(found, axis)
    return cast(np.asarray(found), real_of(source))


def _spectral(values: Array, order: Any, axes: tuple[int, ...]) -> Array:
    """From the singular values: their sum, the largest or the smallest."""
    matrices = np.moveaxis(values, axes, (-2, -1))
    found = np.linalg.svd(matrices, compute_uv=False)
    if order == "nuc":
        return np.asarray(np.sum(found, axis=-1))
    return _best(found, order)


def _best(found: Array, order: float) -> Array:
    """The largest of each row (0 of none), or the smallest for a negative order."""
    if order < 0:
        return np.asarray(np.min(found, axis=-1))
    return np.asarray(np.max(found, axis=-1, initial=0))


def _row_sums(values: Array, order: float, axes: tuple[int, ...]) -> Array:
    """The largest or smallest sum of magnitudes of a column (1) or a row (inf)."""
    matrices = np.moveaxis(np.abs(values), axes, (-2, -1))
    return _best(np.sum(matrices, axis=-2 if abs(order) == 1 else -1), order)


def _matrix_norm_rule(
    self: Abstract,
    order: Abstract = "fro",
    dim: Abstract = (-2, -1),
    keepdim: Abstract = False,
    dtype: Abstract = None,
) -> Abstract:
    x = tensor(self)
    if x.shape is not None and len(x.shape) < 2:
        raise mismatch("linalg_matrix_norm", "a matrix or a batch of matrices", len(x.shape))
    return _vector_norm_rule(x, 2, dim, keepdim, dtype)


def _linalg_norm(x: Array, order: Any, dim: Any, keepdim: bool, dtype: int | None) -> Array:
    """A vector norm of one dimension, or of all when no order is given; else a matrix norm."""
    count = len(dim) if dim is not None else x.ndim
    if isinstance(order, str) or (order is not None and count == 2):
        return matrix_norm(x, order, dim if dim is not None else [-2, -1], keepdim, dtype)
    if order is not None and count > 2:
        raise fail(
            "TSX4005", op="linalg_norm", expected="one or two dimensions with an order", found=count
        )
    return vector_norm(x, 2 if order is None else order, dim, keepdim, dtype)


def _nuclear_norm(x: Array, keepdim: bool) -> Array:
    return matrix_norm(x, "nuc", [-2, -1], keepdim, None)


def _nuclear_norm_dim(x: Array, dim: Any, keepdim: bool) -> Array:
    return matrix_norm(x, "nuc", dim, keepdim, None)


def _nuclear_rule(self: Abstract, keepdim: Abstract = False) -> Abstract:
    return _matrix_norm_rule(self, "nuc", (-2, -1), keepdim)


def _nuclear_dim_rule(self: Abstract, dim: Abstract, keepdim: Abstract = False) -> Abstract:
    return _matrix_norm_rule(self, "nuc", dim, keepdim)


def _dist(x: Array, other: Array, p: Any) -> Array:
    dtype = result_type(x, other)
    assert dtype is not None
    gap = np.asarray(opmath_values(cast(x, dtype)) - opmath_values(cast(other, dtype)))
    return cast(vector_norm(gap, p, None, False, None), real_of(dtype))


def _dist_rule(self: Abstract, other: Abstract, p: Abstract = 2) -> Abstract:
    broadcast("dist", [tensor(self).shape, tensor(other).shape])
    dtype = result_type(tensor(self), tensor(other))
    return TensorType(dtype and real_of(dtype), ())


def _renorm(x: Array, p: Any, dim: int, maxnorm: Any) -> Array:
    """Scales each slice along ``dim`` whose norm is above ``maxnorm`` down to it."""
    _renorm_rule(type_of(x), p, dim, maxnorm)
    axis = axes_of("renorm", dim, x.ndim)
    others = tuple(a for a in range(x.ndim) if a not in axis)
    values = opmath_values(x)
    size = _norm(np.abs(values), float(p), others, True)
    scale = np.where(
        size > maxnorm,
        size.dtype.type(maxnorm) / (size + size.dtype.type(1e-7)),
        size.dtype.type(1),
    )
    return cast(np.asarray(values * scale), dtype_of(x))


def _renorm_rule(self: Abstract, p: Abstract, dim: Abstract, maxnorm: Abstract) -> Abstract:
    rank = tensor(self).rank
    wrap_dim("renorm", dim, rank)
    if rank is not None and rank < 2:
        raise mismatch("renorm", "a tensor of 2 dimensions or more", f"{rank}")
    return self


_OPTIONS = "int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None"
_MATRIX = "int[] dim=[-2, -1], bool keepdim=False, *, ScalarType? dtype=None"

define(f"aten::linalg_vector_norm(Tensor self, Scalar ord=2, {_OPTIONS}) -> Tensor",
       _vector_norm_rule, vector_norm, REDUCTION)  # fmt: skip
define(
    "aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor", _vector_norm_rule, _norm_all, REDUCTION
)
define("aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor",
       _norm_all_dtype_rule, _norm_all_dtype, REDUCTION)  # fmt: skip
define("aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor",
       _vector_norm_rule, _norm_dim, REDUCTION)  # fmt: skip
define("aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *,"
       " ScalarType dtype) -> Tensor", _vector_norm_rule, _norm_dim, REDUCTION)  # fmt: skip
define("aten::frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False) -> Tensor",
       _frobenius_rule, _frobenius, REDUCTION)  # fmt: skip
define("aten::nuclear_norm(Tensor self, bool keepdim=False) -> Tensor",
       _nuclear_rule, _nuclear_norm, REDUCTION)  # fmt: skip
define("aten::nuclear_norm.dim(Tensor self, int[2] dim, bool keepdim=False) -> Tensor",
       _nuclear_dim_rule, _nuclear_norm_dim, REDUCTION)  # fmt: skip
define(f"aten::linalg_matrix_norm(Tensor self, Scalar ord, {_MATRIX}) -> Tensor",
       _matrix_norm_rule, matrix_norm, REDUCTION)  # fmt: skip
define(f'aten::linalg_matrix_norm.str_ord(Tensor self, str ord="fro", {_MATRIX}) -> Tensor',
       _matrix_norm_rule, matrix_norm, REDUCTION)  # fmt: skip
define(f"aten::linalg_norm(Tensor self, Scalar? ord=None, {_OPTIONS}) -> Tensor",
       _vector_norm_rule, _linalg_norm, REDUCTION)  # fmt: skip
define(f"aten::linalg_norm.ord_str(Tensor self, str ord, {_OPTIONS}) -> Tensor",
       _vector_norm_rule, _linalg_norm, REDUCTION)  # fmt: skip
define("aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor", _dist_rule, _dist, REDUCTION)
define(
    "aten::renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor", _renorm_rule, _renorm
)
