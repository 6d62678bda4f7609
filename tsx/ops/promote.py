"""torch's type promotion, on run-time values and on abstract ones.

Takes operands as an operator gets them (arrays, Python numbers, ``TensorType``, ``Unknown``, ``Expr``, None, and tile
registers with a ``dtype`` and a ``category``). Gives the dtype torch would choose, or None where it is not known.
Never asks NumPy: its rules differ (int64 + float32 is float32 here).

Source of the rules: torch ``c10/core/ScalarType.cpp`` (promoteTypes), ``aten/src/ATen/native/TypeProperties.cpp``
(result_type) and ``torch/_prims_common`` (elementwise_dtypes).
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol, runtime_checkable

import numpy as np

from tsx.ir.dims import Expr
from tsx.ir.op import Unknown
from tsx.ir.types import BOOL, COMPLEX, FLOAT, INT, DType, TensorType, Type
from tsx.ops.dtypes import dtype_of

DEFAULT_FLOAT = DType.FLOAT32
"""The dtype of Python floats and of true division of integers. tsx has no global default dtype."""
DEFAULT_COMPLEX = DType.COMPLEX64


class Category(Enum):
    """How much a value's dtype counts: a tensor's most, a 0-dim tensor's less, a Python number's least."""

    TENSOR = "tensor"
    ZERO_DIM = "0-dim tensor"
    NUMBER = "number"


@runtime_checkable
class Typed(Protocol):
    """Anything that knows its dtype and category (a tile register)."""

    @property
    def dtype(self) -> DType: ...
    @property
    def category(self) -> Category: ...


class Kind(Enum):
    """How an elementwise operator gets from the promoted dtype to the dtypes it computes in and gives."""

    DEFAULT = "the promoted dtype"
    NO_OPMATH = "the promoted dtype, moved but not computed with"
    INT_TO_FLOAT = "integers and bools become the default float"
    ALWAYS_BOOL = "computes in the promoted dtype, gives bool"
    COMPLEX_TO_FLOAT = "complex gives its real dtype"
    BOOL_TO_LONG = "bool becomes int64"
    DOUBLE = "float64, or complex128 for complex operands"


_TO_COMPLEX = {
    DType.FLOAT16: DType.COMPLEX32,
    DType.BFLOAT16: DType.COMPLEX64,
    DType.FLOAT32: DType.COMPLEX64,
    DType.FLOAT64: DType.COMPLEX128,
}
_TO_REAL = {
    DType.COMPLEX32: DType.FLOAT16,
    DType.COMPLEX64: DType.FLOAT32,
    DType.COMPLEX128: DType.FLOAT64,
}
_OPMATH = {
    DType.FLOAT16: DType.FLOAT32,
    DType.BFLOAT16: DType.FLOAT32,
    DType.COMPLEX32: DType.COMPLEX64,
}


def complex_of(dtype: DType) -> DType:
    """The complex dtype of the same precision."""
    return _TO_COMPLEX.get(dtype, DEFAULT_COMPLEX) if not dtype.is_complex else dtype


def real_of(dtype: DType) -> DType:
    """The dtype of a complex dtype's parts; any other dtype is its own."""
    return _TO_REAL.get(dtype, dtype)


def opmath(dtype: DType) -> DType:
    """The dtype that values of ``dtype`` are computed in: float32 for float16 and bfloat16."""
    return _OPMATH.get(dtype, dtype)


def promote_types(a: DType, b: DType) -> DType:
    """The least dtype that both convert to, by torch's lattice."""
    if a is b:
        return a
    if a.is_complex or b.is_complex:
        parts = promote_types(_part(a), _part(b))
        return complex_of(parts)
    if a.is_float or b.is_float:
        if not a.is_float:
            return b
        if not b.is_float or a.itemsize > b.itemsize:
            return a
        return b if b.itemsize > a.itemsize else DType.FLOAT32  # float16 with bfloat16
    if DType.BOOL in (a, b):
        return b if a is DType.BOOL else a
    if DType.UINT8 in (a, b):
        other = b if a is DType.UINT8 else a
        return DType.INT16 if other is DType.INT8 else other
    return a if a.itemsize > b.itemsize else b


def _part(dtype: DType) -> DType:
    """What a dtype counts for beside a complex one: integers raise no precision, so they are float16."""
    if dtype.is_complex:
        return real_of(dtype)
    return dtype if dtype.is_float else DType.FLOAT16


