"""Where bytes come from: mapped or read, and what happens when a file changes under a loaded module (P7, P8)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.serialize.corpus import module_of, tree_module
from tsx.errors import ArchiveError
from tsx.ops.weights import Weight, as_weight
from tsx.serialize.archive import load, save
from tsx.serialize.source import file_system_of

MOUNTS = """/dev/root / ext4 rw,relatime 0 0
server:/export /mnt/data nfs4 rw 0 0
/dev/sdb /mnt/data/local xfs rw 0 0
//host/share /mnt/with\\040space cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "type"),
    [
        ("/home/model.tsx", "ext4"),
        ("/mnt/data/model.tsx", "nfs4"),
        ("/mnt/data2/model.tsx", "ext4"),
        ("/mnt/data/local/model.tsx", "xfs"),
        ("/mnt/with space/model.tsx", "cifs"),
        ("relative", ""),
    ],
)
def test_the_file_system_of_a_path(path: str, type: str) -> None:
    assert file_system_of(path, MOUNTS) == type


@pytest.mark.parametrize("mode", ["on", "off"])
def test_a_file_that_is_replaced_keeps_its_old_weights(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "m.tsx"
    save(tree_module(), path)
    loaded = load(path, mmap=mode, check="header")
    path.with_suffix(".new").write_bytes(b"something else")
    os.replace(path.with_suffix(".new"), path)
    assert as_weight(loaded.weights["a.weight"]).array.tolist() == [1, 2]


def test_a_file_that_became_shorter_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "m.tsx"
    for mode in ("on", "off"):
        save(tree_module(), path)
        loaded = load(path, mmap=mode, check="header")
        os.truncate(path, 100)
        with pytest.raises(ArchiveError, match=r"TSX6002.*shorter"):
            as_weight(loaded.weights["a.weight"]).load()


def test_a_file_that_changed_in_place_is_found_at_first_use(tmp_path: Path) -> None:
    path = tmp_path / "m.tsx"
    module = module_of(
        f"""graph():
          %w : Byte({17 << 20}) = prim::Constant[value=<Tensor>, name="w"]()
          return (%w)""",
        weights={"w": Weight(np.zeros(17 << 20, np.uint8))},
    )
    save(module, path)
    loaded = load(path)
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\1")
    with pytest.raises(ArchiveError, match=r"TSX6002.*tensor 'w'"):
        as_weight(loaded.weights["w"]).load()


def test_descriptors_do_not_pile_up(tmp_path: Path) -> None:
    path = tmp_path / "m.tsx"
    save(tree_module(), path)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        load(path, mmap="off", check="header")
        path.with_suffix(".bad").write_bytes(b"no archive")
        with pytest.raises(ArchiveError):
            load(path.with_suffix(".bad"))
    assert len(os.listdir("/proc/self/fd")) <= before + 2


def test_a_big_endian_array_is_stored_little_endian() -> None:
    values = np.array([1, 2, 3], ">f4")
    assert Weight(values).digest() == Weight(values.astype("<f4")).digest()


def test_a_weight_knows_its_digest_by_contents() -> None:
    a = Weight(np.zeros((2, 3), np.float32))
    assert a.digest() == Weight(np.zeros((3, 2), np.float32).T).digest()
    others = [np.zeros((3, 2), np.float32), np.zeros((2, 3), np.int32), np.ones((2, 3), np.float32)]
    assert len({a.digest(), *(Weight(other).digest() for other in others)}) == 4
    with pytest.raises(ValueError, match="read-only"):
        a.array[0, 0] = 1
