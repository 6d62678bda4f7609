"""Corpus S: small modules that together use every section, type, dtype, container and kind of value of an archive.

Each function gives one module; ``CORPUS`` has them all by name. They are built by hand or from graph text, so they need
no capture and stay the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tsx.ir import types as ty
from tsx.ir.graph import Graph
from tsx.ir.location import Origin, Span
from tsx.ir.module import (
    LEAF,
    ClassDef,
    Method,
    Module,
    Object,
    Parameter,
    Pin,
    TreeSpec,
    WeightRef,
)
from tsx.ir.text import parse_graph
from tsx.ops.weights import Quantization, Weight, storage_dtype

CORPUS: dict[str, Callable[[], Module]] = {}


def corpus(make: Callable[[], Module]) -> Callable[[], Module]:
    CORPUS[make.__name__] = make
    return make


def method_of(graph: Graph, **fields: object) -> Method:
    """A method whose parameters are the graph's inputs, one leaf each."""
    has_self = bool(graph.inputs) and graph.inputs[0].name == "self"
    names = [value.name for value in graph.inputs[1 if has_self else 0 :]]
    outputs = len(graph.outputs)
    result = LEAF if outputs == 1 else TreeSpec("tuple", (LEAF,) * outputs)
    return Method(graph, tuple(Parameter(name) for name in names), result, **fields)


def module_of(text: str, name: str = "corpus", **fields: object) -> Module:
    """A module with one method ``forward`` from graph text."""
    return Module(name, {"forward": method_of(parse_graph(text))}, **fields)


@corpus
def arithmetic() -> Module:
    return module_of("""graph(%x : Float(s0, 3), %y : Float(s0, 3)):
      %one : int = prim::Constant[value=1]()
      %2 : Float(s0, 3) = aten::mul.Tensor(%x, %y)
      %3 : Float(s0, 3) = aten::add.Tensor(%2, %x, %one)
      return (%3)""")


@corpus
def every_dtype() -> Module:
    weights, lines, results = {}, [], []
    for index, dtype in enumerate(ty.DType):
        stored = storage_dtype(dtype)
        raw = np.arange(6 * stored.itemsize, dtype=np.uint8)
        array = (
            raw.view(stored).reshape(2, 3)
            if dtype is not ty.DType.BOOL
            else raw[:6].reshape(2, 3) > 2
        )
        quantization = Quantization((0.5,), (3,)) if dtype.is_quantized else None
        weights[f"w.{dtype}"] = Weight(array, dtype, quantization)
        lines.append(
            f'%w{index} : {dtype.type_name}(2, 3) = prim::Constant[value=<Tensor>, name="w.{dtype}"]()'
        )
        results.append(f"%w{index}")
    text = "graph():\n  " + "\n  ".join(lines) + f"\n  return ({', '.join(results)})"
    return module_of(text, weights=weights)


@corpus
def quantized_by_channel() -> Module:
    how = Quantization((0.5, 0.25, 1e-3), (0, -3, 127), axis=1)
    weight = Weight(np.arange(6, dtype=np.int8).reshape(2, 3), ty.DType.QINT8, how)
    return module_of(
        """graph():
      %w : QInt8(2, 3) = prim::Constant[value=<Tensor>, name="w"]()
      return (%w)""",
        weights={"w": weight},
    )


@corpus
def tensor_shapes() -> Module:
    """Scalars, empty tensors, rank 16, and lengths around the alignment."""
    shapes = [(), (0,), (0, 3), (1,) * 16, (63,), (64,), (65,), (128,), (2, 0, 5)]
    weights = {f"w{i}": Weight(np.full(shape, i, np.uint8)) for i, shape in enumerate(shapes)}
    lines = [
        f'%{name} : {weight.type} = prim::Constant[value=<Tensor>, name="{name}"]()'
        for name, weight in weights.items()
    ]
    results = ", ".join(f"%{name}" for name in weights)
    return module_of(
        "graph():\n  " + "\n  ".join(lines) + f"\n  return ({results})", weights=weights
    )


