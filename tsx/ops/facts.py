"""What a program may ask of a tensor, and numbers taken out of one: sizes, dtype, ``item``.

Sizes are answered symbolically by the rules, so that a traced size stays a size.
"""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

from collections.abc import Callable

from tsx.ir import types as ty
from tsx.ir.op import Abstract, Trait, Unknown
from tsx.ir.types import DType, TensorType
from tsx.ops.abstract import mismatch, numel, wrap_dim
from tsx.ops.define import op
from tsx.ops.dtypes import Array, bfloat16_to_float32, dtype_of
from tsx.ops.number_rules import Number, to_int

_INTS = Unknown(ty.ListType(ty.INT))


def _int(value: Abstract) -> Abstract:
    return Unknown(ty.INT) if value is None else value


def _tensor(x: Abstract) -> TensorType:
    return x if isinstance(x, TensorType) else TensorType()


# --- sizes -----------------------------------------------------------------------------------------------------


def _size_rule(x: Abstract) -> Abstract:
    shape = _tensor(x).shape
    return _INTS if shape is None else [_int(size) for size in shape]


def _size_int_rule(x: Abstract, dim: Abstract) -> Abstract:
    shape = _tensor(x).shape
    if shape == ():
        raise mismatch("aten::size.int", "a tensor with at least one dimension", x)
    place = wrap_dim("aten::size.int", dim, None if shape is None else len(shape))
    return Unknown(ty.INT) if shape is None or place is None else _int(shape[place])


def _size_int(x: Array, dim: int) -> int:
    if not -x.ndim <= dim < x.ndim:
        raise mismatch("aten::size.int", f"a dimension of {list(x.shape)}", dim)
    size: int = x.shape[dim]
    return size


def _len_rule(x: Abstract) -> Abstract:
    return _size_int_rule(x, 0)


def _len(x: Array) -> int:
    if x.ndim == 0:
        raise mismatch("aten::len.Tensor", "a tensor with at least one dimension", "a 0-dim tensor")
    return len(x)


