"""The stages of file tests: each a function from a case to the text it gives. The folder's name is the stage's.

To add one: write a function here with ``@stage``, make the folder, put a file with an input in it, run with
``--bless``, and read what it wrote. Imports stand in the functions, so that one stage needs only what it shows.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.filetests.case import Case

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
