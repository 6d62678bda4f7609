"""Pools over windows: max_pool and avg_pool in one, two and three dimensions, max_pool with indices, max_unpool.

Output sizes are those of ``tsx.ops.windows``, with torch's rule for ``ceil_mode``. Maxima and sums run along one axis
after another, so a k x k window costs 2k operations an element.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Infer
from tsx.ir.types import DType, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.nn_rules import concrete, need_rank, shape_text, tensor_of
from tsx.ops.precision import narrow, need_indices, widen
from tsx.ops.windows import Ints, Window, along, known_ints, pad, window, windows


def _window(
    name: str, dims: int, kernel: int | Ints, stride: int | Ints, padding: int | Ints, dilation: int | Ints
) -> Window:  # fmt: skip
    shape = window(name, kernel, stride, padding, dilation, dims)
    for reach, padded in zip(shape.reach, shape.padding, strict=True):
        if padded > reach // 2:
            expected = f"padding of at most half the window ({reach // 2})"
            raise fail("TSX4055", op=name, expected=expected, found=padded)
    return shape


def _infer(
    name: str, dims: int, self: Abstract, kernel: Abstract, stride: Abstract, padding: Abstract, dilation: Abstract,
    ceil: Abstract,
) -> TensorType:  # fmt: skip
    shape = need_rank(name, self, (dims + 1, dims + 2), "input")
    numbers = [known_ints(v) for v in (kernel, stride, padding, dilation)]
    ints = [n for n in numbers if n is not None]
    dtype = tensor_of(self).dtype
    if shape is None:
        return TensorType(dtype)
    if len(ints) < len(numbers) or not isinstance(ceil, bool):
        return TensorType(dtype, (*shape[:-dims], *(None,) * dims))
    if any(size == 0 for size in shape[-dims - 1 :]):
        raise fail(
            "TSX4055", op=name, expected="sizes above 0 beyond the batch", found=shape_text(shape)
        )
    frame = _window(name, dims, ints[0], ints[1], ints[2], ints[3])
    counts = frame.output(name, shape[-dims:], ceil)
    return TensorType(dtype, (*shape[:-dims], *counts))


def _prepare(
    name: str, dims: int, self: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints, ceil: bool
) -> tuple[Window, list[int], list[tuple[int, int]]]:  # fmt: skip
    """The window, the counts, and how far each side is padded so that every window lies inside."""
    k, s, p, d = (v if isinstance(v, int) else list(v) for v in (kernel, stride, padding, dilation))
    shape = _infer(name, dims, type_of(self), k, s, p, d, ceil).shape
    counts = concrete((shape or ())[-dims:])
    assert counts is not None
    frame = _window(name, dims, k, s, p, d)
    sides = []
    for axis, size in enumerate(self.shape[-dims:]):
        end = (counts[axis] - 1) * frame.stride[axis] + frame.reach[axis]
        before = frame.padding[axis]
        sides.append((before, max(end - size - before, 0)))
    return frame, counts, sides


def _fold(array: Array, frame: Window, counts: Ints, step: Callable[..., Array]) -> Array:
    """Folds each window with the binary ``step``, one axis at a time."""
    first = array.ndim - len(counts)
    for axis, count in enumerate(counts):
        stride, apart = frame.stride[axis], frame.dilation[axis]
        taken = [
            array[along(first + axis, slice(start, start + (count - 1) * stride + 1, stride))]
            for start in range(0, frame.kernel[axis] * apart, apart)
        ]
        array = taken[0].copy()
        for piece in taken[1:]:
            step(array, piece, out=array)
    return array


# --- max -------------------------------------------------------------------------------------------------------


def lowest(array: Array) -> float:
    """What padding holds so that it never is the maximum."""
    if array.dtype.kind == "f":
        return -np.inf
    return int(np.iinfo(array.dtype).min) if array.dtype.kind in "iu" else 0


def _max_pool(name: str, dims: int, self: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints,
              ceil: bool) -> Array:  # fmt: skip
    frame, counts, sides = _prepare(name, dims, self, kernel, stride, padding, dilation, ceil)
    wide = widen(self)
    return narrow(_fold(pad(wide, sides, lowest(wide)), frame, counts, np.maximum), dtype_of(self))


def _max_pool_indices(name: str, dims: int, self: Array, kernel: Ints, stride: Ints, padding: Ints, dilation: Ints,
                      ceil: bool) -> tuple[Array, Array]:  # fmt: skip
    """The maxima and their places, counted in the flattened spatial dimensions of the input."""
    frame, counts, sides = _prepare(name, dims, self, kernel, stride, padding, dilation, ceil)
    wide = widen(self)
    lead, sizes = self.shape[:-dims], self.shape[-dims:]
    view = windows(pad(wide, sides, lowest(wide)), frame, counts)
    best, values = largest(view.reshape(*lead, math.prod(frame.kernel), *counts), len(lead))
    indices: Array = np.zeros((), np.int64)
    nothing = values == lowest(wide)  # padding must not win among elements as low as it
    for axis, offset in enumerate(np.unravel_index(best, frame.kernel)):
        start = np.arange(counts[axis]) * frame.stride[axis] - frame.padding[axis]
        start = start.reshape(-1, *(1,) * (dims - 1 - axis))
        first = np.maximum(-(start // frame.dilation[axis]), 0)
        offset = np.where(nothing, first, offset)
        indices = indices * sizes[axis] + start + offset * frame.dilation[axis]
    return narrow(values, dtype_of(self)), np.asarray(indices, np.int64)


def largest(flat: Array, axis: int) -> tuple[Array, Array]:
    """Where each window is largest, and its value: the first maximum, or the last NaN, as torch's loop finds them."""
    best = flat.argmax(axis=axis)
    values = np.take_along_axis(flat, np.expand_dims(best, axis), axis=axis).squeeze(axis)
    lost = np.isnan(values) if flat.dtype.kind == "f" else np.zeros((), np.bool_)
    if lost.any():
        last = flat.shape[axis] - 1 - np.flip(np.isnan(flat), axis).argmax(axis=axis)
        best = np.where(lost, last, best)
    return best, np.asarray(values)


