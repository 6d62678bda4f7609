"""Lists and tuples that are made and taken apart in the same graph."""

from __future__ import annotations

from tsx.ir import types as ty
from tsx.ir.graph import Node
from tsx.ir.prim import tuple_index
from tsx.passes.support.rewriting import Literal, Make, Result, constant, made_by, rule


@rule("unpack((a, b)) == a, b", "prim::TupleUnpack", "prim::ListUnpack")
def unpack(node: Node) -> Result:
    maker = made_by(node.inputs[0], "prim::TupleConstruct", "prim::ListConstruct")
    return list(maker.inputs) if maker and len(maker.inputs) == len(node.outputs) else None


@rule("(a, b)[i] == a", "prim::TupleIndex")
def index_tuple(node: Node) -> Result:
    maker, index = made_by(node.inputs[0], "prim::TupleConstruct"), tuple_index(node)
    if maker is None or index is None:
        return None
    return maker.inputs[index]


@rule("(a, b, c)[i:j] == (a, b)", "prim::TupleSlice")
def slice_tuple(node: Node) -> Result:
    maker = made_by(node.inputs[0], "prim::TupleConstruct")
    begin, end = node.attributes.get("beg"), node.attributes.get("end")
    if maker is None or not isinstance(begin, int) or not isinstance(end, int):
        return None
    return Make("prim::TupleConstruct", maker.inputs[begin:end])


@rule("[a, b][i] == a", "aten::__getitem__.t")
def index_list(node: Node) -> Result:
    maker, index = made_by(node.inputs[0], "prim::ListConstruct"), constant(node.inputs[1])
    if maker is None or not isinstance(index, int) or isinstance(index, bool):
        return None
    count = len(maker.inputs)
    return maker.inputs[index] if -count <= index < count else None


@rule("len([a, b]) == 2", "aten::len.t")
def length(node: Node) -> Result:
    maker = made_by(node.inputs[0], "prim::ListConstruct")
    return Literal(len(maker.inputs), ty.INT) if maker else None
