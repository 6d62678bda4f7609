"""``**kwargs`` in a function: the keyword arguments of one call, known by name when it is compiled.

Takes names and values; answers what a dict answers as far as names decide it. Nothing can be put in or taken out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsx.capture.script.values import Constant, Handler, Iteration, Sugar, TupleSugar

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


@dataclass(eq=False, slots=True)
class KeywordDict(Sugar):
    """The arguments that no parameter of its own took."""

    named_items: dict[str, Sugar]

    def describe(self) -> str:
        return "the dict of keyword arguments"

    def _name(self, ctx: Context, at: Place, index: Sugar) -> str:
        name = index.static()
        if not isinstance(name, str):
            raise ctx.problem("TSX3061", at)
        return name

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        name = self._name(ctx, at, index)
        if name not in self.named_items:
            raise ctx.problem("TSX3062", at, name=name)
        return self.named_items[name]

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``"name" in kwargs``."""
        return Constant(self._name(ctx, at, item) in self.named_items)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return Iteration(items=[Constant(name) for name in self.named_items])

    def length(self, ctx: Context, at: Place) -> Sugar:
        return Constant(len(self.named_items))

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return Constant(bool(self.named_items))

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if name == "get":
            return Handler(name, self._get)
        parts: dict[str, list[Sugar]] = {
            "keys": [Constant(key) for key in self.named_items],
            "values": list(self.named_items.values()),
            "items": [
                TupleSugar([Constant(key), value]) for key, value in self.named_items.items()
            ],
        }
        if name not in parts:
            raise ctx.problem("TSX3011", at, what=self.describe(), name=name, hint="")
        return Handler(name, lambda ctx, at: TupleSugar(parts[name]))

    def _get(self, ctx: Context, at: Place, key: Sugar, default: Sugar | None = None) -> Sugar:
        return self.named_items.get(self._name(ctx, at, key), default or Constant(None))
