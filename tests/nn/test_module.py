"""Modules without torch: attributes, state dicts, files, dtypes, text, and what they refuse."""

from __future__ import annotations

import contextlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tsx import nn
from tsx.errors import TsxError
from tsx.nn import functional as F
from tsx.nn.module import module_scopes


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.BatchNorm1d(3))
        self.scale = nn.Parameter(np.full(3, 2, np.float32))
        self.table = np.arange(3.0)  # neither parameter nor buffer, as in torch
        self.register_buffer("step", np.zeros((), np.int64))
        self.register_buffer("cache", np.zeros(2, np.float32), persistent=False)
        self.head = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        return F.mul(self.body(x), self.scale)


KEYS = [
    "scale", "step", "body.0.weight", "body.0.bias", "body.2.weight", "body.2.bias", "body.2.running_mean",
    "body.2.running_var", "body.2.num_batches_tracked",
]  # fmt: skip


def test_attributes_go_where_torchs_go() -> None:
    net = Net()
    assert list(net.state_dict()) == KEYS
    parameters = [key for key in KEYS if key.endswith(("scale", "weight", "bias"))]
    assert [name for name, _ in net.named_parameters()] == parameters
    assert isinstance(net.scale, np.ndarray)
    assert net.head is None
    net.scale = np.ones(3, np.float32)  # a plain array replaces the parameter of that name
    assert net.state_dict()["scale"].tolist() == [1, 1, 1]
    del net.scale
    assert not hasattr(net, "scale")
    assert "body" in dir(net)


def test_walks_name_everything_once() -> None:
    net = Net()
    assert [n for n, _ in net.named_modules()] == ["", "body", "body.0", "body.1", "body.2"]
    assert [n for n, _ in net.named_children()] == ["body"]
    shared = nn.Linear(2, 2)
    tied = nn.Sequential(shared, shared)
    assert len(list(tied.parameters())) == 2
    assert len(tied.state_dict()) == 4
    assert len(list(net.buffers())) == 5
    net.apply(lambda module: setattr(module, "seen", True))
    assert all(module.seen for module in net.modules())


def test_eval_and_train_reach_everything() -> None:
    net = Net().eval()
    assert not any(module.training for module in net.modules())
    assert net.train().body[2].training


def test_missing_and_unexpected_keys() -> None:
    net, state = Net(), Net().state_dict()
    state.pop("scale")
    state["extra"] = np.zeros(1)
    with pytest.raises(TsxError, match="missing: scale; unexpected: extra") as caught:
        net.load_state_dict(state)
    assert caught.value.code == "TSX1031"
    assert net.load_state_dict(state, strict=False) == (["scale"], ["extra"])


def test_an_entry_of_other_sizes_changes_nothing() -> None:
    net = Net()
    before = net.body[0].weight.copy()
    state = {**Net().state_dict(), "body.0.weight": np.ones((3, 4)), "scale": np.ones(4)}
    with pytest.raises(TsxError, match=r"scale has sizes \[4\], the module needs \[3\]") as caught:
        net.load_state_dict(state)
    assert caught.value.code == "TSX1032"
    np.testing.assert_array_equal(net.body[0].weight, before)


def test_loading_converts_and_keeps_ties() -> None:
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, shared)
    weight, bias = np.arange(4.0).reshape(2, 2), np.array([1.0, 2.0])
    net.load_state_dict(
        {f"{i}.{k}": v for i in (0, 1) for k, v in (("weight", weight), ("bias", bias))}
    )
    assert net[0].weight is net[1].weight
    assert net[0].weight.dtype == np.float32


def test_npz_and_safetensors_files(tmp_path: Path) -> None:
    nn.manual_seed(1)
    source = Net()
    np.savez(tmp_path / "net.npz", **source.state_dict())
    save_file(source.state_dict(), tmp_path / "net.safetensors")
    for name in ("net.npz", "net.safetensors"):
        net = Net()
        net.load_state_dict(tmp_path / name)
        for key, value in source.state_dict().items():
            np.testing.assert_array_equal(net.state_dict()[key], value)


def test_a_safetensors_file_in_bfloat16(tmp_path: Path) -> None:
    header = json.dumps(
        {"weight": {"dtype": "BF16", "shape": [1, 2], "data_offsets": [0, 4]}}
    ).encode()
    path = tmp_path / "half.safetensors"
    path.write_bytes(
        struct.pack("<Q", len(header)) + header + np.array([0x3FC0, 0xC000], "<u2").tobytes()
    )
    layer = nn.Linear(2, 1, bias=False)
    layer.load_state_dict(path)
    assert layer.weight.tolist() == [[1.5, -2.0]]


def damaged() -> Iterator[tuple[str, bytes]]:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    for name, change in (
        ("beyond the end", {"data_offsets": [0, 800]}),
        ("other length", {"shape": [3]}),
        ("negative size", {"shape": [-2]}),
        ("unknown dtype", {"dtype": "F33"}),
        ("no offsets", {"data_offsets": None}),
    ):
        header = json.dumps({"weight": {**entry, **change}}).encode()
        yield name, struct.pack("<Q", len(header)) + header + bytes(8)
    yield "header too long", struct.pack("<Q", 1 << 60) + b"{}"
    yield "no JSON", struct.pack("<Q", 4) + b"{{{{"
    yield "empty", b""
    yield "a zip that isn't one", b"PK\x03\x04" + bytes(20)
    yield "text", b"hello, world; this is no checkpoint"


