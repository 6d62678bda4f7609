"""The methods of ``tuple``: ``count`` and ``index``, item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsx.capture.script.builtins.common import equal, never
from tsx.capture.script.values import NOT_STATIC, Constant, Ssa, Sugar, method
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _items(ctx: Context, at: Place, value: Sugar) -> list[Sugar]:
    parts = ctx.parts(value, at)
    assert parts is not None, "a tuple has parts"
    return parts


@method(ty.TupleType, "count")
def _count(ctx: Context, at: Place, self: Sugar, value: Sugar) -> Sugar:
    flags = [equal(ctx, item, value, at).truth(ctx, at) for item in _items(ctx, at, self)]
    known = sum(flag.static() is True for flag in flags)
    total: Sugar = Constant(known)
    for flag in flags:
        if flag.static() is NOT_STATIC:
            one = Ssa(ctx.convert(flag, ty.INT, at, "a count"))
            total = ctx.op("aten::add.int", at, [total, one])
    return total


@method(ty.TupleType, "index")
def _index(ctx: Context, at: Place, self: Sugar, value: Sugar) -> Sugar:
    items = _items(ctx, at, self)

    def search(place: int) -> Sugar:
        if place == len(items):
            return never(ctx, at, "ValueError", "tuple.index(x): x not in tuple", ty.INT)
        same = equal(ctx, items[place], value, at).truth(ctx, at)
        if same.static() is not NOT_STATIC:
            return Constant(place) if same.static() else search(place + 1)
        return ctx.choose(
            same.as_value(ctx, at), lambda: Constant(place), lambda: search(place + 1), at
        )

    return search(0)
