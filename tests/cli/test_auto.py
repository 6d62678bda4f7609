"""``tsx convert`` without a mode: traced, and scripted where the source branches on data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Tsx
from tsx import load

BRANCHES = """\
import numpy as np


def halved(x):
    while np.abs(x).max() > 1:
        x = x / 2
    return x


def forward(x):
    return halved(x * 2) + 1


example_inputs = (np.linspace(-3, 3, 12, dtype=np.float32).reshape(3, 4),)
"""
STRANGE = BRANCHES.replace(
    "    return x\n\n\n", "    return np.trapezoid(x) if x.max() > 1 else x\n\n\n", 1
)


@pytest.fixture
def branches(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(BRANCHES, encoding="utf-8")
    return path


def test_the_report_says_which_function_was_captured_how(tsx: Tsx, branches: Path) -> None:
    outcome = tsx("convert", branches)
    assert outcome.status == 0
    assert "halved (model.py:4:0) branches on data: scripted" in outcome.out
    assert "guard" not in outcome.out
    module = load(branches.with_suffix(".tsx"))
    x = np.full((2, 4), 100, np.float32)
    np.testing.assert_array_equal(module(x), 200 / 256 + 1 + 0 * x)


def test_trace_keeps_the_guard(tsx: Tsx, branches: Path) -> None:
    outcome = tsx("convert", "--trace", branches)
    assert outcome.status == 0
    assert "guard: np.abs(x).max() > 1 must be True (model.py:5:10)" in outcome.out
    assert "branches on data" not in outcome.out


def test_what_can_not_be_scripted_is_a_guarded_trace_with_its_problems(
    tsx: Tsx, tmp_path: Path
) -> None:
    path = tmp_path / "model.py"
    path.write_text(STRANGE, encoding="utf-8")
    outcome = tsx("convert", path)
    assert outcome.status == 0
    assert "traced, since it can't be scripted (TSX3301)" in outcome.out
    assert "guard: np.abs(x).max() > 1 must be True" in outcome.out
    assert "not scripted: TSX3301: np.trapezoid has no meaning in a program" in outcome.err
    data = json.loads(tsx("convert", "--json", path).out)
    assert [row["how"] for row in data["captured"]] == ["trace"]
    assert len(data["problems"]) == 1
    report = json.loads(tsx("convert", "--report", "json", path).out)
    assert [problem["code"] for problem in report["problems"]] == ["TSX3301"]
