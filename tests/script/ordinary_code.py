"""Functions as projects have them, in the words of well-known packages: post-processing, features, sampling, models.

``CASES`` holds each with arguments for it; ``test_ordinary_code_torch`` scripts them and compares with eager.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
import logging
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

logger = logging.getLogger(__name__)
CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
G = torch.Generator().manual_seed(0)


def case(*args: Any) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        CASES.append((function() if isinstance(function, type) else function, args))
        return function

    return add


def rand(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=G)


# -- what programs were refused for ----------------------------------------------------------------------------------


@dataclass
class Output:
    logits: Tensor
    count: int = 0


@case(rand(2, 3))
def dataclass_with_a_tensor(x: Tensor) -> Tensor:
    out = Output(x, 2)
    more = dataclasses.replace(out, count=5)
    return out.logits * out.count + more.logits * more.count


@dataclass
class Pair:
    first: Tensor
    second: Tensor


@case(rand(2, 3))
def dataclass_as_dict(x: Tensor) -> Tensor:
    pair = Pair(x, x + 1)
    found = dataclasses.asdict(pair)
    found["first"] += 1
    a, b = dataclasses.astuple(pair)
    names = [f.name for f in dataclasses.fields(pair)]
    return found["first"] * a + b * len(names)


@case(rand(1, 2, 4, 6), rand(1, 2, 5))
def interpolate_by_factors(x: Tensor, y: Tensor) -> Any:
    return (
        F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False),
        F.interpolate(x, scale_factor=(2, 1.5), mode="nearest"),
        F.interpolate(y, scale_factor=2),
        F.interpolate(x, None, 2, "bicubic"),
        F.interpolate(x, size=(3, 3), mode="area"),
    )


@case(rand(3, 4) - 0.5)
def nonzero_as_tuple(x: Tensor) -> Any:
    rows, columns = torch.nonzero(x > 0, as_tuple=True)
    return rows, columns, (x < 0).nonzero(as_tuple=True)[0], torch.where(x > 0)[1]


@case(rand(3, 3))
def tensordot_forms(x: Tensor) -> Any:
    return (
        torch.tensordot(x, x, dims=1),
        torch.tensordot(x, x, dims=([0], [1])),
        torch.tensordot(x, x),
    )


@case(rand(2), {"a": 2.0})
@case(rand(2), None)
def empty_or_given(x: Tensor, weights: dict[str, float] | None = None) -> Any:
    first = weights or {}
    second = {} if weights is None else weights
    return x * first.get("a", 1.0) + x * second.get("b", 3.0) + len(first)


@case(rand(2))
def ordered_dicts(x: Tensor) -> Any:
    found: OrderedDict[str, Tensor] = OrderedDict()
    found["b"] = x
    found["a"] = x + 1
    other = collections.OrderedDict([("u", x), ("v", x * 2)])
    return list(found.keys()), list(other.values())[1]


@case(rand(2, 3))
def logs_and_warns(x: Tensor) -> Tensor:
    logger.info("shape %s", x.shape)
    logging.debug("nothing")
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug(f"{x}")
    return x + 1


class Typed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2).double()

    def forward(self, x: Tensor) -> Tensor:
        x = x.to(next(self.parameters()).dtype)
        total = sum(p.numel() for p in self.parameters())
        return self.linear(x) * total


case(rand(2, 3))(Typed)


# -- detectors -------------------------------------------------------------------------------------------------------


@case(rand(5, 4))
def box_cxcywh_to_xyxy(x: Tensor) -> Tensor:
    x_c, y_c, w, h = x.unbind(-1)
    b = [(x_c - 0.5 * w), (y_c - 0.5 * h), (x_c + 0.5 * w), (y_c + 0.5 * h)]
    return torch.stack(b, dim=-1)


def box_area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def box_iou(boxes1: Tensor, boxes2: Tensor) -> tuple[Tensor, Tensor]:
    area1, area2 = box_area(boxes1), box_area(boxes2)
    lt = torch.max(boxes1[:, None, :2], boxes2[:, :2])
    rb = torch.min(boxes1[:, None, 2:], boxes2[:, 2:])
    wh = (rb - lt).clamp(min=0)
    inter = wh[:, :, 0] * wh[:, :, 1]
    union = area1[:, None] + area2 - inter
    return inter / union, union


BOXES = torch.cat([rand(6, 2), 1 + rand(6, 2)], 1)


@case(BOXES, BOXES[:3])
def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    assert (boxes1[:, 2:] >= boxes1[:, :2]).all()
    iou, union = box_iou(boxes1, boxes2)
    lt = torch.min(boxes1[:, None, :2], boxes2[:, :2])
    rb = torch.max(boxes1[:, None, 2:], boxes2[:, 2:])
    wh = (rb - lt).clamp(min=0)
    area = wh[:, :, 0] * wh[:, :, 1]
    return iou - (area - union) / area


@case(BOXES, rand(6), 0.3)
def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    order = scores.argsort(descending=True)
    keep: list[int] = []
    while order.numel() > 0:
        i = order[0].item()
        keep.append(int(i))
        if order.numel() == 1:
            break
        iou = box_iou(boxes[order[:1]], boxes[order[1:]])[0].squeeze(0)
        order = order[1:][iou <= iou_threshold]
    return torch.tensor(keep)


@case(rand(2, 5, 3), rand(2, 5, 4), torch.tensor([[10, 20], [30, 40]]))
def detr_post_process(
    out_logits: Tensor, out_bbox: Tensor, target_sizes: Tensor
) -> list[dict[str, Tensor]]:
    prob = F.softmax(out_logits, -1)
    scores, labels = prob[..., :-1].max(-1)
    boxes = box_cxcywh_to_xyxy(out_bbox)
    img_h, img_w = target_sizes.unbind(1)
    scale_fct = torch.stack([img_w, img_h, img_w, img_h], dim=1)
    boxes = boxes * scale_fct[:, None, :]
    return [
        {"scores": s, "labels": c, "boxes": b}
        for s, c, b in zip(scores, labels, boxes, strict=False)
    ]


@case([(16, 16), (8, 8)], (128, 128), [[8, 16], [32, 64]], [0.5, 1.0, 2.0])
def grid_anchors(
    grid_sizes: list[tuple[int, int]],
    image: tuple[int, int],
    sizes: list[list[int]],
    ratios: list[float],
) -> list[Tensor]:
    anchors = []
    for (gh, gw), scales in zip(grid_sizes, sizes, strict=False):
        s = torch.as_tensor(scales, dtype=torch.float32)
        r = torch.as_tensor(ratios, dtype=torch.float32)
        h_ratios = torch.sqrt(r)
        w_ratios = 1 / h_ratios
        ws = (w_ratios[:, None] * s[None, :]).view(-1)
        hs = (h_ratios[:, None] * s[None, :]).view(-1)
        base = (torch.stack([-ws, -hs, ws, hs], dim=1) / 2).round()
        sx = torch.arange(0, gw, dtype=torch.int32) * (image[1] // gw)
        sy = torch.arange(0, gh, dtype=torch.int32) * (image[0] // gh)
        y, x = torch.meshgrid(sy, sx, indexing="ij")
        shifts = torch.stack((x.reshape(-1), y.reshape(-1), x.reshape(-1), y.reshape(-1)), dim=1)
        anchors.append((shifts.view(-1, 1, 4) + base.view(1, -1, 4)).reshape(-1, 4))
    return anchors


@case(rand(4, 8), rand(4, 4))
def decode_boxes(rel_codes: Tensor, boxes: Tensor) -> Tensor:
    bbox_xform_clip = math.log(1000.0 / 16)
    widths = boxes[:, 2] - boxes[:, 0]
    heights = boxes[:, 3] - boxes[:, 1]
    ctr_x, ctr_y = boxes[:, 0] + 0.5 * widths, boxes[:, 1] + 0.5 * heights
    dx, dy = rel_codes[:, 0::4] / 10.0, rel_codes[:, 1::4] / 10.0
    dw = torch.clamp(rel_codes[:, 2::4] / 5.0, max=bbox_xform_clip)
    dh = torch.clamp(rel_codes[:, 3::4] / 5.0, max=bbox_xform_clip)
    pred_ctr_x = dx * widths[:, None] + ctr_x[:, None]
    pred_ctr_y = dy * heights[:, None] + ctr_y[:, None]
    pred_w = torch.exp(dw) * widths[:, None]
    pred_h = torch.exp(dh) * heights[:, None]
    c_to_c_h = torch.tensor(0.5, dtype=pred_ctr_y.dtype, device=pred_h.device) * pred_h
    return torch.stack((pred_ctr_x - pred_w * 0.5, pred_ctr_y - c_to_c_h), dim=2).flatten(1)


@case(np.array([[3.0, 1, 5, 4, 0.9], [3, 1, 5, 4.2, 0.8], [7, 7, 9, 9, 0.7]]), 0.5)
def numpy_nms(dets: np.ndarray, thresh: float) -> list[int]:
    x1, y1, x2, y2, scores = dets[:, 0], dets[:, 1], dets[:, 2], dets[:, 3], dets[:, 4]
    areas = (x2 - x1 + 1) * (y2 - y1 + 1)
    order = scores.argsort()[::-1]
    keep = []
    while order.size > 0:
        i = order[0]
        keep.append(int(i))
        xx1 = np.maximum(x1[i], x1[order[1:]])
        yy1 = np.maximum(y1[i], y1[order[1:]])
        xx2 = np.minimum(x2[i], x2[order[1:]])
        yy2 = np.minimum(y2[i], y2[order[1:]])
        w = np.maximum(0.0, xx2 - xx1 + 1)
        h = np.maximum(0.0, yy2 - yy1 + 1)
        ovr = w * h / (areas[i] + areas[order[1:]] - w * h)
        inds = np.where(ovr <= thresh)[0]
        order = order[inds + 1]
    return keep


@case(np.arange(60, dtype=np.uint8).reshape(4, 5, 3), 8)
def letterbox(img: np.ndarray, size: int) -> np.ndarray:
    h, w = img.shape[:2]
    r = min(size / h, size / w)
    dw, dh = (size - w) / 2, (size - h) / 2
    top, left = round(dh - 0.1), round(dw - 0.1)
    out = np.full((size, size, 3), 114, dtype=np.uint8)
    out[top : top + h, left : left + w] = img
    out = out[:, :, ::-1].transpose(2, 0, 1)
    return np.ascontiguousarray(out).astype(np.float32)[None] / 255.0 * r


# -- audio -----------------------------------------------------------------------------------------------------------


@case(4, 16, 8000)
def mel_filter_bank(n_mels: int, n_fft: int, rate: int) -> np.ndarray:
    fft_freqs = np.linspace(0, rate / 2, n_fft // 2 + 1)
    low, high = 2595.0 * np.log10(1.0 + 0.0 / 700.0), 2595.0 * np.log10(1.0 + rate / 2 / 700.0)
    points = 700.0 * (10.0 ** (np.linspace(low, high, n_mels + 2) / 2595.0) - 1.0)
    diff = np.diff(points)
    slopes = np.expand_dims(points, 0) - np.expand_dims(fft_freqs, 1)
    down = -slopes[:, :-2] / diff[:-1]
    up = slopes[:, 2:] / diff[1:]
    return np.maximum(np.zeros(1), np.minimum(down, up))


@case(rand(2, 400))
def log_mel(waveform: Tensor) -> Tensor:
    window = torch.hann_window(64)
    stft = torch.stft(waveform, 64, 16, window=window, return_complex=True)
    magnitudes = stft[..., :-1].abs() ** 2
    log_spec = torch.clamp(magnitudes, min=1e-10).log10()
    log_spec = torch.maximum(log_spec, log_spec.max() - 8.0)
    return (log_spec + 4.0) / 4.0


@case(np.sin(np.arange(100) / 5).astype(np.float32))
def framed_energy(x: np.ndarray) -> np.ndarray:
    frame, hop = 20, 10
    count = 1 + (len(x) - frame) // hop
    out = np.zeros(count, dtype=np.float32)
    for i in range(count):
        piece = x[i * hop : i * hop + frame]
        out[i] = np.sqrt(np.mean(piece**2))
    peak = out.max()
    return np.log(out / peak + 1e-6)


@case(np.random.default_rng(0).standard_normal(50).astype(np.float32))
def normalise_waveform(x: np.ndarray) -> np.ndarray:
    y = (x - x.mean()) / np.sqrt(x.var() + 1e-7)
    y = np.append(y[0], y[1:] - 0.97 * y[:-1])
    return np.clip(y, -3, 3)


@case(np.random.default_rng(1).standard_normal(64))
def spectral_centroid(x: np.ndarray) -> Any:
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
    freqs = np.fft.rfftfreq(len(x), d=1.0 / 8000)
    return np.sum(freqs * spectrum) / np.sum(spectrum)


# -- sampling and decoding -------------------------------------------------------------------------------------------


@case(rand(2, 8), 3, 0.9)
def top_k_top_p(
    logits: Tensor, top_k: int = 0, top_p: float = 1.0, filter_value: float = -float("Inf")
) -> Tensor:
    if top_k > 0:
        top_k = min(max(top_k, 1), logits.size(-1))
        indices_to_remove = logits < torch.topk(logits, top_k)[0][..., -1, None]
        logits[indices_to_remove] = filter_value
    if 0 < top_p <= 1.0:
        sorted_logits, sorted_indices = torch.sort(logits, descending=True)
        cumulative_probs = sorted_logits.softmax(dim=-1).cumsum(dim=-1)
        sorted_to_remove = cumulative_probs > top_p
        sorted_to_remove[..., 1:] = sorted_to_remove[..., :-1].clone()
        sorted_to_remove[..., 0] = 0
        remove = sorted_to_remove.scatter(1, sorted_indices, sorted_to_remove)
        logits = logits.masked_fill(remove, filter_value)
    return logits


@case(torch.tensor([[1, 2, 2]]), rand(1, 5) - 0.5, 1.3)
def repetition_penalty(input_ids: Tensor, scores: Tensor, penalty: float) -> Tensor:
    score = torch.gather(scores, 1, input_ids)
    score = torch.where(score < 0, score * penalty, score / penalty)
    return scores.scatter(1, input_ids, score)


@case([1, 2, 3, 1, 2], 3)
def banned_ngrams(prev_input_ids: list[int], ngram_size: int) -> list[int]:
    generated: dict[tuple[int, int], list[int]] = {}
    for i in range(len(prev_input_ids) - ngram_size + 1):
        ngram = prev_input_ids[i : i + ngram_size]
        key = (ngram[0], ngram[1])
        generated[key] = [*generated.get(key, []), ngram[-1]]
    start = len(prev_input_ids) + 1 - ngram_size
    return generated.get((prev_input_ids[start], prev_input_ids[start + 1]), [])


@case(torch.tensor([0, 1, 1, 0, 2, 2, 0, 2]), 0, ["-", "a", "b"])
def ctc_text(ids: Tensor, blank: int, labels: list[str]) -> str:
    unique: list[int] = torch.unique_consecutive(ids).tolist()
    return "".join([labels[i] for i in unique if i != blank])


@case(rand(4, 3), 5)
def greedy_loop(table: Tensor, steps: int) -> list[int]:
    token, out = 0, torch.jit.annotate(list[int], [])
    for step in range(steps):
        logits = table[token % 4] * (step + 1)
        token = int(logits.argmax())
        out.append(token)
        if token == 99:
            break
    else:
        out.append(-1)
    return out


@case(rand(6, 4))
def viterbi(emissions: Tensor) -> list[int]:
    transitions = torch.eye(4) * 0.5
    score = emissions[0]
    history: list[Tensor] = []
    for t in range(1, emissions.size(0)):
        best, indices = (score[:, None] + transitions + emissions[t][None]).max(dim=0)
        history.append(indices)
        score = best
    last = int(score.argmax())
    path = [last]
    for indices in reversed(history):
        last = int(indices[last])
        path.append(last)
    path.reverse()
    return path


# -- tokenisers ------------------------------------------------------------------------------------------------------


@case([[1, 2, 3], [4]], 0, 4)
def pad_batch(ids: list[list[int]], pad: int, length: int) -> dict[str, Tensor]:
    padded = [row[:length] + [pad] * (length - len(row)) for row in ids]
    mask = [[1] * len(row[:length]) + [0] * (length - len(row)) for row in ids]
    return {"input_ids": torch.tensor(padded), "attention_mask": torch.tensor(mask)}


@case("low lower", {"l o": 0, "lo w": 1, "e r": 2})
def bpe(text: str, ranks: dict[str, int]) -> list[str]:
    out: list[str] = []
    for word in text.split():
        parts = list(word)
        while len(parts) > 1:
            pairs = [
                (ranks.get(f"{a} {b}", 10**9), i)
                for i, (a, b) in enumerate(itertools.pairwise(parts))
            ]
            rank, place = min(pairs)
            if rank == 10**9:
                break
            parts = [*parts[:place], parts[place] + parts[place + 1], *parts[place + 2 :]]
        out.extend(parts)
    return out


@case([[3, 1], [2, 2, 5]])
def count_tokens(batch: list[list[int]]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for row in batch:
        for token in row:
            counts[token] = counts.get(token, 0) + 1
    return dict(sorted(counts.items(), key=lambda kv: -kv[1]))


# -- modelling helpers -----------------------------------------------------------------------------------------------


def rotate_half(x: Tensor) -> Tensor:
    x1 = x[..., : x.shape[-1] // 2]
    x2 = x[..., x.shape[-1] // 2 :]
    return torch.cat((-x2, x1), dim=-1)


@case(rand(1, 2, 5, 8), rand(1, 2, 5, 8))
def rotary(q: Tensor, k: Tensor) -> Any:
    inv_freq = 1.0 / (10000 ** (torch.arange(0, 8, 2, dtype=torch.int64).float() / 8))
    freqs = torch.outer(torch.arange(q.shape[-2]).float(), inv_freq)
    emb = torch.cat((freqs, freqs), dim=-1)
    cos, sin = emb.cos()[None, None], emb.sin()[None, None]
    return (q * cos) + (rotate_half(q) * sin), (k * cos) + (rotate_half(k) * sin)


@case(rand(2, 2, 5, 8), 3)
def repeat_kv(hidden_states: Tensor, n_rep: int) -> Tensor:
    batch, num_key_value_heads, slen, head_dim = hidden_states.shape
    if n_rep == 1:
        return hidden_states
    hidden_states = hidden_states[:, :, None, :, :].expand(
        batch, num_key_value_heads, n_rep, slen, head_dim
    )
    return hidden_states.reshape(batch, num_key_value_heads * n_rep, slen, head_dim)


@case(torch.tensor([[1, 1, 0]]), torch.float32, 3)
def expand_mask(mask: Tensor, dtype: torch.dtype, tgt_len: int | None = None) -> Tensor:
    bsz, src_len = mask.size()
    tgt_len = tgt_len if tgt_len is not None else src_len
    expanded = mask[:, None, None, :].expand(bsz, 1, tgt_len, src_len).to(dtype)
    inverted = 1.0 - expanded
    return inverted.masked_fill(inverted.to(torch.bool), torch.finfo(dtype).min)


class T5Bucket(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.bidirectional = True

    def forward(self, q_len: int, k_len: int) -> Tensor:
        num_buckets, max_distance = 32, 128
        relative = torch.arange(k_len)[None, :] - torch.arange(q_len)[:, None]
        buckets = 0
        if self.bidirectional:
            num_buckets //= 2
            buckets += (relative > 0).to(torch.long) * num_buckets
            relative = torch.abs(relative)
        else:
            relative = -torch.min(relative, torch.zeros_like(relative))
        max_exact = num_buckets // 2
        is_small = relative < max_exact
        large = max_exact + (
            torch.log(relative.float() / max_exact)
            / math.log(max_distance / max_exact)
            * (num_buckets - max_exact)
        ).to(torch.long)
        large = torch.min(large, torch.full_like(large, num_buckets - 1))
        buckets += torch.where(is_small, relative, large)
        return buckets


case(6, 6)(T5Bucket)


@case(8)
def alibi_slopes(num_heads: int) -> Tensor:
    closest = 2 ** math.floor(math.log2(num_heads))
    base = torch.tensor(2 ** (-(2 ** -(math.log2(closest) - 3))), dtype=torch.float32)
    return torch.pow(base, torch.arange(1, 1 + closest, dtype=torch.int32))


@case(torch.tensor([[5, 6, 1, 1]]), 1, 0)
def roberta_positions(input_ids: Tensor, padding_idx: int, past: int = 0) -> Tensor:
    mask = input_ids.ne(padding_idx).int()
    incremental = (torch.cumsum(mask, dim=1).type_as(mask) + past) * mask
    return incremental.long() + padding_idx


@case(rand(2, 4, 8), torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]]))
def mean_pooling(token_embeddings: Tensor, attention_mask: Tensor) -> Tensor:
    expanded = attention_mask.unsqueeze(-1).expand(token_embeddings.size()).float()
    pooled = torch.sum(token_embeddings * expanded, 1) / torch.clamp(expanded.sum(1), min=1e-9)
    return F.normalize(pooled, p=2, dim=1)


@case(rand(1, 8, 8, 3), 4)
def window_partition(x: Tensor, window_size: int) -> Tensor:
    B, H, W, C = x.shape
    x = x.view(B, H // window_size, window_size, W // window_size, window_size, C)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, window_size, window_size, C)


@case(torch.tensor([0.0, 3.0, 999.0]), 8)
def timestep_embedding(timesteps: Tensor, dim: int, max_period: int = 10000) -> Tensor:
    half = dim // 2
    freqs = torch.exp(
        -math.log(max_period) * torch.arange(start=0, end=half, dtype=torch.float32) / half
    )
    args = timesteps[:, None].float() * freqs[None]
    embedding = torch.cat([torch.cos(args), torch.sin(args)], dim=-1)
    if dim % 2:
        embedding = torch.cat([embedding, torch.zeros_like(embedding[:, :1])], dim=-1)
    return embedding


@case(10)
def cosine_betas(steps: int) -> np.ndarray:
    t = np.linspace(0, steps, steps + 1, dtype=np.float64) / steps
    bar = np.cos((t + 0.008) / 1.008 * np.pi / 2) ** 2
    betas = 1 - bar[1:] / bar[:-1]
    return np.clip(betas, 0, 0.999)


@case(3, 4)
def sincos_2d(grid: int, dim: int) -> np.ndarray:
    h, w = np.arange(grid, dtype=np.float32), np.arange(grid, dtype=np.float32)
    mesh = np.stack(np.meshgrid(w, h), axis=0).reshape([2, -1])
    omega = np.arange(dim // 2, dtype=np.float64) / (dim / 2.0)
    omega = 1.0 / 10000**omega
    parts = [np.einsum("m,d->md", axis.reshape(-1), omega) for axis in mesh]
    return np.concatenate([np.concatenate([np.sin(p), np.cos(p)], axis=1) for p in parts], axis=1)


@case(rand(2, 3, 8, 8), 2)
def space_to_depth(x: Tensor, block: int) -> Tensor:
    n, c, _h, _w = x.size()
    unfolded = F.unfold(x, kernel_size=block, stride=block)
    return F.pixel_unshuffle(x, block).sum((2, 3)) + unfolded.view(n, c * block**2, -1).sum(-1)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.n_heads, self.scale = 2, 4**-0.5
        self.qkv = nn.Linear(8, 24)
        self.proj = nn.Linear(8, 8)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.n_heads, C // self.n_heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        attn = (q @ k.transpose(-2, -1)) * self.scale
        if mask is not None:
            attn = attn.masked_fill(mask == 0, float("-inf"))
        attn = attn.softmax(dim=-1)
        x = (attn @ v).transpose(1, 2).reshape(B, N, C)
        return self.proj(x), attn if mask is not None else None


case(rand(2, 3, 8), torch.ones(3, 3).tril())(Attention)


class Ema(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.momentum: float | None = 0.1

    def forward(self, x: Tensor | list[Tensor]) -> Tensor:
        x = torch.stack(x).mean(0) if isinstance(x, list) else x
        if x.ndim > 1:
            x = x.flatten(1).mean(0)
        return (x - self.mean) / (x.std() + 1e-5)


case(rand(4, 3))(Ema)


# -- geometry and images ---------------------------------------------------------------------------------------------


@case(rand(4, 4))
def quaternion_to_matrix(quaternions: Tensor) -> Tensor:
    r, i, j, k = torch.unbind(quaternions, -1)
    two_s = 2.0 / (quaternions * quaternions).sum(-1)
    o = torch.stack(
        (
            1 - two_s * (j * j + k * k), two_s * (i * j - k * r), two_s * (i * k + j * r),
            two_s * (i * j + k * r), 1 - two_s * (i * i + k * k), two_s * (j * k - i * r),
            two_s * (i * k - j * r), two_s * (j * k + i * r), 1 - two_s * (i * i + j * j),
        ),
        -1,
    )  # fmt: skip
    return o.reshape((*quaternions.shape[:-1], 3, 3))


@case(rand(1, 2, 4, 4), rand(1, 2, 4, 4))
def warp(x: Tensor, flow: Tensor) -> Tensor:
    b, _, h, w = x.size()
    ys, xs = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    grid = torch.stack((xs, ys), 0).float().unsqueeze(0).expand(b, -1, -1, -1) + flow
    gx = 2.0 * grid[:, 0] / max(w - 1, 1) - 1.0
    gy = 2.0 * grid[:, 1] / max(h - 1, 1) - 1.0
    return F.grid_sample(x, torch.stack((gx, gy), dim=3), align_corners=True)


@case(rand(1, 1, 8, 8))
def ssim_window(x: Tensor) -> Tensor:
    coords = torch.arange(5, dtype=torch.float32) - 2
    g = torch.exp(-(coords**2) / (2 * 1.5**2))
    g = (g / g.sum()).reshape(1, 1, 1, -1)
    out = F.conv2d(F.conv2d(x, g), g.transpose(2, 3))
    return F.avg_pool2d(out, 2) + F.adaptive_avg_pool2d(out, (2, 2))


@case(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
def chw_to_uint8(x: np.ndarray) -> np.ndarray:
    lo, hi = float(np.percentile(x, 2)), float(np.percentile(x, 98))
    y = np.clip((x - lo) / max(hi - lo, 1e-6), 0, 1)
    return (y.transpose(1, 2, 0) * 255).round().astype(np.uint8)


@case(np.array([[0, 1, 1], [2, 1, 0]]), np.array([[0, 1, 2], [2, 1, 1]]))
def confusion(pred: np.ndarray, label: np.ndarray) -> np.ndarray:
    n = 3
    mask = (label >= 0) & (label < n)
    hist = np.bincount(n * label[mask].astype(int) + pred[mask], minlength=n**2).reshape(n, n)
    return np.diag(hist) / (hist.sum(1) + hist.sum(0) - np.diag(hist))


@case(np.array([1.0, 3.0, 2.0]), np.array([2.0, 2.0, 2.0]))
def cosine_similarity(a: np.ndarray, b: np.ndarray) -> Any:
    return np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)), np.linalg.norm(a, ord=1)
