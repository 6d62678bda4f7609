"""Symbolic sizes: the normal form decides equality, every identity holds for every binding, text reads back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsx.errors import TsxError
from tsx.ir.dims import Dim, evaluate, exact_div, parse_dim, sym

SYMBOLS = ("s0", "s1", "batch")


@dataclass(frozen=True)
class Size:
    """A size built both ways: as ``Dim``, and as a Python expression that is its meaning."""

    dim: Dim
    text: str

    def value(self, bindings: Mapping[str, int]) -> int:
        return int(eval(self.text, {"__builtins__": {}}, dict(bindings)))


@st.composite
def sizes(draw: Any, depth: int = 4) -> Size:
    if depth == 0 or draw(st.booleans()):
        number, name = draw(st.integers(-9, 9)), draw(st.sampled_from(SYMBOLS))
        return draw(st.sampled_from([Size(number, str(number)), Size(sym(name), name)]))
    a = draw(sizes(depth - 1))
    step = draw(st.sampled_from(["+", "-", "*", "//", "%"]))
    if step in ("//", "%"):
        by = draw(st.integers(1, 7))
        result = a.dim // by if step == "//" else a.dim % by
        return Size(result, f"(({a.text}) {step} {by})")
    b = draw(sizes(depth - 1))
    result = a.dim + b.dim if step == "+" else a.dim - b.dim if step == "-" else a.dim * b.dim
    return Size(result, f"(({a.text}) {step} ({b.text}))")


bindings = st.fixed_dictionaries({name: st.integers(0, 200) for name in SYMBOLS})


@given(sizes(), bindings)
def test_a_size_means_what_it_was_made_from(size: Size, values: dict[str, int]) -> None:
    assert evaluate(size.dim, values) == size.value(values)


@given(sizes())
def test_text_reads_back(size: Size) -> None:
    assert parse_dim(str(size.dim)) == size.dim


@given(sizes(), sizes(), bindings)
def test_equal_forms_are_equal_and_a_difference_is_real(
    a: Size, b: Size, values: dict[str, int]
) -> None:
    if a.dim == b.dim:
        assert a.value(values) == b.value(values)
    gap = a.dim - b.dim
    if isinstance(gap, int):
        assert a.value(values) - b.value(values) == gap


@given(sizes(), sizes(), bindings)
def test_a_product_divides_exactly(a: Size, b: Size, values: dict[str, int]) -> None:
    quotient = exact_div(a.dim * b.dim, b.dim)
    if quotient is not None and b.value(values):
        assert evaluate(quotient, values) == a.value(values)


@given(sizes(), bindings, bindings)
def test_substitution_is_evaluation_in_steps(
    size: Size, first: dict[str, int], second: dict[str, int]
) -> None:
    if isinstance(size.dim, int):
        return
    part: dict[str, Dim] = {"s0": first["s0"], "s1": sym("batch") + 1}
    whole = {**second, "s0": first["s0"], "s1": second["batch"] + 1}
    assert evaluate(size.dim.substitute(part), second) == size.value(whole)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ((sym("s0") + 1) // 2, "(s0 + 1) // 2"),
        (((sym("s0") + 1) // 2 + 1) // 2, "(s0 + 3) // 4"),
        ((2 * sym("s0") + 1) // 2, "s0"),
        (sym("s0") % 2, "-2*(s0 // 2) + s0"),
        (sym("s0") * sym("s1") * 2 - 3, "2*s0*s1 - 3"),
        (sym("s0") - sym("s0"), "0"),
    ],
)
def test_normal_forms(size: Dim, text: str) -> None:
    assert str(size) == text


def test_sizes_that_grow_without_end_are_refused() -> None:
    size: Dim = sum((sym(f"s{i}") for i in range(4)), start=sym("t"))
    for _ in range(2):
        size = size * size
    with pytest.raises(TsxError) as caught:
        size * size
    assert caught.value.code == "TSX8003"


@pytest.mark.parametrize("text", ["", "s0 +", "(s0", "s0 // 0", "s0 // s1", "s0 ** 2", "1.5", ")"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(TsxError) as caught:
        parse_dim(text)
    assert caught.value.code == "TSX8001"


def test_divisions_in_divisions_stop_before_they_fill_the_memory() -> None:
    def nested(size: Dim) -> Dim:
        for _ in range(64):  # each writes the one before it twice
            size = (size * size + 1) // 3
        return size

    with pytest.raises(TsxError, match="TSX8003"):
        nested(sym("n"))
