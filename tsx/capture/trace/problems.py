"""Everything in a model that can't be converted, reported at once."""

from __future__ import annotations

from tsx.capture.trace.tracer import Tracer, Unsupported
from tsx.errors import Problems, fail

_MOST_LINES = 5


def refuse_unsupported(tracer: Tracer) -> None:
    """Raises ``Problems`` with one TSX4070 for each operator that tsx has no record of, in order of first use."""
    uses: dict[str, list[Unsupported]] = {}
    for use in tracer.unsupported:
        uses.setdefault(use.name, []).append(use)
    if uses:
        raise Problems(
            [
                fail("TSX4070", op=name, uses=_count(found), where=_lines(found))
                for name, found in uses.items()
            ]
        )


def _count(uses: list[Unsupported]) -> str:
    return "once" if len(uses) == 1 else f"{len(uses)} times"


def _lines(uses: list[Unsupported]) -> str:
    """The source lines of the uses, with the module they run in."""
    places = dict.fromkeys(
        f"{use.span or '?'}" + (f" in {use.scope}" if use.scope else "") for use in uses
    )
    shown = list(places)[:_MOST_LINES]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
