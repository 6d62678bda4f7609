"""Models with the control flow that scripting is for: decoders with caches, searches, decodes, loops that end early.

Each is written as its users write it; ``MODELS`` has a maker and inputs for each. Sampling draws from numbers that are
passed in, so that a run can be repeated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class CachedAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.head_width = width // heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def split(self, x: Tensor) -> Tensor:
        batch, length, _ = x.shape
        return x.view(batch, length, self.heads, self.head_width).transpose(1, 2)

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        q, k, v = [self.split(part) for part in self.qkv(x).chunk(3, dim=-1)]
        offset = 0
        if past is not None:
            offset = past[0].size(2)
            k = torch.cat([past[0], k], dim=2)
            v = torch.cat([past[1], v], dim=2)
        scores = q @ k.transpose(-2, -1) / math.sqrt(self.head_width)
        positions = torch.arange(q.size(2)) + offset
        mask = torch.arange(k.size(2))[None, :] > positions[:, None]
        scores = scores.masked_fill(mask, float("-inf"))
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape)
        return self.out(mixed), (k, v)


class DecoderBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = CachedAttention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        y, present = self.attention(self.norm1(x), past)
        x = x + y
        return x + self.mlp(self.norm2(x)), present


class Decoder(nn.Module):
    """A GPT-2-like decoder whose ``forward`` samples: top-k, with temperature, until the end token or the limit."""

    def __init__(self, words: int = 29, width: int = 16, heads: int = 2, layers: int = 2) -> None:
        super().__init__()
        self.tokens = nn.Embedding(words, width)
        self.positions = nn.Embedding(64, width)
        self.blocks = nn.ModuleList([DecoderBlock(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, words)
        self.end = 0

    def logits(
        self, ids: Tensor, cache: list[tuple[Tensor, Tensor]] | None
    ) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        offset = cache[0][0].size(2) if cache is not None else 0
        x = self.tokens(ids) + self.positions(torch.arange(ids.size(1)) + offset)
        presents: list[tuple[Tensor, Tensor]] = []
        for i, block in enumerate(self.blocks):
            past = cache[i] if cache is not None else None
            x, present = block(x, past)
            presents.append(present)
        return self.head(self.norm(x[:, -1])) * 3.0, presents

    def choose(self, logits: Tensor, k: int, temperature: float, u: float) -> int:
        values, indices = (logits / temperature).topk(k)
        total = values.softmax(-1).cumsum(-1)
        for i in range(k):
            if float(total[i]) >= u:
                return int(indices[i])
        return int(indices[k - 1])

    def forward(
        self, prompt: list[int], uniforms: list[float], k: int = 5, temperature: float = 1.0
    ) -> list[int]:
        out = list(prompt)
        ids = torch.tensor([prompt])
        cache: list[tuple[Tensor, Tensor]] | None = None
        step = 0
        while step < len(uniforms):
            logits, cache = self.logits(ids, cache)
            token = self.choose(logits[0], k, temperature, uniforms[step])
            step += 1
            out.append(token)
            if token == self.end:
                break
            ids = torch.tensor([[token]])
        return out


class Hypothesis(NamedTuple):
    tokens: list[int]
    score: float
    finished: bool = False


class BeamSearch(nn.Module):
    """Beam search over a small recurrent language model, with length normalisation."""

    def __init__(self, words: int = 11, width: int = 8) -> None:
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.cell = nn.GRUCell(width, width)
        self.out = nn.Linear(width, words)
        self.end = 1

    def score(self, tokens: list[int], state: Tensor) -> tuple[Tensor, Tensor]:
        h = self.cell(self.embed(torch.tensor([tokens[-1]])), state)
        return F.log_softmax(self.out(h) * 6.0, dim=-1)[0], h

    def forward(self, start: int, beams: int, steps: int) -> tuple[list[list[int]], list[float]]:
        live = [Hypothesis([start], 0.0)]
        states: list[Tensor] = [torch.zeros(1, 8)]
        done: list[Hypothesis] = []
        for _ in range(steps):
            found: list[tuple[float, int, int]] = []
            next_states: list[Tensor] = []
            for n, beam in enumerate(live):
                scores, h = self.score(beam.tokens, states[n])
                next_states.append(h)
                values, indices = scores.topk(beams)
                for j in range(beams):
                    found.append((beam.score + float(values[j]), n, int(indices[j])))
            found.sort(reverse=True)
            kept: list[Hypothesis] = []
            kept_states: list[Tensor] = []
            for score, n, token in found[:beams]:
                grown = Hypothesis([*live[n].tokens, token], score, token == self.end)
                if grown.finished:
                    done.append(grown)
                else:
                    kept.append(grown)
                    kept_states.append(next_states[n])
            if not kept:
                break
            live, states = kept, kept_states
        ranked = sorted(done + live, key=lambda h: h.score / len(h.tokens), reverse=True)
        return [h.tokens for h in ranked], [h.score for h in ranked]


def box_iou(a: Tensor, b: Tensor) -> Tensor:
    area_a = (a[:, 2] - a[:, 0]) * (a[:, 3] - a[:, 1])
    area_b = (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])
    low = torch.max(a[:, None, :2], b[:, :2])
    high = torch.min(a[:, None, 2:], b[:, 2:])
    size = (high - low).clamp(min=0)
    both = size[..., 0] * size[..., 1]
    return both / (area_a[:, None] + area_b - both)


def nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    order = scores.argsort(descending=True)
    keep: list[Tensor] = []
    while order.numel() > 0:
        best = order[0]
        keep.append(best)
        if order.numel() == 1:
            break
        rest = order[1:]
        iou = box_iou(boxes[best][None], boxes[rest])[0]
        order = rest[iou <= threshold]
    if len(keep) == 0:
        return torch.zeros(0, dtype=torch.int64)
    return torch.stack(keep)


class Detector(nn.Module):
    """A tiny detector head: scores, a threshold, NMS for each class, results as a dict."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.classes = classes
        self.head = nn.Linear(8, classes + 4)
        self.names = ["cat", "dog", "bird"]

    def forward(self, features: Tensor, threshold: float = 0.3) -> dict[str, Tensor]:
        y = self.head(features)
        scores = y[:, : self.classes].sigmoid()
        centers, sizes = y[:, self.classes :].split(2, dim=1)
        sizes = sizes.exp()
        boxes = torch.cat([centers - sizes / 2, centers + sizes / 2], dim=1)
        out: dict[str, Tensor] = {}
        for c in range(self.classes):
            picked = scores[:, c] > threshold
            if not picked.any():
                continue
            kept = nms(boxes[picked], scores[picked, c], 0.5)
            out[self.names[c]] = torch.cat(
                [boxes[picked][kept], scores[picked, c][kept, None]], dim=1
            )
        return out


