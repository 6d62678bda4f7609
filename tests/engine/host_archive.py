"""Makes fixtures/host/operators.tsx: a method for each thing that a host operator does (engine/tests/test_host.cc).

    python -m tests.engine.host_archive

The operators mean nothing here: whoever runs the archive has to register them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

import tsx
from tsx.ir.module import LEAF, Method, Module, Parameter, TreeSpec
from tsx.ir.op import forget, lookup
from tsx.ir.text import parse_graph
from tsx.serialize import archive

ARCHIVE = Path(__file__).parents[2] / "fixtures" / "host" / "operators.tsx"
SCHEMAS = (
    "host::above(Tensor x, float limit) -> Tensor",
    "host::extremes(Tensor x) -> (Tensor, Tensor)",
    "host::fill_(Tensor(a!) x, float value) -> Tensor(a!)",
    "host::same(Tensor x) -> Tensor",
    "host::told(str text, int[] numbers, float? scale=None) -> str",
)
METHODS = {
    "above": """graph(%x : Tensor, %limit : float):
  %y : Tensor = host::above(%x, %limit) # model.py:3:4
  return (%y)""",
    "extremes": """graph(%x : Tensor):
  %low : Tensor, %high : Tensor = host::extremes(%x) # model.py:7:4
  return (%low, %high)""",
    "filled": """graph(%x : Tensor, %value : float):
  %y : Tensor = host::fill_(%x, %value) # model.py:11:4
  %one : int = prim::Constant[value=1]()
  %z : Tensor = aten::add_.Scalar(%y, %one, %one) # model.py:12:4
  return (%x)""",
    "same": """graph(%x : Tensor):
  %y : Tensor = host::same(%x) # model.py:15:4
  %one : int = prim::Constant[value=1]()
  %z : Tensor = aten::add_.Scalar(%y, %one, %one) # model.py:16:4
  return (%x, %z)""",
    "told": """graph(%text : str, %numbers : int[]):
  %none : NoneType = prim::Constant()
  %y : str = host::told(%text, %numbers, %none) # model.py:20:4
  return (%y)""",
}


def method(name: str, text: str) -> Method:
    graph = parse_graph(text)
    graph.name = name
    count = len(graph.outputs)
    result = LEAF if count == 1 else TreeSpec("tuple", (LEAF,) * count)
    parameters = tuple(Parameter(value.name) for value in graph.inputs)
    return Method(graph, parameters, result, source="built")


@contextmanager
def registered() -> Iterator[None]:
    """The operators with a meaning in Python, while it lasts."""
    meanings = (
        lambda x, limit: np.flatnonzero(x > limit),
        lambda x: (np.minimum(x, 0), np.maximum(x, 0)),
        lambda x, value: (x.fill(value), x)[1],
        lambda x: x,
        lambda text, numbers, scale: f"{text} {numbers} {scale}",
    )
    made = [
        tsx.register_kernel(schema)(meaning)
        for schema, meaning in zip(SCHEMAS, meanings, strict=True)
    ]
    try:
        yield
    finally:
        for operator in made:
            if lookup(operator.op.kind) is operator.op:
                forget(operator.op)


def module() -> Module:
    return Module("host", {name: method(name, text) for name, text in METHODS.items()})


if __name__ == "__main__":
    with registered():
        archive.save(module(), ARCHIVE)
