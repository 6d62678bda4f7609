"""What operators on Python numbers share: the type rule, int64 bounds, C's floating-point answers.

Takes abstract operands. A rule answers with the value when all operands are constant, with a size expression where
sizes allow it, else with ``Unknown`` of the schema's type. Never refuses what would only stop at run time.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tsx.errors import TsxError, fail, python_exception
from tsx.ir import types as ty
from tsx.ir.dims import Dim, Expr
from tsx.ir.op import Abstract, Infer, Op, Trait, Unknown
from tsx.ir.schema import parse_schema
from tsx.ops.abstract import MAX_KNOWN, is_dim, known
from tsx.ops.define import op

Number = int | float | complex
_LARGEST = 16 * MAX_KNOWN
LOW, HIGH = -(2**63), 2**63
PURE, RAISES = Trait.PURE, Trait.PURE | Trait.RAISES


def int64(operation: str, value: int) -> int:
    """``value``, or TSX5001 when 64 bits can't hold it."""
    if LOW <= value < HIGH:
        return value
    raised = ("OverflowError", "the result needs more than 64 bits")
    raise fail("TSX5001", operation=operation, reason="overflows").instead_of(raised)


def by_nonzero(operation: str, function: Callable[[int, int], Any]) -> Callable[[int, int], Any]:
    """An integer division; TSX5001 in place of Python's ZeroDivisionError."""

    def checked(a: int, b: int) -> Any:
        try:
            return function(a, b)
        except ZeroDivisionError as error:
            stopped = fail("TSX5001", operation=operation, reason="divides by zero")
            raise stopped.instead_of(python_exception(error)) from None

    return checked


FLOORDIV = by_nonzero("floordiv", operator.floordiv)
MOD = by_nonzero("remainder", operator.mod)


def float_function(ufunc: Callable[..., Any]) -> Callable[..., float]:
    """A NumPy function on Python floats: C's answers (inf, nan) where Python's math would raise."""

    def apply(*operands: float) -> float:
        with np.errstate(all="ignore"):
            return float(ufunc(*(np.float64(operand) for operand in operands)))

    return apply


def complex_function(ufunc: Callable[..., Any]) -> Callable[..., complex]:
    def apply(*operands: complex) -> complex:
        with np.errstate(all="ignore"):
            return complex(ufunc(*(np.complex128(operand) for operand in operands)))

    return apply


def unknown(type: ty.Type) -> Abstract:
    """The abstract value of which only the type is known."""
    if type == ty.NONE:
        return None
    return type if isinstance(type, ty.TensorType) else Unknown(type)


def define(
    schema: str,
    evaluate: Callable[..., object],
    *,
    dims: Callable[..., Dim | bool | None] | None = None,
    scalar_op: str = "",
    raises: bool = False,
) -> Op:
    """An operator on numbers or strings; ``dims`` answers for sizes, None when it can't."""
    return op(
        schema,
        infer=rule(schema, evaluate, dims),
        eval=evaluate,
        scalar_op=scalar_op,
        traits=RAISES if raises else Trait.PURE,
    )


def rule(
    schema: str,
    evaluate: Callable[..., object],
    dims: Callable[..., Dim | bool | None] | None = None,
) -> Infer:
    """The type rule of a pure operator on plain values."""
    results = tuple(unknown(result.type) for result in parse_schema(schema).results)

    def infer(*operands: Abstract) -> Abstract:
        if all(known(operand) for operand in operands):
            if not _is_small(results[0], operands) or any(map(_holds_nan, operands)):
                return results[0] if len(results) == 1 else results
            try:
                return evaluate(*operands)
            except (TsxError, ArithmeticError, LookupError, ValueError, TypeError):
                pass  # it stops when it runs, if it runs
        elif dims is not None and all(is_dim(operand) for operand in operands):
            answer = dims(*operands)
            if answer is not None:
                return answer
        return results[0] if len(results) == 1 else results

    return infer


def _is_small(result: Abstract, operands: tuple[Abstract, ...]) -> bool:
    """Whether evaluating can't make a huge string or list: the product of all sizes and ints is bounded."""
    if not isinstance(result, Unknown) or (
        isinstance(result.type, ty.AtomType) and result.type != ty.STR
    ):
        return True
    return math.prod(max(_size(operand), 1) for operand in operands) <= _LARGEST


def _holds_nan(operand: Abstract) -> bool:
    """Lists are searched by identity before equality, and which NaN is which isn't known."""
    return isinstance(operand, (list, tuple)) and any(
        isinstance(item, (float, complex)) and item != item for item in operand
    )


def _size(operand: Abstract) -> int:
    if isinstance(operand, (list, tuple)):
        return sum(1 + (_length(item) if isinstance(item, str) else 0) for item in operand)
    if isinstance(operand, str):
        return _length(operand)
    return abs(operand) if isinstance(operand, int) else 1


def _length(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


# --- sizes -----------------------------------------------------------------------------------------------------


def floordiv_dims(a: Dim, b: Dim) -> Dim | None:
    return a // b if isinstance(b, int) and b > 0 else None


def remainder_dims(a: Dim, b: Dim) -> Dim | None:
    return a % b if isinstance(b, int) and b > 0 else None


def compare_dims(compare: Callable[[int, int], bool]) -> Callable[[Dim, Dim], bool | None]:
    """Decided when the two sizes differ by a constant."""

    def decide(a: Dim, b: Dim) -> bool | None:
        difference = a - b
        return None if isinstance(difference, Expr) else compare(difference, 0)

    return decide


# --- Python's and C's arithmetic ---------------------------------------------------------------------------------


def divide(a: float, b: float) -> float:
    """IEEE 754's a / b."""
    return float_function(np.true_divide)(a, b)


def floor_divide(a: float, b: float) -> float:
    """The floor of the quotient, as TorchScript: 1.0 // 0.1 is 10 (Python's is 9)."""
    return float(np.floor(divide(a, b)))


def remainder(a: float, b: float) -> float:
    """a % b with the sign of b, computed as torch does: 0.1 % 7 is 0.09999999999999964, and 0 % inf is nan."""
    fmod = float_function(np.fmod)
    return fmod(fmod(a, b) + b, b)


def power(a: float, b: float) -> float:
    """C's pow: inf and nan where Python's raises."""
    a, b = float(a), float(b)  # an odd int may be an even double
    try:
        return math.pow(a, b)
    except ValueError:  # a negative base with a fractional exponent, or zero with a negative one
        return math.nan if a else math.copysign(math.inf, a) if b % 2 == 1 else math.inf
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf


def log_gamma(a: float) -> float:
    """log(|gamma(a)|), inf at its poles."""
    try:
        return math.lgamma(a)
    except ValueError:
        return math.inf


def to_int(operation: str, value: float) -> int:
    """A float as an int, towards zero; TSX5001 when no int64 is that value."""
    try:
        return int64(operation, int(value))
    except (ValueError, OverflowError) as error:  # NaN and infinity
        stopped = fail("TSX5001", operation=operation, reason=f"of {value} has no answer")
        raise stopped.instead_of(python_exception(error)) from None


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
}
