"""Views of a part: select, slice, narrow, diagonals, windows and raw strides."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tsx.errors import fail
from tsx.ir.op import Abstract, Unknown
from tsx.ir.types import INT, TensorType
from tsx.ops import view_rules as rules
from tsx.ops.abstract import as_dim, dims_of, mismatch, wrap_dim
from tsx.ops.checked import INPLACE, VIEW, axis_of, define
from tsx.ops.dtypes import Array, dtype_of


def part(x: Array, axis: int, index: Any) -> Array:
    """``x[:, …, index]`` with ``index`` at ``axis``: always a view, also when nothing is left but an element."""
    return np.asarray(x[(slice(None),) * axis + (index, ...)])


def selected(x: Array, dim: int, index: int) -> Array:
    axis = axis_of("select", dim, x.ndim)
    if not x.ndim:
        raise fail(
            "TSX4005", op="select", expected="a tensor with a dimension", found="a 0-dim tensor"
        )
    size = x.shape[axis]
    if not -size <= index < size:
        raise fail("TSX4032", op="select", low=-size, high=size - 1, found=index)
    return part(x, axis, index)


def sliced(x: Array, dim: int, start: int | None, end: int | None, step: int) -> Array:
    axis = axis_of("slice", dim, x.ndim)
    if not x.ndim or step <= 0:
        expected = "a step of 1 or more" if x.ndim else "a tensor with a dimension"
        raise fail(
            "TSX4005", op="slice", expected=expected, found=step if x.ndim else "a 0-dim tensor"
        )
    return part(x, axis, slice(start, end, step))


def narrowed(x: Array, dim: int, start: int, length: int) -> Array:
    axis = axis_of("narrow", dim, x.ndim)
    size = x.shape[axis]
    if not -size <= start <= size:
        raise fail("TSX4032", op="narrow", low=-size, high=size, found=start)
    first = start + size if start < 0 else start
    if not 0 <= length <= size - first:
        raise fail(
            "TSX4005", op="narrow", expected=f"a length from 0 to {size - first}", found=length
        )
    return part(x, axis, slice(first, first + length))


def _narrow_tensor(x: Array, dim: int, start: Array, length: int) -> Array:
    if start.ndim or start.dtype.kind not in "iu":
        found = f"{dtype_of(start)} of sizes {list(start.shape)}"
        raise mismatch("narrow", "a 0-dim tensor of a whole number as the start", found)
    return narrowed(x, dim, int(start), length)


def _narrow_tensor_rule(
    self: Abstract, dim: Abstract, start: Abstract, length: Abstract
) -> Abstract:
    return rules.narrow(self, dim, Unknown(INT), length)


def diagonal(x: Array, offset: int, dim1: int, dim2: int) -> Array:
    a, b = axis_of("diagonal", dim1, x.ndim), axis_of("diagonal", dim2, x.ndim)
    if a == b:
        raise fail("TSX4035", op="diagonal", found=[dim1, dim2])
    result = np.diagonal(x, offset, a, b)
    if x.flags.writeable:
        result.flags.writeable = True  # NumPy marks it read-only although it is a plain view
    return result


def _linalg_diagonal_rule(
    self: Abstract, offset: Abstract = 0, dim1: Abstract = -2, dim2: Abstract = -1
) -> Abstract:
    return rules.diagonal(self, offset, dim1, dim2)


def strided(x: Array, size: list[int], stride: list[int], offset: int | None) -> Array:
    """The view of ``x``'s memory with element strides; ``offset`` counts from the start of that memory."""
    if len(size) != len(stride) or any(s < 0 for s in [*size, *stride]):
        raise fail("TSX4005", op="as_strided", expected="as many strides as sizes, none negative",
                   found=f"{list(size)} and {list(stride)}")  # fmt: skip
    memory = _memory(x)
    if memory is None and offset is not None:
        raise fail(
            "TSX4005",
            op="as_strided",
            expected="no storage_offset for a tensor that maps a file",
            found=offset,
        )
    base = x if memory is None else memory
    skipped = (x.ctypes.data - base.ctypes.data) // x.itemsize  # where x starts in its memory
    start = skipped if offset is None else offset
    reach = sum((n - 1) * s for n, s in zip(base.shape, base.strides, strict=True)) // x.itemsize
    last = start + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if 0 not in size and not 0 <= start <= last <= reach:
        raise fail("TSX4032", op="as_strided", low=0, high=reach, found=last)
    overlaps = any(s == 0 and n > 1 for n, s in zip(size, stride, strict=True))
    return as_strided(
        base if memory is None else memory[start:],
        tuple(size),
        [s * x.itemsize for s in stride],
        writeable=x.flags.writeable and not overlaps,
    )


