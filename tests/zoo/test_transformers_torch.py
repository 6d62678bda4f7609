"""Small models of the transformers package, as different as can be: traced once, right at other sizes as well.

Nobody wrote these models with tsx in mind. Each is built from its configuration with random weights, traced on the
first case, optimised, and compared with torch on every case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import transformers

import tsx
from tests.capture.torch_check import assert_close, leaves

pytestmark = [pytest.mark.torch, pytest.mark.zoo]

Case = dict[str, torch.Tensor]
WORDS = 97
TEXT = {
    "vocab_size": WORDS, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 64, "max_position_embeddings": 64,
}  # fmt: skip
CAUSAL = {
    **TEXT, "num_key_value_heads": 2, "use_cache": False, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
VISION = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
    "image_size": 32, "patch_size": 8,
}  # fmt: skip
PAIR = {
    "vocab_size": WORDS, "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "use_cache": False,
}  # fmt: skip
STAGES = {"depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 2, 2]}
SPEECH = {
    **{k: VISION[k] for k in list(VISION)[:4]}, "conv_dim": (16, 16), "conv_stride": (4, 2), "conv_kernel": (8, 4),
    "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 4,
}  # fmt: skip


def ids(*shape: int) -> torch.Tensor:
    return torch.randint(3, WORDS, shape)


def words(*shapes: tuple[int, int]) -> list[Case]:
    return [{"input_ids": ids(*shape)} for shape in shapes or ((1, 8), (3, 8), (2, 13))]


def pairs() -> list[Case]:
    sizes = [(1, 8, 5), (3, 8, 5), (2, 13, 7)]
    return [{"input_ids": ids(b, n), "decoder_input_ids": ids(b, m)} for b, n, m in sizes]


def images(size: int = 32) -> list[Case]:
    return [{"pixel_values": torch.randn(b, 3, size, size)} for b in (1, 3)]


def sounds() -> list[Case]:
    return [{"input_values": torch.randn(shape)} for shape in ((1, 800), (3, 800), (2, 1001))]


def mels() -> list[Case]:
    return [{"input_features": torch.randn(b, 8, 40), "decoder_input_ids": ids(b, 5)} for b in (1, 3)]  # fmt: skip


def series() -> list[Case]:
    return [{"past_values": torch.randn(b, 32, 2)} for b in (1, 3)]


def games() -> list[Case]:
    return [
        {
            "states": torch.randn(b, n, 3), "actions": torch.randn(b, n, 2), "rewards": torch.randn(b, n, 1),
            "returns_to_go": torch.randn(b, n, 1), "timesteps": torch.arange(n).repeat(b, 1),
            "attention_mask": torch.ones(b, n),
        }
        for b, n in ((2, 5), (3, 5), (2, 7))
    ]  # fmt: skip


# Name of the model, name and options of its configuration, cases.
MODELS: dict[str, tuple[str, dict[str, Any], Callable[[], list[Case]]]] = {
    "DebertaV2Model": ("DebertaV2Config", {**TEXT, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]}, words),
    "FNetModel": ("FNetConfig", TEXT, words),
    "ConvBertModel": ("ConvBertConfig", {**TEXT, "embedding_size": 16}, words),
    "BigBirdModel": ("BigBirdConfig", {**TEXT, "attention_type": "original_full"}, words),
    "YosoModel": ("YosoConfig", {**TEXT, "use_expectation": True}, words),
    "XLNetModel": (
        "XLNetConfig", {"vocab_size": WORDS, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}, words,
    ),
    "BloomForCausalLM": ("BloomConfig", {**CAUSAL, "n_layer": 2, "n_head": 4}, words),
    "MistralForCausalLM": ("MistralConfig", {**CAUSAL, "sliding_window": 4}, words),
    "MixtralForCausalLM": ("MixtralConfig", {**CAUSAL, "num_local_experts": 4}, words),
    "MambaForCausalLM": ("MambaConfig", {**CAUSAL, "state_size": 4}, lambda: words((1, 8), (3, 8))),
    "T5Model": (
        "T5Config",
        {
            "vocab_size": WORDS, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 1, "num_heads": 4,
            "use_cache": False,
        },
        pairs,
    ),
    "PegasusModel": ("PegasusConfig", {**PAIR, "max_position_embeddings": 64}, pairs),
    "WhisperModel": (
        "WhisperConfig",
        {
            **PAIR, "max_source_positions": 20, "max_target_positions": 20, "num_mel_bins": 8, "pad_token_id": 0,
            "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1,
        },
        mels,
    ),
    "Wav2Vec2Model": ("Wav2Vec2Config", SPEECH, sounds),
    "ViTModel": ("ViTConfig", VISION, images),
    "Swinv2Model": (
        "Swinv2Config",
        {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4},
        images,
    ),
    "ConvNextV2Model": ("ConvNextV2Config", {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]}, images),
    "MobileViTModel": (
        "MobileViTConfig", {"hidden_sizes": [16, 16, 16], "neck_hidden_sizes": [8] * 7, "image_size": 32}, images,
    ),
    "SegformerModel": ("SegformerConfig", {**STAGES, "hidden_sizes": [8, 8, 16, 16]}, images),
    "Data2VecVisionModel": ("Data2VecVisionConfig", VISION, images),
    "SiglipVisionModel": ("SiglipVisionConfig", VISION, images),
    "PatchTSTModel": (
        "PatchTSTConfig",
        {
            "num_input_channels": 2, "context_length": 32, "patch_length": 8, "patch_stride": 8, "d_model": 16,
            "num_hidden_layers": 1, "num_attention_heads": 2, "ffn_dim": 16, "do_mask_input": False,
        },
        series,
    ),
    "DecisionTransformerModel": (
        "DecisionTransformerConfig",
        {"state_dim": 3, "act_dim": 2, "hidden_size": 16, "n_layer": 1, "n_head": 2, "n_inner": 16},
        games,
    ),
    "LongformerModel": ("LongformerConfig", {**TEXT, "attention_window": [4, 4]}, lambda: words((1, 8), (3, 8))),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.filterwarnings("ignore")
def test_model(name: str) -> None:
    config, options, cases = MODELS[name]
    torch.manual_seed(0)
    model = getattr(transformers, name)(getattr(transformers, config)(**options)).eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:  # transformers' own start is so small that a mistake would hide
            torch.nn.init.normal_(parameter, std=0.2)
    inputs = cases()
    traced = tsx.trace(model, (), inputs[0])
    for module in (traced, tsx.optimize(traced)):
        for case in inputs:
            with torch.no_grad():
                want = model(**case)
            got = module(**{key: tensor.numpy() for key, tensor in case.items()})
            assert leaves(want)
            assert_close(got, want)
