"""Matrix products: matmul and its special cases, linear, dot and outer products.

All run on BLAS through ``product``. Half and bfloat16 multiply in float32. Sizes follow torch's ``matmul``: a vector is
a row on the left and a column on the right; the dimensions before the last two broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Evaluate, Infer, Trait
from tsx.ir.schema import parse_schema
from tsx.ir.types import DTYPE_BY_CODE, DType, Shape, TensorType, dim_text
from tsx.ops.abstract import broadcast, dtype_arg
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.nn_rules import differ, need_rank, one_dtype, shape_text, tensor_of
from tsx.ops.nn_rules import product as size_product
from tsx.ops.precision import narrow, need_same, widen

CONTRACTION = Trait.PURE | Trait.CONTRACTION


def product(a: Array, b: Array) -> Array:
    """``a @ b`` on BLAS, for operands of one dtype that NumPy computes in (not half, not bfloat16)."""
    if b.ndim == 2 and a.ndim > 2 and a.flags.c_contiguous and a.size:
        # One large product instead of one for each batch entry.
        rows = a.reshape(-1, a.shape[-1])
        flat = np.asarray(np.matmul(rows, _blas_ready(b)))
        return flat.reshape(*a.shape[:-1], b.shape[1])
    return np.asarray(np.matmul(_blas_ready(a), _blas_ready(b)))


def _blas_ready(array: Array) -> Array:
    """The array, copied if its last two strides are such that NumPy would leave BLAS for a slow loop."""
    if array.ndim < 2:
        return array
    (rows, columns), (across, along) = array.shape[-2:], array.strides[-2:]
    size = array.itemsize
    fits = (along == size and across >= columns * size) or (across == size and along >= rows * size)
    return array if fits else np.ascontiguousarray(array)


def matmul_shape(op: str, a: Shape | None, b: Shape | None) -> Shape | None:
    """The shape of ``a @ b`` (numpy.matmul's rule); None when a rank is unknown."""
    if a is None or b is None:
        return None
    if not a or not b:
        raise fail(
            "TSX4055", op=op, expected="two tensors of 1 or more dimensions", found="a scalar"
        )
    inner = b[-2] if len(b) > 1 else b[0]
    if differ(a[-1], inner):
        expected = "the last size of the first to equal the inner size of the second"
        raise fail("TSX4050", op=op, expected=expected, left=shape_text(a), right=shape_text(b))
    batch = broadcast(op, [a[:-2], b[:-2]])
    assert batch is not None
    return batch + (a[-2:-1] if len(a) > 1 else ()) + (b[-1:] if len(b) > 1 else ())


def _flops(*values: Abstract) -> int:
    """Two operations (multiply, add) for each element of the result and of the inner dimension."""
    inner = (tensor_of(values[0]).shape or (None,))[-1:]
    out = tensor_of(values[-1]).shape
    return 0 if out is None else 2 * size_product((*out, *inner))


def _rule(name: str, left: Sequence[int] = (), right: Sequence[int] = ()) -> Infer:
    """The rule of a product whose operands must have the ranks ``left`` and ``right`` (empty: any)."""

    def rule(a: Abstract, b: Abstract, out_dtype: Abstract = None) -> TensorType:
        dtype = dtype_arg(out_dtype, one_dtype(name, a, b))
        x = need_rank(name, a, left, "first operand") if left else tensor_of(a).shape
        y = need_rank(name, b, right, "second operand") if right else tensor_of(b).shape
        if name == "bmm" and x and y and differ(x[0], y[0]):
            texts = shape_text(x), shape_text(y)
            raise fail(
                "TSX4050", op=name, expected="equal batch sizes", left=texts[0], right=texts[1]
            )
        return TensorType(dtype, matmul_shape(name, x, y))

    return rule


def _evaluate(name: str, rule: Infer) -> Evaluate:
    """The meaning of a product: checked by its own rule, computed by ``product``."""

    def evaluate(a: Array, b: Array, out_dtype: int | None = None) -> Array:
        dtype = need_same(name, a, b)
        rule(type_of(a), type_of(b))
        if dtype is DType.BOOL:
            raise fail("TSX4056", op=name, expected="number", found=dtype)
        wanted = dtype if out_dtype is None else DTYPE_BY_CODE[out_dtype]
        return narrow(product(widen(a), widen(b)), wanted)

    return evaluate


def _define(
    schema: str,
    left: Sequence[int] = (),
    right: Sequence[int] = (),
    torch: tuple[str, ...] = (),
    numpy: tuple[str, ...] = (),
) -> None:
    name = parse_schema(schema).base
    rule = _rule(name, left, right)
    op(
        schema,
        infer=rule,
        eval=_evaluate(name, rule),
        traits=CONTRACTION,
        flops=_flops,
        torch=torch,
        numpy=numpy,
    )


_define(
    "aten::matmul(Tensor self, Tensor other) -> Tensor",
    torch=("torch.Tensor.__matmul__",),
    numpy=("matmul",),
)
_define("aten::linalg_matmul(Tensor self, Tensor other) -> Tensor", torch=("torch.linalg.matmul",))
_define("aten::mm(Tensor self, Tensor mat2) -> Tensor", (2,), (2,))
_define("aten::mm.dtype(Tensor self, Tensor mat2, ScalarType out_dtype) -> Tensor", (2,), (2,))
_define("aten::bmm(Tensor self, Tensor mat2) -> Tensor", (3,), (3,))
_define("aten::bmm.dtype(Tensor self, Tensor mat2, ScalarType out_dtype) -> Tensor", (3,), (3,))
_define("aten::mv(Tensor self, Tensor vec) -> Tensor", (2,), (1,))
_define("aten::dot(Tensor self, Tensor tensor) -> Tensor", (1,), (1,))


# --- products that are matmul after a small change of an operand ---------------------------------------------


def _vdot(a: Array, b: Array) -> Array:
    need_same("vdot", a, b)
    _rule("vdot", (1,), (1,))(type_of(a), type_of(b))
    return narrow(product(widen(a).conj(), widen(b)), dtype_of(a))


op(
    "aten::vdot(Tensor self, Tensor other) -> Tensor",
    infer=_rule("vdot", (1,), (1,)),
    eval=_vdot,
    traits=CONTRACTION,
    flops=_flops,
)


def _infer_inner(a: Abstract, b: Abstract) -> TensorType:
    dtype, x, y = one_dtype("inner", a, b), tensor_of(a).shape, tensor_of(b).shape
    if x is None or y is None:
        return TensorType(dtype)
    if not x or not y:
        return TensorType(dtype, x + y)
    if differ(x[-1], y[-1]):
        raise fail(
            "TSX4050", op="inner", expected="equal last sizes", left=shape_text(x), right=shape_text(y)
        )  # fmt: skip
    return TensorType(dtype, x[:-1] + y[:-1])


def _inner(a: Array, b: Array) -> Array:
    dtype = need_same("inner", a, b)
    _infer_inner(type_of(a), type_of(b))
    x, y = widen(a), widen(b)
    if not a.ndim or not b.ndim:
        return narrow(np.asarray(x * y), dtype)
    shape = a.shape[:-1] + b.shape[:-1]
    rows, columns, depth = math.prod(a.shape[:-1]), math.prod(b.shape[:-1]), a.shape[-1]
    flat = product(x.reshape(rows, depth), y.reshape(columns, depth).T)
    return narrow(flat.reshape(shape), dtype)


op(
    "aten::inner(Tensor self, Tensor other) -> Tensor",
    infer=_infer_inner,
    eval=_inner,
    traits=CONTRACTION,
    flops=_flops,
)


# --- linear ------------------------------------------------------------------------------------------------------


def linear_rule(input: Abstract, weight: Abstract, bias: Abstract) -> TensorType:
    dtype = one_dtype("linear", input, weight, bias)
    x, w = tensor_of(input).shape, need_rank("linear", weight, (1, 2), "weight")
    if x is None or w is None:
        return TensorType(dtype)
    if not x or differ(x[-1], w[-1]):
        expected = f"an input whose last size is {dim_text(w[-1])}"
        raise fail(
            "TSX4050", op="linear", expected=expected, left=shape_text(x), right=shape_text(w)
        )
    out = w[:-1]
    b = tensor_of(bias).shape
    if b is not None and out and b and differ(b[-1], out[0]) and b[-1] != 1:
        raise fail(
            "TSX4060", op="linear", what="a bias", expected=shape_text(out), found=shape_text(b)
        )
    return TensorType(dtype, x[:-1] + out)


def linear(input: Array, weight: Array, bias: Array | None = None) -> Array:
    """``input @ weight.T + bias`` for an input of any rank."""
    operands = [a for a in (input, weight, bias) if a is not None]
    dtype = need_same("linear", *operands)
    linear_rule(type_of(input), type_of(weight), None if bias is None else type_of(bias))
    result = product(widen(input), widen(weight).T)
    if bias is not None:
        # The product is a fresh array: the bias is added in place.
        result = np.add(result, widen(bias), out=result if result.ndim else None)
    return narrow(result, dtype)


op(
    "aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor",
    infer=linear_rule,
    eval=linear,
    traits=CONTRACTION,
    flops=_flops,
    torch=("torch.nn.functional.linear",),
)
