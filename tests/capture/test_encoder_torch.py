"""Transformer encoders with padding give what eager torch gives for inference: zeros for padding."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import nn

import tsx
from tests.capture.torch_check import assert_close
from tsx.capture.torch.original import run_original

pytestmark = pytest.mark.torch

PADDED = torch.tensor([[0, 0, 0, 0, 0], [0, 0, 1, 1, 1], [0, 1, 1, 1, 1]], dtype=torch.bool)
INNER = torch.tensor([[0, 0, 1, 0, 0], [0, 0, 1, 1, 1], [0, 1, 0, 0, 0]], dtype=torch.bool)
NOTHING = torch.zeros(3, 5, dtype=torch.bool)


class Padded(nn.Module):
    """An encoder behind a signature that scripts can read."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.encoder(x, src_key_padding_mask=padding)
        return found


class Masked(Padded):
    def forward(self, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        mask = torch.zeros(x.size(1), x.size(1)).masked_fill(
            torch.ones(x.size(1), x.size(1)).triu(1) > 0, float("-inf")
        )
        found: torch.Tensor = self.encoder(x, mask=mask, src_key_padding_mask=padding)
        return found


def encoder(norm: bool = False, nested: bool = True, **layer: Any) -> nn.Module:
    torch.manual_seed(3)
    made = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **layer)
    last = nn.LayerNorm(8) if norm else None
    return nn.TransformerEncoder(made, 1, last, enable_nested_tensor=nested)


MODELS = {
    "plain": lambda: Padded(encoder()),
    "norm behind": lambda: Padded(encoder(norm=True)),
    "gelu": lambda: Padded(encoder(activation="gelu")),
    "norm first, never packed": lambda: Padded(encoder(norm_first=True)),
    "nested off": lambda: Padded(encoder(nested=False)),
    "with a causal mask, never packed": lambda: Masked(encoder()),
}


def given(model: nn.Module, how: str, x: torch.Tensor, padding: torch.Tensor) -> tsx.Module:
    return tsx.trace(model, (x, padding)) if how == "trace" else tsx.script(model)


@pytest.mark.parametrize(("name", "how"), [*itertools.product(MODELS, ("trace", "script"))])
@pytest.mark.filterwarnings("ignore")
def test_padding_is_what_inference_gives(name: str, how: str) -> None:
    model = MODELS[name]().eval()
    module = given(model, how, torch.randn(3, 5, 8), PADDED)
    for program in (module, tsx.optimize(module)):
        for padding in (PADDED, INNER, NOTHING):  # what was sampled holds for other masks, too
            x = torch.randn(3, 5, 8)
            assert_close(
                program(x, padding), torch.from_numpy(run_original(model, (x, padding), {}))
            )


@pytest.mark.parametrize("how", ["trace", "script"])
@pytest.mark.filterwarnings("ignore")
def test_without_the_fast_path_padding_keeps_what_attention_gives(how: str) -> None:
    model, x = Padded(encoder()).eval(), torch.randn(3, 5, 8)
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        want = run_original(model, (x, PADDED), {})
        module = given(model, how, x, PADDED)
    finally:
        torch.backends.mha.set_fastpath_enabled(True)
    assert abs(want[1, 2:]).max() > 0
    assert_close(module(x, PADDED), torch.from_numpy(want))


@pytest.mark.filterwarnings("ignore")
def test_a_mask_is_no_guard() -> None:
    """Neither whether it is causal, nor whether a batch of heads is one."""
    model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True).eval()
    x, causal = torch.randn(3, 5, 8), model.generate_square_subsequent_mask(5)
    module = tsx.trace(model, (x, x), {"src_key_padding_mask": PADDED, "tgt_mask": causal})
    assert module.report is not None
    assert not module.report.guards
    other = torch.zeros(5, 5)
    with torch.no_grad():
        want = model(x, x, src_key_padding_mask=PADDED, tgt_mask=other)
    assert_close(module(x, x, src_key_padding_mask=PADDED, tgt_mask=other), want)


def test_torch_is_left_as_it_was() -> None:
    before = nn.TransformerEncoder.forward, nn.modules.transformer._detect_is_causal_mask
    tsx.trace(Padded(encoder()).eval(), (torch.randn(3, 5, 8), PADDED))
    assert before == (nn.TransformerEncoder.forward, nn.modules.transformer._detect_is_causal_mask)
