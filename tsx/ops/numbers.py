"""Operators on Python numbers: int, float, bool, complex and Scalar.

ints are int64 and stop the run when a result needs more (TSX5001); floats answer as C does (inf and nan, no errors).
The overloads are torch's; those on ints and floats name the VM instruction that answers them without a call.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tsx.ops.number_rules import (
    ARITHMETIC,
    FLOORDIV,
    MOD,
    Number,
    by_nonzero,
    compare_dims,
    complex_function,
    define,
    divide,
    float_function,
    floor_divide,
    floordiv_dims,
    int64,
    log_gamma,
    power,
    remainder,
    remainder_dims,
    to_int,
)  # fmt: skip

INSTRUCTION = {"int": "I", "float": "F"}
_INT_AND_FLOAT = (("int", "int"), ("float", "float"), ("int", "float"), ("float", "int"))
_COMPLEX_PAIRS = (
    ("complex", "complex"), ("int", "complex"), ("complex", "int"), ("float", "complex"), ("complex", "float"),
)  # fmt: skip


def _overload(a: str, b: str) -> str:
    """torch's overload name for two operand types; Scalars have none."""
    if a == "Scalar":
        return ""
    return f".{a}" if a == b else f".{a}_{b}"


def _pair(name: str, a: str, b: str, result: str) -> str:
    return f"aten::{name}{_overload(a, b)}({a} a, {b} b) -> {result}"


# --- arithmetic ------------------------------------------------------------------------------------------------


def _checked(name: str, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Python's operator with int64 bounds."""

    def apply(a: Number, b: Number) -> Number:
        try:
            result: Number = function(a, b)
        except OverflowError:  # complex or float beyond the largest
            return math.inf
        return int64(name, result) if isinstance(result, int) else result

    return apply


def _floordiv(a: Any, b: Any) -> Number:
    if isinstance(a, int) and isinstance(b, int):
        return int64("floordiv", FLOORDIV(a, b))
    return floor_divide(a, b)


def _remainder(a: Any, b: Any) -> Number:
    if isinstance(a, int) and isinstance(b, int):
        rest: int = MOD(a, b)
        return rest
    return remainder(a, b)


def _fmod(a: float, b: float) -> float:
    return float_function(np.fmod)(a, b)


def _log(a: float, base: float) -> float:
    return divide(float_function(np.log)(a), float_function(np.log)(base))


def _int_power(a: int, b: int) -> int:
    if b < 0:
        return int(power(a, b)) if a else int(_one_over(1, a))
    if b > 64 and abs(a) > 1:
        return int64("pow", HUGE)
    return int64("pow", a**b)


_one_over = by_nonzero("pow", operator.truediv)
HUGE = 2**64  # what a power that can't fit stands for, so that it need not be computed

for _name, _function in ARITHMETIC.items():
    _apply = _checked(_name, _function)
    for _a, _b in _INT_AND_FLOAT:
        _result = "int" if (_a, _b) == ("int", "int") else "float"
        _code = f"{_name.upper()}_{INSTRUCTION[_a]}" if _a == _b else ""
        define(_pair(_name, _a, _b, _result), _apply, dims=_function, scalar_op=_code)
    for _a, _b in _COMPLEX_PAIRS:
        define(_pair(_name, _a, _b, "complex"), _apply)
    define(_pair(_name, "Scalar", "Scalar", "Scalar"), _apply, dims=_function)

define("aten::div.int(int a, int b) -> float", divide)
define("aten::div.float(float a, float b) -> float", divide, scalar_op="DIV_F")
define("aten::div.complex(complex a, complex b) -> complex", complex_function(np.true_divide))
define("aten::div(Scalar a, Scalar b) -> float", divide)
for _a, _b in _INT_AND_FLOAT:
    _both = (_a, _b) == ("int", "int")
    _result = "int" if _both else "float"
    define(_pair("floordiv", _a, _b, _result), _floordiv, dims=floordiv_dims if _both else None,
           scalar_op="FLOORDIV_I" if _both else "", raises=_both)  # fmt: skip
    define(_pair("remainder", _a, _b, _result), _remainder, dims=remainder_dims if _both else None,
           scalar_op="MOD_I" if _both else "", raises=_both)  # fmt: skip
    define(_pair("fmod", _a, _b, "float"), _fmod)
    define(_pair("pow", _a, _b, "float"), power)
    define(_pair("atan2", _a, _b, "float"), float_function(np.arctan2))
    define(_pair("copysign", _a, _b, "float"), float_function(np.copysign))
    define(f"aten::log.{_a}_{_b}({_a} a, {_b} b) -> float", _log)
define("aten::floordiv(Scalar a, Scalar b) -> Scalar", _floordiv)
define("aten::remainder(Scalar a, Scalar b) -> Scalar", _remainder)
define("aten::fmod(Scalar a, Scalar b) -> float", _fmod)
define("aten::pow.Scalar_Scalar(Scalar a, Scalar b) -> float", power)
define("aten::pow.int_to_int(int a, int b) -> int", _int_power)
define("aten::pow.complex(complex a, complex b) -> complex", complex_function(np.power))
define(
    "aten::divmod.int(int x, int y) -> (int, int)",
    lambda x, y: (_floordiv(x, y), _remainder(x, y)),
    raises=True,
)
define("aten::gcd.int(int a, int b) -> int", math.gcd)


def _negative(a: Number) -> Number:
    return int64("neg", -a) if isinstance(a, int) else -a


def _absolute(a: Number) -> Number:
    return int64("abs", abs(a)) if isinstance(a, int) else abs(a)


define(
    "aten::neg.int(int a) -> int", lambda a: int64("neg", -a), dims=operator.neg, scalar_op="NEG_I"
)
define("aten::neg.float(float a) -> float", operator.neg, scalar_op="NEG_F")
define("aten::neg.complex(complex a) -> complex", operator.neg)
define("aten::neg.Scalar(Scalar a) -> Scalar", _negative, dims=operator.neg)

# --- comparisons and logic ---------------------------------------------------------------------------------------

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
}  # fmt: skip
for _name, _function in _COMPARISONS.items():
    _dims = compare_dims(_function)
    for _a, _b in _INT_AND_FLOAT:
        _code = f"{_name.upper()}_{INSTRUCTION[_a]}" if _a == _b else ""
        define(_pair(_name, _a, _b, "bool"), _function, dims=_dims, scalar_op=_code)
    define(_pair(_name, "Scalar", "Scalar", "bool"), _function, dims=_dims)
    define(_pair(_name, "str", "str", "bool"), _function)
