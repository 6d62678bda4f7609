"""Loading and running an archive touches nothing but the archive: no other file, no import, no process (P1)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
GOLDEN = REPOSITORY / "fixtures" / "golden"
WATCH = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import numpy as np
from tsx.runtime.border import Executable
from tsx.serialize.archive import load

inputs = {}
paths = sorted(Path(sys.argv[2]).glob("*/*.tsx"))
for path in paths:
    if path.with_suffix(".npz").exists():
        with np.load(path.with_suffix(".npz")) as stored:
            given = [stored[key] for key in stored if key.startswith("run0.input")]
        inputs[path] = [array.item() if array.ndim == 0 else array for array in given]

def use(path):
    module = load(path)
    before = len(events)
    if path in inputs:
        Executable(module).run("forward", inputs[path], {})
    ran.extend(events[before:])

def watch(event, args):
    if not event.startswith(harmless):
        events.append((event, repr(args)[:200]))

events, ran, harmless = [], [], ("object.", "sys._getframe", "gc.", "mmap.", "ctypes.", "builtins.id")
for path in paths:
    use(path)  # whatever Python imports lazily is imported now
events, ran = [], []
sys.addaudithook(watch)
for path in paths:
    use(path)
print(json.dumps([events, ran]))
"""


@pytest.fixture(scope="module")
def watched() -> tuple[list[list[str]], list[list[str]]]:
    """The audit events of loading (and running) all golden archives, and those of running alone."""
    command = [sys.executable, "-c", WATCH, str(REPOSITORY), str(GOLDEN)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    events, ran = json.loads(done.stdout)
    return events, ran


def test_loading_opens_the_archive_and_nothing_else(
    watched: tuple[list[list[str]], list[list[str]]],
) -> None:
    opened = [args for event, args in watched[0] if event == "open"]
    assert opened
    allowed = (str(GOLDEN), "/proc/self/mounts")
    assert [args for args in opened if not any(path in args for path in allowed)] == []


def test_loading_and_running_cause_no_other_event(
    watched: tuple[list[list[str]], list[list[str]]],
) -> None:
    assert {event for event, _ in watched[0]} == {"open"}


def test_running_opens_nothing(watched: tuple[list[list[str]], list[list[str]]]) -> None:
    assert watched[1] == []
