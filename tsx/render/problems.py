"""The problems of a source as a report: JSON, Markdown, or SARIF 2.1.0 for the tools that show them in a code review.

Takes an error with all its problems, or None when there was none; gives the text. Problems of one cause stand together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from tsx.errors import Problems, TsxError, error_codes
from tsx.render.clean import clean

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?")


def report(form: str, error: TsxError | None, version: str) -> str:
    """The report in ``form``: json, md or sarif."""
    found = problems_of(error)
    if form == "md":
        return _markdown(found)
    data = _sarif(found, version) if form == "sarif" else _json(found)
    return json.dumps(data, indent=2, sort_keys=form == "json") + "\n"


def problems_of(error: TsxError | None) -> Sequence[TsxError]:
    """The single problems of an error."""
    if error is None:
        return ()
    return error.problems if isinstance(error, Problems) else (error,)


def line_of(problem: TsxError) -> str:
    """A problem in one line: code, message, place."""
    return f"{problem.code}: {problem.message}{f' ({problem.where})' if problem.where else ''}"


def place_of(problem: TsxError) -> tuple[str, int, int]:
    """File, line and column (both from 1) of a problem; ("", 0, 0) when it names no line."""
    found = _PLACE.fullmatch(problem.where)
    if found is None:
        return "", 0, 0
    return found["file"], int(found["line"]), int(found["column"] or 0) + 1


def _json(found: Sequence[TsxError]) -> dict[str, Any]:
    rows = []
    for problem in found:
        file, line, column = place_of(problem)
        row = {
            "code": problem.code,
            "name": error_codes()[problem.code].name,
            "message": problem.message,
            "file": file,
            "line": line,
            "column": column,
            "excerpt": problem.excerpt,
            "help": problem.help,
        }
        rows.append(row)
    return {"schema": "tsx.problems/1", "problems": rows}


def _markdown(found: Sequence[TsxError]) -> str:
    if not found:
        return "# No problems\n"
    plural = "" if len(found) == 1 else "s"
    lines = [f"# {len(found)} problem{plural}", ""]
    for code in dict.fromkeys(p.code for p in found):
        same = [p for p in found if p.code == code]
        lines += [f"## {code} {error_codes()[code].name} ({len(same)})", ""]
        for problem in same:
            lines += _entry(problem)
    return "\n".join(lines)


def _entry(problem: TsxError) -> list[str]:
    lines = [f"**{clean(problem.where) or 'somewhere'}**: {clean(problem.message)}", ""]
    if problem.excerpt:
        fence = "```" if "```" not in problem.excerpt else "~~~"
        lines += [f"{fence}python", clean(problem.excerpt), fence, ""]
    if problem.help:
        lines += [f"Help: {clean(problem.help)}", ""]
    return lines


_SARIF = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json"


def _sarif(found: Sequence[TsxError], version: str) -> dict[str, Any]:
    codes = list(dict.fromkeys(p.code for p in found))
    rules = [_rule(code) for code in codes]
    results = [_result(problem, codes.index(problem.code)) for problem in found]
    driver = {"name": "tsx", "version": version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    row = error_codes()[code]
    text = row.explain or row.sentence
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in row.name.split("-")),
        "shortDescription": {"text": row.name.replace("-", " ")},
        "fullDescription": {"text": " ".join(text.split())},
    }


def _result(problem: TsxError, rule: int) -> dict[str, Any]:
    text = problem.message + (f"\nhelp: {problem.help}" if problem.help else "")
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": text},
    }
    file, line, column = place_of(problem)
    if file:
        region = {"startLine": line, "startColumn": column}
        location = {"artifactLocation": {"uri": file}, "region": region}
        result["locations"] = [{"physicalLocation": location}]
    return result
