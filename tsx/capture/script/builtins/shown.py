"""What values print: ``str``, ``repr`` and ``ascii`` of any value, and ``format`` of members of enums.

Takes a value; gives its text as Python builds it. The operators print what the VM's value alone decides; sets,
NamedTuples, objects and members of enums print as their type says, alone and in containers, so these are put together
here, item by item.
"""

from __future__ import annotations

import types as python_types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tsx.capture.script.builtins.common import computed, each, holds_tensor, is_set
from tsx.capture.script.classes import classes_of
from tsx.capture.script.comparisons import is_none
from tsx.capture.script.enums import MemberSugar, plain
from tsx.capture.script.sequences import made_dict
from tsx.capture.script.sizes import is_size, is_torch_size
from tsx.capture.script.values import (
    NOT_STATIC,
    Code,
    Constant,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
)
from tsx.capture.script.worlds import world_for, world_of
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_PYTHON: dict[str, Callable[[Any], str]] = {"str": str, "repr": repr, "ascii": ascii}


def text_of(ctx: Context, at: Place, value: Sugar, how: str = "str") -> Sugar:
    """``str(value)``, ``repr(value)`` or ``ascii(value)``."""
    found: Sugar | None = computed(_PYTHON[how], value)
    if found is not None:
        return found
    static = value.static()
    if isinstance(static, Code):
        return Constant(str(static))
    if isinstance(value, Ssa) and value.code == "ScalarType":
        return _of_dtype(ctx, at, value, how)
    if how == "str" and value.type == ty.STR:
        return value
    special = _of_view(ctx, at, value, how) or _of_library(ctx, at, value, how)
    if special is not None:
        return special
    if isinstance(value.type, ty.EnumType):
        return _of_member(ctx, at, value, how)
    if isinstance(value.type, (ty.ClassType, ty.InterfaceType)):
        return _of_object(ctx, at, value, how)
    found = _of_several(ctx, at, value, how)
    if found is None:
        found = _of_container(ctx, at, value, "repr" if how == "str" else how)
    if found is not None:
        return found
    return ctx.op(f"tsx::{how}", at, [ctx.settled(value, at)], called=how)


