"""Compiles the bodies of composite operators, typed Python in ``tsx/ops/bodies``, to the IR text that ships."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import tsx.ops.bodies
from tsx.capture.script.entry import script
from tsx.ir.graph import Graph
from tsx.ir.op import lookup
from tsx.ir.text import print_graph
from tsx.ir.types import erase_shapes
from tsx.ir.walk import all_values
from tsx.passes import pipeline

# Helpers go into the bodies that call them; what the compiler keeps for a debugger's eye goes.
PASSES = "inline,peephole,canonicalize,cse,dce"


def sources() -> dict[str, Callable[..., Any]]:
    """Every body by its operator, sorted."""
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.iter_modules(tsx.ops.bodies.__path__):
        loaded = importlib.import_module(f"{tsx.ops.bodies.__name__}.{module.name}")
        found |= getattr(loaded, "BODIES", {})
    return dict(sorted(found.items()))


def compiled(kind: str, function: Callable[..., Any]) -> Graph:
    """One body: its inputs are called as the schema's arguments are."""
    module, _ = script(function)
    pipeline.run(module, pipeline.parse(PASSES))
    if module.functions:
        raise SystemExit(f"the body of {kind} calls what can't be inlined")
    graph = module.forward.graph
    op = lookup(kind)
    if op is None or len(op.schema.arguments) != len(graph.inputs):
        raise SystemExit(f"the body of {kind} doesn't have the arguments of its schema")
    for value in all_values(graph):
        value.type = erase_shapes(value.type)  # a body is for every dtype
    for value, argument in zip(graph.inputs, op.schema.arguments, strict=True):
        value.name = ""
        value.name = argument.name
    return graph


def operator_bodies() -> str:
    """tsx/ops/bodies/bodies.ir."""
    parts = ["# Written by `make generate` from the Python files beside it.\n"]
    for kind, function in sources().items():
        text = print_graph(compiled(kind, function), origins=False)
        parts.append(f"{tsx.ops.bodies.MARK}{kind}\n{text.rstrip()}\n")
    return "\n".join(parts)