def can_cast(source: DType, target: DType) -> bool:
    """Whether an in-place operator may write ``source`` results into a ``target`` tensor."""
    if source.is_complex and not target.is_complex:
        return False
    if (source.is_float or source.is_complex) and (target.is_integer or target is DType.BOOL):
        return False
    return target is not DType.BOOL or source is DType.BOOL


def describe(value: object) -> tuple[DType | None, Category | None]:
    """The dtype and category of one operand; None for what is not known.

    A Python float is a NUMBER of the default float, a complex one of the default complex.
    """
    if isinstance(value, np.ndarray):
        return dtype_of(value), Category.TENSOR if value.ndim else Category.ZERO_DIM
    if isinstance(value, TensorType):
        if value.shape is None:
            return value.dtype, None
        return value.dtype, Category.TENSOR if value.shape else Category.ZERO_DIM
    if isinstance(value, Typed):
        dtype = value.dtype
        return (
            _number_dtype(dtype) if value.category is Category.NUMBER else dtype
        ), value.category
    if isinstance(value, Unknown):
        return (None, None) if isinstance(value.type, TensorType) else _unknown_number(value.type)
    if isinstance(value, bool):
        return DType.BOOL, Category.NUMBER
    if isinstance(value, (int, Expr)):
        return DType.INT64, Category.NUMBER
    return (DEFAULT_COMPLEX if isinstance(value, complex) else DEFAULT_FLOAT), Category.NUMBER


def _number_dtype(dtype: DType) -> DType:
    if dtype.is_complex:
        return DEFAULT_COMPLEX
    return DEFAULT_FLOAT if dtype.is_float else dtype


_NUMBER_DTYPES: dict[Type, DType] = {
    INT: DType.INT64,
    FLOAT: DEFAULT_FLOAT,
    BOOL: DType.BOOL,
    COMPLEX: DEFAULT_COMPLEX,
}


def _unknown_number(type: Type) -> tuple[DType | None, Category]:
    return _NUMBER_DTYPES.get(type), Category.NUMBER


def result_type(*values: object) -> DType | None:
    """The dtype torch computes ``values`` in together; None when it can't be known yet.

    None among the operands is skipped. A tensor of unknown rank counts only where its rank can't matter.
    """
    facts = [describe(value) for value in values if value is not None]
    if any(dtype is None for dtype, _ in facts):
        return None
    if any(category is None for _, category in facts):
        answers = {
            _combined([(d, c or guess) for d, c in facts])
            for guess in (Category.TENSOR, Category.ZERO_DIM)
        }
        return answers.pop() if len(answers) == 1 else None
    return _combined([(d, c) for d, c in facts if c is not None])


def _combined(facts: list[tuple[DType | None, Category]]) -> DType | None:
    best: dict[Category, DType] = {}
    for dtype, category in facts:
        assert dtype is not None
        best[category] = promote_types(best[category], dtype) if category in best else dtype
    lower = _combine(best.get(Category.ZERO_DIM), best.get(Category.NUMBER))
    return _combine(best.get(Category.TENSOR), lower)


def _combine(higher: DType | None, lower: DType | None) -> DType | None:
    """A lower category changes the dtype only when it is of a higher kind (bool, integer, float, complex)."""
    if higher is None or lower is None:
        return lower if higher is None else higher
    if higher.is_complex:
        return higher
    if higher.is_float:
        return complex_of(higher) if lower.is_complex else higher
    if higher is DType.BOOL or lower.is_float or lower.is_complex:
        return promote_types(higher, lower)
    return higher


def elementwise_dtypes(kind: Kind, *values: object) -> tuple[DType, DType] | None:
    """(the dtype to compute in, the dtype of the result) of an elementwise operator; None when not known."""
    common = result_type(*values)
    return None if common is None else kind_dtypes(kind, common)


def kind_dtypes(kind: Kind, common: DType) -> tuple[DType, DType]:
    """The same, from the promoted dtype."""
    if kind is Kind.INT_TO_FLOAT and (common.is_integer or common is DType.BOOL):
        common = DEFAULT_FLOAT
    elif kind is Kind.DOUBLE:
        common = DType.COMPLEX128 if common.is_complex else DType.FLOAT64
    elif kind is Kind.BOOL_TO_LONG and common is DType.BOOL:
        common = DType.INT64
    if kind is Kind.ALWAYS_BOOL:
        return opmath(common), DType.BOOL
    if kind is Kind.COMPLEX_TO_FLOAT and common.is_complex:
        return opmath(common), real_of(common)
    return (common if kind is Kind.NO_OPMATH else opmath(common)), common
