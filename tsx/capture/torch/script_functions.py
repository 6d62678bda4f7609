"""torch's functions in scripted code: those that mean more than an operator of their name, by identity.

Takes live torch objects; gives the handlers of functions that build tensors from Python data, take their tensors one by
one, or ask about torch's state. What state answers is what holds while a program runs: no gradients, no autocast, no
CUDA, no compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from tsx.capture.script.functions import FunctionValue
from tsx.capture.script.sizes import as_size
from tsx.capture.script.values import (
    Constant,
    DeviceName,
    Handler,
    ListLiteral,
    Operator,
    Ssa,
    Sugar,
    TupleSugar,
    attribute,
)
from tsx.capture.script.worlds import TORCH, relabelled
from tsx.capture.torch.script_tensors import cast, dtype_argument, refuse_device
from tsx.capture.torch.tensors import plain
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_FUNCTIONS: dict[int, tuple[object, Sugar]] = {}


def function_for(obj: object) -> Sugar | None:
    """The meaning of a torch function that has one of its own."""
    known = _FUNCTIONS.get(id(obj))
    return known[1] if known is not None else None


def _register(sugar: Sugar, *objects: object) -> None:
    _FUNCTIONS.update({id(obj): (obj, sugar) for obj in objects})


def _means(*objects: object) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for obj in objects:
            _register(Handler(getattr(obj, "__name__", "function"), function), obj)
        return function

    return register


# -- questions about torch's state ------------------------------------------------------------------------------------


def _answers(value: object, *paths: str) -> None:
    """``torch.is_grad_enabled`` and the like: whatever they are given, they answer ``value``."""

    def answer(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> Sugar:
        return Constant(value)  # type: ignore[arg-type]  # bool, int or None

    for path in paths:
        obj = _at(path)
        if obj is not None:
            _register(Handler(path, answer), obj)


def _at(path: str) -> object:
    """The object at a dotted path of torch; None in versions of torch that have none."""
    found: object = torch
    for part in path.split(".")[1:]:
        found = getattr(found, part, None)
    return found


_answers(
    False,
    "torch.is_grad_enabled", "torch.is_inference_mode_enabled", "torch.is_autocast_enabled",
    "torch.is_autocast_cpu_enabled", "torch._C._is_any_autocast_enabled", "torch.is_anomaly_enabled",
    "torch.are_deterministic_algorithms_enabled", "torch.backends.mha.get_fastpath_enabled",
    "torch.backends.cudnn.is_acceptable", "torch.backends.cudnn.is_available", "torch.cuda.is_available",
    "torch.compiler.is_compiling", "torch.compiler.is_exporting", "torch.compiler.is_dynamo_compiling",
    "torch._dynamo.is_compiling", "torch.jit.is_tracing", "torch._jit_internal.is_tracing",
    "torch.onnx.is_in_onnx_export", "torch.distributed.is_initialized", "torch.distributed.is_available",
    "torch.overrides.has_torch_function", "torch.overrides.has_torch_function_unary",
    "torch.overrides.has_torch_function_variadic", "torch.overrides.is_tensor_method_or_property",
    "torch._C._functorch.is_batchedtensor", "torch.backends.mps.is_available", "torch.xpu.is_available",
    "torch.nn.modules.activation._is_make_fx_tracing", "torch.nn.modules.activation._arg_requires_grad",
)  # fmt: skip
_answers(True, "torch.jit.is_scripting", "torch._jit_internal.is_scripting")
_answers(
    None,
    "torch._C._get_tracing_state", "torch._C._log_api_usage_once", "torch.manual_seed",
    "torch.utils._python_dispatch._get_current_dispatch_mode_stack", "torch._C._log_api_usage_metadata",
)  # fmt: skip
_answers(0, "torch.cuda.device_count", "torch.xpu.device_count")


@_means(torch.get_default_dtype)
def _default_dtype(ctx: Context, at: Place) -> Sugar:
    return Constant(plain(torch.get_default_dtype()))


@_means(torch.is_tensor)
def _is_tensor(ctx: Context, at: Place, obj: Sugar) -> Sugar:
    return Constant(isinstance(obj.type, ty.TensorType))


# -- tensors from Python data -----------------------------------------------------------------------------------------


@_means(torch.tensor)
def _tensor(
    ctx: Context, at: Place, data: Sugar, dtype: Sugar | None = None, device: Sugar | None = None, **_: Sugar
) -> Sugar:  # fmt: skip
    if device is not None:
        refuse_device(ctx, at, device)
    if isinstance(data.type, ty.TensorType):
        data = ctx.op("aten::clone", at, [data])
    return make_tensor(ctx, at, data, dtype)


@_means(torch.as_tensor, torch.asarray)
def _as_tensor(
    ctx: Context, at: Place, data: Sugar, dtype: Sugar | None = None, device: Sugar | None = None, **_: Sugar
) -> Sugar:  # fmt: skip
    if device is not None:
        refuse_device(ctx, at, device)
    return make_tensor(ctx, at, data, dtype)


@_means(torch.from_numpy)
def _from_numpy(ctx: Context, at: Place, array: Sugar) -> Sugar:
    return relabelled(ctx, array, TORCH, at)


def make_tensor(ctx: Context, at: Place, data: Sugar, dtype: Sugar | None) -> Sugar:
    """A tensor of numbers, of nested lists or tuples of them, or of 0-dim tensors among them."""
    if dtype is not None and dtype.static() is None:
        dtype = None
    if dtype is not None:
        dtype = dtype_argument(dtype) or dtype
    if isinstance(data.type, ty.TensorType):
        data = relabelled(ctx, data, TORCH, at)
        return data if dtype is None else cast(ctx, at, data, dtype)
    items = ctx.parts(data, at)
    if items is not None and any(_holds_tensor(item) for item in items):
        rows = [make_tensor(ctx, at, item, dtype) for item in items]
        return ctx.op("aten::stack", at, [ListLiteral(rows), Constant(0)])
    if isinstance(data, TupleSugar) or isinstance(data.type, ty.TupleType):
        data = ListLiteral([_as_list(ctx, at, item) for item in ctx.parts(data, at) or []])
    return ctx.op(
        "aten::tensor", at, [data], {"dtype": dtype} if dtype else {}, called="torch.tensor"
    )


def _holds_tensor(data: Sugar) -> bool:
    type = data.type
    if isinstance(data, (TupleSugar, ListLiteral)):
        return any(map(_holds_tensor, data.items))
    while isinstance(type, ty.ListType):
        type = type.element
    return isinstance(type, ty.TensorType)


def _as_list(ctx: Context, at: Place, data: Sugar) -> Sugar:
    items = ctx.parts(data, at)
    if items is None or isinstance(data, ListLiteral):
        return data
    return ListLiteral([_as_list(ctx, at, item) for item in items])


@dataclass(eq=False, slots=True)
class TorchClass(Handler):
    """A class of torch that builds plain values: ``torch.Size``, ``torch.device``."""

    cls: Any = None

    def python_type(self) -> object:
        return self.cls


def _size_of(ctx: Context, at: Place, sizes: Sugar) -> Sugar:
    return as_size(ctx.as_list_value(sizes, at))


def _device_of(ctx: Context, at: Place, type: Sugar, index: Sugar | None = None) -> Sugar:
    name = type.static()
    if isinstance(name, str):
        number = index.static() if index is not None else None
        return Constant(DeviceName(name if number is None else f"{name}:{number}"))
    return Ssa(ctx.convert(type, ty.DEVICE, at, "the device"))


for _cls, _build in ((torch.Size, _size_of), (torch.device, _device_of)):
    _register(TorchClass(_cls.__name__, _build, (), _cls), _cls)


@attribute(ty.DEVICE, "type")
def _device_type(ctx: Context, at: Place, self: Sugar) -> Sugar:
    known = self.static()
    return Constant(str(known).partition(":")[0] if isinstance(known, str) else "cpu")


@attribute(ty.DEVICE, "index")
def _device_index(ctx: Context, at: Place, self: Sugar) -> Sugar:
    known = self.static()
    number = known.partition(":")[2] if isinstance(known, str) else ""
    return Constant(int(number) if number else None)


# -- functions that take their tensors one by one ---------------------------------------------------------------------


def _gathered(function: object, operator: str) -> None:
    """``f(a, b, c)`` or ``f([a, b, c])`` as one operator over a list."""

    def call(ctx: Context, at: Place, *tensors: Sugar, **kwargs: Sugar) -> Sugar:
        return ctx.op(operator, at, [_one_list(ctx, at, tensors)], kwargs, called=operator[6:])

    _register(Handler(operator[6:], call), function)


def _one_list(ctx: Context, at: Place, tensors: Sequence[Sugar]) -> Sugar:
    if len(tensors) == 1 and not isinstance(tensors[0].type, ty.TensorType):
        return tensors[0]
    return ListLiteral(list(tensors))


for _name in ("broadcast_tensors", "block_diag", "cartesian_prod", "meshgrid"):
    _gathered(getattr(torch, _name), f"aten::{_name}")


@_means(torch.chain_matmul)
def _chain_matmul(ctx: Context, at: Place, *matrices: Sugar) -> Sugar:
    return ctx.op("aten::linalg_multi_dot", at, [_one_list(ctx, at, matrices)])


@_means(torch.einsum)
def _einsum(ctx: Context, at: Place, equation: Sugar, *operands: Sugar) -> Sugar:
    return ctx.op("aten::einsum", at, [equation, _one_list(ctx, at, operands)])


def _atleast(rank: int) -> None:
    name = f"atleast_{rank}d"

    def call(ctx: Context, at: Place, *tensors: Sugar) -> Sugar:
        if len(tensors) == 1:
            return ctx.op(f"aten::{name}", at, tensors)
        return TupleSugar([ctx.op(f"aten::{name}", at, [t]) for t in tensors])

    _register(Handler(name, call), getattr(torch, name))


for _rank in (1, 2, 3):
    _atleast(_rank)


@_means(torch.norm, torch.functional.norm, torch.Tensor.norm)
def _norm(
    ctx: Context, at: Place, input: Sugar, p: Sugar | None = None, dim: Sugar | None = None,
    keepdim: Sugar | None = None, out: Sugar | None = None, dtype: Sugar | None = None,
) -> Sugar:  # fmt: skip
    """The vector norm that ``torch.norm`` means for a number, ``"fro"`` or None."""
    order = p.static() if p is not None else None
    if isinstance(order, str) and order != "fro":
        raise ctx.problem(
            "TSX3208", at, text=f"torch.norm with p={order!r}", instead="torch.linalg.norm"
        )
    if p is None or order in (None, "fro"):
        p = Constant(2)
    named = {"dim": dim, "keepdim": keepdim, "dtype": dtype}
    given = {k: v for k, v in named.items() if v is not None}
    return ctx.op("aten::linalg_vector_norm", at, [input, p], given, called="torch.norm")


# -- Python functions of torch that are one operator ------------------------------------------------------------------


def _is_operator(operator: str, *paths: str) -> None:
    for path in paths:
        obj = _at(path)
        if obj is not None:
            _register(Operator(path, (operator,)), obj)


_is_operator("aten::pad", "torch.nn.functional.pad")
_is_operator("aten::cdist", "torch.cdist")
_is_operator("aten::stft", "torch._VF.stft")
_is_operator("aten::istft", "torch.istft", "torch._VF.istft")
_is_operator("aten::rms_norm", "torch.rms_norm")


@_means(torch.tensordot)
def _tensordot(
    ctx: Context, at: Place, a: Sugar, b: Sugar, dims: Sugar | None = None, out: Sugar | None = None
) -> Sugar:
    """``dims``: how many of the last and first dimensions, or which of each."""
    count = dims.static() if dims is not None else 2
    if type(count) is int:
        pairs: list[Sugar] = [
            ListLiteral([Constant(dim) for dim in range(-count, 0)]),
            ListLiteral([Constant(dim) for dim in range(count)]),
        ]
    else:
        assert dims is not None
        pairs = ctx.parts(dims, at) or [dims]
    found = ctx.op("aten::tensordot", at, [a, b, *pairs], called="torch.tensordot")
    return found if out is None else ctx.op("aten::copy_", at, [out, found])


@_means(torch.nonzero, torch.Tensor.nonzero)
def _nonzero(ctx: Context, at: Place, input: Sugar, *, as_tuple: Sugar | None = None) -> Sugar:
    if as_tuple is None or as_tuple.static() is False:
        return ctx.op("aten::nonzero", at, [input], called="nonzero")
    if as_tuple.static() is not True:
        return ctx.op("aten::nonzero", at, [input], {"as_tuple": as_tuple}, called="nonzero")
    return ctx.op("aten::nonzero_numpy", at, [input], called="nonzero")


@_means(torch.nn.functional.interpolate)
def _interpolate(
    ctx: Context, at: Place, input: Sugar, size: Sugar | None = None,
    scale_factor: Sugar | None = None, *args: Sugar, **kwargs: Sugar,
) -> Sugar:  # fmt: skip
    """torch's own source, whose factors are floats: ints among them become floats, as where it calls operators."""
    given = {"size": size, "scale_factor": _floats(ctx, at, scale_factor)}
    named = {name: value for name, value in given.items() if value is not None}
    if args:
        names = ("mode", "align_corners", "recompute_scale_factor", "antialias")
        named |= dict(zip(names, args, strict=False))
    source = FunctionValue(torch.nn.functional.interpolate)
    return source.call(ctx, at, [input], {**named, **kwargs})


