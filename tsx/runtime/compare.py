"""Is a captured program equal to what it was captured from? Differences by output, and by layer for torch models.

Equal means |a - b| <= atol + rtol*|b| with rtol 1e-4 and atol 1e-5*max|b| for floating-point values (looser by the
dtype's precision below float32), and exact for everything else. b is the original's value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsx.ir.types import DType
from tsx.ops.dtypes import Array, cast, dtype_of

RTOL = {DType.FLOAT64: 1e-4, DType.FLOAT32: 1e-4, DType.FLOAT16: 1e-2, DType.BFLOAT16: 5e-2}
ATOL = {
    DType.FLOAT64: 1e-5,
    DType.FLOAT32: 1e-5,
    DType.FLOAT16: 2e-3,
    DType.BFLOAT16: 2e-2,
}  # times max|b|


@dataclass(frozen=True, slots=True)
class Difference:
    """One value compared: the largest absolute difference, and whether it is within the tolerance."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    max_abs: float
    max_reference: float
    equal: bool
    detail: str = ""


def compare(ours: Any, original: Any) -> list[Difference]:
    """Compares two structured results leaf by leaf; arrays only (``capture.torch.arrays`` turns tensors into them)."""
    left, right = dict(leaves(ours)), dict(leaves(original))
    found = []
    for name in [*right, *(n for n in left if n not in right)]:
        if name not in left or name not in right:
            side = "the original" if name not in left else "tsx"
            found.append(
                Difference(name, (), "", float("inf"), 0.0, False, f"only {side} gives it")
            )
        else:
            found.append(compare_arrays(name, left[name], right[name]))
    return found


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
    if value is None:
        return
    if dataclasses.is_dataclass(value) and not isinstance(value, (type, Mapping)):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if isinstance(key, str) else f"{path}[{key!r}]")
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        for key, item in zip(value._fields, value, strict=True):
            yield from leaves(item, f"{path}.{key}")
    elif isinstance(value, (tuple, list)):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    elif isinstance(value, (np.ndarray, np.generic, bool, int, float, complex)):
        yield path, np.asarray(value)
