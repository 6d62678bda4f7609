"""Old archives are upgraded, newer ones fail clearly or are read as far as they allow (P17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np
import pytest

from tests.serialize.corpus import CORPUS, module_of
from tests.serialize.surgery import digest, pack, take_apart
from tsx.errors import ArchiveError
from tsx.ir import op as registry
from tsx.ir.equal import difference
from tsx.ir.graph import Node
from tsx.ir.op import Op, all_ops
from tsx.ir.schema import parse_schema
from tsx.ir.text import parse_graph
from tsx.ir.types import TensorType
from tsx.runtime.border import Executable
from tsx.serialize import archive, format, upgrade
from tsx.serialize.archive import load, read_header, to_bytes
from tsx.serialize.graph_codec import UnitReader
from tsx.serialize.operators import body_rows


def future(major: int, minor: int, least: int) -> bytes:
    parts = take_apart(to_bytes(CORPUS["arithmetic"]()))
    parts.version = (major, minor, least)
    return parts.assemble()


@pytest.mark.parametrize("version", [(1, 3, 2), (2, 0, 0), (7, 5, 5), (65535, 0, 0)])
def test_a_newer_format_names_the_version_it_needs(version: tuple[int, int, int]) -> None:
    needed = f"{version[0]}.{version[2]}"
    with pytest.raises(ArchiveError, match=f"TSX6003.*needs format {needed}.*has format 1.0"):
        load(future(*version))
    with pytest.raises(ArchiveError, match="TSX6003"):
        read_header(future(*version))


def test_a_version_that_never_was_is_damage() -> None:
    with pytest.raises(ArchiveError, match=r"TSX6002.*contradicts itself"):
        load(future(0, 1, 0))


def test_a_newer_minor_version_that_asks_nothing_loads() -> None:
    data = future(1, 9, 0)
    assert read_header(data).version == (1, 9)
    assert str(load(data).forward.graph) == str(CORPUS["arithmetic"]().forward.graph)


def test_an_unknown_section_is_checked_and_ignored() -> None:
    parts = take_apart(to_bytes(CORPUS["arithmetic"]()))
    parts.sections["samples"] = {"whatever": [1, 2, 3]}
    data = parts.assemble()
    assert to_bytes(load(data)) == to_bytes(CORPUS["arithmetic"]())
    section = read_header(data).section("samples")
    assert section is not None
    damaged = bytearray(data)
    damaged[section.offset + 1] ^= 1
    with pytest.raises(ArchiveError, match=r"TSX6002.*'samples'"):
        load(bytes(damaged))


def test_format_upgrades_run_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader of version 3 reads a file of version 1: two steps, on every part."""
    steps: list[str] = []

    def step(label: str) -> Any:
        def change(fields: Any) -> Any:
            steps.append(label)
            if label.startswith("header"):
                return {**fields, "metadata": {**fields["metadata"], label: "done"}}
            return fields

        return change

    for version in (1, 2):
        parts = [step(f"{part} {version}") for part in ("header", "program", "debug")]
        monkeypatch.setitem(upgrade.FORMAT, version, upgrade.FormatUpgrade(*parts))
    data = to_bytes(CORPUS["arithmetic"]())
    monkeypatch.setattr(format, "MAJOR", 3)
    monkeypatch.setattr(archive, "MAJOR", 3)
    module = load(data)
    assert steps == ["header 1", "header 2", "program 1", "program 2", "debug 1", "debug 2"]
    assert module.metadata == {"header 1": "done", "header 2": "done"}


def make_op(schema: str, version: int, body: str = "") -> Op:
    return Op(
        schema=parse_schema(schema),
        infer=lambda *operands: TensorType(),
        eval=lambda *operands: operands[0],
        traits=registry.Trait.PURE,
        version=version,
        body=body,
    )


def define(monkeypatch: pytest.MonkeyPatch, op: Op) -> None:
    monkeypatch.setitem(registry._REGISTRY, op.kind, op)


SWISH = "my::swish(Tensor x) -> Tensor"
USES_SWISH = """graph(%x : Tensor):
  %y : Tensor = my::swish(%x) # model.py:1
  return (%y)"""
BODY = """graph(%x : Tensor):
  %s : Tensor = aten::sigmoid(%x)
  %y : Tensor = aten::mul.Tensor(%x, %s)
  return (%y)"""


def test_nodes_of_older_operators_are_upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    define(monkeypatch, make_op(SWISH, 1))
    data = to_bytes(module_of(USES_SWISH))
    assert read_header(data).operators == (("my::swish", 1),)
    define(monkeypatch, make_op(SWISH, 3))

    def first(node: Node) -> None:
        node.set_attribute("was", "1")

    def second(node: Node) -> None:
        assert node.attributes == {"was": "1"}
        del node.attributes["was"]
        node.output.name = "upgraded"

    monkeypatch.setitem(upgrade.OPERATORS, ("my::swish", 1), first)
    monkeypatch.setitem(upgrade.OPERATORS, ("my::swish", 2), second)
    module = load(data)
    assert module.forward.graph.outputs[0].name == "upgraded"
    assert read_header(to_bytes(module)).operators == (("my::swish", 3),)


def test_a_newer_operator_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        define(patch, make_op(SWISH, 2))
        data = to_bytes(module_of(USES_SWISH))
    define(monkeypatch, make_op(SWISH, 1))
    with pytest.raises(ArchiveError, match=r"TSX6007.*my::swish \(version 2\)"):
        load(data)


def test_a_host_operator_is_listed_and_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        define(patch, make_op(SWISH, 1))
        data = to_bytes(module_of(USES_SWISH))
        load(data)
    assert read_header(data).requires == ("my::swish",)
    with pytest.raises(ArchiveError, match=r"TSX6007.*the host has to register: my::swish"):
        load(data)


