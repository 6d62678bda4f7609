"""Modules that scripted code names as globals: all of them is constant, tensors are weights of the program.

Nothing of such a module is written, and its methods are compiled where they are called: there is no ``self`` that could
hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

from tsx.capture.script.classes import Bound
from tsx.capture.script.live import LiveTree, world_of
from tsx.capture.script.modules import ModuleSugar
from tsx.capture.script.values import Handler, ListLiteral, Sugar
from tsx.capture.script.verbs import resolvers

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


@dataclass(eq=False, slots=True)
class GlobalModule(ModuleSugar):
    """A module instance outside of the program's own."""

    def child(self, name: str, obj: Any) -> ModuleSugar:
        return GlobalModule(self.tree, self.tree.lives[id(obj)], None, self, name)

    def tensor(self, ctx: Context, at: Place, name: str) -> Sugar:
        return ctx.resolve(self.live.world.arrays(self.live.obj)[name], at, name)

    def known(self, ctx: Context, at: Place, name: str, value: Any) -> Sugar:
        if self.live.world.is_array(value):
            return ctx.resolve(value, at, name)
        if type(value) is list:
            return ListLiteral([self.known(ctx, at, f"{name}.{i}", v) for i, v in enumerate(value)])
        return super(GlobalModule, self).known(ctx, at, name, value)

    def set_attribute(self, ctx: Context, at: Place, name: str, value: Sugar) -> None:
        raise ctx.problem("TSX3225", at, cls=type(self.live.obj).__name__, name=name)

    def method(self, function: FunctionType, name: str) -> Sugar:
        return Bound(_later(function), self, name)


def _later(function: FunctionType) -> Sugar:
    """A function, resolved where it is called."""

    def call(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> Sugar:
        return ctx.resolve(function, at, function.__name__).call(ctx, at, args, kwargs)

    return Handler(function.__name__, call)


def _resolve(ctx: Context, at: Place, obj: object) -> Sugar | None:
    world = world_of(obj)
    if world is None:
        return None
    trees = ctx.program.global_trees
    if id(obj) not in trees:
        trees[id(obj)] = LiveTree.of(ctx.program, obj, world)
    tree: LiveTree = trees[id(obj)]
    return GlobalModule(tree, tree.lives[id(obj)])


resolvers.append(_resolve)
