"""Random well-typed programs do on the VM what they do in Python, optimised or not. CI runs a slice of a campaign:
``python -m tests.script.generate --seeds 0:20000`` runs a whole one, ``TSX_PROGRAMS`` says how many seeds run here.
"""

from __future__ import annotations

import os

import pytest

from tests.script.generate.check import Finding, check
from tests.script.generate.program import Program, make
from tests.script.generate.reduce import reduce

pytestmark = [pytest.mark.torch, pytest.mark.script, pytest.mark.filterwarnings("ignore")]
FIRST = 1_000_000  # not among those of the recorded campaigns
COUNT = int(os.environ.get("TSX_PROGRAMS", "150"))
SLICES = 6


@pytest.mark.parametrize("part", range(SLICES))
def test_programs(part: int) -> None:
    for seed in range(FIRST + part, FIRST + COUNT, SLICES):
        program = make(seed)
        found = check(program)
        if found is not None:
            small = reduce(program, check)
            again = check(small) or found
            pytest.fail(f"seed {seed}: {again.kind}\n{small.source}\n{small.calls}\n{again.detail}")


def test_programs_are_not_empty_talk() -> None:
    """They are long enough, differ, loop, branch, return early, write into containers, and raise now and then."""
    sources = [make(seed).source for seed in range(200)]
    assert len(set(sources)) == len(sources)
    words = ("while ", "for ", "if ", "elif ", "else:", "break", "continue", "return ", ".append(", "lambda ",
             "def f", "torch.", " for q", "is not None", "print(", "Optional[", "dict[", "tuple[")  # fmt: skip
    for word in words:
        assert sum(word in source for source in sources) >= 10, word


def test_a_wrong_compiler_would_be_found() -> None:
    """The reducer keeps the failure and makes the program small."""

    def no_loops(program: Program) -> Finding | None:
        return Finding("has a loop", "") if "while " in program.source else None

    program = next(p for p in map(make, range(500)) if "while " in p.source)
    small = reduce(program, no_loops)
    assert "while " in small.source
    assert small.source.count("\n") < program.source.count("\n") / 2


def test_running_out_of_memory_is_what_python_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that grows by a factor with each turn stops both, and takes the machine down with neither."""
    monkeypatch.setattr("tests.script.generate.check._BYTES", 256 << 20)
    body = "    for _ in range(99):\n        s = ','.join([s for _ in range(64)])\n    return s\n"
    program = Program(0, "def entry(s: str) -> str:\n" + body, (("ab",),))
    assert check(program) is None
