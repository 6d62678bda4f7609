"""The module and the report of a finished trace."""

from __future__ import annotations

from tsx.capture.trace.compare import Difference
from tsx.capture.trace.dynamic import Outcome
from tsx.capture.trace.report import FreeDim, GuardInfo, Report
from tsx.capture.trace.run import Capture
from tsx.ir.graph import Node
from tsx.ir.module import Method, Module, Pin, WeightData
from tsx.ir.types import TensorType

_SLOW = 2.0  # seconds a forward


def assemble(capture: Capture, outcome: Outcome) -> tuple[Module, Report]:
    """Puts graph, attribute tree, weights and border together."""
    run, sample = outcome.run, capture.sample
    tracer = run.tracer
    pins = tuple(
        Pin(
            sample.names[leaf],
            dim,
            sample.size((leaf, dim)),
            _reason(sample.size((leaf, dim)), found),
            found.span,
        )
        for (leaf, dim), found in outcome.pins.items()
    )
    method = Method(
        tracer.graph,
        sample.parameters,
        run.result,
        pins,
        tuple(sample.types),
        "trace",
    )
    module = Module(capture.name, {"forward": method}, functions=tracer.functions.graphs)
    weights: dict[str, WeightData] = dict(tracer.constants)
    if tracer.state is not None:
        root, classes, state_weights = tracer.state.build(capture.door.weight)
        module.root, module.classes = root, classes
        weights |= state_weights
    module.classes |= tracer.classes
    module.weights = weights
    return module, _report(capture, outcome, pins)


def _report(capture: Capture, outcome: Outcome, pins: tuple[Pin, ...]) -> Report:
    names = capture.sample.names
    sites = outcome.run.tracer.sites
    free = tuple(
        FreeDim(names[leaf], dim, outcome.run.symbols[leaf, dim], (group.size, group.other))
        for group in outcome.groups
        for leaf, dim in group.axes
    )
    guards = tuple(
        GuardInfo(
            str(n.attributes["kind"]),
            n.attributes["expect"],
            str(n.attributes["source"]),
            n.origin.span,
            _reads_data(n),
            sites.get(n),
        )
        for n in outcome.run.tracer.graph.nodes
        if n.kind == "tsx::guard"
    )
    report = Report(free, pins, guards, outcome.warnings, capture.forwards)
    if outcome.run.seconds > _SLOW:
        report.warnings.append(
            f"a forward takes {outcome.run.seconds:.1f} s, and finding the free dimensions took {capture.forwards}; "
            "dynamic= says which ones to look at"
        )
    return report


_FACTS = ("aten::size", "aten::dim", "aten::numel", "aten::len", "aten::sym_")


def _reads_data(guard: Node) -> bool:
    """Whether a guard depends on what tensors hold: on more than sizes and the arithmetic of them."""
    seen: set[Node] = set()
    work = [value.node for value in guard.inputs]
    while work:
        node = work.pop()
        if node is None or node in seen or node.kind.startswith(_FACTS):
            continue
        seen.add(node)
        if any(isinstance(value.type, TensorType) for value in (*node.inputs, *node.outputs)):
            return True
        work.extend(value.node for value in node.inputs)
    return False


def _reason(size: int, found: Difference) -> str:
    """Why a dimension is pinned; a size of 1 is often a special case in a model's source."""
    if size == 1 and found.is_guard:
        return f"{found.message} (a sample of another size than 1 may leave it free)"
    return found.message
