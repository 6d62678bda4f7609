"""Old archives: what a newer tsx does to read them (docs/archive.md, Versions).

Two tables, both append-only: ``FORMAT`` lifts what one major version decodes to into the next, ``OPERATORS`` rewrites a
node of one version of an operator into the next. An entry never changes once released: golden archives hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tsx.ir.graph import Graph, Node
from tsx.ir.op import lookup


def _same(fields: Any) -> Any:
    return fields


@dataclass(frozen=True, slots=True)
class FormatUpgrade:
    """One step between major versions: decoded msgpack in, still unchecked, and that of the next version out."""

    header: Callable[[Any], Any] = _same
    program: Callable[[Any], Any] = _same
    debug: Callable[[Any], Any] = _same


FORMAT: dict[int, FormatUpgrade] = {}
"""``FORMAT[n]`` leads from major version n to n + 1."""

OPERATORS: dict[tuple[str, int], Callable[[Node], None]] = {}
"""``OPERATORS[kind, n]`` turns a node of version n of ``kind`` into one of version n + 1, or into other nodes."""


def upgrade_format(part: str, fields: Any, major: int, current: int) -> Any:
    """``fields`` of ``part`` (header, program or debug) in version ``major``, as version ``current`` has them."""
    for version in range(major, current):
        step: Callable[[Any], Any] = getattr(FORMAT[version], part)
        fields = step(fields)
    return fields


def upgrade_operators(graph: Graph, versions: Mapping[str, int]) -> None:
    """Brings every node whose operator is newer here than in ``versions`` up to date."""
    for node in list(graph.all_nodes()):
        op = lookup(node.kind)
        if op is not None:
            for version in range(versions.get(node.kind, op.version), op.version):
                OPERATORS[node.kind, version](node)
