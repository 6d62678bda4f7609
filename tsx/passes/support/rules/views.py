"""Views: those that change nothing, those that undo each other, chains of reshapes."""

from __future__ import annotations

from tsx.ir import types as ty
from tsx.ir.graph import Node
from tsx.passes.support.ranks import operand_of_same_rank
from tsx.passes.support.rewriting import Literal, Make, Result, constant, made_by, rule, same

_SAME_SIZE = (
    "aten::view", "aten::reshape", "aten::_unsafe_view", "aten::view_as", "aten::reshape_as", "aten::expand",
    "aten::expand_as", "aten::broadcast_to", "aten::flatten.using_ints", "aten::unflatten.int", "aten::squeeze",
    "aten::squeeze.dim", "aten::squeeze.dims", "aten::slice.Tensor", "aten::narrow", "aten::ravel",
)  # fmt: skip


@rule("view(x, size of x) == x", *_SAME_SIZE)
def view_to_own_size(node: Node) -> Result:
    # Elements keep their order in all of these, so equal sizes mean equal tensors.
    source, result = node.inputs[0].type, node.output.type
    if not isinstance(source, ty.TensorType) or not isinstance(result, ty.TensorType):
        return None
    if source.shape is None or None in source.shape or source.shape != result.shape:
        return None
    return node.inputs[0] if source.dtype is result.dtype else None


@rule("view(view(x, a), b) == view(x, b)", "aten::view", "aten::reshape")
def view_of_view(node: Node) -> Result:
    inner = made_by(node.inputs[0], "aten::view")
    if inner is None:
        return None
    return Make(node.kind, (inner.inputs[0], node.inputs[1]))


@rule("t(t(x)) == x", "aten::t", "aten::mT", "aten::numpy_T", "aten::adjoint")
def transpose_twice(node: Node) -> Result:
    inner = made_by(node.inputs[0], node.kind)
    return inner.inputs[0] if inner else None


@rule(
    "transpose(transpose(x, a, b), a, b) == x",
    "aten::transpose.int", "aten::swapaxes", "aten::swapdims",
)  # fmt: skip
def swap_twice(node: Node) -> Result:
    first, second = node.inputs[1:]
    if same(first, second):
        return node.inputs[0]
    inner = made_by(node.inputs[0], node.kind)
    if inner is None:
        return None
    a, b = inner.inputs[1:]
    is_same = (same(a, first) and same(b, second)) or (same(a, second) and same(b, first))
    return inner.inputs[0] if is_same else None


@rule("permute(permute(x, a), b) == permute(x, a[b]); permute(x, identity) == x", "aten::permute")
def permute(node: Node) -> Result:
    order = _order(node)
    if order is None:
        return None
    inner = made_by(node.inputs[0], "aten::permute")
    before = _order(inner) if inner else None
    if inner is None or before is None:
        return node.inputs[0] if order == sorted(order) else None
    together = [before[place] for place in order]
    if together == sorted(together):
        return inner.inputs[0]
    dims = Literal(tuple(together), ty.ListType(ty.INT))
    return Make("aten::permute", (inner.inputs[0], dims))


@rule("squeeze(unsqueeze(x, d), d) == x", "aten::squeeze.dim")
def squeeze_unsqueeze(node: Node) -> Result:
    inner = made_by(node.inputs[0], "aten::unsqueeze")
    return inner.inputs[0] if inner and same(inner.inputs[1], node.inputs[1]) else None


def _order(node: Node) -> list[int] | None:
    dims = constant(node.inputs[1])
    if not isinstance(dims, tuple):
        return None
    places = [dim for dim in dims if isinstance(dim, int)]
    if any(not -len(places) <= dim < len(places) for dim in places):
        return None
    order = [dim % len(places) for dim in places]
    return order if len(set(order)) == len(dims) else None


@rule("dim(f(x)) == dim(x), where f keeps the rank", "aten::dim")
def rank_of_layer(node: Node) -> Result:
    source = operand_of_same_rank(node.inputs[0])
    return Make("aten::dim", (source,)) if source is not None else None
