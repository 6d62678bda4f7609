"""``x[…]`` and ``x[…] = v`` with NumPy's rules: where index arrays stand beside ints, the ints are index arrays too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tsx.capture.trace.scalars import TracedInt
from tsx.errors import fail

if TYPE_CHECKING:
    from tsx.capture.numpy.recorder import Recorder


def get_item(recorder: Recorder, x: Any, index: Any) -> Any:
    """A view for ints, slices and Nones; a gathered copy with index arrays or masks."""
    view, indices = _apply(recorder, x, index)
    if indices:
        return recorder.aten("index.Tensor", view, indices)
    return recorder.aten("alias", x) if view is x else view


def set_item(recorder: Recorder, x: Any, index: Any, value: Any) -> None:
    """A write through the view, or ``aten::index_put_``."""
    view, indices = _apply(recorder, x, index)
    dtype = x.array.dtype
    if isinstance(value, (int, float, complex)) and not indices:
        recorder.aten("fill_.Scalar", view, value)
        return
    if not hasattr(type(value), "__tsx_record__"):
        value = np.asarray(value).astype(dtype)
    elif value.dtype != dtype:
        value = value.astype(dtype)
    if indices:
        recorder.aten("index_put_", view, indices, value, False)
        return
    for _ in range(value.ndim - view.ndim):  # leading ones of the value are dropped
        value = value[0]
    recorder.aten("copy_", view, value, False)


def _apply(recorder: Recorder, x: Any, index: Any) -> tuple[Any, list[Any]]:
    parts = list(index) if isinstance(index, tuple) else [index]
    parts = [_part(p) for p in parts]
    is_advanced = any(_is_array(p) and not (p.ndim == 0 and p.dtype.kind in "iu") for p in parts)
    taken = sum(_dims_taken(p) for p in parts)
    rank = x.ndim
    if not any(p is Ellipsis for p in parts):
        parts.append(Ellipsis)
    dim, indices = 0, []  # type: int, list[Any]
    for part in parts:
        if part is Ellipsis:
            dim += rank - taken
        elif part is None:
            x, dim = recorder.aten("unsqueeze", x, dim), dim + 1
        elif isinstance(part, slice):
            x, dim = _slice(recorder, x, dim, part), dim + 1
        elif not is_advanced:
            position = part.item() if _is_array(part) else part
            x = recorder.aten("select.int", x, dim, position)
        else:
            indices.extend([None] * (dim + 1 - len(indices)))
            indices[dim] = _index_array(recorder, part)
            dim += part.ndim if _is_array(part) and part.dtype.kind == "b" else 1
    return x, indices


def _part(part: Any) -> Any:
    if isinstance(part, (list, np.generic)):
        return np.asarray(part)
    return part


def _is_array(part: Any) -> bool:
    return isinstance(part, np.ndarray) or hasattr(type(part), "__tsx_record__")


def _dims_taken(part: Any) -> int:
    if part is None or part is Ellipsis:
        return 0
    return int(part.ndim) if _is_array(part) and part.dtype.kind == "b" else 1


def _index_array(recorder: Recorder, part: Any) -> Any:
    if isinstance(part, TracedInt):
        return recorder.aten("scalar_tensor", part, 4)
    if not _is_array(part):
        return np.asarray(part, np.int64)
    if part.dtype.kind in "iu" and part.dtype != np.int64:
        return part.astype(np.int64)
    return part


def _slice(recorder: Recorder, x: Any, dim: int, part: slice) -> Any:
    start, stop, step = part.start, part.stop, 1 if part.step is None else part.step
    if start is None and stop is None and part.step is None:
        return x
    if step > 0:
        return recorder.aten("slice.Tensor", x, dim, start, stop, step)
    if start is not None or stop is not None:
        where = recorder.tracer.locator.span() or ""
        raise fail("TSX2006", what="a slice with bounds and a negative step", where=where)
    reverse = recorder.aten("flip", x, [dim])
    return reverse if step == -1 else recorder.aten("slice.Tensor", reverse, dim, None, None, -step)
