"""What an operator refuses is told alike by both runtimes: the sentence, and the way out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.runtime.build import floats
from tsx.api import Engine, Module
from tsx.errors import TsxError
from tsx.ir.build import Builder
from tsx.ir.graph import Graph
from tsx.ir.location import Origin
from tsx.ir.module import LEAF, Method, Parameter, TreeSpec
from tsx.ir.module import Module as Program
from tsx.ir.op import lookup

pytestmark = [pytest.mark.engine]
ENGINES: tuple[Engine, ...] = ("numpy", "native")


def zeros(*sizes: int) -> Any:
    return np.zeros(sizes, np.float32)


def longs(*values: int) -> Any:
    return np.array(values, np.int64)


CALLS: list[tuple[str, tuple[Any, ...], str]] = [
    ("aten::embedding", (zeros(4, 2), longs(1, 9), -1, False, False), "an index points outside"),
    ("aten::embedding", (zeros(4, 2), longs(-5), -1, False, False), "an index points outside"),
    ("aten::embedding", (zeros(4), longs(1), -1, False, False), ""),
    ("aten::gather", (zeros(3), 0, longs(3), False), "an index points outside"),
    ("aten::select.int", (zeros(3), 0, 7), "an index points outside"),
    ("aten::max.dim", (zeros(3), 2, False), "dimensions count from 0"),
    ("aten::sum.dim_IntList", (zeros(3), [5], False, None), "dimensions count from 0"),
    ("aten::amax", (zeros(3), [0, 0], False), "name each dimension once"),
    ("aten::diagonal", (zeros(3, 3), 0, 1, 1), "name each dimension once"),
    ("aten::view", (zeros(3), [2]), "the number of elements must stay"),
    ("aten::dot", (zeros(3), zeros(2)), "the inner sizes of a product"),
    ("aten::mm", (zeros(2, 3), zeros(2, 3)), "the inner sizes of a product"),
    ("aten::dot", (zeros(3), np.zeros(3)), "convert one of them"),
    ("aten::neg", (np.array([True]),), "convert the operand first"),
    ("aten::group_norm", (zeros(1, 7, 2), 2, None, None, 1e-5, True), "choose a number of groups"),
    (
        "aten::conv2d",
        (zeros(1, 4, 8, 8), zeros(8, 3, 3, 3), None, [1, 1], [0, 0], [1, 1], 1),
        "the weight and `groups` decide",
    ),
    (
        "aten::max_pool2d",
        (zeros(1, 1, 1, 8), [2, 2], [1, 1], [0, 0], [1, 1], False),
        "use a larger input",
    ),
    (
        "aten::max_pool2d",
        (zeros(1, 1, 8, 8), [2, 2], [-1, 1], [0, 0], [1, 1], False),
        "kernel, stride, dilation and groups are 1 or more",
    ),
    ("aten::tensor_split.tensor_indices_or_sections", (zeros(3), zeros(1), 0), ""),
    ("aten::tensor_split.tensor_indices_or_sections", (zeros(3), longs(1).reshape(1, 1), 0), ""),
    ("aten::_fft_c2r", (np.zeros((3, 2), np.complex64), [1], 3, 2), ""),
    ("aten::col2im", (zeros(2, 0), [-1, 1], [1, 1], [1, 1], [1, 1], [1, 1]), ""),
]


def program(kind: str) -> Program:
    op = lookup(kind)
    assert op is not None
    graph = Graph("forward")
    arguments = enumerate(op.schema.arguments)
    inputs = [graph.block.add_input(a.type, f"x{i}") for i, a in arguments]
    made = Builder.at_end(graph.block, Origin()).node(
        kind, inputs, [result.type for result in op.schema.results]
    )
    graph.block.return_node.set_inputs(made.outputs)
    parameters = tuple(Parameter(value.name) for value in inputs)
    result = TreeSpec("tuple", (LEAF,) * len(made.outputs))
    return Program(kind, {"forward": Method(graph, parameters, result, source="built")})


def refusals(kind: str, operands: tuple[Any, ...]) -> list[TsxError]:
    """What each runtime says to a call."""
    found = []
    for engine in ENGINES:
        with pytest.raises(TsxError) as caught:
            Module(program(kind), engine=engine).run("forward", operands, {})
        found.append(caught.value)
    return found


@pytest.mark.parametrize(("kind", "operands", "way"), CALLS)
def test_a_refusal_says_the_same_on_both_runtimes(
    kind: str, operands: tuple[Any, ...], way: str
) -> None:
    first, second = refusals(kind, operands)
    assert (first.code, first.help) == (second.code, second.help)
    assert way in first.help


SAME_WORDS = [call for call in CALLS if call[0] not in ("aten::conv2d", "aten::max_pool2d")]


@pytest.mark.parametrize(("kind", "operands", "way"), SAME_WORDS)
def test_the_numbers_of_a_refusal_are_the_same(
    kind: str, operands: tuple[Any, ...], way: str
) -> None:
    first, second = (
        "".join(c for c in refusal.message if c.isdigit()) for refusal in refusals(kind, operands)
    )
    assert first == second


def test_the_sentence_of_an_index_out_of_range() -> None:
    for engine in ENGINES:
        with pytest.raises(TsxError) as caught:
            Module(program("aten::embedding"), engine=engine)(
                floats(*range(4)).reshape(2, 2), longs(7), -1, False, False
            )
        assert caught.value.message == "aten::embedding failed: expected indices from 0 to 1, got 7"