def _floats(ctx: Context, at: Place, factors: Sugar | None) -> Sugar | None:
    if factors is None or factors.type == ty.NONE:
        return factors
    if factors.type == ty.INT:
        known = factors.static()
        return (
            Constant(float(known))
            if isinstance(known, int)
            else Ssa(ctx.convert(factors, ty.FLOAT, at, "the factor"))
        )
    items = ctx.parts(factors, at)
    if items is None:
        return factors
    return ListLiteral([_floats(ctx, at, item) or item for item in items])


@_means(torch._assert)
def _assert(ctx: Context, at: Place, condition: Sugar, message: Sugar | None = None) -> None:
    check(ctx, at, condition, message, "AssertionError")


@_means(torch._check, getattr(torch, "_check_with", None))
def _check(ctx: Context, at: Place, *args: Sugar) -> None:
    condition = args[-2] if len(args) > 1 else args[0]
    message = args[-1] if len(args) > 1 else None
    check(ctx, at, condition, message, "RuntimeError")


def check(ctx: Context, at: Place, condition: Sugar, message: Sugar | None, kind: str) -> None:
    """``if not condition: raise kind(message)``."""
    holds = condition.truth(ctx, at)
    if holds.static() is True:
        return

    def fail() -> Sugar:
        given = message
        if given is not None and given.type is None:
            given = given.call(ctx, at, [], {})  # a function that makes the message
        ctx.raise_exception(kind, given or Constant("Expected cond to be True, but got False."), at)
        return Constant(None)

    ctx.choose(holds.as_value(ctx, at), lambda: Constant(None), fail, at)
