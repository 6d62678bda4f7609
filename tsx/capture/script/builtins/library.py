"""Small parts of the standard library: ``functools``, ``itertools``, ``operator``, ``copy``, ``warnings``, ``cast``.

What returns an iterator in Python is made at once here: a tuple where the items are known, else a list.
"""

from __future__ import annotations

import ast
import copy
import functools
import itertools
import operator
import typing
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tsx.capture.script import comparisons, operators
from tsx.capture.script.builtins.common import (
    NONE,
    ONE,
    accumulated,
    is_none,
    list_of,
    mapped,
    never,
)
from tsx.capture.script.builtins.iteration import Zip
from tsx.capture.script.builtins.lists import elements
from tsx.capture.script.builtins.shown import text_of
from tsx.capture.script.values import (
    Constant,
    Iteration,
    ListLiteral,
    Slice,
    Ssa,
    Sugar,
    TupleSugar,
    builtin,
)
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


# --- functools ------------------------------------------------------------------------------------


@builtin(functools.reduce)
def _reduce(
    ctx: Context, at: Place, function: Sugar, iterable: Sugar, initial: Sugar | None = None, /
) -> Sugar:
    def call(total: Sugar, item: Sugar) -> Sugar:
        return function.call(ctx, at, [total, item], {})

    iteration = iterable.iterate(ctx, at)
    if initial is not None:
        return accumulated(ctx, at, iteration, initial, call)
    message = "reduce() of empty iterable with no initial value"
    if iteration.items is not None:
        if not iteration.items:
            return never(ctx, at, "TypeError", message, ty.INT)
        rest = Iteration(items=iteration.items[1:])
        return accumulated(ctx, at, rest, iteration.items[0], call)
    values = list_of(ctx, at, iterable)
    element = values.type.element if isinstance(values.type, ty.ListType) else ty.ANY
    first = ctx.choose(
        values.truth(ctx, at).as_value(ctx, at),
        lambda: values.subscript(ctx, at, Constant(0)),
        lambda: never(ctx, at, "TypeError", message, element),
        at,
    )
    others = values.subscript(ctx, at, Slice(Constant(1), NONE, NONE))
    return accumulated(ctx, at, others.iterate(ctx, at), first, call)


@dataclass(eq=False, slots=True)
class Partial(Sugar):
    """``functools.partial(function, *args, **kwargs)``."""

    function: Sugar
    args: Sequence[Sugar]
    kwargs: Mapping[str, Sugar]

    def describe(self) -> str:
        return f"a partial of {self.function.describe()}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return self.function.call(ctx, at, [*self.args, *args], {**self.kwargs, **kwargs})


@builtin(functools.partial)
def _partial(ctx: Context, at: Place, func: Sugar, /, *args: Sugar, **kwargs: Sugar) -> Sugar:
    settled = {name: ctx.settled(value, at) for name, value in kwargs.items()}
    return Partial(func, [ctx.settled(arg, at) for arg in args], settled)


# --- itertools ------------------------------------------------------------------------------------


@builtin(itertools.chain)
def _chain(ctx: Context, at: Place, *iterables: Sugar) -> Sugar:
    walks = [iterable.iterate(ctx, at) for iterable in iterables]
    if all(walk.items is not None for walk in walks):
        return TupleSugar([item for walk in walks for item in walk.items or []])
    made: Sugar | None = None
    for iterable in iterables:
        if made is None:
            values = list_of(ctx, at, iterable)
            made = ctx.op("aten::list.t", at, [values])
        else:
            ctx.op("aten::extend.t", at, [made, elements(ctx, at, made, iterable)])
    return made if made is not None else TupleSugar([])


@builtin(itertools.repeat)
def _repeat(ctx: Context, at: Place, object: Sugar, times: Sugar) -> Sugar:
    count = times.static()
    if isinstance(count, int):
        return TupleSugar([object] * max(count, 0))
    return operators.binary(ctx, ast.Mult(), ListLiteral([object]), times, at)


