"""Tracing: run a model on a sample, record its operators, and check that the record holds at other sizes.

``trace`` looks at the object to choose the door (torch, tsx.nn, NumPy); torch is imported only when the object is
torch's. The rest of this package knows no array library.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.capture.notes import notes_on
from tsx.capture.trace.assemble import assemble
from tsx.capture.trace.door import Door
from tsx.capture.trace.dynamic import Outcome, Search
from tsx.capture.trace.report import FreeDim, GuardInfo, Report
from tsx.capture.trace.request import Dynamic, axes_of
from tsx.capture.trace.run import Axis, Capture, Sample
from tsx.capture.trace.single import enlarged, joined, single_axes
from tsx.capture.trace.splice import Wanted
from tsx.errors import InternalError, fail
from tsx.ir.module import Module

__all__ = ["FreeDim", "GuardInfo", "Report", "trace"]


def trace(
    fn_or_module: Any,
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic: Dynamic = None,
    name: str | None = None,
) -> tuple[Module, Report]:
    """Traces a torch module, a tsx.nn module or a function over arrays on a sample call.

    ``args`` is a tuple of arguments (a single array is taken for a tuple of one). ``dynamic`` forces or forbids free
    dimensions: ``False`` pins all, ``{"x": [0]}`` demands that dimension 0 of ``x`` is free,
    ``{"x": {0: "n", 1: False}}`` names (equal names are tied) or forbids. Raises ``Problems`` with every unsupported
    operator, ``TraceError`` for what a trace can't hold.
    """
    arguments = args if isinstance(args, tuple) else (args,)
    while True:
        try:
            return _trace(fn_or_module, arguments, kwargs, dynamic, name)
        except (
            Wanted
        ) as wanted:  # a function to compile ahead; each is compiled or given up for good
            wanted.compile()


def _trace(
    fn_or_module: Any,
    arguments: tuple[Any, ...],
    kwargs: Mapping[str, Any] | None,
    dynamic: Dynamic,
    name: str | None,
) -> tuple[Module, Report]:
    door = _door(fn_or_module, (arguments, kwargs))
    notes = notes_on(fn_or_module)  # of the mode that the caller left it in
    with door.prepared(fn_or_module):
        sample = Sample.of(door, fn_or_module, arguments, dict(kwargs or {}))
        capture = Capture(door, fn_or_module, sample, name or _name(fn_or_module))
        forbidden, ties, forced = axes_of(dynamic, sample)
        traced = _Traced.of(capture, forbidden, ties)
        for axes in single_axes(sample, traced.outcome):
            if not set(axes) & set(forbidden):
                traced = _with_larger_sizes(traced, axes, forbidden, ties) or traced
                if traced.capture is not capture:
                    break
        for axis in forced:
            if axis in traced.outcome.pins:
                pin = traced.outcome.pins[axis]
                raise fail(
                    "TSX2010", input=sample.names[axis[0]], dim=axis[1], reason=pin.message,
                    where=pin.span or "",
                )  # fmt: skip
        traced.report.warnings += notes
        if (arguments or kwargs) and not sample.names:
            traced.report.warnings.append(_CONSTANT)
        return traced.module, traced.report


_CONSTANT = (
    "no input is a tensor or an array, so the trace holds nothing but the result for these very inputs"
    " (and refuses others); --script compiles what computes it"
)


@dataclass(frozen=True, slots=True)
class _Traced:
    """A finished trace of one sample."""

    capture: Capture
    outcome: Outcome
    module: Module
    report: Report

    @staticmethod
    def of(
        capture: Capture, forbidden: Mapping[Axis, str], ties: list[tuple[Axis, ...]]
    ) -> _Traced:
        outcome = Search(capture, forbidden, ties).outcome()
        return _Traced(capture, outcome, *assemble(capture, outcome))


def _with_larger_sizes(
    single: _Traced,
    axes: list[Axis],
    forbidden: Mapping[Axis, str],
    ties: list[tuple[Axis, ...]],
) -> _Traced | None:
    """The trace with a second path for sizes above 1 of ``axes``; None when no larger sample can be traced."""
    try:
        larger = _Traced.of(enlarged(single.capture, axes), forbidden, ties)
    except InternalError:
        raise
    except Exception:  # the model's own code may refuse a larger sample; the pins say so already
        return None
    both = joined((single.module, single.outcome), (larger.module, larger.outcome), axes)
    if both is None:
        return None
    report = larger.report
    report.guards = tuple(dict.fromkeys((*single.report.guards, *report.guards)))
    report.forwards += single.report.forwards
    return replace(larger, module=both, report=report)


def _name(model: Any) -> str:
    owner = getattr(model, "__self__", None)
    subject = owner if owner is not None and not isinstance(model, type) else model
    name = getattr(subject, "__name__", None) or type(subject).__name__
    return name if str(name).isidentifier() else "function"


def _door(model: Any, arguments: Sequence[Any]) -> Door:
    """The world that a model and its arguments live in."""
    torch = sys.modules.get("torch")
    if torch is not None and (_is_torch_module(torch, model) or _mentions(torch.Tensor, arguments)):
        from tsx.capture.torch.door import TorchDoor

        return TorchDoor()
    if not callable(model):
        raise fail("TSX2001", what=type(model).__name__)
    from tsx.capture.numpy import NumpyDoor

    return NumpyDoor()


def _is_torch_module(torch: Any, model: Any) -> bool:
    return isinstance(model, torch.nn.Module) or isinstance(
        getattr(model, "__self__", None), torch.nn.Module
    )


def _mentions(kind: type, obj: Any) -> bool:
    """Whether an argument structure holds an instance of ``kind``."""
    if isinstance(obj, (list, tuple)):
        return any(_mentions(kind, item) for item in obj)
    if isinstance(obj, Mapping):
        return any(_mentions(kind, item) for item in obj.values())
    return isinstance(obj, kind)
