"""Moves what a Loop computes anew in each round, always the same, before the loop (loop-invariant code motion).

A node moves when it is pure, all it reads is from outside the loop, and nobody writes its operands or results. What
callers may see stays, since each round must make its own. A node that may raise moves only where it is guaranteed to
execute: the loop certainly runs, and nothing before the node has an effect or may raise itself. Inner loops come first,
so a node may leave several.

Before:

    graph(%n : int, %x : Float(2, 3), %w : Float(2, 3)):
      %t : bool = prim::Constant[value=True]()
      %y : Float(2, 3) = prim::Loop(%n, %t, %x)
        block0(%i : int, %a : Float(2, 3)):
          %e : Float(2, 3) = aten::exp(%w)
          %b : Float(2, 3) = aten::mul.Tensor(%a, %e)
          -> (%t, %b)
      return (%y)

After:

    graph(%n : int, %x : Float(2, 3), %w : Float(2, 3)):
      %t : bool = prim::Constant[value=True]()
      %e : Float(2, 3) = aten::exp(%w)
      %y : Float(2, 3) = prim::Loop(%n, %t, %x)
        block0(%i : int, %a : Float(2, 3)):
          %b : Float(2, 3) = aten::mul.Tensor(%a, %e)
          -> (%t, %b)
      return (%y)
"""

from __future__ import annotations

from tsx.ir.alias import AliasAnalysis
from tsx.ir.graph import Node, Value
from tsx.ir.op import Abstract
from tsx.passes.define import Context, define
from tsx.passes.support.purity import is_pure
from tsx.passes.support.raising import may_raise


@define(safety="exact")
def licm(ctx: Context) -> None:
    """Visits the loops from the inside out; moving a pure node changes no answer of the analyses."""
    loops = [node for node in ctx.graph.all_nodes() if node.kind == "prim::Loop"]
    if not loops:
        return
    abstracts, aliases = ctx.abstracts(), ctx.aliases()
    for loop in reversed(loops):
        _hoist(ctx, loop, abstracts, aliases)


def _hoist(
    ctx: Context, loop: Node, abstracts: dict[Value, Abstract], aliases: AliasAnalysis
) -> None:
    (body,) = loop.blocks
    is_guaranteed = _certainly_runs(loop, abstracts)
    for node in list(body.nodes):
        raises = bool(node.blocks) or may_raise(node, abstracts)
        if _is_invariant(node, aliases) and (is_guaranteed or not raises):
            if node.kind != "prim::Constant":
                ctx.note("an invariant of a loop == the same before it", node, "before the loop")
            node.move_before(loop)
        elif raises or aliases.has_effect(node):
            is_guaranteed = False


def _is_invariant(node: Node, aliases: AliasAnalysis) -> bool:
    if not is_pure(node) or any(value.block is node.block for value in node.inputs):
        return False
    if not aliases.is_unwritten(node):
        return False
    return not any(aliases.may_alias_output(value) for value in node.outputs)


def _certainly_runs(loop: Node, abstracts: dict[Value, Abstract]) -> bool:
    trips, go_on = (abstracts.get(value) for value in loop.inputs[:2])
    return isinstance(trips, int) and trips > 0 and go_on is True
