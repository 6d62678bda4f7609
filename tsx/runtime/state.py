"""What a program may write: which inputs of a method, and which attributes of its objects.

Inputs that may be written are copied on entry; a module whose attributes may be written runs in a session (design
4.15, 4.16). The answers are those of the alias analysis, so they err on the safe side.
"""

from __future__ import annotations

from collections.abc import Iterator

from tsx.ir.alias import AliasAnalysis
from tsx.ir.effects import written_operands
from tsx.ir.graph import Graph
from tsx.ir.module import Module

Attribute = tuple[str, str]  # class, attribute


def written_inputs(graph: Graph, module: Module) -> frozenset[int]:
    """Indices of the inputs of ``graph`` whose memory a run may write."""
    if not _writes_memory(graph, module):
        return frozenset()
    analysis = AliasAnalysis(graph, module)
    return frozenset(i for i, v in enumerate(graph.inputs) if analysis.has_writers(v))


def written_attributes(module: Module) -> frozenset[Attribute]:
    """The attributes that some method or function may set, or write into."""
    return frozenset(found for _, graph in module.graphs() for found in _written(graph, module))


def _written(graph: Graph, module: Module) -> Iterator[Attribute]:
    analysis = AliasAnalysis(graph, module) if _writes_memory(graph, module) else None
    for node in graph.all_nodes():
        is_read = node.kind == "prim::GetAttr"
        if node.kind == "prim::SetAttr" or (
            is_read and analysis is not None and analysis.has_writers(node.output)
        ):
            yield str(node.inputs[0].type), str(node.attributes["name"])


def _writes_memory(graph: Graph, module: Module) -> bool:
    """Whether ``graph``, or anything it may call, writes into a tensor, list or dict."""
    graphs = [graph, *(called for _, called in module.graphs())]
    return any(True for g in graphs for node in g.all_nodes() for _ in written_operands(node))
