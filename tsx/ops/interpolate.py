"""upsample_*: nearest, nearest-exact, linear, cubic and antialiased resampling, and TorchScript's ``__interpolate``.

A ``.vec`` overload takes either the output size or scale factors; the size is then ``floor(size * factor)``, also for
symbolic sizes when the factor is a fraction with a small denominator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract, Unknown, lookup
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops import resample
from tsx.ops.abstract import dims_of, mismatch
from tsx.ops.adaptive import average
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.nn_rules import need_rank, shape_text, tensor_of
from tsx.ops.precision import narrow, widen
from tsx.ops.windows import Ints

Factors = Sequence[float | None]
_Axis = Callable[[int, int, float | None, bool, np.dtype[np.floating]], resample.Taps]

# torch's name, spatial dimensions, whether it takes align_corners, how one axis is resampled.
_MODES: list[tuple[str, int, bool, _Axis]] = [
    *(
        (f"upsample_nearest{n}d", n, False, lambda s, c, f, a, k: resample.nearest(s, c, f, False))
        for n in (1, 2, 3)
    ),
    *(
        (
            f"_upsample_nearest_exact{n}d",
            n,
            False,
            lambda s, c, f, a, k: resample.nearest(s, c, f, True),
        )
        for n in (1, 2, 3)
    ),
    ("upsample_linear1d", 1, True, resample.linear),
    ("upsample_bilinear2d", 2, True, resample.linear),
    ("upsample_trilinear3d", 3, True, resample.linear),
    ("upsample_bicubic2d", 2, True, resample.cubic),
    (
        "_upsample_bilinear2d_aa",
        2,
        True,
        partial(resample.antialiased, reach=2, shape=resample.triangle),
    ),
    (
        "_upsample_bicubic2d_aa",
        2,
        True,
        partial(resample.antialiased, reach=4, shape=resample.keys),
    ),
]


def scaled(size: Dim | None, factor: float) -> Dim | None:
    """``floor(size * factor)``; None for a symbolic size and a factor that is no simple fraction."""
    if not math.isfinite(factor):
        raise mismatch("upsample", "finite scale factors", factor)
    if isinstance(size, int):
        wanted = size * factor
        return int(wanted) if -(1 << 63) <= wanted < 1 << 63 else None
    exact = Fraction(factor)
    if size is None or exact.denominator > 1024 or exact < 0:
        return None
    return size * exact.numerator // exact.denominator


def _sizes(name: str, shape: Shape, dims: int, size: Abstract, factors: Abstract) -> Shape:
    """The spatial sizes of the result, from one of ``size`` and ``factors``."""
    if (size is None) == (factors is None):
        found = "none" if size is None else "both"
        raise fail("TSX4055", op=name, expected="one of size and scale_factor", found=found)
    if size is not None:
        sizes = dims_of(size)
    else:
        sizes = _by_factors(shape[-dims:], factors)
    if sizes is None:
        return (None,) * dims
    if len(sizes) != dims:
        raise fail(
            "TSX4055", op=name, expected=f"{dims} output sizes or factors", found=shape_text(sizes)
        )
    for length in (*sizes, *shape[-dims:]):
        if isinstance(length, int) and length < 1:
            raise fail("TSX4052", op=name, what="input and output sizes", least=1, found=length)
    return sizes


def _by_factors(sizes: Shape, factors: Abstract) -> Shape | None:
    if not isinstance(factors, (list, tuple)):
        return None
    if len(factors) != len(sizes):
        return (None,) * len(factors)
    pairs = zip(sizes, factors, strict=True)
    return tuple(scaled(size, f) if isinstance(f, (int, float)) else None for size, f in pairs)


def _infer(name: str, dims: int, self: Abstract, size: Abstract, factors: Abstract) -> TensorType:
    shape = need_rank(name, self, (dims + 2,), "input")
    dtype = tensor_of(self).dtype
    if (
        dtype is not None
        and dtype is not DType.UINT8
        and "nearest" not in name
        and not dtype.is_float
    ):
        raise fail("TSX4056", op=name, expected="floating-point or uint8", found=dtype)
    if shape is None:
        return TensorType(dtype)
    return TensorType(dtype, (*shape[:2], *_sizes(name, shape, dims, size, factors)))


def _resample(axis: _Axis, self: Array, sizes: Ints, factors: Factors, corners: bool) -> Array:
    """An image resampled axis by axis; nearest modes copy elements of any dtype."""
    if not self.size:
        return np.zeros((*self.shape[:2], *sizes), self.dtype)
    wide = widen(self)
    kind = wide.dtype if wide.dtype.kind == "f" else np.dtype(np.float64)
    # Bytes are rounded after each axis, the last one first, as Pillow does.
    step = resample.apply_to_bytes if self.dtype == np.uint8 else resample.apply
    for place in reversed(range(2, self.ndim)):
        size, factor = sizes[place - 2], factors[place - 2]
        wide = step(wide, place, axis(wide.shape[place], size, factor, corners, kind))
    return narrow(wide, dtype_of(self))


def _define(name: str, dims: int, corners: bool, axis: _Axis) -> None:
    scales = ["scales"] if dims == 1 else [f"scales_{c}" for c in "dhw"[3 - dims :]]
    scale_text = ", ".join(f"float? {s}=None" for s in scales)
    corner_text = "bool align_corners, " if corners else ""

    def rule(self: Abstract, size: Abstract, *rest: Abstract) -> TensorType:
        return _infer(name, dims, self, size, None)

    def evaluate(self: Array, size: Ints, *rest: object) -> Array:
        aligned, factors = (bool(rest[0]), rest[1:]) if corners else (False, rest)
        sizes = list(size) * dims if len(size) == 1 else list(size)
        rule(type_of(self), sizes)
        return _resample(axis, self, sizes, [_factor(f) for f in factors], aligned)

    def rule_vec(self: Abstract, size: Abstract, *rest: Abstract) -> TensorType:
        return _infer(name, dims, self, size, rest[-1])

    def evaluate_vec(self: Array, size: Ints | None, *rest: object) -> Array:
        factors = rest[-1]
        aligned = bool(rest[0]) if corners else False
        asked = None if size is None else list(size)
        shape = _infer(name, dims, type_of(self), asked, factors).shape or ()
        sizes = [s for s in shape[2:] if isinstance(s, int)]
        known = (
            [_factor(f) for f in factors] if isinstance(factors, (list, tuple)) else [None] * dims
        )
        return _resample(axis, self, sizes, known, aligned)

    op(
        f"aten::{name}(Tensor self, SymInt[{dims}] output_size, {corner_text}{scale_text}) -> Tensor",
        infer=rule,
        eval=evaluate,
    )
    op(
        f"aten::{name}.vec(Tensor input, SymInt[]? output_size, {corner_text}float[]? scale_factors) -> Tensor",
        infer=rule_vec,
        eval=evaluate_vec,
    )


def _factor(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


for _mode in _MODES:
    _define(*_mode)


# --- TorchScript's __interpolate ---------------------------------------------------------------------------------

_BY_RANK = {
    "nearest": {3: "upsample_nearest1d", 4: "upsample_nearest2d", 5: "upsample_nearest3d"},
    "nearest-exact": {n + 2: f"_upsample_nearest_exact{n}d" for n in (1, 2, 3)},
    "linear": {3: "upsample_linear1d"},
    "bilinear": {4: "upsample_bilinear2d"},
    "trilinear": {5: "upsample_trilinear3d"},
    "bicubic": {4: "upsample_bicubic2d"},
    "area": {3: "", 4: "", 5: ""},
}


def _kernel(rank: int, mode: str, antialias: bool) -> str:
    """The operator that a mode means for an input of ``rank`` dimensions; empty for area."""
    name = _BY_RANK.get(mode, {}).get(rank)
    if name is None:
        expected = f"a mode of {', '.join(_BY_RANK)} that fits the rank"
        raise fail("TSX4055", op="interpolate", expected=expected, found=f"{mode!r} for {rank}-D")
    if not antialias:
        return name
    if mode not in ("bilinear", "bicubic"):
        expected = "antialias with bilinear or bicubic only"
        raise fail("TSX4055", op="interpolate", expected=expected, found=repr(mode))
    return f"_{name}_aa"


def _repeat(value: Abstract, dims: int) -> Abstract:
    """A single size or factor as one for each dimension."""
    if value is None or isinstance(value, (list, tuple, Unknown)):
        return value
    return [value] * dims


def _infer_interpolate(
    input: Abstract, size: Abstract, factor: Abstract, mode: Abstract, corners: Abstract, recompute: Abstract,
    antialias: Abstract,
) -> TensorType:  # fmt: skip
    shape = need_rank("interpolate", input, (3, 4, 5), "input")
    dtype = tensor_of(input).dtype
    if shape is None:
        return TensorType(dtype)
    dims = len(shape) - 2
    if isinstance(mode, str) and isinstance(antialias, bool):
        _kernel(len(shape), mode, antialias)
    sizes = _sizes("interpolate", shape, dims, _repeat(size, dims), _repeat(factor, dims))
    return TensorType(dtype, (*shape[:2], *sizes))


def _interpolate(
    input: Array, size: int | Ints | None, factor: float | Sequence[float] | None, mode: str, corners: bool | None,
    recompute: bool | None, antialias: bool,
) -> Array:  # fmt: skip
    known = _infer_interpolate(type_of(input), size, factor, mode, corners, recompute, antialias)
    sizes = [s for s in (known.shape or ())[2:] if isinstance(s, int)]
    name = _kernel(input.ndim, mode, antialias)
    if not name:
        return average("interpolate", input.ndim - 2, input, sizes)
    given = _repeat(factor, input.ndim - 2)
    scale = [None] * len(sizes) if recompute or not isinstance(given, list) else given
    record = lookup(f"aten::{name}")
    assert record is not None
    aligned = () if "nearest" in name else (bool(corners),)
    result = record.eval(input, sizes, *aligned, *scale)
    assert isinstance(result, np.ndarray)
    return result


_TAIL = (
    'str mode="nearest", bool? align_corners=None, bool? recompute_scale_factor=None, '
    "bool antialias=False) -> Tensor"
)
for _overload, _size, _scale in (
    ("", "int?", "float?"),
    (".size_list", "int[]?", "float?"),
    (".scale_list", "int?", "float[]?"),
    (".size_list_scale_list", "int[]?", "float[]?"),
):
    op(
        f"aten::__interpolate{_overload}(Tensor input, {_size} size=None, {_scale} scale_factor=None, {_TAIL}",
        infer=_infer_interpolate,
        eval=_interpolate,
    )
