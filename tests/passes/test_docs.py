"""The Before and After of each pass file's docstring, run; and docs/passes.md, which is made from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.passes.modules import module_of
from tools.generate import passes as passes_page
from tsx.ir.equal import difference
from tsx.ir.text import parse_graph
from tsx.passes import pipeline
from tsx.passes.define import PassInfo

PASSES = pipeline.list_passes()


@pytest.mark.parametrize("known", PASSES, ids=[p.name for p in PASSES])
def test_before_becomes_after(known: PassInfo) -> None:
    module = module_of(known.before)
    (*_, result) = pipeline.run(module, [pipeline.PassCall(known.name)])
    assert result.changed
    assert difference(parse_graph(known.after), module.forward.graph) is None, module.forward.graph


@pytest.mark.parametrize("known", PASSES, ids=[p.name for p in PASSES])
def test_a_second_run_changes_nothing(known: PassInfo) -> None:
    module = module_of(known.before)
    pipeline.run(module, [pipeline.PassCall(known.name)])
    assert not any(r.changed for r in pipeline.run(module, [pipeline.PassCall(known.name)]))


@pytest.mark.parametrize("known", PASSES, ids=[p.name for p in PASSES])
def test_a_pass_says_what_it_does(known: PassInfo) -> None:
    assert known.summary.endswith((".", ":"))
    assert known.before
    assert known.after


def test_the_page_is_generated_from_the_passes() -> None:
    page = Path(__file__).parents[2] / "docs/passes.md"
    assert page.read_text(encoding="utf-8") == passes_page(), "run: make generate"
