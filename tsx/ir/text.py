"""The canonical text of graphs and modules; it reads back.

``parse_graph(print_graph(g))`` is equal to ``g``, and prints as the same text. The look is TorchScript's
(PyTorch, ``torch/csrc/jit/ir/ir.cpp``), with explicit overloads, symbolic sizes and origins; docs/ir.md has the
grammar. Text is ASCII, whatever the model's names are. Temporaries are numbered by their place among all values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from tsx.ir import types as ty
from tsx.ir.dims import Expr
from tsx.ir.graph import Attribute, Block, Graph, Node, Value, WeightRef, is_number
from tsx.ir.lexer import quote
from tsx.ir.module import Module, Object
from tsx.ir.origin_text import OriginWriter
from tsx.ir.parser import GraphParser
from tsx.ir.type_text import parse_type, type_text
from tsx.ir.walk import all_values

__all__ = ["GraphPrinter", "parse_graph", "parse_type", "print_graph", "print_module"]

_WIDTH = 100
_LONG_SIZE = 8  # a size whose text is longer stands in the `where` table
_PLAIN_VALUE = re.compile(r"[A-Za-z_$][\w$]*(?:\.[\w$]+)*", re.ASCII)


def print_graph(graph: Graph, *, origins: bool = True) -> str:
    """The canonical text of ``graph``; without ``origins`` it can be compared across source edits."""
    return "\n".join(line for line, _ in GraphPrinter(graph, origins=origins).lines())


def parse_graph(text: str, file: str = "<text>") -> Graph:
    """The graph that ``text`` prints; TSX8001 names the place that does not parse.

    Linear in the size of the text. Values that are used where they can't be seen are the verifier's to refuse.
    """
    return GraphParser(text, file).read()


class GraphPrinter:
    """Prints one graph, and knows each value's printed name."""

    def __init__(self, graph: Graph, *, origins: bool = True) -> None:
        self.graph = graph
        self._origins = OriginWriter() if origins else None
        self._names: dict[Value, str] = {}
        self._sizes: dict[Expr, str] = {}
        self._types: dict[ty.Type, str] = {}
        values = list(all_values(graph))
        for number, value in enumerate(values):
            self._names[value] = _value_text(value.name, number)
        self._name_sizes(_sizes(graph, values))

    def name(self, value: Value) -> str:
        """``%x``; a value that isn't in the graph is ``%?``, which doesn't parse."""
        return self._names.get(value, "%?")

    def lines(self) -> Iterator[tuple[str, Node | None]]:
        """The lines of the text, each with the node it belongs to (None for headers)."""
        for line in self._header():
            yield line, None
        for size, name in self._sizes.items():
            yield f"  where {name} = {size}", None
        yield from self._body(self.graph.block, "  ", "return ")

    def _header(self) -> list[str]:
        inputs = [self._declare(value) for value in self.graph.inputs]
        line = f"graph({', '.join(inputs)}):"
        if len(line) <= _WIDTH:
            return [line]
        return ("graph(" + ",\n      ".join(inputs) + "):").split("\n")

    def _body(self, block: Block, indent: str, end: str) -> Iterator[tuple[str, Node | None]]:
        for node in block.nodes:
            yield f"{indent}{self.node(node)}{self._origin(node)}", node
            for index, inner in enumerate(node.blocks):
                inputs = ", ".join(map(self._declare, inner.inputs))
                yield f"{indent}  block{index}({inputs}):", None
                yield from self._body(inner, indent + "    ", "-> ")
        last = block.return_node
        yield f"{indent}{end}({self._list(block.outputs)}){self._origin(last)}", last

    def node(self, node: Node) -> str:
        """One node as a line, without its blocks and origin."""
        outputs = ", ".join(map(self._declare, node.outputs))
        attributes = self._attributes(node)
        call = f"{node.kind}{attributes}({self._list(node.inputs)})"
        return f"{outputs} = {call}" if outputs else call

    def _list(self, values: tuple[Value, ...]) -> str:
        return ", ".join(map(self.name, values))

    def _declare(self, value: Value) -> str:
        return f"{self.name(value)} : {self.type(value.type)}"

    def type(self, type: ty.Type) -> str:
        """The text of a type, with the sizes of the ``where`` table by name."""
        text = self._types.get(type)
        if text is None:
            text = self._types[type] = type_text(type, self._sizes)
        return text

    def _attributes(self, node: Node) -> str:
        attributes = node.attributes
        if not attributes:
            return ""
        if list(attributes) == ["value"] and isinstance(value := attributes["value"], WeightRef):
            return f"[value=<Tensor>, name={quote(value.name)}]"
        parts = (
            f"{ty.name_text(name)}={literal_text(attributes[name], self.type)}"
            for name in sorted(attributes)
        )
        return f"[{', '.join(parts)}]"

    def _origin(self, node: Node) -> str:
        return self._origins.write(node.origin, node.kind) if self._origins else ""

    def _name_sizes(self, sizes: Iterable[Expr]) -> None:
        """Gives long size expressions names that follow the symbols, in the order of the text."""
        long: dict[Expr, None] = {}
        last = -1
        for size in sizes:
            for symbol in size.symbols():
                if symbol[0] == "s" and symbol[1:].isdecimal():
                    last = max(last, int(symbol[1:]))
            if len(str(size)) > _LONG_SIZE and not str(size).isidentifier():
                long.setdefault(size)
        self._sizes = {size: f"s{last + n}" for n, size in enumerate(long, 1)}


