"""Discrete Fourier transforms, shifts and frequencies: the ``fft_`` family and the three transforms below it.

Integers are transformed as float32; half precision is not, as in torch. A transform of float32 gives complex64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.abstract import as_dim, dims_of, dtype_arg, known, mismatch, wrap_dim
from tsx.ops.checked import axes_of, axis_of, define
from tsx.ops.creation import FACTORY, dtype_or
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.promote import DEFAULT_FLOAT, complex_of, real_of
from tsx.ops.view_rules import resized, tensor, text

_NORMS = (None, "backward", "ortho", "forward")
# What the input must be and the output is: complex to complex, real to complex, complex to real.
_C2C, _R2C, _C2R = "c2c", "r2c", "c2r"
_KINDS = {
    "fft": _C2C, "ifft": _C2C, "rfft": _R2C, "irfft": _C2R, "hfft": _C2R, "ihfft": _R2C,
    "fft2": _C2C, "ifft2": _C2C, "rfft2": _R2C, "irfft2": _C2R,
    "fftn": _C2C, "ifftn": _C2C, "rfftn": _R2C, "irfftn": _C2R,
}  # fmt: skip


def _float_dtype(op: str, dtype: DType) -> DType:
    """The dtype a tensor is transformed in: its own, or float32 for integers."""
    if not dtype.is_float and not dtype.is_complex:
        return DEFAULT_FLOAT
    if dtype.itemsize < 4:
        raise fail("TSX4005", op=op, expected="float32, float64 or a complex dtype", found=dtype)
    return dtype


def _prepared(op: str, kind: str, x: Array, norm: str | None) -> Array:
    dtype = _float_dtype(op, dtype_of(x))
    if kind is _R2C and dtype.is_complex:
        raise fail("TSX4005", op=op, expected="a real tensor", found=dtype)
    if norm not in _NORMS:
        raise fail("TSX4005", op=op, expected="norm backward, ortho or forward", found=repr(norm))
    return cast(x, dtype)


def _finished(kind: str, dtype: DType, result: Array) -> Array:
    """The result in torch's precision and row-major order (NumPy before 2 computes in double)."""
    target = real_of(dtype) if kind is _C2R else complex_of(real_of(dtype))
    return np.asarray(cast(result, target), order="C")


def _not_empty(kind: str, x: Array, axes: Sequence[int]) -> Array:
    """``x``, with a zero where a transform to reals has nothing to read: NumPy reads there what nobody wrote."""
    if kind is not _C2R or not axes or x.shape[axes[-1]]:
        return x
    axis = axes[-1]
    return np.zeros((*x.shape[:axis], 1, *x.shape[axis + 1 :]), x.dtype)


def _define_1d(name: str) -> None:
    op, kind = f"fft_{name}", _KINDS[name]
    transform: Callable[..., Array] = getattr(np.fft, name)

    def evaluate(x: Array, n: int | None, dim: int, norm: str | None) -> Array:
        values = _prepared(op, kind, x, norm)
        axis = axis_of(op, dim, x.ndim)
        values = _not_empty(kind, values, [axis])
        return _finished(kind, dtype_of(values), transform(values, n, axis, norm or "backward"))

    def rule(
        self: Abstract, n: Abstract = None, dim: Abstract = -1, norm: Abstract = None
    ) -> Abstract:
        x = tensor(self)
        place = wrap_dim(op, dim, x.rank)
        dtype = _result_dtype(op, kind, x.dtype)
        if x.shape is None or place is None or not x.shape:
            return TensorType(dtype)
        size = x.shape[place] if n is None else as_dim(n)
        return TensorType(dtype, resized(x, place, _length(kind, size, n)).shape)

    define(
        f"aten::{op}(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor",
        rule,
        evaluate,
    )


def _result_dtype(op: str, kind: str, dtype: DType | None) -> DType | None:
    if dtype is None:
        return None
    dtype = _float_dtype(op, dtype)
    return real_of(dtype) if kind is _C2R else complex_of(real_of(dtype))


def _length(kind: str, size: Dim | None, n: Abstract) -> Dim | None:
    """The length of a transformed dimension of ``size`` (``n`` when it was given)."""
    if size is None or kind is _C2C:
        return size
    if kind is _R2C:
        return size // 2 + 1
    return 2 * (size - 1) if n is None else size


