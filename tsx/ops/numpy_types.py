"""The element types that NumPy computes in: what torch's promotion and NumPy's answer differently.

``tsx::numpy_type("divide", a, b)`` is the dtype that operands are cast to before the operator runs, as a ScalarType
code: for two int32 arrays float64, where torch divides in float32. A Python number is weak, as in NumPy 2 (NEP 50). It
is a fact about dtypes, so it folds where these are known; NumPy's own tables answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tsx.ir import types as ty
from tsx.ir.op import Abstract, Unknown
from tsx.ir.types import DType
from tsx.ops.abstract import mismatch
from tsx.ops.define import op
from tsx.ops.dtypes import Array, from_numpy, to_numpy

_TypeLike = np.dtype[Any] | type


def compute_dtype(function: str, operands: list[_TypeLike]) -> DType:
    """The dtype in which NumPy computes ``function`` of arrays of these dtypes and of numbers (given by their types).

    TSX4004 when programs have no such element type, OperatorError when NumPy refuses the operands.
    """
    try:
        if function in ("sum", "prod"):
            return from_numpy(_summed(operands[0]))
        if function in _MEANS:
            return from_numpy(np.dtype(np.true_divide.resolve_dtypes((operands[0], int, None))[0]))
        ufunc = getattr(np, function, None)
        if isinstance(ufunc, np.ufunc) and ufunc.nin == len(operands):
            return from_numpy(ufunc.resolve_dtypes((*operands, *(None,) * ufunc.nout))[0])
        return from_numpy(_common(operands))
    except TypeError:
        shown = ", ".join(getattr(o, "name", getattr(o, "__name__", "?")) for o in operands)
        raise mismatch(f"numpy.{function}", "operands that NumPy takes together", shown) from None


_MEANS = ("mean", "var", "std", "median", "quantile", "norm")


def _summed(operand: _TypeLike) -> np.dtype[Any]:
    total: Array = np.add.reduce(np.empty(0, operand), keepdims=True)
    return total.dtype


def _common(operands: list[_TypeLike]) -> np.dtype[Any]:
    """What ``np.where``, ``np.concatenate`` and their like make of several types; numbers are weak."""
    found = np.dtype(np.maximum.resolve_dtypes((operands[0], operands[0], None))[0])
    for operand in operands[1:]:
        found = np.maximum.resolve_dtypes((found, operand, None))[0]
    return found


def _python_type(number: object) -> _TypeLike:
    return np.dtype(bool) if isinstance(number, bool) else type(number)


def _rule(function: Abstract, *operands: Abstract) -> Abstract:
    items = operands[0] if isinstance(operands[0], list) else list(operands)
    types = [known_type(item) for item in items]
    known = [type for type in types if type is not None]
    if not isinstance(function, str) or len(known) != len(types) or not known:
        return Unknown(ty.INT)
    return compute_dtype(function, known).code


def known_type(operand: Abstract) -> _TypeLike | None:
    """The dtype of an abstract array, or the type of an abstract number; None when it isn't known."""
    match operand:
        case ty.TensorType(dtype=DType() as dtype) if dtype is not DType.BFLOAT16:
            return to_numpy(dtype)
        case bool() | int() | float() | complex():
            return _python_type(operand)
        case Unknown(type) if type in _NUMBERS:
            return _NUMBERS[type]
    return None


_NUMBERS: dict[ty.Type, _TypeLike] = {
    ty.INT: int,
    ty.FLOAT: float,
    ty.COMPLEX: complex,
    ty.BOOL: np.dtype(bool),
}


def _of(function: str, *operands: Array | float | complex) -> int:
    types = [o.dtype if isinstance(o, np.ndarray) else _python_type(o) for o in operands]
    return compute_dtype(function, types).code


op("tsx::numpy_type(str function, Tensor a) -> ScalarType", infer=_rule, eval=_of)
op("tsx::numpy_type.Tensor(str function, Tensor a, Tensor b) -> ScalarType", infer=_rule, eval=_of)
op("tsx::numpy_type.Scalar(str function, Tensor a, Scalar b) -> ScalarType", infer=_rule, eval=_of)
op(
    "tsx::numpy_type.list(str function, Tensor[] arrays) -> ScalarType",
    infer=_rule,
    eval=lambda function, arrays: _of(function, *arrays),
)
