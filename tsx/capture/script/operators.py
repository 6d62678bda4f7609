"""Python's operators: ``+ - * / …``, comparisons, ``in``, ``is``, ``not``, and the augmented forms.

Takes evaluated operands; gives the result. On constants they are computed; with a tensor they follow eager torch,
number on the left included; on anything else ``tsx::`` operators, which mean what Python means, come before ``aten::``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tsx.capture.script import advice, item_methods, prelude, sizes
from tsx.capture.script.classes import live_class
from tsx.capture.script.match import is_code
from tsx.capture.script.open_types import Open
from tsx.capture.script.values import (
    NOT_IMPLEMENTED,
    NOT_STATIC,
    Code,
    Constant,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
)
from tsx.capture.script.words import type_words
from tsx.capture.script.worlds import world_for
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
_COMPARISONS: dict[type[ast.cmpop], tuple[str, str, str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("==", "eq", "eq", operator.eq),
    ast.NotEq: ("!=", "ne", "ne", operator.ne),
    ast.Lt: ("<", "lt", "gt", operator.lt),
    ast.LtE: ("<=", "le", "ge", operator.le),
    ast.Gt: (">", "gt", "lt", operator.gt),
    ast.GtE: (">=", "ge", "le", operator.ge),
}
_ON_BOOLS = ("&", "|", "^", "==", "!=", "is")  # what has a meaning of its own on two bools
_SET_UPDATES = {
    "|": "update",
    "&": "intersection_update",
    "-": "difference_update",
    "^": "symmetric_difference_update",
}
_PLAIN = (bool, int, float, complex, str, type(None))
_NUMBERS = (ty.INT, ty.FLOAT, ty.BOOL, ty.NUMBER, ty.COMPLEX)


def binary(ctx: Context, op: ast.operator, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a op b``."""
    symbol, name, python = _BINARY[op.__class__]
    a = _unmixed(ctx, a, at)
    if symbol == "%" and a.type == ty.STR and isinstance(b.type, ty.EnumType):
        from tsx.capture.script.builtins.text import percent  # which is written against this

        return percent(ctx, at, a, b)  # a member prints as one
    b = _unmixed(ctx, b, at)
    _decide_open(ctx, a, b)
    folded = fold(python, a, b)
    if folded is not None:
        return folded
    if is_tensor(a) or is_tensor(b):
        world = world_for(ctx, at, a, b)
        if world is not None:
            return world.binary(ctx, at, name, a, b)
        return _with_tensor(ctx, symbol, name, a, b, at)
    magic = _magic(ctx, _MAGIC[symbol], a, b, at)
    if magic is not None:
        return magic
    for special in (sizes.binary, _sequences, _tables, _text, _power):
        found = special(ctx, symbol, a, b, at)
        if found is not None:
            return found
    return _apply(ctx, symbol, name, [a, b], at)


def _unmixed(ctx: Context, value: Sugar, at: Place) -> Sugar:
    """A member of an IntEnum or StrEnum as the int or str that it is."""
    if not isinstance(value.type, ty.EnumType):
        return value
    from tsx.capture.script.enums import plain  # which is written against this

    return plain(ctx, at, value)


def _decide_open(ctx: Context, a: Sugar, b: Sugar) -> None:
    """An item of a list that was ``[]`` is taken for what it is computed with."""
    for mine, other in ((a.type, b.type), (b.type, a.type)):
        decides = other in _NUMBERS or other == ty.STR or isinstance(other, ty.TensorType)
        if isinstance(mine, Open) and other is not None and decides:
            ctx.close_type(mine, other)


def fold(python: Callable[[Any, Any], Any], a: Sugar, b: Sugar) -> Constant | None:
    """The result on two constants; None when it is not known, or is an error that a run has to raise."""
    x, y = a.static(), b.static()
    if not (_is_plain(a, x) and _is_plain(b, y)):
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


def _is_plain(sugar: Sugar, value: object) -> bool:
    return isinstance(sugar, Constant) and type(value) in _PLAIN and not isinstance(value, Code)


def is_tensor(value: Sugar) -> bool:
    """Whether it is a Tensor for sure."""
    return isinstance(value.type, ty.TensorType)


