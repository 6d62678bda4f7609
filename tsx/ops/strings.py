"""Operators on strings, with TorchScript's meaning: UTF-8 bytes, and floats printed as C++ prints them."""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

import operator
import re
from collections.abc import Callable

from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.op import Abstract, Unknown
from tsx.ops.abstract import mismatch
from tsx.ops.define import op
from tsx.ops.number_rules import define


def text_of(value: object) -> str:
    """A value as ``str()`` and ``format`` show it in TorchScript: 3.0 is ``3.``, 0.1 has 17 digits."""
    if isinstance(value, float):
        text = f"{value:.17g}"
        return text if re.search(r"[.en]", text) else f"{text}."
    if isinstance(value, (list, tuple)):
        inner = ", ".join(text_of(v) for v in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    return str(value)


def _format(template: str, *values: object) -> str:
    """Only ``{}`` is a place; what else stands in braces is text."""
    parts = template.split("{}")
    if len(parts) - 1 > len(values):
        raise fail("TSX4012", index=len(values), length=len(values))
    shown = map(text_of, values)  # those beyond the places are left out
    return parts[0] + "".join(next(shown) + part for part in parts[1:])


def _end(text: str, end: int) -> int:
    """The default end, -1, is the end of the text."""
    return len(text) + end + 1 if end < 0 else end


def _within(function: Callable[[str, str], object]) -> Callable[[str, str, int, int], object]:
    """A question about ``text[start:end]``."""
    return lambda text, part, start, end: function(text[start : _end(text, end)], part)


def _find(text: str, part: str, start: int, end: int) -> int:
    return text.find(part, start, _end(text, end))


def _index(text: str, part: str, start: int, end: int) -> int:
    place = _find(text, part, start, end)
    if place < 0:
        raise fail("TSX4013", key=repr(part))
    return place


def _character(text: str, index: int) -> str:
    if not -len(text) <= index < len(text):
        raise fail("TSX4012", index=index, length=len(text))
    return text[index]


def _code(text: str) -> int:
    if len(text) != 1:
        raise mismatch("aten::ord", "a string of one character", repr(text))
    return ord(text)


def _split(text: str, separator: str | None, most: int) -> list[str]:
    return text.split() if separator is None else text.split(separator, most)


def _letters(made: Callable[[bytes], bytes]) -> Callable[[str], str]:
    """TorchScript knows the letters of ASCII only, as Python's bytes do."""
    return lambda text: made(text.encode()).decode()


def _question(answer: Callable[[bytes], bool]) -> Callable[[str], bool]:
    return lambda text: answer(text.encode())


def _str_rule(*_: Abstract) -> Abstract:
    return Unknown(ty.STR)


# fmt: off
define("aten::add.str(str a, str b) -> str", operator.add)
define("aten::__getitem__.str(str s, int index) -> str", _character)
define("prim::StringIndex(str string, int index) -> str", _character)
define("aten::slice.str(str string, int? start=None, int? end=None, int step=1) -> str", lambda s, start, end, step: s[slice(start, end, step)])
op("aten::str(t elem) -> str", infer=_str_rule, eval=text_of)
op("aten::format(str self, ...) -> str", infer=_str_rule, eval=_format)
define("aten::join(str self, str[] values) -> str", str.join)
define("aten::split.str(str self, str? separator=None, int max=-1) -> str[]", _split)
define("aten::splitlines(str self, bool keepends=False) -> str[]", str.splitlines)
define("aten::upper(str self) -> str", _letters(bytes.upper))
define("aten::lower(str self) -> str", _letters(bytes.lower))
define("aten::capitalize(str self) -> str", _letters(bytes.capitalize))
define("aten::title(str self) -> str", _letters(bytes.title))
define('aten::strip(str self, str chars=" \\n\\t\\f\\v") -> str', str.strip)
define('aten::lstrip(str self, str chars=" \\n\\t\\f\\v") -> str', str.lstrip)
define('aten::rstrip(str self, str chars=" \\n\\t\\f\\v") -> str', str.rstrip)
define("aten::replace(str self, str old, str new, int max=-1) -> str", str.replace)
define("aten::startswith(str self, str substr, int start=0, int end=-1) -> bool", _within(str.startswith))
define("aten::endswith(str self, str substr, int start=0, int end=-1) -> bool", _within(str.endswith))
define("aten::count(str self, str substr, int start=0, int end=-1) -> int", _within(str.count))
define("aten::find(str self, str substr, int start=0, int end=-1) -> int", _find)
define("aten::index.str(str self, str substr, int start=0, int end=-1) -> int", _index)
define("aten::isdigit(str self) -> bool", _question(bytes.isdigit))
define("aten::isalpha(str self) -> bool", _question(bytes.isalpha))
define("aten::isspace(str self) -> bool", _question(bytes.isspace))
define("aten::zfill(str self, int width) -> str", str.zfill)
define("aten::ord(str string) -> int", _code)
define("aten::chr(int i) -> str", chr)
define("aten::hex(int i) -> str", hex)
define("aten::oct(int i) -> str", oct)
define("aten::bin(int i) -> str", bin)
