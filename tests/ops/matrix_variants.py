"""The same call on operands of another layout, and on other operands: what torch's samples alone don't reach.

``LAYOUTS`` change how arrays lie in memory and not what they hold, so torch's answer stays (torch has no negative
strides). ``VALUES`` change the operands, and torch is asked again: zero sizes, 0-dim tensors, expanded ones, and NaN
and infinities among the elements.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch

from tsx.capture.trace.match import Code
from tsx.ir.op import Op
from tsx.ops.dtypes import Array

# Views that torch gives of some layouts only; their samples and tests/ops/test_layouts_torch.py say which.
_OF_LAYOUT = ("as_strided", "view", "_unsafe_view", "_reshape_alias", "unflatten")


def depends_on_layout(op: Op) -> bool:
    """Whether the operator's answer may depend on strides."""
    return op.schema.base.startswith(_OF_LAYOUT)


# --- the same values ---------------------------------------------------------------------------------------------


def strided(array: Array) -> Array:
    """With gaps between the elements."""
    if array.ndim == 0:
        return array
    wide = np.zeros((*array.shape[:-1], array.shape[-1] * 2), array.dtype)
    wide[..., ::2] = array
    return wide[..., ::2]


def reversed_strides(array: Array) -> Array:
    """Last element first in memory, by negative strides along every dimension."""
    return np.flip(np.flip(array).copy()) if array.ndim else array


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "strided": strided,
    "negative strides": reversed_strides,
}


def in_layout(change: Callable[[Array], Array], operand: object) -> object:
    """An operand with the arrays in it changed."""
    if isinstance(operand, (list, tuple)):
        return [in_layout(change, item) for item in operand]
    return change(operand) if isinstance(operand, np.ndarray) else operand


# --- other values ------------------------------------------------------------------------------------------------


def expanded(operands: Sequence[object]) -> list[object]:
    """The first slice of each tensor along its first dimension, repeated without copying it."""
    return [_each(operand, _expanded) for operand in operands]


def empty(operands: Sequence[object]) -> list[object]:
    """No rows in the tensors that have as many as the first."""
    rows = next((t.shape[0] for t in _tensors(operands) if t.dim()), None)
    return [
        _each(o, lambda t: t[:0].clone() if t.dim() and t.shape[0] == rows else t) for o in operands
    ]


def without_columns(operands: Sequence[object]) -> list[object]:
    """The last size is 0 in the tensors that share it with the first: sums over nothing."""
    last = next((t.shape[-1] for t in _tensors(operands) if t.dim()), None)

    def cut(tensor: torch.Tensor) -> torch.Tensor:
        return tensor[..., :0].clone() if tensor.dim() and tensor.shape[-1] == last else tensor

    return [_each(operand, cut) for operand in operands]


def without_dims(operands: Sequence[object]) -> list[object]:
    """The first element of each tensor, as a 0-dim tensor."""
    return [
        _each(o, lambda t: t.flatten()[0].clone() if t.dim() and t.numel() else t) for o in operands
    ]


def special(operands: Sequence[object]) -> list[object]:
    """NaN, infinities and a negative zero in the first floating tensor."""
    changed, is_done = list(operands), False
    for i, operand in enumerate(operands):
        for tensor in _tensors([operand]):
            if not is_done and tensor.is_floating_point() and tensor.numel() > 1:
                changed[i], is_done = _each(operand, _special), True
    return changed


VALUES: dict[str, Callable[[Sequence[object]], list[object]]] = {
    "expanded": expanded,
    "no elements": empty,
    "no columns": without_columns,
    "0-dim": without_dims,
    "NaN and inf": special,
}


def contiguous(operands: Sequence[object]) -> list[object]:
    """The same values, row-major."""
    return [_each(operand, torch.Tensor.contiguous) for operand in operands]


def in_float64(operands: Sequence[object]) -> list[object]:
    """The same values in float64, and asked for in it."""
    wide = [_each(operand, _in_float64) for operand in operands]
    return [torch.float64 if isinstance(o, Code) and o.kind == "ScalarType" else o for o in wide]


def is_changed(before: Sequence[object], after: Sequence[object]) -> bool:
    return any(a is not b for a, b in zip(_tensors(before), _tensors(after), strict=True))


def _expanded(tensor: torch.Tensor) -> torch.Tensor:
    if not tensor.dim() or tensor.shape[0] < 2:
        return tensor
    return tensor[:1].expand_as(tensor)


def _special(tensor: torch.Tensor) -> torch.Tensor:
    changed = tensor.clone().contiguous()
    flat = changed.view(-1)
    for i, value in enumerate((math.nan, math.inf, -math.inf, -0.0)):
        flat[i * flat.numel() // 4] = value
    return changed


def _in_float64(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor.clone()


def _each(operand: object, change: Callable[[torch.Tensor], torch.Tensor]) -> object:
    if isinstance(operand, torch.Tensor):
        return change(operand)
    if isinstance(operand, (list, tuple)):
        return [_each(item, change) for item in operand]
    return operand


def _tensors(operands: Sequence[object]) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    for operand in operands:
        if isinstance(operand, torch.Tensor):
            found.append(operand)
        elif isinstance(operand, (list, tuple)):
            found += _tensors(operand)
    return found
