"""Conditions: a bool, and what it proves of names where it is true and where it is false.

Takes the test of an ``if``, ``while``, ``assert`` or conditional expression, and ``and``/``or`` as values.
``x is None``, ``isinstance(x, T)``, a plain ``x``, and ``not``, ``and``, ``or`` of these narrow local names.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from tsx.capture.script import comparisons
from tsx.capture.script.environment import Facts, Key
from tsx.capture.script.values import NOT_STATIC, Constant, Sugar
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context


def condition_of(ctx: Context, node: ast.expr) -> tuple[Sugar, Facts]:
    """The truth of an expression, of type bool (a ``Constant`` when it is known), with what it proves."""
    at = ctx.place(node)
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            value, facts = condition_of(ctx, inner)
            return comparisons.negated(ctx, value, at), facts.inverted()
        case ast.BoolOp(op=op, values=values):
            return _shortcut(ctx, isinstance(op, ast.And), list(values))
        case ast.Compare(
            left=left,
            ops=[ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq() as op],
            comparators=[right],
        ):
            name, none = (left, right) if _is_none(right) else (right, left)
            if _is_none(none):
                return _none_test(ctx, name, isinstance(op, (ast.Is, ast.Eq)))
        case ast.NamedExpr(target=target):
            value = ctx.expression(node)
            return value.truth(ctx, at), _truth_facts(ctx, target, value)
        case ast.Name():
            value = ctx.expression(node)
            return value.truth(ctx, at), _truth_facts(ctx, node, value)
        case ast.Call():
            for test in CALL_TESTS:
                found = test(ctx, node)
                if found is not None:
                    return found
    return ctx.expression(node).truth(ctx, at), Facts()


CALL_TESTS: list[Callable[[Context, ast.Call], tuple[Sugar, Facts] | None]] = []
"""Calls that prove something (``isinstance``): each gives the bool with its facts, or None for any other call."""


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _none_test(ctx: Context, node: ast.expr, is_positive: bool) -> tuple[Sugar, Facts]:
    at = ctx.place(node)
    value = ctx.expression(node)
    found = comparisons.is_none(ctx, value, at)
    target = node.target if isinstance(node, ast.NamedExpr) else node
    key = name_key(ctx, target)
    facts = Facts()
    if key is not None and value.type is not None:
        facts = Facts({key: ty.NONE}, {key: without_none(value.type)})
    if is_positive:
        return found, facts
    return comparisons.negated(ctx, found, at), facts.inverted()


def without_none(type: ty.Type) -> ty.Type:
    """The type of what is not None."""
    match type:
        case ty.OptionalType(element):
            return without_none(element)
        case ty.UnionType(members):
            return union([m for m in members if m != ty.NONE])
    return type


def union(members: list[ty.Type]) -> ty.Type:
    """One of several types, as simple as it goes."""
    flat: list[ty.Type] = []
    for member in members:
        inner = member.members if isinstance(member, ty.UnionType) else (member,)
        flat += [m for m in inner if m not in flat]
    if len(flat) == 1:
        return flat[0]
    if ty.NONE in flat and len(flat) == 2:
        return ty.OptionalType(next(m for m in flat if m != ty.NONE))
    return ty.UnionType(tuple(flat))


def members_of(type: ty.Type) -> list[ty.Type]:
    """The types that a value of ``type`` may be of."""
    match type:
        case ty.OptionalType(element):
            return [*members_of(element), ty.NONE]
        case ty.UnionType(members):
            return [inner for member in members for inner in members_of(member)]
        case ty.NUMBER:
            return [ty.INT, ty.FLOAT]
    return [type]


def name_key(ctx: Context, node: ast.expr) -> Key | None:
    """The name whose type a test narrows: a local one, or an attribute of one."""
    return ctx.path(node)


def _truth_facts(ctx: Context, node: ast.expr, value: Sugar) -> Facts:
    """``if x``: what is true is not None."""
    key = name_key(ctx, node)
    if (
        key is None
        or value.type is None
        or not isinstance(value.type, (ty.OptionalType, ty.UnionType))
    ):
        return Facts()
    return Facts({key: without_none(value.type)})


def _shortcut(ctx: Context, is_and: bool, values: list[ast.expr]) -> tuple[Sugar, Facts]:
    """``a and b`` as a bool: ``b`` is only evaluated, and compiled, where ``a`` lets it be."""
    first, facts = condition_of(ctx, values[0])
    if len(values) == 1:
        return first, facts
    known = first.static()
    proven = facts.true if is_and else facts.false
    if known is not NOT_STATIC:
        if bool(known) is not is_and:
            return first, facts
        with ctx.proven(proven):
            rest, more = _shortcut(ctx, is_and, values[1:])
        return rest, facts.and_(more) if is_and else facts.or_(more)
    at = ctx.place(values[0])
    found: list[Facts] = []

    def rest_of() -> Sugar:
        with ctx.proven(proven):
            value, more = _shortcut(ctx, is_and, values[1:])
        found.append(more)
        return value

    def decided() -> Sugar:
        return Constant(not is_and)

    arms = (rest_of, decided) if is_and else (decided, rest_of)
    result = ctx.choose(first.as_value(ctx, at), *arms, at)
    return result, facts.and_(found[0]) if is_and else facts.or_(found[0])


def boolean(ctx: Context, node: ast.BoolOp) -> Sugar:
    """``a and b``, ``a or b`` as values: one of the operands, as in Python."""
    return _operand(ctx, isinstance(node.op, ast.And), list(node.values), node)


def _operand(ctx: Context, is_and: bool, values: list[ast.expr], node: ast.BoolOp) -> Sugar:
    if len(values) == 1:
        return ctx.expression(values[0])
    at = ctx.place(values[0])
    first = ctx.settled(ctx.expression(values[0]), at)
    truth = first.truth(ctx, at)
    facts = _facts_of(ctx, values[0], first)
    proven = facts.true if is_and else facts.false
    known = truth.static()
    if known is not NOT_STATIC:
        if bool(known) is not is_and:
            return first
        with ctx.proven(proven):
            return _operand(ctx, is_and, values[1:], node)

    def rest() -> Sugar:
        with ctx.proven(proven):
            return _operand(ctx, is_and, values[1:], node)

    def mine() -> Sugar:
        if not is_and and isinstance(first.type, (ty.OptionalType, ty.UnionType)):
            return ctx.cast(first, without_none(first.type), at)
        return first

    arms: tuple[Callable[[], Sugar], Callable[[], Sugar]] = (rest, mine) if is_and else (mine, rest)
    return ctx.choose(truth.as_value(ctx, at), *arms, ctx.place(node))


def _facts_of(ctx: Context, node: ast.expr, value: Sugar) -> Facts:
    """What an operand proves that was evaluated as a value already; emits nothing."""
    match node:
        case ast.Name():
            return _truth_facts(ctx, node, value)
        case ast.NamedExpr(target=target):
            return _truth_facts(ctx, target, value)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name() as inner):
            binding = ctx.env.get(ctx.key(inner.id)) if name_key(ctx, inner) else None
            return _truth_facts(ctx, inner, binding.value).inverted() if binding else Facts()
        case ast.Compare(
            left=ast.Name() as name, ops=[ast.Is() | ast.IsNot() as op], comparators=[right]
        ):
            binding = ctx.env.get(ctx.key(name.id)) if name_key(ctx, name) else None
            if binding is None or binding.value.type is None or not _is_none(right):
                return Facts()
            facts = Facts(
                {ctx.key(name.id): ty.NONE}, {ctx.key(name.id): without_none(binding.value.type)}
            )
            return facts if isinstance(op, ast.Is) else facts.inverted()
    return Facts()
