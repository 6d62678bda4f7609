"""Values as text: ``str``, ``repr``, ``format``, ``str.format``, ``%``, ``print``, ``chr`` and its like.

Takes any value that has a text; what Python prints is what the program prints. Templates that are known when the source
is compiled are taken apart here; a template that only a run knows takes positional values.
"""

from __future__ import annotations

import builtins
import string
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tsx.capture.script.builtins.common import (
    EMPTY,
    NONE,
    computed,
    holds_tensor,
    is_none,
    is_set,
    never,
)
from tsx.capture.script.sizes import is_size
from tsx.capture.script.values import (
    NOT_STATIC,
    Code,
    Constant,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
    builtin,
    method,
)
from tsx.capture.script.worlds import world_for, world_of
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_PYTHON: dict[str, Callable[[Any], str]] = {"str": str, "repr": repr, "ascii": ascii}


def text_of(ctx: Context, at: Place, value: Sugar, how: str = "str") -> Sugar:
    """``str(value)``, ``repr(value)`` or ``ascii(value)``."""
    found = computed(_PYTHON[how], value)
    if found is not None:
        return found
    static = value.static()
    if isinstance(static, Code):
        return Constant(str(static))
    if isinstance(value, Ssa) and value.code == "ScalarType":
        return _of_dtype(ctx, at, value, how)
    if how == "str" and value.type == ty.STR:
        return value
    special = _of_library(ctx, at, value, how)
    if special is not None:
        return special
    if isinstance(value.type, (ty.ClassType, ty.InterfaceType)):
        return _of_object(ctx, at, value, how)
    if is_set(value.type):
        return ctx.op("tsx::repr.set", at, [value])
    parts = _unusual_parts(ctx, at, value)
    if parts is not None:
        return joined(ctx, at, parts)
    return ctx.op(f"tsx::{how}", at, [ctx.settled(value, at)], called=how)


def _of_dtype(ctx: Context, at: Place, value: Ssa, how: str) -> Sugar:
    """``torch.float32``; in functions over NumPy arrays ``float32`` and ``dtype('float32')``."""
    name = ctx.op("tsx::dtype_name", at, [Ssa(value.value)])
    if world_of(at.source) is None:
        return joined(ctx, at, [Constant("torch."), name])
    return name if how == "str" else joined(ctx, at, [Constant("dtype('"), name, Constant("')")])


