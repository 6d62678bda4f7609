"""Tensors print as torch prints them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tsx.ops.call import call
from tsx.ops.tensor_text import tensor_text

FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -2.0, 0.5, 1e-5, 1e5, 1e9, 12345.678, 1 / 3, float("inf"), float("nan")]),
    st.floats(-100, 100, width=32),
    st.integers(-1000, 1000).map(float),
)  # fmt: skip
SHAPES = st.sampled_from(
    [(), (1,), (3,), (0,), (2, 0), (2, 3), (30,), (2, 2, 2), (1, 40), (3, 1, 2)]
)
DTYPES = [
    torch.float32,
    torch.float64,
    torch.float16,
    torch.int64,
    torch.int32,
    torch.uint8,
    torch.bool,
    torch.complex64,
]


def ours(x: torch.Tensor) -> str:
    return tensor_text(np.asarray(x.numpy()))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_tensors_print_as_torchs(dtype: torch.dtype) -> None:
    @given(SHAPES, st.data())
    def compare(shape: tuple[int, ...], data: st.DataObject) -> None:
        count = int(np.prod(shape))
        numbers = data.draw(st.lists(FLOATS, min_size=count, max_size=count))
        if not dtype.is_floating_point and not dtype.is_complex:
            numbers = [n if abs(n) < 200 else 1.0 for n in numbers]
        if dtype is torch.uint8:
            numbers = list(map(abs, numbers))
        x = torch.tensor(numbers, dtype=torch.float64).reshape(shape).to(dtype)
        if dtype is torch.complex64:
            x = torch.complex(x.real, x.real.flip(0) if shape else x.real + 1)
        assert ours(x) == str(x)

    compare()


@pytest.mark.parametrize("shape", [(1001,), (40, 40), (2, 30, 30), (1200, 2), (7, 7, 30)])
def test_long_tensors_show_their_ends(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    assert ours(x) == str(x)
    assert ours((x * 100).long()) == str((x * 100).long())


def test_bfloat16_prints_as_its_numbers() -> None:
    x = torch.tensor([0.1, 2.0, -3.5], dtype=torch.bfloat16)
    assert tensor_text(x.view(torch.uint16).numpy()) == str(x)


def test_tensors_in_containers() -> None:
    x = torch.tensor([1.5, 2.0])
    value, held = (
        [x, (x[0],), {"k": x}],
        [x.numpy(), (np.asarray(1.5, np.float32),), {"k": x.numpy()}],
    )
    assert call("tsx::repr.Tensors", held) == repr(value)


def test_a_tensor_without_dimensions_formats_as_its_number() -> None:
    x = torch.tensor(2.5)
    for spec in ("", ".3f", ">8", "d"):
        try:
            want: object = format(x, spec)
        except ValueError as error:
            want = str(error)
        try:
            found: object = call("tsx::format.Tensor", x.numpy(), spec)
        except ValueError as error:
            found = str(error)
        assert found == want
    with pytest.raises(TypeError, match="unsupported format string"):
        call("tsx::format.Tensor", np.ones(2), ".2f")
