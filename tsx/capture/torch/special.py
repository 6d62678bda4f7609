"""The torch functions that need more than their name: one table.

Sizes, values that Python takes out of tensors, indexing, conversions, and the functions that no program can hold.
Everything else is matched by name (``names``), entered (``enter``) or recorded below (``mode``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from tsx.capture.torch import convert, indexing, values
from tsx.capture.torch.tensors import dtype_of
from tsx.errors import fail
from tsx.ir.op import Op, Trait

if TYPE_CHECKING:
    from tsx.capture.torch.mode import Recorder

Handler = Callable[["Recorder", Any, tuple[Any, ...], dict[str, Any]], Any]


def handler(func: Any) -> Handler | None:
    """The special case for a torch function, if it is one."""
    name = getattr(func, "__name__", "")
    if name == "__get__":
        return _PROPERTIES.get(getattr(func.__self__, "__name__", ""))
    if name == "__set__":
        return _SETTERS.get(getattr(func.__self__, "__name__", ""))
    if isinstance(func, (torch._ops.OpOverload, torch._ops.OpOverloadPacket)):
        return None
    return values.where_method if func is torch.Tensor.where else _FUNCTIONS.get(name)


_FUNCTIONS: dict[str, Handler] = {
    **dict.fromkeys(
        (
            "sym_int",
            "sym_float",
            "sym_max",
            "sym_min",
            "sym_not",
            "sym_ite",
            "sym_sum",
            "sym_sqrt",
            "_sym_sqrt",
        ),
        values.symbolic,
    ),
    "size": values.size,
    "numel": values.numel,
    "nelement": values.numel,
    "__len__": values.length,
    "__bool__": values.consumed(bool),
    "is_nonzero": values.consumed(bool),
    "__int__": values.consumed(int),
    "__index__": values.consumed(int),
    "__float__": values.consumed(float),
    "__complex__": values.consumed(complex),
    "item": values.item,
    "tolist": values.to_list,
    "__contains__": values.contains,
    "numpy": values.leaves_torch,
    "__array__": values.leaves_torch,
    "__dlpack__": values.leaves_torch,
    "_assert": values.assert_,
    "__getitem__": indexing.get_item,
    "__setitem__": indexing.set_item,
    "to": convert.to,
    "type": convert.type_,
    "type_as": convert.type_as,
    "float": convert.to_dtype(torch.float32),
    "double": convert.to_dtype(torch.float64),
    "half": convert.to_dtype(torch.float16),
    "bfloat16": convert.to_dtype(torch.bfloat16),
    "int": convert.to_dtype(torch.int32),
    "long": convert.to_dtype(torch.int64),
    "short": convert.to_dtype(torch.int16),
    "char": convert.to_dtype(torch.int8),
    "byte": convert.to_dtype(torch.uint8),
    "bool": convert.to_dtype(torch.bool),
    "cfloat": convert.to_dtype(torch.complex64),
    "cdouble": convert.to_dtype(torch.complex128),
    "cpu": convert.same,
    "requires_grad_": convert.same,
    "detach": convert.detached,
    "detach_": convert.same,
    "alias": convert.detached,
    "__deepcopy__": convert.deep_copy,
    "tensor": convert.tensor,
    "as_tensor": convert.tensor,
    "asarray": convert.tensor,
    "new_tensor": convert.new_tensor,
    "backward": values.leaves_torch,
    "set_": values.leaves_torch,
    "resize_": values.leaves_torch,
    "resize_as_": values.leaves_torch,
    "squeeze": indexing.squeeze,
    "squeeze_": indexing.squeeze,
}
_PROPERTIES: dict[str, Handler] = {
    "shape": values.shape,
    "data": convert.detached,
    "T": convert.transposed,
    "mT": convert.matrix_transposed,
    "H": convert.adjoint,
    "mH": convert.adjoint,
    "real": convert.real_part,
    "imag": convert.imaginary_part,
    "nbytes": values.nbytes,
}
_SETTERS: dict[str, Handler] = {
    "data": convert.set_data,
    "requires_grad": convert.ignored,
    "grad": convert.ignored,
    "real": values.leaves_torch,
    "imag": values.leaves_torch,
}


def cond(
    recorder: Recorder, predicate: Any, if_true: Any, if_false: Any, operands: Any = ()
) -> Any:
    """``torch.cond``: the branch that runs, with a guard on the choice."""
    return if_true(*operands) if bool(predicate) else if_false(*operands)


def higher_order(recorder: Recorder, func: Any, args: tuple[Any, ...]) -> Any:
    """``torch.cond`` under another name; torch's other higher-order operators are refused."""
    if func is torch.ops.higher_order.cond:
        with recorder.function_mode:
            return cond(recorder, *args)
    what = f"torch's higher-order operator {func.name()}"
    raise fail("TSX2006", what=what, where=recorder.tracer.locator.span() or "")


def complete_factory(op: Op, operands: list[object], result: object) -> None:
    """Makes the dtype of a new tensor explicit (the default dtype is state of a process) and drops where it lives."""
    for index, argument in enumerate(op.schema.arguments):
        if (
            argument.name == "dtype"
            and operands[index] is None
            and isinstance(result, torch.Tensor)
        ):
            operands[index] = dtype_of(result.dtype).code
        elif argument.name in ("layout", "device", "pin_memory", "memory_format"):
            operands[index] = None


def refuse_if_random(recorder: Recorder, op: Op, operands: list[object]) -> None:
    """Random operators are no part of an inference program; in training mode others become random."""
    named = dict(zip((a.name for a in op.schema.arguments), operands, strict=False))
    drops = op.schema.base.rstrip("_") in _RANDOM_IN_TRAINING or "dropout" in named
    is_training = named.get("train", named.get("training")) is True
    if drops and is_training and named.get("p", named.get("dropout", 1.0)):
        raise _random(recorder, f"{op.schema.base} in training mode")
    if op.has(Trait.RANDOM) and not drops:
        raise _random(recorder, op.schema.base)


def refuse_random_overload(recorder: Recorder, func: Any) -> None:
    """The same for what only the dispatcher sees."""
    if torch.Tag.nondeterministic_seeded in func.tags and func._schema.name not in _QUIET_RANDOM:
        raise _random(recorder, func._schema.name)


def _random(recorder: Recorder, what: str) -> Exception:
    span = recorder.tracer.locator.span()
    return fail("TSX2007", what=what, where=span)


_RANDOM_IN_TRAINING_NAMES = """
    rrelu dropout alpha_dropout feature_dropout feature_alpha_dropout
"""
_RANDOM_IN_TRAINING = frozenset(_RANDOM_IN_TRAINING_NAMES.split())
# They are tagged as random, and are not with dropout off (which the function mode has checked).
_QUIET_RANDOM_NAMES = """
    aten::dropout aten::scaled_dot_product_attention aten::lstm aten::gru aten::rnn_tanh aten::rnn_relu
    aten::_scaled_dot_product_flash_attention aten::_scaled_dot_product_flash_attention_for_cpu
    aten::_scaled_dot_product_efficient_attention aten::_scaled_dot_product_attention_math
    aten::native_dropout aten::rrelu_with_noise aten::rrelu
"""
_QUIET_RANDOM = frozenset(_QUIET_RANDOM_NAMES.split())
