"""The debug section: names of values, origins of nodes, spans of pins (docs/archive.md, section 7).

Nothing in it changes a result, so the program digest ignores it and a reader may drop it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tsx.ir.graph import Graph, Node
from tsx.ir.location import NOWHERE, Origin, Span
from tsx.ir.module import Module
from tsx.serialize import checked, limits
from tsx.serialize.graph_codec import block_queue, block_values


def write_debug(module: Module, graphs: Sequence[Graph]) -> dict[str, Any]:
    """The section's value for the unit's ``graphs`` and the module's pins."""
    writer = _Writer()
    rows = [[_names(graph, writer), _origins(graph, writer)] for graph in graphs]
    pins = [
        [None if pin.span is None else writer.span(pin.span) for pin in method.pins]
        for method in module.methods.values()
    ]
    return {"graphs": rows, "pins": pins, "spans": writer.spans, "strings": list(writer.strings)}


class _Writer:
    """Numbers strings and spans by first use."""

    def __init__(self) -> None:
        self.strings: dict[str, int] = {}
        self.spans: list[Any] = []
        self._numbers: dict[Span, int] = {}

    def string(self, text: str) -> int:
        return self.strings.setdefault(text, len(self.strings))

    def span(self, span: Span) -> int:
        """The index of a span; its callers are entered first."""
        chain: list[Span] = []
        link: Span | None = span
        while link is not None:
            chain.append(link)
            link = link.caller
        caller: int | None = None
        for part in reversed(chain):
            if part not in self._numbers:
                where = [self.string(part.file), part.line, part.col, self.string(part.function)]
                self.spans.append([*where, caller])
                self._numbers[part] = len(self.spans) - 1
            caller = self._numbers[part]
        return self._numbers[span]


def _all_nodes(graph: Graph) -> Iterator[Node]:
    """The nodes and returns in the order of the archive."""
    for block in block_queue(graph):
        yield from block.nodes
        yield block.return_node


def _names(graph: Graph, writer: _Writer) -> list[int]:
    values = [value for block in block_queue(graph) for value in block_values(block)]
    named: list[int] = []
    for number, value in enumerate(values):
        if value.name and number >= len(graph.inputs):
            named += [number, writer.string(value.name)]
    return named


def _origins(graph: Graph, writer: _Writer) -> list[Any]:
    return [
        None
        if (origin := node.origin) == NOWHERE
        else [origin.ids, [writer.span(s) for s in origin.spans], writer.string(origin.scope)]
        for node in _all_nodes(graph)
    ]


def read_debug(rows: Any, module: Module, graphs: Sequence[Graph]) -> None:
    """Puts names, origins and the spans of pins back into ``module`` and its ``graphs``."""
    section = checked.mapping(rows, "the debug data", ("graphs", "pins", "spans", "strings"))
    strings = [
        checked.string(text, "a string of the debug data")
        for text in checked.array(section["strings"], "the strings of the debug data")
    ]
    spans = _read_spans(section["spans"], strings)
    all_rows = checked.array(section["graphs"], "the graphs of the debug data", len(graphs))
    for graph, row in zip(graphs, all_rows, strict=True):
        names, origins = checked.array(row, "the debug data of a graph", 2)
        _read_names(names, graph, strings)
        _read_origins(origins, graph, spans, strings)
    methods = checked.array(section["pins"], "the pins of the debug data", len(module.methods))
    for method, numbers in zip(module.methods.values(), methods, strict=True):
        places = checked.array(numbers, "the pins of a method", len(method.pins))
        method.pins = tuple(
            replace(pin, span=None if at is None else spans[checked.index(at, spans, "a span")])
            for pin, at in zip(method.pins, places, strict=True)
        )


def _read_spans(rows: Any, strings: list[str]) -> list[Span]:
    spans: list[Span] = []
    growth = limits.Growth("spans")
    for row in checked.array(rows, "the spans"):
        file, line, column, function, caller = checked.array(row, "a span", 5)
        parts = [] if caller is None else [checked.index(caller, spans, "the caller of a span")]
        growth.add(parts, 1)
        spans.append(
            Span(
                strings[checked.index(file, strings, "the file of a span")],
                checked.integer(line, "the line of a span", 0),
                checked.integer(column, "the column of a span", -1),
                strings[checked.index(function, strings, "the function of a span")],
                spans[parts[0]] if parts else None,
            )
        )
    return spans


def _read_names(row: Any, graph: Graph, strings: list[str]) -> None:
    numbers = checked.array(row, "the names of values")[0::2]
    names = row[1::2]
    values = [value for block in block_queue(graph) for value in block_values(block)]
    last = len(graph.inputs) - 1
    if len(names) != len(numbers):
        raise checked.malformed("the names of values come in pairs with numbers")
    for number, name in zip(numbers, names, strict=True):
        last = checked.integer(number, "the number of a named value", last + 1, len(values) - 1)
        text = strings[checked.index(name, strings, "the name of a value")]
        values[number].name = checked.name(text, "the name of a value")
        if values[number].name != text:
            raise checked.malformed(f"two values have the name {text!r:.60}")


def _read_origins(row: Any, graph: Graph, spans: list[Span], strings: list[str]) -> None:
    nodes = list(_all_nodes(graph))
    for node, fields in zip(nodes, checked.array(row, "the origins", len(nodes)), strict=True):
        if fields is None:
            continue
        ids, places, scope = checked.array(fields, "an origin", 3)
        node.origin = Origin(
            tuple(checked.integer(i, "an id", 0) for i in checked.array(ids, "the ids")),
            tuple(
                spans[checked.index(at, spans, "a span")]
                for at in checked.array(places, "the spans of an origin")
            ),
            strings[checked.index(scope, strings, "a scope")],
        )
