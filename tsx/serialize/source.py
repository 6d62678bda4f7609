"""Where the bytes of an archive come from: memory, a file read piece by piece, or a mapped file.

What is interpreted (header, program) is always copied into private memory with ``read``; only the elements of tensors
may be seen in place through ``view``. Every error of the operating system becomes an ``ArchiveError``.
"""

from __future__ import annotations

import mmap
import os
import stat
import weakref
from pathlib import Path
from typing import IO, Literal, Protocol

import numpy as np
import numpy.typing as npt

from tsx.errors import TsxError, fail

MmapMode = Literal["auto", "on", "off"]
ReadFrom = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes]
"""What an archive can be read from: a path, bytes, or an open binary file, which is read to its end."""

_NETWORK = frozenset(
    (
        "9p",
        "afs",
        "ceph",
        "cifs",
        "fuse.gcsfuse",
        "fuse.s3fs",
        "fuse.sshfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    )
)


class Source(Protocol):
    """``size`` bytes, called ``name`` in errors."""

    name: str
    size: int
    is_mapped: bool  # whether a view is no copy, so that one more costs no memory

    def read(self, offset: int, length: int) -> bytes:
        """A private copy."""
        ...

    def view(self, offset: int, length: int) -> npt.NDArray[np.uint8]:
        """The bytes for a tensor, 64-byte aligned: mapped, or a copy."""
        ...


class MemorySource:
    """Bytes that are already in memory."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self.size = len(data)
        self.is_mapped = False
        self._data = data

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]

    def view(self, offset: int, length: int) -> npt.NDArray[np.uint8]:
        copy = _aligned_empty(length)
        copy[:] = np.frombuffer(self._data, np.uint8, length, offset)
        return copy


class FileSource:
    """A regular file, which stays open for as long as a tensor may want its bytes."""

    def __init__(self, path: Path, mode: MmapMode) -> None:
        self.name = str(path)
        self._descriptor = _open_regular(path)
        weakref.finalize(self, os.close, self._descriptor)
        self.size = os.fstat(self._descriptor).st_size
        wants_map = mode == "on" or (mode == "auto" and not _is_on_network(path))
        self._map: mmap.mmap | None = None
        self.is_mapped = wants_map and self.size > 0

    def read(self, offset: int, length: int) -> bytes:
        buffer = bytearray(length)
        self._fill(memoryview(buffer), offset)
        return bytes(buffer)

    def view(self, offset: int, length: int) -> npt.NDArray[np.uint8]:
        if length and self.is_mapped:
            return np.frombuffer(self._mapped(), np.uint8, length, offset)
        buffer = _aligned_empty(length)
        self._fill(buffer.data, offset)
        return buffer

    def _mapped(self) -> mmap.mmap:
        if self._map is None:
            try:
                self._map = mmap.mmap(self._descriptor, self.size, access=mmap.ACCESS_READ)
            except ValueError as error:  # the file is shorter than the map
                raise self._became_shorter() from error
            except OSError as error:
                raise unreadable(error, self.name) from error
        return self._map

    def _fill(self, buffer: memoryview, offset: int) -> None:
        """Reads until ``buffer`` is full: one read may give less, by a signal or a limit of the system."""
        at = 0
        while at < len(buffer):
            try:
                count = os.preadv(self._descriptor, [buffer[at:]], offset + at)
            except OSError as error:
                raise unreadable(error, self.name) from error
            if count == 0:
                raise self._became_shorter()
            at += count

    def _became_shorter(self) -> TsxError:
        return fail("TSX6002", what="it became shorter while it was read", where=self.name)


def open_source(source: ReadFrom, mode: MmapMode = "auto") -> Source:
    """The source behind what a caller passed; ``ArchiveError`` TSX6008 when it can't be read."""
    if mode not in ("auto", "on", "off"):
        raise ValueError(f"mmap is 'auto', 'on' or 'off', not {mode!r}")
    if isinstance(source, (bytes, bytearray, memoryview)):
        return MemorySource(bytes(source), "<bytes>")
    if isinstance(source, (str, os.PathLike)):
        if "\0" in str(source):
            raise fail("TSX6008", why="no path holds a NUL character", where=repr(source))
        try:
            return FileSource(Path(source), mode)
        except OSError as error:
            raise unreadable(error, source) from error
    name = getattr(source, "name", "<file>")
    return MemorySource(source.read(), name if isinstance(name, str) else "<file>")


def unreadable(error: OSError, path: object) -> TsxError:
    return fail("TSX6008", why=error.strerror or str(error), where=path)


def _open_regular(path: Path) -> int:
    """Opens a regular file; never waits for the writer of a pipe."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    what = _what_else(os.fstat(descriptor).st_mode)
    if what:
        os.close(descriptor)
        raise fail("TSX6001", what=f"it is a {what}", where=path)
    return descriptor


def _what_else(mode: int) -> str:
    """What a path is when it's no regular file."""
    kinds = {
        stat.S_IFDIR: "folder",
        stat.S_IFIFO: "pipe (use `-` and redirect it to read from one)",
        stat.S_IFSOCK: "socket",
        stat.S_IFCHR: "device",
        stat.S_IFBLK: "device",
    }
    return kinds.get(stat.S_IFMT(mode), "")


def _is_on_network(path: Path) -> bool:
    """Whether the mount that holds ``path`` is of a network file system; only Linux tells."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return file_system_of(os.path.realpath(path), mounts) in _NETWORK


def file_system_of(path: str, mounts: str) -> str:
    """The type of the file system that holds ``path``, by the text of /proc/self/mounts; empty if none does."""
    best, found = "", ""
    for line in mounts.splitlines():
        _, folder, type, *_ = line.split(" ")
        folder = folder.replace("\\040", " ")
        holds = path == folder or path.startswith(folder.rstrip("/") + "/")
        if holds and len(folder) >= len(best):
            best, found = folder, type
    return found


def _aligned_empty(length: int) -> npt.NDArray[np.uint8]:
    buffer = np.empty(length + 64, np.uint8)
    start = -buffer.ctypes.data % 64
    return buffer[start : start + length]