def _apply(ctx: Context, symbol: str, name: str, operands: list[Sugar], at: Place) -> Sugar:
    flags = [value.type == ty.BOOL for value in operands]
    if symbol != "in" and any(flags) and not (all(flags) and symbol in _ON_BOOLS):
        operands = [
            Ssa(ctx.convert(value, ty.INT, at, "the operand")) if is_bool else value
            for value, is_bool in zip(operands, flags, strict=True)
        ]  # a bool counts as 0 or 1
    names = [n for n in (f"tsx::{name}", f"aten::{name}") if overloads(n)] or [f"aten::{name}"]
    found = ctx.try_op(_of_these_types(names, operands) or names, at, operands)
    if found is None:
        raise _no_meaning(ctx, symbol, operands[0], operands[-1], at)
    return found


def _no_meaning(ctx: Context, symbol: str, a: Sugar, b: Sugar, at: Place) -> Exception:
    help = advice.for_operands(symbol, a, b, at.node)
    return ctx.problem("TSX3068", at, op=symbol, first=_words(a), second=_words(b), help=help)


def _of_these_types(names: list[str], operands: list[Sugar]) -> str:
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
    if symbol == "+" and _is_tuple(a) and _is_tuple(b):
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
            if _is_tuple(sequence):
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


def _is_tuple(value: Sugar) -> bool:
    return isinstance(value, TupleSugar) or isinstance(value.type, ty.TupleType)


def _magic(ctx: Context, name: str, a: Sugar, b: Sugar, at: Place) -> Sugar | None:
    """``a.__op__(b)`` or ``b.__rop__(a)`` of objects that define them."""
    for value, other, method in ((a, b, f"__{name}__"), (b, a, f"__r{name}__")):
        if _has_magic(ctx, value, method):
            found = value.attribute(ctx, at, method).call(ctx, at, [other], {})
            if found is not NOT_IMPLEMENTED:
                return found
    return None


def _has_magic(ctx: Context, value: Sugar, name: str) -> bool:
    return isinstance(value.type, (ty.ClassType, ty.InterfaceType)) and value.has_attribute(
        ctx, name
    )


# -- tensors ------------------------------------------------------------------------------------------------------


def _with_tensor(ctx: Context, symbol: str, name: str, a: Sugar, b: Sugar, at: Place) -> Sugar:
    other = b if is_tensor(a) else a
    if not is_tensor(other) and other.type not in _NUMBERS:
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


def _is_sequence(value: Sugar) -> bool:
    return isinstance(value, (ListLiteral, TupleSugar)) or isinstance(
        value.type, (ty.ListType, ty.TupleType)
    )


def _words(value: Sugar) -> str:
    return type_words(value.type) if value.type is not None else value.describe()


# -- augmented ----------------------------------------------------------------------------------------------------


