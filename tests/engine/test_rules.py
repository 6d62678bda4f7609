"""The rules of operators say the same in the engine as in Python, of real calls and of changed ones (``rule_cases``).

``python -m tests.engine.test_rules [WORD …]`` prints the differences of rules whose names have one of the words.
"""

from __future__ import annotations

import collections
import re
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.engine import rule_cases
from tests.engine.conftest import BUILD, EMULATOR
from tools.engine_rules import rule_name
from tsx.ir.op import lookup

pytestmark = pytest.mark.engine


def asked(calls: Sequence[rule_cases.Call]) -> list[str]:
    """What the engine's rules say to the calls."""
    lines = "".join(
        " ".join([kind, *map(rule_cases.spelled, operands)]) + "\n" for kind, operands in calls
    )
    command = [*EMULATOR, BUILD / "tests/tsx_rule_driver"]
    ran = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return ran.stdout.split("\n")[:-1]


def differences(calls: Sequence[rule_cases.Call]) -> list[tuple[rule_cases.Call, str, str]]:
    """The calls of which both sides don't say the same, with what Python and the engine say."""
    found = asked(calls)
    assert len(found) == len(calls)
    expected = map(rule_cases.answer, calls)
    rows = zip(calls, expected, found, strict=True)
    return [(c, e, f) for c, e, f in rows if e != f and _rounded(e) != _rounded(f)]


def _rounded(answer: str) -> str:
    """What a function gives on numbers may differ in the last digits: NumPy's are not the C library's."""
    return re.sub(r"\d+\.\d+(e[-+]\d+)?", lambda number: f"{float(number[0]):.12g}", answer)


def all_calls(words: Sequence[str] = ()) -> list[rule_cases.Call]:
    real = [variant for call in rule_cases.calls() for variant in rule_cases.variants(call)]
    return [
        call
        for call in real + rule_cases.from_schemas()
        if not words or any(word in _rule(call[0]) for word in words)
    ]


def _rule(kind: str) -> str:
    op = lookup(kind)
    assert op is not None
    return rule_name(op)


def test_rules_say_the_same() -> None:
    calls = all_calls()
    assert len(calls) > 50_000
    assert not differences(calls)


def main() -> None:
    calls = all_calls(sys.argv[1:])
    wrong = differences(calls)
    by_rule = collections.Counter(_rule(kind) for (kind, _), _, _ in wrong)
    shown: collections.Counter[str] = collections.Counter()
    for (kind, operands), expected, found in wrong:
        shown[_rule(kind)] += 1
        if shown[_rule(kind)] <= 3:
            print(f"{_rule(kind)}: {kind}({', '.join(map(rule_cases.told, operands))})")
            print(f"    Python {expected}\n    engine {found}")
    print(f"{len(calls)} calls, {len(wrong)} differ: {dict(by_rule)}")


if __name__ == "__main__":
    main()
