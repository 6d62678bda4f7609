"""Tensors from a rule: arange, linspace, logspace, eye, triangles and their indices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import as_dim, dtype_arg, known, mismatch
from tsx.ops.bounds import at_least
from tsx.ops.checked import counting, define, define_with_inplace, opmath_values
from tsx.ops.creation import FACTORY, abstract_dtype, dtype_or, number_dtype
from tsx.ops.dtypes import Array, cast, dtype_of, to_numpy
from tsx.ops.number_rules import HIGH, LOW
from tsx.ops.promote import DEFAULT_FLOAT, opmath
from tsx.ops.view_rules import tensor

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
    steps = counting(count, np.int64 if target.is_integer else np.float64)
    return cast(start + steps * step, target)


def element_count(start: float, end: float, step: float, dtype: DType | None) -> int:
    """How many elements ``arange`` gives."""
    if dtype is DType.INT64:
        start, end, step = int(start), int(end), int(step)
    if not step:
        raise mismatch("arange", "a step other than 0", step)
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
        return None if dtype is None else _counted(numbers[0], numbers[1], numbers[2], dtype)
    first, last = as_dim(start), as_dim(end)
    if first is None or last is None or not isinstance(step, int) or not step:
        return None
    length = last - first if step > 0 else first - last
    if not at_least(length, 0):
        return None
    return (length + (abs(step) - 1)) // abs(step)


def _counted(start: float, end: float, step: float, dtype: DType) -> int | None:
    """``element_count``; None where 64 bits can't hold a number of it."""
    if dtype is DType.INT64 and not all(LOW <= int(v) < HIGH for v in (start, end, step)):
        return None
    try:
        count = element_count(start, end, step, dtype)
    except OverflowError:  # of a quotient that is infinite
        return None
    return count if count < HIGH else None


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
    if not dtype.is_complex:
        start, end = start.real, end.real
    if dtype.is_integer:
        start, end = cast(start, dtype), cast(end, dtype)
    work = to_numpy(opmath(dtype)) if not dtype.is_integer else np.dtype(np.float64)
    first, last = start.astype(work), end.astype(work)
    if steps == 1:
        return cast(first.reshape(1), dtype)
    index = counting(steps)
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
                    _triangle_rule, _tril)  # fmt: skip
define_with_inplace("aten::triu(Tensor self, SymInt diagonal=0) -> Tensor",
                    _triangle_rule, _triu)  # fmt: skip
define(f"aten::tril_indices(int row, int col, int offset=0, {_LONG}) -> Tensor",
       _tril_indices_rule, _tril_indices)  # fmt: skip
define(f"aten::triu_indices(int row, int col, int offset=0, {_LONG}) -> Tensor",
       _tril_indices_rule, _triu_indices)  # fmt: skip
