"""Alias analysis on small graphs, each with the question that it is about. (Random graphs: test_random_graphs.)"""

from __future__ import annotations

import numpy as np
import pytest

import tsx.ir.location
import tsx.ops
from tsx.ir import types as ty
from tsx.ir.alias import AliasAnalysis
from tsx.ir.graph import Graph, Node, Value, WeightRef
from tsx.ir.module import ClassDef, Method, Module, Object, Parameter
from tsx.ir.text import parse_graph
from tsx.ops.weights import Weight

CONSTANTS = """
  %0 : int = prim::Constant[value=0]()
  %1 : int = prim::Constant[value=1]()
  %none : NoneType = prim::Constant()
  %t : bool = prim::Constant[value=True]()
  %f : bool = prim::Constant[value=False]()"""


class Subject:
    """A graph by the names of its values and kinds of its nodes."""

    def __init__(self, body: str, inputs: str = "%x : Tensor", results: str = "%x") -> None:
        text = f"graph({inputs}):{CONSTANTS}\n{body}\n  return ({results})"
        self.graph = parse_graph(text)
        self.aliases = AliasAnalysis(self.graph)
        self.values = {v.name: v for v in values(self.graph)}

    def node(self, kind: str) -> Node:
        return next(n for n in self.graph.all_nodes() if n.kind == kind)

    def may_alias(self, a: str, b: str) -> bool:
        return self.aliases.may_alias(self.values[a], self.values[b])

    def has_writers(self, name: str) -> bool:
        return self.aliases.has_writers(self.values[name])


def values(graph: Graph) -> list[Value]:
    return [*graph.inputs, *(v for n in graph.all_nodes() for v in n.outputs)]


def test_a_view_aliases_its_base_and_a_fresh_result_nothing() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  %v : Tensor = aten::transpose.int(%a, %0, %1)
  %w : Tensor = aten::unsqueeze(%v, %0)
  %b : Tensor = aten::relu(%w)""")
    assert s.may_alias("a", "v")
    assert s.may_alias("a", "w")
    assert not s.may_alias("a", "b")
    assert not s.may_alias("x", "a")


def test_inputs_may_alias_each_other_and_only_what_has_their_sort() -> None:
    s = Subject("", "%x : Tensor, %y : Tensor, %l : int[], %n : int")
    assert s.may_alias("x", "y")
    assert not s.may_alias("x", "l")
    assert not s.may_alias("n", "n")


def test_an_in_place_operator_writes_its_operand_and_every_view_of_it() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  %v : Tensor = aten::unsqueeze(%a, %0)
  %other : Tensor = aten::relu(%x)
  %w : Tensor = aten::add_.Tensor(%v, %x, %1)""")
    write = s.node("aten::add_.Tensor")
    assert s.aliases.may_write(write)
    assert s.aliases.writes(write, s.values["a"])
    assert s.has_writers("a")
    assert s.may_alias("w", "a")
    assert not s.has_writers("other")
    assert not s.has_writers("x")
    assert not s.aliases.has_effect(write)


def test_a_write_to_an_element_is_a_write_to_the_list() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  %b : Tensor = aten::relu(%x)
  %l : Tensor[] = prim::ListConstruct(%a, %b)
  %c : Tensor = aten::zero_(%b)""")
    assert s.has_writers("l")
    assert s.has_writers("b")
    assert not s.has_writers("a")


def test_elements_of_a_list_are_what_was_put_in() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  %b : Tensor = aten::relu(%x)
  %l : Tensor[] = prim::ListConstruct(%a)
  %c : Tensor = prim::ListUnpack(%l)
  %m : Tensor[] = aten::unbind.int(%b, %0)
  %d : Tensor, %e : Tensor = prim::ListUnpack(%m)""")
    assert s.may_alias("c", "a")
    assert not s.may_alias("c", "b")
    assert s.may_alias("d", "b")
    assert not s.may_alias("l", "m")


def test_a_tuple_that_is_taken_apart_at_once_is_exact() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  %b : Tensor = aten::relu(%x)
  %p : (Tensor, Tensor) = prim::TupleConstruct(%a, %b)
  %c : Tensor, %d : Tensor = prim::TupleUnpack(%p)""")
    assert s.may_alias("c", "a")
    assert not s.may_alias("c", "b")


def test_a_branch_gives_either_side() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  %b : Tensor = aten::relu(%x)
  %c : Tensor = prim::If(%t)
    block0():
      -> (%a)
    block1():
      -> (%b)""")
    assert s.may_alias("c", "a")
    assert s.may_alias("c", "b")
    assert not s.may_alias("a", "b")


