"""Tensors as lists: what tolist gives, and what is refused when the tensor is another than was said."""

from __future__ import annotations

import numpy as np
import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import TsxError
from tsx.ir.op import lookup

CASES = [
    ("int1", np.array([1, 2], np.int32)),
    ("int2", np.array([[1, 2]], np.uint8)),
    ("float2", np.array([[0.5], [1.5]], np.float32)),
    ("float3", np.zeros((1, 0, 2))),
    ("bool1", np.array([True, False])),
    ("complex1", np.array([1j], np.complex64)),
]


@pytest.mark.parametrize(("name", "array"), CASES)
def test_lists(name: str, array: np.ndarray) -> None:
    op = lookup(f"tsx::tolist.{name}")
    assert op is not None
    assert op.eval(array) == array.tolist()


@pytest.mark.parametrize(("name", "array"), CASES)
def test_another_rank_or_kind_is_refused(name: str, array: np.ndarray) -> None:
    for other in ("int4", "float1" if array.dtype.kind != "f" else "int2"):
        op = lookup(f"tsx::tolist.{other}")
        assert op is not None
        with pytest.raises(TsxError) as caught:
            op.eval(array)
        assert caught.value.code == "TSX4080"
        assert f"{array.ndim} dimensions" in caught.value.message


def test_bfloat16_and_names() -> None:
    lists, name = lookup("tsx::tolist.float1"), lookup("tsx::dtype_name")
    assert lists is not None
    assert name is not None
    bits = np.array([0x3F80, 0x4000], np.uint16)  # 1 and 2 as bfloat16
    assert lists.eval(bits) == [1.0, 2.0]
    assert [name.eval(code) for code in (4, 6, 15)] == ["int64", "float32", "bfloat16"]