class GreedyCtc(nn.Module):
    """Frames to text: the best symbol of each frame, repeats and blanks removed."""

    def __init__(self, alphabet: str = "_abcde ") -> None:
        super().__init__()
        self.alphabet = alphabet
        self.proj = nn.Linear(5, len(alphabet))
        self.blank = 0

    def forward(self, frames: Tensor, lengths: list[int]) -> list[str]:
        best = self.proj(frames).argmax(-1)
        texts: list[str] = []
        for row, length in zip(best, lengths, strict=True):
            text = ""
            last = -1
            for t in range(length):
                symbol = int(row[t])
                if symbol != last and symbol != self.blank:
                    text += self.alphabet[symbol]
                last = symbol
            texts.append(" ".join(text.split()))
        return texts


class EarlyExitLstm(nn.Module):
    """An LSTM cell that reads until it is sure."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(4, 6)
        self.head = nn.Linear(6, 3)

    def forward(self, x: Tensor, sure: float) -> tuple[Tensor, int]:
        h = torch.zeros(x.size(1), 6)
        c = torch.zeros(x.size(1), 6)
        for t in range(x.size(0)):
            h, c = self.cell(x[t], (h, c))
            p = self.head(h).softmax(-1)
            if p.max(dim=-1).values.min() > sure:
                return p, t + 1
        return self.head(h).softmax(-1), x.size(0)


def walk(
    tree: list[list[list[float]]], depth_weights: tuple[float, float, float]
) -> dict[str, float]:
    """A walk over nested lists: sums, extremes, and where they were."""
    total = 0.0
    largest: float | None = None
    where = ""
    count = 0
    for i, branch in enumerate(tree):
        if not branch:
            total -= depth_weights[0]
            continue
        for j, leaves in enumerate(branch):
            for k, value in enumerate(leaves):
                if math.isnan(value):
                    break
                total += value * depth_weights[2] + j * depth_weights[1]
                count += 1
                if largest is None or value > largest:
                    largest = value
                    where = f"{i}.{j}.{k}"
            else:
                count += 100
    return {"total": total, "largest": largest if largest is not None else -1.0,
            "count": float(count), "where": float(len(where))}  # fmt: skip


def viterbi(emissions: Tensor, transitions: Tensor, start: Tensor) -> tuple[list[int], float]:
    """The best path of a linear-chain CRF."""
    score = start + emissions[0]
    history: list[Tensor] = []
    for t in range(1, emissions.size(0)):
        best, back = (score[:, None] + transitions + emissions[t][None, :]).max(dim=0)
        history.append(back)
        score = best
    last = int(score.argmax())
    path = [last]
    for back in reversed(history):
        last = int(back[last])
        path.append(last)
    path.reverse()
    return path, float(score.max())


def edit_distance(a: str, b: str) -> int:
    """Levenshtein's distance, a row at a time."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        left, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            left, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, left + (x != y))
    return row[-1]


