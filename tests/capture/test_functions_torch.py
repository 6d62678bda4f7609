"""torch functions of all sorts: recorded by name, entered, or taken apart below; right at other sizes."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.capture.torch_check import check
from tsx.capture.trace import trace
from tsx.errors import Problems

pytestmark = pytest.mark.torch

Pair = namedtuple("Pair", "first second")


def write_through_views(x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[0].add_(1)
    y[:, 1] = 5
    y[y > 1] = 0
    flat = y.view(-1)
    flat.mul_(2)
    return y


def index_in_every_way(x: torch.Tensor, i: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return (
        x[i], x[:, None, ..., 1:3], x[torch.tensor([0, 1])], x[-1], x[..., ::2], x[x > 0], x[[0, 1]], x[i[0]], x[...],
        x[:, i], x[i, i], x[None, :, i],
    )  # fmt: skip


def shapes_and_pieces(x: torch.Tensor) -> tuple[Any, ...]:
    b, c, h, w = x.shape
    q, k, v = x.flatten(2).transpose(1, 2).reshape(b, h * w, 3, c // 3).unbind(2)
    return (
        torch.cat([q, k, v], -1).view(b, -1, c), F.interpolate(x, scale_factor=2), x.mean((2, 3)), x.std(1),
        F.pad(x, (1, 1)), x.roll(1, 0), torch.stack([x, x]), x.split(2, 1)[0], x.chunk(3, 1)[1], x.mT, x.norm(),
        F.softmax(x, -1), x.topk(2, -1), x.unflatten(1, (2, -1)), x.squeeze(), x.expand(2, b, c, h, w),
    )  # fmt: skip


def factories(x: torch.Tensor) -> torch.Tensor:
    n, m = x.shape
    y = x + torch.arange(m) + torch.ones_like(x) + torch.full((n, 1), 2.0) + torch.zeros(x.size())
    y = (
        y
        + x.new_ones(m)
        + torch.linspace(0, 1, m)
        + torch.tensor([1.0, 2.0]).sum()
        + torch.eye(n, m)
    )
    return y + torch.tensor(n) + torch.tensor([n, 2]).sum()


def arithmetic(x: torch.Tensor) -> tuple[Any, ...]:
    causal = torch.triu(torch.ones(x.shape[-1], x.shape[-1], dtype=torch.bool), 1)
    return (
        x.masked_fill(causal, -1e9), torch.where(x > 0, x, torch.zeros_like(x)), x.clamp(0, 1), x**2, 2**x, 1 - x,
        1 / x, x // 2, x % 2, -x, abs(x), x.abs().sqrt(), x.max(), x.max(1), x.argmax(1), x.sort(-1), x.cumsum(0),
        x.bool().all(), x.eq(0).any(1), x.float(), x.to(torch.float64), x.long(), x.type_as(x.double()), ~(x > 0),
        (x > 0) & (x < 1), x.T, x.t().contiguous(),
    )  # fmt: skip


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(x)


def r(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


CASES: dict[str, tuple[Callable[..., Any], Sequence[Any], Sequence[Any]]] = {
    "writes": (write_through_views, [r(3, 4)], [r(5, 6)]),
    "indexing": (
        index_in_every_way, [r(3, 4), torch.tensor([0, 2])], [r(5, 6), torch.tensor([4, 1, 0])],
    ),
    "shapes": (shapes_and_pieces, [r(2, 6, 4, 4)], [r(3, 6, 5, 7)]),
    "factories": (factories, [r(3, 4)], [r(5, 2)]),
    "arithmetic": (arithmetic, [r(4, 4)], [r(6, 6)]),
    "einsum": (
        lambda a, b: torch.einsum("bij,bjk->bik", a, b), [r(2, 3, 4), r(2, 4, 5)], [r(7, 3, 4), r(7, 4, 9)],
    ),
    "sdpa": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        [r(2, 2, 5, 4)] * 3, [r(1, 2, 7, 4)] * 3,
    ),
    "vmap": (lambda x: torch.vmap(lambda row: (row * 2).sum())(x), [r(3, 4)], [r(5, 2)]),
    "autograd function": (lambda x: Swish.apply(x) + 1, [r(3, 4)], [r(5, 2)]),
    "meshgrid": (
        lambda x: torch.stack(torch.meshgrid(torch.arange(x.shape[0]), torch.arange(x.shape[1]), indexing="ij")),
        [r(3, 4)], [r(5, 2)],
    ),
    "where": (lambda x: torch.where(x > 0, 1.0, x) + torch.where(x > 0)[0].sum(), [r(3, 4)], [r(5, 2)]),
    "out": (lambda x: torch.add(x, x, out=torch.empty_like(x)), [r(3, 4)], [r(5, 2)]),
    "cdist": (lambda x: torch.cdist(x, x), [r(3, 4)], [r(5, 2)]),
    "resize": (
        lambda x: F.interpolate(x, size=(x.shape[2] * 2, 7), mode="bilinear"), [r(1, 2, 4, 3)], [r(1, 2, 5, 3)],
    ),
    "pad to a multiple": (
        lambda x: F.pad(x, (0, (4 - x.shape[1] % 4) % 4)).view(x.shape[0], -1, 4), [r(3, 6)], [r(4, 5)],
    ),
    "operators": (lambda x: torch.ops.aten.relu(x) + torch.ops.aten.add.Tensor(x, x), [r(3, 4)], [r(5, 2)]),
    "legacy constructor": (lambda x: torch.Tensor([1.0, 2.0]) + x, [r(3, 2)], [r(5, 2)]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_function(name: str) -> None:
    function, sample, other = CASES[name]
    check(function, sample, other)


MODULES: dict[str, tuple[Callable[[], nn.Module], Sequence[Any], Sequence[Any]]] = {
    "mha": (lambda: nn.MultiheadAttention(8, 2, batch_first=True), [r(2, 5, 8)] * 3, [r(3, 7, 8)] * 3),
    "encoder": (
        lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), [r(2, 5, 8)], [r(3, 7, 8)],
    ),
    "lstm": (
        lambda: nn.LSTM(4, 5, 2, batch_first=True, bidirectional=True), [r(2, 3, 4)], [r(5, 7, 4)],
    ),
    "gru": (lambda: nn.GRU(4, 5), [r(2, 3, 4)], [r(5, 7, 4)]),
    "adaptive pool": (lambda: nn.AdaptiveAvgPool2d((2, 2)), [r(1, 2, 8, 8)], [r(3, 2, 7, 9)]),
    "group norm": (lambda: nn.GroupNorm(2, 4), [r(1, 4, 8, 8)], [r(3, 4, 7, 9)]),
    "max pool with indices": (
        lambda: nn.MaxPool2d(2, return_indices=True), [r(1, 4, 8, 8)], [r(3, 4, 7, 9)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_module(name: str) -> None:
    make, sample, other = MODULES[name]
    check(make(), sample, other)


def test_structures() -> None:
    def nested(d: dict[str, torch.Tensor], t: tuple[torch.Tensor, ...], k: int = 2) -> Any:
        return {"o": [d["x"] + t[0], (t[1],)], "n": Pair(t[1] * k, None), "size": t[1].shape[0]}

    module, _ = check(
        nested, [{"x": r(2)}, (r(2), r(3))], [{"x": r(4)}, (r(4), r(5))], kwargs={"k": 3}
    )
    result = module.forward.result
    assert result.keys == ("o", "n", "size")
    assert result.children[1].kind == "namedtuple"
    assert result.children[1].keys == ("first", "second")
    assert module.forward.input_names() == ["d_x", "t_0", "t_1"]


def test_every_unsupported_operator_is_listed() -> None:
    def strange(x: torch.Tensor) -> torch.Tensor:
        _, s, _ = torch.linalg.svd(x)
        return (
            torch.special.bessel_j0(s) + torch.special.bessel_j0(s) + torch.linalg.eigvals(x).real
        )

    with pytest.raises(Problems) as caught:
        trace(strange, (r(3, 3),))
    problems = caught.value.problems
    assert {p.code for p in problems} == {"TSX4070"}
    assert len(problems) == 3
    assert all("test_functions_torch.py" in p.where for p in problems)
    assert "2 times" in problems[1].message
    assert "tsx ops" in problems[0].help


def test_spans_scopes_and_ids() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(2, 2), nn.ReLU())

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.layers(x) * 2

    module, _ = trace(Net().eval(), (r(3, 2),))
    nodes = {node.kind: node for node in module.forward.graph.nodes}
    linear, mul = nodes["aten::linear"], nodes["aten::mul.Scalar"]
    assert linear.origin.scope == "layers.0"
    assert mul.origin.scope == ""
    assert mul.origin.span is not None
    assert mul.origin.span.file.endswith("capture/test_functions_torch.py")
    assert mul.origin.span.function.endswith("Net.forward")
    assert linear.origin.ids < mul.origin.ids


def test_the_tutorial_function() -> None:
    def func(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x * y + 1

    module, _ = trace(func, (torch.ones(2), torch.ones(2)))
    kinds = [node.kind for node in module.forward.graph.nodes]
    assert kinds == ["aten::mul.Tensor", "prim::Constant", "aten::add.Scalar"]
