"""Deletes guards that can't fail: types, sizes and constants prove what they compare.

Before:

    graph(%x : Float(2, 3)):
      %dim : int = prim::Constant[value=1]()
      %n : int = aten::size.int(%x, %dim)
      tsx::guard[kind="int", expect=3, source="x.shape[1]"](%n)
      %y : Float(2, 3) = aten::relu(%x)
      return (%y)

After:

    graph(%x : Float(2, 3)):
      %y : Float(2, 3) = aten::relu(%x)
      return (%y)
"""

from __future__ import annotations

from tsx.ir.dims import Expr
from tsx.ir.infer import same_abstract
from tsx.ir.op import Abstract
from tsx.ir.types import Type
from tsx.passes.define import Context, define
from tsx.passes.support.erase import erase_dead


@define(safety="exact")
def prune_guards(ctx: Context) -> None:
    """Compares what each guard expects with what is known of its operand."""
    guards = [node for node in ctx.graph.all_nodes() if node.kind == "tsx::guard"]
    if not guards:
        return
    known = ctx.abstracts()
    for guard in guards:
        (value,) = guard.inputs
        found = known.get(value)
        if not _is_scalar(found) or not same_abstract(found, guard.attributes["expect"]):
            continue
        ctx.note("a guard that can't fail == nothing", guard, "nothing")
        guard.destroy()
        erase_dead([value])


def _is_scalar(found: Abstract) -> bool:
    return isinstance(found, (bool, int, float, str)) and not isinstance(found, (Expr, Type))
