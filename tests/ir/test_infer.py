"""Inference through control flow: joins, loops to a fixpoint, lists that somebody may change."""

from __future__ import annotations

import math
import time

import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import OperatorError
from tsx.ir import types as ty
from tsx.ir.dims import sym
from tsx.ir.graph import Value
from tsx.ir.infer import abstract_of, join, propagate
from tsx.ir.op import Abstract, Unknown
from tsx.ir.text import parse_graph, parse_type

CONSTANTS = """
  %0 : int = prim::Constant[value=0]()
  %1 : int = prim::Constant[value=1]()
  %t : bool = prim::Constant[value=True]()"""


def inferred(body: str, inputs: str, forget: bool = False) -> dict[str, tuple[Value, Abstract]]:
    graph = parse_graph(f"graph({inputs}):{CONSTANTS}\n{body}\n  return ()")
    known = propagate(graph, forget=forget)
    return {value.name: (value, abstract) for value, abstract in known.items()}


def types(body: str, inputs: str = "%x : Float(s0, 3)", forget: bool = False) -> dict[str, str]:
    return {n: str(v.type) for n, (v, _) in inferred(body, inputs, forget).items()}


def test_operators_refine_what_is_declared() -> None:
    found = types("  %y : Tensor = aten::relu(%x)\n  %z : Tensor = aten::transpose.int(%y, %0, %1)")
    assert found["y"] == "Float(s0, 3)"
    assert found["z"] == "Float(3, s0)"


def test_sizes_that_no_tensor_has_are_left_to_the_run() -> None:
    """2**63 - 1 rows: the verifier would refuse the type, and a run refuses the line."""
    body = f"""  %n : int = prim::Constant[value={2**63 - 1}]()
  %none : NoneType = prim::Constant()
  %y : Tensor = aten::eye.m(%n, %1, %none, %none, %none, %none)"""
    assert types(body)["y"] == "Tensor"


def test_sizes_flow_through_integers_and_lists() -> None:
    body = """  %n : int = aten::size.int(%x, %0)
  %m : int = aten::mul.int(%n, %1)
  %l : int[] = prim::ListConstruct(%1, %m)
  %y : Tensor = aten::expand(%w, %l, %t)"""
    found = inferred(body, "%x : Float(s0, 3), %w : Float(1, 1)")
    assert found["m"][1] == sym("s0")
    assert found["l"][1] == [1, sym("s0")]
    assert str(found["y"][0].type) == "Float(1, s0)"


def test_a_list_that_is_appended_to_is_not_known() -> None:
    body = """  %l : int[] = prim::ListConstruct(%1)
  %m : int[] = aten::append.t(%l, %1)
  %y : Tensor = aten::permute(%x, %l)"""
    graph = parse_graph(f"graph(%x : Tensor):{CONSTANTS}\n{body}\n  return ()")
    (made,) = (n for n in graph.nodes if n.kind == "prim::ListConstruct")
    assert abstract_of(made.output) == Unknown(ty.ListType(ty.INT))


def test_a_branch_joins() -> None:
    body = """  %y : Tensor, %k : int = prim::If(%c)
    block0():
      %a : Tensor = aten::relu(%x)
      -> (%a, %0)
    block1():
      -> (%w, %1)"""
    found = inferred(body, "%x : Float(2, 3), %w : Float(2, 5), %c : bool")
    assert str(found["y"][0].type) == "Float(2, *)"
    assert found["k"][1] == Unknown(ty.INT)


def test_a_loop_forgets_what_its_rounds_change() -> None:
    body = """  %y : Tensor, %n : int, %same : Tensor = prim::Loop(%c, %t, %x, %0, %x)
    block0(%i : int, %a : Tensor, %m : int, %s : Tensor):
      %l : Tensor[] = prim::ListConstruct(%a, %a)
      %b : Tensor = aten::cat(%l, %0)
      %more : int = aten::add.int(%m, %1)
      -> (%t, %b, %more, %s)"""
    found = inferred(body, "%x : Float(2, 3), %c : int")
    assert {n: str(found[n][0].type) for n in ("y", "a", "b", "same", "s")} == {
        "y": "Float(*, 3)",
        "a": "Float(*, 3)",
        "b": "Float(*, 3)",
        "same": "Float(2, 3)",
        "s": "Float(2, 3)",
    }
    assert found["n"][1] == found["m"][1] == Unknown(ty.INT)


def test_a_group_sees_what_its_operands_are() -> None:
    body = """  %y : Tensor = tsx::group(%x)
    block0(%a : Tensor):
      %b : Tensor = aten::relu(%a)
      -> (%b)"""
    assert types(body)["y"] == "Float(s0, 3)"


def test_forgetting_finds_types_anew() -> None:
    body = "  %y : Float(9, 9) = aten::relu(%x)"
    assert types(body)["y"] == "Float(s0, 3)"
    assert types("  %y : Long(2) = aten::relu(%x)", forget=True)["y"] == "Float(s0, 3)"


def test_a_contradiction_names_the_line() -> None:
    graph = parse_graph("""graph(%x : Float(2, 3), %y : Float(3, 2)):
  %z : Tensor = aten::mul.Tensor(%x, %y) # model.py:7:4
  return (%z)""")
    with pytest.raises(OperatorError) as caught:
        propagate(graph)
    assert caught.value.where == "model.py:7:4"


def test_loops_in_loops_take_linear_time() -> None:
    depth = 60
    opening = "".join(
        f"{'  ' * d}%y{d} : Tensor = prim::Loop(%1, %t, %x)\n"
        f"{'  ' * d}block0(%i{d} : int, %a{d} : Tensor):\n"
        for d in range(depth)
    )
    closing = "".join(f"-> (%t, %a{d})\n" for d in reversed(range(depth)))
    start = time.perf_counter()
    inferred(opening + closing, "%x : Float(2)")
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("a", "b", "type", "expected"),
    [
        (1, 1, ty.INT, 1),
        (1, True, ty.INT, Unknown(ty.INT)),
        (1.0, 1, ty.NUMBER, Unknown(ty.NUMBER)),
        (float("nan"), float("nan"), ty.FLOAT, None),
        (0.0, -0.0, ty.FLOAT, Unknown(ty.FLOAT)),
        (sym("s0"), sym("s0"), ty.INT, sym("s0")),
        (sym("s0"), sym("s1"), ty.INT, Unknown(ty.INT)),
        ([1, 2], [1, 3], ty.ListType(ty.INT), [1, Unknown(ty.INT)]),
        ([1], [1, 3], ty.ListType(ty.INT), Unknown(ty.ListType(ty.INT))),
        (None, 1, ty.OptionalType(ty.INT), Unknown(ty.OptionalType(ty.INT))),
        (parse_type("Float(2, 3)"), parse_type("Float(2, 4)"), ty.TENSOR, parse_type("Float(2, *)")),
    ],
)  # fmt: skip
def test_join(a: Abstract, b: Abstract, type: ty.Type, expected: Abstract) -> None:
    found = join(a, b, type)
    if expected is None:
        assert isinstance(found, float)
        assert math.isnan(found)
    else:
        assert found == expected
