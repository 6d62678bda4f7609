"""How large the parts of a program may be. They bound what a hostile archive can make a reader do."""

from __future__ import annotations

import math

from tsx.ir.types import TensorType, Type

MAX_DEPTH = 64  # nested blocks, types and literals
MAX_NODES = 1 << 20  # of one graph
MAX_FUNCTIONS = 1 << 16
MAX_WEIGHTS = 1 << 20
MAX_NAME = 1024
MAX_STRING = 1 << 20
MAX_RANK = 16
MAX_BYTES = 1 << 48  # of one tensor
MAX_INT = (1 << 63) - 1


def type_depth(type: Type) -> int:
    """How deep ``type`` nests, found without recursion; it stops counting above the limit."""
    deepest = 0
    work = [(type, 0)]
    while work and deepest <= MAX_DEPTH:
        current, depth = work.pop()
        deepest = max(deepest, depth)
        work.extend((child, depth + 1) for child in current.children())
    return deepest


def can_be(type: TensorType) -> bool:
    """Whether a tensor may have the type: its rank, sizes and bytes are within these bounds (V07)."""
    if type.shape is None:
        return True
    sizes = [size for size in type.shape if isinstance(size, int)]
    bytes = math.prod(sizes) * (type.dtype.itemsize if type.dtype else 1)
    return len(type.shape) <= MAX_RANK and min(sizes, default=0) >= 0 and bytes <= MAX_BYTES
