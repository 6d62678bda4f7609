"""Ordinary code of projects compiles as it stands, and gives what eager gives, optimised or not."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch

import tsx
from tests.capture.torch_check import assert_close
from tests.script import ordinary_models  # noqa: F401  (its functions enter themselves)
from tests.script.ordinary_code import CASES

pytestmark = pytest.mark.torch


def _name(part: Any) -> str:
    return getattr(part, "__name__", type(part).__name__) if callable(part) else ""


@pytest.mark.parametrize(("function", "args"), CASES, ids=_name)
@pytest.mark.filterwarnings("ignore")
def test_it_agrees_with_eager(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    with torch.no_grad():
        expected = function(*copy.deepcopy(args))
    module = tsx.script(function)
    for program in (module, tsx.optimize(module)):
        assert_close(program(*copy.deepcopy(args)), expected)
