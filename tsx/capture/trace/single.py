"""A size of 1 that takes a path of its own: both paths in one program.

Models branch on ``batch != 1`` and the like, so a sample of one row is often traced on the path that no other size
takes. When a dimension of size 1 is pinned by such a branch, the model is traced on a larger sample as well, and
the program decides at entry::

    graph(%x : Float(s0, 3)):
      %n : int = aten::size.int(%x, %0)
      %single : bool = aten::eq.int(%n, %1)
      %y : Float(*, 3) = prim::If(%single)
        block0():  the sample's own trace
        block1():  the trace of a larger sample

Both are traces that the search for free dimensions accepted, so neither is a guess. Takes two finished traces of one
model; gives None when they do not fit together (other free dimensions, another structure of the result, other state).
"""

from __future__ import annotations

from dataclasses import dataclass

from tsx.capture.trace.dynamic import Outcome
from tsx.capture.trace.run import Axis, Capture, Sample
from tsx.ir import types as ty
from tsx.ir.build import Builder
from tsx.ir.graph import Block, Graph, Value, WeightRef, copy_node, walk_block
from tsx.ir.infer import propagate
from tsx.ir.location import Origin
from tsx.ir.module import Module, WeightData

LARGER = 2
"""The size in place of 1: the smallest that is no special case."""


def single_axes(sample: Sample, outcome: Outcome) -> list[list[Axis]]:
    """Sets of dimensions to enlarge together: the pinned ones of size 1 at one place of all inputs (the batch of ids
    and of their mask), those that a branch pinned first."""
    ones = [axis for axis in outcome.pins if sample.size(axis) == 1]
    branches = {axis[1] for axis in ones if outcome.pins[axis].is_guard}
    places = sorted({axis[1] for axis in ones}, key=lambda place: (place not in branches, place))
    return [[axis for axis in ones if axis[1] == place] for place in places]


def enlarged(capture: Capture, axes: list[Axis]) -> Capture:
    """The same model with a sample in which ``axes`` have the size 2; elements are repeated."""
    sample = capture.sample
    arrays = []
    for leaf, array in enumerate(sample.arrays):
        sizes = [LARGER if (leaf, d) in axes else n for d, n in enumerate(sample.shape(leaf))]
        arrays.append(capture.door.resize(array, sizes))
    args, kwargs = sample.call(capture.door, arrays)
    larger = Sample.of(capture.door, capture.model, args, kwargs)
    return Capture(capture.door, capture.model, larger, capture.name)


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two traces: its module and its graph."""

    module: Module
    outcome: Outcome

    @property
    def graph(self) -> Graph:
        return self.module.forward.graph


def joined(
    single: tuple[Module, Outcome], larger: tuple[Module, Outcome], axes: list[Axis]
) -> Module | None:
    """The module of the larger sample with the single path beside its own; None when the two do not fit."""
    one, many = _Side(*single), _Side(*larger)
    if not _fit(one, many, axes):
        return None
    weights = _share_weights(one, many)
    graph = Graph(many.graph.name)
    inputs = [graph.block.add_input(v.type, v.name) for v in many.graph.inputs]
    builder = Builder.at_end(graph.block, _origin_of(one, axes))
    leaf, dim = axes[0]
    value = inputs[leaf + (1 if many.module.forward.has_self else 0)]
    size = builder.op("aten::size.int", [value, builder.constant(dim)], ty.INT)
    is_single = builder.op("aten::eq.int", [size, builder.constant(1)], ty.BOOL)
    branch = builder.node("prim::If", [is_single])
    for side in (one, many):
        _copy_into(side.graph, branch.add_block(), inputs, forget_sizes=side is one)
    for value in many.graph.outputs:
        branch.add_output(ty.erase_shapes(value.type))
    graph.block.return_node.set_inputs(branch.outputs)
    method = many.module.forward
    method.graph = graph
    method.samples = one.module.forward.samples
    many.module.weights.update(weights)
    propagate(graph, many.module)
    return many.module


def _fit(one: _Side, many: _Side, axes: list[Axis]) -> bool:
    free_one, free_many = set(one.outcome.run.symbols), set(many.outcome.run.symbols)
    return (
        set(axes) <= free_many
        and free_many - set(axes) == free_one
        and len({many.outcome.run.symbols[a] for a in axes}) == 1
        and one.module.forward.result == many.module.forward.result
        and one.module.forward.parameters == many.module.forward.parameters
        and one.module.classes == many.module.classes
        and [ty.erase_shapes(v.type) for v in one.graph.outputs]
        == [ty.erase_shapes(v.type) for v in many.graph.outputs]
    )


def _origin_of(one: _Side, axes: list[Axis]) -> Origin:
    """The branch in the model's source that made two paths of it."""
    spans = [one.outcome.pins[a].span for a in axes]
    return Origin(spans=tuple(dict.fromkeys(span for span in spans if span is not None)))


def _share_weights(one: _Side, many: _Side) -> dict[str, WeightData]:
    """Constants of the single path under names that are free; equal ones are shared."""
    renamed: dict[str, str] = {}
    added: dict[str, WeightData] = {}
    for name, weight in one.module.weights.items():
        other = many.module.weights.get(name)
        if other is not None and other.digest() == weight.digest():
            continue
        renamed[name] = f"single.{name}"
        added[renamed[name]] = weight
    for node in walk_block(one.graph.block):
        held = node.attributes.get("value")
        if isinstance(held, WeightRef) and held.name in renamed:
            node.set_attribute("value", WeightRef(renamed[held.name]))
    return added


def _copy_into(source: Graph, target: Block, inputs: list[Value], *, forget_sizes: bool) -> None:
    """The nodes of a trace as a block. Sizes of the single path would contradict the symbols of the inputs: they are
    forgotten and told again by ``propagate``."""
    values = dict(zip(source.inputs, inputs, strict=True))
    for node in source.nodes:
        copy = target.append(copy_node(node, values, target.graph))
        is_known = node.kind in ("prim::Constant", "prim::GetAttr")
        for output in copy.outputs if forget_sizes and not is_known else ():
            output.type = ty.map_tensors(output.type, lambda t: ty.TensorType(t.dtype))
    target.return_node.set_inputs([values.get(v, v) for v in source.outputs])
