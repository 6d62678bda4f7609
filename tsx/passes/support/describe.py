"""One-line expressions for values and nodes, as rewrites show them: ``add(mul(%x, 2), %y)``.

Constants stand inline and temporaries are spelled out to a small depth, so that a line needs no other line.
"""

from __future__ import annotations

from tsx.ir.build import is_constant
from tsx.ir.graph import Attribute, Node, Value, WeightRef
from tsx.ir.types import Type

_DEPTH = 2
_SHOWN_OPERANDS = 4


def describe(item: Node | Value, depth: int = _DEPTH) -> str:
    """The text of a value or node; operands beyond the first four, and deep ones, print as ``…``."""
    if isinstance(item, Node):
        return _call(item, depth)
    if is_constant(item):
        assert item.node is not None
        return literal(item.node.attributes.get("value"))
    if item.node is None or depth == 0:
        return f"%{item.name}" if item.name else "…"
    return _call(item.node, depth)


def literal(value: Attribute) -> str:
    """A constant as a person writes it."""
    if isinstance(value, WeightRef):
        return value.name
    if isinstance(value, tuple):
        return f"[{', '.join(literal(v) for v in value)}]"
    return str(value) if isinstance(value, Type) else repr(value)


def short_kind(kind: str) -> str:
    """The operator's name without namespace and overload: ``add`` for ``aten::add.Tensor``."""
    namespace, _, name = kind.partition("::")
    return name.partition(".")[0] if namespace == "aten" else kind


def _call(node: Node, depth: int) -> str:
    if node.kind == "prim::Constant":
        return literal(node.attributes.get("value"))
    if node.kind == "prim::GetAttr":
        return f"{_object(node.inputs[0])}.{node.attributes['name']}"
    shown = [describe(v, depth - 1 if depth else 0) for v in node.inputs[:_SHOWN_OPERANDS]]
    if len(node.inputs) > _SHOWN_OPERANDS:
        shown.append("…")
    if node.kind == "prim::ListConstruct":
        return f"[{', '.join(shown)}]"
    if node.kind == "prim::TupleConstruct":
        return f"({', '.join(shown)})"
    facts = [f"{k}={literal(v)}" for k, v in sorted(node.attributes.items()) if k != "value"]
    brackets = f"[{', '.join(facts)}]" if facts else ""
    return f"{short_kind(node.kind)}{brackets}({', '.join(shown)})"


def _object(value: Value) -> str:
    """A path of attributes whole, however deep: ``self.layer1.conv``."""
    parts: list[str] = []
    while value.node is not None and value.node.kind == "prim::GetAttr":
        parts.append(str(value.node.attributes["name"]))
        value = value.node.inputs[0]
    return ".".join([value.name or "…", *reversed(parts)])
