"""tsx.nn modules: captured with their attribute tree, weights by state_dict name, scopes; no torch anywhere."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from tsx import nn
from tsx.capture.trace import trace
from tsx.errors import TraceError
from tsx.ir.verify import verify_module
from tsx.runtime.border import Executable


class ResBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.bn = nn.BatchNorm2d(3)
        self.relu = nn.ReLU()

    def forward(self, x: Any) -> Any:
        return self.relu(self.bn(self.conv(x)) + x)


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 5, 2, batch_first=True)
        self.head = nn.Linear(5, 2)

    def forward(self, x: Any) -> Any:
        out, (_, _) = self.lstm(x)
        return self.head(out[:, -1])


def f(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def check(model: nn.Module, *inputs: Any) -> Any:
    module, report = trace(model, (inputs[0],))
    assert not verify_module(module), verify_module(module)
    assert not [w for w in report.warnings if "training mode" not in w]
    model.eval()
    for x in inputs:
        got = Executable(module).run("forward", (x,), {})
        np.testing.assert_allclose(got, model(x), rtol=1e-5, atol=1e-6)
    return module, report


def test_resblock() -> None:
    model = ResBlock()
    module, report = check(model, f(1, 3, 8, 8), f(4, 3, 9, 7))
    assert set(module.weights) == set(model.state_dict())
    assert [(p.input, p.dim) for p in report.pins] == [("x", 1)]
    scopes = {node.kind: node.origin.scope for node in module.forward.graph.nodes}
    assert scopes["aten::conv2d"] == "conv"
    assert scopes["aten::relu"] == "relu"
    assert scopes["aten::add.Tensor"] == ""
    spans = {n.kind: n.origin.span for n in module.forward.graph.nodes}
    assert spans["aten::conv2d"].function == "ResBlock.forward"


def test_lstm_and_transformer() -> None:
    check(Tagger(), f(2, 5, 4), f(3, 7, 4))
    check(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), f(2, 5, 8), f(3, 7, 8))


class Counter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("total", np.zeros(2, np.float32))
        self.register_buffer("calls", np.zeros((), np.float32))

    def forward(self, x: Any) -> Any:
        self.total += x.sum(0)
        self.calls = self.calls + np.float32(1)
        return x * self.total + self.calls


def test_state_that_forward_writes() -> None:
    model, x = Counter(), f(3, 2)
    module, _ = trace(model, (x,))
    assert model.total.tolist() == [0, 0], "tracing leaves the model as it was"
    executable = Executable(module)
    session = executable.session()
    for _ in range(3):
        got = executable.run("forward", (x,), {}, session=session)
        np.testing.assert_allclose(got, model(x), rtol=1e-6)


def test_state_that_no_program_can_hold_is_refused() -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, x: Any) -> Any:
            self.calls += 1
            return x * self.calls

    with pytest.raises(TraceError, match="TSX2008"):
        trace(Counts(), (f(3, 2),))


def test_training_mode_is_put_back() -> None:
    model = ResBlock().train()
    trace(model, (f(1, 3, 8, 8),))
    assert all(module.training for module in model.modules())


def test_torch_is_not_imported() -> None:
    code = (
        "import sys, numpy as np; from tsx import nn; from tsx.capture.trace import trace; "
        "trace(nn.Linear(2, 3), (np.ones((1, 2), np.float32),)); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
