"""Graph, Block, Node, Value: use lists stay right through every change, walking survives changes, changes count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.graphgen import Made, graphs
from tsx.ir import types as ty
from tsx.ir.graph import Graph, Node
from tsx.ir.location import NOWHERE
from tsx.ir.text import parse_graph
from tsx.ir.verify import verify
from tsx.ir.walk import all_blocks, all_values, ancestor_in, depth

CHAIN = """graph(%x : Tensor):
  %a : Tensor = aten::relu(%x)
  %b : Tensor = aten::neg(%a)
  %c : Tensor = aten::abs(%b)
  return (%c)
"""


def kinds(graph: Graph) -> list[str]:
    return [node.kind.removeprefix("aten::") for node in graph.nodes]


@given(graphs(), st.data())
def test_any_changes_leave_a_sound_structure(made: Made, data: st.DataObject) -> None:
    """Random replacements and removals keep V01, V02 and V04; only dominance may be broken."""
    graph = made.graph
    for _ in range(data.draw(st.integers(1, 6))):
        nodes = [n for n in graph.all_nodes() if n.outputs]
        if not nodes:
            break
        node = data.draw(st.sampled_from(nodes))
        values = [v for v in all_values(graph) if v.type == node.outputs[0].type]
        node.outputs[0].replace_uses(data.draw(st.sampled_from(values)))
        if not any(value.uses for value in node.outputs) and not node.blocks:
            node.destroy()
    assert {v.code for v in verify(graph)} <= {"V03", "V20"}


def test_walking_goes_on_while_nodes_are_removed() -> None:
    graph = parse_graph(CHAIN)
    x = graph.inputs[0]
    for node in graph.nodes:
        node.output.replace_uses(x)
        node.destroy()
    assert kinds(graph) == []
    assert graph.outputs == (x,)


def test_walking_sees_what_is_inserted_after_the_current_node() -> None:
    graph = parse_graph(CHAIN)
    seen = []
    for node in graph.nodes:
        seen.append(node.kind)
        if node.kind == "aten::neg":
            new = graph.create("aten::sin", node.outputs, [ty.TENSOR], origin=NOWHERE)
            new.insert_after(node)
    assert seen == ["aten::relu", "aten::neg", "aten::sin", "aten::abs"]


def test_order_is_known_after_moves() -> None:
    graph = parse_graph(CHAIN)
    a, b, c = graph.nodes
    assert a.is_before(c)
    c.move_before(a)
    assert kinds(graph) == ["abs", "relu", "neg"]
    assert c.is_before(b)
    assert not b.is_before(a)
    assert a.is_before(graph.block.return_node)


def test_mutations_count_changes_and_nothing_else() -> None:
    graph = parse_graph(CHAIN)
    assert graph.mutations == 0
    node: Node = next(iter(graph.nodes))
    node.set_input(0, graph.inputs[0])
    node.set_inputs(list(node.inputs))
    assert graph.mutations == 0
    for value in (1, 1, True, 1.0, float("nan"), float("nan"), 0.0, -0.0):
        node.set_attribute("a", value)
    assert graph.mutations == 6  # the second 1 and the second nan are no change


def test_names_are_unique_and_free_again() -> None:
    graph = Graph()
    first, second, third = (graph.block.add_input(ty.INT, "x") for _ in range(3))
    assert [v.name for v in (first, second, third)] == ["x", "x.1", "x.2"]
    first.name = ""
    assert graph.block.add_input(ty.INT, "x").name == "x"


def test_what_is_used_can_not_be_removed() -> None:
    graph = parse_graph(CHAIN)
    node = next(iter(graph.nodes))
    with pytest.raises(ValueError, match="use"):
        node.destroy()
    with pytest.raises(ValueError, match="use"):
        node.remove_output(0)
    with pytest.raises(ValueError, match="use"):
        graph.block.remove_input(0)


NESTED = """graph(%x : Tensor, %c : bool):
  prim::If(%c)
    block0():
      %a : Tensor = aten::relu(%x)
      prim::If(%c)
        block0():
          %b : Tensor = aten::neg(%a)
          -> ()
        block1():
          -> ()
      -> ()
    block1():
      -> ()
  %d : Tensor = aten::abs(%x)
  return (%d)
"""


def test_blocks_nest_and_values_are_seen_inside_only() -> None:
    graph = parse_graph(NESTED)
    relu, neg, last = (
        next(n for n in graph.all_nodes() if n.kind == f"aten::{kind}")
        for kind in ("relu", "neg", "abs")
    )
    assert [depth(block) for block in all_blocks(graph)] == [0, 1, 2, 2, 1]
    assert ancestor_in(neg, graph.block) is next(iter(graph.nodes))
    assert ancestor_in(last, relu.block) is None
    assert [v.name for v in all_values(graph)] == ["x", "c", "a", "b", "d"]