def literal_text(value: Attribute, type_text: Callable[[ty.Type], str] = str) -> str:
    """An attribute's value as the text writes it."""
    match value:
        case str():
            return quote(value)
        case complex():
            return f"complex({value.real!r}, {value.imag!r})"
        case tuple():
            return f"[{', '.join(literal_text(item, type_text) for item in value)}]"
        case WeightRef(name):
            return f"<Tensor {quote(name)}>"
        case ty.Type():
            return type_text(value)
        case _:
            return repr(value)  # None, bool, int, float: Python's spelling reads back exactly


def _value_text(name: str, number: int) -> str:
    if not name or is_number(name):
        return f"%{number}"
    return f"%{name}" if _PLAIN_VALUE.fullmatch(name) else f"%{quote(name)}"


def _sizes(graph: Graph, values: list[Value]) -> Iterator[Expr]:
    """The symbolic sizes in all types of the graph, each type once."""
    seen: set[ty.Type] = set()
    for root in chain((v.type for v in values), _attribute_types(graph)):
        work = [root]
        while work:
            type = work.pop()
            if type in seen:
                continue
            seen.add(type)
            if isinstance(type, ty.TensorType):
                yield from (s for s in type.shape or () if isinstance(s, Expr))
            work.extend(reversed(type.children()))


def _attribute_types(graph: Graph) -> Iterator[ty.Type]:
    for node in graph.all_nodes():
        work = list(node.attributes.values())
        while work:
            value = work.pop()
            if isinstance(value, ty.Type):
                yield value
            elif isinstance(value, tuple):
                work.extend(value)


def print_module(module: Module) -> str:
    """A module for reading: classes, attributes, weights, then each graph in its canonical text."""
    lines = [f"module {quote(module.name)}"]
    for definition in module.classes.values():
        bases = f"({', '.join(definition.bases)})" if definition.bases else ""
        lines.append(f"{definition.kind} {definition.name}{bases}:")
        lines += [f"  {name} : {type}" for name, type in definition.attributes.items()]
        lines += [f"  {name} = {value!r}" for name, value in definition.members]
    if module.root is not None:
        lines += ["root:", *(f"  {path} = {text}" for path, text in _attributes(module.root))]
    if module.weights:
        lines.append("weights:")
        for name, weight in module.weights.items():
            lines.append(f"  {quote(name)} : {ty.TensorType(weight.dtype, weight.shape)}")
    for name, graph in module.graphs():
        lines += ["", f"{name}:", print_graph(graph)]
    return "\n".join(lines)


def _attributes(root: Object) -> Iterator[tuple[str, str]]:
    """Each attribute's path and value; an object that was shown already is named by its first path."""
    paths = {id(root): "self"}
    work = [("", root)]
    while work:
        prefix, owner = work.pop()
        for name, value in owner.attributes.items():
            path = f"{prefix}{name}"
            if not isinstance(value, Object):
                yield (
                    path,
                    repr(value) if isinstance(value, (list, dict, tuple)) else literal_text(value),
                )
            elif id(value) in paths:
                yield path, f"the object at {paths[id(value)]}"
            else:
                paths[id(value)] = path
                yield path, value.class_name
                work.append((f"{path}.", value))
