"""Outer products, chains of matrices and other products: outer, kron, multi_dot, vecdot, cross, matrix_power."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.abstract import broadcast, wrap_dim
from tsx.ops.define import op
from tsx.ops.dtypes import Array, cast, type_of
from tsx.ops.matmul import matmul_shape, product
from tsx.ops.nn_rules import differ, need_rank, one_dtype, shape_text, tensor_of
from tsx.ops.precision import compute_dtype, narrow, need_same, widen
from tsx.ops.promote import result_type


def _common(a: Array, b: Array) -> tuple[Array, Array, DType]:
    """Both operands in the dtype to compute in, and the dtype of the result, by torch's promotion."""
    dtype = result_type(a, b)
    assert dtype is not None
    wide = compute_dtype(dtype)
    return cast(a, wide), cast(b, wide), dtype


# --- outer, kron -------------------------------------------------------------------------------------------------


def _infer_outer(a: Abstract, b: Abstract) -> TensorType:
    x = need_rank("outer", a, (1,), "first operand") or (None,)
    y = need_rank("outer", b, (1,), "second operand") or (None,)
    return TensorType(result_type(tensor_of(a), tensor_of(b)), (x[0], y[0]))


def _outer(a: Array, b: Array) -> Array:
    _infer_outer(type_of(a), type_of(b))
    x, y, dtype = _common(a, b)
    return narrow(x[:, None] * y, dtype)


op("aten::outer(Tensor self, Tensor vec2) -> Tensor", infer=_infer_outer, eval=_outer)
op("aten::ger(Tensor self, Tensor vec2) -> Tensor", infer=_infer_outer, eval=_outer)


