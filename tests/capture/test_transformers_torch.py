"""GPT-2 and BERT from the transformers package, small: other batch sizes, other lengths, padded masks."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel, GPT2Model

from tests.capture.torch_check import check

pytestmark = [pytest.mark.torch, pytest.mark.zoo]


def ids(*shape: int) -> torch.Tensor:
    return torch.randint(0, 60, shape, generator=torch.Generator().manual_seed(shape[-1]))


def gpt2(**options: Any) -> GPT2Config:
    return GPT2Config(
        vocab_size=60, n_positions=32, n_embd=16, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=1, **options
    )  # fmt: skip


def bert(**options: Any) -> BertConfig:
    return BertConfig(
        vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32, **options,
    )  # fmt: skip


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_gpt2(attention: str) -> None:
    model = GPT2LMHeadModel(gpt2(attn_implementation=attention, use_cache=False)).eval()
    check(model, [ids(2, 8)], [ids(3, 8)], [ids(5, 8)], [ids(2, 13)])


def test_gpt2_gives_its_cache() -> None:
    module, _ = check(GPT2Model(gpt2()).eval(), [ids(2, 8)], [ids(3, 5)])
    assert "DynamicCache" in str(module.forward.result)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_bert(attention: str) -> None:
    model = BertModel(bert(attn_implementation=attention)).eval()
    check(model, [ids(1, 8)], [ids(3, 8)], [ids(7, 8)], [ids(2, 5)])


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_bert_with_a_padding_mask(attention: str) -> None:
    model = BertModel(bert(attn_implementation=attention)).eval()
    padded = torch.tensor([[1] * 5 + [0] * 3, [1] * 8, [1] * 2 + [0] * 6])
    _, report = check(model, [ids(2, 8), torch.ones(2, 8, dtype=torch.long)], [ids(3, 8), padded])
    symbols = {(f.input, f.dim): f.symbol for f in report.free}
    assert symbols["input_ids", 0] == symbols["attention_mask", 0]
    assert symbols["input_ids", 1] == symbols["attention_mask", 1]
