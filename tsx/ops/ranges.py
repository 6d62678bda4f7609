"""Tensors from a rule: arange, linspace, logspace, eye, triangles and their indices, grids."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import as_dim, dtype_arg, known, mismatch, numel
from tsx.ops.bounds import at_least
from tsx.ops.checked import VIEW, define, define_with_inplace, opmath_values
from tsx.ops.creation import FACTORY, abstract_dtype, dtype_or, number_dtype
from tsx.ops.dtypes import Array, cast, dtype_of, to_numpy
from tsx.ops.promote import DEFAULT_FLOAT, opmath
from tsx.ops.view_rules import tensor, unknown_list
from tsx.ops.views import expanded

_LONG = "*, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None"


def ranged(start: Any, end: Any, step: Any, dtype: int | None) -> Array:
    """``start, start + step, …`` below ``end`` (above, for a negative step); int64 when all three are ints.

    An integer dtype makes integers of the three; but only int64 counts the elements after that, as torch does.
    """
    whole = all(isinstance(v, int) for v in (start, end, step))
    target = dtype_or(dtype, DType.INT64 if whole else DEFAULT_FLOAT)
    if not step or (end - start) * step < 0:
        raise fail("TSX4005", op="arange", expected="a step that leads from start to end",
                   found=f"{start}, {end}, {step}")  # fmt: skip
    count = element_count(start, end, step, target)
    if target.is_integer:
        start, step = int(start), int(step)
    steps = np.arange(count, dtype=np.int64 if target.is_integer else np.float64)
    return cast(start + steps * step, target)


def element_count(start: float, end: float, step: float, dtype: DType | None) -> int:
    """How many elements ``arange`` gives."""
    if dtype is DType.INT64:
        start, end, step = int(start), int(end), int(step)
    if isinstance(start, int) and isinstance(end, int) and isinstance(step, int):
        return max(-((start - end) // step), 0)
    return max(math.ceil((end - start) / step), 0)


def _arange(end: Any, dtype: int | None, *_: object) -> Array:
    return ranged(0, end, 1, dtype)


def _arange_start(start: Any, end: Any, dtype: int | None, *_: object) -> Array:
    return ranged(start, end, 1, dtype)


def _arange_step(start: Any, end: Any, step: Any, dtype: int | None, *_: object) -> Array:
    return ranged(start, end, step, dtype)


def range_size(start: Abstract, end: Abstract, step: Abstract, dtype: DType | None) -> Dim | None:
    """The number of elements of ``arange(start, end, step)``, when it is certain."""
    if known(start) and known(end) and known(step):
        numbers = [v for v in (start, end, step) if isinstance(v, (int, float))]
        if len(numbers) < 3 or not numbers[2] or not all(map(math.isfinite, numbers)):
            return None
        return element_count(numbers[0], numbers[1], numbers[2], dtype) if dtype else None
    first, last = as_dim(start), as_dim(end)
    if first is None or last is None or not isinstance(step, int) or not step:
        return None
    length = last - first if step > 0 else first - last
    if not at_least(length, 0):
        return None
    return (length + (abs(step) - 1)) // abs(step)


def _range_rule(start: Abstract, end: Abstract, step: Abstract, dtype: Abstract) -> Abstract:
    if isinstance(step, (int, float)) and not step:
        raise mismatch("arange", "a step other than 0", step)
    kinds = {abstract_dtype(v) for v in (start, end, step)}
    natural = (
        None
        if None in kinds
        else DType.INT64
        if kinds <= {DType.INT64, DType.BOOL}
        else DEFAULT_FLOAT
    )
    chosen = dtype_arg(dtype, natural)
    return TensorType(chosen, (range_size(start, end, step, chosen),))


def _arange_rule(end: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
    return _range_rule(0, end, 1, dtype)


def _arange_start_rule(
    start: Abstract, end: Abstract, dtype: Abstract = None, *_: Abstract
) -> Abstract:
    return _range_rule(start, end, 1, dtype)


def _arange_step_rule(
    start: Abstract, end: Abstract, step: Abstract = 1, dtype: Abstract = None, *_: Abstract
) -> Abstract:
    return _range_rule(start, end, step, dtype)


def spaced(start: Any, end: Any, steps: int, dtype: DType) -> Array:
    """``steps`` evenly spaced values, both ends exact: counted from the nearer end, as torch does."""
    if steps < 0:
        raise fail("TSX4005", op="linspace", expected="0 steps or more", found=steps)
    start, end = np.asarray(start), np.asarray(end)
    if dtype.is_integer:
        start, end = cast(start, dtype), cast(end, dtype)
    work = to_numpy(opmath(dtype)) if not dtype.is_integer else np.dtype(np.float64)
    first, last = start.astype(work), end.astype(work)
    if steps == 1:
        return cast(first.reshape(1), dtype)
    index = np.arange(steps)
    step = (last - first) / work.type(max(steps - 1, 1))
    values = np.where(
        index < steps // 2, first + step * index.astype(work), last - step * (steps - 1 - index).astype(work)
    )  # fmt: skip
    return cast(values.astype(work), dtype)


def _number(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    if value.ndim:
        raise fail("TSX4005", op="linspace", expected="0-dim start and end", found=value.ndim)
    return value


def _spaced_dtype(start: Any, end: Any, code: int | None) -> DType:
    """Floats of the default dtype unless told otherwise; complex when an end is."""
    found = [dtype_of(v) if isinstance(v, np.ndarray) else number_dtype(v) for v in (start, end)]
    is_complex = any(d.is_complex for d in found)
    return dtype_or(code, DType.COMPLEX64 if is_complex else DEFAULT_FLOAT)


def _linspace(start: Any, end: Any, steps: int, dtype: int | None, *_: object) -> Array:
    target = _spaced_dtype(start, end, dtype)
    return spaced(_number(start), _number(end), steps, target)


def _logspace(
    start: Any, end: Any, steps: int, base: float, dtype: int | None, *_: object
) -> Array:
    target = _spaced_dtype(start, end, dtype)
    first, last = np.asarray(_number(start)), np.asarray(_number(end))
    if steps > 1:  # torch rounds the ends to the dtype, but not a single start
        first, last = (opmath_values(cast(v, target)) for v in (first, last))
    exponents = spaced(first, last, steps, target if target.is_complex else DType.FLOAT64)
    return cast(np.power(base, exponents), target)


def _spaced_rule(start: Abstract, end: Abstract, steps: Abstract, dtype: Abstract) -> Abstract:
    if isinstance(steps, int) and steps < 0:
        raise mismatch("linspace", "0 steps or more", steps)
    kinds = {abstract_dtype(v) for v in (start, end)}
    is_complex = any(d is not None and d.is_complex for d in kinds)
    natural = DType.COMPLEX64 if is_complex else None if None in kinds else DEFAULT_FLOAT
    return TensorType(dtype_arg(dtype, natural), (as_dim(steps),))


def _linspace_rule(
    start: Abstract, end: Abstract, steps: Abstract, dtype: Abstract = None, *_: Abstract
) -> Abstract:
    return _spaced_rule(start, end, steps, dtype)


def _logspace_rule(
    start: Abstract,
    end: Abstract,
    steps: Abstract,
    base: Abstract = 10.0,
    dtype: Abstract = None,
    *_: Abstract,
) -> Abstract:
    return _spaced_rule(start, end, steps, dtype)


def _eye(n: int, dtype: int | None, *_: object) -> Array:
    return _eye_m(n, n, dtype)


def _eye_m(n: int, m: int, dtype: int | None, *_: object) -> Array:
    return cast(np.eye(n, m), dtype_or(dtype, DEFAULT_FLOAT))


def _eye_rule(n: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
    return TensorType(dtype_arg(dtype, DEFAULT_FLOAT), (as_dim(n), as_dim(n)))


def _eye_m_rule(n: Abstract, m: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
    return TensorType(dtype_arg(dtype, DEFAULT_FLOAT), (as_dim(n), as_dim(m)))


def _tril(x: Array, diagonal: int) -> Array:
    return np.tril(_matrix("tril", x), diagonal)


def _triu(x: Array, diagonal: int) -> Array:
    return np.triu(_matrix("triu", x), diagonal)


def _matrix(op: str, x: Array) -> Array:
    if x.ndim < 2:
        raise fail("TSX4005", op=op, expected="a tensor of 2 dimensions or more", found=x.ndim)
    return x


def _triangle_rule(self: Abstract, diagonal: Abstract = 0) -> Abstract:
    x = tensor(self)
    if x.shape is not None and len(x.shape) < 2:
        raise mismatch("tril and triu", "a tensor of 2 dimensions or more", len(x.shape))
    return x


def _tril_indices(row: int, col: int, offset: int, dtype: int | None, *_: object) -> Array:
    return _as_indices(np.tril_indices(row, offset, col), dtype)


def _triu_indices(row: int, col: int, offset: int, dtype: int | None, *_: object) -> Array:
    return _as_indices(np.triu_indices(row, offset, col), dtype)


def _as_indices(places: Any, dtype: int | None) -> Array:
    return cast(np.stack(places).astype(np.int64), dtype_or(dtype, DType.INT64))


def _tril_indices_rule(
    row: Abstract, col: Abstract, offset: Abstract = 0, dtype: Abstract = 4, *_: Abstract
) -> Abstract:
    return TensorType(dtype_arg(dtype, DType.INT64), (2, None))


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
    if not isinstance(tensors, (list, tuple)):
        return unknown_list(None)
    sizes = [numel(tensor(t).shape) for t in tensors]
    if indexing == "xy" and len(sizes) > 1:
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
    size = x.shape[0] if x.shape else None
    if not isinstance(size, int) or not isinstance(with_replacement, bool):
        return TensorType(x.dtype, (None, r) if r else (0,))
    count = math.comb(size + r - 1, r) if with_replacement else math.comb(size, r)
    return TensorType(x.dtype, (count, r) if r else (0,))


def _linalg_vander(x: Array, n: int | None) -> Array:
    """Powers 0 to ``n - 1`` of each element, in a new last dimension."""
    base = _vander_base(np.atleast_1d(x))
    powers = np.arange(base.shape[-1] if n is None else n)
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
    return TensorType(dtype, (*shape, shape[-1] if n is None else as_dim(n)))


def _vander(x: Array, n: int | None, increasing: bool) -> Array:
    kind = dtype_of(x)
    result = np.vander(opmath_values(x), n, increasing)
    return cast(result, DType.INT64 if kind.is_integer or kind is DType.BOOL else kind)


def _vander_rule(x: Abstract, n: Abstract = None, increasing: Abstract = False) -> Abstract:
    t = tensor(x)
    dtype = DType.INT64 if t.dtype and (t.dtype.is_integer or t.dtype is DType.BOOL) else t.dtype
    size = None if t.shape is None else t.shape[0]
    return TensorType(dtype, (size, size if n is None else as_dim(n)))


define(f"aten::arange(Scalar end, {FACTORY}) -> Tensor", _arange_rule, _arange)
define(f"aten::arange.start(Scalar start, Scalar end, {FACTORY}) -> Tensor",
       _arange_start_rule, _arange_start)  # fmt: skip
define(f"aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, {FACTORY}) -> Tensor",
       _arange_step_rule, _arange_step)  # fmt: skip
for _overload, _start, _end in (
    ("", "Scalar", "Scalar"),
    (".Tensor_Tensor", "Tensor", "Tensor"),
    (".Tensor_Scalar", "Tensor", "Scalar"),
    (".Scalar_Tensor", "Scalar", "Tensor"),
):
    _ends = f"{_start} start, {_end} end, int steps"
    define(f"aten::linspace{_overload}({_ends}, {FACTORY}) -> Tensor", _linspace_rule, _linspace)
    define(f"aten::logspace{_overload}({_ends}, float base=10., {FACTORY}) -> Tensor",
           _logspace_rule, _logspace)  # fmt: skip
define(f"aten::eye(SymInt n, {FACTORY}) -> Tensor", _eye_rule, _eye)
define(f"aten::eye.m(SymInt n, SymInt m, {FACTORY}) -> Tensor", _eye_m_rule, _eye_m)
define_with_inplace("aten::tril(Tensor self, SymInt diagonal=0) -> Tensor",
                    _triangle_rule, _tril, numpy=("tril",))  # fmt: skip
define_with_inplace("aten::triu(Tensor self, SymInt diagonal=0) -> Tensor",
                    _triangle_rule, _triu, numpy=("triu",))  # fmt: skip
define(f"aten::tril_indices(int row, int col, int offset=0, {_LONG}) -> Tensor",
       _tril_indices_rule, _tril_indices)  # fmt: skip
define(f"aten::triu_indices(int row, int col, int offset=0, {_LONG}) -> Tensor",
       _tril_indices_rule, _triu_indices)  # fmt: skip
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
