"""Every error of the runtime is raised by some test that names its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tsx.errors import error_codes

TESTS = Path(__file__).resolve().parents[1]
CODES = [code for code in error_codes() if "TSX5002" <= code <= "TSX5049"]
FOLDERS = [
    TESTS / "runtime",
    TESTS / "filetests/run",
    TESTS / "engine",
    TESTS.parent / "engine/tests",
]
TEXT = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in FOLDERS
    for path in sorted(folder.iterdir())
    if path.suffix in (".py", ".ir", ".cc") and path.name != Path(__file__).name
)


@pytest.mark.parametrize("code", CODES)
def test_some_test_meets_it(code: str) -> None:
    assert code in TEXT


@pytest.mark.parametrize("code", CODES)
def test_it_has_a_way_out(code: str) -> None:
    assert error_codes()[code].help
