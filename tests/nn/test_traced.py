"""Layers and small models of tsx.nn under capture: equal on the traced inputs, and at other sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tsx
from tests.nn.cases import CASES, Case, floats
from tests.nn.test_layers_record import compare
from tsx import nn
from tsx.nn import functional as F


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_traced_layer_answers_what_the_layer_answers(case: Case) -> None:
    nn.manual_seed(0)
    layer = getattr(nn, case.name)(*case.args, **case.kwargs).eval()
    traced = tsx.trace(layer, case.inputs, case.calls)
    compare(traced(*case.inputs, **case.calls), layer(*case.inputs, **case.calls))


class Convolutional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.SiLU(), nn.MaxPool2d(2)
        )
        self.block = nn.Sequential(
            nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.GroupNorm(2, 8), nn.GELU()
        )
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5), nn.Softmax(dim=1)
        )

    def forward(self, x: Any) -> Any:
        x = self.stem(x)
        x = x + self.block(x)
        return self.head(self.up(x))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(20, 6)
        self.lstm = nn.LSTM(6, 7, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(14, 3)

    def forward(self, tokens: Any) -> Any:
        out, (hidden, _) = self.lstm(self.table(tokens))
        return {"scores": self.head(out), "last": hidden}


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(20, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8))

    def forward(self, tokens: Any) -> Any:
        encoded = self.encoder(self.table(tokens))
        return F.matmul(encoded, F.transpose(self.table.weight, 0, 1))


TOKENS = np.random.default_rng(1).integers(0, 20, (4, 12))


@pytest.mark.parametrize(
    ("model", "traced_at", "others"),
    [
        (Convolutional, floats(1, 3, 32, 32), [floats(7, 3, 32, 32), floats(2, 3, 48, 40)]),
        (Recurrent, TOKENS[:1, :5], [TOKENS[:3, :5], TOKENS]),
        (Attending, TOKENS[:1, :6], [TOKENS, TOKENS[:2, :3]]),
    ],
)
def test_a_traced_model_runs_at_other_sizes(
    model: type[nn.Module], traced_at: np.ndarray, others: list[np.ndarray]
) -> None:
    nn.manual_seed(3)
    net = model().eval()
    traced = tsx.trace(net, (traced_at,))
    for x in (traced_at, *others):
        found, expected = traced(x), net(x)
        for name in expected if isinstance(expected, dict) else [None]:
            a, b = (found, expected) if name is None else (found[name], expected[name])
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