def _of_known(python: Callable[..., Any]) -> None:
    """A function of iterables whose items are known one by one: the result's are as well."""

    def handler(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> Sugar:
        given: list[Any] = []
        for arg in args:
            known = arg.static()
            number = isinstance(known, int) and not isinstance(known, bool)
            items = None if number else arg.iterate(ctx, at).items
            if items is None and not number:
                raise ctx.problem("TSX3113", at, name=python.__name__, what=arg.describe())
            given.append(known if number else items)
        options = {name: value.static() for name, value in kwargs.items()}
        return TupleSugar([TupleSugar(list(found)) for found in python(*given, **options)])

    builtin(python)(handler)


for _function in (
    itertools.product,
    itertools.combinations,
    itertools.permutations,
    itertools.combinations_with_replacement,
):
    _of_known(_function)


@builtin(itertools.pairwise)
def _pairwise(ctx: Context, at: Place, iterable: Sugar, /) -> Sugar:
    """``zip(values, values[1:])`` of the values at that time."""
    items = iterable.iterate(ctx, at).items
    if items is not None:
        return TupleSugar([TupleSugar([a, b]) for a, b in itertools.pairwise(items)])
    values = ctx.op("aten::list.t", at, [list_of(ctx, at, iterable)])
    rest = values.subscript(ctx, at, Slice(ONE, NONE, NONE))
    return Zip((values, rest), False)


@builtin(itertools.accumulate)
def _accumulate(
    ctx: Context, at: Place, iterable: Sugar, func: Sugar = NONE, *, initial: Sugar = NONE
) -> Sugar:
    def combine(a: Sugar, b: Sugar) -> Sugar:
        if is_none(func):
            return operators.binary(ctx, ast.Add(), a, b, at)
        return func.call(ctx, at, [a, b], {})

    iteration = iterable.iterate(ctx, at)
    if iteration.items is not None:
        totals = [] if is_none(initial) else [initial]
        for item in iteration.items:
            totals.append(ctx.settled(combine(totals[-1], item), at) if totals else item)
        return TupleSugar(totals)
    if is_none(initial):
        raise ctx.problem("TSX3113", at, name="accumulate", what=iterable.describe())
    made = ctx.settled(mapped(ctx, at, Iteration(items=[initial]), lambda item: item), at)

    def step(total: Sugar, item: Sugar) -> Sugar:
        following = ctx.settled(combine(total, item), at)
        made.attribute(ctx, at, "append").call(ctx, at, [following], {})
        return following

    accumulated(ctx, at, iteration, initial, step)
    return made


# --- operator -------------------------------------------------------------------------------------

_BINARY: dict[Callable[..., Any], type[ast.operator]] = {
    operator.add: ast.Add, operator.sub: ast.Sub, operator.mul: ast.Mult, operator.truediv: ast.Div,
    operator.floordiv: ast.FloorDiv, operator.mod: ast.Mod, operator.pow: ast.Pow, operator.matmul: ast.MatMult,
    operator.and_: ast.BitAnd, operator.or_: ast.BitOr, operator.xor: ast.BitXor, operator.lshift: ast.LShift,
    operator.rshift: ast.RShift,
}  # fmt: skip
_COMPARED: dict[Callable[..., Any], type[ast.cmpop]] = {
    operator.eq: ast.Eq, operator.ne: ast.NotEq, operator.lt: ast.Lt, operator.le: ast.LtE, operator.gt: ast.Gt,
    operator.ge: ast.GtE, operator.is_: ast.Is, operator.is_not: ast.IsNot,
}  # fmt: skip


def _binary(python: Callable[..., Any], node: type[ast.operator]) -> None:
    def handler(ctx: Context, at: Place, a: Sugar, b: Sugar, /) -> Sugar:
        return operators.binary(ctx, node(), a, b, at)

    builtin(python)(handler)


def _compared(python: Callable[..., Any], node: type[ast.cmpop]) -> None:
    def handler(ctx: Context, at: Place, a: Sugar, b: Sugar, /) -> Sugar:
        return comparisons.compare(ctx, node(), a, b, at)

    builtin(python)(handler)


for _python, _node in _BINARY.items():
    _binary(_python, _node)
for _python, _comparison in _COMPARED.items():
    _compared(_python, _comparison)


@builtin(operator.neg)
def _neg(ctx: Context, at: Place, a: Sugar, /) -> Sugar:
    return operators.unary(ctx, ast.USub(), a, at)


@builtin(operator.not_)
def _not(ctx: Context, at: Place, a: Sugar, /) -> Sugar:
    return comparisons.negated(ctx, a, at)


@builtin(operator.getitem)
def _getitem(ctx: Context, at: Place, a: Sugar, b: Sugar, /) -> Sugar:
    return a.subscript(ctx, at, b)


@builtin(operator.contains)
def _contains(ctx: Context, at: Place, a: Sugar, b: Sugar, /) -> Sugar:
    return comparisons.contains(ctx, a, b, at)


@dataclass(eq=False, slots=True)
class Getter(Sugar):
    """``operator.itemgetter(…)`` or ``operator.attrgetter(…)``."""

    keys: Sequence[Sugar]
    of_attributes: bool

    def describe(self) -> str:
        return "an attrgetter" if self.of_attributes else "an itemgetter"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        if len(args) != 1 or kwargs:
            reason = f"it takes one argument, not {len(args) + len(kwargs)}"
            raise ctx.problem("TSX3020", at, function=self.describe(), reason=reason)
        found = [self._one(ctx, at, args[0], key) for key in self.keys]
        return found[0] if len(found) == 1 else TupleSugar(found)

    def _one(self, ctx: Context, at: Place, value: Sugar, key: Sugar) -> Sugar:
        if not self.of_attributes:
            return value.subscript(ctx, at, key)
        for name in str(key.static()).split("."):
            value = value.attribute(ctx, at, name)
        return value


@builtin(operator.itemgetter)
def _itemgetter(ctx: Context, at: Place, item: Sugar, /, *items: Sugar) -> Sugar:
    return Getter([item, *items], of_attributes=False)


@builtin(operator.attrgetter)
def _attrgetter(ctx: Context, at: Place, attr: Sugar, /, *attrs: Sugar) -> Sugar:
    return Getter([attr, *attrs], of_attributes=True)


# --- copies, warnings, casts ----------------------------------------------------------------------


@builtin(copy.copy)
def _copy(ctx: Context, at: Place, x: Sugar) -> Sugar:
    if isinstance(x.type, (ty.ListType, ty.DictType)):
        return x.attribute(ctx, at, "copy").call(ctx, at, [], {})
    if isinstance(x.type, ty.TensorType):
        return ctx.op("aten::clone", at, [x], called="copy.copy")
    found: Sugar = _deepcopy(ctx, at, x)
    return found


@builtin(copy.deepcopy)
def _deepcopy(ctx: Context, at: Place, x: Sugar) -> Sugar:
    if isinstance(x, Constant):
        return x
    type = x.type
    if type is None or _holds_object(type):
        raise ctx.problem("TSX3114", at, what=x.describe())
    return ctx.op("tsx::deepcopy", at, [ctx.settled(x, at)], called="copy.deepcopy")


def _holds_object(type: ty.Type) -> bool:
    if isinstance(type, (ty.ClassType, ty.InterfaceType)):
        return True
    return any(map(_holds_object, type.children()))


@builtin(warnings.warn)
def _warn(
    ctx: Context,
    at: Place,
    message: Sugar,
    category: Sugar = NONE,
    stacklevel: Sugar = ONE,
) -> None:
    text = text_of(ctx, at, message)
    ctx.op("aten::warn", at, [text, Ssa(ctx.constant(2, at))])


@builtin(typing.cast)
def _cast(ctx: Context, at: Place, typ: Sugar, val: Sugar) -> Sugar:
    return val
