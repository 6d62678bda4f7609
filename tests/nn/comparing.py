"""Equality with torch's results, as the project defines it (rtol 1e-4, atol 1e-5 of the largest element)."""

from __future__ import annotations

from typing import Any

import numpy as np


def check(ours: Any, theirs: Any) -> None:
    """Arrays against tensors, also in tuples; sizes and dtypes must agree, integers exactly."""
    if isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            check(a, b)
    elif theirs is None:
        assert ours is None
    else:
        expected = theirs.detach().numpy()
        assert isinstance(ours, np.ndarray)
        assert (ours.dtype, ours.shape) == (expected.dtype, expected.shape)
        finite = np.abs(expected[np.isfinite(expected)])
        scale = float(finite.max()) if finite.size else 0.0
        exact = expected.dtype.kind in "iub"
        np.testing.assert_allclose(
            ours, expected, rtol=0 if exact else 1e-4, atol=0 if exact else 1e-5 * scale
        )
