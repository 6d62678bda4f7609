"""torch's own passes on the same graphs: what they remove, ours must too, and the results must agree."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from hypothesis import given, settings

from tests.graphgen import Made, graphs
from tests.passes.test_random_graphs import module_of
from tsx.ir.graph import Graph
from tsx.ir.torch_text import to_torch
from tsx.passes import pipeline

pytestmark = pytest.mark.torch
some = settings(max_examples=40, deadline=None, print_blob=True)
# Text for torch's parser has constants and lists where it needs them, so they are not counted.
_IGNORED = ("prim::Constant", "prim::ListConstruct", "prim::Return", "prim::Param")


def as_torch(graph: Graph) -> torch._C.Graph:
    return torch._C.parse_ir(to_torch(graph).text)


def histogram(graph: torch._C.Graph) -> Counter[str]:
    found: Counter[str] = Counter()
    work = [graph]
    while work:
        block = work.pop()
        for node in block.nodes():
            found[node.kind()] += 1
            work.extend(node.blocks())
    for kind in _IGNORED:
        found.pop(kind, None)
    return found


@some
@given(graphs())
def test_dce_removes_what_torch_removes(made: Made) -> None:
    theirs = as_torch(made.graph)
    torch._C._jit_pass_dce(theirs)
    module = module_of(made)
    pipeline.run(module, pipeline.parse("dce"))
    ours = histogram(as_torch(module.forward.graph))
    more = ours - histogram(theirs)
    assert not more, f"{more}\n{module.forward.graph}\n{theirs}"


@some
@given(graphs(writes=False))
def test_cse_merges_what_torch_merges(made: Made) -> None:
    theirs = as_torch(made.graph)
    torch._C._jit_pass_cse(theirs)
    module = module_of(made)
    pipeline.run(module, pipeline.parse("cse"))
    more = histogram(as_torch(module.forward.graph)) - histogram(theirs)
    assert not more, f"{more}\n{module.forward.graph}\n{theirs}"


@some
@given(graphs(writes=False))
def test_fold_computes_what_torch_computes(made: Made) -> None:
    theirs = as_torch(made.graph)
    torch._C._jit_pass_constant_propagation(theirs)
    torch._C._jit_pass_dce(theirs)
    module = module_of(made)
    pipeline.run(module, pipeline.parse("fold,canonicalize,fold,dce"))
    more = histogram(as_torch(module.forward.graph)) - histogram(theirs)
    assert not more, f"{more}\n{module.forward.graph}\n{theirs}"
