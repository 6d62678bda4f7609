"""Hostile archives: every digest is right and the contents are not (P2, P4, P5, P15).

Each either is refused with ``ArchiveError``, or loads as a module that the verifier accepts and that saves again.
"""

from __future__ import annotations

import copy
import itertools
import math
import random
import struct
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from tests.serialize.corpus import CORPUS, module_of
from tests.serialize.surgery import Parts, pack, take_apart
from tsx.errors import ArchiveError
from tsx.ir.verify import verify_module
from tsx.serialize import limits
from tsx.serialize.archive import load, to_bytes

VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 63, 64, 255, 65536, 2**31, 2**32, 2**48, 2**63 - 1, -(2**63), 2**64 - 1,
    0.0, -1.5, float("inf"), "", "x", "self", "aten::relu", "prim::Return", "a\0b", "\x1b[31m", "\u202e", "x" * 2000,
    b"", b"\0" * 32, [], {}, [[]], [0], ["tuple"], ["weight", "w"], ["type", 0], ["object", 0], ["list", 0],
    {"a": 1}, [0, [], []], [None] * 5,
]  # fmt: skip


@pytest.mark.parametrize("name", CORPUS)
def test_the_second_writer_writes_the_same_bytes(name: str) -> None:
    data = to_bytes(CORPUS[name]())
    assert take_apart(data).assemble() == data


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Every (container, key) below ``value``."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        found.append((value, key))
        if isinstance(item, (dict, list)):
            places(item, found)
    return found


def mutate(parts: Parts, rng: random.Random) -> None:
    """Changes one to three places of the header, the program or the debug data."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        roots = [parts.sections["program"], parts.sections.get("debug", {}), parts.header]
        root = rng.choices(roots, [6, 2, 1])[0]
        container, key = rng.choice(places(root, []) or [(parts.header, "name")])
        how = rng.randrange(5)
        if how == 0 or isinstance(container, dict):
            container[key] = copy.deepcopy(rng.choice(VALUES))
        elif how == 1:
            del container[key]
        elif how == 2:
            container.insert(key, copy.deepcopy(container[rng.randrange(len(container))]))
        elif how == 3:
            other = rng.randrange(len(container))
            container[key], container[other] = container[other], container[key]
        elif isinstance(container[key], int):
            container[key] = container[key] + rng.choice([-1, 1, 2, 64])
        else:
            other_container, other_key = rng.choice(places(root, []))
            container[key] = copy.deepcopy(other_container[other_key])


@pytest.mark.parametrize("name", CORPUS)
def test_any_change_of_the_contents_is_refused_or_valid(name: str) -> None:
    rng = random.Random(name)
    original = take_apart(to_bytes(CORPUS[name]()))
    outcomes = {True: 0, False: 0}
    for _ in range(150):
        parts = copy.deepcopy(original)
        mutate(parts, rng)
        try:
            data = parts.assemble()
        except Exception:  # the second writer can't write it either
            continue
        outcomes[loads(data)] += 1
    assert outcomes[False] > 20


def loads(data: bytes) -> bool:
    """Whether ``data`` loads; an error other than ``ArchiveError``, or a module that isn't valid, fails the test."""
    try:
        module = load(data)
    except ArchiveError as error:
        shown = str(error).replace("\n", "")
        assert shown.isprintable(), "a name from a file reached the terminal raw"
        return False
    assert verify_module(module) == []
    load(to_bytes(module))
    return True


def broken(name: str, change: Callable[[Parts], None]) -> bytes:
    parts = take_apart(to_bytes(CORPUS[name]()))
    change(parts)
    return parts.assemble()


def graph_of(parts: Parts) -> Any:
    return parts.sections["program"]["unit"]["graphs"][0]


LEAF = ["leaf", [], [], "", None]


def method_of(parts: Parts) -> Any:
    return parts.sections["program"]["methods"][0]


def type_at(parts: Parts, name: str) -> int:
    """The index of an atomic type."""
    return parts.sections["program"]["unit"]["types"].index(["atom", name])


def set_tensor(field: int, value: Any) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        parts.header["tensors"][0][field] = value

    return change


def nest_types(count: int) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        types = parts.sections["program"]["unit"]["types"]
        types.append(["atom", "int"])
        for _ in range(count):
            types.append(["list", len(types) - 1])

    return change


