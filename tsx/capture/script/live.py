"""Live module instances as classes and objects of a program: who shares a class, what is constant, what is written.

Takes module instances through a ``World`` (torch's modules, tsx.nn's); gives a ``Live`` for each, with the class that
it shares with all instances whose constants, attribute types and children agree. What a program writes is known from
``Facts``, which outlive a compilation: when compiling finds a write to what it took for a constant, it notes the fact
and starts again.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tsx.capture.modules import Path, StateTree
from tsx.capture.script.annotations import BadAnnotation
from tsx.capture.script.classes import of_program, own_annotations
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.module import ClassDef, Object, WeightData
from tsx.ops.weights import Weight

if TYPE_CHECKING:
    from tsx.capture.script.program import Program


class World(Protocol):
    """A library of modules."""

    base: type
    library: str  # that its tensors are of: "torch", "numpy"

    def is_array(self, obj: object) -> bool:
        """Whether ``obj`` is a tensor of this library."""

    def state(self, module: Any) -> StateTree:
        """The tensors and children of a module and of everything below."""

    def weight(self, array: Any) -> Weight:
        """A copy of a tensor's contents."""

    def tensor_type(self, array: Any) -> ty.TensorType:
        """Its dtype and sizes."""

    def children(self, module: Any) -> dict[str, Any]:
        """The registered submodules that are there."""

    def arrays(self, module: Any) -> dict[str, Any]:
        """Parameters, buffers and plain tensor attributes that are there."""

    def plain(self, module: Any) -> dict[str, Any]:
        """The other attributes of the instance; a parameter, buffer or submodule that is None among them."""

    def overloads(self, cls: type, function: Any) -> list[Any]:
        """The declared overloads of a method."""

    def hooks(self, module: Any) -> tuple[list[tuple[Any, bool]], list[tuple[Any, bool]]]:
        """Forward pre-hooks and forward hooks, each with whether it takes keyword arguments too."""


worlds: list[World] = []
"""The libraries of modules that are loaded; each adds itself."""


def world_of(obj: object) -> World | None:
    """The library whose module ``obj`` is."""
    return next((world for world in worlds if isinstance(obj, world.base)), None)


@dataclass(eq=False, slots=True)
class LiveClass:
    """What instances with one class have in common."""

    definition: ClassDef
    lives: list[Live] = field(default_factory=list)
    names: set[str] = field(default_factory=set)  # of its methods

    @property
    def type(self) -> ty.ClassType:
        return ty.ClassType(self.definition.name)

    @property
    def sample(self) -> Live:
        """The instance that stands for all while methods are compiled."""
        return self.lives[0]


@dataclass(eq=False, slots=True)
class Live:
    """One live module: where it was first found below the root, and its class."""

    obj: Any
    world: World
    path: Path
    cls: LiveClass


