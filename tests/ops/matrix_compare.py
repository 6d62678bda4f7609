"""Comparing one answer of ours with torch's: values, dtypes, sizes, and what the type rule says of them.

Values agree within torch's own tolerances: those of ``torch.testing`` for the dtype, or the wider ones that an OpInfo
gives to torch's own tests of values (``tolerance_of``). NaN equals NaN; integers are equal exactly.
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
from torch.testing._comparison import default_tolerances
from torch.testing._internal.common_device_type import precisionOverride, toleranceOverride
from torch.testing._internal.opinfo.core import DecorateInfo, OpInfo

from tsx.ir.types import DType, TensorType
from tsx.ops.dtypes import Array, bfloat16_to_float32, dtype_of, type_of

Tolerance = tuple[float, float]
"""Relative and absolute, in addition to the defaults of the dtype: the larger one counts."""

DEFAULT: Tolerance = (0.0, 0.0)

# What torch allows to tests of derivatives, of other dtypes and of other devices says nothing about values here.
_NOT_OF_VALUES = ("grad", "jvp", "vjp", "forward_ad", "complex_half", "_mps", "dtensor", "vmap")


def tolerance_of(info: OpInfo, dtype: torch.dtype) -> Tolerance:
    """What torch's own tests of the entry's values on the CPU allow beyond the defaults."""
    relative, absolute = DEFAULT
    for decorator in info.decorators:
        if not isinstance(decorator, DecorateInfo) or decorator.device_type not in (None, "cpu"):
            continue
        if any(word in str(decorator.test_name) for word in _NOT_OF_VALUES):
            continue
        for override in decorator.decorators:
            if isinstance(override, toleranceOverride) and dtype in override.d:
                relative = max(relative, override.d[dtype].rtol)
                absolute = max(absolute, override.d[dtype].atol)
            elif isinstance(override, precisionOverride) and dtype in override.d:
                absolute = max(absolute, override.d[dtype])
    return relative, absolute


def difference(value: object, expected: object, what: str, tolerance: Tolerance = DEFAULT) -> str:
    """How our value differs from torch's, or nothing; dtypes and sizes count."""
    if isinstance(expected, (list, tuple)):
        if not isinstance(value, (list, tuple)) or len(value) != len(expected):
            return f"{what}: expected {len(expected)} values, got {value!r:.60}"
        pairs = enumerate(zip(value, expected, strict=True))
        found = (difference(v, e, f"{what} {i}", tolerance) for i, (v, e) in pairs)
        return next(filter(None, found), "")
    if not isinstance(expected, torch.Tensor):
        return "" if value == expected or value != value else f"{what}: {expected} != {value}"
    if not isinstance(value, np.ndarray):
        return f"{what} is a {type(value).__name__}, not an array"
    want = array_of(expected, copy=False)
    assert isinstance(want, np.ndarray)
    if dtype_of(value) is not dtype_of(want):
        return f"{what}: dtype {dtype_of(want)} expected, got {dtype_of(value)}"
    if value.shape != want.shape:
        return f"{what}: shape {want.shape} expected, got {value.shape}"
    if np.array_equal(value, want):
        return ""
    return _not_close(value, want, what, tolerance)


def _not_close(value: Array, want: Array, what: str, tolerance: Tolerance) -> str:
    ours, theirs = _tensor(value), _tensor(want)
    relative, absolute = default_tolerances(ours, theirs)
    relative, absolute = max(relative, tolerance[0]), max(absolute, tolerance[1])
    try:
        torch.testing.assert_close(ours, theirs, rtol=relative, atol=absolute, equal_nan=True)
    except AssertionError as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        return f"{what}: {' '.join(lines[:3])}"
    return ""


def is_nearer(value: object, expected: object, exact: object) -> bool:
    """Whether our value is as near to the ``exact`` one as torch's ``expected``, which has fewer bits than that."""
    if isinstance(expected, (list, tuple)):
        assert isinstance(value, (list, tuple))
        assert isinstance(exact, (list, tuple))
        return all(itertools.starmap(is_nearer, zip(value, expected, exact, strict=True)))
    if not isinstance(expected, torch.Tensor) or not isinstance(value, np.ndarray):
        return value == expected
    assert isinstance(exact, torch.Tensor)
    ours, theirs = (_error(t, exact) for t in (_tensor(value), expected))
    return ours.numel() == 0 or bool(ours.max() <= theirs.max())


def _error(tensor: torch.Tensor, exact: torch.Tensor) -> torch.Tensor:
    wide, exact = tensor.double(), exact.to(tensor.dtype).double()
    same = (wide == exact) | (wide.isnan() & exact.isnan())
    return torch.where(same, 0.0, (wide - exact).abs().nan_to_num(torch.inf))


def contradiction(inferred: object, value: object) -> str:
    """Where the type rule says something that the value is not."""
    if isinstance(inferred, (list, tuple)) and isinstance(value, (list, tuple)):
        pairs = zip(inferred, value, strict=False)
        return next(filter(None, itertools.starmap(contradiction, pairs)), "")
    if not isinstance(inferred, TensorType) or not isinstance(value, np.ndarray):
        return ""
    found = type_of(value)
    assert found.shape is not None
    if inferred.dtype not in (None, found.dtype):
        return f"rule: dtype {inferred.dtype}, value {found.dtype}"
    if inferred.shape is not None and (
        len(inferred.shape) != len(found.shape)
        or any(r not in (None, s) for r, s in zip(inferred.shape, found.shape, strict=True))
    ):
        return f"rule: shape {inferred.shape}, value {found.shape}"
    return ""


def array_of(value: object, copy: bool) -> object:
    """A torch value as ours; tensors keep their strides unless copied."""
    if isinstance(value, torch.Tensor):
        plain_tensor = value.detach().resolve_conj().resolve_neg()
        if value.dtype is torch.bfloat16:
            plain_tensor = plain_tensor.view(torch.uint16)
        array = plain_tensor.numpy()
        return array.copy(order="K") if copy else array
    if isinstance(value, (list, tuple)):
        return type(value)(array_of(item, copy) for item in value)
    return value


def abstract_of(value: object) -> object:
    """The operand as a type rule sees it."""
    if isinstance(value, np.ndarray):
        return type_of(value)
    if isinstance(value, (list, tuple)):
        return [abstract_of(item) for item in value]
    return value


def _tensor(array: Array) -> torch.Tensor:
    if dtype_of(array) is DType.BFLOAT16:
        return torch.from_numpy(bfloat16_to_float32(array)).bfloat16()
    return torch.from_numpy(np.ascontiguousarray(array).reshape(array.shape))
