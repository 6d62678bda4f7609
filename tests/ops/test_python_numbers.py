"""Arithmetic, math and cmath operators against Python itself, over many values."""

# ruff: noqa: E501  (tables: one operator a line)
from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.python_meaning import BOOLS, COMPLEXES, FLOATS, INTS, SMALL, TEXTS, check, lists
from tsx.errors import RunError
from tsx.ops.call import call

Row = tuple[Callable[..., Any], *tuple[st.SearchStrategy[Any], ...]]
NATURALS = st.integers(0, 70)
NUMBERS = st.one_of(INTS, FLOATS)
DIGITS = st.one_of(st.integers(-25, 25), SMALL)


def smaller(name: str) -> Callable[..., float]:
    pick = {"max": max, "min": min}[name]
    return lambda a, b: float(pick(a, b))


ROWS: dict[str, Row] = {
    "tsx::div.int": (operator.truediv, INTS, INTS),
    "tsx::div.float": (operator.truediv, FLOATS, FLOATS),
    "tsx::div.int_float": (operator.truediv, INTS, FLOATS),
    "tsx::div.float_int": (operator.truediv, FLOATS, INTS),
    "tsx::div.complex": (operator.truediv, COMPLEXES, COMPLEXES),
    "tsx::div.float_complex": (operator.truediv, FLOATS, COMPLEXES),
    "tsx::div": (operator.truediv, NUMBERS, NUMBERS),
    "aten::floordiv.int": (operator.floordiv, INTS, INTS),
    "tsx::floordiv.float": (operator.floordiv, FLOATS, FLOATS),
    "tsx::floordiv.float_int": (operator.floordiv, FLOATS, INTS),
    "tsx::floordiv": (operator.floordiv, NUMBERS, NUMBERS),
    "aten::remainder.int": (operator.mod, INTS, INTS),
    "tsx::remainder.float": (operator.mod, FLOATS, FLOATS),
    "tsx::remainder.int_float": (operator.mod, INTS, FLOATS),
    "tsx::remainder": (operator.mod, NUMBERS, NUMBERS),
    "aten::divmod.int": (divmod, INTS, INTS),
    "tsx::divmod.float": (divmod, FLOATS, FLOATS),
    "tsx::pow.int": (operator.pow, INTS, NATURALS),
    "tsx::pow.complex": (operator.pow, COMPLEXES, COMPLEXES),
    "tsx::pow.modulo": (pow, INTS, SMALL, INTS),
    "tsx::pow": (operator.pow, st.one_of(SMALL, FLOATS), st.one_of(SMALL, FLOATS)),
    "tsx::__lshift__.int": (operator.lshift, st.one_of(SMALL, INTS), st.integers(-2, 80)),
    "tsx::__rshift__.int": (operator.rshift, INTS, st.integers(-2, 80)),
    "tsx::invert.int": (operator.invert, INTS),
    "tsx::bit_length": (int.bit_length, INTS),
    "tsx::bit_count": (int.bit_count, INTS),
    "tsx::round.float": (round, FLOATS),
    "tsx::round.float_to": (round, FLOATS, DIGITS),
    "tsx::round.int_to": (round, INTS, DIGITS),
    "tsx::round": (round, NUMBERS),
    "tsx::abs.complex": (abs, COMPLEXES),
    "tsx::is_integer": (float.is_integer, FLOATS),
    "tsx::Int.base": (int, st.one_of(TEXTS, st.text("0123zZ_x-b ", max_size=5)), st.integers(-1, 37)),
    "aten::Int.str": (int, st.one_of(TEXTS, INTS.map(str), st.integers().map(str))),
    "aten::Float.str": (float, st.one_of(TEXTS, FLOATS.map(str))),
    "tsx::Complex.str": (complex, st.one_of(TEXTS, COMPLEXES.map(str))),
    "aten::Int.float": (int, FLOATS),
    "aten::floor.float": (math.floor, FLOATS),
    "aten::ceil.float": (math.ceil, FLOATS),
    "tsx::real.complex": (lambda a: a.real, COMPLEXES),
    "tsx::imag.complex": (lambda a: a.imag, COMPLEXES),
    "tsx::conjugate.complex": (complex.conjugate, COMPLEXES),
    "tsx::hash.int": (hash, INTS),
    "tsx::hash.float": (hash, FLOATS.filter(lambda x: not math.isnan(x))),
    "tsx::hash.bool": (hash, BOOLS),
    "tsx::hash.complex": (hash, COMPLEXES.filter(lambda z: not cmath.isnan(z))),
    "tsx::Complex.complex": (lambda x, y: x + y * 1j, COMPLEXES, COMPLEXES),
    "tsx::max.float": (max, FLOATS, FLOATS),
    "tsx::min.float": (min, FLOATS, FLOATS),
    "tsx::max.int_float": (smaller("max"), INTS, FLOATS),
    "tsx::min.float_int": (smaller("min"), FLOATS, INTS),
    "tsx::max": (max, NUMBERS, NUMBERS),
    "tsx::max.str": (max, TEXTS, TEXTS),
    "tsx::sum.int": (sum, lists(INTS), INTS),
    "tsx::sum.float": (sum, lists(FLOATS), FLOATS),
    "tsx::sum.complex": (sum, lists(COMPLEXES), COMPLEXES),
    "tsx::gcd.int": (math.gcd, INTS, INTS),
    "tsx::lcm.int": (math.lcm, INTS, INTS),
    "tsx::log.base": (math.log, FLOATS, FLOATS),
    "tsx::log.complex_base": (cmath.log, COMPLEXES, COMPLEXES),
    "tsx::math_pow": (math.pow, FLOATS, FLOATS),
    "tsx::ieee_remainder": (math.remainder, FLOATS, FLOATS),
    "tsx::frexp": (math.frexp, FLOATS),
    "tsx::modf": (math.modf, FLOATS),
    "tsx::ldexp": (math.ldexp, FLOATS, INTS),
    "tsx::isqrt": (math.isqrt, INTS),
    "tsx::factorial": (math.factorial, st.integers(-2, 30)),
    "tsx::comb": (math.comb, NATURALS, st.integers(-2, 70)),
    "tsx::perm": (math.perm, st.integers(-2, 70), st.integers(-2, 70)),
    "tsx::hypot": (lambda values: math.hypot(*values), lists(FLOATS)),
    "tsx::dist": (math.dist, lists(FLOATS), lists(FLOATS)),
    "tsx::fsum": (math.fsum, lists(FLOATS)),
    "tsx::prod.int": (lambda values, start: math.prod(values, start=start), lists(INTS), INTS),
    "tsx::prod.float": (lambda values, start: float(math.prod(values, start=start)), lists(FLOATS), FLOATS),
    "tsx::isclose.float": (lambda a, b, r, t: math.isclose(a, b, rel_tol=r, abs_tol=t), FLOATS, FLOATS, FLOATS, FLOATS),
    "tsx::isclose.complex": (lambda a, b, r, t: cmath.isclose(a, b, rel_tol=r, abs_tol=t), COMPLEXES, COMPLEXES, FLOATS, FLOATS),
    "tsx::isnan.complex": (cmath.isnan, COMPLEXES),
    "tsx::isinf.complex": (cmath.isinf, COMPLEXES),
    "tsx::isfinite.complex": (cmath.isfinite, COMPLEXES),
    "tsx::phase": (cmath.phase, COMPLEXES),
    "tsx::polar": (cmath.polar, COMPLEXES),
    "tsx::rect": (cmath.rect, FLOATS, FLOATS),
}  # fmt: skip