@dataclass(eq=False, slots=True)
class LiveTree:
    """All module instances of one compilation below one root."""

    program: Program
    root: Any
    world: World
    tree: StateTree
    lives: dict[int, Live] = field(default_factory=dict)
    paths: dict[Path, Live] = field(default_factory=dict)
    _entered: set[int] = field(default_factory=set)
    _keys: dict[int, object] = field(default_factory=dict)
    _classes: dict[object, LiveClass] = field(default_factory=dict)

    @staticmethod
    def of(program: Program, root: Any, world: World) -> LiveTree:
        """The tree below ``root``."""
        made = LiveTree(program, root, world, world.state(root))
        made._adopt((), root, is_seen=True)
        return made

    def _adopt(self, path: Path, obj: Any, *, is_seen: bool) -> None:
        """Takes a module in; ``is_seen``: the library itself walks to it, so the tree has it already."""
        if id(obj) in self._entered:
            return
        self._entered.add(id(obj))
        registered = self.world.children(obj)
        for name, child in _children(self.world, obj):
            inner = (*path, name)
            below = is_seen and name in registered
            if not below and self.tree.add_object(inner, child):
                for own, array in self.world.arrays(child).items():
                    self.tree.add_array((*inner, own), array, "plain")
            self._adopt(self.tree.object_path(child), child, is_seen=below)
        key = self.key(obj)
        found = self._classes.get(key)
        if found is None:
            name = self.program.unique_name(class_name(type(obj)))
            found = self._classes[key] = LiveClass(ClassDef(name))
        live = Live(obj, self.world, path, found)
        found.lives.append(live)
        self.lives[id(obj)] = self.paths[path] = live

    # -- who shares a class -------------------------------------------------------------------------------------------

    def key(self, obj: Any) -> object:
        """Equal for instances that can share a class."""
        if id(obj) not in self._keys:
            self._keys[id(obj)] = None  # a module that holds itself
            own = {id(array): name for name, array in self.world.arrays(obj).items()}
            parts: list[object] = [type(obj)]
            for name, array in self.world.arrays(obj).items():
                parts.append((name, own[id(array)], str(self.attribute_type(obj, name, array))))
            for name, value in self.world.plain(obj).items():
                parts.append((name, self._described(obj, name, value, own)))
            for name, child in self.world.children(obj).items():
                parts.append((name, self.key(child)))
            parts += [
                tuple((id(hook), flag) for hook, flag in hooks) for hooks in self.world.hooks(obj)
            ]
            self._keys[id(obj)] = tuple(parts)
        return self._keys[id(obj)]

    def _described(self, obj: Any, name: str, value: object, own: Mapping[int, str]) -> object:
        if self.is_written(obj, name):
            return str(self.attribute_type(obj, name, value))
        return self._value_key(value, own)

    def _value_key(self, value: Any, own: Mapping[int, str]) -> object:
        if value is None or isinstance(value, (bool, int, float, complex, str)):
            return type(value), repr(value)
        if self.world.is_array(value):
            return own.get(id(value), str(self.world.tensor_type(value)))
        if isinstance(value, self.world.base):
            return self.key(value)
        if type(value) in (list, tuple):
            return type(value), *(self._value_key(v, own) for v in value)
        if type(value) is dict:
            return dict, *((repr(k), self._value_key(v, own)) for k, v in value.items())
        return id(value)

    # -- attributes ---------------------------------------------------------------------------------------------------

    def is_written(self, obj: Any, name: str) -> bool:
        """Whether the program may write attribute ``name`` of the instances of this class."""
        return (type(obj), name) in self.program.facts.written

    def attribute_type(self, obj: Any, name: str, value: object) -> ty.Type | None:
        """The type of an attribute as the class table has it; None for a value that no program can hold."""
        if self.is_written(obj, name):
            learnt: ty.Type | None = self.program.facts.written[type(obj), name]
            return learnt or self.declared_type(obj, name) or self.erased_type(value)
        if isinstance(value, (list, dict)):
            return self.declared_type(obj, name) or self.value_type(value)
        return self.value_type(value)

    def erased_type(self, value: object) -> ty.Type | None:
        """The type of a value, without what is known of the tensors in it."""
        found = self.value_type(value)
        return ty.erase_shapes(found) if found is not None else None

    def declared_type(self, obj: Any, name: str) -> ty.Type | None:
        """What an annotation in the body of the class, or in its ``__init__``, says of an attribute."""
        annotations = own_annotations(type(obj))
        try:
            if name in annotations:
                return of_program(self.program).reader(type(obj)).read(annotations[name])
            found = declared_in_init(self.program, type(obj), name)
        except BadAnnotation:
            return None
        value = getattr(obj, name, None)
        return found if found is not None and _holds(found, value, [self.world]) else None

    def value_type(self, value: object) -> ty.Type | None:
        """The type of a live value."""
        return _value_type(value, [self.world])

    # -- the result ---------------------------------------------------------------------------------------------------

    def build(self) -> tuple[Object, dict[str, ClassDef], dict[str, WeightData]]:
        """The attribute tree, the classes of the objects in it and the weights."""
        shared = {path: live.cls.definition for path, live in self.paths.items()}
        root, classes, weights = self.tree.build(self.world.weight, shared)
        return root, classes, dict(weights)

    def hold(self, live: Live, name: str, type: ty.Type) -> None:
        """Makes an attribute that is no registered tensor and no module part of every object of the class."""
        if name in live.cls.definition.attributes:
            return
        live.cls.definition.attributes[name] = type
        for path, other in self.paths.items():
            if other.cls is live.cls:
                self.tree.add_value((*path, name), _at(other.obj, name), type)

    def hold_array(self, live: Live, name: str, array: Any) -> None:
        """Makes a tensor inside a container (``weights.0``) an attribute of every object of the class."""
        if name in live.cls.definition.attributes:
            return
        live.cls.definition.attributes[name] = self.world.tensor_type(array)
        for path, other in self.paths.items():
            if other.cls is live.cls:
                self.tree.add_array((*path, name), _at(other.obj, name), "plain")


