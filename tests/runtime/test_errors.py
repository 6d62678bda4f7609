"""Every error of the runtime is raised by some test that names its code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tsx.errors import error_codes, fail

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


SOURCES = "".join(
    path.read_text(encoding="utf-8")
    for path in (TESTS.parent / "engine/src").rglob("*")
    if path.suffix in (".cc", ".h")
)
OF_THE_ENGINE = [code for code in error_codes() if f'"{code}"' in SOURCES]


@pytest.mark.parametrize("code", OF_THE_ENGINE)
def test_what_the_engine_says_helps_users_of_its_interface(code: str) -> None:
    """They have neither the command's options nor Python's objects; a model is converted by the command."""
    words = re.sub("`tsx (convert|script)[^`]*`", "", error_codes()[code].api)
    assert not re.search(r"--|`tsx |\.npy|astype|engine=|tsx\.\w+\(|in Python\b", words)


def test_python_and_the_command_are_told_as_before() -> None:
    row = error_codes()["TSX5031"]
    assert "--engine numpy" in row.help
    assert row.api != row.help
    assert fail("TSX5031", operators="x").help == row.help
    assert error_codes()["TSX6001"].api == error_codes()["TSX6001"].help
