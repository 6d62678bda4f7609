"""What checks in the program prove of a tensor's rank, and uses that only ask for its sizes.

A scripted layer checks its input (``if x.dim() != 4: raise``), and its types don't know the rank. Takes values and the
node that asks; gives what holds whenever that node runs. Never changes a graph.
"""

from __future__ import annotations

from tsx.ir.build import constant_value, is_constant
from tsx.ir.graph import Block, Node, Value
from tsx.ir.types import TensorType

_SIZE_QUERIES = frozenset({"aten::dim", "aten::size", "aten::size.int"})


def rank_at(value: Value, node: Node) -> int | None:
    """The rank of ``value`` where ``node`` runs: its type's, or the one that a check ahead of ``node`` lets through."""
    if isinstance(value.type, TensorType) and value.type.rank is not None:
        return value.type.rank
    for asked, _ in value.uses:
        if asked.kind != "aten::dim":
            continue
        for test, _ in asked.output.uses:
            rank = _let_through(test, asked.output)
            if rank is not None and any(_stops(user, test, node) for user, _ in test.output.uses):
                return rank
    return None


def only_asks_sizes(value: Value, besides: Node) -> bool:
    """Whether all uses of ``value`` but that by ``besides`` ask for its sizes, whatever its elements are."""
    others = [user for user, _ in value.uses if user is not besides]
    return len(others) == len(value.uses) - 1 and all(u.kind in _SIZE_QUERIES for u in others)


def _let_through(test: Node, rank: Value) -> int | None:
    """The number that ``test`` compares ``rank`` with."""
    if test.kind not in ("aten::ne.int", "aten::eq.int"):
        return None
    other = test.inputs[1] if test.inputs[0] is rank else test.inputs[0]
    number = constant_value(other) if is_constant(other) else None
    return number if isinstance(number, int) else None


def _stops(branch: Node, test: Node, node: Node) -> bool:
    """Whether ``branch``, ahead of ``node`` in its block, raises unless the numbers of ``test`` are equal."""
    if branch.kind != "prim::If" or branch.block is not node.block or not branch.is_before(node):
        return False
    return _raises(branch.blocks[0 if test.kind == "aten::ne.int" else 1])


def _raises(block: Block) -> bool:
    return any(node.kind == "prim::RaiseException" for node in block.nodes)
