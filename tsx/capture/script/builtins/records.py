"""``dataclasses.replace``, ``asdict``, ``astuple`` and ``fields`` of objects whose class is a dataclass."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from tsx.capture.script import sequences
from tsx.capture.script.user_classes import record_of
from tsx.capture.script.values import Constant, Sugar, TupleSugar, builtin
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _dataclass(ctx: Context, at: Place, obj: Sugar, function: str) -> Any:
    cls = record_of(ctx, obj.type).cls if isinstance(obj.type, ty.ClassType) else None
    if cls is None or not dataclasses.is_dataclass(cls):
        reason = f"it takes an object of a dataclass, not {obj.describe()}"
        raise ctx.problem("TSX3020", at, function=f"dataclasses.{function}", reason=reason)
    return cls


@builtin(dataclasses.replace)
def _replace(ctx: Context, at: Place, obj: Sugar, /, **changes: Sugar) -> Sugar:
    cls = _dataclass(ctx, at, obj, "replace")
    given = dict(changes)
    for field in dataclasses.fields(cls):
        if field.init and field.name not in given:
            given[field.name] = obj.attribute(ctx, at, field.name)
    return ctx.resolve(cls, at, cls.__name__).call(ctx, at, [], given)


@builtin(dataclasses.asdict)
def _asdict(ctx: Context, at: Place, obj: Sugar) -> Sugar:
    """A dict of the fields; objects of dataclasses in it become dicts as well, and containers are copied."""
    cls = _dataclass(ctx, at, obj, "asdict")
    made = sequences.DictLiteral([])
    for field in dataclasses.fields(cls):
        value = _plain(ctx, at, obj.attribute(ctx, at, field.name), _asdict)
        made = sequences.with_pair(ctx, made, Constant(field.name), value, at)
    return made


@builtin(dataclasses.astuple)
def _astuple(ctx: Context, at: Place, obj: Sugar) -> Sugar:
    cls = _dataclass(ctx, at, obj, "astuple")
    values = [obj.attribute(ctx, at, field.name) for field in dataclasses.fields(cls)]
    return TupleSugar([_plain(ctx, at, value, _astuple) for value in values])


def _plain(ctx: Context, at: Place, value: Sugar, inner: Any) -> Sugar:
    """A field as the copy that ``asdict`` makes of it."""
    type = value.type
    if isinstance(type, ty.ClassType) and dataclasses.is_dataclass(record_of(ctx, type).cls):
        found: Sugar = inner(ctx, at, value)
        return found
    if isinstance(type, (ty.TensorType, ty.ListType, ty.DictType)):
        import copy

        return ctx.resolve(copy.deepcopy, at, "deepcopy").call(ctx, at, [value], {})
    return value


@builtin(dataclasses.fields)
def _fields(ctx: Context, at: Place, class_or_instance: Sugar) -> Sugar:
    """What ``for f in fields(obj)`` walks over: each has its name."""
    cls = class_or_instance.python_type()
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        cls = _dataclass(ctx, at, class_or_instance, "fields")
    return TupleSugar([Field(field.name) for field in dataclasses.fields(cls)])


@dataclasses.dataclass(eq=False, slots=True)
class Field(Sugar):
    """A field of a dataclass."""

    name: str

    def describe(self) -> str:
        return f"the field {self.name}"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        return Constant(self.name) if name == "name" else Sugar.attribute(self, ctx, at, name)
