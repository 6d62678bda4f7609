"""Sessions: the state of a module that writes its attributes. A session owns copies of what may be written.

The loaded module itself never changes; weights that no method writes stay shared by all sessions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np

from tsx.ir.graph import WeightRef
from tsx.ir.module import AttributeValue, Module, Object
from tsx.ops.dtypes import Array
from tsx.runtime.memory import arrays_in, is_of, map_arrays, owners_of, place_of
from tsx.runtime.state import Attribute
from tsx.runtime.values import Instance, Value


class Session:
    """One stream of calls with state of its own. Calls of one session run one at a time (``lock``)."""

    def __init__(self, root: Instance) -> None:
        self.root = root
        self.lock = threading.Lock()

    def arrays(self) -> Iterator[Array]:
        """Every array it owns, also in containers."""
        return arrays_in(self.root)

    def keep_apart_from(self, inputs: list[Value]) -> None:
        """Copies what a call stored of the caller's own memory, so that the caller can't change the state."""
        owners = owners_of(arrays_in(inputs))
        copies: dict[object, Array] = {}  # what is stored twice stays one

        def own(array: Array) -> Array:
            if not is_of(array, owners):
                return array
            return copies.setdefault(place_of(array), array.copy())

        for instance in _instances(self.root).values():
            for name, value in instance.attributes.items():
                instance.attributes[name] = map_arrays(value, own)

    def tensors(self) -> dict[str, Array]:
        """The tensors that this session owns, by attribute path: the current ones, not copies."""
        return {
            f"{path}{name}": value
            for path, instance in _instances(self.root).items()
            for name, value in instance.attributes.items()
            if isinstance(value, np.ndarray)
        }


def make_root(
    module: Module, weight: Callable[[str], Array], written: frozenset[Attribute] = frozenset()
) -> Instance:
    """The object that ``%self`` is. Attributes in ``written`` get arrays of their own; tied ones share one."""
    root = module.root or Object("")
    return _Copier(weight, written_weights(root, written)).instance(root)


class _Copier:
    """Objects and weights that are shared in the module are shared in the copy."""

    def __init__(self, weight: Callable[[str], Array], owned: frozenset[str]) -> None:
        self.weight = weight
        self.owned = owned
        self.instances: dict[int, Instance] = {}
        self.arrays: dict[str, Array] = {}

    def instance(self, source: Object) -> Instance:
        made = self.instances.get(id(source))
        if made is None:
            made = self.instances[id(source)] = Instance(source.class_name, {})
            for name, value in source.attributes.items():
                made.attributes[name] = value if self._stays(value) else self.value(value)
        return made

    def _stays(self, value: AttributeValue) -> bool:
        """Whether a weight can stay a name, to be read on its first use."""
        return isinstance(value, WeightRef) and value.name not in self.owned

    def value(self, value: AttributeValue) -> Value:
        match value:
            case Object():
                return self.instance(value)
            case WeightRef(name):
                return self._array(name)
            case list():
                return [self.value(v) for v in value]
            case tuple():
                return tuple(self.value(v) for v in value)
            case dict():
                return {self.value(k): self.value(v) for k, v in value.items()}
            case _:
                return value

    def _array(self, name: str) -> Array:
        if name not in self.owned:
            return self.weight(name)
        if name not in self.arrays:
            self.arrays[name] = self.weight(name).copy()
        return self.arrays[name]


def written_weights(root: Object, written: frozenset[Attribute]) -> frozenset[str]:
    """The weights that attributes in ``written`` hold, also inside containers."""
    found: set[str] = set()
    seen: set[int] = set()
    work = [root]
    while work:
        owner = work.pop()
        if id(owner) in seen:
            continue
        seen.add(id(owner))
        for name, value in owner.attributes.items():
            for part in _parts(value):
                if isinstance(part, Object):
                    work.append(part)
                elif isinstance(part, WeightRef) and (owner.class_name, name) in written:
                    found.add(part.name)
    return frozenset(found)


def _parts(value: AttributeValue) -> Iterator[AttributeValue]:
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple)):
        for element in value:
            yield from _parts(element)
    else:
        yield value


def _instances(root: Instance) -> dict[str, Instance]:
    """The objects of the tree by path (``""``, ``"encoder."``), each once."""
    found: dict[str, Instance] = {}
    seen: set[int] = set()
    work = [("", root)]
    while work:
        path, instance = work.pop()
        if id(instance) in seen:
            continue
        seen.add(id(instance))
        found[path] = instance
        for name, value in instance.attributes.items():
            if isinstance(value, Instance):
                work.append((f"{path}{name}.", value))
    return found
