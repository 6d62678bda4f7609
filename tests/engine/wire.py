"""Operands and results between the tests and the C++ kernel driver, as bytes.

A value is a tag and its contents, little-endian; a tensor carries its whole memory, so strides, offsets and shared
memory arrive as they are. Takes values of the NumPy VM; gives bytes for ``engine/tests/driver``, and reads its answers.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds

from tsx.ir.types import DTYPE_BY_CODE
from tsx.ops.dtypes import Array, dtype_of, to_numpy

NONE, BOOL, INT, FLOAT, COMPLEX, STRING, TENSOR, LIST, TUPLE, DICT = range(10)


@dataclass(frozen=True, slots=True)
class Sample:
    """A call of an operator."""

    kind: str
    operands: Sequence[object]
    results: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine gave: results and the operands afterwards, or an error. Arrays share memory as they do there."""

    results: tuple[Any, ...] = ()
    operands: tuple[Any, ...] = ()
    code: str = ""
    message: str = ""


def write(path: Path, samples: Sequence[Sample]) -> None:
    """A file of calls for the driver."""
    parts = [struct.pack("<I", len(samples))]
    for sample in samples:
        memory = _Memory()
        body = b"".join(memory.value(operand) for operand in sample.operands)
        parts += [_text(sample.kind), struct.pack("<I", len(memory.blocks)), *memory.blocks]
        parts += [struct.pack("<II", len(sample.operands), sample.results), body]
    path.write_bytes(b"".join(parts))


def read(path: Path) -> list[Answer]:
    """The driver's answers, one for each call."""
    reader = _Reader(path.read_bytes())
    return [reader.answer() for _ in range(reader.number("I"))]


class _Memory:
    """The blocks of memory behind a call's arrays: arrays that share memory share a block."""

    def __init__(self) -> None:
        self.blocks: list[bytes] = []
        self._starts: dict[int, tuple[int, int]] = {}

    def value(self, value: object) -> bytes:
        if value is None:
            return bytes([NONE])
        if isinstance(value, bool):
            return struct.pack("<BB", BOOL, value)
        if isinstance(value, int):
            return struct.pack("<Bq", INT, value)
        if isinstance(value, float):
            return struct.pack("<Bd", FLOAT, value)
        if isinstance(value, complex):
            return struct.pack("<Bdd", COMPLEX, value.real, value.imag)
        if isinstance(value, str):
            return bytes([STRING]) + _text(value)
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, dict):
            items = (self.value(part) for pair in value.items() for part in pair)
            return struct.pack("<BI", DICT, len(value)) + b"".join(items)
        assert isinstance(value, (list, tuple)), type(value)
        head = struct.pack("<BI", LIST if isinstance(value, list) else TUPLE, len(value))
        return head + b"".join(map(self.value, value))

    def _array(self, array: Array) -> bytes:
        base = array
        while isinstance(base.base, np.ndarray):
            base = base.base
        if id(base) not in self._starts:
            low, high = byte_bounds(base)
            data = np.lib.stride_tricks.as_strided(
                np.frombuffer(b"", np.uint8) if low == high else _bytes_of(base, low), (high - low,), (1,)
            )  # fmt: skip
            self._starts[id(base)] = len(self.blocks), low
            self.blocks.append(struct.pack("<Q", high - low) + data.tobytes())
        block, low = self._starts[id(base)]
        item = array.dtype.itemsize
        offset = (array.__array_interface__["data"][0] - low) // item if array.size else 0
        head = struct.pack(
            "<BBBBI", TENSOR, dtype_of(array).code, array.ndim, array.flags.writeable, block
        )
        strides = [stride // item for stride in array.strides]
        return head + struct.pack(f"<q{2 * array.ndim}q", offset, *array.shape, *strides)


def own(value: object) -> object:
    """A copy with the same strides, in memory of its own."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(own, value))
    if not isinstance(value, np.ndarray) or not value.size or value.flags.c_contiguous:
        return value.copy() if isinstance(value, np.ndarray) else value
    if any(stride < 0 for stride in value.strides):
        return value.copy()
    reach = sum((n - 1) * s for n, s in zip(value.shape, value.strides, strict=True))
    memory = np.zeros(reach // value.itemsize + 1, value.dtype)
    view = np.ndarray(value.shape, value.dtype, memory, 0, value.strides)
    view[...] = value
    view.flags.writeable = value.flags.writeable
    return view


def _bytes_of(base: Array, low: int) -> Array:
    one: Array = np.lib.stride_tricks.as_strided(base, (1,), (base.itemsize,))
    flat: Array = one.view(np.uint8)
    address = flat.__array_interface__["data"][0]
    assert address == low, "arrays with negative strides own their memory in tests"
    return flat


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self, format: str) -> Any:
        (value,) = struct.unpack_from(f"<{format}", self.data, self.at)
        self.at += struct.calcsize(f"<{format}")
        return value

    def text(self) -> str:
        return self.bytes(self.number("I")).decode()

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.data[self.at - count : self.at]

    def answer(self) -> Answer:
        if not self.number("B"):
            return Answer(code=self.text(), message=self.text())
        blocks = [bytearray(self.bytes(self.number("Q"))) for _ in range(self.number("I"))]
        results = tuple(self.value(blocks) for _ in range(self.number("I")))
        return Answer(results, tuple(self.value(blocks) for _ in range(self.number("I"))))

    def value(self, blocks: Sequence[bytearray]) -> Any:
        tag = self.number("B")
        if tag == NONE:
            return None
        if tag in (BOOL, INT, FLOAT):
            found = self.number({BOOL: "B", INT: "q", FLOAT: "d"}[tag])
            return bool(found) if tag == BOOL else found
        if tag == COMPLEX:
            return complex(self.number("d"), self.number("d"))
        if tag == STRING:
            return self.text()
        if tag in (LIST, TUPLE):
            items = [self.value(blocks) for _ in range(self.number("I"))]
            return items if tag == LIST else tuple(items)
        if tag == DICT:
            pairs = range(self.number("I"))
            return {self.value(blocks): self.value(blocks) for _ in pairs}
        return self._array(blocks)

    def _array(self, blocks: Sequence[bytearray]) -> Array:
        code, rank, writable, block = (
            self.number("B"), self.number("B"), self.number("B"), self.number("I"),
        )  # fmt: skip
        offset = self.number("q")
        shape = [self.number("q") for _ in range(rank)]
        strides = [self.number("q") for _ in range(rank)]
        dtype = to_numpy(DTYPE_BY_CODE[code])
        if 0 in shape:
            return np.empty(shape, dtype)
        steps = [stride * dtype.itemsize for stride in strides]
        array: Array = np.ndarray(shape, dtype, blocks[block], offset * dtype.itemsize, steps)
        array.flags.writeable = bool(writable)
        return array
