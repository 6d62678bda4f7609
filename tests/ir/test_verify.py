"""Each invariant of the verifier, broken: it must be told by its number, and nothing may crash.

``BROKEN`` has at least one breaker for every invariant; a sound program gives no violation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import sym
from tsx.ir.graph import Graph, Value, WeightRef
from tsx.ir.location import NOWHERE
from tsx.ir.module import ClassDef, Method, Module, Object, Parameter, Pin, TreeSpec
from tsx.ir.text import parse_graph, print_module
from tsx.ir.verify import INVARIANTS, check, marked_lines, verify, verify_module
from tsx.ops.weights import Weight

Broken = Callable[[], Graph | Module]
BROKEN: list[tuple[str, str, Broken]] = []

NET = "__torch__.Net"


def breaks(code: str) -> Callable[[Broken], Broken]:
    """Registers a function that makes a program which breaks invariant ``code``."""

    def register(make: Broken) -> Broken:
        BROKEN.append((code, make.__name__, make))
        return make

    return register


def breaks_by_text(code: str, title: str, body: str, inputs: str = "%x : Float(2, 3)") -> None:
    text = f"graph({inputs}):\n{body}\n  return ()"
    BROKEN.append((code, title, lambda: parse_graph(text)))


def simple() -> Graph:
    return parse_graph("""graph(%x : Float(2, 3)):
  %c : bool = prim::Constant[value=True]()
  %y : Float(2, 3) = prim::If(%c)
    block0():
      %a : Float(2, 3) = aten::relu(%x)
      -> (%a)
    block1():
      -> (%x)
  return (%y)
""")


def network() -> Module:
    """A sound module that has everything: classes, a tree, weights, methods, functions."""
    forward = parse_graph(f"""graph(%self : {NET}, %x : Float(2, 3)):
  %fc : __torch__.Fc = prim::GetAttr[name="fc"](%self)
  %y : Tensor = prim::CallMethod[name="forward"](%fc, %x)
  %z : Tensor = prim::CallFunction[name="twice"](%y)
  %n : int = prim::GetAttr[name="count"](%self)
  prim::SetAttr[name="count"](%self, %n)
  %w : Float(4) = prim::Constant[value=<Tensor>, name="extra"]()
  return (%z, %w)
""")
    inner = parse_graph("""graph(%self : __torch__.Fc, %x : Tensor):
  %w : Tensor = prim::GetAttr[name="weight"](%self)
  %b : NoneType = prim::Constant()
  %y : Tensor = aten::linear(%x, %w, %b)
  return (%y)
""")
    twice = parse_graph("""graph(%x : Tensor):
  %y : Tensor = aten::add.Tensor(%x, %x, %1)
  return (%y)
