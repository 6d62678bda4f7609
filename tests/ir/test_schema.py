"""Schemas read back what they were read from, and a damaged one is refused with a code."""

from __future__ import annotations

import contextlib

import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import TsxError
from tsx.ir.op import all_ops
from tsx.ir.schema import parse_schema


def test_text_is_kept() -> None:
    for op in all_ops():
        assert parse_schema(str(op.schema)) == op.schema


def test_damage_is_refused_or_read() -> None:
    """Every schema cut off at every place, and with one character more or less."""
    for op in all_ops()[::7]:
        text = str(op.schema)
        for place in range(len(text)):
            for damaged in (
                text[:place],
                text[:place] + text[place + 1 :],
                text[:place] + "(" + text[place:],
            ):
                with contextlib.suppress(TsxError):
                    parse_schema(damaged)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("my::f(Tensor", "expected more, found the end"),
        ("my::f(Tensor[n] x) -> Tensor", "expected a length, found 'n'"),
        ("my::f(int x=-) -> Tensor", "expected a number, found '-'"),
        ("f(Tensor x) -> Tensor", "expected namespace::name"),
        ("my::f(Tensor x) -> Tensor y z", "expected the end, found 'z'"),
    ],
)
def test_the_place_is_named(text: str, expected: str) -> None:
    with pytest.raises(TsxError, match="TSX4001") as caught:
        parse_schema(text)
    assert expected in caught.value.message
