"""Arguments of a call as the annotations of the function want them.

Takes the value of each parameter and the signature; gives the values converted. What can't be is a problem at the
argument itself.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from tsx.capture.script.classes import classes_of
from tsx.capture.script.context import Context
from tsx.capture.script.parameters import Signature
from tsx.capture.script.problems import POISON
from tsx.capture.script.source import Place
from tsx.capture.script.values import (
    ListLiteral,
    Sugar,
)
from tsx.ir import types as ty

if TYPE_CHECKING:
    pass


def typed_arguments(
    ctx: Context, name: str, bound: Mapping[str, Sugar], annotated: Signature, at: Place
) -> dict[str, Sugar]:
    """Arguments converted to the annotated types; the others as they are."""
    found: dict[str, Sugar] = {}
    for parameter, value in bound.items():
        wanted = annotated.types.get(parameter)
        if parameter in annotated.failed:
            found[parameter] = POISON
            continue
        if parameter in annotated.counts and value.type in (ty.INT, ty.FLOAT):
            value = ListLiteral([value] * annotated.counts[parameter])
        if parameter == annotated.keywords:
            found[parameter] = value  # ** in the body has to know the names
            continue
        takes_any = wanted is None or (value.type is None and not _may_convert(value, wanted))
        if not takes_any and annotated.is_loose and wanted is not None:
            takes_any = not ctx.can_be(value, wanted, at)
        if not takes_any and _is_derived(ctx, value.type, wanted):
            takes_any = True  # its methods are looked up where it stands
        if not takes_any and wanted is not None:
            what = f"the argument {parameter} of {name}"
            value = ctx.converted(value, wanted, _argument(at, bound, parameter), what)
        found[parameter] = ctx.settled(value, at)
    return found


def _is_derived(ctx: Context, type: ty.Type | None, wanted: ty.Type | None) -> bool:
    """Whether an object is of a class that is derived from the one that is asked for."""
    if not isinstance(type, ty.ClassType) or not isinstance(wanted, ty.ClassType):
        return False
    classes = classes_of(ctx)
    cls, base = classes.python(type), classes.python(wanted)
    return cls is not None and base is not None and cls is not base and issubclass(cls, base)


def _argument(at: Place, bound: Mapping[str, Sugar], parameter: str) -> Place:
    """Where the argument of a parameter stands in a call."""
    if not isinstance(at.node, ast.Call):
        return at
    for keyword in at.node.keywords:
        if keyword.arg == parameter:
            return Place(at.source, keyword.value)
    names = [name for name in bound if name != "self"]
    place = names.index(parameter) if parameter in names else len(names)
    given = at.node.args
    starred = any(isinstance(argument, ast.Starred) for argument in given)
    return Place(at.source, given[place]) if place < len(given) and not starred else at


def _may_convert(value: Sugar, wanted: ty.Type) -> bool:
    """Whether a value without a type may become one: a literal, a tuple."""
    return hasattr(value, "made") or hasattr(value, "items")
