"""Lowering beyond what the file tests show: depth without recursion, determinism, calls, composites."""

from __future__ import annotations

import numpy as np
import pytest

from tests.runtime.build import run
from tsx.errors import OperatorError, RunError
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.graph import Graph
from tsx.ir.location import NOWHERE, Origin, Span
from tsx.ir.module import ClassDef, Method, Module
from tsx.ir.op import all_ops
from tsx.ir.text import parse_graph
from tsx.runtime.check import check
from tsx.runtime.disassemble import disassemble
from tsx.runtime.lower import lower, lower_module
from tsx.runtime.opcodes import Opcode
from tsx.runtime.program import encode
from tsx.runtime.vm import VM


def test_a_chain_of_inline_operators_needs_no_recursion() -> None:
    graph = Graph()
    value = graph.block.add_input(ty.INT, "n")
    build = Builder.at_end(graph.block, NOWHERE)
    for _ in range(20_000):
        value = build.op("aten::neg.int", (value,), ty.INT)
    graph.block.return_node.set_inputs([value])
    program = lower(graph)
    assert len(program.functions[0].slot_names) == 1
    assert VM(program).run("graph", [5]) == [5]


def test_deep_nesting_needs_no_recursion() -> None:
    graph = Graph()
    flag = graph.block.add_input(ty.BOOL, "c")
    block, outer = graph.block, None
    for _ in range(3000):
        node = Builder.at_end(block, NOWHERE).node("prim::If", (flag,), (ty.BOOL,))
        block.return_node.set_inputs([node.output])
        outer = outer or node
        inner, other = node.add_block(), node.add_block()
        other.return_node.set_inputs([flag])
        block = inner
    block.return_node.set_inputs([flag])
    program = lower(graph)
    check(program)
    assert VM(program).run("graph", [True]) == [True]
    assert VM(program).run("graph", [False]) == [False]
    assert outer is not None
    outer.output.replace_uses(flag)  # so that the graph can be taken down level by level


def test_lowering_is_deterministic_and_leaves_the_graph_alone() -> None:
    text = """graph(%x : Tensor, %c : bool):
  %1 : int = prim::Constant[value=1]()
  %y : Tensor = prim::If(%c)
    block0():
      %a : Tensor = aten::add.Scalar(%x, %1, %1)
      -> (%a)
    block1():
      -> (%x)
  return (%y)
"""
    graph = parse_graph(text)
    before = str(graph)
    first, second = lower(graph), lower(parse_graph(text))
    assert before == str(graph)
    assert disassemble(first) == disassemble(second)
    assert encode(first.functions[0]) == encode(second.functions[0])


def test_an_unknown_operator_is_named_with_its_line() -> None:
    graph = Graph()
    x = graph.block.add_input(ty.TENSOR, "x")
    origin = Origin.at(1, Span("model.py", 3, 4))
    y = Builder.at_end(graph.block, origin).op("aten::reluu", (x,), ty.TENSOR)
    graph.block.return_node.set_inputs([y])
    with pytest.raises(OperatorError, match=r"aten::reluu.*aten::relu") as caught:
        lower(graph)
    assert caught.value.where == "model.py:3:4"


def test_a_call_of_an_unknown_function_is_named() -> None:
    graph = parse_graph("""graph(%x : Tensor):
  %y : Tensor = prim::CallFunction[name="helper"](%x)
  return (%y)
""")
    with pytest.raises(RunError, match=r"TSX5003.*helper"):
        lower_module(Module("m", {"forward": Method(graph)}))


def test_a_function_is_lowered_once_however_often_it_is_called() -> None:
    helper = parse_graph("graph(%a : Tensor):\n  %b : Tensor = aten::neg(%a)\n  return (%b)\n")
    graph = parse_graph("""graph(%x : Tensor):
  %y : Tensor = prim::CallFunction[name="helper"](%x)
  %z : Tensor = prim::CallFunction[name="helper"](%y)
  return (%z)
""")
    program = lower_module(Module("m", {"forward": Method(graph)}, functions={"helper": helper}))
    assert [f.name for f in program.functions] == ["forward", "helper"]
    (result,) = VM(program).run("forward", [np.ones(2)])
    assert result.tolist() == [1.0, 1.0]


def test_a_function_value_says_which_function_is_called() -> None:
    helper = parse_graph("graph(%a : int):\n  %b : int = aten::neg.int(%a)\n  return (%b)\n")
    graph = parse_graph("""graph(%x : int):
  %f : Function<helper> = prim::Constant[name="helper"]()
  %y : int = prim::CallFunction(%f, %x)
  return (%y)
""")
    program = lower_module(Module("m", {"forward": Method(graph)}, functions={"helper": helper}))
    assert VM(program).run("forward", [3]) == [-3]


def test_a_method_call_is_a_frame_of_its_own() -> None:
    method = parse_graph("""graph(%self : __torch__.Net, %a : int):
  %b : int = prim::GetAttr[name="k"](%self)
  %c : int = aten::mul.int(%a, %b)
  return (%c)
""")
    graph = parse_graph("""graph(%self : __torch__.Net, %x : int):
  %y : int = prim::CallMethod[name="scale"](%self, %x)
  return (%y)
""")
    definition = ClassDef("__torch__.Net", {"k": ty.INT}, {"scale": method})
    module = Module("m", {"forward": Method(graph)}, {"__torch__.Net": definition})
    program = lower_module(module)
    assert [f.name for f in program.functions] == ["forward", "__torch__.Net.scale"]
    assert Opcode.CALLF in [i.opcode for i in program.functions[0].code]


COMPOSITES = [op.kind for op in all_ops() if op.body]


@pytest.mark.parametrize("kind", COMPOSITES)
def test_every_composite_body_lowers(kind: str) -> None:
    op = next(op for op in all_ops() if op.kind == kind)
    program = lower(parse_graph(op.body), bodies=True)
    check(program)
    assert len(op.schema.arguments) == program.functions[0].inputs
    assert len(op.schema.results) == program.functions[0].outputs


def test_a_body_gives_what_the_fast_answer_gives() -> None:
    text = """graph(%x : Tensor):
  %d : int = prim::Constant[value=1]()
  %n : NoneType = prim::Constant()
  %y : Tensor = aten::softmax.int(%x, %d, %n)
  return (%y)
"""
    x = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    assert np.array_equal(run(text, x), run(text, x, bodies=True))
