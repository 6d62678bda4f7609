"""The examples of docs/running.md are what Python prints."""

from __future__ import annotations

import doctest
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_running() -> None:
    failed, tried = doctest.testfile(
        str(DOCS / "running.md"), module_relative=False, encoding="utf-8"
    )
    assert tried > 8
    assert not failed
