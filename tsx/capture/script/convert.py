"""What one type becomes where another is wanted: the conversions of assignments, arguments and returns.

Takes a ``Sugar`` and a type; gives a plan that emits the conversion, or None. A bool or an int where a float is wanted,
a tuple or a literal where a list is, a str where a device is, a member where an optional is. Loses no information.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tsx.capture.script.values import Constant, DeviceName, Sugar, TupleSugar
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

Plan = Callable[[], Value]

_NUMBERS: dict[tuple[ty.Type, ty.Type], str] = {
    (ty.INT, ty.FLOAT): "aten::Float.int",
    (ty.BOOL, ty.FLOAT): "aten::Float.bool",
    (ty.NUMBER, ty.FLOAT): "aten::Float.Scalar",
    (ty.BOOL, ty.INT): "aten::Int.bool",
    (ty.NUMBER, ty.INT): "aten::Int.Scalar",
    (ty.BOOL, ty.NUMBER): "aten::Int.bool",
    (ty.INT, ty.COMPLEX): "aten::Complex.Scalar",
    (ty.FLOAT, ty.COMPLEX): "aten::Complex.Scalar",
}
_TENSORS: dict[ty.Type, str] = {
    ty.INT: "aten::IntImplicit",
    ty.FLOAT: "aten::FloatImplicit",
    ty.NUMBER: "aten::ScalarImplicit",
}


def conversion(
    ctx: Context, given: Sugar, wanted: ty.Type, at: Place, *, tensors: bool = False
) -> Plan | None:
    """How ``given`` becomes a ``wanted``, when it is none already; None when it can't."""
    actual = given.type
    if actual is not None and ty.is_subtype(actual, wanted):
        return lambda: given.as_value(ctx, at)
    as_type = getattr(given, "as_type", None)
    if as_type is not None:
        plan: Plan | None = as_type(ctx, wanted, at)
        return plan
    if isinstance(wanted, ty.OptionalType):
        return conversion(ctx, given, wanted.element, at, tensors=tensors)
    if isinstance(wanted, (ty.ListType, ty.TupleType)):
        return _container(ctx, given, wanted, at)
    if isinstance(wanted, ty.DictType):
        return _dict(ctx, given, wanted, at)
    if isinstance(wanted, ty.UnionType):
        plans = (conversion(ctx, given, m, at) for m in wanted.members)
        return next((plan for plan in plans if plan is not None), None)
    if actual is None:
        return None
    if isinstance(actual, ty.EnumType):
        from tsx.capture.script.enums import plain  # which is written against this

        inner = plain(ctx, at, given)
        return conversion(ctx, inner, wanted, at) if inner is not given else None
    if wanted == ty.DEVICE and actual == ty.STR:
        return _device(ctx, given, at)
    constant = given.static() if isinstance(given, Constant) else None
    if wanted == ty.FLOAT and isinstance(constant, int):
        return lambda: ctx.constant(float(constant), at)
    kind = _NUMBERS.get((actual, wanted))
    if tensors and isinstance(actual, ty.TensorType):
        kind = _TENSORS.get(wanted)
    if kind is None or not ctx.candidates(kind):
        return None
    return lambda: ctx.emit(kind, [given.as_value(ctx, at)], wanted, at).value


def _device(ctx: Context, given: Sugar, at: Place) -> Plan | None:
    static = given.static()
    if isinstance(static, str):
        return lambda: ctx.constant(DeviceName(static), at)
    if not ctx.candidates("aten::device"):
        return None
    return lambda: ctx.op("aten::device", at, [given]).as_value(ctx, at)


def _dict(ctx: Context, given: Sugar, wanted: ty.DictType, at: Place) -> Plan | None:
    from tsx.capture.script.sequences import DictLiteral, made_dict  # which needs this module

    if not isinstance(given, DictLiteral) or given.value is not None:
        return None
    sides = [(k, wanted.key) for k, _ in given.pairs] + [(v, wanted.value) for _, v in given.pairs]
    if any(conversion(ctx, item, type, at) is None for item, type in sides):
        return None
    return lambda: made_dict(ctx, given.pairs, wanted, at).as_value(ctx, at)


def _container(
    ctx: Context, given: Sugar, wanted: ty.ListType | ty.TupleType, at: Place
) -> Plan | None:
    items = ctx.parts(given, at)
    if items is None:
        return None
    types = wanted.elements if isinstance(wanted, ty.TupleType) else (wanted.element,) * len(items)
    is_tuple = isinstance(given, TupleSugar) or isinstance(given.type, ty.TupleType)
    if len(types) != len(items) or (
        is_tuple != isinstance(wanted, ty.TupleType) and is_tuple is False
    ):
        return None
    plans = [conversion(ctx, item, type, at) for item, type in zip(items, types, strict=True)]
    found = [plan for plan in plans if plan is not None]
    if len(found) != len(plans):
        return None

    def emit() -> Value:
        kind = "prim::TupleConstruct" if isinstance(wanted, ty.TupleType) else "prim::ListConstruct"
        return ctx.emit(kind, [plan() for plan in found], wanted, at).value

    return emit
