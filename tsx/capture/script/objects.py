"""What live classes, enum members and other objects stand for where scripted code names them.

Takes Python objects; gives the ``Sugar`` of their kind. An object that is neither a module nor a plain value is known
by its attributes, which are constants: nothing may write to it.
"""

from __future__ import annotations

import enum
import inspect
import types as python_types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tsx.capture.script.annotations import MISSING, BadAnnotation, is_module_class
from tsx.capture.script.classes import (
    TypeForm,
    classes_of,
    defines,
    is_enum,
    is_named_tuple,
    member,
)
from tsx.capture.script.enums import EnumClass, MemberSugar
from tsx.capture.script.named_tuples import NamedTupleClass
from tsx.capture.script.user_classes import UserClass, is_user_class
from tsx.capture.script.values import NOT_IMPLEMENTED, Constant, Iteration, Sugar
from tsx.capture.script.verbs import resolvers
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_FORMS = (
    python_types.GenericAlias,
    python_types.UnionType,
    type(typing.List[int]),  # noqa: UP006  (the class of typing's own generics)
    type(typing.Optional),
    type(typing.List),  # noqa: UP006
    type(typing.Tuple),  # noqa: UP006
    type(typing.Any),
)


def _resolve(ctx: Context, at: Place, obj: Any) -> Sugar | None:
    if obj is NotImplemented:
        return NOT_IMPLEMENTED
    if isinstance(obj, enum.Enum):
        return MemberSugar(obj, _type_of(ctx, at, type(obj)))
    if inspect.isclass(obj) and not hasattr(obj, "__origin__"):
        return _class(ctx, at, obj)
    if isinstance(obj, _FORMS) or type(obj).__module__ == "typing":
        return TypeForm(obj)
    if isinstance(obj, python_types.MethodType):
        owner = ctx.resolve(obj.__self__, at, at.text())
        return owner.attribute(ctx, at, obj.__name__)
    if isinstance(obj, tuple) and is_named_tuple(type(obj)):
        made = ctx.resolve(type(obj), at, at.text())
        return made.call(ctx, at, [ctx.resolve(item, at, at.text()) for item in obj], {})
    if is_user_class(type(obj)) and not isinstance(
        obj, (python_types.FunctionType, python_types.ModuleType)
    ):
        return ObjectSugar(obj)
    return None


def _class(ctx: Context, at: Place, cls: Any) -> Sugar:
    if is_enum(cls):
        return EnumClass(cls, _type_of(ctx, at, cls))
    if is_named_tuple(cls):
        declared = _type_of(ctx, at, cls)
        assert isinstance(declared, ty.TupleType)
        return NamedTupleClass(cls, declared)
    if is_module_class(cls):
        return ModuleClass(cls)
    return UserClass(cls) if is_user_class(cls) else TypeForm(cls)


@dataclass(eq=False, slots=True)
class ModuleClass(UserClass):
    """A class of modules: ``isinstance`` and its static methods may be asked for, and nothing can be made of it."""

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        raise ctx.problem("TSX3069", at, cls=self.cls.__name__)


def _type_of(ctx: Context, at: Place, cls: type) -> ty.Type:
    try:
        found = classes_of(ctx).class_type(cls)
    except BadAnnotation as bad:
        raise ctx.problem(bad.code, at, **bad.facts) from None
    assert found is not None, "the kinds of classes that are asked for have makers"
    return found


@dataclass(eq=False, slots=True)
class ObjectSugar(Sugar):
    """A live object, known by what it holds now."""

    obj: Any

    def describe(self) -> str:
        return f"an object of {type(self.obj).__name__}"

    def python_type(self) -> Any:
        return type(self.obj)

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        held = getattr(self.obj, "__dict__", {})
        found = inspect.getattr_static(type(self.obj), name, MISSING)
        if name in held and not isinstance(found, property):
            return ctx.resolve(held[name], at, name)
        if inspect.isdatadescriptor(found) and not isinstance(found, property):  # __slots__
            return ctx.resolve(getattr(self.obj, name), at, name)
        return member(ctx, at, type(self.obj), self, name)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        if name.startswith("__"):
            return defines(type(self.obj), name)
        return hasattr(self.obj, name)

    def set_attribute(self, ctx: Context, at: Place, name: str, value: Sugar) -> None:
        raise ctx.problem("TSX3225", at, cls=type(self.obj).__name__, name=name)

    def _magic(self, ctx: Context, at: Place, name: str, code: str) -> Sugar:
        if not defines(type(self.obj), name):
            raise ctx.problem(code, at, what=self.describe())
        return member(ctx, at, type(self.obj), self, name)

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return self._magic(ctx, at, "__call__", "TSX3013").call(ctx, at, args, kwargs)

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        return self._magic(ctx, at, "__getitem__", "TSX3014").call(ctx, at, [index], {})

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return self._magic(ctx, at, "__iter__", "TSX3017").call(ctx, at, [], {}).iterate(ctx, at)

    def length(self, ctx: Context, at: Place) -> Sugar:
        return self._magic(ctx, at, "__len__", "TSX3018").call(ctx, at, [], {})

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``item in object``."""
        return self._magic(ctx, at, "__contains__", "TSX3017").call(ctx, at, [item], {})

    def truth(self, ctx: Context, at: Place) -> Sugar:
        for name in ("__bool__", "__len__"):
            if defines(type(self.obj), name):
                return self._magic(ctx, at, name, "TSX3018").call(ctx, at, [], {}).truth(ctx, at)
        return Constant(True)


resolvers.append(_resolve)


def constant_object(obj: Any) -> Sugar | None:
    """An object of a user's class, or such a class, as a constant; None for what no program can hold."""
    if isinstance(obj, type):
        return UserClass(obj) if is_user_class(obj) else None
    return ObjectSugar(obj) if is_user_class(type(obj)) else None
