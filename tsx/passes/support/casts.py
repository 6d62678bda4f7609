"""Casts that control flow has proven, where a pass has made known that the flow never gets there.

``if x is not None: use(x)`` casts x; once a pass puts None for x, the cast stands in a branch that is never taken, and
says that None is an int. What it gives is a value of a path never taken, which is what ``prim::Uninitialized`` means.
"""

from __future__ import annotations

from tsx.ir.build import Builder
from tsx.ir.graph import Graph
from tsx.ir.match import agrees
from tsx.passes.support.erase import replace


def settle_casts(graph: Graph) -> None:
    """Replaces each ``prim::unchecked_cast`` of a value that is never of its type."""
    for node in list(graph.all_nodes()):
        if node.kind != "prim::unchecked_cast" or agrees(node.inputs[0].type, node.output.type):
            continue
        never = Builder(node, node.origin).op("prim::Uninitialized", (), node.output.type)
        replace(node, [never])
