"""Reductions against torch where samples don't reach: long sums, half precision, NaN, integers, ties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tsx.ops.call import call
from tsx.ops.dtypes import bfloat16_to_float32, float32_to_bfloat16

pytestmark = pytest.mark.torch


def value(kind: str, *operands: object) -> Any:
    return call(kind, *operands)


@pytest.mark.parametrize("dims", [[0], [1], [0, 1], [0, 2], [1, 2], None], ids=str)
@pytest.mark.parametrize("kind", ["sum.dim_IntList", "mean.dim"])
def test_long_float32_sums_are_as_good_as_torchs(kind: str, dims: list[int] | None) -> None:
    x = (torch.rand(300, 200, 40, generator=torch.Generator().manual_seed(0)) + 1).numpy()
    exact = x.astype(np.float64).sum(axis=None if dims is None else tuple(dims))
    if kind.startswith("mean"):
        exact = exact / (x.size / np.size(exact))
    found = value(f"aten::{kind}", x, dims)
    assert found.dtype == np.float32
    assert np.max(np.abs(found / exact - 1)) < 1e-6


@pytest.mark.parametrize(
    "kind", ["sum", "mean", "prod", "std", "var", "amax", "logsumexp", "cumsum"]
)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_half_precision_is_rounded_once(kind: str, dtype: torch.dtype) -> None:
    x = (torch.rand(8, 64, generator=torch.Generator().manual_seed(1)) + 0.5).to(dtype)
    wide = x.float().numpy()
    mine = float32_to_bfloat16(wide) if dtype is torch.bfloat16 else wide.astype(np.float16)
    names = {
        "sum": "sum.dim_IntList",
        "mean": "mean.dim",
        "prod": "prod.dim_int",
        "std": "std.dim",
        "var": "var.dim",
    }
    operand: Any = 1 if kind in ("prod", "cumsum") else [1]
    found = value(f"aten::{names.get(kind, kind)}", mine, operand)
    # torch rounds running results and products after each element: compared with its float32 answer
    expected = getattr(torch, kind)(x.float(), 1).numpy()
    got = bfloat16_to_float32(found) if dtype is torch.bfloat16 else found.astype(np.float32)
    np.testing.assert_allclose(got, expected, rtol=8e-3)


@pytest.mark.parametrize(
    "dtype", [torch.bool, torch.uint8, torch.int8, torch.int32, torch.int64], ids=str
)
@pytest.mark.parametrize("kind", ["sum", "prod", "cumsum", "cumprod", "any", "all", "amax"])
def test_integers_and_bools(kind: str, dtype: torch.dtype) -> None:
    x = torch.tensor([[1, 0, 1], [1, 1, 1]]).to(dtype)
    names = {"sum": "sum.dim_IntList", "prod": "prod.dim_int", "any": "any.dim", "all": "all.dim"}
    operand: Any = [1] if kind in ("sum", "amax") else 1
    expected = getattr(torch, kind)(x, 1)
    found = value(f"aten::{names.get(kind, kind)}", x.numpy(), operand)
    assert str(found.dtype) == str(expected.dtype).removeprefix("torch.")
    np.testing.assert_array_equal(found, expected.numpy())


NAN = [float("nan")]
ROWS = torch.tensor([[1.0, *NAN, 3.0, *NAN], [4.0, 2.0, 4.0, 2.0], [-0.0, 0.0, -0.0, 0.0]])


@pytest.mark.parametrize("name", ["max", "min", "median", "cummax", "cummin", "sort", "nanmedian"])
def test_nan_wins_and_the_first_index_counts(name: str) -> None:
    expected = getattr(torch, name)(ROWS, 1)
    kind = f"aten::{name}" if name in ("cummax", "cummin", "sort") else f"aten::{name}.dim"
    values, index = value(kind, ROWS.numpy(), 1)
    np.testing.assert_array_equal(values, expected.values.numpy())
    if name not in ("median", "nanmedian"):  # which of equal elements these name is open
        np.testing.assert_array_equal(index, expected.indices.numpy())


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_arg_of_nan_is_the_first(name: str) -> None:
    expected = getattr(torch, name)(ROWS, 1)
    np.testing.assert_array_equal(value(f"aten::{name}", ROWS.numpy(), 1), expected.numpy())


def test_sorting_is_stable_both_ways() -> None:
    x = torch.tensor([3, 1, 3, 2, 1, 3])
    for descending in (False, True):
        expected = torch.sort(x, stable=True, descending=descending)
        values, index = value("aten::sort.stable", x.numpy(), True, -1, descending)
        np.testing.assert_array_equal(values, expected.values.numpy())
        np.testing.assert_array_equal(index, expected.indices.numpy())


def test_topk_of_long_rows_equals_sorting() -> None:
    x = torch.randn(3, 5000, generator=torch.Generator().manual_seed(2))
    for largest in (True, False):
        expected = torch.topk(x, 7, largest=largest)
        values, index = value("aten::topk", x.numpy(), 7, -1, largest)
        np.testing.assert_array_equal(values, expected.values.numpy())
        np.testing.assert_array_equal(index, expected.indices.numpy())


def test_0_dim_results_are_arrays() -> None:
    x = np.array(2.0, np.float32)
    for kind in ("sum", "mean", "prod", "amax", "max", "argmax", "std", "norm.Scalar", "logsumexp", "median",
                 "nansum", "nanmean", "count_nonzero", "any", "all", "cumsum", "cumprod", "flip", "roll"):  # fmt: skip
        operands: tuple[object, ...] = ()
        if kind in ("logsumexp", "flip"):
            operands = ([0],)
        elif kind.startswith("cum"):
            operands = (0,)
        elif kind == "roll":
            operands = ([1],)
        found = value(f"aten::{kind}", x, *operands)
        assert isinstance(found, np.ndarray), kind
        assert found.shape == (), kind
