"""Operator schemas: PyTorch's function schema text, read into typed arguments, results and alias facts.

The format is that of PyTorch's ``torch/csrc/jit/frontend/function_schema_parser.cpp`` and of native_functions.yaml.
``str(schema)`` is the text it was read from, character for character.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tsx.errors import TsxError, fail
from tsx.ir import types as ty

# Schema spellings whose values are plain ints (or bools, strings) in a program.
_SPELLINGS: dict[str, ty.Type] = {
    "SymInt": ty.INT,
    "ScalarType": ty.INT,
    "Layout": ty.INT,
    "MemoryFormat": ty.INT,
    "QScheme": ty.INT,
    "SymFloat": ty.FLOAT,
    "SymBool": ty.BOOL,
    "Dimname": ty.STR,
    "None": ty.NONE,
    "number": ty.NUMBER,
    "AnyListType": ty.ListType(ty.ANY),
    "AnyClassType": ty.ANY,
    "AnyEnumType": ty.ANY,
    "Tensor": ty.TENSOR,
    **ty.ATOMS,
}
_TOKEN = re.compile(
    r"\s*(->|\.\.\.|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
    r"|-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf\b)|[A-Za-z_][\w:]*(?:\.[A-Za-z_]\w*)*|\S)"
)


@dataclass(frozen=True, slots=True)
class Alias:
    """``(a!)``: the alias sets a value belongs to, whether it is written, and what it becomes (``a -> *``)."""

    sets: tuple[str, ...]
    writes: bool = False
    after: tuple[str, ...] = ()

    @property
    def is_wildcard(self) -> bool:
        return "*" in self.sets or "*" in self.after


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument or a result: its name may be empty in a result."""

    name: str
    type: ty.Type
    alias: Alias | None = None
    inner_alias: Alias | None = None  # of a list's elements: the first (a) in Tensor(a)[](b)
    spelling: str = ""  # the type as the schema spells it: SymInt, ScalarType?, int[2], …
    size: int | None = None  # N in int[N]: captures take a single int N times
    has_default: bool = False
    default: object = None
    keyword_only: bool = False

    @property
    def may_be_none(self) -> bool:
        return isinstance(self.type, ty.OptionalType) or self.type == ty.NONE


@dataclass(frozen=True, slots=True)
class Schema:
    """``ns::name.overload(arguments) -> results``."""

    text: str
    name: str  # with the namespace: aten::add
    overload: str
    arguments: tuple[Argument, ...]
    results: tuple[Argument, ...]
    is_vararg: bool = False  # takes any further operands
    is_varret: bool = False

    # What is asked of a schema for every node of its kind, found once.
    kind: str = field(init=False, repr=False, compare=False)
    """The node kind, ``aten::add.Tensor``; ``aten::relu`` when the overload name is empty."""
    base: str = field(init=False, repr=False, compare=False)
    """The name without its namespace: ``add``."""
    written: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """Indices of the arguments it writes, or whose elements it writes."""
    mutates: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        written = tuple(
            index
            for index, argument in enumerate(self.arguments)
            if (argument.alias is not None and argument.alias.writes)
            or (argument.inner_alias is not None and argument.inner_alias.writes)
        )
        kind = f"{self.name}.{self.overload}" if self.overload else self.name
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "base", self.name.partition("::")[2])
        object.__setattr__(self, "written", written)
        object.__setattr__(self, "mutates", bool(written))

    def __str__(self) -> str:
        return self.text


@functools.cache
def parse_schema(text: str) -> Schema:
    """Reads a schema; a ``UsageError`` names the place that does not parse."""
    return _Parser(text).schema()


@functools.cache
def _common_argument(tokens: tuple[str, ...], keyword_only: bool) -> Argument:
    """An argument by its tokens: most schemas are made of the same few, and all are read at start."""
    return _Parser("", tokens).argument(keyword_only)


@functools.cache
def _common_results(tokens: tuple[str, ...]) -> tuple[tuple[Argument, ...], bool]:
    """What stands behind the arrow, likewise; raises ``UsageError`` when more follows."""
    parser = _Parser("", tokens)
    found = parser.results()
    if parser.peek():
        raise fail("TSX4001", text="", expected="the end", found=repr(parser.peek()))
    return found


