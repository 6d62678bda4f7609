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


TEXT = """\
from typing import List, Optional, Tuple


def forward(text: str, least: int = 1) -> Tuple[List[str], Optional[str], int]:
    words = [w for w in text.lower().split() if len(w) >= least]
    return words, words[0] if len(words) > 0 else None, len(words)


example_inputs = ("The cat", 2)
"""


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.py"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_results_without_arrays_are_compared(tsx: Tsx, words: Path) -> None:
    assert "equal to the original" in tsx("script", words).out
    archive = words.with_suffix(".tsx")
    found = json.loads(tsx("compare", archive, "--against", words, "--json").out)
    assert [(d["name"], d["dtype"], d["equal"]) for d in found["outputs"]] == [
        ("output", "tuple", True)
    ]
    words.write_text(TEXT.replace(".lower()", ""), encoding="utf-8")
    outcome = tsx("compare", archive, "--against", words)
    assert outcome.status == 1
    assert "output[0][0]: tsx gives 'the', the original 'The'" in outcome.out


def test_values_without_arrays_go_in_and_out(tsx: Tsx, words: Path) -> None:
    tsx("script", words)
    archive = words.with_suffix(".tsx")
    assert tsx("run", archive, "--value", "text=A bc").out == (
        "output: tuple\n(['a', 'bc'], 'a', 2)\n"
    )
    found = json.loads(
        tsx("run", archive, "--value", "text=A bc", "--value", "least=9", "--json").out
    )
    assert found["outputs"] == [{"name": "output", "kind": "tuple", "value": [[], None, 0]}]


@pytest.mark.parametrize(
    ("values", "code"),
    [(("text",), "TSX1015"), (("text=a", "least=x"), "TSX1015"), (("txt=a",), "TSX5011"), ((), "TSX5010")],
)  # fmt: skip
def test_values_that_mean_nothing(
    tsx: Tsx, words: Path, values: tuple[str, ...], code: str
) -> None:
    tsx("script", words)
    given = [part for value in values for part in ("--value", value)]
    outcome = tsx("run", words.with_suffix(".tsx"), *given)
    assert outcome.status in (2, 5)
    assert code in outcome.err


def test_text_is_no_array_to_write(tsx: Tsx, words: Path, tmp_path: Path) -> None:
    words.write_text("def forward(text: str) -> str:\n    return text.upper()\n", encoding="utf-8")
    tsx("script", words)
    archive = words.with_suffix(".tsx")
    outcome = tsx("run", archive, "--value", "text=a", "-o", tmp_path / "y.npy")
    assert outcome.status == 2
    assert "TSX1014" in outcome.err


def test_an_original_that_raises_is_named_as_such(tsx: Tsx, good: Path) -> None:
    good.write_text(
        "def forward(n: int) -> int:\n    return 5 // n\n\n\nexample_inputs = (0,)\n",
        encoding="utf-8",
    )
    outcome = tsx("script", good)
    assert outcome.status == 4
    assert "raised ZeroDivisionError" in outcome.err
    assert "help: test that the divisor is not zero" in outcome.err


def test_a_script_is_verified_on_given_inputs(tsx: Tsx, good: Path, tmp_path: Path) -> None:
    """Nothing says what a script takes, so the message names the way to say it, and the way works."""
    assert tsx("script", good).status == 0
    archive, fast = good.with_suffix(".tsx"), tmp_path / "fast.tsx"
    refused = tsx("optimize", archive, "-o", fast, "--verify")
    assert refused.status == 2
    assert "TSX1008" in refused.err
    assert "give them with --input and --value" in refused.err
    assert "leave out --verify" in refused.err
    assert not fast.exists()
    done = tsx("optimize", archive, "-o", fast, "--verify", "--value", "n=7", "--value", "step=3")
    assert "equal to the original" in done.out, done.err
    assert fast.exists()
    assert tsx("optimize", archive, "-o", fast, "--value", "n=1").status == 2
