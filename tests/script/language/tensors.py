"""Section 1.4: Tensor attributes, casts and functions."""

from typing import Dict, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.4", "Tensor attributes and functions")

X = torch.arange(6.0).reshape(2, 3) - 2
C = torch.complex(X, X + 1)


def tensor_shape(x: Tensor) -> Tuple[int, int, List[int]]:
    return x.dim(), x.numel(), list(x.shape)


rows.add(tensor_shape, "`dim()`, `numel()`, `shape`", X)


def tensor_size(x: Tensor) -> List[int]:
    sizes = x.size()
    return [sizes[0], x.size(-1), x.ndim, x.stride(0), x.element_size(), x.nbytes, x.itemsize]


rows.add(tensor_size, "`size()`, `ndim`, `stride()`, `nbytes`", X)


def tensor_size_unpacked(x: Tensor) -> Tensor:
    batch, features = x.size()
    return x.reshape(batch * features).view(features, batch)


rows.add(tensor_size_unpacked, "`a, b = x.size()`", X)


def tensor_flags(x: Tensor) -> List[bool]:
    return [
        x.is_cuda,
        x.is_floating_point(),
        x.is_complex(),
        x.is_contiguous(),
        x.t().is_contiguous(),
    ]


rows.add(tensor_flags, "`is_cuda`, `is_floating_point()` and the like", X, X.long())


def tensor_transposes(x: Tensor) -> Tensor:
    return x.T + x.t() + x.mT


rows.add(tensor_transposes, "`T`, `t()`, `mT`", X)


def tensor_complex_parts(z: Tensor) -> Tensor:
    return z.real * 2 + z.imag + z.abs()


rows.add(tensor_complex_parts, "`real`, `imag`", C)


def tensor_data(x: Tensor) -> Tensor:
    return x.data + x.detach()


rows.add(tensor_data, "`data`, `detach()`", X)


def tensor_requires_grad(x: Tensor) -> bool:
    return x.requires_grad


rows.add(tensor_requires_grad, "`requires_grad` is False", X)


def tensor_casts(x: Tensor) -> List[Tensor]:
    return [x.int(), x.long(), x.float(), x.double(), x.bool(), x.half(), x.to(torch.uint8)]


rows.add(tensor_casts, "`int()`, `long()`, `double()`, `to(dtype)`", X.abs())


def tensor_type_as(x: Tensor, y: Tensor) -> Tensor:
    return x.type_as(y) + y.to(x.dtype).to(y)


rows.add(tensor_type_as, "`type_as`, `to(other)`", (X, torch.tensor([1, 2, 3])))


def tensor_type_call(x: Tensor) -> Tensor:
    return x.type(torch.int32)


rows.add(tensor_type_call, "`type(dtype)`", X)


def tensor_item(x: Tensor) -> Tuple[float, int]:
    return float(x[0, 0].item()), int(x[1, 1])


rows.add(tensor_item, "`item()`", X)


def tensor_item_of_many(x: Tensor) -> float:
    return float(x)


rows.add(tensor_item_of_many, "`float(x)` of several elements", X, any_error=True)


def tensor_tolist(x: Tensor) -> List[List[float]]:
    values: List[List[float]] = x.tolist()
    return values


rows.add(tensor_tolist, "`tolist()` into an annotated name", X)


def tensor_tolist_inferred(x: Tensor) -> int:
    values = x.tolist()
    return len(values)


rows.add(
    tensor_tolist_inferred,
    "`tolist()` without an annotation",
    X,
    refused="rank and dtype decide the type of the lists, and are unknown; annotate the name",
    code="TSX3071",
)


def make_tensor(n: int, x: float) -> List[Tensor]:
    return [
        torch.tensor([n, 2]),
        torch.tensor(x),
        torch.tensor([[x, 1.0], [2.0, x]]),
        torch.tensor([True, n > 1]),
    ]


rows.add(make_tensor, "`torch.tensor` of numbers and lists", (3, 0.5))


def make_tensor_dtype(values: List[int]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64) + torch.as_tensor(values)


rows.add(make_tensor_dtype, "`torch.tensor(list, dtype=)`, `as_tensor`", ([1, 2],))


def creation(n: int) -> List[Tensor]:
    return [
        torch.zeros(n, 2), torch.ones([n]), torch.full([2, n], 7), torch.full((2,), 0.5), torch.eye(n),
        torch.arange(n), torch.arange(1, 2 * n, 2), torch.arange(0.0, 1.0, 0.25), torch.linspace(0, 1, n),
        torch.empty(0, n), torch.zeros(n, dtype=torch.long),
    ]  # fmt: skip


rows.add(creation, "`zeros`, `ones`, `full`, `eye`, `arange`, `linspace`", 3)


def creation_like(x: Tensor) -> List[Tensor]:
    return [
        torch.zeros_like(x),
        torch.ones_like(x),
        torch.full_like(x, 3),
        x.new_zeros(2),
        x.new_full([1, 2], 5.0),
        x.new_ones(x.size(0)),
    ]


rows.add(creation_like, "`zeros_like`, `new_zeros` and the like", X)


