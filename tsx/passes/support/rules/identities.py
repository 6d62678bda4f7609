"""Operators that give their operand back: dropout that doesn't drop, casts to the same type, detach."""

from __future__ import annotations

from tsx.ir import types as ty
from tsx.ir.graph import Node, Value
from tsx.ir.op import lookup
from tsx.passes.support.rewriting import Result, asks_identity, constant, made_by, rule

_CASTS = (
    "aten::to.dtype", "aten::to.dtype_layout", "aten::to.device", "aten::to.other", "aten::to.prim_Device",
    "aten::to.prim_dtype", "aten::type_as", "aten::float", "aten::double", "aten::half", "aten::bfloat16",
    "aten::int", "aten::long", "aten::bool", "aten::cpu",
)  # fmt: skip


@rule(
    "dropout(x, p, train=False) == x",
    "aten::dropout", "aten::feature_dropout", "aten::alpha_dropout", "aten::feature_alpha_dropout",
)  # fmt: skip
def dropout(node: Node) -> Result:
    return node.inputs[0] if constant(node.inputs[2]) is False else None


@rule(
    "detach(x) == x",
    "aten::detach",
    "aten::alias",
    "aten::lift_fresh",
    "aten::resolve_conj",
    "aten::resolve_neg",
)
def detach(node: Node) -> Result:
    return node.inputs[0]


@rule("clone(x) == x where nothing is written", "aten::clone")
def clone(node: Node) -> Result:
    if asks_identity(node.output):
        return None
    return node.inputs[0] if _keeps_layout(node.inputs[1]) else None


@rule("contiguous(contiguous(x)) == contiguous(x)", "aten::contiguous")
def contiguous(node: Node) -> Result:
    # contiguous(x) alone stays: later nodes may rely on the layout.
    inner = made_by(node.inputs[0], node.kind)
    if inner is None or constant(node.inputs[1]) != constant(inner.inputs[1]):
        return None
    return inner.output


@rule("to(x, dtype of x) == x", *_CASTS)
def cast_to_same(node: Node) -> Result:
    source, result = node.inputs[0].type, node.output.type
    if not isinstance(source, ty.TensorType) or not isinstance(result, ty.TensorType):
        return None
    if source.dtype is None or source.dtype is not result.dtype or not _is_plain_cast(node):
        return None
    return node.inputs[0]


@rule("to(to(x, wider), dtype of x) == x", "aten::to.dtype")
def cast_there_and_back(node: Node) -> Result:
    inner = made_by(node.inputs[0], "aten::to.dtype")
    if inner is None or not _is_plain_cast(node) or not _is_plain_cast(inner):
        return None
    source, wide, result = (v.type for v in (inner.inputs[0], inner.output, node.output))
    if not all(isinstance(t, ty.TensorType) for t in (source, wide, result)):
        return None
    assert isinstance(source, ty.TensorType)
    assert isinstance(wide, ty.TensorType)
    assert isinstance(result, ty.TensorType)
    if source.dtype is not result.dtype or (source.dtype, wide.dtype) not in _LOSSLESS:
        return None
    return inner.inputs[0]


@rule(
    "Int(NumToTensor(n)) == n",
    "aten::Int.Tensor", "aten::IntImplicit", "aten::Float.Tensor", "aten::FloatImplicit", "aten::item",
    "aten::ScalarImplicit",
)  # fmt: skip
def number_there_and_back(node: Node) -> Result:
    inner = made_by(node.inputs[0], "prim::NumToTensor", "aten::scalar_tensor")
    if inner is None or inner.kind != "prim::NumToTensor":
        return None
    return inner.inputs[0] if ty.is_subtype(inner.inputs[0].type, node.output.type) else None


@rule("Int(n) == n", "aten::Int.Scalar", "aten::Float.Scalar", "aten::Int.int", "aten::Float.float")
def number_cast(node: Node) -> Result:
    return node.inputs[0] if node.inputs[0].type == node.output.type else None


def _is_plain_cast(node: Node) -> bool:
    """Whether a cast copies only if it must, and asks for no other layout."""
    op = lookup(node.kind)
    if op is None:
        return False
    for formal, value in zip(op.schema.arguments, node.inputs, strict=False):
        if formal.name == "copy" and constant(value) is not False:
            return False
        if formal.name == "memory_format" and not _keeps_layout(value):
            return False
    return True


def _keeps_layout(value: Value) -> bool:
    return constant(value) is None or constant(value) == 1  # torch.preserve_format


_SMALL = (ty.DType.FLOAT16, ty.DType.BFLOAT16)
_INTS = (ty.DType.INT8, ty.DType.INT16, ty.DType.INT32, ty.DType.INT64)
# (dtype, one that holds all its values)
_LOSSLESS = frozenset(
    {(small, wide) for small in _SMALL for wide in (ty.DType.FLOAT32, ty.DType.FLOAT64)}
    | {(ty.DType.FLOAT32, ty.DType.FLOAT64)}
    | {(a, b) for i, a in enumerate(_INTS) for b in _INTS[i + 1 :]}
    | {(ty.DType.UINT8, b) for b in _INTS[1:]}
    | {(ty.DType.BOOL, b) for b in (ty.DType.UINT8, *_INTS)}
)
