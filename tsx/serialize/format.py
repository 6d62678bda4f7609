"""The container: preamble, header, section table and tensor table (docs/archive.md, sections 1, 3 and 4).

Takes and gives bytes and plain records; what the sections mean is the business of other files. Everything here is
checked against the bytes that are there before it is believed.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tsx.errors import fail
from tsx.ir.types import DTYPE_BY_NAME, DType
from tsx.ops.weights import Quantization
from tsx.serialize import canonical, checked, limits

MAGIC = b"\x89TSX\0\r\n\x1a\n\0"
MAJOR, MINOR = 1, 0
PREAMBLE = struct.Struct("<10sHHHQII32s")
_UNDIGESTED = struct.Struct("<10sHHHQII")  # the part before the digest
TENSOR_ALIGNMENT = 64

_HEADER_KEYS = (
    "metadata",
    "name",
    "operators",
    "program_digest",
    "requires",
    "sections",
    "tensors",
)
_KNOWN_SECTIONS = {"program": True, "debug": False, "weights": True}  # name: critical


@dataclass(frozen=True, slots=True)
class Preamble:
    """The fixed first 64 bytes, without the magic."""

    major: int
    minor: int
    least_minor: int
    file_bytes: int
    header_bytes: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Section:
    """A row of the section table; ``offset`` counts from the start of the file."""

    name: str
    critical: bool
    offset: int
    length: int
    digest: bytes

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """A row of the tensor table."""

    name: str
    dtype: DType
    shape: tuple[int, ...]
    offset: int
    length: int
    digest: bytes
    quantization: Quantization | None = None

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Header:
    """What an archive says about itself; reading it touches neither program nor weights."""

    name: str
    metadata: Mapping[str, str]
    operators: tuple[tuple[str, int], ...]
    requires: tuple[str, ...]
    sections: tuple[Section, ...]
    tensors: tuple[TensorEntry, ...]
    program_digest: bytes
    file_digest: bytes = b""
    file_bytes: int = 0
    header_bytes: int = 0
    version: tuple[int, int] = (MAJOR, MINOR)

    def section(self, name: str) -> Section | None:
        return next((s for s in self.sections if s.name == name), None)

    @property
    def tensor_bytes(self) -> int:
        return sum(entry.length for entry in self.tensors)

    @property
    def parameters(self) -> int:
        """The number of elements of all tensors."""
        return sum(entry.length // entry.dtype.itemsize for entry in self.tensors)


def digest(*parts: bytes | memoryview) -> bytes:
    """BLAKE2b-256 of the parts, one after the other."""
    hasher = hashlib.blake2b(digest_size=32)
    for part in parts:
        hasher.update(part)
    return hasher.digest()


def align(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


def section_alignment(name: str) -> int:
    return 4096 if name == "weights" else 64


def read_preamble(data: bytes, file_bytes: int) -> Preamble:
    """The preamble at the start of ``data`` in a file of ``file_bytes``; its magic is already known to be right."""
    if len(data) < PREAMBLE.size:
        raise fail("TSX6002", what=f"it ends after {file_bytes} bytes, within the preamble")
    _, major, minor, least_minor, length, header_bytes, zero, file_digest = PREAMBLE.unpack_from(
        data
    )
    if major > MAJOR or (major == MAJOR and least_minor > MINOR):
        needed = f"format {major}.{least_minor}"
        raise fail("TSX6003", needed=needed, have=f"format {MAJOR}.{MINOR}")
    if major < 1 or least_minor > minor or zero:
        raise fail("TSX6002", what="the preamble contradicts itself")
    if length != file_bytes:
        raise fail("TSX6002", what=f"it has {file_bytes} bytes and should have {length}")
    limits.within("the header", header_bytes, limits.HEADER_BYTES)
    if PREAMBLE.size + header_bytes > file_bytes:
        raise fail("TSX6002", what="the header is longer than the file")
    return Preamble(major, minor, least_minor, length, header_bytes, file_digest)


def check_file_digest(preamble: bytes, header: bytes) -> None:
    if digest(preamble[: _UNDIGESTED.size], header) != preamble[_UNDIGESTED.size : PREAMBLE.size]:
        raise fail("TSX6002", what="the header does not match its digest")


def write_preamble(header: bytes, file_bytes: int) -> bytes:
    start = _UNDIGESTED.pack(MAGIC, MAJOR, MINOR, 0, file_bytes, len(header), 0)
    return start + digest(start, header)


def program_digest(
    section: bytes,
    operators: Sequence[tuple[str, int]],
    requires: Sequence[str],
    tensors: Sequence[tuple[str, bytes]],
) -> bytes:
    """The identity of what a program computes: ``section`` is the digest of the program section."""
    return digest(canonical.pack(["tsx program", section, operators, requires, tensors]))


def write_header(header: Header) -> bytes:
    """The header as bytes; their number doesn't depend on ``program_digest``, but on the offsets."""
    return canonical.pack(
        {
            "metadata": dict(header.metadata),
            "name": header.name,
            "operators": header.operators,
            "program_digest": header.program_digest,
            "requires": header.requires,
            "sections": [
                (s.name, s.critical, s.offset, s.length, s.digest) for s in header.sections
            ],
            "tensors": [_tensor_row(entry) for entry in header.tensors],
        }
    )


