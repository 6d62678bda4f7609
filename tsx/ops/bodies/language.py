"""What the bodies of composite operators are written in: tensors, and operators by their names.

``aten.sub(x, y)`` names the operator; the script compiler chooses the overload, as it does for ``x - y``. Nothing here
ever runs: ``make generate`` compiles the bodies to IR text, and that is what the package reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any


class Tensor:
    """The type of a tensor in an annotation; its operators mean what torch's do."""

    if TYPE_CHECKING:

        def __add__(self, other: Tensor | float) -> Tensor: ...
        def __sub__(self, other: Tensor | float) -> Tensor: ...
        def __rsub__(self, other: float) -> Tensor: ...
        def __mul__(self, other: Tensor | float) -> Tensor: ...
        def __truediv__(self, other: Tensor | float) -> Tensor: ...
        def __neg__(self) -> Tensor: ...
        def __lt__(self, other: Tensor | float) -> Tensor: ...
        def __le__(self, other: Tensor | float) -> Tensor: ...


@dataclass(frozen=True, slots=True)
class Named:
    """An operator by its name, all overloads of it."""

    name: str

    if TYPE_CHECKING:

        def __call__(self, *operands: Any, **named: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Namespace:
    """``aten``, ``prim`` or ``tsx``: its attributes are operators."""

    name: str

    def __getattr__(self, name: str) -> Named:
        if name.startswith("__"):
            raise AttributeError(name)
        return Named(f"{self.name}::{name}")


class DType(int):
    """The code of a dtype, where an operator takes one."""


def known(value: Tensor | None) -> Tensor:
    """``value``, which the operator's rule has found not to be None."""
    raise TypeError("bodies are compiled, not run")


BOOL = DType(11)
aten, prim, tsx = Namespace("aten"), Namespace("prim"), Namespace("tsx")
