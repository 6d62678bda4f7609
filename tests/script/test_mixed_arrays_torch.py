"""NumPy and torch in one function: each value means what its own library means by it, or the compiler says they mix."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import tsx
from tests.script.test_numpy import same
from tsx.capture.torch.arrays import to_numpy
from tsx.errors import Problems, TsxError

pytestmark = pytest.mark.torch

IMAGE = np.arange(12, dtype=np.float64).reshape(3, 4) ** 1.5


def tensor_of_image(img: np.ndarray) -> Tensor:
    return torch.from_numpy(img).std()


def both_spreads(img: np.ndarray) -> tuple[float, float]:
    t = torch.from_numpy(img)
    return float(img.std()), float(t.std())


def divided(img: np.ndarray) -> Any:
    counts = img.astype(np.int32)
    return counts / 2, torch.from_numpy(counts) / 2


def viewed(img: np.ndarray) -> Tensor:
    return torch.tensor(np.array([[1.0, 2.0], [3.0, 4.0]])).view(4) + torch.as_tensor(img).sum()


def back_again(x: Tensor) -> Any:
    a = x.numpy()
    return a.std(), x.std(), np.asarray(x).var(), a.reshape(-1)[::-1][:2]


def scale(x):
    return (x - x.mean()) / x.std()


def helper_for_both(img: np.ndarray) -> Any:
    return scale(img), scale(torch.from_numpy(img))


def in_lists(img: np.ndarray) -> Any:
    arrays = [img, img * 2]
    tensors = [torch.from_numpy(a) for a in arrays]
    found = []
    for t in tensors:
        found.append(t.std())
    return found, [a.std() for a in arrays]


def in_loops(img: np.ndarray, n: int) -> Any:
    t = torch.from_numpy(img)
    a = img
    for _ in range(n):
        t = t / t.std()
        a = a / a.std()
    return t, a


def in_branches(img: np.ndarray, on: bool) -> Tensor:
    if on:
        t = torch.from_numpy(img)
    else:
        t = torch.zeros(3) + torch.arange(3)
    return t.std()


def unannotated(img):
    img = np.clip(img, 0, 20)
    return img.std(), torch.from_numpy(img).std()


def unannotated_tensor(x):
    return x.std() / np.sqrt(64.0), torch.relu(x).var()


def scalars_of_numpy(img: np.ndarray) -> Any:
    t = torch.from_numpy(img).float()
    counts = torch.from_numpy(img.astype(np.int64))
    normal = torch.where(t > img.mean(), t, np.float32(2.0) * t)
    normal = (normal - np.mean(img)) / img.std() * np.sqrt(2.0)
    return (
        normal.std(),
        counts * np.sqrt(2.0),
        counts * img.max(),
        np.float32(2) * img.sum(),
        img.mean().dtype == img.dtype,
    )


def widest(img: np.ndarray) -> Any:
    best = np.max(img)
    for row in img:
        best = np.maximum(best, row)
    return best.std(), torch.from_numpy(best).std()


def optional(img: np.ndarray, other: np.ndarray | None = None) -> Any:
    if other is None:
        other = img * 2
    return other.std(), torch.from_numpy(other).std()


def listed(images: list[np.ndarray], more: dict[str, np.ndarray]) -> Any:
    tensors = torch.stack([torch.from_numpy(i) for i in images])
    return (
        tensors.std(),
        [i.std() for i in images],
        more["a"].std(),
        torch.from_numpy(more["a"]).var(),
    )


class Holder:
    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        self.tensor = torch.from_numpy(array)


def in_objects(img: np.ndarray) -> Any:
    held = Holder(img)
    return held.array.std(), held.tensor.std()


def picks(img: np.ndarray) -> Any:
    scores = torch.from_numpy(img)
    keep = (scores > 3).nonzero().squeeze(1)[:, 0].numpy()
    return img[keep].std(0), np.unique(keep)


def pair(img: np.ndarray) -> Any:
    return img, torch.from_numpy(img)


def in_tuples(img: np.ndarray) -> Any:
    a, t = pair(img)
    return a.std(), t.std(), pair(img)[1].var(), pair(img)[0].var()


def shares_memory(img: np.ndarray) -> np.ndarray:
    work = img.copy()
    t = torch.from_numpy(work)
    t += 1
    return work


class Processor(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64))

    def forward(self, img: np.ndarray) -> Any:
        t = torch.from_numpy(img) - self.mean
        return t.std(), (img - img.mean()).std(), self.mean.std()


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (tensor_of_image, (IMAGE,)), (both_spreads, (IMAGE,)), (divided, (IMAGE,)), (viewed, (IMAGE,)),
        (back_again, (torch.from_numpy(IMAGE),)), (helper_for_both, (IMAGE,)), (in_lists, (IMAGE,)),
        (in_loops, (IMAGE, 3)), (in_branches, (IMAGE, True)), (in_branches, (IMAGE, False)), (in_tuples, (IMAGE,)),
        (unannotated, (IMAGE,)), (unannotated_tensor, (torch.from_numpy(IMAGE),)), (optional, (IMAGE,)),
        (scalars_of_numpy, (IMAGE,)), (widest, (IMAGE,)),
        (optional, (IMAGE, IMAGE + 1)), (listed, ([IMAGE, IMAGE], {"a": IMAGE})), (in_objects, (IMAGE,)),
        (picks, (IMAGE,)), (shares_memory, (IMAGE,)), (Processor().eval(), (IMAGE,)),
    ],
)  # fmt: skip
def test_each_value_keeps_its_library(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    expected = to_numpy(function(*copy.deepcopy(args)))
    module = tsx.script(function)
    for program in (module, tsx.optimize(module, level=0), tsx.optimize(module)):
        same(program(*to_numpy(args)), expected)


def added(img: np.ndarray) -> Any:
    return torch.from_numpy(img) + img


def of_torch(img: np.ndarray) -> Any:
    return torch.relu(img)


def of_numpy(img: np.ndarray) -> Any:
    return np.sqrt(torch.from_numpy(img))


def either(img: np.ndarray, on: bool) -> Any:
    x = torch.from_numpy(img) if on else img
    return x.std()


@pytest.mark.parametrize("function", [added, of_torch, of_numpy, either])
def test_a_mixture_is_told(function: Callable[..., Any]) -> None:
    with pytest.raises(TsxError) as caught:
        tsx.script(function)
    found = caught.value
    assert (
        {p.code for p in found.problems} if isinstance(found, Problems) else found.code == "TSX3309"
    )
