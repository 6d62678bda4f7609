"""Norms with statistics over a batch: batch_norm, instance_norm and the native forms.

In inference the running statistics are used; in training those of the batch, and the running ones are updated in
place: ``running = (1 - momentum) * running + momentum * batch``, the variance with Bessel's correction
(torch.nn.BatchNorm2d).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Trait
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.define import composite, op
from tsx.ops.dtypes import Array, dtype_of, to_numpy, type_of
from tsx.ops.nn_rules import differ, shape_text, tensor_of
from tsx.ops.precision import narrow, need_float, statistics_dtype, widen


@dataclass(frozen=True, slots=True)
class _Norm:
    """The tensors of one norm: affine terms and running statistics, each of one element a channel or absent."""

    weight: Array | None
    bias: Array | None
    mean: Array | None
    var: Array | None

    def check(self, name: str, input: Array) -> None:
        need_float(name, input)
        terms = (self.weight, self.bias, self.mean, self.var)
        _infer(name, type_of(input), *(None if t is None else type_of(t) for t in terms))


def _infer(name: str, input: Abstract, *terms: Abstract) -> TensorType:
    """The input's type; errors when a term does not have one element for each channel."""
    tensor = tensor_of(input)
    shape: Shape | None = tensor.shape
    if shape is None:
        return TensorType(tensor.dtype)
    if 0 in shape:  # nothing to normalise: torch gives an empty result without a look at the terms
        return TensorType(tensor.dtype, shape)
    if len(shape) < 2:
        raise fail(
            "TSX4055", op=name, expected="an input of 2 or more dimensions", found=shape_text(shape)
        )
    for term in terms:
        found = tensor_of(term).shape
        if found is not None and (len(found) != 1 or differ(found[0], shape[1])):
            raise fail("TSX4060", op=name, what="weight, bias and statistics", expected=shape_text(shape[1:2]),
                       found=shape_text(found))  # fmt: skip
    return TensorType(tensor.dtype, shape)


def _columns(array: Array, rank: int) -> Array:
    """A value for each channel, shaped to broadcast over an input of ``rank`` dimensions."""
    return array.reshape(-1, *(1,) * (rank - 2))


def _apply(x: Array, norm: _Norm, mean: Array, inverse: Array) -> Array:
    """``x * alpha + beta`` with the four terms folded into two, as torch's kernel does."""
    alpha = inverse if norm.weight is None else inverse * widen(norm.weight)
    beta = -mean * alpha if norm.bias is None else widen(norm.bias) - mean * alpha
    result = x * _columns(alpha.astype(x.dtype, copy=False), x.ndim)
    result += _columns(beta.astype(x.dtype, copy=False), x.ndim)
    return result


def _batch_statistics(x: Array, eps: float) -> tuple[Array, Array, Array]:
    """Mean, biased variance and reciprocal deviation of each channel."""
    axes = (0, *range(2, x.ndim))
    mean = x.mean(axis=axes, dtype=x.dtype)
    variance = np.square(x - _columns(mean, x.ndim)).mean(axis=axes, dtype=x.dtype)
    return mean, variance, _inverse(variance, eps)


def _inverse(variance: Array, eps: float) -> Array:
    return np.asarray(1 / np.sqrt(variance + variance.dtype.type(eps)), variance.dtype)


def _update(running: Array | None, value: Array, momentum: float) -> None:
    if running is not None:
        mixed = widen(running) * (1 - momentum) + value * momentum
        running[...] = narrow(mixed.astype(widen(running).dtype), dtype_of(running))


def _batch_norm(
    name: str, input: Array, norm: _Norm, training: bool, momentum: float, eps: float
) -> tuple[Array, Array, Array]:
    """The result and the statistics of the batch that torch saves for the gradient (none in inference)."""
    norm.check(name, input)
    x, dtype = widen(input), dtype_of(input)
    terms = (norm.weight, norm.bias, norm.mean, norm.var)
    kept = statistics_dtype(dtype, *(dtype_of(t) for t in terms if t is not None))
    if not input.size:
        none = np.empty(0, to_numpy(kept))
        return input.copy(), none, none.copy()
    if training or norm.mean is None or norm.var is None:
        if not training:
            raise fail(
                "TSX4055", op=name, expected="running statistics when not training", found="None"
            )
        count = input.size // input.shape[1]
        mean, variance, inverse = _batch_statistics(x, eps)
        _update(norm.mean, mean, momentum)
        _update(norm.var, variance * (count / max(count - 1, 1)), momentum)
        result = narrow(_apply(x, norm, mean, inverse), dtype)
        return result, narrow(mean, kept), narrow(inverse, kept)
    inverse = _inverse(widen(norm.var), eps)
    none = np.empty(0, to_numpy(kept))
    return narrow(_apply(x, norm, widen(norm.mean), inverse), dtype), none, none.copy()


def _evaluate(
    input: Array, weight: Array | None, bias: Array | None, mean: Array | None, var: Array | None, training: bool,
    momentum: float, eps: float, cudnn: bool,
) -> Array:  # fmt: skip
    norm = _Norm(weight, bias, mean, var)
    return _batch_norm("batch_norm", input, norm, training, momentum, eps)[0]


def _infer_batch_norm(
    input: Abstract,
    weight: Abstract,
    bias: Abstract,
    mean: Abstract,
    var: Abstract,
    *rest: Abstract,
) -> TensorType:
    return _infer("batch_norm", input, weight, bias, mean, var)


