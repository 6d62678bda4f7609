"""Graph, Block, Node and Value: a program in SSA form, with use lists.

Every value is defined once: by a node, or as an input of a block. Blocks nest (``prim::If``, ``prim::Loop``, groups); a
node sees the values defined before it in its block and in the blocks around. Only the methods here change a graph,
and each change counts in ``graph.mutations``, so a pass can't be wrong about whether it did something.

Walking ``block.nodes`` is safe while nodes are removed or inserted: the walk goes on from where the current node was,
and nodes inserted after the current one are visited. (To move nodes, walk a copy: ``list(block.nodes)``.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tsx.ir.location import NOWHERE, Origin
from tsx.ir.types import Type

RETURN = "prim::Return"


@dataclass(frozen=True, slots=True)
class WeightRef:
    """A tensor constant by name; the bytes live in the module's weight table."""

    name: str


Attribute = None | bool | int | float | complex | str | WeightRef | Type | tuple["Attribute", ...]
"""A node attribute, or the value of a ``prim::Constant`` (a list constant is a tuple here; the type says which)."""


def same_attribute(a: Attribute, b: Attribute) -> bool:
    """Whether two attributes are the same value: 1, 1.0 and True differ, so do the zeros, and NaN is itself."""
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same_attribute, a, b))
    if isinstance(a, (float, complex)):
        return repr(a) == repr(b)
    return a == b


def is_number(name: str) -> bool:
    """Whether ``name`` is what the text calls a temporary: digits, which no named value may have."""
    return name.isascii() and name.isdecimal()


class Use(NamedTuple):
    """Operand number ``operand`` of ``node``."""

    node: Node
    operand: int


class Value:
    """An SSA value: its type, where it is defined and where it is used."""

    __slots__ = ("_name", "block", "index", "node", "type", "uses")

    def __init__(self, type: Type, block: Block, node: Node | None, index: int) -> None:
        self.type = type
        self.block = block  # the block whose input it is, or that holds its node
        self.node = node  # None for an input of a block
        self.index = index  # which output of the node, or which input of the block
        self.uses: list[Use] = []
        self._name = ""

    @property
    def name(self) -> str:
        """The name from the source, unique in the graph; empty for a temporary."""
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        graph = self.block.graph
        graph._names.discard(self._name)
        self._name = graph._unique(name) if name else ""

    def _forget(self, use: Use) -> None:
        # Sweeps go from the last user to the first, so the place is near one of the two ends.
        for place in range(len(self.uses) - 1, max(len(self.uses) - 64, -1), -1):
            if self.uses[place] == use:
                del self.uses[place]
                return
        self.uses.remove(use)

    def replace_uses(self, other: Value) -> None:
        """Makes every user of this value use ``other``."""
        for node, index in list(self.uses):
            node.set_input(index, other)

    def __repr__(self) -> str:
        return f"%{self._name or '?'} : {self.type}"


