"""What the rules of operators are asked: real calls, and the same calls with less known or something wrong.

A call is an operator's kind and its abstract operands (``tsx.ir.op.Abstract``). ``rule_calls.json`` holds calls below
torch's op_db samples, written by ``python -m tests.engine.rule_cases`` (with torch); ``variants`` makes others of each.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.engine import nn_calls, rule_operands
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import Expr, Monomial, Symbol, sym
from tsx.ir.op import Abstract, Op, Unknown, all_ops, lookup
from tsx.ir.types import DType, TensorType

CALLS = Path(__file__).with_name("rule_calls.json")
Call = tuple[str, list[Abstract]]
_F, _I = DType.FLOAT32, DType.INT64


def _t(*sizes: int, dtype: DType = _F) -> TensorType:
    return TensorType(dtype, sizes)


MADE_UP: list[Call] = [  # of operators that torch's op_db does not reach
    ("aten::add.int", [3, 4]),
    ("aten::lt.Scalar", [3, 4.5]),
    ("aten::__not__", [True]),
    (
        "torchvision::deform_conv2d",
        [
            _t(2, 4, 9, 8),
            _t(6, 2, 3, 2),
            _t(2, 24, 4, 7),
            _t(2, 12, 4, 7),
            _t(6),
            2,
            1,
            1,
            0,
            1,
            1,
            2,
            2,
            True,
        ],
    ),
    (
        "torchvision::deform_conv2d",
        [
            _t(1, 3, 8, 8),
            _t(6, 3, 3, 3),
            _t(1, 18, 6, 6),
            _t(0),
            _t(6),
            1,
            1,
            0,
            0,
            1,
            1,
            1,
            1,
            False,
        ],
    ),
    ("aten::tensordot", [_t(2, 3, 4), _t(4, 3, 5), [1, 2], [1, 0]]),
    ("aten::tensordot", [_t(2, 1, 4), _t(4, 3, 5), [-2, 2], [1, -3]]),
    ("aten::tensordot", [_t(2), _t(), [], []]),
    ("aten::einsum", ["b...ij, b...jk -> ...ki", [_t(2, 5, 3, 4), _t(2, 1, 4, 6)], None]),
    ("aten::einsum", ["ii", [_t(3, 3, dtype=_I)], None]),
    ("aten::einsum", ["i,...->...i", [_t(3), _t(2, 4)], [0, 1]]),
    ("aten::einsum", ["ij,jk->iz", [_t(2, 3), _t(3, 4)], None]),
    ("aten::einsum", ["\u00e9j,jk", [_t(2, 3), _t(3, 4)], None]),
    ("aten::einsum", ["ij->", [], None]),
    ("tsx::index.Tensor", [_t(2, 3, 4, 5), [_t(6, dtype=_I), None], [_t(6, 1, dtype=_I)]]),
    ("tsx::index.Tensor", [_t(2, 3, 4), [], [_t(3, 4, dtype=DType.BOOL)]]),
    ("tsx::index_put_", [_t(2, 3, 4), [None], [_t(6, dtype=_I)], _t(2, 3, 6)]),
    ("aten::index.Tensor", [_t(2, 3, 4, 5), [_t(6, dtype=_I), None, _t(4, dtype=DType.BOOL)]]),
    ("aten::_index_put_impl_", [_t(2, 3), [_t(4, dtype=_I)], _t(4, 3), False, True]),
    ("aten::nonzero_numpy", [_t(2, 3)]),
    ("aten::where", [_t()]),
    ("aten::one_hot", [_t(2, 3, dtype=_I), 5]),
    ("aten::one_hot", [_t(2, 3, dtype=_I), -1]),
    ("aten::isin.Scalar_Tensor", [3, _t(4), False, False]),
    ("aten::isin.Tensor_Scalar", [_t(2, 3), 4, False, True]),
    ("aten::meshgrid", [[_t(3), _t(4), _t()]]),
    ("aten::meshgrid.indexing", [[_t(3), _t(4), _t(2)], "xy"]),
    ("aten::meshgrid.indexing", [[_t(3), _t(4), _t(2)], Unknown(ty.STR)]),
    ("aten::cartesian_prod", [[_t(3), _t(4), _t(1)]]),
    ("aten::cartesian_prod", [[_t(3)]]),
    ("aten::combinations", [_t(70), 33, True]),
    ("aten::combinations", [_t(65), 32, False]),
    ("aten::vander", [_t(4, dtype=_I), None, True]),
    ("aten::vander", [_t(4), 3, False]),
    ("aten::_pad_enum", [_t(2, 3, 4), [1, 2], 1, None]),
    ("aten::_pad_circular", [_t(2, 3, 4), [-1, 2, 0, 3]]),
    ("aten::chain_matmul", [[_t(2, 3), _t(3, 4), _t(4, 5)]]),
    ("aten::linalg_multi_dot", [[_t(3), _t(3, 4), _t(4)]]),
    ("aten::cross", [_t(2, 3), _t(3), None]),
    ("aten::cross", [_t(2, 4), _t(2, 1), Unknown(ty.INT)]),
    ("aten::linalg_cross", [_t(), _t(), -1]),
    ("aten::bilinear", [_t(), _t(), _t(2, 3, 4), None]),
    ("torchvision::nms", [_t(7, 4), _t(7), 0.5]),
    ("torchvision::roi_align", [_t(2, 6, 9, 8), _t(3, 5), 0.5, 2, 3, -1, True]),
    ("torchvision::roi_pool", [_t(2, 6, 9, 8), _t(3, 5), 0.5, 2, 3]),
    ("torchvision::ps_roi_align", [_t(2, 12, 9, 8), _t(3, 5), 0.5, 2, 3, 2]),
    ("torchvision::ps_roi_pool", [_t(2, 12, 9, 8), _t(3, 5), 0.5, 3, 2]),
    ("aten::bucketize.Scalar", [2.5, _t(4), True, False]),
    ("aten::searchsorted.Scalar", [_t(4), 2.5, False, True, None, None]),
    ("aten::histogram.bins_tensor", [_t(4, 3), _t(5), None, False]),
    ("aten::unique_dim_consecutive", [_t(4, 3), 1, False, True]),
    ("aten::unique_consecutive", [_t(4), True, False, 0]),
    ("aten::_unique", [_t(4, 3), True, True]),
    ("aten::frobenius_norm.dim", [_t(4, 3), [0, 1], False]),
    ("aten::norm.Scalar", [_t(4, 3), 2]),
    ("aten::norm.ScalarOpt_dtype", [_t(4, 3), None, 7]),
    ("aten::norm.ScalarOpt_dim_dtype", [_t(4, 3), 1.0, [0], True, 7]),
    ("aten::nuclear_norm", [_t(2, 4, 3), True]),
    ("aten::nuclear_norm.dim", [_t(2, 4, 3), [0, 2], False]),
    ("aten::linalg_norm.ord_str", [_t(4, 3, dtype=DType.COMPLEX64), "fro", None, True, None]),
    ("aten::amax", [_t(0, 3), [1], False]),
    ("aten::argmin", [_t(0, 3), None, True]),
    ("aten::any.dims", [_t(2, 3, dtype=DType.UINT8), [], False]),
    ("aten::diff", [_t(2, 3), 0, -1, None, None]),
    ("aten::diff", [_t(2, 3), 5, 0, _t(1, 3, dtype=DType.FLOAT64), _t(2, 3)]),
    ("aten::cumulative_trapezoid.dx", [_t(2, 3, dtype=_I), 1, 0]),
    ("aten::trapz.dx", [_t(0, 3, dtype=_I), 1.0, 0]),
    ("aten::topk", [_t(2, 3), 4, 1, True, True]),
    ("aten::logsumexp", [_t(2, 3, dtype=_I), [-1, 0], True]),
    # views
    ("aten::adjoint", [TensorType(DType.COMPLEX64, (2, 3, 4))]),
    ("aten::mH", [TensorType(_F, (2, 3))]),
    ("aten::mH.a", [TensorType(_F, ())]),
    ("aten::mT", [TensorType(_F, (5,))]),
    ("aten::mT.a", [TensorType(_F, (5, 1, 6))]),
    ("aten::matrix_H", [TensorType(_F, (2, 3))]),
    ("aten::numpy_T", [TensorType(_F, (2, 3, 5))]),
    ("aten::numpy_T.a", [TensorType(_F, (1,))]),
    ("aten::t_", [TensorType(_F, (2, 3))]),
    ("aten::swapaxes", [TensorType(_F, (2, 3, 5)), -1, 0]),
    ("aten::swapdims_", [TensorType(_F), True, 0]),
    ("aten::swapdims", [TensorType(_F, ()), 0, -1]),
    ("aten::squeeze_", [TensorType(_F, (1, 3, 1))]),
    ("aten::squeeze_.dims", [TensorType(_F, (1, 3, 1)), [0, -1, -1]]),
    ("aten::squeeze_copy.dims", [TensorType(_F, ()), [0, -1]]),
    ("aten::squeeze.dim", [TensorType(_F, (sym("n") * 2, sym("n") + 2, 1)), 1]),
    ("aten::moveaxis.int", [TensorType(_F, (2, 3, 5)), 0, -1]),
    ("aten::movedim.int", [TensorType(_F, (2, 3, 5)), True, False]),
    ("aten::moveaxis.intlist", [TensorType(_F, (2, 3, 5, 6)), [0, 2], [-1, 0]]),
    ("aten::movedim.intlist", [TensorType(_F, ()), [], []]),
    ("aten::movedim.intlist", [TensorType(_F, ()), [0], [-1]]),
    ("aten::permute", [TensorType(_F, ()), [0]]),
    ("aten::permute", [TensorType(_F, (2, 5)), [0, False]]),
    ("aten::flatten.using_ints", [TensorType(_F, (sym("n"), 0, None, 5)), 1, -1]),
    ("aten::flatten.using_ints", [TensorType(_F, (sym("n"), 2, 5)), True, -3]),
    ("aten::view", [TensorType(_F, (sym("n"), 6)), [-1, 2, 3]]),
    ("aten::view", [TensorType(_F, (sym("n"), 6)), [sym("n") * 2, Unknown(ty.INT)]]),
    ("aten::view", [TensorType(_F, (sym("n"), 6)), [sym("n") - 2, -1, 0]]),
    ("aten::view", [TensorType(_F, (sym("n"), 6)), [sym("n") // 2, 12]]),
    ("aten::view", [TensorType(_F, (2, None)), [-1, 0]]),
    ("aten::view", [TensorType(_F, (0, 6)), [-1, 0]]),
    ("aten::view", [TensorType(_F, (2, 6)), [2**50, 2**50]]),
    ("aten::reshape", [TensorType(_F, (2, 6)), [True, -1, 0]]),
    ("aten::unflatten.int", [TensorType(_F, (sym("n") * 6, 5)), 0, [-1, 3]]),
    ("aten::unflatten.int", [TensorType(_F, ()), 0, [1]]),
    ("aten::expand", [TensorType(_F, (1, sym("n"), 5)), [3, -1, sym("n"), Unknown(ty.INT)], False]),
    ("aten::expand", [TensorType(_F, (1, 5)), [-1, -1, 5], False]),
    ("aten::view_as", [TensorType(_F, (sym("n"), 6)), TensorType(_I, (3, sym("n"), None))]),
    ("aten::atleast_3d.Sequence", [[TensorType(_F), TensorType(_I, ()), TensorType(_F, (1, 5))]]),
    ("aten::atleast_2d.Sequence", [Unknown(ty.ListType(TensorType()))]),
    ("aten::view.dtype", [TensorType(_F, (2, 5)), 0]),
    ("aten::view.dtype", [TensorType(_F, (2, sym("n") * 4)), DType.COMPLEX128.code]),
    ("aten::view_copy.dtype", [TensorType(_F, (2, 3)), DType.FLOAT64.code]),
    ("aten::view_copy.dtype", [TensorType(_F, ()), 99]),
    ("aten::view_as_complex_copy", [TensorType(_F, (3, 2))]),
    ("aten::view_as_real_copy", [TensorType(DType.COMPLEX64, (3, 2))]),
    ("aten::as_strided_", [TensorType(_F, (3, 2)), [2, sym("n")], [1, 1], None]),
    # parts
    ("aten::select_copy.int", [TensorType(_F, (2, 6)), 1, -6]),
    ("aten::select.int", [TensorType(_F, (2, 6)), 1, True]),
    ("aten::slice_copy.Tensor", [TensorType(_F, (2, 6)), -1, 1, 2**63 - 1, 2]),
    ("aten::slice.Tensor", [TensorType(_F, (sym("n") * 2 + 3, 6)), 0, -3, None, 2]),
    ("aten::slice.Tensor", [TensorType(_F, (sym("n") * 2 + 3, 6)), 0, None, -2, 3]),
    ("aten::slice.Tensor", [TensorType(_F, (sym("n"), 6)), 0, -sym("n") - 1, sym("n"), 1]),
    ("aten::slice.Tensor", [TensorType(_F, (sym("n"), 6)), 0, sym("n") // 2, sym("n"), 1]),
    ("aten::slice.Tensor", [TensorType(_F, (sym("n") + 1, 6)), 1, -(2**63), 2**62, 2**63 - 1]),
    ("aten::slice.Tensor", [TensorType(_F, (2, 6)), 1, True, Unknown(ty.INT), True]),
    ("aten::narrow", [TensorType(_F, (2, 6)), 1, 2, sym("n")]),
    ("aten::diagonal", [TensorType(_F, (sym("n"), sym("n") + 2, 5)), -1, 0, 1]),
    ("aten::diagonal", [TensorType(_F, (2, 3)), -(2**50), 0, -1]),
    ("aten::unfold", [TensorType(_F, (sym("n"), 6)), 0, 3, 2]),
    ("aten::unfold", [TensorType(_F, (2, 6)), 1, True, 2]),
    ("aten::unfold", [TensorType(_F, ()), 0, 1, 2]),
    ("aten::split", [TensorType(_F, (6, 6)), [2, 3, 1], -1]),
    ("aten::split", [TensorType(_F, (sym("n"), 6)), [sym("n"), True], 0]),
    ("aten::split", [TensorType(_F, (6, 6)), [2**62, 2**62, 2**62], 0]),
    ("aten::unsafe_split_with_sizes", [TensorType(_F, (6,)), [6], 0]),
    ("aten::split_copy.Tensor", [TensorType(_F, (6, 7)), 2, 1]),
    ("aten::split.Tensor", [TensorType(_F, (sym("n") * 3, 7)), sym("n"), 0]),
    ("aten::split.Tensor", [TensorType(_F, (sym("n") * 3, 0)), 0, 1]),
    ("aten::split.Tensor", [TensorType(_F, (1 << 17, 3)), 1, 0]),
    ("aten::chunk", [TensorType(_F, (sym("n") * 6, 7)), 3, 0]),
    ("aten::chunk", [TensorType(_F, (sym("n") * 6 + 1, 7)), 3, 0]),
    ("aten::chunk", [TensorType(_F, (0, 7)), 3, 0]),
    ("aten::chunk", [TensorType(_F, (0, 7)), 2**50, 0]),
    ("aten::tensor_split.sections", [TensorType(_F, (sym("n") + 4, 7)), 3, 0]),
    ("aten::tensor_split.indices", [TensorType(_F, (sym("n") + 4, 7)), [1, sym("n"), -2], 0]),
    ("aten::unbind.int", [TensorType(_F, (1 << 17, 3)), 0]),
    # joins, copies, images
    ("aten::concat", [[TensorType(_F, (2, 3)), TensorType(_I, (0,)), TensorType(_F, (2, 5))], -1]),
    ("aten::concatenate", [[TensorType(_F, (sym("n"), 3)), TensorType(_F, (None,))], 0]),
    ("aten::cat", [[TensorType(_F, (sym("n"), 3)), TensorType(_F, (2, sym("k")))], 1]),
    ("aten::cat", [[TensorType(_F, (2, 3)), TensorType(_F, (5, 6)), TensorType(_F, (4, 6))], 1]),
    ("aten::cat", [[TensorType(_F, ()), TensorType(DType.BOOL, ())], 0]),
    ("aten::cat", [Unknown(ty.ListType(TensorType())), 0]),
    ("aten::stack", [[TensorType(_F), TensorType(_I, (2, None)), TensorType(_F, (None, 5))], -1]),
    ("aten::row_stack", [[TensorType(_F, ()), TensorType(_F, (1,))]]),
    ("aten::row_stack", [[]]),
    ("aten::stack", [[_t(2, dtype=DType.QINT8), _t(2, dtype=_I), _t(2, dtype=DType.QINT32)], 0]),
    ("aten::column_stack", [[TensorType(_F, (5,)), TensorType(_F, ()), TensorType(_F, (5, 2))]]),
    ("aten::block_diag", [[TensorType(_F, (5, 3)), TensorType(_F, ()), TensorType(_I, (2,))]]),
    ("aten::repeat", [TensorType(_F, (sym("n"), 0)), [2, Unknown(ty.INT), sym("k") - 1]]),
    ("aten::rot90", [TensorType(_F, (2, 3)), -3, [0, 1]]),
    ("aten::flip", [TensorType(_F, ()), [0, -1]]),
    ("aten::diag_embed", [TensorType(_F, (2, sym("n"))), -(2**50), 0, -1]),
    ("aten::native_channel_shuffle", [TensorType(_F, (2, 6, 3)), 3]),
    ("aten::pixel_shuffle", [TensorType(_F, (sym("n") * 8, 3, sym("n"))), 2]),
    ("aten::pixel_unshuffle", [TensorType(_F, (2, 0, None, 6)), 3]),
    ("aten::im2col", [TensorType(_F, (2, sym("n"), sym("n") + 5)), [2, 3], [1, 1], 0, [2]]),
    ("aten::im2col", [TensorType(_F, (0, 6, 6)), [sym("n"), 2], [1, 1, 1], 0, 1]),
    ("aten::im2col", [TensorType(_F, (0, 6, 6)), Unknown(ty.ListType(ty.INT)), 1, 0, 1]),
    ("aten::col2im", [TensorType(_F, (12, 20)), [5, 6], [2, 2], [1, 1], [0, 0], [1, 1]]),
    ("aten::col2im", [TensorType(_F, (2, sym("n") * 6, 20)), [], [2, 3], [1, 1], [0, 0], [1, 1]]),
    ("aten::broadcast_tensors", [[TensorType(_F, (2, 1)), TensorType(_I, (sym("n"),))]]),
    ("aten::broadcast_tensors", [[TensorType(_F, (2, 3)), TensorType(_I, (4,))]]),
]
# Modules of rules that are asked of operands made from the schema too, where op_db has none for an operator.
_FROM_SCHEMAS = (
    "container_rules", "containers", "facts", "casts", "checked", "creation", "ranges", "random", "python_dicts",
    "python_lists", "python_text", "strings", "tolist", "tensor_text", "numpy_types", "precision", "fourier", "signal",
    "quantize", "quantized", "quantized_arithmetic", "quantized_layers", "number_rules", "families",
)  # fmt: skip
_DTYPES = [
    DType.FLOAT32,
    DType.FLOAT64,
    DType.INT64,
    DType.BOOL,
    DType.COMPLEX64,
    DType.FLOAT16,
    DType.UINT8,
]


# --- what is known of values, as the driver reads and writes it ---------------------------------------------------


def spelled(value: Abstract) -> str:
    """The words that engine/tests/driver/rules.cc reads."""
    match value:
        case None:
            return "N"
        case bool():
            return f"B {value:d}"
        case int():
            return f"I {value}"
        case float():
            return f"F {value.hex()}"
        case complex():
            return f"C {value.real.hex()} {value.imag.hex()}"
        case str():
            return f"X x{value.encode().hex()}"
        case Expr():
            return f"S {_size(value)}"
        case Unknown():
            return f"U {str(value.type).replace(' ', '~')}"
        case TensorType():
            dtype = "-" if value.dtype is None else value.dtype.code
            if value.shape is None:
                return f"T {dtype} -"
            return " ".join([f"T {dtype} {len(value.shape)}", *map(_size, value.shape)])
        case list() | tuple():
            tag = "L" if isinstance(value, list) else "P"
            return " ".join([f"{tag} {len(value)}", *map(spelled, value)])
    raise TypeError(f"no rule is asked about {value!r}")


def _size(size: object) -> str:
    """In reverse Polish notation, as the driver reads it: ``2*n + 1`` is ``2,n,*,1,+``."""
    if not isinstance(size, Expr):
        return "-" if size is None else str(size)
    return ",".join(_term(*term) for term in size.terms) + ",+" * (len(size.terms) - 1)


def _term(monomial: Monomial, coefficient: int) -> str:
    factors = [
        f",{a.name},*" if isinstance(a, Symbol) else f",{_size(a.numerator)},{a.divisor},/,*"
        for a in monomial
    ]
    return f"{coefficient}{''.join(factors)}"


def told(value: Abstract) -> str:
    """What is known, in words; what the driver answers."""
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(told, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    return f"{value}" if isinstance(value, (TensorType, Expr, Unknown)) else f"{value!r}"


def answer(call: Call) -> str:
    """What the Python rule says to a call."""
    op = lookup(call[0])
    assert op is not None
    try:
        return told(op.infer(*call[1]))
    except TsxError as error:
        return f"refused {error.code} {error.message}"


# --- calls from real ones ------------------------------------------------------------------------------------------


def variants(call: Call, seed: int = 0) -> Iterator[Call]:
    """The call itself, then with symbols, with less known, and with one thing changed that may be wrong."""
    kind, operands = call
    op = lookup(kind)
    assert op is not None
    rng = random.Random(zlib.crc32(repr((kind, seed, list(map(told, operands)))).encode()))
    yield call
    yield kind, [_map(v, _symbolic(rng)) for v in operands]
    yield (
        kind,
        [
            _map(v, lambda t: TensorType(t.dtype, t.shape and (None,) * len(t.shape)))
            for v in operands
        ],
    )
    yield kind, [_map(v, lambda t: TensorType(t.dtype)) for v in operands]
    yield kind, [_map(v, lambda t: TensorType(None, t.shape)) for v in operands]
    yield kind, [_map(v, lambda t: TensorType()) for v in operands]
    yield kind, [_less_known(op, i, v, rng) for i, v in enumerate(operands)]
    for _ in range(8):
        place = rng.randrange(len(operands)) if operands else 0
        changed = [_changed(v, rng) if i == place else v for i, v in enumerate(operands)]
        yield kind, changed
        yield kind, [_map(v, _symbolic(rng)) for v in changed]


def _map(value: Abstract, change: object) -> Abstract:
    if isinstance(value, TensorType):
        return change(value)  # type: ignore[operator]  # a function of one tensor type
    if isinstance(value, (list, tuple)):
        return type(value)(_map(item, change) for item in value)
    return value


def _symbolic(rng: random.Random) -> object:
    """Equal sizes become one symbol, as in a model; some sizes are sums."""
    offset = rng.choice([0, 0, 1])

    def change(tensor: TensorType) -> TensorType:
        if tensor.shape is None:
            return tensor
        sizes = (
            2 * sym(f"s{s}") + offset if isinstance(s, int) and s > 4 else
            sym(f"s{s}") if isinstance(s, int) and s > 1 else s for s in tensor.shape
        )  # fmt: skip
        return TensorType(tensor.dtype, tuple(sizes))

    return change


def _less_known(op: Op, place: int, value: Abstract, rng: random.Random) -> Abstract:
    """An int or a list of which only the type is known, now and then."""
    formal = op.schema.arguments[min(place, len(op.schema.arguments) - 1)]
    if isinstance(value, TensorType) or rng.random() < 0.5:
        return value
    if isinstance(value, list) and value and all(type(v) is int for v in value):
        return rng.choice(
            [Unknown(ty.ListType(ty.INT)), [Unknown(ty.INT), *value[1:]], [sym("n"), *value[1:]]]
        )
    simple = {bool: ty.BOOL, int: ty.INT, float: ty.FLOAT, str: ty.STR}.get(type(value))
    if simple is None or formal.type == ty.NONE:
        return value
    return sym("n") + 1 if simple == ty.INT and rng.random() < 0.5 else Unknown(simple)


def _changed(value: Abstract, rng: random.Random) -> Abstract:
    match value:
        case TensorType(dtype=dtype, shape=shape) if shape is not None:
            return _other_tensor(dtype, list(shape), rng)
        case bool():
            return not value
        case int():
            others = [value + 1, -value - 1, 0, 1, 2, 7, -1, -3, value * 1000]
            return rng.choice([v for v in others if -(2**63) <= v < 2**63])
        case float():
            return rng.choice([0.0, -1.0, 2.5, float("nan"), float("inf")])
        case str():
            return rng.choice(["", "nearest", "none", value + "x"])
        case list() | tuple() if value:
            items = list(value)
            at = rng.randrange(len(items))
            items[at : at + 1] = rng.choice(
                [[], [_changed(items[at], rng)], [items[at], items[at]]]
            )
            return type(value)(items)
    return value


def _other_tensor(dtype: DType | None, shape: list[object], rng: random.Random) -> TensorType:
    way = rng.randrange(6)
    if way == 0:
        return TensorType(rng.choice(_DTYPES), tuple(shape))  # type: ignore[arg-type]  # sizes all
    if way == 1:
        shape.insert(rng.randrange(len(shape) + 1), rng.choice([1, 2, 5]))
    elif shape and way == 2:
        del shape[rng.randrange(len(shape))]
    elif shape:
        shape[rng.randrange(len(shape))] = rng.choice([0, 1, 2, 3, 4, 17])
    return TensorType(dtype, tuple(shape))  # type: ignore[arg-type]  # sizes all


# --- the file of calls ---------------------------------------------------------------------------------------------


def plain(value: Abstract) -> object:
    """A value of a call as JSON."""
    if isinstance(value, TensorType):
        return {"dtype": value.dtype and value.dtype.code, "shape": value.shape}
    if isinstance(value, (list, tuple)):
        return {"list" if isinstance(value, list) else "tuple": [plain(v) for v in value]}
    if isinstance(value, (float, complex)):
        return {type(value).__name__: repr(value)}
    return value


def read(value: object) -> Abstract:
    if not isinstance(value, dict):
        return value
    if "shape" in value:
        return TensorType(ty.DTYPE_BY_CODE.get(value["dtype"]), tuple(value["shape"]))
    for name, make in (("list", list), ("tuple", tuple)):
        if name in value:
            return make(read(v) for v in value[name])
    return float(value["float"]) if "float" in value else complex(value["complex"])


def calls() -> list[Call]:
    rows = json.loads(CALLS.read_text(encoding="utf-8"))
    found = [
        (kind, [read(v) for v in operands]) for kind, many in rows.items() for operands in many
    ]
    reached = {kind for kind, _ in found}
    made = [
        (op.kind, operands)
        for op in all_ops()
        if op.kind not in reached and op.infer.__module__.rpartition(".")[2] in _FROM_SCHEMAS
        for operands in rule_operands.made(op)
    ]
    return found + MADE_UP + nn_calls.MADE_UP + made


def main(most: int = 6) -> None:
    """Writes the file."""
    import numpy as np

    from tests.engine import samples
    from tsx.ops.dtypes import type_of

    def known(value: object) -> Abstract:
        if isinstance(value, np.ndarray):
            return type_of(value)
        if isinstance(value, (list, tuple)):
            return type(value)(known(v) for v in value)
        return value

    found: dict[str, dict[str, object]] = {}
    for case in samples.of_infos((), most=2):
        rows = found.setdefault(case.kind, {})
        operands = [plain(known(v)) for v in case.operands]
        if len(rows) < most:
            rows[json.dumps(operands)] = operands
    text = ",\n".join(
        f"{json.dumps(kind)}: [\n {(',' + chr(10) + ' ').join(rows)}\n]"
        for kind, rows in sorted(found.items())
    )
    CALLS.write_text("{\n" + text + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
