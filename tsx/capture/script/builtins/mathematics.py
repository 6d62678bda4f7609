"""The functions of ``math`` and ``cmath``, with Python's errors. Their constants are ordinary attributes."""

from __future__ import annotations

import ast
import cmath
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tsx.capture.script import operators
from tsx.capture.script.builtins.common import (
    NONE,
    ONE,
    accumulated,
    computed,
    is_none,
    list_of,
    mapped,
)
from tsx.capture.script.builtins.numbers import magic
from tsx.capture.script.values import Constant, ListLiteral, Ssa, Sugar, TupleSugar, builtin
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_OF_FLOATS = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "copysign", "cos", "cosh", "degrees", "erf",
    "erfc", "exp", "exp2", "expm1", "fabs", "fmod", "gamma", "ldexp", "lgamma", "log10", "log1p", "log2", "nextafter",
    "radians", "sin", "sinh", "sqrt", "tan", "tanh", "ulp",
)  # fmt: skip
_OTHERS = {
    "pow": "tsx::math_pow", "remainder": "tsx::ieee_remainder", "factorial": "tsx::factorial", "isqrt": "tsx::isqrt",
    "comb": "tsx::comb", "isnan": "aten::isnan.float", "isinf": "aten::isinf.float",
    "isfinite": "aten::isfinite.float", "frexp": "tsx::frexp", "modf": "tsx::modf",
}  # fmt: skip
_OF_COMPLEX = (
    "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp", "log10", "sin", "sinh", "sqrt", "tan",
    "tanh", "isnan", "isinf", "isfinite",
)  # fmt: skip


def _plain(python: Callable[..., Any], operator: str) -> None:
    """A function that is one operator, computed at once on constants."""
    name = f"{python.__module__}.{python.__name__}"

    def handler(ctx: Context, at: Place, *operands: Sugar) -> Sugar:
        return computed(python, *operands) or ctx.op(operator, at, operands, called=name)

    builtin(python)(handler)


for _name in _OF_FLOATS:
    _plain(getattr(math, _name), f"tsx::{_name}")
for _name, _kind in _OTHERS.items():
    _plain(getattr(math, _name), _kind)
for _name in _OF_COMPLEX:
    _plain(getattr(cmath, _name), f"tsx::{_name}.complex")
_plain(cmath.phase, "tsx::phase")
_plain(cmath.polar, "tsx::polar")
_plain(cmath.rect, "tsx::rect")


# --- functions of their own -----------------------------------------------------------------------


@builtin(math.log)
def _log(ctx: Context, at: Place, x: Sugar, base: Sugar = NONE, /) -> Sugar:
    given = [x] if is_none(base) else [x, base]
    kind = "tsx::log.base" if len(given) == 2 else "tsx::log"
    return computed(math.log, *given) or ctx.op(kind, at, given, called="math.log")


@builtin(cmath.log)
def _complex_log(ctx: Context, at: Place, z: Sugar, base: Sugar = NONE, /) -> Sugar:
    given = [z] if is_none(base) else [z, base]
    kind = "tsx::log.complex_base" if len(given) == 2 else "tsx::log.complex"
    return computed(cmath.log, *given) or ctx.op(kind, at, given, called="cmath.log")


def _whole(python: Callable[..., Any], operator: str, name: str) -> None:
    """``floor``, ``ceil``, ``trunc``: ints are themselves, floats become ints."""

    def handler(ctx: Context, at: Place, x: Sugar, /) -> Sugar:
        found = computed(python, x)
        if found is not None or x.type == ty.INT:
            return found or x
        if x.type == ty.BOOL:
            return Ssa(ctx.convert(x, ty.INT, at, "the number"))
        return magic(ctx, at, x, name) or ctx.op(operator, at, [x], called=python.__name__)

    builtin(python)(handler)


_whole(math.floor, "aten::floor.float", "__floor__")
_whole(math.ceil, "aten::ceil.float", "__ceil__")
_whole(math.trunc, "aten::Int.float", "__trunc__")


@builtin(math.perm)
def _perm(ctx: Context, at: Place, n: Sugar, k: Sugar = NONE, /) -> Sugar:
    if is_none(k):
        return computed(math.perm, n) or ctx.op("tsx::factorial", at, [n])
    return computed(math.perm, n, k) or ctx.op("tsx::perm", at, [n, k])


def _folded(python: Callable[..., int], operator: str, neutral: int) -> None:
    """``gcd`` and ``lcm`` of any number of ints."""

    def handler(ctx: Context, at: Place, *integers: Sugar) -> Sugar:
        found = computed(python, *integers)
        if found is not None:
            return found
        total: Sugar = Constant(neutral)
        for integer in integers:
            total = ctx.op(operator, at, [total, integer], called=python.__name__)
        return total

    builtin(python)(handler)


_folded(math.gcd, "tsx::gcd", 0)
_folded(math.lcm, "tsx::lcm", 1)


@builtin(math.hypot)
def _hypot(ctx: Context, at: Place, *coordinates: Sugar) -> Sugar:
    given = ListLiteral(list(coordinates)) if coordinates else TupleSugar([])
    return computed(math.hypot, *coordinates) or ctx.op("tsx::hypot", at, [given])


@builtin(math.dist)
def _dist(ctx: Context, at: Place, p: Sugar, q: Sugar, /) -> Sugar:
    return ctx.op("tsx::dist", at, [_floats(ctx, at, p), _floats(ctx, at, q)], called="math.dist")


@builtin(math.fsum)
def _fsum(ctx: Context, at: Place, seq: Sugar, /) -> Sugar:
    return ctx.op("tsx::fsum", at, [_floats(ctx, at, seq)], called="math.fsum")


def _floats(ctx: Context, at: Place, values: Sugar) -> Sugar:
    """Any iterable of numbers as a list of floats."""
    if isinstance(values.type, ty.ListType) and values.type.element == ty.FLOAT:
        return values

    def as_float(item: Sugar) -> Sugar:
        return ctx.converted(item, ty.FLOAT, at, "a number")

    return ctx.settled(mapped(ctx, at, values.iterate(ctx, at), as_float), at)


@builtin(math.prod)
def _prod(ctx: Context, at: Place, iterable: Sugar, /, *, start: Sugar = ONE) -> Sugar:
    values = list_of(ctx, at, iterable)
    element = values.type.element if isinstance(values.type, ty.ListType) else None
    if element in (ty.INT, ty.FLOAT) and start.type in (ty.INT, element):
        return ctx.op("tsx::prod", at, [values, start], called="math.prod")

    return accumulated(
        ctx,
        at,
        values.iterate(ctx, at),
        start,
        lambda total, item: operators.binary(ctx, ast.Mult(), total, item, at),
    )


def _isclose(python: Callable[..., bool], operator: str) -> None:
    def handler(ctx: Context, at: Place, a: Sugar, b: Sugar, **tolerances: Sugar) -> Sugar:
        return ctx.op(operator, at, [a, b], tolerances, called="isclose")

    builtin(python)(handler)


_isclose(math.isclose, "tsx::isclose.float")
_isclose(cmath.isclose, "tsx::isclose.complex")
