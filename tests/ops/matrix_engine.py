"""One operator on the C++ engine, through the extension: the machinery of the matrix's second column.

Takes an operator and NumPy operands, as ``tsx.ops.call.evaluate`` does; gives what the engine gives. Each operator is a
program of one node whose inputs are the operands, saved, loaded and called as a user's would be.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence

from tsx.ir.build import Builder
from tsx.ir.graph import Graph
from tsx.ir.location import Origin
from tsx.ir.module import LEAF, Method, Module, Parameter, TreeSpec
from tsx.ir.op import Op, lookup
from tsx.runtime import native
from tsx.serialize import archive
from tsx.serialize.source import MemorySource


def evaluate(op: Op, operands: Sequence[object]) -> object:
    """``op`` on a complete operand list, by the engine; what it writes is written into the operands."""
    results = _executable(op.kind).run("forward", operands, inplace=op.schema.mutates)
    if not op.schema.results:
        return ()
    return results[0] if len(op.schema.results) == 1 else tuple(results)


@functools.cache
def _executable(kind: str) -> native.Executable:
    """A program of one operator."""
    op = lookup(kind)
    assert op is not None
    graph = Graph("forward")
    inputs = [graph.block.add_input(a.type, f"x{i}") for i, a in enumerate(op.schema.arguments)]
    builder = Builder.at_end(graph.block, Origin())
    made = builder.node(kind, inputs, [result.type for result in op.schema.results])
    graph.block.return_node.set_inputs(made.outputs)
    parameters = tuple(Parameter(value.name) for value in inputs)
    result = TreeSpec("tuple", (LEAF,) * len(made.outputs))
    module = Module(kind, {"forward": Method(graph, parameters, result, source="built")})
    data = io.BytesIO()
    archive.save(module, data)
    return native.Executable(MemorySource(data.getvalue(), kind), lambda: module)
