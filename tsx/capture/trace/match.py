"""Python calls matched to operator schemas.

Takes the positional and keyword arguments of a Python call and one schema, and gives the operands in schema order, or
None when the call can't mean this overload. The rules are those of torch's argument parser
(``torch/csrc/utils/python_arg_parser.cpp``): one int may stand for a list of known length, the first list of ints may
be given as several arguments, ``input`` is ``self``, NumPy's ``axis`` and ``keepdims`` are ``dim`` and ``keepdim``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tsx.capture.trace.scalars import TracedBool, TracedFloat, TracedInt
from tsx.ir import types as ty
from tsx.ir.op import Op
from tsx.ir.schema import Argument, Schema


class Code(int):
    """A dtype, layout or memory format as torch's schemas pass it: ``kind`` keeps it apart from a plain int."""

    kind: str

    def __new__(cls, value: int, kind: str) -> Code:
        made = super().__new__(cls, value)
        made.kind = kind
        return made


class DeviceName(str):
    """A device as a program holds it."""

    __slots__ = ()


IsArray = Callable[[object], bool]
_NO = object()  # the argument doesn't fit
SYNONYMS = {
    "self": ("input", "x", "a"),
    "dim": ("axis",),
    "keepdim": ("keepdims",),
    "other": ("x2",),
    "end": ("stop",),
}
_CODES = ("ScalarType", "Layout", "MemoryFormat")


def choose(
    candidates: Sequence[Op],
    args: Sequence[object],
    kwargs: Mapping[str, object],
    is_array: IsArray,
) -> tuple[Op, list[object]] | None:
    """The first overload that takes the call, with its operands."""
    for op in candidates:
        operands = match(op.schema, args, kwargs, is_array)
        if operands is not None:
            return op, operands
    return None


def match(
    schema: Schema, args: Sequence[object], kwargs: Mapping[str, object], is_array: IsArray
) -> list[object] | None:
    """The operands in schema order, or None."""
    positional = _gather_ints(schema, list(args))
    named = dict(kwargs)
    operands: list[object] = []
    for index, argument in enumerate(schema.arguments):
        if positional and not argument.keyword_only:
            if index < len(positional):
                given = positional[index]
            else:
                given = _take(argument.name, named)
        else:
            given = _take(argument.name, named)
        is_default = given is None and argument.has_default and not argument.may_be_none
        if given is _NO or is_default:
            if not argument.has_default:
                return None
            default = argument.default
            operands.append(list(default) if isinstance(default, list) else default)
            continue
        fitted = fit(given, argument, is_array)
        if fitted is _NO:
            return None
        operands.append(fitted)
    limit = sum(not a.keyword_only for a in schema.arguments)
    if named or len(positional) > limit:
        return None
    return operands


def _take(name: str, named: dict[str, object]) -> object:
    for spelling in (name, *SYNONYMS.get(name, ())):
        if spelling in named:
            return named.pop(spelling)
    return _NO


def _gather_ints(schema: Schema, args: list[object]) -> list[object]:
    """``x.view(2, 3)`` as ``x.view((2, 3))``: the rest of the arguments are the first list of ints."""
    for index, argument in enumerate(schema.arguments[: len(args)]):
        if argument.type == ty.ListType(ty.INT) and argument.size is None:
            rest = args[index:]
            # `permute(0)` has one int, too; a list argument takes it as a list of one.
            if all(_is_int(item) for item in rest) and (len(rest) > 1 or index <= 1):
                return [*args[:index], rest]
            return args
    return args


def fit(obj: object, argument: Argument, is_array: IsArray) -> object:
    """``obj`` as an operand of ``argument``, or ``_NO``."""
    type = argument.type
    if isinstance(type, ty.OptionalType):
        if obj is None:
            return None
        type = type.element
    if isinstance(obj, Code):
        return obj if obj.kind in argument.spelling else _NO
    if any(code in argument.spelling for code in _CODES):
        return _NO
    return _fit_type(obj, type, argument, is_array)


def _fit_type(obj: object, type: ty.Type, argument: Argument, is_array: IsArray) -> object:
    if isinstance(type, ty.TensorType):
        return obj if is_array(obj) else _NO
    if isinstance(type, ty.OptionalType):
        return None if obj is None else _fit_type(obj, type.element, argument, is_array)
    if isinstance(type, ty.ListType):
        if isinstance(obj, (list, tuple)):
            items = [_fit_type(item, type.element, argument, is_array) for item in obj]
            return _NO if any(item is _NO for item in items) else items
        if argument.size is not None and not is_array(obj):
            item = _fit_type(obj, type.element, argument, is_array)
            return _NO if item is _NO else [item] * argument.size
        return _NO
    if type == ty.INT:
        return obj if _is_int(obj) else _NO
    if type == ty.BOOL:
        return obj if isinstance(obj, (bool, TracedBool)) else _NO
    if type == ty.FLOAT:
        if _is_int(obj) or isinstance(obj, (float, TracedFloat)):
            return float(obj) if isinstance(obj, int) else obj
        return _NO
    if type == ty.NUMBER:
        return obj if _is_number(obj) else _NO
    if type == ty.DEVICE:
        return obj if isinstance(obj, DeviceName) else _NO
    if type == ty.STR:
        return obj if isinstance(obj, str) else _NO
    if isinstance(type, ty.ClassType):  # a framework's own object: the door knows its class
        return obj if hasattr(obj, "_type") else _NO
    return _NO


def _is_int(obj: object) -> bool:
    return isinstance(obj, TracedInt) or (
        isinstance(obj, int) and not isinstance(obj, (bool, Code))
    )


def _is_number(obj: object) -> bool:
    return isinstance(
        obj, (int, float, complex, TracedInt, TracedFloat, TracedBool)
    ) and not isinstance(obj, Code)
