"""Both runtimes lower alike: the engine's instructions, as text, are those of Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tests.engine.archives import cases, tsx_run, write
from tests.filetests.case import Case
from tsx.errors import TsxError
from tsx.ir.module import Module
from tsx.runtime.disassemble import disassemble
from tsx.runtime.lower import lower_module
from tsx.serialize import archive

pytestmark = pytest.mark.engine
GOLDEN = sorted((Path(__file__).resolve().parents[2] / "fixtures/golden").rglob("*.tsx"))


def _check(module: Module, path: Path) -> None:
    done = tsx_run(path, "--dump-code", check=False)
    if done.stderr.startswith("TSX5031"):
        assert done.returncode == 5  # an operator that gen/without_kernel.txt lists
        return
    assert done.returncode == 0, done.stderr
    assert done.stdout == disassemble(lower_module(module))


@pytest.mark.parametrize("stage", ["lower", "run"])
def test_filetests_lower_alike(stage: str, tmp_path: Path) -> None:
    compared = 0
    for case in cases(stage):
        module = _saved(case, tmp_path / "case.tsx")
        if module is not None:
            _check(module, tmp_path / "case.tsx")
            compared += 1
    assert compared > 10


def _saved(case: Case, path: Path) -> Module | None:
    """The case as an archive; None when its graph can't be saved (it has an operator of nobody's)."""
    try:
        write(case.module(), path)
    except TsxError:
        return None
    return archive.load(path)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_archives_lower_alike(path: Path) -> None:
    _check(archive.load(path), path)
