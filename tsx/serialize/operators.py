"""Operators of an archive: their versions, which of them the host has to provide, and the bodies of composites.

Writing collects what the graphs use (docs/archive.md, sections 3 and 8). Reading decides for each who defines it: this
tsx, after upgrading its nodes; else the body, which then is a function that the nodes call; else nobody.
"""

from __future__ import annotations

import functools
from collections.abc import Container, Iterable, Mapping
from typing import Any

from tsx.errors import TsxError, fail
from tsx.ir import types as ty
from tsx.ir.graph import Graph, Node, Value, WeightRef
from tsx.ir.module import Module
from tsx.ir.op import BUILT_IN, Op, lookup, unknown_op
from tsx.ir.prim import PRIMS
from tsx.ir.text import parse_graph
from tsx.ir.verify.report import Violation
from tsx.serialize import canonical, checked
from tsx.serialize.format import digest
from tsx.serialize.graph_codec import UnitReader, UnitWriter
from tsx.serialize.upgrade import upgrade_operators


def used_operators(kinds: Iterable[str]) -> list[Op]:
    """The operators among node kinds and, through the bodies of composites, all that those use; by kind."""
    found: dict[str, Op] = {}
    work = [kind for kind in kinds if kind not in PRIMS]
    while work:
        kind = work.pop()
        if kind not in found:
            op = lookup(kind)
            if op is None:
                raise unknown_op(kind)
            found[kind] = op
            if op.body:
                inner = parse_graph(op.body, file=kind).all_nodes()
                work += [node.kind for node in inner if node.kind not in PRIMS]
    return [found[kind] for kind in sorted(found)]


def body_rows(ops: Iterable[Op]) -> list[Any]:
    """The bodies of the composites among ``ops``."""
    units = [(op, _encode_body(op.kind, op.body)) for op in ops if op.body]
    return [[op.kind, op.version, digest(unit), unit] for op, unit in units]


@functools.cache
def _encode_body(kind: str, text: str) -> bytes:
    writer = UnitWriter()
    writer.graph(_named(parse_graph(text, file=kind), kind))
    return canonical.pack(writer.rows())


def _named(graph: Graph, name: str) -> Graph:
    graph.name = name
    return graph


def settle_operators(
    module: Module,
    operators: Mapping[str, int],
    requires: Iterable[str],
    bodies: list[Any],
    absent: Container[str] = (),
) -> list[Graph]:
    """Upgrades nodes of older operators and turns those that only a body defines into calls of a function.

    Gives the bodies that nobody calls, which have to be valid as well. Raises ``ArchiveError`` TSX6007 with all
    operators that nobody here defines, but for those in ``absent``.
    """
    graphs = _read_bodies(bodies, operators)
    called: set[str] = set()
    missing: list[str] = []
    for kind, version in operators.items():
        op = lookup(kind)
        if op is not None and op.version >= version:
            continue
        if kind in graphs and kind not in module.functions:
            called.add(kind)
        elif kind not in absent:
            missing.append(f"{kind} (version {version})" if op else kind)
    if missing:
        hint = "; the host has to register: " + ", ".join(requires) if requires else ""
        raise fail("TSX6007", ops=", ".join(missing) + hint)
    module.functions.update({kind: graphs[kind] for kind in sorted(called)})
    unused = [graph for kind, graph in graphs.items() if kind not in called]
    for graph in [*(graph for _, graph in module.graphs()), *unused]:
        _check_listed(graph, operators)
        _call_bodies(graph, called)
        upgrade_operators(graph, operators)
    return unused


def another_schema(found: Violation) -> TsxError | None:
    """What is wrong where a call of an operator of the user's has other operands or results than its schema."""
    node = found.node
    op = lookup(node.kind) if node is not None and found.code in ("V12", "V13", "V14") else None
    if node is None or op is None or op.kind.partition("::")[0] in BUILT_IN:
        return None
    results = _in_schema(node.outputs)
    used = f"{node.kind}({_in_schema(node.inputs)}) -> {results if len(node.outputs) == 1 else f'({results})'}"
    return fail(
        "TSX6012", op=op.kind, registered=op.schema, used=used, where=node.origin.span or ""
    )


def _in_schema(values: Iterable[Value]) -> str:
    """Types as schemas write them, which know no sizes."""
    return ", ".join("Tensor" if isinstance(v.type, ty.TensorType) else str(v.type) for v in values)


def _read_bodies(rows: list[Any], operators: Mapping[str, int]) -> dict[str, Graph]:
    graphs: dict[str, Graph] = {}
    for row in rows:
        kind, version, body_digest, data = checked.array(row, "a body", 4)
        if checked.kind(kind, "the kind of a body").startswith("prim::"):
            raise checked.malformed(f"{kind} can't have a body")
        checked.integer(version, f"the version of the body of {kind}", 1)
        checked.binary(body_digest, f"the digest of the body of {kind}", 32)
        if operators.get(kind) != version:
            raise checked.malformed(f"the body of {kind} is of a version that is not listed")
        if digest(checked.binary(data, f"the body of {kind}")) != body_digest:
            raise fail("TSX6002", what=f"the body of {kind} does not match its digest")
        if graphs and kind <= next(reversed(graphs)):
            raise checked.malformed("the bodies have to ascend")
        graphs[kind] = _read_body(kind, data)
    return graphs


def _read_body(kind: str, data: bytes) -> Graph:
    unit = UnitReader(canonical.unpack(data, f"the body of {kind}"))
    if len(unit.graphs) != 1 or unit.graphs[0].name != kind:
        raise checked.malformed(f"the body of {kind} has to be one graph of that name")
    for node in unit.graphs[0].all_nodes():
        if any(isinstance(value, WeightRef) for value in node.attributes.values()):
            raise checked.malformed(f"the body of {kind} uses a weight")
    return unit.graphs[0]


def _check_listed(graph: Graph, operators: Mapping[str, int]) -> None:
    for node in graph.all_nodes():
        if node.kind not in PRIMS and node.kind not in operators:
            raise checked.malformed(f"{node.kind} is not among the operators")


def _call_bodies(graph: Graph, called: set[str]) -> None:
    for node in list(graph.all_nodes()):
        if node.kind in called:
            _replace_by_call(node)


def _replace_by_call(node: Node) -> None:
    if node.blocks or node.attributes:
        raise checked.malformed(f"{node.kind} is an operator: it has no blocks and no attributes")
    call = node.graph.create(
        "prim::CallFunction", node.inputs, (output.type for output in node.outputs),
        origin=node.origin, attributes={"name": node.kind},
    ).insert_before(node)  # fmt: skip
    for old, new in zip(node.outputs, call.outputs, strict=True):
        name, old.name = old.name, ""
        new.name = name
        old.replace_uses(new)
    node.destroy()
