"""Computes at compile time what depends on constants only, weights and known sizes included.

A pure node with constant operands is evaluated by the operator's own meaning, so folding can't disagree with running;
one that raises stays. An If with a known condition becomes its branch; a Loop that runs never or once becomes its
carried values or its body, and one whose first values are known is evaluated, up to ``max-iterations`` rounds in all
(LLVM's ``-scalar-evolution-max-iterations``). A weight made here is called like the first it came from
(``conv.weight.folded``), and folding stops where it would make the file larger than ``max-bytes`` in all.

Before:

    graph(%x : Tensor):
      %2 : int = prim::Constant[value=2]()
      %3 : int = prim::Constant[value=3]()
      %six : int = aten::mul.int(%2, %3)
      %1 : int = prim::Constant[value=1]()
      %y : Tensor = aten::add.Scalar(%x, %six, %1)
      return (%y)

After:

    graph(%x : Tensor):
      %six : int = prim::Constant[value=6]()
      %1 : int = prim::Constant[value=1]()
      %y : Tensor = aten::add.Scalar(%x, %six, %1)
      return (%y)
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator

from tsx.ir.build import Builder
from tsx.ir.graph import Node, Value, WeightRef, walk_block
from tsx.ir.location import Origin
from tsx.ir.module import Module
from tsx.ops.weights import as_weight
from tsx.passes.define import Context, define
from tsx.passes.support.constants import (
    derived_name,
    drop_unused_weights,
    is_storable,
    make_constant,
    size_of,
    weight_references,
)
from tsx.passes.support.erase import erase_dead, splice
from tsx.passes.support.evaluation import SCRATCH, Evaluator, Known
from tsx.passes.support.purity import only_computes
from tsx.passes.support.walk import walk_outside_groups

_SPENT = "folded-bytes"
"""Metadata: what folding has added to the file so far, so that a second run has no second budget."""


@define(safety="exact", requires=("freeze",))
def fold(ctx: Context, *, max_bytes: int = 1 << 20, max_iterations: int = 1000) -> None:
    """Evaluates, then resolves control flow, until neither finds anything."""
    while True:
        before = ctx.graph.mutations
        folder = _Folder(ctx, max_bytes, max_iterations)
        folder.evaluate()
        folder.materialise()
        folder.fold_loops()
        resolve_control_flow(ctx)
        if ctx.graph.mutations == before:
            break
    ctx.module_mutations += drop_unused_weights(ctx.module)


class _Folder:
    """One round: ``known`` maps values to what they are on every run."""

    def __init__(self, ctx: Context, max_bytes: int, max_iterations: int) -> None:
        self.ctx = ctx
        self.budget = max_bytes - _spent(ctx.module)
        abstracts = ctx.abstracts()
        self.evaluator = Evaluator(
            ctx.module,
            aliases=ctx.aliases(),
            abstracts=abstracts,
            iterations=max_iterations,
            scratch=max(max_bytes, SCRATCH),
        )
        self.known: Known = ChainMap()
        self.kept: set[Node] = set()  # known, but too large or no constant: computed on every run
        self.references = weight_references(ctx.module)

    def evaluate(self) -> None:
        for node in walk_outside_groups(self.ctx.graph.block):
            if not node.blocks:
                self.evaluator.node(node, self.known)

    def materialise(self) -> None:
        """Puts constants where known results meet what is not known."""
        known = self.known.maps[0]  # a ChainMap is slow to ask
        chosen: list[tuple[Node, list[Value]]] = []
        nodes = list(walk_outside_groups(self.ctx.graph.block))
        for node in reversed(nodes):  # users before what they use
            if node.kind == "prim::Constant" or not all(v in known for v in node.outputs):
                continue
            needed = [value for value in node.outputs if self.is_needed(value)]
            if not needed:
                continue
            if all(is_storable(self.known[v]) for v in needed) and self.affords(node, needed):
                chosen.append((node, needed))
            else:
                self.kept.add(node)
        for node, needed in reversed(chosen):
            self.replace(node, needed)
        for node in reversed(nodes):
            if node.is_linked and node.outputs and all(v in known for v in node.outputs):
                self.drop(node)

    def fold_loops(self) -> None:
        """Replaces the loops whose results can be told; what they read may then be dead."""
        for loop in list(walk_outside_groups(self.ctx.graph.block)):
            if loop.kind != "prim::Loop" or not loop.is_linked or not loop.outputs:
                continue
            found = self.known.new_child()
            if not self.evaluator.loop(loop, found):
                continue
            needed = [value for value in loop.outputs if value.uses]
            self.known.update((value, found[value]) for value in loop.outputs)
            if all(is_storable(found[value]) for value in needed) and self.affords(loop, needed):
                operands = [v for inner in walk_block(loop.blocks[0]) for v in inner.inputs]
                self.replace(loop, needed, "a loop over constants == its last values")
                erase_dead([v for v in operands if v.node is not None and v.node.is_linked])

    def drop(self, node: Node) -> None:
        """Removes a node whose results are known and that nobody uses, unless it does more than give them."""
        if node.kind == "prim::Constant" or any(value.uses for value in node.outputs):
            return
        inner = (found for block in node.blocks for found in walk_block(block))
        if only_computes((node, *inner)):
            operands = node.inputs
            node.destroy()
            erase_dead(operands)

    def is_needed(self, value: Value) -> bool:
        """Whether somebody uses it who stays."""
        return any(
            not use.node.outputs
            or use.node in self.kept
            or any(v not in self.known for v in use.node.outputs)
            for use in value.uses
        )

    def affords(self, node: Node, needed: list[Value]) -> bool:
        """Whether the file may grow by the new weights less those that nothing else names."""
        growth = sum(size_of(self.known[value]) for value in needed)
        if growth:
            growth = max(growth - self.freed_by(node), 0)
        if growth:
            if growth > self.budget:
                return False
            self.budget -= growth
            self.ctx.module.metadata[_SPENT] = str(_spent(self.ctx.module) + growth)
        return True

    def freed_by(self, node: Node) -> int:
        gone = {node}
        freed: dict[str, int] = {}
        work = list(node.inputs)
        while work:
            value = work.pop()
            source = value.node
            if source is None or source in gone:
                continue
            if any(use.node not in gone for output in source.outputs for use in output.uses):
                continue
            gone.add(source)
            work.extend(source.inputs)
            reference = source.attributes.get("value")
            if isinstance(reference, WeightRef):
                freed[reference.name] = freed.get(reference.name, 0) + 1
        return sum(
            as_weight(self.ctx.module.weights[name]).nbytes
            for name, count in freed.items()
            if count == self.references.get(name)
        )

    def replace(
        self, node: Node, needed: list[Value], rule: str = "f(constants) == constant"
    ) -> None:
        origins, names = _sources(node)
        for value in needed:
            builder = Builder(node, Origin.merge(*origins))
            stem = derived_name(names, ".folded", value.name and f"{value.name}.folded")
            known = self.known[value]
            self.ctx.note(rule, node, "a constant")
            constant = make_constant(builder, known, value.type, self.ctx.module, stem)
            name, value.name = value.name, ""
            constant.name = name
            self.known[constant] = known
            value.replace_uses(constant)
        self.drop(node)


def resolve_control_flow(ctx: Context) -> None:
    """Replaces an If by the branch it takes, and a Loop that runs at most once by its body or nothing."""
    for node in list(ctx.graph.all_nodes()):
        if not node.is_linked:
            continue
        if node.kind == "prim::If":
            condition = _scalar(node.inputs[0])
            if isinstance(condition, bool):
                ctx.note("if constant", node, "its branch")
                _become(node, splice(node.blocks[0 if condition else 1], (), node))
        elif node.kind == "prim::Loop":
            _resolve_loop(ctx, node)


def _resolve_loop(ctx: Context, loop: Node) -> None:
    trips, go_on = _scalar(loop.inputs[0]), _scalar(loop.inputs[1])
    (body,) = loop.blocks
    if go_on is False or (isinstance(trips, int) and trips <= 0):
        ctx.note("a loop that never runs", loop, "its first values")
        _become(loop, loop.inputs[2:])
    elif go_on is True and trips is not None and (trips == 1 or _scalar(body.outputs[0]) is False):
        ctx.note("a loop that runs once", loop, "its body")
        if body.inputs[0].uses:
            body.inputs[0].replace_uses(Builder(loop, loop.origin).constant(0))
        _, *results = splice(body, (body.inputs[0], *loop.inputs[2:]), loop)
        _become(loop, results)


def _become(node: Node, values: list[Value] | tuple[Value, ...]) -> None:
    for old, new in zip(node.outputs, values, strict=True):
        old.replace_uses(new)
    operands = node.inputs
    node.destroy()
    erase_dead(operands)


def _spent(module: Module) -> int:
    text = module.metadata.get(_SPENT, "")
    return int(text) if text.isdecimal() else 0  # metadata comes from files


def _scalar(value: Value) -> object:
    if value.node is None or value.node.kind != "prim::Constant":
        return None
    return value.node.attributes.get("value")


def _sources(node: Node) -> tuple[list[Origin], list[str]]:
    """Origins of a node and of what it depends on, and the weights among that in operand order.

    Literals don't count: one may stand for equal ones anywhere in the source.
    """
    origins, names = [], []
    for source in _cone(node):
        reference = source.attributes.get("value")
        if isinstance(reference, WeightRef):
            names.append(reference.name)
        if isinstance(reference, WeightRef) or source.kind != "prim::Constant":
            origins.append(source.origin)
    return origins, names


def _cone(node: Node) -> Iterator[Node]:
    seen = {node}
    work = [node]
    while work:
        current = work.pop()
        yield current
        for value in reversed(current.inputs):
            if value.node is not None and value.node not in seen:
                seen.add(value.node)
                work.append(value.node)