class Node:
    """One operation: ``outputs = kind[attributes](inputs)`` with its blocks."""

    __slots__ = (
        "_inputs", "_is_linked", "_operands", "_order", "attributes", "block", "blocks", "kind", "next", "origin",
        "outputs", "prev",
    )  # fmt: skip

    def __init__(self, block: Block, kind: str, origin: Origin) -> None:
        self.block = block
        self.kind = kind
        self.origin = origin
        self.attributes: dict[str, Attribute] = {}
        self.outputs: list[Value] = []
        self.blocks: list[Block] = []
        self._inputs: list[Value] = []
        self._operands: tuple[Value, ...] | None = ()  # what `inputs` gives; None after a change
        self.prev: Node | None = None
        self.next: Node | None = None
        self._is_linked = False
        self._order = 0

    @property
    def graph(self) -> Graph:
        return self.block.graph

    @property
    def is_linked(self) -> bool:
        """Whether it stands in a block; False before it is inserted and after ``destroy``."""
        return self._is_linked

    @property
    def inputs(self) -> tuple[Value, ...]:
        found = self._operands
        if found is None:
            found = self._operands = tuple(self._inputs)
        return found

    @property
    def output(self) -> Value:
        """The only output."""
        (value,) = self.outputs
        return value

    def add_input(self, value: Value) -> None:
        value.uses.append(Use(self, len(self._inputs)))
        self._inputs.append(value)
        self._operands = None
        self.graph.mutations += 1

    def set_input(self, index: int, value: Value) -> None:
        old = self._inputs[index]
        if old is value:
            return
        old._forget(Use(self, index))
        self._inputs[index] = value
        self._operands = None
        value.uses.append(Use(self, index))
        self.graph.mutations += 1

    def set_inputs(self, values: Iterable[Value]) -> None:
        """Replaces the whole operand list."""
        new = list(values)
        if new == self._inputs:
            return
        self._drop_inputs()
        for value in new:
            self.add_input(value)

    def remove_input(self, index: int) -> None:
        self.set_inputs(v for i, v in enumerate(self._inputs) if i != index)

    def set_attribute(self, name: str, value: Attribute) -> None:
        if name not in self.attributes or not same_attribute(self.attributes[name], value):
            self.attributes[name] = value
            self.graph.mutations += 1

    def add_output(self, type: Type, name: str = "") -> Value:
        value = Value(type, self.block, self, len(self.outputs))
        self.outputs.append(value)
        if name:
            value.name = name
        self.graph.mutations += 1
        return value

    def remove_output(self, index: int) -> None:
        """Removes an output that nobody uses."""
        value = self.outputs[index]
        if value.uses:
            raise ValueError(f"output {index} of {self.kind} still has {len(value.uses)} use(s)")
        value.name = ""
        del self.outputs[index]
        for place, output in enumerate(self.outputs):
            output.index = place
        self.graph.mutations += 1

    def add_block(self) -> Block:
        block = Block(self.graph, self)
        self.blocks.append(block)
        self.graph.mutations += 1
        return block

    def insert_before(self, anchor: Node) -> Node:
        """Puts this detached node before ``anchor`` (a block's ``return_node`` is its end)."""
        self._link(anchor)
        return self

    def insert_after(self, anchor: Node) -> Node:
        assert anchor.next is not None, "nothing can follow a return"
        self._link(anchor.next)
        return self

    def move_before(self, anchor: Node) -> None:
        if self.next is anchor or self is anchor:
            return
        self._unlink()
        self._link(anchor)

    def destroy(self) -> None:
        """Removes the node and its blocks; its outputs must have no uses."""
        for value in self.outputs:
            if value.uses:
                raise ValueError(f"%{value.name} of {self.kind} still has {len(value.uses)} use(s)")
        for block in self.blocks:
            block.clear()
        self._drop_inputs()
        for value in self.outputs:
            value.name = ""
        self._unlink()
        self.graph.mutations += 1

    def is_before(self, other: Node) -> bool:
        """Whether this node comes before ``other`` in the same block."""
        self.block._number()
        return self._order < other._order

    def _drop_inputs(self) -> None:
        for index in reversed(range(len(self._inputs))):
            self._inputs[index]._forget(Use(self, index))
        self._inputs.clear()
        self._operands = ()
        self.graph.mutations += 1

    def _link(self, anchor: Node) -> None:
        before = anchor.prev
        self.block = anchor.block
        for value in self.outputs:
            value.block = anchor.block
        self.prev, self.next, anchor.prev = before, anchor, self
        if before is None:
            anchor.block._first = self
        else:
            before.next = self
        anchor.block._is_numbered = False
        self._is_linked = True
        self.graph.mutations += 1

    def _unlink(self) -> None:
        if not self._is_linked or self.next is None:
            return
        if self.prev is None:
            self.block._first = self.next
        else:
            self.prev.next = self.next
        self.next.prev = self.prev
        self._is_linked = False  # `next` stays, so a walk that stands here can go on

    def __repr__(self) -> str:
        return f"<{self.kind} at {self.origin.span or '?'}>"


class Block:
    """A list of nodes with inputs and outputs; the outputs are the operands of its ``return_node``."""

    __slots__ = ("_first", "_is_numbered", "graph", "inputs", "node", "return_node")

    def __init__(self, graph: Graph, node: Node | None) -> None:
        self.graph = graph
        self.node = node  # the node it belongs to; None for the graph's own block
        self.inputs: list[Value] = []
        self.return_node = Node(self, RETURN, NOWHERE)
        self.return_node._is_linked = True
        self._first: Node = self.return_node
        self._is_numbered = False

    @property
    def nodes(self) -> Iterator[Node]:
        """The nodes in order, without the return node."""
        current: Node = self._first
        while current is not self.return_node:
            yield current
            following = current.next
            while following is not None and not following._is_linked:
                following = following.next
            assert following is not None
            current = following

    @property
    def outputs(self) -> tuple[Value, ...]:
        return self.return_node.inputs

    def add_input(self, type: Type, name: str = "") -> Value:
        value = Value(type, self, None, len(self.inputs))
        self.inputs.append(value)
        if name:
            value.name = name
        self.graph.mutations += 1
        return value

    def remove_input(self, index: int) -> None:
        """Removes an input that nobody uses."""
        if self.inputs[index].uses:
            raise ValueError(f"block input {index} still has uses")
        self.inputs[index].name = ""
        del self.inputs[index]
        for place, value in enumerate(self.inputs):
            value.index = place
        self.graph.mutations += 1

    def append(self, node: Node) -> Node:
        return node.insert_before(self.return_node)

    def clear(self) -> None:
        """Removes all nodes, last first, and the outputs."""
        self.return_node.set_inputs(())
        for node in reversed(list(self.nodes)):
            node.destroy()
        for value in self.inputs:
            value.name = ""

    def _number(self) -> None:
        if not self._is_numbered:
            last = 0
            for last, node in enumerate(self.nodes, 1):
                node._order = last
            self.return_node._order = last + 1
            self._is_numbered = True


