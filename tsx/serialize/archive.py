"""Save and load: a module to a ``.tsx`` archive and back (docs/archive.md is the specification).

Takes modules, paths, bytes and open files. Gives modules that the verifier has accepted, with weights that are mapped
and checked on first use. Never executes, imports or opens anything that an archive names, and refuses whatever breaks
a rule with an ``ArchiveError``.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

import tsx.ops  # noqa: F401  (fills the operator registry)
from tsx.errors import ArchiveError, fail
from tsx.ir.graph import Graph
from tsx.ir.module import Module
from tsx.ir.op import lookup
from tsx.ir.verify import check as check_invariants
from tsx.ir.verify import verify, verify_module
from tsx.ir.verify.report import excerpt
from tsx.ops.weights import as_weight, little_endian
from tsx.serialize import canonical, limits, sniff
from tsx.serialize.debug import read_debug
from tsx.serialize.encode import Encoded, encode
from tsx.serialize.format import (
    MAGIC,
    MAJOR,
    PREAMBLE,
    Header,
    check_file_digest,
    check_program_digest,
    digest,
    header_from,
    read_preamble,
)
from tsx.serialize.operators import another_schema, settle_operators
from tsx.serialize.program import read_program
from tsx.serialize.source import MemorySource, MmapMode, ReadFrom, Source, open_source
from tsx.serialize.tensors import lazy_weights
from tsx.serialize.upgrade import upgrade_format
from tsx.serialize.write import write_file, write_stream

CheckMode = Literal["auto", "full", "header"]
WriteTo = str | os.PathLike[str] | IO[bytes]


@dataclass(frozen=True, slots=True)
class SaveInfo:
    """What was written."""

    file_digest: bytes
    program_digest: bytes
    file_bytes: int


def save(module: Module, target: WriteTo, *, debug: bool = True) -> SaveInfo:
    """Writes ``module`` to a path (atomically) or to an open binary file; the same module gives the same bytes.

    ``debug=False`` leaves out source lines and names of temporaries. Raises ``ArchiveError``: TSX6010 for what no
    archive holds, TSX6009 when the system refuses; ``PassError`` TSX8002 for a module that isn't valid.
    """
    check_invariants(module)
    encoded = encode(module, debug)
    _check_readable(encoded)

    def pieces() -> Iterator[bytes | memoryview]:
        yield encoded.head
        yield encoded.sections
        at = len(encoded.head) + len(encoded.sections)
        for entry in encoded.header.tensors:
            yield bytes(entry.offset - at)
            yield little_endian(as_weight(module.weights[entry.name]).array)
            at = entry.end

    if isinstance(target, (str, os.PathLike)):
        write_file(Path(target), pieces)
    else:
        write_stream(target, pieces)
    header = encoded.header
    return SaveInfo(header.file_digest, header.program_digest, header.file_bytes)


def to_bytes(module: Module, *, debug: bool = True) -> bytes:
    """The archive of ``module``, in memory."""
    file = io.BytesIO()
    save(module, file, debug=debug)
    return file.getvalue()


def load(source: ReadFrom, *, mmap: MmapMode = "auto", check: CheckMode = "auto") -> Module:
    """The module in an archive: verified, with its weights still in the file.

    ``mmap``: map weights, or read them (``auto`` maps except on network file systems). ``check`` says when tensors
    are compared with their digests: ``full`` at load, ``auto`` at load when they are small together and else on first
    use, ``header`` never. Raises ``ArchiveError``.
    """
    return Opened(source, mmap, check).module()


class Opened:
    """An archive that is open: the same bytes for whoever reads it, also when its file is replaced meanwhile."""

    def __init__(self, source: ReadFrom, mmap: MmapMode, check: CheckMode) -> None:
        if check not in ("auto", "full", "header"):
            raise ValueError(f"check is 'auto', 'full' or 'header', not {check!r}")
        self.source = open_source(source, mmap)
        self.check = check

    def module(self, *, to_read: bool = False) -> Module:
        """The module in it, as ``load`` gives it; ``to_read``: it never runs, so operators of the host may lack."""
        return _load(self.source, self.check, to_read)[1]

    def weight_bytes(self) -> int:
        """The bytes of all its tensors; only the header is read."""
        with _told_of(self.source):
            return _read_header(self.source).tensor_bytes


class InMemory:
    """A module that is in memory, as the source of an archive: its weights are seen in place, never copied.

    For the engine, which reads archives. Nothing is compared with digests (``check="header"``).
    """

    name = "<module>"
    is_mapped = True

    def __init__(self, module: Module) -> None:
        check_invariants(module)
        encoded = encode(module, debug=True)
        self.size = encoded.header.file_bytes
        self._bytes = encoded.head + encoded.sections
        self._weights = {
            entry.offset: as_weight(module.weights[entry.name]) for entry in encoded.header.tensors
        }

    def read(self, offset: int, length: int) -> bytes:
        """Of the header and the sections; what is beyond is padding."""
        return self._bytes[offset : offset + length].ljust(length, b"\0")

    def view(self, offset: int, length: int) -> memoryview:
        """The bytes of the tensor that starts there."""
        return little_endian(self._weights[offset].array)


def verify_file(source: ReadFrom) -> Header:
    """Checks everything in an archive: all digests, the format, the program. Raises ``ArchiveError``.

    Operators that the host has to provide may be absent: how they are called is not checked then.
    """
    return _load(open_source(source, "auto"), "full", to_read=True)[0]


def read_header(source: ReadFrom) -> Header:
    """What an archive says about itself; of a file of any size only the header is read. Raises ``ArchiveError``."""
    opened = open_source(source, "auto")
    with _told_of(opened):
        return _read_header(opened)


def _load(source: Source, check: CheckMode, to_read: bool = False) -> tuple[Header, Module]:
    with _told_of(source):
        header = _read_header(source)
        absent = absent_operators(header) if to_read else []
        sections = _read_sections(source, header)
        weights = lazy_weights(source, header.tensors, check != "header")
        is_small = header.tensor_bytes <= limits.EAGER_CHECK_BYTES
        if check == "full" or (check == "auto" and is_small):
            for weight in weights.values():
                weight.load()
        module, bodies = _decode(header, sections, absent)
        module.weights.update(weights)
        _verify(module, bodies, absent)
    return header, module


def absent_operators(header: Header) -> list[str]:
    """The operators that the host has to provide, and does not."""
    return [kind for kind in header.requires if lookup(kind) is None]


@contextlib.contextmanager
def _told_of(source: Source) -> Iterator[None]:
    """Errors inside say whose they are, and names from the file can't reach a terminal raw."""
    try:
        yield
    except ArchiveError as error:
        raise ArchiveError(
            error.code,
            _printable(error.message),
            error.where or source.name,
            "\n".join(map(_printable, error.excerpt.split("\n"))),
            error.help,
        ) from error.__cause__


