"""Passes on random graphs: what a run gives, and what it leaves in its inputs, stays the same to the bit."""

from __future__ import annotations

import itertools
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.graphgen import Made
from tests.ir.interpreter import run
from tests.passes.idioms import idioms
from tests.passes.modules import method
from tsx.ir.alias import AliasAnalysis
from tsx.ir.graph import Graph
from tsx.ir.infer import propagated, same_abstract
from tsx.ir.module import Method, Module, TreeSpec
from tsx.ir.text import print_graph
from tsx.ir.walk import all_values
from tsx.passes import pipeline
from tsx.passes.support.facts import Abstracts, Facts
from tsx.passes.support.fingerprint import Fingerprint, fingerprint
from tsx.runtime.border import Executable

EXACT = [p.name for p in pipeline.list_passes() if p.safety == "exact"]
some = settings(max_examples=40, deadline=None, print_blob=True)


def module_of(made: Made) -> Module:
    graph = made.graph.clone()
    entry = method(graph)
    leaves = (TreeSpec("leaf"),) * len(graph.outputs)
    return Module("test", {"forward": Method(graph, entry.parameters, TreeSpec("tuple", leaves))})


def outcome(module: Module, made: Made) -> list[tuple[Any, ...]]:
    """Results and inputs afterwards, as bits."""
    inputs = made.inputs
    weights = {name: weight.array for name, weight in module.weights.items()}
    results = run(module.forward.graph, inputs, weights)
    arrays = [v for v in (*results, *inputs) if hasattr(v, "tobytes")]
    return [(a.dtype, a.shape, a.tobytes()) for a in arrays]


def check(made: Made, calls: list[pipeline.PassCall]) -> None:
    module = module_of(made)
    expected = outcome(module, made)
    results = pipeline.run(module, calls)
    found = outcome(module, made)
    assert expected == found, f"{[str(r.call) for r in results]}\n{module.forward.graph}"


@pytest.mark.parametrize("name", EXACT)
@some
@given(idioms())
def test_an_exact_pass_keeps_every_bit(name: str, made: Made) -> None:
    check(made, [pipeline.PassCall(name)])


@pytest.mark.parametrize("name", [p.name for p in pipeline.list_passes()])
@some
@given(idioms())
def test_a_second_run_changes_nothing(name: str, made: Made) -> None:
    module = module_of(made)
    pipeline.run(module, [pipeline.PassCall(name)])
    again = pipeline.run(module, [pipeline.PassCall(name)])
    changed = [r for r in again if r.changed]
    assert not changed, f"{changed}\n{module.forward.graph}"


@some
@given(idioms(max_steps=16), st.lists(st.sampled_from(EXACT), min_size=2, max_size=5))
def test_passes_in_any_order_keep_every_bit(made: Made, names: list[str]) -> None:
    check(made, [pipeline.PassCall(name) for name in names])


@pytest.mark.parametrize("number", range(len(pipeline.LEVELS)))
@some
@given(made=idioms(max_steps=16))
def test_a_level_keeps_every_bit(number: int, made: Made) -> None:
    # No graph here has a BatchNorm, so level 3 is exact on them as well.
    check(made, pipeline.level(number))


@some
@given(idioms())
def test_the_vm_gives_the_same_after_all_passes(made: Made) -> None:
    module = module_of(made)
    names = [p.name for p in module.forward.parameters]
    before = Executable(module).run("forward", (), dict(zip(names, made.inputs, strict=True)))
    pipeline.run(module, pipeline.level(3))
    after = Executable(module).run("forward", (), dict(zip(names, made.inputs, strict=True)))
    bits = [[(a.dtype, a.shape, a.tobytes()) for a in results] for results in (before, after)]
    assert bits[0] == bits[1]


@some
@given(idioms(max_steps=16))
def test_what_is_kept_is_what_a_fresh_look_finds(made: Made) -> None:
    """Analyses that one pass leaves to the next, and the fingerprints that tell whether a graph changed."""
    module = module_of(made)
    graph = module.forward.graph
    kept = _Kept()
    said: list[tuple[Fingerprint, str]] = []

    def look(_: object, module: Module, __: object) -> None:
        said.append((fingerprint(module), print_graph(graph, origins=False)))

    with mock.patch.object(pipeline, "Facts", return_value=kept):
        pipeline.run(module, pipeline.level(3), hook=look)
    assert kept.asked > 5
    for (one, text), (other, other_text) in itertools.combinations(said, 2):
        assert (one.graphs == other.graphs) == (text == other_text)


class _Kept(Facts):
    """Compares every answer with one that nothing is remembered for."""

    asked = 0

    def abstracts(self, graph: Graph, module: Module) -> Abstracts:
        self.asked += 1
        fresh = propagated(graph, module)
        found = super().abstracts(graph, module)
        assert found.keys() == fresh.keys()
        assert all(map(same_abstract, found.values(), (fresh[value] for value in found)))
        return found

    def aliases(self, graph: Graph, module: Module) -> AliasAnalysis:
        fresh, found = AliasAnalysis(graph, module), super().aliases(graph, module)
        values = list(all_values(graph))
        for value in values:
            assert found.has_writers(value) == fresh.has_writers(value)
            assert found.may_alias_output(value) == fresh.may_alias_output(value)
            assert found.sharing(value) == {v for v in values if fresh.may_alias(value, v)}
        return found