class Vad(nn.Module):
    """Voice activity by energy, with hysteresis: state lasts from call to call."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("level", torch.zeros(1))
        self.speaking = False
        self.quiet = 0
        self.begin = -1
        self.frame = 0

    def forward(self, samples: Tensor) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for piece in samples.split(4):
            if piece.size(0) < 4:
                break
            self.level = 0.5 * self.level + 0.5 * piece.pow(2).mean()
            loud = bool(self.level > 0.3)
            if loud:
                self.quiet = 0
                if not self.speaking:
                    self.speaking = True
                    self.begin = self.frame
            elif self.speaking:
                self.quiet += 1
                if self.quiet >= 2:
                    self.speaking = False
                    found.append((self.begin, self.frame))
            self.frame += 1
        return found


def components(grid: list[list[int]]) -> tuple[int, list[int]]:
    """Connected components of the cells that are not 0, by union and find."""
    height, width = len(grid), len(grid[0])
    parent = list(range(height * width))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for y in range(height):
        for x in range(width):
            if grid[y][x] == 0:
                continue
            for dy, dx in ((0, 1), (1, 0)):
                if y + dy < height and x + dx < width and grid[y + dy][x + dx] != 0:
                    a, b = find(y * width + x), find((y + dy) * width + x + dx)
                    if a != b:
                        parent[max(a, b)] = min(a, b)
    sizes: dict[int, int] = {}
    for y in range(height):
        for x in range(width):
            if grid[y][x] != 0:
                root = find(y * width + x)
                sizes[root] = sizes.get(root, 0) + 1
    return len(sizes), sorted(sizes.values(), reverse=True)


class WordPiece(nn.Module):
    """A tokenizer in front of an embedding: text in, one vector out."""

    def __init__(self) -> None:
        super().__init__()
        pieces = ["[UNK]", "un", "happi", "##ness", "##ly", "##happi", "the", "dog", "##s"]
        self.vocabulary = {piece: i for i, piece in enumerate(pieces)}
        self.embed = nn.Embedding(len(pieces), 4)

    def pieces(self, word: str) -> list[int]:
        out: list[int] = []
        start = 0
        while start < len(word):
            end = len(word)
            found = -1
            while end > start:
                piece = ("##" if start > 0 else "") + word[start:end]
                if piece in self.vocabulary:
                    found = self.vocabulary[piece]
                    break
                end -= 1
            if found < 0:
                return [self.vocabulary["[UNK]"]]
            out.append(found)
            start = end
        return out

    def forward(self, text: str) -> tuple[list[int], Tensor]:
        ids = [i for word in text.lower().split() for i in self.pieces(word)]
        if not ids:
            raise ValueError("there is no word in " + repr(text))
        return ids, self.embed(torch.tensor(ids)).mean(0)


def noise(*sizes: int, seed: int = 0) -> Tensor:
    return torch.randn(sizes, generator=torch.Generator().manual_seed(seed))


def uniforms(count: int, seed: int) -> list[float]:
    generator = torch.Generator().manual_seed(seed)
    return [float(v) for v in torch.rand(count, generator=generator)]


_GRID = [[1, 1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 1], [1, 0, 1, 1]]

# name: a maker of what is scripted, and the arguments of its calls in turn
MODELS: dict[str, tuple[Callable[[], Any], list[tuple[Any, ...]]]] = {
    "decoder": (Decoder, [([3, 7, 1], uniforms(12, 0)), ([5], uniforms(20, 1), 3, 0.7), ([9, 9], [])]),
    "beam_search": (BeamSearch, [(2, 3, 5), (0, 1, 4), (4, 4, 1)]),
    "detector": (Detector, [(noise(20, 8),), (noise(7, 8, seed=1), 0.6), (noise(0, 8),)]),
    "greedy_ctc": (GreedyCtc, [(noise(2, 30, 5), [30, 11]), (noise(1, 4, 5), [0]), (noise(2, 3, 5), [1])]),
    "early_exit_lstm": (EarlyExitLstm, [(noise(9, 2, 4), 0.2), (noise(9, 2, 4), 0.35), (noise(0, 1, 4), 0.9)]),
    "walk": (lambda: walk, [
        ([[[1.0, 2.5], [3.0]], [], [[float("nan"), 9.0], [4.0, -1.0]]], (0.5, 0.25, 2.0)), ([], (1.0, 1.0, 1.0)),
    ]),
    "viterbi": (lambda: viterbi, [
        (noise(6, 3), noise(3, 3, seed=1), noise(3, seed=2)), (noise(1, 2), noise(2, 2), noise(2)),
    ]),
    "edit_distance": (lambda: edit_distance, [("kitten", "sitting"), ("", "abc"), ("naïve", "naive")]),
    "vad": (Vad, [
        (torch.cat([noise(20), torch.zeros(40), noise(12)]),), (noise(40, seed=1) * 0.1,), (noise(37) * 2,),
    ]),
    "components": (lambda: components, [(_GRID,), ([[0, 0]],)]),
    "word_piece": (WordPiece, [("The dogs unhappiness",), ("xyz unhappily",), ("  ",)]),
}  # fmt: skip


def make(name: str) -> Any:
    """What is scripted: a function, or a module in eval mode with the same weights each time."""
    torch.manual_seed(0)
    made = MODELS[name][0]()
    return made.eval() if isinstance(made, nn.Module) else made