class _Parser:
    def __init__(self, text: str, tokens: Sequence[str] = ()) -> None:
        self.text = text
        self.tokens = tokens or _TOKEN.findall(text)
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        token = self.peek()
        if expected and token not in expected:
            wanted = " or ".join(repr(e) for e in expected)
            raise fail("TSX4001", text=self.text, expected=wanted, found=repr(token))
        if not token:
            raise fail("TSX4001", text=self.text, expected="more", found="the end")
        self.at += 1
        return token

    def size(self) -> int:
        token = self.take()
        if not token.isdecimal():
            raise fail("TSX4001", text=self.text, expected="a length", found=repr(token))
        return int(token)

    def accept(self, token: str) -> bool:
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def schema(self) -> Schema:
        qualified = self.take()
        if "::" not in qualified:
            raise fail("TSX4001", text=self.text, expected="namespace::name", found=repr(qualified))
        name, _, overload = qualified.partition(".")
        arguments: list[Argument] = []
        is_vararg, keyword_only = False, False
        self.take("(")
        while not self.accept(")"):
            if self.accept("..."):
                is_vararg = True
            elif self.accept("*"):
                keyword_only = True
            else:
                arguments.append(self.next_argument(keyword_only))
            if self.peek() != ")":
                self.take(",")
        self.take("->")
        try:
            results, is_varret = _common_results(tuple(self.tokens[self.at :]))
        except TsxError:
            self.results()  # raises again, and shows the whole text
            raise fail(
                "TSX4001", text=self.text, expected="the end", found=repr(self.peek())
            ) from None
        return Schema(self.text, name, overload, tuple(arguments), results, is_vararg, is_varret)

    def results(self) -> tuple[tuple[Argument, ...], bool]:
        if self.accept("..."):
            return (), True
        if not self.accept("("):
            return (self.result(),), False
        found: list[Argument] = []
        while not self.accept(")"):
            found.append(self.result())
            if self.peek() != ")":
                self.take(",")
        return tuple(found), False

    def result(self) -> Argument:
        argument = self.type()
        name = self.take() if self.peek() not in (",", ")", "") else ""
        return _named(argument, name, keyword_only=False)

    def next_argument(self, keyword_only: bool) -> Argument:
        end, depth = self.at, 0
        for end in range(self.at, len(self.tokens)):
            token = self.tokens[end]
            if depth == 0 and token in (",", ")"):
                break
            depth += (token in ("(", "[")) - (token in (")", "]"))
        try:
            found = _common_argument(tuple(self.tokens[self.at : end]), keyword_only)
        except TsxError:
            return self.argument(keyword_only)  # raises again, and shows the whole text
        self.at = end
        return found

    def argument(self, keyword_only: bool) -> Argument:
        argument = self.type()
        named = _named(argument, self.take(), keyword_only)
        if not self.accept("="):
            return named
        default = self.value()
        if isinstance(default, int) and not isinstance(default, bool):
            inner = named.type.element if isinstance(named.type, ty.OptionalType) else named.type
            if isinstance(inner, ty.ListType) and named.size:
                default = [default] * named.size
            elif inner == ty.FLOAT:
                default = float(default)
        return Argument(
            named.name, named.type, named.alias, named.inner_alias, named.spelling, named.size,
            True, default, keyword_only,
        )  # fmt: skip

    def type(self) -> Argument:
        """A type with its alias marks, as an argument without a name."""
        start = self.at
        inner = self.base_type()
        alias, inner_alias, size = self.alias(), None, None
        while True:
            if self.accept("?"):
                inner = ty.OptionalType(inner)
            elif self.peek() == "[" and (self.peek(1) == "]" or self.peek(2) == "]"):
                self.take("[")
                size = self.size() if self.peek() != "]" else None
                self.take("]")
                inner, inner_alias = ty.ListType(inner), alias
                alias = self.alias()
            else:
                break
        spelling = "".join(self.tokens[start : self.at])
        return Argument("", inner, alias, inner_alias, spelling, size)

    def base_type(self) -> ty.Type:
        if self.accept("("):
            elements: list[ty.Type] = []
            while not self.accept(")"):
                elements.append(self.type().type)
                if self.peek() != ")":
                    self.take(",")
            return ty.TupleType(tuple(elements))
        name = self.take()
        if name in ("Dict", "Future", "Await", "RRef", "Union"):
            opening, closing = ("[", "]") if name == "Union" else ("(", ")")
            self.take(opening)
            parts = [self.type().type]
            while self.accept(","):
                parts.append(self.type().type)
            self.take(closing)
            if name == "Dict":
                return ty.DictType(parts[0], parts[1])
            return ty.UnionType(tuple(parts)) if name == "Union" else ty.FutureType(parts[0], name)
        if name in _SPELLINGS:
            return _SPELLINGS[name]
        if name[0].islower() and name.isalnum():
            return ty.VarType(name)
        return ty.ClassType(name)

    def alias(self) -> Alias | None:
        if self.peek() != "(" or self.peek(1) == ")":
            return None
        self.take("(")
        sets, writes = self.alias_sets()
        after: tuple[str, ...] = ()
        if self.accept("->"):
            after, _ = self.alias_sets()
        self.take(")")
        return Alias(sets, writes, after)

    def alias_sets(self) -> tuple[tuple[str, ...], bool]:
        sets = [self.take()]
        while self.accept("|"):
            sets.append(self.take())
        return tuple(sets), self.accept("!")

    def value(self) -> object:
        token = self.take()
        if token == "[":
            items: list[object] = []
            while not self.accept("]"):
                items.append(self.value())
                if self.peek() != "]":
                    self.take(",")
            return items
        if token[0] in "\"'":
            return token[1:-1].encode().decode("unicode_escape")
        named = {"None": None, "True": True, "False": False, "inf": float("inf"), "Mean": 1,
                 "contiguous_format": 0, "strided": 0, "long": 4}  # fmt: skip
        if token in named:
            return named[token]
        if token[0] not in "-.0123456789":
            return token
        try:
            return int(token) if token.lstrip("-").isdecimal() else float(token)
        except ValueError:
            found = repr(token)
            raise fail("TSX4001", text=self.text, expected="a number", found=found) from None


def _named(argument: Argument, name: str, keyword_only: bool) -> Argument:
    return Argument(
        name, argument.type, argument.alias, argument.inner_alias, argument.spelling, argument.size,
        keyword_only=keyword_only,
    )  # fmt: skip
