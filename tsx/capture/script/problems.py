"""The problems of one compilation: all of them, each once, grouped by cause.

Takes codes and places; gives ``ScriptError`` records, and ``Failed``, which unwinds to the statement that goes on
with the next one. What a failed statement would have assigned is ``Poison``, so that one mistake is told once.
"""

from __future__ import annotations

from tsx.capture.script.source import Place
from tsx.capture.script.values import Sugar
from tsx.errors import Problems, ScriptError, TsxError, fail


class Failed(Exception):
    """A statement can't be compiled; the problem is recorded already."""


class Poison(Sugar):
    """What a failed statement would have given. Looking up a name that is bound to it fails without a word."""

    def describe(self) -> str:
        return "what could not be compiled"


POISON = Poison()


class Collector:
    """Problems in the order they were found; ``attempt`` forgets those of a try that is thrown away."""

    def __init__(self) -> None:
        self.found: list[TsxError] = []
        self.callers: list[
            Place
        ] = []  # the calls that led to the function being compiled, outermost first
        self._seen: set[tuple[str, str, str]] = set()

    def add(self, code: str, place: Place, **facts: object) -> Failed:
        """Records a problem at ``place``; raise what it gives. A fact ``help`` stands in place of the code's own."""
        help = facts.pop("help", None)
        assert help is None or isinstance(help, str)
        excerpt = "\n".join([place.excerpt(), *self._calls(place)])
        return self.add_error(fail(code, where=place.span, excerpt=excerpt, help=help, **facts))

    def _calls(self, place: Place) -> list[str]:
        """The calls that lead into code that is not the user's, innermost first."""
        if place.source.is_users:
            return []
        lines: list[str] = []
        for caller in reversed(self.callers):
            lines.append(f"called from {caller.span}: {caller.text()}")
            if caller.source.is_users:
                break
        return lines

    def add_error(self, error: TsxError) -> Failed:
        """Records an error as it is."""
        key = (error.code, error.where, error.message)
        if key not in self._seen:
            self._seen.add(key)
            self.found.append(error)
        return Failed()

    def mark(self) -> int:
        """A point to go back to with ``rewind``."""
        return len(self.found)

    def rewind(self, mark: int) -> list[TsxError]:
        """Forgets the problems found since ``mark``, and gives them."""
        dropped = self.found[mark:]
        del self.found[mark:]
        for error in dropped:
            self._seen.discard((error.code, error.where, error.message))
        return dropped

    def raise_all(self) -> None:
        """Raises the problems, by cause and then by place: one as itself, several as one error."""
        if not self.found:
            return
        first: dict[str, int] = {}
        for index, error in enumerate(self.found):
            first.setdefault(error.code, index)
        ordered = sorted(self.found, key=lambda e: (first[e.code], _line(e)))
        raise ordered[0] if len(ordered) == 1 else ScriptProblems(ordered)


class ScriptProblems(Problems, ScriptError):
    """Several problems of one source."""


def _line(error: TsxError) -> tuple[str, int]:
    file, _, rest = error.where.partition(":")
    number = rest.partition(":")[0]
    return file, int(number) if number.isdecimal() else 0
