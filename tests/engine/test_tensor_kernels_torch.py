"""Kernels on tensors that few models need against torch: norms, distances, products, losses, statistics."""

from __future__ import annotations

import pytest

from tests.engine import samples
from tests.engine.conftest import Run
from tests.engine.test_kernels_torch import wrong

pytestmark = [pytest.mark.torch, pytest.mark.engine]

INFOS = (
    "diff", "trapezoid", "trapz", "cumulative_trapezoid", "logcumsumexp", "norm", "linalg.norm",
    "linalg.vector_norm", "linalg.matrix_norm", "renorm", "dist", "nn.functional.pairwise_distance",
    "nn.functional.cosine_similarity", "nn.functional.pdist", "cdist", "linalg.matrix_power",
    "linalg.multi_dot", "linalg.vander", "linalg.vecdot", "linalg.cross", "cross", "kron", "cartesian_prod",
    "combinations", "meshgrid", "nn.functional.cross_entropy", "nn.functional.nll_loss", "nn.functional.unfold",
    "nn.functional.fold", "nn.functional.max_unpool2d", "nn.functional.max_unpool3d",
    "nn.functional.fractional_max_pool2d", "nn.functional.fractional_max_pool3d", "nn.functional.grid_sample",
    "nn.functional.embedding_bag", "median", "nanmedian", "mode", "quantile", "nanquantile", "histc",
    "histogram", "unique", "unique_consecutive", "isin", "as_strided_scatter", "diagonal_scatter",
    "select_scatter", "slice_scatter", "diag", "diag_embed", "diagflat", "nn.functional.embedding",
)  # fmt: skip


def test_tensor_kernels_equal_torch(run: Run, kernels: frozenset[str]) -> None:
    cases = [case for case in samples.of_infos(INFOS) if case.kind in kernels]
    assert len(cases) > 1000
    assert not (found := wrong(cases, run)), f"{len(found)}:\n" + "\n".join(found[:20])
