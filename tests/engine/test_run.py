"""Both runtimes run alike: results, what is printed, and errors, from the same archive."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tests.engine.archives import cases, tsx_run, write
from tests.engine.number_programs import Writer
from tests.filetests.case import Case
from tests.filetests.stages import read_input, run
from tsx.errors import TsxError, error_codes
from tsx.ir.module import Method, Module, Parameter, TreeSpec
from tsx.ir.text import parse_graph
from tsx.runtime.border import Executable

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
    """The lines; of an operator's refusal without its words, which are each runtime's own.

    The command tells what the engine tells a C++ program, so helps are left out where those are others.
    """
    lines = text.rstrip("\n").split("\n")
    if any(f"{row.code}: " in text for row in error_codes().values() if row.api != row.help):
        lines = [line for line in lines if not line.startswith("help: ")]
    return [line.partition(" failed: ")[0] if "TSX5002: " in text else line for line in lines]


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


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_random_programs_over_numbers_run_alike(first: int, tmp_path: Path) -> None:
    inputs = {"n": 5, "m": -2, "f": 1.5, "c": True}
    stopped = 0
    for seed in range(first, first + 50):
        module = number_module(Writer(seed).graph())
        write(module, tmp_path / "case.tsx")
        words = [word for k, v in inputs.items() for word in ("--value", f"{k}={v}")]
        done = tsx_run(tmp_path / "case.tsx", *words, check=False)
        expected = _numbers(module, inputs)
        stopped += isinstance(expected, TsxError)
        shown = "".join(f"{value!r}\n" for value in expected) if isinstance(expected, tuple) else ""
        assert done.stdout == shown, (seed, done)
        if isinstance(expected, TsxError):
            assert done.stderr.startswith(f"{expected.code}: {expected.message}"), (seed, done)
    assert stopped < 40  # most programs come to their end


def _numbers(module: Module, inputs: dict[str, object]) -> object:
    """What the NumPy VM gives, or the error that it stops with."""
    try:
        return Executable(module).run("forward", (), inputs)
    except TsxError as error:
        return error


def number_module(text: str) -> Module:
    graph = parse_graph(text)
    graph.name = "forward"
    parameters = tuple(Parameter(value.name) for value in graph.inputs)
    result = TreeSpec("tuple", (TreeSpec("leaf"),) * len(graph.outputs))
    return Module("numbers", {"forward": Method(graph, parameters, result, source="built")})
