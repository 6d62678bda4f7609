"""Python's operators: ``+ - * / …`` of two operands and of one, and the augmented forms.

Takes evaluated operands; gives the result. On constants they are computed; with a tensor they follow eager torch,
number on the left included; on anything else ``tsx::`` operators, which mean what Python means, come before ``aten::``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tsx.capture.script import advice, sizes
from tsx.capture.script.match import is_code
from tsx.capture.script.open_types import Open
from tsx.capture.script.values import (
    NOT_IMPLEMENTED,
    Code,
    Constant,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
)
from tsx.capture.script.words import type_words
from tsx.capture.script.worlds import plain_number, world_for
from tsx.ir import types as ty
from tsx.ir.op import overloads

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_BINARY: dict[type[ast.operator], tuple[str, str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", "add", operator.add),
    ast.Sub: ("-", "sub", operator.sub),
    ast.Mult: ("*", "mul", operator.mul),
    ast.Div: ("/", "div", operator.truediv),
    ast.FloorDiv: ("//", "floordiv", operator.floordiv),
    ast.Mod: ("%", "remainder", operator.mod),
    ast.Pow: ("**", "pow", operator.pow),
    ast.MatMult: ("@", "matmul", operator.matmul),
    ast.BitAnd: ("&", "__and__", operator.and_),
    ast.BitOr: ("|", "__or__", operator.or_),
    ast.BitXor: ("^", "__xor__", operator.xor),
    ast.LShift: ("<<", "__lshift__", operator.lshift),
    ast.RShift: (">>", "__rshift__", operator.rshift),
}
_MAGIC = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "&": "and", "|": "or", "^": "xor", "<<": "lshift", ">>": "rshift",
}  # fmt: skip
_TENSOR = {
    "floordiv": "floor_divide", "__and__": "bitwise_and", "__or__": "bitwise_or", "__xor__": "bitwise_xor",
    "__lshift__": "bitwise_left_shift", "__rshift__": "bitwise_right_shift",
}  # fmt: skip
_ON_BOOLS = ("&", "|", "^", "==", "!=", "is")  # what has a meaning of its own on two bools
_SET_UPDATES = {
    "|": "update",
    "&": "intersection_update",
    "-": "difference_update",
    "^": "symmetric_difference_update",
}
_PLAIN = (bool, int, float, complex, str, type(None))
NUMBERS = (ty.INT, ty.FLOAT, ty.BOOL, ty.NUMBER, ty.COMPLEX)


def binary(ctx: Context, op: ast.operator, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a op b``."""
    symbol, name, python = _BINARY[op.__class__]
    a = unmixed(ctx, a, at)
    if symbol == "%" and a.type == ty.STR and isinstance(b.type, ty.EnumType):
        from tsx.capture.script.builtins.text import percent  # which is written against this

        return percent(ctx, at, a, b)  # a member prints as one
    b = unmixed(ctx, b, at)
    _decide_open(ctx, a, b)
    folded = fold(python, a, b)
    if folded is not None:
        return folded
    if is_tensor(a) or is_tensor(b):
        world = world_for(ctx, at, a, b)
        if world is not None:
            return world.binary(ctx, at, name, a, b)
        a, b = plain_number(ctx, at, a), plain_number(ctx, at, b)
        return _with_tensor(ctx, symbol, name, a, b, at)
    magic = _magic(ctx, _MAGIC[symbol], a, b, at)
    if magic is not None:
        return magic
    for special in (sizes.binary, _sequences, _tables, _text, _power):
        found = special(ctx, symbol, a, b, at)
        if found is not None:
            return found
    return apply(ctx, symbol, name, [a, b], at)


def unmixed(ctx: Context, value: Sugar, at: Place) -> Sugar:
    """A member of an IntEnum or StrEnum as the int or str that it is."""
    if not isinstance(value.type, ty.EnumType):
        return value
    from tsx.capture.script.enums import plain  # which is written against this

    return plain(ctx, at, value)


def _decide_open(ctx: Context, a: Sugar, b: Sugar) -> None:
    """An item of a list that was ``[]`` is taken for what it is computed with."""
    for mine, other in ((a.type, b.type), (b.type, a.type)):
        decides = other in NUMBERS or other == ty.STR or isinstance(other, ty.TensorType)
        if isinstance(mine, Open) and other is not None and decides:
            ctx.close_type(mine, other)


def fold(python: Callable[[Any, Any], Any], a: Sugar, b: Sugar) -> Constant | None:
    """The result on two constants; None when it is not known, or is an error that a run has to raise."""
    x, y = a.static(), b.static()
    if not (is_plain(a, x) and is_plain(b, y)):
        return None
    try:
        if python is operator.pow and isinstance(y, int) and abs(y) > 64:
            return None
        if (
            python in (operator.lshift, operator.mul)
            and isinstance(x, (int, str))
            and isinstance(y, (int, str))
        ):
            sizes = [v for v in (x, y) if isinstance(v, int)]
            if any(abs(v) > 1 << 62 for v in sizes) or (
                python is operator.lshift and sizes[-1] > 64
            ):
                return None
            if len(sizes) == 1 and sizes[0] > 10_000:
                return None
        found = python(x, y)
    except Exception:  # whatever Python says of it, the program says when it runs
        return None
    if type(found) not in _PLAIN or (type(found) is int and not -(1 << 63) <= found < 1 << 63):
        return None
    return Constant(found)


