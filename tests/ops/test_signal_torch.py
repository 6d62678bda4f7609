"""Windows, the short-time Fourier transform and its inverse against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tsx.errors import TsxError
from tsx.ops.call import call

pytestmark = pytest.mark.torch

WINDOWS = ["hann_window", "hamming_window", "blackman_window", "bartlett_window", "kaiser_window"]


@pytest.mark.parametrize("length", [0, 1, 2, 7, 16])
@pytest.mark.parametrize("name", WINDOWS)
def test_windows(name: str, length: int) -> None:
    for periodic in (True, False):
        expected = getattr(torch, name)(length, periodic=periodic)
        found = call(f"aten::{name}.periodic", length, periodic)
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-6)
    np.testing.assert_allclose(
        call(f"aten::{name}", length), getattr(torch, name)(length).numpy(), atol=1e-6
    )


def test_windows_with_parameters() -> None:
    found = call("aten::kaiser_window.beta", 9, False, 5.0)
    np.testing.assert_allclose(found, torch.kaiser_window(9, False, 5.0).numpy(), atol=1e-6)
    found = call("aten::hamming_window.periodic_alpha_beta", 9, True, 0.6, 0.4)
    np.testing.assert_allclose(found, torch.hamming_window(9, True, 0.6, 0.4).numpy(), atol=1e-6)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("win_length", [16, 12])
def test_stft_and_back(center: bool, normalized: bool, win_length: int) -> None:
    x = torch.randn(2, 100, generator=torch.Generator().manual_seed(0))
    window = torch.hamming_window(win_length)
    options = {"normalized": normalized, "onesided": True, "return_complex": True}
    expected = torch.stft(x, 16, 4, win_length, window, center, "reflect", **options)
    found = call(
        "aten::stft.center",
        x.numpy(),
        16,
        4,
        win_length,
        window.numpy(),
        center,
        "reflect",
        **options,
    )
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)
    if center:
        back = call(
            "aten::istft", found, 16, 4, win_length, window.numpy(), center, normalized, length=100
        )
        wanted = torch.istft(expected, 16, 4, win_length, window, center, normalized, length=100)
        np.testing.assert_allclose(back, wanted.numpy(), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(back, x.numpy(), rtol=1e-3, atol=1e-4)


def test_refusals() -> None:
    with pytest.raises(TsxError, match="TSX4005"):
        call("aten::stft", np.ones(4, np.float32), 8)
    with pytest.raises(TsxError, match="TSX4005"):
        call("aten::fft_rfft", np.ones(4, np.complex64))
    with pytest.raises(TsxError, match="TSX4005"):
        call("aten::fft_fft", np.ones(4, np.float16))
    with pytest.raises(TsxError, match="TSX4005"):
        call("aten::fft_fft", np.ones(4, np.float32), None, -1, "full")


@pytest.mark.parametrize("name", ["irfft", "hfft"])
def test_reals_from_no_frequencies_are_zeros(name: str) -> None:
    """NumPy gives what stood in memory."""
    expected = getattr(torch.fft, name)(torch.zeros(3, 0, dtype=torch.complex64), 10)
    for x, dim in ((np.zeros((3, 0), np.complex64), -1), (np.zeros((0, 3), np.complex64), 0)):
        found = call(f"aten::fft_{name}", x, 10, dim, None)
        np.testing.assert_array_equal(np.moveaxis(found, dim, -1), expected.numpy())


@pytest.mark.parametrize("name", ["fftn", "ifftn"])
def test_a_transform_of_a_scalar_is_the_scalar(name: str) -> None:
    found = call(f"aten::fft_{name}", np.array(2 + 1j, np.complex64), None, None, None)
    assert found == getattr(torch.fft, name)(torch.tensor(2 + 1j)).item()
