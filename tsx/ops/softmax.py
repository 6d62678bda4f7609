"""softmax and log_softmax over one dimension.

Half and bfloat16 are computed in float32. A row that is -inf throughout gives NaN, as in torch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Evaluate, Infer
from tsx.ir.types import DTYPE_BY_CODE, DType, TensorType
from tsx.ops.abstract import dtype_arg, wrap_dim
from tsx.ops.define import composite, op
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.nn_rules import tensor_of
from tsx.ops.precision import compute_dtype, narrow


def softmax(array: Array, dim: int) -> Array:
    """``exp(x - max) / sum(exp(x - max))`` along ``dim``, in the array's own dtype."""
    if not array.size:
        return array.copy()
    powers = np.asarray(array - array.max(axis=dim, keepdims=True))
    np.exp(powers, out=powers)
    powers /= powers.sum(axis=dim, keepdims=True)
    return powers


def safe_softmax(array: Array, dim: int) -> Array:
    """softmax, but a row that is -inf throughout gives zeros (what attention wants of a row that is masked out)."""
    if not array.size:
        return array.copy()
    top = array.max(axis=dim, keepdims=True)
    top[np.isneginf(top)] = 0
    powers = np.asarray(array - top)
    np.exp(powers, out=powers)
    total = powers.sum(axis=dim, keepdims=True)
    total[total == 0] = 1
    powers /= total
    return powers


def log_softmax(array: Array, dim: int) -> Array:
    """``(x - max) - log(sum(exp(x - max)))`` along ``dim``, in the array's own dtype."""
    if not array.size:
        return array.copy()
    shifted = np.asarray(array - array.max(axis=dim, keepdims=True))
    shifted -= np.log(np.exp(shifted).sum(axis=dim, keepdims=True))
    return shifted


def _infer(name: str, self: Abstract, dim: Abstract, dtype: Abstract) -> TensorType:
    tensor = tensor_of(self)
    wrap_dim(name, dim, tensor.rank)
    result = dtype_arg(dtype, tensor.dtype)
    if result is not None:
        _check_dtype(name, result)
    return TensorType(result, tensor.shape)


def _check_dtype(name: str, dtype: DType) -> None:
    if not (dtype.is_float or dtype.is_complex):
        raise fail("TSX4056", op=name, expected="floating-point", found=dtype)


def _along(
    name: str, kernel: Callable[[Array, int], Array], self: Array, dim: int, dtype: DType
) -> Array:
    wrap_dim(name, dim, self.ndim)
    _check_dtype(name, dtype)
    wide = np.asarray(cast(self, compute_dtype(dtype)), order="C")  # as torch's result is
    if not wide.ndim:  # a scalar is a row of one element
        return narrow(kernel(wide.reshape(1), 0).reshape(()), dtype)
    return narrow(kernel(wide, dim), dtype)


def _rule(name: str) -> Infer:
    def rule(self: Abstract, dim: Abstract, dtype: Abstract) -> TensorType:
        return _infer(name, self, dim, dtype)

    return rule


def _evaluate(name: str, kernel: Callable[[Array, int], Array]) -> Evaluate:
    def evaluate(self: Array, dim: int, dtype: int | None) -> Array:
        wanted = dtype_of(self) if dtype is None else DTYPE_BY_CODE[dtype]
        return _along(name, kernel, self, dim, wanted)

    return evaluate


def _define(name: str, kernel: Callable[[Array, int], Array]) -> None:
    composite(
        f"aten::{name}.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
        infer=_rule(name),
        eval=_evaluate(name, kernel),
        torch=(f"torch.nn.functional.{name}", f"torch.Tensor.{name}", f"torch.special.{name}"),
    )

    def rule_native(self: Abstract, dim: Abstract, half_to_float: Abstract) -> TensorType:
        wanted = DType.FLOAT32.code if half_to_float is True else None
        return _infer(name, self, dim, wanted)

    def evaluate_native(self: Array, dim: int, half_to_float: bool) -> Array:
        wanted = DType.FLOAT32 if half_to_float else dtype_of(self)
        return _along(name, kernel, self, dim, wanted)

    op(
        f"aten::_{name}(Tensor self, int dim, bool half_to_float) -> Tensor",
        infer=rule_native,
        eval=evaluate_native,
    )


_define("softmax", softmax)
_define("log_softmax", log_softmax)
op(
    "aten::_safe_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor",
    infer=_rule("_safe_softmax"),
    eval=_evaluate("_safe_softmax", safe_softmax),
)
