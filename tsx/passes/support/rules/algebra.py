"""Arithmetic: neutral elements, inverses, idempotence. Exact for every value of the dtypes that each rule allows."""

from __future__ import annotations

import math

import tsx.ops  # noqa: F401  (the rules for idempotent operators ask the registry)
from tsx.ir import types as ty
from tsx.ir.graph import Node, Value
from tsx.ir.op import Trait, all_ops
from tsx.passes.support.rewriting import Result, constant, made_by, rule, same


def _kept_dtype(node: Node) -> ty.DType | None:
    """The dtype of operand 0 where the result certainly has it as well."""
    source, result = node.inputs[0].type, node.output.type
    if not isinstance(source, ty.TensorType) or not isinstance(result, ty.TensorType):
        return None
    if source.dtype is not result.dtype:
        return None
    return source.dtype


def _is_number(value: Value, number: int) -> bool:
    found = constant(value)
    return isinstance(found, (int, float)) and not isinstance(found, bool) and found == number


@rule("x * 1 == x", "aten::mul.Scalar")
def mul_one(node: Node) -> Result:
    # Not for complex numbers: (inf + 0i) * (1 + 0i) has a NaN.
    dtype = _kept_dtype(node)
    if dtype is None or dtype.is_complex or not _is_number(node.inputs[1], 1):
        return None
    return node.inputs[0]


@rule("x / 1 == x", "aten::div.Scalar")
def div_one(node: Node) -> Result:
    dtype = _kept_dtype(node)
    if dtype is None or not dtype.is_float or not _is_number(node.inputs[1], 1):
        return None
    return node.inputs[0]


@rule("x + 0 == x for integers; x + -0.0 == x", "aten::add.Scalar")
def add_zero(node: Node) -> Result:
    # x + 0.0 isn't x for floats: -0.0 + 0.0 is 0.0.
    dtype, alpha = _kept_dtype(node), node.inputs[2]
    if dtype is None or not _is_number(node.inputs[1], 0) or not _is_number(alpha, 1):
        return None
    zero = constant(node.inputs[1])
    if dtype.is_float:
        is_negative = isinstance(zero, float) and math.copysign(1.0, zero) < 0
        return node.inputs[0] if is_negative else None
    return node.inputs[0] if dtype.is_integer else None


@rule("x - 0 == x", "aten::sub.Scalar")
def sub_zero(node: Node) -> Result:
    dtype, alpha = _kept_dtype(node), node.inputs[2]
    if dtype is None or not _is_number(node.inputs[1], 0) or not _is_number(alpha, 1):
        return None
    zero = constant(node.inputs[1])
    is_negative = isinstance(zero, float) and math.copysign(1.0, zero) < 0
    if (dtype.is_float and not is_negative) or dtype.is_integer:
        return node.inputs[0]
    return None


@rule("n + 0 == n", "aten::add.int", "aten::sub.int")
def int_add_zero(node: Node) -> Result:
    if _is_number(node.inputs[1], 0):
        return node.inputs[0]
    if node.kind == "aten::add.int" and _is_number(node.inputs[0], 0):
        return node.inputs[1]
    return None


@rule("n * 1 == n", "aten::mul.int", "aten::floordiv.int")
def int_mul_one(node: Node) -> Result:
    if _is_number(node.inputs[1], 1):
        return node.inputs[0]
    if node.kind == "aten::mul.int" and _is_number(node.inputs[0], 1):
        return node.inputs[1]
    return None


@rule("-(-x) == x", "aten::neg", "aten::negative", "aten::neg.int", "aten::neg.float")
def neg_neg(node: Node) -> Result:
    inner = made_by(node.inputs[0], node.kind)
    return inner.inputs[0] if inner else None


@rule("not not c == c", "aten::__not__")
def not_not(node: Node) -> Result:
    inner = made_by(node.inputs[0], node.kind)
    return inner.inputs[0] if inner else None


@rule("~~x == x", "aten::bitwise_not", "aten::logical_not")
def invert_twice(node: Node) -> Result:
    inner = made_by(node.inputs[0], node.kind)
    if inner is None:
        return None
    type = inner.inputs[0].type
    # logical_not gives bool, so it is its own inverse for bools only.
    if node.kind == "aten::logical_not" and (
        not isinstance(type, ty.TensorType) or type.dtype is not ty.DType.BOOL
    ):
        return None
    return inner.inputs[0]


def _idempotent() -> tuple[str, ...]:
    return tuple(op.kind for op in all_ops() if op.has(Trait.IDEMPOTENT) and op.has(Trait.PURE))


@rule("f(f(x)) == f(x) for idempotent f", *_idempotent())
def idempotent(node: Node) -> Result:
    inner = made_by(node.inputs[0], node.kind)
    if inner is None or not all(map(same, node.inputs[1:], inner.inputs[1:])):
        return None
    return inner.output
