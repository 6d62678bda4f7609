"""Arithmetic and comparison of numbers with Python's meaning, where torch's scalar operators mean something else.

``aten::`` answers as C does (``1 / 0`` is inf, ``1.0 // 0.1`` is 10, ``2 ** 3`` is 8.0); these raise what Python raises
and give what Python gives. What is not here means in ``aten::`` what it means in Python: ``+ - *`` and the comparisons,
``//``, ``%`` and ``divmod`` of ints. A bool counts as an int: whoever emits an operator converts it first.

ints have 64 bits: a result that needs more stops the run (TSX5001). Types are static: ``int ** int`` is an int, and
stops the run (TSX5024) where the exponent turns out negative, as ``float ** float`` does where Python's answer is
complex. An exponent that is known to be negative is the emitter's business: it makes both floats first.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from tsx.errors import TsxError, fail
from tsx.ops.number_rules import Number, define, int64

_FLOATS = (("float", "float"), ("int", "float"), ("float", "int"))
_WITH_INTS = (("int", "int"), *_FLOATS)
_COMPLEXES = (
    ("complex", "complex"), ("int", "complex"), ("complex", "int"), ("float", "complex"), ("complex", "float"),
)  # fmt: skip


def pairs(
    name: str,
    types: tuple[tuple[str, str], ...],
    result: str,
    evaluate: Callable[..., object],
    *,
    raises: bool = True,
) -> None:
    """``tsx::name`` for each pair of operand types, with torch's overload names."""
    for a, b in types:
        overload = a if a == b else f"{a}_{b}"
        schema = f"tsx::{name}.{overload}({a} a, {b} b) -> {result}"
        define(schema, evaluate, raises=raises)


def bounded(operation: str, evaluate: Callable[..., Any]) -> Callable[..., Any]:
    """``evaluate`` with results of type int kept to 64 bits."""

    def apply(*operands: Any) -> Any:
        result = evaluate(*operands)
        return int64(operation, result) if isinstance(result, int) else result

    return apply


def _other_type(expression: str, found: str, expected: str, way_out: str) -> TsxError:
    return fail(
        "TSX5024", expression=expression, found=found, expected=expected, help=way_out
    )  # fmt: skip


# --- division ----------------------------------------------------------------------------------------------------

pairs("div", _WITH_INTS, "float", operator.truediv)
pairs("div", _COMPLEXES, "complex", operator.truediv)
pairs("floordiv", _FLOATS, "float", operator.floordiv)
pairs("remainder", _FLOATS, "float", operator.mod)
for _a, _b in _FLOATS:
    _overload = _a if _a == _b else f"{_a}_{_b}"
    define(f"tsx::divmod.{_overload}({_a} a, {_b} b) -> (float, float)", divmod, raises=True)
for _name, _function in (
    ("div", operator.truediv),
    ("floordiv", operator.floordiv),
    ("remainder", operator.mod),
):
    define(f"tsx::{_name}(Scalar a, Scalar b) -> Scalar", bounded(_name, _function), raises=True)  # fmt: skip


# --- powers --------------------------------------------------------------------------------------------------------

_TOO_LARGE = 2**64  # stands for a power that can't fit, so that it need not be computed


def _int_power(a: int, b: int) -> int:
    if b < 0:
        raise _other_type(
            f"{a} ** {b}", "a float", "an int", "write float(x) ** n where n may be negative"
        )
    if b > 64 and abs(a) > 1:
        return int64("pow", _TOO_LARGE)
    return int64("pow", a**b)


def _float_power(a: float, b: float) -> float:
    result: float | complex = a**b
    if isinstance(result, complex):
        raise _other_type(
            f"{a} ** {b}", "a complex number", "a float", "write complex(x) ** y, or abs(x) ** y"
        )
    return float(result)


def _number_power(a: Number, b: Number) -> Number:
    if isinstance(a, int) and isinstance(b, int) and b >= 0:
        return _int_power(a, b)
    result: Number = a**b
    return result


