"""Arithmetic on traced numbers: what is recorded, what the sizes decide at once, and where a guard is needed.

Takes plain and traced numbers. Gives a plain number when the result is the same in every run (``n - n``, ``n >= 0``),
else a traced one with its node. Never lets a plain number out of a traced one without a guard.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from tsx.capture.trace.scalars import TracedBool, TracedInt, TracedScalar
from tsx.ir import types as ty
from tsx.ir.dims import Dim, Expr
from tsx.ir.op import Abstract, Unknown, lookup

if TYPE_CHECKING:
    from tsx.capture.trace.tracer import Tracer

Number = int | float | bool | TracedScalar

_PYTHON: dict[str, Callable[..., int | float | bool]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "floordiv": operator.floordiv,
    "remainder": operator.mod,
    "pow": operator.pow,
    "neg": operator.neg,
    "sqrt": math.sqrt,
    "floor": math.floor,
    "ceil": math.ceil,
    "Float": float,
    "Int": int,
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
}
# Spellings of torch's scalar operators: the operand types, then the overloads that may take them.
_OVERLOADS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("int", "int"): ("int", ""),
    ("float", "float"): ("float", ""),
    ("int", "float"): ("int_float", ""),
    ("float", "int"): ("float_int", ""),
    ("bool", "bool"): ("bool", ""),
    ("int",): ("int", ""),
    ("float",): ("float", ""),
    ("bool",): ("bool", ""),
}
_ROUNDING = frozenset({"floor", "ceil", "Int"})
_SMALL_POWER = 8  # n ** 2 is n * n; higher powers of sizes do not occur


class Scalars:
    """The arithmetic of one trace."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self._compared: dict[tuple[str, Dim, Dim], bool] = {}

    def arithmetic(self, name: str, a: Number, b: Number) -> Number:
        if not isinstance(a, TracedScalar) and not isinstance(b, TracedScalar):
            return _PYTHON[name](a, b)
        if name == "pow":
            return self._power(a, b)
        dim = self._dim(name, a, b)
        if isinstance(dim, int):
            return dim
        return self._record(name, (a, b), dim)

    def unary(self, name: str, a: Number) -> Number:
        if not isinstance(a, TracedScalar):
            return _PYTHON[name](a)
        dim = -a.dim if name == "neg" and a.dim is not None else None
        return dim if isinstance(dim, int) else self._record(name, (a,), dim)

    def compare(self, name: str, a: Number, b: Number) -> bool:
        """A plain bool, guarded at once: a comparison is there to be branched on, and C++ takes no other bool."""
        x, y = dim_of(a), dim_of(b)
        decided = _decide(name, x, y)
        if decided is not None:
            return decided
        if x is not None and y is not None and (name, x, y) in self._compared:
            return self._compared[name, x, y]  # the same question about the same sizes
        result = self._record(name, (a, b), None)
        answer = bool(self.consume(result) if isinstance(result, TracedScalar) else result)
        if x is not None and y is not None:
            self._compared[name, x, y] = answer
        return answer

    def truth(self, a: TracedScalar) -> bool:
        """``bool(a)``: a guard on it, or on ``a != 0`` when it is a number."""
        if isinstance(a, TracedBool):
            return bool(self.consume(a))
        return self.compare("ne", a, 0)

    def consume(self, a: TracedScalar) -> int | float | bool:
        """The plain number, with a guard that it is the same in every run."""
        if a.tracer.is_recording:
            a.tracer.guard(a.value, type(a.hint).__name__, a.hint)
        return a.hint

    def text(self, a: TracedScalar) -> int | float | bool:
        """The plain number for a text."""
        return a.hint if self.tracer.is_printing else self.consume(a)

    def _power(self, a: Number, b: Number) -> Number:
        exponent = b
        if isinstance(a, TracedInt) and type(exponent) is int and 0 <= exponent <= _SMALL_POWER:
            result: Number = 1
            for _ in range(exponent):
                result = self.arithmetic("mul", result, a)
            return result
        return self._record("pow", (a, b), None)

    def _dim(self, name: str, a: Number, b: Number) -> Dim | None:
        x, y = dim_of(a), dim_of(b)
        if x is None or y is None:
            return None
        if name == "add":
            return x + y
        if name == "sub":
            return x - y
        if name == "mul":
            return x * y
        if isinstance(y, int) and y > 0:
            if name == "floordiv":
                return x // y
            if name == "remainder":
                return x % y
        return None

    def _record(self, name: str, operands: tuple[Number, ...], dim: Dim | None) -> Number:
        """The traced result of an operator; a guard on the operands when tsx has no such operator."""
        hints = tuple(o.hint if isinstance(o, TracedScalar) else o for o in operands)
        result = _PYTHON[name](*hints)
        kind = _kind(name, hints)
        if kind is None or not self._tells_python(name, hints):
            for operand in operands:
                if isinstance(operand, TracedScalar):
                    self.consume(operand)
            return result
        tracer = self.tracer
        tracer.at_here()
        type_, abstract = abstract_number(result, dim)
        values = [
            tracer.number_operand(operand, hint)
            for operand, hint in zip(operands, hints, strict=True)
        ]
        node = tracer.emit(kind, values, (type_,))
        tracer.abstracts[node.output] = abstract
        return tracer.door.scalar(tracer, node.output, result, dim)

    @staticmethod
    def _tells_python(name: str, hints: tuple[int | float | bool, ...]) -> bool:
        """Whether torch's scalar operator means what Python's does (``int ** int`` gives a float there)."""
        return not (name == "pow" and all(isinstance(h, int) for h in hints))


