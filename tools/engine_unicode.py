"""Unicode's letters for the C++ engine: engine/gen/unicode.inc, from the str methods of the Python that runs this.

Every fact is asked of Python itself, so that ``tsx::upper`` and its like mean in the engine what they mean in the NumPy
VM. The table states its version of Unicode; another Python's data is not compared with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

POINTS = range(0x110000)
TABLE = Path(__file__).resolve().parent.parent / "engine/gen/unicode.inc"


def _is_cased(c: str) -> bool:
    return (c + "a").title()[-1] == "a"


def _is_ignorable(c: str) -> bool:
    """Whether a sigma at the end of a word looks past it."""
    return ("A" + c + "Σ").lower()[-1] == "ς" and (c + "Σ").lower()[-1] != "ς"


FLAGS: dict[str, Callable[[str], bool]] = {
    "kAlpha": str.isalpha,
    "kDecimal": str.isdecimal,
    "kDigit": str.isdigit,
    "kNumeric": str.isnumeric,
    "kLower": str.islower,
    "kUpper": str.isupper,
    "kTitle": lambda c: unicodedata.category(c) == "Lt",
    "kPrintable": str.isprintable,
    "kSpace": str.isspace,
    "kStart": str.isidentifier,
    "kContinue": lambda c: ("a" + c).isidentifier(),
    "kCased": _is_cased,
    "kIgnorable": _is_ignorable,
}
CASES: dict[str, Callable[[str], str]] = {
    "kLower": str.lower,
    "kUpper": str.upper,
    "kTitle": str.capitalize,
    "kFold": str.casefold,
}


def _varint(value: int) -> Iterator[int]:
    while value > 127:
        yield value & 127 | 128
        value >>= 7
    yield value


def _signed(value: int) -> Iterator[int]:
    return _varint(value * 2 if value >= 0 else -value * 2 - 1)


def _runs() -> tuple[list[int], list[int]]:
    """The combinations of flags, and the code points as runs of one combination: its length, its number."""
    of = [sum(holds(chr(c)) << i for i, holds in enumerate(FLAGS.values())) for c in POINTS]
    combinations = sorted(set(of))
    data: list[int] = []
    start = 0
    for flags, run in groupby(of):
        length = len(list(run))
        is_decimal = flags >> list(FLAGS).index("kDecimal") & 1
        # The engine reads a digit's value off its place in the run.
        assert not is_decimal or all(int(chr(start + i)) == i % 10 for i in range(length)), hex(
            start
        )
        data += [*_varint(length), combinations.index(flags)]
        start += length
    return combinations, data


def _mapped(mapped: Callable[[str], str]) -> list[int]:
    """One character to one: runs of code points that are ``step`` apart and move as far."""
    moves = [(c, ord(m) - c) for c in POINTS if len(m := mapped(chr(c))) == 1 and ord(m) != c]
    data: list[int] = []
    end, at = 0, 0
    while at < len(moves):
        start, move = moves[at]
        for step in (1, 2):
            count = 1
            while moves[at + count : at + count + 1] == [(start + count * step, move)]:
                count += 1
            if count > 1:
                break
        data += [*_varint(start - end), *_varint(count * 2 + (step - 1)), *_signed(move)]
        end, at = start + (count - 1) * step, at + count
    return data


def _specials() -> list[int]:
    """One character to several: the code point, which mapping, the characters."""
    data: list[int] = []
    for number, mapped in enumerate(CASES.values()):
        for c in POINTS:
            made = mapped(chr(c))
            if len(made) > 1:
                data += [*_varint(c), number, len(made)]
                data += [byte for m in made for byte in _varint(ord(m))]
    return data


def _array(name: str, type: str, numbers: list[int]) -> list[str]:
    lines = [f"constexpr std::{type} {name}[] = {{"]
    row = "   "
    for number in numbers:
        if len(row) + len(str(number)) > 97:
            lines.append(row)
            row = "   "
        row += f" {number},"
    return [*lines, row, "};"]


def table() -> str:
    """engine/gen/unicode.inc; what stands there, where this Python has the data of another version."""
    version = unicodedata.unidata_version
    if TABLE.exists():
        there = TABLE.read_text(encoding="utf-8")
        stated = re.search(r'kVersion\[\] = "([^"]*)"', there)
        if stated and stated[1] != version:
            return there
    combinations, runs = _runs()
    lines = [
        "// Generated from Python's own data by `make generate` (tools/engine_unicode.py).",
        f'constexpr char kVersion[] = "{version}";',
        *_array("kCombinations", "uint16_t", combinations),
        *_array("kRuns", "uint8_t", runs),
        *_array("kSpecials", "uint8_t", _specials()),
    ]
    for name, mapped in CASES.items():
        lines += _array(f"{name}Moves", "uint8_t", _mapped(mapped))
    return "\n".join(lines) + "\n"
