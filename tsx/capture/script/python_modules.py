"""Python modules as values: ``math.pi``, ``config.SIZE``, ``helpers.f``: what their attributes are bound to.

Takes a module object; gives what its attributes stand for. Nothing of a module is ever written.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from tsx.capture.script.emit_block import STATEMENTS
from tsx.capture.script.values import Sugar
from tsx.capture.script.verbs import resolvers

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


@dataclass(frozen=True, slots=True)
class PythonModule(Sugar):
    """An imported module or package."""

    module: ModuleType

    def describe(self) -> str:
        return f"the module {self.module.__name__}"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if not hasattr(self.module, name):
            close = difflib.get_close_matches(name, dir(self.module), n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ctx.problem("TSX3011", at, what=self.describe(), name=name, hint=hint)
        return ctx.resolve(getattr(self.module, name), at, f"{self.module.__name__}.{name}")

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return hasattr(self.module, name)


def _import(ctx: Context, statement: ast.Import) -> None:
    """``import a.b as c`` inside a function."""
    for alias in statement.names:
        module = _module(ctx, alias.name, 0, statement)
        top = sys.modules[alias.name.partition(".")[0]] if alias.asname is None else module
        name = alias.asname or alias.name.partition(".")[0]
        ctx.bind(name, ctx.resolve(top, ctx.place(statement), name), ctx.place(statement))


def _import_from(ctx: Context, statement: ast.ImportFrom) -> None:
    """``from a import b as c`` inside a function."""
    at = ctx.place(statement)
    module = _module(ctx, statement.module or "", statement.level, statement)
    for alias in statement.names:
        if not hasattr(module, alias.name):
            raise ctx.problem("TSX3063", at, name=alias.name, reason=f"{module.__name__} has none")
        found = getattr(module, alias.name)
        ctx.bind(alias.asname or alias.name, ctx.resolve(found, at, alias.name), at)


def _module(ctx: Context, name: str, level: int, statement: ast.stmt) -> ModuleType:
    """The module that an import names; importing runs it, as it does when the function is called."""
    package = None
    if level:
        package = str(ctx.frame.source.namespace("__package__"))
    try:
        return importlib.import_module("." * level + name, package)
    except Exception as error:  # a module's own code may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise ctx.problem("TSX3063", ctx.place(statement), name=name, reason=reason) from None


STATEMENTS[ast.Import] = _import
STATEMENTS[ast.ImportFrom] = _import_from


def _resolve(ctx: Context, at: Place, obj: object) -> Sugar | None:
    return PythonModule(obj) if isinstance(obj, ModuleType) else None


resolvers.append(_resolve)
