"""Builtins, methods and parts of the library: compiled and eager programs agree on many values, errors included.

A program's annotations say what it is tried on. A run that stops at 64 bits counts as agreement where Python's ints go
beyond them.
"""

from __future__ import annotations

import copy
import inspect
import os
import typing
from types import FunctionType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tsx
from tests.script import builtin_programs, container_programs
from tests.script.check import python_outcome
from tests.script.outcome import difference, run

EXAMPLES = int(os.environ.get("TSX_EXAMPLES", "25"))
PROGRAMS = {
    name: found
    for programs in (builtin_programs, container_programs)
    for name, found in vars(programs).items()
    if isinstance(found, FunctionType) and found.__module__ == programs.__name__
}
INTS = st.one_of(st.integers(-4, 9), st.integers(-70, 300))
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 0.5, 1.5, 2.5, -1.0, 0.1, 1e20, float("nan"), float("inf")]),
    st.floats(-10, 10),
)
SPELLINGS = ["12", "-3", "1.5", "x", "{}", "{:>3}|{0}", "b", "1e3", "ff", "1+2j"]
TEXTS = st.one_of(st.text(st.sampled_from("abB é,中 \t\n"), max_size=5), st.sampled_from(SPELLINGS))
BEYOND = (
    "OverflowError",
    "the result needs more than 64 bits",
)  # and no other that Python may raise
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    int: INTS,
    float: FLOATS,
    bool: st.booleans(),
    str: TEXTS,
    complex: st.complex_numbers(max_magnitude=10),
}

# What random values once found, and would seldom find again.
KNOWN: dict[str, list[tuple[Any, ...]]] = {
    "complex_functions": [(5.5680187451334575 + 5e-324j,)],  # the angle is too small for a double
    "complex_waves": [(complex(-1.0, 1e154),)],
    "degrees": [(1.7e308,)],
}


def values_of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of an annotated type."""
    if annotation in PLAIN:
        return PLAIN[annotation]
    origin, parts = (
        typing.get_origin(annotation),
        [values_of(a) for a in typing.get_args(annotation)],
    )
    if origin is list:
        return st.lists(parts[0], max_size=4)
    if origin is set:
        return st.sets(parts[0], max_size=4)
    if origin is dict:
        return st.dictionaries(parts[0], parts[1], max_size=3)
    assert origin is tuple, annotation
    return st.tuples(*parts)


@pytest.mark.parametrize("name", PROGRAMS)
def test_compiled_and_eager_agree(name: str) -> None:
    program = PROGRAMS[name]
    compiled = tsx.script(program)
    hints = typing.get_type_hints(program)
    operands = [values_of(hints[p]) for p in inspect.signature(program).parameters]

    @settings(max_examples=EXAMPLES)
    @given(st.tuples(*operands))
    def compare(args: tuple[Any, ...]) -> None:
        want = run(program, copy.deepcopy(args))
        got = python_outcome(compiled, copy.deepcopy(args))
        if got.error == BEYOND and want.error is None:
            return
        assert difference(got, want) == "", args

    for args in KNOWN.get(name, ()):
        compare = example(args)(compare)
    compare()
