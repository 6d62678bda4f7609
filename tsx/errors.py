"""Every error tsx raises: a stable code, one sentence, where it happened and one way out.

Takes the codes from ``error_codes.toml`` (one data file; the docs table and the engine's table are
made from it as well). Gives exceptions that know their code and exit status.
Never prints, and never holds anything that can't be pickled.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TABLE = Path(__file__).with_name("error_codes.toml")

# The first digit of a code names the part of tsx that speaks, and so the exit status of the command.
_EXIT_BY_FAMILY = {"1": 2, "2": 4, "3": 4, "4": 4, "5": 5, "6": 3, "7": 3, "8": 2, "9": 70}


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row of the table: ``sentence`` has ``{fields}`` that the raising site fills in.

    ``api`` is the help where a C or C++ program is told, and ``help`` everywhere else.
    """

    code: str
    name: str
    sentence: str
    help: str
    api: str
    exit: int
    explain: str


@functools.cache
def error_codes() -> dict[str, ErrorCode]:
    """The whole table, by code, in the order of the data file."""
    import tomllib  # here, since a program without errors needs none of it

    rows = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {
        code: ErrorCode(
            code,
            row["name"],
            row["sentence"],
            row.get("help", ""),
            row.get("api", row.get("help", "")),
            row.get("exit", _EXIT_BY_FAMILY[code[3]]),
            row.get("explain", ""),
        )
        for code, row in rows.items()
    }


class TsxError(Exception):
    """Base of every tsx error.

    ``code`` is stable for ever; ``message`` is the filled-in sentence (expected and given); ``where`` is
    a source span, a path or the name of a value; ``excerpt`` is source or graph text with a mark;
    ``help`` is one way out. ``exception`` is what Python raises in this place, where it raises: the name of the
    exception's class and its text.
    """

    def __init__(
        self,
        code: str,
        message: str,
        where: str = "",
        excerpt: str = "",
        help: str = "",
        exception: tuple[str, str] | None = None,
    ) -> None:
        # the args, so that pickle works
        super().__init__(code, message, where, excerpt, help, exception)
        self.code = code
        self.message = message
        self.where = where
        self.excerpt = excerpt
        self.help = help
        self.exception = exception

    def instead_of(self, exception: tuple[str, str] | None) -> TsxError:
        """This error, made to stand for an exception of Python's."""
        self.exception = exception
        self.args = (*self.args[:5], exception)
        return self

    @property
    def exit_status(self) -> int:
        return error_codes()[self.code].exit

    def __str__(self) -> str:
        parts = [f"{self.code}: {self.message}"]
        if self.where:
            parts.append(f"  at {self.where}")
        if self.excerpt:
            parts.extend("  | " + line for line in self.excerpt.splitlines())
        if self.help:
            parts.append(f"help: {self.help}")
        return "\n".join(parts)


class UsageError(TsxError):
    """TSX1nnn: a command line or API call that can't mean anything."""


class TraceError(TsxError):
    """TSX2nnn: tracing met something a trace can't hold."""


class ScriptError(TsxError):
    """TSX3nnn: the source can't be compiled."""


class OperatorError(TsxError):
    """TSX4nnn: an operator is unknown, or its operands have the wrong types or shapes."""


class RunError(TsxError):
    """TSX5nnn: the model stopped while running: a guard, a shape, a limit."""


class ArchiveError(TsxError):
    """TSX6nnn: not a .tsx archive, or a damaged, oversized or too new one."""


class TorchArchiveError(TsxError):
    """TSX7nnn: a TorchScript .pt archive that can't be read."""


class PassError(TsxError):
    """TSX8nnn: an unknown pass, a wrong option, or a pass that broke its promise."""


class InternalError(TsxError):
    """TSX9nnn: a bug in tsx."""


_CLASS_BY_FAMILY: dict[str, Callable[..., TsxError]] = {
    "1": UsageError,
    "2": TraceError,
    "3": ScriptError,
    "4": OperatorError,
    "5": RunError,
    "6": ArchiveError,
    "7": TorchArchiveError,
    "8": PassError,
    "9": InternalError,
}


class Problems(TsxError):
    """Several errors found in one go; ``problems`` has them all, in source order."""

    def __init__(self, problems: Sequence[TsxError]) -> None:
        first = problems[0]
        super().__init__(first.code, first.message, first.where, first.excerpt, first.help)
        self.args = (tuple(problems),)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n\n".join(str(problem) for problem in self.problems)


def fail(
    code: str, *, where: object = "", excerpt: str = "", help: str | None = None, **facts: object
) -> TsxError:
    """The error ``code`` with its sentence filled in from ``facts``: ``raise fail("TSX6001", path=p)``."""
    row = error_codes()[code]
    return _CLASS_BY_FAMILY[code[3]](
        code,
        row.sentence.format(**facts),
        str(where) if where else "",
        excerpt,
        row.help.format(**facts) if help is None else help,
    )


def restored(
    code: str,
    message: str,
    where: str,
    excerpt: str,
    help: str,
    exception: tuple[str, str] | None,
) -> TsxError:
    """An error that was made elsewhere, by its parts: the C++ engine's, which has the same table."""
    return _CLASS_BY_FAMILY[code[3]](code, message, where, excerpt, help).instead_of(exception)


def python_exception(error: Exception) -> tuple[str, str]:
    """The class name and the text of what Python raised."""
    return type(error).__name__, str(error)
