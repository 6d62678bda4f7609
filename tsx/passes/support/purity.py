"""Which nodes compute and do nothing else, and how two of them are told to be the same computation."""

from __future__ import annotations

from collections.abc import Iterable

from tsx.ir.graph import Attribute, Node
from tsx.ir.infer import is_fixed_list
from tsx.ir.op import Trait, lookup
from tsx.ir.types import ListType, TensorType, erase_shapes

_IMPURE = Trait.RANDOM | Trait.EFFECT | Trait.INPLACE

# Structural kinds whose results depend on their operands and attributes only.
_PURE_STRUCTURE = frozenset(
    {
        "prim::Constant", "prim::ListConstruct", "prim::ListUnpack", "prim::TupleConstruct", "prim::TupleUnpack",
        "prim::TupleIndex", "prim::TupleSlice", "prim::DictConstruct", "prim::GetAttr", "prim::isinstance",
        "prim::unchecked_cast", "prim::NumToTensor", "prim::EnumName", "prim::EnumValue", "prim::Uninitialized",
    }
)  # fmt: skip


def is_pure(node: Node) -> bool:
    """Whether equal operands give equal results and nothing else happens. (Results may still be views.)"""
    op = lookup(node.kind)
    if op is None:
        return node.kind in _PURE_STRUCTURE
    return op.has(Trait.PURE) and not op.has(_IMPURE) and not op.schema.mutates


def checks_length(node: Node) -> bool:
    """Whether a node unpacks a list that may be of another length, which stops the run: Python's ValueError.

    What a tensor operator gives counts as being as long as it is taken to be, as tensor operators count as fitting.
    """
    if node.kind != "prim::ListUnpack":
        return False
    (given,) = node.inputs
    made = given.node
    if made is not None and made.kind == "prim::ListConstruct" and is_fixed_list(given):
        return len(made.inputs) != len(node.outputs)
    op = lookup(made.kind) if made is not None else None
    is_of_tensors = isinstance(given.type, ListType) and isinstance(given.type.element, TensorType)
    return not (is_of_tensors and op is not None and not op.schema.mutates)


def only_computes(nodes: Iterable[Node]) -> bool:
    """Whether nodes, given with those in their blocks, have no effect besides their results."""
    return not any(checks_length(n) or not (n.blocks or is_pure(n)) for n in nodes)


def computation_key(node: Node, ignore: tuple[str, ...] = ()) -> tuple[object, ...]:
    """Equal for nodes of one kind with the same operands and attributes; tells 1, 1.0, True and ±0.0 apart.

    The kinds of the results count: ``[]`` of ints is not ``[]`` of strings. What is known of a tensor does not.
    """
    attributes = tuple(
        (name, attribute_key(value))
        for name, value in sorted(node.attributes.items())
        if name not in ignore
    )
    results = tuple(erase_shapes(value.type) for value in node.outputs)
    return node.kind, attributes, node.inputs, results


def attribute_key(value: Attribute) -> tuple[object, ...]:
    """A hashable identity of an attribute: NaN equals itself, and no two types are equal."""
    if isinstance(value, tuple):
        return "tuple", *(attribute_key(v) for v in value)
    if isinstance(value, (float, complex)):
        return type(value).__name__, repr(value)
    return type(value).__name__, value
