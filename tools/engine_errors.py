"""engine/gen/errors.inc: the errors that the engine's sources name, made from tsx/error_codes.toml."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from tsx.errors import error_codes
from tsx.runtime.ways import TRUTH, WAYS

ENGINE = Path(__file__).resolve().parent.parent / "engine"


def error_table() -> str:
    """One row an error, ascending by code: code, exit status, sentence and helps as format templates."""
    lines = [
        "// Generated from tsx/error_codes.toml by `make generate`: the errors that the engine's sources name.",
        "// TSX_ERROR(code, exit status, sentence, help, help for users of tsx/tsx.h where it is another)",
    ]
    lines += [
        f"TSX_ERROR({_quoted(code)}, {row.exit}, {_quoted(row.sentence)}, {_quoted(row.help)}, "
        f"{_quoted(row.api if row.api != row.help else '')})"
        for code, row in sorted(error_codes().items())
        if code in _named()
    ]
    return "\n".join(lines) + "\n"


@functools.cache
def _named() -> frozenset[str]:
    """The codes in the engine's sources; the tables in gen/ are no sources."""
    found: set[str] = set()
    for suffix in ("*.cc", "*.h"):
        for path in ENGINE.rglob(suffix):
            if not path.relative_to(ENGINE).parts[0].startswith("build"):
                found.update(re.findall(r"\bTSX\d{4}\b", path.read_text(encoding="utf-8")))
    return frozenset(found)


def _quoted(text: str) -> str:
    """A C++ string literal; the toml holds no control characters, and the sources are UTF-8."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def ways() -> str:
    """engine/gen/ways.inc: what to do about exceptions of Python's, made from tsx/runtime/ways.py."""
    lines = [
        "// Made by tools/generate.py from tsx/runtime/ways.py.",
        f"TSX_TRUTH({_quoted(TRUTH)})",
    ]
    lines += [f"TSX_WAY({_quoted(name)}, {_quoted(way)})" for name, way in WAYS.items()]
    return "\n".join(lines) + "\n"
