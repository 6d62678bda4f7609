"""What types mean to the script compiler: the registries that ``values`` describes, and the doors of libraries.

Takes types, names and handlers; gives the handler or the ``Meaning`` that was entered. Knows no value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place
    from tsx.capture.script.values import Meaning, Sugar


class Door(Protocol):
    """What a library's objects mean. Doors are asked in order; the first that doesn't say None decides."""

    def resolve(self, ctx: Context, at: Place, obj: object) -> Sugar | None:
        """The value that a live Python object (``torch.relu``, ``torch.float32``, ``np.pi``) stands for."""

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar | None:
        """An attribute or method of a first-class value (``x.relu``) that no registry knows."""

    def names(self, type: ty.Type) -> list[str]:
        """What ``attribute`` knows of a type, for messages."""


doors: list[Door] = []
"""The doors of the libraries that are loaded. A door adds itself when its module is imported."""

_MEANINGS: dict[object, Meaning] = {}  # that of every type is under ``ty.Type``
_METHODS: dict[tuple[object, str], Callable[..., Any]] = {}
_ATTRIBUTES: dict[tuple[object, str], Callable[..., Any]] = {}


def method(
    type: ty.Type | type[ty.Type], *names: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a type a method: ``(ctx, at, self, *arguments)``. ``type`` is one type or a class of types."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _METHODS.update({(type, name): function for name in names})
        return function

    return register


def attribute(
    type: ty.Type | type[ty.Type], *names: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives a type an attribute that is no method: ``(ctx, at, self)``."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _ATTRIBUTES.update({(type, name): function for name in names})
        return function

    return register


def meaning(
    *types: ty.Type | type[ty.Type],
) -> Callable[[type[Meaning]], type[Meaning]]:
    """Gives types (or classes of types) what their values can do."""

    def register(cls: type[Meaning]) -> type[Meaning]:
        _MEANINGS.update(dict.fromkeys(types, cls()))
        return cls

    return register


def meaning_of(type: ty.Type) -> Meaning:
    """What values of ``type`` can do."""
    return _MEANINGS.get(type) or _MEANINGS.get(type.__class__) or _MEANINGS[ty.Type]


def method_of(type: ty.Type, name: str) -> Callable[..., Any] | None:
    """The handler of a method."""
    return _METHODS.get((type, name)) or _METHODS.get((type.__class__, name))


def attribute_of(type: ty.Type, name: str) -> Callable[..., Any] | None:
    """The handler of a plain attribute."""
    return _ATTRIBUTES.get((type, name)) or _ATTRIBUTES.get((type.__class__, name))


def names_of(type: ty.Type) -> list[str]:
    """What methods and attributes are registered for a type: for messages and ``hasattr``."""
    keys = [*_METHODS, *_ATTRIBUTES]
    return sorted({name for owner, name in keys if owner in (type, type.__class__)})
