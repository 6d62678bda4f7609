"""Where paths meet: the values of names after ``if``, as results of ``prim::If``.

Takes the environments at the ends of the two blocks. Gives the one behind them: what both agree on stays as it is, what
differs becomes a result. What has no type in common is a ``Conflict``, and a problem only when it is used.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tsx.capture.script.environment import RETURN, Binding, Environment, Key
from tsx.capture.script.problems import POISON, Failed, Poison
from tsx.capture.script.values import Constant, ListLiteral, Ssa, Sugar, TupleSugar, join
from tsx.ir import types as ty
from tsx.ir.graph import Block, Node, Value, same_attribute

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _put(values: list[Value], convert: Callable[[], Value]) -> None:
    values.append(convert())


@dataclass(eq=False, slots=True)
class Conflict(Sugar):
    """What a name stands for when two paths gave it types that don't go together. Using it is the problem."""

    name: str
    first: Binding
    second: Binding

    def describe(self) -> str:
        return f"{self.first.value.describe()} or {self.second.value.describe()}"

    def problem(self, ctx: Context, at: Place) -> Failed:
        """The problem, with both lines."""
        sides = [
            f"{b.value.describe()}{f' on line {b.at.span.line}' if b.at else ''}"
            for b in (self.first, self.second)
        ]
        if self.name == "$return":
            return ctx.problem("TSX3031", at, first=sides[0], second=sides[1])
        return ctx.problem("TSX3030", at, name=self.name, first=sides[0], second=sides[1])


@dataclass(slots=True)
class Arm:
    """One of the two ways: its block and the environment at its end."""

    block: Block
    env: Environment


@dataclass(eq=False, slots=True)
class Either(Sugar):
    """One of two things that are no values, by a condition: ``act = torch.relu if flag else torch.tanh``.

    A call, or an attribute, is one of the two calls.
    """

    condition: Value
    first: Sugar
    second: Sugar

    def describe(self) -> str:
        return f"{self.first.describe()} or {self.second.describe()}"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        return ctx.choose(
            self.condition,
            lambda: self.first.attribute(ctx, at, name),
            lambda: self.second.attribute(ctx, at, name),
            at,
        )

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        given = [ctx.settled(value, at) for value in args]
        named = {name: ctx.settled(value, at) for name, value in kwargs.items()}
        return ctx.choose(
            self.condition,
            lambda: self.first.call(ctx, at, given, named),
            lambda: self.second.call(ctx, at, given, named),
            at,
        )


def _is_callable(value: Sugar) -> bool:
    """Whether a value that is no first-class one says what its call means."""
    return value.type is None and value.__class__.call is not Sugar.call


def same(a: Sugar, b: Sugar) -> bool:
    """Whether two values are one, so that no result is needed."""
    if a is b:
        return True
    if isinstance(a, Ssa) and isinstance(b, Ssa):
        return a.value is b.value
    if isinstance(a, Constant) and isinstance(b, Constant):
        return same_attribute(a.value, b.value)
    if isinstance(a, TupleSugar) and isinstance(b, TupleSugar):
        return len(a.items) == len(b.items) and all(map(same, a.items, b.items))
    return a.__class__ is b.__class__ and a == b


