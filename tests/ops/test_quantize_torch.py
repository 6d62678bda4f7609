"""Fake quantisation and the quantized_decomposed operators against torch, to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.ao.quantization.fx._decomposed  # it defines the operators

from tests.ops import matrix
from tsx.errors import OperatorError
from tsx.ir.op import all_ops
from tsx.ops.call import call

pytestmark = pytest.mark.torch
RNG = np.random.default_rng(3)
DTYPES = {"uint8": (torch.uint8, 0, 255), "int8": (torch.int8, -128, 127), "int16": (torch.int16, -5, 300),
          "int32": (torch.int32, -(2**20), 2**20)}  # fmt: skip
FLOATS = (torch.float32, torch.float16, torch.bfloat16)


def values(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Normal numbers, halves of the scales below among them, and far ones."""
    found = torch.from_numpy(RNG.standard_normal(shape).astype(np.float32)) * 8
    found.view(-1)[::3] = torch.round(found.view(-1)[::3]) * 0.5 * 0.25
    found.view(-1)[1] = 1e6
    return found.to(dtype)


def both(operator: Any, *operands: Any, **named: Any) -> None:
    """Ours against torch's overload, to the bit."""
    theirs = operator(*operands, **named)
    kind = operator.name().removesuffix(".default")
    given = [_plain(o) for o in (*operands, *named.values())]
    if kind.startswith("quantized_decomposed::dequantize") and not named:
        given.append(None)
    ours = call(kind, *given)
    expected = matrix.array_of(theirs, copy=True)
    assert isinstance(ours, np.ndarray)
    assert isinstance(expected, np.ndarray)
    assert (ours.dtype, ours.shape) == (expected.dtype, expected.shape)
    np.testing.assert_array_equal(ours, expected)


def _plain(value: Any) -> Any:
    if isinstance(value, torch.dtype):
        return next(code for code, dtype in CODES.items() if dtype is value)
    return matrix.array_of(value, copy=True)


CODES = {
    0: torch.uint8, 1: torch.int8, 2: torch.int16, 3: torch.int32, 5: torch.float16, 6: torch.float32,
    7: torch.float64, 15: torch.bfloat16,
}  # fmt: skip
DECOMPOSED = torch.ops.quantized_decomposed
ATEN = torch.ops.aten


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize(("scale", "zero"), [(0.25, 3), (0.1, -7), (1 / 3, 0)])
def test_a_tensor_by_one_scale(name: str, dtype: torch.dtype, scale: float, zero: int) -> None:
    stored, low, high = DTYPES[name]
    x = values(3, 5, 7, dtype=dtype)
    both(DECOMPOSED.quantize_per_tensor.default, x, scale, zero, low, high, stored)
    tensors = torch.tensor([scale]), torch.tensor([zero])
    both(DECOMPOSED.quantize_per_tensor.tensor, x, *tensors, low, high, stored)
    limits = torch.tensor(low), torch.tensor(high)
    both(DECOMPOSED.quantize_per_tensor.tensor2, x, *tensors, *limits, stored)
    whole = DECOMPOSED.quantize_per_tensor(x, scale, zero, low, high, stored)
    for out in (None, dtype):
        named = {} if out is None else {"out_dtype": out}
        both(
            DECOMPOSED.dequantize_per_tensor.default, whole, scale, zero, low, high, stored, **named
        )
        both(DECOMPOSED.dequantize_per_tensor.tensor, whole, *tensors, low, high, stored, **named)
        both(DECOMPOSED.dequantize_per_tensor.tensor2, whole, *tensors, *limits, stored, **named)


@pytest.mark.parametrize("name", DTYPES)
@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("scale_dtype", [torch.float32, torch.float64], ids=str)
def test_a_tensor_by_a_scale_for_each_channel(
    name: str, axis: int, scale_dtype: torch.dtype
) -> None:
    stored, low, high = DTYPES[name]
    x = values(3, 5, 7)
    count = x.shape[axis]
    scales = torch.from_numpy(RNG.uniform(0.05, 0.5, count)).to(scale_dtype)
    zeros = torch.from_numpy(RNG.integers(-5, 6, count))
    both(DECOMPOSED.quantize_per_channel.default, x, scales, zeros, axis, low, high, stored)
    whole = DECOMPOSED.quantize_per_channel(x, scales, zeros, axis, low, high, stored)
    for points in (zeros, None):
        operands = whole, scales, points, axis, low, high, stored
        both(DECOMPOSED.dequantize_per_channel.default, *operands)
        both(DECOMPOSED.dequantize_per_channel.default, *operands, out_dtype=torch.float64)


@pytest.mark.parametrize("dtype", [*FLOATS, torch.float64], ids=str)
@pytest.mark.parametrize(("scale", "zero"), [(0.25, 3), (0.1, 120), (1 / 3, 0)])
def test_fake_quantisation(dtype: torch.dtype, scale: float, zero: int) -> None:
    x = values(4, 6, dtype=dtype)
    x[0, :3] = torch.tensor([torch.nan, torch.inf, -torch.inf])
    both(ATEN.fake_quantize_per_tensor_affine.default, x, scale, zero, 0, 255)
    tensors = torch.tensor([scale]), torch.tensor([zero], dtype=torch.int32)
    both(ATEN.fake_quantize_per_tensor_affine.tensor_qparams, x, *tensors, 0, 255)
    for axis in (0, 1):
        count = x.shape[axis]
        scales = torch.from_numpy(RNG.uniform(0.05, 0.5, count).astype(np.float32))
        zeros = torch.from_numpy(RNG.integers(-5, 6, count).astype(np.int32))
        both(ATEN.fake_quantize_per_channel_affine.default, x, scales, zeros, axis, -128, 127)


def test_schemas_are_torchs() -> None:
    theirs = {str(schema) for schema in torch._C._jit_get_all_schemas()}
    ours = [op.schema.text for op in all_ops() if op.kind.startswith("quantized_decomposed::")]
    assert len(ours) >= 8
    assert not [text for text in ours if text not in theirs]


X = RNG.standard_normal((2, 3)).astype(np.float32)
ONES, ZEROS = np.ones(2, np.float32), np.zeros(2, np.int64)


@pytest.mark.parametrize(
    ("kind", "operands", "message"),
    [
        ("quantized_decomposed::quantize_per_tensor", [X, 0.1, 0, -129, 127, 1], "inside that of int8"),
        ("quantized_decomposed::quantize_per_tensor", [X, 0.1, 0, 0, 1, 4], "uint8, int8, int16 or"),
        ("quantized_decomposed::quantize_per_tensor", [ZEROS, 0.1, 0, 0, 1, 1], "takes float32 or"),
        ("quantized_decomposed::dequantize_per_tensor", [X, 0.1, 0, 0, 1, 1, None], "takes int8"),
        ("quantized_decomposed::quantize_per_channel", [X, ONES, ZEROS, 1, 0, 9, 0], "dimension 1"),
        ("aten::fake_quantize_per_tensor_affine", [X, 0.1, 0, 3, 2], "quant_min <= quant_max"),
        ("aten::fake_quantize_per_channel_affine", [X, ONES, ZEROS, 5, 0, 9], "from -2 to 1"),
    ],
)  # fmt: skip
def test_wrong_operands_are_told(kind: str, operands: list[Any], message: str) -> None:
    with pytest.raises(OperatorError, match=message):
        call(kind, *operands)