def _infer_kron(a: Abstract, b: Abstract) -> TensorType:
    dtype = result_type(tensor_of(a), tensor_of(b))
    x, y = tensor_of(a).shape, tensor_of(b).shape
    if x is None or y is None:
        return TensorType(dtype)
    rank = max(len(x), len(y))
    pairs = zip((1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y, strict=True)
    return TensorType(dtype, tuple(None if m is None or n is None else m * n for m, n in pairs))


def _kron(a: Array, b: Array) -> Array:
    """Every element of ``a`` times all of ``b``, laid out as blocks."""
    x, y, dtype = _common(a, b)
    rank = max(a.ndim, b.ndim)
    m, n = (1,) * (rank - a.ndim) + a.shape, (1,) * (rank - b.ndim) + b.shape
    blocks = x.reshape([s for size in m for s in (size, 1)]) * y.reshape(
        [s for size in n for s in (1, size)]
    )
    return narrow(blocks.reshape([i * j for i, j in zip(m, n, strict=True)]), dtype)


op(
    "aten::kron(Tensor self, Tensor other) -> Tensor",
    infer=_infer_kron,
    eval=_kron,
)


# --- chains ------------------------------------------------------------------------------------------------------


def _infer_chain(matrices: Abstract) -> TensorType:
    if not isinstance(matrices, (list, tuple)):
        return TensorType()
    if len(matrices) < 2:
        raise fail("TSX4055", op="multi_dot", expected="2 or more matrices", found=len(matrices))
    dtype = one_dtype("multi_dot", *matrices)
    last = len(matrices) - 1
    shape: Shape | None = None
    for index, matrix in enumerate(matrices):
        ranks = (1, 2) if index in (0, last) else (2,)
        own = need_rank("multi_dot", matrix, ranks, "operand")
        if own is None:
            return TensorType(dtype)
        shape = own if shape is None else matmul_shape("multi_dot", shape, own)
    return TensorType(dtype, shape)


def _best_splits(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to split each chain of matrices so that the fewest products are needed (Cormen et al., 15.2)."""
    count = len(sizes) - 1
    cost, split = {(i, i): 0 for i in range(count)}, {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            options = [
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            ]
            cost[i, j], split[i, j] = min(options)
    return split


def _chain(matrices: Sequence[Array]) -> Array:
    dtype = need_same("multi_dot", *matrices)
    shape = _infer_chain([type_of(m) for m in matrices]).shape
    wide = [widen(m) for m in matrices]
    if wide[0].ndim == 1:
        wide[0] = wide[0][None]
    if wide[-1].ndim == 1:
        wide[-1] = wide[-1][:, None]
    splits = _best_splits([wide[0].shape[0], *(m.shape[1] for m in wide)])

    def multiply(first: int, last: int) -> Array:
        if first == last:
            return wide[first]
        middle = splits[first, last]
        return product(multiply(first, middle), multiply(middle + 1, last))

    return narrow(
        multiply(0, len(wide) - 1).reshape([s for s in shape or () if isinstance(s, int)]), dtype
    )


op("aten::linalg_multi_dot(Tensor[] tensors) -> Tensor", infer=_infer_chain, eval=_chain,
   torch=("torch.linalg.multi_dot",))  # fmt: skip
op("aten::chain_matmul(Tensor[] matrices) -> Tensor", infer=_infer_chain, eval=_chain)


def _infer_power(self: Abstract, n: Abstract) -> TensorType:
    tensor = tensor_of(self)
    shape = tensor.shape
    if shape is not None and (len(shape) < 2 or differ(shape[-1], shape[-2])):
        raise fail(
            "TSX4055", op="matrix_power", expected="square matrices", found=shape_text(shape)
        )
    return TensorType(tensor.dtype, shape)


def _power(self: Array, n: int) -> Array:
    dtype = type_of(self).dtype
    assert dtype is not None
    _infer_power(type_of(self), n)
    if n < 0 and not (dtype.is_float or dtype.is_complex):
        raise fail("TSX4056", op="matrix_power", expected="floating-point", found=dtype)
    try:
        return narrow(np.linalg.matrix_power(widen(self).copy(), n), dtype)
    except np.linalg.LinAlgError:
        raise fail(
            "TSX4055", op="matrix_power", expected="an invertible matrix", found="a singular one"
        ) from None


op("aten::matrix_power(Tensor self, int n) -> Tensor", infer=_infer_power, eval=_power)
op("aten::linalg_matrix_power(Tensor self, int n) -> Tensor", infer=_infer_power, eval=_power,
   torch=("torch.linalg.matrix_power",))  # fmt: skip


# --- vecdot, cross -----------------------------------------------------------------------------------------------


def _infer_vecdot(x: Abstract, y: Abstract, dim: Abstract) -> TensorType:
    dtype = one_dtype("linalg_vecdot", x, y)
    shape = broadcast("linalg_vecdot", [tensor_of(x).shape, tensor_of(y).shape])
    place = wrap_dim("linalg_vecdot", dim, None if shape is None else len(shape))
    if shape is None or place is None:
        return TensorType(dtype)
    return TensorType(dtype, shape[:place] + shape[place + 1 :])


def _vecdot(x: Array, y: Array, dim: int) -> Array:
    dtype = need_same("linalg_vecdot", x, y)
    _infer_vecdot(type_of(x), type_of(y), dim)
    a, b = np.broadcast_arrays(widen(x).conj(), widen(y))
    return narrow(np.asarray((a * b).sum(axis=dim, dtype=a.dtype)), dtype)


op("aten::linalg_vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor", infer=_infer_vecdot, eval=_vecdot,
   torch=("torch.linalg.vecdot",))  # fmt: skip


def _lacks_three(shape: Shape, dim: Abstract) -> bool:
    """Whether the dimension (without ``dim`` each of them) surely has another size than 3."""
    if dim is None:
        return all(differ(size, 3) for size in shape)
    place = wrap_dim("cross", dim, len(shape))
    return place is not None and (not shape or differ(shape[place], 3))


def _infer_cross(x: Abstract, y: Abstract, dim: Abstract) -> TensorType:
    dtype = one_dtype("cross", x, y)
    shape = broadcast("cross", [tensor_of(x).shape, tensor_of(y).shape])
    if shape is not None and _lacks_three(shape, dim):
        raise fail("TSX4055", op="cross", expected="a dimension of size 3", found=shape_text(shape))
    return TensorType(dtype, shape)


def _cross(x: Array, y: Array, dim: int | None) -> Array:
    dtype = need_same("cross", x, y)
    shape = _infer_cross(type_of(x), type_of(y), dim).shape
    assert shape is not None
    place = shape.index(3) if dim is None else dim  # without it the first one of size 3
    a, b = (np.moveaxis(t, place, -1) for t in np.broadcast_arrays(widen(x), widen(y)))
    parts = [a[..., i] * b[..., j] - a[..., j] * b[..., i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return narrow(np.stack(parts, axis=place), dtype)


def _infer_linalg_cross(x: Abstract, y: Abstract, dim: Abstract) -> TensorType:
    """Here each operand has as many dimensions, and three elements along ``dim``, before they are broadcast."""
    shapes = [shape for shape in (tensor_of(x).shape, tensor_of(y).shape) if shape is not None]
    if len({len(shape) for shape in shapes}) > 1:
        raise fail("TSX4055", op="linalg_cross", expected="operands of as many dimensions",
                   found=" and ".join(map(shape_text, shapes)))  # fmt: skip
    for shape in shapes:
        if _lacks_three(shape, dim):
            raise fail("TSX4055", op="linalg_cross", expected="operands of size 3 along the dimension",
                       found=shape_text(shape))  # fmt: skip
    return _infer_cross(x, y, dim)


def _linalg_cross(x: Array, y: Array, dim: int) -> Array:
    _infer_linalg_cross(type_of(x), type_of(y), dim)
    return _cross(x, y, dim)


op(
    "aten::linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor",
    infer=_infer_linalg_cross,
    eval=_linalg_cross,
    torch=("torch.linalg.cross",),
)
op(
    "aten::cross(Tensor self, Tensor other, int? dim=None) -> Tensor",
    infer=_infer_cross,
    eval=_cross,
)
