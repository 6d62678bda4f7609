"""Two runs of one model, node by node: the same program, or where they first differ.

Plain ints that differ are no difference here: they are *holes*, which ``fit`` explains or the caller pins.
"""

from __future__ import annotations

from dataclasses import dataclass

from tsx.capture.trace.run import Run
from tsx.capture.trace.tracer import HoleKey
from tsx.ir import types as ty
from tsx.ir.build import is_constant
from tsx.ir.graph import Node, Value, WeightRef
from tsx.ir.location import Span

_SOURCE_ONLY = frozenset({"source"})


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two runs are not the same program."""

    message: str
    span: Span | None
    is_exact: bool = False  # a guard on the very number: no other size can do
    is_guard: bool = False


def structural(a: Run, b: Run) -> Difference | None:
    """The first difference but for plain ints and sizes in types."""
    pairs = zip(_nodes(a), _nodes(b), strict=False)
    known: dict[Value, Value] = dict(zip(a.tracer.graph.inputs, b.tracer.graph.inputs, strict=True))
    for left, right in pairs:
        found = _node_difference(left, right, known)
        if found is not None:
            return found
        known.update(zip(left.outputs, right.outputs, strict=True))
    return _ends_difference(a, b, known)


def _ends_difference(a: Run, b: Run, known: dict[Value, Value]) -> Difference | None:
    first, second = _nodes(a), _nodes(b)
    if len(first) != len(second):
        longer = max(first, second, key=len)
        node = longer[min(len(first), len(second))]
        return Difference(f"one run goes on with {node.kind}", node.origin.span)
    if a.result != b.result:
        return Difference("the results have different structures", None)
    for left, right in zip(a.tracer.graph.outputs, b.tracer.graph.outputs, strict=True):
        if not _same_operand(left, right, known):
            return Difference("the results come from different operators", None)
    for name, weight in a.tracer.constants.items():
        if weight.digest() != b.tracer.constants[name].digest():
            return Difference(f"the tensor {name} made outside the trace differs", None)
    return None


def holes(a: Run, b: Run) -> list[HoleKey]:
    """The plain ints that differ between two runs of the same structure."""
    left, right = a.tracer.ints, b.tracer.ints
    return [key for key, value in left.items() if key in right and right[key] != value]


def types(a: Run, b: Run) -> Difference | None:
    """The first result whose symbolic type differs."""
    for left, right in zip(_nodes(a), _nodes(b), strict=True):
        for x, y in zip(left.outputs, right.outputs, strict=True):
            if x.type != y.type:
                message = (
                    f"the result of {left.kind} is {x.type} in one run and {y.type} in another"
                )
                return Difference(message, left.origin.span)
    return None


def _nodes(run: Run) -> list[Node]:
    return [node for node in run.tracer.graph.nodes if node.kind != "prim::Constant"]


def _node_difference(left: Node, right: Node, known: dict[Value, Value]) -> Difference | None:
    span = left.origin.span
    if left.kind != right.kind:
        return Difference(f"{left.kind} in one run, {right.kind} in another", span)
    if left.kind == "tsx::guard" and left.attributes["expect"] != right.attributes["expect"]:
        source = left.attributes["source"]
        values = f"{left.attributes['expect']} in one run, {right.attributes['expect']} in another"
        message = f"Python uses `{source}`, which is {values}"
        return Difference(message, span, left.attributes["kind"] != "bool", is_guard=True)
    if _plain(left) != _plain(right) or len(left.inputs) != len(right.inputs):
        return Difference(f"{left.kind} differs between runs", span)
    if len(left.outputs) != len(right.outputs):
        return Difference(
            f"{left.kind} gives {len(left.outputs)} values in one run, {len(right.outputs)} in another",
            span, True,
        )  # fmt: skip
    for index, (x, y) in enumerate(zip(left.inputs, right.inputs, strict=True)):
        if not _same_operand(x, y, known):
            return Difference(f"operand {index} of {left.kind} differs between runs", span)
    for x, y in zip(left.outputs, right.outputs, strict=True):
        if _rank_type(x.type) != _rank_type(y.type):
            return Difference(f"the rank or dtype of {left.kind} differs between runs", span)
    return None


def _plain(node: Node) -> dict[str, object]:
    return {k: v for k, v in node.attributes.items() if k not in _SOURCE_ONLY}


def _same_operand(x: Value, y: Value, known: dict[Value, Value]) -> bool:
    if is_constant(x) and is_constant(y):
        return _same_constant(x, y)
    return known.get(x) is y


def _same_constant(x: Value, y: Value) -> bool:
    assert x.node is not None and y.node is not None
    a, b = x.node.attributes.get("value"), y.node.attributes.get("value")
    if x.type == ty.INT and y.type == ty.INT:
        return True
    if isinstance(a, WeightRef) or isinstance(b, WeightRef):
        return a == b
    if x.type != y.type:
        return False
    if x.type == ty.ListType(ty.INT):
        return len(a) == len(b)  # type: ignore[arg-type]  # constants of this type are tuples
    return repr(a) == repr(b)


def _rank_type(type: ty.Type) -> ty.Type:
    """The type with every size unknown."""

    def ranked(tensor: ty.TensorType) -> ty.Type:
        return ty.TensorType(
            tensor.dtype, None if tensor.shape is None else (None,) * len(tensor.shape)
        )

    return ty.map_tensors(type, ranked)
