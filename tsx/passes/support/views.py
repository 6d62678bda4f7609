"""Views that can be undone: how a changed view is put back into what it is a view of.

Each rule is an equation about values: ``base`` with ``view(base)`` overwritten by ``new`` is what the rule builds.
"""

from __future__ import annotations

from collections.abc import Callable

from tsx.ir.build import Builder
from tsx.ir.graph import Node, Value
from tsx.ir.op import lookup
from tsx.ir.types import INT

PutBack = Callable[[Builder, Node, Value, Value], Value | None]
"""Takes a builder, the view's node, the base and the new contents of the view; None when it can't be done."""


def put_back(builder: Builder, view: Node, base: Value, new: Value) -> Value | None:
    """The base after its view became ``new``."""
    return _RULES[view.kind](builder, view, base, new)


def can_put_back(view: Node) -> bool:
    """Whether ``view`` is of a kind that is always a view and has a rule whose operators exist."""
    needed = _NEEDS.get(view.kind)
    if needed is None or (view.kind == "aten::permute" and _inverse(view) is None):
        return False
    return all(lookup(kind) is not None for kind in needed)


def _scatter(kind: str) -> PutBack:
    def rule(builder: Builder, view: Node, base: Value, new: Value) -> Value:
        return builder.op(kind, (base, new, *view.inputs[1:]), base.type)

    return rule


def _narrow(builder: Builder, view: Node, base: Value, new: Value) -> Value:
    dim, start, length = view.inputs[1:]
    end = builder.op("aten::add.int", (start, length), INT)
    step = builder.constant(1)
    return builder.op("aten::slice_scatter", (base, new, dim, start, end, step), base.type)


def _again(builder: Builder, view: Node, base: Value, new: Value) -> Value:
    """Views that undo themselves: a transposition."""
    return builder.op(view.kind, (new, *view.inputs[1:]), base.type)


def _same(builder: Builder, view: Node, base: Value, new: Value) -> Value:
    return new


def _reshape(builder: Builder, view: Node, base: Value, new: Value) -> Value:
    return builder.op("aten::reshape_as", (new, base), base.type)


def _permute(builder: Builder, view: Node, base: Value, new: Value) -> Value | None:
    inverse = _inverse(view)
    if inverse is None:
        return None
    dims = builder.constant(inverse)
    return builder.op(view.kind, (new, dims), base.type)


def _inverse(view: Node) -> tuple[int, ...] | None:
    source = view.inputs[1].node
    dims = source.attributes.get("value") if source and source.kind == "prim::Constant" else None
    if not isinstance(dims, tuple):
        return None
    places = [dim for dim in dims if isinstance(dim, int)]
    order = [dim % len(places) for dim in places]
    if sorted(order) != list(range(len(dims))):
        return None
    return tuple(order.index(place) for place in range(len(order)))


_TABLE: tuple[tuple[PutBack, tuple[str, ...], tuple[str, ...]], ...] = (
    (_scatter("aten::slice_scatter"), ("aten::slice_scatter",), ("aten::slice.Tensor",)),
    (_scatter("aten::select_scatter"), ("aten::select_scatter",), ("aten::select.int",)),
    (_scatter("aten::diagonal_scatter"), ("aten::diagonal_scatter",), ("aten::diagonal",)),
    (_narrow, ("aten::slice_scatter", "aten::add.int"), ("aten::narrow",)),
    (_again, (), ("aten::t", "aten::transpose.int", "aten::swapaxes", "aten::swapdims", "aten::mT", "aten::numpy_T")),
    (_permute, (), ("aten::permute",)),
    (_same, (), ("aten::alias", "aten::detach")),
    (_reshape, ("aten::reshape_as",), ("aten::view", "aten::unsqueeze", "aten::squeeze.dim", "aten::squeeze")),
)  # fmt: skip

_RULES: dict[str, PutBack] = {kind: rule for rule, _, kinds in _TABLE for kind in kinds}
_NEEDS: dict[str, tuple[str, ...]] = {kind: needs for _, needs, kinds in _TABLE for kind in kinds}
