"""Tensors in an archive: the table and layout on the way out, lazily checked weights on the way in.

A weight of an archive reads its bytes on first use and checks them there, unless the load did it already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tsx.errors import fail
from tsx.ir.module import WeightData
from tsx.ops.dtypes import Array
from tsx.ops.weights import Weight, as_weight, digest_of, storage_dtype
from tsx.serialize.format import TENSOR_ALIGNMENT, TensorEntry, align
from tsx.serialize.source import Source


def lay_out(weights: Mapping[str, WeightData]) -> list[TensorEntry]:
    """The tensor table of ``weights``, by name; offsets count from the start of their section."""
    entries: list[TensorEntry] = []
    at = 0
    for name in sorted(weights):
        weight = as_weight(weights[name])
        at = align(at, TENSOR_ALIGNMENT)
        entry = TensorEntry(
            name, weight.dtype, weight.shape, at, weight.nbytes, weight.digest(), weight.quantization
        )  # fmt: skip
        entries.append(entry)
        at = entry.end
    return entries


def lazy_weights(source: Source, entries: Sequence[TensorEntry], check: bool) -> dict[str, Weight]:
    """Weights that read from ``source`` when used; ``check`` says whether they then compare digests."""
    weights: dict[str, Weight] = {}
    end = entries[0].offset if entries else 0
    for entry in entries:
        weights[entry.name] = _lazy_weight(source, entry, end, check)
        end = entry.end
    return weights


def _lazy_weight(source: Source, entry: TensorEntry, before: int, check: bool) -> Weight:
    def read() -> Array:
        data = source.view(entry.offset, entry.length)
        if check:
            _check(source, entry, before, data.data)
        stored = storage_dtype(entry.dtype)
        array = data.view(stored.newbyteorder("<")).reshape(entry.shape)
        return array.astype(stored, copy=False)

    return Weight.lazy(entry.dtype, entry.shape, entry.digest, read, entry.quantization)


def _check(source: Source, entry: TensorEntry, before: int, data: memoryview) -> None:
    """Compares the digest of a tensor, and that the padding after the one before it is zero."""
    if digest_of(entry.dtype, entry.shape, data, entry.quantization) != entry.digest:
        raise fail(
            "TSX6002", what=f"tensor {entry.name!r} does not match its digest", where=source.name
        )
    if any(source.read(before, entry.offset - before)):
        raise fail(
            "TSX6002", what=f"the padding before {entry.name!r} is not zero", where=source.name
        )
    if entry.dtype.torch_name == "bool" and np.frombuffer(data, np.uint8).max(initial=0) > 1:
        raise fail(
            "TSX6005", what=f"tensor {entry.name!r} holds a bool that is neither 0 nor 1",
            where=source.name,
        )  # fmt: skip
