"""The methods of ``str``: all that have a static meaning. On strings that are known they are computed at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tsx.capture.script.builtins.common import NONE, computed, list_of, mapped
from tsx.capture.script.enums import plain
from tsx.capture.script.values import Sugar, method
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _plain(name: str, operator: str) -> Callable[..., Sugar]:
    """A method that is one operator; its arguments have the operator's names."""
    python = getattr(str, name)

    def handler(ctx: Context, at: Place, self: Sugar, *args: Sugar, **kwargs: Sugar) -> Sugar:
        if not kwargs:
            found = computed(python, self, *args)
            if found is not None:
                return found
        return ctx.op(operator, at, [self, *args], kwargs, called=f"str.{name}")

    return handler


_METHODS = {
    "capitalize": "", "casefold": "", "center": "", "count": ".str", "expandtabs": "", "find": "", "index": ".str",
    "isalnum": "", "isalpha": "", "isascii": "", "isdecimal": "", "isdigit": "", "isidentifier": "", "islower": "",
    "isnumeric": "", "isprintable": "", "isspace": "", "istitle": "", "isupper": "", "ljust": "", "lower": "",
    "lstrip": "", "partition": "", "removeprefix": "", "removesuffix": "", "replace": "", "rfind": "", "rindex": "",
    "rjust": "", "rpartition": "", "rsplit": "", "rstrip": "", "split": ".str", "splitlines": "", "strip": "",
    "swapcase": "", "title": "", "upper": "", "zfill": "",
}  # fmt: skip
for _name, _overload in _METHODS.items():
    method(ty.STR, _name)(_plain(_name, f"tsx::{_name}{_overload}"))


def _question(name: str) -> Callable[..., Sugar]:
    """``startswith`` and ``endswith``, which take a tuple of parts as well."""

    def handler(
        ctx: Context, at: Place, self: Sugar, prefix: Sugar, start: Sugar = NONE, end: Sugar = NONE
    ) -> Sugar:
        python: Any = getattr(str, name)
        found = computed(python, self, prefix, start, end)
        if found is not None:
            return found
        kinds = [f"tsx::{name}", f"tsx::{name}.any"]
        return ctx.op(kinds, at, [self, prefix, start, end], called=f"str.{name}")

    return handler


method(ty.STR, "startswith")(_question("startswith"))
method(ty.STR, "endswith")(_question("endswith"))


@method(ty.STR, "join")
def _join(ctx: Context, at: Place, self: Sugar, iterable: Sugar) -> Sugar:
    items = iterable.iterate(ctx, at).items if not isinstance(iterable.type, ty.ListType) else None
    if items is not None:
        known = [item.static() for item in items]
        if all(isinstance(k, str) for k in known):
            found = computed(lambda s: s.join(known), self)
            if found is not None:
                return found
    parts = list_of(ctx, at, iterable)
    if isinstance(parts.type, ty.ListType) and isinstance(parts.type.element, ty.EnumType):
        walk = parts.iterate(ctx, at)
        parts = ctx.settled(mapped(ctx, at, walk, lambda item: plain(ctx, at, item)), at)
    return ctx.op("tsx::join", at, [self, parts], called="str.join")
