"""Section 1.1: a file with `from __future__ import annotations`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

from tests.script.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

rows = Rows("1.1", "`from __future__ import annotations`")

X = torch.arange(6.0).reshape(2, 3) - 2


class Step(NamedTuple):
    loss: float
    count: int


def future_containers(values: list[int], names: dict[str, int] | None = None) -> list[str]:
    out: list[str] = []
    if names is not None:
        for name in names:
            out.append(name * names[name])
    return out + [str(v) for v in values]


rows.add(future_containers, "builtin generics as strings", ([1, 2],), ([1], {"ab": 2}))


def future_record(step: Step) -> float:
    return step.loss * step.count


rows.add(future_record, "a NamedTuple's annotations as strings", (Step(0.5, 4),))


class FutureModule(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale: float = 2.0
        self.cache: dict[str, int] = {"a": 1}

    def forward(self, x: torch.Tensor, n: int | None = None) -> torch.Tensor:
        k = self.cache["a"] if n is None else n
        return x * self.scale + k


rows.add(FutureModule, "a module's annotations as strings", X, (X, 5))
