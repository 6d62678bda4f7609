"""Section 1.4: `math` and `cmath`."""

import cmath
import math
from typing import List, Optional, Tuple

from tests.script.rows import Rows

rows = Rows("1.4", "`math`")


def math_float(x: float) -> List[float]:
    return [
        math.sqrt(x), math.exp(x), math.log(x), math.log2(x), math.log10(x), math.log1p(x), math.expm1(x),
        math.sin(x), math.cos(x), math.tan(x), math.atan(x), math.sinh(x), math.cosh(x), math.tanh(x),
    ]  # fmt: skip


rows.add(math_float, "functions of one float", 0.5, 3.0)


def math_domain(x: float) -> float:
    return math.sqrt(x) + math.log(x + 1)


rows.add(math_domain, "outside the domain", -2.0, -1.0, 0.0)


def math_overflow(x: float) -> float:
    return math.exp(x)


rows.add(math_overflow, "`math.exp` that overflows", 1000.0, -1000.0)


def math_arc(x: float) -> List[float]:
    return [
        math.asin(x),
        math.acos(x),
        math.asinh(x),
        math.atanh(x),
        math.acosh(x + 1),
        math.atan2(x, 2.0),
    ]


rows.add(math_arc, "inverse functions", 0.5, -0.25, 2.0)


def math_floor(x: float) -> List[int]:
    return [math.floor(x), math.ceil(x), math.trunc(x)]


rows.add(math_floor, "`floor`, `ceil`, `trunc` give ints", 2.5, -2.5, 3.0, float("inf"))


def math_floor_int(n: int) -> int:
    return math.floor(n) + math.ceil(n / 2)


rows.add(math_floor_int, "`floor` of an int", 5)


def math_two(x: float, y: float) -> List[float]:
    return [
        math.pow(x, y),
        math.fmod(x, y),
        math.copysign(x, -y),
        math.hypot(x, y),
        math.remainder(x, y),
    ]


rows.add(math_two, "`pow`, `fmod`, `copysign`, `hypot`, `remainder`", (5.5, 2.0), (-5.5, 2.0))


def math_tests(x: float) -> List[bool]:
    return [math.isnan(x), math.isinf(x), math.isfinite(x)]


rows.add(math_tests, "`isnan`, `isinf`, `isfinite`", 1.0, float("nan"), float("inf"))


def math_isclose(x: float, y: float) -> bool:
    return math.isclose(x, y, rel_tol=1e-3)


rows.add(math_isclose, "`isclose`", (1.0, 1.0001), (1.0, 1.1))


def math_ints(a: int, b: int) -> List[int]:
    return [
        math.gcd(a, b),
        math.factorial(abs(a) % 10),
        math.isqrt(abs(a)),
        math.comb(7, 3),
        math.lcm(a, b),
    ]


rows.add(math_ints, "`gcd`, `factorial`, `isqrt`, `comb`, `lcm`", (12, 18), (-12, 5))


def math_gamma(x: float) -> List[float]:
    return [math.gamma(x), math.lgamma(x), math.erf(x), math.erfc(x)]


rows.add(math_gamma, "`gamma`, `lgamma`, `erf`, `erfc`", 2.5, 0.5)


def math_parts(x: float) -> Tuple[float, float, float, int]:
    fraction, whole = math.modf(x)
    m, e = math.frexp(x)
    return fraction, whole, m, e


rows.add(math_parts, "`modf`, `frexp`", 3.75, -0.25)


def math_ldexp(x: float, n: int) -> List[float]:
    return [math.ldexp(x, n), math.degrees(x), math.radians(x), math.fabs(-x)]


rows.add(math_ldexp, "`ldexp`, `degrees`, `radians`, `fabs`", (0.75, 4))


def math_prod(values: List[int]) -> int:
    return math.prod(values)


rows.add(math_prod, "`math.prod`", ([2, 3, 4],), ([],))


def math_fsum(values: List[float]) -> float:
    return math.fsum(values)


rows.add(math_fsum, "`math.fsum`", ([0.1] * 10,))


def math_constants() -> List[float]:
    return [math.pi, math.e, math.tau, math.inf, -math.inf]


rows.add(math_constants, "`math.pi` and the other constants")


def cmath_functions(z: complex) -> complex:
    return cmath.exp(z) + cmath.sqrt(z) * cmath.sin(z) - cmath.log(z)


rows.add(cmath_functions, "`cmath`", 1 + 2j)


def optional_math(x: Optional[float]) -> float:
    return math.sqrt(x) if x is not None else -1.0


rows.add(optional_math, "a function of a refined Optional", (None,), 2.25)


def math_of_int(n: int) -> float:
    return math.sqrt(n) + math.log(n, 2) + math.exp(n - n)


rows.add(math_of_int, "an int where `math` takes a float", 8)
