"""What code by others does with sizes: bools for C++, torch's functions of numbers, memos keyed on sizes."""

from __future__ import annotations

import functools
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from tests.capture.torch_check import check, stops

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