class Join:
    """Joins the arms of one ``prim::If`` into ``ctx.env``; ``before`` is what held ahead of it."""

    def __init__(
        self, ctx: Context, node: Node, arms: tuple[Arm, Arm], before: Environment, at: Place
    ) -> None:
        self.ctx = ctx
        self.node = node
        self.arms = arms
        self.before = before
        self.at = at
        self._results: dict[tuple[int, int], Value] = {}

    def run(self) -> Environment:
        """The environment behind the ``if``."""
        first, second = (arm.env for arm in self.arms)
        after = Environment({}, first.live or second.live, first.raised and second.raised)
        if not after.live and not after.raised:
            lefts = {env.left for env in (first, second) if not env.raised}
            after.left = lefts.pop() if len(lefts) == 1 else None
        for key in dict.fromkeys((*first.names, *second.names)):
            found = self._binding(key, first, second)
            if found is not None:
                after.names[key] = found
        return after

    def _binding(self, key: Key, first: Environment, second: Environment) -> Binding | None:
        a, b = first.get(key), second.get(key)
        if first.ignores(key) and second.ignores(key):
            return a or b
        if first.ignores(key):
            return self._only(key, b, self.arms[1])
        if second.ignores(key):
            return self._only(key, a, self.arms[0])
        if key[1] == RETURN and (a is None or b is None):  # read only where the flag says so
            return self._only(key, a or b, self.arms[0 if a is not None else 1])
        if a is None or b is None:
            return self._maybe(key, a, b)
        return self._both(key, a, b)

    def _only(self, key: Key, found: Binding | None, arm: Arm) -> Binding | None:
        """A name whose value comes from one arm alone: the other never gets here."""
        if found is None:
            return None
        old, flag = self.before.get(key), self._flag(found, arm)
        if old is not None and same(old.value, found.value):
            return replace(found, value=old.value, flag=flag)  # the arm may know more of the flag
        return replace(found, value=self._exported(key, found.value, arm), flag=flag)

    def _flag(self, found: Binding, arm: Arm) -> Sugar | None:
        return None if found.flag is None else self._exported((0, "$bound"), found.flag, arm)

    def _exported(self, key: Key, value: Sugar, arm: Arm) -> Sugar:
        """A value of one arm, seen behind the ``if``; the other arm gives nothing that is ever read."""
        if isinstance(value, TupleSugar):
            return TupleSugar([self._exported(key, v, arm) for v in value.items], value.cls)
        if isinstance(value, ListLiteral):
            self.ctx.inside(arm.block, functools.partial(value.made, self.ctx, self.at))
            value = value.value or value
        if not isinstance(value, Ssa) or not _is_inside(value.value, self.node):
            return value
        type = value.type
        other = self.arms[1] if arm is self.arms[0] else self.arms[0]
        nothing = self._uninitialized(other.block, type)
        pair = (value.value, nothing) if arm is self.arms[0] else (nothing, value.value)
        return Ssa(self._result(pair, type, key[1]), value.code)

    def _uninitialized(self, block: Block, type: ty.Type) -> Value:
        found: list[Value] = []
        self.ctx.inside(
            block,
            lambda: found.append(self.ctx.emit("prim::Uninitialized", (), type, self.at).value),
        )
        return found[0]

    def _maybe(self, key: Key, a: Binding | None, b: Binding | None) -> Binding | None:
        """A name that only one of two living paths has bound."""
        found = a or b
        if found is None or key[1].startswith("$") or "." in key[1]:
            return None
        arm = self.arms[0] if a is not None else self.arms[1]
        mine: Sugar = found.flag or Constant(True)
        flags = (mine, Constant(False)) if a is not None else (Constant(False), mine)
        flag = self._value((0, "$bound"), flags[0], flags[1])
        return replace(found, value=self._exported(key, found.value, arm), flag=flag)

    def _both(self, key: Key, a: Binding, b: Binding) -> Binding:
        if isinstance(a.value, Poison) or isinstance(b.value, Poison):
            return replace(a, value=POISON)
        declared = a.declared if a.declared == b.declared else None
        flag: Sugar | None = None
        if a.flag is not None or b.flag is not None:
            true = Constant(True)
            flag = self._value((0, "$bound"), a.flag or true, b.flag or true)
        if same(a.value, b.value):
            refined = a.refined if a.refined == b.refined else None
            return replace(a, refined=refined, declared=declared, flag=flag)
        value = self._value(
            key,
            _refined(self.ctx, self.arms[0], a, self.at),
            _refined(self.ctx, self.arms[1], b, self.at),
            declared or self.ctx.result_type(key),
        )
        if value is None:
            return Binding(Conflict(key[1], a, b), b.at)
        return Binding(value, b.at or a.at, declared=declared, flag=flag)

    def _value(self, key: Key, a: Sugar, b: Sugar, declared: ty.Type | None = None) -> Sugar | None:
        """One of two values, of the type that is declared; None when they don't go together."""
        if same(a, b):
            return a
        if isinstance(a, TupleSugar) and isinstance(b, TupleSugar) and a.cls == b.cls:
            if len(a.items) != len(b.items):
                return None
            items = [self._value(key, x, y) for x, y in zip(a.items, b.items, strict=True)]
            found = [item for item in items if item is not None]
            return TupleSugar(found, a.cls) if len(found) == len(items) else None
        if isinstance(a, Conflict) or isinstance(b, Conflict):
            return None
        if _is_callable(a) and _is_callable(b):
            return Either(self.node.inputs[0], a, b)
        type = joined_type(self.ctx, a, b)
        if type is None and declared is not None and a.type is not None and b.type is not None:
            type = declared
        if type is None:
            return None
        values: list[Value] = []
        for sugar, arm in zip((a, b), self.arms, strict=True):
            what = f"the variable {key[1]}"
            convert = functools.partial(self.ctx.convert, sugar, type, self.at, what)
            self.ctx.inside(arm.block, functools.partial(_put, values, convert))
        code = a.code if isinstance(a, Ssa) and isinstance(b, Ssa) and a.code == b.code else ""
        return Ssa(self._result((values[0], values[1]), type, key[1]), code)

    def _result(self, pair: tuple[Value, Value], type: ty.Type, name: str) -> Value:
        """A result of the ``if``; the same two values give the same result."""
        key = (id(pair[0]), id(pair[1]))
        if key not in self._results:
            for value, arm in zip(pair, self.arms, strict=True):
                arm.block.return_node.add_input(value)
            self._results[key] = self.node.add_output(type, "" if name.startswith("$") else name)
        return self._results[key]


