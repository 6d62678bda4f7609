"""Differences between graphs: line by line in the compact rendering, and operator counts before and after.

Temporaries are named by provenance, so a line that no pass touched reads the same on both sides.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from tsx.ir.graph import Graph
from tsx.render.clean import clean
from tsx.render.console import cells, table
from tsx.render.expressions import short_kind
from tsx.render.graph import plain_lines

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_HIDDEN = {"Constant", "GetAttr", "ListConstruct", "TupleConstruct"}


def diff_lines(before: Sequence[str], after: Sequence[str], context: int = 2) -> list[str]:
    """Unified diff lines without the file header; empty when equal."""
    lines = difflib.unified_diff(list(before), list(after), lineterm="", n=context)
    return [line for line in lines if not line.startswith(("---", "+++"))]


def styled(lines: Sequence[str]) -> Iterator[Text]:
    for line in lines:
        yield Text(clean(line), style=_STYLES.get(line[:1], ""))


def operator_counts(graphs: Sequence[Graph]) -> Counter[str]:
    """How often each operator stands in the graphs, groups by their display name, not their bodies."""
    counts: Counter[str] = Counter()
    for graph in graphs:
        for node in graph.all_nodes():
            owner = node.block.node
            kind = short_kind(node)
            if kind not in _HIDDEN and (owner is None or owner.kind != "tsx::group"):
                counts[kind] += 1
    return counts


def count_rows(before: Counter[str], after: Counter[str]) -> list[tuple[str, int, int]]:
    """Operator, count before, count after: those that changed first, then by name."""
    kinds = sorted(set(before) | set(after), key=lambda k: (before[k] == after[k], k))
    return [(kind, before[kind], after[kind]) for kind in kinds]


def count_table(before: Counter[str], after: Counter[str]) -> Table:
    """The before/after table; unchanged operators are folded into one row."""
    made = table("operator", "before", "after", "change", right=(1, 2, 3))
    rows = count_rows(before, after)
    same = [row for row in rows if row[1] == row[2]]
    for kind, old, new in rows:
        if old != new:
            style = "green" if new > old else "red"
            made.add_row(*cells(kind, old, new, Text(f"{new - old:+d}", style=style)))
    if same:
        made.add_row(
            *cells(f"{len(same)} unchanged", sum(r[1] for r in same), sum(r[2] for r in same), "")
        )
    made.add_row(
        *cells("total", before.total(), after.total(), f"{after.total() - before.total():+d}")
    )
    return made


def graph_diff(before: Graph, after: Graph) -> list[str]:
    return diff_lines(plain_lines(before), plain_lines(after))
