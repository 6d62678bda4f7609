"""What every test gets: ``--bless``, and a check that each graph it makes survives its own text."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tsx.ir.equal import difference
from tsx.ir.graph import Graph
from tsx.ir.text import parse_graph, print_graph
from tsx.ir.verify.structure import parts, structure

# A failure prints the blob that repeats it; TSX_EXAMPLES=5000 makes a campaign of the same tests.
settings.register_profile(
    "tsx", max_examples=int(os.environ.get("TSX_EXAMPLES", "50")), deadline=None, print_blob=True
)
settings.load_profile("tsx")

_MOST_GRAPHS = (
    300  # that are read back after one test; of a property test that makes thousands, each n-th
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bless", action="store_true", help="write what the file tests give as what they expect"
    )


@pytest.fixture(autouse=True)
def graphs_read_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """parse(print(g)) == g for every graph that the test made, as it is when the test ends."""
    made: list[Graph] = []
    original = Graph.__init__

    def remember(self: Graph, name: str = "graph") -> None:
        original(self, name)
        made.append(self)

    monkeypatch.setattr(Graph, "__init__", remember)
    yield
    monkeypatch.undo()
    for graph in made[:: 1 + len(made) // _MOST_GRAPHS]:
        assert_reads_back(graph)


def assert_reads_back(graph: Graph) -> None:
    """Broken graphs (tests make them on purpose) can't be asked to."""
    listed, found = parts(graph)
    if found or structure(graph, listed):
        return
    text = print_graph(graph)
    again = parse_graph(text)
    assert difference(graph, again) is None, text
    assert print_graph(again) == text
