"""The meaning of a graph in sixty lines: it walks the nodes and calls each operator's own NumPy meaning.

An oracle that shares nothing with lowering and the VM. ``observe`` sees every value as it is defined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tsx.ir.graph import Block, Graph, Node, Value, WeightRef
from tsx.ir.op import lookup

Observe = Callable[[Value, Any, Mapping[Value, Any]], None]


class GuardFailed(Exception):
    """A guard saw another value than the trace."""


def run(
    graph: Graph,
    inputs: Sequence[Any],
    weights: Mapping[str, Any] | None = None,
    observe: Observe = lambda value, held, values: None,
) -> tuple[Any, ...]:
    """The results of ``graph`` on VM values; arrays may be written."""
    values: dict[Value, Any] = {}

    def define(targets: Sequence[Value], results: Sequence[Any]) -> None:
        for target, held in zip(targets, results, strict=True):
            values[target] = held
            observe(target, held, values)

    def block(body: Block, arguments: Sequence[Any]) -> tuple[Any, ...]:
        define(body.inputs, arguments)
        for node in body.nodes:
            define(node.outputs, evaluate(node, [values[v] for v in node.inputs]))
        return tuple(values[v] for v in body.outputs)

    def evaluate(node: Node, operands: list[Any]) -> Sequence[Any]:
        op = lookup(node.kind)
        if op is not None:
            with np.errstate(all="ignore"):
                result = op.eval(*operands)
            return result if len(node.outputs) != 1 and isinstance(result, tuple) else (result,)
        match node.kind:
            case "prim::Constant":
                held = node.attributes.get("value")
                if isinstance(held, WeightRef):
                    return [(weights or {})[held.name]]
                return [list(held) if isinstance(held, tuple) else held]
            case "prim::If":
                return block(node.blocks[0 if operands[0] else 1], ())
            case "prim::Loop":
                return loop(node, *operands)
            case "tsx::group":
                return block(node.blocks[0], operands)
            case "prim::ListConstruct":
                return [operands]
            case "prim::TupleConstruct":
                return [tuple(operands)]
            case "prim::ListUnpack" | "prim::TupleUnpack":
                return list(operands[0])
            case "tsx::guard" if operands[0] != node.attributes["expect"]:
                raise GuardFailed(node.attributes["source"])
            case "tsx::guard":
                return ()
        raise AssertionError(f"the interpreter of the tests does not know {node.kind}")

    def loop(node: Node, count: int, goes_on: bool, *carried: Any) -> Sequence[Any]:
        number = 0
        while number < count and goes_on:
            goes_on, *carried = block(node.blocks[0], (number, *carried))
            number += 1
        return carried

    return block(graph.block, inputs)
