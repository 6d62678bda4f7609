"""Functions of models, of geometry and of images, as projects have them; see ``ordinary_code``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.script.ordinary_code import case, rand

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
