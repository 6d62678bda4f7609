"""Whole models through every pass: exact ones keep every bit, a second run changes nothing, torch agrees at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import tsx
from tests.passes.test_conv_bn_torch import randomised
from tsx.api import run_passes
from tsx.passes import pipeline

pytestmark = pytest.mark.torch


class Bottleneck(nn.Module):
    """A residual block with a projection, writes in place, grouped convolutions and squeeze-and-excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Sequential(
            nn.Conv2d(4, 8, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(True)
        )
        self.middle = nn.Sequential(
            nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False), nn.BatchNorm2d(8), nn.Hardswish()
        )
        self.squeeze = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 4, 1), nn.ReLU(True), nn.Conv2d(4, 8, 1)
        )
        self.leave = nn.Sequential(nn.Conv2d(8, 6, 1), nn.BatchNorm2d(6))
        self.project = nn.Sequential(nn.Conv2d(4, 6, 1, bias=False), nn.BatchNorm2d(6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.middle(self.enter(x))
        y = self.leave(y * torch.sigmoid(self.squeeze(y)))
        y += self.project(x)
        return torch.relu_(y).mean((2, 3))


class Attention(nn.Module):
    """Attention by hand: views, transpositions, a mask that is written, a product with a transposed weight."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.norm = nn.LayerNorm(8)
        self.weight = nn.Parameter(torch.randn(8, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        q, k, v = (
            layer(x).view(batch, length, 2, width // 2).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        mask = torch.zeros(length, length)
        mask[:, 0] = 1.0
        mask[0, :] += 2
        scores = torch.softmax(q @ k.transpose(-2, -1) * 0.5 + mask, -1)
        y = (scores @ v).transpose(1, 2).reshape(batch, length, width)
        return self.norm(x + y @ self.weight.t())


MODELS: dict[str, tuple[nn.Module, tuple[int, ...], tuple[int, ...]]] = {
    "bottleneck": (Bottleneck(), (1, 4, 8, 8), (3, 4, 10, 6)),
    "attention": (Attention(), (1, 5, 8), (2, 7, 8)),
    "encoder": (nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (1, 5, 8), (2, 7, 8)),
    "lstm": (nn.LSTM(4, 6, 2), (5, 1, 4), (7, 3, 4)),
}


def arrays(result: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(result, (tuple, list)):
        return [array for item in result for array in arrays(item)]
    return [np.asarray(result.detach() if isinstance(result, torch.Tensor) else result)]


@pytest.mark.parametrize("name", MODELS)
def test_every_pass_on_a_model(name: str) -> None:
    torch.manual_seed(0)
    model, traced_size, other_size = MODELS[name]
    randomised(model)
    module = tsx.trace(model, (torch.randn(traced_size),))
    sample = torch.randn(other_size)
    before = arrays(module(sample.numpy()))
    for call in pipeline.level(3):
        module, _ = run_passes(module, [call])
        again = [r.name for r in run_passes(module, [call])[1] if r.changed]
        assert not again, f"{again} after {call}"
        after = arrays(module(sample.numpy()))
        if pipeline.info(call.name).safety == "exact":
            assert [a.tobytes() for a in after] == [a.tobytes() for a in before], call
        before = after
    with torch.no_grad():
        expected = arrays(model(sample))
    for ours, theirs in zip(before, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5 * np.abs(theirs).max())
    left = {node.kind for node in module.graph.all_nodes()}
    assert "aten::batch_norm" not in left
    assert not [kind for kind in left if kind.partition(".")[0].endswith("_")]


class Counting(nn.Module):
    """State that is written in place, beside weights that are not."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(3))
        self.scale = nn.Parameter(torch.full((3,), 2.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert isinstance(self.count, torch.Tensor)
        self.count.add_(1)
        return x * self.scale + self.count


class Assigning(Counting):
    """State that is set."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.count = self.count + 1
        return x * self.scale + self.count


@pytest.mark.parametrize("kind", [Counting, Assigning])
def test_state_that_is_written_stays_state(kind: type[nn.Module]) -> None:
    module = tsx.trace(kind().eval(), (torch.randn(2, 3),))
    optimised = tsx.optimize(module)
    x = np.ones((2, 3), np.float32)
    for program in (module, optimised):
        assert [float(np.asarray(program(x))[0, 0]) for _ in range(3)] == [3.0, 4.0, 5.0]
    read = [n.attributes["name"] for n in optimised.graph.nodes if n.kind == "prim::GetAttr"]
    assert read == ["count"]
