"""tsx.nn modules, scripted: the layers' own source, compiled down to operators. The layers on arrays are the oracle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tsx
from tsx import nn
from tsx.nn import functional as F

Case = tuple[nn.Module, tuple[int, ...]]


class Residual(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.first = nn.Linear(size, size)
        self.layers = nn.ModuleList([nn.Linear(size, size) for _ in range(2)])
        self.register_buffer("offset", np.ones(size, np.float32))
        self.steps = 3

    def forward(self, x: np.ndarray) -> np.ndarray:
        y = self.first(x)
        for layer in self.layers:
            y = F.relu(layer(y)) + x
        count = 0
        while count < self.steps:
            y = y * 0.5 + self.offset
            count += 1
        return y


def cases() -> Iterator[Case]:
    yield nn.Linear(3, 4), (2, 3)
    yield (
        nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(32, 5),
        ),
        (2, 1, 8, 8),
    )  # fmt: skip
    yield nn.LayerNorm(3), (2, 3)
    yield nn.GroupNorm(2, 4), (2, 4, 3)
    yield nn.InstanceNorm2d(3), (2, 3, 4, 4)
    yield nn.RMSNorm(3), (2, 3)
    yield nn.GELU(), (2, 3)
    yield nn.Softmax(dim=-1), (2, 3)
    yield nn.PReLU(), (2, 3)
    yield nn.Dropout(0.5), (2, 3)
    yield nn.AdaptiveAvgPool2d(1), (2, 3, 4, 4)
    yield nn.ConvTranspose2d(2, 3, 3, stride=2, output_padding=1), (1, 2, 4, 4)
    yield nn.LSTM(3, 4, batch_first=True), (2, 5, 3)
    yield nn.GRU(3, 4, num_layers=2), (2, 5, 3)
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    yield layer, (2, 5, 4)
    yield nn.TransformerEncoder(layer, 2), (2, 5, 4)
    yield Residual(3), (2, 3)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


@pytest.mark.parametrize(("model", "shape"), list(cases()), ids=lambda c: type(c).__name__)
def test_layer(model: nn.Module, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    model.eval()
    got, want = leaves(tsx.script(model)(x)), leaves(model(x))
    assert len(got) == len(want)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * float(np.abs(b).max()))
        assert a.dtype == b.dtype


def test_attention_takes_three_tensors() -> None:
    model = nn.MultiheadAttention(4, 2).eval()
    q, k, v = (
        np.random.default_rng(i).standard_normal((5, 2, 4)).astype(np.float32) for i in range(3)
    )
    got, want = tsx.script(model)(q, k, v), model(q, k, v)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_a_layer_says_what_it_wants_when_the_program_runs() -> None:
    scripted = tsx.script(nn.InstanceNorm2d(3).eval())
    with pytest.raises(tsx.errors.RunError, match="TSX1034"):
        scripted(np.zeros((2, 2), np.float32))
