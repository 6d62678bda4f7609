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
