"""What is known of the graphs of a module while passes run: alias analyses and abstract values, kept until a change.

Graphs count their changes: an analysis holds as long as the count of its graph, and what it reads of the module, does.
A pass that ends by finding nothing more to do leaves its analyses to the next one.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsx.ir.alias import AliasAnalysis, names_written_in
from tsx.ir.graph import Graph, Value
from tsx.ir.infer import propagated, refine
from tsx.ir.module import Module
from tsx.ir.op import Abstract

Abstracts = dict[Value, Abstract]


class Facts:
    """``version`` goes up with each change of the module outside its graphs."""

    def __init__(self) -> None:
        self.version = 0
        self._aliases: dict[Graph, tuple[object, AliasAnalysis]] = {}
        self._abstracts: dict[Graph, tuple[object, Abstracts]] = {}
        self._names: dict[Graph, tuple[int, frozenset[str]]] = {}

    def aliases(self, graph: Graph, module: Module) -> AliasAnalysis:
        """The alias analysis of the graph as it is now."""
        names = frozenset[str]().union(*(self._written(g) for _, g in module.graphs()))
        state = graph.mutations, self.version, names
        known = self._aliases.get(graph)
        if known is None or known[0] != state:
            known = self._aliases[graph] = state, AliasAnalysis(graph, module, names)
        return known[1]

    def abstracts(self, graph: Graph, module: Module) -> Abstracts:
        """What is known of every value; refined value types count as changes."""
        known = self._abstracts.pop(graph, None)
        if known is None or known[0] != (graph.mutations, self.version):
            found = propagated(graph, module)
        else:
            found = known[1]
        refined = refine(found)
        if refined:
            graph.mutations += refined  # once more, the walk may find more
        else:
            self._abstracts[graph] = (graph.mutations, self.version), found
        return found

    def learn(self, found: Mapping[Graph, Abstracts]) -> None:
        """Takes what somebody else's walks have found of graphs as they are now."""
        for graph, known in found.items():
            self._abstracts[graph] = (graph.mutations, self.version), known

    def _written(self, graph: Graph) -> frozenset[str]:
        known = self._names.get(graph)
        if known is None or known[0] != graph.mutations:
            known = self._names[graph] = graph.mutations, frozenset(names_written_in(graph))
        return known[1]
