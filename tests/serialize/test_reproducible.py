"""Same input, same bytes: conversions under other hash seeds, folders, locales and time zones give one digest (P11)."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CONVERT = """
import os, runpy, sys
repository = sys.argv[1]
sys.path.insert(0, repository)
import tsx
from tests.serialize.corpus import CORPUS
from tsx.serialize.archive import save

source = runpy.run_path(os.path.join(repository, "fixtures", "resblock.py"))
module = tsx.trace(source["model"], source["example_inputs"])
for program in (module.ir, tsx.optimize(module, passes="fuse").ir, *(make() for make in CORPUS.values())):
    print(save(program, "out.tsx").file_digest.hex())
"""
LOCALES = ["C", "C.UTF-8", "POSIX", "de_DE.UTF-8"]
ZONES = ["UTC", "Asia/Tokyo", "America/New_York"]


def convert(number: int, folder: Path, script: str = CONVERT) -> str:
    """What ``script`` prints as conversion ``number``, in a process, a folder and an environment of its own."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": str(number),
        "LC_ALL": LOCALES[number % len(LOCALES)],
        "TZ": ZONES[number % len(ZONES)],
        "HOME": str(folder),
        "COLUMNS": str(40 + number),
    }
    flags = ["-O"] if number % 2 else []
    command = [sys.executable, *flags, "-c", script, str(REPOSITORY)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def digests(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folders = [tmp_path_factory.mktemp(f"folder{number}") for number in range(20)]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(convert, range(20), folders))


def test_twenty_conversions_give_one_digest(digests: list[str]) -> None:
    assert len(set(digests)) == 1
    assert len(digests[0].split()) > 20


def test_every_program_has_its_own_digest(digests: list[str]) -> None:
    assert len(set(digests[0].split())) == len(digests[0].split())
