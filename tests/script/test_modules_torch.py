"""Modules: attributes, containers, hooks, state, sharing of classes. Eager torch is the oracle."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import tsx
from tests.capture.torch_check import assert_close
from tsx.errors import ScriptError

pytestmark = pytest.mark.torch


def check(model: nn.Module, *args: Any) -> tsx.Module:
    """Scripts the module, runs both, and compares."""
    model.eval()
    torch.manual_seed(0)
    scripted = tsx.script(model, args)
    with torch.no_grad():
        expected = model(*args)
    assert_close(scripted(*args), expected)
    return scripted


class Block(nn.Module):
    def __init__(self, size: int, scale: float = 1.0) -> None:
        super().__init__()
        self.linear = nn.Linear(size, size)
        self.act = nn.ReLU()
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.linear(x)) * self.scale


class Stack(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([Block(4), Block(4), Block(4, 2.0)])
        self.residual = True
        self.head: nn.Module | None = None

    def forward(self, x: Tensor) -> Tensor:
        for index, block in zip((0, 1, 2), self.blocks, strict=True):
            y = block(x)
            if index == 1:
                continue
            x = x + y if self.residual else y
        if self.head is not None:
            x = self.head(x)
        return F.softmax(x, dim=-1)


def test_containers_are_unrolled_and_equal_children_share_a_class() -> None:
    scripted = check(Stack(), torch.randn(2, 4))
    names = [name for name in scripted.ir.classes if name.endswith(("Block", "Block___1"))]
    assert len(names) == 2  # the third block has another scale
    assert len([n for n in scripted.ir.classes if "linear.Linear" in n]) == 1


class Counter(nn.Module):
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("count", torch.zeros(()))
        self.calls = 0
        self.last: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        self.count = self.count + x.sum()
        self.calls += 1
        last = self.last
        if last is None:
            last = x
        self.last = x
        return self.count * self.calls + last


def test_written_attributes_are_state() -> None:
    model = Counter().eval()
    session = tsx.script(model).session()
    for seed in range(3):
        torch.manual_seed(seed)
        x = torch.randn(3)
        assert_close(session(x), model(x))


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleDict({"a": nn.Linear(3, 3), "b": nn.Tanh()})
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(3)) for _ in range(2)])
        self.names = ["b", "a"]

    def forward(self, x: Tensor) -> Tensor:
        for name, part in self.parts.items():
            x = part(x)
            if name == "a":
                x = x + 1
        for name in self.names:
            x = self.parts[name](x)
        for weight in self.weights:
            x = x * weight
        if "c" in self.parts:
            x = x * 0
        return x


def test_dicts_and_lists_of_what_is_known() -> None:
    check(Named(), torch.randn(2, 3))


class Chosen(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.experts = nn.ModuleList([nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2)])

    def forward(self, x: Tensor, which: int) -> Tensor:
        return self.experts[which](x)


class Recording(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.history: list[float] = []
        self.groups: dict[str, list[int]] = {}
        self.last: tuple[int, Tensor] | None = None

    def forward(self, x: Tensor) -> tuple[int, dict[str, list[int]], int]:
        self.history.append(float(self.linear(x).sum()))
        count = len(self.history)
        self.groups[f"round {count}"] = [count]
        before = self.last[0] if self.last is not None else -1
        self.last = (count, x)
        return count, self.groups, before


def test_annotations_in_init_say_what_attributes_hold() -> None:
    model = Recording().eval()
    session, eager = tsx.script(model).session(), copy.deepcopy(model)
    for _ in range(3):
        x = torch.randn(1, 2)
        with torch.no_grad():
            assert session(x) == eager(x)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(3, 4)
        self.out = nn.Linear(4, 3)
        self.state = None

    def forward(self, x: Tensor, n: int = 3) -> Tensor:
        if self.state is None:
            self.state = (torch.zeros(x.shape[0], 4), torch.zeros(x.shape[0], 4))
        outs = [self.state[1]]
        for _ in range(n):
            self.state = self.cell(x, self.state)
            x = self.out(self.state[0])
            outs.append(x[:, :1])
        return torch.cat(outs, 1)


def test_an_attribute_is_what_was_assigned_last() -> None:
    check(Recurrent(), torch.ones(2, 3))


@pytest.mark.parametrize("which", [0, 1, 2, -1])
def test_an_index_that_only_a_run_knows(which: int) -> None:
    check(Chosen(), torch.randn(2, 2), which)


class Parent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.helper(x) + 1

    def helper(self, x: Tensor, times: int = 2) -> Tensor:
        return self.linear(x) * times

    @property
    def size(self) -> int:
        return self.linear.in_features

    @staticmethod
    def twice(x: Tensor) -> Tensor:
        return x * 2

    @classmethod
    def half(cls, x: Tensor) -> Tensor:
        return cls.twice(x) / 4


class Child(Parent):
    SHIFT = 3

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return self.twice(y) + self.half(x) * self.size + self.SHIFT


def test_methods_of_every_kind_and_super() -> None:
    check(Child(), torch.randn(2, 2))


def test_hooks() -> None:
    model = Parent()
    model.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    model.linear.register_forward_hook(lambda module, args, output: output + args[0])
    check(model, torch.randn(2, 2))


class Exported(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + 1

    @torch.jit.export
    def decode(self, x: Tensor, times: int = 2) -> Tensor:
        return self.forward(x) * times


def test_exported_methods_are_entry_points() -> None:
    scripted = tsx.script(Exported())
    assert scripted.methods == ["forward", "decode"]
    x = torch.randn(2)
    assert_close(scripted.run("decode", (x, 3)), Exported().decode(x, 3))


class Ignoring(nn.Module):
    @torch.jit.ignore
    def log(self, x: Tensor) -> Tensor:
        return x

    def forward(self, x: Tensor) -> Tensor:
        return self.log(x)


class Replacing(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        self.act = nn.Tanh()
        return x


class Inventing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        self.seen = x
        return x


@pytest.mark.parametrize(
    ("model", "code"), [(Ignoring(), "TSX3243"), (Inventing(), "TSX3241")], ids=["ignored", "new"]
)
def test_what_a_program_can_not_hold(model: nn.Module, code: str) -> None:
    with pytest.raises(ScriptError) as caught:
        tsx.script(model)
    assert caught.value.code == code


def test_a_model_left_in_training_mode_is_converted_in_eval_mode() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.9))
    x = torch.randn(4, 3)
    program = tsx.script(model)
    assert model.training
    torch.testing.assert_close(program(x), model.eval()(x))


class Holding(nn.Module):
    """Attributes of every kind that torch does not register."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(6, 6), nn.Sequential(nn.Linear(6, 6), nn.Tanh())]
        self.config = {"shift": 1, "mode": "fast"}
        self.activations = {"gelu": F.gelu, "tanh": torch.tanh}
        self.dtype = torch.float32
        self.sizes = (2, 3)
        self.log: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        x = self.activations["tanh"](x).to(self.dtype)
        if self.config["mode"] == "fast":
            x = x + self.config["shift"]
        return x.view(*x.shape[:-1], *self.sizes).reshape((*x.shape, 1))


