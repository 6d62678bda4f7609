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


def flatten(obj: object, is_leaf: IsLeaf, where: str) -> tuple[list[object], TreeSpec]:
    """The leaves of ``obj`` in order and its shape; plain scalars are constants, checked at entry.

    Raises TSX2004 for an object of a class that no record describes.
    """
    leaves: list[object] = []
    return leaves, _spec(obj, is_leaf, where, leaves)


def _spec(obj: Any, is_leaf: IsLeaf, where: str, leaves: list[object]) -> TreeSpec:
    if is_leaf(obj):
        leaves.append(obj)
        return LEAF
    if obj is None:
        return TreeSpec("none")
    if isinstance(obj, _SCALARS):
        return TreeSpec("constant", value=obj)
    parts = children(obj)
    if parts is None:
        raise fail("TSX2004", what=type_label(obj), where=where)
    kind, keys, items = parts
    specs = tuple(
        _spec(item, is_leaf, f"{where}[{key!r}]" if keys else f"{where}[{i}]", leaves)
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


def rebuild(obj: Any, leaves: Iterator[object], is_leaf: IsLeaf) -> Any:
    """A copy of the input structure ``obj`` with other leaves."""
    if is_leaf(obj):
        return next(leaves)
    if obj is None or isinstance(obj, _SCALARS):
        return obj
    parts = children(obj)
    if parts is None:
        return obj
    kind, keys, items = parts
    made = [rebuild(item, leaves, is_leaf) for item in items]
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