def is_plain(sugar: Sugar, value: object) -> bool:
    return isinstance(sugar, Constant) and type(value) in _PLAIN and not isinstance(value, Code)


def is_tensor(value: Sugar) -> bool:
    """Whether it is a Tensor for sure."""
    return isinstance(value.type, ty.TensorType)


def apply(ctx: Context, symbol: str, name: str, operands: list[Sugar], at: Place) -> Sugar:
    flags = [value.type == ty.BOOL for value in operands]
    if symbol != "in" and any(flags) and not (all(flags) and symbol in _ON_BOOLS):
        operands = [
            Ssa(ctx.convert(value, ty.INT, at, "the operand")) if is_bool else value
            for value, is_bool in zip(operands, flags, strict=True)
        ]  # a bool counts as 0 or 1
    names = [n for n in (f"tsx::{name}", f"aten::{name}") if overloads(n)] or [f"aten::{name}"]
    found = ctx.try_op(overload_for(names, operands) or names, at, operands)
    if found is None:
        raise _no_meaning(ctx, symbol, operands[0], operands[-1], at)
    return found


def _no_meaning(ctx: Context, symbol: str, a: Sugar, b: Sugar, at: Place) -> Exception:
    help = advice.for_operands(symbol, a, b, at.node)
    return ctx.problem("TSX3068", at, op=symbol, first=words_of(a), second=words_of(b), help=help)


def overload_for(names: list[str], operands: list[Sugar]) -> str:
    """The overload declared for exactly these types: a Scalar's would forget what they are."""
    types = [value.type for value in operands]
    if any(map(is_code, operands)):  # a dtype is an int, and no number
        return ""
    for name in names:
        for op in overloads(name):
            if [argument.type for argument in op.schema.arguments] == types:
                return op.kind
    return ""


