"""torch's Python names and dispatcher overloads, and the operator records they mean."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import torch

from tsx.capture.torch.tensors import plain
from tsx.capture.trace.match import match
from tsx.ir.op import Op, all_ops, lookup, overloads

if TYPE_CHECKING:
    from tsx.capture.torch.mode import Recorder

# Python operators on tensors, as the operators they are.
_DUNDERS = {
    "__add__": "add", "__radd__": "add", "__iadd__": "add_", "__sub__": "sub", "__isub__": "sub_",
    "__mul__": "mul", "__rmul__": "mul", "__imul__": "mul_", "__truediv__": "div", "__div__": "div",
    "__itruediv__": "div_", "__idiv__": "div_", "__mod__": "remainder", "__imod__": "remainder_",
    "__pow__": "pow", "__ipow__": "pow_", "__neg__": "neg", "__pos__": "positive", "__abs__": "abs",
    "__invert__": "bitwise_not", "__matmul__": "matmul", "__and__": "bitwise_and", "__rand__": "bitwise_and",
    "__iand__": "bitwise_and_", "__or__": "bitwise_or", "__ror__": "bitwise_or", "__ior__": "bitwise_or_",
    "__xor__": "bitwise_xor", "__rxor__": "bitwise_xor", "__ixor__": "bitwise_xor_",
    "__lshift__": "bitwise_left_shift", "__rshift__": "bitwise_right_shift",
    "__ilshift__": "bitwise_left_shift_", "__irshift__": "bitwise_right_shift_",
    "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__le__": "le", "__gt__": "gt", "__ge__": "ge",
    "ndimension": "dim", "det": "linalg_det", "absolute": "abs", "subtract": "sub", "multiply": "mul",
    "divide": "div", "true_divide": "div", "negative": "neg", "greater": "gt", "greater_equal": "ge", "less": "lt",
    "less_equal": "le", "not_equal": "ne", "clip": "clamp", "clip_": "clamp_", "concat": "cat", "concatenate": "cat",
    "swapaxes": "transpose", "swapdims": "transpose", "moveaxis": "movedim", "arccos": "acos", "arcsin": "asin",
    "arctan": "atan", "arctan2": "atan2", "arccosh": "acosh", "arcsinh": "asinh", "arctanh": "atanh", "fix": "trunc",
    "unsqueeze_": "unsqueeze", "squeeze_": "squeeze", "transpose_": "transpose", "t_": "t",
    "swapaxes_": "transpose", "swapdims_": "transpose",
}  # fmt: skip

# What they answer is the same in every run: layouts, ranks, dtypes, identities.
_QUERIES_NAMES = """
    dim ndimension ndim dtype device layout requires_grad is_leaf grad grad_fn name names is_cuda is_cpu
    is_meta is_mps is_xla is_xpu is_sparse is_sparse_csr is_quantized is_nested is_mkldnn is_vulkan
    is_maia is_mtia is_ipu is_contiguous is_floating_point is_complex is_signed is_inference is_conj
    is_neg is_pinned is_shared is_same_size is_set_to stride storage_offset data_ptr storage
    untyped_storage _typed_storage _version itemsize element_size get_device has_names result_type
    can_cast promote_types is_tensor is_storage output_nr _base __hash__ __repr__ __format__ __str__
    __dir__ volatile retains_grad is_coalesced dense_dim sparse_dim register_hook get_default_dtype
    is_nonzero_static _is_view __dlpack_device__ is_inference_mode_enabled _backward_hooks
    _post_accumulate_grad_hooks is_vulkan_available _has_symbolic_sizes_strides dim_order
"""
_QUERIES = frozenset(_QUERIES_NAMES.split())


def is_query(func: Any) -> bool:
    """Whether ``func`` only asks for something that no run can change."""
    name = getattr(func, "__name__", "")
    if name == "__get__":
        name = getattr(getattr(func, "__self__", None), "__name__", "")
    return name in _QUERIES


def operator_names(name: str) -> tuple[str, ...]:
    """The operators that a torch function or a tensor method called ``name`` means, by their names."""
    own = f"aten::{_DUNDERS.get(name, name)}"
    found = _named(own) or _aliases().get(name, [])
    return tuple(dict.fromkeys(op.schema.name for op in found)) or (own,)


def candidates(func: Any) -> list[Op]:
    """The operators that a torch function may mean, most specific first."""
    if isinstance(func, torch._ops.OpOverload):
        op = lookup(kind_of(func))
        return [op] if op is not None else []
    if isinstance(func, torch._ops.OpOverloadPacket):
        return _named(func._qualified_op_name)
    name = getattr(func, "__name__", "")
    return _named(f"aten::{_DUNDERS.get(name, name)}") or _aliases().get(name, [])


@functools.cache
def _aliases() -> dict[str, list[Op]]:
    """Operators by the further torch names in their records."""
    found: dict[str, list[Op]] = {}
    for op in all_ops():
        for name in op.torch_names:
            found.setdefault(name.rpartition(".")[2], []).append(op)
    return found


def _named(name: str) -> list[Op]:
    return [op for op in overloads(name) if not op.schema.overload.endswith("out")]


def kind_of(overload: Any) -> str:
    """The node kind of a dispatcher overload."""
    name, _, variant = overload.name().partition(".")
    return f"{name}.{variant}" if variant and variant != "default" else str(name)


def dispatch_operands(
    recorder: Recorder, func: Any, op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Op, list[object]] | None:
    """The record and operands of a dispatcher call.

    A Python number reaches the dispatcher as a 0-dim tensor that nobody has seen; where the operator has an overload
    for numbers, it is a number again, since numbers and tensors promote differently.
    """
    door = recorder.tracer.door
    operands = match(op.schema, plain(args), plain(kwargs), door.is_array)
    if operands is None:
        return None
    number = _wrapped_number(recorder, operands)
    scalar = lookup(f"{op.schema.name}.Scalar") if op.schema.overload == "Tensor" else None
    if number is not None and scalar is not None:
        again = match(
            scalar.schema, [operands[0], number, *plain(args)[2:]], plain(kwargs), door.is_array
        )
        if again is not None:
            return scalar, again
    return op, operands


def _wrapped_number(recorder: Recorder, operands: list[object]) -> float | None:
    if len(operands) < 2 or not isinstance(operands[1], torch.Tensor):
        return None
    tensor = operands[1]
    with recorder.silently():
        if tensor.dim() or recorder.tracer.known(tensor) is not None:
            return None
        return tensor.item() if _is_wrapped(tensor) else None


def _is_wrapped(tensor: torch.Tensor) -> bool:
    """Whether a 0-dim tensor acts as a Python number: beside integers it doesn't raise the precision."""
    integers = torch.zeros(1, dtype=torch.int8)
    if tensor.dtype is torch.float64:
        return torch.result_type(integers, tensor) is not torch.float64
    if tensor.dtype is torch.complex128:
        return torch.result_type(integers, tensor) is not torch.complex128
    return tensor.dtype is torch.int64
