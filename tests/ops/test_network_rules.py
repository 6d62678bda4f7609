"""Shape rules and refusals of contractions and network operators, with symbolic sizes and without torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import TsxError
from tsx.ir.dims import Dim, evaluate, parse_dim, sym
from tsx.ir.op import Abstract, Unknown, lookup
from tsx.ir.types import INT, STR, DType, ListType, TensorType
from tsx.ops.call import call

F32 = DType.FLOAT32


def rule(kind: str) -> Callable[..., Abstract]:
    op = lookup(f"aten::{kind}")
    assert op is not None
    return op.infer


def t(*sizes: Dim | str | None, dtype: DType = F32) -> TensorType:
    return TensorType(dtype, tuple(parse_dim(s) if isinstance(s, str) else s for s in sizes))


SYMBOLIC = [
    ("matmul", (t("s0", 3, 4), t(4, 5)), t("s0", 3, 5)),
    ("matmul", (t("s0", 1, "s1", 8), t(6, 8, "s1")), t("s0", 6, "s1", "s1")),
    ("linear", (t("s0", "s1", 8), t(4, 8), t(4)), t("s0", "s1", 4)),
    ("bmm", (t("s0", 2, 3), t("s0", 3, "s1")), t("s0", 2, "s1")),
    ("addmm", (t(5), t("s0", 4), t(4, 5), 1, 1), t("s0", 5)),
    ("conv2d", (t("s0", 3, "s1", "s2"), t(8, 3, 3, 3), t(8), [2, 2], [1, 1], [1, 1], 1),
     t("s0", 8, "(s1 - 1) // 2 + 1", "(s2 - 1) // 2 + 1")),
    ("conv1d.padding", (t("s0", 4, "s1"), t(8, 2, 4), None, [1], "same", [3], 2), t("s0", 8, "s1")),
    ("conv1d.padding", (t("s0", 4, "s1"), t(8, 4, 4), None, [1], "valid", [1], 1), t("s0", 8, "s1 - 3")),
    ("conv_transpose2d.input", (t("s0", 4, "s1", 5), t(4, 3, 3, 3), None, [2, 2], [1, 1], [1, 1], 2, [1, 1]),
     t("s0", 6, "2*s1", 10)),
    ("max_pool2d", (t("s0", 4, "s1", 9), [3, 3], [2, 2], [1, 1], [1, 1], False), t("s0", 4, "(s1 - 1) // 2 + 1", 5)),
    ("max_pool2d", (t("s0", 4, "s1", 9), [2, 2], [], [0, 0], [1, 1], True), t("s0", 4, "(s1 + 1) // 2", 5)),
    ("max_pool2d", (t("s0", 4, "s1", 9), [2, 2], [3, 3], [1, 1], [1, 1], True), t("s0", 4, None, 4)),
    ("avg_pool1d", (t(4, "s0"), [2], [2], [0], False, True), t(4, "s0 // 2")),
    ("adaptive_avg_pool2d", (t("s0", 4, "s1", "s2"), [1, "s1"]), t("s0", 4, 1, None)),
    ("upsample_nearest2d.vec", (t("s0", 4, "s1", "s2"), None, [2.0, 1.5]), t("s0", 4, "2*s1", "3*s2 // 2")),
    ("upsample_bilinear2d", (t("s0", 4, "s1", "s2"), [parse_dim("2*s1"), 7], False, None, None), t("s0", 4, "2*s1", 7)),
    ("upsample_linear1d.vec", (t("s0", 4, "s1"), None, False, [0.1]), t("s0", 4, None)),
    ("layer_norm", (t("s0", "s1", 8), [8], t(8), t(8), 1e-5, True), t("s0", "s1", 8)),
    ("softmax.int", (t("s0", 4), -1, DType.FLOAT64.code), t("s0", 4, dtype=DType.FLOAT64)),
    ("embedding", (t(100, 16), t("s0", "s1", dtype=DType.INT64), -1, False, False), t("s0", "s1", 16)),
    ("scaled_dot_product_attention",
     (t("s0", 8, "s1", 16), t("s0", 8, "s2", 16), t("s0", 8, "s2", 32), t("s1", "s2"), 0.0, False, None, False),
     t("s0", 8, "s1", 32)),
    ("scaled_dot_product_attention",
     (t("s0", 8, "s1", 16), t("s0", 2, "s1", 16), t("s0", 2, "s1", 16), None, 0.0, True, None, True),
     t("s0", 8, "s1", 16)),
    ("einsum", ("bhld,bhsd->bhls", [t("s0", 4, "s1", 8), t("s0", 4, "s2", 8)]), t("s0", 4, "s1", "s2")),
    ("pdist", (t("s0", 4), 2.0), t("(s0*s0 - s0) // 2")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "operands", "expected"), SYMBOLIC, ids=lambda v: v if isinstance(v, str) else ""
)
def test_symbolic_sizes(kind: str, operands: tuple[Abstract, ...], expected: TensorType) -> None:
    operands = tuple(
        [x if x != "s1" else Unknown(INT) for x in o] if isinstance(o, list) else o
        for o in operands
    )
    assert rule(kind)(*operands) == expected


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("ceil", [False, True])
def test_a_symbolic_pool_size_holds_for_every_size(
    kernel: int, stride: int, padding: int, ceil: bool
) -> None:
    if padding > kernel // 2:
        return
    operands = ([kernel], [stride], [padding], [1], ceil)
    symbolic = rule("max_pool1d")(t(2, "s0"), *operands)
    assert isinstance(symbolic, TensorType)
    assert symbolic.shape is not None
    for size in range(kernel, kernel + 12):
        exact = rule("max_pool1d")(t(2, size), *operands)
        assert isinstance(exact, TensorType)
        assert exact.shape is not None
        dim = symbolic.shape[1]
        if dim is not None:
            assert evaluate(dim, {"s0": size}) == exact.shape[1]
        assert (
            call("aten::max_pool1d", np.zeros((2, size), np.float32), *operands).shape
            == exact.shape
        )


def test_a_recurrent_layer_with_symbolic_batch_and_length() -> None:
    weights = [t(24, 5), t(24, 6), t(24), t(24)]
    state = t(1, "s0", 6)
    found = rule("lstm.input")(
        t("s0", "s1", 5), [state, state], weights, True, 1, 0.0, False, False, True
    )
    assert found == (t("s0", "s1", 6), state, state)


UNKNOWN = Unknown(ListType(INT))


def test_rules_take_what_is_not_known() -> None:
    nothing = TensorType()
    assert (
        rule("conv2d")(nothing, nothing, nothing, UNKNOWN, UNKNOWN, UNKNOWN, Unknown(INT))
        == nothing
    )
    assert rule("conv2d")(t(2, 3, 8, 8), t(4, 3, 3, 3), None, UNKNOWN, UNKNOWN, UNKNOWN, 1) == t(
        2, 4, None, None
    )
    assert rule("matmul")(nothing, t(3, 4)) == TensorType(F32)
    assert rule("layer_norm")(nothing, UNKNOWN, None, None, 1e-5, True) == nothing
    assert rule("max_pool2d")(t(1, 2, 3, 4), UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, True) == t(
        1, 2, None, None
    )


@pytest.mark.parametrize(
    ("kind", "operands", "words"),
    [
        ("conv1d", (t(2, 3, 8), t(None, 3, 2), t(2, 2), [1], [0], [1], 1), "* elements"),
        ("linear", (t(), t(5, None), None), "size is *"),
        ("prelu", (t(2, 6), t(None, "s0")), "[*, s0]"),
        ("batch_norm", (t(2, None, 4), t(2, 2), None, None, None, True, 0.1, 1e-5, True), "[*]"),
        ("group_norm", (t(2, None, 4), 2, t(2, 2), None, 1e-5, True), "[*]"),
        ("nll_loss", (t(2, None), t(2), t(2, 2), 1, -100), "[*]"),
        ("fractional_max_pool2d", (t(2, None, 4, 4), [2], [2], t(2, 2)), "[2, *, 2]"),
    ],
)
def test_refusals_show_sizes_as_types_do(
    kind: str, operands: tuple[Abstract, ...], words: str
) -> None:
    with pytest.raises(TsxError) as caught:
        rule(kind)(*operands)
    assert words in caught.value.message


@pytest.mark.parametrize("factor", [1e300, 1e308, 1 << 62])
def test_a_size_beyond_64_bits_is_unknown(factor: float) -> None:
    assert rule("upsample_nearest1d.vec")(t(1, 2, 16), None, [factor]) == t(1, 2, None)


def test_bools_for_ints_count_as_ints() -> None:
    found = rule("native_group_norm")(t(2, 6, 3), None, None, 2, 6, 3, True, 1e-5)
    assert str(found[1]) == "Float(2, 1)"
    with pytest.raises(TsxError, match=r"got \[0, 0\]"):
        rule("max_pool2d")(t(2, 6, 8, 8), False, [], 0, 1, False)


def zeros(*shape: int, dtype: type = np.float32) -> np.ndarray:
    return np.zeros(shape, dtype)


REFUSED = [
    ("matmul", (zeros(2, 3), zeros(4, 5)), "TSX4050", "[2, 3] and [4, 5]"),
    ("matmul", (zeros(2, 3), zeros(3, 2, dtype=np.float64)), "TSX4054", "float32 and float64"),
    ("mm", (zeros(2, 3, 4), zeros(4, 5)), "TSX4055", "2-D"),
    ("mm", (zeros(2, 2, dtype=np.bool_), zeros(2, 2, dtype=np.bool_)), "TSX4056", "bool"),
    ("bmm", (zeros(2, 3, 4), zeros(1, 4, 5)), "TSX4050", "batch"),
    ("linear", (zeros(2, 3), zeros(5, 4)), "TSX4050", "last size is 4"),
    ("linear", (zeros(2, 3), zeros(5, 3), zeros(4)), "TSX4060", "[5]"),
    ("conv2d", (zeros(1, 4, 8, 8), zeros(8, 3, 3, 3)), "TSX4051", "3 channels, got 4"),
    ("conv2d", (zeros(1, 4, 2, 2), zeros(8, 4, 3, 3)), "TSX4053", "3 does not fit"),
    ("conv2d", (zeros(1, 4, 8), zeros(8, 4, 3)), "TSX4055", "4-D"),
    ("conv2d", (zeros(1, 4, 8, 8), zeros(8, 4, 3, 3), None, [0, 1]), "TSX4052", "stride of at least 1"),
    ("conv2d", (zeros(1, 4, 8, 8), zeros(8, 4, 3, 3), None, [1], [-1]), "TSX4052", "padding of at least 0"),
    ("conv2d", (zeros(1, 4, 8, 8), zeros(8, 4, 0, 3)), "TSX4052", "kernel size"),
    ("conv2d", (zeros(1, 4, 8, 8), zeros(8, 4, 3, 3), None, [1], [0], [0]), "TSX4052", "dilation"),
    ("conv2d", (zeros(1, 4, 8, 8), zeros(8, 4, 3, 3), None, [1], [0], [1], 0), "TSX4052", "groups"),
    ("conv2d", (zeros(1, 4, 8, 8), zeros(7, 2, 3, 3), None, [1], [0], [1], 2), "TSX4062", "2 groups, got 7"),
    ("conv2d", (zeros(1, 4, 8, 8), zeros(8, 4, 3, 3), zeros(7)), "TSX4060", "8 elements"),
    ("conv2d.padding", (zeros(1, 4, 8, 8), zeros(8, 4, 3, 3), None, [2, 2], "same"), "TSX4052", "stride"),
    ("conv_transpose2d.input", (zeros(1, 4, 8, 8), zeros(3, 4, 3, 3)), "TSX4051", "3 channels"),
    ("max_pool2d", (zeros(1, 4, 8, 8), [0, 2]), "TSX4052", "kernel size"),
    ("max_pool2d", (zeros(1, 4, 8, 8), [2, 2], [], [2, 2]), "TSX4055", "half"),
    ("max_pool2d", (zeros(1, 4, 1, 1), [3, 3]), "TSX4053", "window of 3"),
    ("avg_pool2d", (zeros(1, 4, 8, 8), [2], [], [0], False, True, 0), "TSX4055", "divisor_override"),
    ("adaptive_avg_pool2d", (zeros(1, 4, 0, 8), [2, 2]), "TSX4055", "above 0"),
    ("batch_norm", (zeros(2, 3, 4), zeros(4), None, zeros(3), zeros(3), False, 0.1, 1e-5, True), "TSX4060", "[3]"),
    ("layer_norm", (zeros(2, 3), [4]), "TSX4060", "[4]"),
    ("group_norm", (zeros(2, 6, 3), 4), "TSX4062", "4 groups, got 6"),
    ("softmax.int", (zeros(2, 3, dtype=np.int64), 1), "TSX4056", "int64"),
    ("softmax.int", (zeros(2, 3), 2), "TSX4005", "from -2 to 1"),
    ("embedding", (zeros(5, 3), np.array([0, 5])), "TSX4057", "0 to 4, got 5"),
    ("embedding", (zeros(5, 3), np.array([-1])), "TSX4057", "got -1"),
    ("embedding", (zeros(5, 3), zeros(2)), "TSX4056", "int32 or int64"),
    ("scaled_dot_product_attention", (zeros(2, 3, 4), zeros(2, 5, 6), zeros(2, 5, 6)), "TSX4050", "last sizes"),
    ("scaled_dot_product_attention", (zeros(2, 3, 4), zeros(2, 5, 4), zeros(2, 4, 6)), "TSX4050", "lengths"),
    ("scaled_dot_product_attention", (zeros(2, 3, 4), zeros(2, 5, 4), zeros(2, 5, 6), None, 0.5), "TSX4058", "random"),
    ("scaled_dot_product_attention", (zeros(4, 3, 4), zeros(5, 4), zeros(5, 4), None, 0.0, False, None, True),
     "TSX4055", "3 or more"),
    ("dropout", (zeros(3), 0.5, True), "TSX4058", "random"),
    ("dropout", (zeros(3), 1.5, False), "TSX4055", "0 to 1"),
    ("upsample_nearest2d.vec", (zeros(1, 2, 3, 4), None, None), "TSX4055", "one of size"),
    ("upsample_nearest2d", (zeros(1, 2, 3, 4), [0, 4]), "TSX4052", "at least 1"),
    ("__interpolate.size_list", (zeros(1, 2, 3), [4], None, "bilinear"), "TSX4055", "'bilinear' for 3-D"),
    ("gru.input", (zeros(3, 2, 5), zeros(1, 2, 6), [zeros(18, 5), zeros(18, 6)], True, 1, 0.0, False, False, False),
     "TSX4059", "4 parameters, got 2"),
    ("gru.input", (zeros(3, 2, 5), zeros(1, 2, 6), [zeros(18, 4), zeros(18, 6)], False, 1, 0.0, False, False, False),
     "TSX4059", "[18, 5]"),
    ("gru.input", (zeros(3, 2, 5), zeros(1, 4, 6), [zeros(18, 5), zeros(18, 6)], False, 1, 0.0, False, False, False),
     "TSX4059", "batch of 2"),
    ("gru.input", (zeros(3, 2, 5), zeros(2, 2, 6), [zeros(18, 5), zeros(18, 6)] * 2, False, 2, 0.5, True, False, False),
     "TSX4058", "dropout=0.5"),
    ("_pack_padded_sequence", (zeros(3, 2, 5), np.array([1, 3]), False), "TSX4055", "longest first"),
    ("einsum", ("ij,jk->iz", [zeros(2, 3), zeros(3, 4)]), "TSX4061", "'z'"),
    ("einsum", ("ij,jk", [zeros(2, 3)]), "TSX4061", "2 terms for 1"),
    ("einsum", ("ij,jk->ik", [zeros(2, 3), zeros(4, 4)]), "TSX4050", "one size for 'j'"),
    ("linalg_cross", (zeros(2, 4), zeros(2, 4)), "TSX4055", "size 3"),
    ("take_along_dim", (zeros(), zeros(dtype=np.int64), 0), "TSX4005", "a tensor with a dimension"),
    ("linalg_cross", (zeros(), zeros(), -1), "TSX4055", "size 3"),
    ("cross", (zeros(), zeros(), 0), "TSX4055", "dimension of size 3"),
    ("bilinear", (zeros(), zeros(), zeros(2, 3, 4), None), "TSX4050", "equal sizes but the last"),
    ("einsum", ("\u00e9j,jk", [zeros(2, 3), zeros(3, 4)]), "TSX4061", "no list of letters"),
    ("grid_sampler", (zeros(1, 2, 3, 3), zeros(1, 4, 4, 3), 0, 0, False), "TSX4055", "2 coordinates"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "operands", "code", "words"), REFUSED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_cannot_be_right_is_refused_in_words(
    kind: str, operands: tuple[object, ...], code: str, words: str
) -> None:
    with pytest.raises(TsxError) as caught:
        call(f"aten::{kind}", *operands)
    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.help or code == "TSX4005"


def test_a_symbol_may_be_what_it_must_be() -> None:
    """Sizes that only may differ are no error."""
    assert rule("matmul")(t(2, sym("s0")), t(4, 5)) == t(2, 5)
    assert rule("conv2d")(t(1, "s0", 8, 8), t(4, 3, 1, 1), None, [1], [0], [1], 1) == t(1, 4, 8, 8)
    assert rule("cross")(t("s0", 4), t(4), None) == t("s0", 4)
    assert rule("cross")(t(2, 3), t(3), Unknown(INT)) == t(2, 3)


def test_what_is_not_told_makes_sizes_unknown() -> None:
    grids = rule("meshgrid.indexing")([t(2), t(3), t(4)], Unknown(STR))
    assert grids == [t(None, None, 4)] * 3
    assert rule("meshgrid.indexing")([t(2), t(2)], Unknown(STR)) == [t(2, 2)] * 2
    assert rule("meshgrid")([t(2)] * 17) == Unknown(ListType(TensorType()))
    # A symbolic dimension takes any k, and a file may declare any size.
    assert rule("combinations")(t(-3), 2, False) == t(None, 2)
    assert rule("combinations")(t(70), 33, False) == t(None, 33)  # no tensor has so many rows


def test_dtypes_that_nothing_computes_with_have_rules() -> None:
    whole, quantised = t(2, dtype=DType.INT64), t(2, dtype=DType.QINT32)
    assert rule("outer")(quantised, whole) == t(2, 2, dtype=DType.INT64)
    assert rule("outer")(quantised, t(2)) == t(2, 2)


def test_refusals_spell_symbols() -> None:
    with pytest.raises(TsxError) as caught:
        rule("amax")(t("s0", 0), [1], False)
    assert "[s0, 0]" in caught.value.message


FLOPS = [
    ("linear", (t(2, 3, 8), t(4, 8), None), t(2, 3, 4), 2 * 2 * 3 * 8 * 4),
    ("conv2d", (t(1, 8, 9, 9), t(8, 1, 3, 3), None, [1], [0], [1], 8), t(1, 8, 7, 7), 2 * 8 * 7 * 7 * 9),
    ("bmm", (t(2, 3, 4), t(2, 4, 5)), t(2, 3, 5), 2 * 2 * 3 * 4 * 5),
    ("scaled_dot_product_attention", (t(2, 4, 5, 8), t(2, 4, 7, 8), t(2, 4, 7, 6)), t(2, 4, 5, 6),
     2 * 2 * 4 * 5 * 7 * (8 + 6)),
    ("einsum", ("ij,jk->ik", [t(2, 3), t(3, 4)], None), t(2, 4), 2 * 2 * 3 * 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "operands", "result", "count"), FLOPS, ids=lambda v: v if isinstance(v, str) else ""
)
def test_flops(kind: str, operands: tuple[Abstract, ...], result: Abstract, count: int) -> None:
    op = lookup(f"aten::{kind}")
    assert op is not None
    assert op.flops is not None
    assert op.flops(*operands, result) == count
