"""The sorts of memory that values are made of: what can be written, and so what can alias what."""

from __future__ import annotations

import functools

from tsx.ir import types as ty

TENSOR, LIST, DICT, OBJECT = "tensor", "list", "dict", "object"
ALL_SORTS = frozenset({TENSOR, LIST, DICT, OBJECT})


def sorts_of(type: ty.Type) -> frozenset[str]:
    """The sorts of memory that a value of ``type`` may itself be."""
    match type:
        case ty.TensorType():
            return frozenset({TENSOR})
        case ty.ListType():
            return frozenset({LIST})
        case ty.DictType():
            return frozenset({DICT})
        case ty.ClassType() | ty.InterfaceType() | ty.FutureType():
            return frozenset({OBJECT})
        case ty.OptionalType() | ty.UnionType():
            return frozenset().union(*map(sorts_of, type.children()))
    return ALL_SORTS if type == ty.ANY else frozenset()


@functools.lru_cache(maxsize=4096)
def deep_sorts(type: ty.Type) -> frozenset[str]:
    """The sorts of memory that can be reached from a value of ``type``."""
    if isinstance(type, (ty.ClassType, ty.InterfaceType)):
        return ALL_SORTS
    return sorts_of(type).union(*map(deep_sorts, type.children()))


def is_mutable(type: ty.Type) -> bool:
    """Whether values of ``type`` are or hold memory that can be written."""
    return bool(deep_sorts(type))
