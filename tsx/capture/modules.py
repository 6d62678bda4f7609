"""StateTree: a live module's attributes as the attribute tree of a program.

Takes what a door found by walking a module: objects, parameters, buffers, plain tensor attributes; the script compiler
adds values that a program writes, and says which objects share a class. Gives the ``%self`` object with its classes
(for a trace one for each object, named ``__torch__.Net.layer1.0``), and the weights by state_dict name; a tied weight
or a shared submodule is one thing reached by two names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tsx.ir.graph import WeightRef
from tsx.ir.module import AttributeValue, ClassDef, Object
from tsx.ir.types import (
    FLOAT,
    ClassType,
    DictType,
    ListType,
    OptionalType,
    TensorType,
    TupleType,
    Type,
)
from tsx.ops.weights import Weight

Path = tuple[str, ...]


@dataclass(slots=True)
class _Entry:
    """A submodule: what it holds, by attribute name."""

    arrays: dict[str, object] = field(default_factory=dict)
    children: dict[str, Path] = field(default_factory=dict)  # name -> path of the object
    parameters: list[str] = field(default_factory=list)
    buffers: list[str] = field(default_factory=list)
    values: dict[str, tuple[object, Type]] = field(default_factory=dict)


class StateTree:
    """The attribute tree of one live module, before and while it is traced."""

    def __init__(self, class_name: str) -> None:
        self._root_class = f"__torch__.{class_name}"
        self._entries: dict[Path, _Entry] = {(): _Entry()}
        self._paths: dict[int, Path] = {}
        self._kept: list[object] = []  # so that no id is used again
        self._objects: dict[int, Path] = {}
        self.scopes: dict[int, str] = {}  # id of a module object -> dotted path

    def add_object(self, path: Path, module: object) -> bool:
        """Adds the submodule at ``path``; False when it is one that another path already reached."""
        first = self._objects.setdefault(id(module), path)
        self.scopes.setdefault(id(module), ".".join(path))
        if path:
            self._entries[path[:-1]].children[path[-1]] = first
        if first != path:
            return False
        self._entries.setdefault(path, _Entry())
        return True

    def object_path(self, module: object) -> Path:
        """Where a submodule was first found."""
        return self._objects[id(module)]

    def add_array(self, path: Path, array: object, role: str) -> None:
        """Adds a tensor attribute; ``role`` is parameter, buffer or plain."""
        entry = self._entries[path[:-1]]
        entry.arrays[path[-1]] = array
        if role == "parameter":
            entry.parameters.append(path[-1])
        elif role == "buffer":
            entry.buffers.append(path[-1])
        self._paths.setdefault(id(array), path)
        self._kept.append(array)

    def add_value(self, path: Path, value: object, type: Type) -> None:
        """Adds an attribute that is no tensor and no object: a plain value, or a container of these and of tensors."""
        self._entries[path[:-1]].values[path[-1]] = value, type

    def add_alias(self, alias: object, array: object) -> None:
        """``alias`` stands for ``array`` while the module runs."""
        self._paths[id(alias)] = self._paths[id(array)]
        self._kept.append(alias)

    def path_of(self, array: object) -> Path | None:
        """Where ``array`` was first found."""
        return self._paths.get(id(array))

    def arrays(self) -> list[tuple[Path, object]]:
        """Every tensor attribute with its path, in the order of the walk."""
        return [
            ((*path, name), array)
            for path, entry in self._entries.items()
            for name, array in entry.arrays.items()
        ]

    def class_name(self, path: Path) -> str:
        return ".".join((self._root_class, *map(_identifier, path)))

    def build(
        self, weight: Callable[[object], Weight], shared: Mapping[Path, ClassDef] | None = None
    ) -> tuple[Object, dict[str, ClassDef], dict[str, Weight]]:
        """The ``%self`` object, the class table and the weights.

        ``shared`` gives the classes of objects; several may have one, and then their attributes have the same types.
        """
        given = shared or {path: ClassDef(self.class_name(path)) for path in self._entries}
        used = self._used(given)
        objects = {path: Object(given[path].name) for path in self._entries if path in used}
        holder = _Holder(weight)
        for (
            path
        ) in objects:  # names come from registered tensors, not from containers that hold them, too
            for name, array in self._entries[path].arrays.items():
                holder.hold((*path, name), array)
        classes: dict[str, ClassDef] = {}
        for path, made in objects.items():
            entry, definition = self._entries[path], given[path]
            for name, array in entry.arrays.items():
                ref = holder.hold((*path, name), array)
                made.attributes[name] = ref
                found = holder.weights[ref.name]
                definition.attributes.setdefault(name, TensorType(found.dtype, found.shape))
            for name, child in entry.children.items():
                if child in used:
                    value: AttributeValue = objects[child]
                    made.attributes[name] = value
                    definition.attributes[name] = ClassType(given[child].name)
            for name, (plain, plain_type) in entry.values.items():
                made.attributes[name] = holder.value((*path, name), plain, plain_type)
                definition.attributes[name] = plain_type
            definition.parameters = tuple(entry.parameters)
            definition.buffers = tuple(entry.buffers)
            classes[definition.name] = definition
        return objects[()], classes, holder.weights

    def _used(self, given: Mapping[Path, ClassDef]) -> set[Path]:
        """The objects that hold state or have methods, themselves or below; and the root."""
        used: set[Path] = {()}
        changed = True
        while changed:
            changed = False
            for path, entry in self._entries.items():
                if path not in used and (
                    entry.arrays
                    or entry.values
                    or given[path].methods
                    or any(c in used for c in entry.children.values())
                ):
                    used.add(path)
                    changed = True
        return used


class _Holder:
    """Weights by name; a tensor that several places hold is one."""

    def __init__(self, weight: Callable[[object], Weight]) -> None:
        self.weights: dict[str, Weight] = {}
        self._weight = weight
        self._names: dict[int, str] = {}

    def hold(self, path: Path, array: object) -> WeightRef:
        """The tensor at ``path``."""
        name = self._names.setdefault(id(array), ".".join(path))
        if name not in self.weights:
            self.weights[name] = self._weight(array)
        return WeightRef(name)

    def value(self, path: Path, value: object, type: Type) -> AttributeValue:
        """The value of an attribute of ``type``, with the tensors in it by name."""
        match type:
            case OptionalType(element):
                return None if value is None else self.value(path, value, element)
            case TensorType():
                return self.hold(path, value)
            case ListType(element) if isinstance(value, (list, tuple)):
                return [self.value((*path, str(i)), v, element) for i, v in enumerate(value)]
            case TupleType(elements) if isinstance(value, tuple):
                pairs = enumerate(zip(value, elements, strict=True))
                return tuple(self.value((*path, str(i)), v, t) for i, (v, t) in pairs)
            case DictType(_, element) if isinstance(value, dict):
                return {k: self.value((*path, str(k)), v, element) for k, v in value.items()}
        if type == FLOAT and isinstance(value, int):
            return float(value)
        assert value is None or isinstance(value, (bool, int, float, complex, str))
        return value


def _identifier(name: str) -> str:
    """A part of a class name: ``Sequential``'s children are called 0, 1, … and print as ``_0``, ``_1``."""
    return name if name.isidentifier() else "_" + "".join(c if c.isalnum() else "_" for c in name)
