"""Closures, lambdas and partials: functions that are inlined where they are called, and how inlining goes.

Takes a ``def`` or ``lambda`` inside a function with the frame around it; its names mean what they mean at the call.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tsx.capture.script.arguments import typed_arguments
from tsx.capture.script.bodies import result_of, run_body
from tsx.capture.script.context import Context
from tsx.capture.script.emit_block import (
    STATEMENTS,
)
from tsx.capture.script.frames import Frame, own_names
from tsx.capture.script.parameters import Signature, bind, signature
from tsx.capture.script.source import FunctionTree, Place, Source
from tsx.capture.script.values import (
    Constant,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
    builtin,
)
from tsx.ir import types as ty

if TYPE_CHECKING:
    pass


_DEEPEST = 40  # inlined calls in inlined calls


@dataclass(slots=True)
class Inlined:
    """A call to compile in place."""

    source: Source
    tree: FunctionTree
    bound: dict[str, Sugar]
    returns: ty.Type | None = None
    parent: Frame | None = None
    name: str = ""
    variables: dict[object, ty.Type] = field(default_factory=dict)


def inline(ctx: Context, at: Place, call: Inlined) -> Sugar:
    """Compiles a call where it stands, in a frame of its own."""
    if ctx.inlined.count(call.tree) > 1 or len(ctx.inlined) > _DEEPEST:
        raise ctx.problem("TSX3033", at, function=call.name)
    outer, here = ctx.frame, ctx.here
    names, foreign = own_names(call.tree)
    frame = Frame(
        ctx.new_number(),
        call.source,
        names,
        call.parent,
        call.returns,
        foreign,
        variables=call.variables,
    )
    ctx.inlined.append(call.tree)
    ctx.problems.callers.append(at)
    ctx.enter(frame)
    try:
        for name, value in call.bound.items():
            ctx.env.bind((frame.number, name), value, at)
        run_body(ctx, call.tree, Place(call.source, call.tree))
        value = result_of(ctx, Place(call.source, call.tree))
    finally:
        ctx.inlined.pop()
        ctx.problems.callers.pop()
        ctx.frame, ctx.here = outer, here
    if not ctx.env.raised:
        ctx.env.live, ctx.env.left = True, None
    keeps = _may_hold_closure(value)
    for key in [k for k in ctx.env.names if k[0] == frame.number]:
        if not keeps or key[1].startswith("$"):
            del ctx.env.names[key]
    return value


def _may_hold_closure(value: Sugar) -> bool:
    if isinstance(value, (TupleSugar, ListLiteral)):
        return any(map(_may_hold_closure, value.items))
    return not isinstance(value, (Ssa, Constant))


@dataclass(eq=False, slots=True)
class Closure(Sugar):
    """A ``def`` or ``lambda`` inside a function: inlined at each call, with the names around as they are then."""

    source: Source
    tree: FunctionTree
    frame: Frame
    name: str
    defaults: dict[str, Sugar]
    returns: ty.Type | None = None
    types: dict[str, ty.Type | None] = field(default_factory=dict)

    def describe(self) -> str:
        return "a lambda" if isinstance(self.tree, ast.Lambda) else f"the function {self.name}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        bound = bind(ctx, self.name, self.tree, args, kwargs, self.defaults.get, at)
        typed = typed_arguments(ctx, self.name, bound, Signature(self.types, self.returns), at)
        return inline(
            ctx, at, Inlined(self.source, self.tree, typed, self.returns, self.frame, self.name)
        )


def closure(ctx: Context, tree: FunctionTree, name: str) -> Closure:
    """The value of a ``def`` or ``lambda``; its defaults are evaluated now."""
    spec = tree.args
    defaults: dict[str, Sugar] = {}
    positional = [*spec.posonlyargs, *spec.args]
    for argument, node in zip(reversed(positional), reversed(spec.defaults), strict=False):
        defaults[argument.arg] = ctx.settled(ctx.expression(node), ctx.place(node))
    for argument, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if given is not None:
            defaults[argument.arg] = ctx.settled(ctx.expression(given), ctx.place(given))
    annotated = signature(ctx.program, ctx.frame.source, tree, ctx.frame.variables)
    return Closure(
        ctx.frame.source, tree, ctx.frame, name, defaults, annotated.result, annotated.types
    )


def _def(ctx: Context, statement: ast.FunctionDef) -> None:
    value: Sugar = closure(ctx, statement, statement.name)
    for decorator in reversed(statement.decorator_list):
        value = ctx.expression(decorator).call(ctx, ctx.place(decorator), [value], {})
    ctx.bind(statement.name, value, ctx.place(statement))


@dataclass(frozen=True, slots=True)
class Partial(Sugar):
    """``functools.partial(f, …)``: a function with some of its arguments."""

    function: Sugar
    args: tuple[Sugar, ...]
    kwargs: tuple[tuple[str, Sugar], ...]

    def describe(self) -> str:
        return f"a partial of {self.function.describe()}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return self.function.call(ctx, at, [*self.args, *args], {**dict(self.kwargs), **kwargs})


@builtin(functools.partial)
def _partial(ctx: Context, at: Place, function: Sugar, *args: Sugar, **kwargs: Sugar) -> Sugar:
    return Partial(function, tuple(args), tuple(kwargs.items()))


STATEMENTS[ast.FunctionDef] = _def
