"""What a node does besides giving results: what it writes, and whether it must run."""

from __future__ import annotations

from collections.abc import Iterator

from tsx.ir.build import constant_value, is_constant
from tsx.ir.graph import Graph, Node, Value, walk_block
from tsx.ir.op import Op, Trait, lookup
from tsx.ir.prim import PRIMS
from tsx.ir.types import NONE

# Operators that write running statistics when they are told to train, which their schemas do not say:
# the operands that are written, and the one that tells.
_STATISTICS = {
    "aten::batch_norm": ((3, 4), 5),
    "aten::native_batch_norm": ((3, 4), 5),
    "aten::_batch_norm_impl_index": ((3, 4), 5),
    "aten::instance_norm": ((3, 4), 5),
}


# Operators that stop only when one operand is zero: the operand.
_NONZERO = {
    "floordiv": 1,
    "remainder": 1,
    "div": 1,
    "divmod": 1,
    "slice": 3,
    "delete_slice": 3,
    "__range_length": 2,
}


def may_be_told_to_write(op: Op) -> bool:
    """Whether some node of the operator may write an operand."""
    return op.schema.mutates or op.schema.name in _STATISTICS


def written_operands(node: Node) -> Iterator[Value]:
    """The operands that a node may write, or whose elements it may write; what is in its blocks is not asked."""
    op = lookup(node.kind)
    if op is None or not may_be_told_to_write(op):
        return
    for index in op.schema.written:
        if index < len(node.inputs):
            yield node.inputs[index]
    statistics, training = _STATISTICS.get(op.schema.name, ((), 0))
    if statistics and training < len(node.inputs):
        flag = node.inputs[training]
        if not (is_constant(flag) and constant_value(flag) is False):
            yield from (node.inputs[i] for i in statistics if node.inputs[i].type != NONE)


def has_effect(node: Node) -> bool:
    """Whether a node, or one in its blocks, must run in order whoever uses its results; writes are not counted.

    An operator that may stop the run with a Python exception is one: others see that, and what ran before.
    """
    if node.blocks:
        return any(_own_effect(inner) for block in node.blocks for inner in walk_block(block))
    return _own_effect(node)


def draws(graph: Graph) -> Node | None:
    """The first node that draws random numbers, if there is one."""
    found = ((node, lookup(node.kind)) for node in graph.all_nodes())
    return next((node for node, op in found if op is not None and op.has(Trait.RANDOM)), None)


def _own_effect(node: Node) -> bool:
    prim = PRIMS.get(node.kind)
    if prim is not None:
        return Trait.EFFECT in prim.traits
    op = lookup(node.kind)
    if op is None:
        return True  # nothing is known of it
    if op.has(Trait.RAISES):
        return _may_raise(node, op)
    return op.has(Trait.RANDOM) or (op.has(Trait.EFFECT) and not op.schema.mutates)


def _may_raise(node: Node, op: Op) -> bool:
    """Whether an operator that stops the run for some operands may do so here: a division by a literal doesn't."""
    place = _NONZERO.get(op.schema.base, len(node.inputs))
    if place >= len(node.inputs):
        return True
    operand = node.inputs[place]
    return not (is_constant(operand) and constant_value(operand))
