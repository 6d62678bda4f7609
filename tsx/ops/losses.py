"""Losses that compare element by element and then reduce: mse, l1, huber, kl_div, binary cross entropy and others.

``reduction`` is torch's code: 0 gives every element, 1 the mean, 2 the sum. Each is a composite: a formula for one
element, and one ending for all of them; the bodies are in ``bodies/losses.py``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.schema import parse_schema
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import broadcast
from tsx.ops.define import composite
from tsx.ops.dtypes import Array, cast, type_of
from tsx.ops.nn_rules import tensor_of
from tsx.ops.precision import compute_dtype, narrow
from tsx.ops.promote import result_type

# Losses that add a float to their operands: integers become float32 there, the others refuse them.
_FLOAT_TERM = frozenset({"margin_ranking_loss", "poisson_nll_loss"})


def reduce(loss: Array, reduction: int) -> Array:
    """All losses, their mean or their sum, in their own dtype."""
    if reduction == 0:
        return loss
    return np.asarray(loss.mean(dtype=loss.dtype) if reduction == 1 else loss.sum(dtype=loss.dtype))


def check_reduction(name: str, reduction: Abstract) -> None:
    if isinstance(reduction, int) and reduction not in (0, 1, 2):
        raise fail(
            "TSX4055", op=name, expected="reduction 0 (none), 1 (mean) or 2 (sum)", found=reduction
        )


def result_of(name: str, reduction: Abstract, *tensors: Abstract) -> TensorType:
    """The type of a loss over the operands broadcast together."""
    check_reduction(name, reduction)
    kinds = [tensor_of(t) for t in tensors if t is not None]
    dtype = None if any(k.dtype is None for k in kinds) else result_type(*kinds)
    if dtype is not None and not dtype.is_float:
        if name not in _FLOAT_TERM or dtype.is_complex:
            raise fail("TSX4056", op=name, expected="floating-point", found=dtype)
        dtype = DType.FLOAT32
    shape = broadcast(name, [k.shape for k in kinds])
    if not isinstance(reduction, int):
        return TensorType(dtype)
    return TensorType(dtype, shape if reduction == 0 else ())


def _define(schema: str, tensors: int, element: Callable[..., Array]) -> None:
    """A loss whose first ``tensors`` operands are tensors; ``element`` takes all but the reduction."""
    parsed = parse_schema(schema)
    names = [argument.name for argument in parsed.arguments]
    place, name = names.index("reduction"), parsed.base

    def rule(*operands: Abstract) -> TensorType:
        return result_of(name, operands[place], *operands[:tensors])

    def evaluate(*operands: object) -> Array:
        arrays = [o for o in operands[:tensors] if isinstance(o, np.ndarray)]
        reduction = operands[place]
        assert isinstance(reduction, int)
        check_reduction(name, reduction)
        kind = result_of(name, reduction, *map(type_of, arrays))
        wide = compute_dtype(kind.dtype or DType.FLOAT32)
        cast_up = [cast(o, wide) if isinstance(o, np.ndarray) else o for o in operands]
        loss = cast(np.asarray(element(*cast_up[:place], *cast_up[place + 1 :])), wide)
        return narrow(reduce(loss, reduction), kind.dtype or wide)

    composite(schema, infer=rule, eval=evaluate, torch=(f"torch.nn.functional.{name}",))


# --- distances ---------------------------------------------------------------------------------------------------

_define(
    "aten::mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    2,
    lambda x, t: np.square(x - t),
)
_define(
    "aten::l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    2,
    lambda x, t: np.abs(x - t),
)


def _huber(x: Array, t: Array, delta: float) -> Array:
    if delta <= 0:
        raise fail("TSX4055", op="huber_loss", expected="a delta above 0", found=delta)
    size, kind = np.abs(x - t), x.dtype.type
    far = kind(delta) * (size - kind(0.5 * delta))
    return np.asarray(np.where(size <= delta, size * size * kind(0.5), far))


_define(
    "aten::huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.) -> Tensor",
    2,
    _huber,
)


def _smooth_l1(x: Array, t: Array, beta: float) -> Array:
    if beta < 0:
        raise fail("TSX4055", op="smooth_l1_loss", expected="a beta of 0 or more", found=beta)
    size, kind = np.asarray(np.abs(x - t)), x.dtype.type
    near = kind(0.5) * size * size / kind(beta)
    return np.asarray(np.where(size < beta, near, size - kind(0.5 * beta)))


_define(
    "aten::smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.) -> Tensor",
    2,
    _smooth_l1,
)


# --- probabilities -----------------------------------------------------------------------------------------------


def _kl_div(x: Array, t: Array, log_target: bool) -> Array:
    if log_target:
        return np.asarray(np.exp(t) * (t - x))
    return np.asarray(np.where(t == 0, t.dtype.type(0), t * np.log(t)) - t * x)


_define(
    "aten::kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False) -> Tensor",
    2,
    _kl_div,
)


def _cross_entropy(x: Array, t: Array, weight: Array | None) -> Array:
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise fail("TSX4055", op="binary_cross_entropy", expected="probabilities from 0 to 1",
                   found=f"values from {x.min():g} to {x.max():g}")  # fmt: skip
    least = x.dtype.type(-100)
    hit, miss = np.maximum(np.log(x), least), np.maximum(np.log1p(-x), least)
    loss = (t - 1) * miss - t * hit
    return np.asarray(loss if weight is None else loss * weight)


_define(
    "aten::binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor",
    3,
    _cross_entropy,
)


def _softplus_of_minus(x: Array) -> Array:
    """``log(1 + exp(-x))`` without overflow."""
    return np.asarray(np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x))))


def _logits(x: Array, t: Array, weight: Array | None, positive: Array | None) -> Array:
    scale = 1 if positive is None else 1 + (positive - 1) * t
    loss = (1 - t) * x + scale * _softplus_of_minus(x)
    return np.asarray(loss if weight is None else loss * weight)


_define(
    "aten::binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, "
    "Tensor? pos_weight=None, int reduction=1) -> Tensor",
    4,
    _logits,
)
_define(
    "aten::soft_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor",
    2,
    lambda x, t: _softplus_of_minus(x * t),
)


# --- margins -----------------------------------------------------------------------------------------------------


def _hinge(x: Array, t: Array, margin: float) -> Array:
    zero = x.dtype.type(0)
    apart = np.where(t != 1, np.maximum(x.dtype.type(margin) - x, zero), zero)
    return np.asarray(apart + np.where(t != -1, x, zero))


_define(
    "aten::hinge_embedding_loss(Tensor self, Tensor target, float margin=1., int reduction=1) -> Tensor",
    2,
    _hinge,
)
_define(
    "aten::margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0., int reduction=1) "
    "-> Tensor",
    3,
    lambda x, y, t, margin: np.maximum(t * (y - x) + x.dtype.type(margin), x.dtype.type(0)),
)


# --- counts ----------------------------------------------------------------------------------------------------------


def _poisson(x: Array, t: Array, log_input: bool, full: bool, eps: float) -> Array:
    kind = x.dtype.type
    loss = np.exp(x) - t * x if log_input else x - t * np.log(x + kind(eps))
    if full:
        stirling = t * np.log(t) - t + kind(0.5) * np.log(kind(2 * np.pi) * t)
        loss = loss + np.where(t <= 1, kind(0), stirling)
    return np.asarray(loss)


_define(
    "aten::poisson_nll_loss(Tensor input, Tensor target, bool log_input, bool full, float eps, int reduction) "
    "-> Tensor",
    2,
    _poisson,
)
