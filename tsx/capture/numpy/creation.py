"""New arrays whose sizes are traced: ``np.zeros(x.shape)`` while a trace runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tsx.capture.numpy.recorder import Recorder, concrete, is_supported, result_dtype
from tsx.capture.trace.scalars import TracedScalar
from tsx.capture.trace.spans import calls, is_user_file


@contextmanager
def traced_creation(recorder: Recorder) -> Iterator[None]:
    """NumPy's creation functions, which have no protocol of their own for sizes, record what traced sizes make."""
    makers: dict[str, Callable[..., Any]] = {
        "zeros": _zeros, "ones": _ones, "empty": _zeros, "full": _full, "arange": _arange, "eye": _eye,
        "linspace": _linspace, "array": _array, "asarray": _array,
    }  # fmt: skip
    originals = {name: getattr(np, name) for name in makers}
    for name, make in makers.items():
        setattr(np, name, _recording(recorder, originals[name], make))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(np, name, original)


def _recording(
    recorder: Recorder, original: Callable[..., Any], make: Callable[..., Any]
) -> Callable[..., Any]:
    def create(*args: Any, **kwargs: Any) -> Any:
        # NumPy's own C code comes here too, and would take a proxy for the memory of an array.
        frame = sys._getframe(1)
        if not is_user_file(frame.f_code.co_filename) or not calls(frame, create):
            return original(*args, **kwargs)
        if make is _array:
            is_traced = _is_traced((args, tuple(kwargs.values())))
            return (
                _array(recorder, original, *args, **kwargs)
                if is_traced
                else original(*args, **kwargs)
            )
        # Recorded even when nothing in the call is traced: the model may write traced values into the new array.
        sample = original(*concrete(args), **{k: concrete(v) for k, v in kwargs.items()})
        if not is_supported(sample.dtype):
            return sample
        return make(recorder, result_dtype(sample).code, *args, **kwargs)

    return create


def _is_traced(obj: Any) -> bool:
    if isinstance(obj, (list, tuple)):
        return any(_is_traced(item) for item in obj)
    return isinstance(obj, TracedScalar) or hasattr(type(obj), "__tsx_record__")


def _sizes(shape: Any) -> list[Any]:
    return list(shape) if isinstance(shape, (list, tuple)) else [shape]


def _zeros(recorder: Recorder, code: int, shape: Any, *_: Any, **__: Any) -> Any:
    return recorder.aten("zeros", _sizes(shape), code)


def _ones(recorder: Recorder, code: int, shape: Any, *_: Any, **__: Any) -> Any:
    return recorder.aten("ones", _sizes(shape), code)


def _full(recorder: Recorder, code: int, shape: Any, fill_value: Any, *_: Any, **__: Any) -> Any:
    return recorder.aten("full", _sizes(shape), fill_value, code)


def _arange(
    recorder: Recorder, code: int, start: Any, stop: Any = None, step: Any = 1, *_: Any, **__: Any
) -> Any:
    if stop is None:
        start, stop = 0, start
    return recorder.aten("arange.start_step", start, stop, step, code)


def _eye(
    recorder: Recorder, code: int, N: Any, M: Any = None, k: int = 0, *_: Any, **__: Any
) -> Any:
    square = recorder.aten("eye.m", N, N if M is None else M, code)
    if k == 0:
        return square
    full = recorder.aten("ones", [N, N if M is None else M], code)
    return recorder.aten("tril", recorder.aten("triu", full, k), k)


def _linspace(
    recorder: Recorder, code: int, start: Any, stop: Any, num: Any = 50, *_: Any, **__: Any
) -> Any:
    return recorder.aten("linspace", start, stop, num, code)


def _array(
    recorder: Recorder, original: Callable[..., Any], data: Any, dtype: Any = None, **kwargs: Any
) -> Any:
    """``np.array`` of traced arrays and numbers: stacked; of one array: itself or a copy."""
    if hasattr(type(data), "__tsx_record__"):
        copy = kwargs.get("copy", original is not np.asarray)
        out = (
            recorder.aten("clone", data) if copy is True and original.__name__ == "array" else data
        )
        return out if dtype is None else out.astype(dtype)
    sample = original(concrete(data), dtype=dtype)
    return _stack(recorder, data, result_dtype(sample).code)


def _stack(recorder: Recorder, data: Any, code: int) -> Any:
    if isinstance(data, (list, tuple)):
        return recorder.aten("stack", [_stack(recorder, item, code) for item in data], 0)
    if hasattr(type(data), "__tsx_record__"):
        return recorder.aten("to.dtype", data, code, False, False, None)
    return recorder.aten("scalar_tensor", data, code)
