"""Writing: the old file or the new one, never a part, and no temporary file, whatever fails (P10)."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.serialize.corpus import CORPUS, tree_module
from tsx.errors import ArchiveError
from tsx.serialize.archive import load, save, to_bytes

CALLS = ["open", "write", "fchmod", "fsync", "close", "replace"]


class Failing:
    """Makes the n-th call of one function of ``os`` fail."""

    def __init__(self, name: str, number: int, error: BaseException) -> None:
        self.real = getattr(os, name)
        self.number = number
        self.error = error
        self.calls = 0

    def __call__(self, *args: object, **kwargs: object) -> object:
        self.calls += 1
        if self.calls == self.number:
            raise self.error
        return self.real(*args, **kwargs)


def error_of(action: Callable[[], object]) -> ArchiveError | None:
    """The ``ArchiveError`` of ``action``, or None; any other error fails the test."""
    try:
        action()
    except ArchiveError as error:
        return error
    return None


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT])
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("exists", [True, False])
def test_a_failing_call_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: int, exists: bool
) -> None:
    path = tmp_path / "m.tsx"
    old = to_bytes(CORPUS["arithmetic"]())
    if exists:
        path.write_bytes(old)
    module = tree_module()
    new = to_bytes(module)
    for number in range(1, 40):
        failing = Failing(name, number, OSError(code, os.strerror(code)))
        with monkeypatch.context() as patch:
            patch.setattr(os, name, failing)
            error = error_of(lambda: save(module, path))
        assert error is None or (error.code == "TSX6009" and os.strerror(code) in error.message)
        assert [p.name for p in tmp_path.iterdir() if p.suffix == ".tmp"] == []
        found = path.read_bytes() if path.exists() else None
        assert found in ((old if exists else None), new)
        if failing.calls < number:
            assert error is None
            assert found == new
            return
        path.write_bytes(old) if exists else path.unlink(missing_ok=True)
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError()])
def test_an_interrupt_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", Failing("write", 2, error))
        with pytest.raises(type(error)):
            save(tree_module(), tmp_path / "m.tsx")
    assert list(tmp_path.iterdir()) == []


def test_short_writes_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: real(descriptor, data[:7]))
        save(tree_module(), tmp_path / "m.tsx")
    assert (tmp_path / "m.tsx").read_bytes() == to_bytes(tree_module())


def test_short_reads_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tree_module(), tmp_path / "m.tsx")
    real = os.preadv
    with monkeypatch.context() as patch:
        patch.setattr(
            os, "preadv", lambda descriptor, buffers, at: real(descriptor, [buffers[0][:5]], at)
        )
        assert to_bytes(load(tmp_path / "m.tsx", mmap="off")) == to_bytes(tree_module())


def test_a_read_error_is_an_archive_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tree_module(), tmp_path / "m.tsx")
    for number in range(1, 20):
        failing = Failing("preadv", number, OSError(errno.EIO, os.strerror(errno.EIO)))
        with monkeypatch.context() as patch:
            patch.setattr(os, "preadv", failing)
            error = error_of(lambda: load(tmp_path / "m.tsx", mmap="off"))
        assert (error is None) == (failing.calls < number)
        assert error is None or error.code == "TSX6008"
        if failing.calls < number:
            return
    pytest.fail("the calls never ended")


def test_permissions_are_kept_and_new_files_follow_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "m.tsx"
    umask = os.umask(0o027)
    try:
        save(tree_module(), path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o606)
        save(tree_module(), path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o606
    finally:
        os.umask(umask)


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.tsx").write_bytes(b"old")
    (tmp_path / "link.tsx").symlink_to("real.tsx")
    save(tree_module(), tmp_path / "link.tsx")
    assert (tmp_path / "link.tsx").is_symlink()
    assert load(tmp_path / "real.tsx").name == "net"


def test_a_hard_link_keeps_the_old_contents(tmp_path: Path) -> None:
    (tmp_path / "a.tsx").write_bytes(b"old")
    os.link(tmp_path / "a.tsx", tmp_path / "b.tsx")
    save(tree_module(), tmp_path / "a.tsx")
    assert (tmp_path / "b.tsx").read_bytes() == b"old"


@pytest.mark.parametrize("target", ["missing/m.tsx", "", "folder", "a\0b", "x" * 300])
def test_a_target_that_can_not_be_written_has_a_clear_error(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ArchiveError, match="TSX6009"):
        save(tree_module(), tmp_path / target)
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_full_disk_has_a_clear_error() -> None:
    with pytest.raises(ArchiveError, match=r"TSX6009.*No space left"):
        save(tree_module(), "/dev/full")


def test_a_device_is_written_to_and_not_replaced() -> None:
    save(tree_module(), "/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_stream_that_is_full_has_a_clear_error() -> None:
    class Full(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ArchiveError, match="TSX6009"):
        save(tree_module(), Full())


def test_a_closed_pipe_is_the_callers_business() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError), os.fdopen(writer, "wb", buffering=0) as file:
        save(tree_module(), file)


def test_a_process_that_is_killed_leaves_old_or_new(tmp_path: Path) -> None:
    """A child is killed at each of its system calls that write; what is at the path is always whole."""
    path = tmp_path / "m.tsx"
    old, new = to_bytes(CORPUS["arithmetic"]()), to_bytes(tree_module())
    seen = set()
    for number in range(1, 20):
        path.write_bytes(old)
        child = os.fork()
        if child == 0:
            _die_at(number)
            save(tree_module(), path)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert path.read_bytes() in (old, new)
        seen.add(path.read_bytes())
        if os.WIFEXITED(status):
            assert path.read_bytes() == new
            break
    assert seen == {old, new}


def _die_at(number: int) -> None:
    """From now on, the ``number``-th writing call ends this process at once."""
    calls = iter(range(1, 1000))

    def fatal(real):
        def call(*args, **kwargs):
            if next(calls) == number:
                os.kill(os.getpid(), 9)
            return real(*args, **kwargs)

        return call

    for name in ("write", "fsync", "replace", "fchmod"):
        setattr(os, name, fatal(getattr(os, name)))


def test_the_file_and_the_folder_are_synced_before_the_save_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        events.append("folder" if is_folder else "file")
        real_sync(descriptor)

    def replace(a: str, b: str) -> None:
        events.append("rename")
        real_replace(a, b)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    save(tree_module(), tmp_path / "m.tsx")
    assert events == ["file", "rename", "folder"]