@pytest.mark.parametrize(("name", "data"), damaged(), ids=lambda v: v if isinstance(v, str) else "")
def test_damaged_files_are_refused(name: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    path.write_bytes(data)
    with pytest.raises(TsxError) as caught:
        nn.Linear(2, 1).load_state_dict(path)
    assert caught.value.code == "TSX1035"
    assert caught.value.exit_status == 3


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", weight=np.array([object()], dtype=object))
    with pytest.raises(TsxError) as caught:
        nn.Linear(2, 1).load_state_dict(tmp_path / "bad.npz")
    assert caught.value.code == "TSX1035"


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TsxError) as caught:
        nn.Linear(2, 1).load_state_dict(tmp_path / "none.npz")
    assert caught.value.code == "TSX1035"


def test_initial_values_follow_the_seed() -> None:
    def build() -> dict[str, np.ndarray]:
        nn.manual_seed(7)
        return nn.Sequential(nn.Conv2d(3, 4, 3), nn.LSTM(4, 5), nn.Embedding(6, 2)).state_dict()

    first, second = build(), build()
    assert all(np.array_equal(first[key], second[key]) for key in first)
    own = np.random.default_rng(3)
    assert np.array_equal(
        nn.Linear(3, 2, generator=own).weight,
        nn.Linear(3, 2, generator=np.random.default_rng(3)).weight,
    )


def test_initial_values_lie_in_torchs_bounds() -> None:
    weight = nn.Linear(100, 200).weight
    assert 0.095 < np.abs(weight).max() <= 0.1
    assert abs(float(weight.mean())) < 0.002
    kernel = nn.Conv2d(16, 32, 3, groups=2).weight
    assert np.abs(kernel).max() <= 1 / np.sqrt(8 * 9)
    projection = nn.MultiheadAttention(32, 4).in_proj_weight
    assert np.abs(projection).max() <= np.sqrt(6 / (4 * 32))


def test_dtypes() -> None:
    net = Net().half()
    assert net.scale.dtype == np.float16
    assert net.step.dtype == np.int64
    assert net.to("bfloat16").scale.dtype == np.uint16
    assert net.double().scale.dtype == np.float64


def test_scopes_follow_calls() -> None:
    net = Net().eval()
    names = {id(module): name for name, module in net.named_modules()}
    seen: list[str] = []

    @contextlib.contextmanager
    def scope(module: nn.Module) -> Iterator[None]:
        seen.append(f"+{names[id(module)]}")
        yield
        seen.append(f"-{names[id(module)]}")

    with module_scopes(scope):
        net(np.ones((2, 4), np.float32))
    assert seen == [
        "+",
        "+body",
        "+body.0",
        "-body.0",
        "+body.1",
        "-body.1",
        "+body.2",
        "-body.2",
        "-body",
        "-",
    ]
    net(np.ones((2, 4), np.float32))
    assert len(seen) == 10


REFUSED = [
    (
        lambda: type(
            "Bad", (nn.Module,), {"__init__": lambda self: setattr(self, "a", np.ones(1))}
        )(),
        "TSX1030",
    ),
    (lambda: nn.Module()(1), "TSX1033"),
    (lambda: nn.Conv2d(4, 6, 3, groups=4), "TSX1034"),
    (lambda: nn.Conv2d(4, 6, 3, padding="some"), "TSX1034"),
    (lambda: nn.Conv2d(4, 6, 3, padding_mode="none"), "TSX1034"),
    (lambda: nn.GroupNorm(3, 4), "TSX1034"),
    (lambda: nn.BatchNorm2d(4)(np.ones((2, 4), np.float32)), "TSX1034"),
    (lambda: nn.MultiheadAttention(7, 2), "TSX1034"),
    (lambda: nn.RNN(3, 4, nonlinearity="sin"), "TSX1034"),
    (lambda: nn.LSTM(3, 4, num_layers=0), "TSX1034"),
    (lambda: nn.Upsample(size=3, mode="cubic")(np.ones((1, 1, 4), np.float32)), "TSX1034"),
    (lambda: nn.Dropout()(np.ones(3, np.float32)), "TSX4058"),
    (lambda: nn.Linear(3, 4)(np.ones((2, 5), np.float32)), "TSX4050"),
]


@pytest.mark.parametrize(("make", "code"), REFUSED)
def test_what_cannot_be_right_is_refused(make, code: str) -> None:
    with pytest.raises(TsxError) as caught:
        make()
    assert caught.value.code == code


def test_containers() -> None:
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    layers.insert(1, nn.Linear(2, 2))
    assert [type(m).__name__ for m in layers] == ["ReLU", "Linear", "Tanh"]
    assert isinstance(layers[-1], nn.Tanh)
    assert len(layers[1:]) == 2
    named = nn.Sequential({"first": nn.Linear(2, 3), "second": nn.ReLU()})
    assert list(named.state_dict()) == ["first.weight", "first.bias"]
    assert [type(m).__name__ for m in named[1:]] == ["ReLU"]
    table = nn.ModuleDict({"a": nn.ReLU()})
    table["b"] = nn.Tanh()
    assert list(table) == ["a", "b"]
    assert "b" in table
    assert len(table.keys()) == len(list(table.values())) == 2
    values = nn.ParameterList([np.ones(2), np.zeros(3)])
    assert list(values.state_dict()) == ["0", "1"]
    assert [len(v) for v in values] == [2, 3]
