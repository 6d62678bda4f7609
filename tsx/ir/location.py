"""Where a node came from: source spans, the module scope, and the ids of the captured nodes it stands for.

Diffs, profiles and errors are keyed on this. Merging two origins is a sorted union, so the result never
depends on the order in which passes ran.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Span:
    """A place in source: a package-relative file, 1-based line, 0-based column (-1: unknown)."""

    file: str
    line: int
    col: int = -1
    function: str = ""
    caller: Span | None = None  # the call that inlining replaced, innermost first

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}:{self.col}" if self.col >= 0 else f"{self.file}:{self.line}"
        )

    def sort_key(self) -> tuple[str, int, int, str]:
        return self.file, self.line, self.col, str(self.caller)

    def called_from(self, caller: Span | None) -> Span:
        """This span at the inner end of a call chain that ends in ``caller``."""
        if caller is None:
            return self
        inner = caller if self.caller is None else self.caller.called_from(caller)
        return replace(self, caller=inner)


@dataclass(frozen=True, slots=True)
class Origin:
    """Provenance of a node: ids of the captured nodes, their spans, and the module scope."""

    ids: tuple[int, ...] = ()
    spans: tuple[Span, ...] = ()
    scope: str = ""

    @staticmethod
    def at(id: int, span: Span | None = None, scope: str = "") -> Origin:
        return Origin((id,), (span,) if span else (), scope)

    @property
    def span(self) -> Span | None:
        """The first span, the one that errors name."""
        return self.spans[0] if self.spans else None

    @staticmethod
    def merge(*origins: Origin) -> Origin:
        """The union of ``origins``; the scope is the longest module path common to all that come from somewhere."""
        ids = tuple(sorted({i for o in origins for i in o.ids}))
        spans = tuple(sorted({s for o in origins for s in o.spans}, key=Span.sort_key))
        # What has a place but no scope belongs to the outermost module, so nothing deeper is common.
        scopes = [o.scope.split(".") if o.scope else [] for o in origins if o != NOWHERE]
        common: list[str] = []
        for parts in zip(*scopes):  # noqa: B905  (the shortest scope ends the common prefix)
            if len(set(parts)) != 1:
                break
            common.append(parts[0])
        return Origin(ids, spans, ".".join(common))


NOWHERE = Origin()
"""For graphs built by hand in tests; captures and passes always give a real origin."""
