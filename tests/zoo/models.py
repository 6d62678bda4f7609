"""Small random configurations of the 60 classes in ``classes.txt``: a configuration and its options, and the cases.

The first case is traced; the others have other batch sizes, and other lengths where the class takes them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

Case = dict[str, torch.Tensor]
Model = tuple[str, dict[str, Any], Callable[[], list[Case]]]
WORDS = 97
TEXT = {
    "vocab_size": WORDS, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 64, "max_position_embeddings": 64,
}  # fmt: skip
ENDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
CAUSAL = {**TEXT, "num_key_value_heads": 2, "use_cache": False, **ENDS}
VISION = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
    "image_size": 32, "patch_size": 8,
}  # fmt: skip
PAIR = {
    "vocab_size": WORDS, "d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "use_cache": False,
    "max_position_embeddings": 64, **ENDS, "decoder_start_token_id": 1,
}  # fmt: skip
SPEECH = {
    **{k: VISION[k] for k in list(VISION)[:4]}, "conv_dim": (16, 16), "conv_stride": (4, 2), "conv_kernel": (8, 4),
    "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 4,
}  # fmt: skip
EXPERTS = {**CAUSAL, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}


def ids(*shape: int) -> torch.Tensor:
    return torch.randint(3, WORDS, shape)


def words(*shapes: tuple[int, int]) -> list[Case]:
    return [{"input_ids": ids(*shape)} for shape in shapes or ((1, 8), (3, 8), (2, 13))]


def masked() -> list[Case]:
    """With a mask of which the last case uses half."""
    cases = words()
    for case in cases:
        case["attention_mask"] = torch.ones_like(case["input_ids"])
    cases[-1]["attention_mask"][0, 7:] = 0
    return cases


def fixed_length() -> list[Case]:
    return words((1, 8), (3, 8))


def pairs() -> list[Case]:
    sizes = [(1, 8, 5), (3, 8, 5), (2, 13, 7)]
    return [{"input_ids": ids(b, n), "decoder_input_ids": ids(b, m)} for b, n, m in sizes]


def images(size: int = 32) -> list[Case]:
    return [{"pixel_values": torch.randn(b, 3, size, size)} for b in (1, 3)]


def large_images() -> list[Case]:
    return images(64)


def sounds() -> list[Case]:
    return [{"input_values": torch.randn(shape)} for shape in ((1, 800), (3, 800), (2, 1001))]


def channels() -> list[Case]:
    return [{"input_values": torch.randn(shape)} for shape in ((1, 1, 400), (3, 1, 400))]


def spectrograms() -> list[Case]:
    return [{"input_values": torch.randn(b, 40, 16)} for b in (1, 3)]


def mels() -> list[Case]:
    return [{"input_features": torch.randn(b, 8, 40), "decoder_input_ids": ids(b, 5)} for b in (1, 3)]  # fmt: skip


def texts_and_images() -> list[Case]:
    return [
        {"input_ids": ids(t, n), "pixel_values": torch.randn(b, 3, 32, 32)}
        for t, n, b in ((2, 8, 1), (3, 8, 3), (2, 11, 2))
    ]


def questions() -> list[Case]:
    sizes = ((1, 8), (3, 8), (2, 11))
    return [{"input_ids": ids(b, n), "pixel_values": torch.randn(b, 3, 32, 32)} for b, n in sizes]


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


_TOWER = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
_TEXT_TOWER = {**_TOWER, "vocab_size": WORDS, "max_position_embeddings": 64, **ENDS}
_VISION_TOWER = {**_TOWER, "image_size": 32, "patch_size": 8}
TOWERS = {"text_config": _TEXT_TOWER, "vision_config": _VISION_TOWER}

ENCODERS: dict[str, Model] = {
    "BertModel": ("BertConfig", TEXT, masked),
    "RobertaModel": ("RobertaConfig", {**TEXT, **ENDS}, words),
    "DistilBertModel": (
        "DistilBertConfig",
        {"vocab_size": WORDS, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64, "max_position_embeddings": 64},
        masked,
    ),
    "AlbertModel": ("AlbertConfig", {**TEXT, "embedding_size": 16}, words),
    "ElectraModel": ("ElectraConfig", {**TEXT, "embedding_size": 16}, words),
    "DebertaV2Model": ("DebertaV2Config", {**TEXT, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]}, words),
    "MPNetModel": ("MPNetConfig", {**TEXT, **ENDS}, words),
    "FNetModel": ("FNetConfig", TEXT, words),
    "ConvBertModel": ("ConvBertConfig", {**TEXT, "embedding_size": 16}, words),
    "BigBirdModel": ("BigBirdConfig", {**TEXT, "attention_type": "original_full"}, words),
    "YosoModel": ("YosoConfig", {**TEXT, "use_expectation": True}, words),
    "XLNetModel": (
        "XLNetConfig", {"vocab_size": WORDS, "d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 64}, words,
    ),
    "ModernBertModel": (
        "ModernBertConfig",
        {**TEXT, **ENDS, "cls_token_id": 1, "sep_token_id": 2, "local_attention": 4, "num_hidden_layers": 4},
        masked,
    ),
    "LongformerModel": ("LongformerConfig", {**TEXT, "attention_window": [4, 4]}, fixed_length),
    "NystromformerModel": (
        "NystromformerConfig", {**TEXT, "segment_means_seq_len": 8, "num_landmarks": 4}, fixed_length,
    ),
}  # fmt: skip

DECODERS: dict[str, Model] = {
    "GPT2LMHeadModel": (
        "GPT2Config",
        {"vocab_size": WORDS, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "use_cache": False}, masked,
    ),
    "GPTNeoXForCausalLM": ("GPTNeoXConfig", {**CAUSAL, "rotary_pct": 0.5}, words),
    "GPTJForCausalLM": (
        "GPTJConfig",
        {
            "vocab_size": WORDS, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "rotary_dim": 4,
            "use_cache": False,
        },
        words,
    ),
    "OPTForCausalLM": ("OPTConfig", {**CAUSAL, "ffn_dim": 64, "word_embed_proj_dim": 32}, masked),
    "BloomForCausalLM": ("BloomConfig", {**CAUSAL, "n_layer": 2, "n_head": 4}, words),
    "LlamaForCausalLM": ("LlamaConfig", CAUSAL, masked),
    "MistralForCausalLM": ("MistralConfig", {**CAUSAL, "sliding_window": 4}, words),
    "Qwen3ForCausalLM": ("Qwen3Config", {**CAUSAL, "head_dim": 8}, masked),
    "Gemma2ForCausalLM": ("Gemma2Config", {**CAUSAL, "head_dim": 8, "sliding_window": 4}, words),
    "Phi3ForCausalLM": ("Phi3Config", CAUSAL, words),
    "FalconForCausalLM": ("FalconConfig", CAUSAL, words),
    "MixtralForCausalLM": ("MixtralConfig", {**CAUSAL, "num_local_experts": 4}, words),
    "Qwen2MoeForCausalLM": ("Qwen2MoeConfig", {**EXPERTS, "shared_expert_intermediate_size": 16}, words),
    "OlmoeForCausalLM": ("OlmoeConfig", EXPERTS, words),
    "MambaForCausalLM": ("MambaConfig", {**CAUSAL, "state_size": 4}, fixed_length),
    "Mamba2ForCausalLM": (
        "Mamba2Config",
        {**CAUSAL, "state_size": 4, "num_heads": 8, "head_dim": 8, "n_groups": 2, "chunk_size": 4}, fixed_length,
    ),
    "RwkvModel": (
        "RwkvConfig",
        {
            "vocab_size": WORDS, "hidden_size": 32, "attention_hidden_size": 32, "num_hidden_layers": 2,
            "intermediate_size": 64, "context_length": 64, "use_cache": False,
        },
        fixed_length,
    ),
}  # fmt: skip

PAIRS: dict[str, Model] = {
    "T5Model": (
        "T5Config",
        {
            "vocab_size": WORDS, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 1, "num_heads": 4,
            "use_cache": False,
        },
        pairs,
    ),
    "BartModel": ("BartConfig", PAIR, pairs),
    "PegasusModel": ("PegasusConfig", PAIR, pairs),
    "MarianModel": ("MarianConfig", PAIR, pairs),
    "M2M100Model": ("M2M100Config", PAIR, pairs),
    "LEDModel": (
        "LEDConfig",
        {**PAIR, "attention_window": [4], "max_encoder_position_embeddings": 64, "max_decoder_position_embeddings": 64},
        lambda: [{"input_ids": ids(b, 8), "decoder_input_ids": ids(b, 5)} for b in (1, 3)],
    ),
    "WhisperModel": (
        "WhisperConfig",
        {
            **{k: v for k, v in PAIR.items() if k != "max_position_embeddings"},
            "max_source_positions": 20, "max_target_positions": 20, "num_mel_bins": 8,
        },
        mels,
    ),
}  # fmt: skip

IMAGES: dict[str, Model] = {
    "ViTModel": ("ViTConfig", VISION, images),
    "DeiTModel": ("DeiTConfig", VISION, images),
    "BeitModel": ("BeitConfig", {**VISION, "use_relative_position_bias": True}, images),
    "Swinv2Model": (
        "Swinv2Config",
        {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4},
        images,
    ),
    "ConvNextV2Model": ("ConvNextV2Config", {"hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1]}, images),
    "ResNetModel": (
        "ResNetConfig",
        {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 2], "layer_type": "bottleneck"}, images,
    ),
    "MobileNetV2Model": ("MobileNetV2Config", {"image_size": 32, "depth_multiplier": 0.25}, images),
    "MobileViTModel": (
        "MobileViTConfig", {"hidden_sizes": [16, 16, 16], "neck_hidden_sizes": [8] * 7, "image_size": 32}, images,
    ),
    "SegformerModel": (
        "SegformerConfig",
        {"depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 2, 2], "hidden_sizes": [8, 8, 16, 16]}, images,
    ),
    "Data2VecVisionModel": ("Data2VecVisionConfig", VISION, images),
    "Dinov2Model": ("Dinov2Config", {**VISION, "mlp_ratio": 2}, images),
    "PvtV2Model": (
        "PvtV2Config",
        {
            "image_size": 64, "hidden_sizes": [8, 16, 16, 16], "depths": [1, 1, 1, 1],
            "num_attention_heads": [1, 2, 2, 2], "mlp_ratios": [2, 2, 2, 2],
        },
        large_images,
    ),
}  # fmt: skip

OTHERS: dict[str, Model] = {
    "Wav2Vec2Model": ("Wav2Vec2Config", SPEECH, sounds),
    "HubertModel": ("HubertConfig", SPEECH, sounds),
    "ASTModel": (
        "ASTConfig",
        {
            **{k: VISION[k] for k in list(VISION)[:4]}, "patch_size": 8, "frequency_stride": 8, "time_stride": 8,
            "max_length": 40, "num_mel_bins": 16,
        },
        spectrograms,
    ),
    "EncodecModel": (
        "EncodecConfig",
        {
            "hidden_size": 16, "num_filters": 4, "num_residual_layers": 1, "upsampling_ratios": [4, 2],
            "num_lstm_layers": 1, "codebook_size": 16, "codebook_dim": 16, "target_bandwidths": [12.0],
            "sampling_rate": 8000,
        },
        channels,
    ),
    "CLIPModel": ("CLIPConfig", {**TOWERS, "projection_dim": 16}, texts_and_images),
    "SiglipModel": ("SiglipConfig", TOWERS, texts_and_images),
    "ViltModel": ("ViltConfig", {**TEXT, **VISION, "max_position_embeddings": 16}, questions),
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
}  # fmt: skip

MODELS = {**ENCODERS, **DECODERS, **PAIRS, **IMAGES, **OTHERS}


def listed() -> list[str]:
    """The names of ``classes.txt``."""
    lines = Path(__file__).with_name("classes.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]
