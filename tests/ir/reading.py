"""Reading text that may be damaged."""

from __future__ import annotations

from tsx.errors import TsxError
from tsx.ir.graph import Graph
from tsx.ir.text import parse_graph


def read(text: str) -> Graph | None:
    """The graph, or None when the text is refused as it should be; any other failure is the test's."""
    try:
        return parse_graph(text)
    except TsxError as error:
        code = error.code
    assert code == "TSX8001"
    return None