def joining(x: Tensor) -> List[Tensor]:
    return [
        torch.cat([x, x + 1], dim=1),
        torch.stack((x, -x)),
        torch.cat((x, x)),
        torch.hstack([x, x]),
    ]


rows.add(joining, "`cat`, `stack`, `hstack` of lists and tuples", X)


def splitting(x: Tensor) -> List[Tensor]:
    a, b = torch.chunk(x, 2, dim=0)
    parts = torch.split(x, 2, dim=1)
    return [a, b, parts[0], parts[-1], *torch.unbind(x)]


rows.add(splitting, "`chunk`, `split`, `unbind`", X)


def reductions(x: Tensor) -> List[Tensor]:
    return [
        x.sum(),
        x.mean(dim=1),
        x.max(),
        x.argmax(1),
        x.std(),
        x.prod(dim=0),
        x.any(),
        (x > -3).all(),
        x.norm(),
        x.cumsum(1),
    ]


rows.add(reductions, "reductions", X)


def max_dim(x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    best = x.max(dim=1)
    low, where = x.min(dim=0, keepdim=True)
    return best.values, best[1], low + where


rows.add(max_dim, "`max(dim)` and its named results", X)


def sorting(x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    values, order = x.sort(dim=1, descending=True)
    top, where = x.topk(2)
    return values, order, top + where + x.argsort(1)[:, :2]


rows.add(sorting, "`sort`, `topk`, `argsort`", X)


def where_and_masks(x: Tensor) -> List[Tensor]:
    return [
        torch.where(x > 0, x, -x),
        torch.where(x > 0, 1.0, 0.0),
        x.masked_fill(x < 0, -1.0),
        torch.nonzero(x),
        x.clamp(-1, 2),
    ]


rows.add(where_and_masks, "`where`, `masked_fill`, `nonzero`, `clamp`", X)


def gathers(x: Tensor, i: Tensor) -> List[Tensor]:
    return [
        x.gather(1, i),
        x.index_select(1, i[0]),
        torch.take_along_dim(x, i, 1),
        torch.zeros(2, 3).scatter(1, i, 5.0),
    ]


rows.add(gathers, "`gather`, `index_select`, `scatter`", (X, torch.tensor([[0, 2], [1, 1]])))


def shapes(x: Tensor) -> List[Tensor]:
    return [
        x.view(-1),
        x.reshape(3, -1),
        x.permute(1, 0),
        x.unsqueeze(0).squeeze(0),
        x.expand(2, 2, 3),
        x.repeat(1, 2),
        x.flatten(),
        x.transpose(0, 1),
        x.flip(0),
        torch.roll(x, 1, 1),
    ]


rows.add(shapes, "`view`, `permute`, `expand`, `repeat`, `flatten`, `roll`", X)


def broadcasting(x: Tensor) -> Tensor:
    a = x.unsqueeze(1)
    b = x.unsqueeze(0)
    return (a - b).pow(2).sum(-1).sqrt()


rows.add(broadcasting, "pairwise distances by broadcasting", X)


def einsum_call(x: Tensor) -> Tensor:
    return torch.einsum("ij,kj->ik", x, x)


rows.add(einsum_call, "`torch.einsum`", X)


def functional_calls(x: Tensor, w: Tensor, b: Optional[Tensor]) -> Tensor:
    y = F.linear(x, w, b)
    y = F.layer_norm(y, [4])
    return F.log_softmax(F.dropout(y, 0.5, False), dim=-1)


rows.add(
    functional_calls,
    "`F.linear`, `F.layer_norm`, `F.dropout`",
    (X, torch.ones(4, 3), None),
    (X, torch.ones(4, 3), torch.ones(4)),
)


def functional_conv(x: Tensor, w: Tensor) -> Tensor:
    y = F.conv2d(x, w, padding=1, stride=(2, 1))
    return F.interpolate(F.max_pool2d(y, 2, ceil_mode=True), scale_factor=2.0, mode="nearest")


rows.add(
    functional_conv,
    "`F.conv2d`, `F.max_pool2d`, `F.interpolate`",
    (torch.arange(48.0).reshape(1, 3, 4, 4), torch.ones(2, 3, 3, 3)),
)


def functional_one_hot(i: Tensor) -> Tensor:
    return F.one_hot(i, 4).float() @ F.embedding(torch.tensor([0, 1, 2, 3]), torch.eye(4))


rows.add(functional_one_hot, "`F.one_hot`, `F.embedding`", torch.tensor([0, 2, 3]))


def functional_attention(q: Tensor, k: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, k, is_causal=True) + F.normalize(q, dim=-1)


rows.add(
    functional_attention,
    "`F.scaled_dot_product_attention`, `F.normalize`",
    (torch.randn(1, 2, 3, 4, generator=torch.Generator().manual_seed(0)), torch.ones(1, 2, 3, 4)),
)


def in_place_methods(x: Tensor) -> Tensor:
    y = x.clone()
    y.add_(1).mul_(2)
    y[0].zero_()
    y.clamp_(min=-1).relu_()
    return y


rows.add(in_place_methods, "methods that write, in a chain", X)


def in_place_argument(x: Tensor) -> Tensor:
    x.add_(1)
    return x * 2


rows.add(in_place_argument, "writing to a parameter", X)


def views_alias(x: Tensor) -> Tuple[Tensor, Tensor]:
    base = x.clone()
    view = base.view(-1)[2:4]
    view *= 10
    base[0, 2] += 1
    return base, view


rows.add(views_alias, "a view sees writes, and writes are seen", X)


def out_argument(x: Tensor) -> Tensor:
    y = torch.zeros_like(x)
    torch.add(x, 1, out=y)
    return y


rows.add(out_argument, "`out=`", X)


def linalg(x: Tensor) -> List[Tensor]:
    return [
        torch.linalg.norm(x),
        torch.mm(x, x.t()),
        torch.bmm(x[None], x.t()[None]),
        torch.outer(x[0], x[1]),
        torch.dot(x[0], x[1]),
    ]


rows.add(linalg, "`torch.linalg.norm`, `mm`, `bmm`, `outer`, `dot`", X)


def fft(x: Tensor) -> Tensor:
    return torch.fft.rfft(x, dim=1).abs() + torch.view_as_real(torch.fft.fft(x)).sum()


rows.add(fft, "`torch.fft`", X)


def dtype_promotion(x: Tensor, i: Tensor) -> List[Tensor]:
    return [
        x + i,
        i / 2,
        i * 2.5,
        i + True,
        x.half() + x,
        i // 2,
        i.float().mean(),
        torch.add(i, i, alpha=2),
    ]


rows.add(dtype_promotion, "dtypes are promoted as torch does", (X, torch.tensor([1, 2, 3])))


def dtype_constants(x: Tensor) -> Tensor:
    info = torch.finfo(torch.float32)
    return x.masked_fill(x < 0, info.min).clamp(min=-1e4) + info.eps


rows.add(dtype_constants, "`torch.finfo(dtype)`", X)


def dtype_of_attribute(x: Tensor) -> Tensor:
    if x.dtype == torch.float16 or x.dtype is torch.bfloat16:
        return x.float()
    return x.to(dtype=torch.float64)


rows.add(dtype_of_attribute, "a dtype decides a branch", X, X.half())


def shape_compared(x: Tensor, y: Tensor) -> bool:
    return x.shape == y.shape and x.shape[:1] == y.shape[:1]


rows.add(shape_compared, "shapes are compared", (X, X + 1), (X, X.t()))


def tensor_equal(x: Tensor, y: Tensor) -> List[bool]:
    return [torch.equal(x, y), torch.allclose(x, y), bool((x == y).all())]


rows.add(tensor_equal, "`torch.equal`, `torch.allclose`", (X, X.clone()), (X, X + 1))


def size_checks(x: Tensor) -> Tensor:
    torch._assert(x.dim() == 2, "expected two dimensions")
    if x.size(0) == 0 or x.numel() > 100:
        return x.new_zeros(0)
    return x


rows.add(size_checks, "`torch._assert`", X)


def is_scripting(x: Tensor) -> Tensor:
    if torch.jit.is_scripting() or torch.jit.is_tracing():
        return x + 1
    return x + 1.0


rows.add(is_scripting, "`torch.jit.is_scripting()`", X)


def fork_wait(x: Tensor) -> Tensor:
    future = torch.jit.fork(torch.relu, x)
    return torch.jit.wait(future) + 1


rows.add(fork_wait, "`torch.jit.fork` and `wait`", X)


def meshgrid(n: int) -> Tensor:
    a, b = torch.meshgrid(torch.arange(n), torch.arange(2), indexing="ij")
    return a * 10 + b


rows.add(meshgrid, "`torch.meshgrid`", 3)


def unique(x: Tensor) -> Tuple[Tensor, Tensor]:
    values, counts = torch.unique(x, return_counts=True)
    return values, counts


rows.add(unique, "`torch.unique(return_counts=True)`", torch.tensor([3, 1, 3, 2]))


def pad_sequences(parts: List[Tensor]) -> Tensor:
    longest = max([p.size(0) for p in parts])
    out = torch.zeros(len(parts), longest)
    for i, p in enumerate(parts):
        out[i, : p.size(0)] = p
    return out


rows.add(pad_sequences, "sequences are padded to one length", ([torch.ones(2), torch.ones(3)],))


def named_tensors(d: Dict[str, Tensor]) -> Tensor:
    total = torch.zeros([])
    for name, value in d.items():
        if name.startswith("w"):
            total += value.sum()
    return total


rows.add(named_tensors, "a dict of Tensors is walked", {"w1": X, "b": X, "w2": X + 1})


def random_numbers(n: int) -> int:
    return torch.rand(n, 2).size(0)


rows.add(random_numbers, "`torch.rand`", 3)


def numel_arithmetic(x: Tensor) -> float:
    return x.numel() / x.size(0) + x.sum().item()


rows.add(numel_arithmetic, "a number from `item()` in arithmetic", X)
