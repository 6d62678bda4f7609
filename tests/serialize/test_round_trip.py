"""A module comes back from an archive as it was, and saves to the same bytes again."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from tests.serialize.corpus import CORPUS, tree_module
from tsx.errors import ArchiveError, TsxError
from tsx.ir import types as ty
from tsx.ir.module import ClassDef, Module, Object, Pin
from tsx.ir.text import print_graph
from tsx.ops.weights import Weight, as_weight
from tsx.serialize.archive import load, read_header, save, to_bytes, verify_file
from tsx.serialize.graph_codec import UnitWriter


def assert_same(a: Module, b: Module) -> None:
    """Everything a module holds is equal; tables that have no order of their own come back sorted."""
    assert (a.name, a.metadata) == (b.name, b.metadata)
    assert {n: w.digest() for n, w in a.weights.items()} == {
        n: w.digest() for n, w in b.weights.items()
    }
    assert [(n, print_graph(g)) for n, g in a.graphs()] == [
        (n, print_graph(g)) for n, g in b.graphs()
    ]
    for name, method in a.methods.items():
        other = b.methods[name]
        border = ("parameters", "result", "pins", "samples", "source")
        assert [getattr(method, f) for f in border] == [getattr(other, f) for f in border]
    for name, definition in a.classes.items():
        fields = ("kind", "attributes", "parameters", "buffers", "bases", "members")
        assert [getattr(definition, f) for f in fields] == [
            getattr(b.classes[name], f) for f in fields
        ]
    assert _plain(a.root, {}) == _plain(b.root, {})


def _plain(value: object, seen: dict[int, int]) -> object:
    """The attribute tree with an object that was met before as its number, so that sharing shows."""
    if isinstance(value, (list, tuple)):
        return type(value), [_plain(item, seen) for item in value]
    if not hasattr(value, "attributes"):
        return type(value), repr(value)
    if id(value) in seen:
        return seen[id(value)]
    seen[id(value)] = len(seen)
    return value.class_name, {n: _plain(v, seen) for n, v in value.attributes.items()}


@pytest.mark.parametrize("name", CORPUS)
def test_corpus_comes_back_as_it_was(name: str) -> None:
    module = CORPUS[name]()
    data = to_bytes(module)
    loaded = load(data)
    assert_same(module, loaded)
    assert to_bytes(loaded) == data


@pytest.mark.parametrize("name", CORPUS)
def test_debug_data_does_not_change_the_program_digest(name: str) -> None:
    module = CORPUS[name]()
    full, bare = to_bytes(module), to_bytes(module, debug=False)
    assert read_header(full).program_digest == read_header(bare).program_digest
    assert read_header(full).file_digest != read_header(bare).file_digest
    assert read_header(to_bytes(load(bare))).program_digest == read_header(full).program_digest


def test_program_digest_ignores_names_and_metadata_and_nothing_else() -> None:
    base = read_header(to_bytes(CORPUS["arithmetic"]())).program_digest
    renamed = CORPUS["arithmetic"]()
    next(iter(renamed.forward.graph.nodes)).output.name = "other"
    renamed.metadata["source"] = "elsewhere"
    assert read_header(to_bytes(renamed)).program_digest == base
    changed = CORPUS["arithmetic"]()
    next(iter(changed.forward.graph.nodes)).set_attribute("value", 2)
    assert read_header(to_bytes(changed)).program_digest != base


def test_program_digest_covers_the_weights() -> None:
    module = tree_module()
    base = read_header(to_bytes(module)).program_digest
    module.weights["steps"] = Weight(np.array(8, np.int64))
    assert read_header(to_bytes(module)).program_digest != base


@pytest.mark.parametrize("mode", ["auto", "on", "off"])
@pytest.mark.parametrize("check", ["auto", "full", "header"])
def test_every_way_to_read_gives_the_same_weights(tmp_path: Path, mode: str, check: str) -> None:
    module = CORPUS["every_dtype"]()
    save(module, tmp_path / "m.tsx")
    loaded = load(tmp_path / "m.tsx", mmap=mode, check=check)
    for name, weight in module.weights.items():
        array = as_weight(loaded.weights[name]).array
        assert array.ctypes.data % 64 == 0
        assert not array.flags.writeable
        assert array.tobytes() == as_weight(weight).array.tobytes()


def test_a_file_object_does_as_well_as_a_path(tmp_path: Path) -> None:
    module = tree_module()
    info = save(module, tmp_path / "m.tsx")
    stream = io.BytesIO()
    assert save(module, stream) == info
    assert stream.getvalue() == (tmp_path / "m.tsx").read_bytes()
    stream.seek(0)
    assert_same(module, load(stream))
    with (tmp_path / "m.tsx").open("rb") as file:
        assert verify_file(file).file_digest == info.file_digest


def test_input_may_be_the_output(tmp_path: Path) -> None:
    """The old file stays mapped until nobody needs it."""
    path = tmp_path / "m.tsx"
    save(tree_module(), path)
    loaded = load(path, check="header")
    loaded.metadata["saved"] = "again"
    save(loaded, path)
    assert load(path).metadata == {"saved": "again"}
    assert as_weight(loaded.weights["a.weight"]).array.tolist() == [1, 2]


def test_header_says_what_is_inside() -> None:
    module = CORPUS["several_methods"]()
    module.metadata["producer"] = "tsx"
    header = read_header(to_bytes(module))
    assert header.metadata == {"producer": "tsx"}
    assert [kind for kind, _ in header.operators] == [
        "aten::add.Tensor",
        "aten::mul.Tensor",
        "aten::neg",
    ]
    assert header.requires == ()
    tree = read_header(to_bytes(tree_module()))
    assert (tree.parameters, tree.tensor_bytes) == (3, 16)
    assert [entry.name for entry in tree.tensors] == ["a.weight", "steps"]


def test_an_integer_over_64_bits_is_refused_when_saving() -> None:
    module = CORPUS["arithmetic"]()
    module.methods["forward"].pins = (Pin("x", 1, 1 << 64, "too large"),)
    with pytest.raises(ArchiveError, match="TSX6010"):
        to_bytes(module)


def test_values_that_no_archive_holds_are_refused_when_saving() -> None:
    """Whatever gets past the verifier; each has a sentence of its own."""
    unit = UnitWriter()
    with pytest.raises(ArchiveError, match=r"TSX6010.*holds a list"):
        unit.attribute([1])  # lists are mutable: attributes hold tuples
    with pytest.raises(ArchiveError, match=r"TSX6010.*can't have the type t"):
        unit.types.type(ty.VarType("t"))
    module = CORPUS["every_type"]()
    module.classes["__torch__.Color"].members = (("RED", object()),)
    with pytest.raises(TsxError, match=r"TSX6010|TSX8002"):
        to_bytes(module)


@pytest.mark.parametrize("option", ["mmap", "check"])
def test_an_unknown_option_is_named(option: str) -> None:
    with pytest.raises(ValueError, match="not 'sometimes'"):
        load(to_bytes(tree_module()), **{option: "sometimes"})


def test_an_object_that_holds_itself_is_refused_when_saving() -> None:
    module = object_chain(3)
    assert isinstance(module.root, Object)
    module.root.attributes["next"] = module.root
    with pytest.raises(ArchiveError, match="holds itself"):
        to_bytes(module)


def test_objects_nest_as_deep_as_the_limit_and_no_deeper() -> None:
    assert_same(object_chain(64), load(to_bytes(object_chain(64))))
    with pytest.raises(TsxError, match="nest"):
        to_bytes(object_chain(65))
    with pytest.raises(TsxError, match="nest"):
        to_bytes(object_chain(5000))


def object_chain(length: int) -> Module:
    """A module whose root holds an object that holds an object …"""
    cell = ClassDef("__torch__.Cell", {"next": ty.OptionalType(ty.ClassType("__torch__.Cell"))})
    root = Object("__torch__.Cell", {"next": None})
    for _ in range(length - 1):
        root = Object("__torch__.Cell", {"next": root})
    module = CORPUS["nothing"]()
    module.classes[cell.name] = cell
    module.root = root
    return module
