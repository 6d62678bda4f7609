"""Whether the engine's answer is the one that was expected: exactly for integers, within a tolerance for floats.

The tolerances are those of torch.testing for each dtype; NaN equals NaN. Takes values of the VM; gives what is wrong.
"""

from __future__ import annotations

import itertools

import numpy as np

from tests.engine.samples import Case
from tests.engine.wire import Answer
from tsx.ir.op import Trait, lookup
from tsx.ir.types import DType
from tsx.ops.dtypes import Array, bfloat16_to_float32, dtype_of

TOLERANCES = {
    DType.FLOAT16: (1e-3, 1e-5),
    DType.BFLOAT16: (1.6e-2, 1e-5),
    DType.FLOAT32: (1.3e-6, 1e-5),
    DType.FLOAT64: (1e-7, 1e-7),
    DType.COMPLEX64: (1.3e-6, 1e-5),
    DType.COMPLEX128: (1e-7, 1e-7),
}


def problem_of(case: Case, answer: Answer) -> str:
    """What is wrong with ``answer``, or nothing."""
    if answer.code:
        return f"{answer.code} {answer.message}"
    expected = case.expected if isinstance(case.ours, tuple) else (case.expected,)
    assert isinstance(expected, (list, tuple))
    op = lookup(case.kind)
    assert op is not None
    sums = op.has(Trait.CONTRACTION | Trait.REDUCTION)
    found = difference(answer.results, tuple(expected), "result", sums)
    return found or difference(answer.operands, case.afterwards, "operand afterwards")


def difference(value: object, expected: object, what: str, sums: bool = False) -> str:
    """How ``value`` differs; ``sums``: where terms cancel, the error counts beside the largest element."""
    if isinstance(expected, (list, tuple)):
        if not isinstance(value, (list, tuple)) or len(value) != len(expected):
            return f"{what}: expected {len(expected)} values, got {value!r:.60}"
        pairs = enumerate(zip(value, expected, strict=True))
        return next(
            filter(None, (difference(v, e, f"{what} {i}", sums) for i, (v, e) in pairs)), ""
        )
    if not isinstance(expected, np.ndarray):
        same = value == expected or (value != value and expected != expected)
        same = same and isinstance(expected, type(value))  # a device is a string
        return "" if same else f"{what}: {expected!r} expected, got {value!r:.60}"
    return _array_difference(value, expected, what, sums)


def _array_difference(value: object, expected: Array, what: str, sums: bool) -> str:
    if not isinstance(value, np.ndarray):
        return f"{what} is a {type(value).__name__}, not a tensor"
    dtype = dtype_of(expected)
    if dtype_of(value) is not dtype:
        return f"{what}: {dtype} expected, got {dtype_of(value)}"
    if value.shape != expected.shape:
        return f"{what}: shape {expected.shape} expected, got {value.shape}"
    if dtype is DType.BFLOAT16:
        value, expected = bfloat16_to_float32(value), bfloat16_to_float32(expected)
    relative, absolute = TOLERANCES.get(dtype, (0, 0))
    if sums and dtype is DType.FLOAT32 and expected.size:
        largest = np.nanmax(np.where(np.isfinite(expected), np.abs(expected), 0))
        absolute = max(absolute, 1e-5 * float(largest))  # as tsx/runtime/compare.py
    close = np.isclose(value, expected, relative, absolute, equal_nan=True)
    if close.all():
        return ""
    places = list(itertools.islice(zip(*np.nonzero(np.atleast_1d(~close)), strict=True), 3))
    shown = ", ".join(
        f"{np.atleast_1d(expected)[p]} got {np.atleast_1d(value)[p]} at {list(map(int, p))}"
        for p in places
    )
    return f"{what}: {int((~close).sum())} of {close.size} differ: {shown}"
