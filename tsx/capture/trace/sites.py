"""The Python functions in which a trace met a branch: what auto mode scripts instead.

Takes the frame that is running; gives the live function (and the object it is a method of), when they can be told.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A function, and the class and the name under which it is a method (None and its own name if it is none)."""

    function: FunctionType
    owner: Any = None  # the object whose method was running

    @property
    def name(self) -> str:
        """How reports call it: ``Net.forward``."""
        return self.function.__qualname__.rpartition("<locals>.")[2]


def site_of(frame: FrameType | None, bottom: CodeType | None) -> Site | None:
    """The function whose code ``frame`` runs; ``bottom`` is where user code starts.

    What is made anew in each call (a comprehension, a function in a function) belongs to the function around it.
    """
    while frame is not None:
        around = _around(frame, bottom)
        if around is None:
            break
        frame = around
    if frame is None:
        return None
    code = frame.f_code
    first = code.co_varnames[0] if code.co_argcount else ""
    owner = frame.f_locals.get(first)
    method = _method(type(owner), code) if owner is not None else None
    if method is not None:
        return Site(method, owner)
    function = _function(frame, code)
    return Site(function) if function is not None else None


def _around(frame: FrameType, bottom: CodeType | None) -> FrameType | None:
    """The running function in which the code of ``frame`` stands."""
    name, nested, _ = frame.f_code.co_qualname.rpartition(".<locals>")
    if not nested:
        return None
    caller = frame.f_back
    while caller is not None and caller.f_code is not bottom:
        code = caller.f_code
        if code.co_qualname == name and code.co_filename == frame.f_code.co_filename:
            return caller
        caller = caller.f_back
    return None


def _method(cls: type, code: CodeType) -> FunctionType | None:
    """The method of ``cls`` that has this code."""
    found = next((vars(c)[code.co_name] for c in cls.__mro__ if code.co_name in vars(c)), None)
    return found if isinstance(found, FunctionType) and found.__code__ is code else None


def _function(frame: FrameType, code: CodeType) -> FunctionType | None:
    named = frame.f_globals.get(code.co_name)
    if isinstance(named, FunctionType) and named.__code__ is code:
        return named
    found = [
        f for f in gc.get_referrers(code) if isinstance(f, FunctionType) and f.__code__ is code
    ]
    return found[0] if len(found) == 1 else None
