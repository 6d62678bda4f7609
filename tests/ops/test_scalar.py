"""The scalar language: reading, lowering, refusing."""

from __future__ import annotations

import numpy as np
import pytest

from tsx.errors import OperatorError
from tsx.ir.types import DType
from tsx.ops.dtypes import Array
from tsx.ops.formula import Formula
from tsx.ops.interpret import compile_tile
from tsx.ops.primitives import PRIMITIVES
from tsx.ops.promote import Category
from tsx.ops.scalar import Apply, Name, Number, Register, Value, emit, parse
from tsx.ops.tile import TileBuilder, TileProgram


def lower(text: str, dtype: DType = DType.FLOAT64, **numbers: Value) -> TileProgram:
    """The program of a formula of x and y; other names are numbers."""
    builder = TileBuilder()
    names: dict[str, Value] = {
        name: builder.load(slot, dtype, Category.TENSOR) for slot, name in enumerate("xy")
    }
    result = emit(builder, parse(text), {**names, **numbers}, dtype)
    assert isinstance(result, Register)
    builder.store(result)
    return builder.finish()


def run(text: str, x: Array, y: Array, **numbers: Value) -> Array:
    with np.errstate(all="ignore"):
        return compile_tile(lower(text, **numbers))([x, y])[0]


X, Y = np.array([-3.0, 0.5, 4.0]), np.array([2.0, -0.25, 3.0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + y * 2", X + Y * 2),
        ("-x ** 2", -(X**2)),
        ("2 ** 3 ** 0.5 * x", 2 ** (3**0.5) * X),
        ("x - y - 1", X - Y - 1),
        ("x / y / 2", X / Y / 2),
        ("where((x > 0) & ~(y > 0), x, y)", np.where((X > 0) & ~(Y > 0), X, Y)),
        ("d = x - y; d * d", (X - Y) ** 2),
        ("poly(x, 1, 2, 3)", 1 + X * (2 + X * 3)),
        ("cast(x > 0) + cast(y > 0)", (X > 0) + (Y > 0) * 1.0),
        ("x % y", np.remainder(X, Y)),
        ("sigmoid(x)", 1 / (1 + np.exp(-X))),
    ],
)
def test_formula_means_what_python_means(text: str, expected: Array) -> None:
    np.testing.assert_allclose(run(text, X, Y), expected, rtol=1e-15)


def test_power_binds_tighter_than_minus_and_to_the_right() -> None:
    assert parse("-x ** 2").result == Apply("neg", (Apply("pow", (Name("x"), Number(2))),))
    assert parse("x ** 2 ** 3").result == Apply(
        "pow", (Name("x"), Apply("pow", (Number(2), Number(3))))
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x +",
        "(x",
        "x y",
        "max(x,",
        "x = 1",
        "3 = x; x",
        "f()",
        "x $ y",
        "(" * 200 + "x" + ")" * 200,
    ],
)
def test_text_that_does_not_parse_is_refused(text: str) -> None:
    with pytest.raises(OperatorError) as caught:
        parse(text)
    assert caught.value.code == "TSX4010"


@pytest.mark.parametrize("text", ["z + 1", "sinhh(x)", "sigmoid(x, y)"])
def test_unknown_names_are_refused(text: str) -> None:
    with pytest.raises(OperatorError) as caught:
        lower(text)
    assert caught.value.code == "TSX4011"


def test_a_primitive_refuses_mixed_dtypes() -> None:
    with pytest.raises(OperatorError) as caught:
        lower("(x > 0) + y")
    assert caught.value.code == "TSX4009"


def test_constants_fold_and_equal_work_is_done_once() -> None:
    program = lower("exp(x) * sqrt(2 / pi) + exp(x)")
    opcodes = [line.opcode for line in program.instructions]
    assert opcodes.count("exp") == 1
    assert "sqrt" not in opcodes


def test_a_condition_that_is_known_takes_its_branch() -> None:
    assert [line.opcode for line in lower("where(w < 0.5, x, y)", w=0.25).instructions][-1:] == [
        "STORE"
    ]
    assert "where" not in str(lower("where(w < 0.5, x, y)", w=0.25))


def test_absent_operands_vanish_from_min_and_max() -> None:
    np.testing.assert_array_equal(
        run("min(max(x, low), high)", X, Y, low=None, high=1.0), np.minimum(X, 1)
    )
    np.testing.assert_array_equal(run("max(x, 1 - low)", X, Y, low=None), X)


def test_zero_and_minus_zero_are_different_constants() -> None:
    program = lower("where(x > 0, 0.0 * y, -0.0 * y)")
    assert "0.0" in str(program)
    assert "-0.0" in str(program)


def test_results_are_fresh_arrays_of_the_broadcast_shape() -> None:
    runner = compile_tile(lower("x"))
    x = np.ones((2, 1))
    (result,) = runner([x, np.ones((1, 3))])
    assert result.shape == (2, 3)
    assert not np.shares_memory(result, x)
    (scalar,) = runner([np.ones(()), np.ones(())])
    assert isinstance(scalar, np.ndarray)


def test_half_precision_is_rounded_once() -> None:
    formula = Formula.private("tsx::t(Tensor x, Tensor y) -> Tensor", "x * y - x * y + x")
    x, y = np.float16([1024.0]), np.float16([1000.5])
    np.testing.assert_array_equal(formula(x, y), x)  # x * y is beyond float16


def test_programs_print_and_turn_into_plain_data() -> None:
    program = lower("x + y * 2", DType.FLOAT32)
    assert str(program).splitlines() == [
        "%0 : Float = LOAD 0",
        "%1 : Float = LOAD 1",
        "%2 : Float = CONST 2.0",
        "%3 : Float = mul %1, %2",
        "%4 : Float = add %0, %3",
        "STORE %4, 0",
    ]
    assert program.to_data()[3] == ["mul", [1, 2], "float32", None]


def test_the_list_of_primitives_is_short() -> None:
    assert len(PRIMITIVES) <= 56