def _infer_pair(rule: Infer) -> Infer:
    def infer(*operands: Abstract) -> Abstract:
        first = rule(*operands)
        return first, TensorType(DType.INT64, tensor_of(first).shape)

    return infer


# --- average ---------------------------------------------------------------------------------------------------


def _avg_pool(
    name: str, dims: int, self: Array, kernel: Ints, stride: Ints, padding: Ints, ceil: bool, include_pad: bool,
    divisor: int | None = None,
) -> Array:  # fmt: skip
    frame, counts, sides = _prepare(name, dims, self, kernel, stride, padding, [1], ceil)
    if divisor == 0:
        raise fail("TSX4055", op=name, expected="a divisor_override other than 0", found=divisor)
    wide = widen(self)
    total = _fold(pad(wide, sides), frame, counts, np.add)
    if divisor is not None:
        count: Array | int = divisor
    else:
        count = _window_sizes(frame, counts, self.shape[-dims:], include_pad).astype(wide.dtype)
    if wide.dtype.kind in "iu":  # C's division: towards zero
        quotient = abs(total) // abs(np.asarray(count))
        return narrow(np.sign(total) * np.sign(count) * quotient, dtype_of(self))
    return narrow(total / count, dtype_of(self))


def _window_sizes(frame: Window, counts: Ints, sizes: Ints, include_pad: bool) -> Array:
    """How many elements each window averages: torch counts padding, but never what ceil_mode adds beyond it."""
    total: Array = np.ones((), np.int64)
    for axis, size in enumerate(sizes):
        start = np.arange(counts[axis]) * frame.stride[axis] - frame.padding[axis]
        end = np.minimum(start + frame.kernel[axis], size + frame.padding[axis])
        if not include_pad:
            start, end = np.maximum(start, 0), np.minimum(end, size)
        total = total[..., None] * (end - start)
    return total