def _memory(x: Array) -> Array | None:
    """All of the allocation behind ``x``, flat; None when it is not an array of ``x``'s dtype (a mapped file).

    What torch calls a tensor's storage is the array that was allocated for it. A file holds many tensors, and where
    one begins can't be told from a view of it.
    """
    owner = x
    while True:
        below = owner.base
        if not isinstance(below, np.ndarray):  # as_strided puts a holder of its own in between
            below = getattr(below, "base", None)
        if not isinstance(below, np.ndarray):
            break
        owner = below
    return owner.reshape(-1) if owner.dtype == x.dtype and owner.flags.c_contiguous else None


def _as_strided_rule(
    self: Abstract, size: Abstract, stride: Abstract, storage_offset: Abstract = None
) -> Abstract:
    return TensorType(rules.tensor(self).dtype, dims_of(size))


def unfolded(x: Array, dimension: int, size: int, step: int) -> Array:
    """Windows of ``size`` every ``step`` elements; they overlap in memory, as torch's do."""
    axis = axis_of("unfold", dimension, x.ndim)
    whole = x.shape[axis] if x.ndim else 1
    if not 0 <= size <= whole or step < 1:
        raise fail("TSX4005", op="unfold", expected=f"a size from 0 to {whole} and a step of 1 or more",
                   found=f"{size} and {step}")  # fmt: skip
    stride = x.strides[axis] if x.ndim else x.itemsize
    shape = [*x.shape, size] if x.ndim else [size]
    strides = [*x.strides, stride] if x.ndim else [stride]
    if x.ndim:
        shape[axis], strides[axis] = (whole - size) // step + 1, stride * step
    return as_strided(x, shape, strides, writeable=x.flags.writeable)


def _unfold_rule(self: Abstract, dimension: Abstract, size: Abstract, step: Abstract) -> Abstract:
    x = rules.tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    place, inner = wrap_dim("unfold", dimension, len(x.shape)), as_dim(size)
    if not x.shape:
        return TensorType(x.dtype, (inner,))
    if place is None or not isinstance(step, int) or not isinstance(inner, int):
        return TensorType(x.dtype, (None,) * len(x.shape) + (inner,))
    whole = x.shape[place]
    if isinstance(whole, int) and not 0 <= inner <= whole:
        raise mismatch("unfold", f"a size from 0 to {whole}", inner)
    if step < 1:
        raise mismatch("unfold", "a step of 1 or more", step)
    windows = None if whole is None else (whole - inner) // step + 1
    opened = rules.resized(x, place, windows)
    return TensorType(x.dtype, (*(opened.shape or ()), inner))


define("aten::select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)",
       rules.select, selected, VIEW)  # fmt: skip
define("aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1)"
       " -> Tensor(a)", rules.slice_, sliced, VIEW)  # fmt: skip
define("aten::narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a)",
       rules.narrow, narrowed, VIEW)  # fmt: skip
define("aten::narrow.Tensor(Tensor(a) self, int dim, Tensor start, SymInt length) -> Tensor(a)",
       _narrow_tensor_rule, _narrow_tensor, VIEW)  # fmt: skip
define("aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)",
       rules.diagonal, diagonal, VIEW)  # fmt: skip
for _mark, _name, _traits in (
    ("a", "as_strided", VIEW),
    ("a!", "as_strided_", INPLACE),
):
    define(f"aten::{_name}(Tensor({_mark}) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None)"
           f" -> Tensor({_mark})", _as_strided_rule, strided, _traits)  # fmt: skip
define("aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)",
       _unfold_rule, unfolded, VIEW)  # fmt: skip
define("aten::linalg_diagonal(Tensor(a) A, *, int offset=0, int dim1=-2, int dim2=-1) -> Tensor(a)",
       _linalg_diagonal_rule, diagonal, VIEW)  # fmt: skip
