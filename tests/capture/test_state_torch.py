"""Modules: names of weights, tied parts, state that forward writes, hooks, parametrizations, half precision."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.capture.torch_check import assert_close, check, stops
from tsx.capture.trace import trace
from tsx.errors import TraceError
from tsx.runtime.border import Executable

pytestmark = pytest.mark.torch


def test_weights_keep_their_state_dict_names() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.ReLU(), nn.Conv2d(4, 2, 1))
    )
    module, _ = check(model, [torch.randn(1, 3, 8, 8)])
    assert set(module.weights) == set(model.state_dict())
    assert module.root is not None
    assert list(module.root.attributes) == ["0", "1", "2"]
    batch_norm = module.classes["__torch__.Sequential._1"]
    assert batch_norm.parameters == ("weight", "bias")
    assert batch_norm.buffers == ("running_mean", "running_var", "num_batches_tracked")


def test_tied_weights_and_shared_modules_are_stored_once() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(7, 4)
            self.block = nn.Linear(4, 4)
            self.again = self.block
            self.head = nn.Linear(4, 7, bias=False)
            self.head.weight = self.embed.weight

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.head(self.again(self.block(self.embed(ids))))

    module, _ = check(Tied(), [torch.tensor([[1, 2]])], [torch.tensor([[1, 2, 6]] * 3)])
    assert set(module.weights) == {"embed.weight", "block.weight", "block.bias"}
    root = module.root
    assert root is not None
    assert root.attributes["block"] is root.attributes["again"]


def test_state_that_forward_writes() -> None:
    class Counter(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("total", torch.zeros(2))
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.total += x.sum(0)
            self.calls = self.calls + 1
            return x * self.total + self.calls

    model = Counter()
    module, _ = trace(model, (torch.ones(3, 2),))
    assert model.total.tolist() == [0, 0], "tracing leaves the model as it was"
    kinds = [node.kind for node in module.forward.graph.nodes]
    assert "prim::SetAttr" in kinds
    assert "aten::add_.Tensor" in kinds
    executable, x = Executable(module), torch.ones(3, 2)
    session = executable.session()
    for _ in range(3):
        assert_close(executable.run("forward", (x,), {}, session=session), model(x))


def test_hooks_run_as_part_of_the_model() -> None:
    model = nn.Sequential(nn.Linear(3, 3))
    model[0].register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    model[0].register_forward_hook(lambda module, args, output: output * 2)
    model.register_forward_hook(lambda module, args, output: (output, output.sum()))
    check(model, [torch.randn(2, 3)], [torch.randn(5, 3)])


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_parametrizations() -> None:
    model = nn.Sequential(
        nn.utils.parametrizations.weight_norm(nn.Linear(3, 4)),
        nn.utils.weight_norm(nn.Linear(4, 4)),
        nn.utils.parametrizations.spectral_norm(nn.Linear(4, 3)),
    )
    module, _ = check(model, [torch.randn(2, 3)], [torch.randn(5, 3)])
    assert set(model.state_dict()) <= set(module.weights)


def test_train_mode_is_put_back() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).train()
    model[0].eval()
    trace(model, (torch.ones(1, 2),))
    assert [m.training for m in model.modules()] == [True, False, True]


def test_a_weight_may_be_called_as_dropout_calls_its_rate() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.p = nn.Parameter(torch.ones(3))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + self.p

    check(Model(), [torch.randn(2, 3)], [torch.randn(5, 3)])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions(dtype: torch.dtype) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.GELU()).to(dtype)
    check(model, [torch.randn(2, 3).to(dtype)], [torch.randn(5, 3).to(dtype)])


def test_autocast_casts_are_recorded() -> None:
    linear = nn.Linear(3, 4)

    def run(x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return torch.relu(linear(x)).sum(0)

    module, _ = check(run, [torch.randn(2, 3)], [torch.randn(5, 3)])
    assert "aten::to.dtype" in [node.kind for node in module.forward.graph.nodes]


def test_plain_tensor_attributes_and_closures() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.tensor(2.5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.scale + offset

    offset = torch.tensor([1.0, 2.0])
    module, _ = check(Scaled(), [torch.randn(3, 2)], [torch.randn(4, 2)])
    assert set(module.weights) == {"scale", "constant_0"}


def test_state_that_no_program_can_hold_is_refused() -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return x * self.calls

    class Remembers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden: torch.Tensor | None = None

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.hidden = x if self.hidden is None else self.hidden * 0.5 + x
            return self.hidden

    for model, name in ((Counts(), "calls"), (Remembers(), "hidden")):
        with pytest.raises(TraceError, match="TSX2008") as caught:
            trace(model, (torch.ones(2),))
        assert name in caught.value.message
    assert model.hidden is None


def test_what_is_only_written_does_not_matter() -> None:
    class Looks(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(2, 2)
            self.attention: torch.Tensor | None = None
            self.calls = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            self.attention = self.linear(x).softmax(-1)
            return self.attention * x

    check(Looks(), [torch.randn(3, 2)], [torch.randn(5, 2)])


def test_lazy_parameters_are_refused() -> None:
    with pytest.raises(TraceError, match="TSX2013"):
        trace(nn.LazyLinear(3), (torch.ones(2, 4),))


@pytest.mark.parametrize(
    "wrap", [torch.jit.script, lambda m: torch.jit.trace(m, torch.randn(1, 3))]
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript_modules(wrap: Any) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU()).eval()
    module, _ = check(wrap(model), [torch.randn(1, 3)], [torch.randn(5, 3)])
    assert set(module.weights) >= {"0.weight", "1.running_mean"}


def test_functional_call_and_cond() -> None:
    linear = nn.Linear(3, 4)
    weights = dict(linear.named_parameters())
    check(
        lambda x: torch.func.functional_call(linear, weights, (x,)),
        [torch.randn(1, 3)], [torch.randn(5, 3)],
    )  # fmt: skip
    module, _ = trace(
        lambda x: torch.cond(x.sum() > 0, lambda y: y * 2, lambda y: y - 1, (x,)), (torch.ones(3),)
    )
    assert_close(Executable(module).run("forward", (torch.ones(5),), {}), torch.ones(5) * 2)
    assert stops(module, -torch.ones(3)).code == "TSX5004"


def test_a_part_of_a_traced_model_can_be_traced_again() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).eval()
    check(model, [torch.randn(2, 3)])
    module, _ = check(lambda x: model[0](x), [torch.randn(2, 3)])
    assert set(module.weights) == {"constant_0", "constant_1"}


def test_methods_and_keyword_arguments() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(2, 2)

        def encode(self, x: torch.Tensor, *, scale: torch.Tensor, add: bool = False) -> Any:
            return self.linear(x) * scale + (1 if add else 0)

    model = Model().eval()
    x, scale = torch.randn(3, 2), torch.tensor(2.0)
    module, _ = trace(model.encode, (x,), {"scale": scale, "add": True})
    got = Executable(module).run("forward", (x,), {"scale": scale, "add": True})
    assert_close(got, model.encode(x, scale=scale, add=True).detach())
    assert [p.keyword_only for p in module.forward.parameters] == [False, True, True]
