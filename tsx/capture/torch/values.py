"""Sizes, and values that Python takes out of tensors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._pytree import tree_leaves

from tsx.capture.torch import convert
from tsx.capture.trace.scalars import TracedScalar
from tsx.errors import fail
from tsx.ir import types as ty
from tsx.ir.op import Unknown, lookup

if TYPE_CHECKING:
    from tsx.capture.torch.mode import Recorder

_KINDS: dict[type, tuple[str, ty.Type]] = {
    bool: ("aten::Bool.Tensor", ty.BOOL),
    int: ("aten::Int.Tensor", ty.INT),
    float: ("aten::Float.Tensor", ty.FLOAT),
}
_MOST_ELEMENTS = 256  # tolist() of more is data, not a handful of numbers


def shape(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.shape``: plain ints where every run has the same, traced ones elsewhere."""
    tensor = args[0]
    with recorder.silently():
        if not _is_followed(recorder, tensor):
            return func(*args, **kwargs)
        rank = tensor.dim()
        sizes = [recorder.tracer.size(tensor, dim) for dim in range(rank)]
    return torch.Size(sizes)


def size(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.size()`` and ``x.size(dim)``."""
    tensor, *rest = args
    dim = rest[0] if rest else kwargs.get("dim")
    with recorder.silently():
        if not _is_followed(recorder, tensor):
            return func(*args, **kwargs)
        rank = tensor.dim()
        if dim is None:
            return torch.Size([recorder.tracer.size(tensor, d) for d in range(rank)])
        func(tensor, int(dim))  # torch's own error when it is out of range
        return recorder.tracer.size(tensor, int(dim) % max(rank, 1))


def numel(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The product of the sizes."""
    return math.prod(shape(recorder, torch.Tensor.shape.__get__, args[:1], {}))


def nbytes(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return numel(recorder, func, args, kwargs) * args[0].element_size()


def length(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``len(x)``: Python wants a plain int, so a traced size is guarded."""
    with recorder.silently():
        if not _is_followed(recorder, args[0]):
            return func(*args, **kwargs)
        if args[0].dim() == 0:
            return func(*args, **kwargs)
        first = recorder.tracer.size(args[0], 0)
    return int(first)


def _is_followed(recorder: Recorder, tensor: torch.Tensor) -> bool:
    """Whether a tensor is one that a program can hold (a vmap wrapper is not)."""
    return not torch._C._functorch.is_functorch_wrapped_tensor(tensor)


def _number(recorder: Recorder, tensor: torch.Tensor, kind: type) -> Any:
    """The only element of ``tensor``: traced, or plain when no run can change it."""
    with recorder.silently():
        if not _is_followed(recorder, tensor):
            return tensor.item()
        hint = kind(tensor.item())
        tracer = recorder.tracer
        value = tracer.array_value(tensor)
    if not tracer.varies(value):
        return hint
    if kind not in _KINDS or lookup(_KINDS[kind][0]) is None:
        raise fail("TSX2005", what=f"a {kind.__name__}", where=tracer.locator.span())
    name, type = _KINDS[kind]
    tracer.at_here()
    node = tracer.emit(name, [value], (type,))
    tracer.abstracts[node.output] = Unknown(type)
    return tracer.door.scalar(tracer, node.output, hint, None)


def _kind(tensor: torch.Tensor) -> type:
    if tensor.dtype is torch.bool:
        return bool
    if tensor.is_complex():
        return complex
    return float if tensor.is_floating_point() else int


def item(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.item()``: a traced number."""
    return _number(recorder, args[0], _kind(args[0]))


def taken_below(recorder: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """C++ reads an element: the number goes where nothing can follow it, so it is guarded."""
    kind = _kind(args[0])
    return kind(_number(recorder, args[0], kind))


def guard_numbers(recorder: Recorder, given: Any) -> None:
    """Guards every traced number and every traced size among the arguments of a function."""
    for leaf in tree_leaves(given):
        numbers: Any = (leaf,)
        if isinstance(leaf, torch.Tensor):
            numbers = shape(recorder, torch.Tensor.shape.__get__, (leaf,), {})
        for number in numbers:
            if isinstance(number, TracedScalar):
                number.tracer.scalars.consume(number)


def symbolic(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``torch.sym_int`` and its like, which ask the traced number itself."""
    with recorder.silently():
        return func(*args, **kwargs)


def of_number(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``torch.ceil(n)`` and the like of traced numbers, which give numbers (tensors, were ``n`` one); else None."""
    known = _OF_NUMBERS.get(getattr(func, "__name__", ""))
    if known is None or kwargs or not all(isinstance(a, (int, float, TracedScalar)) for a in args):
        return None
    count, compute = known
    return compute(*args) if len(args) == count else None


_OF_NUMBERS: dict[str, tuple[int, Any]] = {
    "ceil": (1, math.ceil),
    "floor": (1, math.floor),
    "trunc": (1, math.trunc),
    "sqrt": (1, lambda n: n.__sym_sqrt__()),
    "abs": (1, abs),
    "neg": (1, lambda n: -n),
    "max": (2, lambda n, m: n.__sym_max__(m)),
    "maximum": (2, lambda n, m: n.__sym_max__(m)),
    "min": (2, lambda n, m: n.__sym_min__(m)),
    "minimum": (2, lambda n, m: n.__sym_min__(m)),
}


def as_tensor(recorder: Recorder, operand: Any) -> Any:
    """A traced number as the 0-dim tensor that ``torch.tensor`` makes of it; other operands as they are."""
    if isinstance(operand, TracedScalar):
        return convert.tensor(recorder, torch.tensor, (operand,), {})
    return operand


def consumed(kind: type) -> Any:
    """``bool(x)``, ``int(x)``, ``float(x)``: Python must have the plain value, so it is guarded."""

    def consume(
        recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if func.__name__ == "__index__" and args[0].is_floating_point():
            return func(*args)  # torch's own error
        return kind(_number(recorder, args[0], kind))

    return consume


def to_list(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.tolist()``: a list of traced numbers."""
    tensor = args[0]
    with recorder.silently():
        plain, count = tensor.tolist(), tensor.numel()
        value = recorder.tracer.array_value(tensor)
    if not recorder.tracer.varies(value):
        return plain
    if count > _MOST_ELEMENTS:
        raise fail("TSX2005", what=f"a list of {count}", where=recorder.tracer.locator.span())
    if tensor.dim() == 0:
        return item(recorder, func, args, kwargs)
    rows = len(tensor)
    return [
        to_list(recorder, func, (recorder.aten("select.int", tensor, 0, index),), {})
        for index in range(rows)
    ]


def contains(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``v in x``, as torch computes it."""
    with recorder.function_mode:
        return bool((args[1] == args[0]).any())


def where_method(
    recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """``x.where(condition, y)``: the one method whose tensor is not the first operand."""
    given = dict(zip(("self", "condition", "other"), args, strict=False)) | kwargs
    operands = tuple(given[name] for name in ("condition", "self", "other"))
    return recorder.call(torch.where, operands, {})


def leaves_torch(
    recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What a trace can't follow: refused when the tensor depends on the inputs."""
    with recorder.silently():
        value = recorder.tracer.known(args[0])
        if value is None or not recorder.tracer.varies(value):
            return func(*args, **kwargs)
    name = getattr(func, "__name__", "this")
    where = recorder.tracer.locator.span()
    raise fail("TSX2005", what=f"the result of {name}()", where=where)


def assert_(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``torch._assert``: a plain assert with a guard on what is traced."""
    condition = args[0] if args else kwargs["condition"]
    message = args[1] if len(args) > 1 else kwargs.get("message", "")
    with recorder.function_mode:
        holds = bool(condition)
    assert holds, message
