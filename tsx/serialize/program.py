"""The program section: methods, classes, functions and the attribute tree around one unit (docs/archive.md, section 5).

Takes a module and gives msgpack rows, and the other way round. ``operators`` does composite bodies, ``debug`` the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.graph import Attribute, Graph, WeightRef
from tsx.ir.module import (
    AttributeValue,
    ClassDef,
    Method,
    Module,
    Object,
    Parameter,
    Pin,
    TreeSpec,
)
from tsx.serialize import checked, limits
from tsx.serialize.graph_codec import UnitReader, UnitWriter

_CLASS_KINDS = ("module", "class", "interface", "enum", "namedtuple")
_TREE_KINDS = ("leaf", "constant", "none", "tuple", "list", "dict", "namedtuple", "record")
_KEYED = ("dict", "namedtuple", "record")
_SOURCES = ("trace", "script", "pt", "built", "")
_Entry = TypeVar("_Entry")
_KEYS = ("bodies", "classes", "functions", "methods", "objects", "root", "unit")


def write_program(module: Module, unit: UnitWriter) -> dict[str, Any]:
    """The section's value, without bodies; ``unit`` learns the graphs: methods', classes' methods', functions."""
    methods = [_method_row(name, method, unit) for name, method in module.methods.items()]
    classes = [_class_row(definition, unit) for definition in module.classes.values()]
    function_rows = [[name, unit.graph(graph)] for name, graph in module.functions.items()]
    objects = _ObjectWriter(unit)
    root = None if module.root is None else objects.add(module.root)
    return {
        "bodies": [],
        "classes": classes,
        "functions": function_rows,
        "methods": methods,
        "objects": objects.rows,
        "root": root,
        "unit": unit.rows(),
    }


def _method_row(name: str, method: Method, unit: UnitWriter) -> list[Any]:
    return [
        name,
        unit.graph(method.graph),
        [_parameter_row(p, unit) for p in method.parameters],
        _tree_row(method.result, unit),
        [[pin.input, pin.dim, pin.size, pin.reason] for pin in method.pins],
        [unit.types.type(sample) for sample in method.samples],
        method.source,
    ]


def _parameter_row(parameter: Parameter, unit: UnitWriter) -> list[Any]:
    row = [parameter.name, _tree_row(parameter.spec, unit), parameter.keyword_only]
    return [*row, *([unit.attribute(value)] for value in parameter.default)]


def _tree_row(tree: TreeSpec, unit: UnitWriter) -> list[Any]:
    children = [_tree_row(child, unit) for child in tree.children]
    return [tree.kind, children, tree.keys, tree.label, unit.attribute(tree.value)]


def _class_row(definition: ClassDef, unit: UnitWriter) -> list[Any]:
    return [
        definition.name,
        definition.kind,
        [[name, unit.types.type(type)] for name, type in definition.attributes.items()],
        [[name, unit.graph(graph)] for name, graph in definition.methods.items()],
        definition.parameters,
        definition.buffers,
        definition.bases,
        [[name, unit.attribute(_plain(value))] for name, value in definition.members],
    ]


def _plain(value: object) -> bool | int | float | complex | str | None:
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return value
    raise fail("TSX6010", what=f"the member of an enum is a {type(value).__name__}")


class _ObjectWriter:
    """Objects, each after those it holds, each once."""

    def __init__(self, unit: UnitWriter) -> None:
        self.rows: list[Any] = []
        self._unit = unit
        self._numbers: dict[int, int] = {}  # id of an object: its row
        self._open: set[int] = set()

    def add(self, object: Object) -> int:
        """The index of ``object``, which is entered together with all it holds."""
        if id(object) in self._numbers:
            return self._numbers[id(object)]
        if id(object) in self._open:
            raise fail("TSX6010", what=f"an object of class {object.class_name} holds itself")
        self._open.add(id(object))
        limits.within("the nesting of objects", len(self._open), limits.DEPTH)
        attributes = [[name, self._value(value)] for name, value in object.attributes.items()]
        self._open.discard(id(object))
        self.rows.append([object.class_name, attributes])
        self._numbers[id(object)] = len(self.rows) - 1
        return self._numbers[id(object)]

    def _value(self, value: AttributeValue) -> Any:
        match value:
            case Object():
                return ["object", self.add(value)]
            case list():
                return ["list", *(self._value(item) for item in value)]
            case tuple():
                return ["tuple", *(self._value(item) for item in value)]
            case dict():
                pairs = ((self._value(k), self._value(v)) for k, v in value.items())
                return ["dict", *(part for pair in pairs for part in pair)]
            case _:
                return self._unit.attribute(value)


@dataclass(slots=True)
class Parts:
    """A program section as read: the module still lacks weights, names of values, and the check of the verifier."""

    module: Module
    unit: UnitReader
    bodies: list[Any]


def read_program(rows: Any, name: str) -> Parts:
    """The inverse of ``write_program``."""
    program = checked.mapping(rows, "the program", _KEYS)
    unit = UnitReader(program["unit"])
    module = Module(name)
    graphs = _GraphsInOrder(unit.graphs)
    for row in checked.array(program["methods"], "the methods"):
        method_name, method = _read_method(row, unit, graphs)
        _add(module.methods, method_name, method, "the methods")
    for row in checked.array(program["classes"], "the classes"):
        definition = _read_class(row, unit, graphs)
        _add(module.classes, definition.name, definition, "the classes")
    for row in checked.array(program["functions"], "the functions"):
        function, graph = checked.array(row, "a function", 2)
        checked.name(function, "the name of a function")
        _add(module.functions, function, graphs.take(graph), "the functions")
    graphs.check_all_taken()
    objects = _ObjectReader(unit)
    for row in checked.array(program["objects"], "the objects"):
        objects.add(row)
    if program["root"] is not None:
        module.root = objects.at(program["root"])
    return Parts(module, unit, checked.array(program["bodies"], "the bodies"))


def _add(table: dict[str, _Entry], name: str, entry: _Entry, what: str) -> None:
    if name in table:
        raise checked.malformed(f"{what} have {name!r} twice")
    table[name] = entry


class _GraphsInOrder:
    """Every graph of the unit belongs to one place, in order."""

    def __init__(self, graphs: list[Graph]) -> None:
        self._graphs = graphs
        self._next = 0

    def take(self, at: Any) -> Graph:
        if checked.index(at, self._graphs, "a graph") != self._next:
            raise checked.malformed("the graphs are not in the order of their uses")
        self._next += 1
        return self._graphs[self._next - 1]

    def check_all_taken(self) -> None:
        if self._next != len(self._graphs):
            raise checked.malformed("a graph has no use")


def _read_method(row: Any, unit: UnitReader, graphs: _GraphsInOrder) -> tuple[str, Method]:
    name, graph, parameters, result, pins, samples, source = checked.array(row, "a method", 7)
    what = f"method {checked.name(name, 'the name of a method')!r}"
    method = Method(
        graphs.take(graph),
        tuple(_read_parameter(p, unit) for p in checked.array(parameters, f"the inputs of {what}")),
        _read_tree(result, unit),
        tuple(_read_pin(pin) for pin in checked.array(pins, f"the pins of {what}")),
        tuple(_read_sample(at, unit) for at in checked.array(samples, f"the samples of {what}")),
        checked.string(source, f"the source of {what}"),
    )
    if source not in _SOURCES:
        raise checked.malformed(f"{source!r:.60} is no source of a method")
    checked.unique([p.name for p in method.parameters], f"the inputs of {what}")
    return name, method


def _read_parameter(row: Any, unit: UnitReader) -> Parameter:
    has_default = len(checked.array(row, "a parameter")) > 3
    name, tree, keyword_only, *rest = checked.array(row, "a parameter", 4 if has_default else 3)
    spec = _read_tree(tree, unit)
    if rest and spec.kind != "leaf":
        raise checked.malformed(f"a parameter of kind {spec.kind} has no default")
    return Parameter(
        checked.name(name, "the name of a parameter"),
        spec,
        checked.boolean(keyword_only, "whether a parameter is keyword-only"),
        tuple(_read_default(row, unit) for row in rest),
    )


def _read_default(row: Any, unit: UnitReader) -> Attribute:
    (value,) = checked.array(row, "a default", 1)
    read = unit.attribute(value, "a default")
    if not _is_plain(read):
        raise checked.malformed("a default has to be plain")
    return read


def _is_plain(value: Attribute) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, complex, str))


def _read_pin(row: Any) -> Pin:
    name, dim, size, reason = checked.array(row, "a pin", 4)
    return Pin(
        checked.name(name, "the input of a pin"),
        checked.integer(dim, "the dimension of a pin", 0, limits.RANK - 1),
        checked.integer(size, "the size of a pin", 0),
        checked.string(reason, "the reason of a pin"),
    )


def _read_sample(at: Any, unit: UnitReader) -> ty.TensorType:
    sample = unit.type(at, "a sample")
    if not isinstance(sample, ty.TensorType):
        raise checked.malformed("a sample has to be a tensor type")
    return sample


def _read_tree(row: Any, unit: UnitReader) -> TreeSpec:
    kind, children, keys, label, value = checked.array(row, "a tree", 5)
    if kind not in _TREE_KINDS:
        raise checked.malformed(f"{kind!r:.60} is no kind of tree")
    tree = TreeSpec(
        kind,
        tuple(_read_tree(child, unit) for child in checked.array(children, "the parts of a tree")),
        tuple(_read_key(key) for key in checked.array(keys, "the keys of a tree")),
        checked.string(label, "the label of a tree"),
        _read_constant(value, unit),
    )
    if len(tree.keys) != (len(tree.children) if kind in _KEYED else 0):
        raise checked.malformed(f"a {kind} with {len(tree.keys)} keys")
    if tree.children and kind in ("leaf", "constant", "none"):
        raise checked.malformed(f"a {kind} has no parts")
    if tree.value is not None and kind != "constant":
        raise checked.malformed(f"a {kind} has no value")
    if len(set(tree.keys)) != len(tree.keys):
        raise checked.malformed(f"a {kind} has a key twice")
    return tree


def _read_key(key: Any) -> str | int:
    return checked.string(key, "a key") if isinstance(key, str) else checked.integer(key, "a key")


def _read_constant(value: Any, unit: UnitReader) -> bool | int | float | str | None:
    read = unit.attribute(value, "the value of a tree")
    if read is None or isinstance(read, (bool, int, float, str)):
        return read
    raise checked.malformed("the value of a tree has to be plain")


def _read_class(row: Any, unit: UnitReader, graphs: _GraphsInOrder) -> ClassDef:
    name, kind, attributes, methods, parameters, buffers, bases, members = checked.array(
        row, "a class", 8
    )
    definition = ClassDef(checked.dotted(name, "the name of a class"))
    definition.kind = checked.string(kind, f"the kind of class {name}")
    if kind not in _CLASS_KINDS:
        raise checked.malformed(f"{kind!r:.60} is no kind of class")
    what = f"class {name}"
    for pair in checked.array(attributes, f"the attributes of {what}"):
        label, type_at = checked.array(pair, f"an attribute of {what}", 2)
        checked.name(label, f"the name of an attribute of {what}")
        _add(definition.attributes, label, unit.type(type_at, f"the type of {label!r}"), what)
    for pair in checked.array(methods, f"the methods of {what}"):
        label, graph = checked.array(pair, f"a method of {what}", 2)
        checked.name(label, f"the name of a method of {what}")
        _add(definition.methods, label, graphs.take(graph), what)
    definition.parameters = _read_names(parameters, f"the parameters of {what}")
    definition.buffers = _read_names(buffers, f"the buffers of {what}")
    definition.bases = _read_names(bases, f"the bases of {what}")
    pairs = [checked.array(p, "a member", 2) for p in checked.array(members, "the members")]
    definition.members = tuple(
        (checked.name(label, "a member"), unit.attribute(value, f"member {label!r} of {what}"))
        for label, value in pairs
    )
    checked.unique([label for label, _ in definition.members], f"the members of {what}")
    return definition


def _read_names(rows: Any, what: str) -> tuple[str, ...]:
    names = tuple(checked.name(name, what) for name in checked.array(rows, what))
    checked.unique(names, what)
    return names


class _ObjectReader:
    """Objects that refer to earlier ones only."""

    def __init__(self, unit: UnitReader) -> None:
        self._unit = unit
        self._objects: list[Object] = []
        self._growth = limits.Growth("objects")
        self._parts: list[int] = []

    def at(self, number: Any) -> Object:
        at = checked.index(number, self._objects, "an object")
        self._parts.append(at)
        return self._objects[at]

    def add(self, row: Any) -> None:
        class_name, attributes = checked.array(row, "an object", 2)
        object = Object(checked.dotted(class_name, "the class of an object"))
        self._parts = []
        for pair in checked.array(attributes, f"the attributes of a {class_name}"):
            name, value = checked.array(pair, f"an attribute of a {class_name}", 2)
            checked.name(name, f"the name of an attribute of a {class_name}")
            _add(object.attributes, name, self._value(value, name), f"a {class_name}")
        self._growth.add(self._parts, 1 + len(object.attributes))
        self._objects.append(object)

    def _value(self, value: Any, what: str) -> AttributeValue:
        tag, *fields = value if isinstance(value, list) and value else [None]
        if tag == "object" and len(fields) == 1:
            return self.at(fields[0])
        containers: dict[str, Callable[[list[AttributeValue]], AttributeValue]] = {
            "list": list, "tuple": tuple, "dict": lambda items: _dict(items, what),
        }  # fmt: skip
        if isinstance(tag, str) and tag in containers:
            return containers[tag]([self._value(item, what) for item in fields])
        read = self._unit.attribute(value, f"attribute {what!r}")
        if isinstance(read, (ty.Type, tuple)):
            raise checked.malformed(f"attribute {what!r} of an object is a type")
        return read


def _dict(items: list[AttributeValue], what: str) -> AttributeValue:
    keys, values = items[0::2], items[1::2]
    plain = (bool, int, float, complex, str, WeightRef, type(None))
    if len(keys) != len(values) or not all(isinstance(key, plain) for key in keys):
        raise checked.malformed(f"{what!r} is no dictionary")
    made: dict[AttributeValue, AttributeValue] = dict(zip(keys, values, strict=True))
    if len(made) != len(keys):
        raise checked.malformed(f"{what!r} has a key twice")
    return made
