"""A trace is never silently wrong: what Python consumes is guarded, at other sizes it is right or stops."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
import torch

from tests.capture.torch_check import check, stops
from tsx.capture.trace import trace

pytestmark = pytest.mark.torch


def line(function: Callable[..., Any], text: str) -> str:
    """``file:line`` of the first line of ``function`` with ``text`` in it."""
    lines, start = inspect.getsourcelines(function)
    return f"test_guards_torch.py:{start + next(i for i, t in enumerate(lines) if text in t)}"


def test_branch_on_data_is_guarded() -> None:
    def branch(x: torch.Tensor) -> torch.Tensor:
        if x.sum() > 0:
            return x * 2
        return x - 1

    module, report = check(branch, [torch.ones(3)], [torch.ones(7)])
    error = stops(module, -torch.ones(3))
    assert error.exit_status == 5
    assert line(branch, "if x.sum") in str(error)
    assert "x.sum() > 0" in str(error)
    assert [g.source for g in report.guards] == ["x.sum() > 0"]


def test_loop_over_data_is_guarded() -> None:
    def loop(x: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        for i in range(int(n)):
            x = x + i
        return x

    module, _ = check(loop, [torch.ones(3), torch.tensor(4)], [torch.ones(5), torch.tensor(4)])
    error = stops(module, torch.ones(3), torch.tensor(5))
    assert error.exit_status == 5
    assert line(loop, "range") in str(error)


def test_loop_over_a_size_pins_it_and_names_the_line() -> None:
    def rows(x: torch.Tensor) -> torch.Tensor:
        total = torch.zeros(x.shape[1])
        for i in range(x.shape[0]):
            total = total + x[i]
        return total

    module, report = check(rows, [torch.randn(3, 4)], [torch.randn(3, 9)])
    (pin,) = report.pins
    assert (pin.input, pin.dim, pin.size) == ("x", 0, 3)
    assert line(rows, "for i").endswith(f":{pin.span.line}")
    stops(module, torch.randn(4, 4))


def test_len_is_a_size() -> None:
    def mean(x: torch.Tensor) -> torch.Tensor:
        return x.sum(0) / len(x)

    check(mean, [torch.randn(3, 4)], [torch.randn(8, 2)], [torch.randn(1, 1)])


def test_slice_by_half_the_size() -> None:
    def half(x: torch.Tensor) -> torch.Tensor:
        return x[: x.shape[0] // 2]

    check(half, [torch.randn(4, 3)], [torch.randn(9, 3)], [torch.randn(1, 2)], [torch.randn(50, 2)])


def test_branch_on_a_size_is_guarded() -> None:
    def wide(x: torch.Tensor) -> torch.Tensor:
        if x.shape[0] > 5:
            return x * 2
        return x + 1

    module, report = check(wide, [torch.randn(3)], [torch.randn(5)], [torch.randn(1)])
    assert [f.dim for f in report.free] == [0]
    assert line(wide, "if x.shape") in str(stops(module, torch.randn(6)))


def test_even_sizes_only() -> None:
    def even(x: torch.Tensor) -> torch.Tensor:
        if x.shape[-1] % 2:
            x = torch.nn.functional.pad(x, (0, 1))
        return x.reshape(-1, 2).sum(1)

    module, report = check(even, [torch.randn(4)], [torch.randn(10)])
    assert [f.dim for f in report.free] == [0]
    stops(module, torch.randn(5))


def test_unbind_and_iteration_pin_their_length() -> None:
    def first_and_last(x: torch.Tensor) -> torch.Tensor:
        rows = x.unbind(0)
        return rows[0] + rows[-1]

    def iterate(x: torch.Tensor) -> torch.Tensor:
        return sum(row * i for i, row in enumerate(x))

    for function in (first_and_last, iterate):
        module, report = check(function, [torch.randn(3, 4)], [torch.randn(3, 6)])
        assert [(p.dim, p.size) for p in report.pins] == [(0, 3)]
        stops(module, torch.randn(4, 4))


def test_numbers_that_only_look_plain() -> None:
    def uses(x: torch.Tensor) -> torch.Tensor:
        n, m = x.shape
        q, r = divmod(n, 2)
        return x.reshape(m, n)[:q].sum() * n + r + float(m) ** 2 + max(n, 1) + abs(n - m)

    module, _ = trace(uses, (torch.randn(4, 3),))
    for shape in [(4, 3), (8, 3), (5, 3), (6, 2)]:
        x = torch.randn(shape)
        try:
            check_once(module, uses, x)
        except AssertionError as error:
            raise error


def check_once(module: object, function: object, x: torch.Tensor) -> None:
    """Right, or stopped."""
    from tests.capture.torch_check import assert_close
    from tsx.errors import TsxError
    from tsx.runtime.border import Executable

    try:
        got = Executable(module).run("forward", (x,), {})
    except TsxError:
        return
    assert_close(got, function(x))


def test_item_stays_traced() -> None:
    def scale(x: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
        return x * k.item() + x.shape[0]

    check(scale, [torch.ones(3), torch.tensor(2.5)], [torch.ones(4), torch.tensor(-1.0)])
    check(scale, [torch.ones(3), torch.tensor(2)], [torch.ones(4), torch.tensor(7)])


def test_squeeze_does_not_depend_on_luck() -> None:
    def squeezed(x: torch.Tensor) -> torch.Tensor:
        return x.squeeze() + 1

    module, _ = check(squeezed, [torch.randn(3, 1, 4)], [torch.randn(5, 1, 2)])
    stops(module, torch.randn(1, 1, 4))


def test_random_numbers_are_refused() -> None:
    import random

    import numpy as np

    from tsx.errors import TraceError

    functions = [
        lambda x: x + torch.rand(3),
        lambda x: x + torch.randn_like(x),
        lambda x: torch.nn.functional.dropout(x, 0.5, training=True),
        lambda x: x * random.random(),
        lambda x: x * float(np.random.rand()),  # noqa: NPY002
        lambda x: torch.bernoulli(x.sigmoid()),
    ]
    for function in functions:
        with pytest.raises(TraceError, match="TSX2007") as caught:
            trace(function, (torch.ones(3),))
        assert "test_guards_torch.py" in caught.value.where
