"""A module as the bytes of an archive, all but the tensors themselves (docs/archive.md, section 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tsx.ir.module import Module
from tsx.serialize import canonical
from tsx.serialize.debug import write_debug
from tsx.serialize.format import (
    PREAMBLE,
    Header,
    Section,
    align,
    digest,
    program_digest,
    section_alignment,
    write_header,
    write_preamble,
)
from tsx.serialize.graph_codec import UnitWriter
from tsx.serialize.operators import body_rows, used_operators
from tsx.serialize.program import write_program
from tsx.serialize.tensors import lay_out


@dataclass(frozen=True, slots=True)
class Encoded:
    """``head`` is preamble and header; ``sections`` is what follows, up to the first tensor."""

    header: Header
    head: bytes
    sections: bytes


def encode(module: Module, debug: bool) -> Encoded:
    """Everything but the tensors, whose digests it computes."""
    unit = UnitWriter()
    program = write_program(module, unit)
    operators = used_operators(unit.kinds)
    program["bodies"] = body_rows(operators)
    data = {"program": canonical.pack(program)}
    if debug:
        data["debug"] = canonical.pack(write_debug(module, unit.graphs))
    header = Header(
        name=module.name,
        metadata=module.metadata,
        operators=tuple((op.kind, op.version) for op in operators),
        requires=tuple(op.kind for op in operators if op.is_of_host),
        sections=tuple(Section(n, n == "program", 0, len(d), digest(d)) for n, d in data.items()),
        tensors=tuple(lay_out(module.weights)),
        program_digest=b"",
    )
    return _assemble(_with_digests(header), data)


def _with_digests(header: Header) -> Header:
    tensors = [(entry.name, entry.digest) for entry in header.tensors]
    sections = header.sections
    if tensors:
        root = digest(*(entry.digest for entry in header.tensors))
        sections += (Section("weights", True, 0, header.tensors[-1].end, root),)
    program = program_digest(sections[0].digest, header.operators, header.requires, tensors)
    return replace(header, sections=sections, program_digest=program)


def _assemble(header: Header, data: Mapping[str, bytes]) -> Encoded:
    """Finds the offsets, which depend on the header's length, which depends on them: a few rounds settle it."""
    header_bytes = 0
    while True:
        placed = _place(header, header_bytes)
        encoded = write_header(placed)
        if len(encoded) == header_bytes:
            break
        header_bytes = len(encoded)
    preamble = write_preamble(encoded, placed.file_bytes)
    head = preamble + encoded
    sections = bytearray()
    for section in placed.sections:
        sections += bytes(section.offset - len(head) - len(sections))
        sections += data.get(section.name, b"")
    return Encoded(
        replace(placed, file_digest=preamble[-32:], header_bytes=header_bytes),
        head,
        bytes(sections),
    )


def _place(header: Header, header_bytes: int) -> Header:
    """``header`` with the offsets that follow from its length."""
    at = PREAMBLE.size + header_bytes
    sections: list[Section] = []
    for section in header.sections:
        at = align(at, section_alignment(section.name))
        sections.append(replace(section, offset=at))
        at += section.length
    start = sections[-1].offset
    tensors = tuple(replace(entry, offset=start + entry.offset) for entry in header.tensors)
    return replace(header, sections=tuple(sections), tensors=tensors, file_bytes=at)
