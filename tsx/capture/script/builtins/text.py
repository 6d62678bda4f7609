"""Values as text: ``format``, ``str.format``, ``%``, ``print``, ``chr`` and its like.

Takes any value that has a text; what Python prints is what the program prints. Templates that are known when the source
is compiled are taken apart here; a template that only a run knows takes positional values.
"""

from __future__ import annotations

import builtins
import re
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
from tsx.capture.script.builtins.shown import format_member, is_unusual, joined, text_of
from tsx.capture.script.enums import plain
from tsx.capture.script.values import (
    Constant,
    ListLiteral,
    Sugar,
    builtin,
    method,
)
from tsx.capture.script.worlds import world_for
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def formatted(ctx: Context, at: Place, value: Sugar, conversion: str, spec: Sugar) -> Sugar:
    """``format(value, spec)`` after ``!s``, ``!r`` or ``!a``."""
    if conversion:
        how = {"s": "str", "r": "repr", "a": "ascii"}[conversion]
        value = text_of(ctx, at, value, how)
    if isinstance(value.type, ty.EnumType):
        return format_member(ctx, at, value, spec)
    if isinstance(value.type, ty.TensorType) and world_for(ctx, at, value) is None:
        return ctx.op("tsx::format.Tensor", at, [value, spec])
    is_object = isinstance(value.type, (ty.ClassType, ty.InterfaceType))
    if spec.static() == "" and not (is_object and value.has_attribute(ctx, "__format__")):
        return text_of(ctx, at, value)
    found = computed(builtins.format, value, spec)
    if found is not None:
        return found
    if is_object:
        return value.attribute(ctx, at, "__format__").call(ctx, at, [spec], {})
    return ctx.op("tsx::format.spec", at, [ctx.settled(value, at), spec], called="format")


# --- str.format -----------------------------------------------------------------------------------


@method(ty.STR, "format")
def _format_method(ctx: Context, at: Place, self: Sugar, *args: Sugar, **kwargs: Sugar) -> Sugar:
    template = self.static()
    if not isinstance(template, str):
        if kwargs:
            raise ctx.problem("TSX3105", at)
        for given in args:
            _require_plain(ctx, at, given)
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


_CONVERSION = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?[-#0 +]*(\*|\d+)?(?:\.(\*|\d+))?[hlL]?(?P<kind>.)", re.S
)


def percent(ctx: Context, at: Place, template: Sugar, values: Sugar) -> Sugar:
    """``template % values``."""
    parts = ctx.parts(values, at) if not isinstance(values, ListLiteral) else None
    items = [values] if parts is None else list(parts)
    if isinstance(values.type, ty.DictType) and not is_set(values.type):
        raise ctx.problem("TSX3106", at)
    known = template.static()
    if isinstance(known, str):
        changed, items = _shown_items(ctx, at, known, items)
        template = Constant(changed)
    operands = [template.as_value(ctx, at)]
    for item in items:
        _require_plain(ctx, at, item)
        operands.append(ctx.settled(item, at).as_value(ctx, at))
    return ctx.emit("tsx::percent", operands, ty.STR, at)


def _shown_items(
    ctx: Context, at: Place, template: str, items: list[Sugar]
) -> tuple[str, list[Sugar]]:
    """What an operator would print otherwise, as text: the template then has ``%s`` in that place."""
    found = list(items)
    place = 0

    def step(match: re.Match[str]) -> str:
        nonlocal place
        kind = match["kind"]
        if kind == "%":
            return match[0]
        place += [match[2], match[3]].count("*")
        item = items[place] if place < len(items) else None
        place += 1
        how = {"s": "str", "r": "repr", "a": "ascii"}.get(kind)
        if item is None or not _needs_text(item):
            return match[0]
        found[place - 1] = plain(ctx, at, item) if how is None else text_of(ctx, at, item, how)
        return match[0] if how is None else f"{match[0][:-1]}s"

    return _CONVERSION.sub(step, template), found


def _needs_text(value: Sugar) -> bool:
    """Whether the VM's value alone does not say how it prints."""
    type = value.type
    return (
        type is None or is_unusual(type) or holds_tensor(type) or bool(getattr(value, "code", ""))
    )


def _require_plain(ctx: Context, at: Place, value: Sugar) -> None:
    """A problem where a template that only a run knows is to print what its type has to say."""
    if _needs_text(value):
        raise ctx.problem("TSX3120", at, what=value.describe())


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
