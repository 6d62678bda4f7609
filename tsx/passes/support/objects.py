"""The object tree as graphs see it: which object a value is, and what graphs read and write of each.

Takes a whole module. Never guesses: a value whose object isn't known for certain stands for every object of its class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tsx.ir.alias import AliasAnalysis
from tsx.ir.graph import Graph, Node, Value, WeightRef
from tsx.ir.module import AttributeValue, Module, Object
from tsx.ir.types import ClassType


@dataclass(slots=True)
class Access:
    """Attribute accesses of a whole module; attributes are named by class, which is coarser than by object."""

    objects: dict[Value, Object] = field(default_factory=dict)
    used: set[tuple[str, str]] = field(default_factory=set)  # class, attribute: read or set
    written: set[tuple[str, str]] = field(default_factory=set)
    written_weights: set[str] = field(
        default_factory=set
    )  # a tied weight has other names in the tree

    def attribute(self, node: Node) -> AttributeValue:
        """What a ``prim::GetAttr`` on a known object reads (KeyError: the tree has no such attribute)."""
        return self.objects[node.inputs[0]].attributes[str(node.attributes["name"])]


def analyse(module: Module) -> Access:
    """Follows objects from ``%self`` and finds every attribute that is set or written in place."""
    access = Access()
    entries = {id(method.graph) for method in module.methods.values() if method.has_self}
    for _, graph in module.graphs():
        for node in graph.all_nodes():
            if node.kind == "prim::SetAttr":
                access.written.add(_key(node))
    for _, graph in module.graphs():
        if module.root is not None and id(graph) in entries:
            access.objects[graph.inputs[0]] = module.root
        _follow(graph, access)
        _find_writes(graph, module, access)
    return access


def _key(node: Node) -> tuple[str, str]:
    type = node.inputs[0].type
    return type.name if isinstance(type, ClassType) else str(type), str(node.attributes["name"])


def _follow(graph: Graph, access: Access) -> None:
    for node in graph.all_nodes():
        if node.kind in ("prim::GetAttr", "prim::SetAttr"):
            access.used.add(_key(node))
        if node.kind != "prim::GetAttr" or node.inputs[0] not in access.objects:
            continue
        holder = access.objects[node.inputs[0]]
        held = holder.attributes.get(str(node.attributes["name"]))
        if isinstance(held, Object) and _key(node) not in access.written:
            access.objects[node.output] = held


def _find_writes(graph: Graph, module: Module, access: Access) -> None:
    aliases = AliasAnalysis(graph, module)
    for node in graph.all_nodes():
        if node.kind != "prim::GetAttr" or node.output in access.objects:
            continue
        if aliases.has_writers(node.output):
            access.written.add(_key(node))
            if node.inputs[0] in access.objects:
                value = access.objects[node.inputs[0]].attributes.get(str(node.attributes["name"]))
                if isinstance(value, WeightRef):
                    access.written_weights.add(value.name)


def walk_objects(root: Object | None) -> Iterator[tuple[str, Object]]:
    """Every object of the tree once, with its dotted path from the root (``""``)."""
    seen: set[int] = set()
    work = [("", root)] if root is not None else []
    while work:
        path, item = work.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield path, item
        inner = [(f"{path}.{k}" if path else k, v) for k, v in item.attributes.items()]
        work.extend((k, v) for k, v in reversed(inner) if isinstance(v, Object))
