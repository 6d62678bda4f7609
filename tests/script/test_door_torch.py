"""torch's functions, helpers and objects in scripted code. Eager torch is the oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import tsx
from tests.capture.torch_check import assert_close
from tsx.errors import RunError, ScriptError

pytestmark = pytest.mark.torch

X = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
IMAGE = torch.randn(1, 2, 5, 5, generator=torch.Generator().manual_seed(1))
FUNCTIONS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []


def case(*args: Any) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        FUNCTIONS.append((function, args))
        return function

    return add


@case(X)
def spread(x: Tensor):
    return x.view(*x.shape[:-1], 2, 2), x.reshape((*x.shape[:1], -1)), torch.zeros(*x.shape, 1)


@case(X)
def spread2(x: Tensor):
    b, t, c = x.size()
    return x.reshape(b * t, c).view(x.shape)


@case(IMAGE)
def interp(x: Tensor):
    return F.interpolate(x, scale_factor=2.0, mode="nearest"), F.interpolate(
        x, size=(7, 7), mode="bilinear", align_corners=False
    )


@case(IMAGE)
def interp2(x: Tensor):
    return F.interpolate(x, size=x.shape[-2:], mode="bicubic")


@case(X)
def ein(x: Tensor):
    return torch.einsum("bij,bkj->bik", x, x)


@case(X)
@torch.no_grad()
def deco(x: Tensor):
    return x * 2


@case(X)
def ctxs(x: Tensor):
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        y = x + 1
    with torch.inference_mode():
        y = y * 2
    return y - 1


@case(X)
def finf(x: Tensor):
    return x.masked_fill(x > 0, torch.finfo(x.dtype).min), torch.finfo(torch.float32).eps


@case(X)
def tl(x: Tensor):
    y: list[list[list[float]]] = x.tolist()
    return y[0][0][0], x.sum().item()


@case(X)
def ann(x: Tensor):
    a = torch.jit.annotate(list[Tensor], [])
    for i in range(3):
        a.append(x[:, i])
    return torch.stack(a, dim=1)


@case(X)
def tens(x: Tensor):
    return (
        torch.tensor([1, 2, 3], dtype=torch.float32),
        torch.tensor([[1.0, x.size(0)]]),
        torch.tensor(3),
        torch.zeros(2, x.size(1)),
        torch.full((2,), 1.5),
        torch.arange(x.size(0)),
        torch.ones_like(x),
        torch.tensor([x.sum(), x.mean()]),
    )


@case(X)
def dt(x: Tensor):
    if x.dtype == torch.float32:
        x = x.to(torch.float64)
    return (
        x.to(dtype=torch.float16).float(),
        x.type(torch.int32),
        x.long(),
        x.half().dtype == torch.float16,
        x.is_floating_point(),
        x.device.type,
    )


@case(X)
def norms(x: Tensor):
    return (
        x.norm(),
        torch.norm(x, dim=-1),
        torch.linalg.norm(x, dim=(1, 2)),
        F.normalize(x, dim=-1),
        torch.linalg.vector_norm(x, 3),
        torch.norm(x, p="fro"),
    )


@case(X)
def misc(x: Tensor):
    q, k, v = x.chunk(3, dim=1)
    a, b = torch.split(x, [1, 3], dim=2)
    m, i = x.max(dim=-1)
    s = torch.sort(x, dim=-1)
    return (
        q + k * v,
        a.sum() + b.sum(),
        m,
        i,
        s.values,
        s.indices,
        torch.topk(x, 2).values,
        x.unbind(0)[0],
        torch.meshgrid(x[0, 0], x[0, 1], indexing="ij"),
    )


@case(X)
def sdpa(x: Tensor):
    return (
        F.scaled_dot_product_attention(x, x, x, is_causal=True),
        F.pad(x, (1, 1), value=2.0),
        F.one_hot(torch.tensor([0, 2]), 3),
        F.layer_norm(x, (4,)),
        F.gelu(x, approximate="tanh"),
        F.dropout(x, 0.5, training=False),
        F.softmax(x, -1),
        F.log_softmax(x, dim=-1),
        F.cosine_similarity(x, x + 1, dim=-1),
    )


@case(X)
def assertt(x: Tensor):
    torch._assert(x.dim() == 3, "bad rank")
    torch._check(x.size(0) > 0)
    return x


@case(X)
def index(x: Tensor):
    x = x.clone()
    x[:, 0] = 0
    x[x > 1] = 1.0
    return (
        x[..., -1],
        x[None],
        x[torch.tensor([0, 1]), :, 1],
        x[:, [0, 2]],
        x[0, 1:3, ::2],
        x[x > 0],
    )


@torch.jit.script
def scripted(x: Tensor, n: int) -> Tensor:
    for _ in range(n):
        x = x * 2
    return x


@case(X)
def calls_scripted(x: Tensor):
    return scripted(x, 3)


@torch.jit.script_if_tracing
def sit(x: Tensor, n: int) -> Tensor:
    return x * n


@case(X)
def calls_sit(x: Tensor):
    return sit(x, 3)


@case(X, True)
def condf(x: Tensor, flag: bool):
    return torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x - 1, (x,))


@case(X)
def fork(x: Tensor):
    f = torch.jit.fork(torch.relu, x)
    return torch.jit.wait(f) + 1


@case(X)
def aten(x: Tensor):
    return (
        torch.ops.aten.relu(x),
        torch.special.expit(x),
        torch.fft.rfft(x).abs(),
        torch.linalg.matrix_norm(x),
    )


@case(X)
def where(x: Tensor):
    return (
        torch.where(x > 0, x, torch.zeros_like(x)),
        x.clamp(min=0),
        torch.clamp(x, -1, 1),
        x.masked_select(x > 0),
        torch.cat([x, x], dim=0),
        torch.cat((x, x), -1),
        x.new_zeros(2),
        x.repeat(1, 2, 1),
        x.permute(2, 0, 1),
        x.transpose(-1, -2),
        x.flatten(1),
        x.T if x.dim() == 2 else x.mT,
    )


@case(X)
def isin(x: Any):
    if isinstance(x, Tensor):
        return x + 1
    return torch.zeros(1)


@case(X)
def shapes(x: Tensor):
    return (
        x.shape[0],
        x.shape[-1] + 1,
        list(x.shape),
        x.shape == (2, 3, 4),
        len(x.shape),
        x.shape + (1,),  # noqa: RUF005  (what is tested)
        x.size() == torch.Size([2, 3, 4]),
        x.numel(),
        x.ndim,
        tuple(x.shape),
    )


@case(X)
def loopt(x: Tensor):
    out = []
    for row in x:
        out.append(row.sum())
    return torch.stack(out), bool(x.any()), float(x.sum()), int(x.sum())


@case(X, torch.tensor([0, 1]))
@case(X, torch.tensor([True, False]))
@case(X, torch.rand(2, 3, generator=torch.Generator().manual_seed(0)) > 0.5)
def masks_take_their_dimensions(x: Tensor, t: Tensor):
    x = x.clone()
    x[t] = x[t] + 1
    return x[t, None], x[t, ..., 1]


@pytest.mark.parametrize(("function", "args"), FUNCTIONS, ids=lambda c: getattr(c, "__name__", ""))
@pytest.mark.filterwarnings("ignore")
def test_function(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    copies = [a.clone() if isinstance(a, Tensor) else a for a in args]
    want = function(*copies)
    assert_close(tsx.script(function)(*args), want)


def moves(x: Tensor):
    return x.to("cuda")


def reshapes(x: Tensor):
    x.unsqueeze_(0)
    return x


def lowers(x: Tensor):
    with torch.autocast("cpu"):
        return x @ x.mT


def lists(x: Tensor):
    values = x.tolist()
    return len(values)


def backward(x: Tensor):
    x.sum().backward()
    return x


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (moves, "TSX3207"),
        (reshapes, "TSX3209"),
        (lowers, "TSX3211"),
        (lists, "TSX3071"),
        (backward, "TSX3206"),
    ],
)
def test_what_no_program_does(function: Callable[..., Any], code: str) -> None:
    with pytest.raises(ScriptError) as caught:
        tsx.script(function)
    assert caught.value.code == code


def never_fits(x: Tensor) -> Tensor:
    return torch.zeros(2, 3) @ torch.zeros(4, 5) + x


def fails_on_one_path(x: Tensor, n: int) -> Tensor:
    if n > 3:
        return never_fits(x)
    return x


def test_a_function_that_always_fails_matters_where_it_is_called() -> None:
    module = tsx.script(fails_on_one_path)
    assert_close(module(X, 1), X)
    with pytest.raises(RunError):
        module(X, 4)
    with pytest.raises(ScriptError) as caught:
        tsx.script(never_fits)
    assert caught.value.code == "TSX3065"
