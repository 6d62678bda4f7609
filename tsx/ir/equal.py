"""Whether two graphs are the same program: names, numbering and origins don't count, everything else does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tsx.ir.graph import Attribute, Block, Graph, Node, Value, WeightRef, same_attribute

SameWeight = Callable[[str, str], bool]
"""Whether a weight of the first program equals one of the second; by name unless the caller compares digests."""


def equal(a: Graph, b: Graph, same_weight: SameWeight = str.__eq__) -> bool:
    """Whether ``a`` and ``b`` do the same with the same types (alpha-equivalence)."""
    return difference(a, b, same_weight) is None


def difference(a: Graph, b: Graph, same_weight: SameWeight = str.__eq__) -> str | None:
    """The first difference in words, or None."""
    return _Comparison(same_weight).run(a.block, b.block)


def equal_blocks(a: Block, b: Block) -> bool:
    """Whether two blocks of one graph do the same with the same values from outside."""
    return _Comparison(str.__eq__).run(a, b) is None


class _Comparison:
    def __init__(self, same_weight: SameWeight) -> None:
        self.same_weight = same_weight
        self.twins: dict[Value, Value] = {}
        self.count = 0  # nodes compared so far: where a difference is

    def run(self, a: Block, b: Block) -> str | None:
        # Operands may be defined after their use (the verifier's business), so values are paired first.
        return self._shape(a, b) or self._operands(a, b)

    def _shape(self, a: Block, b: Block) -> str | None:
        if found := self._values("block input", a.inputs, b.inputs):
            return found
        left, right = list(a.nodes), list(b.nodes)
        for x, y in zip(left, right):  # noqa: B905  (a shorter side is told below)
            self.count += 1
            if found := self._node(x, y):
                return f"node {self.count}: {found}"
            for inner_x, inner_y in zip(x.blocks, y.blocks, strict=True):
                if found := self._shape(inner_x, inner_y):
                    return found
        if len(left) != len(right):
            longer = left if len(left) > len(right) else right
            extra = longer[min(len(left), len(right))]
            return (
                f"{len(left)} nodes against {len(right)}; the first without a twin is {extra.kind}"
            )
        return None

    def _node(self, x: Node, y: Node) -> str | None:
        if x.kind != y.kind:
            return f"{x.kind} against {y.kind}"
        if len(x.inputs) != len(y.inputs):
            return f"{x.kind} has {len(x.inputs)} operands against {len(y.inputs)}"
        if len(x.blocks) != len(y.blocks):
            return f"{x.kind} has {len(x.blocks)} blocks against {len(y.blocks)}"
        if x.attributes.keys() != y.attributes.keys():
            return f"{x.kind} has attributes {sorted(x.attributes)} against {sorted(y.attributes)}"
        for name, value in x.attributes.items():
            if not self._same(value, y.attributes[name]):
                return f"{x.kind}[{name}] is {value!r} against {y.attributes[name]!r}"
        return self._values(f"result of {x.kind}", x.outputs, y.outputs)

    def _same(self, a: Attribute, b: Attribute) -> bool:
        if isinstance(a, WeightRef) and isinstance(b, WeightRef):
            return self.same_weight(a.name, b.name)
        return same_attribute(a, b)

    def _values(self, what: str, left: Sequence[Value], right: Sequence[Value]) -> str | None:
        if len(left) != len(right):
            return f"{len(left)} {what}(s) against {len(right)}"
        for index, (x, y) in enumerate(zip(left, right, strict=True)):
            if x.type != y.type:
                return f"{what} {index} has type {x.type} against {y.type}"
            self.twins[x] = y
        return None

    def _operands(self, a: Block, b: Block) -> str | None:
        pairs = zip([*a.nodes, a.return_node], [*b.nodes, b.return_node], strict=True)
        for x, y in pairs:
            if len(x.inputs) != len(y.inputs):  # of a return
                return f"{len(x.inputs)} results against {len(y.inputs)}"
            for index, (left, right) in enumerate(zip(x.inputs, y.inputs, strict=True)):
                if self.twins.get(left, left) is not right:
                    return f"operand {index} of {x.kind} is {left!r} against {right!r}"
            for inner_a, inner_b in zip(x.blocks, y.blocks, strict=True):
                if found := self._operands(inner_a, inner_b):
                    return found
        return None
