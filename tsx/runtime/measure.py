"""How long calls take. Several sides are called in turns, so what else the machine does falls on all of them.

Takes functions without arguments; gives the wall time of every call, warm-up calls apart. Never judges.
"""

from __future__ import annotations

import math
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """The seconds of each call of one side, in order; ``warmup`` has those that came first and don't count."""

    name: str
    warmup: tuple[float, ...]
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return self.quantile(0.5)

    def quantile(self, share: float) -> float:
        """The least time that ``share`` of the calls did not exceed."""
        ordered = sorted(self.seconds)
        return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def in_turns(sides: Mapping[str, Callable[[], object]], *, calls: int, warmup: int) -> list[Timing]:
    """``warmup`` calls of each side, then ``calls`` of each, one after the other in turns."""
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(warmup + calls):
        for name, side in sides.items():
            started = time.perf_counter()
            side()
            spent[name].append(time.perf_counter() - started)
    return [
        Timing(name, tuple(seconds[:warmup]), tuple(seconds[warmup:]))
        for name, seconds in spent.items()
    ]


def peak_memory() -> int:
    """The most memory that this process has had at once, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def processors() -> int:
    """How many processors this process may use; how many threads NumPy takes of them is its own business."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1
