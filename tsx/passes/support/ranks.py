"""What checks in the program prove of a tensor's rank, and uses that only ask for its sizes.

A scripted layer checks its input (``if x.dim() != 4: raise``), and its types don't know the rank. Takes values and the
node that asks; gives what holds whenever that node runs. Layers keep the rank, so what is known of a layer's operand is
known of its result. Never changes a graph.
"""

from __future__ import annotations

from tsx.ir.alias import AliasAnalysis
from tsx.ir.build import constant_value, is_constant
from tsx.ir.graph import Block, Node, Value
from tsx.ir.op import Trait, lookup
from tsx.ir.types import AtomType, TensorType

_SIZE_QUERIES = frozenset({"aten::dim", "aten::size", "aten::size.int"})

# Operators whose result has the rank of operand 0, besides the elementwise ones.
_KEEPING = frozenset(
    {
        "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
        "batch_norm", "instance_norm", "group_norm", "layer_norm", "rms_norm", "softmax", "log_softmax", "dropout",
        "max_pool1d", "max_pool2d", "max_pool3d", "avg_pool1d", "avg_pool2d", "avg_pool3d", "adaptive_avg_pool1d",
        "adaptive_avg_pool2d", "adaptive_avg_pool3d",
    }
)  # fmt: skip


def operand_of_same_rank(value: Value) -> Value | None:
    """The operand whose rank the value made from it certainly has, as long as neither is written to."""
    op = lookup(value.node.kind) if value.node is not None else None
    if value.node is None or op is None or len(value.node.outputs) != 1:
        return None
    if op.schema.name.startswith("aten::") and op.schema.base in _KEEPING:
        return value.node.inputs[0]
    if not op.has(Trait.ELEMENTWISE):
        return None
    tensors = [v for v in value.node.inputs if not isinstance(v.type, AtomType)]
    is_alone = len(tensors) == 1 and isinstance(tensors[0].type, TensorType)
    return tensors[0] if is_alone and isinstance(value.type, TensorType) else None


def rank_at(value: Value, node: Node, aliases: AliasAnalysis) -> int | None:
    """The rank of ``value`` where ``node`` runs: its type's, or the one that a check ahead of ``node`` lets through.

    Of what is written to nothing is known: there are writes that change the rank.
    """
    current: Value | None = value
    while current is not None and not aliases.has_writers(current):
        found = _rank_of(current, node)
        if found is not None:
            return found
        current = operand_of_same_rank(current)
    return None


def _rank_of(value: Value, node: Node) -> int | None:
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
