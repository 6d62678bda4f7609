"""Enums: members as constants, their names and values, comparison, iteration, look-up by value and by name.

A member is a value of an enum type. Of a member that compilation knows, all is static; of one that only a run knows,
name and value are read by ``prim::EnumName`` and ``prim::EnumValue``. IntEnum and StrEnum are ints and strings wherever
one is wanted, as in Python.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tsx.capture.script.classes import MAKERS, Classes, class_member, classes_of, is_enum, member
from tsx.capture.script.comparisons import contains, equal
from tsx.capture.script.values import (
    NOT_STATIC,
    Constant,
    Iteration,
    Meaning,
    Ssa,
    Sugar,
    TupleSugar,
    meaning,
)
from tsx.ir import types as ty
from tsx.ir.graph import Value
from tsx.ir.module import ClassDef

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _enter(classes: Classes, cls: Any) -> ty.Type:
    name = classes.unique(cls)
    members = tuple((member.name, _held(member.value)) for member in cls)
    classes.define(ClassDef(name, kind="enum", members=members))
    return classes.enter(cls, ty.EnumType(name), name)


def _held(value: object) -> object:
    """A member's value as a program holds it: a plain one; others only compilation knows."""
    return value if type(value) in (bool, int, float, complex, str) else None


MAKERS.append((is_enum, _enter))


def value_type(cls: Any) -> ty.Type | None:
    """The one type that all values of an enum have; None when they differ or are no plain values."""
    kinds = {type(member.value) for member in cls}
    known = {bool: ty.BOOL, int: ty.INT, float: ty.FLOAT, str: ty.STR, complex: ty.COMPLEX}
    return known.get(kinds.pop()) if len(kinds) == 1 else None


def mixed_in(cls: Any) -> ty.Type | None:
    """INT for an IntEnum, STR for a StrEnum, …: what its members are beside being members."""
    for python, type in ((int, ty.INT), (str, ty.STR), (float, ty.FLOAT)):
        if issubclass(cls, python):
            return type
    return None


@dataclass(eq=False, slots=True)
class MemberSugar(Sugar):
    """A member that compilation knows."""

    member: enum.Enum
    declared: ty.Type

    def describe(self) -> str:
        return f"the member {type(self.member).__name__}.{self.member.name}"

    @property
    def type(self) -> ty.Type:
        return self.declared

    def as_value(self, ctx: Context, at: Place) -> Value:
        return ctx.emit("prim::Constant", (), self.declared, at, {"value": self.member.name}).value

    def static(self) -> object:
        return self.member

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if name in ("name", "value", "_name_", "_value_"):
            return ctx.resolve(getattr(self.member, name), at, name)
        return class_attribute(ctx, at, type(self.member), self, name)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return hasattr(self.member, name)

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return Constant(bool(self.member))


@meaning(ty.EnumType)
class EnumMeaning(Meaning):
    """A member that only a run knows."""

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar:
        cls: Any = classes_of(ctx).python(value.type)
        if name in ("name", "_name_"):
            return ctx.emit("prim::EnumName", [value.as_value(ctx, at)], ty.STR, at)
        if name in ("value", "_value_"):
            type = value_type(cls)
            if type is None:
                raise ctx.problem("TSX3220", at, cls=cls.__name__)
            return ctx.emit("prim::EnumValue", [value.as_value(ctx, at)], type, at)
        return class_attribute(ctx, at, cls, value, name)

    def has_attribute(self, ctx: Context, value: Sugar, name: str) -> bool:
        return hasattr(classes_of(ctx).python(value.type), name) or name in ("name", "value")

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        cls = classes_of(ctx).python(value.type)
        if mixed_in(cls) is None:
            return Constant(True)
        return plain(ctx, at, value).truth(ctx, at)


def plain(ctx: Context, at: Place, value: Sugar) -> Sugar:
    """A member of an IntEnum or StrEnum as the int or str that it is; other values as they are."""
    cls = classes_of(ctx).python(value.type)
    if not isinstance(value.type, ty.EnumType) or mixed_in(cls) is None:
        return value
    return value.attribute(ctx, at, "value")


def class_attribute(ctx: Context, at: Place, cls: Any, value: Sugar, name: str) -> Sugar:
    """A method or property that the body of the enum defines."""
    if mixed_in(cls) is not None and not any(name in vars(c) for c in cls.__mro__ if is_enum(c)):
        return plain(ctx, at, value).attribute(ctx, at, name)
    return member(ctx, at, cls, value, name)


@dataclass(eq=False, slots=True)
class EnumClass(Sugar):
    """The class itself: ``Color.RED``, ``Color(1)``, ``Color["RED"]``, ``for c in Color``."""

    cls: Any
    declared: ty.Type

    def describe(self) -> str:
        return f"the enum {self.cls.__name__}"

    def python_type(self) -> Any:
        return self.cls

    def members(self) -> list[Sugar]:
        return [MemberSugar(member, self.declared) for member in self.cls]

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if name in self.cls.__members__:
            return MemberSugar(self.cls[name], self.declared)
        return class_member(ctx, at, self, self.cls, name)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return hasattr(self.cls, name)

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        """The member with a value; ValueError when there is none, as in Python."""
        given = args[0] if len(args) == 1 and not kwargs else None
        if given is None:
            raise ctx.problem(
                "TSX3020", at, function=self.cls.__name__, reason="it takes one value"
            )
        if given.type == self.declared:
            return given
        known = given.static()
        if known is not NOT_STATIC:
            for member in self.cls:
                if member.value == known and type(member.value) is type(known):
                    return MemberSugar(member, self.declared)
        values = [Constant(member.value) for member in self.cls]
        quoted = "'{}'" if given.type == ty.STR else "{}"
        message = f"{quoted} is not a valid {self.cls.__qualname__}"
        return self._chosen(ctx, at, given, values, "ValueError", message)

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        known = index.static()
        if isinstance(known, str) and known in self.cls.__members__:
            return MemberSugar(self.cls[known], self.declared)
        names = [Constant(member.name) for member in self.cls]
        return self._chosen(ctx, at, index, names, "KeyError", "'{}'")

    def _chosen(
        self, ctx: Context, at: Place, given: Sugar, keys: list[Constant], kind: str, message: str
    ) -> Sugar:
        """The member whose key equals ``given``: a chain of tests."""
        members = self.members()

        def pick(place: int) -> Sugar:
            if place == len(members):
                text = ctx.op("aten::format", at, [Constant(message), given])
                ctx.raise_exception(kind, text, at)
                return ctx.emit("prim::Uninitialized", (), self.declared, at)
            test = equal(ctx, given, keys[place], at)
            if test.static() is not NOT_STATIC:
                return members[place] if test.static() else pick(place + 1)
            value = test.as_value(ctx, at)
            return ctx.choose(
                value, lambda: Ssa(members[place].as_value(ctx, at)), lambda: pick(place + 1), at
            )

        return pick(0)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return Iteration(items=self.members())

    def length(self, ctx: Context, at: Place) -> Sugar:
        return Constant(len(self.cls))

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``member in Color``; a value of a member counts too, as it does from Python 3.12 on."""
        if item.type == self.declared:
            return Constant(True)
        values = TupleSugar([Constant(member.value) for member in self.cls])
        return contains(ctx, values, item, at)
