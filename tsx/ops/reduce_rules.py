"""Rules that reductions share: which dimensions go, what is left, in which dtype sums run."""

from __future__ import annotations

from tsx.ir.op import Abstract
from tsx.ir.types import DType, Shape, TensorType
from tsx.ops.abstract import dtype_arg, known, mismatch, wrap_dim
from tsx.ops.promote import real_of
from tsx.ops.view_rules import tensor


def reduced_shape(op: str, shape: Shape | None, dim: Abstract, keepdim: Abstract) -> Shape | None:
    """The sizes left after reducing ``dim`` (an int, several, or None and [] for all)."""
    everything = dim is None or (isinstance(dim, (list, tuple)) and not dim)
    if everything and keepdim is False:
        return ()
    if shape is None or not known(dim) or not isinstance(keepdim, bool):
        return None
    dims = range(len(shape)) if everything else dim if isinstance(dim, (list, tuple)) else (dim,)
    places = [wrap_dim(op, d, len(shape)) for d in dims]
    if len(set(places)) < len(places):
        raise mismatch(op, "each dimension once", dim)
    if keepdim:
        return tuple(1 if i in places else s for i, s in enumerate(shape))
    return tuple(s for i, s in enumerate(shape) if i not in places)


def sum_dtype(dtype: DType | None) -> DType | None:
    """Sums and products of bools and integers are int64."""
    if dtype is None:
        return None
    return DType.INT64 if dtype.is_integer or dtype is DType.BOOL else dtype


def need_float(op: str, dtype: DType | None) -> DType | None:
    """Refuses integers and bools."""
    if dtype is not None and not (dtype.is_float or dtype.is_complex):
        raise mismatch(op, "a floating-point or complex tensor", dtype)
    return dtype


def total(self: Abstract, dtype: Abstract = None) -> Abstract:
    """``sum(x)``, ``prod(x)``."""
    return total_dim("sum", self, None, False, dtype)


def total_dim(
    op: str, self: Abstract, dim: Abstract, keepdim: Abstract, dtype: Abstract
) -> TensorType:
    x = tensor(self)
    chosen = dtype_arg(dtype, sum_dtype(x.dtype))
    return TensorType(chosen, reduced_shape(op, x.shape, dim, keepdim))


def average(
    op: str, self: Abstract, dim: Abstract, keepdim: Abstract, dtype: Abstract
) -> TensorType:
    """``mean``: of floats only, unless a float dtype is given."""
    x = tensor(self)
    chosen = dtype_arg(dtype, x.dtype)
    return TensorType(need_float(op, chosen), reduced_shape(op, x.shape, dim, keepdim))


def same_dtype(op: str, self: Abstract, dim: Abstract, keepdim: Abstract) -> TensorType:
    """``amax`` and the like keep the dtype."""
    x = tensor(self)
    return TensorType(x.dtype, reduced_shape(op, x.shape, dim, keepdim))


def to_dtype(
    op: str, dtype: DType | None, self: Abstract, dim: Abstract, keepdim: Abstract
) -> TensorType:
    return TensorType(dtype, reduced_shape(op, tensor(self).shape, dim, keepdim))


def spread(op: str, self: Abstract, dim: Abstract, keepdim: Abstract) -> TensorType:
    """``var`` and ``std``: real, of floats only."""
    x = tensor(self)
    dtype = need_float(op, x.dtype)
    return TensorType(dtype and real_of(dtype), reduced_shape(op, x.shape, dim, keepdim))
