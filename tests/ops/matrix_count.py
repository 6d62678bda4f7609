"""What the matrix counts: comparisons by operator, dtype and runtime, how many hold, and the first problems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

KEPT = 3  # problems that are told

Key = tuple[str, str, str]
"""Kind, dtype and runtime."""


@dataclass(slots=True)
class Count:
    """How many comparisons of one kind, dtype and runtime hold."""

    held: int = 0
    total: int = 0
    nearer: int = 0  # that fail with a result nearer to that of float64 than torch's
    problems: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return self.total - self.held


class Counts:
    """Counts by key; made in several processes and merged, written as JSON between those of pytest."""

    def __init__(self) -> None:
        self.cells: dict[Key, Count] = {}

    def add(self, kind: str, dtype: str, runtime: str, problem: str, is_nearer: bool) -> None:
        """One comparison; ``problem`` is empty when it holds."""
        cell = self.cells.setdefault((kind, dtype, runtime), Count())
        cell.total += 1
        cell.held += not problem
        cell.nearer += is_nearer
        if problem and len(cell.problems) < KEPT:
            cell.problems.append(problem)

    def merge(self, other: Counts) -> None:
        for key, count in other.cells.items():
            cell = self.cells.setdefault(key, Count())
            cell.held += count.held
            cell.total += count.total
            cell.nearer += count.nearer
            cell.problems = (cell.problems + count.problems)[:KEPT]

    def of_runtime(self, runtime: str) -> tuple[int, int]:
        """How many hold, and of how many."""
        cells = [cell for key, cell in self.cells.items() if key[2] == runtime]
        return sum(cell.held for cell in cells), sum(cell.total for cell in cells)

    def failing(self) -> Iterator[Key]:
        return (key for key in sorted(self.cells) if self.cells[key].failed)

    def rows(self) -> list[Any]:
        return [
            [*key, cell.held, cell.total, cell.nearer, cell.problems]
            for key, cell in self.cells.items()
        ]

    @staticmethod
    def of_rows(rows: list[Any]) -> Counts:
        counts = Counts()
        for kind, dtype, runtime, *cell in rows:
            counts.cells[kind, dtype, runtime] = Count(*cell)
        return counts
