"""Joining tensors: cat, stack and their relatives, block_diag."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim, Expr
from tsx.ir.op import Abstract
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.abstract import mismatch, wrap_dim
from tsx.ops.checked import axis_of, define
from tsx.ops.dtypes import Array, cast
from tsx.ops.promote import DEFAULT_FLOAT, result_type
from tsx.ops.view_rules import tensor, text


def joined_dtype(tensors: Sequence[object]) -> DType | None:
    """The dtype that joined tensors have."""
    return result_type(*tensors)


def _alike(tensors: Sequence[Array]) -> list[Array]:
    """The tensors in their common dtype."""
    first = tensors[0].dtype
    if all(x.dtype == first for x in tensors):
        return list(tensors)
    dtype = joined_dtype(tensors)
    assert dtype is not None
    return [cast(x, dtype) for x in tensors]


def _need_some(op: str, tensors: Sequence[object]) -> None:
    if not tensors:
        raise fail("TSX4005", op=op, expected="one tensor or more", found="an empty list")


def concatenated(tensors: list[Array], dim: int) -> Array:
    """The tensors one after the other along ``dim``; a 1-D empty one among others counts for nothing."""
    _need_some("cat", tensors)
    rank = max(x.ndim for x in tensors)
    if not rank:
        raise fail("TSX4005", op="cat", expected="tensors with a dimension", found="0-dim tensors")
    axis = axis_of("cat", dim, rank)
    counted = [x for x in _alike(tensors) if x.ndim == rank or x.shape != (0,)]
    return np.concatenate(counted, axis)


def cat_rule(tensors: Abstract, dim: Abstract = 0, *_: Abstract) -> Abstract:
    if not isinstance(tensors, (list, tuple)):
        return TensorType()
    _need_some("cat", tensors)
    types = [tensor(t) for t in tensors]
    dtype = joined_dtype(types)
    shapes = [t.shape for t in types]
    if any(shape is None or shape == () for shape in shapes):
        if shapes == [()] * len(shapes):
            raise mismatch("cat", "tensors with a dimension", "0-dim tensors")
        return TensorType(dtype)
    known_shapes = [shape for shape in shapes if shape is not None]
    rank = max(len(shape) for shape in known_shapes)
    counted = [shape for shape in known_shapes if rank == 1 or shape != (0,)]
    place = wrap_dim("cat", dim, rank)
    for shape in counted:
        if len(shape) != rank:
            # A 1-D tensor of unknown size may turn out to be empty, and then counts for nothing.
            if len(shape) == 1 and not isinstance(shape[0], int):
                return TensorType(dtype)
            raise mismatch("cat", f"tensors of {rank} dimensions", text(shape))
    if place is None:
        return TensorType(dtype, (None,) * rank)
    sizes = [_cat_size(counted, i, is_joined=i == place) for i in range(rank)]
    return TensorType(dtype, tuple(sizes))


def _cat_size(shapes: Sequence[Shape], i: int, *, is_joined: bool) -> Dim | None:
    if is_joined:
        total: Dim = 0
        for shape in shapes:
            size = shape[i]
            if size is None:
                return None
            total = total + size
        return total
    return common_size("cat", [shape[i] for shape in shapes])


def common_size(op: str, sizes: Sequence[Dim | None]) -> Dim | None:
    """The size that all must have: a known int if there is one, else an expression."""
    ints = {s for s in sizes if isinstance(s, int)}
    if len(ints) > 1:
        raise mismatch(op, "equal sizes", " and ".join(map(str, sorted(ints))))
    if ints:
        return ints.pop()
    return next((s for s in sizes if isinstance(s, Expr)), None)


def stacked(tensors: list[Array], dim: int) -> Array:
    _need_some("stack", tensors)
    axis = axis_of("stack", dim, tensors[0].ndim, extra=1)
    return np.stack(_alike(tensors), axis)


def _stack_rule(tensors: Abstract, dim: Abstract = 0) -> Abstract:
    if not isinstance(tensors, (list, tuple)):
        return TensorType()
    _need_some("stack", tensors)
    types = [tensor(t) for t in tensors]
    dtype = joined_dtype(types)
    shapes = [t.shape for t in types if t.shape is not None]
    if not shapes:
        return TensorType(dtype)
    rank = len(shapes[0])
    if any(len(shape) != rank for shape in shapes):
        raise mismatch("stack", "tensors of equal sizes", " and ".join(map(text, shapes)))
    place = wrap_dim("stack", dim, rank, extra=1)
    sizes = [common_size("stack", [shape[i] for shape in shapes]) for i in range(rank)]
    if place is None:
        return TensorType(dtype, (None,) * (rank + 1))
    return TensorType(dtype, (*sizes[:place], len(tensors), *sizes[place:]))


Reshape = Callable[[Shape], Shape]


def _at_least_1d(shape: Shape) -> Shape:
    return shape or (1,)


def _at_least_2d(shape: Shape) -> Shape:
    return shape if len(shape) > 1 else (1, *(shape or (1,)))


def _at_least_3d(shape: Shape) -> Shape:
    flat = _at_least_2d(shape)
    return flat if len(flat) > 2 else (*flat, 1)


def _as_column(shape: Shape) -> Shape:
    return (*(shape or (1,)), 1) if len(shape) < 2 else shape


def _define_stack(name: str, widen: Reshape, axis: int, lone_axis: int) -> None:
    """``hstack`` and its like: ``cat`` along ``axis`` of widened tensors (``lone_axis`` when they are 1-D)."""

    def evaluate(tensors: list[Array]) -> Array:
        _need_some(name, tensors)
        wide = [x.reshape([s for s in widen(x.shape) if isinstance(s, int)]) for x in tensors]
        return concatenated(wide, lone_axis if wide[0].ndim == 1 else axis)

    def rule(tensors: Abstract) -> Abstract:
        if not isinstance(tensors, (list, tuple)):
            return TensorType()
        _need_some(name, tensors)
        wide = [
            TensorType(x.dtype, None if x.shape is None else widen(x.shape)) for x in map(tensor, tensors)
        ]  # fmt: skip
        first = wide[0].shape
        if first is None:
            return TensorType(joined_dtype(wide))
        return cat_rule(wide, lone_axis if len(first) == 1 else axis)

    define(f"aten::{name}(Tensor[] tensors) -> Tensor", rule, evaluate)


def _block_diag(tensors: list[Array]) -> Array:
    if not tensors:
        return np.zeros((1, 0), np.float32)
    blocks = [x.reshape(1, -1) if x.ndim < 2 else x for x in _alike(tensors)]
    if any(block.ndim > 2 for block in blocks):
        raise fail(
            "TSX4005", op="block_diag", expected="tensors of at most 2 dimensions", found="more"
        )
    rows, cols = (sum(block.shape[i] for block in blocks) for i in (0, 1))
    result = np.zeros((rows, cols), blocks[0].dtype)
    row = col = 0
    for block in blocks:
        result[row : row + block.shape[0], col : col + block.shape[1]] = block
        row, col = row + block.shape[0], col + block.shape[1]
    return result


def _block_diag_rule(tensors: Abstract) -> Abstract:
    if not isinstance(tensors, (list, tuple)):
        return TensorType(None, (None, None))
    if not tensors:
        return TensorType(DEFAULT_FLOAT, (1, 0))
    rows: Dim | None = 0
    cols: Dim | None = 0
    for x in map(tensor, tensors):
        if x.shape is None:
            rows = cols = None
            break
        height, width = (1, *(x.shape or (1,))) if len(x.shape) < 2 else x.shape[:2]
        rows = None if rows is None or height is None else rows + height
        cols = None if cols is None or width is None else cols + width
    return TensorType(joined_dtype([tensor(t) for t in tensors]), (rows, cols))


for _name in ("cat", "concat", "concatenate"):
    define(f"aten::{_name}(Tensor[] tensors, int dim=0) -> Tensor", cat_rule, concatenated)
define("aten::stack(Tensor[] tensors, int dim=0) -> Tensor", _stack_rule, stacked)
_define_stack("hstack", _at_least_1d, 1, 0)
_define_stack("vstack", _at_least_2d, 0, 0)
_define_stack("row_stack", _at_least_2d, 0, 0)
_define_stack("dstack", _at_least_3d, 2, 2)
_define_stack("column_stack", _as_column, 1, 1)
define("aten::block_diag(Tensor[] tensors) -> Tensor", _block_diag_rule, _block_diag)
