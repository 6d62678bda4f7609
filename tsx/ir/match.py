"""Whether types go together: operands with an operator's schema, what is declared with what is found.

TorchScript's rules without its implicit conversions: captures write those as nodes. Two things are wider, because they
are safe here: a read-only list argument takes a list of a subtype, and ``Scalar`` takes a bool, as eager torch does.
"""

from __future__ import annotations

from tsx.ir import types as ty
from tsx.ir.schema import Argument

Bindings = dict[str, ty.Type]
"""What the type variables of a schema (``t``) stand for in one call."""


def accepts(formal: Argument, actual: ty.Type, bindings: Bindings) -> bool:
    """Whether an operand of type ``actual`` may be given for ``formal``; learns type variables."""
    writes = any(a is not None and a.writes for a in (formal.alias, formal.inner_alias))
    return fits(actual, formal.type, bindings, is_read=not writes)


def fits(actual: ty.Type, formal: ty.Type, bindings: Bindings, *, is_read: bool = True) -> bool:
    """Whether ``actual`` is a subtype of ``formal``, in which type variables may stand."""
    match formal:
        case ty.VarType(name):
            bound = bindings.setdefault(name, actual)
            return ty.erase_shapes(bound) == ty.erase_shapes(actual) or ty.is_subtype(actual, bound)
        case ty.OptionalType(element):
            if actual == ty.NONE:
                return True
            inner = actual.element if isinstance(actual, ty.OptionalType) else actual
            return fits(inner, element, bindings, is_read=is_read)
        case ty.ListType(element) if isinstance(actual, ty.ListType):
            if is_read or has_variable(element):
                return fits(actual.element, element, bindings, is_read=is_read)
        case ty.DictType(key, value) if isinstance(actual, ty.DictType):
            return fits(actual.key, key, bindings) and fits(actual.value, value, bindings)
        case ty.TupleType(elements) if isinstance(actual, ty.TupleType):
            return len(elements) == len(actual.elements) and all(
                fits(a, e, bindings) for a, e in zip(actual.elements, elements, strict=True)
            )
        case ty.FutureType(element) if isinstance(actual, ty.FutureType):
            return fits(actual.element, element, bindings)
    if formal == ty.NUMBER and actual == ty.BOOL:
        return True
    return ty.is_subtype(actual, formal)


def has_variable(type: ty.Type) -> bool:
    """Whether a type variable stands in a type of a schema."""
    return isinstance(type, ty.VarType) or any(map(has_variable, type.children()))


def bound_type(type: ty.Type, bindings: Bindings) -> ty.Type:
    """``type`` with its variables replaced by what the operands bound them to (``Any`` when nothing did)."""
    match type:
        case ty.VarType(name):
            return bindings.get(name, ty.ANY)
        case ty.ListType(element):
            return ty.ListType(bound_type(element, bindings))
        case ty.OptionalType(element):
            return ty.OptionalType(bound_type(element, bindings))
        case ty.DictType(key, value):
            return ty.DictType(bound_type(key, bindings), bound_type(value, bindings))
        case ty.TupleType(elements, name, fields):
            return ty.TupleType(tuple(bound_type(e, bindings) for e in elements), name, fields)
        case ty.FutureType(element, kind):
            return ty.FutureType(bound_type(element, bindings), kind)
    return type


def agrees(a: ty.Type, b: ty.Type) -> bool:
    """Whether a value may be of both types; of tensors, only a contradiction in what is known counts."""
    if a is b:
        return True
    if isinstance(a, ty.TensorType) and isinstance(b, ty.TensorType):
        return tensors_agree(a, b)
    if isinstance(a, ty.TupleType) and isinstance(b, ty.TupleType):
        return len(a.elements) == len(b.elements) and all(map(agrees, a.elements, b.elements))
    if {a, b} == {ty.BOOL, ty.NUMBER}:  # what item() gives for a bool tensor is a Scalar
        return True
    return ty.is_subtype(a, b) or ty.is_subtype(b, a) or ty.erase_shapes(a) == ty.erase_shapes(b)


def tensors_agree(a: ty.TensorType, b: ty.TensorType) -> bool:
    """Whether one tensor can be of both types: no dtype, rank or known size differs for every binding."""
    if a.dtype is not None and b.dtype is not None and a.dtype is not b.dtype:
        return False
    if a.shape is None or b.shape is None:
        return True
    if len(a.shape) != len(b.shape):
        return False
    for x, y in zip(a.shape, b.shape, strict=True):
        if x is None or y is None or x == y:
            continue
        gap = x - y
        if isinstance(gap, int) and gap != 0:
            return False
    return True
