"""Grouped matrix products against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.nn.comparing import check
from tsx.errors import TsxError
from tsx.ir.op import lookup
from tsx.ir.types import DType, TensorType
from tsx.ops.call import call

pytestmark = pytest.mark.torch
RNG = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("left", "right", "ends"),
    [
        ((6, 4), (3, 4, 8), [2, 2, 6]),  # rows
        ((3, 8, 4), (4, 12), [3, 5, 12]),  # columns
        ((4, 8), (8, 12), [0, 4, 8]),  # the inner dimension
        ((3, 2, 4), (3, 4, 8), None),
    ],
)
def test_grouped_mm(left: tuple[int, ...], right: tuple[int, ...], ends: list[int] | None) -> None:
    a, b = (RNG.standard_normal(shape).astype(np.float32) for shape in (left, right))
    offs = None if ends is None else np.array(ends, np.int32)
    got = call("aten::_grouped_mm", a, b, offs, None, None)
    given = None if offs is None else torch.from_numpy(offs)
    want = torch._grouped_mm(torch.from_numpy(a), torch.from_numpy(b), offs=given)
    check(got, want)
    op = lookup("aten::_grouped_mm")
    assert op is not None
    types = [TensorType(DType.FLOAT32, shape) for shape in (left, right)]
    cuts = None if ends is None else TensorType(DType.INT32, (len(ends),))
    assert op.infer(*types, cuts, None, None) == TensorType(DType.FLOAT32, tuple(want.shape))


def test_rows_of_no_group_are_zero() -> None:
    a, b = np.ones((4, 4), np.float32), np.ones((2, 4, 4), np.float32)
    got = call("aten::_grouped_mm", a, b, np.array([1, 3], np.int32), None, None)
    np.testing.assert_array_equal(got[:, 0], [4, 4, 4, 0])


def test_what_torch_refuses() -> None:
    a, b = np.ones((4, 4), np.float32), np.ones((2, 4, 4), np.float32)
    offs = np.array([1, 4], np.int32)
    for operands in [
        (a, b, None, None, None),
        (a, b, offs.astype(np.int64), None, None),
        (a, b, offs[:1], None, None),
        (a, b[:, :3], offs, None, None),
        (a, b, offs, np.ones(4, np.float32), None),
        (a.astype(np.float64), b.astype(np.float64), offs, None, None),
    ]:
        with pytest.raises(TsxError):
            call("aten::_grouped_mm", *operands)
