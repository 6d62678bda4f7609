"""Quantised tensors and packed layers of torch as values of a trace.

Both are made inside the program: a quantised constant of its integers, scale and zero point by torch's own
``_make_per_*_quantized_tensor``, packed parameters of their weight and bias by ``quantized::*_prepack``. So an archive
holds plain tensors only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from tsx.ir import types as ty
from tsx.ir.graph import Value
from tsx.ir.module import ClassDef
from tsx.ir.op import Unknown
from tsx.ops.quantized_layers import CONV, LINEAR

if TYPE_CHECKING:
    from tsx.capture.trace.tracer import Tracer


def constant(tracer: Tracer, tensor: torch.Tensor) -> Value:
    """A quantised tensor that the program knows."""
    from tsx.capture.torch.tensors import type_of

    integers = _plain(tracer, tensor.int_repr())
    if tensor.qscheme() in (torch.per_tensor_affine, torch.per_tensor_symmetric):
        kind = "aten::_make_per_tensor_quantized_tensor"
        terms = [tracer.constant(tensor.q_scale()), tracer.constant(tensor.q_zero_point())]
    else:
        kind = "aten::_make_per_channel_quantized_tensor"
        scales, zeros = tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points()
        terms = [_plain(tracer, scales), _plain(tracer, zeros)]
        terms.append(tracer.constant(tensor.q_per_channel_axis()))
    type = type_of(tensor)
    made = tracer.emit(kind, [integers, *terms], (type,)).output
    tracer.abstracts[made] = type
    return made


def _plain(tracer: Tracer, tensor: torch.Tensor) -> Value:
    """A tensor that was taken out of a quantised one, as a constant."""
    tracer.bind_constant(tensor)
    return tracer.array_value(tensor)


def class_of(obj: object) -> str:
    """The class of a torch script object; "" for anything else."""
    if not isinstance(obj, torch._C.ScriptObject):
        return ""
    return str(obj._type().qualified_name())


def packed(tracer: Tracer, obj: Any) -> Value | None:
    """The value of a packed layer's parameters, or None for what is no such object."""
    name = class_of(obj)
    if name not in (LINEAR, CONV):
        return None
    tracer.at_here()
    weight, bias = _unpacked(name, obj)
    operands = [constant(tracer, weight)]
    operands.append(tracer.constant(None) if bias is None else _plain(tracer, bias))
    if name == CONV:
        for option in (obj.stride(), obj.padding(), obj.dilation()):
            operands.append(tracer.constant(tuple(option), ty.ListType(ty.INT)))
        operands.append(tracer.constant(obj.groups()))
    kind = "quantized::linear_prepack" if name == LINEAR else "quantized::conv2d_prepack"
    type = ty.ClassType(name)
    tracer.classes[name] = ClassDef(name, kind="class")
    made = tracer.emit(kind, operands, (type,)).output
    tracer.abstracts[made] = Unknown(type)
    return made


def _unpacked(name: str, obj: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
    kind = "linear_unpack" if name == LINEAR else "conv2d_unpack"
    weight, bias = getattr(torch.ops.quantized, kind)(obj)
    return weight, None if bias is None else bias.detach()
