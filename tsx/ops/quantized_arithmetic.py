"""Sums, products and concatenation of quantised tensors, rounded as torch's vectors do.

torch's own sums depend on where an element lies: its loops over vectors dequantise with a fused multiply-add, and the
last elements of a tensor, which fill no vector, without (``aten/src/ATen/native/quantized/cpu/kernels``). Here all of
them are computed as in a vector.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import TensorType
from tsx.ops.abstract import broadcast
from tsx.ops.define import op
from tsx.ops.dtypes import Array
from tsx.ops.joining import cat_rule
from tsx.ops.nn_rules import tensor_of
from tsx.ops.quantized_tensor import (
    QuantizedTensor,
    by_tensor,
    dequantized,
    need,
    need_zero_point,
    quantized,
    rounded,
    saturated,
    stepped,
)


def _fused(q: QuantizedTensor) -> Array:
    """float32 values as torch's vectors compute them: ``scale * stored - scale * zero_point``, rounded once."""
    step, zero = np.float32(q.scale), np.float32(q.zero_point)
    exact = q.values.astype(np.float64) * np.float64(step) + np.float64(-step * zero)
    return exact.astype(np.float32)


def _pair_rule(qa: Abstract, qb: Abstract, *_: Abstract) -> TensorType:
    a, b = tensor_of(qa), tensor_of(qb)
    return TensorType(a.dtype, broadcast("quantized::add", [a.shape, b.shape]))


def _two(name: str, qa: object, qb: object) -> tuple[QuantizedTensor, QuantizedTensor]:
    a, b = need(name, qa), need(name, qb)
    if a.dtype is not b.dtype:
        raise fail(
            "TSX4005",
            op=name,
            expected="two tensors of one dtype",
            found=f"{a.dtype} and {b.dtype}",
        )
    return a, b


def _add(name: str, is_relu: bool, qa: object, qb: object, scale: float, zero: int) -> object:
    a, b = _two(name, qa, qb)
    zero = need_zero_point(name, zero)
    total = _fused(a) + _fused(b)
    total = np.maximum(total, np.float32(0)) if is_relu else total
    return stepped(total, scale, zero, a.dtype)


def _mul(name: str, is_relu: bool, qa: object, qb: object, scale: float, zero: int) -> object:
    a, b = _two(name, qa, qb)
    zero = need_zero_point(name, zero)
    factor = np.float32(a.scale) * np.float32(b.scale) * (np.float32(1) / np.float32(scale))
    product = a.steps().astype(np.float64) * b.steps()  # of qint32 they need more than 64 bits
    whole = rounded(product.astype(np.float32) * factor) + zero
    values = saturated(np.maximum(whole, zero) if is_relu else whole, a.dtype)
    return by_tensor(values, scale, zero)


def _cat(qx: list[object], dim: int, scale: float | None, zero_point: int | None) -> object:
    tensors = [need("quantized::cat", q) for q in qx]
    first = tensors[0]
    step = first.scale if scale is None else scale
    zero = first.zero_point if zero_point is None else need_zero_point("quantized::cat", zero_point)
    return quantized(
        np.concatenate([dequantized(q) for q in tensors], dim), step, zero, first.dtype
    )


for _name, _evaluate in (("add", _add), ("mul", _mul)):
    for _suffix, _is_relu in (("", False), ("_relu", True)):
        op(
            f"quantized::{_name}{_suffix}(Tensor qa, Tensor qb, float scale, int zero_point) -> Tensor qc",
            infer=_pair_rule,
            eval=partial(_evaluate, f"quantized::{_name}{_suffix}", _is_relu),
        )
op(
    "quantized::cat(Tensor[] qx, int dim, float? scale, int? zero_point) -> Tensor",
    infer=cat_rule,
    eval=_cat,
)
