"""Random graphs through torch's interpreter: the same results, so text, types and operators agree with torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, reject

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
    try:
        # As written: torch's optimizer takes x + 0 for x, also where the dtype changes.
        with torch.jit.optimized_execution(False):
            expected = function(*map(to_tensor, made.inputs))
    except RuntimeError as error:
        if "refer to a single memory location" in str(error):
            reject()  # torch writes nothing that overlaps with what it reads; we do, as NumPy
        raise
    results = run(made.graph, made.inputs)
    if len(results) == 1:
        expected = (expected,)
    for ours, theirs in zip(results, expected, strict=True):
        other = theirs.numpy()
        assert ours.dtype == other.dtype
        np.testing.assert_allclose(ours, other, rtol=1e-4, atol=1e-5)
