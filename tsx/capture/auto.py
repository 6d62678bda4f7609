"""Auto mode: a trace in which the functions that branch on data are scripted, each as a call of its own.

Takes what ``trace`` takes. Where a guard comes from control flow that depends on data, the Python function (or the
module's method) around it is compiled from its source, and the trace calls the result instead of running into it. Gives
the program and the trace's report, which says how each function was captured; where scripting fails, the guarded trace
stays, with the problems that the compiler found.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MethodType
from typing import Any

from tsx.capture.script.entry import script
from tsx.capture.substitute import Substitutes
from tsx.capture.trace import Report, trace
from tsx.capture.trace.calls import Callee, active_for, callee_of, record_call, run_program
from tsx.capture.trace.report import Captured
from tsx.capture.trace.request import Dynamic
from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.sites import Site
from tsx.capture.trace.tracer import Tracer
from tsx.capture.trace.tree import map_leaves
from tsx.errors import InternalError, Problems, TsxError
from tsx.ir.location import Span
from tsx.ir.module import Module

_MOST_ROUNDS = 64
"""Traces in all: one more for each function, and for each way it is called."""


def capture(
    model: Any,
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    dynamic: Dynamic = None,
    name: str | None = None,
) -> tuple[Module, Report]:
    """Traces ``model``, and scripts what no trace can hold."""
    program, report = trace(model, args, kwargs, dynamic=dynamic, name=name)
    auto = _Auto(model)
    for _ in range(_MOST_ROUNDS):
        sites = [g.site for g in report.guards if g.on_data and g.site is not None]
        new = [site for site in sites if site.function not in auto.seen]
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


class _Wanted(BaseException):
    """Leaves a trace: a function was called that has to be compiled first, outside of it."""

    def __init__(
        self, splice: _Splice, key: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        super().__init__()
        self.splice, self.key, self.args_, self.kwargs = splice, key, args, kwargs


class _Auto:
    """One conversion: which functions have been looked at, and what became of them."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.seen: set[Any] = set()
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
        self.seen.add(site.function)
        try:
            program, scripted = script(self.model, args, kwargs, name=name)
        except TsxError as error:
            self.failed(site, error)
            return None
        self.succeeded(site)
        report = Report(warnings=list(scripted.warnings), captured=tuple(self.captured.values()))
        report.problems = self.problems
        return program, report

    def add(self, sites: list[Site]) -> None:
        """Substitutes the functions of ``sites`` while the next trace runs."""
        for site in sites:
            if site.function not in self.seen:
                self.seen.add(site.function)
                splice = _Splice(site)
                self.substitutes.add(site, splice.wrapper())

    def trace(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], dynamic: Dynamic, name: str | None
    ) -> tuple[Module, Report] | None:
        """A trace with the substitutes in place; what they need compiled is compiled between tries."""
        for _ in range(_MOST_ROUNDS):
            try:
                with self.substitutes.installed():
                    return trace(self.model, args, kwargs, dynamic=dynamic, name=name)
            except _Wanted as wanted:
                self.compile(wanted)
            except InternalError:
                raise
            except TsxError as error:
                self.problems.append(error)
                return None
        return None

    def compile(self, wanted: _Wanted) -> None:
        splice = wanted.splice
        site = splice.site
        owner = splice.owner(wanted.args_)
        target = site.function if owner is None else MethodType(site.function, owner)
        given = wanted.args_ if owner is None else wanted.args_[1:]
        try:
            program, _ = script(target, given, wanted.kwargs)
            splice.callees[wanted.key] = program, _callee(program, owner)
        except TsxError as error:
            self.failed(site, error)
            self.substitutes.remove(site)
            return
        self.succeeded(site)

    def succeeded(self, site: Site) -> None:
        if site.function not in self.captured:
            self.captured[site.function] = Captured(site.name, "script", _span(site))

    def failed(self, site: Site, error: TsxError) -> None:
        found = list(error.problems) if isinstance(error, Problems) else [error]
        self.problems.extend(found)
        self.captured[site.function] = Captured(site.name, "trace", _span(site), found[0].code)


class _Splice:
    """A function that calls its compiled self when a trace is running."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.callees: dict[object, tuple[Module, Callee]] = {}
        self.is_running = False

    def wrapper(self) -> Any:
        function = self.site.function

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            tracer = None if self.is_running else active_for([list(args), dict(kwargs)])
            return (
                function(*args, **kwargs) if tracer is None else self.record(tracer, args, kwargs)
            )

        return call

    def owner(self, args: tuple[Any, ...]) -> Any:
        """The object that a method is called on."""
        return args[0] if self.site.owner is not None else None

    def record(self, tracer: Tracer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        owner = self.owner(args)
        plain = _plain(tracer, list(args)), _plain(tracer, kwargs)
        key = (id(owner), _key(tracer, args if owner is None else args[1:]), _key(tracer, kwargs))
        if key not in self.callees:
            raise _Wanted(self, key, tuple(plain[0]), plain[1])
        program, callee = self.callees[key]
        given = args if owner is None else args[1:]
        weights = {name: _held(owner, name) for name in callee.lifted}

        def run() -> Any:
            if tracer.door.name == "numpy":
                return run_program(tracer, program, "forward", given, kwargs)
            self.is_running = True
            try:
                return self.site.function(*plain[0], **plain[1])
            finally:
                self.is_running = False

        return record_call(tracer, callee, given, kwargs, run, weights)


def _callee(program: Module, owner: Any) -> Callee:
    """A compiled function; the weights that its owner holds become operands, so that they stay one with its own."""
    held = [
        name for name in program.weights if owner is not None and _held(owner, name) is not None
    ]
    return callee_of(program, "forward", lift=held)


def _held(owner: Any, name: str) -> Any:
    """What ``owner`` holds as ``layer.0.weight``; None when there is no such attribute."""
    found = owner
    for part in name.split("."):
        if isinstance(found, (list, tuple)) and part.isdecimal():
            found = found[int(part)] if int(part) < len(found) else None
        else:
            found = getattr(found, part, None)
    return found


def _plain(tracer: Tracer, obj: Any) -> Any:
    """Arguments with plain numbers in place of traced ones."""
    return map_leaves(obj, lambda o: isinstance(o, TracedScalar), lambda o: o.hint)


def _key(tracer: Tracer, obj: Any) -> object:
    """What of arguments decides the compiled code: types, and the values of flags and texts."""
    found: list[object] = []

    def note(leaf: Any) -> Any:
        is_number = isinstance(leaf, (int, float)) and not isinstance(leaf, bool)
        is_typed = tracer.door.is_array(leaf) or isinstance(leaf, TracedScalar) or is_number
        hint = leaf.hint if isinstance(leaf, TracedScalar) else leaf
        found.append(type(hint).__name__ if is_typed else repr(leaf))
        return leaf

    map_leaves(obj, lambda o: not isinstance(o, (list, tuple, dict)), note)
    return tuple(found)


def _span(site: Site) -> Span | None:
    code = site.function.__code__
    from tsx.capture.trace.spans import relative_path

    module = str(site.function.__globals__.get("__name__", ""))
    return Span(relative_path(code.co_filename, module), code.co_firstlineno, 0, code.co_qualname)
