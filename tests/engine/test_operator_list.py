"""The list of operators without a kernel says the truth: none of them has one, and every other has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.conftest import ROOT
from tsx.ir.op import all_ops

pytestmark = pytest.mark.engine

LIST = Path(ROOT, "engine/gen/without_kernel.txt")


def listed() -> set[str]:
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def test_an_operator_on_the_list_has_no_kernel(kernels: frozenset[str]) -> None:
    assert sorted(listed() & kernels) == []


def test_an_operator_off_the_list_has_a_kernel_an_instruction_or_a_body(
    kernels: frozenset[str],
) -> None:
    missing = {op.kind for op in all_ops() if not (op.scalar_op or op.body)} - kernels - listed()
    assert sorted(missing) == []


def test_every_kernel_is_of_an_operator(kernels: frozenset[str]) -> None:
    assert sorted(kernels - {op.kind for op in all_ops()}) == []
