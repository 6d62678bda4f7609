"""The primitives of the scalar language: a closed list, and what each means in NumPy.

Everything elementwise is built from these, so an engine that has them has every elementwise operator. Operands have
one dtype (``where``'s condition is bool), so has the result, except that comparisons give bool and ``abs`` of a
complex value is real. Integers wrap; ``min`` and ``max`` propagate NaN; ``round`` goes to even.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.types import DType
from tsx.ops.dtypes import Array
from tsx.ops.promote import real_of


@dataclass(frozen=True, slots=True)
class Primitive:
    """One operation on scalars; ``function`` is its NumPy ufunc."""

    name: str
    arity: int
    function: Callable[..., Any]
    gives_bool: bool = False
    rounds: bool = False  # the identity on integers and bools

    def is_identity_on(self, dtype: DType) -> bool:
        return self.rounds and not (dtype.is_float or dtype.is_complex)


def _nonzero(operation: str, divisor: Array) -> None:
    if not np.all(divisor):
        raise fail("TSX5001", operation=operation, reason="divides by zero")


def _integer(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks a division that has its own meaning on integers: a zero divisor stops the run."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def checked(a: Array, b: Array) -> Any:
            if np.asarray(b).dtype.kind in "iub":
                _nonzero(name, b)
            return function(a, b)

        return checked

    return decorate


@_integer("floordiv")
def _floordiv(a: Array, b: Array) -> Any:
    return np.floor_divide(a, b)


@_integer("truncdiv")
def _truncdiv(a: Array, b: Array) -> Any:
    """Integer division toward zero: the floored quotient, one higher where signs differ and a rest is left."""
    quotient = np.floor_divide(a, b)
    rest = a - quotient * b
    return np.where((rest != 0) & ((a < 0) != (b < 0)), quotient + 1, quotient).astype(
        np.asarray(quotient).dtype
    )


@_integer("fmod")
def _fmod(a: Array, b: Array) -> Any:
    return np.fmod(a, b)


@_integer("remainder")
def _remainder(a: Array, b: Array) -> Any:
    return np.remainder(a, b)


def _power(a: Array, b: Array) -> Any:
    """Integers wrap, and a negative exponent truncates: 0 except for the bases 1 and -1."""
    exponent = np.asarray(b)
    if exponent.dtype.kind not in "iu":
        return np.power(a, b)
    negative = exponent < 0
    power = np.power(a, np.where(negative, exponent & 1, exponent))
    if not np.any(negative):
        return power
    return np.where(negative, np.where((a == 1) | (a == -1), power, 0), power).astype(
        np.asarray(power).dtype
    )


def _signbit(a: Array) -> Any:
    return np.signbit(a) if np.asarray(a).dtype.kind == "f" else a < np.zeros_like(a)


def _isnan(a: Array) -> Any:
    return np.not_equal(a, a)


_TABLE: tuple[Primitive, ...] = (
    Primitive("add", 2, np.add),
    Primitive("sub", 2, np.subtract),
    Primitive("mul", 2, np.multiply),
    Primitive("div", 2, np.true_divide),
    Primitive("floordiv", 2, _floordiv),  # of integers; a formula does it for floats
    Primitive("truncdiv", 2, _truncdiv),  # of integers
    Primitive("fmod", 2, _fmod),  # the rest has the dividend's sign
    Primitive("remainder", 2, _remainder),  # the rest has the divisor's sign
    Primitive("pow", 2, _power),
    Primitive("neg", 1, np.negative),
    Primitive("abs", 1, np.abs),
    Primitive("min", 2, np.minimum),
    Primitive("max", 2, np.maximum),
    Primitive("floor", 1, np.floor, rounds=True),
    Primitive("ceil", 1, np.ceil, rounds=True),
    Primitive("trunc", 1, np.trunc, rounds=True),
    Primitive("round", 1, np.rint, rounds=True),
    Primitive("sqrt", 1, np.sqrt),
    Primitive("exp", 1, np.exp),
    Primitive("exp2", 1, np.exp2),
    Primitive("expm1", 1, np.expm1),
    Primitive("log", 1, np.log),
    Primitive("log2", 1, np.log2),
    Primitive("log10", 1, np.log10),
    Primitive("log1p", 1, np.log1p),
    Primitive("sin", 1, np.sin),
    Primitive("cos", 1, np.cos),
    Primitive("tan", 1, np.tan),
    Primitive("asin", 1, np.arcsin),
    Primitive("acos", 1, np.arccos),
    Primitive("atan", 1, np.arctan),
    Primitive("atan2", 2, np.arctan2),
    Primitive("sinh", 1, np.sinh),
    Primitive("cosh", 1, np.cosh),
    Primitive("tanh", 1, np.tanh),
    Primitive("asinh", 1, np.arcsinh),
    Primitive("acosh", 1, np.arccosh),
    Primitive("atanh", 1, np.arctanh),
    Primitive("copysign", 2, np.copysign),
    Primitive("signbit", 1, _signbit, gives_bool=True),
    Primitive("isnan", 1, _isnan, gives_bool=True),
    Primitive("eq", 2, np.equal, gives_bool=True),
    Primitive("ne", 2, np.not_equal, gives_bool=True),
    Primitive("lt", 2, np.less, gives_bool=True),
    Primitive("le", 2, np.less_equal, gives_bool=True),
    Primitive("gt", 2, np.greater, gives_bool=True),
    Primitive("ge", 2, np.greater_equal, gives_bool=True),
    Primitive("and", 2, np.bitwise_and),
    Primitive("or", 2, np.bitwise_or),
    Primitive("xor", 2, np.bitwise_xor),
    Primitive("not", 1, np.invert),
    Primitive("shl", 2, np.left_shift),  # 0 when the shift is not in 0 … bits - 1
    Primitive("shr", 2, np.right_shift),  # the sign when the shift is not in 0 … bits - 1
    Primitive("where", 3, np.where),
)
PRIMITIVES = {primitive.name: primitive for primitive in _TABLE}


def result_dtype(primitive: str, dtypes: Sequence[DType]) -> DType:
    """The dtype of a primitive's result; the operands must have one dtype."""
    values = dtypes[1:] if primitive == "where" else dtypes
    if any(dtype is not values[0] for dtype in values) or (
        primitive == "where" and dtypes[0] is not DType.BOOL
    ):
        raise fail("TSX4009", primitive=primitive, dtypes=", ".join(map(str, dtypes)))
    if PRIMITIVES[primitive].gives_bool:
        return DType.BOOL
    return real_of(values[0]) if primitive == "abs" else values[0]
