"""The engine's own transcendental functions keep their stated bounds, over all of float32's range, on every level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.engine import wire
from tests.engine.conftest import Run

pytestmark = pytest.mark.engine

# As stated in engine/src/simd/isa/math.h; sigmoid is 1 / (1 + exp(-x)), so it has exp's error and two roundings.
BOUNDS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "aten::exp": (np.exp, 2),
    "aten::log": (np.log, 2),
    "aten::tanh": (np.tanh, 2),
    "aten::sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 3),
}


def all_sizes(count: int = 400_000) -> np.ndarray:
    """Finite float32 numbers of every exponent, both signs, evenly by their bits; special ones besides."""
    bits = np.linspace(0, 0x7F7FFFFF, count // 2).astype(np.uint32)
    numbers = bits.view(np.float32)
    special = np.array([0.0, np.inf, np.nan, 1e-45, 1.17549435e-38, 88.72284, 1.0], np.float32)
    return np.concatenate([numbers, -numbers, special, -special])


def ulps(found: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """The error in units in the last place of the exact result, in float32."""
    size = np.spacing(
        np.maximum(np.abs(exact), np.float64(np.finfo(np.float32).tiny)).astype(np.float32)
    )
    return np.asarray(np.abs(found.astype(np.float64) - exact) / size)


@pytest.mark.parametrize("kind", BOUNDS)
def test_errors_stay_within_the_stated_bound(kind: str, run: Run) -> None:
    x = all_sizes()
    function, bound = BOUNDS[kind]
    with np.errstate(all="ignore"):
        exact = function(x.astype(np.float64))
        rounded = exact.astype(np.float32)
    (answer,) = run([wire.Sample(kind, [x], 1)])
    (found,) = answer.results
    assert np.array_equal(np.isnan(found), np.isnan(exact))
    infinite = np.isinf(rounded)
    assert np.array_equal(found[infinite], rounded[infinite])
    finite = np.isfinite(rounded)
    if (
        kind == "aten::sigmoid"
    ):  # its formula divides by infinity where the result is no normal number
        finite &= exact >= np.finfo(np.float32).tiny
    worst = ulps(found[finite], exact[finite])
    assert worst.max() <= bound, f"{worst.max()} ulp at {x[finite][worst.argmax()]!r}"
