"""Origins as comments: ``# model.py:2:11 in forward <- main.py:9:4; util.py:3, scope: layer1.conv1, id: 4 7``.

``<-`` leads from a span to the call that inlining replaced, ``;`` parts the spans of merged nodes. Nothing of an
origin is lost, but an id that the line before tells is left out. Captures number operators from 1 on, and a constant or
attribute that is made for an operator has its id: so the expected id is the one before it after a node that leads
(``LEADS``) and at a node that trails (``TRAILS``), else one more. A node that has no id says ``id: none``.
"""

from __future__ import annotations

import re

from tsx.ir.lexer import quote, unquote
from tsx.ir.location import NOWHERE, Origin, Span

_PLAIN = r'[^\s",;:#<>][^\s",;:#]*'
_NAME = rf'(?:"(?:[^"\\]|\\.)*"|{_PLAIN}|<[\w.]+>)'
_SPAN = re.compile(
    rf"(?P<file>{_NAME}):(?P<line>-?\d{{1,18}})(?::(?P<col>\d{{1,18}}))?(?: in (?P<function>{_NAME}))?",
    re.ASCII,
)
_SCOPE = re.compile(rf"scope: (?P<scope>{_NAME})", re.ASCII)
_IDS = re.compile(r"id: (?P<ids>none|\d{1,18}(?: \d{1,18})*)", re.ASCII)
_WHOLE_NAME = re.compile(rf"{_PLAIN}|<[\w.]+>", re.ASCII)


LEADS = frozenset(
    {"prim::Constant", "prim::GetAttr", "prim::ListConstruct", "prim::TupleConstruct"}
)
TRAILS = frozenset({"prim::ListUnpack", "prim::TupleUnpack"})


class _Counter:
    """The id that the next node is expected to have."""

    def __init__(self) -> None:
        self._id = 0
        self._before = ""

    def expected(self, kind: str) -> tuple[int]:
        is_same = self._id > 0 and (self._before in LEADS or kind in TRAILS)
        return (self._id if is_same else self._id + 1,)

    def saw(self, kind: str, ids: tuple[int, ...]) -> None:
        if ids:
            self._id = ids[-1]
            self._before = kind


class OriginWriter:
    """Writes the origins of one graph, in print order."""

    def __init__(self) -> None:
        self._ids = _Counter()

    def write(self, origin: Origin, kind: str) -> str:
        """The comment for a node's origin with the mark and a space before it; empty for ``NOWHERE``."""
        if origin == NOWHERE:
            return ""
        parts = ["; ".join(_chain_text(span) for span in origin.spans)] if origin.spans else []
        if origin.scope:
            parts.append(f"scope: {_name_text(origin.scope)}")
        if not parts or origin.ids != self._ids.expected(kind):
            parts.append(f"id: {' '.join(map(str, origin.ids)) or 'none'}")
        self._ids.saw(kind, origin.ids)
        return f" # {', '.join(parts)}"


class OriginReader:
    """Reads the origins of one graph, in print order."""

    def __init__(self) -> None:
        self._ids = _Counter()

    def read(self, comment: str, kind: str) -> tuple[Origin | None, int]:
        """The origin of a node, or None and the offset where ``comment`` stops to be one."""
        start = at = len(comment) - len(comment[1:].lstrip(" "))
        spans: list[Span] = []
        scope = ""
        ids: tuple[int, ...] = self._ids.expected(kind)
        while _SPAN.match(comment, at):
            span, at = _read_chain(comment, at)
            spans.append(span)
            if not comment.startswith("; ", at):
                break
            at += 2
        at = _past_comma(comment, at, bool(spans))
        if match := _SCOPE.match(comment, at):
            scope, at = _name(match["scope"]), match.end()
        at = _past_comma(comment, at, bool(scope))
        if match := _IDS.match(comment, at):
            ids, at = _parse_ids(match["ids"]), match.end()
        if comment[at:].strip() or at == start:
            return None, at
        self._ids.saw(kind, ids)
        return Origin(ids, tuple(spans), scope), at


def _past_comma(comment: str, at: int, is_after: bool) -> int:
    return at + 2 if is_after and comment.startswith(", ", at) else at


def _parse_ids(text: str) -> tuple[int, ...]:
    return () if text == "none" else tuple(map(int, text.split()))


def _read_chain(comment: str, at: int) -> tuple[Span, int]:
    """A span and the calls it was inlined through."""
    links: list[tuple[str, int, int, str]] = []
    while match := _SPAN.match(comment, at):
        at = match.end()
        col = int(match["col"]) if match["col"] else -1
        links.append(
            (_name(match["file"]), int(match["line"]), col, _name(match["function"] or ""))
        )
        if not comment.startswith(" <- ", at):
            break
        at += 4
    span: Span | None = None
    for link in reversed(links):
        span = Span(*link, caller=span)
    assert span is not None
    return span, at


def _chain_text(span: Span) -> str:
    links: list[str] = []
    current: Span | None = span
    while current is not None:
        place = f"{_name_text(current.file)}:{current.line}"
        if current.col >= 0:
            place += f":{current.col}"
        if current.function:
            place += f" in {_name_text(current.function)}"
        links.append(place)
        current = current.caller
    return " <- ".join(links)


def _name(text: str) -> str:
    if not text.startswith('"'):
        return text
    return unquote(text) or ""


def _name_text(name: str) -> str:
    return (
        name
        if name.isascii() and name.isprintable() and _WHOLE_NAME.fullmatch(name)
        else quote(name)
    )
