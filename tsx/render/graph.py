"""The compact graph: one line an operation, constants inline, scopes as headings, types behind.

For reading; ``str(graph)`` is the canonical text. ``graph_lines`` gives styled lines that fit a width, and plain
strings for diffs come from the same place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from tsx.ir.dims import Expr
from tsx.ir.graph import Block, Graph, Node
from tsx.ir.guards import guard_subject, guard_value
from tsx.ir.location import Origin
from tsx.render.clean import clean
from tsx.render.expressions import Expressions

_INDENT = "  "


@dataclass(frozen=True, slots=True)
class Line:
    """One line before layout: what it does, its result type, where it came from."""

    depth: int
    code: str
    type: str
    origin: Origin
    style: str = ""


def graph_lines(graph: Graph) -> list[Line]:
    """The lines of a graph, without headings."""
    expressions = Expressions(graph)
    inputs = ", ".join(f"{expressions.name(v)}: {v.type}" for v in graph.inputs if v.name != "self")
    lines = [Line(0, f"{graph.name}({inputs})", "", Origin(), "bold")]
    lines += _block_lines(graph.block, expressions, 1)
    outputs = ", ".join(expressions.text(v) for v in graph.outputs)
    types = ", ".join(str(v.type) for v in graph.outputs)
    return [*lines, Line(1, f"return {outputs}", types, graph.block.return_node.origin, "bold")]


def render_graph(graph: Graph, width: int) -> Iterator[Text]:
    """Styled lines of at most ``width`` columns, with a heading wherever scope or source line changes."""
    place = ("", "")
    for line in graph_lines(graph):
        here = (line.origin.scope, str(line.origin.span or ""))
        if line.depth and any(here) and here != place and not line.code.startswith("return"):
            place = here
            yield Text(clean(f"{_INDENT}# {'  '.join(filter(None, here))}"), style="dim")
        yield from _layout(line, width)


def plain_lines(graph: Graph) -> list[str]:
    """One string a line, for diffs."""
    return [
        clean(f"{_INDENT * line.depth}{line.code}" + (f" : {line.type}" if line.type else ""))
        for line in graph_lines(graph)
    ]


def symbol_lines(graph: Graph) -> list[str]:
    """The free sizes of a graph: ``s0 = size 0 of x``."""
    found: dict[str, str] = {}
    for value in graph.inputs:
        for index, size in enumerate(getattr(value.type, "shape", None) or ()):
            if isinstance(size, Expr) and str(size).isidentifier():
                found.setdefault(str(size), f"size {index} of {value.name}")
    return [f"{name}: {meaning}" for name, meaning in found.items()]


def _block_lines(block: Block, expressions: Expressions, depth: int) -> Iterator[Line]:
    for node in block.nodes:
        if expressions.is_inline(node):
            continue
        if node.kind == "prim::If":
            yield from _if_lines(node, expressions, depth)
        elif node.kind == "prim::Loop":
            yield from _loop_lines(node, expressions, depth)
        else:
            yield _node_line(node, expressions, depth)
            for inner in node.blocks:
                yield from _inner(inner, expressions, depth + 1)


def _node_line(node: Node, expressions: Expressions, depth: int) -> Line:
    results = ", ".join(expressions.name(v) for v in node.outputs)
    if node.kind == "tsx::guard":
        kind, expect, source = (node.attributes.get(name) for name in ("kind", "expect", "source"))
        subject = guard_subject(kind, str(source) if source else expressions.text(node.inputs[0]))
        code = (
            f"guard {subject} is {guard_value(kind, expect if kind == 'dtype' else repr(expect))}"
        )
        return Line(depth, code, "", node.origin, "yellow")
    code = expressions.operation(node)
    types = ", ".join(str(v.type) for v in node.outputs)
    style = "green" if node.kind == "tsx::group" else ""
    return Line(depth, f"{results} = {code}" if results else code, types, node.origin, style)


def _inner(block: Block, expressions: Expressions, depth: int) -> Iterator[Line]:
    yield from _block_lines(block, expressions, depth)
    if block.outputs:
        results = ", ".join(expressions.text(v) for v in block.outputs)
        yield Line(depth, f"yield {results}", "", Origin())


def _if_lines(node: Node, expressions: Expressions, depth: int) -> Iterator[Line]:
    results = ", ".join(expressions.name(v) for v in node.outputs)
    types = ", ".join(str(v.type) for v in node.outputs)
    head = f"if {expressions.text(node.inputs[0])}:"
    yield Line(depth, f"{results} = {head}" if results else head, types, node.origin)
    yield from _inner(node.blocks[0], expressions, depth + 1)
    yield Line(depth, "else:", "", Origin())
    yield from _inner(node.blocks[1], expressions, depth + 1)


def _loop_lines(node: Node, expressions: Expressions, depth: int) -> Iterator[Line]:
    results = ", ".join(expressions.name(v) for v in node.outputs)
    trips, condition, *carried = (expressions.text(v) for v in node.inputs)
    index, *inside = (expressions.name(v) for v in node.blocks[0].inputs)
    pairs = ", ".join(f"{a} = {b}" for a, b in zip(inside, carried, strict=False))
    head = f"loop {index} < {trips} while {condition}" + (f" with {pairs}" if pairs else "") + ":"
    types = ", ".join(str(v.type) for v in node.outputs)
    yield Line(depth, f"{results} = {head}" if results else head, types, node.origin)
    yield from _inner(node.blocks[0], expressions, depth + 1)


def _layout(line: Line, width: int) -> Iterator[Text]:
    indent = _INDENT * line.depth
    code, type = clean(line.code), clean(line.type)
    if type and len(indent) + len(code) + len(type) + 3 <= width:
        yield Text(indent) + Text(code, line.style) + Text(f" : {type}", "cyan")
        return
    hanging = indent + _INDENT * 2
    rest, first = code, True
    while rest:
        lead = indent if first else hanging
        piece, rest = _split(rest, max(width - len(lead), 20))
        yield Text(lead) + Text(piece, line.style)
        first = False
    if type:
        while type:
            piece, type = _split(type, max(width - len(hanging) - 2, 20))
            yield Text(hanging) + Text(f": {piece}", "cyan")


def _split(text: str, room: int) -> tuple[str, str]:
    """Breaks after a comma or a space where one is in reach."""
    if len(text) <= room:
        return text, ""
    cut = max(text.rfind(", ", 0, room) + 1, text.rfind(" ", 0, room))
    cut = cut if cut > room // 3 else room
    return text[:cut].rstrip(), text[cut:].lstrip()
