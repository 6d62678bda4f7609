"""A session's state as a module of its own, to be saved: there is no second format for state (docs/archive.md).

Takes the loaded module and a session of it, gives a module whose attribute tree holds the values that the session has
now. Nothing is shared that could change; weights that no method writes stay the loaded ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tsx.ir.graph import WeightRef
from tsx.ir.module import AttributeValue, Module, Object
from tsx.ops.dtypes import Array
from tsx.ops.weights import Weight
from tsx.runtime.session import Session
from tsx.runtime.values import Instance, Value


def with_state(module: Module, session: Session) -> Module:
    """A copy of ``module`` in the state of ``session``. A tensor keeps its weight's name, or gets its attribute's."""
    copy = module.clone()
    if copy.root is not None:
        with session.lock:
            copy.root = _Taker(copy, set(_constants(module))).object("", session.root, copy.root)
    return copy


def _constants(module: Module) -> Iterator[str]:
    """The weights that graphs name themselves; state never takes their names."""
    for _, graph in module.graphs():
        for node in graph.all_nodes():
            value = node.attributes.get("value")
            if isinstance(value, WeightRef):
                yield value.name


class _Taker:
    """Objects and arrays that the session shares are shared in the copy."""

    def __init__(self, module: Module, reserved: set[str]) -> None:
        self.module = module
        self.reserved = reserved
        self.objects: dict[int, Object] = {}
        self.names: dict[int, str] = {}  # of arrays

    def object(self, path: str, source: Instance, old: AttributeValue) -> Object:
        made = self.objects.get(id(source))
        if made is None:
            made = self.objects[id(source)] = Object(source.class_name)
            known = old.attributes if isinstance(old, Object) else {}
            for name, value in source.attributes.items():
                inner = f"{path}.{name}" if path else name
                made.attributes[name] = self.value(inner, value, known.get(name))
        return made

    def value(self, path: str, value: Value, old: AttributeValue) -> AttributeValue:
        match value:
            case Instance():
                return self.object(path, value, old)
            case np.ndarray():
                return WeightRef(self.weight(path, value, old))
            case list() | tuple():
                parts = [self.value(f"{path}.{i}", v, None) for i, v in enumerate(value)]
                return parts if isinstance(value, list) else tuple(parts)
            case dict():
                return {k: self.value(f"{path}.{k}", v, None) for k, v in value.items()}
        assert value is None or isinstance(value, (bool, int, float, complex, str, WeightRef))
        return value

    def weight(self, path: str, array: Array, old: AttributeValue) -> str:
        if id(array) not in self.names:
            name = old.name if isinstance(old, WeightRef) else path
            while name in self.reserved:
                name += ".state"
            self.reserved.add(name)
            self.names[id(array)] = name
            self.module.weights[name] = Weight(array.copy())
        return self.names[id(array)]
