"""The bodies of composite operators: typed Python here, compiled ahead of time to the IR text that is read.

``make generate`` writes ``bodies.ir``; nothing else imports the Python files, so running a program needs no compiler.
"""

from __future__ import annotations

import functools
from pathlib import Path

MARK = "== "
"""Before the kind of each operator in the file of bodies."""


def body_of(kind: str) -> str:
    """The IR text of an operator's body; "" for one that has none."""
    return _texts().get(kind, "")


@functools.cache
def _texts() -> dict[str, str]:
    path = Path(__file__).with_name("bodies.ir")
    text = path.read_text(encoding="utf-8") if path.exists() else ""  # absent while it is written
    parts = (part.partition("\n") for part in text.split(f"\n{MARK}")[1:])
    return {kind: body.rstrip("\n") + "\n" for kind, _, body in parts}
