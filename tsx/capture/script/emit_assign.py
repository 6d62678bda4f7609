"""Assignments: targets of every kind, annotations, augmented assignment with Python's in-place meaning.

Takes the statement; evaluates the value first, then the parts of each target once, from left to right, as Python does.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tsx.capture.script import conditions
from tsx.capture.script.emit_block import STATEMENTS
from tsx.capture.script.operators import inplace
from tsx.capture.script.sequences import starred, unpack, unpack_starred
from tsx.capture.script.values import Ssa, Sugar
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _assign(ctx: Context, statement: ast.Assign) -> None:
    declared = ctx.comment_type(statement) if statement.type_comment else None
    value = ctx.expression(statement.value, declared or _declared(ctx, statement.targets))
    for target in statement.targets:
        if declared is not None and isinstance(target, ast.Name):
            _declare(ctx, target, value, declared, ctx.place(statement.value))
        else:
            assign_target(ctx, target, value)


def _declared(ctx: Context, targets: list[ast.expr]) -> ty.Type | None:
    """What an annotation has said of the only target."""
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return None
    key = ctx.key(targets[0].id)
    binding = ctx.env.get(key)
    return binding.declared if binding is not None else ctx.declared_ahead.get(key)


def assign_target(ctx: Context, target: ast.expr, value: Sugar) -> None:
    """``target = value``."""
    at = ctx.place(target)
    match target:
        case ast.Name(id=name):
            bind_name(ctx, name, value, at)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            _unpack(ctx, parts, value, at)
        case ast.Attribute(value=inner, attr=name):
            owner, given = ctx.expression(inner), ctx.settled(value, at)
            owner.set_attribute(ctx, at, name, given)
            ctx.env.forget(name)
            _prove(ctx, target, owner, given)
        case ast.Subscript(value=inner, slice=index):
            owner = ctx.expression(inner)
            owner.set_subscript(ctx, at, ctx.index(index), value)
        case ast.Starred():
            raise ctx.problem("TSX3045", at)
        case _:
            raise ctx.problem("TSX3043", at, what="this target", way="assign to a name")


def _prove(ctx: Context, target: ast.Attribute, owner: Sugar, given: Sugar) -> None:
    """Behind ``self.a = value``, ``self.a`` is what was given, where the attribute may hold more than that."""
    key, wide = ctx.path(target), owner.attribute_type(ctx, target.attr)
    if key is None or given.type is None or not isinstance(wide, (ty.OptionalType, ty.UnionType)):
        return
    narrow = ty.erase_shapes(given.type)
    found = [m for m in conditions.members_of(wide) if ty.is_subtype(narrow, m)]
    if len(found) == 1:
        ctx.env.refine(key, found[0])


def bind_name(ctx: Context, name: str, value: Sugar, at: Place) -> None:
    """Binds a local name; a value without a name in the graph gets this one."""
    key = ctx.key(name)
    old = ctx.env.get(key)
    declared = old.declared if old is not None else ctx.declared_ahead.get(key)
    if declared is not None:
        value = ctx.converted(value, declared, _given(ctx, at), f"the variable {name}")
    value = ctx.settled(value, at)
    named(value, name)
    ctx.env.forget(name)
    if declared is not None:
        ctx.env.declare(key, value, at, declared)
    else:
        ctx.env.bind(key, value, at)


def _given(ctx: Context, at: Place) -> Place:
    """Where the value of a plain assignment stands: what a message is about."""
    statement = ctx.here.node
    if isinstance(statement, ast.Assign) and statement.targets == [at.node]:
        return ctx.place(statement.value)
    return at


def named(value: Sugar, name: str) -> None:
    """Gives a temporary the name of the variable that holds it first."""
    if isinstance(value, Ssa) and not value.value.name and name.isidentifier():
        value.value.name = name


def _unpack(ctx: Context, targets: list[ast.expr], value: Sugar, at: Place) -> None:
    stars = [i for i, t in enumerate(targets) if isinstance(t, ast.Starred)]
    if len(stars) > 1:
        raise ctx.problem("TSX3045", at)
    place = stars[0] if stars else 0
    after = len(targets) - place - 1
    split = unpack_starred(ctx, value, at, place, after) if stars else None
    items = split or unpack(ctx, value, at, len(targets) - len(stars), starred=bool(stars))
    if stars and split is None:
        middle = items[place : len(items) - after]
        items = [*items[:place], starred(ctx, middle, at), *items[len(items) - after :]]
    for target, item in zip(targets, items, strict=True):
        inner = target.value if isinstance(target, ast.Starred) else target
        assign_target(ctx, inner, item)


def _annotated(ctx: Context, statement: ast.AnnAssign) -> None:
    if ctx.frame.source.is_loose and statement.value is not None:
        assign_target(ctx, statement.target, ctx.expression(statement.value))
        return
    declared = ctx.annotation(statement.annotation)
    if statement.value is None:
        if isinstance(statement.target, ast.Name) and declared is not None:
            ctx.declared_ahead[ctx.key(statement.target.id)] = declared
        return
    value = ctx.expression(statement.value, declared)
    if declared is None or not isinstance(statement.target, ast.Name):
        if declared is not None:
            at = ctx.place(statement.value)
            value = ctx.converted(value, declared, at, ctx.place(statement.target).text())
            if isinstance(statement.target, ast.Attribute):
                owner = ctx.expression(statement.target.value)
                owner.declare_attribute(ctx, statement.target.attr, declared)
        assign_target(ctx, statement.target, value)
        return
    _declare(ctx, statement.target, value, declared, ctx.place(statement.value))


def _declare(ctx: Context, target: ast.Name, value: Sugar, declared: ty.Type, at: Place) -> None:
    value = ctx.converted(value, declared, at, f"the variable {target.id}")
    named(value, target.id)
    ctx.env.declare(ctx.key(target.id), value, ctx.place(target), declared)


# -- augmented ----------------------------------------------------------------------------------------------------


def _augmented(ctx: Context, statement: ast.AugAssign) -> None:
    at = ctx.place(statement)
    target = statement.target
    match target:
        case ast.Name(id=name):
            old = ctx.name(ast.copy_location(ast.Name(name, ast.Load()), target))
            new = _combined(ctx, statement, old)
            bind_name(ctx, name, new, at)
        case ast.Attribute(value=inner, attr=name):
            owner = ctx.expression(inner)
            new = _combined(ctx, statement, owner.attribute(ctx, at, name))
            given = ctx.settled(new, at)
            owner.set_attribute(ctx, at, name, given)
            ctx.env.forget(name)
            _prove(ctx, target, owner, given)
        case ast.Subscript(value=inner, slice=index):
            owner = ctx.expression(inner)
            place = ctx.settled_index(ctx.index(index), at)
            new = _combined(ctx, statement, owner.subscript(ctx, at, place))
            owner.set_subscript(ctx, at, place, new)


def _combined(ctx: Context, statement: ast.AugAssign, old: Sugar) -> Sugar:
    """``old op= value``: in place where the old value is changed in place by Python or eager torch."""
    value = ctx.expression(statement.value)
    return inplace(ctx, statement.op, old, value, ctx.place(statement))


STATEMENTS[ast.Assign] = _assign
STATEMENTS[ast.AnnAssign] = _annotated
STATEMENTS[ast.AugAssign] = _augmented
