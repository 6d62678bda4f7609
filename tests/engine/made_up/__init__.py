"""Made-up calls of operators on tensors, also with operands that are wrong. Never asks the engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.engine.made_up import images, numbers, places
from tests.engine.made_up.make import Make
from tsx.ir.types import DType

CALLS = numbers.CALLS | images.CALLS | places.CALLS


def calls_of(kind: str) -> Iterator[tuple[DType, list[Any]]]:
    """Calls of one operator with the dtype that they are made in."""
    dtypes, make = CALLS[kind]
    for dtype in dtypes:
        for operands in make(Make(dtype)):
            yield dtype, operands