class Graph:
    """A function: one block whose inputs and outputs are the function's."""

    __slots__ = ("_names", "_suffixes", "block", "mutations", "name")

    def __init__(self, name: str = "graph") -> None:
        self.name = name
        self.mutations = 0
        self._names: set[str] = set()
        self._suffixes: dict[str, int] = {}
        self.block = Block(self, None)

    @property
    def inputs(self) -> list[Value]:
        return self.block.inputs

    @property
    def outputs(self) -> tuple[Value, ...]:
        return self.block.outputs

    @property
    def nodes(self) -> Iterator[Node]:
        """The nodes of the outermost block."""
        return self.block.nodes

    def all_nodes(self) -> Iterator[Node]:
        """Every node, outer before inner, in program order."""
        return walk_block(self.block)

    def create(
        self,
        kind: str,
        inputs: Iterable[Value] = (),
        types: Iterable[Type] = (),
        *,
        origin: Origin,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Node:
        """A detached node; give it a place with ``insert_before`` or ``block.append``."""
        node = Node(self.block, kind, origin)
        node.attributes.update(attributes or {})
        for value in inputs:
            node.add_input(value)
        for type in types:
            node.add_output(type)
        return node

    def clone(self) -> Graph:
        """A copy that shares nothing that can change."""
        copy = Graph(self.name)
        values: dict[Value, Value] = {}
        copy_block(self.block, copy.block, values)
        copy.mutations = 0
        return copy

    def __str__(self) -> str:
        from tsx.ir.text import (
            print_graph,
        )  # the printer reads graphs; this is its one call the other way

        return print_graph(self)

    def _unique(self, name: str) -> str:
        stem, _, suffix = name.rpartition(".")
        if not stem or not suffix.isdecimal():
            stem = name
        unique = name
        while unique in self._names:
            self._suffixes[stem] = self._suffixes.get(stem, 0) + 1
            unique = f"{stem}.{self._suffixes[stem]}"
        self._names.add(unique)
        return unique


def walk_block(block: Block, closed: str = "") -> Iterator[Node]:
    """Every node of ``block`` and of the blocks inside, outer before inner; nodes of kind ``closed`` are not entered.

    It goes on from where it stands, as a walk over ``block.nodes`` does.
    """
    current, end = block._first, block.return_node
    entered: list[
        tuple[Node, Node, Iterator[Block]]
    ] = []  # a node, its block's end, blocks to come
    while True:
        inner = None
        if current is not end:
            yield current
            if current.blocks and current.kind != closed:
                blocks = iter(current.blocks)
                inner = next(blocks)
                entered.append((current, end, blocks))
        elif entered:
            current, end, blocks = entered[-1]
            inner = next(blocks, None)
            if inner is None:
                entered.pop()
        else:
            return
        if inner is not None:
            current, end = inner._first, inner.return_node
            continue
        following = current.next
        while following is not None and not following._is_linked:
            following = following.next
        assert following is not None
        current = following


def copy_node(
    node: Node,
    values: dict[Value, Value],
    target: Graph,
    origin: Callable[[Origin], Origin] = lambda o: o,
) -> Node:
    """A detached copy of ``node`` and its blocks in ``target``; ``values`` maps operands and learns the outputs."""
    copy = target.create(
        node.kind,
        (values.get(v, v) for v in node.inputs),
        origin=origin(node.origin),
        attributes=node.attributes,
    )
    for output in node.outputs:
        values[output] = copy.add_output(output.type, output.name)
    for block in node.blocks:
        copy_block(block, copy.add_block(), values, origin)
    return copy


def copy_block(
    source: Block,
    target: Block,
    values: dict[Value, Value],
    origin: Callable[[Origin], Origin] = lambda o: o,
) -> None:
    """Copies inputs, nodes and outputs of ``source`` to the end of the empty ``target``."""
    for value in source.inputs:
        values[value] = target.add_input(value.type, value.name)
    for node in source.nodes:
        target.append(copy_node(node, values, target.graph, origin))
    target.return_node.set_inputs([values.get(v, v) for v in source.outputs])
    target.return_node.origin = origin(source.return_node.origin)
