"""docs/archive.md tells the truth: its numbers, its words and its example are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.serialize.corpus import module_of
from tests.serialize.surgery import take_apart
from tsx.ir.limits import MAX_NODES
from tsx.ir.prim import PRIMS
from tsx.ir.types import ATOMS, DType
from tsx.serialize import format, limits
from tsx.serialize.archive import to_bytes
from tsx.serialize.type_table import TYPE_READERS

DOC = (Path(__file__).parents[2] / "docs" / "archive.md").read_text(encoding="utf-8")
EXAMPLE = """graph(%x : Float(s0, 3), %y : Float(s0, 3)):
  %one : int = prim::Constant[value=1]()
  %2 : Float(s0, 3) = aten::mul.Tensor(%x, %y)
  %3 : Float(s0, 3) = aten::add.Tensor(%2, %x, %one)
  return (%3)"""


def table(title: str) -> dict[str, str]:
    """The rows of the first table after ``title``."""
    section = DOC.split(title, 1)[1]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return {row[0].strip(): row[-1].strip() for row in rows[2:]}


def test_limits() -> None:
    rows = table("### Limits")
    assert rows["header"] == f"{limits.HEADER_BYTES >> 20} MiB"
    assert f"{limits.SECTION_BYTES >> 20} MiB" in rows["each section but `weights`"]
    assert limits.SECTION_ELEMENTS == 2**23
    assert "2^23" in rows["each section but `weights`"]
    nesting = rows["nesting of msgpack, types, sizes, blocks, objects and spans"]
    assert int(nesting) == limits.DEPTH
    assert (limits.SECTIONS, limits.TENSORS, limits.GRAPHS) == (4096, 2**20, 65536)
    assert rows["sections · tensors · graphs"] == "4096 · 2^20 · 65,536"
    assert (MAX_NODES, limits.RANK, limits.TENSOR_BYTES) == (2**20, 16, 2**48)
    assert (limits.NAME, limits.STRING, limits.EXPANDED) == (1024, 2**20, 2**22)
    assert (
        int(rows["terms and factors of a symbolic size, with those of sizes in it"]) == limits.SIZE
    )


def test_preamble() -> None:
    assert f"`{format.MAGIC.hex(' ').upper()}`" in DOC
    assert format.PREAMBLE.size == 64
    assert f"format {format.MAJOR}.{format.MINOR}" in DOC.splitlines()[0]


def test_every_dtype_has_its_size() -> None:
    found = {}
    for line in DOC.split("## 4. Tensors")[1].split("## 5.")[0].splitlines():
        if match := re.match(r"\| ((?:`\w+` ?)+) \| ([\d ]+) \|", line):
            names, sizes = match[1].replace("`", "").split(), match[2].split()
            found |= dict(
                zip(names, map(int, sizes if len(sizes) > 1 else sizes * len(names)), strict=True)
            )
    assert found == {dtype.torch_name: dtype.itemsize for dtype in DType}


def test_every_type_is_told() -> None:
    section = DOC.split("### Types")[1].split("### Graphs")[0]
    assert set(re.findall(r'\["(\w+)"', section)) == TYPE_READERS.keys()
    atoms = section.split('["atom", name]')[1].split("\n")[0].split()
    assert set(atoms) == ATOMS.keys()


def test_kinds_without_a_version_are_the_structural_ones() -> None:
    others = {kind for kind in PRIMS if not kind.startswith("prim::")}
    line = DOC.split("Node kinds that need no entry in `operators`:")[1].split("\n\n")[0]
    assert set(re.findall(r"`(tsx::\w+)`", line)) == others


def shown(value: Any) -> str:
    """Decoded msgpack as the page shows it: JSON, with digests as ``hex…``, one row a line in long tables."""

    def plain(item: Any) -> Any:
        if isinstance(item, bytes):
            return f"{item[:4].hex()}…"
        if isinstance(item, dict):
            return {key: plain(part) for key, part in item.items()}
        return [plain(part) for part in item] if isinstance(item, list) else item

    return json.dumps(plain(value), ensure_ascii=False)


def example() -> str:
    """The example of the page, as the writer has it today."""
    data = to_bytes(module_of(EXAMPLE, "example"))
    parts = take_apart(data)
    lines = [*EXAMPLE.splitlines(), ""]
    for at in range(0, 64, 16):
        lines.append(f"{at:04x}  {data[at : at + 16].hex(' ')}")
    for title, fields in (
        ("header", parts.header),
        ("program", parts.sections["program"]),
        ("debug", parts.sections["debug"]),
    ):
        lines += ["", title]
        for key, value in fields.items():
            if key != "unit":
                lines.append(f"  {key}: {shown(value)}")
                continue
            lines.append("  unit:")
            lines += [f"    {name}: {shown(rows)}" for name, rows in value.items()]
    return "\n".join("    " + line if line else "" for line in lines)


def test_the_example_is_what_the_writer_writes() -> None:
    assert example() in DOC
