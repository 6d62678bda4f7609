"""Contractions and network operators against torch over grids of options that op_db leaves out."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from tests.nn.comparing import check
from tsx.errors import OperatorError
from tsx.ops.call import call

pytestmark = pytest.mark.torch
RNG = np.random.default_rng(2)


def floats(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def to_torch(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy())
    return [to_torch(v) for v in value] if isinstance(value, list) else value


def both(kind: str, *operands: Any) -> None:
    """Our operator against torch.ops.aten's, on the same operands."""
    name, _, overload = kind.partition(".")
    theirs = getattr(getattr(torch.ops.aten, name), overload or "default")
    check(call(f"aten::{kind}", *operands), theirs(*map(to_torch, operands)))


CONV = list(itertools.product((1, 2, 3), (1, 2), (0, 2), (1, 2), (1, 2, 4), (False, True)))


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "groups", "bias"), CONV)
def test_convolutions(
    kernel: int, stride: int, padding: int, dilation: int, groups: int, bias: bool
) -> None:
    x, offset = floats(2, 4, 9, 8), floats(8) if bias else None
    w = floats(8, 4 // groups, kernel, 2)
    both("conv2d", x, w, offset, [stride, 1], [padding, 1], [dilation, 1], groups)
    both("convolution", x, w, offset, [stride], [padding], [dilation], False, [0], groups)
    wt = floats(4, 8 // groups, kernel, 2)
    extra = [min(stride, dilation) - 1 if max(stride, dilation) > 1 else 0, 0]
    both(
        "conv_transpose2d.input",
        x,
        wt,
        offset,
        [stride, 1],
        [padding, 0],
        extra,
        groups,
        [dilation, 1],
    )


def test_a_convolution_that_is_made_in_bands() -> None:
    x, w = floats(1, 32, 90, 80), floats(4, 32, 5, 5)
    both("conv2d", x, w, None, [1, 1], [2, 2], [1, 1], 1)


@pytest.mark.parametrize("dims", [1, 3])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_string_padding(dims: int, padding: str) -> None:
    x, w = floats(2, 4, *(7,) * dims), floats(6, 2, *(4, 3, 2)[:dims])
    both(f"conv{dims}d.padding", x, w, None, [1] * dims, padding, [2] * dims, 2)


def test_an_empty_batch() -> None:
    both("conv2d", floats(0, 4, 5, 5), floats(6, 4, 3, 3), floats(6), [1, 1], [0, 0], [1, 1], 1)
    both("max_pool2d", floats(0, 4, 5, 5), [2, 2])
    both("linear", floats(0, 4), floats(3, 4), floats(3))
    both("matmul", floats(2, 0, 4), floats(4, 3))
    both("matmul", floats(2, 3, 0), floats(0, 3))


@pytest.mark.parametrize("ranks", itertools.product((1, 2, 3, 4), (1, 2, 3)))
def test_matmul_of_all_ranks(ranks: tuple[int, int]) -> None:
    left, right = (2, 1, 5, 4)[-ranks[0] :], (3, 4, 6)[-ranks[1] :] if ranks[1] > 1 else (4,)
    both("matmul", floats(*left), floats(*right))


def test_products_of_strided_operands() -> None:
    """Transposed, reversed and broadcast operands take the same way as contiguous ones."""
    a, b = floats(3, 5, 4).transpose(0, 2, 1), floats(3, 6, 5)[:, ::-1].transpose(0, 2, 1)
    np.testing.assert_allclose(call("aten::matmul", a, b), a @ b, rtol=1e-5)
    wide = np.broadcast_to(floats(1, 5, 4), (3, 5, 4))
    np.testing.assert_allclose(
        call("aten::bmm", b.swapaxes(1, 2), wide), b.swapaxes(1, 2) @ wide, rtol=1e-5
    )


POOLS = list(itertools.product((2, 3), (1, 2, 3), (0, 1), (1, 2), (False, True)))


@pytest.mark.parametrize(("kernel", "stride", "padding", "dilation", "ceil"), POOLS)
def test_pools(kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> None:
    x = floats(2, 3, 11, 9)
    both("max_pool2d", x, [kernel, 2], [stride, 1], [padding, 0], [dilation, 1], ceil)
    both("max_pool2d_with_indices", x, [kernel, 2], [stride, 1], [padding, 0], [dilation, 1], ceil)
    for include, divisor in ((True, None), (False, None), (True, 3)):
        both("avg_pool2d", x, [kernel, 2], [stride, 1], [padding, 0], ceil, include, divisor)


def test_pools_with_nan_and_infinity() -> None:
    x = floats(1, 2, 6, 6)
    x[0, 0, 2, 3], x[0, 1, 1, 1], x[0, 1, 4, 4] = np.nan, np.inf, -np.inf
    x[0, 0, 2, 4], x[0, 1, :3, :3] = np.nan, -np.inf
    both("max_pool2d", x, [3, 3], [1, 1], [1, 1])
    both("max_pool2d_with_indices", x, [3, 3], [1, 1], [1, 1])
    both("max_pool2d_with_indices", x, [2, 2], [2, 2], [1, 1], [2, 2])
    both("adaptive_max_pool2d", x, [4, 3])
    both("avg_pool2d", x, [2, 2])


LSTM = list(
    itertools.product(("lstm", "gru", "rnn_tanh", "rnn_relu"), (1, 2), (False, True), (True, False))
)


@pytest.mark.parametrize(("kind", "layers", "bidirectional", "biases"), LSTM)
@pytest.mark.parametrize("batch_first", [False, True])
def test_recurrent_layers_padded_and_packed(
    kind: str, layers: int, bidirectional: bool, biases: bool, batch_first: bool
) -> None:
    gates = {"lstm": 4, "gru": 3}.get(kind, 1) * 6
    directions = 1 + bidirectional
    params = []
    for index in range(layers * directions):
        width = 5 if index < directions else 6 * directions
        params += [floats(gates, width) * 0.4, floats(gates, 6) * 0.4]
        params += [floats(gates), floats(gates)] * biases
    x, batch = floats(3, 4, 5), 3 if batch_first else 4
    state = floats(layers * directions, batch, 6)
    hx = [state, floats(*state.shape)] if kind == "lstm" else state
    tail = (params, biases, layers, 0.0, False, bidirectional)
    both(f"{kind}.input", x, hx, *tail, batch_first)
    lengths = np.array([4, 3, 1] if batch_first else [3, 3, 2, 1])
    both("_pack_padded_sequence", x, lengths, batch_first)
    data, sizes = call("aten::_pack_padded_sequence", x, lengths, batch_first)
    both(f"{kind}.data", data, sizes, hx, *tail)
    for total in (0, 6):
        both("_pad_packed_sequence", data, sizes, batch_first, 1.5, total)


def test_a_projected_lstm() -> None:
    params = [floats(24, 5), floats(24, 3), floats(24), floats(24), floats(3, 6)]
    both(
        "lstm.input",
        floats(4, 2, 5),
        [floats(1, 2, 3), floats(1, 2, 6)],
        params,
        True,
        1,
        0.0,
        False,
        False,
        False,
    )


GRID = list(itertools.product((0, 1, 2), (0, 1, 2), (False, True)))


@pytest.mark.parametrize(("mode", "padding", "corners"), GRID)
def test_grid_sampling(mode: int, padding: int, corners: bool) -> None:
    both("grid_sampler", floats(2, 3, 5, 6), floats(2, 4, 7, 2) * 1.5, mode, padding, corners)
    if mode < 2:
        both(
            "grid_sampler",
            floats(2, 3, 5, 6, 4),
            floats(2, 4, 7, 3, 3) * 1.5,
            mode,
            padding,
            corners,
        )


@pytest.mark.parametrize("corners", [False, True])
def test_affine_grids(corners: bool) -> None:
    both("affine_grid_generator", floats(2, 2, 3), [2, 3, 4, 5], corners)
    both("affine_grid_generator", floats(2, 3, 4), [2, 3, 4, 5, 6], corners)


@pytest.mark.parametrize("scales", [(2.0, 0.5), (1.7, 1.3), (0.3, 3.0)])
def test_resampling_by_factors(scales: tuple[float, float]) -> None:
    x, factors = floats(2, 3, 11, 10), list(scales)
    for kind in ("upsample_nearest2d", "_upsample_nearest_exact2d"):
        both(f"{kind}.vec", x, None, factors)
    for kind in (
        "upsample_bilinear2d",
        "upsample_bicubic2d",
        "_upsample_bilinear2d_aa",
        "_upsample_bicubic2d_aa",
    ):
        both(f"{kind}.vec", x, None, False, factors)
        both(kind, x, [5, 17], True, None, None)


@pytest.mark.parametrize("size", [(5, 17), (20, 9), (13, 11)])
@pytest.mark.parametrize("corners", [False, True])
def test_images_of_bytes_are_resampled_to_the_same_bytes(
    size: tuple[int, int], corners: bool
) -> None:
    x = RNG.integers(0, 256, (2, 3, 13, 11)).astype(np.uint8)
    for kind in (
        "upsample_bilinear2d",
        "upsample_bicubic2d",
        "_upsample_bilinear2d_aa",
        "_upsample_bicubic2d_aa",
    ):
        both(kind, x, list(size), corners, None, None)


ATTENTION = list(itertools.product((None, "bool", "float"), (False, True), (None, 0.3)))


@pytest.mark.parametrize(("mask", "causal", "scale"), ATTENTION)
def test_attention(mask: str | None, causal: bool, scale: float | None) -> None:
    q, k, v = floats(2, 4, 5, 8), floats(2, 4, 7, 8), floats(2, 4, 7, 8)
    if mask and causal:
        return
    given = RNG.random((5, 7)) > 0.4 if mask == "bool" else floats(2, 1, 5, 7) if mask else None
    theirs = torch.nn.functional.scaled_dot_product_attention
    expected = theirs(*map(to_torch, (q, k, v, given)), is_causal=causal, scale=scale)
    found = call("aten::scaled_dot_product_attention", q, k, v, given, 0.0, causal, scale=scale)
    check(found, expected)


def test_attention_of_grouped_queries() -> None:
    q, k, v = floats(2, 6, 5, 8), floats(2, 2, 7, 8), floats(2, 2, 7, 8)
    theirs = torch.nn.functional.scaled_dot_product_attention
    expected = theirs(*map(to_torch, (q, k, v)), enable_gqa=True)
    check(call("aten::scaled_dot_product_attention", q, k, v, enable_gqa=True), expected)


@pytest.mark.parametrize("mask", [None, "rows", "all"])
def test_attention_in_blocks_of_rows(mask: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tsx.ops.attention._SCORE_ELEMENTS", 3 * 2 * 4 * 7)  # three rows at a time
    q, k, v = floats(2, 4, 8, 8), floats(2, 4, 7, 8), floats(2, 4, 7, 6)
    given = {None: None, "rows": floats(8, 7), "all": RNG.random((2, 1, 1, 7)) > 0.3}[mask]
    theirs = torch.nn.functional.scaled_dot_product_attention
    expected = theirs(*map(to_torch, (q, k, v, given)), is_causal=mask is None)
    check(call("aten::scaled_dot_product_attention", q, k, v, given, 0.0, mask is None), expected)


def test_attention_of_a_row_that_is_hidden_gives_zeros() -> None:
    mask = np.ones((3, 4), np.bool_)
    mask[1] = False
    found = call(
        "aten::scaled_dot_product_attention", floats(3, 8), floats(4, 8), floats(4, 8), mask
    )
    assert isinstance(found, np.ndarray)
    assert not found[1].any()
    assert found[[0, 2]].all()


def test_embedding_bags() -> None:
    table, indices = floats(5, 3), np.array([1, 2, 4, 0, 3, 3])
    offsets = np.array([0, 2, 2, 5])
    for mode, last, padding in itertools.product((0, 1, 2), (False, True), (None, 3, -2)):
        offsets[-1] = 6 if last else 5  # the last one is the end
        both(
            "embedding_bag.padding_idx",
            table,
            indices,
            offsets,
            False,
            mode,
            False,
            None,
            last,
            padding,
        )
    offsets[-1] = 5
    both("embedding_bag", table, indices, offsets, False, 0, False, floats(6), False)
    both("_embedding_bag", table, indices, offsets, False, 2, False, None, False, -1)


@pytest.mark.parametrize("equation", ["ij,jk", "bij,bjk->bik", "i,j->ij", "ii->i", "ii", "...ij,...jk->...ik",
                                      "abc,cd,de->abe", "ij,ij->", "bhwc,hkc->bhwk", "ij->ji", "a,a,a->a"])  # fmt: skip
def test_einsum(equation: str) -> None:
    sizes = dict(zip("abcdehijkw", (2, 3, 4, 2, 3, 4, 3, 3, 3, 5), strict=True))
    terms = equation.partition("->")[0].split(",")
    shapes = [
        tuple(sizes[c] for c in term.replace("...", "ab" if "..." in term else ""))
        for term in terms
    ]
    both("einsum", equation, [floats(*shape) for shape in shapes])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32_and_rounded_once(dtype: torch.dtype) -> None:
    x, w = torch.randn(3, 64, 9, 9, dtype=torch.float32), torch.randn(8, 64, 3, 3)
    exact = torch.nn.functional.conv2d(x.to(dtype).float(), w.to(dtype).float()).to(dtype)
    stored = [
        t.to(dtype).view(torch.uint16) if dtype is torch.bfloat16 else t.to(dtype) for t in (x, w)
    ]
    found = call("aten::conv2d", *(t.numpy() for t in stored))
    assert isinstance(found, np.ndarray)
    result = torch.from_numpy(found)
    result = result.view(dtype) if dtype is torch.bfloat16 else result
    # float32 sums in another order: a value near the middle of two may round to the other one.
    assert (result != exact).float().mean() < 0.02
    assert torch.allclose(result.float(), exact.float(), rtol=1e-2, atol=2e-2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("lead", [(2,), (3, 2)])
def test_fractional_pools(dtype: type, dims: int, lead: tuple[int, ...]) -> None:
    """Windows start where torch's do, whatever the samples: each step rounds to the dtype."""
    rng = np.random.default_rng(dims)
    for kernel, size in itertools.product((1, 2, 3), (1, 2, 4, 5)):
        x = rng.standard_normal((*lead, *range(9, 9 + dims))).astype(dtype)
        x[rng.random(x.shape) < 0.1] = np.nan
        samples = rng.random((lead[0] if len(lead) == 2 else 1, 2, dims)).astype(dtype)
        both(f"fractional_max_pool{dims}d", x, [kernel] * dims, [size] * dims, samples)


def test_fractional_pools_refuse_what_does_not_fit() -> None:
    x, samples = floats(2, 4, 4), floats(1, 2, 2)
    for kernel, size, drawn in ((3, 3, samples), (2, 2, samples[:, :1]), (2, 2, samples[0])):
        with pytest.raises(OperatorError, match="fractional_max_pool2d expected"):
            call("aten::fractional_max_pool2d", x, [kernel] * 2, [size] * 2, drawn)
    with pytest.raises(OperatorError, match="samples of dtype"):
        call("aten::fractional_max_pool2d", x, [2, 2], [2, 2], samples.astype(np.float64))
