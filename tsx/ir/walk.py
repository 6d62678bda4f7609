"""Ways through a graph that several parts need. All of them iterate: no depth of nesting can exhaust the stack."""

from __future__ import annotations

from collections.abc import Iterator

from tsx.ir.graph import Block, Graph, Node, Value


def all_blocks(graph: Graph) -> Iterator[Block]:
    """Every block, outer before inner, in program order."""
    work = [graph.block]
    while work:
        block = work.pop()
        yield block
        inner = [b for node in block.nodes for b in node.blocks]
        work.extend(reversed(inner))


def all_values(graph: Graph) -> Iterator[Value]:
    """Every value, in the order in which the text defines it."""
    yield from graph.block.inputs
    work = [graph.block.nodes]
    waiting: list[list[Block]] = [[]]  # the blocks of the current node, not yet visited
    while work:
        if waiting[-1]:
            block = waiting[-1].pop()
            yield from block.inputs
            work.append(block.nodes)
            waiting.append([])
            continue
        node = next(work[-1], None)
        if node is None:
            work.pop()
            waiting.pop()
            continue
        yield from node.outputs
        waiting[-1] = node.blocks[::-1]


def depth(block: Block) -> int:
    """How many nodes the block is nested in."""
    count = 0
    while block.node is not None:
        block = block.node.block
        count += 1
    return count


def ancestor_in(node: Node, block: Block) -> Node | None:
    """The node of ``block`` that is ``node`` or holds it, or None."""
    current: Node | None = node
    while current is not None and current.block is not block:
        current = current.block.node
    return current
