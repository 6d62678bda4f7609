"""Names and what they are bound to, while statements are compiled: one flat table for all frames that are open.

Takes bindings; gives lookups, forks for branches, and joins after them. Early exits are bindings too (``$returned``,
``$return``, ``$broke``, ``$continued``), so branches and loops carry them as they carry variables.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tsx.capture.script.values import Sugar
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.source import Place

Key = tuple[int, str]
"""A frame's number and a name in it."""

RETURNED = "$returned"
RETURN = "$return"


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name stands for.

    ``refined`` is a narrower type that control flow has proven here; ``declared`` what an annotation demands of every
    assignment; ``flag`` a bool that says whether the name is bound at all (None: it is).
    """

    value: Sugar
    at: Place | None = None
    refined: ty.Type | None = None
    declared: ty.Type | None = None
    flag: Sugar | None = None


class _Path(Sugar):
    """Stands for the value of an attribute, of which only the narrower type is kept."""


PATH = _Path()


@dataclass(slots=True)
class Environment:
    """The names of all open frames, and whether control gets here at all.

    ``live`` is False behind a return, a break, a continue or a raise; ``raised`` when what stopped it was a raise, so
    that nothing that was bound matters any more. ``left`` is the frame that a return left.
    """

    names: dict[Key, Binding] = field(default_factory=dict)
    live: bool = True
    raised: bool = False
    left: int | None = None

    def fork(self) -> Environment:
        """A copy for one branch."""
        return Environment(dict(self.names), self.live, self.raised, self.left)

    def get(self, key: Key) -> Binding | None:
        return self.names.get(key)

    def bind(self, key: Key, value: Sugar, at: Place | None = None) -> None:
        """Binds a name; what was declared for it stays declared."""
        old = self.names.get(key)
        self.names[key] = Binding(value, at, declared=old.declared if old else None)

    def declare(self, key: Key, value: Sugar, at: Place | None, declared: ty.Type) -> None:
        """Binds a name with an annotation."""
        self.names[key] = Binding(value, at, declared=declared)

    def refine(self, key: Key, type: ty.Type) -> None:
        """Notes that the value of a name is of a narrower type from here on."""
        found = self.names.get(key)
        if found is None and "." in key[1]:
            found = Binding(PATH)
        if found is not None:
            self.names[key] = replace(found, refined=type)

    def forget(self, name: str | None = None) -> None:
        """Forgets what is proven of attributes: of ``self.a.b`` when ``self``, an ``a`` or ``b`` is written, or all."""
        for key in [k for k in self.names if "." in k[1]]:
            if name is None or name in key[1].split("."):
                del self.names[key]

    def ignores(self, key: Key) -> bool:
        """Whether what ``key`` is bound to here can't matter after this path: it raised, or left the frame."""
        if self.raised:
            return True
        return self.left is not None and self.left == key[0] and not key[1].startswith("$")


@dataclass(slots=True)
class Facts:
    """What a condition proves of names: when it is true, when it is false."""

    true: dict[Key, ty.Type] = field(default_factory=dict)
    false: dict[Key, ty.Type] = field(default_factory=dict)

    def inverted(self) -> Facts:
        return Facts(self.false, self.true)

    def and_(self, other: Facts) -> Facts:
        """Both are true; or one of the two is false."""
        common = {k: t for k, t in self.false.items() if other.false.get(k) == t}
        return Facts({**self.true, **other.true}, common)

    def or_(self, other: Facts) -> Facts:
        return self.inverted().and_(other.inverted()).inverted()