def _of_view(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar | None:
    """A range, or what is in a dict: ``dict_keys(['a'])``."""
    own = getattr(value, "text", None)
    if own is not None:
        shown: Sugar = own(ctx, at)
        return shown
    if isinstance(value, Ssa) and value.code.startswith("dict_"):
        return joined(
            ctx,
            at,
            [Constant(f"{value.code}("), text_of(ctx, at, Ssa(value.value), how), Constant(")")],
        )
    return None


def _of_dtype(ctx: Context, at: Place, value: Ssa, how: str) -> Sugar:
    """``torch.float32``; in functions over NumPy arrays ``float32`` and ``dtype('float32')``."""
    name = ctx.op("tsx::dtype_name", at, [Ssa(value.value)])
    if world_of(at.source) is None:
        return joined(ctx, at, [Constant("torch."), name])
    return name if how == "str" else joined(ctx, at, [Constant("dtype('"), name, Constant("')")])


def _of_library(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar | None:
    """A ``torch.Size``, a device, and tensors, alone or in containers."""
    if is_torch_size(value) and world_of(at.source) is None:
        sizes = ctx.op("tsx::repr", at, [value])
        return joined(ctx, at, [Constant("torch.Size("), sizes, Constant(")")])
    if is_size(value):
        return _of_any_tuple(ctx, at, value, "repr" if how == "str" else how)
    if value.type == ty.DEVICE and how == "repr":
        return joined(ctx, at, [Constant("device(type='"), value, Constant("')")])
    if value.type is not None and holds_tensor(value.type) and not is_unusual(value.type):
        if world_for(ctx, at, value) is not None:
            return None
        return ctx.op("tsx::repr.Tensors", at, [ctx.settled(value, at)], called=how)
    return None


def _of_any_tuple(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar:
    """A tuple whose length only a run knows."""
    if value.type in (ty.ListType(ty.INT), ty.ListType(ty.FLOAT), ty.ListType(ty.BOOL)):
        return ctx.op("tsx::repr.tuple", at, [value])
    texts = _texts(ctx, at, value, how)
    lone = ctx.op("aten::eq.int", at, [value.length(ctx, at), Constant(1)]).as_value(ctx, at)
    end = ctx.choose(lone, lambda: Constant(",)"), lambda: Constant(")"), at)
    inside = ctx.op("tsx::join", at, [Constant(", "), texts])
    return joined(ctx, at, [Constant("("), inside, end])


def _of_object(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar:
    for name in ("__str__", "__repr__") if how == "str" else ("__repr__",):
        if value.has_attribute(ctx, name):
            return value.attribute(ctx, at, name).call(ctx, at, [], {})
    raise ctx.problem("TSX3104", at, what=value.describe())


# -- members of enums -----------------------------------------------------------------------------


def _own(cls: Any, name: str) -> bool:
    """Whether an enum has a method from its user, and not from Python's ``enum``."""
    found = getattr(cls, name)
    return isinstance(found, python_types.FunctionType) and found.__module__ != "enum"


def _of_member(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar:
    """``str(Color.RED)`` and its like: a constant, or chosen by the member's name."""
    cls: Any = classes_of(ctx).python(value.type)
    method = "__str__" if how == "str" else "__repr__"
    if _own(cls, method):
        return value.attribute(ctx, at, method).call(ctx, at, [], {})
    if isinstance(value, MemberSugar):
        return Constant(_PYTHON[how](value.member))
    pairs: list[tuple[Sugar, Sugar]] = [
        (Constant(member.name), Constant(_PYTHON[how](member))) for member in cls
    ]
    table = made_dict(ctx, pairs, ty.DictType(ty.STR, ty.STR), at)
    return table.subscript(ctx, at, value.attribute(ctx, at, "name"))


def format_member(ctx: Context, at: Place, value: Sugar, spec: Sugar) -> Sugar:
    """``format(Color.RED, spec)``: of an IntEnum or StrEnum what its number or string gives, else of its text."""
    cls: Any = classes_of(ctx).python(value.type)
    if _own(cls, "__format__"):
        return value.attribute(ctx, at, "__format__").call(ctx, at, [spec], {})
    is_text = isinstance(cls.__format__, python_types.FunctionType)  # of ``enum.Enum``
    shown = text_of(ctx, at, value) if is_text else plain(ctx, at, value)
    if spec.static() == "":
        return text_of(ctx, at, shown)
    return computed(format, shown, spec) or ctx.op(
        "tsx::format.spec", at, [shown, spec], called="format"
    )


# -- containers -----------------------------------------------------------------------------------


def is_unusual(type: ty.Type) -> bool:
    """Whether a value's text depends on its type: sets, named tuples, objects and members of enums in it."""
    if is_set(type) or isinstance(type, (ty.ClassType, ty.InterfaceType, ty.EnumType)):
        return True
    if isinstance(type, ty.TupleType) and type.name:
        return True
    return any(map(is_unusual, type.children()))


def _of_container(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar | None:
    """The text of a container item by item, where the VM's value alone does not say how it prints."""
    type = value.type
    if isinstance(value, TupleSugar) or isinstance(type, ty.TupleType):
        return _of_tuple(ctx, at, value, how)
    if type is None or not is_unusual(type):
        return None
    held = Ssa(ctx.settled(value, at).as_value(ctx, at))
    match type:
        case ty.ListType():
            return _enclosed(ctx, at, "[", _texts(ctx, at, held, how), "]")
        case ty.DictType(_, ty.NONE):
            if not is_unusual(type.key):
                return ctx.op("tsx::repr.set", at, [held])
            some = held.truth(ctx, at).as_value(ctx, at)
            return ctx.choose(
                some,
                lambda: _enclosed(ctx, at, "{", _texts(ctx, at, held, how), "}"),
                lambda: Constant("set()"),
                at,
            )
        case ty.DictType():
            items = ctx.op(("aten::items", "tsx::items"), at, [held])
            return _enclosed(ctx, at, "{", _texts(ctx, at, items, how, is_pair=True), "}")
    return None


def _of_several(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar | None:
    """The text of a value of several types, None among them, of which one prints as its type says."""
    type = value.type
    if not isinstance(type, (ty.OptionalType, ty.UnionType)) or not is_unusual(type):
        return None
    held = Ssa(value.as_value(ctx, at))
    if isinstance(type, ty.UnionType):
        return _of_union(ctx, at, held, list(type.members), how)
    none = is_none(ctx, held, at).as_value(ctx, at)
    return ctx.choose(
        none,
        lambda: Constant("None"),
        lambda: text_of(ctx, at, ctx.without_none(held, at), how),
        at,
    )


def _texts(ctx: Context, at: Place, values: Sugar, how: str, *, is_pair: bool = False) -> Sugar:
    """The list of the items' texts; ``key: value`` of pairs."""

    made = Ssa(ctx.list_value([], ty.STR, at))

    def add(item: Sugar) -> None:
        if is_pair:
            key, held = (text_of(ctx, at, part, how) for part in ctx.parts(item, at) or [])
            text = joined(ctx, at, [key, Constant(": "), held])
        else:
            text = text_of(ctx, at, item, how)
        made.attribute(ctx, at, "append").call(ctx, at, [text], {})

    each(ctx, at, values.iterate(ctx, at), add)
    return made


def _enclosed(ctx: Context, at: Place, start: str, texts: Sugar, end: str) -> Sugar:
    inside = ctx.op("tsx::join", at, [Constant(", "), texts])
    return joined(ctx, at, [Constant(start), inside, Constant(end)])


def _of_union(ctx: Context, at: Place, value: Ssa, members: list[ty.Type], how: str) -> Sugar:
    """The text of the one of several types that a run has."""
    first, rest = members[0], members[1:]
    if not rest:
        return text_of(ctx, at, ctx.cast(value, first, at), how)
    types = {"types": (first,)}
    test = ctx.emit("prim::isinstance", [value.value], ty.BOOL, at, types)
    return ctx.choose(
        test.value,
        lambda: text_of(ctx, at, ctx.cast(value, first, at), how),
        lambda: _of_union(ctx, at, value, rest, how),
        at,
    )


def _of_tuple(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar | None:
    type = value.type
    name, fields = (type.name, type.fields) if isinstance(type, ty.TupleType) else ("", ())
    if not name and type is not None and not is_unusual(type):
        return None
    items = ctx.parts(value, at) or []
    pieces: list[Sugar] = [Constant(f"{name.rpartition('.')[2]}(")]
    for place, item in enumerate(items):
        label = f"{fields[place]}=" if name else ""
        pieces.append(Constant(f"{', ' if place else ''}{label}"))
        pieces.append(text_of(ctx, at, item, how))
    pieces.append(Constant(",)" if len(items) == 1 and not name else ")"))
    return joined(ctx, at, pieces)


def joined(ctx: Context, at: Place, pieces: Sequence[Sugar]) -> Sugar:
    """The pieces as one string; neighbours that are known are one."""
    merged: list[Sugar] = []
    for piece in pieces:
        known = piece.static()
        last = merged[-1].static() if merged else NOT_STATIC
        if isinstance(known, str) and isinstance(last, str):
            merged[-1] = Constant(last + known)
        elif known != "":
            merged.append(piece)
    if not merged:
        return Constant("")
    if len(merged) == 1:
        return merged[0]
    if len(merged) == 2:
        return ctx.op("aten::add.str", at, merged)
    return ctx.op("tsx::join", at, [Constant(""), ListLiteral(merged)])
