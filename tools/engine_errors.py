"""engine/gen/errors.inc: the error table of the engine, made from tsx/error_codes.toml."""

from __future__ import annotations

from tsx.errors import error_codes


def error_table() -> str:
    """One row an error, ascending by code: code, exit status, sentence and help as format templates."""
    lines = [
        "// Generated from tsx/error_codes.toml by `make generate`.",
        "// TSX_ERROR(code, exit status, sentence, help)",
    ]
    lines += [
        f"TSX_ERROR({_quoted(code)}, {row.exit}, {_quoted(row.sentence)}, {_quoted(row.help)})"
        for code, row in sorted(error_codes().items())
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A C++ string literal; the toml holds no control characters, and the sources are UTF-8."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
