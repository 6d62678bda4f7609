"""``tsx::index.Tensor`` and ``tsx::index_put_``: NumPy's ``x[a, ..., b]``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.op import lookup
from tsx.ops.dtypes import type_of

X = np.arange(120.0).reshape(2, 3, 4, 5)
ROWS, COLUMNS = np.array([1, 0]), np.array([4, -1])
MASK = np.arange(20).reshape(4, 5) % 3 == 0

CASES = [
    ([], [COLUMNS], (..., COLUMNS)),
    ([], [COLUMNS, None], (..., COLUMNS % 4, slice(None))),
    ([ROWS], [COLUMNS], (ROWS, ..., COLUMNS)),
    ([None, ROWS], [], (slice(None), ROWS)),
    ([], [MASK], (..., MASK)),
    ([ROWS], [None, None], (ROWS,)),
]


@pytest.mark.parametrize(("front", "back", "place"), CASES)
def test_reading_and_writing(front: list[Any], back: list[Any], place: Any) -> None:
    back = [b % 4 if b is not None and len(back) > 1 and b.dtype != bool else b for b in back]
    index, put = lookup("tsx::index.Tensor"), lookup("tsx::index_put_")
    assert index is not None
    assert put is not None
    expected = X[place]
    found = index.eval(X, front, back)
    np.testing.assert_array_equal(found, expected)
    assert isinstance(found, np.ndarray)
    assert not np.shares_memory(found, X)
    rule = index.infer(
        type_of(X), *([None if i is None else type_of(i) for i in s] for s in (front, back))
    )
    assert isinstance(rule, ty.TensorType)
    assert rule.shape is None or all(
        a is None or a == b for a, b in zip(rule.shape, expected.shape, strict=True)
    )
    target, wanted = X.copy(), X.copy()
    values = np.full(expected.shape, -1.0)
    assert put.eval(target, front, back, values) is target
    wanted[place] = values
    np.testing.assert_array_equal(target, wanted)


def test_too_many_indices() -> None:
    index = lookup("tsx::index.Tensor")
    assert index is not None
    with pytest.raises(TsxError, match="at most 1 indices"):
        index.eval(np.zeros(3), [ROWS], [COLUMNS])
    with pytest.raises(TsxError, match="at most 1 indices"):
        index.infer(type_of(np.zeros(3)), [type_of(ROWS)], [type_of(COLUMNS)])
