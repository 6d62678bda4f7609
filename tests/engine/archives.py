"""Archives for the engine to run: of filetests, fixtures and scripted functions. And the command that runs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.engine.conftest import BUILD, EMULATOR
from tests.filetests.case import Case, read_cases
from tsx.ir.module import Module
from tsx.serialize import archive

FOLDER = Path(__file__).resolve().parent.parent / "filetests"


def cases(stage: str) -> list[Case]:
    """Every case of a stage's folder."""
    return [case for path in sorted((FOLDER / stage).rglob("*.ir")) for case in read_cases(path)]


def write(module: Module, path: Path) -> Path:
    archive.save(module, path)
    return path


def tsx_run(*words: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """What the built command says, with no Python on its path."""
    command: Sequence[str] = [*EMULATOR, str(BUILD / "tsx_run"), *map(str, words)]
    environment = {"PATH": "/nonexistent", "LC_ALL": "C", "TSX_ISA": os.environ.get("TSX_ISA", "")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert not check or done.returncode == 0, done.stderr
    return done
