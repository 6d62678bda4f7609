"""Strings that the source makes: f-strings, and the messages of ``raise`` and ``assert``.

Takes the node; gives the string as Python would build it.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

from tsx.capture.script.values import Constant, Sugar, TupleSugar
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def f_string(ctx: Context, node: ast.JoinedStr) -> Sugar:
    """The parts, each made a string, one after the other."""
    from tsx.capture.script.builtins.shown import joined  # which is written against this

    pieces = [
        _formatted(ctx, part) if isinstance(part, ast.FormattedValue) else ctx.expression(part)
        for part in node.values
    ]
    return joined(ctx, ctx.place(node), pieces)


def _formatted(ctx: Context, part: ast.FormattedValue) -> Sugar:
    from tsx.capture.script.builtins.text import formatted  # likewise

    at = ctx.place(part.value)
    value = ctx.settled(ctx.expression(part.value), at)
    spec = part.format_spec
    asked = f_string(ctx, spec) if isinstance(spec, ast.JoinedStr) else Constant("")
    conversion = "" if part.conversion < 0 else chr(part.conversion)
    return formatted(ctx, at, value, conversion, asked)


def to_str(ctx: Context, value: Sugar, at: Place) -> Sugar:
    """``str(value)``."""
    known = value.static()
    if isinstance(value, Constant) and type(known) in (bool, int, str, float, type(None)):
        return Constant(str(known))
    return _builtin(ctx, "str", [value], at)


def _builtin(ctx: Context, name: str, args: list[Sugar], at: Place) -> Sugar:
    return ctx.resolve(getattr(builtins, name), at, name).call(ctx, at, args, {})


Raiser = Callable[["Context", "Place", list[Sugar], dict[str, Sugar]], tuple[str, Sugar]]
RAISERS: dict[object, Raiser] = {}
"""Functions that make exceptions: each gives the class name and the text for the arguments of a call."""


def exception(ctx: Context, node: ast.expr) -> tuple[str, Sugar]:
    """The class name and the text of what ``raise`` raises."""
    at = ctx.place(node)
    call = node if isinstance(node, ast.Call) else None
    cls = live_object(ctx, call.func if call else node)
    maker = RAISERS.get(cls) if inspect.isfunction(cls) else None
    if maker is not None and call is not None:
        args = [ctx.expression(argument) for argument in call.args]
        named = {k.arg: ctx.expression(k.value) for k in call.keywords if k.arg is not None}
        return maker(ctx, at, args, named)
    if not (isinstance(cls, type) and issubclass(cls, BaseException)):
        raise ctx.problem("TSX3036", at, what=at.text())
    if call is None:
        return cls.__name__, Constant("")
    if call.keywords or any(isinstance(a, ast.Starred) for a in call.args):
        raise ctx.problem("TSX3036", at, what=at.text())
    args = [ctx.expression(argument) for argument in call.args]
    return cls.__name__, message_of(ctx, args, at, is_key=issubclass(cls, KeyError))


def message_of(ctx: Context, args: list[Sugar], at: Place, *, is_key: bool = False) -> Sugar:
    """``str(E(*args))``."""
    if not args:
        return Constant("")
    if len(args) == 1:
        if is_key:
            return _builtin(ctx, "repr", [args[0]], at)
        return args[0] if args[0].type == ty.STR else to_str(ctx, args[0], at)
    return to_str(ctx, TupleSugar([ctx.settled(a, at) for a in args]), at)


def live_object(ctx: Context, node: ast.expr) -> object:
    """The Python object that a dotted name means, when it is a global."""
    if isinstance(node, ast.Attribute):
        return getattr(live_object(ctx, node.value), node.attr, None)
    if isinstance(node, ast.Name) and ctx.frame.owner(node.id) is None:
        try:
            return ctx.frame.source.namespace(node.id)
        except KeyError:
            raise ctx.problem("TSX3028", ctx.place(node), name=node.id) from None
    return None