for _name in ("eq", "ne"):
    for _a, _b in (
        ("bool", "bool"),
        ("complex", "complex"),
        ("float", "complex"),
        ("complex", "float"),
    ):
        define(_pair(_name, _a, _b, "bool"), _COMPARISONS[_name])
    define(f"aten::{_name}.device(Device a, Device b) -> bool", _COMPARISONS[_name])
    define(f"aten::{_name}.enum(AnyEnumType a, AnyEnumType b) -> bool", _COMPARISONS[_name])

_BITS: dict[str, Callable[[Any, Any], Any]] = {
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
}
for _name, _function in _BITS.items():
    define(f"aten::__{_name}__.bool(bool a, bool b) -> bool", _function)
    define(f"aten::__{_name}__.int(int a, int b) -> int", _function)


def _shift_left(a: int, b: int) -> int:
    return int64("lshift", a << b if 0 <= b < 64 else HUGE * (a != 0))


define("aten::__lshift__.int(int a, int b) -> int", _shift_left)
define("aten::__rshift__.int(int a, int b) -> int", lambda a, b: a >> min(max(b, 0), 63))
define("aten::__not__(bool self) -> bool", operator.not_, scalar_op="NOT_B")
define("aten::__is__(t1 self, t2 obj) -> bool", lambda a, b: a is b or _same_number(a, b))
define("aten::__isnot__(t1 self, t2 obj) -> bool", lambda a, b: not (a is b or _same_number(a, b)))


def _same_number(a: object, b: object) -> bool:
    """``is`` on numbers and strings compares values, as TorchScript's does."""
    return type(a) is type(b) and isinstance(a, (int, float, str)) and a == b


# --- conversions -------------------------------------------------------------------------------------------------

