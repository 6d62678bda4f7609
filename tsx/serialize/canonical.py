"""Canonical msgpack: one encoding for each value, and a decoder that takes no other (docs/archive.md, section 2).

Takes bytes from anywhere. Gives None, bool, int, float, str, bytes, list and dict. Never allocates on the word of a
length: a scan with an explicit stack walks the bytes first. Never recurses deeper than ``limits.DEPTH``.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import msgpack

from tsx.errors import TsxError, fail
from tsx.serialize import limits

_NAN = b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"
_FLOAT = 0xCB


def _sizes() -> list[int]:
    """For each first byte: the bytes of the whole value, or 0 where the table can't tell."""
    sizes = [0] * 256
    sizes[0x00:0x80] = [1] * 0x80  # small integers
    sizes[0xE0:0x100] = [1] * 0x20  # small negative ones
    sizes[0xA0:0xC0] = range(1, 33)  # short strings
    for tag, size in ((0xC0, 1), (0xC2, 1), (0xC3, 1), (_FLOAT, 9)):
        sizes[tag] = size
    for base in (0xCC, 0xD0):  # unsigned and signed integers of 1, 2, 4, 8 bytes
        sizes[base : base + 4] = [2, 3, 5, 9]
    return sizes


_SIZES = _sizes()
_LENGTH_BYTES = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}  # bin and str
_COUNT_BYTES = {0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}  # array and map


def pack(value: Any) -> bytes:
    """The one encoding of ``value``; ``ArchiveError`` TSX6010 for what has none (an integer over 64 bits)."""
    try:
        packed: bytes = msgpack.packb(_ordered(value), use_bin_type=True)
    except (OverflowError, ValueError, UnicodeEncodeError) as error:
        raise fail("TSX6010", what=str(error)) from error
    return packed


def unpack(data: bytes, what: str) -> Any:
    """The value that ``data`` encodes; ``ArchiveError`` unless ``pack`` would write the same bytes."""
    _scan(data, what)
    try:
        value = msgpack.unpackb(
            data,
            raw=False,
            strict_map_key=True,
            object_pairs_hook=_sorted_map,
            max_str_len=limits.SECTION_BYTES,
            max_bin_len=limits.SECTION_BYTES,
            max_array_len=limits.SECTION_ELEMENTS,
            max_map_len=limits.SECTION_ELEMENTS,
        )
    except (ValueError, TypeError, msgpack.UnpackException) as error:  # among them bad UTF-8
        raise _refusal(what, str(error)) from error
    if msgpack.packb(value, use_bin_type=True) != data:
        raise _refusal(what, "another encoding of the same value exists")
    return value


def _refusal(what: str, why: str) -> TsxError:
    return fail("TSX6005", what=f"{what} is not canonical msgpack: {why}")


def _ordered(value: Any) -> Any:
    """``value`` with sorted maps and one NaN."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_ordered(item) for item in value]
    if isinstance(value, float) and math.isnan(value):
        return math.nan
    return value


def _sorted_map(pairs: list[tuple[Any, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if not all(isinstance(key, str) for key in keys):
        raise ValueError("the keys of a map are strings")
    if any(a >= b for a, b in itertools.pairwise(keys)):
        raise ValueError("the keys of a map ascend, each once")
    return dict(pairs)


def _scan(data: bytes, what: str) -> None:
    """Walks one value: every length is covered by bytes, and nothing nests deeper than the limit."""
    end = len(data)
    at = 0
    owed = [1]  # values still to come, for each array or map that is open
    total = 1  # their sum: each takes a byte at least
    count = 0
    while owed:
        if not owed[-1]:
            owed.pop()
            continue
        owed[-1] -= 1
        total -= 1
        count += 1
        if at >= end:
            raise _refusal(what, "it ends early")
        tag = data[at]
        size = _SIZES[tag]
        if size:
            if tag == _FLOAT and not _is_plain_float(data[at : at + 9]):
                raise _refusal(what, "a NaN that is not the canonical one")
            at += size
        elif tag in _LENGTH_BYTES:
            width = _LENGTH_BYTES[tag]
            at += 1 + width + int.from_bytes(data[at + 1 : at + 1 + width], "big")
        else:
            items, at = _items(data, at, what)
            total += items
            owed.append(items)
            limits.within(f"the nesting of {what}", len(owed) - 1, limits.DEPTH)
        if at + total > end:
            raise _refusal(what, "a length exceeds the bytes that are there")
    limits.within(f"the number of values in {what}", count, limits.SECTION_ELEMENTS)
    if at != end:
        raise _refusal(what, f"{end - at} bytes follow the value")


def _items(data: bytes, at: int, what: str) -> tuple[int, int]:
    """The number of values in the array or map at ``at``, and where the first one starts."""
    tag = data[at]
    if tag in _COUNT_BYTES:
        width = _COUNT_BYTES[tag]
        items = int.from_bytes(data[at + 1 : at + 1 + width], "big")
        return items * (2 if tag >= 0xDE else 1), at + 1 + width
    if 0x80 <= tag <= 0x8F:
        return 2 * (tag & 15), at + 1
    if 0x90 <= tag <= 0x9F:
        return tag & 15, at + 1
    raise _refusal(what, f"there is no value of type 0x{tag:02x} in an archive")


def _is_plain_float(encoded: bytes) -> bool:
    exponent = int.from_bytes(encoded[1:3], "big") & 0x7FF0
    is_infinite = encoded[2:] == b"\xf0\0\0\0\0\0\0"
    return exponent != 0x7FF0 or is_infinite or encoded == _NAN
