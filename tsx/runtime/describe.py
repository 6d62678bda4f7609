"""Facts about a program that people ask for first: sizes, parameters, work, memory, operators, guards.

Takes a module, gives plain data; rendering and JSON are made from it elsewhere. Work and memory are for the sample
sizes of capture (or the sizes given), from the operators' own type rules: nothing is run, no weight is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import tsx.ops  # noqa: F401  (fills the registry that flops and rules come from)
from tsx.ir.dims import Dim, Expr, evaluate
from tsx.ir.graph import Block, Graph, Node, Value
from tsx.ir.guards import guard_subject, guard_value
from tsx.ir.infer import propagate
from tsx.ir.module import Method, Module
from tsx.ir.op import Abstract, Trait, lookup
from tsx.ir.prim import PRIMS
from tsx.ir.types import DType, TensorType, map_tensors

# Nodes that move no tensor data and are not what a person means by "operator".
_SILENT = {"prim::Constant", "prim::GetAttr", "prim::ListConstruct", "prim::TupleConstruct"}


@dataclass(frozen=True, slots=True)
class Cost:
    """Work and memory of one call. ``flops`` counts a multiply-add as two; sizes are in bytes."""

    flops: int
    peak_activation_bytes: int
    complete: bool  # False when some size stayed unknown, so the figures are lower bounds
    sizes: Mapping[str, int]  # the symbols' values they are for


@dataclass(frozen=True, slots=True)
class GuardInfo:
    kind: str
    expect: object
    source: str
    where: str

    def __str__(self) -> str:
        expect = self.expect if self.kind == "dtype" else repr(self.expect)
        subject = guard_subject(self.kind, self.source or self.kind)
        return f"{subject} must be {guard_value(self.kind, expect)} ({self.where})"


@dataclass(frozen=True, slots=True)
class Description:
    """What ``tsx inspect`` opens with."""

    name: str
    method: str
    captured_by: str
    inputs: list[tuple[str, str]]
    outputs: list[tuple[str, str]]
    parameters: int
    weight_bytes: int
    dtypes: dict[str, int]  # bytes of weights by dtype
    operators: dict[str, int]  # a fusion group counts as one, by its display name
    requires: dict[
        str, str
    ]  # operators that the host provides, in all methods: their schemas, "" where it does not
    guards: list[GuardInfo]
    pins: list[tuple[str, int, int, str, str]]  # input, dimension, size, reason, where
    cost: Cost | None
    metadata: dict[str, str] = field(default_factory=dict)


def describe(
    module: Module, method_name: str = "", sizes: Mapping[str, int] | None = None
) -> Description:
    """Describes one method (``forward`` by default); ``sizes`` binds symbols instead of the sample's."""
    method = module.methods[method_name] if method_name else module.forward
    name = method_name or next(n for n, m in module.methods.items() if m is method)
    by_dtype: Counter[str] = Counter()
    for data in module.weights.values():
        by_dtype[data.dtype.torch_name] += prod(data.shape) * data.dtype.itemsize
    return Description(
        name=module.name,
        method=name,
        captured_by=method.source,
        inputs=[(v.name, str(v.type)) for v in method.graph.inputs[1 if method.has_self else 0 :]],
        outputs=[
            (path, str(v.type))
            for path, v in zip(method.result.paths(), method.graph.outputs, strict=False)
        ],
        parameters=sum(prod(data.shape) for data in module.weights.values()),
        weight_bytes=sum(by_dtype.values()),
        dtypes=dict(by_dtype.most_common()),
        operators=_histogram(method.graph),
        requires=host_operators(module),
        guards=guards(method.graph),
        pins=[
            (p.input, p.dim, p.size, p.reason, str(p.span) if p.span else "") for p in method.pins
        ],
        cost=cost(module, method, sizes),
        metadata=dict(module.metadata),
    )


def host_operators(module: Module) -> dict[str, str]:
    """The operators that the program around has to provide, each with the schema of the one that it does, or ""."""
    kinds = {node.kind for _, graph in module.graphs() for node in graph.all_nodes()}
    found = {kind: lookup(kind) for kind in sorted(kinds) if kind not in PRIMS}
    return {
        kind: str(op.schema) if op else ""
        for kind, op in found.items()
        if op is None or op.is_of_host
    }


def guards(graph: Graph) -> list[GuardInfo]:
    """The guards of a graph in program order."""
    return [
        GuardInfo(
            str(node.attributes.get("kind", "")),
            node.attributes.get("expect"),
            str(node.attributes.get("source", "")),
            str(node.origin.span or ""),
        )
        for node in graph.all_nodes()
        if node.kind == "tsx::guard"
    ]


def cost(module: Module, method: Method, sizes: Mapping[str, int] | None = None) -> Cost | None:
    """The cost of one call at ``sizes``, by default the sample's; None when neither is known."""
    bindings = sizes if sizes is not None else sample_bindings(method)
    if bindings is None:
        return None
    graph = method.graph.clone()
    for value in graph.inputs:
        value.type = map_tensors(value.type, lambda t: _bind(t, bindings))
    abstracts = propagate(graph, module)
    estimate = _Estimate(abstracts)
    peak = estimate.block(graph.block)
    return Cost(estimate.flops, peak, estimate.complete, bindings)


