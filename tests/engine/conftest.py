"""Where the built engine is: ``engine/build``, or what TSX_ENGINE_BUILD names. ``make engine`` builds it.

TSX_EMULATOR is the command that runs it, for a build for another processor: ``qemu-aarch64 -L /usr/aarch64-linux-gnu``.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.engine import wire

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = Path(os.environ.get("TSX_ENGINE_BUILD", ROOT / "engine/build"))

_WORDS = shlex.split(os.environ.get("TSX_EMULATOR", ""))
EMULATOR = [shutil.which(_WORDS[0]) or _WORDS[0], *_WORDS[1:]] if _WORDS else []

Run = Callable[[Sequence[wire.Sample]], list[wire.Answer]]


@pytest.fixture(scope="session")
def driver() -> Path:
    """The kernel driver of the build."""
    found = BUILD / "tests/tsx_kernel_driver"
    assert found.exists(), f"{found} is missing: `make engine` builds it"
    return found


@pytest.fixture(scope="session")
def kernels(driver: Path) -> frozenset[str]:
    """The operators that the build has kernels for."""
    listed = subprocess.run(
        [*EMULATOR, driver, "--list"], capture_output=True, text=True, check=True
    )
    return frozenset(listed.stdout.split())


# A build that is named (one with sanitizers, one for another processor) may have one instruction set only.
_LEVELS = {"best": ""} if "TSX_ENGINE_BUILD" in os.environ else {"best": "", "baseline": "baseline"}


@pytest.fixture(params=_LEVELS.values(), ids=_LEVELS)
def run(request: pytest.FixtureRequest, driver: Path, tmp_path: Path) -> Run:
    """Runs calls in one process, on the best instruction set of this processor and on the baseline."""

    def answers(samples: Sequence[wire.Sample]) -> list[wire.Answer]:
        calls, results = tmp_path / "calls", tmp_path / "answers"
        wire.write(calls, samples)
        # aarch64 has one level only.
        level = "" if os.uname().machine == "aarch64" else request.param
        command = [*EMULATOR, driver, calls, results]
        subprocess.run(command, check=True, env={**os.environ, "TSX_ISA": level})
        return wire.read(results)

    return answers
