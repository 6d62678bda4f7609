"""What of a graph can be noticed: the values and nodes that results, effects and visible writes depend on.

Takes a graph and its alias analysis. A fixpoint: a write lives once something that may share its memory lives, and a
carried value of a Loop lives once its result or its place in the body is read.
"""

from __future__ import annotations

from tsx.ir.alias import AliasAnalysis
from tsx.ir.graph import Graph, Node, Value
from tsx.ir.op import Trait, lookup


class Liveness:
    """``nodes`` and ``values`` are what lives; everything else may go."""

    def __init__(self, graph: Graph, aliases: AliasAnalysis) -> None:
        self.nodes: set[Node] = set()
        self.values: set[Value] = set()
        self._work: list[Value] = list(graph.outputs)
        pending: list[tuple[Node, list[Value]]] = []
        for node in graph.all_nodes():
            written = plainly_written(node)
            if written:
                pending.append((node, written))
            elif (aliases.has_effect(node) and not node.blocks) or is_random(node):
                self._mark_node(node)
        while True:
            self._drain()
            waiting = []
            for node, written in pending:
                if any(self._is_seen(value, aliases) for value in written):
                    self._mark_node(node)
                else:
                    waiting.append((node, written))
            if not self._work and len(waiting) == len(pending):
                return
            pending = waiting

    def _is_seen(self, written: Value, aliases: AliasAnalysis) -> bool:
        if aliases.may_alias_input(written) or aliases.may_alias_output(written):
            return True
        return any(aliases.may_alias(written, value) for value in self.values)

    def _drain(self) -> None:
        while self._work:
            value = self._work.pop()
            if value in self.values:
                continue
            self.values.add(value)
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


def plainly_written(node: Node) -> list[Value]:
    """The operands that ``node`` writes, when writing them is all its effect; else nothing."""
    op = lookup(node.kind)
    if op is None or op.has(Trait.RANDOM):
        return []
    return [node.inputs[i] for i in op.schema.written() if i < len(node.inputs)]


def is_random(node: Node) -> bool:
    """Whether it draws from a generator: removing it would change what later nodes draw."""
    op = lookup(node.kind)
    return op is not None and op.has(Trait.RANDOM)
