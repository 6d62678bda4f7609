"""Equality of graphs: names and origins don't count, everything else does, and the first difference is told."""

from __future__ import annotations

import pytest

from tsx.ir.equal import difference, equal
from tsx.ir.text import parse_graph

BASE = """graph(%x : Float(2), %c : bool):
  %1 : float = prim::Constant[value=0.0]() # a.py:1:2
  %y : Float(2) = aten::mul.Scalar(%x, %1)
  %z : Float(2) = prim::If(%c)
    block0():
      %a : Float(2) = aten::relu(%y)
      -> (%a)
    block1():
      -> (%y)
  return (%z)
"""


@pytest.mark.parametrize(
    ("old", "new"), [("%y", "%other"), ("%1", "%zero"), ("a.py:1:2", "b.py:3:4, scope: s, id: 9")]
)
def test_names_and_origins_do_not_count(old: str, new: str) -> None:
    assert equal(parse_graph(BASE), parse_graph(BASE.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("value=0.0", "value=-0.0", "prim::Constant[value] is 0.0 against -0.0"),
        ("value=0.0", "value=0", "is 0.0 against 0"),
        ("value=0.0", "name=0.0", "has attributes ['value'] against ['name']"),
        ("aten::relu", "aten::neg", "aten::relu against aten::neg"),
        ("%a : Float(2)", "%a : Float(3)", "has type Float(2) against Float(3)"),
        ("(%x, %1)", "(%x, %c)", "operand 1 of aten::mul.Scalar"),
        ("(%x, %1)", "(%x)", "has 2 operands against 1"),
        ("return (%z)", "return (%y)", "operand 0 of prim::Return"),
        ("return (%z)", "return (%z, %z)", "1 results against 2"),
        ("-> (%y)", "-> (%x)", "operand 0 of prim::Return"),
        ("  return", "  prim::Print()\n  return", "the first without a twin is prim::Print"),
        ("%c : bool", "%c : bool, %d : bool", "2 block input(s) against 3"),
    ],
)
def test_everything_else_does(old: str, new: str, told: str) -> None:
    found = difference(parse_graph(BASE), parse_graph(BASE.replace(old, new)))
    assert found is not None
    assert told in found


def test_weights_are_compared_as_the_caller_says() -> None:
    a, b = (
        parse_graph(f"""graph():
  %w : Float(2) = prim::Constant[value=<Tensor>, name="{name}"]()
  return (%w)""")
        for name in ("a", "b")
    )
    assert not equal(a, b)
    assert equal(a, b, lambda one, other: {one, other} == {"a", "b"})
