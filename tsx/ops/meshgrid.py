"""Grids, products and powers of vectors: meshgrid, cartesian_prod, combinations, vander."""

from __future__ import annotations

import itertools
import math

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import as_dim, mismatch, numel
from tsx.ops.checked import VIEW, counting, define, need_sizes, opmath_values
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.view_rules import tensor, unknown_list
from tsx.ops.views import expanded

_MOST_GRIDS = 16
"""Of more vectors no rule names the grids: their sizes are as many as the square of their number."""


def meshed(tensors: list[Array], indexing: str = "ij") -> list[Array]:
    """Views of 0-dim or 1-D tensors, each spread over the grid of all."""
    if indexing not in ("ij", "xy"):
        raise fail("TSX4005", op="meshgrid", expected="indexing 'ij' or 'xy'", found=repr(indexing))
    if any(x.ndim > 1 for x in tensors) or len({x.dtype for x in tensors}) > 1 or not tensors:
        raise fail("TSX4005", op="meshgrid", expected="1-D tensors of one dtype",
                   found=[list(x.shape) for x in tensors])  # fmt: skip
    rank = len(tensors)
    places = [1, 0, *range(2, rank)] if indexing == "xy" and rank > 1 else list(range(rank))
    shape = [0] * rank
    for x, place in zip(tensors, places, strict=True):
        shape[place] = x.size
    columns = (
        x.reshape([-1 if i == place else 1 for i in range(rank)])
        for x, place in zip(tensors, places, strict=True)
    )
    return [expanded(column, shape) for column in columns]


def _meshgrid_rule(tensors: Abstract, indexing: Abstract = "ij") -> Abstract:
    if not isinstance(tensors, (list, tuple)) or len(tensors) > _MOST_GRIDS:
        return unknown_list(None)
    sizes = [numel(tensor(t).shape) for t in tensors]
    if len(sizes) > 1 and not isinstance(indexing, str):
        sizes[:2] = sizes[:2] if sizes[0] == sizes[1] else (None, None)
    elif indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return [TensorType(tensor(t).dtype, tuple(sizes)) for t in tensors]


def _cartesian_prod(tensors: list[Array]) -> Array:
    if len(tensors) == 1:
        return tensors[0][...]
    return np.stack([grid.reshape(-1) for grid in meshed(tensors)], axis=1)


def _cartesian_rule(tensors: Abstract) -> Abstract:
    if not isinstance(tensors, (list, tuple)):
        return TensorType()
    if len(tensors) == 1:
        return tensors[0]
    sizes = tuple(numel(tensor(t).shape) for t in tensors)
    return TensorType(tensor(tensors[0]).dtype if tensors else None, (numel(sizes), len(sizes)))


def _combinations(x: Array, r: int, with_replacement: bool) -> Array:
    """Every choice of ``r`` elements of a 1-D tensor, in its order, one a row."""
    if x.ndim != 1 or r < 0:
        raise fail(
            "TSX4005",
            op="combinations",
            expected="a 1-D tensor and r of 0 or more",
            found=f"{x.ndim}-D, {r}",
        )
    if not r:
        return np.zeros(0, x.dtype)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.array(list(choose(range(x.size), r)), np.int64).reshape(-1, r)
    return x[places]


def _combinations_rule(
    self: Abstract, r: Abstract = 2, with_replacement: Abstract = False
) -> Abstract:
    x = tensor(self)
    if not isinstance(r, int):
        return TensorType(x.dtype)
    if r < 0:
        raise mismatch("combinations", "r of 0 or more", r)
    if not r:
        return TensorType(x.dtype, (0,))
    r, size = int(r), x.shape[0] if x.shape else None
    is_told = isinstance(with_replacement, bool) and r <= 64
    if not isinstance(size, int) or size < 0 or not is_told:
        return TensorType(x.dtype, (None, r))
    count = math.comb(size + r - 1, r) if with_replacement else math.comb(size, r)
    return TensorType(x.dtype, (count if count < 1 << 63 else None, r))


def _linalg_vander(x: Array, n: int | None) -> Array:
    """Powers 0 to ``n - 1`` of each element, in a new last dimension."""
    base = _vander_base(np.atleast_1d(x))
    need_sizes("linalg_vander", [n or 0])
    powers = counting(base.shape[-1] if n is None else n)
    return cast(np.asarray(opmath_values(base)[..., None] ** powers), dtype_of(base))


def _vander_base(x: Array) -> Array:
    kind = dtype_of(x)
    return cast(x, DType.INT64) if kind.is_integer or kind is DType.BOOL else x


def _linalg_vander_rule(x: Abstract, n: Abstract = None) -> Abstract:
    t = tensor(x)
    dtype = DType.INT64 if t.dtype and (t.dtype.is_integer or t.dtype is DType.BOOL) else t.dtype
    if t.shape is None:
        return TensorType(dtype)
    shape = t.shape or (1,)
    if isinstance(n, int) and n < 0:
        raise mismatch("linalg_vander", "N of 0 or more", n)
    return TensorType(dtype, (*shape, shape[-1] if n is None else as_dim(n)))


def _vander(x: Array, n: int | None, increasing: bool) -> Array:
    kind = dtype_of(x)
    result = np.vander(opmath_values(x), n, increasing)
    return cast(result, DType.INT64 if kind.is_integer or kind is DType.BOOL else kind)


def _vander_rule(x: Abstract, n: Abstract = None, increasing: Abstract = False) -> Abstract:
    t = tensor(x)
    dtype = DType.INT64 if t.dtype and (t.dtype.is_integer or t.dtype is DType.BOOL) else t.dtype
    if t.rank not in (None, 1):
        raise mismatch("vander", "a 1-D tensor", t.rank)
    size = None if t.shape is None else t.shape[0]
    return TensorType(dtype, (size, size if n is None else as_dim(n)))


define("aten::meshgrid(Tensor[] tensors) -> Tensor[]", _meshgrid_rule, meshed, VIEW)
define("aten::meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]",
       _meshgrid_rule, meshed, VIEW)  # fmt: skip
define("aten::cartesian_prod(Tensor[] tensors) -> Tensor", _cartesian_rule, _cartesian_prod)
define(
    "aten::vander(Tensor x, int? N=None, bool increasing=False) -> Tensor", _vander_rule, _vander
)
define(
    "aten::linalg_vander(Tensor x, *, SymInt? N=None) -> Tensor",
    _linalg_vander_rule,
    _linalg_vander,
)
define("aten::combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor",
       _combinations_rule, _combinations)  # fmt: skip
