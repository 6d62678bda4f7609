"""The scalar language: what an elementwise operator does to one element, as a line of text.

    x = self + 3; self * min(max(x, 0), 6) / 6          (hardswish)

Names are the operator's arguments, functions are the primitives (``primitives.py``) and those that ``functions.py``
defines in this language. Operators bind as Python's do: ``| ^ & == < << + * // % ** -x ~x``; ``name = …;`` names a
part. Numbers take the dtype of what they meet. Besides:

====================  =======================================================================================
``cast(x)``           a bool as the dtype the formula computes in; ``cast(x, float64)`` any dtype
``poly(x, a, b, c)``  ``a + x*(b + x*c)``
``default(x, y)``     ``x``, or ``y`` where the operand ``x`` is None
``largest``           the largest finite number of the result's dtype, ``lowest`` the most negative
``pi e inf nan``      as usual
====================  =======================================================================================

An operand that is None makes what is computed from it absent; ``min`` and ``max`` leave absent operands out.
Takes text; gives an ``Expression`` that ``emit`` turns into tile instructions. Never evaluates anything but constants.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tsx.errors import TsxError, fail
from tsx.ir.types import DTYPE_BY_NAME, DType
from tsx.ops.primitives import PRIMITIVES
from tsx.ops.tile import Constant, Register, TileBuilder


@dataclass(frozen=True, slots=True)
class Number:
    value: int | float


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A primitive, a function of the language, or one of the special forms."""

    function: str
    operands: tuple[Tree, ...]


Tree = Number | Name | Apply


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed formula: named parts in order, and the result."""

    text: str
    parts: tuple[tuple[str, Tree], ...]
    result: Tree

    def names(self) -> frozenset[str]:
        """The names it uses, besides those it defines."""
        found: set[str] = set()
        bound: set[str] = set()
        for name, tree in (*self.parts, ("", self.result)):
            found |= _names(tree) - bound
            bound.add(name)
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language, by the dtype class it computes in (see ``functions.py``)."""

    name: str
    parameters: tuple[str, ...]
    texts: Mapping[str, str]
    doc: str

    def expression(self, dtype: DType) -> Expression:
        return parse(self.texts.get(dtype.torch_name) or self.texts[""])


FUNCTIONS: dict[str, Function] = {}
_CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan}
_MAX_TOKENS = 2000
_MAX_DEPTH = 64

Value = Register | Constant | None
"""While emitting: a register, a number that has no dtype yet, or an absent operand."""


# --- reading ---------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|[A-Za-z_]\w*|\*\*|//|<<|>>|[<>=!]=|[-+*/%<>&|^~(),;=]|\S)"
)
_BINARY: dict[str, tuple[int, str]] = {
    "|": (1, "or"), "^": (2, "xor"), "&": (3, "and"),
    "==": (4, "eq"), "!=": (4, "ne"), "<": (4, "lt"), "<=": (4, "le"), ">": (4, "gt"), ">=": (4, "ge"),
    "<<": (5, "shl"), ">>": (5, "shr"), "+": (6, "add"), "-": (6, "sub"),
    "*": (7, "mul"), "/": (7, "div"), "//": (7, "floordiv"), "%": (7, "remainder"), "**": (9, "pow"),
}  # fmt: skip
_PREFIX = {"-": (8, "neg"), "~": (8, "not")}


@functools.cache
def parse(text: str) -> Expression:
    """Reads a formula; TSX4010 names the place that does not parse."""
    return _Parser(text).expression()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _TOKEN.findall(text)
        self.at = 0
        if len(self.tokens) > _MAX_TOKENS:
            raise self.error(f"at most {_MAX_TOKENS} tokens")

    def error(self, expected: str) -> TsxError:
        return fail(
            "TSX4010", expected=expected, found=repr(self.peek() or "the end"), text=self.text
        )

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def take(self, expected: str) -> None:
        if self.peek() != expected:
            raise self.error(repr(expected))
        self.at += 1

    def expression(self) -> Expression:
        parts: list[tuple[str, Tree]] = []
        while self.peek().isidentifier() and self.peek(1) == "=":
            name = self.peek()
            self.at += 2
            parts.append((name, self.tree(0, 0)))
            self.take(";")
        result = self.tree(0, 0)
        if self.peek():
            raise self.error("the end")
        return Expression(self.text, tuple(parts), result)

    def tree(self, binding: int, depth: int) -> Tree:
        """Precedence climbing: an operand, then every operator that binds tighter than ``binding``."""
        if depth > _MAX_DEPTH:
            raise self.error(f"at most {_MAX_DEPTH} nested parts")
        left = self.prefix(depth + 1)
        while self.peek() in _BINARY:
            strength, primitive = _BINARY[self.peek()]
            if strength <= binding:
                break
            self.at += 1
            right_associative = primitive == "pow"
            right = self.tree(strength - right_associative, depth + 1)
            left = Apply(primitive, (left, right))
        return left

    def prefix(self, depth: int) -> Tree:
        token = self.peek()
        if token in _PREFIX:
            self.at += 1
            strength, primitive = _PREFIX[token]
            return Apply(primitive, (self.tree(strength - 1, depth),))
        if token == "(":
            self.at += 1
            inner = self.tree(0, depth)
            self.take(")")
            return inner
        if token[:1].isdecimal() or token[:1] == ".":
            self.at += 1
            return Number(int(token) if token.isdecimal() else float(token))
        if not token.isidentifier():
            raise self.error("an operand")
        self.at += 1
        return self.application(token, depth) if self.peek() == "(" else Name(token)

    def application(self, function: str, depth: int) -> Tree:
        self.take("(")
        operands = [self.tree(0, depth)]
        while self.peek() == ",":
            self.at += 1
            operands.append(self.tree(0, depth))
        self.take(")")
        return Apply(function, tuple(operands))


