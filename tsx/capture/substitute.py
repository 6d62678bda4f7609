"""Functions of a running program, replaced by others for a while and put back.

Takes sites (live functions and the objects they are methods of). A method is replaced in its class; a function wherever
a module, or a function around it, holds it by name. Never changes a function itself.
"""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CellType, FunctionType
from typing import Any

from tsx.capture.trace.sites import Site

Put = Callable[[Any], None]
"""Puts a function in one of the places that hold it."""


class Substitutes:
    """What stands for what, and where."""

    def __init__(self) -> None:
        self._new: dict[FunctionType, tuple[Site, Any]] = {}
        self._put: list[tuple[Put, FunctionType, Any]] = []  # what is in place now

    def add(self, site: Site, substitute: Any) -> None:
        self._new[site.function] = site, substitute

    @contextmanager
    def installed(self) -> Iterator[None]:
        """All substitutes in place."""
        try:
            for function, (site, substitute) in self._new.items():
                for put in _places(site):
                    self._put.append((put, function, substitute))
                    put(substitute)
            yield
        finally:
            for put, function, _ in reversed(self._put):
                put(function)
            self._put.clear()

    @contextmanager
    def removed(self) -> Iterator[None]:
        """The functions themselves in place, while substitutes are installed around."""
        for put, function, _ in reversed(self._put):
            put(function)
        try:
            yield
        finally:
            for put, _, substitute in self._put:
                put(substitute)


def _places(site: Site) -> list[Put]:
    if site.owner is not None:
        name = site.function.__name__
        holder = next(c for c in type(site.owner).__mro__ if vars(c).get(name) is site.function)
        return [lambda value: setattr(holder, name, value)]
    found: list[Put] = []
    for referrer in gc.get_referrers(site.function):
        if isinstance(referrer, CellType):
            found.append(functools.partial(setattr, referrer, "cell_contents"))
        elif isinstance(referrer, dict) and _is_namespace(referrer, site.function):
            names = [name for name, value in referrer.items() if value is site.function]
            found += [_put_in(referrer, name) for name in names]
    return found


def _put_in(namespace: dict[str, Any], name: str) -> Put:
    def put(value: Any) -> None:
        namespace[name] = value

    return put


def _is_namespace(table: dict[Any, Any], function: FunctionType) -> bool:
    """Whether a dict is where a module keeps its names."""
    if table is function.__globals__:
        return True
    module = sys.modules.get(str(table.get("__name__")))
    return module is not None and vars(module) is table