def test_a_loop_carries_what_any_round_gives() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  %b : Tensor = aten::relu(%x)
  %o : Tensor, %p : Tensor = prim::Loop(%1, %t, %a, %b)
    block0(%i : int, %u : Tensor, %v : Tensor):
      -> (%t, %v, %u)""")
    assert s.may_alias("o", "b")
    assert s.may_alias("p", "a")


def test_what_is_in_a_block_counts_for_the_node() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  prim::If(%t)
    block0():
      %z : Tensor = aten::zero_(%a)
      -> ()
    block1():
      tsx::guard[kind="bool", expect=True, source="c"](%t)
      -> ()""")
    branch = s.node("prim::If")
    assert s.aliases.writes(branch, s.values["a"])
    assert s.aliases.has_effect(branch)


@pytest.mark.parametrize(("training", "writes"), [("%t", True), ("%f", False)])
def test_batch_norm_writes_its_statistics_when_it_trains(training: str, writes: bool) -> None:
    s = Subject(
        f"""  %eps : float = prim::Constant[value=1e-05]()
  %y : Tensor = aten::batch_norm(%x, %none, %none, %mean, %var, {training}, %eps, %eps, %t)""",
        "%x : Tensor, %mean : Tensor, %var : Tensor",
    )
    assert s.aliases.may_write(s.node("aten::batch_norm")) == writes


@pytest.mark.parametrize("kind", ["aten::rand_like", "tsx::guard", "prim::Print"])
def test_effects_must_run(kind: str) -> None:
    graph = Graph()
    node = graph.create(kind, origin=tsx.ir.location.NOWHERE)
    graph.block.append(node)
    assert AliasAnalysis(graph).has_effect(node)


def test_moving_past_a_write_a_read_or_a_use_is_refused() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  %b : Tensor = aten::neg(%a)
  %w : Tensor = aten::zero_(%a)
  %c : Tensor = aten::sigmoid(%a)
  %d : Tensor = aten::tanh(%x)""")
    can_move, node = s.aliases.can_move, s.node
    assert not can_move(node("aten::neg"), node("aten::relu"))  # uses it
    assert not can_move(node("aten::sigmoid"), node("aten::zero_"))  # would read before the write
    assert not can_move(node("aten::zero_"), node("aten::neg"))  # would write before the read
    assert not can_move(node("aten::neg"), node("aten::sigmoid"))  # down, past the write
    assert can_move(node("aten::tanh"), node("aten::relu"))
    assert can_move(node("aten::neg"), node("aten::zero_"))  # where it is


def test_guards_keep_their_order_and_writes_stay_behind_them() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  tsx::guard[kind="bool", expect=True, source="a"](%t)
  %w : Tensor = aten::zero_(%a)
  tsx::guard[kind="bool", expect=False, source="b"](%f)
  %d : Tensor = aten::tanh(%x)""")
    first, second = [n for n in s.graph.nodes if n.kind == "tsx::guard"]
    assert not s.aliases.can_move(second, first)
    assert not s.aliases.can_move(s.node("aten::zero_"), first)
    assert s.aliases.can_move(s.node("aten::tanh"), first)


def test_results_and_what_was_there_before() -> None:
    s = Subject(
        """  %a : Tensor = aten::relu(%x)
  %v : Tensor = aten::unsqueeze(%a, %0)
  %l : Tensor[] = prim::ListConstruct(%v)
  %b : Tensor = aten::relu(%x)
  %u : Tensor = aten::unsqueeze(%x, %0)""",
        results="%l",
    )
    output, input = s.aliases.may_alias_output, s.aliases.may_alias_input
    assert output(s.values["a"])
    assert not output(s.values["b"])
    assert input(s.values["u"])
    assert not input(s.values["a"])


def test_calls_write_and_give_whatever_they_can_reach() -> None:
    s = Subject("""  %a : Tensor = aten::relu(%x)
  %b : Tensor = aten::relu(%x)
  %c : Tensor = prim::CallFunction[name="f"](%a)""")
    assert s.has_writers("a")
    assert not s.has_writers("b")
    assert s.may_alias("c", "a")
    assert s.may_alias("c", "x")
    assert not s.may_alias("c", "b")


# -- attributes ----------------------------------------------------------------------------------------------------


