"""Calls matched to operator schemas: overloads in order, and the conversions that Python and eager torch make.

Takes the names of operators and the ``Sugar`` of a call; gives the record and a plan for each operand, which emits the
conversion only once the overload is chosen. Rounds: as they are; numbers, tuples and strings converted; 0-dim tensors
taken as numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tsx.capture.script.open_types import solve, substitute
from tsx.capture.script.spreads import Joined, Spread
from tsx.capture.script.values import NOT_STATIC, Code, Constant, Handler, Ssa, Sugar, TupleSugar
from tsx.capture.trace.match import SYNONYMS
from tsx.ir import types as ty
from tsx.ir.graph import Value
from tsx.ir.match import Bindings, bound_type, fits, has_variable
from tsx.ir.op import Op
from tsx.ir.schema import Argument, Schema

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

Plan = Callable[[], Value]
"""Emits the operand."""

_CODES = ("ScalarType", "Layout", "MemoryFormat")
_DTYPE_NAMES = {"float": 7, "int": 4, "bool": 11, "complex": 10}
ROUNDS = 3


@dataclass(slots=True)
class Match:
    """An overload that takes a call."""

    op: Op
    plans: list[Plan]
    bindings: Bindings

    def result_types(self) -> list[ty.Type]:
        return [bound_type(r.type, self.bindings) for r in self.op.schema.results]


class Matcher:
    """One call, tried against overloads."""

    def __init__(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> None:
        self.ctx = ctx
        self.at = at
        self.args = args
        self.kwargs = kwargs
        self.round = 0

    def choose(self, candidates: Sequence[Op]) -> Match | None:
        """The first overload that takes the call, in the mildest round."""
        for self.round in range(ROUNDS):
            for op in candidates:
                found = self.match(op.schema)
                if found is not None:
                    return Match(op, *found)
        return None

    def match(self, schema: Schema) -> tuple[list[Plan], Bindings] | None:
        positional = list(self.args)
        if self.round:
            positional = self._gathered(schema, positional)
        named = dict(self.kwargs)
        bindings: Bindings = {}
        plans: list[Plan] = []
        for index, argument in enumerate(schema.arguments):
            given = _take(argument, index, positional, named)
            plan = self._default(argument) if given is None else self.fit(given, argument, bindings)
            if plan is None:
                return None
            plans.append(plan)
        limit = sum(not a.keyword_only for a in schema.arguments)
        if schema.is_vararg:
            plans += [self._as_is(sugar) for sugar in positional[limit:]]
        elif len(positional) > limit:
            return None
        return None if named else (plans, bindings)

    def _gathered(self, schema: Schema, args: list[Sugar]) -> list[Sugar]:
        """``x.view(2, 3)`` as ``x.view((2, 3))``: the rest of the arguments are the first list of ints."""
        for index, argument in enumerate(schema.arguments[: len(args)]):
            if argument.type == ty.ListType(ty.INT) and argument.size is None:
                rest = args[index:]
                stars = [isinstance(s, Spread) for s in rest]
                numbers = [s.type in (ty.INT, ty.NUMBER) or _is_tensor(s) for s in rest]
                if any(stars) and all(map(operator.or_, stars, numbers)):
                    return [*args[:index], Joined(rest)]
                if all(numbers):
                    return [*args[:index], TupleSugar(rest)]
                return args
        return args

    def _default(self, argument: Argument) -> Plan | None:
        if not argument.has_default:
            return None
        default = argument.default
        if isinstance(default, list):
            element = argument.type
            if isinstance(element, ty.OptionalType):
                element = element.element
            inner = element.element if isinstance(element, ty.ListType) else ty.INT
            return lambda: self.ctx.list_value(
                [self.ctx.constant(item, self.at) for item in default], inner, self.at
            )
        if default is not None and not isinstance(default, (bool, int, float, complex, str)):
            return None
        return lambda: self.ctx.constant(default, self.at)

    def fit(self, given: Sugar, argument: Argument, bindings: Bindings) -> Plan | None:
        """How ``given`` becomes the operand ``argument``; None when it can't."""
        formal = argument.type
        if given.static() is None:
            if argument.may_be_none or (has_variable(formal) and isinstance(formal, ty.VarType)):
                return self._as_is(given) if fits(ty.NONE, formal, bindings) else None
            return self._default(argument)
        if isinstance(formal, ty.OptionalType) and not isinstance(given.type, ty.OptionalType):
            formal = formal.element
        if any(code in argument.spelling for code in _CODES):
            return self._fit_code(given, argument)
        if is_code(given):
            return (
                self._as_is(given)
                if isinstance(formal, ty.VarType) and self._bind(given, formal, bindings)
                else None
            )
        writes = any(a is not None and a.writes for a in (argument.alias, argument.inner_alias))
        return self._fit_type(given, formal, argument, bindings, is_read=not writes)

    def _bind(self, given: Sugar, formal: ty.Type, bindings: Bindings) -> bool:
        return given.type is not None and fits(given.type, formal, bindings)

    def _fit_code(self, given: Sugar, argument: Argument) -> Plan | None:
        static = given.static()
        if isinstance(static, Code):
            return self._as_is(given) if static.kind in argument.spelling else None
        if isinstance(given, Ssa) and (given.code or self.round) and given.type == ty.INT:
            return self._as_is(given) if (given.code or "Scalar") in argument.spelling else None
        if isinstance(given, Handler) and "ScalarType" in argument.spelling:
            code = _DTYPE_NAMES.get(given.name)
            return None if code is None else lambda: self.ctx.constant(code, self.at)
        if isinstance(given.type, ty.OptionalType) and argument.may_be_none and self.round:
            return self._as_is(given)
        return None

    def _fit_type(
        self, given: Sugar, formal: ty.Type, argument: Argument, bindings: Bindings, is_read: bool
    ) -> Plan | None:
        actual = given.type
        if actual is None:
            return self._fit_parts(given, formal, argument, bindings)
        if actual == ty.ListType(ty.NONE) and _has_unbound(formal, bindings):
            actual = given.as_value(self.ctx, self.at).type  # [None] * n may yet hold anything
        wanted = bound_type(formal, bindings)
        if self.ctx.is_open(actual):
            if _has_unbound(formal, bindings) and fits(actual, formal, bindings, is_read=is_read):
                return self._as_is(given)  # len([]) says nothing of the items
            if self.ctx.could_be(actual, formal, bindings):
                return lambda: self.ctx.close(given.as_value(self.ctx, self.at), wanted)
        elif self.ctx.is_open(wanted) and self.ctx.could_be(wanted, actual, {}):
            for open, known in (solve(wanted, actual) or {}).items():
                for name, bound in bindings.items():
                    bindings[name] = substitute(bound, open, ty.erase_shapes(known))
            return lambda: self._closing(wanted, actual, given)
        if fits(actual, formal, bindings, is_read=is_read):
            return self._as_is(given)
        found = self._fit_parts(given, formal, argument, bindings)
        if found is not None or not self.round:
            return found
        return self.ctx.conversion(
            given, bound_type(formal, bindings), self.at, tensors=self.round > 1
        )

    def _fit_parts(
        self, given: Sugar, formal: ty.Type, argument: Argument, bindings: Bindings
    ) -> Plan | None:
        """A list argument given as a tuple or a literal, item by item; or one number for N."""
        if not isinstance(formal, ty.ListType):
            return None
        element = Argument(argument.name, formal.element)
        items = self.ctx.parts(given, self.at)
        if items is None:
            if argument.size is None or given.type is None:
                return None
            one = self._fit_type(given, formal.element, element, bindings, is_read=True)
            if one is None or isinstance(given.type, (ty.ListType, ty.TupleType)):
                return None
            return self._repeated(one, argument.size, formal.element)
        plans = [self.fit(item, element, bindings) for item in items]
        found = [plan for plan in plans if plan is not None]
        if len(found) != len(plans):
            return None
        return lambda: self.ctx.list_value(
            [plan() for plan in found], bound_type(formal.element, bindings), self.at
        )

    def _repeated(self, one: Plan, count: int, element: ty.Type) -> Plan:
        def emit() -> Value:
            return self.ctx.list_value([one()] * count, element, self.at)

        return emit

    def _closing(self, open: ty.Type, found: ty.Type, given: Sugar) -> Value:
        self.ctx.close_type(open, found)
        return given.as_value(self.ctx, self.at)

    def _as_is(self, given: Sugar) -> Plan:
        return lambda: given.as_value(self.ctx, self.at)


def _has_unbound(type: ty.Type, bindings: Bindings) -> bool:
    if isinstance(type, ty.VarType):
        return type.name not in bindings
    return any(_has_unbound(child, bindings) for child in type.children())


def is_code(given: Sugar) -> bool:
    """Whether an int stands for a dtype, a layout or a memory format."""
    stands = isinstance(given, Ssa) and given.code in _CODES
    return stands or isinstance(given.static(), Code)


def _is_tensor(given: Sugar) -> bool:
    return isinstance(given.type, ty.TensorType)


def _take(
    argument: Argument, index: int, positional: list[Sugar], named: dict[str, Sugar]
) -> Sugar | None:
    if not argument.keyword_only and index < len(positional):
        return positional[index]
    for spelling in (argument.name, *SYNONYMS.get(argument.name, ())):
        if spelling in named:
            return named.pop(spelling)
    return None


def static_of(given: Sugar) -> object:
    """The Python value of a constant; ``NOT_STATIC`` else."""
    return given.value if isinstance(given, Constant) else NOT_STATIC
