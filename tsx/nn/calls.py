"""Calling operators from layers: the types of their operands, and results as tensors.

A tensor is an ``ndarray`` or, while a capture runs, an object that records what is done to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from tsx.ir.types import DTYPE_BY_NAME, DType
from tsx.ops.call import call
from tsx.ops.dtypes import Array, from_numpy

Tensor = Array
Size = int | Sequence[int]
Number = int | float
Dtype = DType | str | npt.DTypeLike | None


def tensor(kind: str, *operands: object, **keywords: object) -> Tensor:
    """The result of an operator that gives one tensor."""
    return cast("Tensor", call(f"aten::{kind}", *operands, **keywords))


def tensors(kind: str, *operands: object, **keywords: object) -> tuple[Tensor, ...]:
    """The results of an operator that gives several tensors, or a list of them."""
    return tuple(cast("Sequence[Tensor]", call(f"aten::{kind}", *operands, **keywords)))


def dtype_code(dtype: Dtype) -> int | None:
    """torch's scalar type code of a dtype given as a ``DType``, a name ("bfloat16") or a NumPy dtype."""
    if dtype is None:
        return None
    if isinstance(dtype, str) and dtype in DTYPE_BY_NAME:
        return DTYPE_BY_NAME[dtype].code
    return dtype.code if isinstance(dtype, DType) else from_numpy(np.dtype(dtype)).code


def ints(value: Size, count: int) -> list[int]:
    """A size given as one int or as ``count`` of them."""
    if isinstance(value, (list, tuple)):
        return list(value)
    return [cast("int", value)] * count
