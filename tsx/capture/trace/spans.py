"""Which line of the user's program is running: spans for nodes, and the text of an expression for guards.

A span is the innermost frame of user code: neither tsx, nor torch, nor the plumbing that calls modules. When there is
none between the call and the operator (an ``nn.Sequential``), the innermost library frame stands in. Files are
relative to the folder they were imported from, so a span says the same on every machine.
"""

from __future__ import annotations

import ast
import functools
import linecache
import sys
from pathlib import Path
from types import CodeType, FrameType

from tsx.ir.location import Span

_STDLIB = f"{Path(ast.__file__).parent}/"
_PACKAGE = str(Path(__file__).resolve().parents[2])


class Locator:
    """Finds the running line, from the frame that calls it up to ``bottom`` (the frame that started the trace)."""

    def __init__(self, library_roots: tuple[str, ...] = ()) -> None:
        self.plumbing = tuple(f"{root}/" for root in (_PACKAGE, *library_roots))
        self.own = f"{_PACKAGE}/capture/"

    def frame(self) -> FrameType | None:
        """The frame to name, or None when only tsx itself is running."""
        fallback: FrameType | None = None
        frame: FrameType | None = sys._getframe(1)
        inside = True
        while frame is not None:
            file = frame.f_code.co_filename
            if not inside and frame.f_code is _ENTRY.code:
                break
            if not file.startswith(self.plumbing) and not file.startswith("<"):
                return frame
            if fallback is None and not file.startswith((self.own, "<")):
                fallback = frame
            inside = False
            frame = frame.f_back
        return fallback

    def span(self) -> Span | None:
        frame = self.frame()
        return span_of(frame) if frame is not None else None

    def span_and_source(self) -> tuple[Span | None, str]:
        """The running line and the text of the expression in it."""
        frame = self.frame()
        if frame is None:
            return None, ""
        return span_of(frame), source_of(frame)


class _Entry:
    """The code object of the function below which user code runs; frames above it are the caller's."""

    code: CodeType | None = None


_ENTRY = _Entry()


def mark_entry(code: CodeType) -> None:
    """Says which function starts user code; walks stop there."""
    _ENTRY.code = code


def entry_code() -> CodeType | None:
    """The code below which user code runs."""
    return _ENTRY.code


def span_of(frame: FrameType) -> Span:
    line, col, _ = _position(frame.f_code, frame.f_lasti)
    return Span(
        file_of(frame),
        line or frame.f_lineno or 1,
        col,
        frame.f_code.co_qualname,
    )


def source_of(frame: FrameType) -> str:
    """The text of the running expression, one line, at most 80 characters; the whole line when it spans several."""
    line, col, end = _position(frame.f_code, frame.f_lasti)
    text = linecache.getline(frame.f_code.co_filename, line or frame.f_lineno or 1)
    part = text.encode()[col:end].decode(errors="replace") if 0 <= col < end else text
    part = " ".join(part.split())
    return part if len(part) <= 80 else part[:77] + "..."


@functools.lru_cache(maxsize=65536)
def _position(code: CodeType, instruction: int) -> tuple[int, int, int]:
    """Line, first and last column of an instruction; (0, -1, -1) when the compiler kept none."""
    for index, (line, end_line, col, end) in enumerate(code.co_positions()):
        if index * 2 == instruction:
            same_line = line == end_line
            return line or 0, -1 if col is None else col, end if end and same_line else -1
    return 0, -1, -1


@functools.lru_cache(maxsize=4096)
def relative_path(file: str, module: str) -> str:
    """``file`` from the folder that its ``module`` was imported from: ``pkg/net.py`` for pkg.net, else its name alone.

    The module's name decides, not the search path, so a span is the same whatever the working folder is.
    """
    path = Path(file)
    names = module.split(".") + (["__init__"] if path.stem == "__init__" else [])
    tail = path.with_suffix("").parts[-len(names) :]
    return "/".join(tail) + path.suffix if list(tail) == names else path.name


def file_of(frame: FrameType) -> str:
    """The package-relative file of a frame."""
    return relative_path(frame.f_code.co_filename, str(frame.f_globals.get("__name__", "")))


def calls(frame: FrameType, function: object) -> bool:
    """Whether the source that ``frame`` is at calls ``function`` itself, and not C code that calls it in turn.

    Looks the name of the callee up (``np.zeros``, ``zeros``); anything more complicated is taken for a no.
    """
    positions = _extent(frame.f_code, frame.f_lasti)
    if positions is None:
        return False
    line, end_line, col, end = positions
    lines = [linecache.getline(frame.f_code.co_filename, n) for n in range(line, end_line + 1)]
    lines[-1] = lines[-1].encode()[:end].decode(errors="replace")
    lines[0] = lines[0].encode()[col:].decode(errors="replace")
    try:
        call = ast.parse("".join(lines).strip(), mode="eval").body
    except SyntaxError:
        return False
    return isinstance(call, ast.Call) and _look_up(call.func, frame) is function


def _look_up(node: ast.expr, frame: FrameType) -> object:
    """The object that a dotted name means in ``frame``."""
    if isinstance(node, ast.Attribute):
        return getattr(_look_up(node.value, frame), node.attr, None)
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    return None


@functools.lru_cache(maxsize=65536)
def _extent(code: CodeType, instruction: int) -> tuple[int, int, int, int] | None:
    """First and last line, first and last column of an instruction."""
    for index, (line, end_line, col, end) in enumerate(code.co_positions()):
        if index * 2 == instruction:
            if line is None or end_line is None or col is None or end is None:
                return None
            return line, end_line, col, end
    return None


def is_user_file(file: str) -> bool:
    """Whether a frame of ``file`` is the user's: not tsx, no generated code, no array library, not Python's own."""
    if file.startswith((f"{_PACKAGE}/", "<")) or any(f"/{n}/" in file for n in ("torch", "numpy")):
        return False
    return not file.startswith(_STDLIB) or "site-packages" in file


def span_of_line(frame: FrameType) -> Span:
    """The line that a frame is at, without a column."""
    code = frame.f_code
    return Span(file_of(frame), frame.f_lineno or 1, -1, code.co_qualname)
