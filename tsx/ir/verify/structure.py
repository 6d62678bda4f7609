"""V01 to V08: places, uses, visibility, names, sizes, types. Nothing here needs to know what a node means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

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
from tsx.ir.walk import all_blocks, all_values


def extent(graph: Graph) -> Iterator[Violation]:
    """V05, and the depths of V06 and V07. Where it fails nothing else may look, since the rest may recurse."""
    depths = {graph.block: 0}
    count = 0
    for block in all_blocks(graph):
        depth = depths[block]
        if depth > MAX_DEPTH:
            yield Violation("V05", f"blocks nest more than {MAX_DEPTH} deep", block.node)
            return
        for node in block.nodes:
            count += 1
            depths.update(dict.fromkeys(node.blocks, depth + 1))
            yield from _depth_of_literals(node)
    if count > MAX_NODES:
        yield Violation("V05", f"the graph has {count} nodes, more than {MAX_NODES}")
    types = {id(value.type): value.type for value in all_values(graph)}
    if any(type_depth(type) > MAX_DEPTH for type in types.values()):
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


def structure(graph: Graph) -> Iterator[Violation]:
    """V01 to V04, V06 to V08."""
    yield from _places(graph)
    yield from _uses(graph)
    yield from _visibility(graph.block, set())
    yield from _names(graph)
    yield from _attributes(graph)
    yield from _types(graph)


def _places(graph: Graph) -> Iterator[Violation]:
    for block in all_blocks(graph):
        for index, value in enumerate(block.inputs):
            if (value.block, value.node, value.index) != (block, None, index):
                yield Violation("V01", f"block input {index} names another place", block.node)
        for node in [*block.nodes, block.return_node]:
            if node.block is not block or node.graph is not graph:
                yield Violation("V01", f"{node.kind} names another block", node)
            for index, value in enumerate(node.outputs):
                if (value.block, value.node, value.index) != (block, node, index):
                    yield Violation("V01", f"result {index} names another place", node)
            for inner in node.blocks:
                if inner.node is not node or inner.graph is not graph:
                    yield Violation("V01", "a block names another node", node)


def _nodes_and_returns(graph: Graph) -> Iterator[Node]:
    for block in all_blocks(graph):
        yield from block.nodes
        yield block.return_node


def _uses(graph: Graph) -> Iterator[Violation]:
    wanted: dict[Value, list[Use]] = {}
    for node in _nodes_and_returns(graph):
        for index, value in enumerate(node.inputs):
            wanted.setdefault(value, []).append(Use(node, index))
    for value in all_values(graph):
        if value.uses == wanted.get(value, []):
            continue
        listed, real = Counter(value.uses), Counter(wanted.get(value, ()))
        for use in (listed - real) + (real - listed):
            word = "lists" if listed[use] > real[use] else "lacks"
            message = (
                f"the use list of {_shown(value)} {word} operand {use.operand} of {use.node.kind}"
            )
            yield Violation("V02", message, value.node or value.block.node)


def _visibility(block: Block, visible: set[Value]) -> Iterator[Violation]:
    own = list(block.inputs)
    visible.update(own)
    for node in block.nodes:
        yield from _operands_visible(node, visible)
        for inner in node.blocks:
            yield from _visibility(inner, set() if node.kind == GROUP else visible)
        own += node.outputs
        visible.update(node.outputs)
    yield from _operands_visible(block.return_node, visible)
    visible.difference_update(own)


def _operands_visible(node: Node, visible: set[Value]) -> Iterator[Violation]:
    for index, value in enumerate(node.inputs):
        if value not in visible:
            what = f"operand {index} ({_shown(value)})"
            yield Violation("V03", f"{what} is not defined where {node.kind} can see it", node)


def _names(graph: Graph) -> Iterator[Violation]:
    seen: set[str] = set()
    for value in all_values(graph):
        name, node = value.name, value.node or value.block.node
        if not name:
            continue
        if name in seen:
            yield Violation("V04", f"two values are called %{name:.40}", node)
        if is_number(name) or len(name) > MAX_NAME:
            yield Violation("V04", f"%{name:.40} is no name for a value", node)
        seen.add(name)


def _attributes(graph: Graph) -> Iterator[Violation]:
    for node in _nodes_and_returns(graph):
        if len(node.kind) > MAX_NAME:
            yield Violation("V06", "the kind is too long", node)
        for name, value in node.attributes.items():
            if len(name) > MAX_NAME:
                yield Violation("V06", f"the attribute name {name:.40} is too long", node)
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


def _types(graph: Graph) -> Iterator[Violation]:
    seen: dict[ty.Type, list[Violation]] = {}
    for value in all_values(graph):
        if value.type not in seen:
            seen[value.type] = list(type_violations(value.type))
        for violation in seen[value.type]:
            node = value.node or value.block.node
            yield Violation(violation.code, f"{_shown(value)}: {violation.message}", node)
    for node in graph.all_nodes():
        for attribute in node.attributes.values():
            for item in attribute if isinstance(attribute, tuple) else (attribute,):
                if isinstance(item, ty.Type):
                    for violation in type_violations(item):
                        yield Violation(violation.code, violation.message, node)


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