def declared_in_init(program: Program, cls: type, name: str) -> ty.Type | None:
    """What ``self.name: T = …`` in the ``__init__`` of a class or its bases says of a container or an Optional."""
    for base in cls.__mro__:
        init = vars(base).get("__init__")
        if not inspect.isfunction(init):
            continue
        try:
            source = program.source(init)
        except TsxError:  # a class that was made without source
            continue
        owners = [arg.arg for arg in (*source.tree.args.posonlyargs, *source.tree.args.args)[:1]]
        for node in ast.walk(source.tree):
            match node:
                case ast.AnnAssign(ast.Attribute(ast.Name(owner), attr), annotation) if (
                    attr == name and owner in owners
                ):
                    found = program.reader_of(source).read(annotation)
                    return found if isinstance(found, _DECLARED) else None
    return None


_DECLARED = (
    ty.ListType,
    ty.DictType,
    ty.OptionalType,
    ty.UnionType,
)  # what a value alone doesn't tell


def _holds(type: ty.Type, value: object, known: Sequence[World]) -> bool:
    """Whether a live value is one of a type: an empty list is one of each type of lists."""
    match type, value:
        case ty.ListType(element), list():
            return all(_holds(element, item, known) for item in value)
        case ty.DictType(key, element), dict():
            pairs = value.items()
            return all(_holds(key, k, known) and _holds(element, v, known) for k, v in pairs)
        case ty.TupleType(elements), tuple() if len(elements) == len(value):
            return all(map(functools.partial(_holds, known=known), elements, value))
        case ty.OptionalType(element), _:
            return value is None or _holds(element, value, known)
        case ty.UnionType(members), _:
            return any(_holds(member, value, known) for member in members)
    found = _value_type(value, known)
    return found is not None and ty.is_subtype(ty.erase_shapes(found), type)


def sample_type(value: object) -> ty.Type | None:
    """The type that a sample argument, or a default, gives to a parameter; None for what no program can hold."""
    found = _value_type(value, worlds)
    return ty.erase_shapes(found) if found is not None else None


def concrete_type(value: object) -> ty.Type | None:
    """The type of a sample argument with its sizes; None for what no program can hold."""
    return _value_type(value, worlds)


def _value_type(value: object, known: Sequence[World]) -> ty.Type | None:
    for world in known:
        if world.is_array(value):
            return world.tensor_type(value)
    for python, type_ in _ATOMS.items():
        if type(value) is python:
            return type_
    if isinstance(value, tuple):
        items = [_value_type(v, known) for v in value]
        found = tuple(t for t in items if t is not None)
        return ty.TupleType(found) if len(found) == len(items) else None
    if isinstance(value, list):
        element = _common(value, known)
        return ty.ListType(element) if element is not None else None
    if isinstance(value, dict):
        key, element = _common(list(value), known, ty.STR), _common(list(value.values()), known)
        return ty.DictType(key, element) if key is not None and element is not None else None
    return None


def _common(
    values: list[object], known: Sequence[World], empty: ty.Type = ty.TENSOR
) -> ty.Type | None:
    """The least type that holds all values."""
    found: ty.Type | None = None
    for value in values:
        type_ = _value_type(value, known)
        if type_ is None:
            return None
        type_ = ty.erase_shapes(type_)
        found = type_ if found is None else ty.unify(found, type_)
        if found is None:
            return None
    return empty if found is None else found


_ATOMS: dict[type, ty.Type] = {
    type(None): ty.NONE, bool: ty.BOOL, int: ty.INT, float: ty.FLOAT, complex: ty.COMPLEX, str: ty.STR,
}  # fmt: skip


def class_name(cls: type) -> str:
    """The name of a module's class in the class table."""
    return f"__torch__.{cls.__module__}.{cls.__qualname__}".replace("<locals>.", "")


def _at(obj: Any, name: str) -> Any:
    """An attribute, or what a container attribute holds: ``weights``, ``weights.0``, ``tables.first.1``."""
    first, *steps = name.split(".")
    found = getattr(obj, first)
    for step in steps:
        if isinstance(found, dict):
            found = next(v for k, v in found.items() if str(k) == step)
        else:
            found = found[int(step)]
    return found


def _children(world: World, obj: Any) -> Iterator[tuple[str, Any]]:
    """The submodules of ``obj``: those that it registered, and those in plain lists, tuples and dicts."""
    yield from world.children(obj).items()
    for name, value in world.plain(obj).items():
        items: Any = ()
        if type(value) in (list, tuple):
            items = enumerate(value)
        elif type(value) is dict:
            items = value.items()
        for key, item in items:
            if isinstance(item, world.base):
                yield f"{name}.{key}", item
