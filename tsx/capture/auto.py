"""Auto mode: a trace in which the functions that branch on data are scripted, each as a call of its own.

Takes what ``trace`` takes. Where a guard comes from control flow that depends on data, the Python function (or the
module's method) around it is compiled from its source, and the trace calls the result instead of running into it. Gives
the program and the trace's report, which says how each function was captured; where scripting fails, the guarded trace
stays, with the problems that the compiler found.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

from tsx.capture.script.entry import script
from tsx.capture.substitute import Substitutes
from tsx.capture.trace import Report, trace
from tsx.capture.trace.report import Captured
from tsx.capture.trace.request import Dynamic
from tsx.capture.trace.sites import Site
from tsx.capture.trace.spans import relative_path
from tsx.capture.trace.splice import Splice
from tsx.errors import InternalError, Problems, TraceError, TsxError
from tsx.ir.location import Span
from tsx.ir.module import Module

_MOST_ROUNDS = 64
"""Looks at what is left to script: functions that come to light once others are scripted."""


def capture(
    model: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    dynamic: Dynamic = None,
    name: str | None = None,
) -> tuple[Module, Report]:
    """Traces ``model``, and scripts what no trace can hold: all of it, when there can be no trace."""
    auto = _Auto(model)
    if (args or kwargs) and not _holds_array([*args, *kwargs.values()]):
        scripted = auto.instead(args, kwargs, name, "no input is a tensor or an array")
        if scripted is not None:
            return scripted
    try:
        program, report = trace(model, args, kwargs, dynamic=dynamic, name=name)
    except TraceError as error:
        reason = f"it can't be traced: {error.message}"
        known = error.code in _NO_PROGRAM
        scripted = None if known else auto.instead(args, kwargs, name, reason)
        if scripted is None:
            raise
        return scripted
    for _ in range(_MOST_ROUNDS):
        sites = [g.site for g in report.guards if g.on_data and g.site is not None]
        new = [site for site in sites if site.function.__code__ not in auto.seen]
        if not new:
            break
        if any(auto.is_entry(site) for site in new):
            whole = auto.whole(args, kwargs, name, new)
            if whole is not None:
                return whole
            continue
        auto.add(new)
        found = auto.trace(args, kwargs, dynamic, name)
        program, report = found if found is not None else (program, report)
    report.captured = tuple(auto.captured.values())
    report.problems = auto.problems
    return program, report


_NO_PROGRAM = ("TSX2001", "TSX2007", "TSX2013")
"""What scripting would not mend: no callable, random numbers, parameters without sizes."""


class _Auto:
    """One conversion: which functions have been looked at, and what became of them."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.seen: set[CodeType] = set()
        self.substitutes = Substitutes()
        self.captured: dict[Any, Captured] = {}
        self.problems: list[TsxError] = []

    def is_entry(self, site: Site) -> bool:
        """Whether a site is the very thing that is converted."""
        if site.owner is not None:
            bound = getattr(self.model, "__self__", self.model)
            return site.owner is bound
        return site.function is self.model

    def whole(
        self,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        name: str | None,
        sites: list[Site],
    ) -> tuple[Module, Report] | None:
        """The whole entry as a script; None, and a problem, when that can't be."""
        site = next(site for site in sites if self.is_entry(site))
        self.seen.add(site.function.__code__)
        try:
            program, scripted = script(self.model, args, kwargs, name=name)
        except TsxError as error:
            self.failed(site, error)
            return None
        self.succeeded(site)
        report = Report(warnings=list(scripted.warnings), captured=tuple(self.captured.values()))
        report.problems = self.problems
        return program, report

    def instead(
        self,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        name: str | None,
        reason: str,
    ) -> tuple[Module, Report] | None:
        """The whole entry as a script, for the ``reason`` that a trace won't do; None when that can't be either."""
        try:
            program, scripted = script(self.model, args, kwargs, name=name)
        except TsxError as error:
            self.problems += error.problems if isinstance(error, Problems) else [error]
            return None
        return program, Report(warnings=[f"scripted, since {reason}", *scripted.warnings])

    def add(self, sites: list[Site]) -> None:
        """Substitutes the functions of ``sites`` while the next trace runs."""
        for site in sites:
            if site.function.__code__ not in self.seen:
                self.seen.add(site.function.__code__)
                self.substitutes.add(site, self.splice(site))

    def splice(self, site: Site) -> Any:
        """What stands for a function: it calls the compiled one while a trace is running."""

        def compiled(target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Module:
            program, _ = script(target, args, kwargs)
            self.succeeded(site)
            return program

        inner = Splice(
            site.function,
            compiled,
            is_method=site.owner is not None,
            apart=self.substitutes.removed,
            failed=lambda error: self.failed(site, error),
        )

        @functools.wraps(site.function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return inner(*args, **kwargs)

        return call

    def trace(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], dynamic: Dynamic, name: str | None
    ) -> tuple[Module, Report] | None:
        """A trace with the substitutes in place."""
        try:
            with self.substitutes.installed():
                return trace(self.model, args, kwargs, dynamic=dynamic, name=name)
        except InternalError:
            raise
        except TsxError as error:
            self.problems.append(error)
            return None

    def succeeded(self, site: Site) -> None:
        if site.function not in self.captured:
            self.captured[site.function] = Captured(site.name, "script", _span(site))

    def failed(self, site: Site, error: TsxError) -> None:
        found = list(error.problems) if isinstance(error, Problems) else [error]
        self.problems.extend(found)
        self.captured[site.function] = Captured(site.name, "trace", _span(site), found[0].code)


def _holds_array(value: Any) -> bool:
    """Whether there is a tensor or an array among the arguments."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return any(map(_holds_array, value))
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return True
    return any(map(_holds_array, vars(value).values())) if hasattr(value, "__dict__") else False


def _span(site: Site) -> Span | None:
    code = site.function.__code__
    module = str(site.function.__globals__.get("__name__", ""))
    return Span(relative_path(code.co_filename, module), code.co_firstlineno, 0, code.co_qualname)
