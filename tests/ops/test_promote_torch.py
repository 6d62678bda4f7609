"""Type promotion is torch's, for every pair of dtypes in every pair of categories."""

from __future__ import annotations

import itertools

import pytest
import torch

from tsx.ir.op import Unknown
from tsx.ir.types import FLOAT, DType, TensorType
from tsx.ops import promote
from tsx.ops.promote import Kind

pytestmark = pytest.mark.torch

DTYPES = [
    DType.UINT8, DType.INT8, DType.INT16, DType.INT32, DType.INT64, DType.FLOAT16, DType.BFLOAT16,
    DType.FLOAT32, DType.FLOAT64, DType.COMPLEX64, DType.COMPLEX128, DType.BOOL,
]  # fmt: skip


def torch_dtype(dtype: DType) -> torch.dtype:
    return getattr(torch, dtype.torch_name)


def operands(dtype: DType) -> list[tuple[object, object]]:
    """(what torch gets, what tsx gets): a tensor and a 0-dim tensor of ``dtype``."""
    found: list[tuple[object, object]] = [
        (torch.zeros(2, dtype=torch_dtype(dtype)), TensorType(dtype, (2,))),
        (torch.zeros((), dtype=torch_dtype(dtype)), TensorType(dtype, ())),
    ]
    numbers = {DType.INT64: 1, DType.FLOAT64: 1.0, DType.COMPLEX128: 1j, DType.BOOL: True}
    if dtype in numbers:
        found.append((numbers[dtype], numbers[dtype]))
    return found


@pytest.mark.parametrize("a", DTYPES, ids=str)
def test_result_type_of_two_operands_is_torchs(a: DType) -> None:
    for b in DTYPES:
        for (torch_a, tsx_a), (torch_b, tsx_b) in itertools.product(operands(a), operands(b)):
            expected = torch.result_type(torch_a, torch_b)
            found = promote.result_type(tsx_a, tsx_b)
            assert str(expected) == f"torch.{found}", (tsx_a, tsx_b)


def test_can_cast_is_torchs() -> None:
    for a, b in itertools.product(DTYPES, DTYPES):
        assert torch.can_cast(torch_dtype(a), torch_dtype(b)) == promote.can_cast(a, b), (a, b)


def test_an_unknown_rank_counts_only_where_it_matters() -> None:
    ranked = TensorType(DType.FLOAT16, (2,))
    assert (
        promote.result_type(TensorType(DType.FLOAT32), TensorType(DType.FLOAT32, ()))
        is DType.FLOAT32
    )
    assert promote.result_type(TensorType(DType.FLOAT32), ranked) is None
    assert promote.result_type(TensorType(), ranked) is None
    assert promote.result_type(Unknown(FLOAT), TensorType(DType.INT32)) is DType.FLOAT32


def test_kinds_give_the_computation_and_result_dtypes() -> None:
    half = TensorType(DType.FLOAT16, (2,))
    longs = TensorType(DType.INT64, (2,))
    assert promote.elementwise_dtypes(Kind.DEFAULT, half) == (DType.FLOAT32, DType.FLOAT16)
    assert promote.elementwise_dtypes(Kind.INT_TO_FLOAT, longs) == (DType.FLOAT32, DType.FLOAT32)
    assert promote.elementwise_dtypes(Kind.ALWAYS_BOOL, longs, 2.5) == (DType.FLOAT32, DType.BOOL)
