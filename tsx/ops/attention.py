"""Scaled dot-product attention: ``softmax(q k^T * scale + mask) v`` (torch.nn.functional.scaled_dot_product_attention).

A bool mask keeps where it is True; a float mask is added. ``is_causal`` keeps the lower triangle. A row that nothing is
kept of gives zeros. Grouped queries (``enable_gqa``) share key and value heads.
"""

from __future__ import annotations

import math

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import Shape, TensorType
from tsx.ops.abstract import broadcast
from tsx.ops.define import composite, op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.matmul import product
from tsx.ops.nn_rules import differ, one_dtype, shape_text, tensor_of
from tsx.ops.nn_rules import product as size_product
from tsx.ops.precision import compute_dtype, narrow, need_float, need_same, widen
from tsx.ops.softmax import safe_softmax

_NAME = "scaled_dot_product_attention"
_SCORE_ELEMENTS = 1 << 21  # scores of so many elements (8 MB of float32) are made at a time


def _check_shapes(q: Shape, k: Shape, v: Shape, gqa: bool) -> Shape:
    """The shape of the result; errors when query, key and value don't fit together."""
    least = 3 if gqa and len(q) > 2 else 2
    if min(len(q), len(k), len(v)) < least:
        raise fail("TSX4055", op=_NAME, expected=f"query, key and value of {least} or more dimensions",
                   found=", ".join(map(shape_text, (q, k, v))))  # fmt: skip
    if differ(q[-1], k[-1]):
        raise fail("TSX4050", op=_NAME, expected="query and key with equal last sizes",
                   left=shape_text(q), right=shape_text(k))  # fmt: skip
    if differ(k[-2], v[-2]):
        raise fail("TSX4050", op=_NAME, expected="key and value of equal lengths (dimension -2)",
                   left=shape_text(k), right=shape_text(v))  # fmt: skip
    heads = q[:-2]
    if least == 3:
        for shape in (k, v):
            ours, theirs = q[-3], shape[-3]
            if isinstance(ours, int) and isinstance(theirs, int) and ours % max(theirs, 1):
                raise fail("TSX4062", op=_NAME, what="query heads", groups=theirs, found=ours)
    else:
        batch = broadcast(_NAME, [q[:-2], k[:-2], v[:-2]])
        assert batch is not None
        heads = batch
    return (*heads, q[-2], v[-1])


def _infer(
    query: Abstract, key: Abstract, value: Abstract, mask: Abstract, dropout: Abstract, causal: Abstract,
    scale: Abstract, gqa: Abstract,
) -> TensorType:  # fmt: skip
    dtype = one_dtype(_NAME, query, key, value)
    if isinstance(dropout, float) and dropout != 0:
        raise fail("TSX4058", op=f"{_NAME} with dropout_p={dropout:g}")
    if isinstance(mask, TensorType) and causal is True:
        raise fail("TSX4055", op=_NAME, expected="attn_mask or is_causal", found="both")
    q, k, v = (tensor_of(t).shape for t in (query, key, value))
    if q is None or k is None or v is None or not isinstance(gqa, bool):
        return TensorType(dtype)
    result = _check_shapes(q, k, v, gqa)
    mask_shape = tensor_of(mask).shape
    if mask_shape is not None:
        broadcast(f"{_NAME} (scores and attn_mask)", [(*result[:-1], k[-2]), mask_shape])
    return TensorType(dtype, result)


def _masked(scores: Array, mask: Array | None, causal: bool, first: int) -> Array:
    """Scores with what the mask hides at -inf; ``first`` is the query that the first row belongs to."""
    if causal:
        rows, columns = scores.shape[-2:]
        mask = np.tri(rows, columns, first, dtype=np.bool_)
    if mask is None:
        return scores
    if mask.dtype == np.bool_:
        return np.where(mask, scores, scores.dtype.type(-np.inf))
    return np.asarray(scores + widen(mask).astype(scores.dtype, copy=False))


def _scores(q: Array, k: Array, scale: float | None) -> Array:
    factor = 1 / math.sqrt(q.shape[-1]) if scale is None and q.shape[-1] else scale or 0.0
    # The query is the smaller operand to scale while decoding; torch scales both by the square root.
    return product(q * q.dtype.type(factor), np.swapaxes(k, -1, -2))


