"""What runtime tests build programs from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.ir.graph import WeightRef
from tsx.ir.module import (
    LEAF,
    AttributeValue,
    ClassDef,
    Method,
    Module,
    Object,
    Parameter,
    TreeSpec,
)  # fmt: skip
from tsx.ir.text import parse_graph
from tsx.ir.types import TENSOR
from tsx.ops.dtypes import Array
from tsx.ops.weights import Weight
from tsx.runtime.lower import lower
from tsx.runtime.vm import VM

NET = "__torch__.Net"


def run(text: str, *inputs: Any, bodies: bool = False) -> Any:
    """The outputs of a graph on VM values: one, or a list of several."""
    outputs = VM(lower(parse_graph(text), bodies=bodies)).run("graph", list(inputs))
    return outputs[0] if len(outputs) == 1 else outputs


def net(
    text: str, weights: Mapping[str, Array], attributes: Mapping[str, AttributeValue] | None = None
) -> Module:
    """A module of class ``Net`` whose attributes are its weights (and ``attributes``); ``text`` is its forward."""
    values: dict[str, AttributeValue] = {name: WeightRef(name) for name in weights}
    values.update(attributes or {})
    graph = parse_graph(text)
    graph.name = "forward"
    parameters = tuple(Parameter(v.name) for v in graph.inputs if v.name != "self")
    count = len(graph.outputs)
    result = LEAF if count == 1 else TreeSpec("tuple", (LEAF,) * count)
    return Module(
        "Net",
        {"forward": Method(graph, parameters, result)},
        {NET: ClassDef(NET, dict.fromkeys(values, TENSOR))},
        {},
        Object(NET, values),
        {name: Weight(array) for name, array in weights.items()},
    )


def floats(*values: float) -> Array:
    return np.array(values, np.float32)
