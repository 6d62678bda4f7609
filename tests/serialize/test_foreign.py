"""What is no archive is refused with a sentence that says what it is; names and suffixes count for nothing."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle  # noqa: TID251  (to make one, not to read one)
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.serialize.corpus import CORPUS
from tsx.errors import ArchiveError
from tsx.serialize.archive import load, read_header, save, to_bytes


def zip_with(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, b"contents")
    return file.getvalue()


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.arange(3))
    return file.getvalue()


def npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, x=np.arange(3))
    return file.getvalue()


def safetensors() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


JSX = b"""import React from 'react';

export const App = () => <div className="app">Hello</div>;
"""

FOREIGN = {
    "nothing": (b"", "the file is empty"),
    "a part of the magic": (b"\x89TSX\0\r", "ends after 6 bytes"),
    "a TypeScript source": (JSX, "TypeScript source"),
    "another TypeScript source": (b"const x: number = 1;\nexport default x;\n", "TypeScript"),
    "a TypeScript source in UTF-8 with a mark": (b"\xef\xbb\xbf" + JSX, "TypeScript"),
    "a Python source": (b"import torch\n\nmodel = 1\n", "Python source"),
    "a graph": (b"graph(%x : Tensor):\n  return (%x)\n", "text of a graph"),
    "JSON": (b'{"a": 1}', "JSON"),
    "any text": (b"hello, world\n", "text file"),
    "text cut within a character": ("é".encode()[:1].join([b"abc ", b""]), "text file"),
    "Latin-1": ("caf\xe9 au lait".encode("latin-1"), "not those of one"),
    "a TorchScript archive": (zip_with("net/constants.pkl", "net/code/x.py"), "TorchScript"),
    "a torch.save file": (zip_with("archive/data.pkl", "archive/data/0"), "torch.save"),
    "a zip": (zip_with("readme.txt"), "zip archive"),
    "an empty zip": (zip_with(), "zip archive"),
    "npz": (npz(), "npz"),
    "npy": (npy(), "NumPy array"),
    "safetensors": (safetensors(), "safetensors"),
    "a pickle": (pickle.dumps({"a": [1, 2]}), "pickle"),
    "an old pickle": (pickle.dumps({"a": [1, 2]}, protocol=2), "pickle"),
    "gzip": (gzip.compress(b"x"), "gzip"),
    "an executable": (b"\x7fELF\x02\x01\x01" + bytes(57), "executable"),
    "a PDF": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(20), "PNG"),
    "GGUF": (b"GGUF\x03\0\0\0", "GGUF"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "HDF5"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    "zeros": (bytes(5000), "not those of one"),
    "TFLite": (b"\x1c\0\0\0TFL3" + bytes(40), "flatbuffer"),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_another_format_is_named(what: str, tmp_path: Path) -> None:
    data, words = FOREIGN[what]
    path = tmp_path / "model.tsx"
    path.write_bytes(data)
    for read in (load, read_header):
        with pytest.raises(ArchiveError, match="TSX6001") as caught:
            read(path)
        assert words in str(caught.value)
        assert str(path) in str(caught.value)
        with pytest.raises(ArchiveError, match="TSX6001"):
            read(data)


@pytest.mark.parametrize("what", FOREIGN)
def test_a_polyglot_is_refused(what: str) -> None:
    """An archive before or after something else: the magic is at 0 and the length is exact."""
    data = FOREIGN[what][0]
    archive = to_bytes(CORPUS["arithmetic"]())
    for both in (data + archive, archive + data):
        if both != archive:
            with pytest.raises(ArchiveError):
                load(both)


def test_the_name_counts_for_nothing(tmp_path: Path) -> None:
    for name in ("model.pt", "model", "model.tsx.bak", "модель.tsx"):
        save(CORPUS["arithmetic"](), tmp_path / name)
        assert load(tmp_path / name).name == "corpus"


def test_a_missing_file_is_an_archive_error(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"TSX6008.*No such file") as caught:
        load(tmp_path / "none.tsx")
    assert caught.value.where == str(tmp_path / "none.tsx")


def test_a_path_with_a_nul_is_an_archive_error() -> None:
    with pytest.raises(ArchiveError, match="TSX6008"):
        load("a\0b")


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"TSX6001.*folder"):
        load(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArchiveError, match=r"TSX6001.*pipe"):
        load(tmp_path / "pipe")


def test_a_device_is_not_read() -> None:
    with pytest.raises(ArchiveError, match=r"TSX6001.*device"):
        load("/dev/zero")
