"""Initial values of parameters, by torch's published formulas, from an explicit generator.

Without one a generator of the process is used, which starts from seed 0, so building the same model twice in two
processes gives the same weights; ``manual_seed`` starts it again.
"""

from __future__ import annotations

import math

import numpy as np

from tsx.nn.module import Parameter
from tsx.ops.dtypes import Array

_default = np.random.default_rng(0)


def manual_seed(seed: int) -> np.random.Generator:
    """Restarts the default generator from ``seed``; gives it."""
    global _default
    _default = np.random.default_rng(seed)
    return _default


def generator_or_default(generator: np.random.Generator | None) -> np.random.Generator:
    return _default if generator is None else generator


def uniform(shape: tuple[int, ...], bound: float, generator: np.random.Generator | None) -> Array:
    """float32 values from -bound to bound."""
    values = generator_or_default(generator).uniform(-bound, bound, shape)
    return np.asarray(values, np.float32)


def normal(
    shape: tuple[int, ...], generator: np.random.Generator | None, deviation: float = 1.0
) -> Array:
    return np.asarray(generator_or_default(generator).normal(0, deviation, shape), np.float32)


def xavier_uniform(shape: tuple[int, int], generator: np.random.Generator | None) -> Array:
    """Bound ``sqrt(6 / (fan_in + fan_out))`` (Glorot and Bengio, 2010)."""
    return uniform(shape, math.sqrt(6 / (shape[0] + shape[1])), generator)


def fan_in(weight_shape: tuple[int, ...]) -> int:
    """Input elements that one output element sees: the product of all sizes but the first."""
    return math.prod(weight_shape[1:])


def kaiming_weight_and_bias(
    shape: tuple[int, ...], outputs: int | None, generator: np.random.Generator | None
) -> tuple[Parameter, Parameter | None]:
    """A weight and, for ``outputs`` elements, a bias, both with bound ``1 / sqrt(fan_in)``.

    That is kaiming_uniform with a = sqrt(5), which torch's Linear and convolutions use; an empty weight stays empty.
    """
    inputs = fan_in(shape)
    bound = 1 / math.sqrt(inputs) if inputs else 0.0
    weight = Parameter(uniform(shape, bound, generator))
    return weight, None if outputs is None else Parameter(uniform((outputs,), bound, generator))


def ones(*shape: int) -> Parameter:
    return Parameter(np.ones(shape, np.float32))


def zeros(*shape: int) -> Parameter:
    return Parameter(np.zeros(shape, np.float32))
