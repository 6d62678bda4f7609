"""The bodies of functions: statements into a graph, and what the paths through them return.

Takes the tree of a function with what its parameters are; gives the graph. ``NotAValue`` says that the result is
something that only compilation knows, so that the function is inlined, or a problem when it is an entry point.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tsx.capture.script import worlds
from tsx.capture.script.context import Context
from tsx.capture.script.emit_block import (
    emit_block,
    leave,
    may_have_left,
    rest_unless_left,
)
from tsx.capture.script.environment import RETURN, Binding
from tsx.capture.script.frames import Frame, own_names, walk_scope
from tsx.capture.script.joins import Conflict
from tsx.capture.script.listed import Listed
from tsx.capture.script.open_types import close_graph
from tsx.capture.script.problems import POISON, Collector, Failed, Poison
from tsx.capture.script.program import Program
from tsx.capture.script.sizes import tuples_in
from tsx.capture.script.source import FunctionTree, Place, Source
from tsx.capture.script.values import (
    Code,
    Constant,
    Ssa,
    Sugar,
)
from tsx.ir import types as ty
from tsx.ir.graph import Graph
from tsx.ir.module import TreeSpec

if TYPE_CHECKING:
    from tsx.capture.script.functions import Receiver


class NotAValue(Exception):
    """A function returns what can't be a value, so that it has to be inlined."""

    def __init__(self, value: Sugar, at: Place) -> None:
        super().__init__()
        self.value = value
        self.at = at

    def report(self, problems: Collector, function: str) -> None:
        """Records the problem that it is for an entry point."""
        culprit = _no_value_in(self.value)
        if isinstance(culprit, Listed):
            culprit.untyped(problems)
            return
        problems.add("TSX3037", self.at, function=function, what=culprit.describe())


def _no_value_in(value: Sugar) -> Sugar:
    """The first part of a value that is none itself."""
    pairs: Sequence[tuple[Sugar, Sugar]] = getattr(value, "pairs", ())
    items: Sequence[Sugar] = getattr(value, "items", ())
    for part in [*items, *(v for _, v in pairs)]:
        if part.type is None:
            return _no_value_in(part)
    return value


def compile_graph(
    program: Program,
    name: str,
    source: Source,
    types: Mapping[str, ty.Type],
    static: Mapping[str, Sugar],
    codes: Mapping[str, str],
    returns: ty.Type | None,
    own: tuple[str, Receiver | None] = ("", None),
) -> Graph:
    """The graph of a function, an input for each of ``types``. ``static`` are the parameters that are no inputs.

    ``own`` is the first parameter of a method with what it stands for; the graph's first input is ``%self``.
    """
    graph = Graph(name)
    ctx = Context(program, graph.block, source)
    names, foreign = own_names(source.tree)
    ctx.enter(Frame(ctx.new_number(), source, names, returns=returns, nonlocals=foreign))
    at = Place(source, source.tree)
    if own[1] is not None:
        receiver = own[1].inside(Ssa(graph.block.add_input(own[1].type(), "self")))
        ctx.env.bind(ctx.key(own[0]), receiver, at)
    for parameter, type in types.items():
        label = "self_" if parameter == "self" else parameter  # %self is a method's object
        value = Ssa(graph.block.add_input(type, label), codes.get(parameter, ""))
        if worlds.holds_arrays(type):
            of = codes.get(parameter) or worlds.library_of_parameter(source, parameter)
            program.libraries[value.value] = of
            value = Ssa(value.value)
        ctx.env.bind(ctx.key(parameter), value, at)
    for parameter, sugar in static.items():
        ctx.env.bind(ctx.key(parameter), sugar, at)
    run_body(ctx, source.tree, at)
    result = result_of(ctx, at)
    if result.type is None and hasattr(result, "as_type") and not hasattr(result, "untyped"):
        result = Ssa(result.as_value(ctx, at))
    if result.type is None:
        returned = ctx.env.get((ctx.frame.number, RETURN))
        raise NotAValue(result, returned.at if returned is not None and returned.at else at)
    graph.block.return_node.set_inputs([result.as_value(ctx, at)])
    known = result.static()
    code = known.kind if isinstance(known, Code) else ""
    program.codes[graph] = result.code if isinstance(result, Ssa) else code
    program.results[graph] = TreeSpec("leaf", label=tuples_in(result))
    close_graph(graph, None)
    return graph


def run_body(ctx: Context, tree: FunctionTree, at: Place) -> None:
    """Compiles the statements of a function in the current frame; every path ends with a return."""
    _check_generator(ctx, tree)
    if isinstance(tree, ast.Lambda):
        leave(ctx, ctx.settled(ctx.expression(tree.body), at), at)
        return
    emit_block(ctx, tree.body)
    if not ctx.env.live:
        return
    left = may_have_left(ctx)
    if left is None:
        _fall_off(ctx, at)
    else:
        rest_unless_left(ctx, left, lambda: _fall_off(ctx, at), at)


def _check_generator(ctx: Context, tree: FunctionTree) -> None:
    """A problem for a generator, once for all that it yields."""
    body: list[ast.AST] = [tree.body] if isinstance(tree, ast.Lambda) else list(tree.body)
    for node in walk_scope(body):
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            given = ast.unparse(node.value) if node.value is not None else "None"
            verb = "append" if isinstance(node, ast.Yield) else "extend"
            way = f"collect what it yields in a list, values.{verb}({given}), and return the list"
            what = "a generator (a function with yield)"
            raise ctx.problem("TSX3043", ctx.place(node), what=what, way=way)


def _fall_off(ctx: Context, at: Place) -> None:
    """The end of a function without a return gives None."""
    value: Sugar = Constant(None)
    wanted = ctx.frame.returns
    if ctx.has_failed and wanted is not None:
        leave(ctx, POISON, at)
        return
    if wanted is not None and not ty.is_subtype(ty.NONE, wanted):
        tree = ctx.frame.source.tree
        last = tree.body[-1] if isinstance(tree, ast.FunctionDef) else tree
        ctx.problem("TSX3034", ctx.place(last), function=ctx.frame.source.qualname)
        return
    leave(ctx, value, at)


def result_of(ctx: Context, at: Place) -> Sugar:
    """What the current frame returned."""
    binding: Binding | None = ctx.env.get((ctx.frame.number, RETURN))
    if binding is None:
        wanted = ctx.frame.returns  # every path raises
        if wanted is None or wanted == ty.NONE:
            return Constant(None)
        return ctx.emit("prim::Uninitialized", (), wanted, at)
    if isinstance(binding.value, Poison):
        raise Failed
    if isinstance(binding.value, Conflict):
        raise binding.value.problem(ctx, binding.value.second.at or at)
    value = ctx.refined(binding, at)
    wanted = ctx.frame.returns
    if wanted is not None and value.type is not None and value.type != wanted:
        return Ssa(ctx.convert(value, wanted, at, "the return value"))
    return value
