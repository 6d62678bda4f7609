"""Replaces writes to tensors and lists that live in one block by pure nodes and new names, where that is provable.

``y = f_(x)`` becomes ``y = f(x)``, and what reads ``x`` afterwards reads ``y``. A write to a view is put back into what
it is a view of (``slice_scatter``, ``select_scatter``, a transposition), and views that are read later are taken anew.
Appending to a list makes a new list. A write stays when the memory comes from outside (an input, an attribute, a
weight), is reachable in a way that can't be followed, or would get another dtype or size.

Before:

    graph(%x : Float(2, 3)):
      %y : Float(2, 3) = aten::neg(%x)
      %z : Float(2, 3) = aten::relu_(%y)
      %r : Float(2, 3) = aten::mul.Tensor(%y, %z)
      return (%r)

After:

    graph(%x : Float(2, 3)):
      %y : Float(2, 3) = aten::neg(%x)
      %z : Float(2, 3) = aten::relu(%y)
      %r : Float(2, 3) = aten::mul.Tensor(%z, %z)
      return (%r)
"""

from __future__ import annotations

from tsx.ir.build import Builder
from tsx.ir.effects import written_operands
from tsx.ir.graph import Block, Node, Value, walk_block
from tsx.passes.define import Context, define
from tsx.passes.support.erase import erase_dead
from tsx.passes.support.layout import is_row_major
from tsx.passes.support.shared_memory import Memory, find_memories
from tsx.passes.support.views import put_back


@define(safety="exact")
def functionalize(ctx: Context) -> None:
    """Rewrites block by block, until no write is left that can go."""
    if not any(any(written_operands(node)) for node in ctx.graph.all_nodes()):
        return
    ctx.abstracts()  # dtypes and sizes decide whether a pure twin gives the same
    while True:
        before = ctx.graph.mutations
        aliases = ctx.aliases()
        for block in _blocks(ctx.graph.block):
            memories = find_memories(block, ctx.graph, aliases)
            if memories:
                _Rewriter(ctx, block, memories).run()
                aliases = ctx.aliases()
        if ctx.graph.mutations == before:
            return


def _blocks(block: Block) -> list[Block]:
    return [block, *(inner for node in walk_block(block) for inner in node.blocks)]


class _Rewriter:
    """One walk over a block. ``now`` says which value holds the present contents of a member of a memory."""

    def __init__(self, ctx: Context, block: Block, memories: list[Memory]) -> None:
        self.ctx = ctx
        self.block = block
        self.memory = {member: memory for memory in memories for member in memory.members}
        self.writes = {node for memory in memories for node in memory.writes}
        self.version = dict.fromkeys(memories, 0)
        self.now: dict[Value, tuple[int, Value]] = {m.root: (0, m.root) for m in memories}

    def run(self) -> None:
        for node in [*self.block.nodes, self.block.return_node]:
            operands = node.inputs
            self.update_operands(node, node)
            for inner in node.blocks:
                for nested in walk_block(inner):
                    self.update_operands(nested, node)
                    for deeper in nested.blocks:
                        self.update_operands(deeper.return_node, node)
                self.update_operands(inner.return_node, node)
            if node in self.writes:
                self.write(node, operands[0])
            else:
                for value in node.outputs:
                    if value in self.memory:
                        self.now[value] = (self.version[self.memory[value]], value)
        for node in reversed(list(self.block.nodes)):
            if node in self.writes:
                operands = node.inputs
                node.destroy()
                erase_dead(operands)
        erase_dead([value for value in self.memory if value.node and value.node.is_linked])

    def update_operands(self, node: Node, anchor: Node) -> None:
        for index, value in enumerate(node.inputs):
            if value in self.memory:
                node.set_input(index, self.current(value, anchor))

    def current(self, value: Value, anchor: Node) -> Value:
        """The value that now holds what ``value`` names; a stale view is taken anew before ``anchor``."""
        memory = self.memory[value]
        version, held = self.now.get(value, (-1, value))
        if version == self.version[memory] or value in memory.snapshots:
            return held
        parent = self.current(memory.parent[value], anchor)
        made = value.node
        assert made is not None
        if made in memory.writes:
            held = parent
        else:
            builder = Builder(anchor, made.origin)
            held = builder.op(made.kind, (parent, *made.inputs[1:]), value.type)
        self.now[value] = (self.version[memory], held)
        return held

    def write(self, node: Node, target: Value) -> None:
        """Computes the new contents of ``target``, then of all it is a view of, up to the root."""
        memory = self.memory[target]
        builder = Builder(node, node.origin)
        new = memory.writes[node](builder, node)
        self.ctx.note(memory.rule(node), node, new)
        changed = [(target, new)]
        while target is not memory.root:
            parent = memory.parent[target]
            assert target.node is not None
            if target.node not in memory.writes:
                base = self.current(parent, node)
                back = put_back(builder, target.node, base, new)
                assert back is not None
                new = back
            if parent is memory.root and memory.is_row_major and not is_row_major(new):
                zero = builder.constant(0)  # torch.contiguous_format
                new = builder.op("aten::contiguous", (new, zero), parent.type)
            changed.append((parent, new))
            target = parent
        self.version[memory] += 1
        for value, held in changed:
            self.now[value] = (self.version[memory], held)
        for output in node.outputs:
            if output.name:
                name, output.name = output.name, ""
                changed[0][1].name = changed[0][1].name or name
