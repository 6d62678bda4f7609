"""What a program may write: which inputs of a method, and which attributes of its objects.

Inputs that may be written are copied on entry; a module whose attributes may be written runs in a session (design
4.15, 4.16). Answers err on the safe side.
"""

from __future__ import annotations

from tsx.ir.graph import Graph, Node
from tsx.ir.module import Module
from tsx.ir.op import lookup

Attribute = tuple[str, str]  # class, attribute


def written_inputs(graph: Graph, module: Module) -> frozenset[int]:
    """Indices of the inputs of ``graph`` whose memory a run may write."""
    if not any(_writes(node) for node in graph.all_nodes()):
        return frozenset()
    return frozenset(range(len(graph.inputs)))


def written_attributes(module: Module) -> frozenset[Attribute]:
    """The attributes that some method or function may set, or write into."""
    found: set[Attribute] = set()
    for _, graph in module.graphs():
        writes = any(_writes(node) for node in graph.all_nodes())
        for node in graph.all_nodes():
            if node.kind == "prim::SetAttr" or (node.kind == "prim::GetAttr" and writes):
                owner = node.inputs[0].type
                found.add((str(owner), str(node.attributes["name"])))
    return frozenset(found)


def _writes(node: Node) -> bool:
    op = lookup(node.kind)
    if op is not None:
        return op.schema.mutates
    return node.kind in ("prim::CallMethod", "prim::CallFunction")
