"""Type rules on operands that are of the right type, but that no program of torch's has."""

from __future__ import annotations

import pytest

from tsx.errors import OperatorError
from tsx.ir import types as ty
from tsx.ir.dims import sym
from tsx.ir.op import Abstract, Unknown, lookup
from tsx.ir.types import DType, TensorType
from tsx.ops.call import call

LOW, HIGH = -(2**63), 2**63 - 1
F32, F64, I64 = DType.FLOAT32, DType.FLOAT64, DType.INT64
NOTHING = (None,) * 4
CONV = ty.ClassType("__torch__.torch.classes.quantized.Conv2dPackedParamsBase")


def infer(kind: str, *operands: Abstract) -> Abstract:
    op = lookup(kind)
    assert op is not None
    return op.infer(*operands)


def message(kind: str, *operands: Abstract) -> str:
    with pytest.raises(OperatorError) as caught:
        infer(kind, *operands)
    return caught.value.message


def test_a_range_may_be_longer_than_64_bits_count() -> None:
    assert infer("aten::__range_length", LOW, HIGH, 1) == Unknown(ty.INT)
    assert infer("aten::__range_length", LOW, HIGH, 3) == (2**64 - 1) // 3
    assert infer("aten::__range_length", 10, 0, -3) == 4
    assert infer("aten::__range_length", 0, 10, -3) == 0


@pytest.mark.parametrize("ends", [(-1e308, 1e308), (0, 1e300)])
def test_arange_beyond_64_bits_has_an_unknown_size(ends: tuple[float, float]) -> None:
    for dtype in (None, I64.code):
        found = infer(
            "aten::arange.start_step", *ends, 1e-10 if dtype is None else 1, dtype, *NOTHING[1:]
        )
        assert isinstance(found, TensorType)
        assert found.shape == (None,)


def test_tensors_in_a_list_count_as_their_numbers() -> None:
    import numpy as np

    scalars = [np.array(1.5), np.array(2, np.int32)]
    given: list[Abstract] = [TensorType(F64, ()), TensorType(DType.INT32, ())]
    found = infer("aten::tensor", given, None, None, False)
    assert found == TensorType(F32, (2,))
    made = call("aten::tensor", scalars, None, None, False)
    assert (made.dtype, made.shape) == (np.dtype(np.float32), (2,))
    assert infer("aten::tensor", [TensorType(DType.INT32, ())], None, None, False) == TensorType(
        I64, (1,)
    )
    assert infer("aten::tensor", [TensorType(F64, (3,))], None, None, False) == TensorType(F32)


def test_one_dimension_of_a_transform_may_be_an_int() -> None:
    x = TensorType(F32, (4, 6))
    expected = TensorType(DType.COMPLEX64, (3, 6))
    assert infer("aten::fft_rfftn", x, None, 0, None) == expected
    assert message("aten::fft_rfftn", x, [sym("n")], [0, 1], None).endswith("2 sizes, got [n]")


def test_a_scalar_has_no_channels() -> None:
    x, one = TensorType(F32, ()), TensorType(F32, (1,))
    operands = (x, one, TensorType(I64, (1,)), 0, -128, 127, DType.INT8.code)
    assert "dimension 0 of []" in message("quantized_decomposed::quantize_per_channel", *operands)


def test_a_quantised_convolution_knows_the_batch_of_images_only() -> None:
    for shape in ((), (3, 8, 8)):
        q = TensorType(DType.QUINT8, shape)
        found = infer("quantized::conv2d.new", q, Unknown(CONV), 1.0, 0)
        assert found == TensorType(DType.QUINT8)
    batch = TensorType(DType.QUINT8, (2, 3, 8, 8))
    found = infer("quantized::conv2d.new", batch, Unknown(CONV), 1.0, 0)
    assert found == TensorType(DType.QUINT8, (2, None, None, None))


def test_containers_of_none_and_dicts_of_no_pairs() -> None:
    nones = Unknown(ty.DictType(ty.INT, ty.NONE))
    assert infer("aten::__getitem__.Dict_int", nones, 3) is None
    triples = Unknown(ty.ListType(ty.TupleType((ty.INT, ty.INT, ty.INT))))
    assert infer("tsx::dict", triples) == Unknown(ty.ANY)


def test_messages_show_sizes_as_people_write_them() -> None:
    found = message("aten::zeros", [sym("n") + 1, -1], None, *NOTHING[1:])
    assert found.endswith("got [n + 1, -1]")


def test_quantised_tensors_are_refused_by_the_run_not_by_promotion() -> None:
    q, whole = TensorType(DType.QUINT8, (2,)), TensorType(DType.INT16, (2,))
    assert infer("aten::bitwise_and.Tensor", q, whole) == TensorType(DType.INT16, (2,))


def test_numbers_that_lists_hold_by_identity_are_not_found_by_a_rule() -> None:
    nan = float("nan")
    assert infer("aten::count.float", [1.0, nan], nan) == Unknown(ty.INT)
    assert infer("aten::count.float", [1.0, 2.0], 2.0) == 1
    assert infer("prim::max", False, True) == 1
    assert type(infer("prim::max", False, True)) is int
    assert infer("tsx::hash.float", nan) == 0
