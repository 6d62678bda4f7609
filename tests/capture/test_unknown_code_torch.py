"""What code by others does with sizes: bools for C++, torch's functions of numbers, memos keyed on sizes."""

from __future__ import annotations

import functools
import math
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from tests.capture.torch_check import assert_close, check, stops
from tsx.capture.trace import trace
from tsx.runtime.border import Executable

pytestmark = pytest.mark.torch


def test_a_comparison_of_sizes_is_a_plain_bool_for_torch() -> None:
    def attend(q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
        return F.scaled_dot_product_attention(q, k, k, is_causal=q.shape[1] > 1)

    module, report = check(
        attend,
        [torch.randn(2, 3, 4), torch.randn(2, 3, 4)],
        [torch.randn(5, 7, 4), torch.randn(5, 7, 4)],
    )
    assert "q.shape[1] > 1" in [guard.source for guard in report.guards]
    stops(module, torch.randn(2, 1, 4), torch.randn(2, 1, 4))


def test_torch_functions_of_sizes_give_numbers() -> None:
    def pad(x: torch.Tensor) -> torch.Tensor:
        height = x.shape[0]
        traced = not isinstance(height, int)
        whole = torch.ceil(height / 4) * 4 if traced else math.ceil(height / 4) * 4
        return F.pad(x, (0, 0, 0, int(whole) - height)) / (
            torch.sqrt(height / 1) if traced else height**0.5
        )

    check(pad, [torch.randn(6, 3)], *([torch.randn(size, 3)] for size in (1, 5, 9, 13)))


def test_a_size_where_torch_wants_a_tensor_becomes_one() -> None:
    def scale(x: torch.Tensor) -> torch.Tensor:
        return x * torch.log2(x.shape[0] / 1) + torch.maximum(x, x.shape[1] / 2)

    module, _ = trace(scale, (torch.randn(4, 6),))
    for shape in [(4, 6), (9, 6), (3, 7)]:
        x = torch.randn(shape)
        want = x * torch.tensor(float(shape[0])).log2() + torch.maximum(
            x, torch.tensor(shape[1] / 2)
        )
        assert_close(Executable(module).run("forward", (x,), {}), want)


def test_where_as_a_method() -> None:
    def masked(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        mask = x > 0
        return (
            x.where(mask, -x),
            x.where(condition=mask, other=torch.tensor(0.0)),
            mask.where(x < 1, ~mask),
        )

    check(masked, [torch.randn(3, 4)], [torch.randn(5, 2)])


def test_conjugates() -> None:
    def correlation(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:
        a, b = torch.fft.rfft(x), torch.fft.rfft(y)
        return torch.fft.irfft(a * torch.conj(b)), b.conj().imag, x.conj(), a.conj_physical()

    check(
        correlation, [torch.randn(2, 8), torch.randn(2, 8)], [torch.randn(3, 8), torch.randn(3, 8)]
    )


def test_memos_neither_pin_sizes_nor_keep_tensors_of_a_run() -> None:
    model = Positions().eval()
    check(model, [torch.randn(2, 5)], [torch.randn(7, 9)])
    assert memo.cache_info().hits + memo.cache_info().misses == 2  # torch's own two calls
    check(model, [torch.randn(2, 6)], [torch.randn(3, 5)])


class Positions(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.randn(1))

    def forward(self, x: torch.Tensor) -> Any:
        return x + memo(x.shape[1]) + self.kept(x.shape[0])

    @functools.lru_cache(maxsize=2)  # noqa: B019
    def kept(self, rows: int) -> torch.Tensor:
        return torch.arange(rows)[:, None] * self.scale


@functools.lru_cache(maxsize=8)
def memo(length: int) -> torch.Tensor:
    return torch.arange(length) * 2.0
