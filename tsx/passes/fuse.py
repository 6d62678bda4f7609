"""Joins what can be computed in one sweep over one set of elements into a group: one node with a readable body.

A group holds pure elementwise nodes over one iteration space, at most one contraction (a convolution, linear or matmul
with its bias) as its first node, and at most one reduction as its last. Its block is isolated: all it reads are its
inputs, with scalar constants repeated inside. Nothing is written in a group, and nothing outside stands between two of
its nodes. The VM runs a body node by node, so the result is the same to the bit. ``name`` is for display.

Before:

    graph(%x : Float(2, 3), %weight : Float(4, 3), %bias : Float(4)):
      %h : Float(2, 4) = aten::linear(%x, %weight, %bias)
      %y : Float(2, 4) = aten::relu(%h)
      return (%y)

After:

    graph(%x : Float(2, 3), %weight : Float(4, 3), %bias : Float(4)):
      %y : Float(2, 4) = tsx::group[name="Linear_ReLU"](%x, %weight, %bias)
        block0(%a : Float(2, 3), %b : Float(4, 3), %c : Float(4)):
          %h : Float(2, 4) = aten::linear(%a, %b, %c)
          %r : Float(2, 4) = aten::relu(%h)
          -> (%r)
      return (%y)
"""

from __future__ import annotations

from dataclasses import dataclass

from tsx.ir.alias import AliasAnalysis
from tsx.ir.build import is_constant
from tsx.ir.graph import Block, Graph, Node, Value, copy_node
from tsx.ir.location import Origin
from tsx.ir.op import Trait, lookup
from tsx.ir.types import TensorType
from tsx.ir.walk import ancestor_in
from tsx.passes.define import Context, define
from tsx.passes.support.display import group_name
from tsx.passes.support.erase import erase_dead
from tsx.passes.support.purity import is_pure


@define(safety="exact", requires=("functionalize", "conv_bn"))
def fuse(ctx: Context) -> None:
    """Clusters the nodes of each block, then makes the clusters groups."""
    ctx.abstracts()  # sizes tell iteration spaces apart
    aliases = ctx.aliases()
    blocks = [ctx.graph.block]
    while blocks:
        block = blocks.pop()
        for node in block.nodes:
            if node.kind != "tsx::group":
                blocks.extend(node.blocks)
        for cluster in _Clusters(block, aliases).found():
            _make_group(ctx, cluster)


@dataclass(slots=True, eq=False)
class _Cluster:
    """Nodes of one block that will be one group, which stands where ``last`` is."""

    space: object
    nodes: list[Node]  # in program order, but a contraction first
    last: Node
    contraction: Node | None = None
    reduction: Node | None = None

    def is_worth_it(self) -> bool:
        return len(self.nodes) > 1


