"""Writes the generated docs and engine tables, or with --check says which of them have drifted from the code."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Callable
from pathlib import Path

import click
import engine_errors
import engine_formulas
import engine_numpy_types
import engine_opcodes
import engine_operators
import engine_prims
import engine_rules
import engine_unicode
import operator_bodies
import operator_index

from tsx.capture.numpy import script as numpy_script
from tsx.capture.numpy import script_functions, ufuncs
from tsx.cli import cli
from tsx.errors import error_codes
from tsx.passes import pipeline
from tsx.passes.support.control import CONTROL_RULES
from tsx.passes.support.rewriting import all_rules
from tsx.render.reference import EXIT_CODES
from tsx.runtime.opcodes import OPCODES, OPERAND_KINDS

ROOT = Path(__file__).resolve().parent.parent
FAMILIES = {
    "1": "Usage", "2": "Tracing", "3": "Scripting", "4": "Operators and conversion", "5": "Running",
    "6": "Archives", "7": "TorchScript archives", "8": "Graphs and passes", "9": "Bugs",
}  # fmt: skip


def errors() -> str:
    """docs/errors.md, from tsx/error_codes.toml."""
    lines = [
        "# Error codes",
        "",
        "Generated from `tsx/error_codes.toml` by `make generate`. A code is stable for ever;",
        "`tsx explain CODE` prints its page.",
    ]
    family = ""
    for code, row in sorted(error_codes().items()):
        if code[3] != family:
            family = code[3]
            lines += ["", f"## {FAMILIES[family]}", ""]
        lines.append(f"- **{code}** `{row.name}` (exit {row.exit}): {row.sentence}")
        if row.help:
            lines.append(f"  - help: {row.help}")
        if row.api != row.help:
            lines.append(f"  - in C and C++: {row.api}")
    lines += ["", "## Exit codes", "", "| exit | meaning |", "| --- | --- |"]
    lines += [f"| {number} | {meaning} |" for number, meaning in EXIT_CODES.items()]
    return "\n".join(lines) + "\n"


def command_line() -> str:
    """docs/cli.md, from the help texts."""
    parts = ["# The command line", "", "Generated from the help texts by `make generate`.", ""]
    for name in ["", *cli.list_commands(click.Context(cli))]:
        command = cli.commands[name] if name else cli
        title = f"tsx {name}".strip()
        context = click.Context(command, info_name=title, terminal_width=78)  # on any terminal
        parts += [f"## {title}", "", "```", command.get_help(context), "```", ""]
    return "\n".join(parts)


def opcodes() -> str:
    """docs/opcodes.md, from the instruction table."""
    lines = [
        "# Instructions",
        "",
        "Generated from the table in `tsx/runtime/opcodes.py` by `make generate`. The stack is written with its top",
        "last; `…` stands for several values. Instructions are made when a model is loaded and never saved:",
        "the numbers may change with any release. `tsx run --step` shows them at work, and",
        "`tsx inspect --bytecode` lists them.",
        "",
        "| number | instruction | stack before → after | what it does |",
        "| ---: | --- | --- | --- |",
    ]
    for opcode in OPCODES:
        name = " ".join([f"`{opcode.name}`", *(f"*{kind}*" for kind in opcode.operands)])
        picture = (
            f"{opcode.picture}, or {opcode.taken} when it jumps"
            if opcode.taken
            else str(opcode.picture)
        )
        lines.append(f"| {opcode.code} | {name} | {picture} | {opcode.doc} |")
    lines += ["", "## Operands", "", "Each is four bytes; an instruction's number is one.", ""]
    lines += [f"- *{kind}*: {meaning}" for kind, meaning in OPERAND_KINDS.items()]
    return "\n".join(lines) + "\n"


def passes() -> str:
    """docs/passes.md, from the pass files."""
    known = pipeline.list_passes()
    lines = [
        "# Passes",
        "",
        "Generated from `tsx/passes/` by `make generate`. `exact` passes keep every bit of what the NumPy VM gives;",
        "`ulp` passes may round differently, within a bound relative to the sum of the absolute terms. What a pass",
        "requires runs before it. After each pass that changed it the graph is verified; a pass that says it did must",
        "have changed the text. `tsx passes NAME` shows one; `--passes fold{max-bytes=0},fuse` gives options.",
        "",
        "| pass | class | requires | what it does |",
        "| --- | --- | --- | --- |",
    ]
    for row in known:
        lines.append(
            f"| [{row.name}](#{row.name}) | {row.safety} | {', '.join(row.requires) or '-'} | {row.summary} |"
        )
    lines += ["", "## Levels and presets", ""]
    lines += [f"- `--level {n}`: {text or 'nothing'}" for n, text in enumerate(pipeline.LEVELS)]
    lines += [f"- `--preset {name}`: {text}" for name, text in pipeline.PRESETS.items()]
    for row in known:
        lines += ["", f"## {row.name}", "", row.doc, ""]
        lines += [
            f"Option `{k.replace('_', '-')}`, by default {v}.\n" for k, v in row.options.items()
        ]
        lines += [
            "Before:",
            "",
            "```",
            row.before.rstrip(),
            "```",
            "",
            "After:",
            "",
            "```",
            row.after.rstrip(),
            "```",
        ]
    lines += ["", "## The rules of canonicalize", ""]
    lines += [f"- {known_rule.equation}" for known_rule in all_rules("rules")]
    lines += [f"- {equation}" for equation in CONTROL_RULES]
    lines += ["", "## The rules of peephole", ""]
    lines += [f"- {known_rule.equation}" for known_rule in all_rules("idioms")]
    return "\n".join(lines) + "\n"


def numpy_names() -> str:
    """docs/numpy.md: what of NumPy has a meaning in scripts, from the tables of the door."""
    text = (ROOT / "tools" / "numpy.md").read_text(encoding="utf-8")
    functions = sorted(
        {handler.name.removeprefix("np.") for _, handler in script_functions.FUNCTIONS.values()}
    )
    lists = {
        "ufuncs": sorted(ufuncs.bases()),
        "functions": functions,
        "methods": sorted({*script_functions.METHODS, *numpy_script.ATTRIBUTES}),
    }
    for name, found in lists.items():
        text = text.replace(f"<{name}>", ", ".join(f"`{item}`" for item in found))
    return text


def language() -> str:
    """docs/language.md, from the language table; imported late, since its rows need torch."""
    from language_page import language

    return language()


GENERATED: dict[str, Callable[[], str]] = {
    "docs/numpy.md": numpy_names,
    "tsx/ops/index.txt": operator_index.operator_index,
    "tsx/ops/bodies/bodies.ir": operator_bodies.operator_bodies,
    "docs/errors.md": errors,
    "docs/cli.md": command_line,
    "docs/opcodes.md": opcodes,
    "docs/passes.md": passes,
    "docs/language.md": language,
    "engine/gen/errors.inc": engine_errors.error_table,
    "engine/gen/ways.inc": engine_errors.ways,
    "engine/gen/formulas.inc": engine_formulas.text,
    "engine/gen/numpy_types.inc": engine_numpy_types.table,
    "engine/gen/opcodes.inc": engine_opcodes.opcodes,
    "engine/gen/operators.inc": engine_operators.operators,
    "engine/gen/prims.inc": engine_prims.prims,
    "engine/gen/rules.inc": engine_rules.rules,
    "engine/gen/primitives.inc": engine_operators.primitives,
    "engine/gen/unicode.inc": engine_unicode.table,
    "engine/gen/without_kernel.txt": engine_operators.without_kernel,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 on drift")
    check = parser.parse_args().check
    drifted = 0
    for name, make in GENERATED.items():
        path, text = ROOT / name, make()
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if old == text:
            continue
        drifted += 1
        if check:
            lines = difflib.unified_diff(
                old.splitlines(), text.splitlines(), name, "generated", lineterm="", n=1
            )
            print("\n".join(list(lines)[:40]))
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    if check and drifted:
        print(f"{drifted} file(s) drifted; run `make generate`", file=sys.stderr)
    return 1 if check and drifted else 0


if __name__ == "__main__":
    sys.exit(main())
