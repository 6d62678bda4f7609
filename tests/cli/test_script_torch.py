"""``tsx script`` and ``tsx convert`` on torch models: what is compared, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.cli.conftest import Tsx
from tsx import load, script, trace

pytestmark = pytest.mark.torch


def test_random_numbers_are_not_compared(tsx: Tsx, tmp_path: Path) -> None:
    path = tmp_path / "noise.py"
    path.write_text(
        "import torch\n\n\ndef forward(x):\n    return x + torch.rand(3)\n\n\n"
        "example_inputs = (torch.ones(3),)\n",
        encoding="utf-8",
    )
    outcome = tsx("script", path)
    assert outcome.status == 0
    assert "not compared with the original: it draws random numbers (rand, " in outcome.out


CALLABLE = """\
import torch


class Labels:
    def __init__(self, names, least):
        self.names = names
        self.least = least

    def __call__(self, scores):
        best, index = scores.softmax(-1).max(-1)
        return [self.names[int(i)] for i, b in zip(index, best) if b > self.least]


forward = Labels(["cat", "dog"], 0.6)
example_inputs = (torch.tensor([[1.0, 0.0], [0.1, 0.0], [0.0, 2.0]]),)
"""
HIDDEN = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = [nn.BatchNorm1d(3), nn.Dropout()]

    def forward(self, x):
        for norm in self.norms:
            x = norm(x)
        return x


model = Net().eval()
example_inputs = (torch.arange(24.0).reshape(2, 3, 4),)
"""
TOKENS = """\
class Tokenizer:
    def __init__(self, words):
        self.ids = {word: i for i, word in enumerate(words)}

    def encode(self, text):
        return [self.ids.get(word, -1) for word in text.lower().split()]


forward = Tokenizer(["a", "cat"]).encode
example_inputs = ("A cat sat",)
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "model.py"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", ["script", "convert"])
def test_objects_that_are_called_are_compiled(tsx: Tsx, tmp_path: Path, command: str) -> None:
    path = written(tmp_path, CALLABLE)
    outcome = tsx(command, path)
    assert outcome.status == 0
    assert "equal to the original" in outcome.out
    program = load(path.with_suffix(".tsx"))
    assert program(np.float32([[0, 3], [3, 0]])) == ["dog", "cat"]


@pytest.mark.parametrize("command", ["script", "convert", "trace"])
def test_modules_that_nothing_registered_are_named(tsx: Tsx, tmp_path: Path, command: str) -> None:
    outcome = tsx(command, written(tmp_path, HIDDEN))
    assert outcome.status == 0
    assert "norms.0, norms.1: modules in a plain list" in outcome.err


def test_what_takes_no_array_is_scripted(tsx: Tsx, tmp_path: Path) -> None:
    path = written(tmp_path, TOKENS)
    outcome = tsx("convert", path)
    assert "scripted, since no input is a tensor or an array" in outcome.err
    assert load(path.with_suffix(".tsx"))("cat a b") == [1, 0, -1]
    outcome = tsx("trace", path)
    assert "the trace holds nothing but the result for these very inputs" in outcome.err


class Drops(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.drop = torch.nn.Dropout()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x if self.training else self.drop(x) + 1


def test_training_mode_is_told_by_the_interface_too() -> None:
    model, x = Drops(), torch.ones(2)
    for made in (script(model), trace(model, (x,))):
        assert made.report is not None
        assert made.report.warnings == [
            "the model was in training mode; it is converted in eval mode"
        ]
        assert made(x).tolist() == [2, 2]
        assert model.training
    model.eval()
    assert script(model).report.warnings == []
