"""Resampling along axes: which elements each output element is made of, and with which weights.

The source place of output ``i`` is ``(i + 0.5) * scale - 0.5``, or ``i * (n - 1) / (m - 1)`` with aligned corners,
where ``scale`` is 1 / scale factor when one was given and n / m otherwise (ATen/native/UpSample.h). Every mode is
separable: axes are resampled one after another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tsx.ops.dtypes import Array


@dataclass(frozen=True, slots=True)
class Taps:
    """For each output element ``k`` input places and their weights, two arrays ``(outputs, k)``.

    Without weights there is one place, and its element is copied.
    """

    places: Array
    weights: Array | None = None


def _scale(size: int, count: int, factor: float | None, kind: np.dtype[np.floating]) -> np.floating:
    exact = 1 / factor if factor is not None and factor > 0 else size / max(count, 1)
    return kind.type(exact)


def _sources(
    size: int, count: int, factor: float | None, corners: bool, kind: np.dtype[np.floating]
) -> Array:
    """The source place of each output, in the dtype ``kind``."""
    outputs = np.arange(count, dtype=kind)
    if corners:
        return np.asarray(outputs * kind.type((size - 1) / (count - 1) if count > 1 else 0))
    half = kind.type(0.5)
    return np.asarray((outputs + half) * _scale(size, count, factor, kind) - half)


def nearest(size: int, count: int, factor: float | None, exact: bool) -> Taps:
    """The element at ``floor(i * scale)``, or with ``exact`` at ``floor((i + 0.5) * scale)``, in float32 as torch."""
    single = np.dtype(np.float32)
    outputs = np.arange(count, dtype=single)
    if size == count and factor is None:
        return Taps(np.arange(count)[:, None])
    scale = _scale(size, count, factor, single)
    places = np.floor((outputs + single.type(0.5)) * scale if exact else outputs * scale)
    return Taps(np.minimum(places.astype(np.int64), size - 1)[:, None])


def linear(
    size: int, count: int, factor: float | None, corners: bool, kind: np.dtype[np.floating]
) -> Taps:
    source = np.maximum(_sources(size, count, factor, corners, kind), 0)
    first = np.minimum(source.astype(np.int64), size - 1)
    share = np.clip(source - first.astype(kind), 0, 1)
    second = np.minimum(first + 1, size - 1)
    return Taps(np.stack([first, second], 1), np.stack([1 - share, share], 1))


def cubic_weight(x: Array, a: float) -> Array:
    """Keys' kernel: the weight of an element at distance ``x``, with the free parameter ``a``."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def cubic(
    size: int, count: int, factor: float | None, corners: bool, kind: np.dtype[np.floating]
) -> Taps:
    """Four elements with ``a = -0.75``; places beyond the border are its elements."""
    source = _sources(size, count, factor, corners, kind)
    first = np.floor(source)
    share = (source - first)[:, None]
    offsets = np.arange(-1, 3)
    weights = cubic_weight(share - offsets.astype(kind), -0.75).astype(kind)
    return Taps(np.clip(first.astype(np.int64)[:, None] + offsets, 0, size - 1), weights)


def antialiased(
    size: int,
    count: int,
    factor: float | None,
    corners: bool,
    kind: np.dtype[np.floating],
    reach: int,
    shape: Callable[[Array], Array],
) -> Taps:
    """A kernel of ``reach`` elements that widens with the scale when shrinking (Pillow's resize)."""
    if corners:
        scale = kind.type((size - 1) / (count - 1) if count > 1 else 0)
    else:
        scale = _scale(size, count, factor, kind)
    wide = max(float(scale), 1.0)
    support = reach / 2 * wide
    centre = float(scale) * (np.arange(count) + 0.5)
    first: Array = np.maximum((centre - support + 0.5).astype(np.int64), 0)
    last: Array = np.minimum((centre + support + 0.5).astype(np.int64), size)
    places = first[:, None] + np.arange(max(int((last - first).max(initial=1)), 1))
    weights = shape((places - centre[:, None] + 0.5) / wide) * (places < last[:, None])
    weights /= weights.sum(axis=1, keepdims=True)
    return Taps(np.minimum(places, size - 1), weights.astype(kind))


def triangle(x: Array) -> Array:
    return np.asarray(np.maximum(1 - np.abs(x), 0))


def keys(x: Array) -> Array:
    return cubic_weight(x, -0.5)


def apply(array: Array, axis: int, taps: Taps) -> Array:
    """``array`` resampled along ``axis``."""
    if taps.weights is None:
        return np.asarray(np.take(array, taps.places[:, 0], axis=axis))
    column = (-1, *(1,) * (array.ndim - 1 - axis))
    total: Array = np.zeros((), array.dtype)
    for k in range(taps.places.shape[1]):
        piece = np.take(array, taps.places[:, k], axis=axis)
        piece *= taps.weights[:, k].reshape(column).astype(array.dtype, copy=False)
        total = piece if k == 0 else np.add(total, piece, out=total)
    return np.asarray(total)


def apply_to_bytes(array: Array, axis: int, taps: Taps) -> Array:
    """uint8 elements resampled with 16-bit weights and rounded (ATen's and Pillow's way)."""
    if taps.weights is None:
        return apply(array, axis, taps)
    weights = _merged(taps.places, taps.weights)
    largest, bits = float(weights.max()), 0
    while bits < 22 and int(0.5 + largest * (1 << (bits + 1))) < 1 << 15:
        bits += 1
    whole = np.trunc(weights * (1 << bits) + np.copysign(0.5, weights)).astype(np.int64)
    column = (-1, *(1,) * (array.ndim - 1 - axis))
    total: Array = np.asarray(1 << (bits - 1))
    for k in range(taps.places.shape[1]):
        piece = np.take(array, taps.places[:, k], axis=axis).astype(np.int64)
        total = total + piece * whole[:, k].reshape(column)
    return np.asarray(np.clip(total >> bits, 0, 255), np.uint8)


def _merged(places: Array, weights: Array) -> Array:
    """Weights of taps that fall on one border element, added up: they are rounded together."""
    merged = weights.astype(np.float64)
    for k in range(1, places.shape[1]):
        same = places[:, k] == places[:, k - 1]
        merged[same, k] += merged[same, k - 1]
        merged[same, k - 1] = 0
    return merged
