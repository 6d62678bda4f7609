"""Matrix products by a transposed weight are linear layers: the same product on the same memory, so exact."""

from __future__ import annotations

from tsx.ir import types as ty
from tsx.ir.graph import Node, Value
from tsx.passes.support.rewriting import Literal, Make, Result, constant, made_by, rule


@rule("x @ t(w) == linear(x, w)", "aten::matmul", "aten::mm")
def matmul_transposed(node: Node) -> Result:
    weight = _transposed(node.inputs[1])
    if weight is None or _rank(node.inputs[0]) in (None, 0, 1):
        return None
    return Make("aten::linear", (node.inputs[0], weight, Literal(None)))


@rule("addmm(b, x, t(w)) == linear(x, w, b)", "aten::addmm")
def addmm_transposed(node: Node) -> Result:
    bias, x, right, beta, alpha = node.inputs
    weight = _transposed(right)
    if weight is None or _rank(bias) != 1 or not all(_is_one(v) for v in (beta, alpha)):
        return None
    return Make("aten::linear", (x, weight, bias))


def _transposed(value: Value) -> Value | None:
    """``w`` of a matrix that is ``t(w)``."""
    maker = made_by(value, "aten::t", "aten::transpose.int", "aten::numpy_T", "aten::mT")
    if maker is None or _rank(maker.inputs[0]) != 2:
        return None
    if maker.kind == "aten::transpose.int":
        dims = [constant(v) for v in maker.inputs[1:]]
        if sorted(d % 2 for d in dims if isinstance(d, int)) != [0, 1]:
            return None
    return maker.inputs[0]


def _rank(value: Value) -> int | None:
    return value.type.rank if isinstance(value.type, ty.TensorType) else None


def _is_one(value: Value) -> bool:
    found = constant(value)
    return isinstance(found, (int, float)) and found == 1
