"""The element types that NumPy computes in: what torch's promotion and NumPy's answer differently.

``tsx::numpy_type("divide", a, b)`` is the dtype that operands are cast to before the operator runs, as a ScalarType
code: for two int32 arrays float64, where torch divides in float32. A Python number is weak, as in NumPy 2 (NEP 50).
``tsx::numpy_type("fill", a, 300)`` is the dtype of ``a``, which has to hold the number. It is a fact about dtypes, so
it folds where these are known; NumPy's own tables answer, and its TypeError and OverflowError are raised.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tsx.ir import types as ty
from tsx.ir.dims import Expr
from tsx.ir.op import Abstract, Trait, Unknown
from tsx.ir.types import DType
from tsx.ops.abstract import mismatch
from tsx.ops.define import op
from tsx.ops.dtypes import Array, from_numpy, to_numpy

_TypeLike = np.dtype[Any] | type


def compute_dtype(function: str, operands: list[_TypeLike]) -> DType:
    """The dtype in which NumPy computes ``function`` of arrays of these dtypes and of numbers (given by their types).

    ``add=`` is ``a += b``, which must fit into ``a``. TSX4004 when programs have no such element type, TSX4005 when
    NumPy refuses the operands.
    """
    try:
        return _numpys(function, operands)
    except TypeError:
        shown = ", ".join(getattr(o, "name", getattr(o, "__name__", "?")) for o in operands)
        raise mismatch(f"numpy.{function}", "operands that NumPy takes together", shown) from None


def _numpys(function: str, operands: list[_TypeLike]) -> DType:
    """The same, with NumPy's own TypeError."""
    if function in ("sum", "prod"):
        return from_numpy(_summed(operands[0]))
    if function in _MEANS:
        return from_numpy(np.dtype(np.true_divide.resolve_dtypes((operands[0], int, None))[0]))
    if function == "percentile":
        return from_numpy(_interpolated(*operands))
    name = function.removesuffix("=")
    ufunc = getattr(np, name, None)
    if isinstance(ufunc, np.ufunc) and ufunc.nin == len(operands):
        target = operands[0] if name != function else None
        try:
            found = ufunc.resolve_dtypes((*operands, target, *(None,) * (ufunc.nout - 1)))
        except TypeError as error:  # of a class of NumPy's own
            raise TypeError(str(error)) from None
        dtype = from_numpy(found[0])
        is_wide = function in _COMPARED and int in operands and dtype.is_integer
        return DType.INT64 if is_wide else dtype  # no Python int is beyond what is compared
    return from_numpy(_common(operands))


def takes_any_int(function: str) -> bool:
    """Whether a Python int beyond an array's type is compared or converted, where arithmetic raises OverflowError."""
    ufunc = getattr(np, function.removesuffix("="), None)
    return not isinstance(ufunc, np.ufunc) or function in _COMPARED


_COMPARED = frozenset({"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"})


def holds(dtype: DType, number: object) -> bool:
    """Whether a number fits into an array of ``dtype``; only ints may not, and only in arrays of integers."""
    if type(number) is not int or not dtype.is_integer:
        return True
    limits = np.iinfo(to_numpy(dtype))
    return bool(limits.min <= number <= limits.max)


def _beyond(dtype: DType, number: object) -> str:
    return f"Python integer {number} out of bounds for {to_numpy(dtype).name}"


_MEANS = ("mean", "var", "std", "median", "quantile", "norm")


def _summed(operand: _TypeLike) -> np.dtype[Any]:
    total: Array = np.add.reduce(np.empty(0, operand), keepdims=True)
    return total.dtype


def _interpolated(array: _TypeLike, places: _TypeLike) -> np.dtype[Any]:
    """What ``np.percentile`` gives for an array of places, which are no weak numbers."""
    share = np.dtype(np.true_divide.resolve_dtypes((places, places, None))[2])
    return np.result_type(array, share)


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
    dtype = from_numpy(np.dtype(known[0])) if function == "fill" else compute_dtype(function, known)
    if takes_any_int(function) and function != "fill":
        return dtype.code
    for item in items:
        if not holds(dtype, item):
            raise mismatch(
                f"numpy.{function}", "a number that the type holds", _beyond(dtype, item)
            )
        if dtype.is_integer and isinstance(item, (Unknown, Expr)):
            return Unknown(ty.INT)  # whether it fits, a run tells
    return dtype.code


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
    """NumPy's answer, and its TypeError or OverflowError."""
    types = [o.dtype if isinstance(o, np.ndarray) else _python_type(o) for o in operands]
    dtype = from_numpy(np.dtype(types[0])) if function == "fill" else _numpys(function, types)
    if function == "fill" or not takes_any_int(function):
        for operand in operands:
            if not isinstance(operand, np.ndarray) and not holds(dtype, operand):
                raise OverflowError(_beyond(dtype, operand))
    return dtype.code


_RAISES = Trait.PURE | Trait.RAISES

op("tsx::numpy_type(str function, Tensor a) -> ScalarType", infer=_rule, eval=_of, traits=_RAISES)
op(
    "tsx::numpy_type.Tensor(str function, Tensor a, Tensor b) -> ScalarType",
    infer=_rule,
    eval=_of,
    traits=_RAISES,
)
op(
    "tsx::numpy_type.Scalar(str function, Tensor a, Scalar b) -> ScalarType",
    infer=_rule,
    eval=_of,
    traits=_RAISES,
)
op(
    "tsx::numpy_type.list(str function, Tensor[] arrays) -> ScalarType",
    infer=_rule,
    eval=lambda function, arrays: _of(function, *arrays),
    traits=_RAISES,
)
