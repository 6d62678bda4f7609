"""Sliding windows: the geometry that convolutions and pools share, and the strided view of an array's windows.

A window has ``kernel`` places, ``dilation`` apart, and moves by ``stride`` over an axis that ``padding`` extends on
both sides. Sizes may be symbolic: the output size ``(h + 2p - d(k-1) - 1) // s + 1`` is taken with ``Expr`` arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract, Unknown
from tsx.ops.abstract import dims_of
from tsx.ops.dtypes import Array

Ints = Sequence[int]
Index = tuple[int | slice | EllipsisType, ...]


def trailing(index: Sequence[int | slice]) -> Index:
    """The index that takes ``index`` on the last axes."""
    return (..., *index)


def along(axis: int, *index: int | slice) -> Index:
    """The index that takes ``index`` on the axes from ``axis`` on."""
    return (*(slice(None),) * axis, *index)


@dataclass(frozen=True, slots=True)
class Window:
    """One window over ``len(kernel)`` axes: kernel, stride and dilation are positive, padding isn't negative."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]

    @property
    def reach(self) -> tuple[int, ...]:
        """How many places a window spans along each axis."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def output(
        self, op: str, sizes: Sequence[Dim | None], ceil: bool = False
    ) -> tuple[Dim | None, ...]:
        """The number of windows along each axis; None where it isn't known. Raises TSX4053 when there is none."""
        return tuple(
            None if size is None else self._along(op, axis, size, ceil)
            for axis, size in enumerate(sizes)
        )

    def _along(self, op: str, axis: int, size: Dim, ceil: bool) -> Dim | None:
        stride, pad, reach = self.stride[axis], self.padding[axis], self.reach[axis]
        room = size + 2 * pad - reach
        count = (room + stride - 1 if ceil else room) // stride + 1
        if ceil and isinstance(count, int) and isinstance(size, int):
            # torch drops a last window that would start in the padding on the right.
            count -= (count - 1) * stride >= size + pad
        elif ceil and reach < pad + stride:
            return None  # whether the last window is dropped depends on the size
        if isinstance(count, int) and count < 1:
            at = axis - len(self.kernel)
            raise fail("TSX4053", op=op, window=reach, size=size + 2 * pad, dim=at)
        return count


def expand(op: str, what: str, value: int | Ints, count: int, least: int) -> tuple[int, ...]:
    """An int or a list of one or ``count`` ints as ``count`` ints, each at least ``least`` (else TSX4052)."""
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) == 1:
        values *= count
    if len(values) != count:
        raise fail("TSX4055", op=op, expected=f"1 or {count} values as {what}", found=list(values))
    if min(values, default=least) < least:
        raise fail("TSX4052", op=op, what=what, least=least, found=list(values))
    return values


def window(
    op: str,
    kernel: int | Ints,
    stride: int | Ints,
    padding: int | Ints,
    dilation: int | Ints,
    count: int,
) -> Window:
    """The window that the operands of ``op`` mean; an empty stride is the kernel's size, as in torch's pools."""
    size = expand(op, "a kernel size", kernel, count, 1)
    step = size if not isinstance(stride, int) and not len(stride) else stride
    return Window(
        size,
        expand(op, "a stride", step, count, 1),
        expand(op, "padding", padding, count, 0),
        expand(op, "a dilation", dilation, count, 1),
    )


def known_ints(value: Abstract) -> int | list[int] | None:
    """An abstract int or ``int[]`` when all of it is known, else None."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Unknown):
        return None
    dims = dims_of(value)
    if dims is None or not all(isinstance(d, int) for d in dims):
        return None
    return [d for d in dims if isinstance(d, int)]


def pad(array: Array, padding: Sequence[tuple[int, int]], value: float = 0) -> Array:
    """``array`` with its last axes extended by (before, after) places that hold ``value``; itself if by none."""
    if not any(before or after for before, after in padding):
        return array
    lead = array.ndim - len(padding)
    sides = list(zip(array.shape[lead:], padding, strict=True))
    shape = array.shape[:lead] + tuple(size + before + after for size, (before, after) in sides)
    padded = np.full(shape, value, array.dtype)
    inside = tuple(slice(before, before + size) for size, (before, _) in sides)
    padded[trailing(inside)] = array
    return padded


def windows(array: Array, shape: Window, counts: Ints) -> Array:
    """A read-only view ``(*lead, *kernel, *counts)`` of an array that is padded already."""
    axes = len(counts)
    lead, steps = array.ndim - axes, array.strides[array.ndim - axes :]
    within = tuple(step * d for step, d in zip(steps, shape.dilation, strict=True))
    between = tuple(step * s for step, s in zip(steps, shape.stride, strict=True))
    return as_strided(
        array,
        (*array.shape[:lead], *shape.kernel, *counts),
        (*array.strides[:lead], *within, *between),
        writeable=False,
    )


def place(array: Array, offset: Ints, shape: Window, counts: Ints) -> Array:
    """The view of what the kernel's place ``offset`` meets in every window: ``(*lead, *counts)``."""
    index = tuple(
        slice(o * d, o * d + (n - 1) * s + 1, s)
        for o, d, s, n in zip(offset, shape.dilation, shape.stride, counts, strict=True)
    )
    return np.asarray(array[trailing(index)])
