"""V01 to V08: places, uses, visibility, names, sizes, types. Nothing here needs to know what a node means.

A graph is walked once, and the lists of its parts are what the rest looks through. What is sound, as nearly all is, is
told by the quickest question; only then is it asked what is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tsx.ir import types as ty
from tsx.ir.dims import Expr
from tsx.ir.graph import Block, Graph, Node, Use, Value, WeightRef, is_number
from tsx.ir.limits import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_INT,
    MAX_NAME,
    MAX_NODES,
    MAX_RANK,
    MAX_STRING,
    type_depth,
)
from tsx.ir.prim import GROUP
from tsx.ir.verify.report import Violation


@dataclass(slots=True)
class Parts:
    """A graph as lists: nodes in program order, with the blocks that hold them; returns last."""

    blocks: list[Block]
    nodes: list[Node]
    holders: list[Block]
    values: list[Value]  # in the order in which the text defines them
    types: list[ty.Type]  # of the values, each object once

    @property
    def returns(self) -> list[Node]:
        return [block.return_node for block in self.blocks]


def parts(graph: Graph) -> tuple[Parts, list[Violation]]:
    """The parts of a graph, and V05 with the depths of V06 and V07. Where these fail nothing else may look, since the
    rest may recurse.
    """
    found = Parts([graph.block], [], [], list(graph.block.inputs), [])
    work = [(graph.block, graph.block.nodes, 0)]
    while work:
        block, rest, depth = work[-1]
        node = next(rest, None)
        if node is None:
            work.pop()
            continue
        found.nodes.append(node)
        found.holders.append(block)
        found.values += node.outputs
        if not node.blocks:
            continue
        if depth >= MAX_DEPTH:
            return found, [Violation("V05", f"blocks nest more than {MAX_DEPTH} deep", node)]
        work += [(inner, _entered(inner, found), depth + 1) for inner in reversed(node.blocks)]
    found.types = list({id(value.type): value.type for value in found.values}.values())
    return found, list(_extent(found))


def _entered(block: Block, found: Parts) -> Iterator[Node]:
    """The nodes of an inner block, which is noted when the first is asked for."""
    found.blocks.append(block)
    found.values += block.inputs
    yield from block.nodes


def _extent(found: Parts) -> Iterator[Violation]:
    for node in found.nodes:
        if node.attributes:
            yield from _depth_of_literals(node)
    if len(found.nodes) > MAX_NODES:
        yield Violation("V05", f"the graph has {len(found.nodes)} nodes, more than {MAX_NODES}")
    if any(type_depth(type) > MAX_DEPTH for type in found.types if type.children()):
        yield Violation("V07", f"a type nests more than {MAX_DEPTH} deep")


def _depth_of_literals(node: Node) -> Iterator[Violation]:
    work = [(value, 0) for value in node.attributes.values()]
    while work:
        current, depth = work.pop()
        if depth > MAX_DEPTH or (isinstance(current, ty.Type) and type_depth(current) > MAX_DEPTH):
            yield Violation("V06", f"a literal nests more than {MAX_DEPTH} deep", node)
            return
        if isinstance(current, tuple):
            work.extend((item, depth + 1) for item in current)


def structure(graph: Graph, found: Parts) -> list[Violation]:
    """V01 to V04, V06 to V08."""
    visibility: list[Violation] = []
    _visibility(graph.block, set(), visibility)
    return [
        *_places(graph, found),
        *_uses(found),
        *visibility,
        *_names(found),
        *_attributes(found),
        *_types(found),
    ]


def _places(graph: Graph, found: Parts) -> Iterator[Violation]:
    for block in found.blocks:
        for index, value in enumerate(block.inputs):
            if value.block is not block or value.node is not None or value.index != index:
                yield Violation("V01", f"block input {index} names another place", block.node)
    nodes = [
        *zip(found.nodes, found.holders, strict=True),
        *((b.return_node, b) for b in found.blocks),
    ]
    for node, block in nodes:
        if node.block is not block or block.graph is not graph:
            yield Violation("V01", f"{node.kind} names another block", node)
        for index, value in enumerate(node.outputs):
            if value.block is not block or value.node is not node or value.index != index:
                yield Violation("V01", f"result {index} names another place", node)
        for inner in node.blocks:
            if inner.node is not node or inner.graph is not graph:
                yield Violation("V01", "a block names another node", node)


def _uses(found: Parts) -> Iterator[Violation]:
    users = [*found.nodes, *found.returns]
    if _are_exact(found.values, users):
        return
    wanted: dict[Value, list[Use]] = {}
    for node in users:
        for index, value in enumerate(node.inputs):
            wanted.setdefault(value, []).append(Use(node, index))
    for value in found.values:
        listed, real = Counter(value.uses), Counter(wanted.get(value, ()))
        for use in (listed - real) + (real - listed):
            word = "lists" if listed[use] > real[use] else "lacks"
            message = (
                f"the use list of {_shown(value)} {word} operand {use.operand} of {use.node.kind}"
            )
            yield Violation("V02", message, value.node or value.block.node)


def _are_exact(values: list[Value], users: list[Node]) -> bool:
    """Whether each listed use is an operand, none is listed twice, and there are as many as there are operands."""
    count = 0
    known = set(users)
    for value in values:
        uses = value.uses
        count += len(uses)
        for node, operand in uses:
            operands = node.inputs
            if (
                node not in known
                or not 0 <= operand < len(operands)
                or operands[operand] is not value
            ):
                return False
        if len(uses) > 1 and len(set(uses)) != len(uses):
            return False
    return count == sum(len(node.inputs) for node in users)


def _visibility(block: Block, visible: set[Value], found: list[Violation]) -> None:
    own = list(block.inputs)
    visible.update(own)
    for node in block.nodes:
        if not visible.issuperset(node.inputs):
            found.extend(_hidden(node, visible))
        for inner in node.blocks:
            _visibility(inner, set() if node.kind == GROUP else visible, found)
        own += node.outputs
        visible.update(node.outputs)
    if not visible.issuperset(block.outputs):
        found.extend(_hidden(block.return_node, visible))
    visible.difference_update(own)


def _hidden(node: Node, visible: set[Value]) -> Iterator[Violation]:
    for index, value in enumerate(node.inputs):
        if value not in visible:
            what = f"operand {index} ({_shown(value)})"
            yield Violation("V03", f"{what} is not defined where {node.kind} can see it", node)


def _names(found: Parts) -> Iterator[Violation]:
    seen: set[str] = set()
    for value in found.values:
        name = value.name
        if not name:
            continue
        if name in seen:
            node = value.node or value.block.node
            yield Violation("V04", f"two values are called %{name:.40}", node)
        if is_number(name) or len(name) > MAX_NAME:
            node = value.node or value.block.node
            yield Violation("V04", f"%{name:.40} is no name for a value", node)
        seen.add(name)


def _attributes(found: Parts) -> Iterator[Violation]:
    for node in (*found.nodes, *found.returns):
        if len(node.kind) > MAX_NAME:
            yield Violation("V06", "the kind is too long", node)
        for name, value in node.attributes.items():
            if len(name) > MAX_NAME:
                yield Violation("V06", f"the attribute name {name:.40} is too long", node)
            if value is None or isinstance(value, bool):
                continue
            for problem in _literal(value):
                yield Violation("V06", f"attribute {name:.40}: {problem}", node)
                break


def _literal(value: object) -> Iterator[str]:
    work = [value]
    while work:
        current = work.pop()
        match current:
            case tuple():
                work.extend(current)
            case bool() | None | float() | complex() | ty.Type():
                pass
            case int():
                if not -MAX_INT - 1 <= current <= MAX_INT:
                    yield "an int has more than 64 bits"
            case str():
                if len(current) > MAX_STRING:
                    yield "a string is too long"
            case WeightRef(name):
                if not name or len(name) > MAX_NAME:
                    yield f"{name[:40]!r} is no name for a weight"
            case _:
                yield f"a {type(current).__name__} is no literal"


def _types(found: Parts) -> Iterator[Violation]:
    wrong = {id(type): said for type in found.types if (said := _violations_of(type))}
    for value in found.values if wrong else ():
        for violation in wrong.get(id(value.type), ()):
            node = value.node or value.block.node
            yield Violation(violation.code, f"{_shown(value)}: {violation.message}", node)
    for node in found.nodes:
        for attribute in node.attributes.values():
            for item in attribute if isinstance(attribute, tuple) else (attribute,):
                if isinstance(item, ty.Type):
                    for violation in type_violations(item):
                        yield Violation(violation.code, violation.message, node)


def _violations_of(type: ty.Type) -> list[Violation]:
    return [] if isinstance(type, ty.AtomType) else list(type_violations(type))


def type_violations(type: ty.Type) -> Iterator[Violation]:
    """What V07 and V08 say about one type."""
    if type_depth(type) > MAX_DEPTH:  # of a class table; those of graphs are known to be flat
        yield Violation("V07", f"a type nests more than {MAX_DEPTH} deep")
        return
    work = [type]
    while work:
        current = work.pop()
        match current:
            case ty.TensorType():
                yield from _tensor(current)
            case ty.VarType(name):
                yield Violation("V08", f"the type variable {name} is no type of a value")
            case ty.UnionType(()):
                yield Violation("V08", "a union has no members")
            case ty.TupleType(elements, name, fields) if name or fields:
                if not name or len(fields) != len(elements) or "" in fields:
                    yield Violation("V08", "a named tuple needs a name, and one for each field")
            case (
                ty.ClassType(name)
                | ty.InterfaceType(name)
                | ty.EnumType(name)
                | ty.FunctionType(name)
            ) if not name or len(name) > MAX_NAME:
                yield Violation("V08", f"{name[:40]!r} is no qualified name")
        work.extend(current.children())


def _tensor(type: ty.TensorType) -> Iterator[Violation]:
    if type.shape is None:
        return
    if len(type.shape) > MAX_RANK:
        yield Violation("V07", f"a tensor has rank {len(type.shape)}, more than {MAX_RANK}")
        return
    total = type.dtype.itemsize if type.dtype else 1
    for size in type.shape:
        if isinstance(size, int):
            if size < 0:
                yield Violation("V07", f"a tensor has size {size}")
            total *= size
        elif isinstance(size, Expr) and not all(s.isidentifier() for s in size.symbols()):
            yield Violation("V08", f"{size} has a symbol that is no word")
    if total > MAX_BYTES:
        yield Violation("V07", f"a tensor of type {type} has more than 2**48 bytes")


def _shown(value: Value) -> str:
    if value.name:
        return f"%{value.name:.40}"
    return "a block input" if value.node is None else f"a result of {value.node.kind:.80}"
