"""Tensors from nothing but sizes and numbers: zeros, full, tensor, scalar_tensor and the forms after another tensor.

Without a dtype, floats are float32 and complex numbers complex64: tsx has no global default dtype. Layout, device and
pin_memory are operands because torch's schemas have them; they change nothing. ``empty`` gives zeros, so that a program
gives the same result every time it runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tsx.ir.op import Abstract, Unknown
from tsx.ir.types import BOOL, COMPLEX, DTYPE_BY_CODE, FLOAT, INT, DType, TensorType, Type
from tsx.ops.abstract import dims_of, dtype_arg, is_dim, mismatch
from tsx.ops.checked import VIEW, define
from tsx.ops.dtypes import Array, cast, dtype_of, to_numpy
from tsx.ops.promote import DEFAULT_COMPLEX, DEFAULT_FLOAT
from tsx.ops.view_rules import tensor

FACTORY = (
    "*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None"
)
LIKE = f"{FACTORY}, MemoryFormat? memory_format=None"


def number_dtype(value: object) -> DType:
    """The dtype that a Python number has as a tensor."""
    if isinstance(value, bool):
        return DType.BOOL
    if isinstance(value, int):
        return DType.INT64
    return DEFAULT_COMPLEX if isinstance(value, complex) else DEFAULT_FLOAT


def abstract_dtype(value: Abstract) -> DType | None:
    """The dtype that an abstract number has as a tensor; None when not known."""
    if isinstance(value, Unknown):
        by_type: dict[Type, DType] = {
            INT: DType.INT64, FLOAT: DEFAULT_FLOAT, BOOL: DType.BOOL, COMPLEX: DEFAULT_COMPLEX,
        }  # fmt: skip
        return by_type.get(value.type)
    if isinstance(value, TensorType):
        return value.dtype
    return DType.INT64 if is_dim(value) else number_dtype(value)


def filled(size: Any, value: Any, dtype: DType) -> Array:
    """An array of ``size`` full of ``value``, converted as torch converts a number."""
    if dtype is DType.BFLOAT16 or isinstance(value, (complex, float)):
        exact = np.asarray(value)
        return np.full(size, cast(exact, dtype), to_numpy(dtype))
    return np.full(size, np.asarray(value).astype(to_numpy(dtype)), to_numpy(dtype))


def dtype_or(code: int | None, default: DType) -> DType:
    return default if code is None else DTYPE_BY_CODE[code]


def sizes_rule(size: Abstract, dtype: DType | None) -> TensorType:
    """A tensor of the given sizes."""
    dims = dims_of(size)
    if dims is not None and any(isinstance(d, int) and d < 0 for d in dims):
        raise mismatch("creation", "sizes of 0 or more", size)
    return TensorType(dtype, dims)


def _full(size: list[int], value: Any, dtype: int | None, *_: object) -> Array:
    return filled(size, value, dtype_or(dtype, number_dtype(value)))


def _full_rule(size: Abstract, value: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
    return sizes_rule(size, dtype_arg(dtype, abstract_dtype(value)))


def _new_full(x: Array, size: list[int], value: Any, dtype: int | None, *_: object) -> Array:
    return filled(size, value, dtype_or(dtype, dtype_of(x)))


def _new_full_rule(
    self: Abstract, size: Abstract, value: Abstract, dtype: Abstract = None, *_: Abstract
) -> Abstract:
    return sizes_rule(size, dtype_arg(dtype, tensor(self).dtype))


def _full_like(x: Array, value: Any, dtype: int | None, *_: object) -> Array:
    return filled(x.shape, value, dtype_or(dtype, dtype_of(x)))


def _full_like_rule(
    self: Abstract, value: Abstract, dtype: Abstract = None, *_: Abstract
) -> Abstract:
    x = tensor(self)
    return TensorType(dtype_arg(dtype, x.dtype), x.shape)


def _define_constant(name: str, value: int, *, overload: str = "") -> None:
    """``zeros``/``ones``/``empty`` with their ``new_`` and ``_like`` forms."""

    def sized(size: list[int], dtype: int | None, *_: object) -> Array:
        return filled(size, value, dtype_or(dtype, DEFAULT_FLOAT))

    def new(x: Array, size: list[int], dtype: int | None, *_: object) -> Array:
        return filled(size, value, dtype_or(dtype, dtype_of(x)))

    def like(x: Array, dtype: int | None, *_: object) -> Array:
        return filled(x.shape, value, dtype_or(dtype, dtype_of(x)))

    def sized_rule(size: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
        return sizes_rule(size, dtype_arg(dtype, DEFAULT_FLOAT))

    def new_rule(self: Abstract, size: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
        return sizes_rule(size, dtype_arg(dtype, tensor(self).dtype))

    def like_rule(self: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
        return _full_like_rule(self, value, dtype)

    factory = LIKE if overload else FACTORY
    define(
        f"aten::{name}{overload}(SymInt[] size, {factory}) -> Tensor",
        sized_rule,
        sized,
    )
    define(f"aten::new_{name}(Tensor self, SymInt[] size, {FACTORY}) -> Tensor", new_rule, new)
    define(f"aten::{name}_like(Tensor self, {LIKE}) -> Tensor", like_rule, like)


def _empty_strided(size: list[int], stride: list[int], dtype: int | None, *_: object) -> Array:
    return filled(size, 0, dtype_or(dtype, DEFAULT_FLOAT))


def _empty_strided_rule(
    size: Abstract, stride: Abstract, dtype: Abstract = None, *_: Abstract
) -> Abstract:
    return sizes_rule(size, dtype_arg(dtype, DEFAULT_FLOAT))


def _new_empty_strided(
    x: Array, size: list[int], stride: list[int], dtype: int | None, *_: object
) -> Array:
    return filled(size, 0, dtype_or(dtype, dtype_of(x)))


def _new_empty_strided_rule(
    self: Abstract, size: Abstract, stride: Abstract, dtype: Abstract = None, *_: Abstract
) -> Abstract:
    return sizes_rule(size, dtype_arg(dtype, tensor(self).dtype))


def _scalar(value: Any, dtype: int | None, *_: object) -> Array:
    return filled((), value, dtype_or(dtype, number_dtype(value)))


def _scalar_rule(value: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
    return TensorType(dtype_arg(dtype, abstract_dtype(value)), ())


def _scalar_tensor(value: Any, dtype: int | None, *_: object) -> Array:
    return filled((), value, dtype_or(dtype, DEFAULT_FLOAT))


def _scalar_tensor_rule(value: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
    return TensorType(dtype_arg(dtype, DEFAULT_FLOAT), ())


def _from_list(data: Any, dtype: int | None, *_: object) -> Array:
    """A tensor of nested lists of numbers (0-dim tensors among them count as their number)."""
    plain = _plain(data)
    return cast(np.array(plain, to_numpy(_list_dtype(plain))), dtype_or(dtype, _list_dtype(plain)))


def _plain(data: Any) -> Any:
    if isinstance(data, (list, tuple)):
        return [_plain(item) for item in data]
    return data.tolist() if isinstance(data, np.ndarray) else data


def _list_dtype(data: Any) -> DType:
    """The widest kind among the numbers; an empty list is one of floats."""
    while isinstance(data, list):
        kinds = [_list_dtype(item) for item in data]
        return max(kinds, key=_WIDTHS.index, default=DEFAULT_FLOAT)
    return number_dtype(data)


def _from_list_rule(data: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
    shape: list[int] = []
    level = data
    while isinstance(level, (list, tuple)):
        shape.append(len(level))
        level = level[0] if level else 0.0
    if isinstance(level, Unknown) and not isinstance(level.type, type(INT)):
        return TensorType(dtype_arg(dtype, None))
    leaves = _leaves(data)
    dtypes = [abstract_dtype(leaf) for leaf in leaves]
    kinds = [_number_kind(found) for found in dtypes if found is not None]
    widest = max(kinds, key=_WIDTHS.index, default=DEFAULT_FLOAT)
    has_arrays = any(isinstance(leaf, TensorType) and leaf.shape != () for leaf in leaves)
    chosen = dtype_arg(dtype, None if None in dtypes else widest)
    return TensorType(chosen, None if has_arrays else tuple(shape))


_WIDTHS = (DType.BOOL, DType.INT64, DEFAULT_FLOAT, DEFAULT_COMPLEX)


def _number_kind(dtype: DType) -> DType:
    """The dtype that the numbers in a tensor of ``dtype`` have among others in a list."""
    if dtype is DType.BOOL or dtype.is_integer:
        return DType.BOOL if dtype is DType.BOOL else DType.INT64
    return DEFAULT_COMPLEX if dtype.is_complex else DEFAULT_FLOAT


def _leaves(data: Abstract) -> list[Abstract]:
    if isinstance(data, (list, tuple)):
        return [leaf for item in data for leaf in _leaves(item)]
    return [data]


def _as_tensor(data: Array, dtype: int | None, *_: object) -> Array:
    return cast(data, dtype_or(dtype, dtype_of(data)))


def _as_tensor_rule(data: Abstract, dtype: Abstract = None, *_: Abstract) -> Abstract:
    x = tensor(data)
    return TensorType(dtype_arg(dtype, x.dtype), x.shape)


_define_constant("zeros", 0)
_define_constant("ones", 1)
_define_constant("empty", 0, overload=".memory_format")
define(f"aten::full(SymInt[] size, Scalar fill_value, {FACTORY}) -> Tensor",
       _full_rule, _full)  # fmt: skip
define(f"aten::new_full(Tensor self, SymInt[] size, Scalar fill_value, {FACTORY}) -> Tensor",
       _new_full_rule, _new_full)  # fmt: skip
define(f"aten::full_like(Tensor self, Scalar fill_value, {LIKE}) -> Tensor",
       _full_like_rule, _full_like)  # fmt: skip
define(f"aten::empty_strided(SymInt[] size, SymInt[] stride, {FACTORY}) -> Tensor",
       _empty_strided_rule, _empty_strided)  # fmt: skip
define(f"aten::new_empty_strided(Tensor self, SymInt[] size, SymInt[] stride, {FACTORY}) -> Tensor",
       _new_empty_strided_rule, _new_empty_strided)  # fmt: skip
define(f"aten::scalar_tensor(Scalar s, {FACTORY}) -> Tensor", _scalar_tensor_rule, _scalar_tensor)
for _type in ("bool", "int", "float", "complex"):  # the first that takes a number is chosen
    define(f"aten::tensor.{_type}({_type} t, *, ScalarType? dtype=None, Device? device=None,"
           " bool requires_grad=False) -> Tensor", _scalar_rule, _scalar)  # fmt: skip
    define(f"aten::as_tensor.{_type}({_type} t, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
           _scalar_rule, _scalar)  # fmt: skip
define("aten::tensor(t[] data, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False)"
       " -> Tensor", _from_list_rule, _from_list)  # fmt: skip
define("aten::as_tensor.list(t[] data, *, ScalarType? dtype=None, Device? device=None) -> Tensor",
       _from_list_rule, _from_list)  # fmt: skip
define("aten::as_tensor(Tensor(a) data, *, ScalarType? dtype=None, Device? device=None) -> Tensor(b|a)",
       _as_tensor_rule, _as_tensor, VIEW)  # fmt: skip
