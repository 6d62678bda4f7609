"""Functions of ``torch.jit.script`` in a trace: compiled from their Python source, they keep their control flow.

While a trace runs, a call of one is a call in the program. One that can't be compiled runs as torch's interpreter runs
it: its operators are recorded one by one, and its branches are guarded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import Any
from weakref import WeakKeyDictionary

import torch

from tsx.capture.trace.splice import Splice
from tsx.ir.module import Module

_CLASS: Any = torch.jit.ScriptFunction
_RUN = _CLASS.__call__
_splices: WeakKeyDictionary[FunctionType, Splice] = WeakKeyDictionary()


@contextmanager
def scripted_calls() -> Iterator[None]:
    """Calls of script functions are recorded as calls."""
    _CLASS.__call__ = _call
    try:
        yield
    finally:
        _CLASS.__call__ = _RUN


def _call(self: Any, *args: Any, **kwargs: Any) -> Any:
    source = getattr(self, "_torchdynamo_inline", None) or getattr(self, "__wrapped__", None)
    if not isinstance(source, FunctionType):
        return _RUN(self, *args, **kwargs)
    splice = _splices.get(source)
    if splice is None:
        splice = _splices[source] = Splice(
            source, _compiled, run=lambda *a, **k: _RUN(self, *a, **k)
        )
    return splice(*args, **kwargs)


def _compiled(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Module:
    from tsx.capture.script.entry import script  # it knows this package by its own ways

    return script(function, args, kwargs)[0]
