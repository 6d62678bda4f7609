"""What a file is that is no archive, in words: by its first bytes, never by its name.

Takes the first bytes of a file. Gives the end of the sentence "this is not a .tsx archive: …". Never parses anything.
"""

from __future__ import annotations

from tsx.serialize.format import MAGIC

HEAD_BYTES = 4096
"""How much of a file ``what_is_it`` wants to see."""

_BY_MAGIC = (
    (b"\x93NUMPY", "it is a NumPy array (.npy), an input for `tsx run`"),
    (b"\x89HDF\r\n", "it is an HDF5 file"),
    (b"\x89PNG", "it is a PNG image"),
    (b"GGUF", "it is a GGUF model"),
    (b"\x7fELF", "it is an executable or a shared library"),
    (b"MZ", "it is a Windows executable"),
    (b"%PDF", "it is a PDF document"),
    (b"\x1f\x8b", "it is compressed with gzip; decompress it first"),
    (b"\x28\xb5\x2f\xfd", "it is compressed with zstd; decompress it first"),
    (b"BZh", "it is compressed with bzip2; decompress it first"),
    (b"\xfd7zXZ", "it is compressed with xz; decompress it first"),
    (b"7z\xbc\xaf", "it is a 7-Zip archive"),
    (
        b"version https://git-lfs",
        "it is a Git LFS pointer; run `git lfs pull` to get the file itself",
    ),
)
_TRANSFER = (
    "its first bytes are those of an archive that was copied as text; copy it in binary mode"
)


def what_is_it(head: bytes) -> str:
    """What a file is that starts with ``head`` and not with the magic."""
    if not head:
        return "the file is empty"
    if MAGIC.startswith(head):
        return f"it ends after {len(head)} bytes"
    if head[:4] == MAGIC[:4] or head[:5] == b"\xc2\x89TSX" or head[:4] == b"\tTSX":
        return _TRANSFER
    for magic, words in _BY_MAGIC:
        if head.startswith(magic):
            return words
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _which_zip(head)
    if head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "it is a Python pickle, which tsx never opens"
    if head[8:10] == b'{"' and int.from_bytes(head[:8], "little") < 1 << 32:
        return "it is a safetensors file: weights without a program"
    if head[4:8] in (b"TFL3", b"ET12", b"ET13"):
        return "it is a flatbuffer model of another runtime"
    return _which_text(head)


def _which_zip(head: bytes) -> str:
    if b"constants.pkl" in head or b"/code/" in head:
        return "it is a TorchScript archive (.pt); `tsx convert` makes an archive of it"
    if b"data.pkl" in head:
        return "it is a zip with a pickle, as torch.save writes; tsx needs the model's source"
    if b".npy" in head:
        return "it is a NumPy .npz file, an input for `tsx run`"
    return "it is a zip archive"


def _which_text(head: bytes) -> str:
    text = _as_text(head)
    if text is None:
        return "its first bytes are not those of one"
    start = text.lstrip()
    if any(mark in text for mark in ("</", "/>", "import React", " from '", ' from "', "export ")):
        return "it is TypeScript source (JSX), whose files are called .tsx too"
    if start.startswith("graph("):
        return "it is the text of a graph"
    if start.startswith(("import ", "from ", "def ", "class ", "#!", '"""')) or "\ndef " in text:
        return "it is Python source; `tsx convert` makes an archive from it"
    if start.startswith(("{", "[")):
        return "it is JSON text"
    return "it is a text file"


def _as_text(head: bytes) -> str | None:
    """``head`` as text; None when it has bytes that no text has. Its last character may be cut."""
    if any(byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in head):
        return None
    for cut in range(4):
        try:
            return head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
    return None
