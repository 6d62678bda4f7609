"""One value from many: ``sum``, ``min``, ``max``, ``any``, ``all``, and ``sorted``.

Takes anything that can be iterated. Numbers and strings in lists are left to an operator; tensors and known items are
combined one by one, as Python would.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tsx.capture.script import comparisons, item_methods, operators, prelude
from tsx.capture.script.builtins.common import (
    FALSE,
    NONE,
    NUMBERS,
    ZERO,
    accumulated,
    computed,
    is_none,
    list_of,
    never,
    refuse_tensors,
)
from tsx.capture.script.builtins.lists import keys_for
from tsx.capture.script.carry import Carry
from tsx.capture.script.values import NOT_STATIC, Constant, Iteration, Ssa, Sugar, builtin
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_SUMS: dict[ty.Type, str] = {
    ty.INT: "int",
    ty.FLOAT: "float",
    ty.COMPLEX: "complex",
    ty.BOOL: "bool",
}


def _element(value: Sugar) -> ty.Type | None:
    return value.type.element if isinstance(value.type, ty.ListType) else None


# --- sum ------------------------------------------------------------------------------------------


@builtin(sum)
def _sum(ctx: Context, at: Place, iterable: Sugar, /, start: Sugar = ZERO) -> Sugar:
    iteration = iterable.iterate(ctx, at)

    def add(total: Sugar, item: Sugar) -> Sugar:
        return operators.binary(ctx, ast.Add(), total, item, at)

    if iteration.items is not None:
        return accumulated(ctx, at, iteration, start, add)
    values = list_of(ctx, at, iterable) if not _is_tensor(iterable) else iterable
    name = _SUMS.get(_element(values) or ty.ANY)
    if name is not None and start.static() == 0 and start.type == ty.INT:
        return _sum_of_numbers(ctx, at, name, values)
    if name is not None and _element(values) == start.type:
        return ctx.op(f"tsx::sum.{name}", at, [values, start])
    walk = values.iterate(ctx, at)
    if start.static() == 0 and (_is_tensor(iterable) or _element(values) == ty.TENSOR):
        return _sum_of_tensors(ctx, at, walk, start)
    return accumulated(ctx, at, walk, start, add)


def _is_tensor(value: Sugar) -> bool:
    return isinstance(value.type, ty.TensorType)


def _sum_of_numbers(ctx: Context, at: Place, name: str, values: Sugar) -> Sugar:
    """The sum of a list; of no floats it is the int 0, as in Python."""
    if name != "float":
        return ctx.op(f"aten::sum.{name}", at, [values])
    some = values.truth(ctx, at).as_value(ctx, at)
    return ctx.choose(some, lambda: ctx.op("aten::sum.float", at, [values]), lambda: ZERO, at)


def _sum_of_tensors(ctx: Context, at: Place, walk: Iteration, start: Sugar) -> Sugar:
    """``0 + first + …``. Of no tensors Python gives the int 0, which is no Tensor: that stops the run."""
    assert walk.length is not None
    assert walk.item is not None
    item_of = walk.item
    length = walk.length()
    empty = ctx.emit("aten::eq.int", [length, ctx.constant(0, at)], ty.BOOL, at).value

    def none() -> Sugar:
        message = "sum() of no tensors is the int 0, which is not a Tensor"
        return never(ctx, at, "TypeError", message, ty.TENSOR)

    def first() -> Sugar:
        return operators.binary(ctx, ast.Add(), start, item_of(ctx.constant(0, at)), at)

    total = ctx.choose(empty, none, first, at)
    one = ctx.constant(1, at)
    trips = ctx.emit("aten::sub.int", [length, one], ty.INT, at).value
    rest = Iteration(
        length=lambda: trips,
        item=lambda number: item_of(ctx.emit("aten::add.int", [number, one], ty.INT, at).value),
    )
    return accumulated(
        ctx, at, rest, total, lambda a, b: operators.binary(ctx, ast.Add(), a, b, at)
    )


# --- min and max ----------------------------------------------------------------------------------


def _best(name: str, is_better: ast.cmpop) -> None:
    python = {"max": max, "min": min}[name]

    def handler(
        ctx: Context,
        at: Place,
        first: Sugar,
        *others: Sugar,
        key: Sugar = NONE,
        default: Sugar | None = None,
    ) -> Sugar:
        if others:
            return _of_several(ctx, at, name, is_better, [first, *others], key)
        return _of_items(ctx, at, name, is_better, first, key, default)

    builtin(python)(handler)


def _of_several(
    ctx: Context, at: Place, name: str, better: ast.cmpop, values: Sequence[Sugar], key: Sugar
) -> Sugar:
    """The best of known items; of equal ones the first."""

    def ranked(value: Sugar) -> Sugar:
        return ctx.settled(key.call(ctx, at, [value], {}), at)

    if is_none(key):
        best = values[0]
        for value in values[1:]:
            best = _of_two(ctx, at, name, better, best, value)
        return best
    best, rank = values[0], ranked(values[0])
    for value in values[1:]:
        following = ranked(value)
        best, rank = _ranked_pair(ctx, at, better, (best, rank), (value, following))
    return best


def _ranked_pair(
    ctx: Context, at: Place, better: ast.cmpop, a: tuple[Sugar, Sugar], b: tuple[Sugar, Sugar]
) -> tuple[Sugar, Sugar]:
    wins = comparisons.compare(ctx, better, b[1], a[1], at).truth(ctx, at)
    if wins.static() is not NOT_STATIC:
        return b if wins.static() else a
    flag = wins.as_value(ctx, at)
    best = ctx.choose(flag, lambda: b[0], lambda: a[0], at)
    return best, ctx.choose(flag, lambda: b[1], lambda: a[1], at)


def _of_two(ctx: Context, at: Place, name: str, better: ast.cmpop, a: Sugar, b: Sugar) -> Sugar:
    found = computed({"max": max, "min": min}[name], a, b)
    if found is not None:
        return found
    types = {a.type, b.type}
    if types == {ty.BOOL}:
        return ctx.op(f"aten::__{'or' if name == 'max' else 'and'}__.bool", at, [a, b])
    if types <= {*NUMBERS, ty.STR} and ty.COMPLEX not in types:
        numbers = [
            Ssa(ctx.convert(v, ty.INT, at, "a number")) if v.type == ty.BOOL else v for v in (a, b)
        ]
        if {v.type for v in numbers} == {ty.INT}:
            return ctx.op(f"prim::{name}.int", at, numbers)
        if len({v.type for v in numbers}) == 1:
            return ctx.op(f"tsx::{name}", at, numbers, called=name)
        a, b = numbers  # an int stays one
    wins = comparisons.compare(ctx, better, b, a, at).truth(ctx, at)
    if wins.static() is not NOT_STATIC:
        return b if wins.static() else a
    return ctx.choose(wins.as_value(ctx, at), lambda: b, lambda: a, at)


def _of_items(
    ctx: Context,
    at: Place,
    name: str,
    better: ast.cmpop,
    iterable: Sugar,
    key: Sugar,
    default: Sugar | None,
) -> Sugar:
    iteration = iterable.iterate(ctx, at) if not isinstance(iterable.type, ty.ListType) else None
    if iteration is not None and iteration.items is not None:
        if iteration.items:
            return _of_several(ctx, at, name, better, iteration.items, key)
        if default is not None:
            return default
        return never(ctx, at, "ValueError", f"{name}() arg is an empty sequence", ty.INT)
    values = list_of(ctx, at, iterable)
    if not is_none(key):
        return _by_key(ctx, at, name, values, key, default)
    if item_methods.has_own_order(ctx, values.type):
        return _by_own_order(ctx, at, name, values, values, default)
    refuse_tensors(ctx, at, values.type, name)
    if default is None:
        return ctx.op(f"tsx::{name}.list", at, [values], called=name)
    if default.type == _element(values):
        return ctx.op(f"tsx::{name}.default", at, [values, default])
    some = values.truth(ctx, at).as_value(ctx, at)
    other = default
    return ctx.choose(some, lambda: ctx.op(f"tsx::{name}.list", at, [values]), lambda: other, at)


def _by_key(
    ctx: Context, at: Place, name: str, values: Sugar, key: Sugar, default: Sugar | None
) -> Sugar:
    keys = keys_for(ctx, at, values, key)
    if item_methods.has_own_order(ctx, keys.type):
        return _by_own_order(ctx, at, name, values, keys, default)

    def found() -> Sugar:
        place = ctx.op(f"tsx::arg{name}.list", at, [keys])
        return ctx.op("aten::__getitem__.t", at, [values, place])

    if default is None:
        return found()
    some = values.truth(ctx, at).as_value(ctx, at)
    return ctx.choose(some, found, lambda: default, at)


def _by_own_order(
    ctx: Context, at: Place, name: str, values: Sugar, keys: Sugar, default: Sugar | None
) -> Sugar:
    """The best by the order that a class defines."""

    def found() -> Sugar:
        place = item_methods.place_of_best(ctx, at, name, keys)
        return ctx.op("aten::__getitem__.t", at, [values, place])

    if default is None:
        return found()
    some = values.truth(ctx, at).as_value(ctx, at)
    return ctx.choose(some, found, lambda: default, at)


_best("max", ast.Gt())
_best("min", ast.Lt())


# --- any, all -------------------------------------------------------------------------------------


def _over_all(name: str) -> None:
    python = {"any": any, "all": all}[name]

    def handler(ctx: Context, at: Place, iterable: Sugar, /) -> Sugar:
        iteration = iterable.iterate(ctx, at)
        if iteration.items is not None:
            parts = [lambda item=item: item for item in iteration.items]
            return (ctx.any_true if name == "any" else ctx.all_true)(parts, at)
        element = iterable.type.element if isinstance(iterable.type, ty.ListType) else None
        plain = element in (*NUMBERS, ty.STR) or (element is not None and ctx.is_open(element))
        if not plain:
            return _until_decided(ctx, at, name, iteration)
        return ctx.op(f"tsx::{name}", at, [iterable], called=name)

    builtin(python)(handler)


def _until_decided(ctx: Context, at: Place, name: str, walk: Iteration) -> Sugar:
    """``any`` or ``all`` of items that are asked one by one, until one decides."""
    assert walk.length is not None
    assert walk.item is not None
    item_of = walk.item
    key = ctx.new_number(), name
    ctx.env.bind(key, Constant(name == "all"), at)

    def step(number: Value) -> Value:
        flag = item_of(number).truth(ctx, at).as_value(ctx, at)
        ctx.env.bind(key, Ssa(flag), at)
        return flag if name == "all" else ctx.emit("aten::__not__", [flag], ty.BOOL, at).value

    Carry(ctx, at, set(), set(), set()).run(walk.length(), ctx.constant(True, at), step)
    return ctx.env.names.pop(key).value


_over_all("any")
_over_all("all")


# --- sorted ---------------------------------------------------------------------------------------


@builtin(sorted)
def _sorted(
    ctx: Context,
    at: Place,
    iterable: Sugar,
    /,
    *,
    key: Sugar = NONE,
    reverse: Sugar = FALSE,
) -> Sugar:
    values = list_of(ctx, at, iterable)
    order = {"reverse": reverse.truth(ctx, at)}
    keys = values if is_none(key) else keys_for(ctx, at, values, key)
    if item_methods.has_own_order(ctx, keys.type):
        places = item_methods.order_of(ctx, at, keys, order["reverse"])
        return item_methods.call(ctx, at, prelude.picked, values, places)
    if is_none(key):
        refuse_tensors(ctx, at, values.type, "sorted")
        return ctx.op("tsx::sorted", at, [values], order, called="sorted")
    return ctx.op("tsx::sorted.by", at, [values, keys], order)
