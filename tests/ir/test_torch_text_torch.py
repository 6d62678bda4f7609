"""``to_torch``: torch's parser takes the text, and torch's interpreter gives what eager torch gives."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import TsxError
from tsx.ir.text import parse_graph
from tsx.ir.torch_text import to_torch

pytestmark = pytest.mark.torch


def run(text: str, *inputs: Any, weights: dict[str, Any] | None = None) -> Any:
    """The graph's results, by torch's interpreter."""
    made = to_torch(parse_graph(text))
    graph = torch._C.parse_ir(made.text)
    function = torch._C._create_function_from_graph("forward", graph)
    return function(*inputs, *made.extra_inputs(weights or {}))


X = torch.arange(6.0).reshape(2, 3) - 2


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("%y : Tensor = aten::relu(%x)", torch.relu(X)),
        ("%y : Tensor = aten::add.Tensor(%x, %x, %2)", X + 2 * X),
        ("%y : Tensor = aten::add.Scalar(%x, %2, %2)", X + 4),
        ("%y : Tensor = aten::transpose.int(%x, %0, %1)", X.T),
        ("%y : Tensor = aten::softmax.int(%x, %1, %none)", X.softmax(1)),
        ("%y : Tensor = aten::sum.dim_IntList(%x, %list, %true, %none)", X.sum([0, 1], True)),
        ("%y : Tensor = aten::mul_.Tensor(%x, %x)", X * X),
        ("%y : Tensor = aten::add.Scalar(%x, %inf, %1)", X + math.inf),
        ("%y : Tensor = aten::mul.Scalar(%x, %j)", X * 2j),
        ("%y : Tensor = aten::add.Scalar(%x, %true, %1)", X + True),
        ("%y : Tensor = aten::permute(%x, %list)", X),
    ],
)  # fmt: skip
def test_operators(lines: str, expected: torch.Tensor) -> None:
    text = f"""graph(%x : Float(s0, 3)):
  %0 : int = prim::Constant[value=0]()
  %1 : int = prim::Constant[value=1]()
  %2 : int = prim::Constant[value=2]()
  %none : NoneType = prim::Constant()
  %true : bool = prim::Constant[value=True]()
  %false : bool = prim::Constant[value=False]()
  %inf : float = prim::Constant[value=inf]()
  %j : complex = prim::Constant[value=complex(0.0, 2.0)]()
  %list : int[] = prim::Constant[value=[0, 1]]()
  {lines}
  return (%y)
"""
    assert torch.equal(run(text, X.clone()), expected)


def test_weights_become_inputs() -> None:
    text = """graph(%x : Float(2, 3)):
  %w : Float(4, 3) = prim::Constant[value=<Tensor>, name="fc.weight"]()
  %again : Float(4, 3) = prim::Constant[value=<Tensor>, name="fc.weight"]()
  %b : NoneType = prim::Constant()
  %y : Float(2, 4) = aten::linear(%x, %w, %b)
  %z : Float(2, 4) = aten::linear(%x, %again, %b)
  return (%y, %z)
"""
    weight = torch.arange(12.0).reshape(4, 3)
    y, z = run(text, X, weights={"fc.weight": weight})
    assert torch.equal(y, X @ weight.T)
    assert torch.equal(z, y)
    assert to_torch(parse_graph(text)).lifted == ["fc.weight"]


CONTROL = """graph(%x : Tensor, %n : int):
  %true : bool = prim::Constant[value=True]()
  %1 : int = prim::Constant[value=1]()
  %y : Tensor = prim::Loop(%n, %true, %x)
    block0(%i : int, %a : Tensor):
      %b : Tensor = aten::add.Scalar(%a, %i, %1)
      -> (%true, %b)
  return (%y)
"""


@pytest.mark.parametrize("count", [0, 1, 4])
def test_loop(count: int) -> None:
    assert torch.equal(run(CONTROL, X, count), X + sum(range(count)))


BRANCH = """graph(%x : Tensor, %c : bool):
  %y : Tensor, %k : int = prim::If(%c)
    block0():
      %1 : int = prim::Constant[value=1]()
      %r : Tensor = aten::relu(%x)
      -> (%r, %1)
    block1():
      %2 : int = prim::Constant[value=2]()
      -> (%x, %2)
  return (%y, %k)
"""


@pytest.mark.parametrize("condition", [True, False])
def test_branch(condition: bool) -> None:
    y, k = run(BRANCH, X, condition)
    assert torch.equal(y, torch.relu(X) if condition else X)
    assert k == (1 if condition else 2)


def guarded(type: str, expect: str) -> str:
    return f"""graph(%x : Tensor, %c : {type}):
  tsx::guard[expect={expect}, kind="eq", source="x.sum() > 0 \\u00e9"](%c)
  return (%x)
"""


@pytest.mark.parametrize(
    ("type", "expect", "good", "bad"),
    [
        ("bool", "True", True, False),
        ("int", "3", 3, 4),
        ("float", "2.5", 2.5, 2.0),
        ("float", "inf", math.inf, 1.0),
        ("float", "nan", math.nan, 1.0),
        ("str", '"a"', "a", "b"),
        ("int[]", "2", [5, 6], [5]),
        ("Tensor", "True", torch.tensor(True), torch.tensor(False)),
        ("Tensor", "3", torch.tensor(3), torch.tensor(4)),
    ],
)
def test_guard(type: str, expect: str, good: object, bad: object) -> None:
    text = guarded(type, expect)
    assert torch.equal(run(text, X, good), X)
    with pytest.raises(Exception, match=r"x\.sum\(\) > 0"):
        run(text, X, bad)


def test_groups_are_expanded() -> None:
    text = """graph(%x : Tensor):
  %y : Tensor = tsx::group[name="relu_neg"](%x)
    block0(%a : Tensor):
      %b : Tensor = aten::relu(%a)
      %c : Tensor = aten::neg(%b)
      -> (%c)
  return (%y)
"""
    assert torch.equal(run(text, X), -torch.relu(X))


def test_single_numbers_and_optional_lists_fit_torchs_schemas() -> None:
    text = """graph(%x : Tensor, %i : Tensor):
  %0 : int = prim::Constant[value=0]()
  %1 : int = prim::Constant[value=1]()
  %none : NoneType = prim::Constant()
  %l : Tensor?[] = prim::ListConstruct(%none, %i)
  %y : Tensor = aten::index.Tensor(%x, %l)
  %t : (Tensor, int) = prim::TupleConstruct(%y, %1)
  %z : Tensor = prim::TupleIndex[index=0](%t)
  return (%z)
"""
    index = torch.tensor([2, 0])
    assert torch.equal(run(text, X, index), X[:, index])


def test_what_torch_can_not_hold_is_refused() -> None:
    graph = parse_graph("""graph(%self : __torch__.Net):
  %w : Tensor = prim::GetAttr[name="w"](%self)
  return (%w)
""")
    with pytest.raises(TsxError) as caught:
        to_torch(graph)
    assert caught.value.code == "TSX8004"
