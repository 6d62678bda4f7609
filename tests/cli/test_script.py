"""``tsx script`` and its reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Tsx
from tsx import load

GOOD = """\
def forward(n: int, limit: int = 5, *, step: int = 1) -> int:
    total = 0
    i = 0
    while i < n:
        i += 1
        if i > limit:
            break
        total += i * step
    return total
"""
SAMPLES = "example_inputs = (4, 2)\n"
BAD = """\
def forward(n: int):
    x = undefined + 1
    y = missing + x
    if n > 2:
        return n
    else:
        return "failed"
"""


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(GOOD, encoding="utf-8")
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(BAD, encoding="utf-8")
    return path


@pytest.mark.parametrize("command", [("script",), ("convert", "--script")])
def test_a_source_is_compiled_without_inputs(
    tsx: Tsx, good: Path, command: tuple[str, ...]
) -> None:
    outcome = tsx(*command, good)
    assert outcome.status == 0
    assert "not compared with the original" in outcome.out
    program = load(good.with_suffix(".tsx"))
    assert program(10, 3) == 6
    assert program(10) == 15  # defaults are part of the program
    assert program(10, step=2) == 30


def test_samples_compare_with_the_original(tsx: Tsx, good: Path) -> None:
    good.write_text(GOOD + SAMPLES, encoding="utf-8")
    outcome = tsx("script", good, "--json")
    assert outcome.status == 0
    assert json.loads(outcome.out)["compared"] is True


def test_every_problem_with_its_lines(tsx: Tsx, bad: Path) -> None:
    outcome = tsx("script", bad)
    assert outcome.status == 4
    assert outcome.out == ""
    for text in ("model.py:2:8", "^^^^^^^^^", "an int on line 5 and a str on line 7", "3 problems"):
        assert text in outcome.err


def test_report_as_json(tsx: Tsx, bad: Path) -> None:
    outcome = tsx("script", bad, "--report", "json")
    assert outcome.status == 4
    report = json.loads(outcome.out)
    assert report["schema"] == "tsx.problems/1"
    found = [(p["code"], p["line"], p["column"]) for p in report["problems"]]
    assert found == [("TSX3028", 2, 9), ("TSX3028", 3, 9), ("TSX3031", 7, 16)]


def test_report_as_markdown_groups_by_cause(tsx: Tsx, bad: Path) -> None:
    outcome = tsx("script", bad, "--report", "md")
    assert outcome.out.startswith("# 3 problems\n")
    assert "## TSX3028 unknown-name (2)" in outcome.out
    assert "```python\nx = undefined + 1\n    ^^^^^^^^^\n```" in outcome.out


def test_report_as_sarif(tsx: Tsx, bad: Path) -> None:
    (run,) = json.loads(tsx("script", bad, "--report", "sarif").out)["runs"]
    assert [r["id"] for r in run["tool"]["driver"]["rules"]] == ["TSX3028", "TSX3031"]
    assert [r["ruleIndex"] for r in run["results"]] == [0, 0, 1]
    place = run["results"][2]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "model.py"
    assert place["region"] == {"startLine": 7, "startColumn": 16}


@pytest.mark.parametrize(("form", "found"), [("json", '"problems": []'), ("md", "No problems")])
def test_report_of_a_sound_source(tsx: Tsx, good: Path, form: str, found: str) -> None:
    outcome = tsx("script", good, "--report", form)
    assert outcome.status == 0
    assert found in outcome.out
