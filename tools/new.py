"""Makes the skeleton of an operator: ``python tools/new.py op aten::nansum.dim --in reductions``.

NAME is torch's (``aten::name.overload``, its schema is asked of torch) or a whole schema in quotes. ``--kind`` says
what it is: ``elementwise`` (a line of the scalar language: one file), ``kernel`` (a rule and its meaning in NumPy, and
the engine's rule and kernel: three files), ``composite`` (a formula over operators, the quick answer of NumPy, and the
engine's rule: three files).
What is left to write is said at the end, and raises until it is written.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.op import lookup
from tsx.ir.schema import Argument, Schema, parse_schema

ROOT = Path(__file__).resolve().parent.parent
_WIDTH = 104
_ANNOTATIONS: dict[ty.Type, str] = {
    ty.TENSOR: "Array", ty.INT: "int", ty.FLOAT: "float", ty.BOOL: "bool", ty.STR: "str", ty.NUMBER: "float",
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """Text for the end of one file; ``entry`` is a line for the table that an engine's file ends in."""

    path: str
    text: str
    left: str  # what is left to write
    entry: str = ""
    start: str = ""  # what the file begins with where there is none

    def added_to(self, text: str) -> str:
        if not self.entry:
            return text + self.text
        start = text.index("TSX_KERNELS(")
        end = text.rindex("}")
        return f"{text[:start]}{self.text}\n{text[start:end]}{self.entry}{text[end:]}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["op"])
    parser.add_argument("name", help="aten::name.overload, or a schema")
    parser.add_argument("--kind", choices=["elementwise", "kernel", "composite"], default="kernel")
    parser.add_argument("--in", dest="file", required=True, help="the file of tsx/ops, no suffix")
    parser.add_argument("--engine", help="the file of engine/src/kernels [that of --in]")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        schema = parse_schema(_schema_text(options.name))
    except TsxError as error:
        print(error, file=sys.stderr)
        return 2
    if lookup(schema.kind) is not None:
        print(f"tsx has {schema.kind}: tsx ops {schema.kind}", file=sys.stderr)
        return 2
    parts = _PARTS[options.kind](schema, options.file, options.engine or options.file)
    for part in parts:
        path = options.root / part.path
        if not path.exists() and not part.start:
            print(f"there is no {part.path}; start it, or choose another --in", file=sys.stderr)
            return 2
    for part in parts:
        path = options.root / part.path
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.read_text(encoding="utf-8") if path.exists() else part.start
        path.write_text(part.added_to(old), encoding="utf-8")
        print(f"{part.path}: {part.left}")
    print(f"then: make generate format, and pytest tests/ops -k {schema.base} -m matrix")
    return 0


def _schema_text(name: str) -> str:
    """torch's text of an overload; a schema as it is."""
    if "(" in name:
        return name
    import torch

    known = {_kind(str(s)): str(s) for s in torch._C._jit_get_all_schemas()}
    if name not in known:
        close = ", ".join(sorted(k for k in known if k.startswith(name.partition(".")[0]))[:8])
        raise SystemExit(f"torch has no {name}; it has {close or 'nothing like it'}")
    return known[name]


def _kind(schema: str) -> str:
    return schema.partition("(")[0]


def _elementwise(schema: Schema, file: str, engine: str) -> list[Part]:
    tensors = sum(a.type == ty.TENSOR for a in schema.arguments)
    family = {1: "unary", 2: "binary"}.get(tensors, "elementwise")
    formula = " + ".join(a.name for a in schema.arguments if a.type == ty.TENSOR)
    text = f'\n\n{family}(\n    {_quoted(schema)},\n    "{formula}",\n)\n'
    return [Part(f"tsx/ops/{file}.py", text, "write the formula in the scalar language")]


def _kernel(schema: Schema, file: str, engine: str) -> list[Part]:
    name = _identifier(schema)
    python = _rule(schema, name) + _meaning(schema, name)
    python += f"\n\nop(\n    {_quoted(schema)},\n    infer=_infer_{name},\n    eval=_{name},\n)\n"
    kernel = (
        f"namespace tsx::engine {{\nnamespace {{\n\nvoid {name}(Call&) {{\n"
        f'  refuse("the kernel of {schema.kind} is to be written");\n}}\n\n'
        "}  // namespace\n}  // namespace tsx::engine\n"
    )
    entry = f'  registry.add("{schema.kind}", {name});\n'
    return [
        Part(f"tsx/ops/{file}.py", python, f"write _infer_{name} and _{name}"),
        _engine_rule(schema, name, file),
        Part(f"engine/src/kernels/{engine}.cc", kernel, f"write {name}", entry),
    ]