def test_attributes_that_are_not_registered() -> None:
    check(Holding(), torch.randn(4, 6))


class Logging(nn.Module):
    log: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.log = [7]

    def forward(self, x: Tensor) -> int:
        first = self.log[0]
        self.log.append(x.size(0))
        return first + len(self.log)


def test_a_list_that_grows_is_state() -> None:
    model = Logging().eval()
    session = tsx.script(model).session()
    for size in (1, 2, 3):
        x = torch.randn(size)
        assert session(x) == model(x)


IMAGE = torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "model",
    [
        nn.utils.weight_norm(nn.Conv2d(4, 3, 3)),
        nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 3, 3)),
        nn.utils.spectral_norm(nn.Linear(6, 3)),
        nn.utils.parametrizations.spectral_norm(nn.Linear(6, 3)),
        nn.PixelShuffle(2),
        nn.Unfold(2),
        nn.ChannelShuffle(2),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.Unflatten(1, (2, 2)),
        nn.Sequential(
            nn.Conv2d(4, 4, 3, padding="same"),
            nn.SiLU(),
            nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"),
        ),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore")
def test_derived_weights_and_layers_outside_module_db(model: nn.Module) -> None:
    check(model, IMAGE)


NET = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.ReLU()).eval()


def uses_global(x: Tensor, times: int) -> Tensor:
    for _ in range(times):
        x = NET(x) + NET[0].weight.sum()
    return x


def test_a_module_that_is_a_global_is_constant() -> None:
    x = torch.randn(2, 3)
    with torch.no_grad():
        want = uses_global(x, 2)
    assert_close(tsx.script(uses_global)(x, 2), want)


class Decorated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)

    @torch.inference_mode()
    def doubled(self, x: Tensor) -> Tensor:
        return self.linear(x) * 2

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        return self.doubled(x)


def test_methods_under_no_grad_and_inference_mode() -> None:
    model, x = Decorated().eval(), torch.randn(2, 3)
    torch.testing.assert_close(tsx.script(model)(x), model(x))
