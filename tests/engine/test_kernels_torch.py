"""Kernels of the engine against torch: op_db's samples of the operators that models are made of, and made-up operands.

Every call goes to one process of the kernel driver. Integers are equal exactly, floats within torch's own tolerances.
"""

from __future__ import annotations

import functools

import pytest

from tests.engine import compare, samples, wire
from tests.engine.conftest import Run
from tests.ops import matrix_direct
from tsx.ir.op import all_ops, lookup

pytestmark = [pytest.mark.torch, pytest.mark.engine]

INFOS = (
    "add", "mul", "sub", "div", "where", "clamp", "pow", "exp", "tanh", "sigmoid", "nn.functional.gelu", "to", "float",
    "view", "reshape", "permute", "transpose", "squeeze", "unsqueeze", "expand", "flatten", "unflatten", "movedim",
    "narrow", "select", "chunk", "split", "split_with_sizes", "tensor_split", "unbind", "unfold", "diagonal", "hsplit",
    "as_strided", "atleast_2d", "matmul", "mm", "bmm", "addmm", "baddbmm", "nn.functional.linear", "inner",
    "nn.functional.conv1d", "nn.functional.conv2d", "nn.functional.conv_transpose2d", "nn.functional.batch_norm",
    "nn.functional.layer_norm", "nn.functional.group_norm", "nn.functional.rms_norm", "softmax", "log_softmax",
    "nn.functional.max_pool2d", "nn.functional.avg_pool2d", "nn.functional.adaptive_avg_pool2d", "sum", "mean", "prod",
    "any", "all", "var_mean", "std", "logsumexp", "amax", "argmax", "max", "nn.functional.embedding",
    "nn.functional.scaled_dot_product_attention", "nn.functional.pad", "repeat", "repeat_interleave", "roll", "flip",
    "cumsum", "cat", "stack", "full", "arange", "linspace", "tril", "nn.functional.glu", "nn.functional.prelu",
)  # fmt: skip


def wrong(cases: list[samples.Case], run: Run) -> list[str]:
    """A line for each call that the engine answers otherwise."""
    calls = []
    for case in cases:
        op = lookup(case.kind)
        assert op is not None
        calls.append(wire.Sample(case.kind, case.operands, len(op.schema.results)))
    problems = [
        (case, compare.problem_of(case, answer))
        for case, answer in zip(cases, run(calls), strict=True)
    ]
    return [f"{case.kind} on {case.operands!r:.300}: {p}" for case, p in problems if p]


@functools.cache
def drawn() -> list[samples.Case]:
    return samples.of_infos(INFOS)


@functools.cache
def special() -> list[samples.Case]:
    ops = [op for op in all_ops() if op.kind in matrix_direct.direct_kinds()]
    return [case for op in ops for case in samples.made_up(op, most=1)]


def test_operators_of_models_equal_torch(run: Run, kernels: frozenset[str]) -> None:
    cases = [case for case in drawn() if case.kind in kernels]
    assert len(cases) > 1500
    assert not (found := wrong(cases, run)), "\n".join(found[:20])


def test_elementwise_operators_equal_torch_on_special_values(
    run: Run, kernels: frozenset[str]
) -> None:
    cases = special()
    assert {case.kind for case in cases} <= kernels
    assert len(cases) > 3000
    assert not (found := wrong(cases, run)), "\n".join(found[:20])
