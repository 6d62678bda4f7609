"""NumPy's Fourier transforms and windows in scripted code: ``np.fft.rfft``, ``np.fft.fftfreq``, ``np.hanning``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsx.capture.numpy.script_arithmetic import as_array, cast, compute_type
from tsx.capture.numpy.script_functions import LAST, NONE, means
from tsx.capture.script.values import Code, Constant, Sugar

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_FLOAT64 = Constant(Code(7, "ScalarType"))
_STEP = Constant(1.0)


def _transform(name: str) -> None:
    @means(f"fft.{name}")
    def transform(
        ctx: Context, at: Place, a: Sugar, n: Sugar = NONE, axis: Sugar = LAST, norm: Sugar = NONE
    ) -> Sugar:
        x = as_array(ctx, at, a)
        x = cast(ctx, at, x, compute_type(ctx, at, "mean", [x]))  # integers in double
        return ctx.op(f"aten::fft_{name}", at, [x, n, axis, norm])


for _name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
    _transform(_name)


def _frequencies(name: str) -> None:
    @means(f"fft.{name}")
    def frequencies(ctx: Context, at: Place, n: Sugar, d: Sugar = _STEP) -> Sugar:
        return ctx.op(f"aten::fft_{name}", at, [n, d], {"dtype": _FLOAT64})


for _name in ("fftfreq", "rfftfreq"):
    _frequencies(_name)


def _shift(name: str) -> None:
    @means(f"fft.{name}")
    def shift(ctx: Context, at: Place, x: Sugar, axes: Sugar = NONE) -> Sugar:
        return ctx.op(f"aten::fft_{name}", at, [as_array(ctx, at, x), axes])


for _name in ("fftshift", "ifftshift"):
    _shift(_name)


def _window(name: str, operator: str) -> None:
    @means(name)
    def window(ctx: Context, at: Place, M: Sugar) -> Sugar:
        periodic = Constant(False)
        return ctx.op(f"aten::{operator}_window.periodic", at, [M, periodic], {"dtype": _FLOAT64})


_WINDOWS = {"hanning": "hann", "hamming": "hamming", "blackman": "blackman", "bartlett": "bartlett"}
for _name, _operator in _WINDOWS.items():
    _window(_name, _operator)
