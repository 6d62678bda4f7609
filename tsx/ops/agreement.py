"""Whole-tensor comparisons, and tensors made to agree: equal, allclose, broadcast_tensors, sum_to_size."""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Unknown
from tsx.ir.types import BOOL, DType, TensorType
from tsx.ops.abstract import broadcast, dims_of, mismatch
from tsx.ops.checked import VIEW, define, real_values
from tsx.ops.dtypes import Array, dtype_of
from tsx.ops.promote import complex_of
from tsx.ops.reduce_rules import sum_dtype
from tsx.ops.reductions import REDUCTION, summed_dims
from tsx.ops.view_rules import tensor, unknown_list
from tsx.ops.views import expanded


def equal(x: Array, other: Array) -> bool:
    """Whether sizes and all elements are the same (NaN is not)."""
    return x.shape == other.shape and bool(np.array_equal(real_values(x), real_values(other)))


def _equal_rule(self: Abstract, other: Abstract) -> Abstract:
    return Unknown(BOOL)


def allclose(x: Array, other: Array, rtol: float, atol: float, equal_nan: bool) -> bool:
    """Whether ``|x - other| <= atol + rtol * |other|`` everywhere."""
    if x.dtype != other.dtype:
        raise fail(
            "TSX4005", op="allclose", expected=f"a tensor of {dtype_of(x)}", found=dtype_of(other)
        )
    return bool(
        np.allclose(real_values(x), real_values(other), rtol=rtol, atol=atol, equal_nan=equal_nan)
    )


def _allclose_rule(self: Abstract, other: Abstract, *_: Abstract) -> Abstract:
    broadcast("allclose", [tensor(self).shape, tensor(other).shape])
    return Unknown(BOOL)


def _broadcast_tensors(tensors: list[Array]) -> list[Array]:
    shape = np.broadcast_shapes(*(x.shape for x in tensors))
    return [expanded(x, list(shape)) for x in tensors]


def _broadcast_rule(tensors: Abstract) -> Abstract:
    if not isinstance(tensors, (list, tuple)):
        return unknown_list(None)
    types = [tensor(t) for t in tensors]
    shape = broadcast("broadcast_tensors", [t.shape for t in types])
    return [TensorType(t.dtype, shape) for t in types]


def _sum_to_size(x: Array, size: list[int]) -> Array:
    """Sums the dimensions that broadcasting to ``x``'s sizes would have spread."""
    new = x.ndim - len(size)
    if new < 0 or any(s not in (1, n) for s, n in zip(size, x.shape[new:], strict=True)):
        expected = f"sizes that broadcast to {list(x.shape)}"
        raise fail("TSX4005", op="sum_to_size", expected=expected, found=list(size))
    if not size:
        return summed_dims(x, None, False, None)
    spread = [i for i in range(x.ndim) if i < new or (size[i - new] == 1 and x.shape[i] != 1)]
    return summed_dims(x, spread, True, None).reshape(size) if spread else x[...]


def _sum_to_size_rule(self: Abstract, size: Abstract) -> Abstract:
    x = tensor(self)
    # Where nothing is summed, the dtype stays; sums of bools and small integers are int64.
    return TensorType(x.dtype if sum_dtype(x.dtype) is x.dtype else None, dims_of(size))


def _complex(real: Array, imag: Array) -> Array:
    if real.dtype != imag.dtype or real.dtype not in (np.float32, np.float64):
        raise fail("TSX4005", op="complex", expected="two float32 or two float64 tensors",
                   found=f"{dtype_of(real)} and {dtype_of(imag)}")  # fmt: skip
    result = np.empty(
        np.broadcast_shapes(real.shape, imag.shape), np.result_type(real.dtype, np.complex64)
    )
    result.real, result.imag = real, imag
    return result


def _polar(size: Array, angle: Array) -> Array:
    if size.dtype != angle.dtype or size.dtype not in (np.float32, np.float64):
        return _complex(size, angle)  # which says what is wrong
    return _complex(np.asarray(size * np.cos(angle)), np.asarray(size * np.sin(angle)))


def _complex_rule(first: Abstract, second: Abstract) -> Abstract:
    a, b = tensor(first), tensor(second)
    for t in (a, b):
        if t.dtype not in (None, DType.FLOAT32, DType.FLOAT64):
            raise mismatch("complex", "float32 or float64 tensors", t.dtype)
    return TensorType(a.dtype and complex_of(a.dtype), broadcast("complex", [a.shape, b.shape]))


define("aten::equal(Tensor self, Tensor other) -> bool", _equal_rule, equal)
define("aten::allclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08,"
       " bool equal_nan=False) -> bool", _allclose_rule, allclose)  # fmt: skip
define(
    "aten::broadcast_tensors(Tensor[] tensors) -> Tensor[]",
    _broadcast_rule,
    _broadcast_tensors,
    VIEW,
)
define(
    "aten::sum_to_size(Tensor self, SymInt[] size) -> Tensor",
    _sum_to_size_rule,
    _sum_to_size,
    REDUCTION | VIEW,
)
define("aten::complex(Tensor real, Tensor imag) -> Tensor", _complex_rule, _complex)
define("aten::polar(Tensor abs, Tensor angle) -> Tensor", _complex_rule, _polar)
