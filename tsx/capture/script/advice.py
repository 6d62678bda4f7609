"""The way out that a message names: a rewrite of the very line, for the types that were found.

Takes types and the text of the source; gives one sentence. Each rewrite compiles when it is applied as it stands.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tsx.capture.script.classes import own_annotations
from tsx.capture.script.source import Place
from tsx.capture.script.values import Sugar
from tsx.capture.script.words import type_words
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context

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


def for_given(ctx: Context, at: Place, what: str, wanted: ty.Type, found: ty.Type | None) -> str:
    """The way out where ``what``, an operand of the expression at ``at``, is a ``found`` and must be a ``wanted``."""
    node, statement = at.node, ctx.here.node
    attribute = _empty_attribute(ctx, node)
    if attribute is not None and found is not None and "attribute" not in what:
        name, kind = attribute
        return _declared(name, kind, what, found)
    if isinstance(statement, ast.Assign) and node in statement.targets and "key" not in what:
        node = statement.value
    text = _piece(node, what)
    match node:
        case ast.Call(func=ast.Attribute(attr="extend")) if wanted in _CASTS:
            return f"convert its items: [{_CASTS[wanted]}(v) for v in {text}]"
    return for_conversion(wanted, found, text)


def _declared(name: str, kind: type, what: str, found: ty.Type) -> str:
    """The annotation that gives an empty list or dict its type."""
    words = type_words(found)
    type = f"List[{words}]" if kind is list else f"Dict[str, {words}]"
    if kind is dict and "key" in what:
        type = f"Dict[{words}, Tensor]"
    return f"{name} is empty in __init__, so say in the body of the class what it will hold: {name}: {type}"


def _empty_attribute(ctx: Context, node: ast.AST) -> tuple[str, type] | None:
    """The name and the class of the attribute that a line fills, when it is an empty container without annotation."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute() as owner)):
            pass
        case ast.Subscript(value=ast.Attribute() as owner):
            pass
        case _:
            return None
    if not isinstance(owner.value, ast.Name):
        return None
    binding = ctx.env.get(ctx.key(owner.value.id))
    live = getattr(binding.value, "live", None) if binding is not None else None
    if live is None:
        return None
    held = getattr(live.obj, owner.attr, None)
    is_open = type(held) in (list, dict) and not held
    return (
        (owner.attr, type(held))
        if is_open and owner.attr not in own_annotations(type(live.obj))
        else None
    )


def _piece(node: ast.AST, what: str) -> str:
    """The text of the value that ``what`` names, in the expression ``node`` that gives it away."""
    match node:
        case ast.Call(args=[one], keywords=[]):
            return ast.unparse(one)
        case ast.Call(args=[first, *_]) if "key" in what:
            return ast.unparse(first)
        case ast.Call(args=[*_, last]) if not what.startswith("the argument"):
            return ast.unparse(last)
        case ast.Subscript(slice=index) if "key" in what:
            return ast.unparse(index)
        case ast.Call():
            return "value"
    text = ast.unparse(node) if isinstance(node, ast.expr) else "value"
    return text if len(text) < 60 else "value"


def for_quotient(args: Sequence[Sugar], node: ast.AST) -> str:
    """The way out where a size is the quotient of two ints, which is a float; empty where none is."""
    given = node.args if isinstance(node, ast.Call) else []
    for value, text in zip(reversed(args), reversed(given), strict=False):
        match text:
            case ast.BinOp(op=ast.Div(), left=left, right=right) if value.type == ty.FLOAT:
                whole = ast.unparse(ast.BinOp(left, ast.FloorDiv(), right))
                return f"{ast.unparse(text)} is a float: write {whole}"
    return ""


def test_first(text: str) -> str:
    """The way out where a value may be None."""
    if text.isidentifier():
        return f"test it first: `if {text} is not None:`, or `assert {text} is not None`"
    return f"test it first: `value = {text}`, then `assert value is not None`, and use value"


def for_optional(at: Place, node: ast.expr | None, *, is_path: bool) -> str:
    """The way out where ``node``, which may be None, is used at ``at``; ``is_path``: a test proves what it is."""
    if node is None:
        return "give it a name, and test that: `assert value is not None`"
    text = ast.unparse(node)
    line = _line_of_test(at.source.tree, text)
    if is_path and isinstance(node, ast.Name):
        again = test_first(text)
        if line:
            return f"the test on line {line} doesn't hold here: {again.replace('first', 'again')}"
        return again
    name = "value" if not isinstance(node, ast.Attribute) else node.attr
    before = f"the test on line {line} says nothing of a later {text}" if line else "give it a name"
    way = f"`{name} = {text}`, then `if {name} is not None:`, and use {name}"
    return f"{before}: write {way}" if line else f"{before} and test that: {way}"


def _line_of_test(tree: ast.AST, text: str) -> int:
    """The line that compares ``text`` with None; 0 when none does."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(
                left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(None)]
            ):
                if ast.unparse(left) == text:
                    return node.lineno
    return 0


def where_none(node: ast.expr | None, *, is_path: bool) -> tuple[str, str]:
    """What is None for sure, and the way out."""
    if node is None:
        return "the value", "give another value than None on this path"
    text = ast.unparse(node)
    if not is_path:
        found = (
            "it was when the file was imported, as after an import that failed"
            if isinstance(node, ast.Name)
            else "it is so for every input"
        )
        return text, f"give {text} a value: {found}"
    if isinstance(node, ast.Name):
        return text, f"give {text} a value before, or test it: `if {text} is not None:`"
    return text, f"give {text} a value in __init__, or test it: `if {text} is not None:`"


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
    if ty.STR in types and any(isinstance(t, ty.TensorType) for t in types):
        text, array = texts if types[0] == ty.STR else reversed(texts)
        way = f", or f'{{{array}}}{{{text}}}' for both as text" if symbol == "+" else ""
        return f"if {text} holds a number, write float({text}){way}"
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
