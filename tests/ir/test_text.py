"""The text form: what prints reads back, and what does not parse is refused with its place."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ir.reading import read
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.dims import Dim, sym
from tsx.ir.equal import equal
from tsx.ir.graph import Graph, WeightRef, same_attribute
from tsx.ir.location import NOWHERE, Origin, Span
from tsx.ir.text import parse_graph, parse_type, print_graph

HEAD = "graph(%x : Tensor):\n"
TAIL = "\n  return (%x)"


def test_the_graph_of_the_tutorial() -> None:
    graph = Graph()
    x, y = (graph.block.add_input(ty.TensorType(ty.DType.FLOAT32, (2, 3)), n) for n in "xy")
    at = Builder.at_end(graph.block, Origin.at(1, Span("model.py", 2, 11)))
    product = at.op("aten::mul.Tensor", [x, y], x.type)
    at.origin = Origin.at(2, Span("model.py", 2, 11))
    one = at.constant(1)
    result = at.op("aten::add.Scalar", [product, one, one], x.type)
    graph.block.return_node.set_inputs([result])
    assert str(graph) == (
        "graph(%x : Float(2, 3), %y : Float(2, 3)):\n"
        "  %2 : Float(2, 3) = aten::mul.Tensor(%x, %y) # model.py:2:11\n"
        "  %3 : int = prim::Constant[value=1]() # model.py:2:11\n"
        "  %4 : Float(2, 3) = aten::add.Scalar(%2, %3, %3) # model.py:2:11\n"
        "  return (%4)"
    )


# -- types ---------------------------------------------------------------------------------------------------------

names = st.one_of(
    st.sampled_from(["a", "Net", "__torch__.a.B", "int", "Tensor", "f.<locals>.Net", "nan", "é"]),
    st.text(min_size=1, max_size=8),
)
atoms = st.sampled_from(list(ty.ATOMS.values()))


@st.composite
def sizes(draw: Any) -> Dim | None:
    found: Dim = draw(st.one_of(st.integers(0, 9), st.sampled_from([sym("s0"), sym("s1")])))
    for _ in range(draw(st.integers(0, 3))):
        other: Dim = draw(st.one_of(st.integers(1, 9), st.sampled_from([sym("s0"), sym("batch")])))
        step = draw(st.sampled_from("+-*/%"))
        if step == "+":
            found = found + other
        elif step == "-":
            found = found - other
        elif step == "*":
            found = found * other
        elif isinstance(other, int):
            found = found // other if step == "/" else found % other
    return draw(st.sampled_from([found, found, None]))


tensors = st.builds(
    ty.TensorType,
    st.sampled_from([None, *ty.DType]),
    st.none() | st.lists(sizes(), max_size=4).map(tuple),
    st.none() | st.lists(st.integers(0, 9), max_size=3).map(tuple),
    st.none() | st.booleans(),
    st.none() | st.sampled_from(["cpu", "cuda:0", "odd device)"]),
)
named = st.one_of(*(names.map(kind) for kind in (ty.ClassType, ty.InterfaceType, ty.EnumType)))


def larger(inner: st.SearchStrategy[ty.Type]) -> st.SearchStrategy[ty.Type]:
    several = st.lists(inner, max_size=3)
    return st.one_of(
        inner.map(ty.ListType),
        inner.map(ty.OptionalType),
        st.builds(ty.DictType, inner, inner),
        several.map(lambda e: ty.TupleType(tuple(e))),
        several.map(lambda e: ty.UnionType(tuple(e))),
        st.builds(ty.FutureType, inner, st.sampled_from(["Future", "Await", "RRef"])),
        st.builds(
            lambda name, parts: ty.TupleType(tuple(parts.values()), name, tuple(parts)),
            names,
            st.dictionaries(names, inner, max_size=3),
        ),
    )


types = st.recursive(atoms | tensors | named | names.map(ty.FunctionType), larger, max_leaves=6)


@given(types)
def test_every_type_reads_back(type: ty.Type) -> None:
    assert parse_type(str(type)) == type


@given(types, types)
def test_types_stay_what_they_are_inside_a_graph(a: ty.Type, b: ty.Type) -> None:
    """Also with sizes that move to the table, and in attributes."""
    graph = Graph()
    graph.block.add_input(a, "x")
    Builder.at_end(graph.block, NOWHERE).node("prim::x", (), (b,), {"types": (a, b)})
    again = parse_graph(str(graph))
    assert equal(graph, again), str(graph)
    assert str(again) == str(graph)


def test_long_sizes_stand_in_a_table() -> None:
    size = (sym("s1") + 1) // 2
    graph = Graph()
    graph.block.add_input(ty.TensorType(ty.DType.FLOAT32, (sym("s0"), 3, size, size, None)), "x")
    assert str(graph).split("\n")[:2] == [
        "graph(%x : Float(s0, 3, s2, s2, *)):",
        "  where s2 = (s1 + 1) // 2",
    ]


# -- literals, names, origins --------------------------------------------------------------------------------------

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(),
    st.complex_numbers(),
    st.sampled_from([math.inf, -math.inf, math.nan, -0.0, 1e16, 5e-324]),
    st.text(max_size=20),
    st.text(min_size=1, max_size=20).map(WeightRef),
)
literals = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3).map(tuple))


@given(st.dictionaries(st.text(min_size=1, max_size=8), literals, max_size=3))
def test_every_attribute_reads_back(attributes: dict[str, Any]) -> None:
    graph = Graph()
    Builder.at_end(graph.block, NOWHERE).node("prim::x", (), (), attributes)
    text = str(graph)
    assert text.isascii()
    (node,) = parse_graph(text).nodes
    assert node.attributes.keys() == attributes.keys()
    assert all(same_attribute(v, attributes[k]) for k, v in node.attributes.items()), text


@given(st.lists(st.text(max_size=6), max_size=5))
def test_names_are_kept(names: list[str]) -> None:
    graph = Graph()
    for name in names:
        graph.block.add_input(ty.TENSOR, name)
    again = parse_graph(str(graph))
    for value, twin in zip(graph.inputs, again.inputs, strict=True):
        assert twin.name == ("" if value.name.isdecimal() else value.name)
    assert str(again) == str(graph)


spans = st.recursive(
    st.builds(Span, names, st.integers(0, 9999), st.integers(-1, 99), st.text(max_size=5)),
    lambda inner: st.builds(
        Span, names, st.integers(0, 99), st.integers(-1, 99), st.text(max_size=5), inner
    ),
    max_leaves=4,
)
origins = st.builds(
    Origin,
    st.lists(st.integers(0, 5), max_size=2).map(tuple),
    st.lists(spans, max_size=3).map(tuple),
    st.one_of(st.just(""), st.sampled_from(["a.b", "layer1.0.conv"]), st.text(max_size=6)),
)


kinds = st.sampled_from(["aten::relu", "prim::Constant", "prim::ListUnpack"])


@given(st.lists(st.tuples(kinds, origins), max_size=6))
def test_nothing_of_an_origin_is_lost(found: list[tuple[str, Origin]]) -> None:
    graph = Graph()
    for kind, origin in found:
        Builder.at_end(graph.block, origin).node(kind)
    text = str(graph)
    again = parse_graph(text)
    assert [(node.kind, node.origin) for node in again.nodes] == found, text
    assert str(again) == text
    assert "#" not in print_graph(graph, origins=False)


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("", "1:1", "'graph'"),
        ("graph(x):", "1:7", "%name"),
        ("graph(%x : Float(2,, 3)):", "1:20", "a size expression"),
        ("graph(%x : Float(2 ** 3)):", "1:18", "a size expression"),
        ("graph(%x : Dict(int)):", "1:12", "Dict(key, value)"),
        ("graph(%x, %x):", "1:11", "each value defined once"),
        (HEAD + "  %y = foo(%x)" + TAIL, "2:8", "ns::name"),
        (HEAD + "  aten::relu(%x" + TAIL, "3:3", "','"),
        (HEAD + "  aten::relu(%z)" + TAIL, "2:14", "a value that is defined"),
        (HEAD + "  prim::C[value=]()" + TAIL, "2:17", "a type"),
        (HEAD + "  prim::C[a=1, a=2]()" + TAIL, "2:16", "each attribute once"),
        (HEAD + '  prim::C[a="\\q"]()' + TAIL, "2:13", "a string"),
        (HEAD + "  prim::C[a=9223372036854775808]()" + TAIL, "2:13", "64 bits"),
        (HEAD + "  prim::C[a=" + "9" * 5000 + "]()" + TAIL, "2:13", "64 bits"),
        (HEAD + "  prim::C() # by hand" + TAIL, "2:15", "an origin"),
        (HEAD + "  prim::C()\n  where s1 = 2" + TAIL, "3:3", "a node"),
        ("graph():\n  where s1 = 2\n  where s1 = 3\n  return ()", "3:9", "each size once"),
        (HEAD + "  %1.x : int = prim::C()" + TAIL, "2:3", "a value name"),
        (HEAD + "  return (%x) extra", "2:15", "the end"),
        (HEAD + "  return (%x", "2:13", "','"),
    ],
)
def test_what_does_not_parse_is_refused_with_its_place(
    text: str, place: str, expected: str
) -> None:
    with pytest.raises(TsxError) as caught:
        parse_graph(text, "model.ir")
    error = caught.value
    assert (error.code, error.where) == ("TSX8001", f"model.ir:{place}")
    assert expected in error.message
    line, caret = error.excerpt.split("\n")
    assert caret.strip() == "^"
    assert len(line) <= 100


@pytest.mark.parametrize("depth", [63, 64, 65, 1000, 100_000])
@pytest.mark.parametrize(
    ("opening", "closing", "shape"),
    [
        ("(", ")", "graph(%x : {0}int{1}):\n  return ()"),
        ("", "[]", "graph(%x : {0}int{1}):\n  return ()"),
        ("Union[", "]", "graph(%x : {0}int{1}):\n  return ()"),
        ("[", "]", "graph():\n  prim::C[a={0}1{1}]()\n  return ()"),
        ("prim::B() block0(): ", " -> ()", "graph():\n  {0}{1}\n  return ()"),
        ("(", ")", "graph(%x : Float({0}s0{1})):\n  return ()"),
    ],
)
def test_depth_is_bounded(depth: int, opening: str, closing: str, shape: str) -> None:
    text = shape.format(opening * depth, closing * depth)
    graph = read(text)
    if graph is not None:
        assert depth <= 64
        assert equal(parse_graph(str(graph)), graph)


def test_hostile_sizes_do_not_explode() -> None:
    factor = "*".join(f"(a{i} + b{i})" for i in range(30))
    with pytest.raises(TsxError, match="a size expression"):
        parse_graph(f"graph(%x : Float({factor})):\n  return ()")


def test_parsing_takes_linear_time() -> None:
    def seconds(count: int) -> float:
        lines = "\n".join(f"  %v{i} : int = prim::C[value={i}](%x)" for i in range(count))
        text = HEAD + lines + TAIL
        start = time.process_time()
        parse_graph(text)
        return time.process_time() - start

    def least(count: int) -> float:  # what else runs only ever adds to it
        return min(seconds(count) for _ in range(3))

    assert least(8000) < 16 * max(least(2000), 0.01)  # four times the text; 16 allows for noise


@given(st.text(max_size=60), st.integers(0, 400))
def test_noise_is_refused_or_read(noise: str, at: int) -> None:
    text = HEAD + "  %1 : int[] = prim::Constant[value=[1, 2]]() # a.py:1:2 in f, scope: b" + TAIL
    damaged = text[: at % len(text)] + noise + text[at % len(text) :]
    graph = read(damaged)
    if graph is not None:
        assert str(parse_graph(str(graph))) == str(graph)
