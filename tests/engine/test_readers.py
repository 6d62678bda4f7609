"""One meaning for every archive: the C++ reader accepts what the Python reader accepts, and refuses the rest with the
same code (reliability.md, P19).

Over golden archives, every single-bit flip and truncation of a small one, and thousands of hostile ones whose digests
are right.
"""

from __future__ import annotations

import copy
import random
from typing import Any

import numpy as np
import pytest

from tests.engine.conftest import ROOT
from tests.engine.sections import archive_of_section
from tests.engine.verdicts import agree
from tests.ir.test_verify import BROKEN
from tests.serialize.corpus import CORPUS, method_of, module_of
from tests.serialize.surgery import pack, take_apart
from tests.serialize.test_hostile import CASES, broken, mutate
from tools.fuzz_seeds import CRASHES
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import sym
from tsx.ir.graph import Graph
from tsx.ir.module import Module
from tsx.ir.op import lookup
from tsx.ir.text import parse_graph
from tsx.ops.weights import Weight, as_weight, little_endian
from tsx.serialize.archive import load, to_bytes
from tsx.serialize.encode import encode

pytestmark = pytest.mark.engine


def small_archive() -> bytes:
    """A little over 4 KiB, with every section, padding and two tensors."""
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
    return to_bytes(module)


def test_golden_archives_load() -> None:
    paths = sorted((ROOT / "fixtures/golden").rglob("*.tsx"))
    assert len(paths) > 20
    assert set(agree([path.read_bytes() for path in paths])) == {"ok"}


def test_every_bit_flip_is_refused_alike() -> None:
    archive = small_archive()
    flips = []
    for at in range(len(archive)):
        for bit in range(8):
            damaged = bytearray(archive)
            damaged[at] ^= 1 << bit
            flips.append(bytes(damaged))
    assert "ok" not in agree(flips)


def test_every_truncation_is_refused_alike() -> None:
    archive = small_archive()
    assert "ok" not in agree([archive[:length] for length in range(len(archive))])


@pytest.mark.parametrize("name", CORPUS)
def test_changed_contents_get_the_same_code(name: str) -> None:
    rng = random.Random(f"readers {name}")
    original = take_apart(to_bytes(CORPUS[name]()))
    archives = []
    for _ in range(150):
        parts = copy.deepcopy(original)
        mutate(parts, rng)
        try:
            archives.append(parts.assemble())
        except Exception:  # the second writer can't write it either
            continue
    assert len(archives) > 100
    agree(archives)


def test_what_is_wrong_is_refused_alike() -> None:
    found = agree([broken(name, change) for name, _, change in CASES.values()])
    assert "ok" not in found


def flipped_and_signed(name: str, rng: random.Random, count: int) -> list[bytes]:
    """Archives with flipped bytes in a section, whose digests are right all the same."""
    data = to_bytes(CORPUS[name]())
    original = take_apart(data)
    found = []
    for _ in range(count):
        parts = copy.deepcopy(original)
        section = rng.choice(list(parts.sections))
        packed = bytearray(pack(parts.sections[section]))
        for _ in range(rng.choice([1, 1, 2, 4])):
            packed[rng.randrange(len(packed))] ^= 1 << rng.randrange(8)
        parts.raw[section] = bytes(packed)
        found.append(parts.assemble())
    return found


@pytest.mark.parametrize("name", CORPUS)
def test_flipped_msgpack_gets_the_same_code(name: str) -> None:
    agree(flipped_and_signed(name, random.Random(f"flips {name}"), 200))


def hostile_values() -> list[Any]:
    """Bombs and other encodings, as raw msgpack."""
    deep = b"\x91" * 5000 + b"\xc0"
    return [
        b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
        b"\xdc\x00\x01\xc0", b"\xcc\x01", b"\xd0\x01", b"\xcd\x00\x80", b"\xd9\x01a", b"\xc1", b"\xca\0\0\0\0",
        b"\xd4\x01\x00", b"\xc7\x01\x01\x00", b"\xcb\x7f\xf8\0\0\0\0\0\x01", b"\xa1\xff", b"\x82\xa1b\xc0\xa1a\xc0",
        b"\x82\xa1a\xc0\xa1a\xc0", b"\x81\x01\x02", b"\xc0\xc0", b"", deep,
        b"\x91" * 64 + b"\xc0", b"\x91" * 65 + b"\xc0",
    ]  # fmt: skip


