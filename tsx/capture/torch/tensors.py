"""torch tensors as tsx sees them: types, contents, other sizes; torch's own objects as plain operands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tsx.capture.trace.match import Code, DeviceName
from tsx.capture.trace.scalars import TracedScalar
from tsx.errors import fail
from tsx.ir.types import DTYPE_BY_NAME, DType, TensorType
from tsx.ops.dtypes import to_numpy
from tsx.ops.weights import Weight

_DTYPES: dict[torch.dtype, DType] = {
    getattr(torch, name): dtype for name, dtype in DTYPE_BY_NAME.items() if hasattr(torch, name)
}
_MEMORY_FORMATS = {
    torch.contiguous_format: 0,
    torch.preserve_format: 1,
    torch.channels_last: 2,
    torch.channels_last_3d: 3,
}


def dtype_of(dtype: torch.dtype) -> DType:
    """torch's dtype as ours; TSX4004 for one that tsx has not."""
    if dtype not in _DTYPES:
        raise fail("TSX4004", dtype=str(dtype).removeprefix("torch."))
    return _DTYPES[dtype]


def type_of(tensor: torch.Tensor) -> TensorType:
    """Its dtype and sizes; called with recording off."""
    return TensorType(dtype_of(tensor.dtype), tuple(int(size) for size in tensor.shape))


def weight_of(tensor: torch.Tensor) -> Weight:
    """A copy of its elements."""
    dtype = dtype_of(tensor.dtype)
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise fail("TSX2006", what=f"a tensor of layout {tensor.layout}")
    plain = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    if tensor.dtype is torch.bfloat16:
        array = plain.view(torch.uint16).numpy().copy()
    else:
        array = plain.numpy().copy()
    return Weight(np.ascontiguousarray(array, dtype=to_numpy(dtype)).reshape(tuple(tensor.shape)))


def resized(tensor: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """Elements of ``tensor`` repeated or cut off to ``shape``; a memory layout of its own."""
    out = tensor.detach()
    for dim, size in enumerate(shape):
        if out.shape[dim] != size:
            if out.shape[dim] == 0:
                out = out.new_zeros((*out.shape[:dim], size, *out.shape[dim + 1 :]))
            else:
                out = out.index_select(dim, torch.arange(size) % out.shape[dim])
    return out.clone()


def plain(obj: Any) -> Any:
    """torch's dtypes, devices, formats as the plain values that operands are; containers inside too."""
    if isinstance(obj, torch.Tensor) or obj is None or isinstance(obj, (bool, int, float, str)):
        return obj
    if isinstance(obj, torch.dtype):
        return Code(dtype_of(obj).code, "ScalarType")
    if isinstance(obj, torch.device):
        return DeviceName(str(obj))
    if isinstance(obj, torch.memory_format):
        return Code(_MEMORY_FORMATS[obj], "MemoryFormat")
    if isinstance(obj, torch.layout):
        return Code(0, "Layout")
    if isinstance(obj, (list, tuple)):
        return [plain(item) for item in obj]
    if isinstance(obj, dict):
        return {key: plain(value) for key, value in obj.items()}
    if isinstance(obj, np.generic):
        return obj.item()
    return obj


def concrete(obj: Any) -> Any:
    """``obj`` with every traced number in it replaced by what it is in this run."""
    if isinstance(obj, TracedScalar):
        return obj.hint
    kind = type(obj)
    if kind in (list, tuple) or isinstance(obj, torch.Size):
        items = [concrete(item) for item in obj]
        return torch.Size(items) if isinstance(obj, torch.Size) else kind(items)
    if kind is dict:
        return {key: concrete(value) for key, value in obj.items()}
    if kind is slice:
        return slice(concrete(obj.start), concrete(obj.stop), concrete(obj.step))
    return obj
