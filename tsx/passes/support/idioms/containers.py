"""Lists, tuples and dicts that are made and taken apart, measured, joined or copied in the same graph."""

from __future__ import annotations

from tsx.ir import types as ty
from tsx.ir.graph import Node, Value
from tsx.ir.prim import tuple_index
from tsx.passes.support.rewriting import (
    MISSING,
    Literal,
    Make,
    Result,
    asks_identity,
    constant,
    made_by,
    rule,
)

_LIST, _TUPLE, _DICT = "prim::ListConstruct", "prim::TupleConstruct", "prim::DictConstruct"
_KEYS = ("str", "int", "float", "bool", "complex")

_MAX_ELEMENTS = 64
"""A longer list isn't written out."""


@rule("unpack((a, b)) == a, b", "prim::TupleUnpack", "prim::ListUnpack")
def unpack(node: Node) -> Result:
    maker = made_by(node.inputs[0], _TUPLE, _LIST)
    return list(maker.inputs) if maker and len(maker.inputs) == len(node.outputs) else None


@rule("(a, b)[i] == a", "prim::TupleIndex")
def index_tuple(node: Node) -> Result:
    maker, index = made_by(node.inputs[0], _TUPLE), tuple_index(node)
    if maker is None or index is None:
        return None
    return maker.inputs[index]


@rule("(a, b, c)[i:j] == (a, b)", "prim::TupleSlice")
def slice_tuple(node: Node) -> Result:
    maker = made_by(node.inputs[0], _TUPLE)
    begin, end = node.attributes.get("beg"), node.attributes.get("end")
    if maker is None or not isinstance(begin, int) or not isinstance(end, int):
        return None
    return Make(_TUPLE, maker.inputs[begin:end])


@rule("(unpack(t)) == t", _TUPLE)
def pack_again(node: Node) -> Result:
    source = made_by(node.inputs[0], "prim::TupleUnpack") if node.inputs else None
    if source is None or list(node.inputs) != source.outputs:
        return None
    return source.inputs[0] if source.inputs[0].type == node.output.type else None


@rule("[a, b][i] == a", "aten::__getitem__.t")
def index_list(node: Node) -> Result:
    maker, index = made_by(node.inputs[0], _LIST), constant(node.inputs[1])
    if maker is None or not isinstance(index, int) or isinstance(index, bool):
        return None
    count = len(maker.inputs)
    return maker.inputs[index] if -count <= index < count else None


@rule("len([a, b]) == 2", "aten::len.t")
def length(node: Node) -> Result:
    maker = made_by(node.inputs[0], _LIST)
    return Literal(len(maker.inputs), ty.INT) if maker else None


@rule("[a, b, c][i:j] == [a, b]", "aten::slice.t")
def slice_list(node: Node) -> Result:
    maker, bounds = made_by(node.inputs[0], _LIST), [constant(v) for v in node.inputs[1:]]
    known = [bound for bound in bounds if bound is None or isinstance(bound, int)]
    if maker is None or len(known) != 3 or not known[2]:
        return None
    return Make(_LIST, maker.inputs[slice(*known)])


@rule("[a] + [b] == [a, b]", "aten::add.t")
def join(node: Node) -> Result:
    first, second = (made_by(value, _LIST) for value in node.inputs)
    if first is None or second is None:
        return None
    elements = (*first.inputs, *second.inputs)
    return Make(_LIST, elements) if len(elements) <= _MAX_ELEMENTS else None


@rule("[a] * 2 == [a, a]", "aten::mul.left_t")
def repeat(node: Node) -> Result:
    maker, count = made_by(node.inputs[0], _LIST), constant(node.inputs[1])
    if maker is None or not isinstance(count, int) or isinstance(count, bool):
        return None
    is_short = len(maker.inputs) * count <= _MAX_ELEMENTS
    return Make(_LIST, maker.inputs * count) if is_short else None


@rule("list(l) == l where nothing is written", "aten::list.t", "aten::copy.t")
def copy(node: Node) -> Result:
    if asks_identity(node.output):
        return None
    return node.inputs[0] if node.inputs[0].type == node.output.type else None


@rule(
    "{k: v}[k] == v",
    "tsx::__getitem__.Dict",
    *(f"aten::__getitem__.Dict_{key}" for key in _KEYS),
)
def index_dict(node: Node) -> Result:
    entries, key = _entries(node.inputs[0]), constant(node.inputs[1])
    return entries.get(_key(key)) if entries is not None and key is not MISSING else None


@rule("len({k: v}) == 1", "tsx::len.Dict", *(f"aten::len.Dict_{key}" for key in _KEYS))
def size_of_dict(node: Node) -> Result:
    entries = _entries(node.inputs[0])
    return Literal(len(entries), ty.INT) if entries is not None else None


@rule(
    "k in {k: v} == True",
    "tsx::__contains__.Dict",
    *(f"aten::__contains__.{key}" for key in _KEYS),
)
def is_in_dict(node: Node) -> Result:
    entries, key = _entries(node.inputs[0]), constant(node.inputs[1])
    if entries is None or key is MISSING:
        return None
    return Literal(_key(key) in entries, ty.BOOL)


def _entries(value: Value) -> dict[object, Value] | None:
    """What a literal dict with constant keys holds; the last of equal keys wins."""
    maker = made_by(value, _DICT)
    if maker is None:
        return None
    keys = [constant(key) for key in maker.inputs[::2]]
    if any(key is MISSING for key in keys):
        return None
    return {_key(key): item for key, item in zip(keys, maker.inputs[1::2], strict=True)}


def _key(key: object) -> object:
    """A constant as a dict compares it: NaN, which equals nothing, is a key of its own."""
    return key if key == key else object()