def sample_bindings(method: Method) -> dict[str, int] | None:
    """The symbols' values that the sample inputs of capture give; None without any. A script has no symbols."""
    inputs = method.graph.inputs[1 if method.has_self else 0 :]
    if inputs and (not method.samples or method.source == "script"):
        return None
    bindings: dict[str, int] = {}
    for value, sample in zip(inputs, method.samples, strict=False):
        if (
            not isinstance(value.type, TensorType)
            or value.type.shape is None
            or sample.shape is None
        ):
            continue
        for size, given in zip(value.type.shape, sample.shape, strict=False):
            if isinstance(size, Expr) and isinstance(given, int) and str(size).isidentifier():
                bindings[str(size)] = given
    return bindings


class _Estimate:
    """One walk over the nodes: work, and the most tensor bytes alive at a time.

    A view has no bytes of its own; it keeps what it looks into alive.
    """

    def __init__(self, abstracts: Mapping[Value, Abstract]) -> None:
        self.abstracts = abstracts
        self.flops = 0
        self.complete = True
        self._base: dict[Value, Value] = {}

    def block(self, block: Block) -> int:
        last_use = _last_uses(block)
        bytes_of = {v: self._bytes(v) for v in block.inputs}
        live = sum(bytes_of.values())
        peak = live
        for position, node in enumerate(block.nodes):
            inner = max((self.block(b) for b in node.blocks), default=0)
            if node.kind != "tsx::group":
                self.flops += self._flops(node)
            made = 0
            for output in node.outputs:
                base = self._viewed(node)
                if base is not None:
                    self._base[output] = base
                    last_use[base] = max(last_use.get(base, -1), last_use.get(output, -1))
                else:
                    bytes_of[output] = self._bytes(output) if node.kind not in _SILENT else 0
                    made += bytes_of[output]
            peak = max(peak, live + max(made, inner))
            live += made
            for value in [v for v in bytes_of if last_use.get(v, -1) <= position]:
                live -= bytes_of.pop(value)
        return peak

    def _viewed(self, node: Node) -> Value | None:
        op = lookup(node.kind)
        if op is None or not (op.has(Trait.VIEW) or op.has(Trait.INPLACE)) or not node.inputs:
            return None
        base = node.inputs[0]
        return self._base.get(base, base)

    def _bytes(self, value: Value) -> int:
        type = self.abstracts.get(value, value.type)
        if not isinstance(type, TensorType):
            return 0
        total: Dim = (type.dtype or DType.FLOAT32).itemsize
        for size in type.shape or ():
            if size is None:
                self.complete = False
            else:
                total = total * size
        known = evaluate(total, {})
        if known is None or type.shape is None:
            self.complete = False
            return 0
        return known

    def _flops(self, node: Node) -> int:
        op = lookup(node.kind)
        if op is None or not node.outputs:
            return 0
        result = [self.abstracts.get(v, v.type) for v in node.outputs]
        elements = _elements(result[0])
        if op.flops is None:
            return (elements or 0) if op.has(Trait.ELEMENTWISE) else 0
        operands = [self.abstracts.get(v, v.type) for v in node.inputs]
        if any(isinstance(a, TensorType) and _elements(a) is None for a in [*operands, *result]):
            self.complete = False
            return 0
        return op.flops(*operands, result[0] if len(result) == 1 else tuple(result))


def _elements(abstract: Abstract) -> int | None:
    if not isinstance(abstract, TensorType) or abstract.shape is None:
        return None
    sizes = [s for s in abstract.shape if isinstance(s, int)]
    return prod(sizes) if len(sizes) == len(abstract.shape) else None


def _last_uses(block: Block) -> dict[Value, int]:
    """The position of the last node of ``block`` that needs each value, inner blocks included."""
    last: dict[Value, int] = {}
    position = -1
    for position, node in enumerate(block.nodes):
        for value in _operands(node):
            last[value] = position
    for value in block.outputs:
        last[value] = position + 1
    return last


def _operands(node: Node) -> list[Value]:
    found = list(node.inputs)
    for block in node.blocks:
        for inner in block.nodes:
            found.extend(_operands(inner))
        found.extend(block.outputs)
    return found


def _bind(type: TensorType, bindings: Mapping[str, int]) -> TensorType:
    if type.shape is None:
        return type
    shape = tuple(s.substitute(dict(bindings)) if isinstance(s, Expr) else s for s in type.shape)
    return TensorType(type.dtype, shape)


def _histogram(graph: Graph) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for node in graph.all_nodes():
        owner = node.block.node
        if node.kind == "tsx::group":
            counts[str(node.attributes.get("name", "group"))] += 1
        elif node.kind not in _SILENT and (owner is None or owner.kind != "tsx::group"):
            counts[node.kind] += 1
    return dict(counts.most_common())
