"""``x[…]`` and ``x[…] = y`` as torch's Python binding takes them apart.

The source is ``torch/csrc/autograd/python_variable_indexing.cpp``.

Ints select, slices slice, None adds a dimension, masks and index tensors gather; bounds may be traced sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from tsx.capture.torch import convert, values
from tsx.capture.trace.scalars import TracedBool, TracedInt, TracedScalar

if TYPE_CHECKING:
    from tsx.capture.torch.mode import Recorder

_INTEGERS = (torch.int8, torch.int16, torch.int32, torch.int64)


def get_item(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x[index]``: views for ints and slices, then one ``aten::index`` for index tensors."""
    tensor, index = args
    if torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        return recorder.below(func, args, kwargs)
    view, indices = _apply(recorder, tensor, index)
    if indices:
        return recorder.aten("index.Tensor", view, indices)
    if view is tensor:  # x[...] is another handle of the same memory
        with recorder.silently():
            view = tensor.view_as(tensor)
            recorder.tracer.bind(view, recorder.tracer.array_value(tensor))
    return view


def set_item(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x[index] = value``: a write through the view, or ``aten::index_put_``."""
    tensor, index, value = args
    view, indices = _apply(recorder, tensor, index)
    is_number = not isinstance(value, torch.Tensor)
    if indices:
        if is_number:
            value = _scalar(recorder, value, view)
        elif value.dtype is not view.dtype:
            value = recorder.aten("to.dtype", value, view.dtype, False, False, None)
        recorder.aten("index_put_", view, indices, value, False)
    elif is_number and not isinstance(value, (list, tuple)):
        recorder.aten("fill_.Scalar", view, value)
    else:
        if is_number:
            value = _scalar(recorder, value, view)
        with recorder.silently():
            extra = value.dim() - view.dim()
        for _ in range(max(extra, 0)):  # leading ones of the value are dropped
            value = recorder.aten("select.int", value, 0, 0)
        recorder.aten("copy_", view, value, False)


def _scalar(recorder: Recorder, value: Any, like: torch.Tensor) -> Any:
    with recorder.function_mode:
        return torch.tensor(value, dtype=like.dtype)


def _apply(recorder: Recorder, tensor: Any, index: Any) -> tuple[Any, list[Any]]:
    """The view that ints, slices and Nones make, and what is left for index tensors."""
    parts = _parts(index)
    with recorder.silently():
        rank = tensor.dim()
    taken = sum(_dims_taken(part) for part in parts)
    dim = 0
    indices: list[Any] = []
    for part in parts:
        if part is Ellipsis:
            dim += rank - taken
        elif part is None:
            tensor = recorder.aten("unsqueeze", tensor, dim)
            dim += 1
        elif isinstance(part, (bool, TracedBool)):
            tensor = recorder.aten("unsqueeze", tensor, dim)
            _place(indices, dim, _constant(recorder, [bool(part)], torch.bool))
            dim += 1
        elif isinstance(part, slice):
            tensor = _slice(recorder, tensor, dim, part)
            dim += 1
        elif isinstance(part, (int, TracedInt)) or _is_position(part):
            position = part
            if isinstance(part, torch.Tensor):
                position = values.item(recorder, None, (part,), {})
            tensor = recorder.aten("select.int", tensor, dim, position)
        else:
            part = _index_tensor(recorder, part)
            _place(indices, dim, part)
            dim += max(part.dim(), 1) if part.dtype in (torch.bool, torch.uint8) else 1
            if part.dim() == 0:  # a 0-dim mask adds the dimension it selects from
                tensor = recorder.aten("unsqueeze", tensor, dim - 1)
                indices[dim - 1] = recorder.aten("unsqueeze", part, 0)
    return tensor, indices


def _place(indices: list[Any], dim: int, part: Any) -> None:
    indices.extend([None] * (dim + 1 - len(indices)))
    indices[dim] = part


def _parts(index: Any) -> list[Any]:
    if isinstance(index, tuple):
        return list(index)
    if isinstance(index, list) and any(_is_structure(i) for i in index):
        return list(index)
    return [index]


def _is_structure(item: Any) -> bool:
    """A list that holds these is taken for a tuple, as NumPy used to do."""
    return item is None or item is Ellipsis or isinstance(item, (slice, list, tuple, torch.Tensor))


def _dims_taken(part: Any) -> int:
    if part is None or part is Ellipsis or isinstance(part, (bool, TracedBool)):
        return 0
    if isinstance(part, torch.Tensor) and part.dtype in (torch.bool, torch.uint8):
        return int(part.dim())
    return 1


def _is_position(part: Any) -> bool:
    """A 0-dim integer tensor selects, like an int."""
    if hasattr(part, "__index__") and not isinstance(part, (torch.Tensor, list, tuple)):
        return True
    return isinstance(part, torch.Tensor) and part.dim() == 0 and part.dtype in _INTEGERS


def _slice(recorder: Recorder, tensor: Any, dim: int, part: slice) -> Any:
    start, stop, step = part.start, part.stop, part.step
    if start is None and stop is None and step is None:
        return tensor
    bounds = [
        values.item(recorder, None, (b,), {}) if isinstance(b, torch.Tensor) else b
        for b in (start, stop)
    ]
    return recorder.aten("slice.Tensor", tensor, dim, *bounds, 1 if step is None else step)


def _index_tensor(recorder: Recorder, part: Any) -> torch.Tensor:
    if isinstance(part, torch.Tensor):
        return part
    if isinstance(part, (list, tuple, range)):
        items: Sequence[Any] = list(part)
        if any(isinstance(item, TracedScalar) for item in items):
            with recorder.function_mode:
                return torch.tensor(items)
        return _constant(recorder, items, None)
    return _constant(recorder, part, None)


def _constant(recorder: Recorder, data: Any, dtype: torch.dtype | None) -> torch.Tensor:
    with recorder.silently():
        made = torch.tensor(data, dtype=dtype)
        made = made.long() if made.numel() == 0 and dtype is None else made
        return recorder.made_outside(made)


def squeeze(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.squeeze(…)``: which dimensions go depends on sizes, so traced ones are guarded and the rest named."""
    tensor = args[0] if args else kwargs.get("input")
    if tensor is None or torch._C._functorch.is_functorch_wrapped_tensor(tensor):
        return recorder.below(func, args, kwargs)
    given = args[1] if len(args) > 1 else kwargs.get("dim")
    sizes = values.shape(recorder, torch.Tensor.shape.__get__, (tensor,), {})
    rank = len(sizes)
    wanted = (
        range(rank) if given is None else given if isinstance(given, (tuple, list)) else [given]
    )
    dims = sorted({int(dim) % rank for dim in wanted if rank and sizes[dim] == 1}, reverse=True)
    if not dims:  # torch raises here if a dimension is out of range
        return convert.same(recorder, func, args, kwargs)
    out = tensor
    for dim in dims:
        out = recorder.aten("squeeze.dim", out, dim)
    if func.__name__ == "squeeze":
        return out
    with recorder.silently():
        func(*args, **kwargs)
        recorder.tracer.bind(tensor, recorder.tracer.array_value(out))
    return tensor
