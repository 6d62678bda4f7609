"""Views that read the same bytes as another dtype: view(dtype), real, imag, view_as_real, view_as_complex."""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import exact_div
from tsx.ir.op import Abstract
from tsx.ir.types import DTYPE_BY_CODE, DType, TensorType
from tsx.ops.abstract import mismatch
from tsx.ops.checked import VIEW, define
from tsx.ops.dtypes import Array, dtype_of, to_numpy
from tsx.ops.nn_rules import differ
from tsx.ops.promote import real_of
from tsx.ops.view_rules import resized, tensor


def _view_dtype(x: Array, code: int) -> Array:
    target = to_numpy(DTYPE_BY_CODE[code])
    if not x.ndim and target.itemsize != x.itemsize:
        raise fail("TSX4005", op="view", expected="a dtype of the same size for a 0-dim tensor",
                   found=DTYPE_BY_CODE[code])  # fmt: skip
    return x.view(target)


def _view_dtype_rule(self: Abstract, dtype: Abstract) -> Abstract:
    x = tensor(self)
    target = DTYPE_BY_CODE.get(dtype) if isinstance(dtype, int) else None
    if x.dtype is None or target is None:
        return TensorType(
            target, None if x.shape is None else (*x.shape[:-1], None)[: len(x.shape)]
        )
    if x.shape is None or target.itemsize == x.dtype.itemsize or not x.shape:
        return TensorType(target, x.shape)
    last = x.shape[-1]
    if last is not None and target.itemsize < x.dtype.itemsize:
        last = last * (x.dtype.itemsize // target.itemsize)
    elif last is not None:
        ratio = target.itemsize // x.dtype.itemsize
        if isinstance(last, int) and last % ratio:
            raise mismatch("view", f"a last dimension that divides by {ratio}", last)
        last = exact_div(last, ratio)
    return TensorType(target, resized(x, len(x.shape) - 1, last).shape)


def _real(x: Array) -> Array:
    return x.real if x.dtype.kind == "c" else x


def _imag(x: Array) -> Array:
    _need_complex("imag", dtype_of(x))
    return x.imag


def _view_as_real(x: Array) -> Array:
    _need_complex("view_as_real", dtype_of(x))
    return x[..., None].view(x.real.dtype)


def _view_as_complex(x: Array) -> Array:
    if x.dtype.kind != "f" or not x.ndim or x.shape[-1] != 2:
        raise fail("TSX4005", op="view_as_complex", expected="floats with a last dimension of 2",
                   found=f"{dtype_of(x)} of sizes {list(x.shape)}")  # fmt: skip
    return np.asarray(x.view(np.complex64 if x.itemsize == 4 else np.complex128)[..., 0])


def _need_complex(op: str, dtype: DType | None) -> None:
    if dtype is not None and not dtype.is_complex:
        raise mismatch(op, "a complex tensor", dtype)


def _real_rule(self: Abstract) -> Abstract:
    x = tensor(self)
    return TensorType(x.dtype and real_of(x.dtype), x.shape)


def _imag_rule(self: Abstract) -> Abstract:
    _need_complex("imag", tensor(self).dtype)
    return _real_rule(self)


def _view_as_real_rule(self: Abstract) -> Abstract:
    x = tensor(self)
    _need_complex("view_as_real", x.dtype)
    return TensorType(x.dtype and real_of(x.dtype), None if x.shape is None else (*x.shape, 2))


def _view_as_complex_rule(self: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is not None and (not x.shape or differ(x.shape[-1], 2)):
        raise mismatch("view_as_complex", "a last dimension of 2", x)
    parts = {DType.FLOAT32: DType.COMPLEX64, DType.FLOAT64: DType.COMPLEX128}
    if x.dtype is not None and x.dtype not in parts:
        raise mismatch("view_as_complex", "float32 or float64", x.dtype)
    return TensorType(x.dtype and parts[x.dtype], None if x.shape is None else x.shape[:-1])


define("aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)",
       _view_dtype_rule, _view_dtype, VIEW)  # fmt: skip
define("aten::real(Tensor(a) self) -> Tensor(a)", _real_rule, _real, VIEW)
define("aten::imag(Tensor(a) self) -> Tensor(a)", _imag_rule, _imag, VIEW)
define("aten::view_as_real(Tensor(a) self) -> Tensor(a)", _view_as_real_rule, _view_as_real, VIEW)
define("aten::view_as_complex(Tensor(a) self) -> Tensor(a)",
       _view_as_complex_rule, _view_as_complex, VIEW)  # fmt: skip
