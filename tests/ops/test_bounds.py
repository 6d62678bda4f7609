"""What ``ops.bounds`` and the rules built on it claim about symbolic sizes holds for every binding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsx.errors import TsxError
from tsx.ir.dims import Dim, evaluate, sym
from tsx.ir.op import lookup
from tsx.ir.types import DType, TensorType
from tsx.ops.bounds import at_least, no_less, smaller
from tsx.ops.ranges import element_count, range_size
from tsx.ops.splitting import by_sizes  # noqa: F401  (registers the splits)
from tsx.ops.view_rules import slice_size

S, T = sym("s"), sym("t")
sizes = st.integers(0, 40)
bindings = st.fixed_dictionaries({"s": sizes, "t": sizes})


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> Dim:
    if depth == 0:
        return draw(st.one_of(st.integers(-6, 9), st.sampled_from([S, T])))
    left, right = (
        draw(expressions(depth - 1)),
        draw(st.one_of(st.integers(-4, 4), expressions(depth - 1))),
    )
    match draw(st.sampled_from("+-*/")):
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return left // draw(st.integers(1, 5))


@given(expressions(), st.integers(-5, 20), bindings)
def test_at_least_is_certain(dim: Dim, low: int, values: dict[str, int]) -> None:
    value = evaluate(dim, values)
    assert value is not None
    assert not at_least(dim, low) or value >= low


def test_at_least_knows_the_usual_sizes() -> None:
    assert at_least(S, 0)
    assert not at_least(S, 1)  # a batch may be empty
    assert at_least(2 * S + 3 * T + 5, 5)
    assert no_less(S, S // 2)
    assert no_less((S + 1) // 2, S // 2)
    assert no_less(S * T + S, S)
    assert not no_less(S * T, S)  # not if t is 0
    assert not no_less(S, T)
    assert smaller(S, S + T) == S


@given(
    expressions(2), st.one_of(st.none(), expressions(2)), st.one_of(st.none(), expressions(2)),
    st.integers(1, 4), bindings,
)  # fmt: skip
def test_slices_have_the_size_that_is_said(
    size: Dim, start: Dim | None, end: Dim | None, step: int, values: dict[str, int]
) -> None:
    whole = evaluate(size, values)
    assert whole is not None
    said = slice_size(size, start, end, step)
    if whole < 0 or said is None:
        return
    bounds = [None if b is None else evaluate(b, values) for b in (start, end)]
    assert evaluate(said, values) == len(range(whole)[bounds[0] : bounds[1] : step])


def test_slices_that_models_write_are_exact() -> None:
    assert slice_size(S + 1, 1, None, 1) == S  # the tokens behind a class token
    assert slice_size(S + 1, None, -1, 1) == S
    assert slice_size(S, 1, None, 1) is None  # not if s is 0
    assert slice_size(S, None, S // 2, 1) == S // 2
    assert slice_size(S, S // 2, None, 1) == S - S // 2
    assert slice_size(S, 0, 2**63 - 1, 2) == (S + 1) // 2
    assert slice_size(S + 1, -1, None, 1) == 1
    assert slice_size(S, None, 5, 1) is None  # not if s is 3
    assert slice_size(S + T, S, None, 1) == T
    assert slice_size(1024, None, S, 1) is None  # not if s is 2000


@given(st.integers(-3, 3), expressions(2), st.integers(-3, 3).filter(bool), bindings)
def test_ranges_have_the_size_that_is_said(
    start: int, end: Dim, step: int, values: dict[str, int]
) -> None:
    stop = evaluate(end, values)
    said = range_size(start, end, step, DType.INT64)
    if said is not None and stop is not None:
        assert evaluate(said, values) == len(range(start, stop, step))
        assert element_count(start, stop, step, DType.INT64) == len(range(start, stop, step))


def shapes(kind: str, *operands: object) -> list[object]:
    op = lookup(kind)
    assert op is not None
    found = op.infer(*operands)
    return [
        t.shape
        for t in (found if isinstance(found, list) else [found])
        if isinstance(t, TensorType)
    ]


def test_shapes_of_views_are_expressions() -> None:
    x = TensorType(DType.FLOAT32, (S, T, 768))
    assert shapes("aten::view", x, [S, T, 12, 64]) == [(S, T, 12, 64)]
    assert shapes("aten::view", x, [S, -1, 64]) == [(S, 12 * T, 64)]
    assert shapes("aten::reshape", x, [-1, 768]) == [(S * T, 768)]
    assert shapes("aten::flatten.using_ints", x, 1, -1) == [(S, 768 * T)]
    assert shapes("aten::unflatten.int", x, -1, [12, -1]) == [(S, T, 12, 64)]
    assert shapes("aten::expand", TensorType(DType.FLOAT32, (1, T, 1)), [S, -1, 5]) == [(S, T, 5)]
    assert shapes("aten::cat", [x, TensorType(DType.FLOAT32, (S, 1, 768))], 1) == [(S, T + 1, 768)]
    assert shapes("aten::chunk", TensorType(DType.FLOAT32, (S, 2 * T)), 2, -1) == [(S, T), (S, T)]
    assert shapes("aten::split.Tensor", TensorType(DType.FLOAT32, (S, 3 * T)), T, 1) == [(S, T)] * 3
    assert shapes("aten::tensor_split.sections", TensorType(DType.FLOAT32, (S,)), 2, 0) == [
        ((S + 1) // 2,), (S // 2,),
    ]  # fmt: skip
    assert shapes("aten::squeeze", TensorType(DType.FLOAT32, (S, 1))) == [None]  # s may be 1
    assert shapes("aten::squeeze.dim", TensorType(DType.FLOAT32, (S, 1)), 1) == [(S,)]
    assert shapes("aten::constant_pad_nd", x, [0, 0, 1, 2], 0) == [(S, T + 3, 768)]
    assert shapes("aten::pixel_shuffle", TensorType(DType.FLOAT32, (1, 4 * S, T, T)), 2) == [
        (1, S, 2 * T, 2 * T)
    ]
    assert shapes("aten::arange", S) == [(S,)]
    assert shapes("aten::arange.start", S, S + T) == [(T,)]


def test_what_is_no_size_is_none() -> None:
    x = TensorType(DType.FLOAT32, (2, 6))
    assert shapes("aten::unfold", x, 1, True, 2) == [(None, None, None)]


def test_quantised_tensors_among_others_have_a_joined_shape() -> None:
    quantised, whole = TensorType(DType.QINT8, (2, S)), TensorType(DType.INT64, (T, S))
    assert shapes("aten::cat", [quantised, whole], 0) == [(T + 2, S)]


def test_messages_of_rules_show_sizes_as_they_are_written() -> None:
    x = TensorType(DType.FLOAT32, (2, S, S))
    with pytest.raises(TsxError, match=r"got \[\[s \+ 1, 2\], \[1, 1, 1\], 0, 1\]"):
        shapes("aten::im2col", x, [S + 1, 2], [1, 1, 1], 0, 1)
