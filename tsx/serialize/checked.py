"""Checked access to decoded msgpack: each function gives a value of the type asked for, or refuses the archive.

``what`` names the field for the error (TSX6005). Nothing here trusts the type, the length or the range of anything.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Sequence
from typing import Any

from tsx.errors import TsxError, fail
from tsx.serialize import limits

INT_MIN, INT_MAX = -(1 << 63), (1 << 63) - 1

_KIND = re.compile(r"[A-Za-z_]\w*::\w+(\.\w+)*", re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_DOTTED = re.compile(r"[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*", re.ASCII)


def malformed(what: str) -> TsxError:
    return fail("TSX6005", what=what)


def integer(value: Any, what: str, low: int = INT_MIN, high: int = INT_MAX) -> int:
    if type(value) is not int or not low <= value <= high:
        raise malformed(f"{what} has to be an integer from {low} to {high}")
    return value


def index(value: Any, table: Sequence[object], what: str) -> int:
    if type(value) is not int or not 0 <= value < len(table):
        raise malformed(f"{what} is not an index of a table of {len(table)}")
    return value


def boolean(value: Any, what: str) -> bool:
    if type(value) is not bool:
        raise malformed(f"{what} has to be true or false")
    return value


def string(value: Any, what: str) -> str:
    if type(value) is not str:
        raise malformed(f"{what} has to be a string")
    limits.within(f"the length of {what}", len(value), limits.STRING)
    return value


def name(value: Any, what: str) -> str:
    """A non-empty string of at most 1024 characters."""
    if type(value) is not str or not value:
        raise malformed(f"{what} has to be a name")
    limits.within(f"the length of {what}", len(value), limits.NAME)
    return value


def kind(value: Any, what: str) -> str:
    return _matching(_KIND, value, what, "namespace::name")


def identifier(value: Any, what: str) -> str:
    return _matching(_IDENTIFIER, value, what, "an identifier")


def dotted(value: Any, what: str) -> str:
    return _matching(_DOTTED, value, what, "identifiers joined by dots")


def binary(value: Any, what: str, length: int | None = None) -> bytes:
    if type(value) is not bytes or (length is not None and len(value) != length):
        raise malformed(f"{what} has to be {'' if length is None else f'{length} '}bytes")
    return value


def array(value: Any, what: str, length: int | None = None) -> list[Any]:
    if type(value) is not list:
        raise malformed(f"{what} has to be an array")
    if length is not None and len(value) != length:
        raise malformed(f"{what} has {len(value)} elements, not {length}")
    return value


def mapping(value: Any, what: str, keys: Collection[str] | None = None) -> dict[str, Any]:
    """A map; with exactly ``keys`` when given."""
    if type(value) is not dict:
        raise malformed(f"{what} has to be a map")
    if keys is not None and value.keys() != set(keys):
        raise malformed(f"{what} has the keys {sorted(value)!r:.200}, not {sorted(keys)}")
    return value


def unique(names: Sequence[str], what: str) -> None:
    if len(set(names)) != len(names):
        raise malformed(f"{what} has a name twice")


def ascending(names: Sequence[str], what: str) -> None:
    if any(a >= b for a, b in itertools.pairwise(names)):
        raise malformed(f"the names of {what} have to ascend")


def _matching(pattern: re.Pattern[str], value: Any, what: str, meaning: str) -> str:
    if not pattern.fullmatch(name(value, what)):
        raise malformed(f"{what} has to be {meaning}")
    return str(value)
