"""The stages of file tests: each a function from a case to the text it gives. The folder's name is the stage's.

To add one: write a function here with ``@stage``, make the folder, put a file with an input in it, run with
``--bless``, and read what it wrote. Imports stand in the functions, so that one stage needs only what it shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.filetests.case import Case, read_array

Stage = Callable[[Case], str]
STAGES: dict[str, Stage] = {}
NEEDS_TORCH: set[str] = set()


def stage(function: Stage) -> Stage:
    """Registers a stage under the function's name."""
    STAGES[function.__name__] = function
    return function


@stage
def parse(case: Case) -> str:
    """Input: graph text. Result: its canonical text, or the error."""
    from tsx.errors import TsxError
    from tsx.ir.text import parse_graph

    try:
        return str(parse_graph(case.input, case.path.name))
    except TsxError as error:
        return str(error)


@stage
def verify(case: Case) -> str:
    """Input: a graph, weights in options. Result: the graph with each violation below the guilty line."""
    import tsx.ops  # noqa: F401  (fills the registry)
    from tsx.ir.verify import marked_lines, verify_module

    module = case.module()
    graph = module.forward.graph
    found = verify_module(module)
    return "\n".join(marked_lines(graph, found)) if found else "valid"


@stage
def torch(case: Case) -> str:
    """Input: a graph. Result: the text for torch's parser, and what was lifted to inputs."""
    import tsx.ops  # noqa: F401  (fills the registry)
    from tsx.ir.torch_text import to_torch

    made = to_torch(case.graph())
    return f"{made.text}\nlifted: {', '.join(made.lifted) or 'nothing'}"


@stage
def lower(case: Case) -> str:
    """Input: a graph; ``bodies: yes`` runs composites by their bodies. Result: the program, disassembled."""
    import tsx.ops  # noqa: F401  (fills the registry)
    from tsx.runtime.check import check
    from tsx.runtime.disassemble import disassemble
    from tsx.runtime.lower import lower_module

    program = lower_module(case.module(), bodies=bool(case.option("bodies")))
    check(program)
    return disassemble(program)


@stage
def run(case: Case) -> str:
    """Input: a graph, its inputs in options (``input x: float32 [1]``, ``input n: 3``). Result: its outputs."""
    import tsx.ops  # noqa: F401  (fills the registry)
    from tsx.errors import TsxError
    from tsx.runtime.border import Executable

    printed: list[str] = []
    inputs = {name: read_input(text) for name, text in case.named("input").items()}
    try:
        executable = Executable(case.module(), write=printed.append)
        result = executable.run("forward", (), inputs)
    except TsxError as error:
        return "".join(printed) + str(error)
    outputs = result if isinstance(result, tuple) else (result,)
    return "".join(printed) + "\n".join(map(_shown, outputs))


def read_input(text: str) -> Any:
    """A value from an option: an array when it starts with a dtype, else JSON."""
    return read_array(text) if text[0].isalpha() and " " in text else json.loads(text)


def _shown(value: Any) -> str:
    """A result with its type: ``Float(2) [1.0, 2.0]``."""
    import numpy as np

    from tsx.ops.dtypes import type_of

    if isinstance(value, np.ndarray):
        return f"{type_of(value)} {value.tolist()}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(_shown, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_shown(v)}" for k, v in value.items()) + "}"
    return repr(value)


@stage
def passes(case: Case) -> str:
    """Input: a graph, with callees as ``def`` sections; the folder names the pass, or ``passes: a,b`` does.

    Result: the graph, or "unchanged"; then the weights that the passes made, and the attributes that are left.
    """
    from tests.passes.modules import module_of
    from tsx.errors import TsxError
    from tsx.ir.text import print_graph
    from tsx.ops.weights import Weight, as_weight
    from tsx.passes import pipeline

    module = module_of(case.input)
    given = {name: Weight(read_array(text)) for name, text in case.named("weight").items()}
    module.weights.update(given)
    before = set(module.weights)
    text = case.option("passes", case.path.parent.name)
    try:
        results = pipeline.run(module, pipeline.parse(text))
    except TsxError as error:
        return str(error)
    if not any(result.changed for result in results):
        return "unchanged"
    lines = [print_graph(module.forward.graph, origins=False)]
    if module.root is not None:
        lines.append(f"attributes: {', '.join(module.root.attributes)}")
    for name, weight in sorted(module.weights.items()):
        array = as_weight(weight).array
        if name not in before:
            shown = f" {array.tolist()}" if array.size <= 8 else ""
            lines.append(f"weight {name}: {weight.dtype} {list(weight.shape)}{shown}")
    return "\n".join(lines)