def _tensor_row(entry: TensorEntry) -> list[Any]:
    how = entry.quantization
    return [
        entry.name,
        entry.dtype.torch_name,
        entry.shape,
        entry.offset,
        entry.length,
        entry.digest,
        None if how is None else [how.axis, how.scales, how.zero_points],
    ]


def header_from(fields: dict[str, Any], preamble: Preamble) -> Header:
    """The header from its decoded msgpack: every row well-formed, the layout exact, nothing critical unknown."""
    checked.mapping(fields, "the header", _HEADER_KEYS)
    sections = _read_sections(fields["sections"])
    tensors = _read_tensors(fields["tensors"])
    _check_layout(sections, preamble)
    _check_tensor_layout(sections, tensors)
    operators = tuple(
        (checked.kind(kind, "an operator"), checked.integer(version, f"the version of {kind}", 1))
        for kind, version in (
            checked.array(row, "a row of operators", 2)
            for row in checked.array(fields["operators"], "the operators")
        )
    )
    checked.ascending([kind for kind, _ in operators], "the operators")
    requires = tuple(
        checked.kind(kind, "a required operator")
        for kind in checked.array(fields["requires"], "the required operators")
    )
    checked.ascending(requires, "the required operators")
    if not {kind for kind, _ in operators}.issuperset(requires):
        raise checked.malformed("a required operator is not among the operators")
    metadata = {
        checked.name(key, "a key of the metadata"): checked.string(value, f"metadata {key!r}")
        for key, value in checked.mapping(fields["metadata"], "the metadata").items()
    }
    return Header(
        name=checked.string(fields["name"], "the name"),
        metadata=metadata,
        operators=operators,
        requires=requires,
        sections=sections,
        tensors=tensors,
        program_digest=checked.binary(fields["program_digest"], "the program digest", 32),
        file_digest=preamble.digest,
        file_bytes=preamble.file_bytes,
        header_bytes=preamble.header_bytes,
        version=(preamble.major, preamble.minor),
    )


def check_program_digest(header: Header) -> None:
    section = header.section("program")
    assert section is not None
    tensors = [(entry.name, entry.digest) for entry in header.tensors]
    found = program_digest(section.digest, header.operators, header.requires, tensors)
    if found != header.program_digest:
        raise checked.malformed("the program digest is wrong")


def _read_sections(rows: Any) -> tuple[Section, ...]:
    limits.within("the number of sections", len(checked.array(rows, "sections")), limits.SECTIONS)
    sections: list[Section] = []
    for row in rows:
        name, critical, offset, length, section_digest = checked.array(row, "a section", 5)
        checked.name(name, "the name of a section")
        critical = checked.boolean(critical, f"criticality of section {name!r}")
        if name not in _KNOWN_SECTIONS and critical:
            raise fail("TSX6003", needed=f"section {name!r}", have=f"format {MAJOR}.{MINOR}")
        if critical != _KNOWN_SECTIONS.get(name, False):
            raise checked.malformed(f"section {name!r} has the wrong criticality")
        checked.integer(length, f"the length of section {name!r}", 0)
        if name != "weights":
            limits.within(f"section {name!r}", length, limits.SECTION_BYTES)
        checked.integer(offset, f"the offset of section {name!r}", 0)
        checked.binary(section_digest, f"the digest of section {name!r}", 32)
        sections.append(Section(name, critical, offset, length, section_digest))
    checked.unique([s.name for s in sections], "the section table")
    if not any(s.name == "program" for s in sections):
        raise checked.malformed("there is no section 'program'")
    return tuple(sections)


