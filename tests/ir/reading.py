"""Text that is damaged, and reading it."""

from __future__ import annotations

from hypothesis import strategies as st

from tsx.errors import TsxError
from tsx.ir.graph import Graph
from tsx.ir.lexer import tokenize
from tsx.ir.text import parse_graph


def read(text: str) -> Graph | None:
    """The graph, or None when the text is refused as it should be; any other failure is the test's."""
    try:
        return parse_graph(text)
    except TsxError as error:
        code = error.code
    assert code == "TSX8001"
    return None


_EXTRA = ["aten::size.int", "prim::Loop", "tsx::group", "aten::append.t", "-1", "0", "65537", "%n"]


def swapped_words(text: str, data: st.DataObject) -> str:
    """``text`` with up to four words replaced by others of their kind, from the text or known to be odd."""
    words = [token.text for token in tokenize(text)][:-1]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(words) - 1))
        kind = next(tokenize(words[at])).kind
        alike = [w for w in [*words, *_EXTRA] if next(tokenize(w)).kind == kind]
        words[at] = data.draw(st.sampled_from(alike))
    return " ".join(words)