def test_hostile_msgpack_gets_the_same_code() -> None:
    original = take_apart(to_bytes(CORPUS["arithmetic"]()))
    archives = []
    for section in ("program", "debug"):
        for raw in hostile_values():
            parts = copy.deepcopy(original)
            parts.raw[section] = raw
            archives.append(parts.assemble())
    assert "ok" not in agree(archives)


def archive_of(program: Graph | Module) -> bytes:
    """An archive with a program that no writer would let pass."""
    if isinstance(program, Graph):
        program = Module("broken", {"forward": method_of(program)})
    encoded = encode(program, debug=True)
    data = encoded.head + encoded.sections
    at = len(data)
    for entry in encoded.header.tensors:
        elements = little_endian(as_weight(program.weights[entry.name]).array)
        data += bytes(entry.offset - at) + bytes(elements)
        at = entry.end
    return data


def test_broken_programs_break_the_same_invariants() -> None:
    """Each program of the verifier's own tests that an archive can hold."""
    archives, numbers = [], []
    for number, _, make in BROKEN:
        try:
            archives.append(archive_of(make()))
        except (TsxError, RecursionError, KeyError):  # no archive can hold it
            continue
        numbers.append(number)
    assert len(archives) > 110
    found = agree(archives)
    # What the reader refuses already can't reach the verifier.
    told = {n for n, verdict in zip(numbers, found, strict=True) if verdict.startswith("TSX6006")}
    assert {f"V{n:02}" for n in (3, *range(9, 28))} <= told


def with_another_type(module: Module, rng: random.Random) -> Module:
    """The module with the declared type of one operator's result changed: its dtype, a size or its rank."""
    graphs = [graph for _, graph in module.graphs()]
    values = [
        value for graph in graphs for node in graph.all_nodes() for value in node.outputs
        if isinstance(value.type, ty.TensorType) and lookup(node.kind) is not None
    ]  # fmt: skip
    if not values:
        return module
    value = rng.choice(values)
    assert isinstance(value.type, ty.TensorType)
    dtype, shape = value.type.dtype, value.type.shape
    if shape is None or rng.random() < 0.3:
        dtype = rng.choice([ty.DType.INT64, ty.DType.FLOAT64, ty.DType.BOOL, ty.DType.FLOAT32])
    elif shape and rng.random() < 0.7:
        at = rng.randrange(len(shape))
        size = rng.choice([0, 1, 2, 7, sym("s0"), sym("s0") + 1, None])
        shape = (*shape[:at], size, *shape[at + 1 :])
    else:
        shape = (*shape, 2)
    value.type = ty.TensorType(dtype, shape)
    return module


def test_declared_types_that_rules_contradict_are_refused_alike() -> None:
    rng = random.Random(20)
    archives = []
    for path in sorted((ROOT / "fixtures/golden").rglob("*.tsx")):
        for _ in range(60):
            try:
                archives.append(archive_of(with_another_type(load(path), rng)))
            except TsxError:  # no archive can hold it
                continue
    assert len(archives) > 1200
    found = agree(archives)
    assert sum(verdict.endswith("V20") for verdict in found) > 200


def test_what_crashed_a_reader_gets_the_same_code() -> None:
    """Sections that the fuzz targets found; what ``triangle_of_many`` needed too much memory for was its run."""
    found = agree([archive_of_section(path.read_bytes()) for path in sorted(CRASHES.iterdir())])
    assert found == ["TSX6006 22 V12", "ok"]


def test_a_list_that_stands_twice_in_the_next_one_is_verified_at_once() -> None:
    """60 of them name 2**60 items."""
    lines, brackets = ["graph():", "  %l0 : int[] = prim::Constant[value=[1, 2]]()"], "[]"
    for depth in range(1, 60):
        brackets += "[]"
        lines.append(
            f"  %l{depth} : int{brackets} = prim::ListConstruct(%l{depth - 1}, %l{depth - 1})"
        )
    archive = archive_of(parse_graph("\n".join([*lines, "  return (%l59)"])))
    assert agree([archive]) == ["ok"]