# The channel is moved to the end, where one value for each channel broadcasts.

composite(
    "aten::batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor",
    infer=_infer_batch_norm,
    eval=_evaluate,
    torch=("torch.nn.functional.batch_norm",),
    doc="Writes the running statistics when `training` is True, though its schema (torch's) has no alias marks.",
)


# --- native forms ----------------------------------------------------------------------------------------------


def _infer_native(
    input: Abstract, weight: Abstract, bias: Abstract, mean: Abstract, var: Abstract, training: Abstract,
    *rest: Abstract,
) -> tuple[TensorType, TensorType, TensorType]:  # fmt: skip
    result = _infer("native_batch_norm", input, weight, bias, mean, var)
    terms = [tensor_of(t).dtype for t in (weight, bias, mean, var)]
    dtype = None if result.dtype is None else statistics_dtype(result.dtype, *terms)
    size = None if result.shape is None or len(result.shape) < 2 else result.shape[1]
    saved = TensorType(dtype, (size if training is True else 0 if training is False else None,))
    return result, saved, saved


def _native(
    input: Array, weight: Array | None, bias: Array | None, mean: Array | None, var: Array | None, training: bool,
    momentum: float, eps: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    norm = _Norm(weight, bias, mean, var)
    return _batch_norm("native_batch_norm", input, norm, training, momentum, eps)


def _impl_index(
    input: Array, weight: Array | None, bias: Array | None, mean: Array | None, var: Array | None, training: bool,
    momentum: float, eps: float, cudnn: bool,
) -> tuple[Array, Array, Array, Array, int]:  # fmt: skip
    results = _native(input, weight, bias, mean, var, training, momentum, eps)
    return *results, np.empty(0, np.uint8), 0


def _infer_impl_index(*operands: Abstract) -> tuple[Abstract, ...]:
    return *_infer_native(*operands), TensorType(DType.UINT8, (0,)), 0


_TERMS = "Tensor input, Tensor? weight, Tensor? bias, "
_NUMBERS = "bool training, float momentum, float eps"
op(
    f"aten::native_batch_norm({_TERMS}Tensor? running_mean, Tensor? running_var, {_NUMBERS}) "
    "-> (Tensor, Tensor, Tensor)",
    infer=_infer_native,
    eval=_native,
)
op(
    f"aten::_native_batch_norm_legit({_TERMS}Tensor(a!) running_mean, Tensor(b!) running_var, {_NUMBERS}) "
    "-> (Tensor, Tensor, Tensor)",
    infer=_infer_native,
    eval=_native,
    traits=Trait.EFFECT,
)


def _infer_no_stats(
    input: Abstract, weight: Abstract, bias: Abstract, *rest: Abstract
) -> tuple[Abstract, ...]:
    return _infer_native(input, weight, bias, None, None, *rest)


op(
    f"aten::_native_batch_norm_legit.no_stats({_TERMS}{_NUMBERS}) -> (Tensor, Tensor, Tensor)",
    infer=_infer_no_stats,
    eval=lambda input, weight, bias, *rest: _native(input, weight, bias, None, None, *rest),
)
op(
    f"aten::_batch_norm_impl_index({_TERMS}Tensor? running_mean, Tensor? running_var, {_NUMBERS}, bool cudnn_enabled) "
    "-> (Tensor, Tensor, Tensor, Tensor, int)",
    infer=_infer_impl_index,
    eval=_impl_index,
)


# --- instance_norm ---------------------------------------------------------------------------------------------


def _instance_norm(
    input: Array, weight: Array | None, bias: Array | None, mean: Array | None, var: Array | None, use_input: bool,
    momentum: float, eps: float, cudnn: bool,
) -> Array:  # fmt: skip
    """Each image is normalised by itself; the running statistics move by the mean over the images."""
    norm = _Norm(weight, bias, mean, var)
    norm.check("instance_norm", input)
    if not use_input:
        return _batch_norm("instance_norm", input, norm, False, momentum, eps)[0]
    x = widen(input)
    axes = tuple(range(2, x.ndim))
    count = int(np.prod(input.shape[2:]))
    average = x.mean(axis=axes, keepdims=True, dtype=x.dtype)
    centred = x - average
    variance = np.square(centred).mean(axis=axes, keepdims=True, dtype=x.dtype)
    columns = (input.shape[1], *(1,) * len(axes))
    centred *= _inverse(variance, eps)
    if weight is not None:
        centred *= widen(weight).reshape(columns)
    if bias is not None:
        centred += widen(bias).reshape(columns)
    if mean is not None and var is not None:
        flat = variance.reshape(input.shape[:2]) * (count / max(count - 1, 1))
        _update(mean, average.reshape(input.shape[:2]).mean(axis=0), momentum)
        _update(var, flat.mean(axis=0), momentum)
    return narrow(centred, dtype_of(input))


def _infer_instance_norm(
    input: Abstract,
    weight: Abstract,
    bias: Abstract,
    mean: Abstract,
    var: Abstract,
    *rest: Abstract,
) -> TensorType:
    return _infer("instance_norm", input, weight, bias, mean, var)


composite(
    "aten::instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, "
    "bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor",
    infer=_infer_instance_norm,
    eval=_instance_norm,
    torch=("torch.nn.functional.instance_norm",),
    doc="Writes the running statistics, if any, when `use_input_stats` is True; torch's schema has no alias marks.",
)