OF_ONE = [
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cbrt", "cos", "cosh", "degrees", "erf", "erfc", "exp", "exp2",
    "expm1", "fabs", "gamma", "lgamma", "log", "log10", "log1p", "log2", "radians", "sin", "sinh", "sqrt", "tan", "tanh",
    "ulp",
]  # fmt: skip
ROWS |= {
    f"tsx::{name}": (getattr(math, name), st.one_of(FLOATS, st.floats(-3, 3))) for name in OF_ONE
}
ROWS |= {
    f"tsx::{name}": (getattr(math, name), FLOATS, FLOATS)
    for name in ("atan2", "copysign", "fmod", "nextafter")
}
ROWS |= {
    f"tsx::{name}.complex": (getattr(cmath, name), COMPLEXES)
    for name in OF_ONE
    if hasattr(cmath, name)
}


@pytest.mark.parametrize("kind", ROWS)
def test_operators_mean_what_python_means(kind: str) -> None:
    python, *operands = ROWS[kind]

    @given(st.tuples(*operands))
    def compare(values: tuple[Any, ...]) -> None:
        check(kind, python, *values)

    compare()


@given(FLOATS, FLOATS)
def test_a_power_of_floats_is_pythons_or_says_that_it_is_complex(a: float, b: float) -> None:
    def python(a: float, b: float) -> float | complex:
        return a**b

    try:
        is_complex = isinstance(python(a, b), complex)
    except (ZeroDivisionError, OverflowError):
        is_complex = False
    if is_complex:
        with pytest.raises(RunError, match=r"TSX5024.*a complex number"):
            call("tsx::pow.float", a, b)
    else:
        check("tsx::pow.float", python, a, b)


@given(INTS, st.integers(-5, -1))
def test_a_negative_power_of_an_int_says_that_it_is_a_float(a: int, b: int) -> None:
    with pytest.raises(RunError, match=r"TSX5024.*a float"):
        call("tsx::pow.int", a, b)
