"""Whole models: traced at one size, right at others."""

from __future__ import annotations

import pytest
import torch

from tests.capture.torch_check import check
from tests.models import ZOO

pytestmark = [pytest.mark.torch, pytest.mark.zoo]


@pytest.mark.parametrize("name", ZOO)
def test_model(name: str) -> None:
    entry = ZOO[name]
    torch.manual_seed(0)
    check(entry.make(), entry.sample, *entry.others)
