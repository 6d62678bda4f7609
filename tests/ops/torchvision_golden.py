"""What torchvision itself gave, from fixtures/torchvision.npz (tools/make_torchvision_golden.py wrote it)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).resolve().parent.parent.parent / "fixtures/torchvision.npz"


@dataclass(frozen=True, slots=True)
class Call:
    kind: str
    operands: tuple[Any, ...]
    results: tuple[Any, ...]

    @property
    def is_exact(self) -> bool:
        """Whether results are the same to the bit; a product sums in an order of its own."""
        return self.kind != "torchvision::deform_conv2d"


def load() -> tuple[list[str], list[Call]]:
    """The schemas, and the calls with what they gave."""
    with np.load(FILE) as file:
        head, data = json.loads(file["calls"].tobytes()), file["data"].tobytes()

    def value(entry: Any) -> Any:
        if not isinstance(entry, dict):
            return entry
        dtype, sizes, first, length = entry["array"]
        return np.frombuffer(data[first : first + length], dtype).reshape(sizes)

    calls = [
        Call(f"torchvision::{kind}", tuple(map(value, operands)), tuple(map(value, results)))
        for kind, operands, results in head["calls"]
    ]
    return head["schemas"], calls
