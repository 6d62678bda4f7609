"""Which values may share memory, and what writes it. The one answer to 'may alias', 'may write', 'is constant'.

Takes a graph (and its module, to see which attributes are the same tensor). Gives yes where it can't prove no. The
analysis is out of date after the next change of the graph; it looks at memory when it is first asked about it, and a
graph that writes nothing is often never asked. It follows the schemas' alias marks (as PyTorch's
``torch/csrc/jit/ir/alias_analysis.cpp`` does):

* A value points to places in memory; a place that is a container has contents, places again.
* ``WILD`` is all memory that came from outside and may be shared: inputs, results of calls, unresolved attributes,
  and every place that has escaped into those. A weight is a place of its own, since the border never lends weights.
* Results of If are the union of both blocks, carried values of Loop that of all rounds; views point where their base
  points. The sets only grow, so going over the graph until nothing changes is a fixpoint.

A container is deep: who writes an element writes the list, and who reads the list reads its elements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tsx.ir import types as ty
from tsx.ir.build import is_constant
from tsx.ir.effects import has_effect, may_be_told_to_write, written_operands
from tsx.ir.graph import Graph, Node, Value, walk_block
from tsx.ir.memory import ALL_SORTS, OBJECT, TENSOR, deep_sorts, sorts_of
from tsx.ir.module import Module
from tsx.ir.op import lookup
from tsx.ir.points_to import CALLS, WILD, Places, PointsTo
from tsx.ir.walk import ancestor_in

Write = tuple[int, str]  # a place, and the sort of memory that is written there


class AliasAnalysis:
    """The answers for one graph as it is now. ``written_names`` can be given where the module's are known."""

    def __init__(
        self,
        graph: Graph,
        module: Module | None = None,
        written_names: frozenset[str] | None = None,
    ) -> None:
        self.graph = graph
        self._module = module
        self._names = written_names
        self._at = graph.mutations
        self._writers = [node for node in graph.all_nodes() if _is_writer(node)]
        self._points: PointsTo | None = None
        self._writes: dict[Node, set[Write]] = {}
        self._written: dict[str, Places] = {}  # by sort
        self._reads: dict[Node, Places] = {}
        self._outputs: Places = set()
        self._has_writers: dict[Value, bool] = {}

    @property
    def _memory(self) -> PointsTo:
        """Where values point, found at the first question: then the answers are for the graph as it is at that time."""
        if self._points is None:
            if self.graph.mutations != self._at:
                self._writers = [node for node in self.graph.all_nodes() if _is_writer(node)]
            names = self._names
            if names is None:
                names = written_names(self._module)
            self._points = PointsTo(self.graph, self._module, names)
            self._outputs = self._points.reach(self.graph.outputs)
            self._collect(self._points)
        return self._points

    # -- questions ---------------------------------------------------------------------------------------------

    def may_alias(self, a: Value, b: Value) -> bool:
        """Whether a write to one may be seen in the other (their own memory, not that of elements)."""
        if not sorts_of(a.type) & sorts_of(b.type):
            return False
        return self._meet(self._memory.of(a), self._memory.of(b))

    def sharing(self, value: Value) -> set[Value]:
        """The values that it may alias, itself among them if it is or holds memory."""
        places = self._memory.of(value)
        found = {v for place in places for v in self._memory.holders.get(place, ())}
        if self._is_open(places):
            found.update(v for p in self._memory.escaped for v in self._memory.holders.get(p, ()))
        sorts = sorts_of(value.type)
        return {v for v in found if sorts_of(v.type) & sorts}

    def may_alias_input(self, value: Value) -> bool:
        """Whether it may share memory that was there before the graph ran: inputs, attributes, weights."""
        places = self._memory.reach([value])
        return self._is_open(places) or not places.isdisjoint(self._memory.weights.values())

    def is_local(self, value: Value) -> bool:
        """Whether its own memory, not that of its elements, was made in this run and is seen in this graph only."""
        places = self._memory.of(value)
        return not self._is_open(places) and places.isdisjoint(self._memory.weights.values())

    def may_alias_output(self, value: Value) -> bool:
        """Whether it may share memory with a result of the graph or what a result contains."""
        return self._meet(self._memory.reach([value]), self._outputs)

    def has_writers(self, value: Value) -> bool:
        """Whether any node of the graph may write its memory or that of its elements."""
        if not self._writers or (isinstance(value.type, ty.AtomType) and value.type != ty.ANY):
            return False
        found = self._has_writers.get(value)
        if found is None:
            found = self._has_writers[value] = self._find_writers(value)
        return found

    def _find_writers(self, value: Value) -> bool:
        memory = self._memory
        places = memory.reach([value])
        is_open = self._is_open(places)
        for sort in deep_sorts(value.type):
            written = self._written.get(sort)
            if written is None:
                continue
            if not places.isdisjoint(written) or (
                is_open and not written.isdisjoint(memory.escaped)
            ):
                return True
        return False

    def is_unwritten(self, node: Node) -> bool:
        """Whether nothing in the graph may write what the node is given or gives."""
        if not self._writers:
            return True
        return not any(map(self.has_writers, node.inputs)) and not any(
            map(self.has_writers, node.outputs)
        )

    def may_write(self, node: Node) -> bool:
        """Whether the node, or one in its blocks, may write memory."""
        return bool(self._writers and self._memory and self._writes.get(node))

    def writes(self, node: Node, value: Value) -> bool:
        """Whether the node, or one in its blocks, may write the memory of ``value`` or of its elements."""
        if not self.may_write(node):
            return False
        sorts, memory = deep_sorts(value.type), self._memory
        places = memory.reach([value])
        is_open = self._is_open(places)
        return any(
            sort in sorts and (place in places or (is_open and place in memory.escaped))
            for place, sort in self._writes[node]
        )

    def has_effect(self, node: Node) -> bool:
        """Whether the node must run, in order, whoever uses its results: raises, prints, guards, random, calls.

        Writes are not counted; ask ``may_write``.
        """
        return has_effect(node)

    def is_constant(self, value: Value) -> bool:
        """Whether it is the same in every run: a literal or weight, or an attribute, that nobody writes."""
        known = is_constant(value) or value in self._memory.resolved
        return known and not self.has_writers(value)

    def can_move(self, node: Node, before: Node) -> bool:
        """Whether ``node`` may stand right before ``before`` (in its block) without changing what is computed."""
        if node is before or node.next is before:
            return True
        if node.block is not before.block:
            return False
        first, last = (node.next, before) if node.is_before(before) else (before, node)
        current = first
        while current is not None and current is not last:
            if self._depends(node, current) or self._depends(current, node):
                return False
            if has_effect(node) and (has_effect(current) or self.may_write(current)):
                return False
            if has_effect(current) and self.may_write(node):
                return False
            current = current.next
        return True

    # -- reads and writes --------------------------------------------------------------------------------------

    def _is_open(self, places: Iterable[int]) -> bool:
        return not self._memory.escaped.isdisjoint(places)

    def _meet(self, a: Places | frozenset[int], b: Places | frozenset[int]) -> bool:
        return not a.isdisjoint(b) or (self._is_open(a) and self._is_open(b))

    def _collect(self, memory: PointsTo) -> None:
        """What each node that writes, and those that hold it, may write."""
        for node in self._writers:
            found = set(_own_writes(node, memory))
            holder: Node | None = node
            while holder is not None:
                self._writes.setdefault(holder, set()).update(found)
                holder = holder.block.node
            for place, sort in found:
                self._written.setdefault(sort, set()).add(place)

    def _read(self, node: Node) -> Places:
        """What a node reads, with what is in its blocks."""
        found = self._reads.get(node)
        if found is None:
            inside = [inner for block in node.blocks for inner in walk_block(block)]
            found = self._reads[node] = self._memory.reach(
                value
                for user in (node, *inside)
                for operands in (user.inputs, *(block.outputs for block in user.blocks))
                for value in operands
            )
        return found

    def _depends(self, later: Node, earlier: Node) -> bool:
        """Whether ``later`` uses a result of ``earlier``, or one of the two writes what the other touches."""
        for value in earlier.outputs:
            if any(ancestor_in(use.node, later.block) is later for use in value.uses):
                return True
        if not self.may_write(earlier):
            return False
        written = {place for place, _ in self._writes[earlier]}
        touched = self._read(later) | {p for p, _ in self._writes.get(later, ())}
        return self._meet(written, touched)


