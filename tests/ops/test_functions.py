"""Functions written in the scalar language keep their stated bounds, against Python's math module."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from tsx.ir.types import DType
from tsx.ops.dtypes import Array, to_numpy
from tsx.ops.functions import FUNCTIONS
from tsx.ops.interpret import compile_tile
from tsx.ops.promote import Category
from tsx.ops.scalar import Value, emit, parse
from tsx.ops.tile import Register, TileBuilder


def run(text: str, *operands: Array, dtype: DType = DType.FLOAT64) -> Array:
    """The value of a formula of x, y, … computed in ``dtype``."""
    builder = TileBuilder()
    names = "xyz"[: len(operands)]
    values: dict[str, Value] = {
        name: builder.load(slot, dtype, Category.TENSOR) for slot, name in enumerate(names)
    }
    result = emit(builder, parse(text), values, dtype)
    assert isinstance(result, Register)
    builder.store(result)
    with np.errstate(all="ignore"):
        return compile_tile(builder.finish())([o.astype(to_numpy(dtype)) for o in operands])[0]


def exact(function: Callable[[float], float], x: Array) -> Array:
    return np.array([function(float(v)) for v in x])


SPREAD = np.concatenate(
    [np.linspace(-9, 9, 4001), [-27.5, 27, 1e-8, -1e-300, 1e300, -math.inf, math.inf]]
)


def test_erf_in_float64_is_within_2_ulp() -> None:
    np.testing.assert_allclose(run("erf(x)", SPREAD), exact(math.erf, SPREAD), rtol=4.5e-16)


def test_erf_in_float32_is_within_4e_7() -> None:
    x = SPREAD[np.abs(SPREAD) < 1e30].astype(np.float32)
    error = np.abs(run("erf(x)", x, dtype=DType.FLOAT32) - exact(math.erf, x))
    assert error.max() <= 4e-7
    assert np.isnan(run("erf(x)", np.array([math.nan]), dtype=DType.FLOAT32))


def test_erfc_is_within_2e_15_relative() -> None:
    x = SPREAD[SPREAD < 26]
    np.testing.assert_allclose(run("erfc(x)", x), exact(math.erfc, x), rtol=2e-15)
    np.testing.assert_array_equal(
        run("erfc(x)", np.array([math.inf, 30.0, math.nan])), [0, 0, math.nan]
    )


def test_erfinv_undoes_erf() -> None:
    x = np.linspace(-0.999, 0.999, 501)
    back = exact(math.erf, run("erfinv(x)", x))
    np.testing.assert_allclose(back, x, rtol=1e-14, atol=1e-16)
    np.testing.assert_array_equal(
        run("erfinv(x)", np.array([1.0, -1.0, 1.5, 0.0])), [math.inf, -math.inf, math.nan, 0]
    )


def test_lgamma_is_within_2e_14() -> None:
    x = np.concatenate([np.linspace(-20.3, 40, 997), [1.0, 2.0, 0.5, 1e-10, 1e5, 1e300]])
    expected = exact(math.lgamma, x)
    np.testing.assert_allclose(run("lgamma(x)", x), expected, rtol=2e-14, atol=2e-14)
    poles = np.array([0.0, -1.0, -7.0, math.inf, -math.inf])
    np.testing.assert_array_equal(run("lgamma(x)", poles), np.full(5, math.inf))


def test_digamma_is_the_derivative_of_lgamma() -> None:
    x = np.concatenate([np.linspace(0.05, 30, 400), np.linspace(-5.9, -0.1, 53)])
    harmonic = np.array(
        [sum(1 / k for k in range(1, n)) - 0.57721566490153286 for n in (1, 2, 9, 40)]
    )
    np.testing.assert_allclose(
        run("digamma(x)", np.array([1.0, 2.0, 9.0, 40.0])), harmonic, rtol=2e-14
    )
    # psi(x + 1) = psi(x) + 1 / x holds everywhere
    np.testing.assert_allclose(
        run("digamma(x + 1)", x), run("digamma(x) + 1 / x", x), rtol=1e-12, atol=1e-12
    )
    edges = run("digamma(x)", np.array([0.0, -0.0, -3.0, math.inf]))
    np.testing.assert_array_equal(edges, [-math.inf, math.inf, math.nan, math.inf])


def test_hypot_neither_overflows_nor_underflows() -> None:
    x, y = np.array([3e200, 3e-200, math.inf, 0.0]), np.array([4e200, 4e-200, math.nan, 0.0])
    np.testing.assert_allclose(run("hypot(x, y)", x, y), [5e200, 5e-200, math.inf, 0], rtol=5e-16)


def test_softplus_and_sigmoid_survive_large_operands() -> None:
    x = np.array([-1000.0, -1.0, 0.0, 1.0, 1000.0])
    np.testing.assert_allclose(
        run("softplus(x)", x),
        [0, 0.3132616875182228, math.log(2), 1.3132616875182228, 1000],
        rtol=1e-15,
    )
    np.testing.assert_allclose(
        run("sigmoid(x)", x), [0, 0.2689414213699951, 0.5, 0.7310585786300049, 1], rtol=1e-15
    )


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_states_its_bound(name: str) -> None:
    assert FUNCTIONS[name].doc
