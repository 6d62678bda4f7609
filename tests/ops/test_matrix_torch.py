"""The matrix: every registered operator against torch's op_db samples and made-up operands (see ``matrix.py``).

At least 97 % of the comparisons hold; the others stand in ``known_failures.toml``, each with its reason, and an entry
that no longer fails must leave it.
"""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tests.once import once
from tests.ops.matrix import Outcome
from tests.ops.matrix_direct import direct_kinds
from tests.ops.matrix_report import (
    DOCUMENT,
    all_outcomes,
    failing,
    known_failures,
    may_agree,
    relisted,
)
from tsx.ir.op import lookup

pytestmark = [pytest.mark.torch, pytest.mark.matrix]


@pytest.fixture(scope="session")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    rows = once(tmp_path_factory, "matrix", lambda: [asdict(o) for o in all_outcomes()])
    return [Outcome(**row) for row in rows]


def test_at_least_97_percent_of_the_comparisons_hold(outcomes: list[Outcome]) -> None:
    held = sum(not outcome.problem for outcome in outcomes)
    assert len(outcomes) > 40_000
    assert held / len(outcomes) >= 0.97


def test_every_failure_is_listed_with_a_reason(outcomes: list[Outcome]) -> None:
    listed = known_failures()
    fresh = [o for o in outcomes if o.problem and (o.kind, o.dtype) not in listed]
    assert not fresh, "\n".join(failing(fresh))


def test_listed_failures_still_fail(outcomes: list[Outcome]) -> None:
    failed = {(outcome.kind, outcome.dtype) for outcome in outcomes if outcome.problem}
    varies = may_agree()
    mended = sorted(key for key in known_failures().keys() - failed if key[0] not in varies)
    assert not mended, f"take these out of known_failures.toml: {mended}"


def test_listed_failures_have_a_reason_and_an_operator() -> None:
    assert all(len(reason) > 20 for reason in known_failures().values())
    assert all(lookup(kind) is not None for kind, _ in known_failures())


def test_every_elementwise_operator_is_compared(outcomes: list[Outcome]) -> None:
    seen = {outcome.kind for outcome in outcomes}
    assert sorted(set(direct_kinds()) - seen) == []


def test_the_document_lists_every_operator_and_the_language() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert relisted(text) == text, "python -m tests.ops.matrix_report --list"
