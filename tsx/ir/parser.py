"""Graphs from text: the inverse of ``text.print_graph``. docs/ir.md has the grammar.

The parser checks that text is text of a graph; whether the graph makes sense is the verifier's question. So a value
may be used anywhere in the text, also where it isn't visible.
"""

from __future__ import annotations

import re

from tsx.ir import types as ty
from tsx.ir.graph import Attribute, Block, Graph, Node, Value, WeightRef, is_number
from tsx.ir.lexer import Token, text_error
from tsx.ir.location import NOWHERE, Origin
from tsx.ir.origin_text import OriginReader
from tsx.ir.type_text import TypeParser, expand_sizes

_BLOCK = re.compile(r"block\d+", re.ASCII)
_VALUE_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:\.[\w$]+)*", re.ASCII)


class GraphParser(TypeParser):
    """Reads one graph; operands are linked at the end, when every value of the text is known."""

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text, file)
        self.graph = Graph()
        self.values: dict[str, Value] = {}
        self.pending: list[tuple[Node, list[Token]]] = []
        self.origins = OriginReader()

    def read(self) -> Graph:
        """The graph that the whole text is."""
        self.expect("graph")
        block = self.graph.block
        self._inputs(block)
        self.expect(":")
        while self.accept("where"):
            self._where()
        for value in block.inputs:  # they stand before the table that their sizes may use
            value.type = expand_sizes(value.type, self.sizes)
        self._nodes(block, "return", 0)
        self.expect_kind("end", "the end of the text")
        self._link()
        self.graph.mutations = 0
        return self.graph

    def _where(self) -> None:
        name = self.expect_kind("name", "the name of a size")
        self.expect("=")
        if name.text in self.sizes:
            raise self.error("each size once", token=name)
        size = self.size()
        self.sizes[name.text] = size

    def _inputs(self, block: Block) -> None:
        self.expect("(")
        while not self.accept(")"):
            token = self.expect_kind("value", "a value: %name")
            self._define(token, block.add_input(self._declared_type()))
            if self.token.text != ")":
                self.expect(",")

    def _declared_type(self) -> ty.Type:
        return self.type() if self.accept(":") else ty.TENSOR

    def _define(self, token: Token, value: Value) -> None:
        name = self._value_name(token)
        if name in self.values:
            raise self.error("each value defined once", token=token)
        self.values[name] = value
        if not is_number(name):
            value.name = name

    def _value_name(self, token: Token) -> str:
        name = token.text[1:]
        if name.startswith('"'):
            return self.unquoted(Token("string", name, token.start + 1))
        if not is_number(name) and not _VALUE_NAME.fullmatch(name):
            raise self.error("a value name: a number, or words with dots", token=token)
        return name

    def _nodes(self, block: Block, end: str, depth: int) -> None:
        """Nodes up to ``end`` and the block's results."""
        while self.token.text != end or self.token.kind == "string":
            self._node(block, depth)
        self.take()
        self.pending.append((block.return_node, self._operands()))
        block.return_node.origin = self._origin(block.return_node.kind)

    def _node(self, block: Block, depth: int) -> None:
        outputs: list[tuple[Token, ty.Type]] = []
        while self.token.kind == "value":
            token = self.take()
            outputs.append((token, self._declared_type()))
            if not self.accept(","):
                break
        if outputs or self.token.text == "=":
            self.expect("=")
        what = "a node kind: ns::name" if outputs else "a node, or the end of the block"
        kind = self.expect_kind("kind", what)
        node = self.graph.create(kind.text, origin=NOWHERE)
        for token, type in outputs:
            self._define(token, node.add_output(type))
        if self.accept("["):
            self._attributes(node)
        self.pending.append((node, self._operands()))
        node.origin = self._origin(kind.text)
        block.append(node)
        while self.token.kind == "name" and _BLOCK.fullmatch(self.token.text):
            self.check_depth(depth + 1, "blocks")
            self.take()
            inner = node.add_block()
            self._inputs(inner)
            self.expect(":")
            self._nodes(inner, "->", depth + 1)

    def _operands(self) -> list[Token]:
        self.expect("(")
        found: list[Token] = []
        while not self.accept(")"):
            found.append(self.expect_kind("value", "an operand: %name"))
            if self.token.text != ")":
                self.expect(",")
        return found

    def _attributes(self, node: Node) -> None:
        while True:
            token = self.token
            name = self.dotted("an attribute name")
            if name in node.attributes:
                raise self.error("each attribute once", token=token)
            self.expect("=")
            node.attributes[name] = self._literal(0)
            if self.accept("]"):
                return
            self.expect(",")

    def _literal(self, depth: int) -> Attribute:
        self.check_depth(depth, "literals")
        token = self.token
        match token.kind:
            case "string":
                return self.string()
            case "int":
                return self.integer()
            case "float":
                return float(self.take().text)
        match token.text:
            case "None" | "True" | "False":
                return {"None": None, "True": True, "False": False}[self.take().text]
            case "[":
                return self._sequence(depth)
            case "<":
                return self._weight()
            case "complex" if self.text.startswith("(", token.end):
                self.take()
                parts = self._numbers()
                return complex(*parts)
        return self.type(depth)

    def _sequence(self, depth: int) -> tuple[Attribute, ...]:
        self.expect("[")
        found: list[Attribute] = []
        while not self.accept("]"):
            found.append(self._literal(depth + 1))
            if self.token.text != "]":
                self.expect(",")
        return tuple(found)

    def _numbers(self) -> tuple[float, float]:
        self.expect("(")
        real = float(self.expect_kind("float", "a float").text)
        self.expect(",")
        imaginary = float(self.expect_kind("float", "a float").text)
        self.expect(")")
        return real, imaginary

    def _weight(self) -> WeightRef:
        """``<Tensor>, name="w"`` (as the only attribute) or ``<Tensor "w">``."""
        self.expect("<")
        self.expect("Tensor")
        if self.token.kind == "string":
            name = self.string()
            self.expect(">")
            return WeightRef(name)
        self.expect(">")
        self.expect(",")
        self.expect("name")
        self.expect("=")
        return WeightRef(self.string())

    def _origin(self, kind: str) -> Origin:
        if self.token.kind != "origin":
            return NOWHERE
        token = self.take()
        origin, at = self.origins.read(token.text, kind)
        if origin is None:
            raise text_error(
                self.text,
                self.file,
                token.start + at,
                "an origin: file:line:col, scope: a.b, id: 1",
                repr(token.text[at : at + 40]),
            )
        return origin

    def _link(self) -> None:
        for node, tokens in self.pending:
            for token in tokens:
                value = self.values.get(self._value_name(token))
                if value is None:
                    raise self.error("a value that is defined", token=token)
                node.add_input(value)
