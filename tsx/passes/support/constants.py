"""Constants as VM values and back: what folding reads and what it leaves behind.

VM values are those of ``tsx.ir.op.Evaluate``: arrays, Python scalars, lists, tuples, None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.graph import Attribute, Node, Value, WeightRef
from tsx.ir.module import Module, Object
from tsx.ir.op import lookup
from tsx.ops.quantized_forms import MAKERS
from tsx.ops.weights import Weight, as_weight

_MAX_LIST = 4096
"""A list longer than this stays a computation: constants are for reading."""

_SUFFIXES = (".folded", ".bn_folded")


def constant_value(node: Node, module: Module) -> object:
    """The VM value of a ``prim::Constant``; a list or an array may be shared, so nobody may write to it.

    A member of an enum has none here: its name stands in the graph, and is not what the program computes with.
    """
    attribute = node.attributes.get("value")
    if isinstance(node.output.type, ty.EnumType):
        raise TypeError(f"{attribute} of {node.output.type} is no plain value")
    if isinstance(attribute, WeightRef):
        return as_weight(module.weights[attribute.name]).array
    return _unfreeze(attribute, node.output.type)


def _unfreeze(attribute: Attribute, type: ty.Type) -> object:
    if not isinstance(attribute, tuple):
        return attribute
    inner = type.element if isinstance(type, ty.OptionalType) else type
    if isinstance(inner, ty.TupleType):
        pairs = zip(attribute, inner.elements, strict=True)
        return tuple(_unfreeze(item, element) for item, element in pairs)
    element = inner.element if isinstance(inner, ty.ListType) else ty.ANY
    return [_unfreeze(item, element) for item in attribute]


def evaluate(node: Node, operands: Sequence[object]) -> tuple[object, ...]:
    """The results of a pure node on VM values. Raises what the operator raises; the caller keeps the node then."""
    structural = _STRUCTURE.get(node.kind)
    with np.errstate(all="ignore"):
        if structural is not None:
            result = structural(node, operands)
        else:
            op = lookup(node.kind)
            if op is None:
                raise TypeError(f"{node.kind} can't be evaluated alone")
            result = op.eval(*operands)
    if len(node.outputs) == 1:
        return (result,)
    if not isinstance(result, tuple) or len(result) != len(node.outputs):
        raise TypeError(f"{node.kind} gave {result!r}")
    return result


def can_evaluate(node: Node) -> bool:
    if node.kind.startswith("quantized::") or node.kind in MAKERS:
        return False  # an archive holds no quantised tensors and no packed parameters
    return node.kind in _STRUCTURE or lookup(node.kind) is not None


def _list_unpack(node: Node, operands: Sequence[object]) -> object:
    (items,) = operands
    assert isinstance(items, (list, tuple))
    assert len(items) == len(node.outputs)
    return tuple(items) if len(items) != 1 else items[0]


def _tuple_index(node: Node, operands: Sequence[object]) -> object:
    index = operands[1] if len(operands) > 1 else node.attributes["index"]
    items = operands[0]
    assert isinstance(items, tuple)
    assert isinstance(index, int)
    return items[index]


_STRUCTURE = {
    "prim::ListConstruct": lambda node, operands: list(operands),
    "prim::TupleConstruct": lambda node, operands: tuple(operands),
    "prim::ListUnpack": _list_unpack,
    "prim::TupleUnpack": _list_unpack,
    "prim::TupleIndex": _tuple_index,
}


def is_storable(value: object) -> bool:
    """Whether a constant can hold a VM value: a tensor, a scalar, or a list of scalars that isn't long.

    A weight is contiguous. A tensor that isn't stays a computation: with another layout, matrix products and sums
    would round in another order.
    """
    if isinstance(value, np.ndarray):
        return bool(value.flags.c_contiguous)
    if isinstance(value, list):
        return len(value) <= _MAX_LIST and all(is_plain(item) for item in value)
    return value is None or isinstance(value, complex) or is_plain(value)


def is_plain(value: object) -> bool:
    """Whether a value is a scalar that prints as itself."""
    return isinstance(value, (bool, int, float, str))


def make_constant(
    builder: Builder, value: object, type: ty.Type, module: Module, stem: str
) -> Value:
    """A constant node for a storable VM value; an array becomes a weight called ``stem`` (or ``stem.1``, …)."""
    if isinstance(value, np.ndarray):
        weight = Weight(np.ascontiguousarray(value).reshape(value.shape))
        return builder.weight(add_weight(module, stem, weight), weight.type)
    attribute = tuple(value) if isinstance(value, list) else value
    return builder.constant(cast(Attribute, attribute), exact_type(value, type))


def exact_type(value: object, type: ty.Type) -> ty.Type:
    """The type of a constant where the value was typed loosely (``Scalar``, ``int?``)."""
    if value is None:
        return ty.NONE
    if isinstance(type, ty.OptionalType):
        return exact_type(value, type.element)
    if type == ty.NUMBER or type == ty.ANY:
        for python, known in (
            (bool, ty.BOOL),
            (int, ty.INT),
            (float, ty.FLOAT),
            (complex, ty.COMPLEX),
        ):
            if isinstance(value, python):
                return known
    return type


def add_weight(module: Module, stem: str, weight: Weight) -> str:
    """Adds ``weight`` under a free name that starts with ``stem``; one with these contents and stem serves again."""
    name, count = stem, 0
    while name in module.weights:
        if module.weights[name].digest() == weight.digest():
            return name
        count += 1
        name = f"{stem}.{count}"
    module.weights[name] = weight
    return name


def derived_name(names: Sequence[str], suffix: str, fallback: str) -> str:
    """The name of a weight made from others: the first one's, with ``suffix`` in place of an earlier one."""
    stem = names[0] if names else fallback or "constant"
    for known in _SUFFIXES:
        stem = stem.removesuffix(known)
    return stem + suffix


def size_of(value: object) -> int:
    """Bytes of tensor data in a VM value."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    return sum(size_of(item) for item in value) if isinstance(value, (list, tuple)) else 0


def weight_references(module: Module) -> dict[str, int]:
    """How often each weight is named, by constants of all graphs and by attributes of the object tree."""
    counts = dict.fromkeys(module.weights, 0)
    for _, graph in module.graphs():
        for node in graph.all_nodes():
            value = node.attributes.get("value")
            if isinstance(value, WeightRef):
                counts[value.name] = counts.get(value.name, 0) + 1
    seen: set[int] = set()
    work: list[object] = [module.root]
    while work:
        item = work.pop()
        if isinstance(item, WeightRef):
            counts[item.name] = counts.get(item.name, 0) + 1
        elif isinstance(item, Object) and id(item) not in seen:
            seen.add(id(item))
            work.extend(item.attributes.values())
        elif isinstance(item, (list, tuple)):
            work.extend(item)
        elif isinstance(item, Mapping):
            work.extend(item.values())
    return counts


def drop_unused_weights(module: Module) -> int:
    """Removes weights that nothing names; gives how many."""
    unused = [name for name, count in weight_references(module).items() if not count]
    for name in unused:
        module.weights.pop(name, None)
    return len(unused)
