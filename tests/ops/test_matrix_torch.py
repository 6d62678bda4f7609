"""The matrix: every registered operator against torch's op_db samples and made-up operands (see ``matrix.py``).

On each runtime at least 99 % of the comparisons hold; the others stand in ``known_failures.toml``, each with its
reason, and an entry that no longer fails must leave it. What torch refuses, both refuse (see ``matrix_errors.py``).
"""

from __future__ import annotations

from dataclasses import asdict

import pytest

from tests.once import once
from tests.ops.matrix import RUNTIMES
from tests.ops.matrix_count import Counts
from tests.ops.matrix_direct import direct_kinds
from tests.ops.matrix_errors import Refusal, accepted, all_refusals
from tests.ops.matrix_report import DOCUMENT, all_counts, failing, known_failures, relisted
from tsx.ir.op import lookup

pytestmark = [pytest.mark.torch, pytest.mark.matrix]


@pytest.fixture(scope="session")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Counts:
    return Counts.of_rows(once(tmp_path_factory, "matrix", lambda: all_counts().rows()))


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_at_least_99_percent_of_the_comparisons_hold(counts: Counts, runtime: str) -> None:
    held, total = counts.of_runtime(runtime)
    assert total > 120_000
    assert held / total >= 0.99


def test_both_runtimes_answer_every_call(counts: Counts) -> None:
    totals = {counts.of_runtime(runtime)[1] for runtime in RUNTIMES}
    assert len(totals) == 1


def test_every_failure_is_listed_with_a_reason(counts: Counts) -> None:
    fresh = [key for key in counts.failing() if key not in known_failures()]
    assert not fresh, "\n".join(failing(counts, fresh))


def test_what_rounds_once_is_nearer_the_result_of_float64(counts: Counts) -> None:
    nearer = {key for key, known in known_failures().items() if known.nearer}
    wrong = [
        k
        for k in counts.failing()
        if k in nearer and counts.cells[k].nearer < counts.cells[k].failed
    ]
    assert not wrong, "\n".join(failing(counts, wrong))


def test_listed_failures_still_fail(counts: Counts) -> None:
    must = {key for key, known in known_failures().items() if not known.varies}
    mended = sorted(must - set(counts.failing()))
    assert not mended, f"take these out of known_failures.toml: {mended}"


def test_listed_failures_have_a_reason_and_an_operator() -> None:
    assert all(len(known.reason) > 20 for known in known_failures().values())
    assert all(lookup(kind) is not None for kind, _, _ in known_failures())


def test_every_elementwise_operator_is_compared(counts: Counts) -> None:
    seen = {kind for kind, _, _ in counts.cells}
    assert sorted(set(direct_kinds()) - seen) == []


@pytest.fixture(scope="session")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> list[Refusal]:
    rows = once(tmp_path_factory, "refusals", lambda: [asdict(r) for r in all_refusals()])
    return [Refusal(**row) for row in rows]


def test_what_torch_refuses_both_runtimes_refuse(refusals: list[Refusal]) -> None:
    known = accepted()
    assert len(refusals) > 1000
    wrong = [r for r in refusals if r.problem and (r.kind, r.runtime) not in known]
    assert not wrong, "\n".join(
        f"{r.kind} {r.runtime}: {r.problem}; torch: {r.torchs}" for r in wrong
    )


def test_what_is_accepted_has_a_reason_and_is_no_traceback(refusals: list[Refusal]) -> None:
    known = accepted()
    found = {(r.kind, r.runtime) for r in refusals if r.problem.startswith("answers")}
    assert sorted(known.keys() - found) == [], "take these out of accepted.toml"
    assert all(len(reason) > 20 for reason in known.values())


def test_the_document_lists_every_operator_and_the_language() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert relisted(text) == text, "python -m tests.ops.matrix_report --list"
