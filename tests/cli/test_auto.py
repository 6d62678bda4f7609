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


def test_what_branches_itself_is_scripted_as_a_whole_and_keeps_its_examples(
    tsx: Tsx, tmp_path: Path
) -> None:
    path, archive = tmp_path / "model.py", tmp_path / "model.tsx"
    path.write_text(WHOLE, encoding="utf-8")
    assert "forward (model.py:4:0) branches on data: scripted" in tsx("convert", path).out
    method = load(archive).ir.forward
    assert (method.source, list(map(str, method.samples))) == ("script", ["Float(3, 4)"])
    bench = tsx("bench", archive, "--calls", "1", "--warmup", "0")
    assert bench.status == 0, bench.err
    done = tsx("optimize", archive, "-o", tmp_path / "fast.tsx", "--verify")
    assert "equal to the original" in done.out, done.err


@pytest.mark.parametrize("mode", ["--script", "--auto"])
def test_values_of_every_kind_are_examples(tsx: Tsx, tmp_path: Path, mode: str) -> None:
    path, archive = tmp_path / "model.py", tmp_path / "model.tsx"
    path.write_text(KINDS, encoding="utf-8")
    modes = [mode] if mode == "--script" else []
    assert tsx("convert", path, *modes).status == 0
    method = load(archive).ir.forward
    assert list(map(str, method.samples)) == ["Tensor", "Float(2)"]
    bench = tsx("bench", archive, "--calls", "1", "--warmup", "0")
    assert bench.status == 0, bench.err
    tsx("run", archive, "--value", "n=1")
    # a value that is given counts, and arrays are made up beside it
    wrong = tsx("bench", archive, "--calls", "1", "--value", "n=-1")
    assert "n is negative" in wrong.err
    assert tsx("optimize", archive, "-o", tmp_path / "fast.tsx", "--verify").status == 0


def test_what_no_example_was_kept_of_is_asked_for(tsx: Tsx, tmp_path: Path) -> None:
    path, archive = tmp_path / "model.py", tmp_path / "model.tsx"
    path.write_text(KINDS.partition("example_inputs")[0], encoding="utf-8")
    assert tsx("convert", "--script", path).status == 0
    refused = tsx("bench", archive)
    assert refused.status == 2
    assert "captured without an example of n, x" in refused.err
    np.save(tmp_path / "x.npy", np.ones(2, np.float32))
    given = ("--value", "n=2", "--value", "words=[]", "--input", f"x={tmp_path / 'x.npy'}")
    assert tsx("bench", archive, "--calls", "1", *given).status == 0


def test_structured_inputs_of_a_trace_are_made_up(tsx: Tsx, tmp_path: Path) -> None:
    path, archive = tmp_path / "model.py", tmp_path / "model.tsx"
    path.write_text(STRUCTURED, encoding="utf-8")
    assert tsx("trace", path).status == 0
    bench = tsx("bench", archive, "--calls", "1", "--warmup", "0")
    assert bench.status == 0, bench.err


WHOLE = """\
import numpy as np


def forward(x):
    if x.sum() > 0:
        return x + 1
    return x - 1


example_inputs = (np.ones((3, 4), np.float32),)
"""
KINDS = """\
import numpy as np


def forward(n: int, x: np.ndarray, words: list[str], scale: float = 2.0):
    if n < 0:
        raise ValueError("n is negative")
    if x.sum() > 100:
        return x, words
    for _ in range(n):
        x = x * scale
    return x, words


example_inputs = (3, np.ones(2, np.float32), ["a", "b"])
"""
STRUCTURED = """\
import numpy as np


def forward(batch, pair, n):
    return batch["a"] + pair[0] * pair[1] + n


x = np.ones((3, 4), np.float32)
example_inputs = ({"a": x}, (x, x), 2)
"""
