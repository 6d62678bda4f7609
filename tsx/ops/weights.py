"""Weight: the bytes behind a tensor constant, in memory or still in the archive they came from.

A weight is immutable and knows its digest, so two weights with one digest are interchangeable. Those of an archive are
mapped and digest-checked on first use, so loading a large model touches none of its weights.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tsx.errors import fail
from tsx.ir.types import DType, TensorType
from tsx.ops.dtypes import Array, dtype_of, to_numpy

# Element types that NumPy has no arithmetic for are kept as the integers of their size (docs/archive.md, Tensors).
_STORED_AS: dict[DType, np.dtype[Any]] = {
    DType.COMPLEX32: np.dtype(np.uint32),
    DType.QINT8: np.dtype(np.int8),
    DType.QUINT8: np.dtype(np.uint8),
    DType.QINT32: np.dtype(np.int32),
}


@dataclass(frozen=True, slots=True)
class Quantization:
    """``real = scale * (stored - zero_point)``: one pair for the tensor, or one an index of dimension ``axis``."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int | None = None


class Weight:
    """A tensor constant: contiguous, row-major, read-only.

    Takes an array and keeps it without a copy when it is contiguous, so the caller must not write to it afterwards.
    A uint16 array is bfloat16 unless ``dtype`` says otherwise (see ``ops.dtypes``).
    """

    __slots__ = ("_array", "_digest", "_load", "dtype", "quantization", "shape")

    def __init__(
        self, array: Array, dtype: DType | None = None, quantization: Quantization | None = None
    ) -> None:
        self.dtype = dtype or dtype_of(array)
        stored = storage_dtype(self.dtype)
        if array.dtype.newbyteorder("=") != stored:
            raise ValueError(f"{self.dtype} is stored as {stored}, not as {array.dtype}")
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.quantization = quantization
        self._array: Array | None = _frozen(np.asarray(array, dtype=stored, order="C"))
        self._digest: bytes | None = None
        self._load: Callable[[], Array] | None = None

    @staticmethod
    def lazy(
        dtype: DType,
        shape: Sequence[int],
        digest: bytes,
        load: Callable[[], Array],
        quantization: Quantization | None = None,
    ) -> Weight:
        """A weight of an archive: ``load`` gives the array, checked against ``digest``, on its first use."""
        weight = Weight.__new__(Weight)
        weight.dtype = dtype
        weight.shape = tuple(shape)
        weight.quantization = quantization
        weight._array = None
        weight._digest = digest
        weight._load = load
        return weight

    @property
    def array(self) -> Array:
        """The elements, read-only; an archive's weight is mapped and checked here (``ArchiveError`` if damaged)."""
        return self.load()

    def load(self) -> Array:
        """What ``array`` gives, as a verb: for those who want the check now."""
        if self._array is None:
            assert self._load is not None
            self._array = _frozen(self._load())  # two threads may both load: the result is the same
        return self._array

    @property
    def type(self) -> TensorType:
        return TensorType(self.dtype, self.shape)

    @property
    def nbytes(self) -> int:
        """The size in bytes, without touching the elements."""
        count = 1
        for size in self.shape:
            count *= size
        return count * self.dtype.itemsize

    def digest(self) -> bytes:
        """The identity of the contents: ``digest_of`` dtype, shape and bytes."""
        if self._digest is None:
            self._digest = digest_of(
                self.dtype, self.shape, little_endian(self.array), self.quantization
            )
        return self._digest

    def __repr__(self) -> str:
        return f"Weight({self.type})"


def storage_dtype(dtype: DType) -> np.dtype[Any]:
    """The NumPy dtype whose elements hold the bytes of ``dtype``."""
    return _STORED_AS[dtype] if dtype in _STORED_AS else to_numpy(dtype)


def little_endian(array: Array) -> memoryview:
    """The bytes of a contiguous array as the archive stores them; no copy on a little-endian machine."""
    stored = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return stored.reshape(-1).view(np.uint8).data


def digest_of(
    dtype: DType,
    shape: Sequence[int],
    data: memoryview | bytes,
    quantization: Quantization | None = None,
) -> bytes:
    """blake2b-256 of a tensor (docs/archive.md, Tensors).

    Hashed are: dtype name, a zero byte, rank (u32), sizes (u64), little-endian elements; for a quantised tensor then
    axis (i64, -1 for none), count (u64), scales (f64) and zero points (i64). All numbers are little-endian.
    """
    hasher = hashlib.blake2b(digest_size=32)
    hasher.update(dtype.torch_name.encode() + b"\0")
    hasher.update(struct.pack(f"<I{len(shape)}Q", len(shape), *shape))
    hasher.update(data)
    if quantization is not None:
        axis = -1 if quantization.axis is None else quantization.axis
        count = len(quantization.scales)
        hasher.update(struct.pack("<qQ", axis, count))
        hasher.update(struct.pack(f"<{count}d", *quantization.scales))
        hasher.update(struct.pack(f"<{count}q", *quantization.zero_points))
    return hasher.digest()


def as_weight(data: object) -> Weight:
    """A module's weight as the concrete class; ``TSX9001`` for a stranger."""
    if not isinstance(data, Weight):
        raise fail("TSX9001", detail=f"a weight is a {type(data).__name__}, not a Weight")
    return data


def _frozen(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
