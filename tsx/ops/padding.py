"""Padding: constant, reflect, replicate, circular. Pads come in pairs, the last dimension's first.

A negative pad crops.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import Shape, TensorType
from tsx.ops.abstract import dims_of, mismatch
from tsx.ops.bounds import at_least
from tsx.ops.checked import define
from tsx.ops.creation import filled
from tsx.ops.dtypes import Array, dtype_of
from tsx.ops.view_rules import tensor, text

_MODES = (
    "constant",
    "reflect",
    "replicate",
    "circular",
)  # in the order of torch's padding_mode codes


def constant_padded(x: Array, pad: Sequence[int], value: Any = 0) -> Array:
    """``x`` inside a larger tensor full of ``value``."""
    pairs = _pairs("constant_pad_nd", x.ndim, pad)
    sizes = [s + a + b for s, (a, b) in zip(x.shape, pairs, strict=True)]
    if any(size < 0 for size in sizes):
        raise fail("TSX4005", op="pad", expected="sizes of 0 or more", found=sizes)
    result = filled(sizes, value, dtype_of(x))
    source = tuple(
        slice(max(-a, 0), s - max(-b, 0)) for s, (a, b) in zip(x.shape, pairs, strict=True)
    )
    target = tuple(slice(max(a, 0), n - max(b, 0)) for n, (a, b) in zip(sizes, pairs, strict=True))
    result[target] = x[source]
    return result


def _pairs(op: str, rank: int, pad: Sequence[int]) -> list[tuple[int, int]]:
    """(before, after) of every dimension, the first one first."""
    if len(pad) % 2 or len(pad) > 2 * rank:
        raise fail("TSX4005", op=op, expected=f"at most {rank} pairs of pads", found=list(pad))
    named = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)]
    return [(0, 0)] * (rank - len(named)) + named[::-1]


def _sources(size: int, before: int, after: int, mode: str) -> Array:
    """Where each element of a padded dimension comes from."""
    places = np.arange(-before, size + after)
    if mode == "reflect":  # mirrored at both ends, which are not repeated
        return np.asarray(size - 1 - np.abs(size - 1 - np.abs(places)))
    if mode == "replicate":
        return np.asarray(np.clip(places, 0, size - 1))
    first, kept = max(-before, 0), size + min(before, 0) + min(after, 0)
    return first + (places - first) % max(kept, 1)  # what cropping left goes round, not the whole


def edge_padded(op: str, x: Array, pad: Sequence[int], mode: str) -> Array:
    """``x`` with its own elements around it, taken dimension by dimension."""
    pairs = _pairs(op, x.ndim, pad)
    result = x
    for axis, (before, after) in enumerate(pairs):
        size = x.shape[axis]
        if axis < x.ndim - len(pad) // 2:
            continue
        _check_pad(op, size, before, after, mode)
        result = np.take(result, _sources(size, before, after, mode), axis)
    return result if result is not x else x.copy()


def _check_pad(op: str, size: int, before: int, after: int, mode: str) -> None:
    limit = {"reflect": size - 1, "circular": size}.get(mode, 2**62)
    if (
        max(before, after) > limit
        or (size == 0 and (before > 0 or after > 0))
        or size + before + after < 0
    ):
        raise fail(
            "TSX4005",
            op=op,
            expected=f"pads of at most {limit} for a size of {size}",
            found=[before, after],
        )


def padded(x: Array, pad: list[int], mode: str, value: float | None) -> Array:
    """``torch.nn.functional.pad``."""
    if mode == "constant":
        return constant_padded(x, pad, 0 if value is None else value)
    if mode not in _MODES:
        raise fail("TSX4005", op="pad", expected=f"one of {', '.join(_MODES)}", found=repr(mode))
    if value not in (None, 0):
        raise fail("TSX4005", op="pad", expected=f"no value with mode {mode}", found=value)
    if len(pad) // 2 not in (x.ndim - 1, x.ndim - 2):
        raise fail(
            "TSX4005",
            op="pad",
            expected="pads for all but the first one or two dimensions",
            found=list(pad),
        )
    return edge_padded("pad", x, pad, mode)


def _pad_enum(x: Array, pad: list[int], mode: int, value: float | None) -> Array:
    if not 0 <= mode < len(_MODES):
        raise fail("TSX4005", op="_pad_enum", expected="a mode from 0 to 3", found=mode)
    return padded(x, pad, _MODES[mode], value)


def padded_shape(op: str, shape: Shape | None, pad: Abstract) -> Shape | None:
    """Sizes with the pads added."""
    pads = dims_of(pad)
    if shape is None:
        return None
    if pads is None:
        return (None,) * len(shape)
    if len(pads) % 2 or len(pads) > 2 * len(shape):
        raise mismatch(op, f"at most {len(shape)} pairs of pads", text(pads))
    sizes = list(shape)
    for i in range(len(pads) // 2):
        sizes[-1 - i] = _grown(op, sizes[-1 - i], pads[2 * i], pads[2 * i + 1])
    return tuple(sizes)


def _grown(op: str, size: Dim | None, before: Dim | None, after: Dim | None) -> Dim | None:
    if size is None or before is None or after is None:
        return None
    total = size + before + after
    if isinstance(total, int) and total < 0:
        raise mismatch(op, "sizes of 0 or more", total)
    return total if at_least(total, 0) else None


def _pad_rule(self: Abstract, pad: Abstract, *_: Abstract) -> Abstract:
    x = tensor(self)
    return TensorType(x.dtype, padded_shape("pad", x.shape, pad))


def _define_edge(kind: str, mode: str, rank: int) -> None:
    op = f"{kind}_pad{rank}d"

    def evaluate(x: Array, padding: list[int]) -> Array:
        if x.ndim not in (rank + 1, rank + 2):
            raise fail(
                "TSX4005",
                op=op,
                expected=f"a tensor of {rank + 1} or {rank + 2} dimensions",
                found=x.ndim,
            )
        return edge_padded(op, x, padding, mode)

    define(f"aten::{op}(Tensor self, SymInt[{2 * rank}] padding) -> Tensor", _pad_rule, evaluate)


def _pad_circular(x: Array, pad: list[int]) -> Array:
    return edge_padded("pad", x, pad, "circular")


define('aten::pad(Tensor self, SymInt[] pad, str mode="constant", float? value=None) -> Tensor',
       _pad_rule, padded)  # fmt: skip
define("aten::_pad_enum(Tensor self, SymInt[] pad, int mode, float? value=None) -> Tensor",
       _pad_rule, _pad_enum)  # fmt: skip
define("aten::_pad_circular(Tensor self, SymInt[] pad) -> Tensor", _pad_rule, _pad_circular)
define("aten::constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor",
       _pad_rule, constant_padded)  # fmt: skip
for _rank in (1, 2, 3):
    _define_edge("reflection", "reflect", _rank)
    _define_edge("replication", "replicate", _rank)
