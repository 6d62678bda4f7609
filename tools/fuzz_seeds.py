"""Seeds for the engine's fuzz targets, made anew for each run: ``python tools/fuzz_seeds.py FOLDER``.

``container`` gets the golden archives, ``program`` and ``vm`` (with ``msgpack``) program sections: of the golden
archives, of the file tests, of random programs over numbers, one for each operator, whose operands are constants where
they can be, and what once crashed (engine/fuzz/crashes). The targets know the weights ``b`` (int64, 4) and ``w``
(float32, 2x3) only (engine/fuzz/section.cc).
"""

from __future__ import annotations

import functools
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.engine.number_programs import Writer
from tests.filetests.case import read_cases
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.graph import Graph
from tsx.ir.module import Method, Module, Parameter, TreeSpec
from tsx.ir.op import Op, all_ops
from tsx.ir.text import parse_graph
from tsx.serialize import archive

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "fixtures/golden/v1.0"
CRASHES = ROOT / "engine/fuzz/crashes"


def write(folder: Path) -> int:
    """Writes the seeds of every target, and the words that libFuzzer puts in; gives the number of sections."""
    for target in ("container", "msgpack", "program", "vm"):
        (folder / target).mkdir(parents=True, exist_ok=True)
    for path in GOLDEN.glob("*.tsx"):
        shutil.copy(path, folder / "container" / path.stem)
    count = 0
    for name, section in _sections():
        for target in ("msgpack", "program", "vm"):
            (folder / target / name).write_bytes(section)
        count += 1
    for path in CRASHES.iterdir():
        for target in ("msgpack", "program", "vm"):
            shutil.copy(path, folder / target / path.name)
    words = "".join(f"{_quoted(word)}\n" for word in _words())
    (folder / "words").write_text(words, encoding="ascii")
    return count


def _words() -> Iterator[bytes]:
    """Names of operators and of node kinds as the program section spells them: text with its length before it."""
    for op in all_ops()[::4]:
        yield _text(op.kind)
    for kind in _KINDS:
        yield _text(kind)


_KINDS = (
    "prim::Constant", "prim::If", "prim::Loop", "prim::ListConstruct", "prim::TupleConstruct", "prim::DictConstruct",
    "prim::ListUnpack", "prim::TupleUnpack", "prim::TupleIndex", "prim::GetAttr", "prim::SetAttr", "prim::CallMethod",
    "prim::CallFunction", "prim::CreateObject", "prim::RaiseException", "prim::Print", "tsx::group", "tsx::guard",
)  # fmt: skip


def _text(word: str) -> bytes:
    data = word.encode()
    return bytes([0xA0 + len(data)] if len(data) < 32 else [0xD9, len(data)]) + data


def _quoted(data: bytes) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def _sections() -> Iterator[tuple[str, bytes]]:
    for path in sorted((ROOT / "engine/fuzz/corpus/program").iterdir()):
        yield path.name, path.read_bytes()
    for path in sorted((ROOT / "tests/filetests/run").rglob("*.ir")):
        for case in read_cases(path):
            yield from _section(f"{path.stem}-{case.index}", case.module)
    for seed in range(40):
        graph = parse_graph(Writer(seed).graph())
        yield from _section(f"numbers-{seed}", functools.partial(_module, graph))
    for op in all_ops():
        name = op.kind.replace("::", "-")
        yield from _section(name, functools.partial(_operator, op))


def _section(name: str, make: Callable[[], Module]) -> Iterator[tuple[str, bytes]]:
    """The program section of what ``make`` gives; nothing where no archive can hold it."""
    try:
        data = archive.to_bytes(make(), debug=False)
    except (TsxError, _NoOperand):
        return
    section = archive.read_header(data).section("program")
    assert section is not None
    yield name, data[section.offset : section.offset + section.length]


def _module(graph: Graph) -> Module:
    graph.name = "forward"
    parameters = tuple(Parameter(v.name or f"input{i}") for i, v in enumerate(graph.inputs))
    result = TreeSpec("tuple", (TreeSpec("leaf"),) * len(graph.outputs))
    return Module("seed", {"forward": Method(graph, parameters, result, source="built")})


class _NoOperand(Exception):
    """There is no operand of a type to be had."""


def _operator(op: Op) -> Module:
    return _module(_call(op))


def _call(op: Op) -> Graph:
    """A graph that calls ``op`` once: tensors are its inputs, everything else is constants."""
    writer = _Writer()
    operands = [writer.operand(_plain(a.type)) for a in op.schema.arguments]
    results = [f"%r{i}" for i in range(len(op.schema.results))]
    typed = [f"{r} : {_plain(a.type)}" for r, a in zip(results, op.schema.results, strict=True)]
    call = f"{', '.join(typed)} = " if typed else ""
    writer.lines.append(f"  {call}{op.kind}({', '.join(operands)})")
    head = f"graph({', '.join(writer.inputs)}):"
    return parse_graph("\n".join([head, *writer.lines, f"  return ({', '.join(results)})\n"]))


def _plain(type: ty.Type) -> ty.Type:
    """The type with ints in the place of variables."""
    match type:
        case ty.VarType():
            return ty.INT
        case ty.ListType(element):
            return ty.ListType(_plain(element))
        case ty.OptionalType(element):
            return ty.OptionalType(_plain(element))
        case ty.TupleType(elements):
            return ty.TupleType(tuple(_plain(e) for e in elements))
        case ty.DictType(key, value):
            return ty.DictType(_plain(key), _plain(value))
    return type


_ATOMS = {ty.INT: "1", ty.FLOAT: "0.5", ty.BOOL: "True", ty.STR: '"ab"', ty.NUMBER: "2"}


class _Writer:
    """Writes what makes operands of types."""

    def __init__(self) -> None:
        self.inputs: list[str] = []
        self.lines: list[str] = []
        self.count = 0

    def operand(self, type: ty.Type) -> str:
        self.count += 1
        name = f"%v{self.count}"
        if isinstance(type, ty.TensorType):
            self.inputs.append(f"{name} : Tensor")
        elif isinstance(type, ty.OptionalType):
            self.lines.append(f"  {name} : NoneType = prim::Constant()")
        elif type in _ATOMS:
            shown = ty.INT if type is ty.NUMBER else type
            self.lines.append(f"  {name} : {shown} = prim::Constant[value={_ATOMS[type]}]()")
        elif isinstance(type, ty.ListType):
            parts = ", ".join(self.operand(type.element) for _ in range(2))
            self.lines.append(f"  {name} : {type} = prim::ListConstruct({parts})")
        elif isinstance(type, ty.DictType):
            parts = ", ".join((self.operand(type.key), self.operand(type.value)))
            self.lines.append(f"  {name} : {type} = prim::DictConstruct({parts})")
        else:
            raise _NoOperand
        return name


if __name__ == "__main__":
    print(f"{write(Path(sys.argv[1]))} program sections")
