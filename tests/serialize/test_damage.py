"""Every damage is found: each bit flip, truncation, deletion and insertion of a small archive is refused (P3).

Exhaustive over one archive that has every section; nothing but ``ArchiveError`` may come out.
"""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.serialize.corpus import CORPUS, module_of
from tsx.errors import ArchiveError
from tsx.ops.weights import Weight
from tsx.serialize.archive import load, read_header, to_bytes


@pytest.fixture(scope="module")
def archive() -> bytes:
    """4 KiB and a little: preamble, header, program, debug data, padding and two tensors with padding between."""
    module = module_of(
        """graph(%x : Float(s0, 3)):
          %w : Float(3) = prim::Constant[value=<Tensor>, name="w"]() # net.py:3:4, scope: layer
          %y : Float(s0, 3) = aten::mul.Tensor(%x, %w) # net.py:4:11
          return (%y)""",
        weights={
            "v": Weight(np.arange(5, dtype=np.int8)),
            "w": Weight(np.array([1, 2, 3], np.float32)),
        },
        metadata={"producer": "tsx"},
    )
    data = to_bytes(module)
    assert load(data).forward.graph.inputs[0].name == "x"
    return data


def refused(data: bytes) -> bool:
    try:
        load(data)
    except ArchiveError:
        return True
    return False


def test_every_bit_flip_is_refused(archive: bytes) -> None:
    damaged = bytearray(archive)
    missed = []
    for at in range(len(archive)):
        for bit in range(8):
            damaged[at] ^= 1 << bit
            if not refused(bytes(damaged)):
                missed.append((at, bit))
            damaged[at] ^= 1 << bit
    assert not missed


@pytest.mark.parametrize("name", CORPUS)
def test_a_flip_in_any_byte_of_the_corpus_is_refused(name: str) -> None:
    data = to_bytes(CORPUS[name]())
    damaged = bytearray(data)
    for at in range(len(data)):
        damaged[at] ^= 1 << at % 8
        assert refused(bytes(damaged)), at
        damaged[at] = data[at]


def test_every_truncation_is_refused(archive: bytes) -> None:
    assert all(refused(archive[:length]) for length in range(len(archive)))


def test_every_deletion_is_refused(archive: bytes) -> None:
    assert all(refused(archive[:at] + archive[at + 1 :]) for at in range(len(archive)))


def test_every_insertion_is_refused(archive: bytes) -> None:
    """Every byte value at every place: about a million files."""
    every = [bytes([value]) for value in range(256)]
    for at in range(len(archive) + 1):
        start, end = archive[:at], archive[at:]
        assert all(refused(start + byte + end) for byte in every), at


def test_every_byte_value_in_the_preamble_is_refused(archive: bytes) -> None:
    for at in range(64):
        for value in range(256):
            if value != archive[at]:
                assert refused(archive[:at] + bytes([value]) + archive[at + 1 :])


def test_every_swap_of_two_sections_is_refused(archive: bytes) -> None:
    sections = read_header(archive).sections
    for a in sections:
        for b in sections:
            if a.offset < b.offset:
                swapped = (
                    archive[: a.offset]
                    + archive[b.offset : b.end]
                    + archive[a.end : b.offset]
                    + archive[a.offset : a.end]
                    + archive[b.end :]
                )
                assert refused(swapped)


def test_damage_has_a_name(archive: bytes) -> None:
    flipped = bytearray(archive)
    flipped[-1] ^= 1
    with pytest.raises(ArchiveError, match=r"TSX6002.*tensor 'w' does not match its digest"):
        load(bytes(flipped))
    with pytest.raises(
        ArchiveError, match=f"has {len(archive) - 9} bytes and should have {len(archive)}"
    ):
        load(archive[:-9])


def test_a_large_tensor_is_checked_when_it_is_used() -> None:
    """Over 16 MiB, loading touches no tensor; a damaged one is found at its first use, and only that one."""
    weights = {name: Weight(np.full((9 << 20,), 7, np.uint8)) for name in "ab"}
    text = "graph():\n" + "".join(
        f'  %{n} : Byte({9 << 20}) = prim::Constant[value=<Tensor>, name="{n}"]()\n' for n in "ab"
    )
    data = bytearray(to_bytes(module_of(text + "  return (%a, %b)", weights=weights)))
    data[-1] ^= 1
    module = load(bytes(data))
    assert module.weights["a"].array[0] == 7
    with pytest.raises(ArchiveError, match="tensor 'b'"):
        module.weights["b"].array  # noqa: B018  (reading it is what raises)
    assert load(bytes(data), check="header").weights["b"].array[-1] == 6
    with pytest.raises(ArchiveError, match="tensor 'b'"):
        load(bytes(data), check="full")


def test_the_magic_shows_what_a_transfer_did(archive: bytes) -> None:
    for harm in (
        archive.replace(b"\r\n", b"\n"),
        archive.replace(b"\n", b"\r\n"),
        archive.decode("latin-1").encode(),
        bytes(byte & 0x7F for byte in archive),
    ):
        with pytest.raises(ArchiveError, match="copied as text"):
            load(harm)


def test_all_bytes_are_accounted_for(archive: bytes) -> None:
    """The magic is as specified, and the first bytes can't be taken for text."""
    assert archive[:16] == b"\x89TSX\0\r\n\x1a\n\0" + struct.pack("<HHH", 1, 0, 0)
