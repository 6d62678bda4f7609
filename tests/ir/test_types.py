"""Subtypes, joins and unification of types; matching of operands with schemas."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.ir.test_text import types
from tsx.ir import types as ty
from tsx.ir.match import accepts, agrees, bound_type
from tsx.ir.schema import parse_schema
from tsx.ir.text import parse_type


@pytest.mark.parametrize(
    ("sub", "sup", "holds"),
    [
        ("int", "Any", True),
        ("int", "int?", True),
        ("NoneType", "int?", True),
        ("int?", "int", False),
        ("int", "Scalar", True),
        ("bool", "int", False),
        ("bool", "Scalar", False),
        ("Float(2, 3)", "Tensor", True),
        ("Float(2, 3)", "Float(2, *)", True),
        ("Float(2, *)", "Float(2, 3)", False),
        ("Float(2, 3)", "Long(2, 3)", False),
        ("Float(2, 3)[]", "Tensor[]", True),
        ("int[]", "Scalar[]", False),
        ("int[]", "Any", True),
        ("(int, Float(2))", "(int, Tensor)", True),
        ("(int)", "(int, int)", False),
        ("NamedTuple<P>(a : int)", "(int)", True),
        ("(int)", "NamedTuple<P>(a : int)", False),
        ("Dict(str, Float(2))", "Dict(str, Tensor)", True),
        ("Dict(str, int)", "Dict(str, Scalar)", False),
        ("int", "Union[int, str]", True),
        ("Union[int, str]", "Union[str, int, float]", True),
        ("Union[int, float]", "Union[int, str]", False),
        ("Future(Float(2))", "Future(Tensor)", True),
        ("Future(int)", "Await(int)", False),
    ],
)
def test_subtypes(sub: str, sup: str, holds: bool) -> None:
    assert ty.is_subtype(parse_type(sub), parse_type(sup)) == holds


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("Float(2, 3)", "Float(2, 4)", "Float(2, *)"),
        ("Float(2, 3)", "Long(2, 3)", "Tensor(2, 3)"),
        ("Float(2)", "Float(2, 3)", "Float"),
        ("int", "NoneType", "int?"),
        ("Float(2)?", "Float(3)", "Float(*)?"),
        ("(int, Float(2))", "(int, Float(3))", "(int, Float(*))"),
        ("Float(2)[]", "Float(3)[]", "Float(3)[]"),
        ("int", "float", None),
        ("(int)", "(int, int)", None),
    ],
)
def test_unification(a: str, b: str, expected: str | None) -> None:
    found = ty.unify(parse_type(a), parse_type(b))
    assert (None if found is None else str(found)) == expected


@given(types)
def test_a_type_is_its_own_subtype_and_agrees_with_itself(type: ty.Type) -> None:
    assert ty.is_subtype(type, type)
    assert agrees(type, type)
    assert agrees(type, ty.erase_shapes(type))


@given(types, types)
def test_what_unifies_holds_both(a: ty.Type, b: ty.Type) -> None:
    found = ty.unify(a, b)
    if found is not None:
        assert agrees(a, found)
        assert agrees(b, found)


@pytest.mark.parametrize(
    ("argument", "actual", "holds"),
    [
        ("Tensor self", "Float(2, 3)", True),
        ("Tensor self", "Tensor?", False),
        ("Tensor? self", "NoneType", True),
        ("Scalar self", "bool", True),
        ("Scalar? self", "int", True),
        ("int self", "float", False),
        ("float self", "int", False),
        ("int[2] self", "int", False),
        ("int[2]? self", "int", False),
        ("int[] self", "int", False),
        ("Tensor?[] self", "Tensor[]", True),
        ("Tensor[](a!) self", "Float(2)[]", True),
        ("Tensor?[](a!) self", "Tensor[]", False),
        ("t[] self", "Float(2)[]", True),
        ("t[] self", "int", False),
        ("Dict(str, t) self", "Dict(str, int)", True),
        ("Dict(str, t) self", "Dict(int, int)", False),
        ("(int, t) self", "(int, str)", True),
        ("ScalarType? dtype", "int", True),
        ("Device device", "str", False),
    ],
)
def test_operands_fit_arguments(argument: str, actual: str, holds: bool) -> None:
    (formal,) = parse_schema(f"test::op({argument}) -> ()").arguments
    assert accepts(formal, parse_type(actual), {}) == holds


def test_a_type_variable_is_one_type_in_a_call() -> None:
    schema = parse_schema("test::append(t[](a!) self, t(c -> *) el) -> t[](a!)")
    bindings: dict[str, ty.Type] = {}
    values, element = schema.arguments
    assert accepts(values, parse_type("int[]"), bindings)
    assert accepts(element, parse_type("int"), bindings)
    assert not accepts(element, parse_type("str"), bindings)
    assert bound_type(schema.results[0].type, bindings) == parse_type("int[]")
