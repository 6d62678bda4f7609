"""Runs every file below this folder through its stage."""

from __future__ import annotations

import pytest

from tests.filetests.case import ROOT, Case, bless, explain, read_cases
from tests.filetests.stages import NEEDS_TORCH, STAGES

CASES = [
    pytest.param(case, id=case.id, marks=[pytest.mark.torch] if case.stage in NEEDS_TORCH else [])
    for path in sorted(ROOT.glob("*/**/*.ir"))
    for case in read_cases(path)
]


@pytest.mark.parametrize("case", CASES)
def test_file(case: Case, request: pytest.FixtureRequest) -> None:
    result = STAGES[case.stage](case).strip("\n")
    if result == case.expected:
        return
    if request.config.getoption("--bless"):
        bless(case, result)
    else:
        pytest.fail(explain(case, result), pytrace=False)


def test_each_folder_is_a_stage() -> None:
    folders = {path.name for path in ROOT.iterdir() if any(path.glob("**/*.ir"))}
    assert folders <= STAGES.keys()


def test_titles_are_unique() -> None:
    ids = [param.id for param in CASES]
    assert len(ids) == len(set(ids))
