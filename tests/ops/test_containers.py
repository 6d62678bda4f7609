"""Lists, dicts and numbers: sharing, int64 bounds, sizes that stay symbolic."""

from __future__ import annotations

import numpy as np
import pytest

from tsx.errors import OperatorError, RunError
from tsx.ir.dims import sym
from tsx.ir.op import Unknown, lookup
from tsx.ir.types import BOOL, INT, DType, ListType, TensorType
from tsx.ops.call import call

S0 = sym("s0")


def infer(kind: str, *operands: object) -> object:
    op = lookup(kind)
    assert op is not None
    return op.infer(*operands)


def code_of(kind: str, *operands: object) -> str:
    with pytest.raises((OperatorError, RunError)) as caught:
        call(kind, *operands)
    return caught.value.code


def test_writing_operators_change_the_list_that_all_names_share() -> None:
    values: list[object] = [1, 2]
    assert call("aten::append.t", values, 3) is values
    call("aten::insert.t", values, 0, 0)
    call("aten::_set_item.t", values, -1, 30)
    call("aten::Delete.t", values, 1)
    assert call("aten::pop.t", values) == 30
    assert call("aten::add_.t", values, [7]) is values
    call("aten::reverse.t", values)
    assert values == [7, 2, 0]
    call("aten::sort.int", values)
    call("aten::remove.int", values, 7)
    assert values == [0, 2]


def test_reading_operators_make_new_lists() -> None:
    values = [1, 2, 3]
    for kind, operands in (
        ("aten::list.t", ()),
        ("aten::copy.t", ()),
        ("aten::slice.t", ()),
        ("aten::add.t", ([],)),
    ):
        result = call(kind, values, *operands)
        assert result == values
        assert result is not values


def test_indices_and_keys_that_do_not_exist_stop_the_run() -> None:
    assert code_of("aten::__getitem__.t", [1], 1) == "TSX4012"
    assert code_of("aten::pop.t", []) == "TSX4012"
    assert code_of("aten::__getitem__.Dict_str", {}, "a") == "TSX4013"
    assert code_of("aten::remove.int", [1], 2) == "TSX4013"
    assert code_of("prim::max.self_int", []) == "TSX4012"


def test_dicts_keep_their_order_and_popitem_takes_the_first() -> None:
    table: dict[str, int] = {"b": 1, "a": 2}
    call("aten::_set_item.str", table, "b", 3)
    assert call("aten::keys.str", table) == ["b", "a"]
    assert call("aten::popitem.str", table) == ("b", 3)
    assert call("aten::get.default_str", table, "z", 9) == 9
    assert call("aten::setdefault.str", table, "z", 5) == 5
    assert call("aten::items.str", table) == [("a", 2), ("z", 5)]


def test_ints_stop_at_64_bits() -> None:
    most = 2**63 - 1
    for kind in ("aten::add.int", "aten::mul.int"):
        assert code_of(kind, most, 2) == "TSX5001"
    assert code_of("aten::neg.int", -(2**63)) == "TSX5001"
    assert code_of("aten::floordiv.int", 1, 0) == "TSX5001"
    assert code_of("aten::remainder.int", 1, 0) == "TSX5001"
    assert code_of("aten::pow.int_to_int", 3, 10**6) == "TSX5001"
    assert code_of("aten::Int.float", float("nan")) == "TSX5001"
    assert call("aten::add.int", most, -1) == most - 1


def test_sizes_stay_sizes() -> None:
    assert infer("aten::add.int", S0, 1) == S0 + 1
    assert infer("aten::sub.int", S0 + 1, S0) == 1
    assert infer("aten::mul.int", S0, S0) == S0 * S0
    assert infer("aten::floordiv.int", S0, 2) == S0 // 2
    assert infer("aten::floordiv.int", S0, S0) == Unknown(INT)
    assert infer("aten::remainder.int", S0, 4) == S0 % 4
    assert infer("aten::neg.int", S0) == -S0
    assert infer("aten::add.int", Unknown(INT), 1) == Unknown(INT)


def test_comparisons_of_sizes_are_decided_when_they_differ_by_a_constant() -> None:
    assert infer("aten::gt.int", S0 + 1, S0) is True
    assert infer("aten::eq.int", S0, S0) is True
    assert infer("aten::eq.int", S0, 3) == Unknown(BOOL)


def test_a_division_that_would_stop_is_no_error_of_the_rule() -> None:
    assert infer("aten::floordiv.int", 1, 0) == Unknown(INT)


def test_facts_of_tensors_come_from_their_type() -> None:
    x = TensorType(DType.FLOAT16, (S0, 3, None))
    assert infer("aten::size", x) == [S0, 3, Unknown(INT)]
    assert infer("aten::size.int", x, -2) == 3
    assert infer("aten::dim", x) == 3
    assert infer("aten::numel", TensorType(None, (S0, 3))) == S0 * 3
    assert infer("aten::size", TensorType()) == Unknown(ListType(INT))
    assert infer("prim::dtype", x) == DType.FLOAT16.code
    assert infer("aten::item", TensorType(DType.INT32, ())) == Unknown(INT)
    with pytest.raises(OperatorError):
        infer("aten::size.int", x, 3)


def test_item_needs_one_element() -> None:
    assert call("aten::item", np.array([[2.5]], np.float32)) == 2.5
    assert call("aten::item", np.array(0x3F80, np.uint16)) == 1.0
    assert type(call("aten::item", np.array(3))) is int
    assert code_of("aten::item", np.ones(2)) == "TSX4005"
    assert code_of("aten::IntImplicit", np.ones(1, np.int64)) == "TSX4005"


def test_strings_are_bytes_and_floats_print_as_in_torchscript() -> None:
    assert call("aten::len.str", "é") == 2
    assert call("aten::format", "{} of {}", 3.0, [0.5, 2]) == "3. of [0.5, 2]"
    assert call("aten::str", 0.1) == "0.10000000000000001"
