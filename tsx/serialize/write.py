"""Writing a file so that others see the old one or the new one, never a part (docs/archive.md, section 10).

The new file gets a random name in the target's folder, is synced, and takes the target's name in one step. Whatever
fails on the way leaves the old file as it was and no temporary file (a killed process may leave one).
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

from tsx.errors import TsxError, fail

Pieces = Callable[[], Iterable[bytes | memoryview]]
"""What to write, piece by piece, so that nothing large is held twice."""


def write_file(path: Path, pieces: Pieces) -> None:
    """Writes ``pieces`` to ``path``; ``ArchiveError`` TSX6009 when the system refuses."""
    if "\0" in str(path):
        raise fail("TSX6009", why="no path holds a NUL character", where=repr(path))
    try:
        target = Path(os.path.realpath(path))  # through a symbolic link, which stays
        if target.exists() and not target.is_file():
            _write_to_special(target, pieces)
        else:
            _replace(target, pieces)
    except OSError as error:
        raise _unwritable(error, path) from error


def write_stream(file: IO[bytes], pieces: Pieces) -> None:
    """Writes ``pieces`` to an open file; a broken pipe is the caller's business."""
    try:
        for piece in pieces():
            file.write(piece)
        file.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(error, getattr(file, "name", "")) from error


def _replace(target: Path, pieces: Pieces) -> None:
    temporary = target.with_name(f".{target.name[:200]}.{os.urandom(8).hex()}.tmp")
    mode = _mode_of(target)
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode or 0o666
    )
    try:
        try:
            for piece in pieces():
                _write_all(descriptor, piece)
            if mode is not None:
                os.fchmod(descriptor, mode)  # what the umask took away when it was opened
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, target)
    except BaseException:  # an interrupt too must leave no temporary file
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(target.parent)


def _write_all(descriptor: int, piece: bytes | memoryview) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(descriptor, left) :]


def _write_to_special(target: Path, pieces: Pieces) -> None:
    """A device or a pipe can't be replaced: it is written in order."""
    with target.open("wb") as file:
        for piece in pieces():
            file.write(piece)


def _mode_of(target: Path) -> int | None:
    """The permissions of the file that is replaced; None when there is none."""
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        return None


def _sync_folder(folder: Path) -> None:
    """Makes the new name durable; some file systems have no way to, which is no failure of the write."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _unwritable(error: OSError, path: object) -> TsxError:
    return fail("TSX6009", why=error.strerror or str(error), where=path)
