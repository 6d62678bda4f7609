"""Fusion groups: a group gives what its nodes give one by one, bit for bit, whatever reaches it."""

from __future__ import annotations

import itertools
import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import OperatorError, RunError
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.graph import Graph, Value
from tsx.ir.location import NOWHERE
from tsx.ir.op import Op, Trait, all_ops
from tsx.ir.text import parse_graph
from tsx.ir.types import DType
from tsx.ops.dtypes import Array, cast
from tsx.runtime.lower import lower
from tsx.runtime.tile import MAX_PROGRAMS, TileRunner, tile_of
from tsx.runtime.vm import VM


def simple(op: Op) -> bool:
    """An elementwise operator of tensors that any two values may be given."""
    tensors = [a for a in op.schema.arguments if isinstance(a.type, ty.TensorType)]
    others = [a for a in op.schema.arguments if not isinstance(a.type, ty.TensorType)]
    return (
        op.formula is not None
        and not op.schema.mutates
        and not op.has(Trait.VIEW)
        and len(tensors) in (1, 2)
        and all(a.has_default and isinstance(a.default, (int, float)) for a in others)
    )


OPS = [op for op in all_ops() if op.has(Trait.ELEMENTWISE) and simple(op)]


def chain(ops: list[Op], operands: list[tuple[int, ...]], inputs: int, fused: bool) -> Graph:
    """Each operator on earlier values (the inputs first); all results are outputs."""
    graph = Graph()
    values: list[Value] = [graph.block.add_input(ty.TENSOR, f"x{i}") for i in range(inputs)]
    build = Builder.at_end(graph.block, NOWHERE)
    if fused:
        group = build.node("tsx::group", values, [ty.TENSOR] * len(ops), {"name": "G"})
        block = group.add_block()
        values = [block.add_input(ty.TENSOR) for _ in values]
        build = Builder.at_end(block, NOWHERE)
    for op, places in zip(ops, operands, strict=True):
        tensors = iter(places)
        arguments = [
            values[next(tensors)] if isinstance(a.type, ty.TensorType)
            else build.constant(a.default, a.type if a.type != ty.NUMBER else None)
            for a in op.schema.arguments
        ]  # fmt: skip
        values.append(build.op(op.kind, arguments, ty.TENSOR))
    if fused:
        block.return_node.set_inputs(values[inputs:])
        graph.block.return_node.set_inputs(group.outputs)
    else:
        graph.block.return_node.set_inputs(values[inputs:])
    return graph


def outcome(graph: Graph, inputs: list[Array]) -> Any:
    """The results, or None where an operator refuses the dtypes."""
    try:
        return VM(lower(graph)).run("graph", [x.copy() for x in inputs])
    except RunError:
        return None


