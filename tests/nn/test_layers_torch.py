"""Every layer of tsx.nn against torch's of the same name, with the same state dict: results, keys and repr."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from tests.nn.cases import CASES, TOKENS, Case, floats
from tests.nn.comparing import check
from tsx import nn

pytestmark = pytest.mark.torch


def randomise(module: torch.nn.Module) -> None:
    """Statistics and affine terms away from 0 and 1, so that a layer that ignores them fails."""
    generator = torch.Generator().manual_seed(3)
    for name, value in module.state_dict().items():
        if "var" in name:
            value.uniform_(0.5, 2.0, generator=generator)
        elif value.is_floating_point():
            value.normal_(0, 0.4, generator=generator)


def to_torch(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return torch.from_numpy(value.copy())
    return tuple(map(to_torch, value)) if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_layer_computes_what_torchs_does(case: Case) -> None:
    theirs = getattr(torch.nn, case.name)(*case.args, **case.kwargs).eval()
    randomise(theirs)
    ours = getattr(nn, case.name)(*case.args, **case.kwargs).eval()
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    calls = {key: to_torch(value) for key, value in case.calls.items()}
    with torch.no_grad():
        expected = theirs(*map(to_torch, case.inputs), **calls)
    check(ours(*case.inputs, **case.calls), expected)


def test_batch_norm_in_training_uses_and_updates_statistics_as_torch_does() -> None:
    for momentum in (0.1, None):
        theirs, ours = (
            torch.nn.BatchNorm2d(4, momentum=momentum),
            nn.BatchNorm2d(4, momentum=momentum),
        )
        for _ in range(3):
            x = floats(5, 4, 3, 3)
            check(ours(x), theirs(torch.from_numpy(x)))
        for key, value in theirs.state_dict().items():
            check(ours.state_dict()[key], value)


def test_an_encoder_stacks_copies() -> None:
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    theirs = torch.nn.TransformerEncoder(
        layer, 2, torch.nn.LayerNorm(8), enable_nested_tensor=False
    ).eval()
    randomise(theirs)
    copied = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    ours = nn.TransformerEncoder(copied, 2, nn.LayerNorm(8)).eval()
    assert repr(ours) == repr(theirs)
    ours.load_state_dict(theirs.state_dict())
    mask = nn.transformer.causal_mask(4)
    with torch.no_grad():
        expected = theirs(to_torch(TOKENS), mask=to_torch(mask))
    check(ours(TOKENS, mask=mask), expected)


def test_a_decoder_stacks_copies() -> None:
    layer = torch.nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    theirs = torch.nn.TransformerDecoder(layer, 2, torch.nn.LayerNorm(8)).eval()
    randomise(theirs)
    copied = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    ours = nn.TransformerDecoder(copied, 2, nn.LayerNorm(8)).eval()
    assert repr(ours) == repr(theirs)
    ours.load_state_dict(theirs.state_dict())
    memory = floats(3, 6, 8)
    with torch.no_grad():
        expected = theirs(to_torch(TOKENS), to_torch(memory))
    check(ours(TOKENS, memory), expected)


def test_containers_look_and_name_like_torchs() -> None:
    def build(lib: Any, **named: Callable[..., Any]) -> Any:
        inner = lib.Sequential(lib.Linear(4, 4), lib.ReLU())
        blocks = lib.ModuleList([lib.Linear(4, 4) for _ in range(3)] + [lib.Linear(4, 2)])
        return lib.Sequential(inner, lib.ModuleDict({"a": lib.Linear(2, 3), "blocks": blocks}))

    ours, theirs = build(nn), build(torch.nn)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_modules()] == [n for n, _ in theirs.named_modules()]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_a_module_converts_to_other_dtypes(dtype: str) -> None:
    theirs = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.ReLU(), torch.nn.LayerNorm(5))
    ours = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.LayerNorm(5))
    ours.load_state_dict(theirs.state_dict())
    ours.to(dtype)
    theirs.to(getattr(torch, dtype))
    x = torch.randn(3, 6).to(getattr(torch, dtype))
    expected = theirs(x).detach()
    if dtype == "bfloat16":
        result = ours(x.view(torch.uint16).numpy())
        found = torch.from_numpy(result).view(torch.bfloat16).float()
        assert torch.allclose(found, expected.float(), rtol=2e-2, atol=2e-2)
    else:
        tolerance = 1e-2 if dtype == "float16" else 1e-9
        np.testing.assert_allclose(
            ours(x.numpy()), expected.numpy(), rtol=tolerance, atol=tolerance
        )
