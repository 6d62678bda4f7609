"""NumPy's ufuncs as operators, with the casts that make NumPy's result type come out.

NumPy decides the types: the ufunc runs once on the real arrays, and its result type is the one that the operands are
cast to (for comparisons, their common type). The recorded operator then computes in that type.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tsx.capture.numpy.recorder import concrete, result_dtype
from tsx.capture.trace.scalars import TracedScalar
from tsx.errors import fail
from tsx.ir.op import all_ops, lookup
from tsx.ir.types import DType
from tsx.ops.dtypes import from_numpy

if TYPE_CHECKING:
    from tsx.capture.numpy.recorder import Recorder

# Computed in the common type of the operands; the result is bool. Every other ufunc computes in the result's type.
COMPARISONS = frozenset({"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"})
# Any type in, bool out.
TESTS = frozenset(
    {
        "isnan", "isinf", "isfinite", "signbit", "logical_and", "logical_or", "logical_xor", "logical_not",
    }
)  # fmt: skip
# torch's operator has no number in second place.
NO_SCALAR = frozenset({"bitwise_left_shift", "bitwise_right_shift"})


def apply(
    recorder: Recorder,
    ufunc: np.ufunc,
    method: str,
    inputs: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """What ``__array_ufunc__`` answers."""
    out = kwargs.pop("out", None)
    actual = getattr(ufunc, method)(
        *concrete(inputs), **{k: concrete(v) for k, v in kwargs.items()}
    )
    name = ufunc.__name__
    if method == "reduce" and name in _REDUCTIONS:
        result = _reduce(recorder, name, inputs[0], kwargs, actual)
    elif method == "outer":
        left, right = inputs
        shape = (Ellipsis, *(None,) * np.ndim(concrete(right)))
        result = apply(recorder, ufunc, "__call__", (left[shape], right), kwargs)
    elif method != "__call__" or not set(kwargs) <= {"dtype", "casting"}:
        return recorder.unsupported(f"numpy.{name}.{method}", actual)
    else:
        result = _call(recorder, name, inputs, actual)
    return result if out is None else _write(recorder, out[0], result)


@functools.cache
def bases() -> dict[str, str]:
    """The operator's name without namespace and overload, by the ufuncs that the records name."""
    return {name: op.schema.base for op in all_ops() for name in op.numpy_names}


def _call(recorder: Recorder, name: str, inputs: tuple[Any, ...], actual: Any) -> Any:
    base = bases().get(name)
    if name == "absolute" and np.asarray(concrete(inputs[0])).dtype.kind == "c":
        return recorder.aten("abs", inputs[0])  # complex in, real out
    if base is not None and name in COMPARISONS:
        common = from_numpy(np.result_type(*(_weak(i) for i in inputs)))
        return _elementwise(recorder, base, inputs, common)
    if base is not None and name in TESTS:
        return recorder.aten(base, *(_array(recorder, i, None) for i in inputs))
    if base is not None:
        return _elementwise(recorder, base, inputs, result_dtype(actual))
    if name == "clip":
        dtype = result_dtype(actual)
        return recorder.aten("clamp.Tensor", *(_array(recorder, i, dtype) for i in inputs))
    return recorder.unsupported(f"numpy.{name}", actual)


def _elementwise(recorder: Recorder, base: str, inputs: tuple[Any, ...], dtype: DType) -> Any:
    """One operator on operands cast to ``dtype``; a number on the right stays one."""
    operands = list(inputs)
    if len(operands) == 2 and _is_number(operands[0]) and base in COMMUTES:
        operands.reverse()
        base = COMMUTES[base]
    number = len(operands) == 2 and _is_number(operands[1]) and base not in NO_SCALAR
    number = number and lookup(f"aten::{overload(base, True)}") is not None
    last = len(operands) - 1
    cast = [
        o if number and index == last else _array(recorder, o, dtype)
        for index, o in enumerate(operands)
    ]
    return recorder.aten(overload(base, number), *cast)


COMMUTES = {
    "add": "add", "mul": "mul", "eq": "eq", "ne": "ne", "lt": "gt", "gt": "lt", "le": "ge", "ge": "le",
}  # fmt: skip


def overload(base: str, number: bool) -> str:
    """The overload for two tensors, or for a tensor and a number."""
    tensor, scalar = ("Tensor_Tensor", "Tensor_Scalar") if base == "pow" else ("Tensor", "Scalar")
    wanted = f"{base}.{scalar}" if number else f"{base}.{tensor}"
    return wanted if number or lookup(f"aten::{wanted}") is not None else base


def _is_number(obj: Any) -> bool:
    return isinstance(obj, (bool, int, float, TracedScalar))


def _array(recorder: Recorder, obj: Any, dtype: DType | None) -> Any:
    """An operand as an array or a proxy of ``dtype``; a traced number becomes a 0-dim one."""
    if isinstance(obj, TracedScalar):
        target = dtype or from_numpy(np.asarray(obj.hint).dtype)
        return recorder.aten("scalar_tensor", obj, target.code)
    if not hasattr(type(obj), "__tsx_record__"):
        obj = np.asarray(obj)
    return obj if dtype is None else recorder.cast(obj, dtype)


def _weak(obj: Any) -> Any:
    """What decides the type: a Python number is weak, everything else has its dtype."""
    obj = concrete(obj)
    return obj if isinstance(obj, (int, float, complex)) else np.asarray(obj).dtype


def _write(recorder: Recorder, target: Any, result: Any) -> Any:
    """``x += y``: the result goes into the memory of ``target``."""
    if not hasattr(type(target), "__tsx_record__"):
        where = recorder.tracer.locator.span() or ""
        raise fail("TSX2005", what="a value written into a plain array", where=where)
    recorder.aten("copy_", target, result, False)
    return target


_REDUCTIONS: dict[str, Callable[..., Any]] = {}


def reduction(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Names the function that answers ``ufunc.reduce``."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        _REDUCTIONS[name] = function
        return function

    return add


def _reduce(recorder: Recorder, name: str, x: Any, kwargs: dict[str, Any], actual: Any) -> Any:
    kwargs = {k: v for k, v in kwargs.items() if k in ("axis", "keepdims", "dtype")}
    kwargs.setdefault("axis", 0)
    return _REDUCTIONS[name](recorder, x, **kwargs)
