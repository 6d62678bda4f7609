"""``with``: ``__enter__`` ahead of the body, ``__exit__`` behind it on every path that does not raise.

Takes the statement. An error in a compiled program always ends the run, so ``__exit__`` is called with three Nones,
or not at all.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tsx.capture.script.emit_assign import assign_target
from tsx.capture.script.emit_block import STATEMENTS, emit_block
from tsx.capture.script.library_advice import for_library
from tsx.capture.script.values import Constant

if TYPE_CHECKING:
    from tsx.capture.script.context import Context


def _with(ctx: Context, statement: ast.With) -> None:
    _item(ctx, statement, 0)


def _item(ctx: Context, statement: ast.With, place: int) -> None:
    """One context manager, with the next ones and the body inside."""
    if place == len(statement.items):
        emit_block(ctx, statement.body)
        return
    item = statement.items[place]
    at = ctx.place(item.context_expr)
    manager = ctx.settled(ctx.expression(item.context_expr), at)
    for name in ("__enter__", "__exit__"):
        if not manager.has_attribute(ctx, name):
            help = for_library(getattr(manager, "obj", None), "", at)
            raise ctx.problem("TSX3060", at, what=manager.describe(), name=name, help=help)
    leave = manager.attribute(ctx, at, "__exit__")
    value = manager.attribute(ctx, at, "__enter__").call(ctx, at, [], {})
    if item.optional_vars is not None:
        assign_target(ctx, item.optional_vars, value)
    _item(ctx, statement, place + 1)
    env = ctx.env
    if env.raised:
        return
    live, left = env.live, env.left
    env.live, env.left = True, None  # whoever has returned or broken comes by here first
    leave.call(ctx, at, [Constant(None)] * 3, {})
    ctx.env.live, ctx.env.left = live, left


STATEMENTS[ast.With] = _with
