"""Wrong programs: what the user reads, and that the message's advice works. ``--bless`` writes the messages."""

from __future__ import annotations

import pytest

from tests.script.check import check_row
from tests.script.wrong_programs import Case, all_cases, message, read_golden, write_golden
from tsx.errors import error_codes

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]
CASES = all_cases()
GROUPS = sorted({case.group for case in CASES})


@pytest.fixture(autouse=True)
def graphs_read_back() -> None:
    """In place of the one that reads every graph back: what a refused program leaves behind is none."""


@pytest.mark.parametrize("group", GROUPS)
def test_messages(group: str, request: pytest.FixtureRequest) -> None:
    now = {case.id: message(case) for case in CASES if case.group == group}
    if request.config.getoption("--bless"):
        write_golden(group, now)
    assert now == read_golden(group), "pytest tests/script -k wrong --bless writes them"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_repaired_program_compiles_and_runs(case: Case) -> None:
    found = check_row(case.fixed)
    assert not found, found


def test_there_are_enough_and_each_says_what_to_do() -> None:
    assert len(CASES) >= 60
    assert len({case.id for case in CASES}) == len(CASES)
    for group in GROUPS:
        for name, text in read_golden(group).items():
            assert text.startswith("TSX3"), (name, text)
            for part in text.split("\n\n"):
                code = part.partition(":")[0]
                assert code in error_codes(), (name, part)
                assert "\n  at tests/script/wrong/" in part, (name, part)
                assert "^" in part, (name, part)
                assert "\nhelp: " in part, (name, part)
