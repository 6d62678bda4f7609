"""Structured inputs and outputs: flattened to leaves, described by a ``TreeSpec``.

Knows tuples, lists, dicts, NamedTuples, dataclasses, and ordered records that act as dicts with attributes (such as
the outputs of transformers models). A class is remembered by its name only, and never imported.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tsx.errors import fail
from tsx.ir.module import LEAF, TreeSpec

IsLeaf = Callable[[object], bool]
_SCALARS = (bool, int, float, str)


def flatten(
    obj: object, is_leaf: IsLeaf, place: str, *, open_objects: bool = False
) -> tuple[list[object], TreeSpec]:
    """The leaves of ``obj`` in order and its shape; plain scalars are constants, checked at entry.

    With ``open_objects`` (for results) an object of any class is a record of those attributes that hold arrays, such
    as the keys and values of a cache. Otherwise, and when it holds none, it raises TSX2004.
    """
    leaves: list[object] = []
    return leaves, _spec(obj, is_leaf, place, leaves, open_objects)


def _spec(
    obj: Any, is_leaf: IsLeaf, place: str, leaves: list[object], open_objects: bool
) -> TreeSpec:
    if is_leaf(obj):
        leaves.append(obj)
        return LEAF
    if obj is None:
        return TreeSpec("none")
    if isinstance(obj, _SCALARS):
        return TreeSpec("constant", value=obj)
    parts = children(obj) or (_attributes(obj, is_leaf) if open_objects else None)
    if parts is None:
        raise fail("TSX2004", what=type_label(obj), place=place)
    kind, keys, items = parts
    specs = tuple(
        _spec(item, is_leaf, f"{place}[{key!r}]" if keys else f"{place}[{i}]", leaves, open_objects)
        for i, (item, key) in enumerate(zip(items, keys or [""] * len(items), strict=True))
    )
    label = type_label(obj) if kind in ("namedtuple", "record") else ""
    return TreeSpec(kind, specs, tuple(keys), label)


def children(obj: Any) -> tuple[str, list[str | int], list[object]] | None:
    """Kind, keys and items of a structured value; None when it isn't one that tsx knows."""
    if isinstance(obj, tuple):
        if hasattr(obj, "_fields"):
            return "namedtuple", list(obj._fields), list(obj)
        return "tuple", [], list(obj)
    if type(obj) is list:
        return "list", [], list(obj)
    if type(obj) in (dict, OrderedDict):
        return "dict", list(obj), list(obj.values())
    if isinstance(obj, Mapping) and all(isinstance(key, str) for key in obj):
        return "record", list(obj), [obj[key] for key in obj]
    if dataclasses.is_dataclass(obj) and not isinstance(obj, type):
        names: list[str | int] = [f.name for f in dataclasses.fields(obj)]
        return "record", names, [getattr(obj, str(name)) for name in names]
    return None


def _attributes(obj: Any, is_leaf: IsLeaf) -> tuple[str, list[str | int], list[object]] | None:
    """An object of an unknown class as a record of the attributes that hold arrays."""
    found = {
        name: value
        for name, value in getattr(obj, "__dict__", {}).items()
        if not name.startswith("_") and _holds_leaf(value, is_leaf, 8)
    }
    return ("record", list(found), list(found.values())) if found else None


def _holds_leaf(obj: Any, is_leaf: IsLeaf, depth: int) -> bool:
    if is_leaf(obj):
        return True
    if depth == 0 or obj is None or isinstance(obj, (*_SCALARS, type)):
        return False
    parts = children(obj)
    items = parts[2] if parts is not None else list(getattr(obj, "__dict__", {}).values())
    return any(_holds_leaf(item, is_leaf, depth - 1) for item in items)


def rebuild(obj: Any, leaves: Iterator[object], is_leaf: IsLeaf) -> Any:
    """A copy of the input structure ``obj`` with other leaves."""
    return map_leaves(obj, is_leaf, lambda _: next(leaves))


def map_leaves(obj: Any, is_leaf: IsLeaf, change: Callable[[Any], Any]) -> Any:
    """A copy of the structure ``obj`` with ``change`` made to each leaf."""
    if is_leaf(obj):
        return change(obj)
    if obj is None or isinstance(obj, _SCALARS):
        return obj
    parts = children(obj)
    if parts is None:
        return obj
    kind, keys, items = parts
    made = [map_leaves(item, is_leaf, change) for item in items]
    if kind == "namedtuple":
        return type(obj)(*made)
    if kind in ("tuple", "list"):
        return type(obj)(made)
    if kind == "dict" or isinstance(obj, Mapping):
        return type(obj)(zip(keys, made, strict=True))
    return dataclasses.replace(obj, **dict(zip(map(str, keys), made, strict=True)))


def type_label(obj: object) -> str:
    """``module.Class`` of an object."""
    return f"{type(obj).__module__}.{type(obj).__qualname__}"


def leaf_names(spec: TreeSpec, name: str) -> list[str]:
    """A name for each leaf: ``x``, ``x_0``, ``batch_mask``."""
    if spec.kind == "leaf":
        return [name]
    keys = spec.keys or tuple(range(len(spec.children)))
    return [
        leaf
        for key, child in zip(keys, spec.children, strict=True)
        for leaf in leaf_names(child, f"{name}_{_identifier(str(key))}")
    ]


def _identifier(text: str) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in text)
