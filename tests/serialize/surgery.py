"""Takes archives apart and puts them together with right digests, whatever is in them.

Written from docs/archive.md alone, without tsx/serialize: it is a second writer, so a shared mistake would show, and it
makes the files that no tsx writes (hostile ones, and those of a later version).
"""

from __future__ import annotations

import copy
import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgpack

MAGIC = bytes.fromhex("89545358000d0a1a0a00")


def digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def pack(value: Any) -> bytes:
    """Canonical msgpack; maps are sorted here so that a test may build them in any order."""

    def ordered(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: ordered(item[key]) for key in sorted(item)}
        return [ordered(part) for part in item] if isinstance(item, (list, tuple)) else item

    return msgpack.packb(ordered(value), use_bin_type=True)


@dataclass
class Parts:
    """An archive taken apart; ``sections`` are decoded, ``weights`` holds each tensor's bytes by name."""

    header: dict[str, Any]
    sections: dict[str, Any]
    weights: dict[str, bytes]
    version: tuple[int, int, int] = (1, 0, 0)
    critical: dict[str, bool] = field(
        default_factory=lambda: {"program": True, "debug": False, "weights": True}
    )

    raw: dict[str, bytes] = field(default_factory=dict)
    """Bytes that stand in place of a section's encoding."""

    lie: Callable[[dict[str, Any]], object] = lambda header: None
    """Changes the finished header, so that it doesn't fit the contents; the file digest is right all the same."""

    def assemble(self) -> bytes:
        """The archive, with lengths, offsets and digests that fit its contents."""
        data = {name: pack(value) for name, value in self.sections.items()} | self.raw
        header_length = 0
        while True:
            shown = copy.deepcopy(self._header(data, header_length))
            self.lie(shown)
            header = pack(shown)
            if len(header) == header_length:
                break
            header_length = len(header)
        body = bytearray()
        for name, _, offset, length, _ in self._header(data, header_length)["sections"]:
            body += bytes(offset - 64 - header_length - len(body))
            body += data[name] if name in data else self._weight_bytes(length)
        size = 64 + header_length + len(body)
        start = struct.pack("<10sHHHQII", MAGIC, *self.version, size, header_length, 0)
        return start + digest(start + header) + header + bytes(body)

    def _header(self, data: dict[str, bytes], header_length: int) -> dict[str, Any]:
        rows, at = [], 64 + header_length
        for name, content in data.items():
            at = -(-at // 64) * 64
            rows.append([name, self.critical.get(name, False), at, len(content), digest(content)])
            at += len(content)
        tensors = []
        start = at = -(-at // 4096) * 4096
        for name, dtype, shape, _, _, tensor_digest, how in self.header["tensors"]:
            at = -(-at // 64) * 64
            length = len(self.weights[name])
            tensors.append([name, dtype, shape, at, length, tensor_digest, how])
            at += length
        if tensors:
            root = digest(b"".join(row[5] for row in tensors))
            rows.append(["weights", True, start, at - start, root])
        program = next((row[4] for row in rows if row[0] == "program"), bytes(32))
        identity = [
            "tsx program", program, self.header["operators"], self.header["requires"],
            [[row[0], row[5]] for row in tensors],
        ]  # fmt: skip
        return {
            **self.header,
            "sections": rows,
            "tensors": tensors,
            "program_digest": digest(pack(identity)),
        }

    def _weight_bytes(self, length: int) -> bytes:
        body = bytearray()
        for row in self.header["tensors"]:
            body += bytes(-len(body) % 64) + self.weights[row[0]]
        assert len(body) == length
        return bytes(body)


def take_apart(data: bytes) -> Parts:
    """The inverse of ``assemble``."""
    _, major, minor, least, size, header_length, _ = struct.unpack_from("<10sHHHQII", data)
    assert size == len(data)
    header = msgpack.unpackb(data[64 : 64 + header_length])
    sections = {
        name: msgpack.unpackb(data[offset : offset + length])
        for name, _, offset, length, _ in header["sections"]
        if name != "weights"
    }
    weights = {row[0]: data[row[3] : row[3] + row[4]] for row in header["tensors"]}
    return Parts(header, sections, weights, (major, minor, least))
