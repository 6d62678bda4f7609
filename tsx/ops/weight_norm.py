"""Weight normalisation: a direction ``v`` and a length ``g`` for each slice (torch.nn.utils.weight_norm)."""

from __future__ import annotations

import numpy as np

from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import wrap_dim
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.nn_rules import one_dtype, tensor_of
from tsx.ops.precision import compute_dtype, narrow, need_float, need_same, widen

_WHOLE = -1  # one length for all of v


def _axes(rank: int, dim: int) -> tuple[int, ...]:
    """What the norm is taken over: every dimension but ``dim``."""
    return tuple(axis for axis in range(rank) if dim == _WHOLE or axis != dim)


def _infer(v: Abstract, g: Abstract, dim: Abstract) -> TensorType:
    if dim != _WHOLE:
        wrap_dim("_weight_norm", dim, tensor_of(v).rank)
    return TensorType(one_dtype("_weight_norm", v, g), tensor_of(v).shape)


def _infer_with_norms(v: Abstract, g: Abstract, dim: Abstract) -> tuple[TensorType, TensorType]:
    tensor = _infer(v, g, dim)
    dtype: DType | None = None if tensor.dtype is None else compute_dtype(tensor.dtype)
    if tensor.shape is None or not isinstance(dim, int):
        return tensor, TensorType(dtype)
    kept = set(range(len(tensor.shape))) - set(_axes(len(tensor.shape), dim))
    return tensor, TensorType(
        dtype, tuple(s if i in kept else 1 for i, s in enumerate(tensor.shape))
    )


def _with_norms(v: Array, g: Array, dim: int) -> tuple[Array, Array]:
    """``v * (g / |v|)`` and the norms."""
    need_same("_weight_norm", v, g)
    need_float("_weight_norm", v)
    _infer(type_of(v), type_of(g), dim)
    wide = widen(v)
    squares = np.square(wide).sum(axis=_axes(v.ndim, dim), keepdims=True, dtype=wide.dtype)
    norms = np.asarray(np.sqrt(squares))
    return narrow(wide * (widen(g) / norms), dtype_of(v)), norms


def _weight_norm(v: Array, g: Array, dim: int) -> Array:
    return _with_norms(v, g, dim)[0]


op("aten::_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor", infer=_infer, eval=_weight_norm)
op(
    "aten::_weight_norm_interface(Tensor v, Tensor g, int dim=0) -> (Tensor, Tensor)",
    infer=_infer_with_norms,
    eval=_with_norms,
)
