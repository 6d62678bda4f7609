"""Typed scalar arithmetic: what the instructions ``ADD_I … GE_F`` compute, as plain functions of Python numbers.

ints are int64: a result outside stops the run (TSX5001), as does a division by zero. floats follow IEEE 754.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from tsx.ops.number_rules import FLOORDIV, HIGH, LOW, MOD, int64
from tsx.runtime.bind import BINDERS, Host, Step, call_step
from tsx.runtime.opcodes import Opcode


def _int64(name: str, function: Callable[..., int]) -> Callable[..., int]:
    def checked(*operands: int) -> int:
        result = function(*operands)
        return result if LOW <= result < HIGH else int64(name, result)

    return checked


def divide(a: float, b: float) -> float:
    """a / b with IEEE 754's answer for a zero divisor."""
    if b != 0.0:
        return a / b
    if a == 0.0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


SCALARS: dict[Opcode, Callable[..., Any]] = {
    Opcode.ADD_I: _int64("add", operator.add),
    Opcode.SUB_I: _int64("sub", operator.sub),
    Opcode.MUL_I: _int64("mul", operator.mul),
    Opcode.FLOORDIV_I: _int64("floordiv", FLOORDIV),
    Opcode.MOD_I: MOD,
    Opcode.NEG_I: _int64("neg", operator.neg),
    Opcode.EQ_I: operator.eq,
    Opcode.NE_I: operator.ne,
    Opcode.LT_I: operator.lt,
    Opcode.LE_I: operator.le,
    Opcode.GT_I: operator.gt,
    Opcode.GE_I: operator.ge,
    Opcode.ADD_F: operator.add,
    Opcode.SUB_F: operator.sub,
    Opcode.MUL_F: operator.mul,
    Opcode.DIV_F: divide,
    Opcode.NEG_F: operator.neg,
    Opcode.EQ_F: operator.eq,
    Opcode.NE_F: operator.ne,
    Opcode.LT_F: operator.lt,
    Opcode.LE_F: operator.le,
    Opcode.GT_F: operator.gt,
    Opcode.GE_F: operator.ge,
    Opcode.NOT_B: operator.not_,
}


def _binder(opcode: Opcode) -> Callable[[Host], Step]:
    function, operands = SCALARS[opcode], len(opcode.picture.pops)
    return lambda host: call_step(function, operands, 1)


BINDERS.update({opcode: _binder(opcode) for opcode in SCALARS})
