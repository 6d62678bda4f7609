"""Advanced indexing with ``...``: ``x[a, ..., b]``, where the rank isn't known when a script is compiled.

``front`` are the index tensors of the leading dimensions, ``back`` those of the trailing ones, as ``aten::index`` takes
them (None for a whole dimension). What lies between them is kept whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import mismatch
from tsx.ops.checked import INPLACE, define
from tsx.ops.dtypes import Array
from tsx.ops.indexing import Indices, index_rule, indexed, put_into
from tsx.ops.view_rules import tensor


def _whole(op: str, rank: int, front: Indices, back: Indices) -> list[Array | None]:
    """One list for all dimensions."""
    taken = sum(map(_width, (*front, *back)))
    if taken > rank:
        raise mismatch(op, f"at most {rank} indices", taken)
    return [*front, *[None] * (rank - taken), *back]


def _width(index: Array | None) -> int:
    """How many dimensions an index takes: a mask those it covers."""
    is_mask = index is not None and index.dtype in (np.bool_, np.uint8)
    return index.ndim if index is not None and is_mask else 1


def _index(x: Array, front: Indices, back: Indices) -> Array:
    return indexed(x, _whole("index", x.ndim, front, back))


def _index_put_(x: Array, front: Indices, back: Indices, values: Array) -> Array:
    return put_into("index_put_", x, _whole("index_put_", x.ndim, front, back), values, False)


def _index_rule(self: Abstract, front: Abstract, back: Abstract) -> Abstract:
    x = tensor(self)
    if x.rank is None or not isinstance(front, list) or not isinstance(back, list):
        return TensorType(x.dtype)
    widths = _known_widths([*front, *back])
    if widths is None:
        return TensorType(x.dtype)
    if widths > x.rank:
        raise mismatch("index", f"at most {x.rank} indices", widths)
    return index_rule(x, [*front, *[None] * (x.rank - widths), *back])


def _known_widths(indices: Sequence[Abstract]) -> int | None:
    total = 0
    for index in indices:
        if index is None:
            total += 1
            continue
        facts = tensor(index)
        if facts.dtype is None:
            return None
        is_mask = facts.dtype in (DType.BOOL, DType.UINT8)
        if is_mask and facts.rank is None:
            return None
        total += facts.rank or 0 if is_mask else 1
    return total


def _put_rule(self: Abstract, front: Abstract, back: Abstract, values: Abstract) -> Abstract:
    x, v = tensor(self), tensor(values)
    if x.dtype is not None and v.dtype is not None and x.dtype is not v.dtype:
        raise mismatch("index_put_", f"values of dtype {x.dtype}", v.dtype)
    return x


define(
    "tsx::index.Tensor(Tensor self, Tensor?[] front, Tensor?[] back) -> Tensor", _index_rule, _index
)
define(
    "tsx::index_put_(Tensor(a!) self, Tensor?[] front, Tensor?[] back, Tensor values) -> Tensor(a!)",
    _put_rule,
    _index_put_,
    INPLACE,
)
