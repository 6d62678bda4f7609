"""Graphs as flat tables of blocks, nodes and numbered values (docs/archive.md, section 6).

Writing and reading are loops over one queue of blocks, so nesting costs no recursion. Reading checks that every index
is in range; that a program makes sense is the verifier's business, which always runs after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.graph import Attribute, Block, Graph, Node, Value, WeightRef
from tsx.ir.location import NOWHERE
from tsx.serialize import checked, limits
from tsx.serialize.type_table import TypeWriter, read_sizes, read_types


@dataclass(slots=True)
class UnitWriter:
    """Collects graphs with the strings, sizes and types they use."""

    types: TypeWriter = field(default_factory=TypeWriter)
    graphs: list[Graph] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)  # of all nodes
    _graph_rows: list[Any] = field(default_factory=list)
    _strings: dict[str, int] = field(default_factory=dict)

    def string(self, text: str) -> int:
        return self._strings.setdefault(text, len(self._strings))

    def graph(self, graph: Graph) -> int:
        """Adds a graph; gives its index."""
        self.graphs.append(graph)
        self._graph_rows.append(self._graph_row(graph))
        return len(self._graph_rows) - 1

    def rows(self) -> dict[str, Any]:
        """The whole unit, as msgpack has it."""
        return {
            "graphs": self._graph_rows,
            "sizes": self.types.size_rows,
            "strings": list(self._strings),
            "types": self.types.type_rows,
        }

    def _graph_row(self, graph: Graph) -> list[Any]:
        blocks = block_queue(graph)
        numbers = {v: n for n, v in enumerate(v for b in blocks for v in block_values(b))}
        rows = [
            [
                [self.types.type(value.type) for value in block.inputs],
                [self._node_row(node, numbers) for node in block.nodes],
                [numbers[value] for value in block.outputs],
            ]
            for block in blocks
        ]
        return [graph.name, [value.name for value in graph.inputs], rows]

    def _node_row(self, node: Node, numbers: dict[Value, int]) -> list[Any]:
        self.kinds.add(node.kind)
        row: list[Any] = [
            self.string(node.kind),
            [numbers[value] for value in node.inputs],
            [self.types.type(value.type) for value in node.outputs],
        ]
        if node.attributes or node.blocks:
            named = sorted(node.attributes.items())
            row.append([[self.string(name), self.attribute(value)] for name, value in named])
        if node.blocks:
            row.append(len(node.blocks))
        return row

    def attribute(self, value: Attribute) -> Any:
        """A node attribute or another plain value."""
        match value:
            case None | bool() | int() | float() | str():
                return value
            case complex():
                return ["complex", value.real, value.imag]
            case WeightRef(name):
                return ["weight", name]
            case tuple():
                return ["tuple", *(self.attribute(item) for item in value)]
            case ty.Type():
                return ["type", self.types.type(value)]
        raise fail("TSX6010", what=f"an attribute holds a {type(value).__name__}")


def block_queue(graph: Graph) -> list[Block]:
    """The blocks in the order of the archive: each block's nodes in order append theirs to the queue."""
    blocks = [graph.block]
    for block in blocks:  # grows while it is walked
        for node in block.nodes:
            blocks.extend(node.blocks)
    return blocks


def block_values(block: Block) -> Iterator[Value]:
    """The values that a block itself defines, in the order of their numbers."""
    yield from block.inputs
    for node in block.nodes:
        yield from node.outputs