def _power_modulo(a: int, b: int, modulus: int) -> int:
    return pow(a, b, modulus)


define("tsx::pow.int(int a, int b) -> int", _int_power, raises=True)
pairs("pow", _FLOATS, "float", _float_power)
pairs("pow", _COMPLEXES, "complex", operator.pow)
define("tsx::pow(Scalar a, Scalar b) -> Scalar", _number_power, raises=True)
define("tsx::pow.modulo(int a, int b, int modulus) -> int", _power_modulo, raises=True)


# --- bits ----------------------------------------------------------------------------------------------------------


def _shift_left(a: int, b: int) -> int:
    if a and b >= 64:
        return int64("lshift", _TOO_LARGE)
    return int64("lshift", a << b) if a or b < 0 else 0


define("tsx::__lshift__.int(int a, int b) -> int", _shift_left, raises=True)
define("tsx::__rshift__.int(int a, int b) -> int", operator.rshift, raises=True)
define("tsx::invert.int(int a) -> int", operator.invert)
define("tsx::bit_length(int a) -> int", int.bit_length)
define("tsx::bit_count(int a) -> int", int.bit_count)


# --- rounding --------------------------------------------------------------------------------------------------------


def _round_to(value: float, digits: int) -> float:
    return round(value, digits)


def _round_int(value: int, digits: int) -> int:
    if digits < -20:  # more than any int64 has; Python would compute 10 ** -digits
        return 0
    return int64("round", round(value, digits))


define("tsx::round.float(float a) -> int", bounded("round", round), raises=True)
define("tsx::round.float_to(float a, int digits) -> float", _round_to, raises=True)
define("tsx::round.int_to(int a, int digits) -> int", _round_int)
define("tsx::round(Scalar a) -> Scalar", bounded("round", round), raises=True)
define("tsx::abs.complex(complex a) -> float", abs, raises=True)
define("tsx::is_integer(float a) -> bool", float.is_integer)


# --- conversions -----------------------------------------------------------------------------------------------------


def _int_of(text: str, base: int) -> int:
    return int64("int", int(text, base))


define("tsx::Int.base(str a, int base) -> int", _int_of, raises=True)
define("tsx::Complex.str(str a) -> complex", complex, raises=True)
define("tsx::Complex.complex(complex x, complex y) -> complex", lambda x, y: x + y * 1j)
define("tsx::real.complex(complex a) -> float", lambda a: a.real)
define("tsx::imag.complex(complex a) -> float", lambda a: a.imag)
define("tsx::conjugate.complex(complex a) -> complex", complex.conjugate)


def _hash(value: complex) -> int:
    """Python's, but 0 for NaN, whose hash is one of its place in memory."""
    parts = [0.0 if math.isnan(part) else part for part in (value.real, value.imag)]
    return hash(value if value == value else complex(*parts))


for _type in ("int", "float", "bool", "complex"):
    define(f"tsx::hash.{_type}({_type} a) -> int", _hash)


# --- the larger and the smaller --------------------------------------------------------------------------------------
# Python keeps the first operand unless the second is larger: a NaN on the left wins, on the right loses.

_PICKS: dict[str, Callable[..., Any]] = {"max": max, "min": min}
for _name, _pick in _PICKS.items():
    pairs(_name, _FLOATS, "float", lambda a, b, pick=_pick: float(pick(a, b)), raises=False)
    define(f"tsx::{_name}.str(str a, str b) -> str", _pick)
    define(f"tsx::{_name}(Scalar a, Scalar b) -> Scalar", _pick)

# --- sums ------------------------------------------------------------------------------------------------------------

for _type in ("int", "float", "complex"):
    define(f"tsx::sum.{_type}({_type}[] values, {_type} start) -> {_type}", bounded("sum", sum))
define("tsx::gcd.int(int a, int b) -> int", bounded("gcd", math.gcd))
define("tsx::lcm.int(int a, int b) -> int", bounded("lcm", math.lcm))
