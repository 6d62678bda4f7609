"""Safe text: names and strings that come from a model pass through ``clean`` before they reach a terminal or a page."""

from __future__ import annotations

import re

# C0 and C1 controls except newline, and the marks that reorder or hide text (Unicode TR 36, section 3.1).
_UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def clean(text: object) -> str:
    """``text`` with every character that could act on a terminal written as an escape."""
    return _UNSAFE.sub(
        lambda m: m[0].encode("unicode_escape", "backslashreplace").decode(), str(text)
    )