def _places(op: str, rank: int, sizes: Any, dim: Any) -> tuple[list[int] | None, tuple[int, ...]]:
    """(sizes, axes) of a transform over several dimensions."""
    if isinstance(dim, int):
        dim = [dim]
    if dim is None and sizes is not None:
        dim = list(range(rank - len(sizes), rank))
    if not dim and dim is not None:
        raise fail("TSX4005", op=op, expected="one dimension or more", found=list(dim))
    if dim and not rank:
        raise fail("TSX4005", op=op, expected="a tensor with a dimension", found="a 0-dim tensor")
    axes = axes_of(op, dim, rank)
    if sizes is not None and len(sizes) != len(axes):
        raise fail("TSX4005", op=op, expected=f"{len(axes)} sizes", found=text(sizes))
    return sizes, axes


def _define_nd(name: str, dims: str) -> None:
    op, kind = f"fft_{name}", _KINDS[name]
    transform: Callable[..., Array] = getattr(np.fft, name.replace("2", "n"))

    def evaluate(x: Array, s: Any, dim: Any, norm: str | None) -> Array:
        values = _prepared(op, kind, x, norm)
        sizes, axes = _places(op, x.ndim, s, dim)
        if sizes is not None:  # -1 keeps a size
            last = axes[-1] if sizes[-1] == -1 and kind is _C2R else None
            sizes = [x.shape[a] if n == -1 else n for n, a in zip(sizes, axes, strict=True)]
            if last is not None:
                sizes[-1] = 2 * (x.shape[last] - 1)
        values = _not_empty(kind, values, axes)
        return _finished(kind, dtype_of(values), transform(values, sizes, axes, norm or "backward"))

    def rule(
        self: Abstract, s: Abstract = None, dim: Abstract = None, norm: Abstract = None
    ) -> Abstract:
        x = tensor(self)
        return TensorType(_result_dtype(op, kind, x.dtype), _nd_shape(op, kind, x.shape, s, dim))

    define(
        f"aten::{op}(Tensor self, SymInt[1]? s=None, {dims}, str? norm=None) -> Tensor",
        rule,
        evaluate,
    )


def _nd_shape(op: str, kind: str, shape: Shape | None, s: Abstract, dim: Abstract) -> Shape | None:
    lengths = None if s is None else dims_of(s)
    if shape is None or not known(dim) or (s is not None and lengths is None):
        return None
    _, axes = _places(op, len(shape), lengths, dim)
    sizes = list(shape)
    for i, axis in enumerate(axes):
        given = None if lengths is None or lengths[i] == -1 else lengths[i]
        if lengths is None or lengths[i] == -1:
            given = shape[axis]
        last = i == len(axes) - 1
        sizes[axis] = (
            _length(kind, given, None if lengths is None or lengths[i] == -1 else 0)
            if last
            else given
        )
    return tuple(sizes)


def _define_shift(name: str) -> None:
    shift: Callable[..., Array] = getattr(np.fft, name)

    def evaluate(x: Array, dim: Any) -> Array:
        return shift(x, axes_of(f"fft_{name}", dim, x.ndim))

    def rule(self: Abstract, dim: Abstract = None) -> Abstract:
        return self

    define(
        f"aten::fft_{name}(Tensor self, int[1]? dim=None) -> Tensor",
        rule,
        evaluate,
    )


def _define_frequencies(name: str) -> None:
    frequencies: Callable[..., Array] = getattr(np.fft, name)

    def evaluate(n: int, d: float, dtype: int | None, *_: object) -> Array:
        if n < 1 or not d:
            raise fail(
                "TSX4005",
                op=f"fft_{name}",
                expected="1 point or more, and a spacing",
                found=f"{n}, {d}",
            )
        return cast(np.asarray(frequencies(n, d)), dtype_or(dtype, DEFAULT_FLOAT))

    def rule(n: Abstract, d: Abstract = 1.0, dtype: Abstract = None, *_: Abstract) -> Abstract:
        count = as_dim(n)
        if count is not None and name == "rfftfreq":
            count = count // 2 + 1
        return TensorType(dtype_arg(dtype, DEFAULT_FLOAT), (count,))

    define(f"aten::fft_{name}(int n, float d=1., {FACTORY}) -> Tensor", rule, evaluate)


