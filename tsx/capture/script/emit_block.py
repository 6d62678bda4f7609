"""Statements: blocks with early exits, ``if`` with static conditions, ``return``, ``raise``, ``assert``, ``del``.

Takes statements; appends to the current block, and leaves in ``ctx.env`` what holds behind them. Exits are structured:
what follows an ``if`` with one arm that leaves is compiled inside the other arm; where a path only may have left, the
rest stands under a test of the flags that ``ctx.env`` carries.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tsx.capture.script.environment import RETURN, RETURNED, Environment, Facts
from tsx.capture.script.frames import stored_names
from tsx.capture.script.joins import Arm, Join
from tsx.capture.script.problems import POISON, Failed
from tsx.capture.script.text import exception, message_of
from tsx.capture.script.values import NOT_IMPLEMENTED, NOT_STATIC, Constant, Ssa, Sugar
from tsx.errors import OperatorError
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

Emit = Callable[[], None]
_DEEP = 24  # blocks in blocks, from where each statement gets a test of its own instead of one for the rest


def emit_block(ctx: Context, statements: Sequence[ast.stmt]) -> None:
    """Compiles statements one after the other, until none can be reached any more."""
    work = list(statements)
    while work and ctx.env.live:
        statement = work.pop(0)
        if isinstance(statement, ast.If):
            if emit_if(ctx, statement, work):
                return
        else:
            emit_statement(ctx, statement)
        left = may_have_left(ctx) if work and ctx.env.live else None
        if left is not None:
            rest = [work.pop(0)] if ctx.depth() > _DEEP else work
            emit = functools.partial(emit_block, ctx, rest)
            rest_unless_left(ctx, left, emit, ctx.place(statement))
            if rest is work:
                return


def emit_statement(ctx: Context, statement: ast.stmt) -> None:
    """One statement; what it would have bound is poison when it has a problem."""
    before, ctx.here = ctx.env, ctx.place(statement)
    try:
        STATEMENTS.get(statement.__class__, _refused)(ctx, statement)
    except Failed:
        ctx.env = before
        poison(ctx, statement)
    except OperatorError as error:
        ctx.env = before
        ctx.problems.add_error(ctx.located(error, ctx.place(statement)))
        poison(ctx, statement)


def poison(ctx: Context, *nodes: ast.AST) -> None:
    """Nothing is known of what ``nodes`` bind; using it is silent."""
    ctx.has_failed = True
    for name in sorted(stored_names(nodes)):
        ctx.bind(name, POISON, None)
    if any(isinstance(node, ast.Return) for node in nodes):
        leave(ctx, POISON, None)


# -- exits --------------------------------------------------------------------------------------------------------


def exit_keys(ctx: Context) -> list[tuple[int, str]]:
    """The flags of every exit that the statements around may take, in the current frame."""
    number = ctx.frame.number
    keys = [(number, RETURNED)]
    for loop in ctx.frame.loops[-1:]:
        keys += [(number, f"$broke{loop}"), (number, f"$continued{loop}")]
    return keys


def may_have_left(ctx: Context) -> Value | None:
    """A bool that is true when this path has returned, broken or continued; None when it has not, for sure."""
    flags: list[Value] = []
    for key in exit_keys(ctx):
        binding = ctx.env.get(key)
        if binding is None or binding.value.static() is False:
            continue
        assert isinstance(binding.value, Ssa), "a path that has left is not live"
        flags.append(binding.value.value)
    if not flags:
        return None
    found = flags[0]
    for other in flags[1:]:
        found = ctx.emit("aten::__or__.bool", [found, other], ty.BOOL, ctx.here).value
    return found


def unless(ctx: Context, left: Value, emit: Emit, at: Place) -> None:
    """``emit()`` on the path that has not left."""
    branch(ctx, left, lambda: None, emit, at)


def rest_unless_left(ctx: Context, left: Value, emit: Emit, at: Place) -> None:
    """``emit()`` as the rest of a block, on the path that has not left it."""

    def has_left() -> None:
        flags = [
            k for k in exit_keys(ctx) if (b := ctx.env.get(k)) and b.value.static() is not False
        ]
        if len(flags) == 1:
            ctx.env.bind(flags[0], Constant(True))
            if flags[0][1] == RETURNED:
                ctx.env.left = ctx.frame.number
        ctx.env.live = False

    branch(ctx, left, has_left, emit, at)


def branch(ctx: Context, condition: Value, then: Emit, orelse: Emit, at: Place) -> None:
    """``if condition: then() else: orelse()``; joins what both leave in ``ctx.env``."""
    before = ctx.env
    node = ctx.node("prim::If", [condition], (), at)
    arms: list[Arm] = []
    for emit in (then, orelse):
        block = node.add_block()
        ctx.env = before.fork()
        ctx.inside(block, emit)
        arms.append(Arm(block, ctx.env))
    ctx.env = Join(ctx, node, (arms[0], arms[1]), before, at).run()
    settle(ctx)


def settle(ctx: Context) -> None:
    """When every path has left, control ends here."""
    if ctx.env.live and any(
        (b := ctx.env.get(key)) is not None and b.value.static() is True for key in exit_keys(ctx)
    ):
        ctx.env.live = False


def leave(ctx: Context, value: Sugar, at: Place | None) -> None:
    """``return value``: binds the result and ends this path."""
    number = ctx.frame.number
    ctx.env.bind((number, RETURN), value, at)
    ctx.env.bind((number, RETURNED), Constant(True), at)
    ctx.env.live = False
    ctx.env.left = number


# -- if -----------------------------------------------------------------------------------------------------------


def emit_if(ctx: Context, statement: ast.If, rest: list[ast.stmt]) -> bool:
    """An ``if``. True when ``rest`` was compiled inside an arm, so nothing is left to do."""
    at = ctx.place(statement.test)
    try:
        condition, facts = ctx.condition(statement.test)
        known = condition.static()
    except Failed:
        condition, facts, known = ctx.any_bool(at), Facts(), NOT_STATIC
    if known is not NOT_STATIC:
        for key, type in (facts.true if known else facts.false).items():
            ctx.env.refine(key, type)
        emit_block(ctx, statement.body if known else statement.orelse)
        return False
    bodies = (statement.body, statement.orelse)
    proven = (facts.true, facts.false)
    before = ctx.env
    node = ctx.node("prim::If", [condition.as_value(ctx, at)], (), at)
    arms: list[Arm] = []
    for body, refined in zip(bodies, proven, strict=True):
        block = node.add_block()
        ctx.env = before.fork()
        for key, type in refined.items():
            ctx.env.refine(key, type)
        ctx.inside(block, functools.partial(emit_block, ctx, body))
        arms.append(Arm(block, ctx.env))
    consumed = _continue_inside(ctx, arms, rest)
    ctx.env = Join(ctx, node, (arms[0], arms[1]), before, at).run()
    for arm, other, refined in ((0, 1, proven[0]), (1, 0, proven[1])):
        if arms[other].env.raised and arms[arm].env.live:
            _keep_facts(ctx, before, refined)
    settle(ctx)
    return consumed


def _continue_inside(ctx: Context, arms: list[Arm], rest: list[ast.stmt]) -> bool:
    """Compiles ``rest`` at the end of the arm that goes on, when the other has returned, broken or continued."""
    for arm, other in ((arms[0], arms[1]), (arms[1], arms[0])):
        has_left = not other.env.live and not other.env.raised
        if has_left and arm.env.live and rest and ctx.depth() <= _DEEP:
            ctx.env = arm.env
            ctx.inside(arm.block, lambda: _rest(ctx, rest))
            arm.env = ctx.env
            return True
    return False


def _rest(ctx: Context, rest: list[ast.stmt]) -> None:
    left = may_have_left(ctx)
    if left is None:
        emit_block(ctx, rest)
    else:
        rest_unless_left(ctx, left, lambda: emit_block(ctx, rest), ctx.here)


def _keep_facts(ctx: Context, before: Environment, refined: dict[tuple[int, str], ty.Type]) -> None:
    """Behind ``if x is None: raise``, x is not None."""
    for key, type in refined.items():
        old, new = before.get(key), ctx.env.get(key)
        if old is not None and new is not None and old.value is new.value:
            ctx.env.refine(key, type)


# -- simple statements --------------------------------------------------------------------------------------------


def _expression(ctx: Context, statement: ast.Expr) -> None:
    if isinstance(statement.value, ast.Constant):
        return  # a docstring, or `...`
    ctx.expression(statement.value)


def _return(ctx: Context, statement: ast.Return) -> None:
    at = ctx.place(statement.value or statement)
    wanted = ctx.frame.returns
    value: Sugar = Constant(None)
    if statement.value is not None:
        value = ctx.expression(statement.value, wanted)
    if wanted is not None and value is not NOT_IMPLEMENTED:
        value = ctx.converted(value, wanted, at, "the return value")
    else:
        value = ctx.settled(value, at)
    leave(ctx, value, at)


def _exit_loop(ctx: Context, statement: ast.Break | ast.Continue) -> None:
    word = "$broke" if isinstance(statement, ast.Break) else "$continued"
    key = (ctx.frame.number, f"{word}{ctx.frame.loops[-1]}")
    ctx.env.bind(key, Constant(True), ctx.place(statement))
    ctx.env.live = False


def _pass(ctx: Context, statement: ast.stmt) -> None:
    return


def _delete(ctx: Context, statement: ast.Delete) -> None:
    for target in statement.targets:
        at = ctx.place(target)
        match target:
            case ast.Name(id=name):
                ctx.name(target)  # an unbound name can't be deleted
                del ctx.env.names[ctx.key(name)]
            case ast.Subscript(value=inner, slice=index):
                ctx.expression(inner).delete_subscript(ctx, at, ctx.index(index))
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                _delete(ctx, ast.copy_location(ast.Delete(targets=parts), statement))
            case _:
                raise ctx.problem("TSX3040", at, what="deleting an attribute")


def _raise(ctx: Context, statement: ast.Raise) -> None:
    at = ctx.place(statement)
    if statement.exc is None:
        raise ctx.problem("TSX3041", at)
    kind, message = exception(ctx, statement.exc)
    stop(ctx, kind, message, at)


def stop(ctx: Context, kind: str, message: Sugar, at: Place) -> None:
    """Raises, and ends this path."""
    ctx.raise_exception(kind, message, at)
    ctx.env.live = False
    ctx.env.raised = True


def _assert(ctx: Context, statement: ast.Assert) -> None:
    at = ctx.place(statement.test)
    condition, facts = ctx.condition(statement.test)
    known = condition.static()
    before = ctx.env

    def complain() -> None:
        for key, type in facts.false.items():
            ctx.env.refine(key, type)
        message: Sugar = Constant("")
        if statement.msg is not None:
            message = message_of(ctx, [ctx.expression(statement.msg)], ctx.place(statement.msg))
        stop(ctx, "AssertionError", message, at)

    if known is False:
        complain()
        return
    if known is NOT_STATIC:
        branch(ctx, condition.as_value(ctx, at), lambda: None, complain, at)
        _keep_facts(ctx, before, facts.true)
    for key, type in facts.true.items() if known is True else ():
        ctx.env.refine(key, type)


def _scope(ctx: Context, statement: ast.Global | ast.Nonlocal) -> None:
    if not isinstance(statement, ast.Global):
        return
    written = [name for name in statement.names if name in ctx.frame.locals]
    if written:
        ctx.problem("TSX3042", ctx.place(statement), names=", ".join(written))
        poison(ctx)
    for name in written:
        ctx.bind(name, POISON, None)


_REFUSED: dict[type[ast.stmt], str] = {
    ast.Try: "try",
    ast.TryStar: "except*",
    ast.AsyncFunctionDef: "async def",
    ast.AsyncFor: "async for",
    ast.AsyncWith: "async with",
    ast.ClassDef: "a class inside a function",
}
_HELP = {
    "try": "test for the case with `if` before it, since a compiled program can't go on after an error",
    "a class inside a function": "define the class at the top level of the file",
}


def _refused(ctx: Context, statement: ast.stmt) -> None:
    what = _REFUSED.get(statement.__class__, statement.__class__.__name__)
    help = _HELP.get(what, "compute it outside, and pass the result in")
    raise ctx.problem("TSX3043", ctx.place(statement), what=what, way=help)


# Each takes the class that it stands under, which the type of a table can't say.
STATEMENTS: dict[type[ast.stmt], Callable[[Context, Any], None]] = {
    ast.Expr: _expression,
    ast.Return: _return,
    ast.Break: _exit_loop,
    ast.Continue: _exit_loop,
    ast.Pass: _pass,
    ast.Delete: _delete,
    ast.Raise: _raise,
    ast.Assert: _assert,
    ast.Global: _scope,
    ast.Nonlocal: _scope,
}
"""How each kind of statement is compiled; the modules of loops, assignments and functions add theirs."""
