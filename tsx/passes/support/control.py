"""Rules for If and Loop: branches that agree, carried values that never change. They keep memory as it is."""

from __future__ import annotations

from tsx.ir.equal import difference
from tsx.ir.graph import Block, Graph, Node, Value, copy_block
from tsx.passes.define import Context
from tsx.passes.support.erase import drop_carried, drop_result, erase_dead, splice
from tsx.passes.support.purity import computation_key

_UNNEGATE = "if not c: A else: B == if c: B else: A"
_SAME_RESULT = "if c: x else: x == x"
_SAME_BRANCH = "if c: A else: A == A"
_INVARIANT = "a carried value that never changes == its first value"
CONTROL_RULES = (_UNNEGATE, _SAME_RESULT, _SAME_BRANCH, _INVARIANT)
"""The equations, as docs/passes.md lists them."""


def simplify_control(ctx: Context) -> None:
    """Applies the rules to each If and Loop once."""
    for node in list(ctx.graph.all_nodes()):
        if not node.is_linked:
            continue
        if node.kind == "prim::If":
            _unnegate(ctx, node)
            _same_results(ctx, node)
            _same_branches(ctx, node)
        elif node.kind == "prim::Loop":
            _invariant(ctx, node)


def _unnegate(ctx: Context, node: Node) -> None:
    maker = node.inputs[0].node
    if maker is None or maker.kind != "aten::__not__":
        return
    ctx.note(_UNNEGATE, node, "turned round")
    operands = node.inputs
    node.set_input(0, maker.inputs[0])
    node.blocks.reverse()
    erase_dead(operands)


def _same_results(ctx: Context, node: Node) -> None:
    """A result that is the same value, or an equal constant, in both branches."""
    for index in reversed(range(len(node.outputs))):
        first, second = (block.outputs[index] for block in node.blocks)
        if not _is_same(first, second):
            continue
        if _is_within(first, node):
            assert first.node is not None
            first.node.move_before(node)
        ctx.note(_SAME_RESULT, node, first)
        node.outputs[index].replace_uses(first)
        drop_result(node, index)


def _is_same(first: Value, second: Value) -> bool:
    if first is second:
        return True
    a, b = first.node, second.node
    if a is None or b is None or a.kind != "prim::Constant" or b.kind != "prim::Constant":
        return False
    return first.type == second.type and computation_key(a) == computation_key(b)


def _is_within(value: Value, node: Node) -> bool:
    return any(value.block is block for block in node.blocks)


def _same_branches(ctx: Context, node: Node) -> None:
    """Two branches with the same nodes on the same values: one of them, whatever the condition."""
    (first, read_first), (second, read_second) = map(_alone, node.blocks)
    if read_first != read_second or difference(first, second) is not None:
        return
    ctx.note(_SAME_BRANCH, node, "its branch")
    for old, new in zip(node.outputs, splice(node.blocks[0], (), node), strict=True):
        old.replace_uses(new)
    operands = node.inputs
    node.destroy()
    erase_dead(operands)


def _alone(block: Block) -> tuple[Graph, list[Value]]:
    """A copy of a block as a graph whose inputs are what it reads from outside, and these values in order."""
    graph = Graph()
    values: dict[Value, Value] = {}
    inside: set[Value] = set()
    work = [block]
    while work:
        current = work.pop()
        inside.update(current.inputs)
        for node in (*current.nodes, current.return_node):
            for value in node.inputs:
                if value not in inside and value not in values:
                    values[value] = graph.block.add_input(value.type)
            inside.update(node.outputs)
            work.extend(node.blocks)
    read = list(values)
    copy_block(block, graph.block, values)
    return graph, read


def _invariant(ctx: Context, loop: Node) -> None:
    """A carried value that each round hands on unchanged is what it was at first."""
    (body,) = loop.blocks
    for index in reversed(range(len(loop.outputs))):
        carried, start = body.inputs[index + 1], loop.inputs[index + 2]
        if body.outputs[index + 1] not in (carried, start):
            continue
        ctx.note(_INVARIANT, loop, start)
        carried.replace_uses(start)
        loop.outputs[index].replace_uses(start)
        drop_carried(loop, index)