def double_types(parts: Parts) -> None:
    """A table of 64 types that would print as 2**64 characters."""
    types = parts.sections["program"]["unit"]["types"]
    types.append(["atom", "int"])
    for _ in range(60):
        types.append(["tuple", [len(types) - 1] * 2, "", []])


def double_sizes(parts: Parts) -> None:
    sizes = parts.sections["program"]["unit"]["sizes"]
    sizes.append([[1, "s0"]])
    for _ in range(60):
        last = len(sizes) - 1
        sizes.append([[1, [last, 2], [last, 3]]])


def large_size(parts: Parts) -> None:
    """One size with more terms than one may have."""
    names = sorted((f"s{i}" for i in range(limits.SIZE // 2)), reverse=True)
    parts.sections["program"]["unit"]["sizes"].append([[1, name] for name in names])


def double_objects(parts: Parts) -> None:
    objects = parts.sections["program"]["objects"]
    objects.append(["__torch__.Counter", [["n", 1]]])
    for _ in range(60):
        last = ["object", len(objects) - 1]
        objects.append(["__torch__.Counter", [["a", last], ["b", last]]])


def many_blocks(depth: int) -> Callable[[Parts], None]:
    """A chain of ``prim::If`` nodes, each in the first block of the one before."""

    def change(parts: Parts) -> None:
        unit = parts.sections["program"]["unit"]
        unit["strings"].append("prim::If")
        kind = len(unit["strings"]) - 1
        graph = graph_of(parts)
        node = [kind, [0], [], [], 2]
        graph[2] = [[graph[2][0][0], [node], graph[2][0][2]]]
        for _ in range(depth - 1):
            graph[2] += [[[], [node], []], [[], [], []]]
        graph[2] += [[[], [], []], [[], [], []]]

    return change


CASES: dict[str, tuple[str, str, Callable[[Parts], None]]] = {
    "a size product that wraps to 0": ("every_dtype", "TSX6004", set_tensor(2, [2**32, 2**32])),
    "a size product that wraps to the length": (
        "every_dtype", "TSX600[45]", set_tensor(2, [2**62, 4, 6]),
    ),
    "a negative size": ("every_dtype", "TSX6005", set_tensor(2, [-2, -3])),
    "a size that is no integer": ("every_dtype", "TSX6005", set_tensor(2, [2.0, 3])),
    "a size that is a bool": ("every_dtype", "TSX6005", set_tensor(2, [True, 6])),
    "rank 17": ("every_dtype", "TSX6004", set_tensor(2, [1] * 15 + [2, 3])),
    "an unknown dtype": ("every_dtype", "TSX6005", set_tensor(1, "float8")),
    "a dtype of the same size": ("every_dtype", "TSX6002", set_tensor(1, "int16")),
    "no quantization": ("quantized_by_channel", "TSX6005", set_tensor(6, None)),
    "an axis beyond the rank": (
        "quantized_by_channel", "TSX6005", set_tensor(6, [2, [0.5] * 3, [0] * 3]),
    ),
    "too few scales": ("quantized_by_channel", "TSX6005", set_tensor(6, [1, [0.5] * 2, [0] * 2])),
    "types nested 65 deep": ("nothing", "TSX6004", nest_types(65)),
    "types nested 100,000 deep": ("nothing", "TSX6004", nest_types(100_000)),
    "types that double": ("nothing", "TSX6004", double_types),
    "sizes that double": ("nothing", "TSX6004", double_sizes),
    "a size of too many terms": ("nothing", "TSX6004", large_size),
    "objects that double": ("state", "TSX6004", double_objects),
    "blocks nested 65 deep": ("control_flow", "TSX6004", many_blocks(65)),
    "blocks nested 5,000 deep": ("control_flow", "TSX6004", many_blocks(5000)),
    "another operator version": (
        "arithmetic", "TSX6007.*aten::add.Tensor .version 99",
        lambda p: p.header.update(operators=[["aten::add.Tensor", 99], ["aten::mul.Tensor", 1]]),
    ),
    "an operator that is not listed": (
        "arithmetic", "TSX6005.*not among the operators", lambda p: p.header.update(operators=[]),
    ),
    "a required operator that is not used": (
        "arithmetic", "TSX6005", lambda p: p.header.update(requires=["my::op"]),
    ),
    "an unknown key of the header": ("nothing", "TSX6005", lambda p: p.header.update(more=1)),
    "an unknown key of the program": (
        "nothing", "TSX6005", lambda p: p.sections["program"].update(more=1),
    ),
    "an unknown critical section": (
        "nothing", "TSX6003.*'bytecode'",
        lambda p: (p.sections.update(bytecode=[1]), p.critical.update(bytecode=True)),
    ),
    "a program that is not critical": (
        "nothing", "TSX6005", lambda p: p.critical.update(program=False),
    ),
    "no program": ("nothing", "TSX6005", lambda p: p.sections.pop("program")),
    "debug data that is critical": ("nothing", "TSX6005", lambda p: p.critical.update(debug=True)),
    "metadata that is no text": ("nothing", "TSX6005", lambda p: p.header.update(metadata={"a": 1})),
    "scales that are integers": (
        "quantized_by_channel", "TSX6005.*floats", set_tensor(6, [1, [1, 2, 3], [0] * 3]),
    ),
    "a sample that is no tensor": (
        "guards_and_pins", "TSX6005.*sample", lambda p: method_of(p).__setitem__(5, [type_at(p, "int")]),
    ),
    "a leaf with parts": (
        "trees", "TSX6005.*no parts", lambda p: method_of(p)[2][0][1].__setitem__(1, [LEAF]),
    ),
    "a value beside a tuple": (
        "trees", "TSX6005.*no value", lambda p: method_of(p)[2][1][1].__setitem__(4, 1),
    ),
    "a key twice": (
        "trees", "TSX6005.*twice", lambda p: method_of(p)[2][2][1].__setitem__(2, ["a", "a", "b"]),
    ),
    "a constant that is a list": (
        "trees", "TSX6005.*plain", lambda p: method_of(p)[2][3][1].__setitem__(4, ["tuple", 1]),
    ),
    "an unknown kind of tree": (
        "trees", "TSX6005", lambda p: method_of(p)[2][0][1].__setitem__(0, "set"),
    ),
    "an unknown kind of class": (
        "state", "TSX6005", lambda p: p.sections["program"]["classes"][0].__setitem__(1, "trait"),
    ),
    "a type in the attribute tree": (
        "state", "TSX6005.*is a type",
        lambda p: p.sections["program"]["objects"][0].__setitem__(1, [["n", ["type", 0]]]),
    ),
    "a dictionary with a key twice": (
        "state", "TSX6005.*key twice",
        lambda p: p.sections["program"]["objects"][0].__setitem__(1, [["n", ["dict", 1, 2, 1, 3]]]),
    ),
    "an object that refers to a later one": (
        "state", "TSX6005.*index",
        lambda p: p.sections["program"]["objects"][0].__setitem__(1, [["n", ["object", 0]]]),
    ),
    "factors out of order": (
        "symbolic_sizes", "TSX6005.*out of order",
        lambda p: p.sections["program"]["unit"]["sizes"].append([[1, "s1", "s0"]]),
    ),
    "terms out of order": (
        "symbolic_sizes", "TSX6005.*normal form",
        lambda p: p.sections["program"]["unit"]["sizes"].append([[1, "s0"], [1, "s1"]]),
    ),
    "a division that can be simplified": (
        "symbolic_sizes", "TSX6005.*normal form",
        lambda p: p.sections["program"]["unit"]["sizes"].extend([[[2, "s0"]], [[1, [6, 2]]]]),
    ),
    "a division by 0": (
        "symbolic_sizes", "TSX6005", lambda p: p.sections["program"]["unit"]["sizes"].append([[1, [0, 0]]]),
    ),
    "a NamedTuple with too few fields": (
        "every_type", "TSX6005.*field for each",
        lambda p: p.sections["program"]["unit"]["types"].append(["tuple", [0, 0], "m.P", ["a"]]),
    ),
    "an unknown kind of future": (
        "every_type", "TSX6005.*kind of future",
        lambda p: p.sections["program"]["unit"]["types"].append(["future", "Promise", 0]),
    ),
    "an operand that does not exist": (
        "arithmetic", "TSX6005", lambda p: graph_of(p)[2][0][1][1][1].__setitem__(0, 99),
    ),
    "an operand that is defined later": (
        "arithmetic", "TSX6006.*V03", lambda p: graph_of(p)[2][0][1][1][1].__setitem__(0, 4),
    ),
    "one operand too few": (
        "arithmetic", "TSX6006.*V12", lambda p: graph_of(p)[2][0][1][1][1].pop(),
    ),
    "a result of the wrong type": (
        "arithmetic", "TSX6006", lambda p: graph_of(p)[2][0][1][0].__setitem__(2, [0]),
    ),
    "an operator nobody has": (
        "arithmetic", "TSX6007.*aten::nothing",
        lambda p: (
            p.header["operators"].append(["aten::nothing", 1]),
            p.sections["program"]["unit"]["strings"].__setitem__(
                p.sections["program"]["unit"]["strings"].index("aten::mul.Tensor"), "aten::nothing"
            ),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_named(case: str) -> None:
    name, expected, change = CASES[case]
    with pytest.raises(ArchiveError, match=expected):
        load(broken(name, change))


SIZES = [0, 1, 2, 3, 6, 255, 2**31 - 1, 2**31, 2**32, 2**48, 2**61, 2**62, 2**63 - 1]


def test_a_shape_is_what_its_bytes_are() -> None:
    """P5: over a thousand shapes around every boundary; none but those of six bytes are taken."""
    original = take_apart(to_bytes(CORPUS["every_dtype"]()))
    row = next(r for r in original.header["tensors"] if r[1] == "uint8")
    for shape in itertools.product(SIZES, repeat=3):
        parts = copy.copy(original)
        row[2] = list(shape)
        row[5] = tensor_digest("uint8", row[2], parts.weights[row[0]])
        with pytest.raises(ArchiveError) as caught:
            load(parts.assemble())
        # A shape of six elements is right for the archive; the program declares another.
        assert (caught.value.code == "TSX6006") == (math.prod(shape) == 6), shape


def test_blocks_may_nest_64_deep() -> None:
    load(broken("control_flow", lambda p: None))
    load(to_bytes(CORPUS["deep_blocks"]()))


def test_bools_are_0_or_1() -> None:
    def change(parts: Parts) -> None:
        row = next(r for r in parts.header["tensors"] if r[1] == "bool")
        data = bytes([0, 1, 2, 0, 1, 0])
        parts.weights[row[0]] = data
        row[5] = tensor_digest("bool", [2, 3], data)

    with pytest.raises(ArchiveError, match=r"TSX6005.*neither 0 nor 1"):
        load(broken("every_dtype", change))


def tensor_digest(dtype: str, shape: list[int], data: bytes) -> bytes:
    """As docs/archive.md, section 4, says."""
    from tests.serialize.surgery import digest

    return digest(
        dtype.encode() + b"\0" + struct.pack(f"<I{len(shape)}Q", len(shape), *shape) + data
    )


@pytest.mark.parametrize("name", CORPUS)
def test_tensor_digests_are_as_specified(name: str) -> None:
    parts = take_apart(to_bytes(CORPUS[name]()))
    for tensor, dtype, shape, _, _, found, how in parts.header["tensors"]:
        if how is None:
            assert tensor_digest(dtype, shape, parts.weights[tensor]) == found


def test_memory_is_bounded_by_the_file() -> None:
    """P4: what loading takes grows with the bytes that are there, never with a number that is declared."""
    for name, data in [
        *((n, to_bytes(make())) for n, make in CORPUS.items()),
        ("long", long_chain()),
    ]:
        load(data)  # caches fill
        tracemalloc.start()
        load(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 64 * len(data) + (1 << 20), name


def long_chain() -> bytes:
    """2,000 nodes, each with an origin."""
    lines = [f"  %v{i + 1} : Tensor = aten::relu(%v{i}) # net.py:{i}:4" for i in range(2000)]
    return to_bytes(module_of("graph(%v0 : Tensor):\n" + "\n".join(lines) + "\n  return (%v2000)"))


def test_declared_sizes_take_no_memory() -> None:
    huge = [
        ("tensor", broken("every_dtype", set_tensor(2, [1 << 40]))),
        ("length", broken("nothing", lambda p: p.sections.update(debug=[0] * 10))),
    ]
    for what, data in huge:
        tracemalloc.start()
        with pytest.raises(ArchiveError):
            load(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 * len(data) + (1 << 20), what


@pytest.mark.parametrize("count", [1000, 100_000])
def test_many_values_cost_their_bytes(count: int) -> None:
    """A section full of the smallest values there are."""
    data = broken("nothing", lambda p: p.sections.update(debug=[None] * count))
    tracemalloc.start()
    with pytest.raises(ArchiveError, match="TSX6005"):
        load(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * len(data) + (1 << 20)


def test_the_packer_of_the_tests_is_canonical() -> None:
    assert pack({"b": 1, "a": [1.5]}) == b"\x82\xa1a\x91\xcb\x3f\xf8\0\0\0\0\0\0\xa1b\x01"