def dim_of(number: object) -> Dim | None:
    """What is known of an int for every run."""
    if isinstance(number, TracedScalar):
        return number.dim
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def abstract_number(result: float | bool, dim: Dim | None) -> tuple[ty.Type, Abstract]:
    """The type and the abstract value of a traced number."""
    if isinstance(result, bool):
        return ty.BOOL, Unknown(ty.BOOL)
    if isinstance(result, int):
        return ty.INT, dim if dim is not None else Unknown(ty.INT)
    return ty.FLOAT, Unknown(ty.FLOAT)


def _kind(name: str, hints: tuple[int | float | bool, ...]) -> str | None:
    types = tuple(
        "bool" if isinstance(h, bool) else "int" if isinstance(h, int) else "float" for h in hints
    )
    if "bool" in types and name not in ("eq", "ne"):
        return None
    if name in ("Float", "Int"):
        overloads: tuple[str, ...] = ("Scalar", types[0])
    else:
        overloads = _OVERLOADS.get(types, ())
    for overload in overloads:
        kind = f"aten::{name}.{overload}" if overload else f"aten::{name}"
        if lookup(kind) is not None:
            return kind
    return None


def _decide(name: str, a: Dim | None, b: Dim | None) -> bool | None:
    """What a comparison of sizes gives in every run, or None. Sizes and their symbols are never negative."""
    if a is None or b is None:
        return None
    difference = a - b
    if isinstance(difference, int):
        return bool(_PYTHON[name](difference, 0))
    if name in ("eq", "ne"):
        return name == "ne" if _never_zero(difference) else None
    strict = 1 if name in ("gt", "le") else 0  # of ints, a > b is a - b - 1 >= 0
    if _never_negative(difference - strict):
        return name in ("ge", "gt")
    if _never_negative(-difference - (1 - strict)):
        return name in ("le", "lt")
    return None


def _never_zero(difference: Expr) -> bool:
    """Whether no sizes make it 0: it is positive or negative in every run, or never a multiple (``2 * n - 1``)."""
    if _never_negative(difference - 1) or _never_negative(-difference - 1):
        return True
    constant = sum(coefficient for monomial, coefficient in difference.terms if not monomial)
    common = math.gcd(*(coefficient for monomial, coefficient in difference.terms if monomial))
    return constant % common != 0


def _never_negative(dim: Dim) -> bool:
    if isinstance(dim, Expr):
        return all(coefficient >= 0 for _, coefficient in dim.terms) and all(
            _never_negative(atom.numerator)
            for monomial, _ in dim.terms
            for atom in monomial
            if hasattr(atom, "numerator")
        )
    return dim >= 0
