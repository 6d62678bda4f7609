"""Is a captured program equal to what it was captured from? Differences by output, and by layer for torch models.

Equal means |a - b| <= atol + rtol*|b| with rtol 1e-4 and atol 1e-5*max|b| for floating-point values (looser by the
dtype's precision below float32), and exact for everything else: text, ints, bools, None, enums, and how lists, dicts
and records are built. b is the original's value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsx.ir.types import DType
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.runtime.plain import (
    holds_array,
    is_array,
    is_number,
    items_of,
    kind_of,
    plain_text,
    short_text,
)

RTOL = {DType.FLOAT64: 1e-4, DType.FLOAT32: 1e-4, DType.FLOAT16: 1e-2, DType.BFLOAT16: 5e-2}
ATOL = {
    DType.FLOAT64: 1e-5,
    DType.FLOAT32: 1e-5,
    DType.FLOAT16: 2e-3,
    DType.BFLOAT16: 2e-2,
}  # times max|b|


@dataclass(frozen=True, slots=True)
class Difference:
    """One value compared: the largest absolute difference, and whether it is within the tolerance.

    ``dtype`` is the kind of a value that is no array: ``str``, ``list``, ``None``; such a value has no ``shape``.
    """

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    max_abs: float
    max_reference: float
    equal: bool
    detail: str = ""


def compare(ours: Any, original: Any) -> list[Difference]:
    """Compares two results: array by array, and each part that holds no array as one.

    ``capture.torch.arrays`` turns tensors into arrays before.
    """
    return list(_compared("output", ours, original))


def _compared(name: str, ours: Any, original: Any) -> Iterator[Difference]:
    if is_array(ours) or is_array(original):
        if all(is_array(v) or is_number(v) for v in (ours, original)):
            yield compare_arrays(name, np.asarray(ours), np.asarray(original))
        else:
            yield _unlike(name, ours, original)
    elif holds_array(ours) or holds_array(original):
        left, right = _aligned(name, ours, original)
        if left is None or right is None:
            yield _unlike(name, ours, original)
            return
        for part in [*right, *(n for n in left if n not in right)]:
            if part in left and part in right:
                yield from _compared(part, left[part], right[part])
            else:
                side = "the original" if part in right else "tsx"
                yield Difference(part, None, "", float("inf"), 0.0, False, f"only {side} gives it")
    else:
        yield _plain(name, ours, original)


def _aligned(
    path: str, ours: Any, original: Any
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """The parts of two values; those of a tuple and a named tuple are in order, and have the original's paths."""
    left, right = items_of(path, ours), items_of(path, original)
    both_tuples = isinstance(ours, (list, tuple)) and isinstance(original, (list, tuple))
    if both_tuples and left is not None and right is not None and len(left) == len(right):
        left = dict(zip(right, left.values(), strict=True))
    return left, right


def _unlike(name: str, ours: Any, original: Any, path: str = "") -> Difference:
    place = f"{path}: " if path and path != name else ""
    detail = f"{place}tsx gives {short_text(ours)}, the original {short_text(original)}"
    return Difference(name, None, kind_of(original), float("inf"), 0.0, False, detail)


def _plain(name: str, ours: Any, original: Any) -> Difference:
    """Compares two values without arrays, whole; ``detail`` names the first part that differs."""
    worst = reference = 0.0
    for path, a, b in _pairs(name, ours, original):
        if kind_of(a) == kind_of(b) and kind_of(b) in ("float", "complex"):
            one = compare_arrays(path, np.asarray(a), np.asarray(b))
            worst, reference = max(worst, one.max_abs), max(reference, one.max_reference)
            if one.equal:
                continue
        elif _same(a, b):
            continue
        return _unlike(name, a, b, path)
    return Difference(name, None, kind_of(original), worst, reference, True)


def _pairs(path: str, ours: Any, original: Any) -> Iterator[tuple[str, Any, Any]]:
    """The parts of two values side by side; where they are built otherwise, the values themselves."""
    left, right = _aligned(path, ours, original)
    are_lists = {isinstance(value, (list, tuple)) for value in (ours, original)}
    if left is None or right is None or left.keys() != right.keys() or len(are_lists) > 1:
        yield path, ours, original
    else:
        for name, item in left.items():
            yield from _pairs(name, item, right[name])


def _same(ours: Any, original: Any) -> bool:
    """Whether two values without parts are equal; a member of an enum, or a set of them, by its names."""
    kinds = {kind_of(ours), kind_of(original)}
    if len(kinds) > 1:
        return False
    if kinds & {"enum", "set"}:
        return plain_text(ours) == plain_text(original)
    return items_of("", ours) is None and items_of("", original) is None and bool(ours == original)


def compare_arrays(name: str, ours: Array, original: Array) -> Difference:
    """Compares two arrays; a NaN equals a NaN, an infinity the same infinity."""
    dtype = dtype_of(original)
    if dtype_of(ours) is not dtype or ours.shape != original.shape:
        detail = f"tsx gives {dtype_of(ours)}{list(ours.shape)}, the original {dtype}{list(original.shape)}"
        return Difference(name, original.shape, dtype.torch_name, float("inf"), 0.0, False, detail)
    if not dtype.is_float and not dtype.is_complex:
        wrong = ours != original
        worst = float(
            np.abs(ours.astype(np.float64) - original.astype(np.float64)).max(initial=0.0)
        )
        detail = f"{int(wrong.sum())} of {wrong.size} elements differ" if wrong.any() else ""
        return Difference(name, ours.shape, dtype.torch_name, worst, 0.0, not wrong.any(), detail)
    wide = np.complex128 if dtype.is_complex else np.float64
    a, b = (cast(x, DType.FLOAT32) if dtype is DType.BFLOAT16 else x for x in (ours, original))
    a, b = a.astype(wide), b.astype(wide)
    with np.errstate(all="ignore"):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        gap = np.where(same, 0.0, np.abs(a - b))
        finite = np.abs(b)[np.isfinite(b)]
        largest = float(finite.max(initial=0.0))
        bound = ATOL.get(dtype, 1e-5) * largest + RTOL.get(dtype, 1e-4) * np.abs(b)
        equal = bool((same | (gap <= bound)).all())
    none_compares = gap.size > 0 and bool(np.isnan(gap).all())
    worst = float("nan") if none_compares else float(np.nanmax(gap, initial=0.0))
    return Difference(name, ours.shape, dtype.torch_name, worst, largest, equal)


def leaves(value: Any, path: str = "output") -> Iterator[tuple[str, Array]]:
    """Every array or number in a structured value with its path: ``output[0].logits``."""
    parts = items_of(path, value)
    if parts is not None:
        for name, item in parts.items():
            yield from leaves(item, name)
    elif is_array(value) or is_number(value):
        yield path, np.asarray(value)
