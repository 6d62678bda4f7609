"""What fails for every input, where it may never run: it compiles, optimises, verifies, and fails when reached."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import tsx
from tsx.errors import Problems, RunError, TsxError

pytestmark = pytest.mark.torch


def nothing() -> Tensor:
    parts: list[Tensor] = []
    return torch.cat(parts)


def in_a_branch(x: Tensor, n: int) -> Tensor:
    parts: list[Tensor] = []
    if n > 5:
        return torch.cat(parts) + x
    return x * 2


def in_a_function(x: Tensor, n: int) -> Tensor:
    return nothing() + x if n > 5 else x * 2


def in_a_loop(x: Tensor, n: int) -> Tensor:
    for _ in range(n - 5):
        x = torch.ones(2, 3) @ torch.ones(2, 3)
    return x * 2


@pytest.mark.parametrize("level", [None, 0, 1, 2, 3])
@pytest.mark.parametrize("function", [in_a_branch, in_a_function, in_a_loop])
def test_it_fails_where_it_is_reached(function: Any, level: int | None) -> None:
    module = tsx.script(function)
    if level is not None:
        module = tsx.optimize(module, level=level)
    x = torch.ones(2)
    assert torch.equal(module(x, 3), function(x, 3))
    with pytest.raises(RunError):
        module(x, 7)


def test_a_function_that_always_runs_is_told_at_once() -> None:
    def always(x: Tensor) -> Tensor:
        return nothing() + x

    with pytest.raises(TsxError) as caught:
        tsx.script(always)
    found = caught.value
    codes = [p.code for p in found.problems] if isinstance(found, Problems) else [found.code]
    assert codes == ["TSX3065"]


def test_empty_results_are_equal_with_a_difference_of_zero() -> None:
    from tsx.runtime.compare import compare

    (found,) = compare(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32))
    assert found.equal
    assert found.max_abs == 0.0
    (unlike,) = compare(np.full((2,), np.nan), np.zeros(2))
    assert not unlike.equal
    assert np.isnan(unlike.max_abs)
