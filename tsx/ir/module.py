"""Module: a program as a whole: classes, an attribute tree, functions, methods, weights, signatures.

``ir`` holds no arrays: a weight is a name, a dtype, sizes and an opaque ``data`` that upper layers understand
(``ops.weights`` wraps NumPy arrays and lazily mapped archive tensors).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from tsx.ir.graph import Attribute, Graph, WeightRef
from tsx.ir.location import Span
from tsx.ir.types import DType, TensorType, Type


class WeightData(Protocol):
    """The bytes behind a weight, contiguous and row-major."""

    @property
    def dtype(self) -> DType: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    def digest(self) -> bytes:
        """blake2b-256 of dtype name, shape and bytes (docs/archive.md); the identity of the contents."""
        ...


@dataclass(slots=True)
class ClassDef:
    """A class: its attributes with types, which of them are constants, and its methods."""

    name: str
    attributes: dict[str, Type] = field(default_factory=dict)
    methods: dict[str, Graph] = field(default_factory=dict)
    kind: str = "module"  # module · class · interface · enum · namedtuple
    parameters: tuple[str, ...] = ()
    buffers: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    members: tuple[tuple[str, object], ...] = ()  # of an enum: name, value

    def clone(self) -> ClassDef:
        """A copy whose attributes and methods can change."""
        methods = {name: graph.clone() for name, graph in self.methods.items()}
        return replace(self, attributes=dict(self.attributes), methods=methods)


@dataclass(slots=True, eq=False)
class Object:
    """An instance in the attribute tree; two attributes that hold the same object share it."""

    class_name: str
    attributes: dict[str, AttributeValue] = field(default_factory=dict)


AttributeValue = (
    None | bool | int | float | complex | str | WeightRef | Object
    | list["AttributeValue"] | tuple["AttributeValue", ...] | dict["AttributeValue", "AttributeValue"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TreeSpec:
    """How flat values make up a structured one.

    ``kind``: leaf · constant · none · tuple · list · dict · namedtuple · record. A ``leaf`` is the next flat value; a
    ``constant`` (``value``) was fixed at capture and is checked at entry. ``keys`` are dict keys or field names;
    ``label`` names the Python type a namedtuple or record came from, and is never imported; of a leaf that is a list
    it may say ``tuple``: a tuple whose length only a run knows (``tuple 0,2.1``: such items of a tuple).
    """

    kind: str
    children: tuple[TreeSpec, ...] = ()
    keys: tuple[str | int, ...] = ()
    label: str = ""
    value: bool | int | float | str | None = None

    def leaves(self) -> int:
        return 1 if self.kind == "leaf" else sum(child.leaves() for child in self.children)

    def paths(self, root: str = "") -> list[str]:
        """Where each leaf stands in the structured value: ``logits``, ``caches[0].keys``; ``root`` for a lone leaf."""
        if self.kind == "leaf":
            return [root]
        found: list[str] = []
        for index, child in enumerate(self.children):
            key = self.keys[index] if self.keys else index
            step = f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r}]"
            found += child.paths(f"{root}{step}" if root else step.removeprefix("."))
        return found


LEAF = TreeSpec("leaf")


@dataclass(frozen=True, slots=True)
class Pin:
    """A dimension that capture fixed: input, dimension, size, the reason and the line that needs it."""

    input: str
    dim: int
    size: int
    reason: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a method as callers see it; ``spec`` says how its leaves make it up.

    ``default`` holds what an argument that is left out means: one plain value, or nothing when it has to be given.
    """

    name: str
    spec: TreeSpec = LEAF
    keyword_only: bool = False
    default: tuple[Attribute, ...] = ()


@dataclass(slots=True)
class Method:
    """A graph with its border: flat graph inputs (after ``%self``) are the leaves of ``parameters`` in order."""

    graph: Graph
    parameters: tuple[Parameter, ...] = ()
    result: TreeSpec = LEAF
    pins: tuple[Pin, ...] = ()
    samples: tuple[TensorType, ...] = ()  # concrete types of the leaves at capture
    source: str = ""  # trace · script · pt · built

    @property
    def has_self(self) -> bool:
        inputs = self.graph.inputs
        return bool(inputs) and inputs[0].name == "self"

    def input_names(self) -> list[str]:
        return [value.name for value in self.graph.inputs[1 if self.has_self else 0 :]]


@dataclass(slots=True)
class Module:
    """A whole program.

    ``methods`` are the entry points by name (``forward`` first); ``classes`` the class table with their own methods;
    ``functions`` the function table (composite bodies are added by lowering and saving, not here);
    ``root`` the object that ``%self`` is, None for plain functions or once frozen.
    """

    name: str
    methods: dict[str, Method] = field(default_factory=dict)
    classes: dict[str, ClassDef] = field(default_factory=dict)
    functions: dict[str, Graph] = field(default_factory=dict)
    root: Object | None = None
    weights: dict[str, WeightData] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)  # producer, source digest, pass list

    def graphs(self) -> Iterator[tuple[str, Graph]]:
        """Every graph with its qualified name, entry points first."""
        for name, method in self.methods.items():
            yield name, method.graph
        for name, definition in self.classes.items():
            for method_name, graph in definition.methods.items():
                yield f"{name}.{method_name}", graph
        yield from self.functions.items()

    @property
    def forward(self) -> Method:
        """The entry point that a call means: ``forward``, else the only one."""
        return (
            self.methods["forward"]
            if "forward" in self.methods
            else next(iter(self.methods.values()))
        )

    def clone(self) -> Module:
        """A copy whose graphs, classes and attribute tree can change; weights, which can't, are shared."""
        return Module(
            self.name,
            {
                name: replace(method, graph=method.graph.clone())
                for name, method in self.methods.items()
            },
            {name: definition.clone() for name, definition in self.classes.items()},
            {name: graph.clone() for name, graph in self.functions.items()},
            copy_tree(self.root, {}) if self.root is not None else None,
            dict(self.weights),
            dict(self.metadata),
        )


def copy_tree(root: Object, copies: dict[int, Object]) -> Object:
    """A copy of an attribute tree; objects shared in the tree are shared in the copy."""
    if id(root) not in copies:
        copies[id(root)] = made = Object(root.class_name)
        made.attributes = {name: _copy_value(v, copies) for name, v in root.attributes.items()}
    return copies[id(root)]


def _copy_value(value: AttributeValue, copies: dict[int, Object]) -> AttributeValue:
    match value:
        case Object():
            return copy_tree(value, copies)
        case list():
            return [_copy_value(v, copies) for v in value]
        case tuple():
            return tuple(_copy_value(v, copies) for v in value)
        case dict():
            return {_copy_value(k, copies): _copy_value(v, copies) for k, v in value.items()}
        case _:
            return value
