"""V09 to V19: what each node is, and whether its operands, attributes, blocks and results fit that."""

from __future__ import annotations

from collections.abc import Iterator

from tsx.ir.graph import RETURN, Graph, Node
from tsx.ir.match import Bindings, accepts, agrees, bound_type
from tsx.ir.op import Op, lookup, unknown_op
from tsx.ir.prim import ANY_NUMBER, CONSTANT, FORMS, GROUP, PRIMS, Prim
from tsx.ir.verify.report import Violation

_RULE_NUMBERS = {CONSTANT: "V15", "prim::If": "V16", "prim::Loop": "V17", GROUP: "V18"}


def nodes(graph: Graph) -> Iterator[Violation]:
    """V09 to V19."""
    for node in graph.all_nodes():
        prim, op = PRIMS.get(node.kind), lookup(node.kind)
        if node.kind == RETURN:
            yield Violation("V09", "a return stands in the middle of its block", node)
        elif prim is not None:
            yield from _structural(node, prim)
        elif op is not None:
            yield from _operator(node, op)
        else:
            yield Violation("V09", unknown_op(node.kind).message, node)


def _structural(node: Node, prim: Prim) -> Iterator[Violation]:
    found = [
        *_prim_attributes(node, prim),
        *_count("V11", node, "block", len(node.blocks), prim.blocks, prim.blocks),
        *_count("V12", node, "operand", len(node.inputs), *prim.operands),
        *_count("V14", node, "result", len(node.outputs), *prim.results),
    ]
    yield from found
    if not found and prim.rule is not None:  # a rule may rely on the counts
        number = _RULE_NUMBERS.get(node.kind, "V19")
        for message in prim.rule(node):
            yield Violation(number, f"{node.kind}: {message}", node)


def _prim_attributes(node: Node, prim: Prim) -> Iterator[Violation]:
    for name in prim.required:
        if name not in node.attributes:
            yield Violation("V10", f"{node.kind} lacks the attribute {name}", node)
    is_open = prim.kind.startswith("tsx::")  # passes may note more on tsx's own nodes
    for name, value in node.attributes.items():
        form = prim.required.get(name) or prim.optional.get(name)
        if form is None and not is_open:
            yield Violation("V10", f"{node.kind} has no attribute {name:.40}", node)
        elif form is not None and not FORMS[form](value):
            yield Violation("V10", f"the attribute {name} of {node.kind} is no {form}", node)


def _operator(node: Node, op: Op) -> Iterator[Violation]:
    if node.attributes and not node.kind.startswith(("prim::", "tsx::")):
        names = ", ".join(sorted(node.attributes))
        message = f"{node.kind} is an operator: {names:.80} must be operands"
        yield Violation("V10", message, node)
    schema = op.schema
    yield from _count("V11", node, "block", len(node.blocks), 0, 0)
    least = len(schema.arguments)
    most = ANY_NUMBER if schema.is_vararg else least
    miscounted = list(_count("V12", node, "operand", len(node.inputs), least, most))
    yield from miscounted
    bindings: Bindings = {}
    if not miscounted:
        yield from _operand_types(node, op, bindings)
    results = len(schema.results)
    most = ANY_NUMBER if schema.is_varret else results
    yield from _count("V14", node, "result", len(node.outputs), results, most)
    for index, (result, value) in enumerate(zip(schema.results, node.outputs)):  # noqa: B905  (V14 counts them)
        wanted = bound_type(result.type, bindings)
        if not agrees(wanted, value.type):
            message = f"result {index} of {node.kind} is {wanted}, but is declared {value.type}"
            yield Violation("V14", message, node)


def _operand_types(node: Node, op: Op, bindings: Bindings) -> Iterator[Violation]:
    for index, (formal, value) in enumerate(zip(op.schema.arguments, node.inputs)):  # noqa: B905  (V12 counts them)
        if not accepts(formal, value.type, bindings):
            wanted = f"{formal.spelling or formal.type} {formal.name}"
            message = f"operand {index} of {node.kind} is {value.type}, not {wanted}"
            yield Violation("V13", message, node)


def _count(
    code: str, node: Node, what: str, given: int, least: int, most: int
) -> Iterator[Violation]:
    if least <= given <= most:
        return
    if least == most:
        wanted = str(least)
    else:
        wanted = f"at least {least}" if given < least else f"at most {most}"
    plural = "" if given == 1 else "s"
    yield Violation(code, f"{node.kind} has {given} {what}{plural}, not {wanted}", node)
