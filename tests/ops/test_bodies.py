"""Every composite's body, run node by node on the VM, answers what its fast NumPy meaning answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tsx.ops
import tsx.ops.bodies
from tsx.ir.op import Op, all_ops, lookup
from tsx.ir.text import parse_graph
from tsx.ir.types import DType
from tsx.ir.verify import verify
from tsx.ops.dtypes import cast
from tsx.runtime.lower import lower
from tsx.runtime.vm import VM

RNG = np.random.default_rng(5)


def floats(*shape: int, dtype: type = np.float32) -> np.ndarray:
    return RNG.standard_normal(shape).astype(dtype)


def positive(*shape: int) -> np.ndarray:
    return RNG.uniform(0.5, 2, shape).astype(np.float32)


IMAGE, ROWS = floats(2, 4, 5, 3), floats(2, 3, 6)
TERMS = (positive(4), floats(4))
STATISTICS = (floats(4), positive(4))
Q, K, V = floats(2, 4, 5, 8), floats(2, 4, 7, 8), floats(2, 4, 7, 6)
BOOL_MASK = RNG.random((5, 7)) > 0.4
BOOL_MASK[2] = False  # a row that nothing is kept of

SAMPLES: dict[str, list[tuple[object, ...]]] = {
    "aten::softmax.int": [(ROWS, 1, None), (ROWS, -1, 7)],
    "aten::log_softmax.int": [(ROWS, 0, None), (RNG.integers(0, 9, (3, 4)), 1, 6)],
    "aten::layer_norm": [
        (ROWS, [6], None, None, 1e-5, True),
        (ROWS, [3, 6], positive(3, 6), floats(3, 6), 1e-3, True),
        (floats(6), [6], positive(6), None, 1e-5, True),
    ],
    "aten::rms_norm": [
        (ROWS, [6], None, None),
        (ROWS, [3, 6], positive(3, 6), 1e-4),
        (floats(2, 5, dtype=np.float64), [5], None, None),
    ],
    "aten::group_norm": [
        (IMAGE, 2, None, None, 1e-5, True),
        (IMAGE, 4, *TERMS, 1e-3, True),
        (floats(3, 4), 2, TERMS[0], None, 1e-5, True),
    ],
    "aten::batch_norm": [
        (IMAGE, *TERMS, *STATISTICS, False, 0.1, 1e-5, True),
        (IMAGE, None, None, *STATISTICS, False, 0.1, 1e-3, True),
        (floats(3, 4), *TERMS, *STATISTICS, True, 0.2, 1e-5, True),
        (IMAGE, *TERMS, None, None, True, 0.1, 1e-5, True),
        (IMAGE, None, TERMS[1], *STATISTICS, True, 0.3, 1e-5, True),
    ],
    "aten::instance_norm": [
        (IMAGE, *TERMS, None, None, True, 0.1, 1e-5, True),
        (IMAGE, None, None, *STATISTICS, True, 0.4, 1e-5, True),
        (floats(2, 4, 9), *TERMS, *STATISTICS, False, 0.1, 1e-5, True),
    ],
    "aten::scaled_dot_product_attention": [
        (Q, K, V, None, 0.0, False, None, False),
        (Q, K, V, None, 0.0, True, 0.5, False),
        (Q, K, V, BOOL_MASK, 0.0, False, None, False),
        (Q, K, V, floats(2, 1, 5, 7), 0.0, False, None, False),
        (Q, K[:, :2], V[:, :2], None, 0.0, False, None, True),
    ],
}

A, B = floats(3, 4), floats(3, 4)
SHARES, OTHERS = (RNG.uniform(0.05, 0.95, (3, 4)).astype(np.float32) for _ in range(2))
SIGNS = np.sign(B)
for _reduction in (0, 1, 2):
    for _kind, _operands in {
        "mse_loss": (A, B, _reduction),
        "l1_loss": (A, B, _reduction),
        "huber_loss": (A, B, _reduction, 0.7),
        "smooth_l1_loss": (A, B, _reduction, 0.0 if _reduction == 0 else 0.7),
        "kl_div": (A, SHARES, _reduction, _reduction == 1),
        "binary_cross_entropy": (SHARES, OTHERS, B if _reduction == 1 else None, _reduction),
        "binary_cross_entropy_with_logits": (
            A,
            SHARES,
            B if _reduction == 1 else None,
            OTHERS[0],
            _reduction,
        ),
        "soft_margin_loss": (A, SIGNS, _reduction),
        "hinge_embedding_loss": (A, SIGNS, 0.8, _reduction),
        "margin_ranking_loss": (A, B, SIGNS, 0.3, _reduction),
        "poisson_nll_loss": (
            SHARES,
            positive(3, 4),
            _reduction == 1,
            _reduction > 0,
            1e-8,
            _reduction,
        ),
    }.items():
        SAMPLES.setdefault(f"aten::{_kind}", []).append(_operands)


SCALES, POINTS = positive(5), RNG.integers(-3, 4, 5)
WHOLE = RNG.integers(-9, 9, (2, 4, 5, 3)).astype(np.int8)
ONE_SCALE = (np.array([0.25], np.float32), np.array([3]))
LIMITS = (np.array(-128), np.array(127))
SAMPLES |= {
    "aten::fake_quantize_per_tensor_affine": [(IMAGE * 9, 0.1, 3, 0, 255)],
    "aten::fake_quantize_per_tensor_affine.tensor_qparams": [(IMAGE * 9, *ONE_SCALE, -128, 127)],
    "aten::fake_quantize_per_channel_affine": [(IMAGE * 9, SCALES, POINTS, 2, -128, 127)],
    "quantized_decomposed::quantize_per_tensor": [(IMAGE, 0.1, 3, 0, 255, 0)],
    "quantized_decomposed::quantize_per_tensor.tensor": [(IMAGE * 99, *ONE_SCALE, -128, 127, 1)],
    "quantized_decomposed::quantize_per_tensor.tensor2": [(IMAGE * 99, *ONE_SCALE, *LIMITS, 1)],
    "quantized_decomposed::dequantize_per_tensor": [
        (WHOLE, 0.1, 3, -128, 127, 1, None),
        (WHOLE, 0.1, 3, -128, 127, 1, 15),
    ],
    "quantized_decomposed::dequantize_per_tensor.tensor": [(WHOLE, *ONE_SCALE, -128, 127, 1, 5)],
    "quantized_decomposed::dequantize_per_tensor.tensor2": [(WHOLE, *ONE_SCALE, *LIMITS, 1, None)],
    "quantized_decomposed::quantize_per_channel": [(IMAGE * 99, SCALES, POINTS, -2, -128, 127, 1)],
    "quantized_decomposed::dequantize_per_channel": [
        (WHOLE, SCALES, POINTS, 2, -128, 127, 1, None),
        (WHOLE, SCALES, None, 2, -128, 127, 1, 7),
    ],
}  # fmt: skip


def halved(operands: tuple[object, ...], dtype: DType) -> tuple[object, ...]:
    """The float32 operands as halves."""
    floating = [isinstance(o, np.ndarray) and o.dtype == np.float32 for o in operands]
    return tuple(cast(o, dtype) if f else o for o, f in zip(operands, floating, strict=True))


def composites() -> list[Op]:
    return [op for op in all_ops() if op.body]


@pytest.mark.parametrize("op", composites(), ids=lambda op: op.kind)
def test_a_body_is_a_valid_graph_of_the_schemas_operands(op: Op) -> None:
    graph = parse_graph(op.body, file=op.kind)
    assert len(graph.inputs) == len(op.schema.arguments)
    assert verify(graph) == []


def test_every_composite_is_tried() -> None:
    assert sorted(SAMPLES) == [op.kind for op in composites()]


@pytest.mark.parametrize(
    ("kind", "operands"),
    [(kind, operands) for kind, samples in SAMPLES.items() for operands in samples],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_body_answers_what_eval_answers(kind: str, operands: tuple[object, ...]) -> None:
    op = lookup(kind)
    assert op is not None
    ours, bodys = copied(operands), copied(operands)
    with np.errstate(all="ignore"):
        expected = op.eval(*ours)
    graph = parse_graph(op.body, file=kind)
    (found,) = VM(lower(graph, bodies=True)).run(graph.name, bodys)
    check(found, expected)
    for a, b in zip(bodys, ours, strict=True):  # what training writes
        if isinstance(a, np.ndarray):
            check(a, b)


@pytest.mark.parametrize("dtype", [DType.FLOAT16, DType.BFLOAT16])
@pytest.mark.parametrize("kind", SAMPLES)
def test_a_body_computes_halves_in_float32_and_rounds_once(kind: str, dtype: DType) -> None:
    op = lookup(kind)
    assert op is not None
    graph = parse_graph(op.body, file=kind)
    for sample in SAMPLES[kind]:
        operands = halved(sample, dtype)
        with np.errstate(all="ignore"):
            expected = op.eval(*copied(operands))
        (found,) = VM(lower(graph, bodies=True)).run(graph.name, copied(operands))
        assert isinstance(found, np.ndarray)
        assert isinstance(expected, np.ndarray)
        assert found.dtype == expected.dtype
        # Both round once, from float32 values that may differ in their last place.
        a, b = (cast(x, DType.FLOAT32) for x in (found, expected))
        assert (a != b).mean() < 0.05
        np.testing.assert_allclose(a, b, rtol=2**-7, atol=1e-3)


def copied(operands: tuple[object, ...]) -> list[object]:
    return [o.copy() if isinstance(o, (np.ndarray, list)) else o for o in operands]


def check(found: object, expected: object) -> None:
    assert isinstance(found, np.ndarray)
    assert isinstance(expected, np.ndarray)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


def test_the_text_that_ships_is_what_the_compiler_makes_of_the_python() -> None:
    from operator_bodies import operator_bodies, sources  # in tools/

    path = Path(tsx.ops.bodies.__file__).with_name("bodies.ir")
    assert path.read_text(encoding="utf-8") == operator_bodies(), "run: make generate"
    assert list(sources()) == [op.kind for op in composites()]
