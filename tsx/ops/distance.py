"""Distances and similarities: cdist, pdist, pairwise_distance, cosine_similarity."""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import broadcast, wrap_dim
from tsx.ops.define import op
from tsx.ops.dtypes import Array, cast, dtype_of, type_of
from tsx.ops.matmul import product
from tsx.ops.nn_rules import differ, need_rank, one_dtype, shape_text, tensor_of
from tsx.ops.precision import compute_dtype, narrow, need_float, need_same, widen
from tsx.ops.promote import real_of, result_type

# torch computes Euclidean distances by a product when there are more rows than this (and compute_mode allows it).
_PRODUCT_ROWS = 25


def norm(values: Array, p: float, axis: int, keepdims: bool = False) -> Array:
    """The p-norm along an axis, in the array's own dtype: 0 counts what isn't zero, inf takes the largest."""
    size = np.abs(values)
    if p == 0:
        return np.asarray((size != 0).sum(axis=axis, keepdims=keepdims), size.dtype)
    if p == np.inf:
        return np.asarray(size.max(axis=axis, keepdims=keepdims, initial=0))
    if p == 1:
        return np.asarray(size.sum(axis=axis, keepdims=keepdims, dtype=size.dtype))
    if p == 2:
        return np.asarray(
            np.sqrt(np.square(size).sum(axis=axis, keepdims=keepdims, dtype=size.dtype))
        )
    powers = (size**p).sum(axis=axis, keepdims=keepdims, dtype=size.dtype)
    return np.asarray(powers ** (1 / p), size.dtype)


# --- cdist -------------------------------------------------------------------------------------------------------


def _infer_cdist(x1: Abstract, x2: Abstract, p: Abstract, mode: Abstract) -> TensorType:
    dtype, a, b = one_dtype("cdist", x1, x2), tensor_of(x1).shape, tensor_of(x2).shape
    if isinstance(p, (int, float)) and p < 0:
        raise fail("TSX4055", op="cdist", expected="p of 0 or more", found=p)
    if a is None or b is None:
        return TensorType(dtype)
    if min(len(a), len(b)) < 2 or differ(a[-1], b[-1]):
        raise fail("TSX4050", op="cdist", expected="matrices with equal last sizes",
                   left=shape_text(a), right=shape_text(b))  # fmt: skip
    batch = broadcast("cdist", [a[:-2], b[:-2]])
    return TensorType(dtype, None if batch is None else (*batch, a[-2], b[-2]))


def _euclidean_product(a: Array, b: Array) -> Array:
    """``sqrt(|a|² + |b|² - 2ab)`` as one product of extended rows."""
    squares_a = np.square(a).sum(axis=-1, keepdims=True, dtype=a.dtype)
    squares_b = np.square(b).sum(axis=-1, keepdims=True, dtype=b.dtype)
    left = np.concatenate([-2 * a, squares_a, np.ones_like(squares_a)], axis=-1)
    right = np.concatenate([b, np.ones_like(squares_b), squares_b], axis=-1)
    return np.sqrt(np.maximum(product(left, np.swapaxes(right, -1, -2)), 0))


def _cdist(x1: Array, x2: Array, p: float, mode: int | None) -> Array:
    dtype = need_same("cdist", x1, x2)
    need_float("cdist", x1)
    shape = _infer_cdist(type_of(x1), type_of(x2), p, mode).shape or ()
    a, b = widen(x1), widen(x2)
    many = a.shape[-2] > _PRODUCT_ROWS or b.shape[-2] > _PRODUCT_ROWS
    if p == 2 and (mode == 1 or (mode in (None, 0) and many)):
        return narrow(_euclidean_product(a, b), dtype)
    out = np.empty([s for s in shape if isinstance(s, int)], a.dtype)
    for row in range(a.shape[-2]):  # a row at a time, so that the differences stay small
        out[..., row, :] = norm(a[..., row : row + 1, :] - b, p, -1)
    return narrow(out, dtype)


op(
    "aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor",
    infer=_infer_cdist,
    eval=_cdist,
)
op(
    "aten::_cdist_forward(Tensor x1, Tensor x2, float p, int? compute_mode) -> Tensor",
    infer=_infer_cdist,
    eval=_cdist,
)


