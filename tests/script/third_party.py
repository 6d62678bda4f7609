"""Code that nobody wrote for tsx: functions and modules of Python's library and of transformers, called from
an entry that states the types. ``CASES`` has what is scripted, and its calls.
"""

from __future__ import annotations

import calendar
import colorsys
import html
from typing import Any

import torch
from torch import Tensor, nn
from transformers import activations, image_transforms
from transformers.generation import logits_process
from transformers.models.bart import modeling_bart
from transformers.models.deformable_detr import modeling_deformable_detr
from transformers.models.esm import modeling_esm
from transformers.models.gptj import modeling_gptj
from transformers.models.informer import modeling_informer
from transformers.models.llama import modeling_llama
from transformers.models.longformer import modeling_longformer
from transformers.models.mamba import modeling_mamba
from transformers.models.swin import modeling_swin
from transformers.models.t5 import modeling_t5
from transformers.models.vits import modeling_vits


def colours(r: float, g: float, b: float) -> list[tuple[float, float, float]]:
    """``hsv_to_rgb`` ends without a return where it can't get to, so that its result may be None."""
    h, s, v = colorsys.rgb_to_hsv(r, g, b)
    hue, light, sat = colorsys.rgb_to_hls(r, g, b)
    y, i, q = colorsys.rgb_to_yiq(r, g, b)
    rgb = colorsys.hsv_to_rgb(h, s, v)
    assert rgb is not None
    others = [colorsys.hls_to_rgb(hue, light, sat), colorsys.yiq_to_rgb(y, i, q)]
    return [(h, s, v), (hue, light, sat), (y, i, q), rgb, *others]


def escape(text: str, quote: bool) -> str:
    return html.escape(text, quote)


def days(year: int) -> tuple[bool, int]:
    return calendar.isleap(year), calendar.leapdays(year, 2026)


def rotary(q: Tensor, k: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor]:
    return modeling_llama.apply_rotary_pos_emb(q, k, cos, sin)


def gptj_rotary(x: Tensor, sin: Tensor, cos: Tensor) -> Tensor:
    return modeling_gptj.apply_rotary_pos_emb(x, sin, cos)


def repeat_heads(x: Tensor, n: int) -> Tensor:
    return modeling_llama.repeat_kv(x, n)


def windows(x: Tensor, size: int) -> Tensor:
    parts = modeling_swin.window_partition(x, size)
    return modeling_swin.window_reverse(parts * 2, size, x.size(1), x.size(2))


def shifted(ids: Tensor, pad: int, start: int) -> Tensor:
    return modeling_bart.shift_tokens_right(ids, pad, start)


def logit(x: Tensor, eps: float) -> Tensor:
    return modeling_deformable_detr.inverse_sigmoid(x, eps)


def boxes(x: Tensor) -> Tensor:
    corners = image_transforms._center_to_corners_format_torch(x)
    return corners + image_transforms._corners_to_center_format_torch(corners)


def tiles(images: Tensor, rows: int, columns: int) -> Tensor:
    return image_transforms.split_to_tiles(images, rows, columns)


def sized(height: int, width: int, size: int, largest: int) -> tuple[int, int]:
    return image_transforms.get_size_with_aspect_ratio((height, width), size, largest)


def esm_parts(x: Tensor) -> Tensor:
    both = modeling_esm.average_product_correct(modeling_esm.symmetrize(x))
    return modeling_esm.gelu(both)


def positions(ids: Tensor, pad: int) -> Tensor:
    return modeling_esm.create_position_ids_from_input_ids(ids, pad)


def weighted(x: Tensor, weights: Tensor | None) -> Tensor:
    return modeling_informer.weighted_average(x, weights, dim=1)


def gated(a: Tensor, b: Tensor, channels: Tensor) -> Tensor:
    return modeling_vits.fused_add_tanh_sigmoid_multiply(a, b, channels)


def global_attention(ids: Tensor, separator: int, before: bool) -> Tensor:
    return modeling_longformer._compute_global_attention_mask(ids, separator, before)


def masked(states: Tensor, mask: Tensor | None) -> Tensor:
    return modeling_mamba.apply_mask_to_padding_states(states, mask)


