"""The random number generator: Philox4x32-10, counter-based: a draw is a function of (seed, offset) and nothing else.

J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Numbers differ from torch's CPU generator
(a Mersenne twister), as random numbers may; the distributions are the same. Programs draw from the generator of the
current ``generator_scope``; without one, from one that starts at seed 0 with the process, so a run is repeatable.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import numpy.typing as npt

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)  # golden ratio, sqrt(3) - 1
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)

Words = npt.NDArray[np.uint32]
Wide = npt.NDArray[np.uint64]


def philox(counters: tuple[Wide, Wide, Wide, Wide], key: tuple[int, int]) -> list[Wide]:
    """Ten rounds over 4 x 32-bit counters (in 64-bit words); gives four 32-bit words (in 64-bit ones) each."""
    a, b, c, d = counters
    k0, k1 = key
    for _ in range(10):
        left, right = _MULTIPLIERS[0] * a, _MULTIPLIERS[1] * c
        a, b = (right >> _HALF) ^ b ^ np.uint64(k0), right & _LOW
        c, d = (left >> _HALF) ^ d ^ np.uint64(k1), left & _LOW
        k0, k1 = (k0 + _WEYL[0]) & 0xFFFFFFFF, (k1 + _WEYL[1]) & 0xFFFFFFFF
    return [a, b, c, d]


class Generator:
    """A stream of random words: a seed and how much of the stream is used up. Safe to share between threads."""

    def __init__(self, seed: int = 0) -> None:
        self.manual_seed(seed)
        self._lock = threading.Lock()

    def manual_seed(self, seed: int) -> Generator:
        """Starts the stream of ``seed`` from its beginning."""
        self.seed = seed & 0xFFFFFFFFFFFFFFFF
        self.offset = 0  # in blocks of four words
        return self

    def take(self, blocks: int) -> tuple[int, int]:
        """Uses up blocks of four words; gives the seed and the number of the first of them."""
        with self._lock:
            first, self.offset = self.offset, self.offset + blocks
            return self.seed, first

    def words(self, count: int) -> Words:
        """The next ``count`` random 32-bit words; what is left of the last block is dropped."""
        blocks = -(-count // 4)
        seed, first = self.take(blocks)
        places = np.arange(first, first + blocks, dtype=np.uint64)
        zero = np.zeros(blocks, np.uint64)
        key = (seed & 0xFFFFFFFF, seed >> 32)
        found = philox((places & _LOW, places >> _HALF, zero, zero), key)
        return np.stack(found, axis=1).astype(np.uint32).reshape(-1)[:count]

    def long_words(self, count: int) -> Wide:
        """The next ``count`` random 64-bit words."""
        pairs = self.words(2 * count).astype(np.uint64).reshape(count, 2)
        return np.asarray((pairs[:, 1] << _HALF) | pairs[:, 0])

    def uniform(self, count: int, bits: int = 53) -> npt.NDArray[np.float64]:
        """Numbers from [0, 1), multiples of ``2**-bits``, so that a dtype with as many bits never rounds up to 1."""
        if bits <= 32:
            return (self.words(count) >> np.uint32(32 - bits)).astype(np.float64) * 2.0**-bits
        return (self.long_words(count) >> np.uint64(64 - bits)).astype(np.float64) * 2.0**-bits

    def normal(self, count: int) -> npt.NDArray[np.float64]:
        """Standard normal numbers, by the Box-Muller transform."""
        pairs = -(-count // 2)
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(pairs)))
        angle = 2.0 * np.pi * self.uniform(pairs)
        return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)[
            :count
        ]


_DEFAULT = Generator(0)
_CURRENT: ContextVar[Generator | None] = ContextVar("tsx_generator", default=None)


def manual_seed(seed: int) -> Generator:
    """Starts the process's own generator at ``seed``, for draws outside any scope."""
    return _DEFAULT.manual_seed(seed)


def current_generator() -> Generator:
    """The generator that operators without one of their own draw from."""
    return _CURRENT.get() or _DEFAULT


@contextmanager
def generator_scope(generator: Generator) -> Iterator[Generator]:
    """Makes ``generator`` the current one inside the ``with`` block, in this thread or task."""
    token = _CURRENT.set(generator)
    try:
        yield generator
    finally:
        _CURRENT.reset(token)