def _of_library(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar | None:
    """A ``torch.Size``, a device, and tensors, alone or in containers."""
    if is_size(value) and world_of(at.source) is not None:
        return ctx.op("tsx::repr.tuple", at, [value])
    if is_size(value):
        sizes = ctx.op("tsx::repr", at, [value])
        return joined(ctx, at, [Constant("torch.Size("), sizes, Constant(")")])
    if value.type == ty.DEVICE and how == "repr":
        return joined(ctx, at, [Constant("device(type='"), value, Constant("')")])
    if value.type is not None and holds_tensor(value.type) and not is_set(value.type):
        if _unusual_parts_needed(value) or world_for(ctx, at, value) is not None:
            return None
        return ctx.op("tsx::repr.Tensors", at, [ctx.settled(value, at)], called=how)
    return None


def _unusual_parts_needed(value: Sugar) -> bool:
    return isinstance(value.type, ty.TupleType) and _is_unusual(value.type)


def _of_object(ctx: Context, at: Place, value: Sugar, how: str) -> Sugar:
    for name in ("__str__", "__repr__") if how == "str" else ("__repr__",):
        if value.has_attribute(ctx, name):
            return value.attribute(ctx, at, name).call(ctx, at, [], {})
    raise ctx.problem("TSX3104", at, what=value.describe())


def _unusual_parts(ctx: Context, at: Place, value: Sugar) -> list[Sugar] | None:
    """The text of a tuple piece by piece, where the VM's value alone does not say how it prints."""
    type = value.type
    if not isinstance(value, TupleSugar) and not isinstance(type, ty.TupleType):
        return None
    name, fields = (type.name, type.fields) if isinstance(type, ty.TupleType) else ("", ())
    if not name and type is not None and not _is_unusual(type):
        return None
    items = ctx.parts(value, at) or []
    pieces: list[Sugar] = [Constant(f"{name.rpartition('.')[2]}(")]
    for place, item in enumerate(items):
        label = f"{fields[place]}=" if name else ""
        pieces.append(Constant(f"{', ' if place else ''}{label}"))
        pieces.append(text_of(ctx, at, item, "repr"))
    pieces.append(Constant(",)" if len(items) == 1 and not name else ")"))
    return pieces


def _is_unusual(type: ty.Type) -> bool:
    """Whether a value's text depends on its type: sets, named tuples and objects in it."""
    if is_set(type) or isinstance(type, (ty.ClassType, ty.InterfaceType)):
        return True
    if isinstance(type, ty.TupleType) and type.name:
        return True
    return any(map(_is_unusual, type.children()))


def formatted(ctx: Context, at: Place, value: Sugar, conversion: str, spec: Sugar) -> Sugar:
    """``format(value, spec)`` after ``!s``, ``!r`` or ``!a``."""
    if conversion:
        how = {"s": "str", "r": "repr", "a": "ascii"}[conversion]
        value = text_of(ctx, at, value, how)
    if isinstance(value.type, ty.TensorType) and world_for(ctx, at, value) is None:
        return ctx.op("tsx::format.Tensor", at, [value, spec])
    if spec.static() == "":
        return text_of(ctx, at, value)
    found = computed(builtins.format, value, spec)
    if found is not None:
        return found
    if isinstance(value.type, (ty.ClassType, ty.InterfaceType)):
        return value.attribute(ctx, at, "__format__").call(ctx, at, [spec], {})
    return ctx.op("tsx::format.spec", at, [ctx.settled(value, at), spec], called="format")


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


# --- str.format -----------------------------------------------------------------------------------


@method(ty.STR, "format")
def _format_method(ctx: Context, at: Place, self: Sugar, *args: Sugar, **kwargs: Sugar) -> Sugar:
    template = self.static()
    if not isinstance(template, str):
        if kwargs:
            raise ctx.problem("TSX3105", at)
        values = [ctx.settled(a, at).as_value(ctx, at) for a in args]
        return ctx.emit("tsx::format", [self.as_value(ctx, at), *values], ty.STR, at)
    wrong = _template_error(template, len(args), kwargs)
    if wrong is not None:
        return never(ctx, at, type(wrong).__name__, str(wrong.args[0]), ty.STR)
    return _Template(ctx, at, [ctx.settled(a, at) for a in args], kwargs).text(template)


class _Anything:
    """Stands for any value: it has every attribute and item, and formats as nothing."""

    def __getattr__(self, name: str) -> _Anything:
        return _Anything()

    def __getitem__(self, index: object) -> _Anything:
        return _Anything()

    def __format__(self, spec: str) -> str:
        return ""

    def __str__(self) -> str:
        return ""


def _template_error(template: str, count: int, names: Mapping[str, Sugar]) -> Exception | None:
    """What Python raises of a template whatever the values are."""
    try:
        template.format(*[_Anything()] * count, **dict.fromkeys(names, _Anything()))
    except (IndexError, KeyError, ValueError) as error:
        return error
    return None


class _Template:
    """One call of ``str.format`` with a template that is known."""

    def __init__(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> None:
        self.ctx = ctx
        self.at = at
        self.args = args
        self.kwargs = kwargs
        self.following = 0

    def text(self, template: str) -> Sugar:
        pieces: list[Sugar] = []
        for literal, field, spec, conversion in string.Formatter().parse(template):
            pieces.append(Constant(literal))
            if field is None:
                continue
            value = self.value(field)
            asked = self.text(spec) if spec else Constant("")
            pieces.append(formatted(self.ctx, self.at, value, conversion or "", asked))
        return joined(self.ctx, self.at, pieces)

    def value(self, field: str) -> Sugar:
        """What ``0``, ``name``, ``0.attribute`` or ``name[key]`` stands for."""
        ends = [place for place in (field.find("."), field.find("[")) if place >= 0]
        head = field[: min(ends, default=len(field))]
        if head == "":
            found = self.args[self.following]
            self.following += 1
        elif head.isdigit():
            found = self.args[int(head)]
        else:
            found = self.kwargs[head]
        return self.deeper(found, field[len(head) :])

    def deeper(self, value: Sugar, path: str) -> Sugar:
        while path:
            if path[0] == ".":
                ends = [place for place in (path.find(".", 1), path.find("[")) if place > 0]
                end = min(ends, default=len(path))
                value = value.attribute(self.ctx, self.at, path[1:end])
            else:
                end = path.index("]") + 1
                key = path[1 : end - 1]
                index = Constant(int(key)) if key.isdigit() else Constant(key)
                value = value.subscript(self.ctx, self.at, index)
            path = path[end:]
        return value


# --- % --------------------------------------------------------------------------------------------


def percent(ctx: Context, at: Place, template: Sugar, values: Sugar) -> Sugar:
    """``template % values``."""
    parts = ctx.parts(values, at) if not isinstance(values, ListLiteral) else None
    items = [values] if parts is None else list(parts)
    if isinstance(values.type, ty.DictType) and not is_set(values.type):
        raise ctx.problem("TSX3106", at)
    operands = [template.as_value(ctx, at)]
    for item in items:
        settled = ctx.settled(item, at)
        type = settled.type
        if (
            type is None
            or _is_unusual(type)
            or holds_tensor(type)
            or bool(getattr(settled, "code", ""))
        ):
            settled = text_of(ctx, at, settled)
        operands.append(settled.as_value(ctx, at))
    return ctx.emit("tsx::percent", operands, ty.STR, at)


# --- functions ------------------------------------------------------------------------------------


@builtin(str)
def _str(ctx: Context, at: Place, object: Sugar = EMPTY) -> Sugar:
    return text_of(ctx, at, object)


@builtin(repr)
def _repr(ctx: Context, at: Place, obj: Sugar, /) -> Sugar:
    return text_of(ctx, at, obj, "repr")


@builtin(ascii)
def _ascii(ctx: Context, at: Place, obj: Sugar, /) -> Sugar:
    return text_of(ctx, at, obj, "ascii")


@builtin(format)
def _format(ctx: Context, at: Place, value: Sugar, spec: Sugar = EMPTY, /) -> Sugar:
    return formatted(ctx, at, value, "", spec)


@builtin(print)
def _print(
    ctx: Context,
    at: Place,
    *values: Sugar,
    sep: Sugar = NONE,
    end: Sugar = NONE,
    file: Sugar = NONE,
    flush: Sugar = NONE,
) -> None:
    if not is_none(file):
        raise ctx.problem("TSX3107", at)
    texts = [text_of(ctx, at, value) for value in values]
    between = Constant(" ") if is_none(sep) else sep
    pieces = [piece for text in texts for piece in (between, text)][1:]
    line = joined(ctx, at, pieces)
    if is_none(end) or end.static() == "\n":
        ctx.node("prim::Print", [line.as_value(ctx, at)], (), at)
    else:
        ctx.node("tsx::write", [joined(ctx, at, [line, end]).as_value(ctx, at)], (), at)


def _coded(python: Callable[[Any], Any], operator: str) -> None:
    """A function of one operand that is one operator."""

    def handler(ctx: Context, at: Place, value: Sugar, /) -> Sugar:
        found = computed(python, value)
        return found or ctx.op(operator, at, [value], called=python.__name__)

    builtin(python)(handler)


_coded(ord, "tsx::ord")
_coded(chr, "tsx::chr")
_coded(hex, "aten::hex")
_coded(oct, "aten::oct")
_coded(bin, "aten::bin")