class Activations(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        names = (
            "gelu_new",
            "gelu_fast",
            "quick_gelu",
            "mish",
            "laplace",
            "relu2",
            "silu",
        )
        self.layers = nn.ModuleList([activations.ACT2FN[name] for name in names])

    def forward(self, x: Tensor) -> list[Tensor]:
        return [layer(x) for layer in self.layers]


class Norms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.llama = modeling_llama.LlamaRMSNorm(6)
        self.t5 = modeling_t5.T5LayerNorm(6)

    def forward(self, x: Tensor) -> Tensor:
        return self.llama(x) + self.t5(x.half()).float()


class Warpers(nn.Module):
    """The logits processors of transformers' sampling, one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.temperature = logits_process.TemperatureLogitsWarper(0.7)
        self.top_k = logits_process.TopKLogitsWarper(6)
        self.top_p = logits_process.TopPLogitsWarper(0.8)
        self.min_p = logits_process.MinPLogitsWarper(0.05)

    def forward(self, ids: Tensor, scores: Tensor) -> Tensor:
        scores = self.temperature(ids, scores)
        return self.min_p(ids, self.top_p(ids, self.top_k(ids, scores)))


def noise(*sizes: int, seed: int = 0) -> Tensor:
    return torch.randn(sizes, generator=torch.Generator().manual_seed(seed))


def words(*sizes: int, seed: int = 0) -> Tensor:
    return torch.randint(0, 9, sizes, generator=torch.Generator().manual_seed(seed))


_LENGTHS = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]], dtype=torch.uint8)

CASES: dict[str, tuple[Any, list[tuple[Any, ...]]]] = {
    "colours": (colours, [(0.2, 0.4, 0.8), (1.0, 0.5, 0.1), (0.3, 0.3, 0.3)]),
    "escape": (escape, [("<a href='x'>&amp;</a>", True), ('"<"', False)]),
    "days": (days, [(1900,), (2000,), (2023,)]),
    "rotary": (rotary, [(noise(1, 2, 3, 4), noise(1, 2, 3, 4, seed=1), noise(1, 3, 4), noise(1, 3, 4, seed=2))]),
    "gptj_rotary": (gptj_rotary, [(noise(1, 3, 2, 4), noise(1, 3, 2), noise(1, 3, 2, seed=1))]),
    "repeat_heads": (repeat_heads, [(noise(1, 2, 3, 4), 1), (noise(1, 2, 3, 4), 3)]),
    "windows": (windows, [(noise(1, 4, 4, 2), 2), (noise(2, 6, 3, 1), 3)]),
    "shifted": (shifted, [(words(2, 5), 1, 2), (torch.tensor([[3, -100, 4]]), 0, 7)]),
    "logit": (logit, [(torch.tensor([0.0, 0.3, 1.0]), 1e-5), (torch.tensor([-1.0, 2.0]), 1e-3)]),
    "boxes": (boxes, [(noise(3, 4),)]),
    "tiles": (tiles, [(noise(1, 3, 4, 6), 2, 3)]),
    "sized": (sized, [(480, 640, 100, 120), (640, 480, 100, 1000), (100, 200, 100, 400)]),
    "esm_parts": (esm_parts, [(noise(2, 4, 4),)]),
    "positions": (positions, [(words(2, 6), 1)]),
    "weighted": (weighted, [(noise(2, 3), None), (noise(2, 3), torch.tensor([[1.0, 0.0, 2.0], [0.0, 0.0, 0.0]]))]),
    "gated": (gated, [(noise(1, 4, 3), noise(1, 4, 3, seed=1), torch.tensor([2]))]),
    "global_attention": (global_attention, [
        (torch.tensor([[5, 2, 6, 2, 7, 2], [2, 3, 3, 2, 2, 9]]), 2, True),
        (torch.tensor([[5, 2, 6, 2, 7, 2]]), 2, False),
    ]),
    "masked": (masked, [(noise(2, 6, 3), _LENGTHS), (noise(1, 6, 3), None), (noise(2, 6, 3), None)]),
    "activations": (Activations, [(noise(3, 5),)]),
    "norms": (Norms, [(noise(2, 6),)]),
    "warpers": (Warpers, [(words(2, 4), noise(2, 9)), (words(1, 1), noise(1, 9, seed=1) * 5)]),
}  # fmt: skip


def make(name: str) -> Any:
    """What is scripted: a function, or a module in eval mode with the same weights each time."""
    torch.manual_seed(0)
    made = CASES[name][0]
    return made().eval() if isinstance(made, type) else made
