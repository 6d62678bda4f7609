"""Random graphs through torch's interpreter: the same results, so text, types and operators agree with torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given

from tests.graphgen import Made, graphs
from tests.ir.interpreter import run
from tsx.ir.torch_text import to_torch

pytestmark = pytest.mark.torch


def to_tensor(value: Any) -> Any:
    return torch.from_numpy(value.copy()) if isinstance(value, np.ndarray) else value


@given(graphs())
def test_torch_agrees(made: Made) -> None:
    text = to_torch(made.graph).text
    function = torch._C._create_function_from_graph("forward", torch._C.parse_ir(text))
    expected = function(*map(to_tensor, made.inputs))
    results = run(made.graph, made.inputs)
    if len(results) == 1:
        expected = (expected,)
    for ours, theirs in zip(results, expected, strict=True):
        other = theirs.numpy()
        assert ours.dtype == other.dtype
        np.testing.assert_allclose(ours, other, rtol=1e-4, atol=1e-5)
