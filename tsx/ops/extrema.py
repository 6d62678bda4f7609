"""Largest and smallest: max, min, amax, amin, aminmax, argmax, argmin. NaN wins, the first one for an index."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops import reduce_rules as rules
from tsx.ops.abstract import known, mismatch
from tsx.ops.checked import axes_of, axis_of, define, need_order, real_values
from tsx.ops.dtypes import Array
from tsx.ops.reductions import REDUCTION
from tsx.ops.view_rules import tensor, text


def chosen(x: Array, index: Array, axis: int) -> Array:
    """The elements of ``x`` at ``index``, which has size 1 along ``axis``."""
    return np.take_along_axis(x, index, axis)


def extreme_along(
    op: str, x: Array, dim: int, keepdim: bool, *, largest: bool
) -> tuple[Array, Array]:
    """Values and indices of the first extreme element along ``dim``."""
    axis = axis_of(op, dim, x.ndim)
    need_order(op, x)
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    _need_elements(op, x, (axis,))
    values = real_values(x)
    index = (np.argmax if largest else np.argmin)(values, axis=axis, keepdims=True)
    found = chosen(x, index, axis)
    if keepdim:
        return found, index
    return np.squeeze(found, axis), np.squeeze(index, axis)


def extreme(op: str, x: Array, axes: tuple[int, ...], keepdim: bool, *, largest: bool) -> Array:
    """The extreme element over ``axes``."""
    need_order(op, x)
    if not x.ndim:
        return x.copy()
    _need_elements(op, x, axes)
    if x.dtype == np.uint16:  # bfloat16: compared as float32, and read back from where it was
        return _extreme_bfloat16(op, x, axes, keepdim, largest=largest)
    return np.asarray((np.max if largest else np.min)(x, axis=axes, keepdims=keepdim))


def _extreme_bfloat16(
    op: str, x: Array, axes: tuple[int, ...], keepdim: bool, *, largest: bool
) -> Array:
    kept = [a for a in range(x.ndim) if a not in axes]
    count = math.prod(x.shape[a] for a in axes)
    flat = x.transpose(*kept, *axes).reshape([*(x.shape[a] for a in kept), count])
    found, _ = extreme_along(op, flat, -1, False, largest=largest)
    shape = [1 if a in axes else s for a, s in enumerate(x.shape)]
    return found.reshape(shape) if keepdim else found


def _need_elements(op: str, x: Array, axes: tuple[int, ...]) -> None:
    if any(not x.shape[a] for a in axes):
        raise fail("TSX4005", op=op, expected="a dimension that is not empty", found=list(x.shape))


def _define_both(name: str, *, largest: bool) -> None:
    """``max``/``amax``/``argmax``, or the same with min."""
    amax, argmax = f"a{name}", f"arg{name}"

    def whole(x: Array) -> Array:
        return extreme(name, x, tuple(range(x.ndim)), False, largest=largest)

    def along(x: Array, dim: int, keepdim: bool) -> tuple[Array, Array]:
        return extreme_along(name, x, dim, keepdim, largest=largest)

    def over(x: Array, dim: Any, keepdim: bool) -> Array:
        return extreme(amax, x, axes_of(amax, dim, x.ndim), keepdim, largest=largest)

    def index(x: Array, dim: int | None, keepdim: bool) -> Array:
        if dim is not None:
            return extreme_along(argmax, x, dim, keepdim, largest=largest)[1]
        _, found = extreme_along(argmax, x.reshape(-1), 0, False, largest=largest)
        return found.reshape((1,) * x.ndim) if keepdim else found

    def whole_rule(self: Abstract) -> Abstract:
        return _rule(name, self, None, False)

    def along_rule(self: Abstract, dim: Abstract, keepdim: Abstract = False) -> Abstract:
        values = _rule(name, self, dim, keepdim)
        return values, TensorType(DType.INT64, values.shape)

    def over_rule(self: Abstract, dim: Abstract = (), keepdim: Abstract = False) -> Abstract:
        return _rule(amax, self, dim, keepdim)

    def index_rule(self: Abstract, dim: Abstract = None, keepdim: Abstract = False) -> Abstract:
        return TensorType(DType.INT64, _rule(argmax, self, dim, keepdim).shape)

    define(f"aten::{name}(Tensor self) -> Tensor", whole_rule, whole, REDUCTION)
    define(f"aten::{name}.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
           along_rule, along, REDUCTION)  # fmt: skip
    define(f"aten::{amax}(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor",
           over_rule, over, REDUCTION)  # fmt: skip
    define(f"aten::{argmax}(Tensor self, int? dim=None, bool keepdim=False) -> Tensor",
           index_rule, index, REDUCTION)  # fmt: skip


def _rule(op: str, self: Abstract, dim: Abstract, keepdim: Abstract) -> TensorType:
    x = tensor(self)
    if x.dtype is not None and x.dtype.is_complex:
        raise mismatch(op, "numbers that have an order", x.dtype)
    result = rules.same_dtype(op, x, dim, keepdim)
    if x.shape is not None and 0 in x.shape and isinstance(keepdim, bool) and known(dim):
        _refuse_empty(op, x.shape, dim)
    return result


def _refuse_empty(op: str, shape: Shape, dim: Abstract) -> None:
    dims = dim if isinstance(dim, (list, tuple)) else [dim]
    gone = [shape[d] for d in dims if isinstance(d, int)] or list(shape)
    if 0 in gone:
        raise mismatch(op, "a dimension that is not empty", text(shape))


def _aminmax(x: Array, dim: int | None, keepdim: bool) -> tuple[Array, Array]:
    axes = axes_of("aminmax", dim, x.ndim)
    least = extreme("aminmax", x, axes, keepdim, largest=False)
    return least, extreme("aminmax", x, axes, keepdim, largest=True)


def _aminmax_rule(self: Abstract, dim: Abstract = None, keepdim: Abstract = False) -> Abstract:
    result = _rule("aminmax", self, dim, keepdim)
    return result, result


_define_both("max", largest=True)
_define_both("min", largest=False)
define("aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)",
       _aminmax_rule, _aminmax, REDUCTION)  # fmt: skip
