"""Writes fixtures/torchvision.npz: what torchvision's own operators give, for tests on machines that lack it.

    python tools/make_torchvision_golden.py

Needs torchvision with its C++ operators; CI needs only the file. ``calls`` is JSON: the version, the schemas, and for
each call the kind, its operands and its results, where ``{"array": [dtype, sizes, first, length]}`` stands for
elements whose bytes lie in ``data``.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

FILE = Path(__file__).resolve().parent.parent / "fixtures/torchvision.npz"
KINDS = ("nms", "roi_align", "roi_pool", "ps_roi_align", "ps_roi_pool", "deform_conv2d")
RNG = np.random.default_rng(5)

Call = tuple[str, list[Any]]


def boxes(count: int, dtype: Any, high: float, wide: float) -> Any:
    """Boxes that partly lie outside of the image."""
    corners = RNG.uniform(-3, [wide + 3, high + 3], (count, 2, 2))
    return np.sort(corners, 1).reshape(count, 4).astype(dtype)


def rois(count: int, dtype: Any, images: int, high: float, wide: float) -> Any:
    numbers = RNG.integers(0, images, (count, 1)).astype(dtype)
    return np.concatenate([numbers, boxes(count, dtype, high, wide)], 1)


def kept_boxes() -> Iterator[Call]:
    for dtype, count, threshold in itertools.product(
        (np.float32, np.float64), (0, 1, 7, 60), (0.0, 0.3, 0.7)
    ):
        scores = np.round(RNG.random(count), 1).astype(dtype)  # some are equal
        yield "nms", [boxes(count, dtype, 20, 20), scores, threshold]
    odd = boxes(6, np.float32, 9, 9)
    odd[1, 2], odd[3] = np.nan, odd[3, [2, 3, 0, 1]]
    yield "nms", [odd, np.array([0.5, np.nan, 0.7, np.inf, 0.7, -np.inf], np.float32), 0.4]


def regions() -> Iterator[Call]:
    for dtype, scale, size in itertools.product(
        (np.float32, np.float64, np.float16), (1.0, 0.3), ((1, 2), (3, 2))
    ):
        x = RNG.standard_normal((2, 6, 7, 8)).astype(dtype)
        where = rois(5, dtype, 2, 7 / scale, 8 / scale)
        where[1, [1, 3]] = where[1, [3, 1]]  # a box of negative width
        for ratio, aligned in itertools.product((-1, 2, 3), (True, False)):
            if aligned or ratio != 3:  # torchvision fails to count the points of a negative width
                given = where if ratio > 0 else np.delete(where, 1, 0)
                yield "roi_align", [x, given, scale, *size, ratio, aligned]
        yield "ps_roi_align", [x, where, scale, *size, 2]
        yield "ps_roi_align", [x, np.delete(where, 1, 0), scale, *size, -1]
        yield "roi_pool", [x, where, scale, *size]
        yield "ps_roi_pool", [x, where, scale, *size]
    x = RNG.standard_normal((1, 2, 5, 5)).astype(np.float32)
    x[0, 0, 0, 0], x[0, 1, 2, :], x[0, 0, 4] = -np.inf, np.nan, np.inf
    where = np.array([[0, 0, 0, 4, 4], [0, 3, 3, 9, 9], [0, 7, 7, 9, 9]], np.float32)
    yield "roi_align", [x, where, 1.0, 2, 2, 2, True]
    yield "roi_pool", [x, where, 1.0, 2, 2]
    yield "roi_align", [x, where[:0], 1.0, 2, 2, 2, False]


def convolutions() -> Iterator[Call]:
    for dtype, groups, offset_groups, masked, step in itertools.product(
        (np.float32, np.float64, np.float16), (1, 2), (1, 2), (True, False), (1, 2)
    ):
        x = RNG.standard_normal((2, 4, 7, 6)).astype(dtype)
        weight = RNG.standard_normal((6, 4 // groups, 3, 2)).astype(dtype)
        pad, dilation = step - 1, 3 - step
        out = ((7 + 2 * pad - 2 * dilation - 1) // step + 1, 5)
        offset = (RNG.standard_normal((2, 2 * offset_groups * 6, *out)) * 3).astype(dtype)
        mask = RNG.random((2, offset_groups * 6, *out)).astype(dtype)
        unused = np.zeros((2, 1), dtype)
        bias = RNG.standard_normal(6).astype(dtype)
        yield "deform_conv2d", [
            x, weight, offset, mask if masked else unused, bias, step, 1, pad, 0, dilation, 1,
            groups, offset_groups, masked,
        ]  # fmt: skip


def main() -> None:
    import torchvision

    data = bytearray()
    places: dict[bytes, int] = {}

    def kept(value: Any) -> Any:
        if not isinstance(value, (np.ndarray, torch.Tensor)):
            return value
        array = np.ascontiguousarray(value)
        content = array.tobytes()
        if content not in places:
            places[content] = len(data)
            data.extend(content)
        return {"array": [array.dtype.name, array.shape, places[content], len(content)]}

    calls = []
    for kind, operands in itertools.chain(kept_boxes(), regions(), convolutions()):
        given = [torch.from_numpy(v) if isinstance(v, np.ndarray) else v for v in operands]
        found = getattr(torch.ops.torchvision, kind)(*given)
        results = found if isinstance(found, tuple) else (found,)
        calls.append([kind, [kept(v) for v in operands], [kept(v) for v in results]])
    schemas = [str(getattr(torch.ops.torchvision, kind).default._schema) for kind in KINDS]
    head = {"torchvision": torchvision.__version__, "schemas": schemas, "calls": calls}
    text = np.frombuffer(json.dumps(head).encode(), np.uint8)
    np.savez_compressed(FILE, calls=text, data=np.frombuffer(bytes(data), np.uint8))
    print(f"{FILE.name}: {len(calls)} calls, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
