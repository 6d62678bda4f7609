"""What the verifier lets through, the runtime finishes or refuses with an error of its own; nothing else can happen.

The graphs are random ones whose words were swapped: most are refused, the rest are programs that nobody meant.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.graphgen import Made, graphs
from tests.ir.reading import read, swapped_words
from tsx.errors import TsxError
from tsx.ir.graph import Graph
from tsx.ir.module import Method, Module, Parameter, TreeSpec
from tsx.ir.text import print_graph
from tsx.ir.verify import verify_module
from tsx.runtime.border import Executable


def module_of(graph: Graph) -> Module:
    parameters = tuple(Parameter(value.name or f"p{i}") for i, value in enumerate(graph.inputs))
    result = TreeSpec("tuple", (TreeSpec("leaf"),) * len(graph.outputs))
    return Module("test", {"forward": Method(graph, parameters, result)})


@given(graphs(max_steps=8), st.data())
def test_a_verified_graph_finishes_or_is_refused(made: Made, data: st.DataObject) -> None:
    text = print_graph(made.graph, origins=False)
    graph = read(swapped_words(text, data))
    if graph is None or len(graph.inputs) != len(made.graph.inputs):
        return
    module = module_of(graph)
    if verify_module(module):
        return
    assert outcome(module, made) in ("finished", "4", "5")  # an operator's refusal, or a run's


def outcome(module: Module, made: Made) -> str:
    try:
        Executable(module).run("forward", made.inputs, {})
    except TsxError as error:
        return error.code[3]
    return "finished"
