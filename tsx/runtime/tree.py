"""Structured values and their leaves: tuples, lists, dicts, named tuples and records, by a ``TreeSpec``.

Takes what callers give and what programs return. The Python type that a record came from is never imported: a result
is a named tuple or a ``Record`` with the same fields.
"""

from __future__ import annotations

import collections
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from tsx.errors import fail
from tsx.ir.module import TreeSpec
from tsx.runtime.values import same


class Record(Mapping[str, Any]):
    """A result with named fields (a dataclass or ``ModelOutput``): ``r.logits``, ``r["logits"]``, ``r[0]``."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_fields", dict(fields))

    def __getitem__(self, key: str | int) -> Any:
        return list(self._fields.values())[key] if isinstance(key, int) else self._fields[key]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._fields:
            raise AttributeError(f"{type(self).__name__} has no field {name!r}")
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        inside = ", ".join(f"{k}={v!r}" for k, v in self._fields.items())
        return f"{type(self).__name__}({inside})"


def flatten(spec: TreeSpec, value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The leaves of ``value`` with their paths (``batch["ids"]``); TSX5017 or TSX5018 where it does not fit."""
    match spec.kind:
        case "leaf":
            yield path, value
        case "none":
            if value is not None:
                raise _misfit(path, "None", value)
        case "constant":
            if not _is_constant(value, spec.value):
                raise fail("TSX5017", name=path, expected=repr(spec.value), found=_shown(value))
        case "tuple" | "list":
            if not isinstance(value, (tuple, list)) or len(value) != len(spec.children):
                raise _misfit(path, f"a {spec.kind} of {len(spec.children)}", value)
            for index, child in enumerate(spec.children):
                yield from flatten(child, value[index], f"{path}[{index}]")
        case "dict":
            yield from _flatten_dict(spec, value, path)
        case _:
            for key, child in zip(spec.keys, spec.children, strict=True):
                yield from flatten(child, _field(spec, value, path, str(key)), f"{path}.{key}")


def unflatten(spec: TreeSpec, leaves: Iterator[Any]) -> Any:
    """The structured value that ``leaves`` make up, taken in order."""
    match spec.kind:
        case "leaf":
            return _with_tuples(next(leaves), spec.label)
        case "none":
            return None
        case "constant":
            return spec.value
    children = [unflatten(child, leaves) for child in spec.children]
    match spec.kind:
        case "tuple":
            return tuple(children)
        case "list":
            return children
        case "dict":
            return dict(zip(spec.keys, children, strict=True))
        case "namedtuple":
            return named_tuple(spec.label, tuple(map(str, spec.keys)))(*children)
        case _:
            return record_type(spec.label)(dict(zip(map(str, spec.keys), children, strict=True)))


def _with_tuples(value: Any, label: str) -> Any:
    """A result with the tuples that its label tells of: ``tuple``, or ``tuple 0,2.1`` for items of a tuple."""
    kind, _, paths = label.partition(" ")
    if kind != "tuple":
        return value
    for path in paths.split(",") if paths else [""]:
        value = _tuple_at(value, [int(step) for step in path.split(".") if step.isdecimal()])
    return value


def _tuple_at(value: Any, path: list[int]) -> Any:
    if not path:
        return tuple(value) if isinstance(value, list) else value
    if not isinstance(value, tuple) or path[0] >= len(value):
        return value
    items = [_tuple_at(v, path[1:]) if i == path[0] else v for i, v in enumerate(value)]
    return type(value)(*items) if hasattr(value, "_fields") else tuple(items)


@functools.cache
def named_tuple(label: str, fields: tuple[str, ...]) -> type[tuple[Any, ...]]:
    """A named tuple type with these fields; a field that Python can't spell is reached by index."""
    return collections.namedtuple(_type_name(label, "Result"), fields, rename=True)


@functools.cache
def record_type(label: str) -> type[Record]:
    return type(_type_name(label, "Record"), (Record,), {"__slots__": ()})


def _type_name(label: str, default: str) -> str:
    name = label.rpartition(".")[2]
    return name if name.isidentifier() else default


def _flatten_dict(spec: TreeSpec, value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping) or set(value) != set(spec.keys):
        keys = ", ".join(map(repr, spec.keys))
        raise _misfit(path, f"a dict with the keys {keys}", value)
    for key, child in zip(spec.keys, spec.children, strict=True):
        yield from flatten(child, value[key], f"{path}[{key!r}]")


def _field(spec: TreeSpec, value: Any, path: str, name: str) -> Any:
    """A field of a named tuple or record, given as such, as a mapping, or (named tuple) as a plain tuple."""
    if isinstance(value, Mapping) and name in value:
        return value[name]
    if hasattr(value, name):
        return getattr(value, name)
    if isinstance(value, tuple) and len(value) == len(spec.keys):
        return value[spec.keys.index(name)]
    raise _misfit(path, f"a {spec.kind} with the fields {', '.join(map(str, spec.keys))}", value)


def _is_constant(value: Any, expected: Any) -> bool:
    return type(value) is type(expected) and same(value, expected)


def _misfit(path: str, expected: str, value: Any) -> Exception:
    return fail("TSX5018", name=path, expected=expected, found=_shown(value))


def _shown(value: Any) -> str:
    """What was given, in a few words."""
    if isinstance(value, Mapping):
        return f"a dict with the keys {', '.join(map(repr, value)) or '(none)'}"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    return f"a value of type {type(value).__name__}"