define("aten::Int.bool(bool a) -> int", int)
define("aten::Int.float(float a) -> int", lambda a: to_int("Int", a), raises=True)
define("aten::Int.Scalar(Scalar a) -> int", lambda a: to_int("Int", a), dims=lambda a: a)
define("aten::Int.str(str a) -> int", lambda a: int64("Int", int(a)), raises=True)
define("aten::Float.int(int a) -> float", float)
define("aten::Float.bool(bool a) -> float", float)
define("aten::Float.Scalar(Scalar a) -> float", float)
define("aten::Float.str(str a) -> float", float, raises=True)
define("aten::Bool.int(int a) -> bool", bool)
define("aten::Bool.float(float a) -> bool", bool)
define("aten::Complex.Scalar(Scalar a) -> complex", complex)
for _a in ("int", "float", "bool"):
    for _b in ("int", "float", "bool"):
        define(f"aten::Complex.{_a}_{_b}({_a} x, {_b} y) -> complex", complex)

# --- functions of one number -------------------------------------------------------------------------------------

_FLOAT_FUNCTIONS: dict[str, np.ufunc] = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log10": np.log10, "log1p": np.log1p, "sqrt": np.sqrt,
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "degrees": np.degrees, "radians": np.radians, "fabs": np.fabs,
}  # fmt: skip
_WITH_COMPLEX = frozenset(_FLOAT_FUNCTIONS) - {"expm1", "log1p", "degrees", "radians", "fabs"}
_MATH_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "erf": math.erf,
    "erfc": math.erfc,
    "lgamma": log_gamma,
}


def _of_one(name: str, function: Callable[[float], float]) -> None:
    define(f"aten::{name}.int(int a) -> float", function)
    define(f"aten::{name}.float(float a) -> float", function)
    define(f"aten::{name}.Scalar(Scalar a) -> Scalar", function)


for _name, _ufunc in _FLOAT_FUNCTIONS.items():
    _of_one(_name, float_function(_ufunc))
    if _name in _WITH_COMPLEX:
        define(f"aten::{_name}.complex(complex a) -> complex", complex_function(_ufunc))
for _name, _plain in _MATH_FUNCTIONS.items():
    _of_one(_name, _plain)

for _name, _whole in (("floor", math.floor), ("ceil", math.ceil)):

    def _rounded(a: float, name: str = _name, whole: Callable[[float], int] = _whole) -> int:
        return to_int(name, a) if not math.isfinite(a) else int64(name, whole(a))

    define(f"aten::{_name}.int(int a) -> int", lambda a: a, dims=lambda a: a)
    define(f"aten::{_name}.float(float a) -> int", _rounded, raises=True)
    define(f"aten::{_name}.Scalar(Scalar a) -> Scalar", _rounded, dims=lambda a: a)
_of_one("round", float_function(np.rint))
define("aten::isnan.float(float a) -> bool", math.isnan)
define("aten::isinf.float(float a) -> bool", math.isinf)
define("aten::isfinite.float(float a) -> bool", math.isfinite)
define("prim::abs.int(int a) -> int", lambda a: int64("abs", abs(a)))
define("prim::abs.float(float a) -> float", abs)
define("prim::abs.complex(complex a) -> float", abs)
define("prim::abs.Scalar(Scalar a) -> Scalar", _absolute)

# --- the larger and the smaller ----------------------------------------------------------------------------------


def _max(a: float, b: float) -> float:
    return a if a >= b else b  # C++'s: a NaN on the left loses, on the right wins


def _min(a: float, b: float) -> float:
    return a if a <= b else b


_PICKS: dict[str, Callable[..., Any]] = {"min": _min, "max": _max}
for _name, _pick in _PICKS.items():

    def _mixed(a: Number, b: Number, pick: Callable[..., Any] = _pick) -> Number:
        best: Any = pick(a, b)
        return int(best) if isinstance(a, int) and isinstance(b, int) else float(best.real)

    for _a, _b in _INT_AND_FLOAT:
        _result = "int" if (_a, _b) == ("int", "int") else "float"
        define(f"prim::{_name}{_overload(_a, _b)}({_a} a, {_b} b) -> {_result}", _mixed)
    define(f"prim::{_name}(Scalar a, Scalar b) -> Scalar", _mixed)