@corpus
def constants() -> Module:
    values: list[tuple[str, str]] = [
        ("int", "0"), ("int", "-1"), ("int", str(2**63 - 1)), ("int", str(-(2**63))), ("int", "128"),
        ("int", "65536"), ("int", "-33"), ("float", "1.5"), ("float", "-0.0"), ("float", "inf"), ("float", "-inf"),
        ("float", "nan"), ("float", "1e-300"), ("bool", "True"), ("bool", "False"),
        ("str", '""'), ("str", '"line\\nbreak \\u2028 \\u00e9 \\ud83d\\ude00"'), ("Device", '"cpu"'),
        ("int[]", "[1, 2, 3]"), ("int[]", "[]"), ("float[]", "[1.0, nan]"), ("str[]", '["a", "b"]'),
        ("bool[]", "[True, False]"), ("complex", "complex(0.0, 1.0)"), ("complex", "complex(-0.0, nan)"),
    ]  # fmt: skip
    lines = [
        f"%{i} : {type} = prim::Constant[value={value}]()" for i, (type, value) in enumerate(values)
    ]
    lines.append(f"%{len(values)} : NoneType = prim::Constant()")
    return module_of("graph():\n  " + "\n  ".join(lines) + "\n  return (%0)")


@corpus
def every_type() -> Module:
    types: list[ty.Type] = [
        *ty.ATOMS.values(),
        *(ty.TensorType(dtype) for dtype in ty.DType),
        ty.TensorType(ty.DType.FLOAT32, (1, None, 3)),
        ty.TensorType(None, (2, 3), (3, 1), True, "cuda:0"),
        ty.TensorType(ty.DType.INT64, (), None, False, None),
        ty.TensorType(None, None, None, None, "cpu"),
        ty.ListType(ty.OptionalType(ty.TENSOR)),
        ty.ListType(ty.ListType(ty.ListType(ty.INT))),
        ty.DictType(ty.STR, ty.ListType(ty.FLOAT)),
        ty.TupleType(()),
        ty.TupleType((ty.INT, ty.TupleType((ty.STR,)))),
        ty.TupleType((ty.TENSOR, ty.INT), "__torch__.Pair", ("first", "second")),
        ty.UnionType((ty.INT, ty.FLOAT, ty.NONE)),
        ty.FutureType(ty.TENSOR),
        ty.FutureType(ty.INT, "Await"),
        ty.FutureType(ty.STR, "RRef"),
        ty.FunctionType("helper"),
        ty.ClassType("__torch__.Point"),
        ty.InterfaceType("__torch__.Shape"),
        ty.EnumType("__torch__.Color"),
    ]
    graph = Graph("forward")
    for index, type in enumerate(types):
        graph.block.add_input(type, f"x{index}")
    graph.block.return_node.set_inputs([graph.inputs[0]])
    classes = {
        "__torch__.Point": ClassDef(
            "__torch__.Point", {"x": ty.FLOAT, "y": ty.FLOAT}, kind="class"
        ),
        "__torch__.Shape": ClassDef("__torch__.Shape", kind="interface"),
        "__torch__.Color": ClassDef(
            "__torch__.Color", kind="enum", members=(("RED", 1), ("BLUE", 2))
        ),
        "__torch__.Pair": ClassDef(
            "__torch__.Pair", {"first": ty.TENSOR, "second": ty.INT}, kind="namedtuple"
        ),
    }
    helper = parse_graph("graph(%x : int):\n  return (%x)")
    return Module("types", {"forward": method_of(graph)}, classes, {"helper": helper})


@corpus
def symbolic_sizes() -> Module:
    return module_of("""graph(%x : Float(s0, 2*s0 + 1, s1*s0, (s0 + 3) // 2, *), %y : Float(s0 // 2*s1, s0 - 1),
      %z : Float(((s0 + 3) // 2 + s1) // 3, 3*s0*s0)):
      return (%x)""")


@corpus
def control_flow() -> Module:
    return module_of("""graph(%c : bool, %n : int, %x : int):
      %t : bool = prim::Constant[value=True]()
      %r : int = prim::If(%c)
        block0():
          %l : int = prim::Loop(%n, %t, %x)
            block0(%i : int, %a : int):
              %b : int = prim::If(%c)
                block0():
                  -> (%i)
                block1():
                  -> (%a)
              -> (%t, %b)
          -> (%l)
        block1():
          -> (%n)
      return (%r)""")


@corpus
def deep_blocks() -> Module:
    """Blocks nested as deep as the format allows."""
    lines, indent = [], "  "
    for _ in range(63):
        lines.append(f"{indent}prim::If(%c)")
        lines.append(f"{indent}  block0():")
        indent += "    "
    for _ in range(63):
        indent = indent[:-4]
        lines += [f"{indent}    -> ()", f"{indent}  block1():", f"{indent}    -> ()"]
    return module_of("graph(%c : bool):\n" + "\n".join(lines) + "\n  return (%c)")


