"""The engine's kernels of torchvision's operators give what torchvision gave."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine import compare, wire
from tests.engine.conftest import Run
from tests.ops import torchvision_golden

pytestmark = pytest.mark.engine


def test_results_are_torchvisions(run: Run) -> None:
    _, calls = torchvision_golden.load()
    samples = [wire.Sample(c.kind, c.operands, len(c.results)) for c in calls]
    wrong = []
    for call, answer in zip(calls, run(samples), strict=True):
        found = answer.code and f"{answer.code} {answer.message}"
        if not found and call.is_exact:
            pairs = zip(answer.results, call.results, strict=True)
            equal = all(
                a.dtype == b.dtype and np.array_equal(a, b, b.dtype.kind == "f") for a, b in pairs
            )
            found = "" if equal else "not the same to the bit"
        found = found or compare.difference(answer.results, call.results, "result", sums=True)
        if found:
            wrong.append(f"{call.kind}{call.operands[2:]}: {found}")
    assert not wrong, "\n".join(wrong[:10])
