"""Lists, dicts, sets and tensors that globals and closures hold: constants of a program, which must not write to them.

Takes the live objects; gives literals whose items are known, and weights. What a program would write into them, Python
would find in its module on the next call: ``check_unwritten`` looks at the finished graphs and makes that a problem.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsx.capture.script.live import World, worlds
from tsx.capture.script.sequences import DictLiteral
from tsx.capture.script.sets import SetLiteral
from tsx.capture.script.source import Place
from tsx.capture.script.values import ListLiteral, Ssa, Sugar
from tsx.capture.script.verbs import resolvers
from tsx.ir.alias import AliasAnalysis
from tsx.ir.effects import written_operands
from tsx.ir.graph import Graph, Value, WeightRef
from tsx.ir.module import Module
from tsx.runtime.state import written_inputs

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.problems import Failed
    from tsx.capture.script.program import Program


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A value that was made of a Python object, and where."""

    value: Value
    name: str
    at: Place


class _Lent:
    """What the literals below have in common: each use makes a value of its own, which is noted."""

    __slots__ = ()

    def note(self, ctx: Context, at: Place, made: Sugar) -> None:
        ctx.program.borrowed.append(Borrowed(made.as_value(ctx, at), at.text(), at))

    def set_subscript(self, ctx: Context, at: Place, index: Sugar, value: Sugar) -> None:
        raise _assigned(ctx, at)

    def delete_subscript(self, ctx: Context, at: Place, index: Sugar) -> None:
        raise _assigned(ctx, at)


def _assigned(ctx: Context, at: Place) -> Failed:
    """The problem that an item of a global is assigned or deleted."""
    owner = at.node.value if isinstance(at.node, ast.Subscript) else at.node
    return ctx.problem("TSX3070", at, name=Place(at.source, owner).text())


@dataclass(eq=False, slots=True)
class LentList(_Lent, ListLiteral):
    """A global list."""

    def describe(self) -> str:
        return "a global list"

    def made(self, ctx: Context, at: Place) -> Ssa:
        made = ctx.make_list(self.items, at)
        self.note(ctx, at, made)
        return made


@dataclass(eq=False, slots=True)
class LentDict(_Lent, DictLiteral):
    """A global dict. What can be no value (a dict of functions) is looked up by known keys."""

    def describe(self) -> str:
        return "a global dict"

    def made(self, ctx: Context, at: Place) -> Sugar:
        made = super(LentDict, self).made(ctx, at)
        self.value = None
        self.note(ctx, at, made)
        return made


@dataclass(eq=False, slots=True)
class LentSet(_Lent, SetLiteral):
    """A global set or frozenset."""

    def describe(self) -> str:
        return "a global set"

    def made(self, ctx: Context, at: Place) -> Sugar:
        made = super(LentSet, self).made(ctx, at)
        self.value = None
        self.note(ctx, at, made)
        return made


def _resolve(ctx: Context, at: Place, obj: object) -> Sugar | None:
    name = at.text()
    if type(obj) is list:
        return LentList([ctx.resolve(item, at, name) for item in obj])
    if type(obj) is dict:
        pairs = [(ctx.resolve(k, at, name), ctx.resolve(v, at, name)) for k, v in obj.items()]
        return LentDict(pairs)
    if type(obj) in (set, frozenset):
        assert isinstance(obj, (set, frozenset))
        return LentSet([ctx.resolve(item, at, name) for item in sorted(obj, key=repr)])
    world = next((world for world in worlds if world.is_array(obj)), None)
    return None if world is None else _weight(ctx, at, world, obj)


def _weight(ctx: Context, at: Place, world: World, array: object) -> Sugar:
    """A tensor as a weight of the program, under the name that the source has for it."""
    program = ctx.program
    if id(array) not in program.arrays:
        program.arrays[id(array)] = name = program.unique_name(at.text())
        program.weights[name] = world.weight(array)
    name = program.arrays[id(array)]
    attributes = {"value": WeightRef(name)}
    made = ctx.emit("prim::Constant", (), world.tensor_type(array), at, attributes)
    program.libraries[made.value] = world.library
    program.borrowed.append(Borrowed(made.value, name, at))
    return made


resolvers.append(_resolve)


def check_unwritten(module: Module, program: Program) -> None:
    """A problem for each borrowed value that a graph writes, or gives to a function that does."""
    linked = [lent for lent in program.borrowed if lent.value.node and lent.value.node.is_linked]
    if not linked:
        return
    for _, graph in module.graphs():
        own = {node.output: node for node in graph.all_nodes() if len(node.outputs) == 1}
        mine = [lent for lent in linked if lent.value in own]
        written = list(_written(graph, module)) if mine else []
        analysis = AliasAnalysis(graph, module) if written else None
        for lent in mine:
            if analysis is not None and any(analysis.may_alias(lent.value, w) for w in written):
                program.problems.add("TSX3070", lent.at, name=lent.name)


def _written(graph: Graph, module: Module) -> Iterator[Value]:
    """The values that nodes of ``graph`` write, those of calls among them."""
    known: dict[str, frozenset[int]] = {}
    for node in graph.all_nodes():
        if node.kind == "prim::CallFunction":
            name = str(node.attributes["name"])
            if name not in known:
                known[name] = _written_by_call(name, module.functions)
            yield from (node.inputs[i] for i in known[name])
        else:
            yield from written_operands(node)


def _written_by_call(name: str, functions: Mapping[str, Graph]) -> frozenset[int]:
    module = Module("", functions=dict(functions))
    return written_inputs(functions[name], module)
