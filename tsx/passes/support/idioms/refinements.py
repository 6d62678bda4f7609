"""Tests of types and of None whose outcome the static types tell, and casts that they make idle."""

from __future__ import annotations

from tsx.ir import types as ty
from tsx.ir.graph import Node
from tsx.passes.support.rewriting import Literal, Result, rule

_ATOMS = (ty.INT, ty.FLOAT, ty.BOOL, ty.STR, ty.COMPLEX, ty.NONE)
_CONTAINERS = (ty.TensorType, ty.ListType, ty.DictType, ty.TupleType)


@rule("x is None == False for a type without None", "aten::__is__", "aten::__isnot__")
def is_none(node: Node) -> Result:
    first, second = (value.type for value in node.inputs)
    if ty.NONE not in (first, second):
        return None
    other = second if first == ty.NONE else first
    if other == ty.NONE:
        return Literal(node.kind == "aten::__is__", ty.BOOL)
    return Literal(node.kind == "aten::__isnot__", ty.BOOL) if _sort(other) else None


@rule("isinstance(x, T) == True for an x of type T", "prim::isinstance")
def is_instance(node: Node) -> Result:
    type, tests = node.inputs[0].type, node.attributes["types"]
    assert isinstance(tests, tuple)
    known = [test for test in tests if isinstance(test, ty.Type)]
    if any(ty.is_subtype(type, test) for test in known):
        return Literal(True, ty.BOOL)
    sorts = [_sort(test) for test in known]
    if _sort(type) and all(sorts) and _sort(type) not in sorts:
        return Literal(False, ty.BOOL)
    return None


@rule("cast(x) == x for a wider type", "prim::unchecked_cast", "aten::_unwrap_optional")
def unchecked_cast(node: Node) -> Result:
    return node.inputs[0] if ty.is_subtype(node.inputs[0].type, node.output.type) else None


def _sort(type: ty.Type) -> object:
    """What tells values of ``type`` from those of another sort; None when it may be of several."""
    if type in _ATOMS:
        return type
    return next((sort for sort in _CONTAINERS if isinstance(type, sort)), None)
