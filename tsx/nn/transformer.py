"""MultiheadAttention, TransformerEncoderLayer, TransformerEncoder (torch.nn.Transformer)."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from tsx.errors import fail
from tsx.nn import functional as F
from tsx.nn import init
from tsx.nn.calls import Tensor, tensor, tensors
from tsx.nn.container import ModuleList
from tsx.nn.linear import Dropout, Linear
from tsx.nn.module import Module
from tsx.nn.norm import LayerNorm
from tsx.ops.dtypes import Array


class _OutputProjection(Linear):
    """A Linear that is called what torch calls it, so that ``repr`` agrees."""

    def _repr_name(self) -> str:
        return "NonDynamicallyQuantizableLinear"


class MultiheadAttention(Module):
    """Attention of ``num_heads`` heads over ``embed_dim`` features: ``(L, N, E)``, or ``(N, L, E)`` with batch_first.

    Masks are torch's: True (or -inf) hides a position. Gives ``(output, weights)``; the weights are averaged over the
    heads, and None with ``need_weights=False``.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False,
        add_zero_attn: bool = False, kdim: int | None = None, vdim: int | None = None, batch_first: bool = False, *,
        generator: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if num_heads < 1 or embed_dim % num_heads:
            expected, found = "an embed_dim that num_heads divides", f"{embed_dim} and {num_heads}"
            raise fail("TSX1034", layer="MultiheadAttention", expected=expected, found=found)
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = kdim or embed_dim, vdim or embed_dim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        self._same = self.kdim == embed_dim and self.vdim == embed_dim
        shapes = {
            "in_proj_weight": (3 * embed_dim, embed_dim) if self._same else None,
            "q_proj_weight": None if self._same else (embed_dim, embed_dim),
            "k_proj_weight": None if self._same else (embed_dim, self.kdim),
            "v_proj_weight": None if self._same else (embed_dim, self.vdim),
        }
        order = list(shapes) if self._same else [*list(shapes)[1:], "in_proj_weight"]
        for name in order:
            shape = shapes[name]
            weight = None if shape is None else init.xavier_uniform(shape, generator)
            self.register_parameter(name, weight)
        self.register_parameter("in_proj_bias", init.zeros(3 * embed_dim) if bias else None)
        self.out_proj = _OutputProjection(embed_dim, embed_dim, bias, generator=generator)
        if bias:
            self.out_proj.bias[...] = 0
        for name in ("bias_k", "bias_v"):
            made = init.normal((1, 1, embed_dim), generator, (1 / embed_dim) ** 0.5)
            self.register_parameter(name, made if add_bias_kv else None)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None, average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """``key_padding_mask`` is ``(N, S)``, ``attn_mask`` ``(L, S)`` or ``(N * heads, L, S)``."""
        if is_causal and attn_mask is None:
            expected = "an attn_mask beside is_causal, which is a hint"
            raise fail("TSX1034", layer="MultiheadAttention", expected=expected, found="none")
        batched = len(query.shape) == 3
        q, k, v = (self._rows(t, batched) for t in (query, key, value))
        if key_padding_mask is not None and not batched:
            key_padding_mask = F.unsqueeze(key_padding_mask, 0)
        q, k, v = self._project(q, k, v)
        k, v, added = self._extended(k, v)
        q, k, v = self._split(q), self._split(k), self._split(v)
        mask = self._mask(q, attn_mask, key_padding_mask, added)
        if need_weights:
            result, weights = self._explicit(q, k, v, mask)
        else:
            result = F.scaled_dot_product_attention(q, k, v, mask, self._dropout())
            weights = None
        merged = F.flatten(F.transpose(result, 1, 2), 2)
        output = self._restored(self.out_proj(merged), batched)
        if weights is not None and average_attn_weights:
            weights = F.mean(weights, 1)
        if weights is not None and not batched:
            weights = F.squeeze(weights, 0)
        return output, weights

    def _rows(self, input: Tensor, batched: bool) -> Tensor:
        """As ``(N, L, E)``."""
        if not batched:
            return F.unsqueeze(input, 0)
        return input if self.batch_first else F.transpose(input, 0, 1)

    def _restored(self, output: Tensor, batched: bool) -> Tensor:
        if not batched:
            return F.squeeze(output, 0)
        return output if self.batch_first else F.transpose(output, 0, 1)

    def _project(self, q: Tensor, k: Tensor, v: Tensor) -> list[Tensor]:
        names = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
        if self._same:
            weights = tensors("chunk", self.in_proj_weight, 3, 0)
        else:
            weights = tuple(getattr(self, name) for name in names)
        biases: tuple[Tensor | None, ...] = (None, None, None)
        if self.in_proj_bias is not None:
            biases = tensors("chunk", self.in_proj_bias, 3, 0)
        return [F.linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases, strict=True)]

    def _extended(self, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, int]:
        """Keys and values with the learned and the zero entries, and how many there are."""
        added, extra = 0, [k.shape[0], 1, self.embed_dim]
        if self.bias_k is not None:
            k = F.cat([k, tensor("expand", self.bias_k, extra)], 1)
            v = F.cat([v, tensor("expand", self.bias_v, extra)], 1)
            added += 1
        if self.add_zero_attn:
            k, v = (F.cat([t, tensor("new_zeros", t, extra)], 1) for t in (k, v))
            added += 1
        return k, v, added

    def _split(self, rows: Tensor) -> Tensor:
        """``(N, L, E)`` as ``(N, heads, L, E / heads)``."""
        return F.transpose(F.unflatten(rows, 2, [self.num_heads, self.head_dim]), 1, 2)

    def _mask(
        self, like: Tensor, attn: Tensor | None, padding: Tensor | None, added: int
    ) -> Tensor | None:
        """Both masks as one that is added to the scores; entries that were appended are never hidden."""
        total: Tensor | None = None
        if attn is not None:
            attn = _additive(like, F.pad(attn, [0, added]) if added else attn)
            total = attn
            if len(attn.shape) == 3:
                total = F.unflatten(attn, 0, [-1, self.num_heads])
        if padding is not None:
            padding = _additive(like, F.pad(padding, [0, added]) if added else padding)
            padding = F.unsqueeze(F.unsqueeze(padding, 1), 2)
            total = padding if total is None else F.add(total, padding)
        return total

    def _explicit(
        self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The result and the weights of every head."""
        scores = F.matmul(F.mul(q, self.head_dim**-0.5), F.transpose(k, -2, -1))
        if mask is not None:
            scores = F.add(scores, mask)
        weights = F.dropout(F.softmax(scores, -1), self._dropout(), self._dropout() > 0)
        return F.matmul(weights, v), weights

    def _dropout(self) -> float:
        return self.dropout if self.training else 0.0


def _additive(like: Tensor, mask: Tensor) -> Tensor:
    """A mask as numbers to add, in the dtype of ``like``: -inf where a bool mask is True."""
    if mask.dtype != np.bool_:
        return mask
    zeros = tensor("new_zeros", like, list(mask.shape))
    return tensor("masked_fill.Scalar", zeros, mask, float("-inf"))


Activation = str | Callable[[Tensor], Tensor]
_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}


def activation_of(layer: str, activation: Activation) -> Callable[[Tensor], Tensor]:
    """The function that ``activation`` means: its name, or itself."""
    if not isinstance(activation, str):
        return activation
    if activation not in _ACTIVATIONS:
        expected = f"an activation of {', '.join(_ACTIVATIONS)}, or a function"
        raise fail("TSX1034", layer=layer, expected=expected, found=activation)
    return _ACTIVATIONS[activation]


class TransformerEncoderLayer(Module):
    """Self-attention and a feed-forward network, each with a residual and a LayerNorm (first with ``norm_first``)."""

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = "relu", layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, *, generator: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        chosen = activation_of("TransformerEncoderLayer", activation)
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, generator=generator
        )  # fmt: skip
        self.linear1 = Linear(d_model, dim_feedforward, bias, generator=generator)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, generator=generator)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = chosen

    def forward(
        self, src: Tensor, src_mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        x = src
        if self.norm_first:
            x = F.add(x, self._attend(self.norm1(x), src_mask, src_key_padding_mask, is_causal))
            return F.add(x, self._feed(self.norm2(x)))
        x = self.norm1(F.add(x, self._attend(x, src_mask, src_key_padding_mask, is_causal)))
        return self.norm2(F.add(x, self._feed(x)))  # type: ignore[no-any-return]  # calls give Any

    def _attend(
        self, x: Tensor, mask: Tensor | None, padding: Tensor | None, is_causal: bool
    ) -> Tensor:
        found, _ = self.self_attn(x, x, x, padding, False, mask, is_causal=is_causal)
        return self.dropout1(found)  # type: ignore[no-any-return]  # calls give Any

    def _feed(self, x: Tensor) -> Tensor:
        hidden = self.dropout(self.activation(self.linear1(x)))
        return self.dropout2(self.linear2(hidden))  # type: ignore[no-any-return]  # calls give Any


class TransformerEncoder(Module):
    """``num_layers`` copies of a layer, which start with equal weights, and a norm at the end if one is given."""

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList(copy.deepcopy(encoder_layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, src: Tensor, mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        for layer in self.layers:
            src = layer(src, mask, src_key_padding_mask, is_causal)
        return src if self.norm is None else self.norm(src)


def causal_mask(size: int) -> Array:
    """The float mask that hides later positions: ``(size, size)``, -inf above the diagonal."""
    return np.triu(np.full((size, size), -np.inf, np.float32), 1)