""".replace("%y : T", "%1 : int = prim::Constant[value=1]()\n  %y : T"))  # fmt: skip
    fc = Object("__torch__.Fc", {"weight": WeightRef("fc.weight")})
    return Module(
        "net",
        {"forward": Method(forward, (Parameter("x"),), TreeSpec("tuple", (TreeSpec("leaf"),) * 2))},
        {
            NET: ClassDef(NET, {"fc": ty.ClassType("__torch__.Fc"), "count": ty.INT}),
            "__torch__.Fc": ClassDef(
                "__torch__.Fc", {"weight": ty.TENSOR}, {"forward": inner}, parameters=("weight",)
            ),
        },
        {"twice": twice},
        Object(NET, {"fc": fc, "count": 3}),
        {"fc.weight": Weight(np.ones((5, 3), "f4")), "extra": Weight(np.ones(4, "f4"))},
    )


def with_forward(body: str, results: str = "") -> Module:
    """The network with another forward."""
    module = network()
    graph = parse_graph(f"graph(%self : {NET}, %x : Float(2, 3)):\n{body}\n  return ({results})")
    count = len(graph.outputs)
    result = TreeSpec("tuple", (TreeSpec("leaf"),) * count)
    module.methods["forward"] = replace(module.forward, graph=graph, result=result)
    return module


# -- structure -----------------------------------------------------------------------------------------------------


@breaks("V01")
def node_names_another_block() -> Graph:
    graph = simple()
    inner = next(n for n in graph.all_nodes() if n.kind == "aten::relu")
    inner.block = graph.block
    return graph


@breaks("V01")
def value_names_another_place() -> Graph:
    graph = simple()
    graph.inputs[0].index = 3
    return graph


@breaks("V01")
def result_names_another_node() -> Graph:
    graph = simple()
    first, second = graph.nodes
    first.outputs[0].node = second
    return graph


@breaks("V01")
def block_names_another_node() -> Graph:
    graph = simple()
    first, second = graph.nodes
    second.blocks[0].node = first
    return graph


@breaks("V02")
def use_is_not_listed() -> Graph:
    graph = simple()
    graph.inputs[0].uses.pop()
    return graph


@breaks("V02")
def node_was_made_and_forgotten() -> Graph:
    graph = simple()
    graph.create("aten::relu", graph.inputs, [ty.TENSOR], origin=NOWHERE)
    return graph


breaks_by_text(
    "V03", "use before definition", "  %a : Tensor = aten::relu(%b)\n  %b : Tensor = aten::relu(%x)"
)
breaks_by_text(
    "V03",
    "use outside of the block",
    "  %c : bool = prim::Constant[value=True]()\n  prim::If(%c)\n    block0():\n"
    "      %a : Tensor = aten::relu(%x)\n      -> ()\n    block1():\n      -> ()\n"
    "  %b : Tensor = aten::relu(%a)",
)
breaks_by_text(
    "V03",
    "a group sees what is around it",
    "  tsx::group()\n    block0():\n      %a : Tensor = aten::relu(%x)\n      -> ()",
)  # fmt: skip


@breaks("V03")
def value_of_another_graph() -> Graph:
    graph = simple()
    graph.block.return_node.set_inputs(simple().inputs)
    return graph


@breaks("V04")
def name_is_a_number() -> Graph:
    graph = simple()
    graph.inputs[0].name = "12"
    return graph


@breaks("V04")
def name_is_long() -> Graph:
    graph = simple()
    graph.inputs[0].name = "n" * 1025
    return graph


@breaks("V04")
def name_is_used_twice() -> Graph:
    graph = simple()
    graph.block.add_input(ty.INT)._name = "x"
    return graph


@breaks("V05")
def blocks_nest_deep() -> Graph:
    graph = Graph()
    block = graph.block
    for _ in range(5000):
        node = graph.create("tsx::group", origin=NOWHERE)
        block.append(node)
        block = node.add_block()
    return graph


def one_attribute(value: object, name: str = "value") -> Graph:
    graph = Graph()
    node = graph.create("prim::Constant", (), [ty.INT], origin=NOWHERE)
    node.attributes[name] = value
    graph.block.append(node)
    return graph


BROKEN += [
    ("V06", "int of 65 bits", lambda: one_attribute(1 << 64)),
    ("V06", "long string", lambda: one_attribute("s" * ((1 << 20) + 1))),
    ("V06", "list in memory", lambda: one_attribute([1, 2])),
    ("V06", "long attribute name", lambda: one_attribute(1, "n" * 2000)),
    ("V06", "weight without a name", lambda: one_attribute(WeightRef(""))),
]


@breaks("V06")
def kind_is_long() -> Graph:
    graph = Graph()
    graph.block.append(graph.create("prim::" + "k" * 1100, origin=NOWHERE))
    return graph


@breaks("V06")
def literal_nests_deep() -> Graph:
    value: object = 1
    for _ in range(5000):
        value = (value,)
    return one_attribute(value)


def one_input(type: ty.Type) -> Graph:
    graph = Graph()
    graph.block.add_input(type, "x")
    return graph


def nested_lists(depth: int) -> ty.Type:
    type: ty.Type = ty.INT
    for _ in range(depth):
        type = ty.ListType(type)
    return type


BROKEN += [
    ("V07", "type nests deep", lambda: one_input(nested_lists(3000))),
    ("V07", "rank 17", lambda: one_input(ty.TensorType(ty.DType.FLOAT32, (1,) * 17))),
    ("V07", "negative size", lambda: one_input(ty.TensorType(ty.DType.FLOAT32, (-1,)))),
    ("V07", "too many bytes", lambda: one_input(ty.TensorType(ty.DType.FLOAT32, (1 << 24,) * 2))),
    ("V08", "type variable", lambda: one_input(ty.ListType(ty.VarType("t")))),
    ("V08", "empty union", lambda: one_input(ty.UnionType(()))),
    ("V08", "unnamed field", lambda: one_input(ty.TupleType((ty.INT,), "P", ("",)))),
    ("V08", "fields miscounted", lambda: one_input(ty.TupleType((ty.INT,), "P", ("a", "b")))),
    ("V08", "class without a name", lambda: one_input(ty.ClassType(""))),
    ("V08", "symbol is no word", lambda: one_input(ty.TensorType(None, (sym("a b"),)))),
]


@breaks("V08")
def type_in_an_attribute() -> Graph:
    graph = simple()
    types = (ty.ListType(ty.VarType("t")),)
    node = graph.create("prim::isinstance", graph.inputs, [ty.BOOL], origin=NOWHERE)
    node.set_attribute("types", types)
    graph.block.append(node)
    return graph


# -- nodes ---------------------------------------------------------------------------------------------------------

ONE = "  %1 : int = prim::Constant[value=1]()\n"
TRUE = "  %t : bool = prim::Constant[value=True]()\n"
for code, title, body in [
    ("V09", "unknown operator", "  %y : Tensor = aten::rellu(%x)"),
    ("V09", "unknown structural kind", "  prim::Nothing()"),
    ("V09", "return in the middle", "  prim::Return()"),
    ("V10", "operator with attribute", "  %y : Tensor = aten::relu[inplace=True](%x)"),
    ("V10", "attribute is missing", "  %y : Tensor = prim::TupleSlice[beg=0](%x)"),
    ("V10", "attribute of another form", "  tsx::guard[kind=1, expect=1, source=\"\"](%x)"),
    ("V10", "attribute that nobody knows", "  prim::Print[color=1]()"),
    ("V11", "If with one block", TRUE + "  prim::If(%t)\n    block0():\n      -> ()"),
    ("V11", "operator with block", "  %y : Tensor = aten::relu(%x)\n    block0():\n      -> ()"),
    ("V12", "operand is missing", "  %y : Tensor = aten::relu()"),
    ("V12", "one operand too many", "  %y : Tensor = aten::relu(%x, %x)"),
    ("V12", "constant with operand", "  %y : int = prim::Constant[value=1](%x)"),
    ("V12", "Loop without condition", ONE + "  prim::Loop(%1)\n    block0(%i : int):\n      -> (%i)"),
    ("V13", "one number for int[2]", ONE + "  %y : Tensor = aten::adaptive_avg_pool2d(%x, %1)"),
    ("V13", "int for a tensor", ONE + "  %y : Tensor = aten::relu(%1)"),
    ("V13", "tensor for an int", "  %y : Tensor = aten::unsqueeze(%x, %x)"),
    ("V13", "list of another type", "  %l : Tensor[] = prim::ListConstruct(%x)\n  %y : Tensor = aten::permute(%x, %l)"),
    ("V14", "no result", "  aten::relu(%x)"),
    ("V14", "result of another type", "  %y : int = aten::relu(%x)"),
    ("V14", "guard with a result", '  %y : int = tsx::guard[kind="", expect=1, source=""](%x)'),
    ("V15", "float as int", "  %y : int = prim::Constant[value=1.5]()"),
    ("V15", "bool as int", "  %y : int = prim::Constant[value=True]()"),
    ("V15", "None as int", "  %y : int = prim::Constant()"),
    ("V15", "number as tensor", "  %y : Float() = prim::Constant[value=1.5]()"),
    ("V15", "list of mixed numbers", "  %y : int[] = prim::Constant[value=[1, 2.0]]()"),
    ("V15", "a name that is no function", '  %y : int = prim::Constant[value=1, name="f"]()'),
    ("V15", "function by another name", '  %y : Function<g> = prim::Constant[name="f"]()'),
    ("V16", "condition is an int", ONE + "  prim::If(%1)\n    block0():\n      -> ()\n    block1():\n      -> ()"),
    ("V16", "branches give too few",
     TRUE + "  %y : int = prim::If(%t)\n    block0():\n      -> ()\n    block1():\n      -> ()"),
    ("V16", "branch gives another type",
     TRUE + ONE + "  %y : int = prim::If(%t)\n    block0():\n      -> (%t)\n    block1():\n      -> (%1)"),
    ("V16", "branch takes an input",
     TRUE + "  prim::If(%t)\n    block0(%i : int):\n      -> ()\n    block1():\n      -> ()"),
    ("V17", "trip count is a bool", TRUE + "  prim::Loop(%t, %t)\n    block0(%i : int):\n      -> (%t)"),
    ("V17", "body takes no number", TRUE + ONE + "  prim::Loop(%1, %t)\n    block0():\n      -> (%t)"),
    ("V17", "body gives no condition", TRUE + ONE + "  prim::Loop(%1, %t)\n    block0(%i : int):\n      -> (%i)"),
    ("V17", "carried value changes its type",
     TRUE + ONE + "  %y : int = prim::Loop(%1, %t, %1)\n    block0(%i : int, %a : int):\n      -> (%t, %t)"),
    ("V18", "group input of another type",
     ONE + "  tsx::group(%1)\n    block0(%a : Tensor):\n      -> ()"),
    ("V18", "group gives too much", "  tsx::group(%x)\n    block0(%a : Tensor):\n      -> (%a)"),
    ("V19", "list element of another type", ONE + "  %y : Tensor[] = prim::ListConstruct(%1)"),
    ("V19", "a list that is none", "  %y : int = prim::ListConstruct()"),
    ("V19", "unpacking what is no list", "  %y : int = prim::ListUnpack(%x)"),
    ("V19", "a tuple that is none", "  %y : int = prim::TupleConstruct(%x)"),
    ("V19", "tuple element of another type", ONE + "  %y : (Tensor) = prim::TupleConstruct(%1)"),
    ("V19", "unpacking another count", "  %y : (Tensor) = prim::TupleConstruct(%x)\n  prim::TupleUnpack(%y)"),
    ("V19", "index of what is no tuple", "  %z : Tensor = prim::TupleIndex[index=1](%x)"),
    ("V19", "slice of what is no tuple", "  %z : (Tensor) = prim::TupleSlice[beg=0, end=1](%x)"),
    ("V19", "index out of range",
     "  %y : (Tensor) = prim::TupleConstruct(%x)\n  %z : Tensor = prim::TupleIndex[index=1](%y)"),
    ("V19", "unpacked element of another type",
     "  %l : Tensor[] = prim::ListConstruct(%x)\n  %y : int = prim::ListUnpack(%l)"),
    ("V19", "unpacked part of another type",
     "  %l : (Tensor) = prim::TupleConstruct(%x)\n  %y : int = prim::TupleUnpack(%l)"),
    ("V19", "index that picks any of mixed types",
     ONE + "  %2 : int = aten::add.int(%1, %1)\n  %l : (Tensor, int) = prim::TupleConstruct(%x, %1)\n"
     "  %y : Tensor = prim::TupleIndex(%l, %2)"),
    ("V19", "index that gives another type",
     "  %l : (Tensor) = prim::TupleConstruct(%x)\n  %y : int = prim::TupleIndex[index=0](%l)"),
    ("V19", "index twice",
     ONE + "  %y : (Tensor) = prim::TupleConstruct(%x)\n  %z : Tensor = prim::TupleIndex[index=0](%y, %1)"),
    ("V19", "slice of another type",
     "  %y : (Tensor) = prim::TupleConstruct(%x)\n  %z : int = prim::TupleSlice[beg=0, end=1](%y)"),
    ("V19", "dict with a key only", ONE + "  %y : Dict(int, int) = prim::DictConstruct(%1)"),
    ("V19", "dict with another key", ONE + "  %y : Dict(str, int) = prim::DictConstruct(%1, %1)"),
    ("V19", "attribute of a tensor", '  %y : int = prim::GetAttr[name="a"](%x)'),
    ("V19", "an object that is none", "  %y : int = prim::CreateObject()"),
    ("V19", "isinstance gives an int", "  %y : int = prim::isinstance[types=[int]](%x)"),
    ("V19", "impossible cast", "  %y : int = prim::unchecked_cast(%x)"),
    ("V19", "raising a number", ONE + "  prim::RaiseException(%1)"),
    ("V19", "a tensor of a tensor", "  %y : Tensor = prim::NumToTensor(%x)"),
    ("V19", "a number that stays one", ONE + "  %y : int = prim::NumToTensor(%1)"),
    ("V19", "name of no enum", "  %y : str = prim::EnumName(%x)"),
    ("V20", "sizes that do not broadcast",
     "  %y : Float(3, 2) = aten::transpose.int(%x, %0, %1)\n  %z : Tensor = aten::mul.Tensor(%x, %y)\n"
     .join([ONE + "  %0 : int = prim::Constant[value=0]()\n", ""])),
    ("V20", "declared sizes are others", "  %y : Float(9, 9) = aten::relu(%x)"),
    ("V20", "declared dtype is another", "  %y : Long(2, 3) = aten::relu(%x)"),
]:  # fmt: skip
    breaks_by_text(code, title, body)

breaks_by_text(
    "V19", "guard on an object", '  tsx::guard[kind="", expect=1, source=""](%x)', "%x : Net"
)

# -- modules -------------------------------------------------------------------------------------------------------

for code, title, body in [
    ("V21", "no such weight", '  %w : Float(4) = prim::Constant[value=<Tensor>, name="gone"]()'),
    (
        "V21",
        "weight of another size",
        '  %w : Float(5) = prim::Constant[value=<Tensor>, name="extra"]()',
    ),
    (
        "V21",
        "weight of another dtype",
        '  %w : Long(4) = prim::Constant[value=<Tensor>, name="extra"]()',
    ),
    ("V22", "no such class", "  %w : __torch__.Gone = prim::CreateObject()"),
    ("V23", "no such attribute", '  %w : int = prim::GetAttr[name="gone"](%self)'),
    ("V23", "attribute of another type", '  %w : str = prim::GetAttr[name="count"](%self)'),
    ("V23", "another type is written", '  prim::SetAttr[name="count"](%self, %x)'),
    ("V24", "no such method", '  prim::CallMethod[name="gone"](%self)'),
    ("V24", "no such function", '  prim::CallFunction[name="gone"](%x)'),
    ("V24", "argument is missing", '  %y : Tensor = prim::CallFunction[name="twice"]()'),
    ("V24", "result of another type", '  %y : int = prim::CallFunction[name="twice"](%x)'),
]:
    BROKEN.append((code, title, lambda body=body: with_forward(body)))


@breaks("V24")
def body_calls_itself() -> Module:
    module = network()
    module.functions["my::twice"] = parse_graph("""graph(%x : Tensor):
  %y : Tensor = prim::CallFunction[name="my::thrice"](%x)
  return (%y)""")
    module.functions["my::thrice"] = parse_graph("""graph(%x : Tensor):
  %y : Tensor = prim::CallFunction[name="my::twice"](%x)
  return (%y)""")
    return module


@breaks("V12")
def call_of_nothing_below_what_a_rule_refuses() -> Module:
    module = with_forward("""  %y : Tensor = aten::mm(%x, %x)
  %z : Tensor = prim::CallFunction[name="my::bad"](%x)""")
    module.functions["my::bad"] = parse_graph("""graph(%x : Tensor):
  %y : Tensor = prim::CallMethod[name="forward"]()
  return (%y)""")
    return module


@dataclass
class Sizes:
    """A weight that claims its sizes and has no bytes."""

    shape: tuple[int, ...]
    dtype: ty.DType = ty.DType.FLOAT32

    def digest(self) -> bytes:
        return b""


def changed(change: Callable[[Module], object]) -> Broken:
    def make() -> Module:
        module = network()
        change(module)
        return module

    return make


def border(**changes: object) -> Broken:
    def change(module: Module) -> None:
        module.methods["forward"] = replace(module.forward, **changes)

    return changed(change)


def deep_spec(depth: int) -> TreeSpec:
    spec = TreeSpec("leaf")
    for _ in range(depth):
        spec = TreeSpec("list", (spec,))
    return spec


BROKEN += [
    ("V25", "parameter without input", border(parameters=(Parameter("x"), Parameter("y")))),
    ("V25", "result without value", border(result=TreeSpec("leaf"))),
    ("V25", "unknown kind of tree", border(result=TreeSpec("set", (TreeSpec("leaf"),) * 2))),
    ("V25", "keys miscounted", border(result=TreeSpec("dict", (TreeSpec("leaf"),) * 2, ("a",)))),
    ("V25", "tree nests deep", border(result=deep_spec(500))),
    ("V25", "two parameters of one name",
     border(parameters=(Parameter("x"), Parameter("x", TreeSpec("none"))))),
    ("V25", "more samples than inputs", border(samples=(ty.TENSOR, ty.TENSOR))),
    ("V25", "pin of no dimension", border(pins=(Pin("x", -1, 2, "by hand"),))),
    ("V25", "self without a root", changed(lambda m: setattr(m, "root", None))),
    ("V22", "class of an attribute",
     changed(lambda m: m.classes[NET].attributes.update(fc=ty.ClassType("Gone")))),
    ("V26", "no such class in the tree", changed(lambda m: setattr(m.root, "class_name", "X"))),
    ("V26", "attribute is missing", changed(lambda m: m.root.attributes.pop("count"))),
    ("V26", "attribute is superfluous", changed(lambda m: m.root.attributes.update(more=1))),
    ("V26", "attribute of another type", changed(lambda m: m.root.attributes.update(count="3"))),
    ("V26", "weight that is not there", changed(lambda m: m.weights.pop("fc.weight"))),
    ("V27", "class under another name",
     changed(lambda m: m.classes.update(Other=ClassDef("Different")))),
    ("V27", "unknown kind of class", changed(lambda m: setattr(m.classes[NET], "kind", "trait"))),
    ("V27", "parameter is no attribute",
     changed(lambda m: setattr(m.classes[NET], "parameters", ("gone",)))),
    ("V27", "no such base", changed(lambda m: setattr(m.classes[NET], "bases", ("Gone",)))),
    ("V27", "attribute with a type variable",
     changed(lambda m: m.classes[NET].attributes.update(count=ty.VarType("t")))),
    ("V27", "attribute without a name",
     changed(lambda m: m.classes[NET].attributes.update({"": ty.INT}))),
    ("V27", "attribute whose type nests deep",
     changed(lambda m: m.classes[NET].attributes.update(deep=nested_lists(3000)))),
    ("V28", "weight of rank 17",
     changed(lambda m: m.weights.update(big=Weight(np.ones((1,) * 17, "f4"))))),
    ("V28", "weight of too many bytes", changed(lambda m: m.weights.update(big=Sizes((1 << 30,) * 2)))),
    ("V28", "weight of a negative size", changed(lambda m: m.weights.update(big=Sizes((2, -1))))),
    ("V28", "weight without a name",
     changed(lambda m: m.weights.update({"": Weight(np.ones(1, "f4"))}))),
]  # fmt: skip


def found_in(program: Graph | Module) -> set[str]:
    found = verify_module(program) if isinstance(program, Module) else verify(program)
    for violation in found:
        assert violation.code in INVARIANTS
        if violation.graph is not None and violation.code not in ("V05", "V06", "V07"):
            marked_lines(violation.graph, found)
    return {violation.code for violation in found}


@pytest.mark.parametrize(("code", "title", "make"), BROKEN, ids=[f"{c}-{t}" for c, t, _ in BROKEN])
def test_a_broken_invariant_is_told(code: str, title: str, make: Broken) -> None:
    program = make()
    assert code in found_in(program)
    with pytest.raises(TsxError) as caught:
        check(program, after="fold")
    assert caught.value.code == "TSX8002"
    assert "after fold: " in caught.value.message


def test_tables_and_graphs_have_a_greatest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    structure, tables = (sys.modules[f"tsx.ir.verify.{n}"] for n in ("structure", "tables"))
    monkeypatch.setattr(structure, "MAX_NODES", 2)
    assert found_in(simple()) == {"V05"}
    monkeypatch.undo()
    monkeypatch.setattr(tables, "MAX_WEIGHTS", 1)
    assert found_in(network()) == {"V28"}
    monkeypatch.undo()
    monkeypatch.setattr(tables, "MAX_FUNCTIONS", 2)
    assert found_in(network()) == {"V28"}


def test_every_invariant_has_a_breaker() -> None:
    assert {code for code, _, _ in BROKEN} == INVARIANTS.keys()


def test_numbers_are_in_order() -> None:
    assert list(INVARIANTS) == [f"V{n:02}" for n in range(1, len(INVARIANTS) + 1)]


def test_sound_programs_have_no_violation() -> None:
    assert verify(simple()) == []
    assert verify_module(network()) == []
    check(network())


def test_a_module_prints_its_tables_and_graphs() -> None:
    module = network()
    assert isinstance(module.root, Object)
    module.root.attributes["again"] = module.root.attributes["fc"]
    text = print_module(module)
    for part in (
        'module "net"',
        "module __torch__.Net:",
        "  count : int",
        "  fc = __torch__.Fc",
        "  again = the object at fc",
        '  fc.weight = <Tensor "fc.weight">',
        '  "fc.weight" : Float(5, 3)',
        "__torch__.Fc.forward:",
        str(module.functions["twice"]),
    ):
        assert part in text


def test_all_violations_are_told_at_once_and_in_place() -> None:
    graph = parse_graph("""graph(%x : Float(2, 3)):
  %a : Tensor = aten::rellu(%x)
  %b : int = prim::Constant[value=1.5]()
  %c : Tensor = aten::relu(%x, %x)
  return (%c)""")
    assert [v.code for v in verify(graph)] == ["V09", "V15", "V12"]
    with pytest.raises(TsxError) as caught:
        check(graph)
    lines = caught.value.excerpt.splitlines()
    assert [line.split(":")[0].strip() for line in lines if "^" in line] == [
        "# ^ V09",
        "# ^ V15",
        "# ^ V12",
    ]
    assert parse_graph("\n".join(lines)).inputs[0].name == "x"


def test_values_that_are_detached_do_not_crash_the_printer() -> None:
    graph = simple()
    graph.block.return_node.set_inputs([Value(ty.INT, graph.block, None, 0)])
    assert "%?" in str(graph)
    assert {v.code for v in verify(graph)} == {"V03"}
