"""Taking away what a rewrite made dead, and control flow whose way is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tsx.ir.effects import has_effect
from tsx.ir.graph import Block, Node, Value
from tsx.ir.types import TensorType, is_subtype
from tsx.passes.support.purity import checks_length, is_pure


def erase_dead(values: Iterable[Value]) -> None:
    """Removes the pure nodes behind ``values`` that nobody uses any more, and then those behind them."""
    work = [value.node for value in values]
    while work:
        node = work.pop()
        if node is None or not node.is_linked or not is_removable(node):
            continue
        work.extend(value.node for value in node.inputs)
        node.destroy()


def is_removable(node: Node) -> bool:
    """Whether nobody uses a node's results and it does nothing else."""
    if any(value.uses for value in node.outputs):
        return False
    if checks_length(node):
        return False
    return (is_pure(node) and not has_effect(node)) or node.kind == "tsx::group"


def replace(node: Node, values: Sequence[Value]) -> None:
    """Makes ``values`` stand for the outputs of ``node``, and removes it and what only it used."""
    for old, new in zip(node.outputs, values, strict=True):
        inherit_name(old, new)
        old.replace_uses(new)
    operands = node.inputs
    node.destroy()
    erase_dead(operands)


def can_stand_for(new: Value, old: Value) -> bool:
    """Whether ``new``, known to equal ``old``, may take its uses; narrows the type of ``new`` where that helps.

    The type of a block's input or of a control node's result is a promise of others, and stays.
    """
    if is_subtype(new.type, old.type):
        return True
    if new.node is None or new.node.blocks:
        return False
    if not isinstance(new.type, TensorType) or not isinstance(old.type, TensorType):
        return False
    narrowed = _both(new.type, old.type)
    if not is_subtype(narrowed, old.type):
        return False
    new.type = narrowed
    return True


def _both(a: TensorType, b: TensorType) -> TensorType:
    """What two true types of one tensor say together; of two ways to write a size, the first."""
    if a.shape is None or b.shape is None:
        shape = b.shape if a.shape is None else a.shape
    else:
        shape = tuple(x if x is not None else y for x, y in zip(a.shape, b.shape, strict=False))
    return TensorType(a.dtype or b.dtype, shape)


def inherit_name(old: Value, new: Value) -> None:
    """Keeps the source's name for a value when the one in its place is a temporary of the same block."""
    if old.name and not new.name and new.node is not None and new.block is old.block:
        name = old.name
        old.name = ""
        new.name = name


def drop_result(node: Node, index: int) -> None:
    """Removes a result of an If or a group that nobody uses, and what its blocks computed for it alone."""
    returned = [block.outputs[index] for block in node.blocks]
    for block in node.blocks:
        block.return_node.remove_input(index)
    node.remove_output(index)
    erase_dead(returned)


def drop_carried(loop: Node, index: int) -> None:
    """Removes a carried value of a Loop whose result and place in the body nobody uses."""
    (body,) = loop.blocks
    returned, start = body.outputs[index + 1], loop.inputs[index + 2]
    body.return_node.remove_input(index + 1)
    loop.remove_output(index)
    body.remove_input(index + 1)
    loop.remove_input(index + 2)
    erase_dead((returned, start))


def splice(block: Block, inputs: Sequence[Value], anchor: Node) -> list[Value]:
    """Moves the nodes of ``block`` before ``anchor`` with ``inputs`` for its inputs; gives what it returned."""
    for formal, actual in zip(block.inputs, inputs, strict=True):
        formal.replace_uses(actual)
    results = list(block.outputs)
    block.return_node.set_inputs(())
    for node in list(block.nodes):
        node.move_before(anchor)
    return results
