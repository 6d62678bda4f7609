"""Python's and NumPy's random numbers inside a trace: found by their state, named by their line.

torch's are seen by its modes. A model that draws others gives another result in every run, so a trace is refused.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from tsx.capture.trace.spans import is_user_file, span_of_line
from tsx.errors import TsxError, fail
from tsx.ir.location import Span

TraceFunction = Callable[[FrameType, str, Any], Any]


@contextmanager
def refused(again: Callable[[], object]) -> Iterator[None]:
    """Raises TSX2007 when the block moves a global generator; ``again`` repeats it to find the line."""
    before = _state()
    yield
    moved = [name for name, state in _state().items() if state != before[name]]
    if moved:
        raise fail("TSX2007", what=moved[0], where=_find(again, moved[0]) or "")


def _state() -> dict[str, object]:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002  (the global generator is what is watched)
    return {
        "Python's random module": random.getstate(),
        "numpy.random": (kind, np.asarray(keys).tobytes(), *rest),
    }


def _find(again: Callable[[], object], module: str) -> Span | None:
    """The first line of user code after which the generator's state is another one."""
    last: Span | None = None
    found: list[Span] = []
    before = _state()[module]

    def watch(frame: FrameType, event: str, argument: object) -> TraceFunction | None:
        nonlocal last
        if found or not is_user_file(frame.f_code.co_filename):
            return None if found else watch
        if _state()[module] != before and last is not None:
            found.append(last)
        last = span_of_line(frame)
        return watch

    previous = sys.gettrace()
    sys.settrace(watch)
    try:
        again()
    except TsxError:
        pass
    finally:
        sys.settrace(previous)
    return found[0] if found else last
