"""Evaluates parts of a graph at compile time: pure nodes whose operands are known, and the If and Loop around them.

Takes values that are the same on every run (``known``) and adds to them. A node is evaluated by its operator's own
meaning, so the result can't differ from a run's. Never changes a graph, and never goes on past its limits.
"""

from __future__ import annotations

from collections import ChainMap

from tsx.ir import types as ty
from tsx.ir.alias import AliasAnalysis
from tsx.ir.dims import Expr
from tsx.ir.graph import Block, Node, Value
from tsx.ir.memory import deep_sorts
from tsx.ir.module import Module
from tsx.ir.op import Abstract, Unknown
from tsx.ops.abstract import numel
from tsx.passes.support.constants import can_evaluate, constant_value, evaluate, size_of
from tsx.passes.support.purity import is_pure

Known = ChainMap[Value, object]

SCRATCH = 1 << 26
"""Bytes that an intermediate result may always take."""

_LONGEST = 1 << 16
"""Elements of a list, or characters, that an intermediate result may have."""

_MISSING = object()


class Evaluator:
    """``iterations`` is how many rounds of loops it may run in all; ``trips`` tells how many each loop ran.

    With ``scalars_only``, tensors are left out, and a loop is followed as long as its condition is known: that tells
    how often it runs. Otherwise a loop is evaluated wholly or not at all.
    """

    def __init__(
        self,
        module: Module,
        aliases: AliasAnalysis,
        abstracts: dict[Value, Abstract],
        *,
        iterations: int,
        scratch: int = SCRATCH,
        scalars_only: bool = False,
    ) -> None:
        self.module = module
        self.aliases = aliases
        self.abstracts = abstracts
        self.iterations = iterations
        self.scratch = scratch
        self.scalars_only = scalars_only
        self.trips: dict[Node, int] = {}

    def node(self, node: Node, known: Known) -> bool:
        """Adds the results of ``node`` to ``known``; False when one of them can't be told."""
        if node.kind == "prim::Constant":
            return self.get(node.output, known) is not _MISSING
        if node.kind == "prim::If":
            return self.branch(node, known)
        if node.kind == "prim::Loop":
            return self.loop(node, known)
        return is_pure(node) and self.aliases.is_unwritten(node) and self.pure(node, known)

    def get(self, value: Value, known: Known) -> object:
        """What ``value`` is on every run; reads constants, and what the rules know, on demand."""
        found = _MISSING
        for scope in known.maps:  # as ChainMap.get does, but quick
            found = scope.get(value, _MISSING)
            if found is not _MISSING:
                return found
        if _is_known_scalar(self.abstracts.get(value)):
            found = known[value] = self.abstracts[value]
        if found is _MISSING and value.node is not None and value.node.kind == "prim::Constant":
            try:
                found = known[value] = constant_value(value.node, self.module)
            except Exception:  # a type that the VM has no values of: nothing that uses it is known
                return _MISSING
        return found

    def pure(self, node: Node, known: Known) -> bool:
        if self.scalars_only and any(deep_sorts(v.type) for v in (*node.inputs, *node.outputs)):
            return False
        if all(_is_known_scalar(self.abstracts.get(value)) for value in node.outputs):
            known.update((value, self.abstracts[value]) for value in node.outputs)
            return True
        if not can_evaluate(node):
            return False
        operands = [self.get(value, known) for value in node.inputs]
        if any(operand is _MISSING for operand in operands) or self.is_large(node, operands):
            return False
        try:
            results = evaluate(node, operands)
        except Exception:  # it raises on every run as well: the node stays and does so
            return False
        known.update(zip(node.outputs, results, strict=True))
        return True

    def is_large(self, node: Node, operands: list[object]) -> bool:
        expected = sum(self.expected_size(value) for value in node.outputs)
        return expected > max(self.scratch, 4 * size_of(operands)) or _may_repeat(node, operands)

    def expected_size(self, value: Value) -> int:
        known = self.abstracts.get(value)
        count = numel(known.shape) if isinstance(known, ty.TensorType) else 0
        if not isinstance(known, ty.TensorType) or not isinstance(count, int):
            return 0
        return count * (known.dtype.itemsize if known.dtype else 8)

    def branch(self, node: Node, known: Known) -> bool:
        condition = self.get(node.inputs[0], known)
        if not isinstance(condition, bool):
            return False
        block, inner = node.blocks[0 if condition else 1], known.new_child()
        is_whole = self.block(block, inner)
        results = [self.get(value, inner) for value in block.outputs]
        return self.learn(node, results, known) and is_whole

    def block(self, block: Block, known: Known) -> bool:
        """Evaluates the nodes of a block; whether all of them could be."""
        is_whole = True
        for node in block.nodes:
            is_whole = self.node(node, known) and is_whole
            if not is_whole and not self.scalars_only:
                return False
        return is_whole

    def loop(self, node: Node, known: Known) -> bool:
        trips, go_on, *carried = (self.get(value, known) for value in node.inputs)
        if not isinstance(trips, int) or not isinstance(go_on, bool):
            return False
        (body,) = node.blocks
        index, is_whole = 0, True
        while go_on and index < trips:
            if self.iterations <= 0:
                return False
            self.iterations -= 1
            inner = known.new_child()
            given = zip(body.inputs, (index, *carried), strict=True)
            inner.update((value, item) for value, item in given if item is not _MISSING)
            is_whole = self.block(body, inner) and is_whole
            go_on, *carried = (self.get(value, inner) for value in body.outputs)
            if not isinstance(go_on, bool) or not (is_whole or self.scalars_only):
                return False
            index += 1
        self.trips[node] = index
        return self.learn(node, carried, known) and is_whole

    def learn(self, node: Node, results: list[object], known: Known) -> bool:
        pairs = zip(node.outputs, results, strict=True)
        known.update((value, result) for value, result in pairs if result is not _MISSING)
        return all(result is not _MISSING for result in results)


def _may_repeat(node: Node, operands: list[object]) -> bool:
    """Whether a list or string may be made as long as an operand says (``[0] * n``), and that is long."""
    is_sequence = any(v.type == ty.STR or isinstance(v.type, ty.ListType) for v in node.outputs)
    if not is_sequence or node.kind.startswith(("aten::slice", "prim::")):
        return False
    return any(isinstance(n, int) and n > _LONGEST for n in operands)


def _is_known_scalar(abstract: Abstract) -> bool:
    """Whether an abstract value says all about a scalar or a list of scalars."""
    if isinstance(abstract, (list, tuple)):
        return bool(abstract) and all(_is_known_scalar(item) for item in abstract)
    if abstract is None or isinstance(abstract, (Unknown, Expr, ty.Type)):
        return False
    return isinstance(abstract, (bool, int, float, str))
