"""A size of 1 that takes a path of its own: both paths are kept, and each is right."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import tsx
from tests.capture.torch_check import assert_close, check, stops
from tsx.capture.trace import trace
from tsx.errors import TsxError
from tsx.ir.text import parse_graph

pytestmark = pytest.mark.torch


class Batches(nn.Module):
    """Does another thing to one row than to several, with weights and a constant of its own on each path."""

    def __init__(self) -> None:
        super().__init__()
        self.alone = nn.Linear(3, 4)
        self.together = nn.Linear(3, 4)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        if x.shape[0] == 1:
            return {"y": self.alone(x) + torch.tensor([1.0, 2.0, 3.0, 4.0])}
        return {"y": self.together(x) - torch.tensor([5.0, 6.0, 7.0, 8.0])}


def test_both_paths_are_kept() -> None:
    module, report = check(
        Batches(),
        [torch.randn(1, 3)],
        [torch.randn(2, 3)],
        [torch.randn(7, 3)],
        [torch.randn(1, 3)],
    )
    assert [(p.input, p.dim) for p in report.pins] == [("x", 1)]
    assert [(f.input, f.dim) for f in report.free] == [("x", 0)]
    graph = module.forward.graph
    assert [n.kind for n in graph.nodes].count("prim::If") == 1
    assert str(parse_graph(str(graph))) == str(graph)


@pytest.mark.parametrize("passes", ["dce,fold,fuse", "canonicalize,fold,cse,dce"])
def test_passes_work_on_both_paths(passes: str) -> None:
    model = Batches()
    module = tsx.optimize(tsx.trace(model, (torch.randn(1, 3),)), passes)
    for rows in (1, 2, 5):
        x = torch.randn(rows, 3)
        with torch.no_grad():
            assert_close(module(x), model(x))


def test_inputs_that_go_together_stay_together() -> None:
    def scale(x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        both = torch.cat([x, factor], 1)
        return both * 2 if x.shape[0] != 1 else both - 1

    module, _ = check(
        scale, [torch.randn(1, 3), torch.randn(1, 3)], [torch.randn(4, 3), torch.randn(4, 3)]
    )
    stops(module, torch.randn(4, 3).numpy(), torch.randn(5, 3).numpy())


def test_a_model_that_takes_only_one_row_stays_pinned() -> None:
    def only_one(x: torch.Tensor) -> torch.Tensor:
        if x.shape[0] != 1:
            raise ValueError("one row at a time")
        return x * 2

    _, report = trace(only_one, (torch.randn(1, 3),))
    assert ("x", 0) in [(p.input, p.dim) for p in report.pins]


def test_a_forbidden_dimension_stays_pinned() -> None:
    _, report = trace(Batches(), (torch.randn(1, 3),), dynamic={"x": {0: False}})
    assert ("x", 0) in [(p.input, p.dim) for p in report.pins]


def test_a_demanded_dimension_may_be_a_single_one() -> None:
    _, report = trace(Batches(), (torch.randn(1, 3),), dynamic={"x": [0]})
    assert ("x", 0) in [(f.input, f.dim) for f in report.free]


def test_a_path_for_three_is_still_guarded() -> None:
    def three(x: torch.Tensor) -> torch.Tensor:
        if x.shape[0] == 1:
            return x + 1
        return x * 2 if x.shape[0] != 3 else x * 3

    module, _ = check(three, [torch.randn(1, 3)], [torch.randn(2, 3)], [torch.randn(4, 3)])
    with pytest.raises(TsxError):
        tsx.Module(module)(torch.randn(3, 3))