def _sequences(ctx: Context, symbol: str, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """Tuples and list literals item by item."""
    if symbol == "+" and is_tuple(a) and is_tuple(b):
        first, second = ctx.parts(a, at), ctx.parts(b, at)
        if first is not None and second is not None:
            return TupleSugar([*first, *second])
    if symbol == "+" and isinstance(a, ListLiteral) and isinstance(b, ListLiteral):
        is_new = a.value is None and b.value is None
        return ListLiteral([*a.items, *b.items]) if is_new else None
    if symbol == "*":
        for sequence, count in ((a, b), (b, a)):
            times = count.static()
            if type(times) is not int or times > 10_000:
                continue
            if is_tuple(sequence):
                return TupleSugar((ctx.parts(sequence, at) or []) * times)
    return None


def _tables(ctx: Context, symbol: str, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """``a | b`` of dicts; ``| & - ^`` of sets."""
    from tsx.capture.script.builtins.common import is_set
    from tsx.capture.script.builtins.dicts import (
        combination,
        merged,
    )  # which is written against this

    if not (isinstance(a.type, ty.DictType) and isinstance(b.type, ty.DictType)):
        return None
    if is_set(a.type) and is_set(b.type) and symbol in "|&-^":
        return combination(ctx, at, symbol, a, b)
    return merged(ctx, at, a, b) if symbol == "|" else None


def _text(ctx: Context, symbol: str, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """``template % values``."""
    from tsx.capture.script.builtins.text import percent  # which is written against this

    return percent(ctx, at, a, b) if symbol == "%" and a.type == ty.STR else None


def _power(ctx: Context, symbol: str, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """An int to a power that is known to be negative is a float."""
    exponent = b.static()
    if symbol != "**" or a.type not in (ty.INT, ty.BOOL) or type(exponent) is not int:
        return None
    if exponent >= 0:
        return None
    base = Ssa(ctx.convert(a, ty.FLOAT, at, "the base"))
    return ctx.op("tsx::pow.float", at, [base, Constant(float(exponent))])


def is_tuple(value: Sugar) -> bool:
    return isinstance(value, TupleSugar) or isinstance(value.type, ty.TupleType)


def _magic(ctx: Context, name: str, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """``a.__op__(b)`` or ``b.__rop__(a)`` of objects that define them."""
    for value, other, method in ((a, b, f"__{name}__"), (b, a, f"__r{name}__")):
        if has_magic(ctx, value, method):
            found = value.attribute(ctx, at, method).call(ctx, at, [other], {})
            if found is not NOT_IMPLEMENTED:
                return found
    return None


def has_magic(ctx: Context, value: Sugar, name: str) -> bool:
    return isinstance(value.type, (ty.ClassType, ty.InterfaceType)) and value.has_attribute(
        ctx, name
    )


# -- tensors ------------------------------------------------------------------------------------------------------


def _with_tensor(ctx: Context, symbol: str, name: str, a: Sugar, b: Sugar, at: Place) -> Sugar:
    other = b if is_tensor(a) else a
    if not is_tensor(other) and other.type not in NUMBERS:
        raise _no_meaning(ctx, symbol, a, b, at)
    if is_tensor(a):
        return ctx.op(f"aten::{_TENSOR.get(name, name)}", at, [a, b], called=symbol)
    match name:
        case "add" | "mul" | "__and__" | "__or__" | "__xor__":
            return ctx.op(f"aten::{_TENSOR.get(name, name)}", at, [b, a], called=symbol)
        case "sub":
            return ctx.op("aten::rsub", at, [b, a], called=symbol)
        case "div":
            inverse = ctx.op("aten::reciprocal", at, [b], called=symbol)
            return ctx.op("aten::mul", at, [inverse, a], called=symbol)
        case "pow":
            return ctx.op("aten::pow.Scalar", at, [a, b], called=symbol)
        case "remainder" | "__lshift__" | "__rshift__":
            kind = f"aten::{_TENSOR.get(name, name)}.Scalar_Tensor"
            return ctx.op(kind, at, [a, b], called=symbol)
        case "floordiv":
            zeros = ctx.op("aten::zeros_like", at, [b], called=symbol)
            filled = ctx.op(
                "aten::add", at, [zeros, a], called=symbol
            )  # promotes as the number does
            return ctx.op("aten::floor_divide", at, [filled, b], called=symbol)
    return ctx.op(f"aten::{name}", at, [a, b], called=symbol)


def is_sequence(value: Sugar) -> bool:
    return isinstance(value, (ListLiteral, TupleSugar)) or isinstance(
        value.type, (ty.ListType, ty.TupleType)
    )


def words_of(value: Sugar) -> str:
    return type_words(value.type) if value.type is not None else value.describe()


# -- augmented ----------------------------------------------------------------------------------------------------


def inplace(ctx: Context, op: ast.operator, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a op= b``: changes ``a`` where Python or eager torch does, and gives what the target is bound to then."""
    symbol, name, _ = _BINARY[op.__class__]
    world = world_for(ctx, at, a, b) if is_tensor(a) else None
    if world is not None:
        return world.inplace(ctx, at, name, a, b)
    if is_tensor(a) and name != "matmul":
        b = plain_number(ctx, at, b)
        return ctx.op(f"aten::{_TENSOR.get(name, name)}_", at, [a, b], called=f"{symbol}=")
    if isinstance(a, ListLiteral):
        a = a.made(ctx, at)
    if sizes.is_size(a):
        return binary(ctx, op, a, b, at)
    if isinstance(a.type, ty.ListType) and symbol == "+":
        a.attribute(ctx, at, "extend").call(ctx, at, [b], {})
        return a
    if isinstance(a.type, ty.ListType) and symbol == "*" and overloads("tsx::imul"):
        ctx.op("tsx::imul", at, [a, b], called="*=")
        return a
    if isinstance(a.type, ty.DictType) and symbol in _SET_UPDATES and b.type == a.type:
        name = _SET_UPDATES[symbol]
        if symbol == "|" or a.has_attribute(ctx, name):
            a.attribute(ctx, at, name).call(ctx, at, [b], {})
            return a
    if isinstance(a.type, ty.DictType) and symbol == "|":
        a.attribute(ctx, at, "update").call(ctx, at, [b], {})
        return a
    if has_magic(ctx, a, f"__i{_MAGIC[symbol]}__"):
        return a.attribute(ctx, at, f"__i{_MAGIC[symbol]}__").call(ctx, at, [b], {})
    return binary(ctx, op, a, b, at)


# -- unary --------------------------------------------------------------------------------------------------------

_UNARY: dict[type[ast.unaryop], tuple[str, str, str, Callable[[Any], Any]]] = {
    ast.USub: ("-", "neg", "neg", operator.neg),
    ast.UAdd: ("+", "pos", "positive", operator.pos),
    ast.Invert: ("~", "invert", "bitwise_not", operator.invert),
}


def unary(ctx: Context, op: ast.unaryop, a: Sugar, at: Place) -> Sugar:
    """``-a``, ``+a``, ``~a``; ``not`` is a matter of truth."""
    symbol, name, tensor, python = _UNARY[op.__class__]
    a = unmixed(ctx, a, at)
    value = a.static()
    if is_plain(a, value):
        folded = fold(lambda x, _: python(x), a, Constant(0))
        if folded is not None:
            return folded
    if is_tensor(a):
        world = world_for(ctx, at, a)
        if world is not None:
            return world.unary(ctx, at, tensor, a)
        return ctx.op(f"aten::{tensor}", at, [a], called=symbol)
    if has_magic(ctx, a, f"__{name}__"):
        return a.attribute(ctx, at, f"__{name}__").call(ctx, at, [], {})
    if a.type == ty.BOOL:
        a = Ssa(ctx.convert(a, ty.INT, at, "the operand"))
    if symbol == "+" and a.type in NUMBERS:
        return a
    return apply(ctx, symbol, name, [a], at)
