"""What made-up calls are made of: tensors of one dtype with NaN, infinities, strides, no elements or no dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tsx.ir.types import DType
from tsx.ops.dtypes import Array, cast

FLOATS = (DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16)
COMPLEX = (DType.COMPLEX64, DType.COMPLEX128)
WHOLE = (DType.UINT8, DType.INT8, DType.INT16, DType.INT32, DType.INT64)
INEXACT = (*FLOATS, *COMPLEX)
REAL = (*FLOATS, *WHOLE)
ORDERED = (*REAL, DType.BOOL)
NUMBERS = (*REAL, *COMPLEX)
ANY = (*NUMBERS, DType.BOOL)
SPECIAL = (np.nan, np.inf, -np.inf, 0.0, -0.0)


class Make:
    """Makes tensors of one dtype."""

    def __init__(self, dtype: DType) -> None:
        self.dtype = dtype
        self._rng = np.random.default_rng(dtype.code)

    def __call__(self, *shape: int) -> Array:
        """Small numbers, half of them whole so that some are equal."""
        values = self._rng.integers(-3, 6, shape) + self._rng.choice([0, 0, 0.25, 0.5], shape)
        if self.dtype.is_complex:
            values = np.asarray(values + 1j * self._rng.integers(-2, 3, shape))
        if not self.dtype.is_float:
            values = np.abs(values) if self.dtype in (DType.UINT8, DType.BOOL) else values
        return cast(np.asarray(values), self.dtype)

    def special(self, *shape: int) -> Array:
        """The same with NaN, infinities and zeros of both signs here and there."""
        values = self(*shape)
        if not self.dtype.is_float:
            return values
        wide = cast(values, DType.FLOAT64).reshape(-1).copy()
        places = self._rng.random(wide.shape) < 0.25
        wide[places] = self._rng.choice(SPECIAL, int(places.sum()))
        return cast(wide.reshape(shape), self.dtype)

    def shares(self, *shape: int) -> Array:
        """From 0 to 1."""
        return cast(self._rng.uniform(0, 1, shape), self.dtype)

    def index(self, high: int, *shape: int, low: int = 0) -> Array:
        return np.asarray(self._rng.integers(low, high, shape))

    def layouts(self, *shape: int) -> list[Array]:
        """Row-major, transposed, and every second element of a larger tensor; with special values."""
        turned = self.special(*reversed(shape)).T
        wide = self.special(*shape[:-1], 2 * shape[-1])[..., ::2]
        return [self.special(*shape), turned, wide]


Calls = Callable[[Make], list[list[Any]]]
Table = dict[str, tuple[tuple[DType, ...], Calls]]
"""Of each operator the dtypes it takes, and calls with tensors of one of them."""


def along(t: Make, *more: Any) -> list[list[Any]]:
    """Calls (self, dim, …) on tensors of all layouts and ranks, and with a dimension that isn't there."""
    sized = [[x, d, *more] for x in t.layouts(3, 4) for d in (0, 1, -1)]
    return [
        *sized,
        [t.special(), 0, *more],
        [t.special(), -1, *more],
        [t(2, 3), 2, *more],
        [t(1, 3, 1), 0, *more],
    ]


def empty(t: Make, *more: Any) -> list[list[Any]]:
    return [[t(0, 3), 0, *more], [t(0, 3), 1, *more], [t(0), 0, *more]]