class UnitReader:
    """A unit from its msgpack; ``graphs`` are complete, but not yet verified."""

    def __init__(self, rows: Any) -> None:
        unit = checked.mapping(rows, "a unit", ("graphs", "sizes", "strings", "types"))
        self.strings = [
            checked.name(text, "an entry of the strings")
            for text in checked.array(unit["strings"], "the strings")
        ]
        self.types = read_types(unit["types"], read_sizes(unit["sizes"]))
        limits.within(
            "the number of graphs", len(checked.array(unit["graphs"], "the graphs")), limits.GRAPHS
        )
        self.graphs = [
            self._graph(checked.array(row, "a graph", 3), f"graph {number}")
            for number, row in enumerate(unit["graphs"])
        ]

    def type(self, at: Any, what: str) -> ty.Type:
        return self.types[checked.index(at, self.types, what)]

    def attribute(self, value: Any, what: str) -> Attribute:
        """The inverse of ``UnitWriter.attribute``."""
        if value is None or type(value) in (bool, int, float):
            return value if type(value) is not int else checked.integer(value, what)
        if type(value) is str:
            return checked.string(value, what)
        tag, *fields = checked.array(value, what) or [None]
        if tag == "tuple":
            return tuple(self.attribute(item, what) for item in fields)  # as deep as msgpack may be
        if tag == "complex" and len(fields) == 2 and all(type(part) is float for part in fields):
            return complex(*fields)
        if tag == "weight" and len(fields) == 1:
            return WeightRef(checked.name(fields[0], what))
        if tag == "type" and len(fields) == 1:
            return self.type(fields[0], what)
        raise checked.malformed(f"{what} is no value")

    def _graph(self, row: list[Any], what: str) -> Graph:
        graph = Graph(checked.name(row[0], f"the name of {what}"))
        block_rows = [
            checked.array(block, f"a block of {what}", 3)
            for block in checked.array(row[2], f"the blocks of {what}")
        ]
        blocks, nodes = self._outline(graph, block_rows, what)
        values = [value for block in blocks for value in block_values(block)]
        for node, operands in nodes:
            for operand in checked.array(operands, f"the operands of a node in {what}"):
                node.add_input(values[checked.index(operand, values, f"an operand in {what}")])
        names = checked.array(row[1], f"the input names of {what}", len(graph.inputs))
        for value, name in zip(graph.inputs, names, strict=True):
            value.name = checked.name(name, f"an input of {what}") if name != "" else ""
        checked.unique([name for name in names if name], f"the inputs of {what}")
        graph.mutations = 0
        return graph

    def _outline(
        self, graph: Graph, rows: list[list[Any]], what: str
    ) -> tuple[list[Block], list[tuple[Node, Any]]]:
        """All blocks with their nodes and outputs; the nodes still without operands, which are given beside them."""
        blocks, depths, nodes = [graph.block], [0], list[tuple[Node, Any]]()
        for at, (inputs, node_rows, outputs) in enumerate(rows):
            if at >= len(blocks):
                raise checked.malformed(f"{what} has a block that no node owns")
            block = blocks[at]
            for type_at in checked.array(inputs, f"the inputs of a block of {what}"):
                block.add_input(self.type(type_at, f"an input type in {what}"))
            for node_row in checked.array(node_rows, f"the nodes of a block of {what}"):
                node, operands, count = self._node(node_row, block, what)
                nodes.append((node, operands))
                if count > len(rows) - len(blocks):
                    raise checked.malformed(f"{what} lacks the blocks of a node")
                blocks.extend(node.add_block() for _ in range(count))
                depths.extend([depths[at] + 1] * count)
            limits.within(f"the nesting of blocks in {what}", depths[at], limits.DEPTH)
            nodes.append((block.return_node, outputs))
        if len(blocks) != len(rows):
            raise checked.malformed(f"{what} has no block 0")
        return blocks, nodes

    def _node(self, row: Any, block: Block, what: str) -> tuple[Node, Any, int]:
        if not 3 <= len(checked.array(row, f"a node of {what}")) <= 5:
            raise checked.malformed(f"a node of {what} has {len(row)} fields")
        kind, operands, outputs, *rest = row
        attributes = checked.array(rest[0], f"the attributes of a node of {what}") if rest else []
        count = checked.integer(rest[1], f"the blocks of a node of {what}", 1) if rest[1:] else 0
        if len(rest) == 1 and not attributes:
            raise checked.malformed(f"a node of {what} has an empty field at its end")
        name = self.strings[checked.index(kind, self.strings, f"a node kind in {what}")]
        node = block.graph.create(checked.kind(name, "a node kind"), origin=NOWHERE)
        block.append(node)
        for type_at in checked.array(outputs, f"the outputs of a node of {what}"):
            node.add_output(self.type(type_at, f"an output type in {what}"))
        for pair in attributes:
            key, value = checked.array(pair, f"an attribute of a {name} in {what}", 2)
            label = self.strings[checked.index(key, self.strings, f"an attribute of a {name}")]
            checked.identifier(label, f"the name of an attribute of a {name}")
            if node.attributes and label <= next(reversed(node.attributes)):
                raise checked.malformed(f"the attributes of a {name} in {what} have to ascend")
            node.attributes[label] = self.attribute(value, f"attribute {label} of a {name}")
        return node, operands, count
