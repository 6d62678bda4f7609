"""The VM: control flow, calls, values, errors and threads. What one value gives is in tests/filetests/run."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.runtime.build import NET, floats, net, run
from tsx.errors import RunError, TsxError
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.graph import Graph, WeightRef
from tsx.ir.location import NOWHERE
from tsx.ir.module import ClassDef, Method, Module, Object
from tsx.ir.op import Op, Trait, register
from tsx.ir.schema import parse_schema
from tsx.ir.text import parse_graph
from tsx.ir.types import TENSOR
from tsx.ops.weights import Weight
from tsx.runtime.border import Executable
from tsx.runtime.lower import lower, lower_module
from tsx.runtime.observe import Moment
from tsx.runtime.program import Program
from tsx.runtime.values import UNINITIALIZED, EnumMember, Instance, is_a, same
from tsx.runtime.vm import MAX_CALLS, VM


def test_tensors_die_at_their_last_use() -> None:
    """A chain of ten operators keeps two tensors alive at a time, not ten."""
    alive: list[int] = []

    class Watch:
        def before(self, moment: Moment) -> None:
            held = [*moment.stack, *moment.slots]
            alive.append(sum(isinstance(v, np.ndarray) for v in held))

        def after(self, moment: Moment) -> None:
            pass

    lines = [f"  %v{i + 1} : Tensor = aten::mul.Tensor(%v{i}, %v{i})" for i in range(10)]
    text = "\n".join(["graph(%v0 : Tensor):", *lines, "  return (%v10)\n"])
    VM(lower(parse_graph(text))).run("graph", [np.ones(3)], Watch())
    assert max(alive) == 2


def test_a_branch_frees_what_only_the_other_needs() -> None:
    seen: dict[str, int] = {}

    class Watch:
        def before(self, moment: Moment) -> None:
            if moment.instruction.opcode.name == "CALL":
                seen["alive"] = sum(isinstance(v, np.ndarray) for v in moment.slots)

        def after(self, moment: Moment) -> None:
            pass

    text = """graph(%c : bool, %x : Tensor, %y : Tensor):
  %r : Tensor = prim::If(%c)
    block0():
      %a : Tensor = aten::neg(%x)
      -> (%a)
    block1():
      %b : Tensor = aten::neg(%y)
      -> (%b)
  return (%r)
"""
    for flag in (True, False):
        VM(lower(parse_graph(text))).run("graph", [flag, np.ones(1), np.ones(1)], Watch())
        assert seen == {"alive": 0}


@pytest.mark.parametrize(("c", "d"), [(True, True), (True, False), (False, True), (False, False)])
def test_ifs_nest_and_pass_uninitialized_values(c: bool, d: bool) -> None:
    text = """graph(%c : bool, %d : bool, %n : int):
  %u : int = prim::Uninitialized()
  %a : int, %b : int = prim::If(%c)
    block0():
      %p : int, %q : int = prim::If(%d)
        block0():
          -> (%n, %u)
        block1():
          -> (%u, %n)
      -> (%q, %p)
    block1():
      -> (%u, %u)
  return (%a, %b)
"""
    nothing = UNINITIALIZED
    expected = {(1, 1): [nothing, 7], (1, 0): [7, nothing]}.get((c, d), [nothing, nothing])
    assert run(text, c, d, 7) == expected


def test_a_loop_over_loops_counts_every_turn() -> None:
    text = """graph(%n : int, %m : int):
  %t : bool = prim::Constant[value=True]()
  %0 : int = prim::Constant[value=0]()
  %s : int = prim::Loop(%n, %t, %0)
    block0(%i : int, %a : int):
      %r : int = prim::Loop(%m, %t, %a)
        block0(%j : int, %b : int):
          %p : int = aten::mul.int(%i, %j)
          %q : int = aten::add.int(%b, %p)
          -> (%t, %q)
      -> (%t, %r)
  return (%s)
