"""Finished programs that scripted code calls: traced, scripted or loaded modules."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from torch import Tensor

import tsx
from tsx.errors import TsxError

pytestmark = pytest.mark.torch

torch.manual_seed(0)
LINEAR = torch.nn.Linear(4, 4).eval()
inner = tsx.trace(LINEAR, (torch.randn(3, 4),), dynamic={"input": [0]})
pair = tsx.trace(
    lambda d, s: ({"sum": d["x"] + s[0], "product": s[0] * s[1]}, s[1] - 1),
    ({"x": torch.randn(3)}, (torch.randn(3), torch.randn(3))),
)


def rounds(x: Tensor, n: int) -> Tensor:
    y = inner(x)
    for _ in range(n):
        if bool(y.sum() > 0):
            y = y + inner(x * 2)
        else:
            y = y - 1
    return y


def structured(x: Tensor) -> Tensor:
    both, rest = pair({"x": x}, (x, x * 2))
    return both["sum"] + both["product"] * rest


def loaded_from(module: tsx.Module) -> tsx.Module:
    file = io.BytesIO()
    module.save(file)
    return tsx.load(file.getvalue())


def test_a_traced_module_in_a_loop() -> None:
    scripted = tsx.script(rounds)
    assert sorted(scripted.ir.weights) == ["Linear.bias", "Linear.weight"]
    assert list(scripted.ir.functions) == ["Linear"]
    for module in (scripted, tsx.optimize(scripted), loaded_from(scripted)):
        for x in (torch.randn(2, 4), torch.randn(5, 4) * 3):
            torch.testing.assert_close(module(x, 3), rounds(x, 3))


def test_structured_arguments_and_results() -> None:
    scripted = tsx.script(structured)
    x = torch.randn(5)
    torch.testing.assert_close(scripted(x), structured(x))


def test_what_the_trace_took_for_granted_is_guarded() -> None:
    scripted = tsx.script(rounds)
    with pytest.raises(TsxError, match=r"input.shape\[1\] is 3 here, and was 4 when traced"):
        scripted(torch.randn(2, 3), 1)
    with pytest.raises(TsxError, match="the dtype of input is float64 here, and was float32"):
        scripted(torch.randn(2, 4, dtype=torch.float64), 1)
    with pytest.raises(TsxError, match=r"input.ndim is 3 here, and was 2"):
        scripted(torch.randn(2, 4, 4), 1)


def test_sizes_that_were_equal_must_be_equal() -> None:
    added = tsx.trace(lambda a, b: a + b, (torch.randn(3), torch.randn(3)))

    def both(a: Tensor, b: Tensor) -> Tensor:
        return added(a, b)

    scripted = tsx.script(both)
    torch.testing.assert_close(scripted(torch.ones(2), torch.ones(2)), torch.full((2,), 2.0))
    with pytest.raises(TsxError, match="TSX5004"):
        scripted(torch.ones(2), torch.ones(1))


def test_a_program_over_arrays() -> None:
    softmax = tsx.script(_softmax)

    def top(x: np.ndarray) -> np.ndarray:
        return np.argmax(softmax(x), axis=-1)

    x = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    np.testing.assert_array_equal(tsx.script(top)(x), np.argmax(x, axis=-1))


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def test_arguments_that_do_not_fit() -> None:
    def too_many(x: Tensor) -> Tensor:
        return inner(x, x)

    with pytest.raises(TsxError, match="it takes 1 positional"):
        tsx.script(too_many)
