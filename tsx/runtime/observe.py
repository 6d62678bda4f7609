"""Watching a run: what an observer is told, instruction by instruction.

``tsx run --step``, ``--profile`` and per-layer taps are observers (``profile.py``); a run without one pays nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tsx.ir.location import Origin
from tsx.runtime.program import Function, Instruction, Program
from tsx.runtime.values import Stack


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a run is: the function, the instruction, the call depth, and the live stack and slots (not copies).

    ``base`` is where this frame's part of the stack begins.
    """

    program: Program
    function: Function
    place: int
    calls: int
    stack: Stack
    base: int
    slots: Stack

    @property
    def instruction(self) -> Instruction:
        return self.function.code[self.place]

    @property
    def origin(self) -> Origin:
        return self.function.origins[self.place]


class Observer(Protocol):
    """Sees every instruction before and after it runs; both times ``moment`` is that of the instruction.

    After a call the stack is the callee's, which has no values yet; after a return it is the caller's.
    """

    def before(self, moment: Moment) -> None: ...
    def after(self, moment: Moment) -> None: ...
