"""The parts of results that are no arrays: numbers, text, None, enums, records, and lists, dicts and sets of them.

Takes results as ``border`` and Python functions give them; gives their parts with paths, their text, which reads as
Python, and what stands for them in JSON. An object is known by its attributes, an enum's member by its names.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Set
from typing import Any

import numpy as np

from tsx.runtime.values import EnumMember, Instance

_ATOMS = (bool, int, float, complex, str, type(None))


def is_array(value: Any) -> bool:
    """Whether a value is an array or a scalar of NumPy's."""
    return isinstance(value, (np.ndarray, np.generic))


def is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, complex)) and not isinstance(value, enum.Enum)


def holds_array(value: Any) -> bool:
    """Whether there is an array anywhere in a value."""
    if is_array(value):
        return True
    parts = items_of("", value)
    return parts is not None and any(map(holds_array, parts.values()))


def kind_of(value: Any) -> str:
    """What a value is, in a word: ``str``, ``int``, ``None``, ``list``, ``dict``, ``set``, ``enum``, ``record``."""
    if value is None:
        return "None"
    if is_array(value):
        return "array"
    if isinstance(value, (enum.Enum, EnumMember)):
        return "enum"
    for python in (bool, int, float, complex, str, dict, list):
        if isinstance(value, python):
            return python.__name__
    if isinstance(value, Set):
        return "set"
    return "tuple" if isinstance(value, tuple) and not hasattr(value, "_fields") else "record"


def items_of(path: str, value: Any) -> dict[str, Any] | None:
    """The parts of a list, tuple, dict or record by their paths; None for what has none."""
    if isinstance(value, (*_ATOMS, enum.Enum, EnumMember, Set)) or is_array(value):
        return None
    if isinstance(value, Mapping):
        return {_step(path, key): item for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {f"{path}.{key}": item for key, item in zip(value._fields, value, strict=True)}
    if isinstance(value, (tuple, list)):
        return {f"{path}[{index}]": item for index, item in enumerate(value)}
    return {f"{path}.{name}": item for name, item in _fields(value).items()}


def _step(path: str, key: object) -> str:
    return f"{path}.{key}" if isinstance(key, str) else f"{path}[{key!r}]"


def _fields(value: Any) -> dict[str, Any]:
    """The attributes of an object."""
    if isinstance(value, Instance):
        return dict(value.attributes)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    return dict(getattr(value, "__dict__", {}))


def shown_parts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The parts of a result that are shown one by one: each array, and whole what holds none."""
    parts = items_of(path, value)
    if parts is None or not holds_array(value):
        yield path, value
        return
    for name, item in parts.items():
        yield from shown_parts(name, item)


def plain_text(value: Any) -> str:
    """A value as Python writes it: ``'a'``, ``[1, 2]``, ``Color.RED``, ``Out(label='cat', score=0.5)``."""
    match value:
        case enum.Enum() | EnumMember():
            cls = value.class_name if isinstance(value, EnumMember) else type(value).__qualname__
            return f"{cls.rpartition('.')[2]}.{value.name}"
        case np.ndarray():
            return f"an array of {value.dtype}{list(value.shape)}"
        case bool() | int() | float() | complex() | str() | None:
            return repr(value)
        case Set():
            return f"{{{', '.join(sorted(map(plain_text, value)))}}}" if value else "set()"
        case tuple() if not hasattr(value, "_fields"):
            inside = ", ".join(map(plain_text, value))
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        case list():
            return f"[{', '.join(map(plain_text, value))}]"
        case Mapping() if type(value) is dict:
            pairs = (f"{plain_text(k)}: {plain_text(v)}" for k, v in value.items())
            return f"{{{', '.join(pairs)}}}"
    parts = items_of("", value) or {}
    name = value.class_name if isinstance(value, Instance) else type(value).__name__
    fields = (f"{key.lstrip('.')}={plain_text(item)}" for key, item in parts.items())
    return f"{name.rpartition('.')[2]}({', '.join(fields)})"


def short_text(value: Any) -> str:
    """``plain_text``, cut where it grows long."""
    text = plain_text(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def json_value(value: Any) -> Any:
    """What stands for a value in JSON: a complex number is a pair, a record an object, a dict with other keys pairs."""
    match value:
        case np.ndarray() | np.generic():
            return json_value(value.tolist())
        case enum.Enum() | EnumMember():
            return plain_text(value)
        case bool() | int() | str() | None:
            return value
        case float():
            return value if np.isfinite(value) else str(value)
        case complex():
            return [json_value(value.real), json_value(value.imag)]
        case Set():
            return sorted(map(json_value, value), key=repr)
        case list():
            return [json_value(item) for item in value]
        case tuple() if not hasattr(value, "_fields"):
            return [json_value(item) for item in value]
        case Mapping() if all(isinstance(key, str) for key in value):
            return {key: json_value(item) for key, item in value.items()}
        case Mapping():
            return [[json_value(key), json_value(item)] for key, item in value.items()]
    parts = items_of("", value) or {}
    return {key.lstrip("."): json_value(item) for key, item in parts.items()}
