"""Worlds of arrays: functions whose arrays mean something else than torch's tensors do (NumPy's).

A program has one kind of array, the Tensor; what ``x / y`` and ``x.mean()`` mean for it is said by the function that
stands around. Takes the source of that function; gives its world, or None for torch's, which is the default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tsx.capture.script.values import Sugar

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place, Source


class World(Protocol):
    """The meaning of operators, attributes and indices where at least one operand is an array."""

    def binary(self, ctx: Context, at: Place, name: str, a: Sugar, b: Sugar) -> Sugar:
        """``a op b``; ``name`` is torch's name of the operator (``add``, ``floordiv``, ``__and__``)."""

    def inplace(self, ctx: Context, at: Place, name: str, a: Sugar, b: Sugar) -> Sugar:
        """``a op= b`` of an array ``a``; gives what the target is bound to then."""

    def unary(self, ctx: Context, at: Place, name: str, a: Sugar) -> Sugar:
        """``-a``, ``+a``, ``~a``."""

    def compare(self, ctx: Context, at: Place, name: str, a: Sugar, b: Sugar) -> Sugar:
        """``a < b``: ``eq``, ``ne``, ``lt``, ``le``, ``gt``, ``ge``."""

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar | None:
        """An attribute or method of an array; None when it has none of that name."""

    def element(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        """What ints alone pick of an array, ``value`` being a view of it."""

    def storing(self, ctx: Context, at: Place, array: Sugar, given: Sugar) -> None:
        """Checks what is about to be written into (a part of) an array."""

    def index(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> tuple[Sugar, Sugar]:
        """An array and an index as torch's indexing takes them."""


worlds: list[Callable[[Source], World | None]] = []
"""Who knows of worlds other than torch's: the doors of array libraries."""

_known: dict[int, tuple[Source, World | None]] = {}
_MOST = 4096


def world_of(at: Place) -> World | None:
    """The world of the function that a place is in."""
    source = at.source
    found = _known.get(id(source))
    if found is None or found[0] is not source:
        if len(_known) > _MOST:
            _known.clear()
        answers = (find(source) for find in worlds)
        found = _known[id(source)] = source, next((w for w in answers if w is not None), None)
    return found[1]
