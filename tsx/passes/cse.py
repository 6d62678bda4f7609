"""Computes equal things once: in a block and in the blocks inside it.

Nodes are merged when they are pure, nothing writes their operands or results, and at most one of the two results can
be seen outside (callers may write to what they are given). Of equal guards the first stays. Constants are pooled.

Before:

    graph(%x : Tensor):
      %a : Tensor = aten::relu(%x)
      %b : Tensor = aten::relu(%x)
      %c : Tensor = aten::mul.Tensor(%a, %b)
      return (%c)

After:

    graph(%x : Tensor):
      %a : Tensor = aten::relu(%x)
      %c : Tensor = aten::mul.Tensor(%a, %a)
      return (%c)
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import MutableMapping

from tsx.ir.alias import AliasAnalysis
from tsx.ir.dims import Expr
from tsx.ir.graph import Block, Node, Value
from tsx.ir.location import Origin
from tsx.ir.types import INT, is_subtype
from tsx.passes.define import Context, define
from tsx.passes.support.purity import computation_key, is_pure

Seen = MutableMapping[tuple[object, ...], Node]


@define(safety="exact")
def cse(ctx: Context) -> None:
    """Walks the blocks with the computations that are known on the way in."""
    _Merger(ctx).block(ctx.graph.block, ChainMap())


class _Merger:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.abstracts = ctx.abstracts()
        self.aliases: AliasAnalysis = ctx.aliases()
        self.escaping: set[Value] = (
            set()
        )  # seen outside since a merge, which the analysis can't know

    def block(self, block: Block, seen: ChainMap[tuple[object, ...], Node]) -> None:
        for node in block.nodes:
            if node.kind == "tsx::group":
                continue  # its body is isolated, and one computation
            for inner in node.blocks:
                self.block(inner, seen.new_child())
            if node.kind == "tsx::guard":
                self.guard(node, seen)
            elif is_pure(node) and self.is_unwritten(node):
                self.pure(node, seen)

    def pure(self, node: Node, seen: Seen) -> None:
        key = self.key(node)
        first = seen.get(key)
        if first is None:
            seen[key] = node
        elif self.may_share(first, node):
            self.ctx.note("f(x), f(x) == one f(x)", node, first)
            for kept, dropped in zip(first.outputs, node.outputs, strict=True):
                if self.escapes(dropped):
                    self.escaping.add(kept)
                if kept.type != dropped.type and is_subtype(dropped.type, kept.type):
                    kept.type = dropped.type
                dropped.replace_uses(kept)
            merge_into(first, node)

    def key(self, node: Node) -> tuple[object, ...]:
        if len(node.outputs) == 1 and node.output.type == INT:
            size = self.abstracts.get(node.output)
            if isinstance(size, Expr):
                return "size", size
        return computation_key(node)

    def guard(self, node: Node, seen: Seen) -> None:
        if any(self.aliases.has_writers(value) for value in node.inputs):
            return
        first = seen.setdefault(computation_key(node, ignore=("source",)), node)
        if first is not node:
            self.ctx.note("guard(x), guard(x) == guard(x)", node, "nothing")
            merge_into(first, node)

    def is_unwritten(self, node: Node) -> bool:
        return self.aliases.is_unwritten(node)

    def may_share(self, first: Node, second: Node) -> bool:
        return not any(
            self.escapes(a) and self.escapes(b)
            for a, b in zip(first.outputs, second.outputs, strict=True)
        )

    def escapes(self, value: Value) -> bool:
        return value in self.escaping or self.aliases.may_alias_output(value)


def merge_into(kept: Node, dropped: Node) -> None:
    """Removes ``dropped``, whose uses have moved; the kept node answers for both origins."""
    kept.origin = Origin.merge(kept.origin, dropped.origin)
    dropped.destroy()
