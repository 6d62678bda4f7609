"""The engine draws the same random numbers as the NumPy VM: one stream, bit for bit, from its beginning.

Whole numbers and uniform ones are equal exactly; normal and exponential ones go through functions of each side's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.engine import compare, wire
from tests.engine.conftest import Run
from tsx.errors import TsxError
from tsx.ir.op import Trait, all_ops, lookup
from tsx.ir.types import DType
from tsx.ops.call import evaluate
from tsx.ops.dtypes import to_numpy
from tsx.ops.philox import Generator, generator_scope

pytestmark = pytest.mark.engine

EXACT = ("rand", "randint", "random_", "uniform_", "bernoulli", "multinomial")
FLOATS = (DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64)
WHOLE = (DType.UINT8, DType.INT8, DType.INT16, DType.INT32, DType.INT64, DType.BOOL)
COMPLEX = (DType.COMPLEX64, DType.COMPLEX128)
END = [None, None, None]


def zeros(dtype: DType, *sizes: int) -> Any:
    return np.zeros(sizes, to_numpy(dtype))


def calls() -> list[tuple[str, list[Any]]]:
    found: list[tuple[str, list[Any]]] = []
    for sizes in ([], [0], [3], [2, 5], [7, 1, 3]):
        for dtype in (None, *FLOATS, *COMPLEX):
            code = None if dtype is None else dtype.code
            for name in ("rand", "randn"):
                found.append((f"aten::{name}", [sizes, code, *END]))
                found.append((f"aten::{name}.generator", [sizes, None, code, *END]))
                like = zeros(dtype or DType.FLOAT32, *sizes)
                found.append((f"aten::{name}_like", [like, code, *END, None]))
                found.append((f"aten::{name}_like.generator", [like, None, None, *END, None]))
            x = zeros(dtype or DType.FLOAT32, *sizes)
            if dtype is None or dtype.is_float:
                found.append(("aten::uniform_", [x, -2.5, 3.25, None]))
                found.append(("aten::exponential_", [x.copy(), 1.5, None]))
                found.append(("aten::random_", [x.copy(), None]))
            found.append(("aten::normal_", [x.copy(), 1.5, 2.0, None]))
            found.append(("aten::normal.float_float", [0.5, 3.0, sizes, None, code, *END]))
        for dtype in (*WHOLE, *FLOATS, *COMPLEX):
            x = zeros(dtype, *sizes)
            found.append(("aten::randint", [100, sizes, dtype.code, *END]))
            found.append(("aten::randint.generator", [100, sizes, None, dtype.code, *END]))
            found.append(("aten::randint.low", [-50, 50, sizes, dtype.code, *END]))
            found.append(("aten::randint.low_generator", [-5, 50, sizes, None, dtype.code, *END]))
            found.append(("aten::randint_like", [x, 9, None, *END, None]))
            found.append(("aten::randint_like.Tensor", [x, np.array(9), None, *END, None]))
            found.append(("aten::randint_like.low_dtype", [x, 3, 9, 4, *END, None]))
            found.append(("aten::randint_like.generator", [x, 9, None, None, *END, None]))
            found.append(
                ("aten::randint_like.Tensor_generator", [x, np.array(9), None, None, *END, None])
            )
            found.append(
                ("aten::randint_like.low_generator_dtype", [x, 3, 9, None, None, *END, None])
            )
            found.append(("aten::random_.to", [x.copy(), 100, None]))
            found.append(("aten::random_.from", [x.copy(), -3, 100, None]))
            found.append(("aten::random_.from", [x.copy(), 0, None, None]))
            found.append(("aten::bernoulli.p", [x, 0.3, None]))
            found.append(("aten::bernoulli_.float", [x.copy(), 0.7, None]))
            p = np.linspace(0, 1, x.size).reshape(sizes)
            found.append(("aten::bernoulli.Tensor", [x, p, None]))
            found.append(("aten::bernoulli_.Tensor", [x.copy(), p.astype(np.float32), None]))
            if not dtype.is_complex:
                found.append(
                    (
                        "aten::bernoulli",
                        [np.ones_like(x) if dtype is not DType.BFLOAT16 else x, None],
                    )
                )
    for n in (0, 1, 2, 10, 300):
        found.append(("aten::randperm", [n, None, *END]))
        found.append(("aten::randperm.generator", [n, None, DType.UINT8.code, *END]))
    found.append(("aten::random_.from", [zeros(DType.INT64, 9), -5, None, None]))
    found.append(("aten::randint.low", [-(2**63), 2**63 - 1, [20], None, *END]))
    for mean, std in ((np.arange(3.0), 2.0), (np.ones((2, 1), np.float32), np.arange(3.0)),
                      (1.5, np.ones((2, 2), np.float16)), (np.arange(3), 1.0), (np.ones(2) + 2j, 1.0)):  # fmt: skip
        parts = ["Tensor" if isinstance(v, np.ndarray) else "float" for v in (mean, std)]
        found.append((f"aten::normal.{'_'.join(parts)}", [mean, std, None]))
    weights = np.array([[0.1, 0, 3, 1], [1, 1, 1, 0], [0, 2, 5, 1e-3]])
    for dtype in (np.float16, np.float32, np.float64):
        for count, replacement in ((1, False), (3, False), (12, True)):
            found.append(("aten::multinomial", [weights.astype(dtype), count, replacement, None]))
            found.append(
                ("aten::multinomial", [weights[0].astype(dtype), count, replacement, None])
            )
    return found


def test_one_stream_on_both_runtimes(run: Run) -> None:
    given = calls()
    kinds = {kind for kind, _ in given}
    assert kinds >= {op.kind for op in all_ops() if op.has(Trait.RANDOM)}
    # The engine's process starts its stream at seed 0, and so does this scope.
    expected = []
    wires = [wire.Sample(kind, operands, 1) for kind, operands in given]
    answers = run(wires)
    with generator_scope(Generator(0)):
        for kind, operands in given:
            op = lookup(kind)
            assert op is not None
            expected.append(evaluate(op, operands))
    problems = []
    for (kind, operands), answer, value in zip(given, answers, expected, strict=True):
        if answer.code:
            problems.append(f"{kind}{operands!r:.200}: {answer.code} {answer.message}")
            continue
        is_exact = kind.removeprefix("aten::").startswith(EXACT) and "randn" not in kind
        (found,) = answer.results
        if is_exact and isinstance(value, np.ndarray):
            same = found.dtype == value.dtype and np.array_equal(found, value)
            difference = "" if same else f"{value!r:.150} expected, got {found!r:.150}"
        else:
            difference = compare.difference(found, value, "result")
        if difference:
            problems.append(f"{kind}{operands!r:.200}: {difference}")
    assert not problems, f"{len(problems)}:\n" + "\n".join(problems[:20])


def test_what_has_no_distribution_is_refused(run: Run) -> None:
    x = np.array([0.5, 2.0])
    refused: list[tuple[str, list[Any]]] = [
        ("aten::rand", [[2], DType.INT64.code, *END]),
        ("aten::rand", [[-1], None, *END]),
        ("aten::randint", [0, [2], None, *END]),
        ("aten::randint.low", [3, 3, [2], None, *END]),
        ("aten::bernoulli", [x, None]),
        ("aten::bernoulli.p", [x, -0.1, None]),
        ("aten::bernoulli", [np.array([np.nan]), None]),
        ("aten::uniform_", [np.arange(3), 0.0, 1.0, None]),
        ("aten::normal.float_Tensor", [0.0, np.array([1.0, -1.0]), None]),
        ("aten::multinomial", [x, 3, False, None]),
        ("aten::multinomial", [x, 0, True, None]),
        ("aten::multinomial", [-x, 1, True, None]),
        ("aten::multinomial", [np.array([np.inf, 1.0]), 1, True, None]),
        ("aten::multinomial", [np.arange(3), 1, True, None]),
        ("aten::multinomial", [np.array(1.0), 1, True, None]),
    ]
    answers = run([wire.Sample(kind, operands, 1) for kind, operands in refused])
    assert [a.code for a in answers] == ["TSX5002"] * len(refused)
    for kind, operands in refused:
        op = lookup(kind)
        assert op is not None
        with pytest.raises(TsxError):
            evaluate(op, operands)
