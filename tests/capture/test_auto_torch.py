"""Auto mode on torch modules: what branches on data is scripted, weights stay the model's own, sizes stay free."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import tsx
from tsx.capture.auto import capture
from tsx.capture.trace.report import Report
from tsx.errors import TsxError
from tsx.runtime.compare import compare

pytestmark = pytest.mark.torch


def captured(model: Any, *args: Any) -> tuple[tsx.Module, Report]:
    program, report = capture(model, args, {})
    return tsx.Module(program), report


def agree(module: tsx.Module, model: Any, *args: Tensor) -> None:
    """The program, saved and loaded, and optimised, gives what the model gives."""
    with torch.no_grad():
        expected = model(*(a.clone() for a in args))
    file = io.BytesIO()
    module.save(file)
    for each in (tsx.load(file.getvalue()), tsx.optimize(module)):
        found = each(*(a.numpy() for a in args))
        wanted = [e.numpy() for e in expected] if isinstance(expected, tuple) else expected.numpy()
        for difference in compare(list(found) if isinstance(found, tuple) else found, wanted):
            assert difference.equal, difference


def how(report: Report) -> list[tuple[str, str]]:
    return [(c.function, c.how) for c in report.captured]


class Gate(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(size))
        self.inner = nn.Sequential(nn.Linear(size, size), nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        if x.sum() > 0:
            return self.inner(x) * self.weight
        return x - self.weight


class Gated(nn.Module):
    """Branches in submodules, one of them shared."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 6)
        gate = Gate(6)
        self.gates = nn.ModuleList([gate, Gate(6), gate])

    def forward(self, x: Tensor) -> Tensor:
        y = self.first(x)
        for gate in self.gates:
            y = gate(y)
        return y


def test_submodules_are_calls_on_the_model_s_own_weights() -> None:
    model = Gated().eval()
    module, report = captured(model, torch.ones(3, 4))
    assert how(report) == [("Gate.forward", "script")]
    assert sorted(module.ir.weights) == sorted(
        name for name in model.state_dict() if not name.startswith("gates.2")
    )
    calls = [n for n in module.graph.nodes if n.kind == "prim::CallFunction"]
    assert len(calls) == 3
    assert [dim.input for dim in report.free] == ["x"]
    for x in (torch.ones(3, 4), -torch.ones(5, 4), torch.randn(2, 4) * 10):
        agree(module, model, x)


class Halting(nn.Module):
    """Adaptive computation: rounds until every row has halted (Graves, 2016)."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(4, 4)
        self.halt = nn.Linear(4, 1)

    def think(self, x: Tensor, limit: int) -> tuple[Tensor, Tensor]:
        state = torch.zeros_like(x)
        total = torch.zeros(x.shape[0], 1)
        rounds = torch.zeros(x.shape[0], 1)
        step = 0
        while step < limit and bool((total < 0.9).any()):
            state = self.cell(x, state)
            running = (total < 0.9).to(x.dtype)
            total = total + torch.sigmoid(self.halt(state)) * running
            rounds = rounds + running
            step += 1
        return state, rounds

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        state, rounds = self.think(torch.tanh(x), 6)
        return state * 2, rounds


def test_a_method_that_is_not_forward() -> None:
    torch.manual_seed(0)
    model = Halting().eval()
    module, report = captured(model, torch.randn(3, 4))
    assert how(report) == [("Halting.think", "script")]
    for seed in range(3):
        agree(module, model, torch.randn(2 + seed, 4) * (1 + seed))


class Sparse(nn.Module):
    """A mixture of experts that runs only those that some row has chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(4, 3)
        self.experts = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        chosen = self.router(x).argmax(-1)
        result = torch.zeros_like(x)
        for index, expert in enumerate(self.experts):
            rows = chosen == index
            if rows.any():
                result[rows] = expert(x[rows])
        return result


def test_a_mixture_of_experts_runs_those_that_are_chosen() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.LayerNorm(4), Sparse(), nn.Linear(4, 2)).eval()
    module, report = captured(model, torch.randn(5, 4))
    assert how(report) == [("Sparse.forward", "script")]
    for rows in (1, 2, 7):
        agree(module, model, torch.randn(rows, 4))


class Top(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.mean() > 0:
            x = x + 1
        return x


def test_the_model_itself_is_scripted_whole() -> None:
    module, report = captured(Top(), torch.ones(2, 3))
    assert how(report) == [("Top.forward", "script")]
    assert any(node.kind == "prim::If" for node in module.graph.all_nodes())
    for sign in (-1, 1):
        agree(module, Top(), sign * torch.ones(4, 3))


class Strange(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.sum() > 0:
            return x + 1
        return eval("x")


def test_what_can_not_be_scripted_keeps_its_guard_and_the_rest_is_scripted() -> None:
    model = nn.Sequential(Gate(4), Strange()).eval()
    sample = torch.ones(2, 4)
    module, report = captured(model, sample)
    assert sorted(how(report)) == [("Gate.forward", "script"), ("Strange.forward", "trace")]
    assert report.problems
    assert all("test_auto_torch.py:" in p.where for p in report.problems)
    assert len(report.guards) == 1
    agree(module, model, sample)


class Counted(nn.Module):
    """A branch, and a state that each call changes."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.calls = self.calls + 1
        return x + self.calls if x.sum() > 0 else x


def test_a_part_with_state_stays_traced() -> None:
    model = nn.Sequential(nn.Linear(4, 4), Counted()).eval()
    _, report = captured(model, torch.randn(2, 4))
    assert how(report) == [("Counted.forward", "trace")]
    assert [p.code for p in report.problems] == ["TSX2014"]


def test_modules_are_put_back() -> None:
    forward = Gate.forward
    captured(Gated().eval(), torch.ones(3, 4))
    assert Gate.forward is forward


def test_what_can_not_be_traced_is_scripted() -> None:
    def model(x: Tensor) -> Tensor:
        return torch.from_numpy(x.numpy() * 2) + 1

    with pytest.raises(TsxError):
        tsx.trace(model, (torch.ones(2, 3),))
    module, report = captured(model, torch.ones(2, 3))
    assert "scripted, since it can't be traced" in report.warnings[0]
    agree(module, model, torch.randn(4, 3))


def test_a_module_that_torch_jit_compiled_says_what_to_give_instead() -> None:
    compiled = torch.jit.script(Gate(4).eval())
    with pytest.raises(TsxError, match=r"TSX3308.*Gate was compiled by torch.jit"):
        tsx.script(compiled)
    model = nn.Sequential(nn.Linear(4, 4), compiled)
    module, report = captured(model, torch.ones(2, 4))
    assert len(report.guards) == 1  # its branch, as torch's interpreter took it
    agree(module, model, torch.ones(2, 4))
