"""What the VM's stack holds: values, objects with attributes, enum members, and the value of a path never taken.

Tensors are NumPy arrays, never NumPy scalars; numbers, strings, None, lists, tuples and dicts are Python's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tsx.ir import types as ty
from tsx.ops.dtypes import dtype_of, type_of
from tsx.ops.quantized_tensor import PackedParams, QuantizedTensor

Value = (
    Any  # one of the above; NumPy's arrays are untyped, and each instruction knows what it takes
)
Stack = list[Value]


@dataclass(slots=True, eq=False)
class Instance:
    """An object: its class and its attributes. A tensor attribute may still be a ``WeightRef``."""

    class_name: str
    attributes: dict[str, Value]

    def __repr__(self) -> str:
        return f"<{self.class_name.rpartition('.')[2]} object>"


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A member of an enum, known by its names; ``value`` is what it stands for."""

    class_name: str
    name: str
    value: Value

    def __str__(self) -> str:
        return f"{self.class_name.rpartition('.')[2]}.{self.name}"

    def __repr__(self) -> str:
        return f"<{self}: {self.value!r}>"


class Uninitialized:
    """The value of a path that is never taken: it may be moved and returned, never looked at."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<uninitialized>"


UNINITIALIZED = Uninitialized()
_ATOMS: dict[type, ty.Type] = {
    bool: ty.BOOL, int: ty.INT, float: ty.FLOAT, complex: ty.COMPLEX, str: ty.STR, type(None): ty.NONE,
}  # fmt: skip


def type_of_value(value: Value) -> ty.Type:
    """The type of a value as errors show it; the element type of a list is that of its first element."""
    if isinstance(value, np.ndarray):
        return type_of(value)
    if type(value) in _ATOMS:
        return _ATOMS[type(value)]
    if isinstance(value, list):
        return ty.ListType(type_of_value(value[0]) if value else ty.ANY)
    if isinstance(value, tuple):
        return ty.TupleType(tuple(type_of_value(v) for v in value))
    if isinstance(value, dict):
        for key, element in value.items():
            return ty.DictType(type_of_value(key), type_of_value(element))
        return ty.DictType(ty.ANY, ty.ANY)
    if isinstance(value, Instance):
        return ty.ClassType(value.class_name)
    if isinstance(value, EnumMember):
        return ty.EnumType(value.class_name)
    return value.type if isinstance(value, QuantizedTensor) else ty.ANY


def quantized_name(value: Value) -> str:
    """What a value is that only quantised programs have and no result can be, on either runtime; "" for any other."""
    if isinstance(value, Instance):  # the engine's
        return _ONLY_INSIDE.get(value.class_name, "")
    if isinstance(value, QuantizedTensor):
        return _ONLY_INSIDE["quantized tensor"]
    return _ONLY_INSIDE["packed parameters"] if isinstance(value, PackedParams) else ""


_ONLY_INSIDE = {
    "quantized tensor": "a quantised tensor",
    "packed parameters": "the packed parameters of a quantised layer",
}


def is_a(value: Value, type: ty.Type) -> bool:
    """Whether ``value`` is one of ``type``; sizes don't count. An empty list is of every list type."""
    match type:
        case ty.TensorType(dtype):
            return isinstance(value, np.ndarray) and (dtype is None or dtype_of(value) is dtype)
        case ty.UnionType(members):
            return any(is_a(value, member) for member in members)
        case ty.OptionalType(element):
            return value is None or is_a(value, element)
        case ty.ListType(element):
            return isinstance(value, list) and all(is_a(v, element) for v in value)
        case ty.DictType(key, element):
            return isinstance(value, dict) and all(
                is_a(k, key) and is_a(v, element) for k, v in value.items()
            )
        case ty.TupleType(elements):
            return (
                isinstance(value, tuple)
                and len(value) == len(elements)
                and all(is_a(v, e) for v, e in zip(value, elements, strict=True))
            )
        case ty.ClassType(name):
            return isinstance(value, Instance) and value.class_name == name
        case ty.EnumType(name):
            return isinstance(value, EnumMember) and value.class_name == name
        case ty.NUMBER:
            return _ATOMS.get(value.__class__) in (ty.INT, ty.FLOAT, ty.COMPLEX)
        case ty.DEVICE:
            return isinstance(value, str)
        case ty.ANY:
            return True
        case _:
            return _ATOMS.get(value.__class__) == type


def same(a: Value, b: Value) -> bool:
    """Whether a value is what capture saw: equal, of one kind (1 is not True), and NaN equals NaN."""
    if isinstance(a, np.ndarray):
        a = a.item() if a.size == 1 else a.tolist()
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    return bool(a == b) or (a != a and b != b)
