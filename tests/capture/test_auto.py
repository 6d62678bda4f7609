"""Auto mode over NumPy: functions that branch on data are scripted, the rest is traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import tsx
from tsx import nn
from tsx.capture.auto import capture
from tsx.capture.trace.report import Captured, Report

Array = npt.NDArray[Any]
X = np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4)
OTHER = np.linspace(-9, 1, 20, dtype=np.float32).reshape(5, 4)


def halved(x, count: int):
    while np.abs(x).max() > 1:
        x = x / 2
        count += 1
    return -x if count > 2 else x


def captured(model: Callable[..., Any], *args: Any) -> tuple[tsx.Module, Report]:
    program, report = capture(model, args, {})
    return tsx.Module(program), report


def agree(module: tsx.Module, model: Callable[..., Any], *args: Any) -> None:
    np.testing.assert_allclose(module(*args), model(*args), rtol=1e-6)


def kinds(module: tsx.Module) -> list[str]:
    return [node.kind for node in module.graph.all_nodes()]


def how(report: Report) -> list[tuple[str, str]]:
    return [(c.function, c.how) for c in report.captured]


def test_a_function_with_a_loop_over_data_is_a_call() -> None:
    def model(x: Array) -> Array:
        return halved(x * 2, 0) + x.shape[0]

    module, report = captured(model, X)
    assert how(report) == [("halved", "script")]
    assert kinds(module).count("prim::CallFunction") == 1
    assert not report.guards
    assert not report.pins
    for x in (X, X * 0.1, X * 100, OTHER):
        agree(module, model, x)
        agree(tsx.optimize(module), model, x)


def test_functions_are_put_back() -> None:
    before = halved
    captured(lambda x: halved(x, 0), X)
    assert halved is before
    assert float(halved(np.ones(1), 0)[0]) == 1.0


def test_a_closure_is_replaced_where_it_is_held() -> None:
    def signed(x):
        if x.sum() > 0:
            return x + 1
        return x - 1

    def model(x: Array) -> Array:
        return signed(x) * signed(x * 3)

    module, report = captured(model, X + 1)
    assert how(report) == [("signed", "script")]
    assert kinds(module).count("prim::CallFunction") == 2
    for x in (X + 1, X - 1):
        agree(module, model, x)


def test_what_is_converted_itself_branches() -> None:
    def model(x):
        if x.sum() > 0:
            return x * 2
        return x - 1

    module, report = captured(model, X + 1)
    assert how(report) == [("model", "script")]
    assert "prim::If" in kinds(module)
    for x in (X + 1, X - 1):
        agree(module, model, x)


def test_a_function_that_can_not_be_scripted_stays_traced_with_its_problems() -> None:
    def strange(x):
        if x.sum() > 0:
            return np.convolve(x[0], x[1])
        return x[0]

    def model(x: Array) -> Array:
        y: Array = x + 1 if x.shape else x
        return y * (strange(np.zeros((2, 2))).sum() + _sign(x))

    module, report = captured(model, X + 1)
    assert report.captured == (Captured("_sign", "trace", report.captured[0].span, "TSX3301"),)
    assert [p.code for p in report.problems] == ["TSX3301"]
    assert "test_auto.py:" in str(report.problems[0])
    assert [guard.on_data for guard in report.guards] == [True]
    agree(module, model, X + 1)


def _sign(x):
    if x.sum() > 0:
        return 1.0
    return float(np.trapezoid(x[0]))


def test_a_branch_on_sizes_is_no_matter_for_scripting() -> None:
    def model(x: Array) -> Array:
        return x * 2 if x.shape[0] > 2 else x

    _, report = captured(model, X)
    assert report.captured == ()


def test_a_function_in_a_function_is_scripted_with_what_is_around_it() -> None:
    def outer(x):
        def inner(y):
            if y.sum() > 0:
                return y * 2
            return y

        return inner(x) + inner(x * -1)

    def model(x: Array) -> Array:
        return outer(x + 1) - 1

    module, report = captured(model, X)
    assert how(report) == [("outer", "script")]
    for x in (X, X + 3, X - 3):
        agree(module, model, x)


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.norm = nn.LayerNorm(4)

    def forward(self, x: Array) -> Array:
        h = self.norm(self.inner(x))
        if h[0].sum() > x[0, 0]:
            h = np.maximum(h, 0) / 2
        return h + x


def test_modules_of_tsx_nn_are_scripted_whole_and_in_part() -> None:
    block = Block()
    whole = tsx.script(block)
    model = nn.Sequential(nn.Linear(4, 4), block, nn.ReLU())
    module, report = captured(model, X)
    assert how(report) == [("Block.forward", "script")]
    for x in (X, -X, OTHER):
        np.testing.assert_allclose(whole(x), block(x), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(module(x), model(x), rtol=1e-5, atol=1e-6)
