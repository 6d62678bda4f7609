"""Replaces a Loop with a known number of rounds by its body that many times, which then folds and fuses.

The number is known when the bounds are constants, or when the condition follows from constants through the carried
numbers (``while i < 3``). The options are named as LLVM's are: a loop of more than ``full-max-count`` rounds stays, and
so does one whose rounds have more than ``threshold`` nodes together, constants not counted. Inner loops come first, and
again once an outer one is unrolled; one run makes at most 16 thresholds of nodes.

Before:

    graph(%x : Tensor, %w : Tensor):
      %n : int = prim::Constant[value=2]()
      %t : bool = prim::Constant[value=True]()
      %y : Tensor = prim::Loop(%n, %t, %x)
        block0(%i : int, %a : Tensor):
          %b : Tensor = aten::matmul(%a, %w)
          -> (%t, %b)
      return (%y)

After:

    graph(%x : Tensor, %w : Tensor):
      %b.1 : Tensor = aten::matmul(%x, %w)
      %b : Tensor = aten::matmul(%b.1, %w)
      return (%b)
"""

from __future__ import annotations

from collections import ChainMap

from tsx.ir.build import Builder
from tsx.ir.graph import Block, Node, Value, copy_node, walk_block
from tsx.passes.define import Context, define
from tsx.passes.support.erase import erase_dead, splice
from tsx.passes.support.evaluation import Evaluator


@define(safety="exact")
def unroll(ctx: Context, *, threshold: int = 256, full_max_count: int = 64) -> None:
    """Unrolls until no loop is left that may be: an outer loop's number often tells how often the inner one runs."""
    room = _MOST * threshold
    while room > 0:
        made = _unroll_known(ctx, min(threshold, room), full_max_count)
        if not made:
            return
        room -= made


_MOST = 16
"""What one run may make of a graph, in thresholds."""


def _unroll_known(ctx: Context, threshold: int, full_max_count: int) -> int:
    """Counts the rounds of each loop, then unrolls the small ones from the inside out; gives how many nodes it made."""
    loops = [node for node in ctx.graph.all_nodes() if node.kind == "prim::Loop"]
    if not loops:
        return 0
    abstracts, aliases = ctx.abstracts(), ctx.aliases()
    trips: dict[Node, int] = {}
    for loop in loops:
        evaluator = Evaluator(
            ctx.module, aliases, abstracts, iterations=full_max_count, scalars_only=True
        )
        evaluator.loop(loop, ChainMap())
        if loop in evaluator.trips:
            trips[loop] = evaluator.trips[loop]
    made = 0
    for loop in reversed(loops):
        size = trips.get(loop, threshold + 1) * max(_size(loop), 1)
        if size <= threshold:
            _unroll(ctx, loop, trips[loop])
            made += max(size, 1)
    return made


def _size(loop: Node) -> int:
    return sum(node.kind != "prim::Constant" for node in walk_block(loop.blocks[0]))


def _unroll(ctx: Context, loop: Node, trips: int) -> None:
    """Copies the body for all rounds but the last, which takes the body itself."""
    (body,) = loop.blocks
    ctx.note("a loop of n rounds == its body n times", loop, f"its body {trips} time(s)")
    for value in loop.outputs:
        value.name = ""  # the source's names belong to what the rounds compute
    carried, conditions = list(loop.inputs[2:]), list[Value]()
    for index in range(trips):
        arguments = [_number(loop, body.inputs[0], index), *carried]
        if index == trips - 1:
            condition, *carried = splice(body, arguments, loop)
        else:
            condition, *carried = _copied(body, arguments, loop)
        conditions.append(condition)
    for old, new in zip(loop.outputs, carried, strict=True):
        old.replace_uses(new)
    operands = loop.inputs
    loop.destroy()
    erase_dead((*operands, *conditions))


def _copied(body: Block, arguments: list[Value], loop: Node) -> list[Value]:
    """Puts a copy of ``body`` before the loop; gives what it returns."""
    values: dict[Value, Value] = dict(zip(body.inputs, arguments, strict=True))
    for node in body.nodes:
        copy_node(node, values, loop.graph).insert_before(loop)
    return [values.get(value, value) for value in body.outputs]


def _number(loop: Node, formal: Value, index: int) -> Value:
    """The number of a round; the block's own input stands for it where nobody reads it."""
    return Builder(loop, loop.origin).constant(index) if formal.uses else formal
