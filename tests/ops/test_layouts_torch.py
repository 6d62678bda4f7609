"""Fresh results are row-major where torch's are, whatever the layout of the operands.

A ``view`` after them must not fail, and ``as_strided`` takes strides that a model worked out from torch's layout.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tsx.ops.call import call

pytestmark = pytest.mark.torch

CASES: list[tuple[str, tuple[Any, ...]]] = [
    ("aten::linear", (torch.ones(6, 6),)),
    ("aten::softmax.int", (-1, None)),
    ("aten::log_softmax.int", (1, None)),
    ("aten::layer_norm", ([6],)),
    ("aten::sum.dim_IntList", ([2],)),
    ("aten::mean.dim", ([0], True)),
    ("aten::amax", ([1],)),
    ("aten::cumsum", (0,)),
    ("aten::cummax", (0,)),
    ("aten::logcumsumexp", (1,)),
    ("aten::roll", ([1], [0])),
    ("aten::tril", ()),
    ("aten::constant_pad_nd", ([1, 1],)),
    ("aten::repeat", ([1, 2, 1],)),
    ("aten::tile", ([2],)),
    ("aten::index_select", (0, torch.tensor([1, 0]))),
    ("aten::index.Tensor", ([None, torch.tensor([1, 0])],)),
    ("aten::gather", (0, torch.zeros(2, 2, 2, dtype=torch.int64))),
    ("aten::renorm", (2, 1, 0.5)),
    ("aten::topk", (2,)),
]


def plain(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.numpy()
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("dims", [(0, 1), (1, 2), (0, 2)], ids=str)
@pytest.mark.parametrize(("kind", "operands"), CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_row_major_as_torch(kind: str, operands: tuple[Any, ...], dims: tuple[int, int]) -> None:
    x = torch.randn(6, 6, 6, generator=torch.Generator().manual_seed(0)).transpose(*dims)
    name, _, overload = kind.removeprefix("aten::").partition(".")
    expected = getattr(getattr(torch.ops.aten, name), overload or "default")(x, *operands)
    found = call(kind, x.numpy(), *map(plain, operands))
    pairs = zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]
    for ours, theirs in pairs:
        assert isinstance(ours, np.ndarray)
        assert ours.flags.c_contiguous or not theirs.is_contiguous()


@pytest.mark.parametrize("kind", ["cat", "stack", "hstack", "vstack", "dstack", "column_stack"])
def test_joined_tensors_are_row_major(kind: str) -> None:
    x = np.arange(12.0).reshape(3, 4).T
    operands = ([x, x], 0) if kind in ("cat", "stack") else ([x, x],)
    found = call(f"aten::{kind}", *operands)
    assert isinstance(found, np.ndarray)
    assert found.flags.c_contiguous


def test_strides_worked_out_from_torchs_layout_mean_the_same() -> None:
    """Overlapping chunks of attention inputs, as Longformer cuts them."""
    x = torch.randn(2, 8, 32, generator=torch.Generator().manual_seed(0))
    normed = torch.nn.functional.layer_norm(x.transpose(0, 1), [32])
    rows = normed.view(8, 2, 4, 8).transpose(0, 1).transpose(1, 2).reshape(8, 8, 8).view(8, 2, 4, 8)
    stride = [rows.stride(0), rows.stride(1) // 2, *rows.stride()[2:]]
    ours: Any = call("aten::layer_norm", x.numpy().swapaxes(0, 1), [32])
    ours = call("aten::view", ours, [8, 2, 4, 8]).swapaxes(0, 1).swapaxes(1, 2)
    ours = call("aten::view", call("aten::reshape", ours, [8, 8, 8]), [8, 2, 4, 8])
    found: Any = call("aten::as_strided", ours, [8, 3, 4, 8], stride)
    np.testing.assert_allclose(found, rows.as_strided([8, 3, 4, 8], stride).numpy(), atol=1e-5)