def sample(dtype: DType, shape: tuple[int, ...], seed: int) -> Array:
    rng = np.random.default_rng(seed)
    values = rng.standard_normal(shape) * 4
    values.flat[:: max(1, values.size // 2)] = rng.choice([0.0, -0.0, np.nan, np.inf, 1e30])
    if not dtype.is_float:
        values = rng.integers(0, 5, shape).astype(np.float64)
    with np.errstate(all="ignore"):
        return cast(np.asarray(values), dtype)


DTYPES = (
    DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16, DType.FLOAT64, DType.INT64, DType.UINT8, DType.BOOL,
)  # fmt: skip
SHAPES = ((3, 4), (4,), (1, 4), (3, 1), ())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_fused_equals_unfused_bit_for_bit(data: st.DataObject) -> None:
    inputs = [
        sample(data.draw(st.sampled_from(DTYPES)), shape, seed)
        for seed, shape in enumerate([(3, 4), data.draw(st.sampled_from(SHAPES))])
    ]
    ops = data.draw(st.lists(st.sampled_from(OPS), min_size=1, max_size=6))
    # The first operand of each is the value before it, so that all results have the full shape.
    operands = [
        (1 + i if i else 0, *([data.draw(st.integers(0, 1 + i))] if _is_binary(op) else []))
        for i, op in enumerate(ops)
    ]
    plain = outcome(chain(ops, operands, 2, fused=False), inputs)
    fused = outcome(chain(ops, operands, 2, fused=True), inputs)
    if plain is None:
        assert fused is None
        return
    for a, b in zip(plain, fused, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        assert a.tobytes() == b.tobytes()


def _is_binary(op: Op) -> bool:
    return sum(isinstance(a.type, ty.TensorType) for a in op.schema.arguments) == 2


@pytest.mark.parametrize("dtype", DTYPES[:4], ids=str)
def test_a_contraction_first_and_a_reduction_last(dtype: DType) -> None:
    body = """
      %h : Tensor = aten::matmul({0}, {1})
      %two : float = prim::Constant[value=0.1]()
      %r : Tensor = aten::mul.Scalar(%h, %two)
      %s : Tensor = aten::silu(%r)
      %d : int[] = prim::Constant[value=[1]]()
      %f : bool = prim::Constant[value=False]()
      %n : NoneType = prim::Constant()
      %m : Tensor = aten::sum.dim_IntList(%s, %d, %f, %n)
"""
    plain = f"graph(%x : Tensor, %w : Tensor):{body.format('%x', '%w')}      return (%s, %m)\n"
    fused = (
        "graph(%x : Tensor, %w : Tensor):\n  %p : Tensor, %q : Tensor = tsx::group(%x, %w)\n"
        f"    block0(%a : Tensor, %b : Tensor):{body.format('%a', '%b')}      -> (%s, %m)\n"
        "  return (%p, %q)\n"
    )
    inputs = [sample(dtype, shape, seed) for seed, shape in enumerate([(5, 3), (3, 4)])]
    a, b = outcome(parse_graph(plain), inputs), outcome(parse_graph(fused), inputs)
    assert a is not None
    assert all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def test_a_reduction_of_two_tensors_sees_the_second_of_each_call() -> None:
    distance = runner("""graph(%x : Tensor, %y : Tensor):
  %p : Tensor = tsx::group[name="Neg_Dist"](%x, %y)
    block0(%a : Tensor, %b : Tensor):
      %two : int = prim::Constant[value=2]()
      %c : Tensor = aten::neg(%a)
      %d : Tensor = aten::neg(%b)
      %e : Tensor = aten::dist(%c, %d, %two)
      -> (%e)
  return (%p)
""")
    zero = np.zeros(1, np.float32)
    assert [distance(zero, np.float32([far])).item() for far in (3, 5)] == [3.0, 5.0]


SCALED = """graph(%x : Tensor, %k : Scalar):
  %p : Tensor = tsx::group[name="Scale"](%x, %k)
    block0(%a : Tensor, %b : Scalar):
      %one : int = prim::Constant[value=1]()
      %c : Tensor = aten::mul.Scalar(%a, %b)
      %d : Tensor = aten::add.Scalar(%c, %b, %one)
      -> (%d)
  return (%p)
"""


def runner(text: str) -> TileRunner:
    return TileRunner(lower(parse_graph(text)).tiles[0])


def test_a_number_from_outside_may_change_type_and_value() -> None:
    scale = runner(SCALED)
    x = np.array([2], np.int64)
    results = [scale(x, k) for k in (2, 1.5, 3)]
    assert [(result.item(), result.dtype.name) for result in results] == [
        (6, "int64"),
        (4.5, "float32"),
        (9, "int64"),
    ]


def test_a_number_that_changes_does_not_make_a_program_each_time() -> None:
    scale = runner(SCALED)
    for k in range(200):
        scale(np.ones(1), float(k))
    assert len(scale._runners) == 1


def test_the_programs_kept_are_bounded() -> None:
    scale = runner("""graph(%x : Tensor, %k : Scalar):
  %p : Tensor = tsx::group(%x, %k)
    block0(%a : Tensor, %b : Scalar):
      %c : Tensor = aten::add.Scalar(%a, %b, %b)
      -> (%c)
  return (%p)
""")
    for k in range(3 * MAX_PROGRAMS):
        assert scale(np.ones(1), k).item() == 1 + k * k
    assert len(scale._runners) <= MAX_PROGRAMS


def test_the_tile_program_is_data() -> None:
    scale = runner(SCALED)
    assert str(scale.program([np.ones(2, np.float32), 2])).splitlines() == [
        "%0 : Float = LOAD 0",
        "%1 : Long = LOAD 1",
        "%2 : Float = CAST %1",
        "%3 : Float = mul %0, %2",
        "%4 : Float = add %3, %2",
        "STORE %4, 0",
    ]


def test_a_group_of_one_operand_each_is_as_the_operator_alone() -> None:
    for op, dtype in itertools.product(OPS, (DType.FLOAT32, DType.INT64)):
        x = sample(dtype, (7,), 3)
        places = [(0, 0) if _is_binary(op) else (0,)]
        plain = outcome(chain([op], places, 1, fused=False), [x])
        fused = outcome(chain([op], places, 1, fused=True), [x])
        assert (plain is None) == (fused is None), op.kind
        assert plain is None or plain[0].tobytes() == fused[0].tobytes(), op.kind


def test_arrays_inside_a_group_die_at_their_last_use() -> None:
    ops = [op for op in OPS if op.kind in ("aten::neg", "aten::abs")] * 20
    graph = chain(ops, [(i,) for i in range(len(ops))], 1, fused=True)
    group = next(node for node in graph.nodes if node.kind == "tsx::group")
    tile = TileRunner(replace(tile_of(group), outputs=(len(ops),)))
    x = np.ones((256, 1024), np.float32)
    tile(x)  # the program is made on the first call
    tracemalloc.start()
    tile(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * x.nbytes


def test_an_unknown_operator_in_a_group_is_named() -> None:
    graph = Graph()
    x = graph.block.add_input(ty.TENSOR, "x")
    group = Builder.at_end(graph.block, NOWHERE).node("tsx::group", [x], [ty.TENSOR])
    block = group.add_block()
    inner = Builder.at_end(block, NOWHERE).op("aten::nope", [block.add_input(ty.TENSOR)], ty.TENSOR)
    block.return_node.set_inputs([inner])
    with pytest.raises(OperatorError, match="aten::nope"):
        tile_of(group)
