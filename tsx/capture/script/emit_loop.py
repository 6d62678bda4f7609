"""Loops: ``while`` and ``for`` over ranges, lists, tensors and strings, unrolled where items are known one by one.

Takes the statement; ``else`` runs unless a ``break`` was taken. A list that the body may change is followed as Python
follows it: its length is asked for in every round.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tsx.capture.script.carry import Carry
from tsx.capture.script.emit_assign import assign_target
from tsx.capture.script.emit_block import (
    STATEMENTS,
    branch,
    emit_block,
    poison,
    unless,
)
from tsx.capture.script.environment import RETURNED, Facts
from tsx.capture.script.frames import stored_names
from tsx.capture.script.problems import Failed
from tsx.capture.script.values import NOT_STATIC, Constant, Iteration, Sugar
from tsx.ir import types as ty
from tsx.ir.graph import Node, Value, walk_block
from tsx.ir.op import lookup

if TYPE_CHECKING:
    from tsx.capture.script.context import Context

FOREVER = (1 << 63) - 1
MAX_UNROLLED = 1024


class Loop:
    """One loop of the source; ``number`` is in the names of its flags."""

    def __init__(self, ctx: Context, statement: ast.For | ast.While) -> None:
        self.ctx = ctx
        self.statement = statement
        self.at = ctx.place(statement)
        self.number = ctx.new_number()
        self.broke = f"$broke{self.number}"
        self.continued = f"$continued{self.number}"
        self.ended = f"$ended{self.number}"

    def carry(self) -> Carry:
        body = [self.statement]
        names = stored_names(body)
        needed = names_read_outside(self.ctx, self.statement, names)
        flags = {self.broke} if self.statement.orelse else set()
        return Carry(self.ctx, self.at, names, needed, flags)

    def key(self, flag: str) -> tuple[int, str]:
        return self.ctx.frame.number, flag

    def body(self, start: Callable[[], None]) -> None:
        """One round: ``start`` binds the target, then the statements; a ``continue`` ends with the round."""
        ctx = self.ctx
        for flag in (self.broke, self.continued):
            ctx.env.bind(self.key(flag), Constant(False))
        ctx.frame.loops.append(self.number)
        try:
            start()
            emit_block(ctx, self.statement.body)
        finally:
            ctx.frame.loops.pop()
        ctx.env.names.pop(self.key(self.continued), None)
        if not ctx.env.raised and not self.has_returned():
            ctx.env.live, ctx.env.left = True, None  # the flags say who has broken or returned

    def has_returned(self) -> bool:
        """Whether every path has returned."""
        returned = self.ctx.env.get(self.key(RETURNED))
        return returned is not None and returned.value.static() is True

    def left(self, *, broke: bool = True) -> Sugar:
        """Whether the loop is done: a bool, a ``Constant`` when it is known."""
        ctx = self.ctx
        if ctx.env.raised:
            return Constant(True)
        keys = [
            self.key(RETURNED),
            *([self.key(self.broke)] if broke else []),
            self.key(self.ended),
        ]
        flags: list[Sugar] = []
        for key in keys:
            binding = ctx.env.get(key)
            if binding is None or binding.value.static() is False:
                continue
            if binding.value.static() is True:
                return Constant(True)
            flags.append(binding.value)
        if not flags:
            return Constant(False)
        found = flags[0]
        for other in flags[1:]:
            values = [found.as_value(ctx, self.at), other.as_value(ctx, self.at)]
            found = ctx.emit("aten::__or__.bool", values, ty.BOOL, self.at)
        return found

    def go_on(self, and_: Callable[[], Sugar] | None = None) -> Value:
        """The bool at the end of a round: nothing has left, and ``and_``."""
        ctx = self.ctx
        left = self.left()
        if left.static() is True:
            return ctx.constant(False, self.at)
        if left.static() is False:
            again = and_() if and_ is not None else Constant(True)
            return again.as_value(ctx, self.at)
        if and_ is None:
            return ctx.emit("aten::__not__", [left.as_value(ctx, self.at)], ty.BOOL, self.at).value
        key = (ctx.frame.number, f"$go{self.number}")

        def no() -> None:
            ctx.env.bind(key, Constant(False))

        def ask() -> None:
            again = and_()  # which may leave another environment
            ctx.env.bind(key, again)

        branch(ctx, left.as_value(ctx, self.at), no, ask, self.at)
        return ctx.env.names.pop(key).value.as_value(ctx, self.at)

    def finish(self) -> None:
        """Behind the loop: its ``else``, unless a break was taken."""
        ctx = self.ctx
        left = self.left() if self.statement.orelse else Constant(False)
        for flag in (self.broke, self.ended):
            ctx.env.names.pop(self.key(flag), None)
        if not self.statement.orelse or left.static() is True:
            return
        if left.static() is False:
            emit_block(ctx, self.statement.orelse)
        else:
            value = left.as_value(ctx, self.at)
            unless(ctx, value, lambda: emit_block(ctx, self.statement.orelse), self.at)


def names_read_outside(ctx: Context, node: ast.AST, names: set[str]) -> set[str]:
    """Those of ``names`` that the function reads outside of ``node``."""
    inside = {id(n) for n in ast.walk(node)}
    outside = {
        n.id
        for n in ast.walk(ctx.frame.source.tree)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and id(n) not in inside
    }
    return names & outside


# -- while --------------------------------------------------------------------------------------------------------


def _while(ctx: Context, statement: ast.While) -> None:
    loop = Loop(ctx, statement)
    if _proves(statement.test):
        _guarded(loop, statement)
        return
    before = ctx.env.fork()
    first = ctx.test(statement.test)
    if first.static() is False:
        loop.finish()
        return
    del before

    def step(number: Value) -> Value:
        loop.body(lambda: None)
        return loop.go_on(lambda: ctx.test(statement.test))

    node = loop.carry().run(ctx.constant(FOREVER, loop.at), first.as_value(ctx, loop.at), step)
    _close_endless(loop, statement, node)
    loop.finish()


def _guarded(loop: Loop, statement: ast.While) -> None:
    """A condition that proves something of names is asked at the start of each round, so that the body knows it."""
    ctx = loop.ctx

    def step(number: Value) -> Value:
        key = loop.key(loop.ended)
        ctx.env.bind(key, Constant(False))
        try:
            condition, facts = ctx.condition(statement.test)
        except Failed:
            condition, facts = ctx.any_bool(loop.at), Facts()

        def body() -> None:
            for name, type in facts.true.items():
                ctx.env.refine(name, type)
            loop.body(lambda: None)

        def end() -> None:
            ctx.env.bind(loop.key(loop.broke), Constant(False))
            ctx.env.bind(key, Constant(True))

        known = condition.static()
        if known is NOT_STATIC:
            branch(ctx, condition.as_value(ctx, loop.at), body, end, loop.at)
        else:
            (body if known else end)()
        value = loop.go_on()
        ctx.env.names.pop(key, None)
        return value

    loop.carry().run(ctx.constant(FOREVER, loop.at), ctx.constant(True, loop.at), step)
    loop.finish()


def _proves(test: ast.expr) -> bool:
    """Whether a condition may narrow the type of a name, or binds one."""
    for node in ast.walk(test):
        if isinstance(node, ast.NamedExpr):
            return True
        if isinstance(node, ast.Compare) and any(
            isinstance(o, (ast.Is, ast.IsNot)) for o in node.ops
        ):
            return True
        if isinstance(node, ast.Call) and "isinstance" in ast.unparse(node.func):
            return True
    return False


def _close_endless(loop: Loop, statement: ast.While, node: Node) -> None:
    """Behind ``while True`` without a break nothing is reached but by the return inside."""
    ctx = loop.ctx
    if not (isinstance(statement.test, ast.Constant) and statement.test.value):
        return
    if any(isinstance(n, ast.Break) for n in _own_statements(statement.body)):
        return
    returned = ctx.env.get(loop.key(RETURNED))
    if returned is None or returned.value.static() is False:
        ctx.env.raised = True
    else:
        ctx.env.bind(loop.key(RETURNED), Constant(True))
        ctx.env.left = ctx.frame.number
    ctx.env.live = False


def _own_statements(body: Sequence[ast.stmt]) -> list[ast.AST]:
    """The statements of a loop body, without those of loops and functions inside."""
    found: list[ast.AST] = []
    work: list[ast.AST] = list(body)
    while work:
        node = work.pop()
        found.append(node)
        if isinstance(node, (ast.For, ast.While)):
            work += node.orelse
        elif not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            work += ast.iter_child_nodes(node)
    return found


# -- for ----------------------------------------------------------------------------------------------------------


def _for(ctx: Context, statement: ast.For) -> None:
    loop = Loop(ctx, statement)
    at = ctx.place(statement.iter)
    try:
        iteration = ctx.expression(statement.iter).iterate(ctx, at)
    except Failed:
        _look_for_more(loop, statement)
        raise
    if iteration.items is not None:
        if len(iteration.items) > MAX_UNROLLED:
            raise ctx.problem("TSX3044", at, count=len(iteration.items), most=MAX_UNROLLED)
        _unrolled(loop, statement, iteration.items)
        loop.finish()
        return
    _counted(loop, statement, iteration)
    loop.finish()


def _look_for_more(loop: Loop, statement: ast.For) -> None:
    """The items are not known; the body may have problems of its own."""
    ctx = loop.ctx
    poison(ctx, statement.target)
    before = ctx.env.fork()
    ctx.apart(lambda: loop.body(lambda: None))
    ctx.env = before


def _unrolled(loop: Loop, statement: ast.For, items: Sequence[Sugar]) -> None:
    """One copy of the body for each item."""
    ctx = loop.ctx
    for place, item in enumerate(items):
        loop.body(lambda: assign_target(ctx, statement.target, item))  # noqa: B023  (runs at once)
        left = loop.left()
        if left.static() is True or not ctx.env.live:
            return
        if left.static() is NOT_STATIC and place + 1 < len(items):
            rest = functools.partial(_unrolled, loop, statement, items[place + 1 :])
            unless(ctx, left.as_value(ctx, loop.at), rest, loop.at)
            return


def _counted(loop: Loop, statement: ast.For, iteration: Iteration) -> None:
    ctx = loop.ctx
    before = ctx.env
    assert iteration.length is not None
    trips = iteration.length()

    def step(number: Value) -> Value:
        assert iteration.item is not None
        item = iteration.item
        loop.body(lambda: assign_target(ctx, statement.target, item(number)))
        return loop.go_on()

    mark = ctx.mark()
    node = loop.carry().run(trips, ctx.constant(True, loop.at), step)
    if iteration.source is not None and _changes_lists(node):
        node.destroy()
        ctx.rewind(mark)
        ctx.env = before
        _followed(loop, statement, iteration, trips)


def _followed(loop: Loop, statement: ast.For, iteration: Iteration, trips: Value) -> None:
    """A walk over a list that may change meanwhile: goes on as long as there is an item."""
    ctx = loop.ctx
    length, item = iteration.length, iteration.item
    assert length is not None
    assert item is not None
    at = loop.at
    one, zero = ctx.constant(1, at), ctx.constant(0, at)
    first = ctx.emit("aten::gt.int", [trips, zero], ty.BOOL, at).value

    def step(number: Value) -> Value:
        loop.body(lambda: assign_target(ctx, statement.target, item(number)))

        def more() -> Sugar:
            following = ctx.emit("aten::add.int", [number, one], ty.INT, at).value
            return ctx.emit("aten::lt.int", [following, length()], ty.BOOL, at)

        return loop.go_on(more)

    loop.carry().run(ctx.constant(FOREVER, at), first, step)


def _changes_lists(node: Node) -> bool:
    """Whether a loop may change the length of a list that it did not make itself."""
    (block,) = node.blocks
    for inner in walk_block(block):
        if inner.kind in ("prim::CallFunction", "prim::CallMethod"):
            if any(_holds_list(value.type) for value in inner.inputs):
                return True
            continue
        op = lookup(inner.kind)
        if op is None:
            continue
        for place in op.schema.written:
            if place < len(inner.inputs) and _may_grow(inner.inputs[place].type):
                return True
    return False


def _may_grow(type: ty.Type) -> bool:
    return isinstance(type, (ty.ListType, ty.DictType))


def _holds_list(type: ty.Type) -> bool:
    if _may_grow(type) or isinstance(type, (ty.ClassType, ty.InterfaceType)):
        return True
    return any(map(_holds_list, type.children()))


STATEMENTS[ast.While] = _while
STATEMENTS[ast.For] = _for
