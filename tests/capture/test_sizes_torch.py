"""Sizes in Python code of every sort: at another size the program is right or it stops. Never wrong."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from tests.capture.torch_check import assert_close, check, stops
from tsx.capture.trace import trace
from tsx.errors import TraceError, TsxError
from tsx.ir.module import Module
from tsx.runtime.border import Executable

pytestmark = pytest.mark.torch


def r(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def written_view(a: torch.Tensor) -> torch.Tensor:
    b = torch.zeros(3)
    b[0:1].add_(a.sum())
    return a if b.sum() > 0 else -a


# What is right at every size, and the sizes to try beside the traced one (4, 2).
RIGHT: dict[str, Callable[[torch.Tensor], Any]] = {
    "divmod": lambda a: a * divmod(a.shape[0], 2)[1],
    "power": lambda a: a * a.shape[0] ** -0.5,
    "floor": lambda a: a[: math.floor(a.shape[0] * 0.5)],
    "ceil": lambda a: a[: math.ceil(a.shape[0] * 0.5)],
    "tuple": lambda a: torch.zeros(tuple(a.shape)) + a,
    "list": lambda a: torch.zeros(list(a.shape)) + a,
    "prod": lambda a: a.reshape(math.prod(a.shape)),
    "numel": lambda a: a.sum() / a.numel(),
    "len": lambda a: a.new_full((len(a), 1), 3.0) + a,
    "tensor of a size": lambda a: torch.tensor(a.shape[0]) * a,
    "tensor of sizes": lambda a: torch.tensor([a.shape[0], a.shape[1]]).sum() * a,
    "item as a bound": lambda a: a[: (a > 0).sum().item()],
    "nonzero": lambda a: a.nonzero().shape[0] * a,
    "masked size": lambda a: a[a > 0].reshape(-1, 1).expand(-1, a.shape[0]),
    "strides": lambda a: a.as_strided((a.shape[0],), (a.stride(0),)),
    "roll": lambda a: a.roll(a.shape[0] // 2, 0),
    "triangle": lambda a: torch.full((a.shape[0], a.shape[0]), -math.inf).triu(1) + a @ a.T,
    "arange": lambda a: torch.arange(a.shape[0] * 2).view(2, -1) + a[:, 0],
    "int of a float": lambda a: a[: int(a.shape[0] / 2)],
    "float of a size": lambda a: a / float(a.shape[0]),
    "an int is an int": lambda a: a * 2 if isinstance(a.shape[0], int) else a,
    "int of a sum": lambda a: a[: int((a > 0).sum())],
    "torch's own maximum": lambda a: a[: torch.sym_max(a.shape[0] - 2, 1)],
    "torch's own conversions": lambda a: a[: torch.sym_int(torch.sym_float(a.shape[0]) / 2)],
    "rescaling": lambda a: F.interpolate(
        a[None, None], scale_factor=1.5, mode="bilinear", recompute_scale_factor=True
    ),
    "half": lambda a: a[: a.shape[0] // 2],
    "tail": lambda a: a[-(a.shape[0] // 2) :],
    "pad": lambda a: F.pad(a, (0, 8 - a.shape[1])),
    "write half": lambda a: F.pad(a[:, : a.shape[1] // 2], (0, a.shape[1] - a.shape[1] // 2)),
    "pool": lambda a: F.adaptive_avg_pool2d(a[None, None], (a.shape[0] // 2, 1)),
    "einsum": lambda a: torch.einsum("ij,kj->ik", a, a),
    "square": lambda a: a @ a.T @ a,
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_at_every_size(name: str) -> None:
    _, report = check(RIGHT[name], [r(4, 2)], [r(5, 2)], [r(9, 3)])
    assert len(report.free) == 2


# Python needs the plain number: the program says so at other sizes.
FIXED: dict[str, Callable[[torch.Tensor], Any]] = {
    "range": lambda a: sum(a[i] for i in range(a.shape[0])),
    "iteration": lambda a: torch.stack([row * 2 for row in a]),
    "unbind": lambda a: a.unbind(0)[0] + a.unbind(0)[-1],
    "zip": lambda a: sum(p * q for p, q in zip(a, range(10), strict=False)),
    "reversed": lambda a: [a[i] for i in reversed(range(len(a)))],
    "list repeat": lambda a: torch.cat([a] * a.shape[0]),
    "list index": lambda a: a * [1, 2, 3, 4, 5, 6, 7, 8, 9, 10][a.shape[0]],
    "percent": lambda a: a * float("%d" % a.shape[0]),  # noqa: UP031
    "f-string": lambda a: a * float(f"{a.shape[0]}"),
    "dict": lambda a: a * {4: 1.0, 5: 2.0, 9: 3.0}.get(a.shape[0], 0.0),
    "set": lambda a: a * len({a.shape[0], 4}),
    "sqrt": lambda a: a / math.sqrt(a.shape[0]),
    "index": lambda a: a * operator.index(a.shape[0]),
    "rounded": lambda a: a[: round(a.shape[0] / 2)],
    "split": lambda a: torch.cat(a.split(2)[::-1]),
}


@pytest.mark.parametrize("name", FIXED)
def test_stops_at_another_size(name: str) -> None:
    module, report = check(FIXED[name], [r(4, 2)], [r(4, 5)])
    (pin,) = report.pins
    assert (pin.input, pin.dim, pin.size) == ("a", 0, 4)
    assert pin.span is not None
    assert pin.span.file.endswith("test_sizes_torch.py")
    assert "TSX5015" in str(stops(module, r(9, 2)))


# Guards: some other sizes are right, others stop.
GUARDED: dict[str, Callable[[torch.Tensor], Any]] = {
    "minimum": lambda a: a[: min(a.shape[0], 5)],
    "maximum": lambda a: a[max(0, a.shape[0] - 3) :],
    "even": lambda a: a if a.shape[0] % 2 == 0 else a[1:],
    "large": lambda a: a if a.shape[0] > 6 else a + 1,
    "chunk": lambda a: torch.cat(a.chunk(2)[::-1]),
    "whole windows": lambda a: F.pad(a, (0, 1)) if a.shape[1] % 2 else a,
    "same shape": lambda a: a if a.shape == a.T.shape else a.T,
    "squeeze": lambda a: a.squeeze(0) * 2 if a.squeeze(0).dim() == 2 else a,
    "member": lambda a: a if a.shape[0] in (1, 2, 3) else a * 2,
}


@pytest.mark.parametrize("name", GUARDED)
def test_right_or_stopped(name: str) -> None:
    function = GUARDED[name]
    module, _ = trace(function, (r(4, 2),))
    shapes = [(4, 2), (5, 2), (6, 2), (9, 3), (1, 2), (2, 4), (3, 3), (40, 5)]
    assert sum(is_right(module, function, r(*shape)) for shape in shapes) >= 2


def is_right(module: Module, function: Callable[[torch.Tensor], Any], x: torch.Tensor) -> bool:
    """Whether the program answers, and then as the function does; it may stop instead."""
    try:
        got = Executable(module).run("forward", (x,), {})
    except TsxError:
        return False
    assert_close(got, function(x))
    return True


DATA: dict[str, Callable[[torch.Tensor], Any]] = {
    "all": lambda a: a if bool((a > 0).all()) else -a,
    "equal": lambda a: a if torch.equal(a, a.abs()) else -a,
    "allclose": lambda a: a if torch.allclose(a, a.abs()) else -a,
    "member": lambda a: a if 1.0 in a else -a,
    "sorted list": lambda a: a * sorted([a.sum().item(), *a[0].tolist(), 0.5])[0],
    "write to a constant": lambda a: a if torch.zeros(1).add_(a.sum()) > 0 else -a,
    "write through a view": written_view,
    "float": lambda a: a * (1.0 if float(a.max()) > 0 else -1.0),
    "while": lambda a: a * functools.reduce(lambda n, _: n + 1, range(int(a.sum())), 0),
}


@pytest.mark.parametrize("name", DATA)
def test_data_that_python_looks_at(name: str) -> None:
    module, _ = check(DATA[name], [torch.ones(2, 2)])
    error = stops(module, -torch.ones(2, 2))
    assert error.code == "TSX5004"
    assert "test_sizes_torch.py" in str(error)


def test_what_leaves_torch_is_refused() -> None:
    with pytest.raises(TraceError, match="TSX2005"):
        trace(lambda a: a * float(a.numpy().sum()), (r(2, 2),))


def test_a_cache_that_outlives_a_call_is_refused() -> None:
    kept: dict[str, torch.Tensor] = {}

    def cached(a: torch.Tensor) -> torch.Tensor:
        return a + kept.setdefault("sum", a.sum())

    with pytest.raises(TraceError, match="TSX2009"):
        trace(cached, (r(2, 2),))


def test_dimensions_that_must_agree_are_tied() -> None:
    _, report = check(
        lambda a, b, c: a @ b + c, [r(2, 3), r(3, 2), r(2, 2)], [r(4, 3), r(3, 5), r(4, 5)]
    )
    symbols = {(f.input, f.dim): f.symbol for f in report.free}
    assert symbols["a", 0] == symbols["c", 0] != symbols["b", 1]
    assert symbols["a", 1] == symbols["b", 0]
    assert symbols["b", 1] == symbols["c", 1]


def test_a_batch_of_one_is_no_broadcast() -> None:
    module, report = check(lambda a, b: a + b, [r(1, 3), r(1, 3)], [r(4, 3), r(4, 3)])
    assert {f.symbol for f in report.free if f.dim == 0} == {"s0"}
    stops(module, r(4, 3), r(1, 3))


def test_dynamic_says_what_is_free() -> None:
    x = r(4, 2)
    _, report = trace(torch.relu, (x,), dynamic=False)
    assert report.free == ()
    assert report.forwards <= 2
    _, report = trace(torch.relu, (x,), dynamic={"input_0": {0: False}})
    assert [(f.input, f.dim) for f in report.free] == [("input_0", 1)]
    with pytest.raises(TraceError, match="TSX2010"):
        trace(FIXED["range"], (x,), dynamic={"a": [0]})
    with pytest.raises(TraceError, match="TSX2011"):
        trace(FIXED["range"], (x,), dynamic={"b": [0]})


def test_the_same_trace_every_time() -> None:
    texts = {str(trace(RIGHT["einsum"], (r(4, 2),))[0].forward.graph) for _ in range(3)}
    assert len(texts) == 1


def test_an_empty_input_is_no_special_case() -> None:
    def first_row_counts(x: torch.Tensor) -> torch.Tensor:
        y = x[:1]
        return x.sum(0) + y.shape[0]

    check(
        first_row_counts,
        [torch.randn(3, 2)],
        [torch.randn(0, 2)],
        [torch.randn(1, 2)],
        [torch.randn(5, 4)],
    )
