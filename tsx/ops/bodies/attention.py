"""Bodies of softmax, log_softmax and scaled dot product attention."""

from __future__ import annotations

from tsx.ops.bodies.language import BOOL, Tensor, aten, prim, tsx

_LOW = float("-inf")


def _asked(self: Tensor, dtype: int | None) -> Tensor:
    return self if dtype is None else aten.to(self, dtype)


def softmax(self: Tensor, dim: int, dtype: int | None) -> Tensor:
    asked = _asked(self, dtype)
    x = tsx.widen(asked)
    if aten.gt(aten.numel(x), 0):
        powers = aten.exp(x - aten.amax(x, [dim], True))
        result = powers / aten.sum(powers, [dim], True)
    else:
        result = aten.clone(x)
    return aten.type_as(result, asked)


def log_softmax(self: Tensor, dim: int, dtype: int | None) -> Tensor:
    asked = _asked(self, dtype)
    x = tsx.widen(asked)
    if aten.gt(aten.numel(x), 0):
        shifted = x - aten.amax(x, [dim], True)
        result = shifted - aten.log(aten.sum(aten.exp(shifted), [dim], True))
    else:
        result = aten.clone(x)
    return aten.type_as(result, asked)


def _repeated(x: Tensor, heads: int) -> Tensor:
    """Each head of keys or values for several heads of queries (grouped query attention)."""
    return aten.repeat_interleave(x, aten.floordiv(heads, aten.size(x, -3)), -3)


def _masked(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Scores where a bool mask is true, or with a mask of numbers added."""
    if mask is None:
        return scores
    if prim.dtype(mask) == 11:  # bool
        return aten.masked_fill(scores, aten.logical_not(mask), _LOW)
    return scores + mask


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None,
    dropout_p: float,
    is_causal: bool,
    scale: float | None,
    enable_gqa: bool,
) -> Tensor:
    if enable_gqa:
        heads = aten.size(query, -3)
        key, value = _repeated(key, heads), _repeated(value, heads)
    factor = aten.div(1.0, aten.sqrt(aten.size(query, -1))) if scale is None else scale
    scores = aten.matmul(tsx.widen(query) * factor, aten.transpose(tsx.widen(key), -2, -1))
    if is_causal:
        shape = [aten.size(scores, -2), aten.size(scores, -1)]
        hidden = aten.logical_not(aten.tril(aten.ones(shape, dtype=BOOL)))
        scores = aten.masked_fill(scores, hidden, _LOW)
    final = _masked(scores, attn_mask)
    empty = aten.all(aten.eq(final, _LOW), -1, True)  # rows that may see nothing give zeros
    weights = aten.masked_fill(aten.softmax(final, -1), empty, 0)
    return aten.type_as(aten.matmul(weights, tsx.widen(value)), query)


BODIES = {
    "aten::softmax.int": softmax,
    "aten::log_softmax.int": log_softmax,
    "aten::scaled_dot_product_attention": scaled_dot_product_attention,
}
