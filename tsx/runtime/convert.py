"""One input as a caller gives it, one output as a caller gets it: Python and array-like values ↔ VM values.

Takes arrays of any layout and byte order, anything with ``__array__`` or DLPack, nested lists and numbers. Never
converts an array to another dtype: float64 for float32 is an error, as in torch. Numbers and lists have no dtype of
their own and take the expected one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from tsx.errors import TsxError, fail
from tsx.ir import types as ty
from tsx.ir.types import DType, TensorType, Type
from tsx.ops.dtypes import Array, cast, from_numpy, more_than_elements, to_numpy, type_of
from tsx.runtime.tree import named_tuple, record_type
from tsx.runtime.values import Instance, Value, is_a, quantized_name

_KINDS = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}  # numbers may go up these, never down


def to_value(name: str, given: Any, type: Type) -> Value:
    """``given`` as a value of ``type``; TSX5012 or TSX5013 names the input. Sizes are checked by ``sizes.check``."""
    more = more_than_elements(given)
    if more is not None:
        raise fail("TSX5012", name=name, expected=type, found=more[0], help=more[1])
    match type:
        case TensorType():
            return to_array(name, given, type)
        case ty.OptionalType(element):
            return None if given is None else to_value(name, given, element)
        case ty.ListType(element):
            if isinstance(given, (list, tuple)):
                return [to_value(f"{name}[{i}]", v, element) for i, v in enumerate(given)]
        case ty.TupleType(elements):
            if isinstance(given, (list, tuple)) and len(given) == len(elements):
                parts = zip(given, elements, strict=True)
                return tuple(to_value(f"{name}[{i}]", v, e) for i, (v, e) in enumerate(parts))
        case ty.DictType(key, ty.NONE) if isinstance(given, (set, frozenset)):
            return {to_value(name, k, key): None for k in given}
        case ty.DictType(key, element):
            if isinstance(given, Mapping):
                return {
                    to_value(name, k, key): to_value(f"{name}[{k!r}]", v, element)
                    for k, v in given.items()
                }
        case ty.UnionType(members):
            return _one_of(name, given, members, type)
        case ty.ANY:
            return given
        case _:
            return _number(name, given, type)
    raise _wrong(name, type, given)


def to_array(name: str, given: Any, type: TensorType) -> Array:
    """``given`` as an array of the dtype of ``type``, sharing memory where it can."""
    if isinstance(given, (np.ndarray, np.generic)):  # np.float64 is a float as well
        array = np.asanyarray(given)
    elif isinstance(given, (bool, int, float, complex, list, tuple)):
        array = _from_numbers(name, given, type)
    else:
        array = _from_protocol(name, given, type)
    if _is_ml_bfloat16(array.dtype):
        array = array.view(np.uint16)
    if array.dtype.kind not in "biufc":
        raise _wrong(name, type, given)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    try:
        dtype = from_numpy(array.dtype)
    except TsxError as error:
        raise fail(
            "TSX5012", name=name, expected=type, found=f"an array of {array.dtype}"
        ) from error
    if type.dtype is not None and dtype is not type.dtype:
        raise fail("TSX5013", name=name, expected=type, found=type_of(array), dtype=type.dtype)
    return array.view(np.ndarray) if array.__class__ is not np.ndarray else array


Attributes = Mapping[str, Mapping[str, Type]]
"""What the attributes of a program's objects are, by class."""


def out_of_value(
    value: Value,
    bfloat16: np.dtype[Any] | None,
    type: Type = ty.ANY,
    classes: Attributes = MappingProxyType({}),
) -> Any:
    """A result as callers get it; bfloat16 bits become arrays of the dtype ``bfloat16`` if there is one.

    A dict to None is a set: a program has no other sets. An object is a record of its attributes.
    """

    def out(inner: Value, of: Type) -> Any:
        return out_of_value(inner, bfloat16, of, classes)

    what = quantized_name(value)
    if what:
        raise fail("TSX5044", what=what)
    if isinstance(value, Instance):
        types = classes.get(value.class_name, {})
        held = {n: out(v, types.get(n, ty.ANY)) for n, v in value.attributes.items()}
        return record_type(value.class_name)(held)
    if isinstance(value, np.ndarray):
        is_bfloat16 = bfloat16 is not None and value.dtype == np.uint16
        return value.view(bfloat16) if is_bfloat16 else value
    if isinstance(type, ty.OptionalType):
        type = type.element
    if isinstance(type, ty.UnionType):
        type = next((member for member in type.members if is_a(value, member)), ty.ANY)
    if isinstance(value, tuple):
        elements = type.elements if isinstance(type, ty.TupleType) else (ty.ANY,) * len(value)
        items = map(out, value, elements)
        if isinstance(type, ty.TupleType) and type.fields:
            return named_tuple(type.name, type.fields)(*items)
        return tuple(items)
    if isinstance(value, list):
        element = type.element if isinstance(type, ty.ListType) else ty.ANY
        return [out(v, element) for v in value]
    if isinstance(value, dict):
        key, element = type.children() if isinstance(type, ty.DictType) else (ty.ANY, ty.ANY)
        if element == ty.NONE:
            return {out(k, key) for k in value}
        return {out(k, key): out(v, element) for k, v in value.items()}
    return value