def _strides(x: Array) -> list[int]:
    """In elements, as torch counts them."""
    return [stride // x.itemsize for stride in x.strides]


def _fact(type: ty.Type) -> Callable[..., Abstract]:
    def infer(*_: Abstract) -> Abstract:
        return Unknown(type)

    return infer


def _dtype_fact(type: ty.Type, answer: Callable[[DType], Abstract]) -> Callable[..., Abstract]:
    def infer(x: Abstract) -> Abstract:
        dtype = _tensor(x).dtype
        return Unknown(type) if dtype is None else answer(dtype)

    return infer


def _dim_rule(x: Abstract) -> Abstract:
    return _int(_tensor(x).rank)


def _numel_rule(x: Abstract) -> Abstract:
    return _int(numel(_tensor(x).shape))


def _data_rule(x: Abstract) -> Abstract:
    return TensorType(_tensor(x).dtype, _tensor(x).shape)


def _device_rule(_: Abstract) -> Abstract:
    return "cpu"


def _layout_rule(_: Abstract) -> Abstract:
    return 0


def _true_rule(_: Abstract) -> Abstract:
    return True


def _false_rule(_: Abstract) -> Abstract:
    return False


# fmt: off
op("aten::size(Tensor self) -> int[]", infer=_size_rule, eval=lambda x: list(x.shape))
op("aten::size.int(Tensor self, int dim) -> int", infer=_size_int_rule, eval=_size_int)
op("aten::sym_size(Tensor self) -> SymInt[]", infer=_size_rule, eval=lambda x: list(x.shape))
op("aten::sym_size.int(Tensor self, int dim) -> SymInt", infer=_size_int_rule, eval=_size_int)
op("aten::len.Tensor(Tensor t) -> int", infer=_len_rule, eval=_len)
op("aten::dim(Tensor self) -> int", infer=_dim_rule, eval=lambda x: x.ndim)
op("aten::numel(Tensor self) -> int", infer=_numel_rule, eval=lambda x: x.size)
op("aten::sym_numel(Tensor self) -> SymInt", infer=_numel_rule, eval=lambda x: x.size)
op("aten::stride(Tensor self) -> int[]", infer=_fact(ty.ListType(ty.INT)), eval=_strides)
op("aten::stride.int(Tensor self, int dim) -> int", infer=_fact(ty.INT), eval=lambda x, dim: _strides(x)[dim])
op("aten::is_contiguous(Tensor self) -> bool", infer=_fact(ty.BOOL), eval=lambda x: x.flags.c_contiguous)
op("aten::is_floating_point(Tensor self) -> bool", infer=_dtype_fact(ty.BOOL, lambda d: d.is_float), eval=lambda x: dtype_of(x).is_float)
op("aten::is_complex(Tensor self) -> bool", infer=_dtype_fact(ty.BOOL, lambda d: d.is_complex), eval=lambda x: dtype_of(x).is_complex)
op("aten::element_size(Tensor self) -> int", infer=_dtype_fact(ty.INT, lambda d: d.itemsize), eval=lambda x: x.itemsize)
op("prim::dtype(Tensor a) -> int", infer=_dtype_fact(ty.INT, lambda d: d.code), eval=lambda x: dtype_of(x).code)
op("prim::device(Tensor a) -> Device", infer=_device_rule, eval=lambda x: "cpu")
op("prim::layout(Tensor a) -> Layout", infer=_layout_rule, eval=lambda x: 0)
op("prim::is_cuda(Tensor a) -> bool", infer=_false_rule, eval=lambda x: False)
op("prim::is_cpu(Tensor a) -> bool", infer=_true_rule, eval=lambda x: True)
op("prim::requires_grad(Tensor a) -> bool", infer=_false_rule, eval=lambda x: False)
op("prim::data(Tensor(a) a) -> Tensor(a)", infer=_data_rule, eval=lambda x: x, traits=Trait.PURE | Trait.VIEW)
# fmt: on


# --- numbers out of tensors --------------------------------------------------------------------------------------


def item(x: Array) -> Number:
    """The Python number in a tensor of one element."""
    if x.size != 1:
        raise mismatch("aten::item", "a tensor with one element", f"shape {list(x.shape)}")
    plain = bfloat16_to_float32(x) if dtype_of(x) is DType.BFLOAT16 else x
    number: Number = plain.item()
    return number


def _implicit(x: Array) -> Number:
    if x.ndim:
        raise mismatch("an implicit conversion", "a 0-dim tensor", f"shape {list(x.shape)}")
    return item(x)


def _item_type(dtype: DType) -> ty.Type:
    if dtype.is_float:
        return ty.FLOAT
    if dtype.is_complex:
        return ty.COMPLEX
    return ty.BOOL if dtype is DType.BOOL else ty.INT


def _as_float(number: Number) -> float:
    return number.real if isinstance(number, complex) else float(number)


def _as_int(number: Number) -> int:
    return to_int("Int", _as_float(number)) if not isinstance(number, int) else int(number)


_item_rule = _dtype_fact(ty.NUMBER, lambda dtype: Unknown(_item_type(dtype)))

# fmt: off
op("aten::item(Tensor self) -> Scalar", infer=_item_rule, eval=item)
op("aten::_local_scalar_dense(Tensor self) -> Scalar", infer=_item_rule, eval=item)
op("aten::ScalarImplicit(Tensor a) -> Scalar", infer=_item_rule, eval=_implicit)
op("aten::Int.Tensor(Tensor a) -> int", infer=_fact(ty.INT), eval=lambda x: _as_int(item(x)))
op("aten::IntImplicit(Tensor a) -> int", infer=_fact(ty.INT), eval=lambda x: _as_int(_implicit(x)))
op("aten::Float.Tensor(Tensor a) -> float", infer=_fact(ty.FLOAT), eval=lambda x: _as_float(item(x)))
op("aten::FloatImplicit(Tensor a) -> float", infer=_fact(ty.FLOAT), eval=lambda x: _as_float(_implicit(x)))
op("aten::Bool.Tensor(Tensor a) -> bool", infer=_fact(ty.BOOL), eval=lambda x: bool(item(x)))
op("aten::is_nonzero(Tensor self) -> bool", infer=_fact(ty.BOOL), eval=lambda x: bool(item(x)))
op("aten::ComplexImplicit(Tensor a) -> complex", infer=_fact(ty.COMPLEX), eval=lambda x: complex(_implicit(x)))
# fmt: on