@corpus
def group() -> Module:
    return module_of("""graph(%x : Float(2)):
      %0 : Float(2) = tsx::group(%x)
        block0(%y : Float(2)):
          %z : Float(2) = aten::relu(%y)
          -> (%z)
      return (%0)""")


@corpus
def containers() -> Module:
    return module_of("""graph(%x : Float(2), %n : int):
      %list : Tensor[] = prim::ListConstruct(%x, %x)
      %a : Float(2), %b : Float(2) = prim::ListUnpack(%list)
      %tuple : (Float(2), int) = prim::TupleConstruct(%a, %n)
      %c : Float(2), %d : int = prim::TupleUnpack(%tuple)
      %k : str = prim::Constant[value="key"]()
      %dict : Dict(str, int) = prim::DictConstruct(%k, %d)
      %i : int = prim::Constant[value=1]()
      %e : int = prim::TupleIndex(%tuple, %i)
      %s : (int) = prim::TupleSlice[beg=1, end=2](%tuple)
      %is : bool = prim::isinstance[types=[int, float[]]](%e)
      return (%dict, %is)""")


def tree_module() -> Module:
    """Two submodules of one class, one shared twice; a tied weight; every kind of attribute value."""
    block = ClassDef(
        "__torch__.Block",
        {"weight": ty.TensorType(ty.DType.FLOAT32, (2,)), "scale": ty.FLOAT},
        {
            "forward": parse_graph("""graph(%self : __torch__.Block, %x : Float(2)):
              %w : Float(2) = prim::GetAttr[name="weight"](%self)
              %y : Float(2) = aten::mul.Tensor(%x, %w)
              return (%y)""")
        },
        parameters=("weight",),
    )
    net = ClassDef(
        "__torch__.Net",
        {
            "a": ty.ClassType("__torch__.Block"),
            "b": ty.ClassType("__torch__.Block"),
            "again": ty.ClassType("__torch__.Block"),
            "names": ty.ListType(ty.STR),
            "pair": ty.TupleType((ty.INT, ty.BOOL)),
            "table": ty.DictType(ty.STR, ty.FLOAT),
            "maybe": ty.OptionalType(ty.INT),
            "rate": ty.COMPLEX,
            "blocks": ty.ListType(ty.ClassType("__torch__.Block")),
            "steps": ty.TensorType(ty.DType.INT64, ()),
        },
        parameters=(),
        buffers=("steps",),
    )
    first = Object("__torch__.Block", {"weight": WeightRef("a.weight"), "scale": 0.5})
    second = Object("__torch__.Block", {"weight": WeightRef("a.weight"), "scale": -1.0})
    root = Object(
        "__torch__.Net",
        {
            "a": first,
            "b": second,
            "again": first,
            "names": ["x", "y"],
            "pair": (3, True),
            "table": {"lo": 0.0, "hi": math.inf},
            "maybe": None,
            "rate": 1 + 2j,
            "blocks": [second, first],
            "steps": WeightRef("steps"),
        },
    )
    forward = parse_graph("""graph(%self : __torch__.Net, %x : Float(2)):
      %a : __torch__.Block = prim::GetAttr[name="a"](%self)
      %y : Float(2) = prim::CallMethod[name="forward"](%a, %x)
      return (%y)""")
    return Module(
        "net",
        {"forward": method_of(forward)},
        {block.name: block, net.name: net},
        root=root,
        weights={
            "a.weight": Weight(np.array([1, 2], np.float32)),
            "steps": Weight(np.array(7, np.int64)),
        },
    )


corpus(tree_module)


@corpus
def state() -> Module:
    """A module that writes its attribute: a saved session holds the value it reached."""
    counter = ClassDef("__torch__.Counter", {"n": ty.INT}, buffers=())
    graph = parse_graph("""graph(%self : __torch__.Counter, %by : int):
      %n : int = prim::GetAttr[name="n"](%self)
      %m : int = aten::add.int(%n, %by)
      prim::SetAttr[name="n"](%self, %m)
      return (%m)""")
    return Module(
        "counter", {"forward": method_of(graph)}, {counter.name: counter},
        root=Object("__torch__.Counter", {"n": 41}),
    )  # fmt: skip


@corpus
def functions() -> Module:
    twice = parse_graph("""graph(%x : int):
      %y : int = aten::add.int(%x, %x)
      return (%y)""")
    twice.name = "twice"
    module = module_of("""graph(%x : int):
      %f : Function<twice> = prim::Constant[name="twice"]()
      %y : int = prim::CallFunction(%f, %x)
      %z : int = prim::CallFunction[name="twice"](%y)
      return (%z)""")
    module.functions["twice"] = twice
    return module


