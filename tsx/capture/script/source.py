"""The source of a Python function: its text, its tree with true line numbers, and places in it.

Takes a live function; gives a ``Source`` (the tree, the names it sees) and ``Place``, which errors and nodes carry.
Never runs the function. Functions from ``exec`` and notebooks work when ``linecache`` knows their text.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tsx.capture.trace.spans import is_user_file, relative_path
from tsx.errors import TsxError, fail
from tsx.ir.location import Span

FunctionTree = ast.FunctionDef | ast.Lambda


@dataclass(eq=False, slots=True)
class Source:
    """One function's text: ``file`` as spans name it, all ``lines`` of that file, the ``tree`` of the function."""

    file: str
    lines: list[str]
    tree: FunctionTree
    qualname: str
    namespace: Callable[[str], object]  # a free name → what it is bound to; KeyError
    is_users: bool = True  # and not Python's or a library's own
    is_loose: bool = (
        False  # its annotations, and lists for tuples, are what its library takes them for
    )

    def line(self, number: int) -> str:
        """The text of a line; empty when there is none."""
        return self.lines[number - 1].rstrip() if 0 < number <= len(self.lines) else ""


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of source: where errors point and what nodes come from."""

    source: Source
    node: ast.AST

    @property
    def span(self) -> Span:
        line = getattr(self.node, "lineno", getattr(self.source.tree, "lineno", 1))
        col = getattr(self.node, "col_offset", 0)
        return Span(
            self.source.file, line, _characters(self.source, line, col), self.source.qualname
        )

    @property
    def line(self) -> str:
        """The line as it stands in the file."""
        return self.source.line(self.span.line)

    def excerpt(self) -> str:
        """The line with carets below the piece."""
        span = self.span
        text = self.line
        end = len(text)
        if getattr(self.node, "end_lineno", None) == span.line:
            offset = getattr(self.node, "end_col_offset", 0)
            end = min(end, _characters(self.source, span.line, offset))
        indent = len(text) - len(text.lstrip())
        start = max(span.col, indent)
        return f"{text[indent:]}\n{' ' * (start - indent)}{'^' * max(1, end - start)}"

    def text(self) -> str:
        """The source of the piece in one line, shortened when it is long."""
        words = " ".join(ast.unparse(self.node).split())
        return words if len(words) <= 60 else f"{words[:57]}..."


def _characters(source: Source, line: int, offset: int) -> int:
    """A column in UTF-8 bytes, as trees count, as one in characters."""
    return len(source.line(line).encode()[:offset].decode(errors="ignore"))


def source_of(function: Callable[..., Any]) -> Source:
    """The source of a Python function or lambda; TSX3001 when there is none, TSX3002 when it can't be told."""
    code = function.__code__
    lines = _file_lines(function)
    if not lines:
        raise fail("TSX3001", function=function.__qualname__, where=code.co_filename)
    tree = _tree(function, lines)
    file = relative_path(code.co_filename, str(function.__globals__.get("__name__", "")))
    is_users = is_user_file(code.co_filename) or not Path(code.co_filename).exists()
    return Source(file, lines, tree, function.__qualname__, _namespace(function), is_users)


def _file_lines(function: Callable[..., Any]) -> list[str]:
    linecache.checkcache(function.__code__.co_filename)
    lines = linecache.getlines(function.__code__.co_filename, function.__globals__)
    return lines or _lines_of(function)


def _lines_of(function: Callable[..., Any]) -> list[str]:
    try:
        return inspect.findsource(function)[0]
    except (OSError, TypeError):
        return []


def _tree(function: Callable[..., Any], lines: list[str]) -> FunctionTree:
    code = function.__code__
    first = code.co_firstlineno
    if code.co_name == "<lambda>":
        return _lambda(function, lines, first)
    block = inspect.getblock(lines[first - 1 :])
    tree = _parse(block, first, function)
    found = next((n for n in tree.body if isinstance(n, ast.FunctionDef)), None)
    coroutine = next((n for n in tree.body if isinstance(n, ast.AsyncFunctionDef)), None)
    if coroutine is not None:
        line = lines[coroutine.lineno - 1].strip() if coroutine.lineno <= len(lines) else ""
        where = Span(code.co_filename, coroutine.lineno, coroutine.col_offset)
        way = "write it as a plain def, and call it from the async function"
        excerpt = f"{line}\n{'^' * len(line)}"
        raise fail("TSX3043", what="async def", way=way, where=where, excerpt=excerpt)
    if found is None:
        raise fail("TSX3002", function=function.__qualname__, where=f"{code.co_filename}:{first}")
    return found


def _parse(block: list[str], first: int, function: Callable[..., Any]) -> ast.Module:
    text = "".join(block)
    indent = len(block[0]) - len(block[0].lstrip())
    # A wrapper of one line keeps the columns true, which dedenting would not.
    wrapped = f"if True:\n{text}" if indent else text
    module = _tree_of(wrapped)
    if module is None:  # lines inside a string may stand left of the block
        module = _tree_of(textwrap.dedent(text))
        indent = 0
    if module is None:
        where = f"{function.__code__.co_filename}:{first}"
        raise fail("TSX3002", function=function.__qualname__, where=where)
    ast.increment_lineno(module, first - (2 if indent else 1))
    if indent and isinstance(module.body[0], ast.If):
        module.body = module.body[0].body
    return module


def _tree_of(text: str) -> ast.Module | None:
    """The tree, with type comments where they can be read as such."""
    for type_comments in (True, False):
        try:
            return ast.parse(text, type_comments=type_comments)
        except SyntaxError:
            continue
    return None


def _lambda(function: Callable[..., Any], lines: list[str], first: int) -> ast.Lambda:
    """The lambda that starts where the code object says: several may stand on one line."""
    code = function.__code__
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        tree = _parse(inspect.getblock(lines[first - 1 :]), first, function)
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Lambda) and n.lineno == first]
    positions = [p for p in code.co_positions() if p[0] is not None and p[2] is not None]
    inside = [n for n in found if all(_holds(n.body, p) for p in positions[1:])] or found
    if len(inside) != 1:
        same = [n for n in inside if ast.dump(n) == ast.dump(inside[0])] if inside else []
        if not inside or len(same) != len(inside):
            raise fail("TSX3002", function="<lambda>", where=f"{code.co_filename}:{first}")
    return inside[0]


def _holds(node: ast.expr, position: tuple[int | None, ...]) -> bool:
    line, _, col, _ = position
    if line is None or col is None or node.end_lineno is None or node.end_col_offset is None:
        return True
    return (node.lineno, node.col_offset) <= (line, col) <= (node.end_lineno, node.end_col_offset)


def _namespace(function: Callable[..., Any]) -> Callable[[str], object]:
    """Free names as the function sees them at run time: closure, globals, builtins."""
    code = function.__code__
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=False))

    def find(name: str) -> object:
        if name in cells:
            try:
                return cells[name].cell_contents
            except ValueError:
                raise KeyError(name) from None
        if name in function.__globals__:
            return function.__globals__[name]
        builtins = function.__globals__.get("__builtins__", {})
        table = builtins if isinstance(builtins, dict) else vars(builtins)
        return table[name]

    return find


def is_source_error(error: TsxError) -> bool:
    """Whether the text itself is missing or can't be told, so that no line can be shown."""
    return error.code in ("TSX3001", "TSX3002")