def _operands(
    query: Array, key: Array, value: Array, mask: Array | None, dropout: float, causal: bool, scale: float | None,
    gqa: bool,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Query, key and value in the dtype to compute in, with a key and value head for each query head."""
    kinds = type_of(query), type_of(key), type_of(value)
    _infer(*kinds, None if mask is None else type_of(mask), dropout, causal, scale, gqa)
    need_same(_NAME, query, key, value)
    need_float(_NAME, query)
    q, k, v = widen(query), widen(key), widen(value)
    if not gqa or q.ndim < 3:
        return q, k, v
    copies = [q.shape[-3] // max(t.shape[-3], 1) for t in (k, v)]
    return q, np.repeat(k, copies[0], axis=-3), np.repeat(v, copies[1], axis=-3)


def attention(
    query: Array, key: Array, value: Array, mask: Array | None, dropout: float, causal: bool, scale: float | None,
    gqa: bool,
) -> Array:  # fmt: skip
    """Attention of arrays as tensors are stored: ``(*batch, L, E)``, ``(*batch, S, E)``, ``(*batch, S, V)``.

    Scores exist for some rows at a time, so long sequences need no memory for all of them.
    """
    q, k, v = _operands(query, key, value, mask, dropout, causal, scale, gqa)
    lead = np.broadcast_shapes(q.shape[:-2], k.shape[:-2])
    row = math.prod(lead) * k.shape[-2]
    block = max(1, _SCORE_ELEMENTS // max(row, 1))
    parts = []
    for start in range(0, max(q.shape[-2], 1), block):
        some = slice(start, start + block)
        sliced = mask is not None and mask.ndim > 1 and mask.shape[-2] != 1
        own = mask[..., some, :] if mask is not None and sliced else mask
        scores = _masked(_scores(q[..., some, :], k, scale), own, causal, start)
        parts.append(product(safe_softmax(scores, -1), v))
    result = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-2)
    return narrow(result, dtype_of(query))


def _flops(*values: Abstract) -> int:
    """Two products: scores and weighted values, two operations for each pair of elements."""
    # Some give statistics as a second result.
    first = values[-1][0] if isinstance(values[-1], tuple) else values[-1]
    out, key = tensor_of(first).shape, tensor_of(values[1]).shape
    if out is None or key is None:
        return 0
    return (
        2 * size_product((*out[:-1], key[-2])) * (size_product(key[-1:]) + size_product(out[-1:]))
    )


composite(
    f"aten::{_NAME}(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., "
    "bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor",
    infer=_infer,
    eval=attention,
    flops=_flops,
    torch=(f"torch.nn.functional.{_NAME}",),
    doc="dropout_p other than 0 is refused: it draws random numbers.",
)


# --- what torch's dispatcher turns it into on a CPU ------------------------------------------------------------


def _infer_flash(
    query: Abstract, key: Abstract, value: Abstract, dropout: Abstract, causal: Abstract, mask: Abstract,
    scale: Abstract,
) -> tuple[TensorType, TensorType]:  # fmt: skip
    result = _infer(query, key, value, mask, dropout, causal, scale, False)
    dtype = None if result.dtype is None else compute_dtype(result.dtype)
    return result, TensorType(dtype, None if result.shape is None else result.shape[:-1])


def _flash(
    query: Array, key: Array, value: Array, dropout: float, causal: bool, mask: Array | None, scale: float | None
) -> tuple[Array, Array]:  # fmt: skip
    """With the logarithm of each row's sum of exponentials."""
    result = attention(query, key, value, mask, dropout, causal, scale, False)
    scores = _masked(_scores(widen(query), widen(key), scale), mask, causal, 0)
    top = scores.max(axis=-1, initial=-np.inf)
    shift = np.where(np.isneginf(top), scores.dtype.type(0), top)
    total = np.exp(scores - shift[..., None]).sum(axis=-1)
    return result, np.asarray(np.log(total) + shift)


op(
    "aten::_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0., "
    "bool is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)",
    infer=_infer_flash,
    eval=_flash,
    flops=_flops,
)


def _infer_math(
    query: Abstract, key: Abstract, value: Abstract, mask: Abstract, dropout: Abstract, causal: Abstract,
    dropped: Abstract, scale: Abstract, gqa: Abstract,
) -> tuple[TensorType, TensorType]:  # fmt: skip
    result = _infer(query, key, value, mask, dropout, causal, scale, gqa)
    k = tensor_of(key).shape
    known = result.shape is not None and k is not None
    weights = (*result.shape[:-1], k[-2]) if known and result.shape and k else None
    return result, TensorType(result.dtype, weights)


def _math(
    query: Array, key: Array, value: Array, mask: Array | None, dropout: float, causal: bool, dropped: Array | None,
    scale: float | None, gqa: bool,
) -> tuple[Array, Array]:  # fmt: skip
    if dropped is not None:
        raise fail("TSX4058", op="_scaled_dot_product_attention_math with a dropout mask")
    q, k, v = _operands(query, key, value, mask, dropout, causal, scale, gqa)
    weights = safe_softmax(_masked(_scores(q, k, scale), mask, causal, 0), -1)
    dtype = dtype_of(query)
    return narrow(product(weights, v), dtype), narrow(weights, dtype)


op(
    "aten::_scaled_dot_product_attention_math(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, "
    "float dropout_p=0., bool is_causal=False, Tensor? dropout_mask=None, *, float? scale=None, "
    "bool enable_gqa=False) -> (Tensor, Tensor)",
    infer=_infer_math,
    eval=_math,
    flops=_flops,
)
