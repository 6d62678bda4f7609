"""Copies and turns of whole tensors: repeat, tile, repeat_interleave, roll, flip, rot90."""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import Shape, TensorType
from tsx.ops.abstract import as_dim, dims_of, known, mismatch, numel, wrap_dim
from tsx.ops.checked import axes_of, axis_of, define
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.view_rules import resized, tensor, text


def repeated(x: Array, repeats: list[int]) -> Array:
    """``x`` laid out ``repeats[i]`` times along each dimension; more repeats than dimensions add leading ones."""
    if len(repeats) < x.ndim or any(r < 0 for r in repeats):
        raise fail(
            "TSX4005",
            op="repeat",
            expected=f"at least {x.ndim} repeats of 0 or more",
            found=list(repeats),
        )
    return np.tile(x, repeats) if repeats else x.copy()


def _repeat_rule(self: Abstract, repeats: Abstract) -> Abstract:
    x, times = tensor(self), dims_of(repeats)
    if x.shape is None or times is None:
        return TensorType(x.dtype, None if times is None else (None,) * len(times))
    if len(times) < len(x.shape):
        raise mismatch("repeat", f"at least {len(x.shape)} repeats", text(times))
    sizes = (1,) * (len(times) - len(x.shape)) + x.shape
    return TensorType(x.dtype, tuple(_product(s, r) for s, r in zip(sizes, times, strict=True)))


def _product(a: Dim | None, b: Dim | None) -> Dim | None:
    return numel((a, b))


def _tile(x: Array, dims: list[int]) -> Array:
    return repeated(x, [1] * (x.ndim - len(dims)) + list(dims))


def _tile_rule(self: Abstract, dims: Abstract) -> Abstract:
    x, times = tensor(self), dims_of(dims)
    if x.shape is None or times is None:
        return TensorType(x.dtype)
    return _repeat_rule(x, [1] * (len(x.shape) - len(times)) + list(times))


def interleaved(x: Array, repeats: int | Array, dim: int | None, output_size: int | None) -> Array:
    """Each element of ``dim`` (of the flattened tensor when None) as many times as ``repeats`` says."""
    source, axis = (
        (x.reshape(-1), 0)
        if dim is None
        else (np.atleast_1d(x), axis_of("repeat_interleave", dim, x.ndim))
    )
    if isinstance(repeats, np.ndarray):
        if repeats.ndim > 1 or repeats.dtype.kind != "i" or (repeats.size and repeats.min() < 0):
            raise fail("TSX4005", op="repeat_interleave", expected="1-D repeats of 0 or more",
                       found=f"{dtype_of(repeats)} of sizes {list(repeats.shape)}")  # fmt: skip
        repeats = repeats if repeats.size != 1 else int(repeats.reshape(()))
    result = np.repeat(source, repeats, axis)
    if output_size is not None and result.shape[axis] != output_size:
        raise fail(
            "TSX4005",
            op="repeat_interleave",
            expected=f"{output_size} elements in all",
            found=result.shape[axis],
        )
    return result


def _interleave_counts(repeats: Array, output_size: int | None) -> Array:
    return interleaved(np.arange(repeats.size), repeats, 0, output_size)


def _interleave_counts_rule(repeats: Abstract, output_size: Abstract = None) -> Abstract:
    return TensorType(tensor(repeats).dtype, (as_dim(output_size),))


def _interleave_rule(
    self: Abstract, repeats: Abstract, dim: Abstract = None, output_size: Abstract = None
) -> Abstract:
    x = tensor(self)
    if x.shape is None or not known(dim):
        return TensorType(x.dtype)
    shape = (numel(x.shape),) if dim is None else x.shape or (1,)
    place = 0 if dim is None else wrap_dim("repeat_interleave", dim, len(shape)) or 0
    size = as_dim(output_size)
    if size is None and not isinstance(repeats, TensorType):
        size = _product(shape[place], as_dim(repeats))
    return resized(TensorType(x.dtype, shape), place, size)


