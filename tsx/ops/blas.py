"""Products that are added to a tensor: addmm, addmv, addr, baddbmm, addbmm: ``beta * self + alpha * (a @ b)``.

With beta = 0 torch does not read ``self`` at all, so its NaN and infinity don't spread.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Trait
from tsx.ir.types import DTYPE_BY_CODE, DType, Shape, TensorType
from tsx.ops.abstract import broadcast, dtype_arg
from tsx.ops.define import op
from tsx.ops.dtypes import Array, type_of
from tsx.ops.matmul import CONTRACTION, matmul_shape, product
from tsx.ops.nn_rules import differ, need_rank, one_dtype, shape_text, tensor_of
from tsx.ops.nn_rules import product as size_product
from tsx.ops.precision import narrow, need_same, widen

Number = int | float | complex


def _product_shape(name: str, x: Shape, y: Shape) -> Shape:
    """The shape of the product part, from operands of the right ranks."""
    if name == "addr":
        return (x[0], y[0])
    if name in ("baddbmm", "addbmm") and differ(x[0], y[0]):
        raise fail(
            "TSX4050", op=name, expected="equal batch sizes", left=shape_text(x), right=shape_text(y)
        )  # fmt: skip
    shape = matmul_shape(name, x, y)
    assert shape is not None
    return shape[1:] if name == "addbmm" else shape


_RANKS = {"addmm": (2, 2), "addmv": (2, 1), "addr": (1, 1), "baddbmm": (3, 3), "addbmm": (3, 3)}


def _infer(
    name: str, self: Abstract, a: Abstract, b: Abstract, out_dtype: Abstract = None
) -> TensorType:
    left, right = _RANKS[name]
    x, y = (
        need_rank(name, a, (left,), "first factor"),
        need_rank(name, b, (right,), "second factor"),
    )
    dtype = dtype_arg(out_dtype, one_dtype(name, a, b))
    if x is None or y is None:
        return TensorType(dtype)
    shape = _product_shape(name, x, y)
    added = tensor_of(self).shape
    if added is not None:
        both = broadcast(name, [added, shape])
        if both is not None and (len(both) > len(shape) or any(map(differ, both, shape))):
            expected = f"a tensor to add that expands to {shape_text(shape)}"
            raise fail("TSX4055", op=name, expected=expected, found=shape_text(added))
    return TensorType(dtype, shape)


def _multiply(name: str, a: Array, b: Array) -> Array:
    if name == "addr":
        return np.asarray(a[:, None] * b)
    if name == "addbmm":
        # The sum over the batch is one product over batch and inner dimension together.
        depth = a.shape[0] * a.shape[2]
        rows = a.transpose(1, 0, 2).reshape(a.shape[1], depth)
        return product(rows, b.reshape(depth, b.shape[2]))
    return product(a, b)


def _add_product(
    name: str, self: Array, a: Array, b: Array, beta: Number, alpha: Number, dtype: DType
) -> Array:
    need_same(name, a, b)
    shape = _infer(name, type_of(self), type_of(a), type_of(b)).shape
    assert shape is not None
    kind = widen(a).dtype
    if kind.kind == "b" and name != "addr":
        raise fail("TSX4056", op=name, expected="number", found=DType.BOOL)
    # torch converts both factors to the dtype: 0.6 is 0 for integers, and True for bool.
    alpha, beta = (kind.type(f.real if kind.kind != "c" else f) for f in (alpha, beta))
    result = _multiply(name, widen(a), widen(b))
    if alpha != 1:
        result = result * alpha
    if beta != 0:
        result = result + (widen(self) if beta == 1 else widen(self) * beta)
    return narrow(np.asarray(result), dtype)


def _flops(*values: Abstract) -> int:
    """Two operations for each pair of elements multiplied."""
    first, last = tensor_of(values[1]).shape, tensor_of(values[2]).shape
    columns = last[-1:] if last and len(last) > 1 else ()
    return 2 * size_product((*(first or (None,)), *columns))


def _rule(name: str) -> Callable[..., TensorType]:
    def rule(self: Abstract, a: Abstract, b: Abstract, *rest: Abstract) -> TensorType:
        # A `.dtype` overload has the wanted dtype before beta and alpha.
        return _infer(name, self, a, b, rest[0] if len(rest) == 3 else None)

    return rule


def _evaluate(name: str) -> Callable[..., Array]:
    def evaluate(self: Array, a: Array, b: Array, *rest: Number) -> Array:
        beta, alpha = rest[-2:]
        dtype = need_same(name, self, a, b) if len(rest) == 2 else DTYPE_BY_CODE[int(rest[0].real)]
        return _add_product(name, self, a, b, beta, alpha, dtype)

    return evaluate


def _evaluate_inplace(name: str) -> Callable[..., Array]:
    compute = _evaluate(name)

    def evaluate(self: Array, a: Array, b: Array, beta: Number, alpha: Number) -> Array:
        self[...] = compute(self, a, b, beta, alpha)
        return self

    return evaluate


_SCALES = "*, Scalar beta=1, Scalar alpha=1"
for _name, _factors in {
    "addmm": "Tensor mat1, Tensor mat2",
    "addmv": "Tensor mat, Tensor vec",
    "addr": "Tensor vec1, Tensor vec2",
    "baddbmm": "Tensor batch1, Tensor batch2",
    "addbmm": "Tensor batch1, Tensor batch2",
}.items():
    op(
        f"aten::{_name}(Tensor self, {_factors}, {_SCALES}) -> Tensor",
        infer=_rule(_name),
        eval=_evaluate(_name),
        traits=CONTRACTION,
        flops=_flops,
    )
    op(
        f"aten::{_name}_(Tensor(a!) self, {_factors}, {_SCALES}) -> Tensor(a!)",
        infer=_rule(_name),
        eval=_evaluate_inplace(_name),
        traits=Trait.INPLACE | Trait.CONTRACTION,
        flops=_flops,
    )
    if _name in ("addmm", "baddbmm"):
        op(
            f"aten::{_name}.dtype(Tensor self, {_factors}, ScalarType out_dtype, {_SCALES}) -> Tensor",
            infer=_rule(_name),
            eval=_evaluate(_name),
            traits=CONTRACTION,
            flops=_flops,
        )
