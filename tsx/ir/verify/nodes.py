"""V09 to V19: what each node is, and whether its operands, attributes, blocks and results fit that."""

from __future__ import annotations

from collections.abc import Container, Iterator

from tsx.ir.graph import RETURN, Node
from tsx.ir.match import Bindings, accepts, agrees, bound_type
from tsx.ir.op import Op, lookup, unknown_op
from tsx.ir.prim import ANY_NUMBER, CONSTANT, FORMS, GROUP, PRIMS, Prim
from tsx.ir.verify.report import Violation

_RULE_NUMBERS = {CONSTANT: "V15", "prim::If": "V16", "prim::Loop": "V17", GROUP: "V18"}


def nodes(all_nodes: list[Node], absent: Container[str] = ()) -> Iterator[Violation]:
    """V09 to V19. Of the operators in ``absent`` no more is known than that somebody has them."""
    for node in all_nodes:
        prim = PRIMS.get(node.kind)
        if node.kind == RETURN:
            yield Violation("V09", "a return stands in the middle of its block", node)
        elif prim is not None:
            yield from _structural(node, prim)
        elif (op := lookup(node.kind)) is None:
            if node.kind not in absent:
                yield Violation("V09", unknown_op(node.kind).message, node)
        elif not _is_known_to_fit(node, op):
            yield from _operator(node, op)


_FITTING: dict[tuple[object, ...], tuple[object, ...]] = {}
_MOST_FITTING = 1 << 14


def _is_known_to_fit(node: Node, op: Op) -> bool:
    """Whether a node is sound, as one was with the same operator and types (the same objects) of operands and results.

    What is remembered keeps the objects alive, so no other can have their identity.
    """
    if node.attributes or node.blocks:
        return False
    types = (op, *[v.type for v in node.inputs], None, *[v.type for v in node.outputs])
    key = tuple(map(id, types))
    if key in _FITTING:
        return True
    if any(True for _ in _operator(node, op)):
        return False
    if len(_FITTING) >= _MOST_FITTING:
        _FITTING.clear()
    _FITTING[key] = types
    return True


def _structural(node: Node, prim: Prim) -> Iterator[Violation]:
    if not _counts_hold(node, prim):
        yield from _prim_attributes(node, prim)
        yield from _count("V11", node, "block", len(node.blocks), prim.blocks, prim.blocks)
        yield from _count("V12", node, "operand", len(node.inputs), *prim.operands)
        yield from _count("V14", node, "result", len(node.outputs), *prim.results)
        return
    wrong = False
    if node.attributes or prim.required:
        for violation in _prim_attributes(node, prim):
            wrong = True
            yield violation
    if prim.rule is not None and not wrong:  # a rule may rely on the counts and attributes
        for message in prim.rule(node):
            number = _RULE_NUMBERS.get(node.kind, "V19")
            yield Violation(number, f"{node.kind}: {message}", node)


def _counts_hold(node: Node, prim: Prim) -> bool:
    least, most = prim.operands
    fewest, greatest = prim.results
    return (
        len(node.blocks) == prim.blocks
        and least <= len(node.inputs) <= most
        and fewest <= len(node.outputs) <= greatest
    )


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
