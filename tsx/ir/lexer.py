"""The tokens of graph text, and the errors that point into it.

Takes text of any size and origin. Gives tokens one at a time with a place each, in linear time. Never recurses, and
never looks at a token's meaning: ``parser`` and ``type_text`` do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from tsx.errors import TsxError, fail

MAX_DEPTH = 64
"""How deep blocks, types and literals may nest, in text as in archives."""
MAX_STRING = 1 << 20

# Names may hold dots; a node kind is two of them joined by '::'. A number with a sign is one token.
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<comment>\#[^\n]*)
      | (?P<value>%(?:"(?:[^"\\\n]|\\.)*"|[A-Za-z0-9_$.]+))
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<float>-?(?:\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|(?:inf|nan)(?![\w.$])))
      | (?P<int>-?\d+)
      | (?P<kind>[A-Za-z_]\w*::\w+(?:\.\w+)*)
      | (?P<name>[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)
      | (?P<mark>->|\.\.\.|//|[-+*%()\[\]<>,:=?])
      | (?P<other>.)""",
    re.VERBOSE | re.ASCII,
)


class Token(NamedTuple):
    """``kind`` is a group of the grammar above, ``origin`` (a comment after code), or ``end``."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokenize(text: str) -> Iterator[Token]:
    """The tokens of ``text``, without white space and without comments that have a line of their own."""
    line_has_code = False
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "space":
            line_has_code = line_has_code and "\n" not in match.group()
        elif kind != "comment":
            line_has_code = True
            yield Token(kind, match.group(), match.start())
        elif line_has_code:
            yield Token("origin", match.group(), match.start())
    yield Token("end", "", len(text))


class TokenStream:
    """One token of lookahead over ``text``, and the errors of a parser that reads it."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self._tokens = tokenize(text)
        self.token = next(self._tokens)  # the next one to read

    def take(self) -> Token:
        """Reads the next token, whatever it is."""
        token = self.token
        if token.kind != "end":
            self.token = next(self._tokens)
        return token

    def accept(self, text: str) -> bool:
        """Reads the next token if it is the mark or word ``text``."""
        if self.token.text != text or self.token.kind in ("string", "end"):
            return False
        self.take()
        return True

    def expect(self, text: str) -> Token:
        if self.token.text != text or self.token.kind == "string":
            raise self.error(repr(text))
        return self.take()

    def expect_kind(self, kind: str, meaning: str) -> Token:
        if self.token.kind != kind:
            raise self.error(meaning)
        return self.take()

    def check_depth(self, depth: int, what: str) -> None:
        if depth > MAX_DEPTH:
            raise self.error(f"at most {MAX_DEPTH} nested {what}", found="more")

    def error(self, expected: str, *, token: Token | None = None, found: str = "") -> TsxError:
        """TSX8001 at ``token`` (the next one): what was expected and found, and the line with a caret."""
        token = token or self.token
        return text_error(
            self.text, self.file, token.start, expected, found or describe(token.text)
        )


def describe(text: str) -> str:
    """A piece of text as an error shows it."""
    return repr(text if len(text) <= 40 else text[:37] + "...") if text else "the end of the text"


def text_error(text: str, file: str, at: int, expected: str, found: str) -> TsxError:
    """TSX8001 for offset ``at`` of ``text``."""
    begin = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    line = text[begin : end if end >= 0 else len(text)]
    column = at - begin
    shift = max(0, column - 60)  # long lines are cut, so that the mark stays in sight
    shown = line[shift : shift + 100].rstrip()
    where = f"{file}:{text.count(chr(10), 0, at) + 1}:{column + 1}"
    return fail(
        "TSX8001",
        expected=expected,
        found=found,
        where=where,
        excerpt=f"{shown}\n{' ' * (column - shift)}^",
    )


def quote(text: str) -> str:
    """A string literal in pure ASCII: what comes from a model can't reach a terminal raw."""
    return json.dumps(text, ensure_ascii=True)


def unquote(literal: str) -> str | None:
    """What ``quote`` wrote, or None when it is no such literal."""
    try:
        value = json.loads(literal)
    except ValueError:
        return None
    return value if isinstance(value, str) else None
