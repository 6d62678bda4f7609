"""Builder: appends nodes at a place in a graph, with an origin for each.

A builder holds the insertion point and the current origin; captures set the origin before every operation, passes use
``Origin.merge`` of the nodes they replace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tsx.ir import types as ty
from tsx.ir.graph import Attribute, Block, Graph, Node, Value, WeightRef
from tsx.ir.location import Origin


class Builder:
    """Inserts before ``anchor`` (a block's return node: at its end)."""

    def __init__(self, anchor: Node, origin: Origin) -> None:
        self.anchor = anchor
        self.origin = origin

    @staticmethod
    def at_end(block: Block, origin: Origin) -> Builder:
        return Builder(block.return_node, origin)

    @property
    def graph(self) -> Graph:
        return self.anchor.graph

    def node(
        self,
        kind: str,
        inputs: Sequence[Value] = (),
        types: Sequence[ty.Type] = (),
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Node:
        made = self.graph.create(kind, inputs, types, origin=self.origin, attributes=attributes)
        return made.insert_before(self.anchor)

    def op(self, kind: str, inputs: Sequence[Value], type: ty.Type, name: str = "") -> Value:
        """One operator with one result."""
        value = self.node(kind, inputs, (type,)).output
        if name:
            value.name = name
        return value

    def constant(self, value: Attribute, type: ty.Type | None = None, name: str = "") -> Value:
        """A ``prim::Constant``; the type is told from the value unless it is a list, a tensor or a device."""
        attributes = {} if value is None else {"value": value}
        return self._named(
            self.node("prim::Constant", (), (type or constant_type(value),), attributes), name
        )

    def weight(self, name: str, type: ty.TensorType) -> Value:
        """A tensor constant: an entry of the module's weight table."""
        return self._named(
            self.node("prim::Constant", (), (type,), {"value": WeightRef(name)}), name
        )

    def list(self, elements: Sequence[Value], element_type: ty.Type) -> Value:
        return self.op("prim::ListConstruct", elements, ty.ListType(element_type))

    def tuple(self, elements: Sequence[Value]) -> Value:
        type = ty.TupleType(tuple(e.type for e in elements))
        return self.op("prim::TupleConstruct", elements, type)

    def get_attr(self, object: Value, name: str, type: ty.Type) -> Value:
        made = self.node("prim::GetAttr", (object,), (type,), {"name": name})
        # The children of a Sequential are called 0, 1, …
        return self._named(made, name if name.isidentifier() else "")

    @staticmethod
    def _named(node: Node, name: str) -> Value:
        value = node.output
        if name:
            value.name = name
        return value


def constant_type(value: Attribute) -> ty.Type:
    """The type of a constant that its Python value decides alone; a tuple is taken for a list of its first element."""
    if value is None:
        return ty.NONE
    if isinstance(value, tuple):
        return ty.ListType(constant_type(value[0]) if value else ty.INT)
    for python, type in ((bool, ty.BOOL), (int, ty.INT), (float, ty.FLOAT), (str, ty.STR)):
        if isinstance(value, python):
            return type
    if isinstance(value, complex):
        return ty.COMPLEX
    raise TypeError(f"a constant {value!r} needs its type")


def constant_value(value: Value) -> Attribute:
    """What a constant holds; call it when ``is_constant(value)``."""
    assert value.node is not None
    return value.node.attributes.get("value")


def is_constant(value: Value) -> bool:
    return value.node is not None and value.node.kind == "prim::Constant"
