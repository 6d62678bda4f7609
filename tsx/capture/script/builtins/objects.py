"""Questions about values that compilation answers: ``hasattr``, ``getattr``, ``type``; and ``setattr``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsx.capture.script.builtins.common import is_set
from tsx.capture.script.classes import classes_of
from tsx.capture.script.sizes import is_size, is_torch_size
from tsx.capture.script.values import Constant, Sugar, TupleSugar, builtin, builtin_for
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _name(ctx: Context, at: Place, name: Sugar) -> str:
    """The name of an attribute, which must be known."""
    known = name.static()
    if not isinstance(known, str):
        raise ctx.problem("TSX3111", at)
    return known


@builtin(hasattr)
def _hasattr(ctx: Context, at: Place, obj: Sugar, name: Sugar, /) -> Sugar:
    return Constant(obj.has_attribute(ctx, _name(ctx, at, name)))


@builtin(getattr)
def _getattr(
    ctx: Context, at: Place, obj: Sugar, name: Sugar, default: Sugar | None = None, /
) -> Sugar:
    known = _name(ctx, at, name)
    if default is not None and not obj.has_attribute(ctx, known):
        return default
    return obj.attribute(ctx, at, known)


@builtin(setattr)
def _setattr(ctx: Context, at: Place, obj: Sugar, name: Sugar, value: Sugar, /) -> None:
    obj.set_attribute(ctx, at, _name(ctx, at, name), ctx.settled(value, at))


_PYTHON: dict[ty.Type, type] = {
    ty.INT: int, ty.FLOAT: float, ty.BOOL: bool, ty.STR: str, ty.COMPLEX: complex,
}  # fmt: skip


def python_class(type: ty.Type | None) -> type | None:
    """The class of Python's that the values of a type have."""
    if type in _PYTHON:
        return _PYTHON[type]
    if is_set(type):
        return set
    for kind, python in ((ty.ListType, list), (ty.DictType, dict)):
        if isinstance(type, kind):
            return python
    return tuple if isinstance(type, ty.TupleType) and not type.name else None


@builtin(type)
def _type(ctx: Context, at: Place, obj: Sugar, /) -> Sugar:
    live = obj.python_type()
    if obj.type is None and isinstance(live, type):  # a module, an enum
        return ctx.resolve(live, at, live.__name__)
    if is_torch_size(obj):
        raise ctx.problem("TSX3112", at, what="a torch.Size")
    if is_size(obj):
        obj = TupleSugar([])
    cls = classes_of(ctx).python(obj.type)
    if cls is not None:
        return ctx.resolve(cls, at, cls.__name__)
    python = python_class(obj.type)
    found = None if python is None else builtin_for(python)
    if found is None:
        raise ctx.problem("TSX3112", at, what=obj.describe())
    return found
