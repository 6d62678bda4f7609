"""Numbers: ``int``, ``float``, ``bool``, ``complex``, ``abs``, ``round``, ``divmod``, ``pow``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tsx.capture.script import operators
from tsx.capture.script.builtins.common import (
    FALSE,
    NONE,
    NUMBERS,
    ZERO,
    ZERO_FLOAT,
    as_int,
    computed,
    is_none,
)
from tsx.capture.script.values import (
    Constant,
    Sugar,
    TupleSugar,
    attribute,
    builtin,
    method,
)
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def magic(ctx: Context, at: Place, value: Sugar, name: str) -> Sugar | None:
    """``value.__name__()`` of an object that defines it."""
    if isinstance(value.type, (ty.ClassType, ty.InterfaceType)) and value.has_attribute(ctx, name):
        return value.attribute(ctx, at, name).call(ctx, at, [], {})
    return None


# --- conversions ----------------------------------------------------------------------------------


@builtin(int)
def _int(ctx: Context, at: Place, x: Sugar = ZERO, /, base: Sugar = NONE) -> Sugar:
    if not is_none(base):
        found = computed(int, x, base)
        return found or ctx.op("tsx::Int.base", at, [x, base], called="int")
    found = computed(int, x)
    if found is not None or x.type == ty.INT:
        return found or x
    return magic(ctx, at, x, "__int__") or ctx.op("aten::Int", at, [x], called="int")


@builtin(float)
def _float(ctx: Context, at: Place, x: Sugar = ZERO_FLOAT, /) -> Sugar:
    found = computed(float, x)
    if found is not None or x.type == ty.FLOAT:
        return found or x
    return magic(ctx, at, x, "__float__") or ctx.op("aten::Float", at, [x], called="float")


@builtin(bool)
def _bool(ctx: Context, at: Place, x: Sugar = FALSE, /) -> Sugar:
    return x.truth(ctx, at)


@builtin(complex)
def _complex(
    ctx: Context,
    at: Place,
    real: Sugar = ZERO_FLOAT,
    imag: Sugar = NONE,
) -> Sugar:
    values = [real] if is_none(imag) else [real, imag]
    found = computed(complex, *values)
    if found is not None or (real.type == ty.COMPLEX and is_none(imag)):
        return found or real
    if is_none(imag) and real.type != ty.STR:
        values.append(Constant(0.0))
    if any(v.type == ty.COMPLEX for v in values):
        return ctx.op("tsx::Complex.complex", at, values, called="complex")
    return ctx.op(("aten::Complex", "tsx::Complex"), at, values, called="complex")


# --- arithmetic -----------------------------------------------------------------------------------


@builtin(abs)
def _abs(ctx: Context, at: Place, x: Sugar, /) -> Sugar:
    found = computed(abs, x)
    if found is not None:
        return found
    if isinstance(x.type, ty.TensorType):
        return ctx.op("aten::abs", at, [x], called="abs")
    special = magic(ctx, at, x, "__abs__")
    if special is not None:
        return special
    if x.type == ty.COMPLEX:
        return ctx.op("tsx::abs.complex", at, [x])
    number = as_int(ctx, at, x, "the number") if x.type == ty.BOOL else x
    return ctx.op("prim::abs", at, [number], called="abs")


@builtin(round)
def _round(ctx: Context, at: Place, number: Sugar, ndigits: Sugar = NONE) -> Sugar:
    given = [number] if is_none(ndigits) else [number, ndigits]
    found = computed(round, *given)
    if found is not None:
        return found
    if isinstance(number.type, ty.TensorType):
        keywords = {} if is_none(ndigits) else {"decimals": ndigits}
        return ctx.op("aten::round", at, [number], keywords, called="round")
    if number.type in (ty.INT, ty.BOOL):
        whole = as_int(ctx, at, number, "the number")
        return whole if is_none(ndigits) else ctx.op("tsx::round.int_to", at, [whole, ndigits])
    if is_none(ndigits):
        return ctx.op("tsx::round", at, [number], called="round")
    return ctx.op("tsx::round.float_to", at, [number, ndigits], called="round")


@builtin(divmod)
def _divmod(ctx: Context, at: Place, a: Sugar, b: Sugar, /) -> Sugar:
    if any(isinstance(v.type, ty.TensorType) for v in (a, b)):
        quotient = operators.binary(ctx, ast.FloorDiv(), a, b, at)
        return TupleSugar([quotient, operators.binary(ctx, ast.Mod(), a, b, at)])
    numbers = [as_int(ctx, at, v, "the number") if v.type == ty.BOOL else v for v in (a, b)]
    return ctx.op(("aten::divmod", "tsx::divmod"), at, numbers, called="divmod")


@builtin(pow)
def _pow(ctx: Context, at: Place, base: Sugar, exp: Sugar, mod: Sugar = NONE) -> Sugar:
    if is_none(mod):
        return operators.binary(ctx, ast.Pow(), base, exp, at)
    found = computed(pow, base, exp, mod)
    return found or ctx.op("tsx::pow.modulo", at, [base, exp, mod], called="pow")


# --- methods and attributes -----------------------------------------------------------------------


def _plain(python: Callable[[Any], Any], operator: str) -> Callable[..., Sugar]:
    """A method without arguments that is one operator."""

    def handler(ctx: Context, at: Place, self: Sugar) -> Sugar:
        return computed(python, self) or ctx.op(operator, at, [self], called=operator[5:])

    return handler


method(ty.INT, "bit_length")(_plain(int.bit_length, "tsx::bit_length"))
method(ty.INT, "bit_count")(_plain(int.bit_count, "tsx::bit_count"))
method(ty.FLOAT, "is_integer")(_plain(float.is_integer, "tsx::is_integer"))
method(ty.COMPLEX, "conjugate")(_plain(complex.conjugate, "tsx::conjugate.complex"))
attribute(ty.COMPLEX, "real")(_plain(lambda z: z.real, "tsx::real.complex"))
attribute(ty.COMPLEX, "imag")(_plain(lambda z: z.imag, "tsx::imag.complex"))


@attribute(ty.INT, "real", "numerator")
@attribute(ty.FLOAT, "real")
def _itself(ctx: Context, at: Place, self: Sugar) -> Sugar:
    return self


@builtin(hash)
def _hash(ctx: Context, at: Place, obj: Sugar, /) -> Sugar:
    if obj.type not in NUMBERS:
        raise ctx.problem("TSX3103", at, what=obj.describe())
    return computed(hash, obj) or ctx.op("tsx::hash", at, [obj])