"""
    assert run(text, 7, 5) == sum(i * j for i in range(7) for j in range(5))
    assert run(text, 0, 5) == run(text, -3, 5) == 0


def test_carried_values_may_swap() -> None:
    text = """graph(%n : int, %a : int, %b : int):
  %t : bool = prim::Constant[value=True]()
  %x : int, %y : int = prim::Loop(%n, %t, %a, %b)
    block0(%i : int, %p : int, %q : int):
      -> (%t, %q, %p)
  return (%x, %y)
"""
    assert run(text, 3, 1, 2) == [2, 1]
    assert run(text, 4, 1, 2) == [1, 2]


def test_lists_are_shared_as_in_python() -> None:
    text = """graph(%x : Tensor):
  %1 : int = prim::Constant[value=1]()
  %a : Tensor[] = prim::ListConstruct(%x)
  %b : Tensor[] = aten::append.t(%a, %x)
  %n : int = aten::len.t(%a)
  %y : Tensor = aten::add_.Scalar(%x, %1, %1)
  return (%a, %n)
"""
    x = np.zeros(2)
    listed, count = run(text, x)
    assert count == 2
    assert listed[0] is listed[1] is x
    assert x.tolist() == [1.0, 1.0]


def test_a_number_becomes_a_tensor() -> None:
    text = "graph(%n : {0}):\n  %t : Tensor = prim::NumToTensor(%n)\n  return (%t)\n"
    for type, value, dtype in (
        ("int", 3, "int64"),
        ("float", 0.5, "float64"),
        ("bool", True, "bool"),
    ):
        made = run(text.format(type), value)
        assert (made.shape, made.dtype.name, made.item()) == ((), dtype, value)


def test_enum_members_have_a_name_and_a_value() -> None:
    graph = parse_graph("""graph():
  %c : Enum<Color> = prim::Constant[value="RED"]()
  %n : str = prim::EnumName(%c)
  %v : int = prim::EnumValue(%c)
  return (%n, %v)
""")
    enum = ClassDef("Color", kind="enum", members=(("RED", 1), ("BLUE", 2)))
    executable = Executable(Module("m", {"forward": Method(graph)}, {"Color": enum}))
    assert executable.vm.run("forward", []) == ["RED", 1]
    assert is_a(EnumMember("Color", "RED", 1), ty.EnumType("Color"))


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        ("int[]?", "[1, 2]", [1, 2]),
        ("int[]?", "", None),
        ("int[][]", "[[1], [2, 3]]", [[1], [2, 3]]),
        ("float[]", "[1.0, -0.0]", [1.0, -0.0]),
        ("str[]", '["a"]', ["a"]),
    ],
)
def test_constants_of_every_shape(type: str, text: str, value: object) -> None:
    constant = f"prim::Constant[value={text}]" if text else "prim::Constant"
    result = run(f"graph():\n  %c : {type} = {constant}()\n  return (%c)\n")
    assert repr(value) == repr(result)


def test_constants_may_hold_tensors_in_lists() -> None:
    graph = Graph("forward")
    type = ty.TupleType((ty.ListType(TENSOR), ty.INT))
    value = Builder.at_end(graph.block, NOWHERE).constant(
        ((WeightRef("a"), WeightRef("b")), 3), type
    )
    graph.block.return_node.set_inputs([value])
    weights = {name: Weight(floats(i)) for i, name in enumerate("ab")}
    ((tensors, number),) = VM(lower(graph), weights).run("forward", [])
    assert ([t.item() for t in tensors], number) == ([0.0, 1.0], 3)


def interface_module() -> Module:
    forward = parse_graph("""graph(%self : __torch__.Net, %x : int):
  %part : Interface<Part> = prim::GetAttr[name="part"](%self)
  %y : int = prim::CallMethod[name="apply"](%part, %x)
  return (%y)
""")
    double = parse_graph("""graph(%self : A, %x : int):
  %y : int = aten::add.int(%x, %x)
  return (%y)
""")
    square = parse_graph("""graph(%self : B, %x : int):
  %y : int = aten::mul.int(%x, %x)
  return (%y)