def bfloat16_dtype(given: Any) -> np.dtype[Any] | None:
    """The dtype that a caller's own bfloat16 arrays have, so that results come out as inputs went in."""
    if isinstance(given, np.ndarray):
        return given.dtype if _is_ml_bfloat16(given.dtype) else None
    if isinstance(given, Mapping):
        given = list(given.values())
    if isinstance(given, (list, tuple)):
        return next((found for v in given if (found := bfloat16_dtype(v)) is not None), None)
    return None


def _is_ml_bfloat16(dtype: np.dtype[Any]) -> bool:
    """Whether it is bfloat16 of the ``ml_dtypes`` package (NumPy has none; its name is slow to ask)."""
    return dtype.kind == "V" and dtype.name == "bfloat16"


def _from_numbers(name: str, given: Any, type: TensorType) -> Array:
    try:
        array = np.asarray(given)
    except (ValueError, OverflowError) as error:  # a ragged list, an int beyond 64 bits
        raise _wrong(name, type, given) from error
    if array.dtype.kind not in "biufc":
        raise _wrong(name, type, given)
    wanted = type.dtype or _default(array)
    if (
        _KINDS[array.dtype.kind]
        > _KINDS["f" if wanted is DType.BFLOAT16 else to_numpy(wanted).kind]
    ):
        raise fail("TSX5013", name=name, expected=type, found=type_of(array), dtype=wanted)
    return cast(array, wanted)


def _default(array: Array) -> DType:
    """The dtype of numbers where the program takes any: torch's defaults."""
    return {"f": DType.FLOAT32, "c": DType.COMPLEX64}.get(array.dtype.kind) or from_numpy(
        array.dtype
    )


def _from_protocol(name: str, given: Any, type: TensorType) -> Array:
    """An array from DLPack or ``__array__``, whatever library it is of."""
    try:
        if hasattr(given, "__dlpack__"):
            return np.from_dlpack(given)
        if hasattr(given, "__array__"):
            return np.asarray(given)
    except Exception as error:  # the other library's refusal, in its words
        detail = f"{_described(given)} ({' '.join(str(error).split())})"
        raise fail("TSX5012", name=name, expected=type, found=detail) from error
    raise _wrong(name, type, given)


def _number(name: str, given: Any, type: Type) -> Value:
    """A Python number or string; a NumPy scalar or a 0-dim array counts as its number."""
    if isinstance(given, (np.generic, np.ndarray)) and given.ndim == 0:
        given = given.item()
    is_int = isinstance(given, int) and not isinstance(given, bool)
    if type == ty.INT and is_int and -(2**63) <= given < 2**63:
        return int(given)
    if type == ty.FLOAT and (is_int or isinstance(given, float)):
        return float(given)
    if type == ty.COMPLEX and (is_int or isinstance(given, (float, complex))):
        return complex(given)
    if type == ty.NUMBER and (is_int or isinstance(given, (bool, float, complex))):
        return given
    for exact, python in ((ty.BOOL, bool), (ty.STR, str), (ty.DEVICE, str), (ty.NONE, NoneType)):
        if type == exact and isinstance(given, python):
            return given
    raise _wrong(name, type, given)


def _one_of(name: str, given: Any, members: tuple[Type, ...], type: Type) -> Value:
    """``given`` as the member that it is already, else as the first that it can become."""
    found: list[Value] = []
    for member in members:
        try:
            value = to_value(name, given, member)
        except TsxError:
            continue
        if is_a(value, member) and value.__class__ is given.__class__:
            return value
        found.append(value)
    if not found:
        raise _wrong(name, type, given)
    return found[0]


NoneType = type(None)


def _wrong(name: str, expected: Type, given: Any) -> TsxError:
    return fail("TSX5012", name=name, expected=expected, found=_described(given))


def _described(given: Any) -> str:
    if isinstance(given, np.ndarray):
        return f"an array of {given.dtype}{list(given.shape)}"
    if given is None or isinstance(given, (bool, int, float, complex, str)):
        return f"{given!r:.60}"
    return f"a value of type {type(given).__name__}"
