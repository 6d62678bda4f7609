"""Who owns the memory behind values: results must not share it with inputs, weights or state."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ops.dtypes import Array
from tsx.runtime.values import Instance, Value


def separate(values: list[Value], kept: Iterable[Array]) -> list[Value]:
    """``values`` with copies of the arrays in them that share an owner with ``kept``, or are read-only (weights)."""
    owners = owners_of(kept)
    return [
        map_arrays(value, lambda a: a.copy() if not a.flags.writeable or is_of(a, owners) else a)
        for value in values
    ]


def copies_of(named: Sequence[tuple[str, Value]]) -> list[Value]:
    """Copies of inputs for a program to write. An array given twice stays one; TSX5022 for others that overlap."""
    known: list[tuple[str, Array, Array]] = []  # input, array, copy

    def copy(name: str, array: Array) -> Array:
        for other, seen, copied in known:
            if place_of(seen) == place_of(array):
                return copied
            if np.may_share_memory(seen, array) and np.shares_memory(seen, array):
                raise fail("TSX5022", first=other, second=name)
        known.append((name, array, array.copy()))
        return known[-1][2]

    return [map_arrays(value, functools.partial(copy, name)) for name, value in named]


def place_of(array: Array) -> tuple[object, ...]:
    """Where an array's elements are, and which: equal for two views of the same elements."""
    return array.__array_interface__["data"][0], array.shape, array.strides, array.dtype


def owners_of(arrays: Iterable[Array]) -> set[int]:
    """The identities of what owns the memory of ``arrays``."""
    return {id(owner(array)) for array in arrays}


def is_of(array: Array, owners: set[int]) -> bool:
    return id(owner(array)) in owners


def map_arrays(value: Value, change: Callable[[Array], Array]) -> Value:
    """``value`` with ``change`` made to each array in it, also in containers."""
    if isinstance(value, np.ndarray):
        return change(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map_arrays(v, change) for v in value)
    if isinstance(value, dict):
        return {k: map_arrays(v, change) for k, v in value.items()}
    return value


def owner(array: Array) -> Any:
    """The object that a view's memory belongs to: the array itself when it has its own."""
    found: Any = array
    while isinstance(found, np.ndarray) and found.base is not None:
        found = found.base
    return found


def arrays_in(*values: Value) -> Iterator[Array]:
    """Every array in ``values``, also in containers and objects; each object once."""
    seen: set[int] = set()
    work = list(values)
    while work:
        value = work.pop()
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, (list, tuple)):
            work.extend(value)
        elif isinstance(value, dict):
            work.extend([*value.keys(), *value.values()])
        elif isinstance(value, Instance) and id(value) not in seen:
            seen.add(id(value))
            work.extend(value.attributes.values())