def _printable(text: str) -> str:
    """``text`` with control characters and the like as escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _read_header(source: Source) -> Header:
    head = source.read(0, min(source.size, sniff.HEAD_BYTES))
    if not head.startswith(MAGIC):
        raise fail("TSX6001", what=sniff.what_is_it(head))
    preamble = read_preamble(head, source.size)
    data = source.read(PREAMBLE.size, preamble.header_bytes)
    check_file_digest(head[: PREAMBLE.size], data)
    fields = upgrade_format("header", canonical.unpack(data, "the header"), preamble.major, MAJOR)
    header = header_from(fields, preamble)
    if preamble.major == MAJOR:
        check_program_digest(header)
    return header


def _read_sections(source: Source, header: Header) -> dict[str, bytes]:
    """The bytes of every section but the weights, all checked, and the padding between sections."""
    sections: dict[str, bytes] = {}
    end = PREAMBLE.size + header.header_bytes
    for section in header.sections:
        if any(source.read(end, section.offset - end)):
            raise fail("TSX6002", what=f"the padding before section {section.name!r} is not zero")
        end = section.end
        if section.name == "weights":
            continue
        data = source.read(section.offset, section.length)
        if digest(data) != section.digest:
            raise fail("TSX6002", what=f"section {section.name!r} does not match its digest")
        sections[section.name] = data
    return sections


def _decode(
    header: Header, sections: dict[str, bytes], absent: Container[str] = ()
) -> tuple[Module, list[Graph]]:
    """The module, still without weights and not yet verified, and the bodies that it doesn't call."""
    major = header.version[0]

    def value(name: str) -> Any:
        decoded = canonical.unpack(sections[name], f"section {name!r}")
        return upgrade_format(name, decoded, major, MAJOR)

    parts = read_program(value("program"), header.name)
    module = parts.module
    if "debug" in sections:
        read_debug(value("debug"), module, parts.unit.graphs)
    module.metadata.update(header.metadata)
    operators = dict(header.operators)
    bodies = settle_operators(module, operators, header.requires, parts.bodies, absent)
    return module, bodies


def _verify(module: Module, bodies: list[Graph], absent: Container[str]) -> None:
    found = verify_module(module, absent=absent)
    for body in bodies:
        found += verify(body, module, body.name, absent=absent)
    if found:
        other = another_schema(found[0])
        if other is not None:
            raise other
        raise fail("TSX6006", count=len(found), first=found[0], excerpt=excerpt(found))


def _check_readable(encoded: Encoded) -> None:
    """A writer's check on itself: what was encoded is what a reader takes."""
    try:
        source = MemorySource(encoded.head + encoded.sections, "")
        source.size = encoded.header.file_bytes
        header = _read_header(source)
        _decode(header, _read_sections(source, header))
    except ArchiveError as error:
        raise fail("TSX6010", what=error.message) from error
