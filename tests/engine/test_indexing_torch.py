"""Kernels that read or write by indices, sort, search or run along a dimension, against torch: op_db's samples.

Indices out of range, and operands that do not fit, are refused and never read.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine import samples, wire
from tests.engine.conftest import Run
from tests.engine.test_kernels_torch import wrong

pytestmark = [pytest.mark.torch, pytest.mark.engine]

INFOS = (
    "gather", "scatter", "scatter_add", "scatter_reduce", "index_select", "index_add", "index_copy",
    "index_fill", "index_reduce", "index_put", "take", "take_along_dim", "put", "__getitem__", "nonzero",
    "argwhere", "nonzero_static", "masked_select", "masked_scatter", "sort", "argsort", "msort", "topk",
    "kthvalue", "cumsum", "cumprod", "cummax", "cummin", "searchsorted", "bucketize", "bincount",
    "nn.functional.one_hot",
)  # fmt: skip


def test_indexing_sorting_and_searching_equal_torch(run: Run, kernels: frozenset[str]) -> None:
    cases = [case for case in samples.of_infos(INFOS) if case.kind in kernels]
    assert len(cases) > 800
    assert not (found := wrong(cases, run)), f"{len(found)}:\n" + "\n".join(found[:20])


def test_indices_out_of_range_are_refused(run: Run) -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    calls = []
    for index in (np.array([[5]]), np.array([[-1]]), np.array([[2**62]]), np.array([[-(2**63)]])):
        flat = index.reshape(-1)
        calls += [
            wire.Sample("aten::gather", [x, 0, index, False], 1),
            wire.Sample("aten::scatter.src", [x, 0, index, x[:1, :1].copy()], 1),
            wire.Sample("aten::scatter_add", [x, 1, index, x[:1, :1].copy()], 1),
            wire.Sample("aten::index_select", [x, 0, flat], 1),
            wire.Sample("aten::index_add", [x, 0, flat, x[:1].copy(), 1], 1),
            wire.Sample("aten::index_copy", [x, 0, flat, x[:1].copy()], 1),
            wire.Sample(
                "aten::index.Tensor", [x, [flat if abs(int(flat[0])) > 2 else flat - 2]], 1
            ),
            wire.Sample(
                "aten::index_put",
                [x, [None, flat if abs(int(flat[0])) > 3 else flat - 3], x[:, :1].copy(), False],
                1,
            ),
            wire.Sample("aten::take", [x, flat if abs(int(flat[0])) > 6 else flat + 99], 1),
        ]
    calls += [
        wire.Sample("aten::index.Tensor", [x, [np.array([True, False, True])]], 1),
        wire.Sample("aten::index.Tensor", [x, [np.array([0.5])]], 1),
        wire.Sample("aten::index.Tensor", [x, [np.array([0])] * 3], 1),
        wire.Sample("aten::index_put", [x, [np.array([0, 1])], np.ones((3, 3), "f4"), False], 1),
        wire.Sample("aten::index_put", [x, [np.array([0, 1])], np.ones(3, "f8"), False], 1),
        wire.Sample("aten::gather", [x, 2, np.array([[0]]), False], 1),
        wire.Sample("aten::gather", [x, 0, np.array([0]), False], 1),
        wire.Sample("aten::topk", [x, 4, 1, True, True], 2),
        wire.Sample("aten::topk", [x, -1, 1, True, True], 2),
        wire.Sample("aten::kthvalue", [x, 0, 1, False], 2),
        wire.Sample("aten::bincount", [np.array([-1]), None, 0], 1),
        wire.Sample("aten::one_hot", [np.array([3]), 2], 1),
        wire.Sample("aten::masked_scatter", [x, x > 1, np.ones(2, "f4")], 1),
    ]
    answers = run(calls)
    kept = [(c.kind, a.results) for c, a in zip(calls, answers, strict=True) if not a.code]
    assert not kept
    assert {answer.code for answer in answers} == {"TSX5002"}
