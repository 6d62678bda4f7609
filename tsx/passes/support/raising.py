"""Which nodes certainly give a result, whatever they are given: what may run although the program would not run it.

Takes a node and what is known of its operands. Says "may raise" where it can't prove the opposite. A cast that control
flow has proven counts as raising: elsewhere its result is not of its type, and what reads it fails.
"""

from __future__ import annotations

from collections.abc import Mapping

from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.graph import Node, Value
from tsx.ir.infer import infer_node
from tsx.ir.op import Abstract, Trait, lookup

_STRUCTURE = frozenset(
    {
        "prim::Constant", "prim::ListConstruct", "prim::TupleConstruct", "prim::TupleUnpack", "prim::TupleSlice",
        "prim::DictConstruct", "prim::GetAttr", "prim::isinstance", "prim::NumToTensor", "prim::EnumName",
        "prim::EnumValue",
    }
)  # fmt: skip

# Operators on scalars and lists that have a result for all values of their types.
_TOTAL = frozenset(
    {
        "aten::__not__", "aten::__is__", "aten::__isnot__", "aten::Float.int", "aten::Float.bool", "aten::Int.bool",
        "aten::Bool.int", "aten::Bool.float", "aten::len.t", "aten::len.str", "aten::list.t", "aten::copy.t",
        "aten::add.t", "aten::add.str", "aten::dim", "aten::numel", "aten::size", "aten::neg.float",
        "aten::is_floating_point", "prim::dtype", "prim::device",
        *(f"aten::{name}.{type}" for name in ("eq", "ne", "lt", "le", "gt", "ge")
          for type in ("int", "float", "str", "int_float", "float_int", "bool")),
        *(f"aten::{name}.{type}" for name in ("add", "sub", "mul")
          for type in ("float", "int_float", "float_int")),
        *(f"aten::__{name}__.bool" for name in ("and", "or", "xor")),
    }
)  # fmt: skip


def may_raise(node: Node, known: Mapping[Value, Abstract]) -> bool:
    """Whether ``node`` might raise. Its operands are those of its kind: the verifier has seen to that."""
    if node.kind in _STRUCTURE or node.kind in _TOTAL:
        return False
    if node.kind == "prim::TupleIndex":
        return "index" not in node.attributes
    op = lookup(node.kind)
    if op is None or not op.has(Trait.ELEMENTWISE | Trait.CONTRACTION | Trait.REDUCTION):
        return True
    tensors = [v for v in (*node.inputs, *node.outputs) if isinstance(v.type, ty.TensorType)]
    others = [v for v in node.inputs if not isinstance(v.type, ty.TensorType)]
    if op.has(Trait.ELEMENTWISE) and not all(map(_is_number, others)):
        return True  # a mode by name, a bound that is left out
    # Integers divide by zero, and the sizes must be known to fit.
    if not all(_is_float_of_known_size(known.get(value, value.type)) for value in tensors):
        return True
    try:
        infer_node(node, [known.get(value, value.type) for value in node.inputs])
    except TsxError:
        return True
    return False


def _is_float_of_known_size(abstract: Abstract) -> bool:
    return (
        isinstance(abstract, ty.TensorType)
        and abstract.dtype is not None
        and (abstract.dtype.is_float or abstract.dtype is ty.DType.BOOL)
        and abstract.shape is not None
        and all(isinstance(size, int) and size > 0 for size in abstract.shape)
    )


def _is_number(value: Value) -> bool:
    return value.type in (ty.INT, ty.FLOAT, ty.BOOL, ty.NUMBER)
