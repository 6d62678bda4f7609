"""Casts, copies and writes of whole tensors: ``to``, ``clone``, ``contiguous``, ``copy_``, ``fill_``.

A cast that changes nothing gives its operand, as in torch (``to``, ``contiguous`` and ``cpu`` are "sometimes views").
There is one device and one layout, so those operands are accepted and have no effect; memory formats only order bytes.
"""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

import numpy as np

from tsx.ir.op import Abstract, Op, Trait, register
from tsx.ir.schema import parse_schema
from tsx.ir.types import DTYPE_BY_CODE, DType, TensorType
from tsx.ops.abstract import broadcast, dtype_arg, mismatch
from tsx.ops.define import op
from tsx.ops.dtypes import Array, cast, dtype_of, to_numpy
from tsx.ops.families import check_writable, elementwise
from tsx.ops.formula import Formula, number_dtype
from tsx.ops.promote import Kind

_VIEW = Trait.PURE | Trait.VIEW
_WRITE = Trait.EFFECT | Trait.INPLACE | Trait.VIEW


# --- casts -----------------------------------------------------------------------------------------------------


def _define_cast(schema: str, place: int | None, copies: int | None) -> Op:
    """A cast whose dtype is operand ``place`` (a ScalarType, or a tensor of that dtype), copying if ``copies`` says so.

    The formula lets a group absorb the cast; on its own it gives its operand when there is nothing to do.
    """
    parsed = parse_schema(schema)

    def target(x_dtype: DType, operands: tuple[object, ...]) -> DType:
        wanted = None if place is None else operands[place]
        if isinstance(wanted, np.ndarray):
            return dtype_of(wanted)
        return DTYPE_BY_CODE[wanted] if isinstance(wanted, int) else x_dtype

    def evaluate(*operands: object) -> Array:
        x = operands[0]
        assert isinstance(x, np.ndarray)
        result = cast(x, target(dtype_of(x), operands))
        must_copy = copies is not None and bool(operands[copies])
        return result.copy(order="K") if must_copy and result is x else result

    def infer(*operands: Abstract) -> Abstract:
        x, wanted = operands[0], None if place is None else operands[place]
        own = x.dtype if isinstance(x, TensorType) else None
        shape = x.shape if isinstance(x, TensorType) else None
        if isinstance(wanted, TensorType):
            return TensorType(wanted.dtype, shape)
        return TensorType(dtype_arg(wanted, own), shape)

    formula = Formula(
        parsed,
        {"": "self"},
        kind=Kind.NO_OPMATH,
        promotes=frozenset({"self"}),
        becomes="" if place is None else parsed.arguments[place].name,
    )
    traits = _VIEW | Trait.ELEMENTWISE
    return register(Op(schema=parsed, infer=infer, eval=evaluate, traits=traits, formula=formula))


# fmt: off
_define_cast("aten::to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)", 1, 3)
_define_cast("aten::to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)", 2, 4)
_define_cast("aten::to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)", 1, 3)
_define_cast("aten::to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)", 1, 6)
_define_cast("aten::to.prim_Device(Tensor(a) self, Device? device, int? dtype=None, bool non_blocking=False, bool copy=False) -> Tensor(b|a)", 2, 4)
_define_cast("aten::to.prim_dtype(Tensor(a) self, int? dtype=None, bool non_blocking=False, bool copy=False) -> Tensor(b|a)", 1, 3)
_define_cast("aten::to.prim_other(Tensor(a) self, bool non_blocking=False, bool copy=False) -> Tensor(b|a)", None, 2)
_define_cast("aten::type_as(Tensor self, Tensor other) -> Tensor", 1, None)
# fmt: on


# --- copies and identities -------------------------------------------------------------------------------------


def _same(x: Abstract, *_: Abstract) -> Abstract:
    return TensorType(x.dtype, x.shape) if isinstance(x, TensorType) else TensorType()


def _itself(x: Array, *_: object) -> Array:
    return x


def _clone(x: Array, memory_format: int | None) -> Array:
    return x.copy(order="C" if memory_format == 0 else "K")


def _contiguous(x: Array, memory_format: int) -> Array:
    return x if memory_format or x.flags.c_contiguous else x.copy(order="C")


