"""Advanced indexing against torch: where indexed dimensions come out, masks, broadcasting, writing, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tsx.errors import TsxError
from tsx.ir.types import TensorType
from tsx.ops.call import call
from tsx.ops.dtypes import type_of
from tsx.ops.indexing import index_rule

pytestmark = pytest.mark.torch

X = torch.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
ROW = torch.tensor([1, 0, 1])
COLUMN = torch.tensor([[0], [2]])
LAST = torch.tensor([-1, 0, 2])
MASK = X[0, :, :, 0] % 3 == 0
INDICES: dict[str, list[torch.Tensor | None]] = {
    "first": [ROW],
    "second": [None, ROW],
    "adjacent": [None, ROW, LAST],
    "apart": [ROW, None, LAST],
    "apart, broadcast": [ROW, None, COLUMN],
    "0-dim": [torch.tensor(1)],
    "0-dim, apart": [torch.tensor(1), None, torch.tensor(2)],
    "0-dim and 1-D": [torch.tensor(1), None, LAST],
    "mask of the first": [torch.tensor([True, False])],
    "mask of two": [None, MASK],
    "mask and index": [torch.tensor([False, True]), None, torch.tensor([3])],
    "mask of all": [X > 50],
    "old mask": [torch.tensor([1, 0], dtype=torch.uint8)],
    "all four": [ROW, ROW, LAST, LAST],
    "empty": [torch.zeros(0, dtype=torch.int64)],
    "int32": [ROW.int()],
}


def plain(indices: list[torch.Tensor | None]) -> list[Any]:
    return [None if i is None else i.numpy() for i in indices]


@pytest.mark.parametrize("name", INDICES)
def test_index(name: str) -> None:
    indices = INDICES[name]
    expected = torch.ops.aten.index.Tensor(X, indices)
    found = call("aten::index.Tensor", X.numpy(), plain(indices))
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, expected.numpy())
    assert found.flags.c_contiguous
    assert not np.shares_memory(found, X.numpy())
    types = [None if i is None else type_of(i) for i in plain(indices)]
    said = index_rule(type_of(X.numpy()), types)
    assert isinstance(said, TensorType)
    assert said.shape is not None
    assert all(s in (None, n) for s, n in zip(said.shape, found.shape, strict=True))


@pytest.mark.parametrize("accumulate", [False, True])
@pytest.mark.parametrize("name", [name for name in INDICES if name != "old mask"])
def test_index_put(name: str, accumulate: bool) -> None:
    indices = INDICES[name]
    expected, mine = X.clone(), X.numpy().copy()
    value = torch.tensor(7.0)
    torch.ops.aten.index_put_(expected, indices, value, accumulate)
    assert call("aten::index_put_", mine, plain(indices), value.numpy(), accumulate) is mine
    np.testing.assert_array_equal(mine, expected.numpy())


@pytest.mark.parametrize(
    ("kind", "operands", "code"),
    [
        ("aten::index.Tensor", (np.ones(3), [np.array([3])]), "TSX4032"),
        ("aten::index.Tensor", (np.ones(3), [np.array([-4])]), "TSX4032"),
        ("aten::index.Tensor", (np.ones(3), [np.array([True, False])]), "TSX4005"),
        ("aten::index.Tensor", (np.ones(3), [np.array([0.5])]), "TSX4005"),
        ("aten::index.Tensor", (np.ones(3), [np.array([0]), np.array([0])]), "TSX4005"),
        ("aten::index.Tensor", (np.ones((3, 3)), [np.array([0, 1]), np.array([0, 1, 2])]), "TSX4005"),
        ("aten::index_put_", (np.ones(3), [np.array([0])], np.ones(1, np.float32)), "TSX4005"),
        ("aten::index_select", (np.ones(3), 0, np.array([-1])), "TSX4032"),
        ("aten::gather", (np.ones((2, 2)), 1, np.array([[2]])), "TSX4032"),
        ("aten::gather", (np.ones((2, 2)), 1, np.array([[-1]])), "TSX4032"),
        ("aten::gather", (np.ones((2, 2)), 0, np.array([[0, 0, 0]])), "TSX4005"),
        ("aten::scatter.value", (np.ones((2, 2)), 0, np.array([[5]]), 1.0), "TSX4032"),
        ("aten::take", (np.ones((2, 2)), np.array([4])), "TSX4032"),
        ("aten::one_hot", (np.array([3]), 3), "TSX4032"),
        ("aten::select.int", (np.ones(3), 0, 3), "TSX4032"),
        ("aten::slice.Tensor", (np.ones(3), 0, None, None, -1), "TSX4005"),
        ("aten::slice.Tensor", (np.ones(3), 1, None, None, 1), "TSX4030"),
        ("aten::view", (np.ones(6), [4, -1]), "TSX4037"),
        ("aten::view", (np.ones((2, 3)).T, [6]), "TSX4036"),
        ("aten::expand", (np.ones((2, 3)), [4, 3]), "TSX4005"),
        ("aten::cat", ([np.ones((2, 3)), np.ones((3, 2))], 0), "TSX4005"),
        ("aten::cat", ([], 0), "TSX4005"),
        ("aten::stack", ([np.ones(2), np.ones(3)], 0), "TSX4005"),
        ("aten::split_with_sizes", (np.ones(5), [2, 2], 0), "TSX4005"),
        ("aten::max.dim", (np.ones((2, 0)), 1), "TSX4005"),
        ("aten::max", (np.ones((2, 0)),), "TSX4005"),
        ("aten::mean", (np.ones(3, np.int64),), "TSX4005"),
        ("aten::sum.dim_IntList", (np.ones((2, 2)), [0, 0]), "TSX4035"),
        ("aten::sum.dim_IntList", (np.ones((2, 2)), [2]), "TSX4030"),
        ("aten::topk", (np.ones(3), 4), "TSX4005"),
        ("aten::pad", (np.ones((1, 1, 3)), [3, 0], "reflect"), "TSX4005"),
        ("aten::pad", (np.ones(3), [1, 1], "mirror"), "TSX4005"),
        ("aten::zeros", ([-1],), "TSX4005"),
        ("aten::full", ([10**9, 10**9, 10**9], 0.0), "TSX40"),
        ("aten::linspace", (0, 1, -1), "TSX4005"),
        ("aten::arange.start_step", (0, 5, -1), "TSX4005"),
        ("aten::meshgrid", ([np.ones((2, 2))],), "TSX4005"),
        ("aten::bincount", (np.array([-1]),), "TSX4005"),
        ("aten::quantile.scalar", (np.ones(3, np.float32), 1.5), "TSX4005"),
        ("aten::pixel_shuffle", (np.ones((1, 3, 2, 2)), 2), "TSX4005"),
    ],
)  # fmt: skip
def test_refusals_are_tsx_errors(kind: str, operands: tuple[Any, ...], code: str) -> None:
    with pytest.raises(TsxError) as caught:
        call(kind, *operands)
    assert caught.value.code.startswith(code)
    assert caught.value.__cause__ is None  # no NumPy traceback behind it
