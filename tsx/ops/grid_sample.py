"""Sampling at computed places: grid_sampler in two and three dimensions, and the grids of affine maps.

Places run from -1 to 1 over the input, x first (torch.nn.functional.grid_sample). Modes: 0 linear, 1 nearest, 2 cubic;
padding: 0 zeros, 1 border, 2 reflection.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import TensorType
from tsx.ops.abstract import dims_of
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.matmul import product
from tsx.ops.nn_rules import differ, either, need_rank, one_dtype, shape_text, tensor_of
from tsx.ops.precision import narrow, need_same, widen
from tsx.ops.resample import cubic_weight

_LINEAR, _NEAREST, _CUBIC = 0, 1, 2
_ZEROS, _BORDER, _REFLECTION = 0, 1, 2


def _infer(
    name: str,
    dims: Sequence[int],
    input: Abstract,
    grid: Abstract,
    mode: Abstract,
    padding: Abstract,
    corners: Abstract,
) -> TensorType:
    dtype = one_dtype(name, input, grid)
    ranks = [d + 2 for d in dims]
    x, g = need_rank(name, input, ranks, "input"), need_rank(name, grid, ranks, "grid")
    if x is None or g is None:
        return TensorType(dtype)
    if len(x) != len(g) or differ(x[0], g[0]) or differ(g[-1], len(x) - 2):
        expected = f"a grid of {len(x)} dimensions, one for each image, of {len(x) - 2} coordinates"
        raise fail("TSX4055", op=name, expected=expected, found=shape_text(g))
    if any(size == 0 for size in x[2:]):
        raise fail("TSX4055", op=name, expected="an input with elements", found=shape_text(x))
    if isinstance(mode, int) and (mode not in (0, 1, 2) or (mode == _CUBIC and len(x) == 5)):
        raise fail(
            "TSX4055",
            op=name,
            expected="mode 0 (linear), 1 (nearest) or, in 2-D, 2 (cubic)",
            found=mode,
        )
    if isinstance(padding, int) and padding not in (0, 1, 2):
        raise fail(
            "TSX4055",
            op=name,
            expected="padding mode 0 (zeros), 1 (border) or 2 (reflection)",
            found=padding,
        )
    return TensorType(dtype, (either(x[0], g[0]), x[1], *g[1:-1]))


def _place(coordinate: Array, size: int, corners: bool) -> Array:
    """-1 … 1 as a place along an axis: the ends are the first and last element, or their outer edges."""
    if corners:
        return np.asarray((coordinate + 1) / 2 * (size - 1))
    return np.asarray(((coordinate + 1) * size - 1) / 2)


def _reflect(place: Array, low: int, high: int) -> Array:
    """Mirrors at ``low / 2`` and ``high / 2`` until the place lies between."""
    if low == high:
        return np.zeros_like(place)
    start, span = low / 2, (high - low) / 2
    distance = np.abs(place - start)
    extra, flips = np.fmod(distance, span), np.floor(distance / span)
    return np.where(flips % 2 == 0, extra + start, span - extra + start).astype(place.dtype)


def _bounded(place: Array, size: int, padding: int, corners: bool) -> Array:
    if padding == _REFLECTION:
        place = _reflect(place, 0, 2 * (size - 1)) if corners else _reflect(place, -1, 2 * size - 1)
    return place if padding == _ZEROS else np.clip(place, 0, size - 1)


def _values(input: Array, places: Sequence[Array]) -> Array:
    """Elements at whole places ``(N, P)`` for each axis, as ``(N, C, P)``; zero outside."""
    sizes = input.shape[2:]
    inside = np.ones(places[0].shape, np.bool_)
    flat = np.zeros(places[0].shape, np.int64)
    for place, size in zip(places, sizes, strict=True):
        inside &= (place >= 0) & (place < size)
        flat = flat * size + np.where(inside, place, 0).astype(np.int64)
    rows = input.reshape(*input.shape[:2], math.prod(sizes))
    found = np.take_along_axis(rows, np.where(inside, flat, 0)[:, None], axis=2)
    return np.where(inside[:, None], found, found.dtype.type(0))


def _linear(input: Array, places: Sequence[Array]) -> Array:
    floors = [np.floor(place) for place in places]
    shares = [place - floor for place, floor in zip(places, floors, strict=True)]
    total: Array | None = None
    for corner in itertools.product((0, 1), repeat=len(places)):
        weight = np.ones((), input.dtype)
        for share, upper in zip(shares, corner, strict=True):
            weight = weight * (share if upper else 1 - share)
        taken = _values(input, [floor + upper for floor, upper in zip(floors, corner, strict=True)])
        term = taken * weight[:, None]
        total = term if total is None else total + term
    assert total is not None
    return total


def _cubic(input: Array, places: Sequence[Array], bound: Callable[[Array, int], Array]) -> Array:
    """Sixteen elements, each at a place that is bounded by itself."""
    floors = [np.floor(place) for place in places]
    shares = [place - floor for place, floor in zip(places, floors, strict=True)]
    total = np.zeros((), input.dtype)
    for offsets in itertools.product(range(-1, 3), repeat=2):
        weight = np.ones((), input.dtype)
        where = []
        for axis, offset in enumerate(offsets):
            weight = weight * cubic_weight(shares[axis] - offset, -0.75).astype(input.dtype)
            where.append(bound(floors[axis] + offset, input.shape[2 + axis]))
        total = total + _values(input, where) * weight[:, None]
    return total


def _sample(
    name: str,
    dims: Sequence[int],
    input: Array,
    grid: Array,
    mode: int,
    padding: int,
    corners: bool,
) -> Array:
    dtype = need_same(name, input, grid)
    shape = _infer(name, dims, type_of(input), type_of(grid), mode, padding, corners).shape
    x, g = widen(input), widen(grid)
    flat = g.reshape(g.shape[0], math.prod(g.shape[1:-1]), g.shape[-1])
    bound = partial(_bounded, padding=padding, corners=corners)
    # The grid has x first, the input has it last.
    raw = [_place(flat[..., -1 - axis], size, corners) for axis, size in enumerate(x.shape[2:])]
    if mode == _CUBIC:
        found = _cubic(x, raw, bound)
    else:
        places = [bound(place, size) for place, size in zip(raw, x.shape[2:], strict=True)]
        found = _linear(x, places) if mode == _LINEAR else _values(x, [np.rint(p) for p in places])
    return narrow(found.reshape([s for s in shape or () if isinstance(s, int)]), dtype)


for _name, _dims in (
    ("grid_sampler", (2, 3)),
    ("grid_sampler_2d", (2,)),
    ("grid_sampler_3d", (3,)),
):
    op(
        f"aten::{_name}(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) "
        "-> Tensor",
        infer=partial(_infer, _name, _dims),
        eval=partial(_sample, _name, _dims),
    )


# --- affine grids ----------------------------------------------------------------------------------------------------


def _infer_affine(theta: Abstract, size: Abstract, corners: Abstract) -> TensorType:
    shape = need_rank("affine_grid_generator", theta, (3,), "theta")
    sizes, dtype = dims_of(size), tensor_of(theta).dtype
    if sizes is None:
        return TensorType(dtype)
    dims = len(sizes) - 2
    if dims not in (2, 3) or (
        shape is not None and (differ(shape[1], dims) or differ(shape[2], dims + 1))
    ):
        expected = "theta of sizes [N, 2, 3] for 4 sizes, [N, 3, 4] for 5"
        found = f"{shape_text(shape or ())} for {len(sizes)}"
        raise fail("TSX4055", op="affine_grid_generator", expected=expected, found=found)
    return TensorType(dtype, (sizes[0], *sizes[2:], dims))


def _affine(theta: Array, size: Sequence[int], corners: bool) -> Array:
    """Where the map ``theta`` takes each place of an image of ``size``: ``(N, H, W, 2)`` or ``(N, D, H, W, 3)``."""
    _infer_affine(type_of(theta), list(size), corners)
    wide, spatial = widen(theta), list(size)[2:]
    steps = []
    for length in spatial:
        step = np.linspace(-1, 1, length) if length > 1 else np.zeros(1)
        steps.append(step if corners else step * (length - 1) / length)
    axes = np.meshgrid(*steps, indexing="ij")
    base = np.stack([*reversed(axes), np.ones(spatial)], axis=-1).astype(wide.dtype)
    rows = base.reshape(-1, len(spatial) + 1)
    found = product(np.broadcast_to(rows, (len(wide), *rows.shape)), np.swapaxes(wide, 1, 2))
    return narrow(found.reshape(len(wide), *spatial, len(spatial)), dtype_of(theta))


op(
    "aten::affine_grid_generator(Tensor theta, SymInt[] size, bool align_corners) -> Tensor",
    infer=_infer_affine,
    eval=_affine,
)
