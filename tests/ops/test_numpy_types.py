"""``tsx::numpy_type`` against what NumPy itself computes in, for every pair of dtypes and for weak numbers."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.op import Unknown, lookup
from tsx.ops.dtypes import dtype_of, from_numpy

NUMBERS = ["bool", "uint8", "int8", "int16", "int32", "int64"]
DTYPES = [*NUMBERS, "float16", "float32", "float64", "complex64", "complex128"]
BINARY = ["add", "multiply", "divide", "floor_divide", "power", "maximum", "arctan2", "hypot"]
PAIRS = list(itertools.product(DTYPES, repeat=2))


def answer(kind: str, *operands: Any) -> np.dtype[Any]:
    """The dtype that the operator gives; its rule must say the same of the dtypes alone."""
    op = lookup(f"tsx::numpy_type{kind}")
    assert op is not None
    code = op.eval(*operands)
    assert op.infer(*map(abstract, operands)) == code
    return next(np.dtype(d) for d in DTYPES if from_numpy(np.dtype(d)).code == code)


def abstract(operand: Any) -> Any:
    if isinstance(operand, list):
        return [abstract(item) for item in operand]
    return ty.TensorType(dtype_of(operand)) if isinstance(operand, np.ndarray) else operand


def result(function: Any, *operands: Any) -> np.dtype[Any] | None:
    """The dtype of NumPy's result; None where NumPy refuses or programs have no such type."""
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(function(*operands)).dtype
        from_numpy(found)
    except (TypeError, TsxError):
        return None
    return found


@pytest.mark.parametrize("name", BINARY)
def test_arithmetic_on_two_arrays(name: str) -> None:
    for a, b in PAIRS:
        arrays = np.ones(2, a), np.ones(2, b)
        expected = result(getattr(np, name), *arrays)
        if expected is None:
            with pytest.raises((TsxError, TypeError)):
                answer(".Tensor", name, *arrays)
        else:
            assert answer(".Tensor", name, *arrays) == expected, (a, b)


@pytest.mark.parametrize("name", ["add", "multiply", "divide", "power", "maximum"])
@pytest.mark.parametrize("number", [True, 2, 1.5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_arithmetic_with_a_weak_number(name: str, number: float, dtype: str) -> None:
    array = np.ones(2, dtype)
    expected = result(getattr(np, name), array, number)
    assert expected is None or answer(".Scalar", name, array, number) == expected


@pytest.mark.parametrize(
    "name", ["sqrt", "exp", "negative", "sin", "floor", "mean", "std", "sum", "prod"]
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_of_one_array(name: str, dtype: str) -> None:
    array = np.ones(2, dtype)
    expected = result(getattr(np, name), array)
    if name == "std" and dtype.startswith("complex"):
        expected = np.dtype(dtype)  # computed in complex numbers; the result is real
    if expected is not None:
        assert answer("", name, array) == expected


def test_comparisons_compare_in_the_common_type() -> None:
    for a, b in PAIRS:
        arrays = np.ones(2, a), np.ones(2, b)
        assert answer(".Tensor", "less", *arrays) == np.result_type(*arrays), (a, b)


def test_joining() -> None:
    for a, b in PAIRS:
        arrays = [np.ones(2, a), np.ones(2, b)]
        assert answer(".list", "concatenate", arrays) == np.concatenate(arrays).dtype, (a, b)
        assert answer(".Tensor", "where", *arrays) == np.where(True, *arrays).dtype, (a, b)


def test_an_unknown_dtype_is_an_unknown_code() -> None:
    op = lookup("tsx::numpy_type")
    assert op is not None
    assert op.infer("sqrt", ty.TENSOR) == Unknown(ty.INT)