def inplace(ctx: Context, op: ast.operator, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a op= b``: changes ``a`` where Python or eager torch does, and gives what the target is bound to then."""
    symbol, name, _ = _BINARY[op.__class__]
    world = world_for(ctx, at, a, b) if is_tensor(a) else None
    if world is not None:
        return world.inplace(ctx, at, name, a, b)
    if is_tensor(a) and name != "matmul":
        return ctx.op(f"aten::{_TENSOR.get(name, name)}_", at, [a, b], called=f"{symbol}=")
    if isinstance(a, ListLiteral):
        a = a.made(ctx, at)
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
    if _has_magic(ctx, a, f"__i{_MAGIC[symbol]}__"):
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
    a = _unmixed(ctx, a, at)
    value = a.static()
    if _is_plain(a, value):
        folded = fold(lambda x, _: python(x), a, Constant(0))
        if folded is not None:
            return folded
    if is_tensor(a):
        world = world_for(ctx, at, a)
        if world is not None:
            return world.unary(ctx, at, tensor, a)
        return ctx.op(f"aten::{tensor}", at, [a], called=symbol)
    if _has_magic(ctx, a, f"__{name}__"):
        return a.attribute(ctx, at, f"__{name}__").call(ctx, at, [], {})
    if a.type == ty.BOOL:
        a = Ssa(ctx.convert(a, ty.INT, at, "the operand"))
    if symbol == "+" and a.type in _NUMBERS:
        return a
    return _apply(ctx, symbol, name, [a], at)


def negated(ctx: Context, a: Sugar, at: Place) -> Sugar:
    """``not a``."""
    truth = a.truth(ctx, at)
    known = truth.static()
    if known is not NOT_STATIC:
        return Constant(not known)
    return ctx.emit("aten::__not__", [truth.as_value(ctx, at)], ty.BOOL, at)


# -- comparisons --------------------------------------------------------------------------------------------------


def compare(ctx: Context, op: ast.cmpop, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a op b`` for one operator."""
    match op:
        case ast.Is():
            return identical(ctx, a, b, at)
        case ast.IsNot():
            return negated(ctx, identical(ctx, a, b, at), at)
        case ast.In():
            return contains(ctx, b, a, at)
        case ast.NotIn():
            return negated(ctx, contains(ctx, b, a, at), at)
    symbol, name, swapped, python = _COMPARISONS[op.__class__]
    if a.type != b.type or name not in ("eq", "ne"):
        a, b = _unmixed(ctx, a, at), _unmixed(ctx, b, at)
    if _both_codes(a, b) and name in ("eq", "ne"):
        return Constant(python(a.static(), b.static()))
    folded = fold(python, a, b)
    if folded is not None:
        return folded
    magics = [m for m in ("__eq__", "__ne__") if any(_has_magic(ctx, v, m) for v in (a, b))]
    if name == "ne" and magics == ["__eq__"]:
        return negated(ctx, compare(ctx, ast.Eq(), a, b, at), at)
    if name == "eq" and magics:
        return equal(ctx, a, b, at)
    for value, other, magic in ((a, b, name), (b, a, swapped)):
        if _has_magic(ctx, value, f"__{magic}__"):
            answer = value.attribute(ctx, at, f"__{magic}__").call(ctx, at, [other], {})
            if answer is not NOT_IMPLEMENTED:
                return answer
    world = world_for(ctx, at, a, b) if is_tensor(a) or is_tensor(b) else None
    if world is not None and ty.NONE not in (a.type, b.type):
        return world.compare(ctx, at, name, a, b)
    if is_tensor(a) and not _is_sequence(b) and b.type != ty.NONE and not _is_optional(b):
        return ctx.op(f"aten::{name}", at, [a, b], called=symbol)
    if is_tensor(b) and not _is_sequence(a) and a.type != ty.NONE and not _is_optional(a):
        return ctx.op(f"aten::{swapped}", at, [b, a], called=symbol)
    is_plain = not item_methods.needs_methods(ctx, a.type, b.type)
    if name == "ne" and is_plain and _of_these_types(["aten::ne"], [a, b]):
        return _apply(ctx, symbol, name, [a, b], at)
    if name in ("eq", "ne"):
        found = equal(ctx, a, b, at)
        return found if name == "eq" else negated(ctx, found, at)
    if _is_tuple(a) and _is_tuple(b):
        return _ordered_tuples(ctx, op, a, b, at)
    if item_methods.has_own_order(ctx, a.type) and isinstance(a.type, ty.ListType):
        return item_methods.compared_lists(ctx, name, a, b, at)
    if isinstance(a.type, ty.DictType):
        b = item_methods.as_keys_of(ctx, at, a, b)
    if not _ordered(a.type, b.type):
        raise ctx.problem("TSX3116", at, op=symbol, first=_words(a), second=_words(b))
    return _apply(ctx, symbol, name, [a, b], at)


def _both_codes(a: Sugar, b: Sugar) -> bool:
    return isinstance(a.static(), Code) and isinstance(b.static(), Code)


def _is_optional(value: Sugar) -> bool:
    return isinstance(value.type, ty.OptionalType)


def equal(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a == b`` as Python sees it: of other types it is False, of tuples item by item."""
    folded = fold(operator.eq, a, b)
    if folded is not None:
        return folded
    if _has_magic(ctx, a, "__eq__") or _has_magic(ctx, b, "__eq__"):
        return _by_method(ctx, a, b, at)
    if a.type == ty.NONE or b.type == ty.NONE:
        return is_none(ctx, b if a.type == ty.NONE else a, at)
    if is_tensor(a) or is_tensor(b):
        return compare(ctx, ast.Eq(), a, b, at)
    of_sizes = sizes.equal(ctx, a, b, at)
    if of_sizes is not None:
        return of_sizes
    if _is_tuple(a) and _is_tuple(b):
        first, second = ctx.parts(a, at) or [], ctx.parts(b, at) or []
        if len(first) != len(second):
            return Constant(False)
        pairs = zip(first, second, strict=True)
        return ctx.all_true([_later(item_methods.same_item, ctx, x, y, at) for x, y in pairs], at)
    if _is_optional(a) or _is_optional(b):
        return _equal_optional(ctx, a, b, at)
    if a.type is None or b.type is None:
        return Constant(_is_one(a, b))
    if a.type != b.type:
        a, b = _unmixed(ctx, a, at), _unmixed(ctx, b, at)
    mine, theirs = a.type, b.type
    if mine is None or theirs is None or not _comparable(mine, theirs):
        return Constant(False)
    if item_methods.needs_methods(ctx, a.type, b.type):
        return _item_by_item(ctx, a, b, at)
    if isinstance(a, ListLiteral) and ctx.can_be(a, theirs, at):
        a = Ssa(ctx.convert(a, theirs, at, "the operand"))
    if isinstance(b, ListLiteral) and ctx.can_be(b, mine, at):
        b = Ssa(ctx.convert(b, mine, at, "the operand"))
    return _apply(ctx, "==", "eq", [a, b], at)


def _by_method(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a == b`` where one has an ``__eq__`` of its own; an optional other is None or what it holds."""
    for value, other in ((a, b), (b, a)):
        if not _has_magic(ctx, value, "__eq__"):
            continue
        if _is_optional(other):
            none = is_none(ctx, other, at).as_value(ctx, at)
            return ctx.choose(
                none,
                lambda value=value: equal(ctx, value, Constant(None), at),  # type: ignore[misc]  # bound now
                lambda: equal(ctx, _held(ctx, a, at), _held(ctx, b, at), at),
                at,
            )
        found = value.attribute(ctx, at, "__eq__").call(ctx, at, [other], {})
        if found is not NOT_IMPLEMENTED:
            return found
    return identical(ctx, a, b, at)


def _item_by_item(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a == b`` of containers whose items are equal by their methods."""
    if isinstance(a.type, ty.ListType) and isinstance(b.type, ty.ListType):
        return item_methods.call(ctx, at, prelude.same_lists, a, b)
    if isinstance(a.type, ty.DictType) and isinstance(b.type, ty.DictType):
        return item_methods.same_tables(ctx, at, a, b)
    raise ctx.problem("TSX3119", at, first=_words(a), second=_words(b))


def _later(
    function: Callable[[Context, Sugar, Sugar, Place], Sugar],
    ctx: Context,
    a: Sugar,
    b: Sugar,
    at: Place,
) -> Callable[[], Sugar]:
    return lambda: function(ctx, a, b, at)


def _comparable(a: ty.Type, b: ty.Type) -> bool:
    """Whether values of the two types can be equal at all."""
    if a in _NUMBERS and b in _NUMBERS:
        return True
    if isinstance(a, ty.AtomType) or isinstance(b, ty.AtomType):
        return a == b or ty.ANY in (a, b)
    return a.__class__ is b.__class__


def _ordered(a: ty.Type | None, b: ty.Type | None) -> bool:
    """Whether Python has an order between values of two types: numbers, strings, lists, and sets within sets."""
    if a is None or b is None:
        return False
    if a in _NUMBERS and b in _NUMBERS:
        return ty.COMPLEX not in (a, b)
    if isinstance(a, ty.ListType) and isinstance(b, ty.ListType):
        return a.element == b.element or _ordered(a.element, b.element)
    if isinstance(a, ty.DictType) and isinstance(b, ty.DictType):
        return a.value == b.value == ty.NONE
    return a == b and (a == ty.STR or not isinstance(a, (ty.AtomType, ty.OptionalType)))


def _held(ctx: Context, value: Sugar, at: Place) -> Sugar:
    """An optional value that is not None here."""
    return ctx.without_none(value, at) if _is_optional(value) else value


def _equal_optional(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """Both None, or both not and equal. What has an ``__eq__`` of its own is asked about None, too."""
    for optional, other in ((a, b), (b, a)):
        if _is_optional(optional) and item_methods.has_own_equality(ctx, optional.type):
            none = is_none(ctx, optional, at).as_value(ctx, at)
            first = _held(ctx, optional, at)
            return ctx.choose(
                none,
                lambda other=other: equal(ctx, Constant(None), other, at),  # type: ignore[misc]  # bound now
                lambda first=first, other=other: equal(ctx, first, other, at),  # type: ignore[misc]  # likewise
                at,
            )
    none_a, none_b = is_none(ctx, a, at), is_none(ctx, b, at)
    either = ctx.any_true([lambda: none_a, lambda: none_b], at)

    def both() -> Sugar:
        return ctx.all_true([lambda: none_a, lambda: none_b], at)

    def values() -> Sugar:
        return equal(ctx, ctx.without_none(a, at), ctx.without_none(b, at), at)

    return ctx.choose(either.as_value(ctx, at), both, values, at)


def _ordered_tuples(ctx: Context, op: ast.cmpop, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``(a, b) < (c, d)``: the first items that differ decide."""
    first, second = ctx.parts(a, at) or [], ctx.parts(b, at) or []
    if not first or not second:
        return compare(ctx, op, Constant(len(first)), Constant(len(second)), at)
    same = equal(ctx, first[0], second[0], at)

    def rest() -> Sugar:
        return compare(ctx, op, TupleSugar(first[1:]), TupleSugar(second[1:]), at)

    def here() -> Sugar:
        strict: ast.cmpop = ast.Lt() if isinstance(op, (ast.Lt, ast.LtE)) else ast.Gt()
        return compare(ctx, strict, first[0], second[0], at)

    if same.static() is not NOT_STATIC:
        return rest() if same.static() else here()
    return ctx.choose(same.as_value(ctx, at), rest, here, at)


def _is_one(a: Sugar, b: Sugar) -> bool:
    """Whether two things that only compilation knows are one: classes are by the live class."""
    cls = live_class(a)
    if cls is not None and cls is live_class(b):
        return True
    return a is b or (a.__class__ is b.__class__ and a == b)


def is_none(ctx: Context, a: Sugar, at: Place) -> Sugar:
    """``a is None``; a ``Constant`` when its type decides it."""
    type = a.type
    if type == ty.NONE:
        return Constant(True)
    if type is None or not ty.is_subtype(ty.NONE, type):
        return Constant(False)
    none = ctx.constant(None, at)
    return ctx.emit("aten::__is__", [a.as_value(ctx, at), none], ty.BOOL, at)


def identical(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a is b``."""
    if a.type == ty.NONE or b.type == ty.NONE:
        return is_none(ctx, b if a.type == ty.NONE else a, at)
    if isinstance(a, Constant) and isinstance(b, Constant):
        same = type(a.value) is type(b.value) and a.value == b.value
        return Constant(same)
    if a.type is None or b.type is None:
        return Constant(_is_one(a, b))
    if isinstance(a.type, ty.AtomType) and a.type == b.type:
        return _apply(ctx, "is", "eq", [a, b], at)
    if isinstance(a.type, ty.EnumType) and a.type == b.type:
        return _apply(ctx, "is", "eq", [a, b], at)
    if not ty.is_subtype(a.type, b.type) and not ty.is_subtype(b.type, a.type):
        return Constant(False)
    values = [a.as_value(ctx, at), b.as_value(ctx, at)]
    return ctx.emit("aten::__is__", values, ty.BOOL, at)


def _by_items(ctx: Context, element: ty.Type, item: ty.Type | None) -> bool:
    """Whether ``in`` a list asks its items."""
    return item is not None and item_methods.needs_methods(ctx, element, item)


def contains(ctx: Context, container: Sugar, item: Sugar, at: Place) -> Sugar:
    """``item in container``."""
    folded = fold(lambda c, i: i in c, container, item)
    if folded is not None:
        return folded
    if _has_magic(ctx, container, "__contains__"):
        return container.attribute(ctx, at, "__contains__").call(ctx, at, [item], {}).truth(ctx, at)
    if _is_tuple(container) or (isinstance(container, ListLiteral) and container.value is None):
        parts = ctx.parts(container, at) or []
        return ctx.any_true([_later(item_methods.same_item, ctx, p, item, at) for p in parts], at)
    if is_tensor(container):
        equals = compare(ctx, ast.Eq(), container, item, at)
        return ctx.op("aten::any", at, [equals], called="in").truth(ctx, at)
    handler = getattr(container, "contains", None)
    if handler is not None:
        found: Sugar = handler(ctx, at, item)
        return found
    if isinstance(container.type, (ty.ListType, ty.DictType)):
        element = container.type.children()[0]
        if isinstance(container.type, ty.ListType) and _by_items(ctx, element, item.type):
            return item_methods.call(ctx, at, prelude.contains, container, item)
        if not ctx.is_open(element):
            item = item if item.type == element else _unmixed(ctx, item, at)
            if item.type is not None and not _comparable(item.type, element):
                return Constant(False)
            if isinstance(container.type, ty.DictType) and item.type != element:
                item = Ssa(ctx.convert(item, element, at, "the key"))
            if isinstance(container.type, ty.DictType):
                item = item_methods.known_key(ctx, at, container, item)
    return _apply(ctx, "in", "__contains__", [container, item], at)