def _infer_pdist(self: Abstract, p: Abstract) -> TensorType:
    shape, dtype = need_rank("pdist", self, (2,), "input"), tensor_of(self).dtype
    rows = None if shape is None else shape[0]
    return TensorType(dtype, (None if rows is None else (rows * (rows - 1)) // 2,))


def _pdist(self: Array, p: float) -> Array:
    need_float("pdist", self)
    _infer_pdist(type_of(self), p)
    rows = np.triu_indices(len(self), 1)
    wide = widen(self)
    return narrow(norm(wide[rows[0]] - wide[rows[1]], p, -1), dtype_of(self))


op("aten::pdist(Tensor self, float p=2.) -> Tensor", infer=_infer_pdist, eval=_pdist)
op("aten::_pdist_forward(Tensor self, float p=2.) -> Tensor", infer=_infer_pdist, eval=_pdist)


# --- row by row --------------------------------------------------------------------------------------------------


def _float_result(x1: Abstract, x2: Abstract) -> DType | None:
    """The promoted dtype; integers meet the float ``eps`` and become float32."""
    dtype = result_type(tensor_of(x1), tensor_of(x2))
    is_float = dtype is None or dtype.is_float or dtype.is_complex
    return dtype if is_float else DType.FLOAT32


def _infer_cosine(x1: Abstract, x2: Abstract, dim: Abstract, eps: Abstract) -> TensorType:
    dtype = result_type(tensor_of(x1), tensor_of(x2))
    if dtype is not None and not (dtype.is_float or dtype.is_complex):
        raise fail("TSX4056", op="cosine_similarity", expected="floating-point", found=dtype)
    shape = broadcast("cosine_similarity", [tensor_of(x1).shape, tensor_of(x2).shape])
    place = wrap_dim("cosine_similarity", dim, None if shape is None else len(shape))
    if shape is None or place is None:
        return TensorType(dtype)
    return TensorType(dtype, shape[:place] + shape[place + 1 :])


def _cosine(x1: Array, x2: Array, dim: int, eps: float) -> Array:
    """Both vectors are divided by their norms, which are at least ``eps``, before they are multiplied."""
    dtype = _infer_cosine(type_of(x1), type_of(x2), dim, eps).dtype
    assert dtype is not None
    wide = compute_dtype(dtype)
    a, b = np.broadcast_arrays(cast(x1, wide), cast(x2, wide))
    if not a.ndim:
        a, b = a.reshape(1), b.reshape(1)
    least = a.real.dtype.type(eps)
    units = [v / np.maximum(norm(v, 2, dim, keepdims=True), least) for v in (a, b)]
    return narrow(np.asarray((units[0] * units[1]).sum(axis=dim, dtype=a.dtype)), dtype)


op(
    "aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor",
    infer=_infer_cosine,
    eval=_cosine,
)


def _infer_pairwise(
    x1: Abstract, x2: Abstract, p: Abstract, eps: Abstract, keepdim: Abstract
) -> TensorType:
    dtype, kinds = _float_result(x1, x2), (tensor_of(x1), tensor_of(x2))
    if all(kind.dtype is DType.BOOL for kind in kinds):
        raise fail("TSX4056", op="pairwise_distance", expected="number", found=DType.BOOL)
    real = None if dtype is None else real_of(dtype)
    shape = broadcast("pairwise_distance", [kind.shape for kind in kinds])
    if shape is None or not isinstance(keepdim, bool):
        return TensorType(real)
    return TensorType(real, (*shape[:-1], 1) if keepdim and shape else shape[:-1])


def _pairwise(x1: Array, x2: Array, p: float, eps: float, keepdim: bool) -> Array:
    """The norm of ``x1 - x2 + eps`` along the last dimension. Whole numbers are subtracted as such: uint8 wraps."""
    _infer_pairwise(type_of(x1), type_of(x2), p, eps, keepdim)
    dtype, whole = _float_result(type_of(x1), type_of(x2)), result_type(type_of(x1), type_of(x2))
    assert dtype is not None
    assert whole is not None
    wide = compute_dtype(dtype)
    inner = wide if whole is dtype else whole
    gap = cast(cast(x1, inner) - cast(x2, inner), wide)
    found = norm(np.atleast_1d(gap + gap.real.dtype.type(eps)), p, -1, keepdim and gap.ndim > 0)
    return narrow(found, real_of(dtype))


op(
    "aten::pairwise_distance(Tensor x1, Tensor x2, float p=2., float eps=9.9999999999999995e-07, bool keepdim=False) "
    "-> Tensor",
    infer=_infer_pairwise,
    eval=_pairwise,
)
