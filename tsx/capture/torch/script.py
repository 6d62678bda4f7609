"""The door to torch for the script compiler: what live torch objects and a tensor's attributes mean.

Takes objects that scripted code names (``torch.relu``, ``torch.float32``, ``F.conv2d``) and attributes of tensors;
gives the operators, constants and handlers they stand for. torch's own Python functions are left to the compiler, which
compiles their source, unless they are one operator. Importing this module adds the door.
"""

from __future__ import annotations

import types as python_types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from tsx.capture.script.classes import Bound
from tsx.capture.script.program import known_types, loose_libraries, originals
from tsx.capture.script.values import Constant, Handler, Operator, Sugar, doors
from tsx.capture.script.worlds import TORCH, holds_arrays, library, plain_number
from tsx.capture.torch import (  # noqa: F401  (they register what tensors and modules can do)
    script_modules,
    script_tensors,
)
from tsx.capture.torch.encoder import stand_in_for
from tsx.capture.torch.names import kind_of, operator_names
from tsx.capture.torch.script_functions import function_for
from tsx.capture.torch.script_jit import context_for, jit_for, original
from tsx.capture.torch.tensors import plain
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_PLAIN = (torch.dtype, torch.device, torch.memory_format, torch.layout)
_BUILTIN = (
    python_types.BuiltinFunctionType,
    python_types.MethodDescriptorType,
    python_types.WrapperDescriptorType,
)
_TYPES: dict[Any, ty.Type] = {
    torch.Tensor: ty.TENSOR,
    torch.nn.Parameter: ty.TENSOR,
    torch.Size: ty.ListType(ty.INT),
    torch.dtype: ty.INT,
    torch.layout: ty.INT,
    torch.memory_format: ty.INT,
    torch.qscheme: ty.INT,
    torch.device: ty.DEVICE,
    torch.Generator: ty.GENERATOR,
    torch.types.Number: ty.NUMBER,
    torch.SymInt: ty.INT,
    torch.SymFloat: ty.FLOAT,
    torch.SymBool: ty.BOOL,
}


class TorchScriptDoor:
    """torch's world, read and never run."""

    def annotated(self, annotation: object) -> ty.Type | None:
        """The type that a torch class means in an annotation."""
        if isinstance(annotation, type) and issubclass(annotation, torch.Tensor):
            return ty.TENSOR
        if isinstance(annotation, type(torch.FloatTensor)):  # torch.FloatTensor, torch.LongTensor
            return ty.TENSOR
        try:
            return _TYPES.get(annotation)
        except TypeError:
            return None

    def class_type(self, cls: type) -> ty.Type | None:
        """torch has no classes of users."""
        return None

    def resolve(self, ctx: Context, at: Place, obj: Any) -> Sugar | None:
        if isinstance(obj, _PLAIN):
            return Constant(plain(obj))
        known = function_for(obj) or jit_for(obj) or context_for(obj)
        if known is not None:
            return known
        if isinstance(obj, type) and issubclass(obj, torch.autograd.Function):
            return AutogradFunction(obj)
        if isinstance(obj, torch._ops.OpOverload):
            return Operator(str(obj), (kind_of(obj),))
        if isinstance(obj, torch._ops.OpOverloadPacket):
            return Operator(str(obj), (obj._qualified_op_name,))
        if isinstance(obj, _BUILTIN) and _is_torchs(obj):
            return TorchOperator(_shown(obj), operator_names(obj.__name__))
        inner = stand_in_for(obj) or original(obj)
        return ctx.resolve(inner, at, at.text()) if inner is not None else None

    def names(self, type: ty.Type) -> list[str]:
        """The public methods of a Tensor."""
        if not isinstance(type, ty.TensorType):
            return []
        return [name for name in dir(torch.Tensor) if not name.startswith("_")]

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar | None:
        if not isinstance(value.type, ty.TensorType):
            return None
        member = getattr(torch.Tensor, name, None)
        if member is None:
            return None
        if name in _REBINDS:
            raise ctx.problem("TSX3209", at, name=name, way=name.rstrip("_"))
        known = function_for(member)
        names = operator_names(name)
        if known is None and ctx.candidates(names):
            known = Operator(f"Tensor.{name}", names)
        if known is None and isinstance(member, python_types.FunctionType):
            known = ctx.resolve(member, at, f"Tensor.{name}")
        return bound(known or Operator(f"Tensor.{name}", names), value)


# They give the tensor they are called on another shape, which a value of a program can't take.
_REBINDS = frozenset(
    {"unsqueeze_", "squeeze_", "transpose_", "t_", "swapaxes_", "swapdims_", "as_strided_"}
)


def bound(function: Sugar, value: Sugar) -> Sugar:
    """A method: ``function`` with ``value`` as its first argument."""
    return Bound(function, value, function.describe().rpartition(" ")[2])


def _is_torchs(obj: Any) -> bool:
    """Whether a builtin function or method is torch's own."""
    owner = getattr(obj, "__objclass__", obj)
    return str(getattr(owner, "__module__", "")).partition(".")[0] == "torch"


def _shown(obj: Any) -> str:
    return str(getattr(obj, "__qualname__", obj.__name__)).removeprefix("_VariableFunctionsClass.")


def _original(obj: Any) -> Any:
    """The function under ``@torch.no_grad()``, ``torch.jit.script`` and the like, or what stands for it."""
    if not isinstance(obj, python_types.FunctionType):
        return obj
    found = stand_in_for(obj) or original(obj)
    return obj if found is None else found


originals.append(_original)


@dataclass(eq=False, slots=True)
class TorchOperator(Operator):
    """A function of torch that is an operator; ``out=`` takes a copy of the result."""

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        given = dict(kwargs)
        out = given.pop("out", None)
        args = [plain_number(ctx, at, value) for value in args]
        kwargs = {name: plain_number(ctx, at, value) for name, value in kwargs.items()}
        for value in (*self.bound, *args, *kwargs.values()):
            if holds_arrays(value.type) and library(ctx, value, at) != TORCH:
                raise ctx.problem("TSX3309", at, text=at.text())
        result = ctx.op(self.operators, at, [*self.bound, *args], given, called=self.name)
        if out is None or out.static() is None:
            return result
        return ctx.op("aten::copy_", at, [out, result], called=f"{self.name}(out=…)")


@dataclass(eq=False, slots=True)
class AutogradFunction(Sugar):
    """A ``torch.autograd.Function``: ``apply`` is its forward."""

    cls: Any

    def describe(self) -> str:
        return f"the autograd function {self.cls.__name__}"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if name != "apply":
            return ctx.resolve(getattr(self.cls, name), at, name)
        forward = ctx.resolve(self.cls.forward, at, name)
        if self.cls.setup_context is not torch.autograd.Function.setup_context:
            return forward
        return Bound(forward, Nothing(), name)


class Nothing(Sugar):
    """The ``ctx`` of a forward: what is saved there is for the backward, so nothing is."""

    def describe(self) -> str:
        return "the ctx of an autograd function"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        return Handler(name, _ignored)

    def set_attribute(self, ctx: Context, at: Place, name: str, value: Sugar) -> None:
        """Saved for the backward."""


def _ignored(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> None:
    """``ctx.save_for_backward(…)`` and the like."""


door = TorchScriptDoor()
doors.append(door)
loose_libraries.add("torch")
known_types.append(door)