""")
    classes = {
        NET: ClassDef(NET, {"part": ty.InterfaceType("Part")}),
        "A": ClassDef("A", {}, {"apply": double}),
        "B": ClassDef("B", {}, {"apply": square}),
    }
    return Module(
        "m", {"forward": Method(forward)}, classes, {}, Object(NET, {"part": Object("B")})
    )


def test_a_call_through_an_interface_asks_the_object() -> None:
    module = interface_module()
    assert Executable(module).run("forward", (5,)) == 25
    assert module.root is not None
    module.root.attributes["part"] = Object("A")
    assert Executable(module).run("forward", (5,)) == 10


def test_an_object_without_the_method_is_an_error() -> None:
    module = interface_module()
    assert module.root is not None
    module.root.attributes["part"] = Object("C")
    with pytest.raises(RunError, match=r"TSX5003.*C\.apply"):
        Executable(module).run("forward", (5,))


def test_objects_are_made_written_and_read() -> None:
    text = """graph(%n : int):
  %o : Point = prim::CreateObject()
   = prim::SetAttr[name="x"](%o, %n)
  %p : int = prim::GetAttr[name="x"](%o)
  %b : bool = prim::isinstance[types=[Point]](%o)
  return (%p, %b)
"""
    assert run(text, 4) == [4, True]


def recursive() -> Program:
    """f(n): 0 if n == 0 else f(n - 1) + 1."""
    graph = parse_graph("""graph(%n : int):
  %0 : int = prim::Constant[value=0]()
  %1 : int = prim::Constant[value=1]()
  %stop : bool = aten::eq.int(%n, %0)
  %r : int = prim::If(%stop)
    block0():
      -> (%0)
    block1():
      %m : int = aten::sub.int(%n, %1)
      %s : int = prim::CallFunction[name="f"](%m) # model.py:4:11
      %t : int = aten::add.int(%s, %1)
      -> (%t)
  return (%r)
""")
    graph.name = "f"
    return lower_module(Module("m", {"f": Method(graph)}, functions={"f": graph}))


def test_calls_nest_up_to_a_limit_and_then_stop_cleanly() -> None:
    vm = VM(recursive())
    assert vm.run("f", [MAX_CALLS]) == [MAX_CALLS]
    with pytest.raises(RunError, match="TSX5006") as caught:
        vm.run("f", [MAX_CALLS + 1])
    assert caught.value.where == "model.py:4:11"


def test_an_error_shows_the_calls_that_led_there() -> None:
    helper = parse_graph("""graph(%a : Tensor):
  %b : Tensor = aten::mm(%a, %a) # helper.py:2:4
  return (%b)
""")
    graph = parse_graph("""graph(%x : Tensor):
  %y : Tensor = prim::CallFunction[name="helper"](%x) # model.py:9:4
  return (%y)
""")
    module = Module("m", {"forward": Method(graph)}, functions={"helper": helper})
    with pytest.raises(RunError, match="TSX5002: aten::mm failed") as caught:
        VM(lower_module(module)).run("forward", [np.ones((1, 2))])
    assert caught.value.where == "helper.py:2:4"
    assert caught.value.excerpt.splitlines() == [
        "aten::mm(Double(1, 2), Double(1, 2))",
        "called from forward at model.py:9:4",
    ]


def test_an_error_in_a_body_names_the_line_that_called_it() -> None:
    text = """graph(%x : Tensor):
  %d : int = prim::Constant[value=5]()
  %n : NoneType = prim::Constant()
  %y : Tensor = aten::softmax.int(%x, %d, %n) # model.py:3:4
  return (%y)
