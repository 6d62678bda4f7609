"""What the builtins share: computing constants at once, loops over values, containers whose element type is open.

Takes a ``Context`` and ``Sugar``; emits through the context only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tsx.capture.script import open_types
from tsx.capture.script.carry import Carry
from tsx.capture.script.comparisons import equal
from tsx.capture.script.values import (
    NOT_STATIC,
    Code,
    Constant,
    Iteration,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
)
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

NONE, FALSE = Constant(None), Constant(False)
ZERO, ONE, LAST = Constant(0), Constant(1), Constant(-1)
ZERO_FLOAT, EMPTY = Constant(0.0), Constant("")
NUMBERS = (ty.INT, ty.FLOAT, ty.BOOL, ty.NUMBER, ty.COMPLEX)
_PLAIN = (bool, int, float, complex, str, type(None))


def computed(function: Callable[..., Any], *values: Sugar) -> Constant | None:
    """The result on constants; None when one is not known, or when a run has to raise what Python raises."""
    known = [value.static() for value in values]
    if any(type(v) not in _PLAIN or isinstance(v, Code) for v in known):
        return None
    try:
        found = function(*known)
    except Exception:  # whatever Python says of it, the program says when it runs
        return None
    if type(found) not in _PLAIN or (type(found) is int and not -(1 << 63) <= found < 1 << 63):
        return None
    return Constant(found) if not isinstance(found, str) or len(found) <= 10_000 else None


def is_set(type: ty.Type | None) -> bool:
    """Whether values of the type are sets: dicts to None."""
    return isinstance(type, ty.DictType) and type.value == ty.NONE


def is_none(value: Sugar) -> bool:
    """Whether an argument is None for sure, or was left out."""
    return value.static() is None


def as_int(ctx: Context, at: Place, value: Sugar, what: str) -> Sugar:
    """A bool or int as an int."""
    if value.type == ty.INT:
        return value
    return Ssa(ctx.convert(value, ty.INT, at, what))


def each(ctx: Context, at: Place, iteration: Iteration, body: Callable[[Sugar], None]) -> None:
    """Runs ``body`` for each item: unrolled when the items are known one by one, else in a loop."""
    if iteration.items is not None:
        for item in iteration.items:
            body(item)
        return
    assert iteration.length is not None
    item_of = iteration.item
    assert item_of is not None

    def step(number: Value) -> Value:
        body(item_of(number))
        return ctx.constant(True, at)

    Carry(ctx, at, set(), set(), set()).run(iteration.length(), ctx.constant(True, at), step)


def mapped(
    ctx: Context, at: Place, iteration: Iteration, function: Callable[[Sugar], Sugar]
) -> Sugar:
    """The list of ``function(item)``."""
    if iteration.items is not None:
        return ListLiteral([ctx.settled(function(item), at) for item in iteration.items])
    made = Ssa(ctx.list_value([], open_types.Open(ty.TENSOR), at))

    def add(item: Sugar) -> None:
        made.attribute(ctx, at, "append").call(ctx, at, [function(item)], {})

    each(ctx, at, iteration, add)
    return made


def accumulated(
    ctx: Context,
    at: Place,
    iteration: Iteration,
    start: Sugar,
    add: Callable[[Sugar, Sugar], Sugar],
) -> Sugar:
    """``add(… add(add(start, a), b) …, z)``; the value may change its type on the way, as in a loop of the source."""
    key = ctx.new_number(), "total"
    ctx.env.bind(key, ctx.settled(start, at), at)

    def step(item: Sugar) -> None:
        binding = ctx.env.get(key)
        assert binding is not None
        total = ctx.settled(add(binding.value, item), at)
        ctx.env.bind(key, total, at)

    each(ctx, at, iteration, step)
    return ctx.env.names.pop(key).value


def list_of(ctx: Context, at: Place, value: Sugar) -> Sugar:
    """``value`` as a list that may be read: itself when it is one."""
    if isinstance(value, ListLiteral):
        return value.made(ctx, at)
    if isinstance(value.type, ty.ListType) and not isinstance(value, TupleSugar):
        return value
    if isinstance(value.type, ty.DictType):
        return ctx.op(("aten::keys", "tsx::keys"), at, [value])
    if value.type == ty.STR:
        return ctx.op("tsx::list.str", at, [value])
    made = getattr(value, "as_list", None)
    if made is not None:
        found: Sugar = made(ctx, at)
        return found
    return ctx.settled(mapped(ctx, at, value.iterate(ctx, at), lambda item: item), at)


def tuple_parts(ctx: Context, value: Sugar, at: Place) -> Sequence[Sugar] | None:
    """The items of a tuple; None for anything else."""
    if isinstance(value, TupleSugar) or isinstance(value.type, ty.TupleType):
        return ctx.parts(value, at)
    return None


def refuse_tensors(ctx: Context, at: Place, type: ty.Type | None, what: str) -> None:
    """A problem where Python would compare tensors to find, sort or choose one."""
    if type is not None and holds_tensor(type):
        raise ctx.problem("TSX3101", at, what=what)


def holds_tensor(type: ty.Type) -> bool:
    """Whether a tensor is in a value of the type."""
    return isinstance(type, ty.TensorType) or any(map(holds_tensor, type.children()))


def never(ctx: Context, at: Place, kind: str, message: str, type: ty.Type) -> Sugar:
    """What stands for the value of an expression that always raises ``kind(message)``."""
    ctx.raise_exception(kind, Constant(message), at)
    return ctx.emit("prim::Uninitialized", (), type, at)


__all__ = [
    "EMPTY",
    "FALSE",
    "LAST",
    "NONE",
    "NOT_STATIC",
    "NUMBERS",
    "ONE",
    "ZERO",
    "ZERO_FLOAT",
    "accumulated",
    "as_int",
    "computed",
    "each",
    "equal",
    "holds_tensor",
    "is_none",
    "is_set",
    "list_of",
    "mapped",
    "never",
    "refuse_tensors",
    "tuple_parts",
]