# --- unpool ----------------------------------------------------------------------------------------------------


def _infer_unpool(
    name: str, dims: int, self: Abstract, indices: Abstract, size: Abstract, *rest: Abstract
) -> TensorType:
    shape = need_rank(name, self, (dims + 1, dims + 2), "input")
    sizes = known_ints(size)
    if shape is None:
        return TensorType(tensor_of(self).dtype)
    found = sizes if isinstance(sizes, list) and len(sizes) == dims else [None] * dims
    return TensorType(tensor_of(self).dtype, (*shape[:-dims], *found))


def _unpool(name: str, dims: int, self: Array, indices: Array, size: Ints, *rest: Ints) -> Array:
    _infer_unpool(name, dims, type_of(self), type_of(indices), list(size))
    if self.shape != indices.shape:
        raise fail("TSX4055", op=name, expected=f"indices of sizes {shape_text(self.shape)}",
                   found=shape_text(indices.shape))  # fmt: skip
    lead = self.shape[:-dims]
    places = int(np.prod(size))
    out = np.zeros((*lead, places), self.dtype)
    count = math.prod(self.shape[-dims:])
    flat = indices.reshape(*lead, count)
    need_indices(name, flat, places)
    np.put_along_axis(out, flat, self.reshape(*lead, count), axis=-1)
    return out.reshape(*lead, *size)


# --- records ---------------------------------------------------------------------------------------------------


def _define_pools(dims: int) -> None:
    n, one = dims, dims == 1
    # torch writes the defaults of the 1-d schemas as lists, those of the others as single ints.
    zero, ones = ("[0]", "[1]") if one else ("0", "1")
    window_text = (
        f"Tensor self, int[{n}] kernel_size, int[{n}] stride=[], int[{n}] padding={zero}, "
    )
    max_text = f"{window_text}int[{n}] dilation={ones}, bool ceil_mode=False"
    rule = partial(_infer, f"max_pool{n}d", dims)
    op(
        f"aten::max_pool{n}d({max_text}) -> Tensor",
        infer=rule,
        eval=partial(_max_pool, f"max_pool{n}d", dims),
        torch=(f"torch.nn.functional.max_pool{n}d",),
    )
    op(
        f"aten::max_pool{n}d_with_indices({max_text}) -> (Tensor, Tensor)",
        infer=_infer_pair(rule),
        eval=partial(_max_pool_indices, f"max_pool{n}d_with_indices", dims),
        torch=(f"torch.nn.functional.max_pool{n}d_with_indices",),
    )
    name = f"avg_pool{n}d"

    def infer_avg(self: Abstract, kernel: Abstract, stride: Abstract, padding: Abstract, ceil: Abstract,
                  *rest: Abstract) -> TensorType:  # fmt: skip
        return _infer(name, dims, self, kernel, stride, padding, [1], ceil)

    divisor = "" if one else ", int? divisor_override=None"
    op(
        f"aten::{name}({window_text}bool ceil_mode=False, bool count_include_pad=True{divisor}) -> Tensor",
        infer=infer_avg,
        eval=partial(_avg_pool, name, dims),
        torch=(f"torch.nn.functional.{name}",),
    )


for _dims in (1, 2, 3):
    _define_pools(_dims)
for _dims, _tail in ((2, ""), (3, ", int[3] stride, int[3] padding")):
    _name = f"max_unpool{_dims}d"
    op(
        f"aten::{_name}(Tensor self, Tensor indices, SymInt[{_dims}] output_size{_tail}) -> Tensor",
        infer=partial(_infer_unpool, _name, _dims),
        eval=partial(_unpool, _name, _dims),
    )
