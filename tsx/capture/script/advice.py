"""The way out that a message names: a rewrite of the very line, for the types that were found.

Takes types and the text of the source; gives one sentence. Each rewrite compiles when it is applied as it stands.
"""

from __future__ import annotations

import ast

from tsx.capture.script.values import Sugar
from tsx.capture.script.words import type_words
from tsx.ir import types as ty

_CASTS: dict[ty.Type, str] = {ty.INT: "int", ty.FLOAT: "float", ty.BOOL: "bool", ty.STR: "str"}
_NUMBERS = (ty.INT, ty.FLOAT, ty.BOOL, ty.NUMBER)


def for_conversion(wanted: ty.Type, found: ty.Type | None, text: str) -> str:
    """How ``text``, which is a ``found``, becomes a ``wanted``."""
    if found is None:
        return f"give a value of type {type_words(wanted)}"
    if isinstance(found, ty.OptionalType) and ty.is_subtype(found.element, wanted):
        return test_first(text)
    if found == ty.NONE:
        return f"give a {type_words(wanted)}, or annotate it as Optional[{type_words(wanted)}]"
    if wanted in _CASTS and (
        isinstance(found, ty.TensorType) or found in (*_NUMBERS, ty.STR) or wanted == ty.STR
    ):
        return f"convert it: {_CASTS[wanted]}({text})"
    if isinstance(wanted, ty.TensorType) and (
        found in _NUMBERS or (isinstance(found, ty.ListType) and found.element in _NUMBERS)
    ):
        return f"make it a tensor: torch.tensor({text})"
    if isinstance(wanted, ty.ListType) and isinstance(found, ty.ListType):
        if ty.is_subtype(found.element, wanted.element):
            words = type_words(wanted)
            return f"a list holds what it was made for: make a new one, wider: {words} = [v for v in {text}]"
        if wanted.element in _CASTS and found.element in (*_NUMBERS, ty.STR):
            return f"convert its items: [{_CASTS[wanted.element]}(v) for v in {text}]"
    if isinstance(wanted, ty.ListType) and found == wanted.element:
        return f"make it a list: [{text}]"
    return f"give a {type_words(wanted)}"


def piece(node: ast.AST, what: str) -> str:
    """The text of the value that ``what`` names, in the expression ``node`` that gives it away."""
    match node:
        case ast.Call(args=[one], keywords=[]):
            return ast.unparse(one)
        case ast.Call(args=[*_, last]) if not what.startswith("the argument"):
            return ast.unparse(last)
        case ast.Subscript(slice=index) if "key" in what:
            return ast.unparse(index)
        case ast.Call():
            return "value"
    text = ast.unparse(node) if isinstance(node, ast.expr) else "value"
    return text if len(text) < 60 else "value"


def test_first(text: str) -> str:
    """The way out where a value may be None."""
    if text.isidentifier():
        return f"test it first: `if {text} is not None:`, or `assert {text} is not None`"
    return f"test it first: `value = {text}`, then `assert value is not None`, and use value"


def for_operands(symbol: str, a: Sugar, b: Sugar, node: ast.AST) -> str:
    """The way out where an operator has no meaning for its operands."""
    texts = _operands(node)
    for value, text in zip((a, b), texts, strict=True):
        if isinstance(value.type, ty.OptionalType):
            return test_first(text)
        if isinstance(value.type, ty.UnionType):
            one = type_words(value.type.members[0])
            return f"test which it is first: `if isinstance({text}, {one}):`"
        if value.type is None:
            return f"{text} is {value.describe()}: call it, or use what it gives"
    types = (a.type, b.type)
    if symbol == "+" and ty.STR in types:
        place = 1 if types[0] == ty.STR else 0
        return f"convert it: str({texts[place]})"
    if ty.STR in types and any(t in _NUMBERS for t in types):
        place = 0 if types[0] == ty.STR else 1
        return f"convert it: float({texts[place]})"
    if any(isinstance(t, ty.TensorType) for t in types):
        place = 1 if isinstance(types[0], ty.TensorType) else 0
        return f"make it a tensor: torch.tensor({texts[place]})"
    return "convert one operand to the type of the other"


def _operands(node: ast.AST) -> tuple[str, str]:
    match node:
        case ast.BinOp(left=left, right=right):
            return ast.unparse(left), ast.unparse(right)
        case ast.AugAssign(target=left, value=right):
            return ast.unparse(left), ast.unparse(right)
        case ast.Compare(left=left, comparators=[right, *_]):
            return ast.unparse(left), ast.unparse(right)
        case ast.UnaryOp(operand=operand):
            return ast.unparse(operand), ast.unparse(operand)
    return "the first operand", "the second"
