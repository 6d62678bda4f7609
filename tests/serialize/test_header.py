"""Headers that lie: the file digest is right, and what the header says of sections and tensors is not (P3, P5)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import pytest

from tests.serialize.corpus import CORPUS, tree_module
from tests.serialize.surgery import take_apart
from tsx.errors import ArchiveError
from tsx.serialize.archive import load, to_bytes

LIES: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a wrong program digest": ("TSX6005.*program digest", lambda h: h.update(program_digest=bytes(32))),
    "a hole between sections": ("TSX6005.*does not follow", lambda h: add(h["sections"][1], 2, 64)),
    "sections that overlap": ("TSX6005.*does not follow", lambda h: add(h["sections"][1], 2, -64)),
    "bytes after the last section": ("TSX6005", lambda h: add(h["sections"][-1], 3, -1)),
    "a section beyond the end": ("TSX6005", lambda h: add(h["sections"][-1], 3, 4096)),
    "tensors without their section": ("TSX6005", lambda h: h["sections"].pop()),
    "a section without tensors": ("TSX6005.*exactly if", lambda h: h["tensors"].clear()),
    "tensors that overlap": ("TSX6005.*follow the one", lambda h: add(h["tensors"][1], 3, -64)),
    "a tensor outside of its section": ("TSX6005.*follow", lambda h: add(h["tensors"][0], 3, 1 << 40)),
    "a section that is longer than its tensors": (
        "TSX6005.*does not end with its last", lambda h: h["tensors"].pop(),
    ),
    "a section digest that is not of its tensors": (
        "TSX6002.*that of their section", lambda h: h["sections"][-1].__setitem__(4, bytes(32)),
    ),
    "a section twice": ("TSX6005", lambda h: h["sections"].insert(1, h["sections"][0])),
    "tensors out of order": ("TSX6005.*ascend", lambda h: h["tensors"].reverse()),
    "a negative offset": ("TSX6005", lambda h: h["sections"][0].__setitem__(2, -1)),
    "a digest of 31 bytes": ("TSX6005", lambda h: h["sections"][0].__setitem__(4, bytes(31))),
    "too many sections": ("TSX6004", lambda h: h.update(sections=[None] * 4097)),
    "too many tensors": ("TSX6004", lambda h: h.update(tensors=[None] * (2**20 + 1))),
    "a section of 65 MiB": ("TSX6004", lambda h: h["sections"][0].__setitem__(3, 65 << 20)),
    "a tensor of another length": (
        "TSX6005.*its shape needs", lambda h: h["tensors"][0].__setitem__(4, 12),
    ),
    "operators out of order": ("TSX6005.*ascend", lambda h: h["operators"].insert(0, ["z::z", 1])),
    "an operator twice": ("TSX6005.*ascend", lambda h: h["operators"].append(h["operators"][-1])),
    "required operators out of order": (
        "TSX6005.*ascend",
        lambda h: h.update(operators=[["a::a", 1], ["b::b", 1]], requires=["b::b", "a::a"]),
    ),
    "an offset of 64 bits": ("TSX6005", lambda h: h["sections"][0].__setitem__(2, 2**64 - 1)),
}  # fmt: skip


def add(row: list[Any], field: int, change: int) -> None:
    row[field] += change


@pytest.mark.parametrize("case", LIES)
def test_a_header_that_lies_is_refused(case: str) -> None:
    expected, lie = LIES[case]
    parts = take_apart(to_bytes(tree_module()))
    parts.lie = lie
    with pytest.raises(ArchiveError, match=expected):
        load(parts.assemble())


def test_two_sections_have_two_names() -> None:
    parts = take_apart(to_bytes(CORPUS["nothing"]()))
    parts.sections["other"] = parts.sections["debug"]
    parts.lie = lambda header: header["sections"][2].__setitem__(0, "debug")
    with pytest.raises(ArchiveError, match=r"TSX6005.*twice"):
        load(parts.assemble())


def test_nothing_follows_the_last_section() -> None:
    parts = take_apart(to_bytes(CORPUS["nothing"]()))
    parts.lie = lambda header: add(header["sections"][-1], 3, -1)
    with pytest.raises(ArchiveError, match=r"TSX6005.*the sections end at"):
        load(parts.assemble())


@pytest.mark.parametrize(
    ("offset", "form", "value", "expected"),
    [
        (24, "<I", 17 << 20, "TSX6004.*the header is"),
        (24, "<I", 1 << 20, "TSX6002.*longer than the file"),
        (28, "<I", 1, "TSX6002.*contradicts"),
        (16, "<Q", 1 << 40, "TSX6002.*should have"),
        (32, "<Q", 1, "TSX6002.*header does not match"),
    ],
)
def test_a_preamble_that_lies_is_refused(offset: int, form: str, value: int, expected: str) -> None:
    data = bytearray(to_bytes(CORPUS["nothing"]()))
    struct.pack_into(form, data, offset, value)
    with pytest.raises(ArchiveError, match=expected):
        load(bytes(data))
    with pytest.raises(ArchiveError, match=r"TSX6002.*within the preamble"):
        load(bytes(data[:63]))
