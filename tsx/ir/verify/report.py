"""Violations, and how they are shown: inside the printed graph, below the guilty line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tsx.ir.graph import Graph, Node
from tsx.ir.text import GraphPrinter

_SHOWN_LINES = 60  # of a marked graph in an error
_NOT_SHOWN = ("V05", "V06", "V07")  # what is too large or too deep to print


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken invariant: its number, a sentence, and the node, graph or other thing that it is about."""

    code: str
    message: str
    node: Node | None = None
    graph: Graph | None = None
    name: str = ""  # of the graph in its module, or of the thing that is wrong
    help: str = ""  # the way out that a rule named

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def within(self, graph: Graph, name: str) -> Violation:
        return replace(self, graph=graph, name=name)


def marked_lines(graph: Graph, found: Iterable[Violation]) -> list[str]:
    """The lines of the graph's text; below a guilty one, ``# ^ V03: …``. They parse as the graph does."""
    notes: dict[Node | None, list[Violation]] = {}
    for violation in found:
        notes.setdefault(violation.node, []).append(violation)
    lines: list[str] = []
    is_header = True
    for line, node in GraphPrinter(graph).lines():
        if is_header and node is not None:
            lines += [f"  # ^ {violation}" for violation in notes.get(None, ())]
            is_header = False
        lines.append(line)
        if node is not None:
            indent = " " * (len(line) - len(line.lstrip()))
            lines += [f"{indent}# ^ {violation}" for violation in notes.get(node, ())]
    return lines


def excerpt(found: Sequence[Violation]) -> str:
    """The marked graph of the first violation, cut to what surrounds it; a list where there is no graph to show."""
    first = found[0]
    if first.graph is None or first.code in _NOT_SHOWN:
        return "\n".join(f"{v.name}: {v}" if v.name else str(v) for v in found)
    lines = marked_lines(first.graph, (v for v in found if v.graph is first.graph))
    guilty = next((i for i, line in enumerate(lines) if line.lstrip().startswith("# ^")), 0)
    start = max(0, min(guilty - _SHOWN_LINES // 2, len(lines) - _SHOWN_LINES))
    return "\n".join(lines[start : start + _SHOWN_LINES])
