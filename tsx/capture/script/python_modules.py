"""Python modules as values: ``math.pi``, ``config.SIZE``, ``helpers.f``: what their attributes are bound to.

Takes a module object; gives what its attributes stand for. Nothing of a module is ever written.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

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


def _resolve(ctx: Context, at: Place, obj: object) -> Sugar | None:
    return PythonModule(obj) if isinstance(obj, ModuleType) else None


resolvers.append(_resolve)
