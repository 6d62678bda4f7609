"""The terminal: one console each for results (stdout) and messages (stderr), and safe text.

Colour follows the terminal, NO_COLOR, FORCE_COLOR and --color.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

from rich.box import ASCII2, SIMPLE_HEAD, Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tsx.render.clean import clean


def make_console(stream: TextIO, color: str = "auto") -> Console:
    """A console on ``stream``; ``color`` is auto, always or never."""
    return Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        force_terminal=True if color == "always" else None,
        no_color=True if color == "never" else None,
        width=None if stream.isatty() or "COLUMNS" in os.environ else 100,
    )


def table(*headers: str, right: tuple[int, ...] = ()) -> Table:
    """An empty table in the house style; columns in ``right`` are aligned to the right."""
    made = Table(box=_box(), show_edge=False, pad_edge=False, header_style="bold")
    for index, header in enumerate(headers):
        made.add_column(header, justify="right" if index in right else "left", overflow="fold")
    return made


def _box() -> Box:
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower()
    return SIMPLE_HEAD if encoding.startswith("utf") else ASCII2


def cells(*values: object) -> list[Text]:
    """A table row of cleaned plain text."""
    return [value if isinstance(value, Text) else Text(clean(value)) for value in values]


def size_text(count: int) -> str:
    """Bytes in binary units: 1.5 MiB."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError


def count_text(count: int) -> str:
    """A count in decimal units: 11.7 M."""
    for limit, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= limit:
            return f"{count / limit:.2f} {unit}"
    return str(count)
