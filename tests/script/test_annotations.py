"""Annotations: every form that a type takes in a source, and what it means."""

from __future__ import annotations

import ast
import collections.abc
import dataclasses
import enum
import typing
from typing import NamedTuple, NewType, TypeVar

import numpy as np
import numpy.typing
import pytest
import typing_extensions

from tsx.capture.script.annotations import (
    MISSING,
    BadAnnotation,
    Reader,
    signature_of_comment,
    union,
)
from tsx.ir import types as ty


class Pair(NamedTuple):
    x: int


class Color(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Box:
    x: int


Meters = NewType("Meters", float)
Number = TypeVar("Number", bound=float)
Free = TypeVar("Free")
Ids = typing_extensions.TypeAliasType("Ids", list[int])
Boxed = typing_extensions.TypeAliasType("Boxed", tuple[Free, Free], type_params=(Free,))
SCOPE = {
    **{name: getattr(typing, name) for name in typing.__all__},
    "typing": typing,
    "collections": collections,
    "np": np,
    "npt": numpy.typing,
}
SCOPE["Alias"] = eval("Tuple[int, 'List[str]']", SCOPE)


class World:
    """Three classes that can be compiled, and a library with a tensor."""

    def annotated(self, annotation: object) -> ty.Type | None:
        return ty.TENSOR if annotation is World else None

    def class_type(self, cls: type) -> ty.Type | None:
        if cls is Pair:
            return ty.TupleType((ty.INT,), "m.Pair", ("x",))
        if cls is Color:
            return ty.EnumType("m.Color")
        return ty.ClassType("m.Box") if cls is Box else None


def names(name: str) -> object:
    return {**SCOPE, **globals()}.get(name, MISSING)


SAME_IN_EVERY_FORM = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "complex": "complex",
    "None": "NoneType",
    "Any": "Any",
    "World": "Tensor",
    "list[int]": "int[]",
    "List[List[World]]": "Tensor[][]",
    "typing.List[int]": "int[]",
    "Sequence[float]": "float[]",
    "Iterable[float]": "float[]",
    "collections.abc.Sequence[int]": "int[]",
    "dict[str, World]": "Dict(str, Tensor)",
    "set[int]": "Dict(int, NoneType)",
    "FrozenSet[str]": "Dict(str, NoneType)",
    "Dict[int, List[int]]": "Dict(int, int[])",
    "Dict[Tuple[int, int], str]": "Dict((int, int), str)",
    "Mapping[str, int]": "Dict(str, int)",
    "Tuple[int, str]": "(int, str)",
    "tuple[int, str]": "(int, str)",
    "Tuple[()]": "()",
    "Tuple[int, ...]": "int[]",
    "tuple[World, ...]": "Tensor[]",
    "Optional[int]": "int?",
    "Optional[Optional[int]]": "int?",
    "Union[int, None]": "int?",
    "Union[int, str]": "Union[int, str]",
    "int | None": "int?",
    "int | str": "Union[int, str]",
    "World | None": "Tensor?",
    "Union[int, float, complex]": "Scalar",
    "Literal[1, 2]": "int",
    "Literal['a', 'b']": "str",
    "Literal['a', None]": "str?",
    "Literal[-1]": "int",
    "Final[int]": "int",
    "Annotated[int, 'positive']": "int",
    "Pair": "NamedTuple<m.Pair>(x : int)",
    "Color": "Enum<m.Color>",
    "List[Box]": "m.Box[]",
    "Literal[Color.RED]": "Enum<m.Color>",
    "Meters": "float",
    "Number": "float",
    "Ids": "int[]",
    "Boxed[str]": "(str, str)",
    "Alias": "(int, str[])",
    "np.ndarray": "Tensor",
    "npt.NDArray[np.float32]": "Tensor",
    "np.float64": "float",
}


@pytest.mark.parametrize("text", SAME_IN_EVERY_FORM)
def test_ast_string_and_object_mean_the_same(text: str) -> None:
    reader = Reader(World(), names)
    expected = SAME_IN_EVERY_FORM[text]
    assert str(reader.read(ast.parse(text, mode="eval").body)) == expected
    assert str(reader.read(text)) == expected
    assert str(reader.read(eval(text, {**SCOPE, **globals()}))) == expected
    assert str(reader.read(ast.Constant(text))) == expected


def test_what_says_nothing_leaves_the_type_to_inference() -> None:
    reader = Reader(World(), names)
    assert reader.read(typing.Final) is None
    assert reader.read(ast.Name("Final")) is None
    assert reader.read(Free) is None
    assert reader.read(tuple) is None


def test_a_type_variable_stands_for_its_argument() -> None:
    assert Reader(World(), names, {Free: ty.STR}).read(list[Free]) == ty.ListType(ty.STR)


def test_typing_names_need_no_import() -> None:
    reader = Reader(World(), lambda name: MISSING)
    assert str(reader.read("List[int]")) == "int[]"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Nope", "TSX3200"),
        ("np.nope", "TSX3200"),
        ("3", "TSX3201"),
        ("'int +'", "TSX3201"),
        ("List[3]", "TSX3201"),
        ("World()", "TSX3201"),
        ("Callable[[int], int]", "TSX3202"),
        ("Callable", "TSX3202"),
        ("bytes", "TSX3202"),
        ("type[int]", "TSX3202"),
        ("list[int, int]", "TSX3203"),
        ("dict[int]", "TSX3203"),
        ("list", "TSX3203"),
        ("Dict", "TSX3203"),
        ("list[tuple]", "TSX3203"),
        ("Tuple[int, ..., str]", "TSX3203"),
        ("dict[World, int]", "TSX3204"),
        ("dict[list[int], int]", "TSX3204"),
    ],
)
def test_what_has_no_static_meaning_says_why(text: str, code: str) -> None:
    with pytest.raises(BadAnnotation) as caught:
        Reader(World(), names).read(ast.parse(text, mode="eval").body)
    assert caught.value.code == code
    assert caught.value.node is not None


def test_a_type_that_holds_itself_is_refused() -> None:
    Nested = typing_extensions.TypeAliasType("Nested", "list[Nested]")
    with pytest.raises(BadAnnotation) as caught:
        Reader(World(), lambda name: Nested if name == "Nested" else MISSING).read(Nested)
    assert caught.value.code == "TSX3201"


def test_type_comments() -> None:
    parameters, result = signature_of_comment("(int, *List[World]) -> Tuple[int, str]")
    assert parameters is not None
    assert [ast.unparse(p) for p in parameters] == ["int", "List[World]"]
    assert ast.unparse(result) == "Tuple[int, str]"
    assert signature_of_comment("(...) -> int")[0] is None
    with pytest.raises(BadAnnotation) as caught:
        signature_of_comment("int -> int")
    assert caught.value.code == "TSX3205"


def test_unions_have_one_form() -> None:
    assert union([ty.INT, ty.INT]) == ty.INT
    assert union([ty.NONE]) == ty.NONE
    assert union([ty.OptionalType(ty.INT), ty.STR]) == union([ty.INT, ty.STR, ty.NONE])
    assert union([ty.INT, ty.ANY]) == ty.ANY