def _scale(op: str, sizes: Sequence[int], normalization: int) -> float:
    """torch's ``fft_norm_mode``: none, by the root of the number of elements, by the number."""
    if normalization not in (0, 1, 2):
        raise fail("TSX4005", op=op, expected="a normalization of 0, 1 or 2", found=normalization)
    count = math.prod(sizes)
    return (1.0, 1 / math.sqrt(count), 1 / count)[normalization]


def _r2c(x: Array, dim: list[int], normalization: int, onesided: bool) -> Array:
    x = _prepared("_fft_r2c", _R2C, x, None)
    _, axes = _places("_fft_r2c", x.ndim, None, dim)
    transform: Callable[..., Array] = np.fft.rfftn if onesided else np.fft.fftn
    return _finished(
        _R2C,
        dtype_of(x),
        transform(x, axes=axes) * _scale("_fft_r2c", [x.shape[a] for a in axes], normalization),
    )


def _c2r(x: Array, dim: list[int], normalization: int, last: int) -> Array:
    axes = axes_of("_fft_c2r", dim, x.ndim)
    sizes = [*(x.shape[a] for a in axes[:-1]), last]
    x = _not_empty(_C2R, x, axes)
    found = np.fft.irfftn(x, sizes, axes, norm="forward") * _scale("_fft_c2r", sizes, normalization)
    return _finished(_C2R, dtype_of(x), found)


def _c2c(x: Array, dim: list[int], normalization: int, forward: bool) -> Array:
    if x.dtype.kind != "c":
        raise fail("TSX4005", op="_fft_c2c", expected="a complex tensor", found=dtype_of(x))
    _, axes = _places("_fft_c2c", x.ndim, None, dim)
    found = np.fft.fftn(x, axes=axes) if forward else np.fft.ifftn(x, axes=axes, norm="forward")
    scale = _scale("_fft_c2c", [x.shape[a] for a in axes], normalization)
    return _finished(_C2C, dtype_of(x), found * scale)


def _r2c_rule(
    self: Abstract, dim: Abstract, normalization: Abstract, onesided: Abstract
) -> Abstract:
    x = tensor(self)
    shape = _nd_shape("_fft_r2c", _R2C if onesided is True else _C2C, x.shape, None, dim)
    dtype = _result_dtype("_fft_r2c", _R2C, x.dtype)
    return TensorType(dtype, shape if isinstance(onesided, bool) else None)


def _c2r_rule(self: Abstract, dim: Abstract, normalization: Abstract, last: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is None or not isinstance(dim, (list, tuple)) or not dim:
        return TensorType(x.dtype and real_of(x.dtype))
    place = wrap_dim("_fft_c2r", dim[-1], len(x.shape))
    shape = None if place is None else resized(x, place, as_dim(last)).shape
    return TensorType(x.dtype and real_of(x.dtype), shape)


def _c2c_rule(self: Abstract, *_: Abstract) -> Abstract:
    x = tensor(self)
    if x.dtype is not None and not x.dtype.is_complex:
        raise mismatch("_fft_c2c", "a complex tensor", x.dtype)
    return x


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    _define_1d(_name)
for _name in ("fft2", "ifft2", "rfft2", "irfft2"):
    _define_nd(_name, "int[1] dim=[-2, -1]")
for _name in ("fftn", "ifftn", "rfftn", "irfftn"):
    _define_nd(_name, "int[1]? dim=None")
for _name in ("fftshift", "ifftshift"):
    _define_shift(_name)
for _name in ("fftfreq", "rfftfreq"):
    _define_frequencies(_name)
define(
    "aten::_fft_r2c(Tensor self, int[] dim, int normalization, bool onesided) -> Tensor",
    _r2c_rule,
    _r2c,
)
define("aten::_fft_c2r(Tensor self, int[] dim, int normalization, SymInt last_dim_size) -> Tensor",
       _c2r_rule, _c2r)  # fmt: skip
define(
    "aten::_fft_c2c(Tensor self, SymInt[] dim, int normalization, bool forward) -> Tensor",
    _c2c_rule,
    _c2c,
)
