"""Takes apart at compile time what is put together nearby: lists, tuples, dicts, tests for None, casts.

An element of a literal list is that element, its length a number; joining, slicing and repeating literals gives
literals. ``x is None`` and ``isinstance`` are decided where the types tell. A list or dict that anybody writes to is
left alone (functionalize makes literals of lists that grow), and so is what callers would see as one object twice.

Before:

    graph(%x : Tensor, %y : Tensor):
      %none : NoneType = prim::Constant()
      %one : int = prim::Constant[value=1]()
      %l : Tensor[] = prim::ListConstruct(%x, %y)
      %n : int = aten::len.t(%l)
      %b : Tensor = aten::__getitem__.t(%l, %one)
      %is_none : bool = aten::__is__(%b, %none)
      %t : (Tensor, int, bool) = prim::TupleConstruct(%b, %n, %is_none)
      %p : Tensor, %q : int, %r : bool = prim::TupleUnpack(%t)
      return (%p, %q, %r)

After:

    graph(%x : Tensor, %y : Tensor):
      %n : int = prim::Constant[value=2]()
      %is_none : bool = prim::Constant[value=False]()
      return (%y, %n, %is_none)
"""

from __future__ import annotations

from tsx.passes.define import Context, define
from tsx.passes.support.rewriting import sweep


@define(safety="exact")
def peephole(ctx: Context) -> None:
    """Applies the rules until none applies."""
    while True:
        before = ctx.graph.mutations
        sweep(ctx, "idioms")
        if ctx.graph.mutations == before:
            return