@corpus
def several_methods() -> Module:
    module = arithmetic()
    module.methods["negate"] = method_of(
        parse_graph("graph(%x : Tensor):\n  %y : Tensor = aten::neg(%x)\n  return (%y)")
    )
    module.methods["identity"] = method_of(parse_graph("graph(%x : Any):\n  return (%x)"))
    return module


@corpus
def trees() -> Module:
    graph = Graph("forward")
    names = ["x", "pair.0", "pair.1", "named.hidden", "record.logits", "deep"]
    for name in names:
        graph.block.add_input(ty.TENSOR, name)
    graph.block.return_node.set_inputs(graph.inputs)
    parameters = (
        Parameter("x"),
        Parameter("pair", TreeSpec("tuple", (LEAF, LEAF))),
        Parameter(
            "state",
            TreeSpec(
                "dict",
                (
                    TreeSpec("namedtuple", (LEAF,), ("hidden",), "models.State"),
                    TreeSpec("record", (LEAF,), ("logits",), "transformers.ModelOutput"),
                    TreeSpec("none"),
                ),
                ("named", 7, "nothing"),
            ),
            keyword_only=True,
        ),
        Parameter("flag", TreeSpec("constant", value=True), keyword_only=True),
        Parameter("mode", TreeSpec("constant", value="fast")),
        Parameter("rate", TreeSpec("constant", value=0.5)),
        Parameter("deep", TreeSpec("list", (TreeSpec("list", (TreeSpec("list", (LEAF,)),)),))),
    )
    result = TreeSpec("list", (TreeSpec("tuple", (LEAF,) * 5), LEAF))
    return Module("trees", {"forward": Method(graph, parameters, result, source="built")})


@corpus
def guards_and_pins() -> Module:
    graph = parse_graph("""graph(%x : Float(s0, 3), %n : int):
      tsx::guard[kind="int", expect=4, source="if len(x) == 4:"](%n)
      return (%x)""")
    span = Span("model.py", 12, 8, "forward")
    pins = (
        Pin("x", 1, 3, "the model itself fails at another size", span),
        Pin("x", 0, 4, "without a line"),
    )
    samples = (ty.TensorType(ty.DType.FLOAT32, (4, 3)),)
    return Module(
        "guarded", {"forward": method_of(graph, pins=pins, samples=samples, source="trace")}
    )


@corpus
def origins() -> Module:
    outer = Span("train.py", 3, 0)
    inner = Span("net/layers.py", 40, 15, "forward", Span("net/model.py", 7, 4, "run", outer))
    module = arithmetic()
    graph = module.forward.graph
    for index, node in enumerate(graph.nodes):
        node.origin = Origin((index, index + 5), (inner, outer), f"layer{index}.conv")
    graph.block.return_node.origin = Origin.at(99, Span("net/model.py", 8))
    return module


@corpus
def names() -> Module:
    graph = Graph("forward")
    x = graph.block.add_input(ty.TENSOR, "x")
    odd = ["résumé", "a b", 'quote"', "x.1", "日本", "tab\t", "percent%"]
    weights = {name: Weight(np.array([len(name)], np.int32)) for name in odd}
    type = ty.TensorType(ty.DType.INT32, (1,))
    for name in odd:
        node = graph.create(
            "prim::Constant", (), (type,), origin=Origin(), attributes={"value": WeightRef(name)}
        )
        graph.block.append(node)
        node.output.name = name
    graph.block.return_node.set_inputs([x])
    return Module(
        "naïve module", {"forward": method_of(graph)}, weights=weights,
        metadata={"producer": "tsx", "café": "au lait", "empty": ""},
    )  # fmt: skip


@corpus
def nothing() -> Module:
    """The smallest program there is."""
    return module_of("graph():\n  return ()", name="")


@corpus
def in_place() -> Module:
    return module_of("""graph(%x : Float(2), %y : Float(2)):
      %one : int = prim::Constant[value=1]()
      %z : Float(2) = aten::add_.Tensor(%x, %y, %one)
      return (%x)""")


@corpus
def nested_constant() -> Module:
    return module_of("""graph():
      %0 : int[][] = prim::Constant[value=[[1, 2], [], [3]]]()
      %1 : (int, (str, float)) = prim::Constant[value=[1, ["a", 2.0]]]()
      return (%0)""")
