"""Composite operators: the runtime's own answer is what the body gives, in each dtype and for each kind of operand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.graph import Graph
from tsx.ir.location import NOWHERE
from tsx.ir.op import Op, all_ops
from tsx.ir.schema import Argument
from tsx.ir.types import DType
from tsx.ops.dtypes import Array, cast
from tsx.runtime.lower import lower
from tsx.runtime.opcodes import Opcode
from tsx.runtime.vm import VM

# Quantisation takes one dtype for each operand: tests/ops/test_bodies.py has its samples.
COMPOSITES = {op.kind: op for op in all_ops() if op.body and "quantize" not in op.kind}
DTYPES = (DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16)


def t(*shape: int, low: float | None = None) -> Array:
    rng = np.random.default_rng(sum(shape) + len(shape))
    return rng.standard_normal(shape) if low is None else rng.uniform(low, low + 2, shape)


X, C = t(2, 6, 5), t(6)
MEAN, VAR = t(6), t(6, low=0.5)
Q, K = t(2, 4, 3, 8), t(2, 4, 5, 8)
SAMPLES: dict[str, list[tuple[Any, ...]]] = {
    "aten::softmax.int": [(X, -1, None), (X, 0, None), (X, 1, DType.FLOAT64.code), (t(2, 0), 1, None)],
    "aten::log_softmax.int": [(X, -1, None), (X, 1, DType.FLOAT64.code)],
    "aten::batch_norm": [
        (X, C, C, MEAN, VAR, False, 0.1, 1e-5, True),
        (X, None, None, MEAN, VAR, False, 0.1, 1e-5, True),
        (X, C, C, MEAN, VAR, True, 0.1, 1e-5, True),
        (t(3, 6), C, C, None, None, True, 0.1, 1e-5, True),
    ],
    "aten::instance_norm": [
        (X, C, C, None, None, True, 0.1, 1e-5, True),
        (X, None, None, MEAN, VAR, False, 0.1, 1e-5, True),
    ],
    "aten::group_norm": [(X, 3, C, C, 1e-5, True), (X, 1, None, None, 1e-5, True)],
    "aten::layer_norm": [
        (X, [5], t(5), t(5), 1e-5, True),
        (X, [6, 5], None, None, 1e-3, True),
        (X, [5], t(5), None, 1e-5, True),
    ],
    "aten::rms_norm": [(X, [5], t(5), 1e-6), (X, [6, 5], None, None)],
    "aten::scaled_dot_product_attention": [
        (Q, K, K, None, 0.0, False, None, False),
        (Q, Q, Q, None, 0.0, True, None, False),
        (Q, K, K, t(3, 5), 0.0, False, 0.3, False),
        (Q, K, K, t(3, 5) > 0, 0.0, False, None, False),
        (Q, K[:, :2], K[:, :2], None, 0.0, False, None, True),
    ],
}  # fmt: skip


def call(op: Op, operands: tuple[Any, ...]) -> Graph:
    """A graph that calls ``op``: arrays are its inputs, all else constants."""
    graph = Graph()
    build = Builder.at_end(graph.block, NOWHERE)
    values = []
    for argument, operand in zip(op.schema.arguments, operands, strict=True):
        if isinstance(operand, np.ndarray):
            values.append(graph.block.add_input(ty.TENSOR, argument.name))
        elif isinstance(operand, list):
            values.append(build.constant(tuple(operand)))
        else:
            values.append(build.constant(operand))
    graph.block.return_node.set_inputs([build.op(op.kind, values, ty.TENSOR)])
    return graph


def samples(op: Op) -> list[tuple[Any, ...]]:
    """Those above, else tensors between 0.1 and 0.9 with the schema's defaults, once for each ``reduction``."""
    if op.kind in SAMPLES:
        return SAMPLES[op.kind]
    arguments = op.schema.arguments
    reductions = (0, 1, 2) if any(a.name == "reduction" for a in arguments) else (1,)
    made = []
    for reduction in reductions:
        tensors = iter(np.random.default_rng(3).uniform(0.1, 0.9, (len(arguments), 3, 4)))
        made.append(tuple(_operand(a, tensors, reduction) for a in arguments))
    return made


def _operand(argument: Argument, tensors: Iterator[Array], reduction: int) -> Any:
    if argument.name == "reduction":
        return reduction
    if argument.has_default:
        return argument.default
    numbers = {ty.BOOL: True, ty.FLOAT: 0.5, ty.INT: 1}
    return numbers[argument.type] if argument.type in numbers else next(tensors)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("kind", sorted(COMPOSITES))
def test_the_fast_answer_is_what_the_body_gives(kind: str, dtype: DType) -> None:
    op = COMPOSITES[kind]
    for operands in samples(op):
        graph = call(op, operands)
        arrays = [
            a if a.dtype == np.bool_ else cast(np.ascontiguousarray(a), dtype)
            for a in operands
            if isinstance(a, np.ndarray)
        ]
        program = lower(graph, bodies=True)
        assert Opcode.CALLF in [i.opcode for i in program.functions[0].code]
        ours, theirs = [a.copy() for a in arrays], [a.copy() for a in arrays]
        (fast,) = VM(lower(graph)).run("graph", ours)
        (body,) = VM(program).run("graph", theirs)
        assert_close(fast, body)
        for one, other in zip(ours, theirs, strict=True):  # running statistics
            assert_close(one, other)


def assert_close(fast: Array, body: Array) -> None:
    """Equal but for the last bits: a fast answer may sum in another order or round once instead of twice."""
    assert (fast.dtype, fast.shape) == (body.dtype, body.shape)
    bound = {"float64": 1e-12, "float32": 2e-6, "float16": 4e-3, "uint16": 3e-2}
    tolerance = bound.get(fast.dtype.name, 0.0)
    if fast.dtype == np.uint16:
        fast, body = cast(fast, DType.FLOAT32), cast(body, DType.FLOAT32)
    np.testing.assert_allclose(fast, body, rtol=tolerance, atol=tolerance)
