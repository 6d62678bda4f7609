"""Ceilings of the archive format (docs/archive.md, Limits): what is over one is refused, before memory is taken."""

from __future__ import annotations

from collections.abc import Sequence

from tsx.errors import fail
from tsx.ir import limits as ir_limits

HEADER_BYTES = 16 << 20
SECTION_BYTES = 64 << 20
SECTION_ELEMENTS = 1 << 23
SECTIONS = 4096
DEPTH = ir_limits.MAX_DEPTH
TENSORS = ir_limits.MAX_WEIGHTS
GRAPHS = ir_limits.MAX_FUNCTIONS
RANK = ir_limits.MAX_RANK
TENSOR_BYTES = ir_limits.MAX_BYTES
NAME = ir_limits.MAX_NAME
STRING = ir_limits.MAX_STRING
SIZE = 1024
EXPANDED = 1 << 22

EAGER_CHECK_BYTES = 16 << 20
"""Weights up to this size together are checked at load, larger ones on first use."""


def within(what: str, found: int, limit: int) -> None:
    """Raises ``ArchiveError`` TSX6004 when ``found`` is over ``limit``."""
    if found > limit:
        raise fail("TSX6004", what=what, found=found, limit=limit)


class Growth:
    """Refuses entries that nest too deep, or that written out in full are too large altogether."""

    def __init__(self, what: str, largest: int = EXPANDED) -> None:
        self.what = what
        self.largest = largest  # of one entry
        self.depths: list[int] = []
        self.weights: list[int] = []
        self.total = 0

    def add(self, parts: Sequence[int], own: int) -> None:
        """Notes an entry with ``own`` elements that refers to the earlier entries ``parts``."""
        depth = 1 + max((self.depths[part] for part in parts), default=0)
        weight = own + sum(self.weights[part] for part in parts)
        within(f"an entry of {self.what}, expanded,", weight, self.largest)
        self.total += weight
        within(f"the nesting of {self.what}", depth, DEPTH)
        within(f"the expanded table of {self.what}", self.total, EXPANDED)
        self.depths.append(depth)
        self.weights.append(weight)
