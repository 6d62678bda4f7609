"""A function that calls its compiled self while a trace is running.

Takes the live function, what compiles it, and where to report. The first call of its kind leaves the trace
(``Wanted``): compilation needs the world as it is outside. Then the trace starts again, and records the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from tsx.capture.trace.calls import Callee, active_for, callee_of, record_call, run_program
from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.tree import map_leaves
from tsx.errors import TsxError
from tsx.ir.module import Module

if TYPE_CHECKING:
    from tsx.capture.trace.tracer import Tracer

Compile = Callable[[Any, Sequence[Any], Mapping[str, Any]], Module]
"""Compiles a function or a bound method; the arguments only give types."""


class Wanted(BaseException):
    """Leaves a trace: a function was called that has to be compiled first, outside of it."""

    def __init__(self, compile: Callable[[], None]) -> None:
        super().__init__()
        self.compile = compile


class Splice:
    """``function`` with its compiled forms, one for each kind of arguments. ``run`` calls the original."""

    def __init__(
        self,
        function: Any,
        compile: Compile,
        *,
        is_method: bool = False,
        run: Callable[..., Any] | None = None,
        apart: Callable[[], AbstractContextManager[None]] = nullcontext,
        failed: Callable[[TsxError], None] = lambda error: None,
    ) -> None:
        self.function = function
        self.compile = compile
        self.is_method = is_method
        self.original = run or function
        self.apart = apart
        self.failed = failed
        self.is_off = False  # it can't be compiled: it is traced like any other
        self._callees: dict[object, tuple[Module, Callee]] = {}
        self._is_running = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        is_plain = self.is_off or self._is_running
        tracer = None if is_plain else active_for([list(args), dict(kwargs)])
        if tracer is None:
            return self.original(*args, **kwargs)
        return self._record(tracer, args, kwargs)

    def _record(self, tracer: Tracer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        owner, given = (args[0], args[1:]) if self.is_method else (None, args)
        plain_args, plain_kwargs = _plain(list(args)), _plain(kwargs)
        key = (id(owner), _key(tracer, given), _key(tracer, kwargs))
        if key not in self._callees:
            samples = plain_args[1:] if self.is_method else plain_args
            raise Wanted(lambda: self._compile(key, owner, samples, plain_kwargs))
        program, callee = self._callees[key]
        weights = {name: _held(owner, name) for name in callee.lifted}

        def run() -> Any:
            if tracer.door.name == "numpy":
                return run_program(tracer, program, "forward", given, kwargs)
            self._is_running = True
            try:
                return self.original(*plain_args, **plain_kwargs)
            finally:
                self._is_running = False

        return record_call(tracer, callee, given, kwargs, run, weights)

    def _compile(
        self, key: object, owner: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> None:
        """The weights that the owner of a method holds become operands, so that they stay one with its own."""
        target = self.function.__get__(owner) if self.is_method else self.function
        try:
            with self.apart():
                program = self.compile(target, args, kwargs)
            held = [n for n in program.weights if owner is not None and _held(owner, n) is not None]
            self._callees[key] = program, callee_of(program, "forward", lift=held)
        except TsxError as error:
            self.is_off = True
            self.failed(error)


def _held(owner: Any, name: str) -> Any:
    """What ``owner`` holds as ``layer.0.weight``; None when there is no such attribute."""
    found = owner
    for part in name.split("."):
        if isinstance(found, (list, tuple)) and part.isdecimal():
            found = found[int(part)] if int(part) < len(found) else None
        else:
            found = getattr(found, part, None)
    return found


def _plain(obj: Any) -> Any:
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
