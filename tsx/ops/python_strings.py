"""Strings as Python has them: sequences of Unicode characters, with all of Python's methods.

``aten::len.str`` and its like count UTF-8 bytes, as TorchScript does. What is not here means the same there: ``+``, the
comparisons, ``hex``, ``oct``, ``bin``.
"""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

import operator
from collections.abc import Callable

from tsx.ops.number_rules import define


def _slice(text: str, start: int | None, end: int | None, step: int) -> str:
    return text[slice(start, end, step)]


def _any_of(
    question: Callable[..., bool],
) -> Callable[[str, list[str], int | None, int | None], bool]:
    """``startswith`` or ``endswith`` of one of several."""
    return lambda text, parts, start, end: question(text, tuple(parts), start, end)


# fmt: off
define("tsx::len.str(str s) -> int", len)
define("tsx::Bool.str(str s) -> bool", bool)
define("tsx::__getitem__.str(str s, int index) -> str", operator.getitem, raises=True)
define("tsx::slice.str(str s, int? start=None, int? end=None, int step=1) -> str", _slice, raises=True)
define("tsx::__contains__.str(str s, str part) -> bool", operator.contains)
define("tsx::mul.str(str s, int n) -> str", operator.mul)
define("tsx::mul.str_right(int n, str s) -> str", operator.mul)
define("tsx::list.str(str s) -> str[]", list)
define("tsx::ord(str s) -> int", ord, raises=True)
define("tsx::chr(int i) -> str", chr, raises=True)
define("tsx::join(str self, str[] values) -> str", str.join)

# --- questions -----------------------------------------------------------------------------------------------------

for _question in (
    str.isalnum, str.isalpha, str.isascii, str.isdecimal, str.isdigit, str.isidentifier, str.islower, str.isnumeric,
    str.isprintable, str.isspace, str.istitle, str.isupper,
):
    define(f"tsx::{_question.__name__}(str self) -> bool", _question)

# --- letters -------------------------------------------------------------------------------------------------------

for _letters in (str.capitalize, str.casefold, str.lower, str.swapcase, str.title, str.upper):
    define(f"tsx::{_letters.__name__}(str self) -> str", _letters)

# --- searching -----------------------------------------------------------------------------------------------------

_WITHIN = "str self, str sub, int? start=None, int? end=None"
define(f"tsx::count.str({_WITHIN}) -> int", str.count)
define(f"tsx::find({_WITHIN}) -> int", str.find)
define(f"tsx::rfind({_WITHIN}) -> int", str.rfind)
define(f"tsx::index.str({_WITHIN}) -> int", str.index, raises=True)
define(f"tsx::rindex({_WITHIN}) -> int", str.rindex, raises=True)
define(f"tsx::startswith({_WITHIN}) -> bool", str.startswith)
define(f"tsx::endswith({_WITHIN}) -> bool", str.endswith)
define("tsx::startswith.any(str self, str[] subs, int? start=None, int? end=None) -> bool", _any_of(str.startswith))
define("tsx::endswith.any(str self, str[] subs, int? start=None, int? end=None) -> bool", _any_of(str.endswith))

# --- cutting and filling -----------------------------------------------------------------------------------------------

for _strip in (str.strip, str.lstrip, str.rstrip):
    define(f"tsx::{_strip.__name__}(str self, str? chars=None) -> str", _strip)
for _fill in (str.center, str.ljust, str.rjust):
    define(f'tsx::{_fill.__name__}(str self, int width, str fillchar=" ") -> str', _fill, raises=True)
define("tsx::zfill(str self, int width) -> str", str.zfill)
define("tsx::expandtabs(str self, int tabsize=8) -> str", str.expandtabs)
define("tsx::removeprefix(str self, str prefix) -> str", str.removeprefix)
define("tsx::removesuffix(str self, str suffix) -> str", str.removesuffix)
define("tsx::replace(str self, str old, str new, int count=-1) -> str", str.replace)
define("tsx::split.str(str self, str? sep=None, int maxsplit=-1) -> str[]", str.split, raises=True)
define("tsx::rsplit(str self, str? sep=None, int maxsplit=-1) -> str[]", str.rsplit, raises=True)
define("tsx::splitlines(str self, bool keepends=False) -> str[]", str.splitlines)
define("tsx::partition(str self, str sep) -> ((str, str, str))", str.partition, raises=True)
define("tsx::rpartition(str self, str sep) -> ((str, str, str))", str.rpartition, raises=True)
# fmt: on
