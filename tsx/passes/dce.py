"""Removes what nobody can notice: dead nodes, dead results of If, Loop and groups, writes to values nobody reads.

A node lives when it has an effect (a guard, a raise, a print), when it writes what is seen outside or read by a living
node, or when a living node or a result uses it. An operator that might raise is no effect, as in TorchScript.

Before:

    graph(%x : Tensor):
      %1 : int = prim::Constant[value=1]()
      %dead : Tensor = aten::add.Scalar(%x, %1, %1)
      %y : Tensor = aten::relu(%x)
      return (%y)

After:

    graph(%x : Tensor):
      %y : Tensor = aten::relu(%x)
      return (%y)
"""

from __future__ import annotations

from tsx.ir.graph import Block, Node
from tsx.passes.define import Context, define
from tsx.passes.support.liveness import Liveness


@define(safety="exact")
def dce(ctx: Context) -> None:
    """Marks what lives, then sweeps the rest, last first."""
    _sweep(ctx, ctx.graph.block, Liveness(ctx.graph, ctx.aliases()))


def _sweep(ctx: Context, block: Block, live: Liveness) -> None:
    for node in reversed(list(block.nodes)):
        if node in live.nodes:
            _sweep_blocks(ctx, node, live)
        else:
            ctx.note("dead node", node, "nothing")
            node.destroy()


def _sweep_blocks(ctx: Context, node: Node, live: Liveness) -> None:
    """Drops dead results with what the blocks return for them, then what is dead inside, then unread inputs."""
    if not node.blocks:
        return
    dead = [i for i in reversed(range(len(node.outputs))) if not _result_lives(node, i, live)]
    is_loop = node.kind == "prim::Loop"
    for index in dead:
        ctx.note("dead result", node, f"without result {index}")
        for block in node.blocks:
            block.return_node.remove_input(index + is_loop)
        node.remove_output(index)
    for block in node.blocks:
        _sweep(ctx, block, live)
    if is_loop:
        for index in dead:
            node.blocks[0].remove_input(index + 1)
            node.remove_input(index + 2)
    elif node.kind == "tsx::group":
        _sweep_group_inputs(node)


def _result_lives(node: Node, index: int, live: Liveness) -> bool:
    if node.kind == "prim::Loop":
        return live.carried_lives(node, index)
    return node.outputs[index] in live.values


def _sweep_group_inputs(group: Node) -> None:
    (body,) = group.blocks
    for index in reversed(range(len(body.inputs))):
        if not body.inputs[index].uses:
            body.remove_input(index)
            group.remove_input(index)
