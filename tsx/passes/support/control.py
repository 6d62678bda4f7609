"""Rules for If and Loop: branches that agree, carried values that never change. They keep memory as it is."""

from __future__ import annotations

from tsx.ir.build import Builder, is_constant
from tsx.ir.equal import equal_blocks
from tsx.ir.graph import Block, Node, Value
from tsx.ir.walk import ancestor_in
from tsx.passes.define import Context
from tsx.passes.support.erase import drop_carried, drop_result, erase_dead, splice
from tsx.passes.support.purity import computation_key

_UNNEGATE = "if not c: A else: B == if c: B else: A"
_SAME_RESULT = "if c: x else: x == x"
_SAME_BRANCH = "if c: A else: A == A"
_DECIDED = "if c: … c … == if c: … True …"
_CONSTANT = "if True: A else: B == A"
_PASSED = "if c: raise; … c … == if c: raise; … False …"
_SELECT = "if c: True else: False == c"
_NEVER = "if c: raise else: x == x, after the branch"
_TWINS = "if c: a, a else: b, b == if c: a else: b, twice"
_INVARIANT = "a carried value that never changes == its first value"
_SAME_CARRIED = "two carried values that are always equal == one"
CONTROL_RULES = (
    _UNNEGATE,
    _DECIDED,
    _CONSTANT,
    _PASSED,
    _SAME_RESULT,
    _SELECT,
    _NEVER,
    _TWINS,
    _SAME_BRANCH,
    _INVARIANT,
    _SAME_CARRIED,
)
"""The equations, as docs/passes.md lists them."""


def simplify_control(ctx: Context) -> None:
    """Applies the rules to each If and Loop once."""
    for node in list(ctx.graph.all_nodes()):
        if not node.is_linked:
            continue
        if node.kind == "prim::If":
            if _chosen(ctx, node):
                continue
            _unnegate(ctx, node)
            _decided(ctx, node)
            _same_results(ctx, node)
            _select(ctx, node)
            _never(ctx, node)
            _twins(ctx, node)
            _same_branches(ctx, node)
            _passed(ctx, node)
        elif node.kind == "prim::Loop":
            _invariant(ctx, node)
            _same_carried(ctx, node)


def _unnegate(ctx: Context, node: Node) -> None:
    maker = node.inputs[0].node
    if maker is None or maker.kind != "aten::__not__":
        return
    ctx.note(_UNNEGATE, node, "turned round")
    operands = node.inputs
    node.set_input(0, maker.inputs[0])
    node.blocks.reverse()
    erase_dead(operands)


def _decided(ctx: Context, node: Node) -> None:
    """Inside a branch, the condition is known."""
    (condition,) = node.inputs
    for block, outcome in zip(node.blocks, (True, False), strict=True):
        uses = [use for use in condition.uses if _holds(block, use.node)]
        if not uses:
            continue
        first = next(block.nodes, block.return_node)
        known = Builder(first, node.origin).constant(outcome)
        ctx.note(_DECIDED, node, known)
        for user, operand in uses:
            user.set_input(operand, known)


def _chosen(ctx: Context, node: Node) -> bool:
    """An If whose condition is known is the branch that it takes."""
    condition = _literal(node.inputs[0])
    if condition is None:
        return False
    ctx.note(_CONSTANT, node, "its branch")
    operands = node.inputs
    taken = splice(node.blocks[0 if condition else 1], (), node)
    for old, new in zip(node.outputs, taken, strict=True):
        old.replace_uses(new)
    node.destroy()
    erase_dead(operands)
    return True


def _passed(ctx: Context, node: Node) -> None:
    """Behind an If, one of whose branches always raises, the condition is known."""
    if not node.is_linked or is_constant(node.inputs[0]):
        return
    raises = [_ends_in_raise(block) for block in node.blocks]
    if raises[0] is raises[1]:
        return
    condition = node.inputs[0]
    later = [use for use in condition.uses if _follows(use.node, node)]
    if later:
        assert node.next is not None
        known = Builder(node.next, node.origin).constant(raises[1])
        ctx.note(_PASSED, node, known)
        for user, operand in later:
            user.set_input(operand, known)


def _follows(user: Node, node: Node) -> bool:
    """Whether ``user`` runs after ``node``: it, or what holds it, stands behind it in its block."""
    holder = ancestor_in(user, node.block)
    return holder is not None and holder is not node and node.is_before(holder)


def _holds(block: Block, node: Node) -> bool:
    """Whether ``node`` stands in ``block`` or in a block inside; a group's operands count, its body doesn't."""
    current: Block | None = node.block
    while current is not None and current is not block:
        current = current.node.block if current.node is not None else None
    return current is block


