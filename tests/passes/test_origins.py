"""Origins that passes make: unions that do not depend on the order of merging."""

from __future__ import annotations

from tests.passes.modules import module_of
from tsx.ir.location import NOWHERE, Origin, Span
from tsx.passes import pipeline

CONV = Origin.at(1, Span("model.py", 3, 4), "layer1.conv")
NORM = Origin.at(2, Span("model.py", 3, 2), "layer1.bn")
ADD = Origin.at(3, Span("model.py", 5, 4))


def test_merging_is_a_sorted_union_in_any_order() -> None:
    merged = Origin.merge(CONV, NORM, ADD)
    assert merged.ids == (1, 2, 3)
    assert [str(span) for span in merged.spans] == ["model.py:3:2", "model.py:3:4", "model.py:5:4"]
    assert merged == Origin.merge(ADD, Origin.merge(NORM, CONV))
    assert merged == Origin.merge(Origin.merge(ADD, CONV), NORM, NOWHERE)


def test_the_scope_is_what_all_have_in_common() -> None:
    assert Origin.merge(CONV, NORM).scope == "layer1"
    assert Origin.merge(CONV, NORM, ADD).scope == ""
    assert Origin.merge(CONV, NOWHERE).scope == "layer1.conv"


def test_a_group_answers_for_all_its_nodes() -> None:
    module = module_of(
        """graph(%x : Float(2)):
  %a : Float(2) = aten::relu(%x) # model.py:1:0 in forward, scope: block.act, id: 1
  %b : Float(2) = aten::neg(%a) # model.py:2:0 in forward, scope: block.sign, id: 2
  return (%b)
"""
    )
    pipeline.run(module, pipeline.parse("fuse"))
    (group,) = module.forward.graph.nodes
    assert group.origin.ids == (1, 2)
    assert [str(span) for span in group.origin.spans] == ["model.py:1:0", "model.py:2:0"]
    assert group.origin.scope == "block"
