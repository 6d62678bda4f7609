"""Modules from IR text, for tests of passes: weights are made up from their names and types, the same on every run."""

from __future__ import annotations

import re
import zlib

import numpy as np

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.ir.graph import Graph, WeightRef
from tsx.ir.module import LEAF, ClassDef, Method, Module, Object, Parameter, TreeSpec
from tsx.ir.text import parse_graph
from tsx.ir.types import ClassType, DType, TensorType
from tsx.ops.dtypes import cast, dtype_of
from tsx.ops.weights import Weight

_SECTION = re.compile(r"^def (\S+)\((.*)\):$", re.M)


def module_of(text: str) -> Module:
    """A module whose ``forward`` is the graph of ``text``.

    Further sections ``def <class>.<method>(…)`` or ``def <function>(…)`` hold callees. Attributes that a graph reads
    from ``%self`` exist with the types it reads them at.
    """
    heads = list(_SECTION.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)] * bool(heads)
    module = Module("test")
    main = parse_graph(text[: heads[0].start()] if heads else text)
    module.methods["forward"] = method(main)
    for head, end in zip(heads, ends, strict=True):
        graph = parse_graph(f"graph({head[2]}):{text[head.end() : end]}")
        owner, _, name = head[1].rpartition(".")
        if owner:
            graph.name = name
            module.classes.setdefault(owner, ClassDef(owner)).methods[name] = graph
        else:
            graph.name = head[1]
            module.functions[head[1]] = graph
    for _, graph in module.graphs():
        _add_weights(module, graph)
        _add_attributes(module, graph)
    return module


def method(graph: Graph) -> Method:
    has_self = bool(graph.inputs) and graph.inputs[0].name == "self"
    inputs = graph.inputs[1 if has_self else 0 :]
    leaves = (LEAF,) * len(graph.outputs)
    result = LEAF if len(leaves) == 1 else TreeSpec("tuple", leaves)
    names = tuple(Parameter(v.name or f"input{v.index}") for v in inputs)
    return Method(graph, names, result)


def made_up(name: str, type: TensorType, low: float = 0.5, high: float = 1.5) -> Weight:
    """Contents that depend on the name only; positive, so that they can be variances."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    assert type.shape is not None
    values = np.asarray(generator.uniform(low, high, [int(str(size)) for size in type.shape]))
    dtype = type.dtype or DType.FLOAT32
    if not dtype.is_float:
        values = np.asarray(np.round(values * 4))
    return Weight(cast(values, dtype) if dtype is not dtype_of(values) else values, dtype)


def _add_weights(module: Module, graph: Graph) -> None:
    for node in graph.all_nodes():
        value = node.attributes.get("value")
        if isinstance(value, WeightRef) and value.name not in module.weights:
            type = node.output.type
            assert isinstance(type, TensorType)
            module.weights[value.name] = made_up(value.name, type)


def _add_attributes(module: Module, graph: Graph) -> None:
    if not graph.inputs or graph.inputs[0].name != "self":
        return
    type = graph.inputs[0].type
    assert isinstance(type, ClassType)
    if module.root is None:
        module.root = Object(type.name)
    objects = {graph.inputs[0]: (module.root, "")}
    module.classes.setdefault(type.name, ClassDef(type.name))
    for node in graph.all_nodes():
        if node.kind == "prim::GetAttr" and node.inputs[0] in objects:
            holder, path = objects[node.inputs[0]]
            name = str(node.attributes["name"])
            full, kind = f"{path}{name}", node.output.type
            module.classes[holder.class_name].attributes[name] = kind
            if isinstance(kind, ClassType):
                module.classes.setdefault(kind.name, ClassDef(kind.name))
                child = holder.attributes.setdefault(name, Object(kind.name))
                assert isinstance(child, Object)
                objects[node.output] = (child, f"{full}.")
            elif isinstance(kind, TensorType):
                module.weights.setdefault(full, made_up(full, kind))
                holder.attributes.setdefault(name, WeightRef(full))
            else:
                holder.attributes.setdefault(name, 2)
