"""Values across the border between torch and NumPy: tensors inside tuples, lists, dicts and records.

bfloat16 crosses as its bits (uint16), which is how tsx holds it; everything else shares memory where torch allows.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from tsx.capture.torch.tensors import plain
from tsx.ops.dtypes import Array


def array_of(tensor: torch.Tensor) -> Array:
    """The array of a tensor: strides kept, gradient and device dropped."""
    plain = tensor.detach().cpu().resolve_conj().resolve_neg()
    if plain.dtype == torch.bfloat16:
        return np.asarray(plain.view(torch.int16).numpy().view(np.uint16))
    return np.asarray(plain.numpy())


def tensor_of(array: Array) -> torch.Tensor:
    """The tensor of an array; a read-only or negatively strided one is copied."""
    if not array.flags.writeable or any(s < 0 for s in array.strides) or not array.dtype.isnative:
        array = np.array(array, dtype=array.dtype.newbyteorder("="))
    if array.dtype == np.uint16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def to_numpy(value: Any) -> Any:
    """``value`` with each tensor in it as an array; dtypes and devices as programs hold them."""
    return map_leaves(value, lambda v: array_of(v) if isinstance(v, torch.Tensor) else plain(v))


def to_torch(value: Any) -> Any:
    """``value`` with each array in it as a tensor."""
    return map_leaves(value, lambda v: tensor_of(v) if isinstance(v, np.ndarray) else v)


def map_leaves(value: Any, change: Callable[[Any], Any]) -> Any:
    """``value`` with ``change`` made to whatever is no container; containers keep their Python type."""
    if isinstance(value, Mapping):
        items = {k: map_leaves(v, change) for k, v in value.items()}
        return type(value)(**items) if dataclasses.is_dataclass(value) else _rebuilt(value, items)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(map_leaves(v, change) for v in value))
    if isinstance(value, (tuple, list)):
        return type(value)(map_leaves(v, change) for v in value)
    return change(value)


def _rebuilt(old: Mapping[Any, Any], items: dict[Any, Any]) -> Any:
    return items if type(old) is dict else type(old)(items)  # type: ignore[call-arg]  # as `ModelOutput` is made
