"""Canonical msgpack: what the library would take and we don't, and bombs that must not cost memory (P4, P19)."""

from __future__ import annotations

import math
import struct
import tracemalloc

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsx.errors import ArchiveError
from tsx.serialize import limits
from tsx.serialize.canonical import pack, unpack

INTEGERS = st.integers(-(1 << 63), (1 << 64) - 1)
PLAIN = st.none() | st.booleans() | INTEGERS | st.floats() | st.text() | st.binary()
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=40
)


@given(VALUES)
def test_what_was_packed_unpacks_and_packs_the_same(value: object) -> None:
    data = pack(value)
    assert pack(unpack(data, "it")) == data


@given(st.binary(max_size=64))
def test_any_bytes_are_refused_or_pack_the_same(data: bytes) -> None:
    try:
        value = unpack(data, "it")
    except ArchiveError:
        return
    assert pack(value) == data


@given(VALUES, st.data())
def test_a_changed_byte_is_refused_or_another_value(value: object, data: st.DataObject) -> None:
    packed = bytearray(pack(value))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] = data.draw(st.integers(0, 255))
    try:
        changed = unpack(bytes(packed), "it")
    except ArchiveError:
        return
    assert pack(changed) == bytes(packed)


@pytest.mark.parametrize(
    "value", [0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1]
)
def test_integers_have_one_form(value: int) -> None:
    shortest = pack(value)
    for tag, form in ((0xCC, ">B"), (0xCD, ">H"), (0xCE, ">I"), (0xCF, ">Q"), (0xD3, ">q")):
        try:
            data = bytes([tag]) + struct.pack(form, value)
        except struct.error:
            continue
        if data != shortest:
            with pytest.raises(ArchiveError, match="TSX6005"):
                unpack(data, "it")


@pytest.mark.parametrize(
    "data",
    [
        b"\xd9\x01a",  # a string of one byte with a length of its own
        b"\xda\x00\x01a",
        b"\xdb\x00\x00\x00\x01a",
        b"\xc5\x00\x01a",
        b"\xdc\x00\x01\xc0",
        b"\xdd\x00\x00\x00\x01\xc0",
        b"\xde\x00\x01\xa1a\xc0",
        b"\xca\x3f\x80\x00\x00",  # 32-bit float
        b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x01",  # another NaN
        b"\xcb\xff\xf8\x00\x00\x00\x00\x00\x00",
        b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x01",
        b"\xc1",
        b"\xd4\x01\x00",  # extension types
        b"\xd6\xff\x00\x00\x00\x00",
        b"\xc7\x00\x01",
        b"\x82\xa1b\xc0\xa1a\xc0",  # keys out of order
        b"\x82\xa1a\xc0\xa1a\xc0",  # a key twice
        b"\x81\x01\xc0",  # a key that is no string
        b"\x81\xc4\x01a\xc0",
        b"\x81\x90\xc0",
        b"\xa1\xff",  # not UTF-8
        b"\xa3\xed\xa0\x80",  # a surrogate
        b"\xa2\xc0\x80",  # an overlong form
        b"\xc0\xc0",  # something after the value
        b"",
        b"\x91",
        b"\x81\xa1a",
        b"\xcb\x00",
    ],
)
def test_any_other_encoding_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError, match="TSX6005"):
        unpack(data, "it")


@pytest.mark.parametrize("value", [math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308])
def test_floats_keep_their_bits(value: float) -> None:
    assert struct.pack(">d", unpack(pack(value), "it")) == struct.pack(">d", value)


@pytest.mark.parametrize("tag", [0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF, 0xC9])
def test_a_length_without_bytes_costs_nothing(tag: int) -> None:
    bomb = bytes([tag]) + b"\xff" * 5
    nested = b"\x91" * 60 + bomb
    wide = b"\xdc\xff\xff" + bomb * 100
    for data in (bomb, nested, wide):
        tracemalloc.start()
        with pytest.raises(ArchiveError):
            unpack(data, "it")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 * len(data) + 16384


def test_nested_lengths_that_each_would_fit_cost_nothing() -> None:
    """Sixty arrays in each other, each of which alone could have its elements in the file."""
    data = (b"\xdd" + struct.pack(">I", 100_000)) * 60 + b"\xc0" * 100_000
    tracemalloc.start()
    with pytest.raises(ArchiveError, match=r"TSX6005.*exceeds the bytes"):
        unpack(data, "it")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16384


def test_the_number_of_values_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SECTION_ELEMENTS", 100)
    unpack(pack([None] * 99), "it")
    with pytest.raises(ArchiveError, match=r"TSX6004.*number of values"):
        unpack(pack([None] * 100), "it")


def test_what_follows_the_value_is_counted() -> None:
    with pytest.raises(ArchiveError, match=r"TSX6005.*2 bytes follow the value"):
        unpack(b"\xc0\xc0\xc0", "it")


@pytest.mark.parametrize("opening", [b"\x91", b"\x81\xa1a"])
def test_depth_is_bounded(opening: bytes) -> None:
    unpack(opening * limits.DEPTH + b"\xc0", "it")
    for depth in (limits.DEPTH + 1, 1000, 1_000_000):
        with pytest.raises(ArchiveError, match=r"TSX6004.*nesting"):
            unpack(opening * depth + b"\xc0", "it")


def test_an_integer_over_64_bits_can_not_be_packed() -> None:
    with pytest.raises(ArchiveError, match="TSX6010"):
        pack(1 << 64)


def test_a_surrogate_can_not_be_packed() -> None:
    with pytest.raises(ArchiveError, match="TSX6010"):
        pack("\ud800")


def test_the_library_agrees_on_all_that_we_take() -> None:
    value = {"a": [1, -1, 2**40, "x" * 300, b"y" * 70000, 1.5, None, True], "b": {}}
    assert msgpack.unpackb(pack(value)) == value
