"""What a module says, in a form that is quick to take and compare: pipelines do so before and after each pass.

Two fingerprints are equal exactly where the canonical texts of the graphs, the weights (by name and shape) and the
attribute tree are. Origins don't count.
"""

from __future__ import annotations

from dataclasses import dataclass

from tsx.ir.graph import Block, Graph, Value
from tsx.ir.module import AttributeValue, Module, Object
from tsx.passes.support.purity import attribute_key

GraphState = list[object]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``graphs`` by name, and all the rest of the module in ``tables``."""

    graphs: dict[str, GraphState]
    tables: tuple[object, ...]

    def changed_graphs(self, before: Fingerprint) -> list[str]:
        """The graphs that are new or differ from those ``before``."""
        return [name for name, state in self.graphs.items() if before.graphs.get(name) != state]


def fingerprint(module: Module) -> Fingerprint:
    """The fingerprint of a module as it is now."""
    graphs = {name: graph_state(graph) for name, graph in module.graphs()}
    tables = (
        [(name, w.dtype, w.shape) for name, w in sorted(module.weights.items())],
        [(name, sorted(c.attributes)) for name, c in sorted(module.classes.items())],
        _value_text(module.root, {}),
    )
    return Fingerprint(graphs, tables)


def graph_state(graph: Graph) -> GraphState:
    """What the canonical text of a graph shows, as a flat list: its values are numbered, as there."""
    state: GraphState = []
    numbers: dict[Value, int] = {}
    _add_block(graph.block, state, numbers)
    return state


def _add_block(block: Block, state: GraphState, numbers: dict[Value, int]) -> None:
    _add_values(block.inputs, state, numbers)
    for node in block.nodes:
        _add_values(node.outputs, state, numbers)
        state.append(node.kind)
        if node.attributes:
            state.append([(k, attribute_key(v)) for k, v in sorted(node.attributes.items())])
        state.append([numbers.get(value) for value in node.inputs])
        for inner in node.blocks:
            _add_block(inner, state, numbers)
    state.append([numbers.get(value) for value in block.outputs])


def _add_values(values: list[Value], state: GraphState, numbers: dict[Value, int]) -> None:
    state.append(len(values))
    for value in values:
        numbers[value] = len(numbers)
        state += (
            value.name,
            value.type,
            len(value.uses),
        )  # the uses make their lists count as well


def _value_text(value: AttributeValue, seen: dict[int, int]) -> str:
    if not isinstance(value, Object):
        return repr(value)
    if id(value) in seen:
        return f"#{seen[id(value)]}"
    seen[id(value)] = len(seen)
    inner = ", ".join(f"{k}={_value_text(v, seen)}" for k, v in value.attributes.items())
    return f"{value.class_name}({inner})"
