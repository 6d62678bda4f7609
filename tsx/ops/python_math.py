"""The functions of Python's ``math`` and ``cmath``, with their errors: ``math.sqrt(-1.0)`` raises ValueError.

The numbers are those of Python's own functions, bit for bit; ``aten::sqrt.float`` and its like answer nan and inf. Results
of type int are kept to 64 bits (TSX5001), and never computed where they could not fit.
"""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

from tsx.ops.number_rules import HIGH, define, int64

_OF_ONE: tuple[Callable[[float], float], ...] = (
    math.acos, math.acosh, math.asin, math.asinh, math.atan, math.atanh, math.cbrt, math.cos, math.cosh, math.degrees,
    math.erf, math.erfc, math.exp, math.exp2, math.expm1, math.fabs, math.gamma, math.lgamma, math.log, math.log10,
    math.log1p, math.log2, math.radians, math.sin, math.sinh, math.sqrt, math.tan, math.tanh, math.ulp,
)  # fmt: skip
_OF_TWO: tuple[Callable[[float, float], float], ...] = (
    math.atan2, math.copysign, math.fmod, math.nextafter,
)  # fmt: skip
_OF_COMPLEX: tuple[Callable[[complex], Any], ...] = (
    cmath.acos, cmath.acosh, cmath.asin, cmath.asinh, cmath.atan, cmath.atanh, cmath.cos, cmath.cosh, cmath.exp,
    cmath.log, cmath.log10, cmath.sin, cmath.sinh, cmath.sqrt, cmath.tan, cmath.tanh,
)  # fmt: skip

for _function in _OF_ONE:
    define(f"tsx::{_function.__name__}(float a) -> float", _function, raises=True)
for _pair in _OF_TWO:
    define(f"tsx::{_pair.__name__}(float a, float b) -> float", _pair, raises=True)
for _complex in _OF_COMPLEX:
    define(f"tsx::{_complex.__name__}.complex(complex a) -> complex", _complex, raises=True)

# --- functions with results or operands of their own -------------------------------------------------------------------


def _factorial(n: int) -> int:
    return int64("factorial", math.factorial(n) if n <= 20 else HIGH)


def _comb(n: int, k: int) -> int:
    """``n`` over ``k``. Partial products only grow, so the first that is too large decides."""
    if n < 0 or k < 0:
        return math.comb(n, k)  # raises
    total = 1
    for i in range(min(k, n - k)):
        total = int64("comb", total * (n - i) // (i + 1))
    return total if k <= n else 0


def _perm(n: int, k: int) -> int:
    if n < 0 or k < 0:
        return math.perm(n, k)  # raises
    total = 1
    for i in range(k if k <= n else 0):
        total = int64("perm", total * (n - i))
    return total if k <= n else 0


def _whole_product(values: list[int], start: int) -> int:
    return int64("prod", math.prod(values, start=start))


def _close(a: float, b: float, rel_tol: float, abs_tol: float) -> bool:
    return math.isclose(a, b, rel_tol=rel_tol, abs_tol=abs_tol)


def _close_complex(a: complex, b: complex, rel_tol: float, abs_tol: float) -> bool:
    return cmath.isclose(a, b, rel_tol=rel_tol, abs_tol=abs_tol)


# fmt: off
define("tsx::ieee_remainder(float a, float b) -> float", math.remainder, raises=True)
define("tsx::log.base(float a, float base) -> float", math.log, raises=True)
define("tsx::log.complex_base(complex a, complex base) -> complex", cmath.log, raises=True)
define("tsx::math_pow(float a, float b) -> float", math.pow, raises=True)
define("tsx::frexp(float a) -> (float, int)", math.frexp)
define("tsx::modf(float a) -> (float, float)", math.modf)
define("tsx::ldexp(float a, int exponent) -> float", math.ldexp, raises=True)
define("tsx::isqrt(int n) -> int", math.isqrt, raises=True)
define("tsx::factorial(int n) -> int", _factorial, raises=True)
define("tsx::comb(int n, int k) -> int", _comb, raises=True)
define("tsx::perm(int n, int k) -> int", _perm, raises=True)
define("tsx::hypot(float[] coordinates) -> float", lambda values: math.hypot(*values))
define("tsx::dist(float[] p, float[] q) -> float", math.dist, raises=True)
define("tsx::fsum(float[] values) -> float", math.fsum, raises=True)
define("tsx::prod.int(int[] values, int start=1) -> int", _whole_product)
define("tsx::prod.float(float[] values, float start=1) -> float", lambda values, start: float(math.prod(values, start=start)))
define("tsx::isclose.float(float a, float b, *, float rel_tol=1e-09, float abs_tol=0.0) -> bool", _close, raises=True)
define("tsx::isclose.complex(complex a, complex b, *, float rel_tol=1e-09, float abs_tol=0.0) -> bool", _close_complex, raises=True)
define("tsx::isnan.complex(complex a) -> bool", cmath.isnan)
define("tsx::isinf.complex(complex a) -> bool", cmath.isinf)
define("tsx::isfinite.complex(complex a) -> bool", cmath.isfinite)
define("tsx::phase(complex a) -> float", cmath.phase, raises=True)
define("tsx::polar(complex a) -> (float, float)", cmath.polar, raises=True)
define("tsx::rect(float r, float phi) -> complex", cmath.rect, raises=True)
# fmt: on
