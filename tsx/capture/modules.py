"""StateTree: a live module's attributes as the attribute tree of a program.

Takes what a door found by walking a module: objects, parameters, buffers, plain tensor attributes. Gives the ``%self``
object with its classes, one for each object (named ``__torch__.Net.layer1.0``), and the weights by state_dict name; a
tied weight or a shared submodule is one thing reached by two names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tsx.ir.graph import WeightRef
from tsx.ir.module import AttributeValue, ClassDef, Object
from tsx.ir.types import ClassType, TensorType
from tsx.ops.weights import Weight

Path = tuple[str, ...]


@dataclass(slots=True)
class _Entry:
    """A submodule: what it holds, by attribute name."""

    arrays: dict[str, object] = field(default_factory=dict)
    children: dict[str, Path] = field(default_factory=dict)  # name -> path of the object
    parameters: list[str] = field(default_factory=list)
    buffers: list[str] = field(default_factory=list)


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
        self, weight: Callable[[object], Weight]
    ) -> tuple[Object, dict[str, ClassDef], dict[str, Weight]]:
        """The ``%self`` object, the class table and the weights."""
        weights: dict[str, Weight] = {}
        names: dict[int, str] = {}
        used = self._stateful()
        objects = {path: Object(self.class_name(path)) for path in self._entries if path in used}
        classes: dict[str, ClassDef] = {}
        for path, made in objects.items():
            entry = self._entries[path]
            definition = ClassDef(made.class_name)
            for name, array in entry.arrays.items():
                key = names.setdefault(id(array), ".".join((*path, name)))
                if key not in weights:
                    weights[key] = weight(array)
                made.attributes[name] = WeightRef(key)
                definition.attributes[name] = TensorType(weights[key].dtype, weights[key].shape)
            for name, child in entry.children.items():
                if child in used:
                    value: AttributeValue = objects[child]
                    made.attributes[name] = value
                    definition.attributes[name] = ClassType(self.class_name(child))
            definition.parameters = tuple(entry.parameters)
            definition.buffers = tuple(entry.buffers)
            classes[definition.name] = definition
        return objects[()], classes, weights

    def _stateful(self) -> set[Path]:
        """The objects that hold tensors, themselves or below; and the root."""
        used: set[Path] = {()}
        changed = True
        while changed:
            changed = False
            for path, entry in self._entries.items():
                if path not in used and (
                    entry.arrays or any(c in used for c in entry.children.values())
                ):
                    used.add(path)
                    changed = True
        return used


def _identifier(name: str) -> str:
    """A part of a class name: ``Sequential``'s children are called 0, 1, … and print as ``_0``, ``_1``."""
    return name if name.isidentifier() else "_" + "".join(c if c.isalnum() else "_" for c in name)
