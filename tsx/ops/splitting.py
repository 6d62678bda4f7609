"""Splitting a tensor into a list of views: unbind, split, chunk, tensor_split and hsplit, vsplit, dsplit.

The number of pieces is known at capture only where every binding of the symbols gives the same; else the rule gives a
list of unknown length, with what is known of each piece.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract, Unknown
from tsx.ir.types import INT, TensorType
from tsx.ops import view_rules as rules
from tsx.ops.abstract import MAX_KNOWN, as_dim, dims_of, mismatch, wrap_dim
from tsx.ops.checked import VIEW, axis_of, define
from tsx.ops.dtypes import Array, dtype_of
from tsx.ops.slicing import part


def _unbind(x: Array, dim: int) -> list[Array]:
    axis = axis_of("unbind", dim, x.ndim)
    if not x.ndim:
        raise fail(
            "TSX4005", op="unbind", expected="a tensor with a dimension", found="a 0-dim tensor"
        )
    return [part(x, axis, i) for i in range(x.shape[axis])]


def _unbind_rule(self: Abstract, dim: Abstract = 0) -> Abstract:
    x = rules.tensor(self)
    if x.shape is None:
        return rules.unknown_list(x.dtype)
    item = rules.tensor(rules.select(x, dim, Unknown(INT)))
    place = wrap_dim("unbind", dim, len(x.shape))
    size = None if place is None else x.shape[place]
    if isinstance(size, int) and size <= MAX_KNOWN:
        return [item] * size
    return rules.unknown_list(item.dtype, item.shape)


def by_sizes(x: Array, dim: int, sizes: Sequence[int], op: str = "split_with_sizes") -> list[Array]:
    """Pieces of the given sizes, which must add up to the whole dimension."""
    axis = axis_of(op, dim, x.ndim)
    whole = x.shape[axis] if x.ndim else 1
    if sum(sizes) != whole or any(size < 0 for size in sizes):
        raise fail("TSX4005", op=op, expected=f"sizes that add up to {whole}", found=list(sizes))
    pieces, start = [], 0
    for size in sizes:
        pieces.append(part(x, axis, slice(start, start + size)))
        start += size
    return pieces


def _split_with_sizes(x: Array, sizes: list[int], dim: int) -> list[Array]:
    return by_sizes(x, dim, sizes)


def _split_with_sizes_rule(self: Abstract, sizes: Abstract, dim: Abstract = 0) -> Abstract:
    x, parts = rules.tensor(self), dims_of(sizes)
    if parts is None:
        return rules.unknown_list(x.dtype, x.shape and (None,) * len(x.shape))
    place = wrap_dim("split", dim, x.rank)
    if x.shape is None or place is None:
        return [TensorType(x.dtype, x.shape and (None,) * len(x.shape))] * len(parts)
    rules.need_dimension("split", x.shape)
    whole = x.shape[place]
    ints = [s for s in parts if isinstance(s, int)]
    if isinstance(whole, int) and len(ints) == len(parts) and sum(ints) != whole:
        raise mismatch("split", f"sizes that add up to {whole}", rules.text(parts))
    return [rules.resized(x, place, size) for size in parts]


def chunk_sizes(whole: int, size: int) -> list[int]:
    """The sizes of pieces of ``size``, the last one with what is left; one piece of an empty dimension."""
    if size == 0:
        return [0]
    return [min(size, whole - start) for start in range(0, whole, size)] or [0]


def _split(x: Array, split_size: int, dim: int) -> list[Array]:
    whole = x.shape[axis_of("split", dim, x.ndim)] if x.ndim else 1
    if split_size < 0 or (split_size == 0 and whole):
        raise fail("TSX4005", op="split", expected="a size of 1 or more", found=split_size)
    return by_sizes(x, dim, chunk_sizes(whole, split_size), "split")


def _split_rule(self: Abstract, split_size: Abstract, dim: Abstract = 0) -> Abstract:
    x, size = rules.tensor(self), as_dim(split_size)
    place = wrap_dim("split", dim, x.rank)
    if x.shape is None or place is None:
        return rules.unknown_list(x.dtype)
    if isinstance(size, int) and size < 0:
        raise mismatch("split", "a size of 1 or more", size)
    rules.need_dimension("split", x.shape)
    return _pieces(x, place, size, _piece_count(x.shape[place], size))


def _piece_count(whole: Dim | None, size: Dim | None) -> int | None:
    """How many pieces of ``size`` there are, when every binding gives the same number."""
    if whole is None or size is None:
        return None
    if isinstance(whole, int) and isinstance(size, int):
        return max(-(-whole // size), 1) if size else 1
    if isinstance(size, int):
        return None
    for count in range(1, 65):  # size * count == whole, with one symbolic size
        rest = whole - size * (count - 1)
        if rest == size:
            return count
    return None


def _pieces(x: TensorType, place: int, size: Dim | None, count: int | None) -> Abstract:
    """``count`` pieces of ``size``, the last with the rest."""
    whole = (x.shape or ())[place]
    if count is None or count > MAX_KNOWN or size is None or whole is None:
        piece = rules.resized(x, place, None)
        return rules.unknown_list(piece.dtype, piece.shape)
    last = whole - size * (count - 1)
    sizes = [size] * (count - 1) + [last]
    return [rules.resized(x, place, s) for s in sizes]


def _chunk(x: Array, chunks: int, dim: int) -> list[Array]:
    axis = axis_of("chunk", dim, x.ndim)
    if chunks < 1 or not x.ndim:
        raise fail("TSX4005", op="chunk", expected="1 chunk or more of a dimension", found=chunks)
    whole = x.shape[axis]
    if whole == 0:  # as many empty pieces as were asked for
        return by_sizes(x, dim, [0] * chunks, "chunk")
    return by_sizes(x, dim, chunk_sizes(whole, -(-whole // chunks)), "chunk")


def _chunk_rule(self: Abstract, chunks: Abstract, dim: Abstract = 0) -> Abstract:
    x = rules.tensor(self)
    place = wrap_dim("chunk", dim, x.rank)
    if x.shape is None or place is None or not isinstance(chunks, int):
        return rules.unknown_list(x.dtype)
    if chunks < 1 or not x.shape:
        raise mismatch("chunk", "1 chunk or more of a dimension", chunks)
    whole = x.shape[place]
    if whole is None:
        return _pieces(x, place, None, None)
    if whole == 0 and chunks <= MAX_KNOWN:
        return [x] * chunks
    size = (whole + (chunks - 1)) // chunks
    if isinstance(whole, int):
        return _pieces(x, place, size, _piece_count(whole, size))
    return _pieces(x, place, size, chunks if whole % chunks == 0 else None)


def _section_sizes(whole: int, sections: int) -> list[int]:
    small, larger = divmod(whole, sections)
    return [small + (i < larger) for i in range(sections)]


def _sections(x: Array, sections: int, dim: int) -> list[Array]:
    axis = axis_of("tensor_split", dim, x.ndim)
    if sections < 1 or not x.ndim:
        raise fail("TSX4005", op="tensor_split", expected="1 section or more", found=sections)
    if sections > 1 << 24:
        raise MemoryError
    return by_sizes(x, dim, _section_sizes(x.shape[axis], sections), "tensor_split")


def _sections_rule(self: Abstract, sections: Abstract, dim: Abstract = 0) -> Abstract:
    x = rules.tensor(self)
    place = wrap_dim("tensor_split", dim, x.rank)
    if not isinstance(sections, int) or x.shape is None or place is None:
        return rules.unknown_list(x.dtype)
    if sections < 1 or not x.shape:
        raise mismatch("tensor_split", "1 section or more", sections)
    whole = x.shape[place]
    if sections > MAX_KNOWN:
        return rules.unknown_list(x.dtype)
    if whole is None:
        return [rules.resized(x, place, None)] * sections
    # Piece i has (whole + sections - 1 - i) // sections elements: the first ones take what is left over.
    sizes = ((whole + (sections - 1 - i)) // sections for i in range(sections))
    return [rules.resized(x, place, size) for size in sizes]


def _at_indices(x: Array, indices: list[int], dim: int) -> list[Array]:
    axis = axis_of("tensor_split", dim, x.ndim)
    starts, ends = [0, *indices], [*indices, None]
    return [part(x, axis, slice(a, b)) for a, b in zip(starts, ends, strict=True)]


def _at_indices_rule(self: Abstract, indices: Abstract, dim: Abstract = 0) -> Abstract:
    if not isinstance(indices, (list, tuple)):
        return rules.unknown_list(rules.tensor(self).dtype)
    starts, ends = [0, *indices], [*indices, None]
    return [rules.slice_(self, dim, a, b, 1) for a, b in zip(starts, ends, strict=True)]


def _by_tensor(x: Array, where: Array, dim: int) -> list[Array]:
    if where.dtype != np.int64 or where.ndim > 1:
        raise fail(
            "TSX4005",
            op="tensor_split",
            expected="indices or sections in an int64 tensor of 0 or 1 dimensions",
            found=f"{dtype_of(where)} of {where.ndim} dimensions",
        )
    return _at_indices(x, where.tolist(), dim) if where.ndim else _sections(x, int(where), dim)


def _by_tensor_rule(self: Abstract, where: Abstract, dim: Abstract = 0) -> Abstract:
    return rules.unknown_list(rules.tensor(self).dtype)


def _even_sections(op: str, x: Array, sections: int, dim: int) -> list[Array]:
    if sections < 1 or x.shape[dim] % sections:
        raise fail(
            "TSX4005", op=op, expected=f"sections that divide {x.shape[dim]}", found=sections
        )
    return _sections(x, sections, dim)


define(
    "aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]", _unbind_rule, _unbind, VIEW
)
define("aten::split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]",
       _split_rule, _split, VIEW)  # fmt: skip
define("aten::split.sizes(Tensor(a -> *) self, SymInt[] split_size, int dim=0) -> Tensor(a)[]",
       _split_with_sizes_rule, _split_with_sizes, VIEW)  # fmt: skip
define("aten::split(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]",
       _split_with_sizes_rule, _split_with_sizes, VIEW)  # fmt: skip
define("aten::split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[]",
       _split_with_sizes_rule, _split_with_sizes, VIEW)  # fmt: skip
define("aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]",
       _chunk_rule, _chunk, VIEW)  # fmt: skip
define("aten::tensor_split.sections(Tensor(a -> *) self, SymInt sections, int dim=0) -> Tensor(a)[]",
       _sections_rule, _sections, VIEW)  # fmt: skip
define("aten::tensor_split.indices(Tensor(a -> *) self, SymInt[] indices, int dim=0) -> Tensor(a)[]",
       _at_indices_rule, _at_indices, VIEW)  # fmt: skip
define("aten::tensor_split.tensor_indices_or_sections(Tensor(a -> *) self, Tensor tensor_indices_or_sections,"
       " int dim=0) -> Tensor(a)[]", _by_tensor_rule, _by_tensor, VIEW)  # fmt: skip


def _define_split_along(op: str, axis: int, lone: int) -> None:
    """``hsplit`` and its like: ``tensor_split`` along ``axis``, or along ``lone`` of a 1-D tensor."""

    def dim_of(rank: int) -> int:
        return lone if rank == 1 else axis

    def sections_rule(self: Abstract, sections: Abstract) -> Abstract:
        x = rules.tensor(self)
        return _sections_rule(x, sections, dim_of(x.rank) if x.rank is not None else Unknown(INT))

    def indices_rule(self: Abstract, indices: Abstract) -> Abstract:
        x = rules.tensor(self)
        return _at_indices_rule(x, indices, dim_of(x.rank) if x.rank is not None else Unknown(INT))

    def sections(x: Array, count: int) -> list[Array]:
        return _even_sections(op, x, count, dim_of(x.ndim))

    def indices(x: Array, places: list[int]) -> list[Array]:
        return _at_indices(x, places, dim_of(x.ndim))

    tail = "-> Tensor(a)[]"
    define(
        f"aten::{op}.int(Tensor(a -> *) self, int sections) {tail}", sections_rule, sections, VIEW
    )
    define(
        f"aten::{op}.array(Tensor(a -> *) self, int[] indices) {tail}", indices_rule, indices, VIEW
    )


for _op, _axis, _lone in (("hsplit", 1, 0), ("vsplit", 0, 0), ("dsplit", 2, 2)):
    _define_split_along(_op, _axis, _lone)