def module_of(body: str) -> tuple[Module, dict[str, Value], AliasAnalysis]:
    graph = parse_graph(f"graph(%self : Net, %x : Tensor):{CONSTANTS}\n{body}\n  return (%x)")
    fields = {"w": ty.TENSOR, "tied": ty.TENSOR, "other": ty.TENSOR, "n": ty.INT}
    root = Object(
        "Net", {"w": WeightRef("w"), "tied": WeightRef("w"), "other": WeightRef("o"), "n": 3}
    )
    weights = {"w": Weight(np.ones(3, "f4")), "o": Weight(np.ones(3, "f4"))}
    method = Method(graph, (Parameter("x"),))
    module = Module("m", {"forward": method}, {"Net": ClassDef("Net", fields)}, {}, root, weights)
    return module, {v.name: v for v in values(graph)}, AliasAnalysis(graph, module)


READS = """  %w : Tensor = prim::GetAttr[name="w"](%self)
  %tied : Tensor = prim::GetAttr[name="tied"](%self)
  %other : Tensor = prim::GetAttr[name="other"](%self)
  %n : int = prim::GetAttr[name="n"](%self)
"""


def test_attributes_that_nobody_writes_are_constants_and_known_apart() -> None:
    _, named, aliases = module_of(READS)
    assert aliases.may_alias(named["w"], named["tied"])
    assert not aliases.may_alias(named["w"], named["other"])
    assert not aliases.may_alias(named["w"], named["x"])
    assert all(aliases.is_constant(named[name]) for name in ("w", "other", "n"))
    assert not aliases.is_constant(named["x"])


def test_an_attribute_that_is_written_in_place_is_no_constant() -> None:
    _, named, aliases = module_of(READS + "  %z : Tensor = aten::zero_(%tied)")
    assert not aliases.is_constant(named["w"])
    assert aliases.is_constant(named["other"])
    assert aliases.may_alias_input(named["z"])


def test_an_attribute_that_is_set_may_be_any_tensor() -> None:
    _, named, aliases = module_of(
        READS + '  prim::SetAttr[name="w"](%self, %x)\n  prim::SetAttr[name="n"](%self, %1)'
    )
    assert not aliases.is_constant(named["w"])
    assert not aliases.is_constant(named["n"])
    assert aliases.may_alias(named["w"], named["other"])
    assert aliases.may_alias(named["w"], named["x"])


@pytest.mark.parametrize(
    "line",
    [
        "%v : Tensor[] = aten::values.int(%d)\n  %e : Tensor = aten::__getitem__.t(%v, %0)",
        "%v : (int, Tensor)[] = aten::items.int(%d)\n  %p : (int, Tensor) = aten::__getitem__.t(%v, %0)\n"
        "  %k : int, %e : Tensor = prim::TupleUnpack(%p)",
        "%p : (int, Tensor) = tsx::popitem(%d)\n  %k : int, %e : Tensor = prim::TupleUnpack(%p)",
        "%i : (int, Tensor)[] = tsx::items(%d)\n  %g : Dict(int, Tensor) = tsx::dict(%i)\n"
        "  %e : Tensor = tsx::__getitem__.Dict(%g, %0)",
        "%b : Tensor = aten::relu(%x)\n  %e : Tensor = tsx::get.default(%d, %1, %a)",
        "%l : Tensor[] = prim::ListConstruct()\n  %v : Tensor[] = tsx::values(%d)\n"
        "   = aten::extend.t(%l, %v)\n  %e : Tensor = aten::pop.t(%l, %0)",
        "%g : Dict(int, Tensor) = prim::DictConstruct()\n   = tsx::update.Dict(%g, %d)\n"
        "  %e : Tensor = tsx::pop.Dict(%g, %0)",
        "%v : Tensor[] = tsx::values(%d)\n  %l : Tensor[] = prim::ListConstruct()\n"
        "   = tsx::set_slice(%l, %none, %none, %1, %v)\n  %r : Tensor[] = tsx::reversed(%l)\n"
        "  %e : Tensor = aten::__getitem__.t(%r, %0)",
    ],
)  # fmt: skip
def test_what_comes_out_of_a_container_aliases_what_went_in(line: str) -> None:
    s = Subject(f"""  %a : Tensor = aten::relu(%x)
  %d : Dict(int, Tensor) = prim::DictConstruct(%0, %a)
  {line}
  %w : Tensor = aten::neg_(%e)""")
    assert s.may_alias("a", "e")
    assert s.has_writers("a")
    assert s.has_writers("d")
