"""Random modules of the whole grammar survive a round trip (hypothesis)."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serialize.test_round_trip import assert_same
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.dims import Dim, sym
from tsx.ir.graph import Block, Graph, Value
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
from tsx.ir.verify import verify_module
from tsx.ops.weights import Quantization, Weight, storage_dtype
from tsx.serialize.archive import load, to_bytes

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = TEXT.filter(lambda text: text != "")
INTS = st.integers(-(1 << 63), (1 << 63) - 1)
SYMBOLS = st.sampled_from(["s0", "s1", "batch"]).map(sym)
CLASSES = {
    "m.Point": ClassDef("m.Point", {"x": ty.FLOAT}, kind="class"),
    "m.Shape": ClassDef("m.Shape", kind="interface"),
    "m.Color": ClassDef("m.Color", kind="enum", members=(("RED", 1), ("BLUE", 2))),
    "m.Pair": ClassDef("m.Pair", {"a": ty.INT, "b": ty.STR}, kind="namedtuple"),
}


@st.composite
def dims(draw: st.DrawFn) -> Dim | None:
    """A size: unknown, known, or a small polynomial with floor divisions."""
    if draw(st.booleans()):
        return draw(st.none() | st.integers(0, 1 << 20))
    size: Dim = draw(SYMBOLS)
    for _ in range(draw(st.integers(0, 4))):
        how = draw(st.integers(0, 3))
        if how == 0:
            size = size + draw(st.integers(-5, 5))
        elif how == 1:
            size = size * draw(st.integers(1, 4) | SYMBOLS)
        elif how == 2 and not isinstance(size, int):
            size = size // draw(st.integers(2, 5))
        else:
            size = size + draw(SYMBOLS)
    return size


TENSORS = st.builds(
    ty.TensorType,
    st.none() | st.sampled_from(ty.DType),
    st.none() | st.lists(dims(), max_size=4).map(tuple),
    requires_grad=st.none() | st.booleans(),
    device=st.none() | st.sampled_from(["cpu", "cuda:0"]),
)
LEAVES = (
    st.sampled_from(list(ty.ATOMS.values()))
    | TENSORS
    | st.sampled_from([
        ty.ClassType("m.Point"), ty.InterfaceType("m.Shape"), ty.EnumType("m.Color"), ty.FunctionType("helper"),
        ty.TupleType((ty.INT, ty.STR), "m.Pair", ("a", "b")),
    ])
)  # fmt: skip
TYPES = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(ty.ListType, inner)
        | st.builds(ty.OptionalType, inner)
        | st.builds(ty.DictType, st.sampled_from([ty.INT, ty.STR]), inner)
        | st.builds(ty.TupleType, st.lists(inner, max_size=3).map(tuple))
        | st.builds(ty.UnionType, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(ty.FutureType, inner, st.sampled_from(["Future", "Await", "RRef"]))
    ),
    max_leaves=8,
)
SPANS = st.builds(
    Span, NAMES, st.integers(0, 10_000), st.integers(-1, 200), TEXT,
    st.none() | st.builds(Span, NAMES, st.integers(0, 99)),
)  # fmt: skip
ORIGINS = st.builds(
    Origin,
    st.lists(st.integers(0, 1 << 40), max_size=3).map(tuple),
    st.lists(SPANS, max_size=2).map(tuple),
    TEXT,
)
CONSTANTS = (
    st.tuples(st.just(ty.INT), INTS)
    | st.tuples(st.just(ty.FLOAT), st.floats())
    | st.tuples(st.just(ty.BOOL), st.booleans())
    | st.tuples(st.just(ty.STR), TEXT)
    | st.tuples(st.just(ty.COMPLEX), st.complex_numbers())
    | st.tuples(st.just(ty.ListType(ty.INT)), st.lists(INTS, max_size=4).map(tuple))
    | st.tuples(st.just(ty.ListType(ty.FLOAT)), st.lists(st.floats(), max_size=4).map(tuple))
)


@st.composite
def blocks(draw: st.DrawFn, block: Block, condition: Value, depth: int) -> None:
    """Fills a block with constants, tuples and branches."""
    build = Builder.at_end(block, draw(ORIGINS))
    made = [condition]
    for _ in range(draw(st.integers(0, 4))):
        build.origin = draw(ORIGINS)
        how = draw(st.integers(0, 3))
        if how < 2:
            type, value = draw(CONSTANTS)
            made.append(build.constant(value, type, draw(TEXT.filter(lambda t: not t.isdigit()))))
        elif how == 2:
            made.append(build.tuple(draw(st.lists(st.sampled_from(made), max_size=3))))
        elif depth:
            node = build.node("prim::If", (condition,))
            for _ in range(2):
                draw(blocks(node.add_block(), condition, depth - 1))


@st.composite
def weights(draw: st.DrawFn) -> Weight:
    dtype = draw(st.sampled_from(ty.DType))
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    random_bytes = np.random.default_rng(draw(st.integers(0, 99)))
    stored = storage_dtype(dtype)
    count = int(np.prod(shape, dtype=int))
    high = 2 if dtype is ty.DType.BOOL else 256
    raw = random_bytes.integers(0, high, count * stored.itemsize, dtype=np.uint8)
    how = None
    if dtype.is_quantized:
        pairs = shape[-1] if shape else 1
        axis = len(shape) - 1 if shape else None
        how = Quantization((0.5,) * pairs, tuple(range(pairs)), axis)
    return Weight(raw.view(stored).reshape(shape), dtype, how)


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> TreeSpec:
    kinds = ["leaf", "none", "constant"] + ["tuple", "list", "dict", "namedtuple", "record"] * (
        depth > 0
    )
    kind = draw(st.sampled_from(kinds))
    if kind == "leaf":
        return LEAF
    if kind == "constant":
        return TreeSpec(
            kind, value=draw(st.none() | st.booleans() | INTS | TEXT | st.floats(allow_nan=False))
        )
    if kind == "none":
        return TreeSpec(kind)
    children = tuple(draw(st.lists(trees(depth - 1), max_size=3)))
    if kind in ("tuple", "list"):
        return TreeSpec(kind, children)
    keys = [f"k{i}" for i in range(len(children))]
    return TreeSpec(kind, children, tuple(keys), draw(TEXT))


def attribute_values() -> st.SearchStrategy[tuple[ty.Type, object]]:
    pairs = st.recursive(
        CONSTANTS.filter(lambda pair: not isinstance(pair[1], tuple)) | st.just((ty.NONE, None)),
        lambda inner: st.lists(inner, max_size=3).map(
            lambda items: (ty.TupleType(tuple(t for t, _ in items)), tuple(v for _, v in items))
        ),
        max_leaves=6,
    )
    return pairs | st.dictionaries(TEXT, INTS).map(lambda d: (ty.DictType(ty.STR, ty.INT), d))


PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=9)
)
DEFAULTS = st.just(()) | st.tuples(PLAIN | st.tuples(PLAIN, PLAIN))


@st.composite
def modules(draw: st.DrawFn) -> Module:
    graph = Graph("forward")
    root_type = ty.ClassType("m.Root")
    graph.block.add_input(root_type, "self")
    parameters = tuple(
        Parameter(
            f"p{i}",
            spec,
            draw(st.booleans()),
            draw(DEFAULTS if spec.kind == "leaf" else st.just(())),
        )
        for i, spec in enumerate(draw(st.lists(trees(), max_size=3)))
    )
    for index in range(sum(p.spec.leaves() for p in parameters)):
        graph.block.add_input(draw(TYPES), f"in{index}")
    condition = Builder.at_end(graph.block, Origin()).constant(True)
    draw(blocks(graph.block, condition, 2))
    result = draw(trees())
    graph.block.return_node.set_inputs([condition] * result.leaves())
    graph.block.return_node.origin = draw(ORIGINS)
    table = draw(st.dictionaries(NAMES, weights(), max_size=3))
    values = draw(st.dictionaries(NAMES, attribute_values(), max_size=4))
    root = ClassDef("m.Root", {name: type for name, (type, _) in values.items()})
    tree = Object("m.Root", {name: value for name, (_, value) in values.items()})
    for index, (name, weight) in enumerate(table.items()):
        root.attributes[f"weight {index}"] = weight.type
        tree.attributes[f"weight {index}"] = WeightRef(name)
    helper = Graph("helper")
    pins = (Pin("in0", 1, 3, draw(TEXT), draw(st.none() | SPANS)),)
    return Module(
        draw(TEXT),
        {"forward": Method(graph, parameters, result, pins)},
        {**CLASSES, root.name: root},
        {"helper": helper},
        tree,
        dict(table),
        draw(st.dictionaries(NAMES, TEXT, max_size=3)),
    )


@given(modules())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_random_module_comes_back_as_it_was(module: Module) -> None:
    assert [str(violation) for violation in verify_module(module)] == []
    data = to_bytes(module)
    loaded = load(data)
    assert_same(module, loaded)
    assert to_bytes(loaded) == data


@given(modules(), st.randoms())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_the_order_of_tables_without_order_does_not_matter(
    module: Module, rng: random.Random
) -> None:
    data = to_bytes(module)
    for table in (module.weights, module.metadata):
        items = list(table.items())
        rng.shuffle(items)
        table.clear()
        table.update(items)
    assert to_bytes(module) == data
