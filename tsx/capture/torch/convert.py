"""Conversions: dtypes, copies, transposed views, tensors made from Python data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from tsx.capture.torch.tensors import concrete
from tsx.capture.trace.scalars import TracedScalar
from tsx.errors import fail
from tsx.ir.op import lookup

if TYPE_CHECKING:
    from tsx.capture.torch.mode import Recorder


def same(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What changes nothing about the values: ``x.cpu()``, ``x.requires_grad_()``."""
    with recorder.silently():
        result = func(*args, **kwargs)
        _also(recorder, args[0], result)
    return result


def ignored(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    with recorder.silently():
        return func(*args, **kwargs)


def _also(recorder: Recorder, tensor: torch.Tensor, result: torch.Tensor) -> None:
    """``result`` is another handle of ``tensor``."""
    if result is not tensor:
        recorder.tracer.bind(result, recorder.tracer.array_value(tensor))


def detached(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.data``, ``x.detach()``: the same memory under another handle."""
    if torch._C._functorch.is_functorch_wrapped_tensor(args[0]):
        return recorder.below(func, args, kwargs)
    return same(recorder, func, args, kwargs)


def set_data(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.data = y``: from now on the handle means the other tensor."""
    tensor, other = args
    with recorder.silently():
        value = recorder.tracer.array_value(other)
        func(tensor, other)
        recorder.tracer.bind(tensor, value)


def cast(recorder: Recorder, tensor: torch.Tensor, dtype: torch.dtype, copy: bool = False) -> Any:
    """``tensor`` as ``dtype``; nothing is recorded when it is that already."""
    if tensor.dtype is dtype and not copy:
        return tensor
    return recorder.aten("to.dtype", tensor, dtype, False, copy, None)


def to_copy(recorder: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The dispatcher's ``aten::_to_copy``: what ``x.to(…)`` becomes below, under autocast for one."""
    return cast(recorder, args[0], kwargs.get("dtype") or args[0].dtype, copy=True)


def empty(recorder: Recorder, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A new tensor of any layout whose elements nobody may read before writing them."""
    dtype = kwargs.get("dtype") or torch.get_default_dtype()
    return recorder.aten("empty.memory_format", list(args[0]), dtype, None, None, None, None)


def to_dtype(dtype: torch.dtype) -> Any:
    """``x.float()`` and its like."""

    def convert(
        recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return cast(recorder, args[0], dtype)

    return convert


def to(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.to(dtype | device | other, …)``: devices are no part of a program."""
    tensor, *rest = args
    dtype: torch.dtype = kwargs.get("dtype") or tensor.dtype
    device: Any = kwargs.get("device")
    flags: list[bool] = []
    for given in rest:
        if isinstance(given, torch.dtype):
            dtype = given
        elif isinstance(given, torch.Tensor):
            dtype = given.dtype
        elif isinstance(given, bool):
            flags.append(given)
        elif given is not None:
            device = given
    if isinstance(kwargs.get("other"), torch.Tensor):
        dtype = kwargs["other"].dtype
    _refuse_device(recorder, device)
    copy = bool(kwargs.get("copy", flags[1] if len(flags) > 1 else False))
    return cast(recorder, tensor, dtype, copy)


def _refuse_device(recorder: Recorder, device: Any) -> None:
    if device is not None and torch.device(device).type not in (
        "cpu",
        torch.get_default_device().type,
    ):
        what = f"a move to {device}"
        raise fail("TSX2006", what=what, where=recorder.tracer.locator.span())


def type_(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.type()`` names the type; ``x.type(dtype)`` converts."""
    wanted = args[1] if len(args) > 1 else kwargs.get("dtype")
    if wanted is None:
        with recorder.silently():
            return func(*args, **kwargs)
    if isinstance(wanted, torch.dtype):
        return cast(recorder, args[0], wanted)
    with recorder.silently():
        dtype = func(args[0].new_zeros(0), wanted).dtype
    return cast(recorder, args[0], dtype)


def type_as(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return cast(recorder, args[0], (args[1] if len(args) > 1 else kwargs["other"]).dtype)


def deep_copy(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return recorder.aten("clone", args[0], None)


def transposed(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.T``: all dimensions in reverse."""
    rank = args[0].dim()
    if rank == 2:
        return recorder.aten("t", args[0])
    return recorder.aten("permute", args[0], list(range(rank))[::-1])


def matrix_transposed(
    recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """``x.mT``: the last two dimensions swapped."""
    return recorder.aten("transpose.int", args[0], -2, -1)


def adjoint(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    result = matrix_transposed(recorder, func, args, kwargs)
    return recorder.aten("conj", result) if result.is_complex() else result


def real_part(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return recorder.aten("real", args[0]) if args[0].is_complex() else args[0]


def imaginary_part(
    recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    return recorder.aten("imag", args[0])


def tensor(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``torch.tensor(data)``: a constant, or a tensor built from the traced numbers in it."""
    data = args[0] if args else kwargs.get("data", kwargs.get("obj"))
    dtype = kwargs.get("dtype", args[1] if len(args) > 1 and func.__name__ == "as_tensor" else None)
    if isinstance(data, torch.Tensor):
        if func.__name__ == "tensor":
            data = recorder.aten("clone", data, None)
        return data if dtype is None else cast(recorder, data, dtype)
    if not _is_traced(data):
        with recorder.silently():
            return recorder.made_outside(func(*args, **kwargs))
    with recorder.silently():
        rest = {k: v for k, v in kwargs.items() if k not in ("data", "obj")}
        sample = func(_numbers(data), *args[1:], **rest)
    return _stack(recorder, data, sample.dtype)


def new_tensor(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """``x.new_tensor(data)``: as ``torch.tensor`` with the dtype of ``x``."""
    data = args[1] if len(args) > 1 else kwargs["data"]
    return tensor(recorder, torch.tensor, (data,), {"dtype": kwargs.get("dtype") or args[0].dtype})


def _is_traced(data: Any) -> bool:
    if isinstance(data, (list, tuple)):
        return any(_is_traced(item) for item in data)
    return isinstance(data, (TracedScalar, torch.Tensor))


def _numbers(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        return [_numbers(item) for item in data]
    return data.item() if isinstance(data, torch.Tensor) else concrete(data)


def _stack(recorder: Recorder, data: Any, dtype: torch.dtype) -> Any:
    """Numbers, traced or not, as a tensor."""
    if isinstance(data, (list, tuple)):
        return recorder.aten("stack", [_stack(recorder, item, dtype) for item in data], 0)
    if isinstance(data, torch.Tensor):
        element = data.reshape(())
        return cast(recorder, element, dtype)
    if lookup("aten::scalar_tensor") is not None:
        return recorder.aten("scalar_tensor", data, dtype, None, None, None)
    return recorder.aten("full", [], data, dtype, None, None, None)
