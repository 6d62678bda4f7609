"""The run files on torch's interpreter: what the VM gives there is what TorchScript gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import tsx.ops  # noqa: F401  (fills the registry)
from tests.filetests.case import ROOT, Case, read_cases
from tests.filetests.stages import read_input
from tsx.ir.torch_text import to_torch
from tsx.runtime.lower import lower_module
from tsx.runtime.vm import VM

pytestmark = pytest.mark.torch

# What torch's interpreter can't be given through its parser.
NOT_FOR_TORCH = {
    "A printed value is one line": "prints to the process's own output",
    "Tuples: made, indexed, sliced, taken apart": "the parser has no prim::TupleSlice",
    "A number where a tensor of numbers is expected becomes a 0-dim tensor": "a convenience of ours",
    "isinstance asks the value": "the parser has no prim::isinstance with types",
}
CASES = [
    case
    for path in sorted((ROOT / "run").glob("**/*.ir"))
    for case in read_cases(path)
    if not case.expected.startswith("TSX") and case.title not in NOT_FOR_TORCH
]


def as_tensor(value: Any) -> Any:
    return torch.from_numpy(value.copy()) if isinstance(value, np.ndarray) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_torch_gives_the_same(case: Case) -> None:
    inputs = [read_input(text) for text in case.named("input").values()]
    module = case.module()
    made = to_torch(module.forward.graph)
    weights = {name: weight.array for name, weight in module.weights.items()}
    lifted = made.extra_inputs(weights)
    function = torch._C._create_function_from_graph("forward", torch._C.parse_ir(made.text))
    expected = function(*map(as_tensor, [*inputs, *lifted]))
    results = VM(lower_module(module), module.weights).run("forward", _fresh(inputs))
    assert_same(results[0] if len(results) == 1 else tuple(results), expected)


def _fresh(inputs: list[Any]) -> list[Any]:
    return [v.copy() if isinstance(v, np.ndarray) else v for v in inputs]


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, torch.Tensor):
        np.testing.assert_array_equal(ours, theirs.numpy())
        assert ours.dtype == theirs.numpy().dtype
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for one, other in zip(ours, theirs, strict=True):
            assert_same(one, other)
    else:
        assert ours == theirs
        assert type(ours) is type(theirs)