def joined_type(ctx: Context, a: Sugar, b: Sugar) -> ty.Type | None:
    """The type that holds both values; open types are closed to make it so."""
    first, second = a.type, b.type
    if first is None or second is None:
        return None
    for mine, theirs in ((a, second), (b, first)):
        type = mine.type
        if type is not None and ctx.is_open(type) and ctx.could_be(type, theirs, {}):
            ctx.close_type(type, theirs)
    first, second = a.type, b.type
    if first is None or second is None:
        return None
    joined = join(first, second)
    if joined is None and ctx.frame.source.is_loose:
        return _sequence(first, second)
    return joined


def _sequence(a: ty.Type, b: ty.Type) -> ty.Type | None:
    """A list for what is a list on one path and a tuple of the same items on the other."""
    if isinstance(b, ty.ListType):
        a, b = b, a
    if isinstance(a, ty.ListType) and isinstance(b, ty.TupleType):
        return a if all(ty.is_subtype(item, a.element) for item in b.elements) else None
    return None


def join_with(
    ctx: Context, known: ty.Type, value: Sugar, refined: ty.Type | None = None
) -> ty.Type | None:
    """The type that holds ``known`` and a value; open types are closed to make it so."""
    type = refined or value.type
    if type is None:
        return None
    if ctx.is_open(type) and ctx.could_be(type, known, {}):
        ctx.close_type(type, known)
        return known
    if ctx.is_open(known) and ctx.could_be(known, type, {}):
        ctx.close_type(known, type)
        return type
    return join(known, type)


def _refined(ctx: Context, arm: Arm, binding: Binding, at: Place) -> Sugar:
    """The value of a binding in the narrower type that its path has proven."""
    if binding.refined is None:
        return binding.value
    found: list[Sugar] = []
    ctx.inside(arm.block, lambda: found.append(ctx.refined(binding, at)))
    return found[0]


def _is_inside(value: Value, node: Node) -> bool:
    """Whether a value is defined in one of the blocks of ``node``."""
    block: Block | None = value.block
    while block is not None:
        if block.node is node:
            return True
        block = block.node.block if block.node is not None else None
    return False