def _roll(x: Array, shifts: list[int], dims: list[int]) -> Array:
    if not dims:
        if len(shifts) != 1:
            raise fail(
                "TSX4005",
                op="roll",
                expected="one shift for the flattened tensor",
                found=list(shifts),
            )
        return np.roll(x, shifts[0])
    if len(shifts) != len(dims):
        raise fail("TSX4005", op="roll", expected=f"{len(dims)} shifts", found=len(shifts))
    _roll_rule(type_of(x), shifts, dims)
    return np.roll(x, tuple(shifts), tuple(axis_of("roll", d, x.ndim) for d in dims))


def _roll_rule(self: Abstract, shifts: Abstract, dims: Abstract = ()) -> Abstract:
    x = tensor(self)
    for dim in dims if isinstance(dims, (list, tuple)) else ():
        wrap_dim("roll", dim, x.rank)
        if x.rank == 0:
            raise mismatch("roll", "a tensor with a dimension", "a 0-dim tensor")
    return x


def flipped(x: Array, dims: list[int]) -> Array:
    axes = axes_of("flip", dims, x.ndim) if dims else ()
    return np.ascontiguousarray(np.flip(x, axes)).reshape(x.shape)


def _flip_rule(self: Abstract, dims: Abstract) -> Abstract:
    x = tensor(self)
    places = [wrap_dim("flip", d, x.rank) for d in dims] if isinstance(dims, (list, tuple)) else []
    if None not in places and len(set(places)) < len(places):
        raise mismatch("flip", "each dimension once", dims)
    return x


def _define_flip(name: str, dim: int) -> None:
    def evaluate(x: Array) -> Array:
        if x.ndim <= dim:
            raise fail(
                "TSX4005",
                op=name,
                expected=f"a tensor of {dim + 1} dimensions or more",
                found=x.ndim,
            )
        return flipped(x, [dim])

    def rule(self: Abstract) -> Abstract:
        return _flip_rule(self, [dim])

    define(f"aten::{name}(Tensor self) -> Tensor", rule, evaluate)


def _rot90(x: Array, k: int, dims: list[int]) -> Array:
    if len(dims) != 2:
        raise fail("TSX4005", op="rot90", expected="two dimensions", found=list(dims))
    first, second = axes_of("rot90", dims, x.ndim)
    return np.ascontiguousarray(np.rot90(x, k, (first, second)))


def _rot90_rule(self: Abstract, k: Abstract = 1, dims: Abstract = (0, 1)) -> Abstract:
    x = tensor(self)
    places = [wrap_dim("rot90", d, x.rank) for d in dims] if isinstance(dims, (list, tuple)) else []
    if len(places) == 2 and None not in places and places[0] == places[1]:
        raise mismatch("rot90", "two different dimensions", dims)
    if x.shape is None:
        return TensorType(x.dtype)
    if not isinstance(k, int) or len(places) != 2 or None in places:
        return TensorType(x.dtype, (None,) * len(x.shape))
    return TensorType(x.dtype, _turned(x.shape, places) if k % 2 else x.shape)


def _turned(shape: Shape, places: list[int | None]) -> Shape:
    sizes = list(shape)
    a, b = (p for p in places if p is not None)
    sizes[a], sizes[b] = sizes[b], sizes[a]
    return tuple(sizes)


define("aten::repeat(Tensor self, SymInt[] repeats) -> Tensor", _repeat_rule, repeated)
define("aten::tile(Tensor self, SymInt[] dims) -> Tensor", _tile_rule, _tile)
define("aten::repeat_interleave.Tensor(Tensor repeats, *, SymInt? output_size=None) -> Tensor",
       _interleave_counts_rule, _interleave_counts)  # fmt: skip
for _overload, _type in (("self_Tensor", "Tensor"), ("self_int", "SymInt")):
    define(f"aten::repeat_interleave.{_overload}(Tensor self, {_type} repeats, int? dim=None, *,"
           " SymInt? output_size=None) -> Tensor", _interleave_rule, interleaved)  # fmt: skip
define(
    "aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor",
    _roll_rule,
    _roll,
)
define("aten::flip(Tensor self, int[] dims) -> Tensor", _flip_rule, flipped)
_define_flip("fliplr", 1)
_define_flip("flipud", 0)
define(
    "aten::rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor",
    _rot90_rule,
    _rot90,
)
