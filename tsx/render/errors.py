"""Errors for people: code and sentence, where, the excerpt with its mark, one way out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from tsx.errors import Problems, TsxError
from tsx.render.clean import clean


def render_error(error: TsxError) -> Iterator[Text]:
    """Styled lines of one error, or of every problem of several."""
    problems = error.problems if isinstance(error, Problems) else (error,)
    for index, problem in enumerate(problems):
        if index:
            yield Text("")
        yield Text.assemble(
            ("error", "bold red"), f"[{problem.code}]: ", (clean(problem.message), "bold")
        )
        if problem.where:
            yield Text(f"  at {clean(problem.where)}", style="cyan")
        for line in clean(problem.excerpt).splitlines():
            yield Text(f"  | {line}")
        if problem.help:
            yield Text.assemble(("help: ", "green"), clean(problem.help))
    if len(problems) > 1:
        yield Text("")
        yield Text(f"{len(problems)} problems", style="bold red")


def error_json(error: TsxError) -> dict[str, Any]:
    """The error as plain data."""
    problems = error.problems if isinstance(error, Problems) else (error,)
    return {
        "problems": [
            {
                "code": p.code,
                "message": p.message,
                "where": p.where,
                "excerpt": p.excerpt,
                "help": p.help,
            }
            for p in problems
        ]
    }
