"""Compiles the bodies of composite operators, typed Python in ``tsx/ops/bodies``, to the IR text that ships."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import tsx.ops.bodies
from tsx.capture.own import compile_body
from tsx.ir.graph import Graph
from tsx.ir.op import lookup
from tsx.ir.text import print_graph


def sources() -> dict[str, Callable[..., Any]]:
    """Every body by its operator, sorted."""
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.iter_modules(tsx.ops.bodies.__path__):
        loaded = importlib.import_module(f"{tsx.ops.bodies.__name__}.{module.name}")
        found |= getattr(loaded, "BODIES", {})
    return dict(sorted(found.items()))


def compiled(kind: str, function: Callable[..., Any]) -> Graph:
    """One body: its inputs are called as the schema's arguments are."""
    op = lookup(kind)
    if op is None:
        raise SystemExit(f"{kind} has a body and no record")
    return compile_body(op.schema, function)


def operator_bodies() -> str:
    """tsx/ops/bodies/bodies.ir."""
    parts = ["# Written by `make generate` from the Python files beside it.\n"]
    for kind, function in sources().items():
        text = print_graph(compiled(kind, function), origins=False)
        parts.append(f"{tsx.ops.bodies.MARK}{kind}\n{text.rstrip()}\n")
    return "\n".join(parts)