def _to_copy(x: Array, dtype: int | None, *_: object) -> Array:
    result = x if dtype is None else cast(x, DTYPE_BY_CODE[dtype])
    return result.copy(order="K") if result is x else result


def _to_copy_rule(x: Abstract, dtype: Abstract, *_: Abstract) -> Abstract:
    if not isinstance(x, TensorType):
        return TensorType()
    return TensorType(dtype_arg(dtype, x.dtype), x.shape)


# fmt: off
op("aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor", infer=_same, eval=_clone)
op("aten::_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None) -> Tensor", infer=_to_copy_rule, eval=_to_copy)
op("aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)", infer=_same, eval=_contiguous, traits=_VIEW)
op("aten::lift(Tensor self) -> Tensor", infer=_same, eval=_itself, traits=_VIEW)
op("aten::lift_fresh(Tensor(a) self) -> Tensor(a)", infer=_same, eval=_itself, traits=_VIEW)
op("aten::positive(Tensor(a) self) -> Tensor(a)", infer=_same, eval=_itself, traits=_VIEW, numpy=("positive",))
op("aten::cpu(Tensor(a) self) -> Tensor(b|a)", infer=_same, eval=_itself, traits=_VIEW)
op("aten::cuda(Tensor(a) self) -> Tensor(b|a)", infer=_same, eval=_itself, traits=_VIEW)
op("aten::data(Tensor self) -> Tensor", infer=_same, eval=_itself, traits=_VIEW)
op("aten::resolve_conj(Tensor(a) self) -> Tensor(a)", infer=_same, eval=_itself, traits=_VIEW)
op("aten::resolve_neg(Tensor(a) self) -> Tensor(a)", infer=_same, eval=_itself, traits=_VIEW)
op("aten::requires_grad_(Tensor(a!) self, bool requires_grad=True) -> Tensor(a!)", infer=_same, eval=_itself, traits=_WRITE)
# fmt: on


# --- writes ----------------------------------------------------------------------------------------------------


def _copy(target: Array, source: Array, non_blocking: bool = False) -> Array:
    check_writable("aten::copy_", target)
    try:
        target[...] = cast(source, dtype_of(target))
    except ValueError as error:
        raise mismatch(
            "aten::copy_", f"a source that broadcasts to {list(target.shape)}", list(source.shape)
        ) from error
    return target


def _copy_number(target: Array, number: float) -> Array:
    return _copy(target, np.asarray(number, to_numpy(number_dtype(number))))


def _copy_rule(target: Abstract, source: Abstract, *_: Abstract) -> Abstract:
    if isinstance(target, TensorType) and isinstance(source, TensorType):
        both = broadcast("aten::copy_", [target.shape, source.shape])
        if both is not None and target.shape is not None and len(both) > len(target.shape):
            raise mismatch("aten::copy_", f"a source that broadcasts to {target}", source)
    return _same(target)


def _fill(target: Array, value: object) -> Array:
    check_writable("aten::fill_", target)
    source = value if isinstance(value, np.ndarray) else np.asarray(value)
    target[...] = cast(source, dtype_of(target))
    return target


def _zero(target: Array) -> Array:
    check_writable("aten::zero_", target)
    target[...] = 0
    return target


# fmt: off
op("aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)", infer=_copy_rule, eval=_copy, traits=_WRITE)
op("aten::copy_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)", infer=_copy_rule, eval=_copy, traits=_WRITE)
op("aten::copy_.int(Tensor(a!) self, int other) -> Tensor(a!)", infer=_same, eval=_copy_number, traits=_WRITE)
op("aten::copy_.float(Tensor(a!) self, float other) -> Tensor(a!)", infer=_same, eval=_copy_number, traits=_WRITE)
op("aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)", infer=_same, eval=_fill, traits=_WRITE)
op("aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)", infer=_same, eval=_fill, traits=_WRITE)
op("aten::zero_(Tensor(a!) self) -> Tensor(a!)", infer=_same, eval=_zero, traits=_WRITE)
elementwise("aten::fill.Scalar(Tensor self, Scalar value) -> Tensor", "value", promotes="self")
elementwise("aten::fill.Tensor(Tensor self, Tensor value) -> Tensor", "value", promotes="self")
# fmt: on
