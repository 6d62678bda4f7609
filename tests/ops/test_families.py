"""What the families derive: in-place forms, refusals, rules on symbols, calls by kind."""

from __future__ import annotations

import numpy as np
import pytest

from tsx.errors import OperatorError, RunError
from tsx.ir.dims import sym
from tsx.ir.op import Op, Unknown, lookup
from tsx.ir.types import FLOAT, INT, DType, TensorType
from tsx.ops.call import call
from tsx.ops.dtypes import float32_to_bfloat16


def record(kind: str) -> Op:
    op = lookup(kind)
    assert op is not None
    return op


def code_of(kind: str, *operands: object) -> str:
    with pytest.raises((OperatorError, RunError)) as caught:
        call(kind, *operands)
    return caught.value.code


FLOATS, INTS, BOOLS = np.ones(3, np.float32), np.arange(3), np.array([True, False, True])


def test_inplace_writes_through_views_and_returns_self() -> None:
    base = np.zeros((2, 3), np.float32)
    row = base[1]
    assert call("aten::add_.Scalar", row, 5) is row
    np.testing.assert_array_equal(base, [[0, 0, 0], [5, 5, 5]])


def test_inplace_reads_everything_before_it_writes() -> None:
    base = np.arange(5, dtype=np.float32)
    call("aten::add_.Tensor", base[1:], base[:-1])
    np.testing.assert_array_equal(base, [0, 1, 3, 5, 7])


def test_inplace_keeps_self_s_dtype_or_is_refused() -> None:
    x = np.ones(3, np.float16)
    assert call("aten::add_.Tensor", x, FLOATS).dtype == np.float16
    assert code_of("aten::add_.Tensor", INTS.copy(), FLOATS) == "TSX4007"
    assert code_of("aten::div_.Tensor", INTS.copy(), INTS) == "TSX4007"
    assert code_of("aten::mul_.Tensor", BOOLS.copy(), INTS) == "TSX4007"


def test_inplace_never_grows_self() -> None:
    assert (
        code_of("aten::add_.Tensor", np.ones(3, np.float32), np.ones((2, 3), np.float32))
        == "TSX4005"
    )
    call("aten::add_.Tensor", np.ones((2, 3), np.float32), FLOATS)
    rule = record("aten::add_.Tensor").infer
    with pytest.raises(OperatorError):
        rule(TensorType(DType.FLOAT32, (1,)), TensorType(DType.FLOAT32, (3,)), 1)
    wide = TensorType(DType.FLOAT32, (sym("s0"), 3))
    assert rule(wide, TensorType(DType.FLOAT32, (3,)), 1) == wide


@pytest.mark.parametrize("kind", ["aten::add_.Scalar", "aten::fill_.Scalar"])
def test_writing_to_expanded_elements_is_refused(kind: str) -> None:
    expanded = np.broadcast_to(np.ones(1, np.float32), (4,))
    with pytest.raises(OperatorError):
        call(kind, expanded, 1)


def test_dtypes_that_torch_refuses_are_refused_by_value_and_by_rule() -> None:
    assert code_of("aten::sub.Tensor", BOOLS, BOOLS) == "TSX4006"
    assert code_of("aten::neg", BOOLS) == "TSX4006"
    assert code_of("aten::bitwise_and.Tensor", FLOATS, FLOATS) == "TSX4006"
    with pytest.raises(OperatorError):
        record("aten::neg").infer(TensorType(DType.BOOL, (3,)))


def test_shapes_that_do_not_broadcast_are_refused() -> None:
    assert code_of("aten::add.Tensor", FLOATS, np.ones(4, np.float32)) == "TSX4005"


def test_integer_division_by_zero_stops() -> None:
    for kind in ("aten::floor_divide", "aten::remainder.Tensor", "aten::fmod.Tensor"):
        assert code_of(kind, INTS, INTS) == "TSX5001"


def test_integers_wrap_as_torchs_do() -> None:
    most = np.array([255], np.uint8)
    np.testing.assert_array_equal(call("aten::add.Scalar", most, 1000), [231])
    np.testing.assert_array_equal(
        call("aten::mul.Tensor", np.array([2**62]), np.array([2])), [-(2**63)]
    )


def test_rules_broadcast_symbols_and_promote() -> None:
    add = record("aten::add.Tensor")
    batch = TensorType(DType.FLOAT16, (sym("s0"), 1))
    assert add.infer(batch, TensorType(DType.INT64, (4,)), 1) == TensorType(
        DType.FLOAT16, (sym("s0"), 4)
    )
    assert add.infer(TensorType(), batch, 1) == TensorType()
    eq = record("aten::eq.Scalar")
    assert eq.infer(TensorType(None, (2,)), Unknown(FLOAT)) == TensorType(DType.BOOL, (2,))


def test_a_cast_gives_its_operand_when_there_is_nothing_to_do() -> None:
    assert call("aten::to.dtype", FLOATS, 6) is FLOATS
    assert call("aten::to.dtype", FLOATS, 6, copy=True) is not FLOATS
    assert call("aten::to.dtype", FLOATS, 7).dtype == np.float64
    assert call("aten::to.other", FLOATS, INTS).dtype == np.int64
    rule = record("aten::to.dtype_layout").infer
    x = TensorType(DType.FLOAT32, (2,))
    assert rule(x, None, None, "cpu", None, False, False, None) == x
    assert rule(x, Unknown(INT), None, None, None, False, False, None) == TensorType(None, (2,))


def test_bfloat16_is_computed_in_float32_and_rounded_to_even() -> None:
    x = float32_to_bfloat16(np.array([1.0, 257.0], np.float32))
    result = call("aten::add.Scalar", x, 0.00390625)  # half of the last place of 1.0: to even
    np.testing.assert_array_equal(result, x)


def test_negative_zero_is_not_taken_for_zero() -> None:
    zeros = np.zeros(2, np.float32)
    mask = np.array([True, True])
    assert not np.signbit(call("aten::masked_fill.Scalar", zeros, mask, 0.0)).any()
    assert np.signbit(call("aten::masked_fill.Scalar", zeros, mask, -0.0)).all()


def test_calls_take_names_and_defaults() -> None:
    np.testing.assert_array_equal(call("aten::add.Tensor", FLOATS, FLOATS, alpha=3), [4, 4, 4])
    for operands, keywords in (
        ((FLOATS,), {}),
        ((FLOATS, FLOATS), {"beta": 1}),
        ((FLOATS,) * 4, {}),
    ):
        with pytest.raises(OperatorError):
            call("aten::add.Tensor", *operands, **keywords)
    with pytest.raises(OperatorError) as caught:
        call("aten::ad.Tensor", FLOATS)
    assert "aten::add.Tensor" in caught.value.message


def test_a_traced_operand_records_the_call_instead() -> None:
    class Traced:
        def __tsx_record__(self, op: Op, operands: tuple[object, ...]) -> object:
            return op.kind, len(operands)

    assert call("aten::add.Tensor", FLOATS, Traced()) == ("aten::add.Tensor", 3)
    assert call("aten::cat", [FLOATS, Traced()]) == ("aten::cat", 2)
