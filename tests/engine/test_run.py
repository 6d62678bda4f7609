"""Both runtimes run alike: results, what is printed, and errors, from the same archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tests.engine.archives import cases, tsx_run, write
from tests.filetests.case import Case
from tests.filetests.stages import read_input, run
from tsx.errors import TsxError

pytestmark = pytest.mark.engine


def _words(case: Case, folder: Path) -> list[str]:
    """The case's inputs as options of the command."""
    words: list[str] = []
    for name, text in case.named("input").items():
        value = read_input(text)
        if isinstance(value, np.ndarray):
            np.save(folder / f"{name}.npy", value)
            words += ["--input", f"{name}={folder / name}.npy"]
        else:
            words += ["--value", f"{name}={value!r}"]
    return words


def _comparable(text: str) -> list[str]:
    """The lines; of an operator's refusal without its words, which are each runtime's own."""
    lines = text.rstrip("\n").split("\n")
    if "TSX5002: " not in text:
        return lines
    return [line.partition(" failed: ")[0] for line in lines if not line.startswith("help: ")]


def test_filetests_run_alike(tmp_path: Path) -> None:
    compared, differ = 0, []
    for case in cases("run"):
        try:
            write(case.module(), tmp_path / "case.tsx")
        except TsxError:
            continue  # the graph has an operator of nobody's, and no archive holds it
        done = tsx_run(tmp_path / "case.tsx", *_words(case, tmp_path), check=False)
        if done.stderr.startswith("TSX5031"):
            continue  # an operator that gen/without_kernel.txt lists
        compared += 1
        found, expected = _comparable(done.stdout + done.stderr), _comparable(run(case))
        if found != expected:
            differ.append(f"{case.id}\n--- engine\n{found}\n--- NumPy\n{expected}")
    assert not differ, "\n\n".join(differ)
    assert compared > 20
