"""String and formatting operators against Python itself, over many values."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.python_meaning import (
    BOOLS,
    COMPLEXES,
    CUTS,
    FLOATS,
    INTS,
    PARTS,
    SMALL,
    TEXTS,
    check,
    lists,
)  # fmt: skip
from tsx.ops.call import call

WIDTHS = st.integers(-2, 12)
COUNTS = st.integers(-2, 4)
FILLS = st.one_of(st.just(" "), PARTS)
VALUES = st.recursive(
    st.one_of(INTS, FLOATS, BOOLS, COMPLEXES, TEXTS, st.none()),
    lambda inner: st.one_of(
        lists(inner), lists(inner).map(tuple), st.dictionaries(st.one_of(TEXTS, INTS), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip
SPECS = st.from_regex(r"\A([*é]?[<>=^])?[-+ ]?z?#?0?\d?[,_]?(\.\d)?[bcdeEfFgGnosxX%]?\Z")
PERCENTS = st.from_regex(r"\A(a|%[-+ #0]{0,2}\d?(\.\d)?[diouxXeEfFgGcrsa%]){0,3}\Z")
TEMPLATES = st.from_regex(r"\A(a|\{\{|\}\}|\{\}|\{[01]?(![rsa])?(:[<>^]?[0-9]?(\.2f)?)?\}){0,3}\Z")

QUESTIONS = [
    "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable",
    "isspace", "istitle", "isupper",
]  # fmt: skip
LETTERS = ["capitalize", "casefold", "lower", "swapcase", "title", "upper"]


def sliced(text: str, start: int | None, end: int | None, step: int) -> str:
    return text[start:end:step]


def any_of(method: Callable[..., bool]) -> Callable[..., bool]:
    return lambda text, parts, start, end: method(text, tuple(parts), start, end)


ROWS: dict[str, tuple[Any, ...]] = {
    "tsx::len.str": (len, TEXTS),
    "tsx::Bool.str": (bool, TEXTS),
    "tsx::__getitem__.str": (operator.getitem, TEXTS, st.one_of(SMALL, INTS)),
    "tsx::slice.str": (sliced, TEXTS, CUTS, CUTS, SMALL),
    "tsx::__contains__.str": (operator.contains, TEXTS, PARTS),
    "tsx::mul.str": (operator.mul, TEXTS, SMALL),
    "tsx::mul.str_right": (operator.mul, SMALL, TEXTS),
    "tsx::list.str": (list, TEXTS),
    "tsx::ord": (ord, st.one_of(TEXTS, st.characters())),
    "tsx::chr": (chr, st.one_of(INTS, st.integers(-1, 0x110000))),
    "tsx::join": (str.join, PARTS, lists(TEXTS)),
    "tsx::count.str": (str.count, TEXTS, PARTS, CUTS, CUTS),
    "tsx::find": (str.find, TEXTS, PARTS, CUTS, CUTS),
    "tsx::rfind": (str.rfind, TEXTS, PARTS, CUTS, CUTS),
    "tsx::index.str": (str.index, TEXTS, PARTS, CUTS, CUTS),
    "tsx::rindex": (str.rindex, TEXTS, PARTS, CUTS, CUTS),
    "tsx::startswith": (str.startswith, TEXTS, PARTS, CUTS, CUTS),
    "tsx::endswith": (str.endswith, TEXTS, PARTS, CUTS, CUTS),
    "tsx::startswith.any": (any_of(str.startswith), TEXTS, lists(PARTS), CUTS, CUTS),
    "tsx::endswith.any": (any_of(str.endswith), TEXTS, lists(PARTS), CUTS, CUTS),
    "tsx::strip": (str.strip, TEXTS, st.one_of(st.none(), PARTS)),
    "tsx::lstrip": (str.lstrip, TEXTS, st.one_of(st.none(), PARTS)),
    "tsx::rstrip": (str.rstrip, TEXTS, st.one_of(st.none(), PARTS)),
    "tsx::center": (str.center, TEXTS, WIDTHS, FILLS),
    "tsx::ljust": (str.ljust, TEXTS, WIDTHS, FILLS),
    "tsx::rjust": (str.rjust, TEXTS, WIDTHS, FILLS),
    "tsx::zfill": (str.zfill, TEXTS, WIDTHS),
    "tsx::expandtabs": (str.expandtabs, TEXTS, WIDTHS),
    "tsx::removeprefix": (str.removeprefix, TEXTS, PARTS),
    "tsx::removesuffix": (str.removesuffix, TEXTS, PARTS),
    "tsx::replace": (str.replace, TEXTS, PARTS, PARTS, COUNTS),
    "tsx::split.str": (str.split, TEXTS, st.one_of(st.none(), PARTS), COUNTS),
    "tsx::rsplit": (str.rsplit, TEXTS, st.one_of(st.none(), PARTS), COUNTS),
    "tsx::splitlines": (str.splitlines, TEXTS, BOOLS),
    "tsx::partition": (str.partition, TEXTS, PARTS),
    "tsx::rpartition": (str.rpartition, TEXTS, PARTS),
    "aten::add.str": (operator.add, TEXTS, TEXTS),
    "aten::lt.str": (operator.lt, TEXTS, TEXTS),
    "aten::hex": (hex, INTS),
    "aten::oct": (oct, INTS),
    "aten::bin": (bin, INTS),
    "tsx::str": (str, VALUES),
    "tsx::repr": (repr, VALUES),
    "tsx::repr.tuple": (lambda values: repr(tuple(values)), lists(VALUES)),
    "tsx::ascii": (ascii, VALUES),
    "tsx::format.spec": (format, st.one_of(VALUES, INTS, FLOATS, TEXTS), SPECS),
    "tsx::format": (str.format, TEMPLATES, VALUES, FLOATS),
    "tsx::percent": (lambda text, a, b: text % (a, b), PERCENTS, st.one_of(VALUES, INTS), st.one_of(FLOATS, TEXTS)),
}  # fmt: skip
ROWS |= {f"tsx::{name}": (getattr(str, name), TEXTS) for name in [*QUESTIONS, *LETTERS]}


@pytest.mark.parametrize("kind", ROWS)
def test_operators_mean_what_python_means(kind: str) -> None:
    python, *operands = ROWS[kind]

    @given(st.tuples(*operands))
    def compare(values: tuple[Any, ...]) -> None:
        check(kind, python, *values)

    compare()


@given(st.lists(INTS, unique=True, max_size=1))
def test_sets_print_as_sets(values: list[int]) -> None:
    """Of one element at most: the order of more is Python's secret."""
    assert call("tsx::repr.set", dict.fromkeys(values)) == repr(set(values))


def test_elements_of_a_set_print_in_the_order_of_insertion() -> None:
    assert call("tsx::repr.set", {"b": None, "a": None}) == "{'b', 'a'}"