def _same_results(ctx: Context, node: Node) -> None:
    """A result that is the same value, or an equal constant, in both branches."""
    for index in reversed(range(len(node.outputs))):
        first, second = (block.outputs[index] for block in node.blocks)
        if not _is_same(first, second):
            continue
        if _is_within(first, node):
            assert first.node is not None
            first.node.move_before(node)
        ctx.note(_SAME_RESULT, node, first)
        node.outputs[index].replace_uses(first)
        drop_result(node, index)


def _select(ctx: Context, node: Node) -> None:
    """A result that repeats the condition."""
    for index in reversed(range(len(node.outputs))):
        if [_literal(block.outputs[index]) for block in node.blocks] == [True, False]:
            ctx.note(_SELECT, node, node.inputs[0])
            node.outputs[index].replace_uses(node.inputs[0])
            drop_result(node, index)


def _literal(value: Value) -> bool | None:
    """True or False for a constant of type bool."""
    node = value.node
    found = node.attributes.get("value") if node and node.kind == "prim::Constant" else None
    return found if isinstance(found, bool) else None


def _never(ctx: Context, node: Node) -> None:
    """After an If, one of whose branches always raises, its results are those of the other branch.

    So are results that one branch leaves uninitialized: nobody reads these when it was taken.
    """
    raises = [_ends_in_raise(block) for block in node.blocks]
    for index in reversed(range(len(node.outputs))):
        for block, other, leaves in zip(node.blocks, node.blocks[::-1], raises, strict=True):
            maker, value = block.outputs[index].node, other.outputs[index]
            is_unread = leaves or (maker is not None and maker.kind == "prim::Uninitialized")
            if is_unread and not _is_within(value, node):
                ctx.note(_NEVER, node, value)
                node.outputs[index].replace_uses(value)
                drop_result(node, index)
                break


def _ends_in_raise(block: Block) -> bool:
    return any(node.kind == "prim::RaiseException" for node in block.nodes)


def _twins(ctx: Context, node: Node) -> None:
    """Two results that are the same values in both branches."""
    first: dict[tuple[Value, ...], int] = {}
    dropped: list[tuple[int, int]] = []
    for index in range(len(node.outputs)):
        kept = first.setdefault(tuple(block.outputs[index] for block in node.blocks), index)
        if kept != index and node.outputs[kept].type == node.outputs[index].type:
            dropped.append((index, kept))
    for index, kept in reversed(dropped):
        ctx.note(_TWINS, node, node.outputs[kept])
        node.outputs[index].replace_uses(node.outputs[kept])
        drop_result(node, index)


def _is_same(first: Value, second: Value) -> bool:
    if first is second:
        return True
    a, b = first.node, second.node
    if a is None or b is None or a.kind != "prim::Constant" or b.kind != "prim::Constant":
        return False
    return first.type == second.type and computation_key(a) == computation_key(b)


def _is_within(value: Value, node: Node) -> bool:
    return any(value.block is block for block in node.blocks)


def _same_branches(ctx: Context, node: Node) -> None:
    """Two branches with the same nodes on the same values: one of them, whatever the condition."""
    if not equal_blocks(*node.blocks):
        return
    ctx.note(_SAME_BRANCH, node, "its branch")
    for old, new in zip(node.outputs, splice(node.blocks[0], (), node), strict=True):
        old.replace_uses(new)
    operands = node.inputs
    node.destroy()
    erase_dead(operands)


def _invariant(ctx: Context, loop: Node) -> None:
    """A carried value that each round hands on unchanged is what it was at first."""
    (body,) = loop.blocks
    for index in reversed(range(len(loop.outputs))):
        carried, start = body.inputs[index + 1], loop.inputs[index + 2]
        if body.outputs[index + 1] not in (carried, start):
            continue
        ctx.note(_INVARIANT, loop, start)
        carried.replace_uses(start)
        loop.outputs[index].replace_uses(start)
        drop_carried(loop, index)


def _same_carried(ctx: Context, loop: Node) -> None:
    """Two carried values that start equal and that each round hands on equal."""
    (body,) = loop.blocks
    for index in reversed(range(len(loop.outputs))):
        for other in range(index):
            starts = [loop.inputs[place + 2] for place in (index, other)]
            formals = [body.inputs[place + 1] for place in (index, other)]
            results = [body.outputs[place + 1] for place in (index, other)]
            if starts[0] is not starts[1] or formals[0].type != formals[1].type:
                continue
            if results[0] is not results[1] and results != formals:
                continue
            ctx.note(_SAME_CARRIED, loop, formals[1])
            formals[0].replace_uses(formals[1])
            loop.outputs[index].replace_uses(loop.outputs[other])
            drop_carried(loop, index)
            break
