"""V20: what the rules of operators refuse is told only where every run comes by."""

from __future__ import annotations

from dataclasses import replace

import pytest

import tsx.ir.op
import tsx.ops
from tsx.ir.module import Method, Module
from tsx.ir.text import parse_graph
from tsx.ir.verify import verify


def test_a_branch_that_may_never_run_is_not_judged() -> None:
    graph = parse_graph("""graph(%x : Float(2, 3), %y : Float(3, 2), %c : bool):
  %z : Tensor = prim::If(%c)
    block0():
      %a : Tensor = aten::mul.Tensor(%x, %y)
      -> (%a)
    block1():
      -> (%x)
  return (%z)""")
    assert verify(graph) == []


def test_rules_that_fail_in_an_unforeseen_way_are_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def explode(*operands: object) -> object:
        raise ZeroDivisionError("by hand")

    relu = tsx.ir.op.lookup("aten::relu")
    monkeypatch.setitem(tsx.ir.op._REGISTRY, "aten::relu", replace(relu, infer=explode))
    graph = parse_graph("graph(%x : Tensor):\n  %y : Tensor = aten::relu(%x)\n  return (%y)")
    assert [v.code for v in verify(graph)] == ["V20"]


def test_what_a_rule_refuses_counts_only_where_every_run_comes_by() -> None:
    bad = "graph(%x : Float(2, 3), %y : Float(4, 5)):\n  %z : Tensor = aten::mm(%x, %y)\n  return (%z)"
    branch = """graph(%x : Float(2, 3), %y : Float(4, 5), %c : bool):
  %r : Tensor = prim::If(%c)
    block0():
      %z : Tensor = prim::CallFunction[name="bad"](%x, %y)
      -> (%z)
    block1():
      -> (%x)
  return (%r)"""
    straight = """graph(%x : Float(2, 3), %y : Float(4, 5)):
  %z : Tensor = prim::CallFunction[name="bad"](%x, %y)
  return (%z)"""
    for entry, codes in ((branch, []), (straight, ["V20"])):
        module = Module("m", {"forward": Method(parse_graph(entry))})
        module.functions["bad"] = parse_graph(bad)
        assert [v.code for v in verify(module.functions["bad"], module, "bad")] == codes
