"""TransformerDecoderLayer and TransformerDecoder (torch.nn.TransformerDecoder)."""

from __future__ import annotations

import copy

import numpy as np

from tsx.nn import functional as F
from tsx.nn.calls import Tensor
from tsx.nn.container import ModuleList
from tsx.nn.linear import Dropout, Linear
from tsx.nn.module import Module
from tsx.nn.norm import LayerNorm
from tsx.nn.transformer import Activation, MultiheadAttention, activation_of


class TransformerDecoderLayer(Module):
    """Self-attention, attention to the encoder's result, and a feed-forward network, each with residual and norm."""

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = "relu", layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, *, generator: np.random.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        chosen = activation_of("TransformerDecoderLayer", activation)
        for name in ("self_attn", "multihead_attn"):
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, generator=generator
            )
            self.add_module(name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, generator=generator)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, generator=generator)
        self.norm_first = norm_first
        for index in (1, 2, 3):
            self.add_module(f"norm{index}", LayerNorm(d_model, layer_norm_eps, bias=bias))
        for index in (1, 2, 3):
            self.add_module(f"dropout{index}", Dropout(dropout))
        self.activation = chosen

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        own = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        other = (memory_mask, memory_key_padding_mask, memory_is_causal)
        x = tgt
        if self.norm_first:
            normal = self.norm1(x)
            x = F.add(x, self.dropout1(self._attend(self.self_attn, normal, normal, *own)))
            x = F.add(
                x, self.dropout2(self._attend(self.multihead_attn, self.norm2(x), memory, *other))
            )
            return F.add(x, self.dropout3(self._feed(self.norm3(x))))
        x = self.norm1(F.add(x, self.dropout1(self._attend(self.self_attn, x, x, *own))))
        x = self.norm2(
            F.add(x, self.dropout2(self._attend(self.multihead_attn, x, memory, *other)))
        )
        return self.norm3(F.add(x, self.dropout3(self._feed(x))))  # type: ignore[no-any-return]  # calls give Any

    def _attend(
        self, attention: Module, query: Tensor, source: Tensor, mask: Tensor | None, padding: Tensor | None,
        is_causal: bool,
    ) -> Tensor:  # fmt: skip
        found, _ = attention(query, source, source, padding, False, mask, is_causal=is_causal)
        return found  # type: ignore[no-any-return]  # calls give Any

    def _feed(self, x: Tensor) -> Tensor:
        hidden = self.dropout(self.activation(self.linear1(x)))
        return self.linear2(hidden)  # type: ignore[no-any-return]  # calls give Any


class TransformerDecoder(Module):
    """``num_layers`` copies of a layer, which start with equal weights, and a norm at the end if one is given."""

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList(copy.deepcopy(decoder_layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False, memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        for layer in self.layers:
            tgt = layer(tgt, memory, *masks, tgt_is_causal, memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)
