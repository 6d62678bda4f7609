"""Rewrites by algebra to the shortest form: each rule is an equation that holds for every value, to the bit.

Neutral elements (``x * 1``), inverses (``-(-x)``), idempotence, views that change nothing or undo each other, casts to
the same type, dropout that doesn't drop, ``x @ t(w)`` as a linear layer, branches that agree, conditions that a branch
has decided, carried values that never change. A rule applies only where nothing writes to the memory.

Before:

    graph(%x : Float(2, 3)):
      %p : float = prim::Constant[value=0.5]()
      %train : bool = prim::Constant[value=False]()
      %d : Float(2, 3) = aten::dropout(%x, %p, %train)
      %n : Float(2, 3) = aten::neg(%d)
      %m : Float(2, 3) = aten::neg(%n)
      %one : int = prim::Constant[value=1]()
      %s : Float(2, 3) = aten::mul.Scalar(%m, %one)
      %y : Float(2, 3) = aten::relu(%s)
      return (%y)

After:

    graph(%x : Float(2, 3)):
      %y : Float(2, 3) = aten::relu(%x)
      return (%y)
"""

from __future__ import annotations

from tsx.passes.define import Context, define
from tsx.passes.support.control import simplify_control
from tsx.passes.support.rewriting import sweep


@define(safety="exact")
def canonicalize(ctx: Context) -> None:
    """Applies rules until none applies."""
    while True:
        before = ctx.graph.mutations
        ctx.abstracts()  # many rules hold for known dtypes and sizes only
        sweep(ctx, "rules")
        simplify_control(ctx)
        if ctx.graph.mutations == before:
            return
