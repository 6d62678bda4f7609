"""What of a graph can be noticed: the values and nodes that results, effects and visible writes depend on.

Takes a graph and its alias analysis. A fixpoint: a write lives once something that may share its memory lives, and a
carried value of a Loop lives once its result or its place in the body is read.
"""

from __future__ import annotations

from tsx.ir.alias import AliasAnalysis
from tsx.ir.effects import written_operands
from tsx.ir.graph import Graph, Node, Value
from tsx.ir.op import lookup
from tsx.passes.support.purity import checks_length


class Liveness:
    """``nodes`` and ``values`` are what lives; everything else may go."""

    def __init__(self, graph: Graph, aliases: AliasAnalysis) -> None:
        self.nodes: set[Node] = set()
        self.values: set[Value] = set()
        self._work: list[Value] = list(graph.outputs)
        self._fresh: list[Value] = []  # found to live since the writes were last looked at
        pending: list[Node] = []
        for node in graph.all_nodes():
            if node.blocks:
                continue
            if aliases.has_effect(node) or checks_length(node):
                self._mark_node(node)
            elif any(written_operands(node)):
                pending.append(node)
        self._drain()
        pending = [node for node in pending if not self._is_seen_outside(node, aliases)]
        while self._work or self._fresh:
            self._drain()
            fresh, self._fresh = self._fresh, []
            pending = [node for node in pending if not self._is_seen(node, fresh, aliases)]

    def _is_seen_outside(self, write: Node, aliases: AliasAnalysis) -> bool:
        """Whether a write reaches memory that others hold: inputs, attributes, weights, elements of those."""
        if all(aliases.is_local(value) for value in written_operands(write)) and not _is_deep(
            write
        ):
            return False
        self._mark_node(write)
        return True

    def _is_seen(self, write: Node, live: list[Value], aliases: AliasAnalysis) -> bool:
        if any(aliases.writes(write, value) for value in live):
            self._mark_node(write)
            return True
        return False

    def _drain(self) -> None:
        while self._work:
            value = self._work.pop()
            if value in self.values:
                continue
            self.values.add(value)
            self._fresh.append(value)
            if value.node is not None:
                self._mark_node(value.node)
                self._mark_result(value.node, value.index)
            elif value.block.node is not None:
                self._mark_block_input(value.block.node, value.index)

    def _mark_node(self, node: Node | None) -> None:
        while node is not None and node not in self.nodes:
            self.nodes.add(node)
            if node.kind == "prim::Loop":
                self._work.extend(node.inputs[:2])
                self._work.append(node.blocks[0].outputs[0])
            elif node.kind != "tsx::group":
                self._work.extend(node.inputs)
            node = node.block.node

    def _mark_result(self, node: Node, index: int) -> None:
        if node.kind == "prim::Loop":
            self._mark_carried(node, index)
            return
        for block in node.blocks:
            self._work.append(block.outputs[index])

    def _mark_block_input(self, node: Node, index: int) -> None:
        if node.kind == "tsx::group":
            self._work.append(node.inputs[index])
        elif node.kind == "prim::Loop" and index:
            self._mark_carried(node, index - 1)

    def _mark_carried(self, loop: Node, index: int) -> None:
        self._work.append(loop.inputs[index + 2])
        self._work.append(loop.blocks[0].outputs[index + 1])

    def carried_lives(self, loop: Node, index: int) -> bool:
        """Whether carried value ``index`` of a loop is read after it or inside."""
        return loop.outputs[index] in self.values or loop.blocks[0].inputs[index + 1] in self.values


def _is_deep(write: Node) -> bool:
    """Whether the elements of a list are written."""
    op = lookup(write.kind)
    return op is None or any(a.inner_alias and a.inner_alias.writes for a in op.schema.arguments)
