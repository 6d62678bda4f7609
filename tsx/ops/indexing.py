"""Advanced indexing: ``x[a, None, mask]`` and writing through it.

An index list has one entry for each leading dimension: an integer tensor, a mask over one or several dimensions, or
None for a whole dimension. The indexed dimensions come out where the indices stand if those are adjacent, else first;
torch and NumPy agree on that. Results are fresh memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.abstract import broadcast, mismatch
from tsx.ops.checked import (
    INPLACE,
    add_at,
    define,
    opmath_values,
    same_as_self,
    same_dtype,
    writable,
)
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.view_rules import tensor

Indices = Sequence[Array | None]


def place_of(op: str, x: Array, indices: Indices) -> tuple[Any, ...]:
    """The NumPy index for a list of index tensors, with every index checked against its dimension."""
    place: list[Any] = []
    dim = 0
    for index in indices:
        if index is None:
            place.append(slice(None))
            dim += 1
            continue
        if index.dtype in (np.bool_, np.uint8):
            _check_mask(op, x, index, dim)
            place.extend(np.nonzero(index) if index.ndim else (index != 0,))
        else:
            _check_places(op, x, index, dim)
            place.append(index.astype(np.int64, copy=False))
        dim += index.ndim if index.dtype in (np.bool_, np.uint8) else 1
    if dim > x.ndim:
        raise fail("TSX4005", op=op, expected=f"at most {x.ndim} indices", found=dim)
    return tuple(place)


def _check_mask(op: str, x: Array, mask: Array, dim: int) -> None:
    if mask.shape != x.shape[dim : dim + mask.ndim]:
        raise fail("TSX4005", op=op, expected=f"a mask of sizes {list(x.shape[dim : dim + mask.ndim])}",
                   found=list(mask.shape))  # fmt: skip


def _check_places(op: str, x: Array, index: Array, dim: int) -> None:
    if index.dtype.kind != "i":
        raise fail(
            "TSX4005", op=op, expected="an index of integers or bools", found=dtype_of(index)
        )
    if dim >= x.ndim:
        raise fail("TSX4005", op=op, expected=f"at most {x.ndim} indices", found=dim + 1)
    size = x.shape[dim]
    if index.size and not -size <= int(index.min()) <= int(index.max()) < size:
        worst = int(index.max()) if int(index.max()) >= size else int(index.min())
        raise fail("TSX4032", op=op, low=-size, high=size - 1, found=worst)


def indexed(x: Array, indices: Indices) -> Array:
    """``x[indices]``, always a copy in row-major order."""
    found = x[place_of("index", x, indices)]
    result = np.asarray(found, order="C")
    # Indices that are all 0-dim make a basic index, and that a view.
    return result.copy() if np.may_share_memory(result, x) else result


def index_rule(self: Abstract, indices: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is None or not isinstance(indices, (list, tuple)):
        return TensorType(x.dtype)
    shape = indexed_shape("index", x.shape, indices)
    return TensorType(x.dtype, shape)


def indexed_shape(op: str, shape: Shape, indices: Sequence[Abstract]) -> Shape | None:
    """The sizes that indexing gives; a mask gives one unknown size for the dimensions it covers."""
    found: list[Shape | None] = []
    places: list[int] = []
    kept: list[int] = []
    dim = 0
    for index in indices:
        if index is None:
            kept.append(dim)
            dim += 1
            continue
        facts = tensor(index)
        if facts.dtype is None:
            return None  # an index or a mask
        is_mask = facts.dtype in (DType.BOOL, DType.UINT8)
        if is_mask and facts.shape is None:
            return None
        if not is_mask and not facts.dtype.is_integer:
            raise mismatch(op, "an index of integers or bools", facts.dtype)
        places.append(dim)
        found.append((None,) if is_mask else facts.shape)
        dim += len(facts.shape or ()) if is_mask else 1
    if dim > len(shape):
        raise mismatch(op, f"at most {len(shape)} indices", dim)
    kept.extend(range(dim, len(shape)))
    front = broadcast(op, found)
    if front is None:
        return None
    if not places:
        return shape
    first, last = places[0], places[-1]
    if any(first <= k < last for k in kept):
        return front + tuple(shape[k] for k in kept)
    before = tuple(shape[k] for k in kept if k < first)
    return before + front + tuple(shape[k] for k in kept if k >= first)


def put_into(op: str, x: Array, indices: Indices, values: Array, accumulate: bool) -> Array:
    """Writes (or adds) ``values`` at ``indices`` of ``x``, which it gives back; of repeated places the last stays."""
    writable(op, x)
    same_dtype(op, x, values)
    place = place_of(op, x, indices)
    if not accumulate:
        x[place] = values
    elif dtype_of(x) in (DType.BFLOAT16, DType.FLOAT16):
        wide = opmath_values(x)
        add_at(wide, place, opmath_values(values))
        x[...] = cast(wide, dtype_of(x))
    else:
        add_at(x, place, values)
    return x


def _index_put(x: Array, indices: Indices, values: Array, accumulate: bool) -> Array:
    return put_into("index_put", x.copy(), indices, values, accumulate)


def _index_put_(x: Array, indices: Indices, values: Array, accumulate: bool) -> Array:
    return put_into("index_put_", x, indices, values, accumulate)


def _index_put_impl_(
    x: Array, indices: Indices, values: Array, accumulate: bool, unsafe: bool
) -> Array:
    return put_into("index_put_", x, indices, values, accumulate)


def _put_rule(self: Abstract, indices: Abstract, values: Abstract, *_: Abstract) -> Abstract:
    x, v = tensor(self), tensor(values)
    if x.dtype is not None and v.dtype is not None and x.dtype is not v.dtype:
        raise mismatch("index_put", f"values of dtype {x.dtype}", v.dtype)
    if x.shape is not None and isinstance(indices, (list, tuple)):
        indexed_shape("index_put", x.shape, indices)
    return x


for _name in ("index", "_unsafe_index"):
    define(f"aten::{_name}.Tensor(Tensor self, Tensor?[] indices) -> Tensor", index_rule, indexed)
    define(f"aten::{_name}.Tensor_hacked_twin(Tensor self, Tensor[] indices) -> Tensor",
           index_rule, indexed)  # fmt: skip
for _twin, _list in (("", "Tensor?[]"), (".hacked_twin", "Tensor[]")):
    _rest = f"{_list} indices, Tensor values, bool accumulate=False"
    define(f"aten::index_put{_twin}(Tensor self, {_rest}) -> Tensor", _put_rule, _index_put)
    define(f"aten::_unsafe_index_put{_twin}(Tensor self, {_rest}) -> Tensor", _put_rule, _index_put)
    define(f"aten::index_put_{_twin}(Tensor(a!) self, {_rest}) -> Tensor(a!)",
           _put_rule, _index_put_, INPLACE)  # fmt: skip
    define(f"aten::_index_put_impl_{_twin}(Tensor(a!) self, {_rest}, bool unsafe=False) -> Tensor(a!)",
           _put_rule, _index_put_impl_, INPLACE)  # fmt: skip


def taken(x: Array, index: Array) -> Array:
    """Elements of the flattened ``x``; negative indices count from the end."""
    flat = x.reshape(-1)
    return np.asarray(np.take(flat, _flat_index("take", flat, index)))


def _take_rule(self: Abstract, index: Abstract) -> Abstract:
    return TensorType(tensor(self).dtype, tensor(index).shape)


def _flat_index(op: str, flat: Array, index: Array) -> Array:
    if index.dtype != np.int64:
        raise fail("TSX4005", op=op, expected="an index of int64", found=dtype_of(index))
    _check_places(op, flat, index, 0)
    return index


def _put(x: Array, index: Array, source: Array, accumulate: bool) -> Array:
    if index.size != source.size:
        raise fail("TSX4005", op="put", expected=f"{index.size} values", found=source.size)
    same_dtype("put", x, source)
    flat = x.reshape(-1).copy()
    place = [_flat_index("put", flat, index).reshape(-1)]
    put_into("put", flat, place, source.reshape(-1), accumulate)
    return flat.reshape(x.shape)


def _put_(x: Array, index: Array, source: Array, accumulate: bool) -> Array:
    writable("put_", x)
    x[...] = _put(x, index, source, accumulate)
    return x


define("aten::take(Tensor self, Tensor index) -> Tensor", _take_rule, taken)
define("aten::put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor",
       same_as_self, _put)  # fmt: skip
define("aten::put_(Tensor(a!) self, Tensor index, Tensor source, bool accumulate=False) -> Tensor(a!)",
       same_as_self, _put_, INPLACE)  # fmt: skip
