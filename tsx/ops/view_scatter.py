"""Copies with one part replaced (select_scatter, slice_scatter, …), and tensors built around a diagonal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import TensorType
from tsx.ops import view_rules as rules
from tsx.ops.abstract import mismatch, numel, wrap_dim
from tsx.ops.checked import INPLACE, axis_of, define, same_as_self, writable
from tsx.ops.creation import filled
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.slicing import diagonal, selected, sliced, strided


def _replaced(op: str, x: Array, src: Array, view: Callable[..., Array], *where: Any) -> Array:
    """A copy of ``x`` with ``src`` in the part that ``view`` shows."""
    result = np.array(x, order="C")
    part = view(result, *where)
    if part.shape != src.shape:
        raise fail(
            "TSX4005",
            op=op,
            expected=f"a source of sizes {list(part.shape)}",
            found=list(src.shape),
        )
    part[...] = cast(src, dtype_of(x))
    return result


def _select_scatter(x: Array, src: Array, dim: int, index: int) -> Array:
    return _replaced("select_scatter", x, src, selected, dim, index)


def _slice_scatter(
    x: Array, src: Array, dim: int, start: int | None, end: int | None, step: int
) -> Array:
    return _replaced("slice_scatter", x, src, sliced, dim, start, end, step)


def _diagonal_scatter(x: Array, src: Array, offset: int, dim1: int, dim2: int) -> Array:
    return _replaced("diagonal_scatter", x, src, diagonal, offset, dim1, dim2)


def _as_strided_scatter(
    x: Array, src: Array, size: list[int], stride: list[int], offset: int | None
) -> Array:
    return _replaced("as_strided_scatter", x, src, strided, size, stride, offset)


def diag_embed(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    """Matrices with the last dimension of ``x`` on the diagonal ``offset``, in dimensions ``dim1`` and ``dim2``."""
    a, b = axis_of("diag_embed", dim1, x.ndim + 1), axis_of("diag_embed", dim2, x.ndim + 1)
    if a == b:
        raise fail("TSX4035", op="diag_embed", found=[dim1, dim2])
    side = x.shape[-1] + abs(offset)
    result = np.zeros((*x.shape[:-1], side, side), x.dtype)
    steps = np.arange(x.shape[-1])
    result[..., steps + max(-offset, 0), steps + max(offset, 0)] = x
    return np.ascontiguousarray(np.moveaxis(result, (-2, -1), (a, b)))


def _diag_embed_rule(
    self: Abstract, offset: Abstract = 0, dim1: Abstract = -2, dim2: Abstract = -1
) -> Abstract:
    x = rules.tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    if not x.shape:
        raise mismatch("diag_embed", "a tensor with a dimension", "a 0-dim tensor")
    rank = len(x.shape) + 1
    places = [wrap_dim("diag_embed", d, rank) for d in (dim1, dim2)]
    if None in places:
        return TensorType(x.dtype, (None,) * rank)
    if places[0] == places[1]:
        raise mismatch("diag_embed", "two different dimensions", f"{dim1} and {dim2}")
    side = _side(x.shape[-1], offset)
    rest = iter(x.shape[:-1])
    return TensorType(x.dtype, tuple(side if i in places else next(rest) for i in range(rank)))


def _side(size: Dim | None, offset: Abstract) -> Dim | None:
    return size + abs(offset) if size is not None and isinstance(offset, int) else None


def _diag(x: Array, offset: int) -> Array:
    if x.ndim not in (1, 2):
        raise fail("TSX4005", op="diag", expected="a tensor of 1 or 2 dimensions", found=x.ndim)
    return diag_embed(x, offset, -2, -1) if x.ndim == 1 else diagonal(x, offset, 0, 1).copy()


def _diag_rule(self: Abstract, offset: Abstract = 0) -> Abstract:
    x = rules.tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    if len(x.shape) not in (1, 2):
        raise mismatch("diag", "a tensor of 1 or 2 dimensions", len(x.shape))
    return _diag_embed_rule(x, offset) if len(x.shape) == 1 else rules.diagonal(x, offset)


def _diagflat(x: Array, offset: int) -> Array:
    return diag_embed(x.reshape(-1), offset, -2, -1)


def _diagflat_rule(self: Abstract, offset: Abstract = 0) -> Abstract:
    x = rules.tensor(self)
    return _diag_embed_rule(TensorType(x.dtype, (numel(x.shape),)), offset)


def _fill_diagonal_(x: Array, value: Any, wrap: bool) -> Array:
    writable("fill_diagonal_", x)
    if x.ndim < 2 or (x.ndim > 2 and len(set(x.shape)) > 1):
        raise fail(
            "TSX4005", op="fill_diagonal_", expected="a matrix, or equal sizes", found=list(x.shape)
        )
    fill = filled((), value, dtype_of(x))
    if x.ndim > 2:
        x[np.diag_indices(x.shape[0], x.ndim)] = fill
        return x
    rows, cols = x.shape
    row = np.arange(rows if wrap else min(rows, cols))
    if wrap and rows > cols:  # the diagonal starts again, one row below where it ended
        row = np.array([r for r in range(rows) if r % (cols + 1) < cols], np.int64)
    x[row, row % (cols + 1) if wrap and rows > cols else row] = fill
    return x


define("aten::select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor",
       same_as_self, _select_scatter)  # fmt: skip
define("aten::slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None,"
       " SymInt step=1) -> Tensor", same_as_self, _slice_scatter)  # fmt: skip
define("aten::diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor",
       same_as_self, _diagonal_scatter)  # fmt: skip
define("aten::as_strided_scatter(Tensor self, Tensor src, SymInt[] size, SymInt[] stride,"
       " SymInt? storage_offset=None) -> Tensor", same_as_self, _as_strided_scatter)  # fmt: skip
define("aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor",
       _diag_embed_rule, diag_embed)  # fmt: skip
define("aten::diag(Tensor self, int diagonal=0) -> Tensor", _diag_rule, _diag)
define("aten::diagflat(Tensor self, int offset=0) -> Tensor", _diagflat_rule, _diagflat)
define("aten::fill_diagonal_(Tensor(a!) self, Scalar fill_value, bool wrap=False) -> Tensor(a!)",
       same_as_self, _fill_diagonal_, INPLACE)  # fmt: skip
