"""Kernels on tensors against their definition: made-up operands, of every dtype that an operator takes.

Where the definition stops, so does the kernel; where it doesn't, results and operands afterwards are the same.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from tests.engine import compare, made_up, wire
from tests.engine.conftest import Run
from tsx.errors import TsxError
from tsx.ir.op import Trait, lookup
from tsx.ops.call import evaluate

pytestmark = pytest.mark.engine


def problem(kind: str, given: list[Any], answer: wire.Answer) -> str:
    """How the engine's answer differs from the definition's."""
    op, operands = lookup(kind), wire.own(given)
    assert op is not None
    assert isinstance(operands, list)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = evaluate(op, operands)
    except TsxError as error:
        return "" if answer.code else f"expected {error.code}, got {answer.results!r:.80}"
    if answer.code:
        return f"{answer.code} {answer.message}"
    expected = result if isinstance(result, tuple) else (result,)
    sums = op.has(Trait.CONTRACTION | Trait.REDUCTION)
    return compare.difference(answer.results, expected, "result", sums) or compare.difference(
        answer.operands, tuple(operands), "operand afterwards"
    )


def test_kernels_on_tensors_mean_what_their_definition_says(run: Run) -> None:
    calls = [(kind, operands) for kind in made_up.CALLS for _, operands in made_up.calls_of(kind)]
    assert len(calls) > 6000
    given = []
    for kind, operands in calls:
        op = lookup(kind)
        assert op is not None
        owned = wire.own(operands)
        assert isinstance(owned, list)
        given.append(wire.Sample(kind, owned, len(op.schema.results)))
    problems = [
        f"{kind} on {operands!r:.300}: {found}"
        for (kind, operands), answer in zip(calls, run(given), strict=True)
        if (found := problem(kind, operands, answer))
    ]
    assert not problems, f"{len(problems)} problems:\n" + "\n".join(problems[:20])


def test_a_huge_size_beside_one_of_0_takes_no_memory(run: Run) -> None:
    nothing = np.zeros((0, 1), np.float32)
    (answer,) = run([wire.Sample("aten::repeat", (nothing, [1, 2**60]), 1)])
    assert not answer.code, answer.message
    assert answer.results[0].shape == (0, 2**60)
