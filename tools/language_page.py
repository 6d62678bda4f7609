"""docs/language.md: the prose of tests/script/language/prose.md with the language table put in.

Takes the rows and what TorchScript was found to make of them; gives the page's text. Needs torch, which the rows do.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.script.probe import recorded  # noqa: E402  (the folder above is put on the path first)
from tests.script.rows import SECTIONS, Row, all_rows  # noqa: E402  (the folder above is put on the path first)

_PROSE = ROOT / "tests" / "script" / "language" / "prose.md"
_LONGEST = 110
_WORDS = {"equal": "same", "differs": "differs", "rejects": "rejects", "dies": "dies"}


def language() -> str:
    """The page."""
    rows, theirs = all_rows(), recorded()
    text = _PROSE.read_text(encoding="utf-8").replace("{summary}", _summary(rows, theirs))
    return re.sub(r"\{table ([\d.]+)\}", lambda m: _section(m[1], rows, theirs).rstrip(), text)


def _summary(rows: list[Row], theirs: dict[str, tuple[str, str]]) -> str:
    counts = Counter(outcome for outcome, _ in theirs.values())
    refused = [row for row in rows if row.refused]
    accepted = [row for row in refused if theirs[row.id][0] in ("equal", "differs", "dies")]
    lines = [
        "| | programs | same as eager | other than eager | refused | the process dies |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        f"| tsx | {len(rows)} | {len(rows) - len(refused)} | 0 | {len(refused)} | 0 |",
        f"| TorchScript | {len(rows)} | {counts['equal']} | {counts['differs']} | {counts['rejects']} "
        f"| {counts['dies']} |",
        "",
        f"Of what tsx refuses, TorchScript compiles {len(accepted)}; each row says why.",
    ]
    return "\n".join(lines)


def _section(number: str, rows: list[Row], theirs: dict[str, tuple[str, str]]) -> str:
    """The tables of a section, a heading for each group of rows."""
    lines = [f"## {SECTIONS[number]}"]
    group = ""
    for row in rows:
        if row.section != number:
            continue
        if row.group != group:
            group = row.group
            lines += ["", f"### {group}", "", "| item | TorchScript | tsx |", "| --- | --- | --- |"]
        title = f"[{row.title}](../tests/script/language/{row.file})"
        lines.append(f"| {_cell(title)} | {_cell(_their(*theirs[row.id]))} | {_cell(_ours(row))} |")
    return "\n".join(lines)


def _their(outcome: str, detail: str) -> str:
    detail = re.sub(r"\s+", " ", detail)
    short = detail if len(detail) <= _LONGEST else f"{detail[: _LONGEST - 1]}…"
    word = _WORDS[outcome]
    return f"{word}: {_code(short)}" if short else word


def _ours(row: Row) -> str:
    if row.refused:
        return f"refused ({row.code}): {row.refused}"
    if row.stops:
        return f"raises {row.stops}"
    return "same, as a float" if row.widens else "same"


def _code(text: str) -> str:
    """A text as code, whatever backticks it has."""
    return f"`{text}`" if "`" not in text else f"`` {text} ``"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