class _Clusters:
    """One block's clusters, grown in program order: a node joins those of its operands."""

    def __init__(self, block: Block, aliases: AliasAnalysis) -> None:
        self.block = block
        self.aliases = aliases
        self.of: dict[Node, _Cluster] = {}
        self.spaces: dict[Value, object] = {}
        self.position = {node: place for place, node in enumerate(block.nodes)}

    def found(self) -> list[_Cluster]:
        for node in self.block.nodes:
            role = self.role(node)
            if role is Trait.CONTRACTION:
                self.of[node] = _Cluster(self.space(node.output), [node], node, node)
            elif role is Trait.ELEMENTWISE:
                self.of[node] = _Cluster(self.space(node.output), [node], node)
                self.join_operands(node)
            elif role is Trait.REDUCTION:
                self.join_reduction(node)
        unique = dict.fromkeys(self.of.values())
        for cluster in unique:
            self.settle(cluster)
        return [cluster for cluster in unique if cluster.is_worth_it()]

    def role(self, node: Node) -> Trait | None:
        """What a node can be in a group; None when it can't be in one."""
        op = lookup(node.kind)
        if op is None or not is_pure(node) or len(node.outputs) != 1 or op.has(Trait.VIEW):
            return None
        if not isinstance(node.output.type, TensorType):
            return None
        if not self.aliases.is_unwritten(node):
            return None
        for trait in (Trait.ELEMENTWISE, Trait.CONTRACTION, Trait.REDUCTION):
            if op.has(trait):
                return trait
        return None

    def space(self, value: Value) -> object:
        """What is equal for two tensors that certainly have the same sizes."""
        if value not in self.spaces:
            self.spaces[value] = self._space(value)
        return self.spaces[value]

    def _space(self, value: Value) -> object:
        assert isinstance(value.type, TensorType)
        shape = value.type.shape
        if shape is not None and None not in shape:
            return shape
        node = value.node
        op = lookup(node.kind) if node else None
        if node is None or op is None or not op.has(Trait.ELEMENTWISE):
            return value
        operands = {self.space(v) for v in node.inputs if isinstance(v.type, TensorType)}
        # Sizes that are all the same broadcast to themselves.
        return operands.pop() if len(operands) == 1 else value

    def join_operands(self, node: Node) -> None:
        for value in node.inputs:
            theirs = self.of.get(value.node) if value.node else None
            mine = self.of[node]
            if theirs is None or theirs is mine or theirs.space != mine.space or theirs.reduction:
                continue
            if theirs.contraction and mine.contraction:
                continue
            nodes = sorted({*theirs.nodes, *mine.nodes}, key=self.position.__getitem__)
            contraction = theirs.contraction or mine.contraction
            if self.is_closed(nodes) and not _feeds(nodes, contraction):
                joined = _Cluster(mine.space, nodes, nodes[-1], contraction)
                self.of.update((member, joined) for member in nodes)

    def join_reduction(self, node: Node) -> None:
        source = node.inputs[0].node
        cluster = self.of.get(source) if source else None
        if cluster is None or cluster.reduction or cluster.nodes == [cluster.contraction]:
            return
        if self.is_closed([*cluster.nodes, node]):
            cluster.nodes.append(node)
            cluster.last = cluster.reduction = node
            self.of[node] = cluster

    def is_closed(self, nodes: list[Node]) -> bool:
        """Whether nothing outside that uses one of ``nodes`` stands before the last of them.

        Then no path leaves and comes back (the cluster is convex), and the group can stand where the last node is.
        """
        members = set(nodes)
        for node in nodes:
            for use in node.output.uses:
                user = ancestor_in(use.node, self.block)
                if user is None or user in members:
                    continue
                if user is not self.block.return_node and user.is_before(nodes[-1]):
                    return False
        return True

    def settle(self, cluster: _Cluster) -> None:
        """Leaves the contraction out when others need its result as well: it would be computed and stored anyway."""
        first = cluster.contraction
        if first and any(use.node not in cluster.nodes for use in first.output.uses):
            cluster.nodes.remove(first)
            cluster.contraction = None
        elif first:
            cluster.nodes.remove(first)
            cluster.nodes.insert(0, first)


def _feeds(nodes: list[Node], contraction: Node | None) -> bool:
    """Whether a member gives the contraction an operand; it must come first."""
    return contraction is not None and any(v.node in nodes for v in contraction.inputs)


def _make_group(ctx: Context, cluster: _Cluster) -> None:
    """Moves the cluster's nodes into the block of a new group in the place of the last of them."""
    members = set(cluster.nodes)
    results = [
        node.output
        for node in cluster.nodes
        if any(use.node not in members for use in node.output.uses)
    ]
    name = group_name([node.kind for node in cluster.nodes])
    group = ctx.graph.create(
        "tsx::group",
        types=[value.type for value in results],
        origin=Origin.merge(*(node.origin for node in cluster.nodes)),
        attributes={"name": name},
    )
    ctx.note("one space, one sweep", cluster.last, name)
    group.insert_before(cluster.last)
    _fill(ctx.graph, group, cluster.nodes, results)
    for value, output in zip(results, group.outputs, strict=True):
        label, value.name = value.name, ""
        output.name = label
        value.replace_uses(output)
    operands = [value for node in cluster.nodes for value in node.inputs]
    for node in reversed(cluster.nodes):
        node.destroy()
    erase_dead(operands)


def _fill(graph: Graph, group: Node, nodes: list[Node], results: list[Value]) -> None:
    """Copies ``nodes`` into the group's block; what they read from outside becomes an input or an inner constant."""
    block = group.add_block()
    inner: dict[Value, Value] = {}
    members = set(nodes)
    for node in nodes:
        for value in node.inputs:
            if value in inner or value.node in members:
                continue
            if is_constant(value) and not isinstance(value.type, TensorType):
                assert value.node is not None
                block.append(copy_node(value.node, inner, graph))
                inner[value].name = ""
            else:
                group.add_input(value)
                inner[value] = block.add_input(value.type, value.name)
        block.append(copy_node(node, inner, graph))
        inner[node.output].name = ""
    block.return_node.set_inputs(inner[value] for value in results)
