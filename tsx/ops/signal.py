"""Signals in frames: window functions, the short-time Fourier transform and its inverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import as_dim, dtype_arg, mismatch
from tsx.ops.bounds import at_least
from tsx.ops.checked import counting, define
from tsx.ops.creation import FACTORY, dtype_or
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.padding import constant_padded, edge_padded
from tsx.ops.promote import DEFAULT_FLOAT, complex_of, real_of
from tsx.ops.reduce_rules import need_float
from tsx.ops.slicing import unfolded
from tsx.ops.view_rules import tensor


def _cosines(*weights: float) -> Callable[[Array], Array]:
    """``w0 - w1 cos(t) + w2 cos(2t) …`` over one turn."""

    def window(turn: Array) -> Array:
        signed = ((-1) ** i * w * np.cos(2 * np.pi * i * turn) for i, w in enumerate(weights))
        total: Array = np.sum(np.stack(list(signed)), axis=0)
        return total

    return window


def _bartlett(turn: Array) -> Array:
    return np.asarray(1 - np.abs(2 * turn - 1))


def _kaiser(beta: float) -> Callable[[Array], Array]:
    def window(turn: Array) -> Array:
        return np.asarray(
            np.i0(beta * np.sqrt(np.maximum(1 - (2 * turn - 1) ** 2, 0))) / np.i0(beta)
        )

    return window


def _window(
    shape: Callable[[Array], Array], length: int, periodic: bool, dtype: int | None
) -> Array:
    """``shape`` over ``length`` points; a periodic window leaves out the last point of one that is one longer."""
    if length < 0:
        raise fail("TSX4005", op="window", expected="a length of 0 or more", found=length)
    steps = length if periodic else length - 1
    turn = counting(length, np.float64) / max(steps, 1)
    values = shape(turn) if length != 1 else np.ones(1)
    return cast(values, dtype_or(dtype, DEFAULT_FLOAT))


def _window_rule(length: Abstract, *operands: Abstract) -> Abstract:
    dtype = operands[-4] if len(operands) >= 4 else None
    return TensorType(dtype_arg(dtype, DEFAULT_FLOAT), (as_dim(length),))


def _define_window(
    name: str, shape_of: Callable[..., Callable[[Array], Array]], options: dict[str, str]
) -> None:
    """The overloads of a window: each of ``options`` is an overload and the parameters it adds to periodic."""

    def plain(length: int, dtype: int | None, *_: object) -> Array:
        return _window(shape_of(), length, True, dtype)

    def optional(length: int, periodic: bool, *rest: Any) -> Array:
        *parameters, dtype, _, _, _ = rest
        return _window(shape_of(*parameters), length, periodic, dtype)

    define(f"aten::{name}(int window_length, {FACTORY}) -> Tensor", _window_rule, plain)
    for overload, extra in options.items():
        define(f"aten::{name}.{overload}(int window_length, bool periodic{extra}, {FACTORY}) -> Tensor",
               _window_rule, optional)  # fmt: skip


def _hann() -> Callable[[Array], Array]:
    return _cosines(0.5, 0.5)


def _hamming(alpha: float = 0.54, beta: float = 0.46) -> Callable[[Array], Array]:
    return _cosines(alpha, beta)


def _blackman() -> Callable[[Array], Array]:
    return _cosines(0.42, 0.5, 0.08)


def _triangle() -> Callable[[Array], Array]:
    return _bartlett


def _bessel(beta: float = 12.0) -> Callable[[Array], Array]:
    return _kaiser(beta)


def _full_window(
    op: str, window: Array | None, n_fft: int, win_length: int | None, dtype: DType
) -> Array:
    """The window, padded on both sides to ``n_fft``."""
    length = n_fft if win_length is None else win_length
    if not 0 < length <= n_fft or (window is not None and window.shape != (length,)):
        raise fail("TSX4005", op=op, expected=f"a window of {length} points, at most {n_fft}",
                   found=list(window.shape) if window is not None else length)  # fmt: skip
    values = np.ones(length, np.float64) if window is None else window
    left = (n_fft - length) // 2
    return constant_padded(
        cast(values, dtype) if window is None else values, [left, n_fft - length - left]
    )


def stft(
    x: Array,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: Array | None,
    normalized: bool,
    onesided: bool | None,
    return_complex: bool | None,
    align_to_window: bool | None,
) -> Array:
    """Spectra of overlapping frames: (batch, frequency, frame)."""
    hop = n_fft // 4 if hop_length is None else hop_length
    if x.dtype.kind not in "fc" or x.itemsize < 4:
        raise fail("TSX4005", op="stft", expected="float32, float64 or complex", found=dtype_of(x))
    if align_to_window:
        raise fail(
            "TSX4005", op="stft", expected="align_to_window None or False", found=align_to_window
        )
    if x.ndim not in (1, 2) or not 1 <= n_fft <= x.shape[-1] or hop < 1:
        raise fail("TSX4005", op="stft", expected="1-D or 2-D signals of n_fft samples or more",
                   found=f"{list(x.shape)}, n_fft {n_fft}, hop {hop}")  # fmt: skip
    full = _full_window("stft", window, n_fft, win_length, real_of(dtype_of(x)))
    frames = unfolded(x, -1, n_fft, hop) * full
    is_complex = frames.dtype.kind == "c"
    one = not is_complex if onesided is None else onesided
    spectra = (np.fft.rfft if one else np.fft.fft)(frames, axis=-1).swapaxes(-1, -2)
    if normalized:
        spectra = spectra / np.sqrt(n_fft)
    result = np.ascontiguousarray(cast(np.asarray(spectra), complex_of(real_of(dtype_of(frames)))))
    if not (is_complex if return_complex is None else return_complex):
        return result[..., None].view(result.real.dtype)
    return result


def _stft_centred(
    x: Array,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: Array | None,
    center: bool,
    pad_mode: str,
    *rest: Any,
) -> Array:
    if center:
        half = n_fft // 2
        rows = x.reshape(1, -1) if x.ndim == 1 else x
        if pad_mode == "constant":
            rows = constant_padded(rows, [half, half])
        else:
            rows = edge_padded("stft", rows, [half, half], pad_mode)
        x = rows.reshape(*x.shape[:-1], -1)
    return stft(x, n_fft, hop_length, win_length, window, *rest)


def _stft_rule(
    self: Abstract,
    n_fft: Abstract,
    hop_length: Abstract = None,
    win_length: Abstract = None,
    window: Abstract = None,
    normalized: Abstract = False,
    onesided: Abstract = None,
    return_complex: Abstract = None,
    align_to_window: Abstract = None,
) -> Abstract:
    return _spectra(self, 0, n_fft, hop_length, window, onesided, return_complex)


def _stft_centred_rule(
    self: Abstract,
    n_fft: Abstract,
    hop_length: Abstract = None,
    win_length: Abstract = None,
    window: Abstract = None,
    center: Abstract = True,
    pad_mode: Abstract = "reflect",
    normalized: Abstract = False,
    onesided: Abstract = None,
    return_complex: Abstract = None,
    align_to_window: Abstract = None,
) -> Abstract:
    margin = None if not isinstance(center, bool) else 0
    if center is True and isinstance(n_fft, int):
        margin = 2 * (n_fft // 2)
    return _spectra(self, margin, n_fft, hop_length, window, onesided, return_complex)


def _spectra(
    self: Abstract,
    margin: int | None,
    n_fft: Abstract,
    hop_length: Abstract,
    window: Abstract,
    onesided: Abstract,
    return_complex: Abstract,
) -> Abstract:
    x = tensor(self)
    if need_float("stft", x.dtype) in (DType.FLOAT16, DType.BFLOAT16):
        raise mismatch("stft", "float32, float64 or complex", x.dtype)
    if x.shape is not None and len(x.shape) not in (1, 2):
        raise mismatch("stft", "signals of 1 or 2 dimensions", len(x.shape))
    # Complex signals and windows have both sides, so what isn't known to be real decides nothing.
    is_real = (
        x.dtype is not None and not x.dtype.is_complex and tensor(window).dtype in (None, x.dtype)
    )
    if isinstance(window, TensorType) and window.dtype is None:
        is_real = False
    flags_known = all(f is None or isinstance(f, bool) for f in (onesided, return_complex))
    if (
        x.shape is None
        or x.dtype is None
        or not is_real
        or not isinstance(n_fft, int)
        or not flags_known
    ):
        return TensorType()
    frequencies = n_fft // 2 + 1 if onesided is None or onesided else n_fft
    hop = n_fft // 4 if hop_length is None else hop_length
    size = x.shape[-1]
    frames: Dim | None = None
    if size is not None and margin is not None and isinstance(hop, int) and hop > 0:
        spare = size + (margin - n_fft)
        frames = spare // hop + 1 if at_least(spare, 0) else None
    shape = (*x.shape[:-1], frequencies, frames)
    if return_complex is True:
        return TensorType(complex_of(x.dtype), shape)
    return TensorType(x.dtype, (*shape, 2))


def istft(
    x: Array,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    window: Array | None,
    center: bool,
    normalized: bool,
    onesided: bool | None,
    length: int | None,
    return_complex: bool,
) -> Array:
    """The signal whose ``stft`` this is: frames added up and divided by what the windows add up to."""
    if x.dtype.kind != "c" or x.ndim not in (2, 3):
        raise fail("TSX4005", op="istft", expected="a complex tensor of 2 or 3 dimensions",
                   found=f"{dtype_of(x)} of sizes {list(x.shape)}")  # fmt: skip
    hop = n_fft // 4 if hop_length is None else hop_length
    one = x.shape[-2] != n_fft if onesided is None else onesided
    full = _full_window("istft", window, n_fft, win_length, real_of(dtype_of(x)))
    spectra = x.swapaxes(-1, -2) * (np.sqrt(n_fft) if normalized else 1)
    # A real signal has half of a two-sided spectrum: torch reads the first half, whatever the second says.
    is_real = one or not return_complex
    frames = np.fft.irfft(spectra, n_fft, axis=-1) if is_real else np.fft.ifft(spectra, axis=-1)
    frames = frames * full
    count = x.shape[-1]
    total = np.zeros((*x.shape[:-2], n_fft + hop * (count - 1)), frames.dtype)
    weight = np.zeros(total.shape[-1], full.dtype)
    for i in range(count):
        total[..., i * hop : i * hop + n_fft] += frames[..., i, :]
        weight[i * hop : i * hop + n_fft] += full * full
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else total.shape[-1] - (n_fft // 2 if center else 0)
    kept = weight[start:end]
    if kept.size and float(np.min(np.abs(kept))) < 1e-11:
        raise fail(
            "TSX4005",
            op="istft",
            expected="windows that overlap everywhere",
            found=f"a hop of {hop}",
        )
    signal = total[..., start:end] / kept
    if length is not None and signal.shape[-1] < length:
        signal = constant_padded(np.asarray(signal), [0, length - signal.shape[-1]])
    target = real_of(dtype_of(x))
    return np.ascontiguousarray(
        cast(np.asarray(signal), complex_of(target) if return_complex else target)
    )


def _istft_rule(
    self: Abstract,
    n_fft: Abstract,
    hop_length: Abstract = None,
    win_length: Abstract = None,
    window: Abstract = None,
    center: Abstract = True,
    normalized: Abstract = False,
    onesided: Abstract = None,
    length: Abstract = None,
    return_complex: Abstract = False,
) -> Abstract:
    x = tensor(self)
    if x.dtype is not None and not x.dtype.is_complex:
        raise mismatch("istft", "a complex tensor", x.dtype)
    if x.dtype is None or not isinstance(return_complex, bool):
        return TensorType()
    dtype = x.dtype if return_complex else real_of(x.dtype)
    if x.shape is None:
        return TensorType(dtype)
    return TensorType(dtype, (*x.shape[:-2], as_dim(length) if length is not None else None))


_PERIODIC = {"periodic": ""}
_define_window("hann_window", _hann, _PERIODIC)
_define_window("hamming_window", _hamming, {
    "periodic": "", "periodic_alpha": ", float alpha", "periodic_alpha_beta": ", float alpha, float beta",
})  # fmt: skip
_define_window("blackman_window", _blackman, _PERIODIC)
_define_window("bartlett_window", _triangle, _PERIODIC)
_define_window("kaiser_window", _bessel, {"periodic": "", "beta": ", float beta"})
_FRAMES = "Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None"
_RESULT = "bool normalized=False, bool? onesided=None, bool? return_complex=None, bool? align_to_window=None"
define(f"aten::stft({_FRAMES}, {_RESULT}) -> Tensor", _stft_rule, stft)
define(f'aten::stft.center({_FRAMES}, bool center=True, str pad_mode="reflect", {_RESULT}) -> Tensor',
       _stft_centred_rule, _stft_centred)  # fmt: skip
define(f"aten::istft({_FRAMES}, bool center=True, bool normalized=False, bool? onesided=None,"
       " int? length=None, bool return_complex=False) -> Tensor", _istft_rule, istft)  # fmt: skip
