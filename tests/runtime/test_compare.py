"""Results beside their originals: arrays within tolerance, and every other kind of value exactly."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

from tsx.runtime.compare import compare
from tsx.runtime.plain import json_value, plain_text, shown_parts
from tsx.runtime.tree import named_tuple, record_type
from tsx.runtime.values import EnumMember


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Pair(NamedTuple):
    label: str
    score: float


@dataclass
class Found:
    box: Any
    name: str


ONES = np.ones(3, np.float32)
EQUAL = [
    ("a", "a"),
    (None, None),
    (3, 3),
    (True, True),
    (1.5, 1.5 + 1e-9),
    (float("nan"), float("nan")),
    (1 + 2j, 1 + 2j),
    ([], []),
    ([[1], []], [[1], []]),
    ({"a": [1, 2], "b": []}, {"a": [1, 2], "b": []}),
    ({1, 2}, {2, 1}),
    (EnumMember("m.Color", "RED", 1), Color.RED),
    (named_tuple("Pair", ("label", "score"))("a", 0.5), Pair("a", 0.5)),
    (("a", 0.5), Pair("a", 0.5)),
    (record_type("m.Found")({"box": ONES, "name": "b"}), Found(ONES, "b")),
    (record_type("m.Found")({"box": None, "name": "b"}), Found(None, "b")),
    ((ONES, "a", [1, None]), (ONES * (1 + 1e-6), "a", [1, None])),
]
UNEQUAL = [
    ("a", "b"),
    ("1", 1),
    (1, 1.0),
    (True, 1),
    (None, "None"),
    (2**70, 2**70 + 1),
    ([], {}),
    ([], None),
    ([1], [1, 2]),
    ({"a": 1}, {"b": 1}),
    ({1, 2}, {1, 3}),
    ([[1.0], [2.0]], [[1.0], [2.1]]),
    (EnumMember("m.Color", "RED", 1), Color.BLUE),
    (record_type("m.Found")({"box": ONES, "name": "b"}), Found(ONES, "c")),
    ((ONES, "a"), (ONES, "b")),
    ((ONES, "a"), (ONES,)),
    (ONES, "a"),
    ([ONES], ONES),
]


@pytest.mark.parametrize(("ours", "original"), EQUAL)
def test_equal(ours: Any, original: Any) -> None:
    found = compare(ours, original)
    assert found
    assert all(d.equal for d in found), found


@pytest.mark.parametrize(("ours", "original"), UNEQUAL)
def test_unequal(ours: Any, original: Any) -> None:
    found = compare(ours, original)
    assert [d for d in found if not d.equal and d.detail], found


def test_the_first_part_that_differs_is_named() -> None:
    ours = {"words": ["a", "b"], "count": 2}
    original = {"words": ["a", "c"], "count": 2}
    (found,) = compare(ours, original)
    assert found.detail == "output.words[1]: tsx gives 'b', the original 'c'"


def test_what_holds_no_array_is_shown_whole() -> None:
    value = (ONES, {"a": [1, 2]}, Found(ONES, "x"))
    assert [name for name, _ in shown_parts("output", value)] == [
        "output[0]",
        "output[1]",
        "output[2].box",
        "output[2].name",
    ]


@pytest.mark.parametrize(
    ("value", "text", "in_json"),
    [
        ("a'b\n", '"a\'b\\n"', "a'b\n"),
        (None, "None", None),
        ((1,), "(1,)", [1]),
        ([1.5, float("inf")], "[1.5, inf]", [1.5, "inf"]),
        (1 + 2j, "(1+2j)", [1.0, 2.0]),
        ({3, 1}, "{1, 3}", [1, 3]),
        (set(), "set()", []),
        ({1: "a"}, "{1: 'a'}", [[1, "a"]]),
        ({"a": (1, None)}, "{'a': (1, None)}", {"a": [1, None]}),
        (Color.RED, "Color.RED", "Color.RED"),
        (EnumMember("m.Color", "RED", 1), "Color.RED", "Color.RED"),
        (Pair("a", 0.5), "Pair(label='a', score=0.5)", {"label": "a", "score": 0.5}),
        (
            record_type("m.Found")({"box": None, "name": "b"}),
            "Found(box=None, name='b')",
            {"box": None, "name": "b"},
        ),
    ],
)
def test_text_and_json(value: Any, text: str, in_json: Any) -> None:
    assert plain_text(value) == text
    assert json_value(value) == in_json
    json.dumps(json_value(value), allow_nan=False)