def _composite(schema: Schema, file: str, engine: str) -> list[Part]:
    name = _identifier(schema)
    python = _rule(schema, name) + _meaning(schema, name)
    python += (
        f"\n\ncomposite(\n    {_quoted(schema)},\n    infer=_infer_{name},\n    eval=_{name},\n)\n"
    )
    parameters = ", ".join(f"{a.name}: {_body_annotation(a)}" for a in schema.arguments)
    body = (
        f"\n\ndef {name}({parameters}) -> Tensor:\n    return {schema.arguments[0].name}\n"
        f'\n\nBODIES["{schema.kind}"] = {name}\n'
    )
    return [
        Part(f"tsx/ops/{file}.py", python, f"write _infer_{name}, and the quick answer _{name}"),
        Part(f"tsx/ops/bodies/{file}.py", body, f"write the formula {name}"),
        _engine_rule(schema, name, file),
    ]


def _rule(schema: Schema, name: str) -> str:
    parameters = ", ".join(f"{a.name}: Abstract" for a in schema.arguments)
    results = [
        "TensorType()" if r.type == ty.TENSOR else f"Unknown(ty.{r.type})" for r in schema.results
    ]
    text = ", ".join(results)
    return (
        f"\n\ndef _infer_{name}({parameters}) -> Abstract:\n"
        f"    return {text if len(results) == 1 else f'({text})'}\n"
    )


def _engine_rule(schema: Schema, name: str, module: str) -> Part:
    """The twin of the Python rule, in the file that has the module's other ones."""
    twin = f"{module}_infer_{name}"
    results = ", ".join(f"in.result({place})" for place in range(len(schema.results)))
    given = results if len(schema.results) == 1 else f"in.tuple({{{results}}})"
    text = f"\nTSX_RULE({twin}) {{ return {given}; }}\n"
    folder = ROOT / "engine/src/rules"
    files = [
        p for p in folder.glob("*.cc") if f"TSX_RULE({module}_" in p.read_text(encoding="utf-8")
    ]
    path = files[0].name if files else f"{module}.cc"
    start = f'// Rules of tsx/ops/{module}.py.\n#include "rules/support.h"\n'
    return Part(f"engine/src/rules/{path}", text, f"write {twin}", start=start)


def _meaning(schema: Schema, name: str) -> str:
    parameters = ", ".join(f"{a.name}: {_annotation(a)}" for a in schema.arguments)
    results = [_ANNOTATIONS.get(r.type, "object") for r in schema.results]
    result = results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
    return (
        f"\n\ndef _{name}({parameters}) -> {result}:\n"
        f'    raise AssertionError("the meaning of {schema.kind} is to be written")\n'
    )


def _annotation(argument: Argument) -> str:
    inner, optional = argument.type, ""
    if isinstance(inner, ty.OptionalType):
        inner, optional = inner.element, " | None"
    if isinstance(inner, ty.ListType):
        return f"list[{_ANNOTATIONS.get(inner.element, 'object')}]{optional}"
    return _ANNOTATIONS.get(inner, "object") + optional


def _body_annotation(argument: Argument) -> str:
    return _annotation(argument).replace("Array", "Tensor")


def _identifier(schema: Schema) -> str:
    return schema.kind.partition("::")[2].replace(".", "_").lower()


def _quoted(schema: Schema) -> str:
    """The schema as a Python literal, in lines that fit."""
    lines, rest = [], str(schema)
    while len(rest) > _WIDTH:
        cut = rest.rfind(" ", 0, _WIDTH) + 1
        lines.append(rest[:cut])
        rest = rest[cut:]
    return "\n    ".join('"' + line.replace('"', '\\"') + '"' for line in [*lines, rest])


_PARTS = {"elementwise": _elementwise, "kernel": _kernel, "composite": _composite}

if __name__ == "__main__":
    import tsx.ops  # noqa: F401  (fills the registry)

    sys.exit(main())
