"""Traced numbers that torch takes for its own symbolic ones.

torch's argument parser accepts any subclass of ``SymInt`` where an int is wanted and hands the call to the function
mode without looking inside, so no size loses its symbol on the way. What bypasses the mode asks ``node``, where every
question is one that Python code could have asked, and is guarded the same. Where torch wants a tensor, its parser takes
what has a ``__torch_function__``: under tracing, code may take a fraction of a size for one (``torch.ceil(n / 2)``).
"""

from __future__ import annotations

from typing import Any

import torch

from tsx.capture.trace.scalars import TracedBool, TracedFloat, TracedInt, TracedScalar
from tsx.capture.trace.tracer import Tracer
from tsx.ir.dims import Dim
from tsx.ir.graph import Value


class _Node:
    """The part of torch's SymNode protocol that consumes a number."""

    def __init__(self, owner: TracedScalar) -> None:
        self.owner = owner

    def is_int(self) -> bool:
        return isinstance(self.owner, TracedInt)

    def is_float(self) -> bool:
        return isinstance(self.owner, TracedFloat)

    def is_bool(self) -> bool:
        return isinstance(self.owner, TracedBool)

    def is_nested_int(self) -> bool:
        return False

    def is_symbolic(self) -> bool:
        return True

    def is_constant(self) -> bool:
        return False

    def maybe_as_int(self) -> int | None:
        return None

    def guard_int(self, file: str, line: int) -> int:
        return int(self.owner)

    def guard_float(self, file: str, line: int) -> float:
        return float(self.owner)

    def guard_bool(self, file: str, line: int) -> bool:
        return bool(self.owner)

    guard_size_oblivious = guard_or_false = guard_or_true = expect_true = guard_bool

    def int_(self) -> int:
        return int(self.owner)

    def bool_(self) -> bool:
        return bool(self.owner)

    def has_hint(self) -> bool:
        return True

    def require_hint(self) -> Any:
        return self.owner.hint

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"a traced number has no {name}")


class TorchInt(TracedInt, torch.SymInt):  # type: ignore[misc]  # torch has no types here
    """A traced int for torch."""

    @property
    def node(self) -> Any:
        return _Node(self)


class TorchFloat(TracedFloat, torch.SymFloat):  # type: ignore[misc]  # torch has no types here
    """A traced float for torch, which also goes where a tensor is wanted, for the function mode to see.

    A traced int can't: the parser would no longer take ``ones(n, m)`` for sizes.
    """

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))

    @property
    def node(self) -> Any:
        return _Node(self)


class TorchBool(TracedBool, torch.SymBool):  # type: ignore[misc]  # torch has no types here
    """A traced bool for torch."""

    @property
    def node(self) -> Any:
        return _Node(self)


def scalar(tracer: Tracer, value: Value, hint: float | bool, dim: Dim | None) -> TracedScalar:
    """The traced number of the right kind."""
    if isinstance(hint, bool):
        return TorchBool(tracer, value, hint)
    if isinstance(hint, int):
        return TorchInt(tracer, value, hint, dim)
    return TorchFloat(tracer, value, hint)
