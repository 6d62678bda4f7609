"""docs/ir.md: its lists are those of the code, and its examples read back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.ir.prim import ANY_NUMBER, PRIMS, Prim
from tsx.ir.text import parse_graph
from tsx.ir.types import ATOMS, DType
from tsx.ir.verify import INVARIANTS, marked_lines, verify

DOC = Path(__file__).parents[2] / "docs" / "ir.md"


def kinds_table() -> str:
    rows = [
        "| kind | operands | results | blocks | attributes | what it is |",
        "|---|---|---|---|---|---|",
    ]
    for prim in PRIMS.values():
        attributes = [*prim.required, *(f"{name}?" for name in prim.optional)]
        cells = [
            f"`{prim.kind}`", count(prim.operands), count(prim.results), str(prim.blocks or ""),
            " ".join(attributes), sentence(prim),
        ]  # fmt: skip
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def count(bounds: tuple[int, int]) -> str:
    least, most = bounds
    if most == ANY_NUMBER:
        return f"{least}…"
    return str(least) if least == most else f"{least}–{most}"


def sentence(prim: Prim) -> str:
    effect = " *(an effect)*" if "EFFECT" in str(prim.traits) else ""
    return prim.doc.replace("|", "\\|") + effect


def invariants_table() -> str:
    rows = ["| number | what holds |", "|---|---|"]
    return "\n".join([*rows, *(f"| {code} | {text} |" for code, text in INVARIANTS.items())])


@pytest.mark.parametrize(
    ("mark", "table"), [("kinds", kinds_table()), ("invariants", invariants_table())]
)
def test_the_tables_are_those_of_the_code(
    mark: str, table: str, request: pytest.FixtureRequest
) -> None:
    text = DOC.read_text(encoding="utf-8")
    before, start, rest = text.partition(f"<!-- {mark} -->\n\n")
    given, end, after = rest.partition("\n\n<!-- end -->")
    assert start
    assert end
    if request.config.getoption("--bless"):
        DOC.write_text("".join([before, start, table, end, after]), encoding="utf-8")
    else:
        assert given == table, "to accept it: pytest tests/ir/test_docs.py --bless"


def examples() -> list[str]:
    blocks = re.findall(r"(?:^    .*\n)+", DOC.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub("^    ", "", block, flags=re.MULTILINE).rstrip() for block in blocks]


def test_the_examples_read_back() -> None:
    texts = [text for text in examples() if text.startswith("graph(")]
    assert len(texts) >= 2
    for text in texts:
        graph = parse_graph(text)
        assert "\n".join(marked_lines(graph, verify(graph))) == text


def test_the_grammar_names_every_type() -> None:
    text = DOC.read_text(encoding="utf-8")
    for name in [*ATOMS, *(dtype.type_name for dtype in DType)]:
        assert f'"{name}"' in text
