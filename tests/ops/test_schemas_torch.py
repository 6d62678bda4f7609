"""Every aten schema in the registry is torch's, character for character."""

from __future__ import annotations

import pytest
import torch

import tsx.ops
from tsx.ir.op import all_ops

pytestmark = pytest.mark.torch

TORCH = {str(schema) for schema in torch._C._jit_get_all_schemas()}
ATEN = [op for op in all_ops() if op.kind.startswith(("aten::", "prim::"))]


def test_there_are_operators_to_compare() -> None:
    assert len(ATEN) > 900


@pytest.mark.parametrize("op", ATEN, ids=lambda op: op.kind)
def test_schema_is_torchs(op: tsx.ir.op.Op) -> None:
    if op.schema.text not in TORCH:
        starts = (f"{op.schema.name}(", f"{op.schema.name}.")
        pytest.fail("\n".join([op.schema.text, *sorted(t for t in TORCH if t.startswith(starts))]))
