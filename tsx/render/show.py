"""Where a command's result goes: stdout as text or JSON; messages and errors go to stderr.

JSON is one object with its schema's name and version, keys sorted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from tsx.errors import TsxError
from tsx.render.clean import clean
from tsx.render.console import make_console
from tsx.render.errors import error_json, render_error


@dataclass(slots=True)
class Report:
    """What a command has to say: plain data, lines for people, messages, and the exit status of its findings."""

    data: dict[str, Any]
    lines: Iterable[RenderableType]
    notes: Iterable[RenderableType] = ()
    status: int = 0


class Output:
    """Where a command's result goes."""

    def __init__(self, schema: str, as_json: bool, color: str, quiet: bool) -> None:
        self.schema = schema
        self.as_json = as_json
        self.quiet = quiet
        self.result = make_console(sys.stdout, color)
        self.messages = make_console(sys.stderr, color)

    def note(self, text: str) -> None:
        """Says something beside the result, on stderr; nothing when there is nothing to say."""
        if text and not self.quiet:
            self.messages.print(Text(clean(f"note: {text}")), soft_wrap=True)

    def emit(self, report: Report, *, result_is_binary: bool = False) -> int:
        """Writes a report; when stdout carries the archive or arrays themselves, the lines go to stderr."""
        if not self.quiet:
            _print(self.messages, report.notes)
        if self.as_json and not result_is_binary:
            sys.stdout.write(json_text(self.schema, report.data))
        elif not result_is_binary:
            _print(self.result, report.lines)
        elif not self.quiet:
            _print(self.messages, report.lines)
        return report.status


def _print(console: Console, lines: Iterable[RenderableType]) -> None:
    for line in lines:
        # Text has been laid out for the width already; tables lay themselves out.
        console.print(line, soft_wrap=isinstance(line, Text))


def json_text(schema: str, data: dict[str, Any]) -> str:
    return (
        json.dumps({"schema": f"{schema}/1", **data}, sort_keys=True, indent=2, default=str) + "\n"
    )


def print_text(text: str) -> None:
    """A result that is text already, on stdout."""
    sys.stdout.write(text)
    sys.stdout.flush()


def print_error(error: TsxError, as_json: bool) -> None:
    """An error on stderr; with --json also as the result."""
    if as_json:
        sys.stdout.write(json_text("tsx.error", error_json(error)))
        sys.stdout.flush()
    console = make_console(sys.stderr)
    for line in render_error(error):
        console.print(line, soft_wrap=True)
