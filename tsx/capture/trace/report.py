"""What a trace has to say beside the module: which dimensions are free, which are pinned and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from tsx.capture.trace.sites import Site
from tsx.errors import TsxError
from tsx.ir.location import Span
from tsx.ir.module import Pin


@dataclass(frozen=True, slots=True)
class FreeDim:
    """A dimension that may change: input, dimension, its symbol, the sizes at which the trace came out the same."""

    input: str
    dim: int
    symbol: str
    tried: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GuardInfo:
    """A place where Python consumed a traced value: the model stops there when the value is another one."""

    kind: str
    expect: object
    source: str
    span: Span | None
    on_data: bool = False  # it depends on what tensors hold, not on sizes alone
    site: Site | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Captured:
    """How one function of the model was captured: ``script``, or ``trace`` with the reason why it stayed so."""

    function: str
    how: str
    span: Span | None = None
    reason: str = ""


@dataclass(slots=True)
class Report:
    """The findings of one trace; nothing here is printed by capture."""

    free: tuple[FreeDim, ...] = ()
    pins: tuple[Pin, ...] = ()
    guards: tuple[GuardInfo, ...] = ()
    warnings: list[str] = field(default_factory=list)
    forwards: int = 0
    captured: tuple[Captured, ...] = ()  # of auto mode: the functions that were not simply traced
    problems: list[TsxError] = field(
        default_factory=list
    )  # what kept functions from being scripted