def _read_tensors(rows: Any) -> tuple[TensorEntry, ...]:
    limits.within("the number of tensors", len(checked.array(rows, "tensors")), limits.TENSORS)
    entries = tuple(_read_tensor(checked.array(row, "a tensor", 7)) for row in rows)
    checked.ascending([entry.name for entry in entries], "the tensors")
    return entries


def _read_tensor(row: list[Any]) -> TensorEntry:
    name, dtype_name, sizes, offset, length, tensor_digest, how = row
    checked.name(name, "the name of a tensor")
    what = f"tensor {name!r}"
    dtype = DTYPE_BY_NAME.get(checked.string(dtype_name, f"the dtype of {what}"))
    if dtype is None:
        raise checked.malformed(f"{what} has the unknown dtype {dtype_name!r}")
    shape = tuple(
        checked.integer(n, f"a size of {what}", 0)
        for n in checked.array(sizes, f"the shape of {what}")
    )
    limits.within(f"the rank of {what}", len(shape), limits.RANK)
    expected = dtype.itemsize
    for size in shape:
        expected *= size
    limits.within(f"the bytes of {what}", expected, limits.TENSOR_BYTES)
    if checked.integer(length, f"the length of {what}", 0) != expected:
        raise checked.malformed(f"{what} has {length} bytes, its shape needs {expected}")
    checked.integer(offset, f"the offset of {what}", 0)
    checked.binary(tensor_digest, f"the digest of {what}", 32)
    return TensorEntry(
        name,
        dtype,
        shape,
        offset,
        length,
        tensor_digest,
        _read_quantization(how, dtype, shape, what),
    )


def _read_quantization(
    how: Any, dtype: DType, shape: tuple[int, ...], what: str
) -> Quantization | None:
    if (how is None) == dtype.is_quantized:
        raise checked.malformed(f"{what} of {dtype} and its quantization do not go together")
    if how is None:
        return None
    axis, scales, zero_points = checked.array(how, f"the quantization of {what}", 3)
    count = 1
    if axis is not None:
        count = shape[checked.integer(axis, f"the axis of {what}", 0, len(shape) - 1)]
    checked.array(scales, f"the scales of {what}", count)
    checked.array(zero_points, f"the zero points of {what}", count)
    if not all(type(scale) is float for scale in scales):
        raise checked.malformed(f"the scales of {what} have to be floats")
    points = tuple(checked.integer(point, f"a zero point of {what}") for point in zero_points)
    return Quantization(tuple(scales), points, axis)


def _check_layout(sections: Sequence[Section], preamble: Preamble) -> None:
    at = PREAMBLE.size + preamble.header_bytes
    for section in sections:
        at = align(at, section_alignment(section.name))
        if section.offset != at:
            raise checked.malformed(f"section {section.name!r} does not follow what is before it")
        at = section.end
    if at != preamble.file_bytes:
        raise checked.malformed(f"the sections end at {at}, the file at {preamble.file_bytes}")


def _check_tensor_layout(sections: Sequence[Section], tensors: Sequence[TensorEntry]) -> None:
    weights = next((s for s in sections if s.name == "weights"), None)
    if (weights is None) != (not tensors):
        raise checked.malformed("there is a section 'weights' exactly if there are tensors")
    if weights is None:
        return
    at = weights.offset
    for entry in tensors:
        at = align(at, TENSOR_ALIGNMENT)
        if entry.offset != at:
            raise checked.malformed(f"tensor {entry.name!r} does not follow the one before")
        at = entry.end
    if at != weights.end:
        raise checked.malformed("section 'weights' does not end with its last tensor")
    if weights.digest != digest(*(entry.digest for entry in tensors)):
        raise fail("TSX6002", what="the tensor digests do not match that of their section")