"""
    with pytest.raises(RunError) as caught:
        run(text, np.ones((2, 2)), bodies=True)
    assert caught.value.where == "model.py:3:4"
    assert "called from graph at model.py:3:4" in caught.value.excerpt


def failing(name: str, error: type[Exception], text: str) -> str:
    """Defines an operator that raises; gives a graph that calls it."""

    def evaluate(x: object) -> object:
        raise error(text)

    register(
        Op(
            schema=parse_schema(f"test::{name}(Tensor x) -> Tensor"),
            infer=lambda x: TENSOR,
            eval=evaluate,
            traits=Trait.EFFECT,
        )
    )
    return f"graph(%x : Tensor):\n  %y : Tensor = test::{name}(%x)\n  return (%y)\n"


@pytest.mark.parametrize(
    ("name", "error", "text", "shown"),
    [
        ("value", ValueError, "a NumPy\n  complaint", "test::value failed: a NumPy complaint"),
        ("key", KeyError, "k", "test::key failed: there is no key 'k'"),
        ("memory", MemoryError, "", "not enough memory for test::memory"),
        ("silent", ZeroDivisionError, "", "test::silent failed: ZeroDivisionError"),
    ],
)
def test_python_errors_of_operators_become_run_errors(
    name: str, error: type[Exception], text: str, shown: str
) -> None:
    with pytest.raises(RunError) as caught:
        run(failing(name, error, text), np.ones(2))
    assert shown == caught.value.message
    assert caught.value.code == ("TSX5020" if error is MemoryError else "TSX5002")
    assert caught.value.excerpt == f"test::{name}(Double(2))"


def test_an_interrupt_is_not_an_error_of_the_model() -> None:
    text = failing("interrupt", KeyboardInterrupt, "")
    with pytest.raises(KeyboardInterrupt):
        run(text, np.ones(2))


def test_a_vm_runs_after_an_error() -> None:
    vm = VM(lower(parse_graph("graph(%x : Tensor):\n  %y : Tensor = aten::t(%x)\n  return (%y)\n")))
    with pytest.raises(TsxError):
        vm.run("graph", [np.ones((2, 2, 2))])
    (result,) = vm.run("graph", [np.ones((2, 3))])
    assert result.shape == (3, 2)


def test_eight_threads_share_one_module() -> None:
    module = net(
        """graph(%self : __torch__.Net, %x : Float(s0, 16)):
  %w : Float(16, 16) = prim::GetAttr[name="weight"](%self)
  %n : NoneType = prim::Constant()
  %t : bool = prim::Constant[value=True]()
  %k : int = prim::Constant[value=20]()
  %y : Float(s0, 16) = prim::Loop(%k, %t, %x)
    block0(%i : int, %a : Float(s0, 16)):
      %b : Float(s0, 16) = aten::linear(%a, %w, %n)
      %c : Float(s0, 16) = aten::tanh(%b)
      -> (%t, %c)
  return (%y)
""",
        {"weight": np.random.default_rng(0).standard_normal((16, 16)).astype(np.float32)},
    )
    executable = Executable(module)
    inputs = [np.full((2, 16), i / 8, np.float32) for i in range(8)]
    expected = [Executable(module).run("forward", (x,)) for x in inputs]
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(10):
            if not np.array_equal(executable.run("forward", (inputs[index],)), expected[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_what_capture_saw_is_told_from_what_is_only_equal() -> None:
    assert same(1, 1)
    assert not same(1, True)
    assert not same(True, 1)
    assert same(float("nan"), float("nan"))
    assert same(np.array(3), 3)
    assert not same(np.array([1, 2]), 1)
    assert same([1, [2]], (1, (2,)))
    assert not same([1], [1, 2])


def test_types_of_values() -> None:
    assert is_a([1, 2], ty.ListType(ty.INT))
    assert not is_a([1, 2.0], ty.ListType(ty.INT))
    assert is_a(None, ty.OptionalType(ty.INT))
    assert not is_a(True, ty.INT)
    assert is_a({"a": floats(1)}, ty.DictType(ty.STR, ty.TENSOR))
    assert is_a((1, "a"), ty.TupleType((ty.INT, ty.STR)))
    assert is_a(Instance("A", {}), ty.ClassType("A"))
    assert not is_a(floats(1), ty.TensorType(ty.DType.INT64))