def test_a_composite_travels_with_its_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody knows the operator, its nodes become calls of the body; where somebody does, they stay."""
    with monkeypatch.context() as patch:
        define(patch, make_op(SWISH, 1, BODY))
        data = to_bytes(module_of(USES_SWISH))
        assert to_bytes(load(data)) == data
    header = read_header(data)
    assert header.requires == ()
    assert [kind for kind, _ in header.operators] == [
        "aten::mul.Tensor",
        "aten::sigmoid",
        "my::swish",
    ]
    module = load(data)
    (call,) = module.forward.graph.nodes
    assert (call.kind, call.attributes) == ("prim::CallFunction", {"name": "my::swish"})
    assert (call.output.name, str(call.origin.span)) == ("y", "model.py:1")
    assert [node.kind for node in module.functions["my::swish"].nodes] == [
        "aten::sigmoid", "aten::mul.Tensor",
    ]  # fmt: skip
    again = load(to_bytes(module))
    assert str(again.forward.graph) == str(module.forward.graph)


@pytest.mark.parametrize("op", [op for op in all_ops() if op.body], ids=lambda op: op.kind)
def test_the_body_of_every_composite_can_travel(op: Op) -> None:
    ((kind, version, _, unit),) = body_rows([op])
    assert (kind, version) == (op.kind, op.version)
    (graph,) = UnitReader(msgpack.unpackb(unit)).graphs
    assert difference(graph, parse_graph(op.body)) is None


def test_a_reader_without_the_operator_runs_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    data = to_bytes(
        module_of("""graph(%x : Float(s0, 4)):
          %shape : int[] = prim::Constant[value=[4]]()
          %none : NoneType = prim::Constant()
          %eps : float = prim::Constant[value=1e-05]()
          %off : bool = prim::Constant[value=False]()
          %y : Float(s0, 4) = aten::layer_norm(%x, %shape, %none, %none, %eps, %off)
          return (%y)""")
    )
    x = np.arange(8, dtype=np.float32).reshape(2, 4) ** 2
    expected = Executable(load(data)).run("forward", (x,), {})
    monkeypatch.delitem(registry._REGISTRY, "aten::layer_norm")
    module = load(data)
    assert list(module.functions) == ["aten::layer_norm"]
    np.testing.assert_allclose(Executable(module).run("forward", (x,), {}), expected, rtol=1e-6)


def test_a_body_that_calls_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        define(
            patch,
            make_op(SWISH, 1, "graph(%x : Tensor):\n  %y : Tensor = my::swish(%x)\n  return (%y)"),
        )
        data = to_bytes(module_of(USES_SWISH))
    with pytest.raises(ArchiveError, match=r"TSX6006.*calls itself"):
        load(data)


def test_a_body_is_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        define(patch, make_op(SWISH, 1, BODY.replace("(%x, %s)", "(%x)")))
        data = to_bytes(module_of(USES_SWISH))
    with pytest.raises(ArchiveError, match=r"TSX6006.*V12"):
        load(data)


def test_a_body_is_verified_also_where_nobody_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A runtime that knows the operator but has no kernel for it runs the body."""
    define(monkeypatch, make_op(SWISH, 1, BODY))
    parts = take_apart(to_bytes(module_of(USES_SWISH)))
    change_unit(parts.sections["program"]["bodies"][0], drop_operand)
    with pytest.raises(ArchiveError, match=r"TSX6006.*V12"):
        load(parts.assemble())


def drop_operand(unit: Any) -> None:
    nodes = unit["graphs"][0][2][0][1]
    nodes[-1][1].pop()


def test_a_body_that_is_damaged_or_hides_something_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        define(patch, make_op(SWISH, 1, BODY))
        data = to_bytes(module_of(USES_SWISH))
    for change, expected in (
        (lambda rows: rows[0].__setitem__(2, bytes(32)), "TSX6002.*my::swish"),
        (lambda rows: rows[0].__setitem__(0, "prim::Print"), "TSX6005.*can't have a body"),
        (lambda rows: rows.append(rows[0]), "TSX6005"),
        (lambda rows: rows[0].__setitem__(1, 2), "TSX6005.*not listed"),
        (lambda rows: rows[0].__setitem__(2, "text"), "TSX6005.*32 bytes"),
        (lambda rows: rows[0].__setitem__(1, True), "TSX6005.*integer"),
        (lambda rows: rows[0].__setitem__(3, "text"), "TSX6005.*bytes"),
        (
            lambda rows: change_unit(rows[0], lambda unit: unit["graphs"].clear()),
            "TSX6005.*one graph",
        ),
        (lambda rows: change_unit(rows[0], use_weight), "TSX6005.*uses a weight"),
        (lambda rows: rows.clear(), "TSX6007"),
    ):
        parts = take_apart(data)
        change(parts.sections["program"]["bodies"])
        with pytest.raises(ArchiveError, match=expected):
            load(parts.assemble())


def change_unit(row: list[Any], change: Callable[[Any], object]) -> None:
    """Changes the unit of a body, and its digest with it."""
    unit = msgpack.unpackb(row[3])
    change(unit)
    row[3] = pack(unit)
    row[2] = digest(row[3])


def use_weight(unit: Any) -> None:
    unit["strings"].append("value")
    attribute = [len(unit["strings"]) - 1, ["weight", "w"]]
    unit["graphs"][0][2][0][1][0].append([attribute])


def test_an_operator_that_nobody_defines_can_not_be_saved() -> None:
    with pytest.raises(Exception, match="there is no operator my::swish"):
        to_bytes(module_of(USES_SWISH))
