"""Every layer with the arguments and inputs that the tests try it on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

RNG = np.random.default_rng(11)


def floats(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


@dataclass
class Case:
    name: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Any, ...] = ()
    calls: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        options = ",".join([*map(str, self.args), *(f"{k}={v}" for k, v in self.kwargs.items())])
        return f"{self.name}({options})"


def case(
    name: str,
    *args: Any,
    inputs: tuple[Any, ...],
    calls: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Case:
    return Case(name, args, kwargs, inputs, calls or {})


IMAGE = floats(2, 4, 9, 7)
LINE = floats(2, 4, 11)
VOLUME = floats(2, 4, 5, 6, 4)

ACTIVATIONS = [
    *(
        case(name, inputs=(floats(2, 4, 5) * 3,))
        for name in (
            "ReLU", "ReLU6", "SELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid", "Sigmoid", "Tanh", "Tanhshrink",
            "Softsign", "LogSigmoid", "ELU", "CELU", "GELU", "LeakyReLU", "PReLU", "Hardtanh", "Hardshrink",
            "Softshrink", "Softplus", "Identity", "Flatten",
        )
    ),
    case("ReLU", inputs=(LINE,), inplace=True),
    case("ELU", 0.7, inputs=(LINE,)),
    case("CELU", 1.3, inputs=(LINE,), inplace=True),
    case("GELU", "tanh", inputs=(LINE,)),
    case("LeakyReLU", 0.2, inputs=(LINE,), inplace=True),
    case("PReLU", 4, inputs=(IMAGE,)),
    case("Hardtanh", -0.5, 2.0, inputs=(LINE,)),
    case("Threshold", 0.1, 20.0, inputs=(LINE,)),
    case("Softplus", 2.0, 3.0, inputs=(LINE,)),
    case("GLU", 1, inputs=(LINE,)),
    case("Softmax", inputs=(IMAGE,), dim=1),
    case("Softmin", inputs=(IMAGE,), dim=-1),
    case("LogSoftmax", inputs=(IMAGE,), dim=2),
    case("Softmax2d", inputs=(IMAGE,)),
]  # fmt: skip

LINEAR = [
    case("Linear", 7, 5, inputs=(floats(2, 3, 7),)),
    case("Linear", 7, 5, inputs=(floats(7),), bias=False),
    case("Bilinear", 3, 4, 5, inputs=(floats(2, 6, 3), floats(2, 6, 4))),
    case("Embedding", 10, 4, inputs=(RNG.integers(0, 10, (3, 5)),), padding_idx=-3),
    case("Flatten", 2, inputs=(VOLUME,)),
    case("Unflatten", 1, (2, 2), inputs=(LINE,)),
    case("PixelShuffle", 2, inputs=(IMAGE,)),
    case("PixelUnshuffle", 3, inputs=(floats(1, 2, 6, 9),)),
    case("Dropout", 0.3, inputs=(IMAGE,)),
    case("Dropout2d", inputs=(IMAGE,)),
    case("AlphaDropout", inputs=(IMAGE,)),
]

CONVOLUTIONS = [
    case("Conv1d", 4, 6, 3, inputs=(LINE,), stride=2, padding=1, dilation=2),
    case("Conv1d", 4, 6, 4, inputs=(LINE,), padding="same"),
    case("Conv2d", 4, 6, 3, inputs=(IMAGE,), padding=1),
    case("Conv2d", 4, 6, (3, 2), inputs=(IMAGE,), stride=(2, 1), padding=(1, 0), bias=False),
    case("Conv2d", 4, 8, 3, inputs=(IMAGE,), groups=4, padding=2, dilation=2),
    case("Conv2d", 4, 6, 3, inputs=(IMAGE,), groups=2),
    case("Conv2d", 4, 6, 1, inputs=(IMAGE,), stride=2),
    case("Conv2d", 4, 6, 3, inputs=(IMAGE,), padding="valid"),
    case("Conv2d", 4, 6, (2, 3), inputs=(IMAGE,), padding="same", padding_mode="reflect"),
    case("Conv2d", 4, 6, 3, inputs=(IMAGE,), padding=(2, 1), padding_mode="circular"),
    case("Conv2d", 4, 6, 3, inputs=(floats(4, 8, 8),)),
    case("Conv3d", 4, 6, 2, inputs=(VOLUME,), padding=1),
    case("ConvTranspose1d", 4, 6, 3, inputs=(LINE,), stride=2, padding=1, output_padding=1),
    case("ConvTranspose2d", 4, 6, 3, inputs=(IMAGE,), stride=2, padding=1, output_padding=1),
    case("ConvTranspose2d", 4, 6, (2, 3), inputs=(IMAGE,), groups=2, dilation=2, bias=False),
    case("ConvTranspose2d", 4, 6, 3, inputs=(IMAGE,), stride=3, calls={"output_size": [28, 22]}),
    case("ConvTranspose3d", 4, 2, 2, inputs=(VOLUME,), stride=2),
]

NORMS = [
    case("BatchNorm1d", 4, inputs=(LINE,)),
    case("BatchNorm1d", 4, inputs=(floats(6, 4),), affine=False),
    case("BatchNorm2d", 4, inputs=(IMAGE,), eps=1e-3, momentum=0.2),
    case("BatchNorm2d", 4, inputs=(IMAGE,), track_running_stats=False),
    case("BatchNorm3d", 4, inputs=(VOLUME,)),
    case("InstanceNorm1d", 4, inputs=(LINE,), affine=True),
    case("InstanceNorm2d", 4, inputs=(IMAGE,)),
    case("InstanceNorm2d", 4, inputs=(floats(4, 5, 5),), affine=True, track_running_stats=True),
    case("InstanceNorm3d", 4, inputs=(VOLUME,)),
    case("LayerNorm", 7, inputs=(IMAGE,)),
    case("LayerNorm", (9, 7), inputs=(IMAGE,), bias=False),
    case("LayerNorm", (9, 7), inputs=(IMAGE,), elementwise_affine=False),
    case("RMSNorm", 7, inputs=(IMAGE,)),
    case("RMSNorm", (9, 7), inputs=(IMAGE,), eps=1e-4),
    case("GroupNorm", 2, 4, inputs=(IMAGE,)),
    case("GroupNorm", 4, 4, inputs=(LINE,), affine=False),
]

POOLS = [
    case("MaxPool1d", 3, inputs=(LINE,), stride=2, padding=1),
    case("MaxPool2d", 2, inputs=(IMAGE,)),
    case("MaxPool2d", (3, 2), inputs=(IMAGE,), stride=2, padding=1, dilation=1, ceil_mode=True),
    case("MaxPool2d", 2, inputs=(IMAGE,), return_indices=True),
    case("MaxPool3d", 2, inputs=(VOLUME,)),
    case("AvgPool1d", 3, inputs=(LINE,), padding=1, count_include_pad=False),
    case("AvgPool2d", 3, inputs=(IMAGE,), stride=2, padding=1, ceil_mode=True),
    case("AvgPool2d", (2, 3), inputs=(IMAGE,), divisor_override=5),
    case("AvgPool3d", 2, inputs=(VOLUME,)),
    case("AdaptiveAvgPool1d", 5, inputs=(LINE,)),
    case("AdaptiveAvgPool2d", 1, inputs=(IMAGE,)),
    case("AdaptiveAvgPool2d", (5, None), inputs=(IMAGE,)),
    case("AdaptiveAvgPool3d", 2, inputs=(VOLUME,)),
    case("AdaptiveMaxPool1d", 4, inputs=(LINE,)),
    case("AdaptiveMaxPool2d", (4, 3), inputs=(IMAGE,), return_indices=True),
    case("AdaptiveMaxPool3d", 2, inputs=(VOLUME,)),
    case("Upsample", inputs=(IMAGE,), scale_factor=2),
    case(
        "Upsample", inputs=(IMAGE,), scale_factor=(1.5, 2.0), mode="bilinear", align_corners=False
    ),
    case("Upsample", inputs=(IMAGE,), size=(5, 13), mode="bicubic", align_corners=True),
    case("Upsample", inputs=(LINE,), size=7, mode="linear"),
    case("Upsample", inputs=(VOLUME,), scale_factor=2, mode="trilinear"),
    case("Upsample", inputs=(IMAGE,), size=(4, 20), mode="nearest-exact"),
    case("UpsamplingNearest2d", inputs=(IMAGE,), scale_factor=3),
    case("UpsamplingBilinear2d", inputs=(IMAGE,), size=(11, 12)),
]

PADS = [
    case("ZeroPad1d", 2, inputs=(LINE,)),
    case("ZeroPad2d", (1, 2, 0, 3), inputs=(IMAGE,)),
    case("ConstantPad1d", (3, 1), 2.5, inputs=(LINE,)),
    case("ConstantPad2d", 1, -1.0, inputs=(IMAGE,)),
    case("ConstantPad3d", (1, 0, 2, 1, 0, 1), 3.0, inputs=(VOLUME,)),
    case("ReflectionPad1d", 2, inputs=(LINE,)),
    case("ReflectionPad2d", (1, 2, 3, 0), inputs=(IMAGE,)),
    case("ReplicationPad2d", 2, inputs=(IMAGE,)),
    case("ReplicationPad3d", 1, inputs=(VOLUME,)),
    case("CircularPad2d", (1, 2, 2, 1), inputs=(IMAGE,)),
]

SEQUENCE, STATE, CELL = floats(3, 4, 5), floats(2, 4, 6), floats(2, 4, 6)
RECURRENT = [
    *(case(name, 5, 6, inputs=(SEQUENCE,)) for name in ("LSTM", "GRU", "RNN")),
    *(case(name, 5, 6, 2, inputs=(SEQUENCE,), batch_first=True, bidirectional=True) for name in ("LSTM", "GRU", "RNN")),
    case("LSTM", 5, 6, 2, inputs=(SEQUENCE, (STATE, CELL)), dropout=0.3, bias=False),
    case("LSTM", 5, 6, inputs=(SEQUENCE,), proj_size=3),
    case("GRU", 5, 6, inputs=(SEQUENCE, STATE[:1])),
    case("RNN", 5, 6, inputs=(SEQUENCE,), nonlinearity="relu"),
    case("LSTM", 5, 6, inputs=(floats(3, 5),)),
    case("LSTMCell", 5, 6, inputs=(floats(4, 5),)),
    case("LSTMCell", 5, 6, inputs=(floats(4, 5), (STATE[0], CELL[0])), bias=False),
    case("GRUCell", 5, 6, inputs=(floats(4, 5), STATE[0])),
    case("GRUCell", 5, 6, inputs=(floats(5),)),
    case("RNNCell", 5, 6, inputs=(floats(4, 5),), nonlinearity="relu"),
]  # fmt: skip

TOKENS = floats(3, 4, 8)  # (N, L, E) or (L, N, E)
CAUSAL = np.triu(np.ones((4, 4), np.bool_), 1)
PADDING = np.array([[False] * 4, [False, False, True, True], [False, False, False, True]])
FLOAT_MASK = floats(4, 4)
TRANSFORMERS = [
    case("MultiheadAttention", 8, 2, inputs=(TOKENS,) * 3),
    case("MultiheadAttention", 8, 2, inputs=(TOKENS,) * 3, calls={"need_weights": False}, batch_first=True),
    case("MultiheadAttention", 8, 4, inputs=(TOKENS,) * 3, bias=False, batch_first=True,
         calls={"attn_mask": CAUSAL, "key_padding_mask": PADDING, "average_attn_weights": False}),
    case("MultiheadAttention", 8, 2, inputs=(TOKENS,) * 3, batch_first=True, calls={"attn_mask": FLOAT_MASK}),
    case("MultiheadAttention", 8, 2, inputs=(TOKENS,) * 3, batch_first=True,
         calls={"attn_mask": floats(6, 4, 4), "need_weights": False}),
    case("MultiheadAttention", 8, 2, inputs=(TOKENS, floats(5, 4, 6), floats(5, 4, 7)), kdim=6, vdim=7),
    case("MultiheadAttention", 8, 2, inputs=(TOKENS,) * 3, batch_first=True, add_bias_kv=True, add_zero_attn=True,
         calls={"key_padding_mask": PADDING}),
    case("MultiheadAttention", 8, 2, inputs=(floats(4, 8),) * 3),
    case("TransformerEncoderLayer", 8, 2, inputs=(TOKENS,), dim_feedforward=16),
    case("TransformerEncoderLayer", 8, 2, 16, inputs=(TOKENS,), activation="gelu", norm_first=True, batch_first=True,
         calls={"src_mask": CAUSAL}),
    case("TransformerEncoderLayer", 8, 2, 16, inputs=(TOKENS,), batch_first=True, bias=False,
         calls={"src_key_padding_mask": PADDING}),
]  # fmt: skip

MORE = [
    case("ChannelShuffle", 2, inputs=(IMAGE,)),
    case("Unfold", (3, 2), inputs=(IMAGE,), padding=1, stride=2),
    case("Fold", (5, 6), (2, 3), inputs=(floats(2, 18, 16),)),
    case("CosineSimilarity", 2, inputs=(IMAGE, IMAGE[::-1])),
    case("PairwiseDistance", 3.0, inputs=(floats(4, 5), floats(4, 5)), keepdim=True),
    case("EmbeddingBag", 10, 4, inputs=(RNG.integers(0, 10, (3, 5)),)),
    case("EmbeddingBag", 10, 4, inputs=(RNG.integers(0, 10, 7), np.array([0, 3, 4])), mode="max", padding_idx=2),
    case("LocalResponseNorm", 3, inputs=(IMAGE,), alpha=0.1),
    case("LocalResponseNorm", 4, inputs=(LINE,), k=2.0),
    case("TransformerDecoderLayer", 8, 2, 16, inputs=(TOKENS, floats(3, 5, 8)), batch_first=True,
         calls={"tgt_mask": CAUSAL}),
    case("TransformerDecoderLayer", 8, 4, 16, inputs=(TOKENS, floats(5, 4, 8)), norm_first=True, activation="gelu"),
]  # fmt: skip

CASES = [
    *ACTIVATIONS,
    *LINEAR,
    *CONVOLUTIONS,
    *NORMS,
    *POOLS,
    *PADS,
    *RECURRENT,
    *TRANSFORMERS,
    *MORE,
]