def _is_writer(node: Node) -> bool:
    op = lookup(node.kind)
    if op is None:
        return node.kind == "prim::SetAttr" or node.kind in CALLS
    return may_be_told_to_write(op) and any(True for _ in written_operands(node))


def _own_writes(node: Node, memory: PointsTo) -> Iterator[Write]:
    """What a node writes, without what is in its blocks."""
    if node.kind in CALLS:
        for place in (*memory.reach(node.inputs), WILD):
            yield from ((place, sort) for sort in ALL_SORTS)
    elif node.kind == "prim::SetAttr":
        yield from ((place, OBJECT) for value in node.inputs[:1] for place in memory.of(value))
    else:
        for operand in written_operands(node):
            places = memory.of(operand)
            for sort in sorts_of(operand.type) or deep_sorts(operand.type):
                yield from ((place, sort) for place in places)
            if _writes_elements(node):
                yield from ((place, TENSOR) for place in memory.inside(places))


def written_names(module: Module | None) -> frozenset[str]:
    """The names of all attributes that some node of the module sets."""
    graphs = module.graphs() if module is not None else ()
    return frozenset(name for _, graph in graphs for name in names_written_in(graph))


def names_written_in(graph: Graph) -> Iterator[str]:
    """The names of the attributes that the nodes of ``graph`` set."""
    for node in graph.all_nodes():
        if node.kind == "prim::SetAttr":
            yield str(node.attributes.get("name"))


def _writes_elements(node: Node) -> bool:
    op = lookup(node.kind)
    return op is not None and any(
        a.inner_alias is not None and a.inner_alias.writes for a in op.schema.arguments
    )