def _names(tree: Tree) -> set[str]:
    if isinstance(tree, Name):
        return {tree.name}
    if isinstance(tree, Number):
        return set()
    operands = tree.operands[:1] if tree.function == "cast" else tree.operands
    return set().union(*(_names(operand) for operand in operands))


# --- emitting --------------------------------------------------------------------------------------------------


def emit(
    builder: TileBuilder, expression: Expression, operands: Mapping[str, Value], dtype: DType
) -> Value:
    """Appends the instructions of ``expression``, computed in ``dtype``; gives the result's register.

    ``operands`` maps each name to a register of ``dtype`` (or bool), to a number, or to None.
    """
    emitter = _Emitter(builder, expression, dict(operands), dtype)
    for name, tree in expression.parts:
        emitter.names[name] = emitter.value(tree)
    return emitter.value(expression.result)


@dataclass(slots=True)
class _Emitter:
    builder: TileBuilder
    expression: Expression
    names: dict[str, Value]
    dtype: DType

    def value(self, tree: Tree) -> Value:
        if isinstance(tree, Number):
            return tree.value
        if isinstance(tree, Name):
            return self.named(tree.name)
        special = _SPECIAL.get(tree.function)
        if special is not None:
            return special(self, tree.operands)
        operands = [self.value(operand) for operand in tree.operands]
        if tree.function in PRIMITIVES:
            return self.primitive(tree.function, operands)
        return self.function(tree.function, operands)

    def named(self, name: str) -> Value:
        if name in self.names:
            return self.names[name]
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        raise fail("TSX4011", name=name, text=self.expression.text)

    def primitive(self, name: str, operands: list[Value]) -> Value:
        if name == "where" and isinstance(operands[0], bool):
            return operands[1] if operands[0] else operands[2]
        if any(operand is None for operand in operands):
            present = [operand for operand in operands if operand is not None]
            return present[0] if name in ("min", "max") and present else None
        registers = [operand for operand in operands if isinstance(operand, Register)]
        if not registers:
            return _fold(name, operands)
        if name == "mul" and 1 in [o for o in operands if not isinstance(o, Register)]:
            return registers[0]  # exact in every dtype; `alpha=1` is everywhere
        typed = registers[-1] if name == "where" else registers[0]
        dtype = typed.dtype if typed is not operands[0] or name != "where" else self.dtype
        return self.builder.apply(name, *(self.typed(operand, dtype) for operand in operands))

    def typed(self, value: Value, dtype: DType) -> Register:
        if isinstance(value, Register):
            return value
        assert value is not None
        return self.builder.constant(value, dtype)

    def function(self, name: str, operands: list[Value]) -> Value:
        import tsx.ops.functions  # noqa: F401  (they are written in this language)

        function = FUNCTIONS.get(name)
        if function is None or len(function.parameters) != len(operands):
            raise fail("TSX4011", name=f"{name}/{len(operands)}", text=self.expression.text)
        if any(operand is None for operand in operands):
            return None
        registers = [operand for operand in operands if isinstance(operand, Register)]
        dtype = registers[0].dtype if registers else self.dtype
        typed = [self.typed(operand, dtype) for operand in operands]
        named: dict[str, Value] = dict(zip(function.parameters, typed, strict=True))
        return emit(self.builder, function.expression(dtype), named, dtype)

    def cast(self, operands: tuple[Tree, ...]) -> Value:
        value = self.value(operands[0])
        dtype = self.dtype
        if len(operands) == 2:
            assert isinstance(operands[1], Name)
            dtype = DTYPE_BY_NAME[operands[1].name]
        return None if value is None else self.builder.cast(self.typed(value, dtype), dtype)

    def default(self, operands: tuple[Tree, ...]) -> Value:
        value = self.value(operands[0])
        return self.value(operands[1]) if value is None else value

    def poly(self, operands: tuple[Tree, ...]) -> Value:
        x = self.value(operands[0])
        *lower, result = [self.value(operand) for operand in operands[1:]]
        for coefficient in reversed(lower):
            result = self.primitive("add", [coefficient, self.primitive("mul", [x, result])])
        return result


_SPECIAL = {"cast": _Emitter.cast, "default": _Emitter.default, "poly": _Emitter.poly}


def _fold(name: str, operands: list[Value]) -> Constant:
    """A primitive of numbers, in float64 (or int64 when all are ints)."""
    found: Constant = np.asarray(PRIMITIVES[name].function(*operands)).item()
    return found
