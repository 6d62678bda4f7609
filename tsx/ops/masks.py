"""Operators whose result depends on which elements hold: nonzero, argwhere, masked_select, masked_scatter, one_hot."""

from __future__ import annotations

from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import as_dim, broadcast, mismatch
from tsx.ops.checked import (
    INPLACE,
    counting,
    define,
    indices_in_range,
    need_sizes,
    nonzero_mask,
    real_values,
    same_as_self,
    same_dtype,
    store,
)
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.promote import result_type
from tsx.ops.view_rules import tensor, unknown_list


def nonzero(x: Array) -> Array:
    """The places of the elements other than zero, one a row, in row-major order."""
    return np.argwhere(nonzero_mask(x)).astype(np.int64, copy=False)


def _nonzero_rule(self: Abstract) -> Abstract:
    return TensorType(DType.INT64, (None, tensor(self).rank))


def nonzero_by_dim(x: Array) -> list[Array]:
    """The same, one 1-D tensor for each dimension (a 0-dim tensor counts as 1-D)."""
    return [
        places.astype(np.int64, copy=False) for places in np.nonzero(np.atleast_1d(nonzero_mask(x)))
    ]


def _by_dim_rule(self: Abstract) -> Abstract:
    rank = tensor(self).rank
    places = TensorType(DType.INT64, (None,))
    return unknown_list(DType.INT64, (None,)) if rank is None else [places] * max(rank, 1)


def _nonzero_static(x: Array, size: int, fill_value: int) -> Array:
    found = nonzero(x)[:size]
    result = np.full((size, x.ndim), fill_value, np.int64)
    result[: len(found)] = found
    return result


def _nonzero_static_rule(self: Abstract, size: Abstract, fill_value: Abstract = -1) -> Abstract:
    return TensorType(DType.INT64, (as_dim(size), tensor(self).rank))


def _need_mask(op: str, mask: Array) -> Array:
    if mask.dtype not in (np.bool_, np.uint8):
        raise fail("TSX4005", op=op, expected="a mask of bools", found=dtype_of(mask))
    return mask.astype(np.bool_, copy=False)


def masked_select(x: Array, mask: Array) -> Array:
    """The elements where the mask holds, in row-major order."""
    wide, where = np.broadcast_arrays(x, _need_mask("masked_select", mask))
    return np.asarray(wide[where])


def _masked_select_rule(self: Abstract, mask: Abstract) -> Abstract:
    broadcast("masked_select", [tensor(self).shape, tensor(mask).shape])
    return TensorType(tensor(self).dtype, (None,))


def _masked_scatter(x: Array, mask: Array, source: Array) -> Array:
    same_dtype("masked_scatter", x, source)
    shape = np.broadcast_shapes(x.shape, mask.shape)
    result = np.array(np.broadcast_to(x, shape))
    if mask.dtype != np.bool_:
        raise fail("TSX4005", op="masked_scatter", expected="a mask of bools", found=dtype_of(mask))
    where = np.broadcast_to(mask, shape)
    count = int(np.count_nonzero(where))
    if source.size < count:
        raise fail(
            "TSX4005",
            op="masked_scatter",
            expected=f"a source of {count} elements",
            found=source.size,
        )
    result[where] = source.reshape(-1)[:count]
    return result


def _masked_scatter_(x: Array, mask: Array, source: Array) -> Array:
    return store("masked_scatter_", x, _masked_scatter(x, np.broadcast_to(mask, x.shape), source))


def _masked_scatter_rule(self: Abstract, mask: Abstract, source: Abstract) -> Abstract:
    shape = broadcast("masked_scatter", [tensor(self).shape, tensor(mask).shape])
    return TensorType(tensor(self).dtype, shape)


def one_hot(x: Array, num_classes: int) -> Array:
    """int64 rows with a one at each class; -1 classes: as many as the largest value needs."""
    if x.dtype != np.int64:
        raise fail("TSX4005", op="one_hot", expected="a tensor of int64", found=dtype_of(x))
    if num_classes == -1:
        if not x.size:
            raise fail(
                "TSX4005", op="one_hot", expected="num_classes for an empty tensor", found=-1
            )
        num_classes = int(x.max()) + 1
    need_sizes("one_hot", [num_classes])
    indices_in_range("one_hot", x, num_classes)
    return np.asarray(x[..., None] == counting(num_classes)).astype(np.int64)


def _one_hot_rule(self: Abstract, num_classes: Abstract = -1) -> Abstract:
    x = tensor(self)
    if x.dtype not in (None, DType.INT64):
        raise mismatch("one_hot", "a tensor of int64", x.dtype)
    if x.shape is None:
        return TensorType(DType.INT64)
    classes = as_dim(num_classes)
    if isinstance(classes, int) and classes < -1:
        raise mismatch("one_hot", "0 classes or more, or -1", classes)
    return TensorType(DType.INT64, (*x.shape, None if classes == -1 else classes))


def isin(elements: Any, tests: Any, assume_unique: bool, invert: bool) -> Array:
    """Whether each element is among ``tests``, compared in their common dtype."""
    dtype = result_type(elements, tests)
    assert dtype is not None
    left, right = (real_values(cast(np.asarray(v), dtype)) for v in (elements, tests))
    return np.asarray(np.isin(left, right, invert=invert))


def _isin_rule(elements: Abstract, tests: Abstract, *_: Abstract) -> Abstract:
    shape = elements.shape if isinstance(elements, TensorType) else ()
    return TensorType(DType.BOOL, shape)


define("aten::nonzero(Tensor self) -> Tensor", _nonzero_rule, nonzero)
define("aten::argwhere(Tensor self) -> Tensor", _nonzero_rule, nonzero)
define("aten::nonzero_numpy(Tensor self) -> Tensor[]", _by_dim_rule, nonzero_by_dim)
define("aten::where(Tensor condition) -> Tensor[]", _by_dim_rule, nonzero_by_dim)
define("aten::nonzero_static(Tensor self, *, SymInt size, int fill_value=-1) -> Tensor",
       _nonzero_static_rule, _nonzero_static)  # fmt: skip
define(
    "aten::masked_select(Tensor self, Tensor mask) -> Tensor", _masked_select_rule, masked_select
)
define("aten::masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor",
       _masked_scatter_rule, _masked_scatter)  # fmt: skip
define("aten::masked_scatter_(Tensor(a!) self, Tensor mask, Tensor source) -> Tensor(a!)",
       same_as_self, _masked_scatter_, INPLACE)  # fmt: skip
define("aten::one_hot(Tensor self, int num_classes=-1) -> Tensor", _one_hot_rule, one_hot)
for _a, _b in (("Tensor", "Tensor"), ("Tensor", "Scalar"), ("Scalar", "Tensor")):
    _first = f"{_a} element{'s' if _a == 'Tensor' else ''}"
    _second = f"{_b} test_element{'s' if _b == 'Tensor' else ''}"
    define(f"aten::isin.{_a}_{_b}({_first}, {_second}, *, bool assume_unique=False, bool invert=False)"
           " -> Tensor", _isin_rule, isin)  # fmt: skip
