"""Properties that hold for every graph, on random ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.graphgen import Made, graphs
from tests.ir.interpreter import run
from tests.ir.reading import read, swapped_words
from tsx.ir.alias import AliasAnalysis
from tsx.ir.equal import difference, equal
from tsx.ir.graph import Value, same_attribute
from tsx.ir.infer import propagate
from tsx.ir.text import parse_graph, print_graph
from tsx.ir.types import TensorType, erase_shapes
from tsx.ir.verify import marked_lines, verify
from tsx.ir.walk import all_values
from tsx.ops.dtypes import type_of


def as_bits(results: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    return [(r.dtype, r.shape, r.tobytes()) for r in results]


@given(graphs())
def test_a_generated_graph_is_valid(made: Made) -> None:
    found = verify(made.graph)
    assert not found, "\n".join(marked_lines(made.graph, found))


@given(graphs())
def test_text_reads_back(made: Made) -> None:
    text = print_graph(made.graph)
    again = parse_graph(text)
    assert difference(made.graph, again) is None
    assert print_graph(again) == text
    assert [n.origin for n in again.all_nodes()] == [n.origin for n in made.graph.all_nodes()]
    for node, twin in zip(again.all_nodes(), made.graph.all_nodes(), strict=True):
        assert all(same_attribute(v, twin.attributes[k]) for k, v in node.attributes.items())


@given(graphs())
def test_a_clone_is_equal_and_separate(made: Made) -> None:
    before = print_graph(made.graph)
    copy = made.graph.clone()
    assert equal(made.graph, copy)
    for node in copy.all_nodes():
        node.set_attribute("touched", 1)
    assert print_graph(made.graph) == before


@given(graphs())
def test_a_text_that_is_cut_is_refused_or_judged(made: Made) -> None:
    text = print_graph(made.graph)
    lines = text.splitlines()
    for at in range(0, len(lines), max(1, len(lines) // 8)):
        judge("\n".join(lines[:at] + lines[at + 1 :]))
        judge(text[: at * 31 % len(text)])


@given(graphs(max_steps=6), st.data())
def test_a_text_whose_words_are_swapped_is_refused_or_judged(
    made: Made, data: st.DataObject
) -> None:
    """Graphs that parse and mean nothing: other kinds, values, types and numbers in every place."""
    judge(swapped_words(print_graph(made.graph, origins=False), data))


def judge(text: str) -> None:
    """The parser refuses it or the verifier judges it; what is valid can be asked everything."""
    graph = read(text)
    if graph is None:
        return
    found = verify(graph)
    marked_lines(graph, found)
    if not found:
        AliasAnalysis(graph)
        assert difference(graph, parse_graph(print_graph(graph))) is None


@given(graphs())
def test_what_is_inferred_is_what_a_run_gives(made: Made) -> None:
    """Erased types are found again, and no run contradicts them."""
    graph = made.graph
    for value in all_values(graph):
        if value not in graph.inputs:
            value.type = erase_shapes(value.type)
    propagate(graph)

    def fits(value: Value, held: Any, values: Mapping[Value, Any]) -> None:
        if isinstance(value.type, TensorType):
            real = type_of(held)
            assert value.type.dtype in (None, real.dtype), f"{value!r} is {real}"
            assert real.shape is not None
            if value.type.shape is not None:
                pairs = zip(value.type.shape, real.shape, strict=True)
                assert all(a is None or a == b for a, b in pairs), f"{value!r} is {real}"

    run(graph, made.inputs, observe=fits)


@given(graphs())
def test_values_that_share_memory_may_alias(made: Made) -> None:
    aliases = AliasAnalysis(made.graph)

    def check(value: Value, held: Any, values: Mapping[Value, Any]) -> None:
        if not isinstance(held, np.ndarray):
            return
        for other, array in values.items():
            if isinstance(array, np.ndarray) and np.shares_memory(held, array):
                assert aliases.may_alias(value, other), f"{value!r} and {other!r}"

    results = run(made.graph, made.inputs, observe=check)
    del results


@given(graphs())
def test_what_has_no_writers_stays_as_it_was(made: Made) -> None:
    aliases = AliasAnalysis(made.graph)
    seen: dict[Value, tuple[Any, bytes]] = {}

    def remember(value: Value, held: Any, values: Mapping[Value, Any]) -> None:
        if isinstance(held, np.ndarray):
            seen[value] = (held, held.tobytes())

    run(made.graph, made.inputs, observe=remember)
    for value, (array, before) in seen.items():
        if array.tobytes() != before:
            assert aliases.has_writers(value), f"{value!r}\n{made.graph}"


@given(graphs(max_steps=8, control=False))
def test_nodes_that_can_move_may_be_moved(made: Made) -> None:
    """Moving any node up past its neighbour, where that is allowed, leaves the results bit for bit."""
    expected = as_bits(run(made.graph, made.inputs))
    count = len(list(made.graph.nodes))
    for place in range(1, count):
        copy = made.graph.clone()
        nodes = list(copy.nodes)
        if AliasAnalysis(copy).can_move(nodes[place], nodes[place - 1]):
            nodes[place].move_before(nodes[place - 1])
            assert as_bits(run(copy, made.inputs)) == expected, f"{nodes[place]!r}\n{made.graph}"
