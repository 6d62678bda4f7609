"""Type rules that operators on lists, dicts and sets share: an element, a container like an operand, a mere fact."""

from __future__ import annotations

from collections.abc import Callable

from tsx.ir import types as ty
from tsx.ir.op import Abstract, Trait, Unknown
from tsx.ops.abstract import is_dim
from tsx.ops.number_rules import RAISES, unknown

WRITE = Trait.EFFECT
WRITE_OR_RAISE = Trait.EFFECT | Trait.RAISES
ELEMENT = RAISES | Trait.VIEW
"""Of operators that give an element: it may be memory that others write."""


def element_of(values: Abstract, *_: Abstract) -> Abstract:
    """An unknown element of an abstract list, or value of a dict."""
    if isinstance(values, Unknown) and isinstance(values.type, ty.ListType):
        return unknown(values.type.element)
    if isinstance(values, Unknown) and isinstance(values.type, ty.DictType):
        return unknown(values.type.value)
    return Unknown(ty.ANY)


def like_first(values: Abstract, *_: Abstract) -> Abstract:
    """A container like the first operand, contents unknown."""
    if isinstance(values, Unknown):
        return Unknown(values.type)
    found = {type_of(v) for v in values} if isinstance(values, (list, tuple)) else set()
    if len(found) != 1 or ty.ANY in found:
        return Unknown(ty.ANY)  # an empty list says nothing of its kind
    return Unknown(ty.ListType(found.pop()))


def type_of(value: Abstract) -> ty.Type:
    """The type of an abstract element."""
    if isinstance(value, Unknown):
        return value.type
    if isinstance(value, ty.TensorType):
        return ty.TENSOR
    for python, type in ((bool, ty.BOOL), (float, ty.FLOAT), (str, ty.STR), (complex, ty.COMPLEX)):
        if isinstance(value, python):
            return type
    return ty.INT if is_dim(value) else ty.ANY


def keys_of(table: Abstract, *_: Abstract) -> Abstract:
    """The list of an abstract dict's keys."""
    return Unknown(ty.ListType(_parts(table)[0]))


def values_of(table: Abstract, *_: Abstract) -> Abstract:
    """The list of an abstract dict's values."""
    return Unknown(ty.ListType(_parts(table)[1]))


def items_of(table: Abstract, *_: Abstract) -> Abstract:
    """The list of an abstract dict's pairs; Any where nothing is known."""
    found = _parts(table)
    return Unknown(ty.ListType(ty.ANY if ty.ANY in found else ty.TupleType(found)))


def _parts(table: Abstract) -> tuple[ty.Type, ty.Type]:
    if isinstance(table, Unknown) and isinstance(table.type, ty.DictType):
        return table.type.key, table.type.value
    return ty.ANY, ty.ANY


def nothing(*_: Abstract) -> Abstract:
    """The result of an operator that gives none."""
    return ()


def fact(type: ty.Type) -> Callable[..., Abstract]:
    """A rule that knows no more than the type."""

    def infer(*_: Abstract) -> Abstract:
        return Unknown(type)

    return infer
