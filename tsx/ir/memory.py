"""The sorts of memory that values are made of: what can be written, and so what can alias what."""

from __future__ import annotations

import functools

from tsx.ir import types as ty

TENSOR, LIST, DICT, OBJECT = "tensor", "list", "dict", "object"
ALL_SORTS = frozenset({TENSOR, LIST, DICT, OBJECT})


_OWN: dict[type, frozenset[str]] = {
    ty.TensorType: frozenset({TENSOR}),
    ty.ListType: frozenset({LIST}),
    ty.DictType: frozenset({DICT}),
    ty.ClassType: frozenset({OBJECT}),
    ty.InterfaceType: frozenset({OBJECT}),
    ty.FutureType: frozenset({OBJECT}),
}
_NO_SORTS: frozenset[str] = frozenset()


def sorts_of(type: ty.Type) -> frozenset[str]:
    """The sorts of memory that a value of ``type`` may itself be."""
    own = _OWN.get(type.__class__)
    if own is not None:
        return own
    if isinstance(type, (ty.OptionalType, ty.UnionType)):
        return _NO_SORTS.union(*map(sorts_of, type.children()))
    return ALL_SORTS if type == ty.ANY else _NO_SORTS


@functools.lru_cache(maxsize=4096)
def deep_sorts(type: ty.Type) -> frozenset[str]:
    """The sorts of memory that can be reached from a value of ``type``."""
    if isinstance(type, (ty.ClassType, ty.InterfaceType)):
        return ALL_SORTS
    return sorts_of(type).union(*map(deep_sorts, type.children()))


def is_mutable(type: ty.Type) -> bool:
    """Whether values of ``type`` are or hold memory that can be written."""
    if isinstance(type, ty.AtomType):
        return type.name == ty.ANY.name
    return type.__class__ in _OWN or bool(deep_sorts(type))
