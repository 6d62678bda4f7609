"""What earlier tries of a compilation learnt, and the signal to try again.

Compiling takes what no method writes for constant. Where it then meets a write, it notes the fact here and starts
again; so it does when a type that it guessed turns out wider.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tsx.ir import types as ty


class Restart(Exception):
    """What was learnt changes what has been compiled already; ``Facts`` holds it, and compilation starts again."""


@dataclass(slots=True)
class Facts:
    """The attributes that are written, with the types that they take (None: no program can hold it)."""

    written: dict[tuple[type, str], ty.Type | None] = field(default_factory=dict)

    def note(self, cls: type, name: str, type: ty.Type | None) -> None:
        """Attribute ``name`` of the instances of ``cls`` is written; ``type`` holds all that it is given."""
        self.written[cls, name] = type
