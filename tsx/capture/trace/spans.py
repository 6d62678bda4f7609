"""Which line of the user's program is running: spans for nodes, and the text of an expression for guards.

A span is the innermost frame of user code: neither tsx, nor torch, nor the plumbing that calls modules. When there is
none between the call and the operator (an ``nn.Sequential``), the innermost library frame stands in. Files are
relative to the folder they were imported from, so a span says the same on every machine.
"""

from __future__ import annotations

import functools
import linecache
import sys
from pathlib import Path
from types import CodeType, FrameType

from tsx.ir.location import Span

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


def is_user_file(file: str) -> bool:
    """Whether a frame of ``file`` is the user's: not tsx, no generated code, no array library."""
    return not file.startswith((f"{_PACKAGE}/", "<")) and not any(
        f"/{library}/" in file for library in ("torch", "numpy")
    )


def span_of_line(frame: FrameType) -> Span:
    """The line that a frame is at, without a column."""
    code = frame.f_code
    return Span(file_of(frame), frame.f_lineno or 1, -1, code.co_qualname)
