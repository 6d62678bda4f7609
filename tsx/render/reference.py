"""What the commands about tsx itself say: passes, operators, error codes, the installation."""

from __future__ import annotations

import difflib
import importlib.util
import locale
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import error_codes, fail
from tsx.ir.op import Op, Trait, all_ops, unknown_op
from tsx.passes import pipeline
from tsx.passes.define import PassInfo
from tsx.render.clean import clean
from tsx.render.console import cells, table
from tsx.render.show import Report
from tsx.runtime import native

EXIT_CODES = {
    0: "ok",
    1: "a finding: results or archives differ",
    2: "usage: the command line can't mean anything",
    3: "input refused: not an archive, damaged, over a limit, too new",
    4: "not convertible: every problem is listed with code, place and a way out",
    5: "the model failed while running: a guard, a shape, an index",
    6: "an optional dependency is missing",
    70: "a bug in tsx; a file for the report is written",
    130: "interrupted",
}


def passes(name: str) -> Report:
    """All passes, or one with its example."""
    if name:
        info = pipeline.info(name.replace("-", "_"))
        return Report({"pass": _pass_data(info)}, _one_pass(info))
    listed = pipeline.list_passes()

    def lines() -> Iterator[RenderableType]:
        made = table("pass", "class", "requires", "what it does")
        for info in listed:
            made.add_row(*cells(info.name, info.safety, ", ".join(info.requires), info.summary))
        yield made
        yield Text("")
        for number, text in enumerate(pipeline.LEVELS):
            yield Text(f"--level {number}: {text or 'nothing'}")
        for preset, text in pipeline.PRESETS.items():
            yield Text(f"--preset {preset}: {text}")

    return Report({"passes": [_pass_data(info) for info in listed]}, lines())


def _pass_data(info: PassInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "safety": info.safety,
        "requires": list(info.requires),
        "options": dict(info.options),
        "doc": info.doc,
        "before": info.before,
        "after": info.after,
    }


def _one_pass(info: PassInfo) -> Iterator[Text]:
    yield Text.assemble((info.name, "bold"), f"  ({info.safety})")
    yield Text(info.doc)
    if info.requires:
        yield Text(f"\nrequires: {', '.join(info.requires)}")
    for key, default in info.options.items():
        yield Text(f"option: {key.replace('_', '-')}={default}")
    if info.before:
        yield Text(f"\nbefore:\n{info.before}\nafter:\n{info.after}")


def operators(query: str) -> Report:
    """The operators whose kind has ``query`` in it; one alone is explained. TSX4003 when there is none."""
    found = [op for op in all_ops() if query in op.kind]
    exact = [op for op in found if query in (op.kind, op.schema.name, op.schema.base)]
    if not found:
        raise unknown_op(query)
    data = {"operators": [_op_data(op) for op in found]}
    if len(found) == 1 or (len(exact) == 1 and exact[0].kind == query):
        return Report(data, _one_op((exact or found)[0]))

    def lines() -> Iterator[RenderableType]:
        made = table("operator", "traits", "schema")
        for op in found:
            made.add_row(*cells(op.kind, _traits(op), op.schema.text))
        yield made
        yield Text(f"\n{len(found)} operators")

    return Report(data, lines())


def _op_data(op: Op) -> dict[str, Any]:
    return {
        "kind": op.kind,
        "schema": op.schema.text,
        "version": op.version,
        "traits": _traits(op).split(", "),
        "composite": bool(op.body),
        "formula": str(op.formula) if op.formula is not None else None,
        "doc": op.doc,
    }


def _one_op(op: Op) -> Iterator[Text]:
    yield Text(clean(op.schema.text), "bold")
    yield Text(f"traits: {_traits(op)}   version: {op.version}")
    if op.doc:
        yield Text(clean(op.doc))
    if op.formula is not None:
        yield Text(clean(f"\nmeaning, for each element: {op.formula}"))
    if op.body:
        yield Text(clean(f"\nmeaning, in other operators:\n{op.body}"))


def _traits(op: Op) -> str:
    return ", ".join(t.name.lower() for t in Trait if t in op.traits and t.name) or "none"


def explanation(code: str) -> Report:
    """The page of an error code, or the table of exit codes."""
    if code == "exit-codes":
        made = table("exit", "meaning", right=(0,))
        for number, meaning in EXIT_CODES.items():
            made.add_row(*cells(number, meaning))
        return Report({"exit_codes": {str(n): m for n, m in EXIT_CODES.items()}}, [made])
    row = error_codes().get(code.upper())
    if row is None:
        close = difflib.get_close_matches(code.upper(), error_codes(), n=1)
        hint = f" (closest: {close[0]})" if close else ""
        raise fail("TSX1006", what="error code", name=code, hint=hint)
    data = {
        "code": row.code,
        "name": row.name,
        "sentence": row.sentence,
        "help": row.help,
        "api": row.api,
    }
    lines = [
        Text(f"{row.code} {row.name}", "bold"),
        Text(f"says:  {row.sentence}"),
        *([Text(f"help:  {row.help}")] if row.help else []),
        *([Text(f"in C and C++:  {row.api}")] if row.api != row.help else []),
        Text(f"exit:  {row.exit} ({EXIT_CODES[row.exit]})"),
        *([Text(f"\n{row.explain}")] if row.explain else []),
    ]
    return Report({**data, "exit": row.exit, "explain": row.explain}, lines)


def doctor(version: str) -> Report:
    """Versions, what optional packages bring, and which ``tsx`` the shell would start; status 1 on a finding."""
    facts = {
        "tsx": version,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "encoding": f"{sys.stdout.encoding}, locale {locale.getlocale()[0] or 'C'}",
        **{name: _version(name) for name in ("numpy", "msgpack", "click", "rich")},
        "torch": _version("torch", "converts torch models"),
        "ml_dtypes": _version("ml_dtypes", "gives bfloat16 results a dtype of their own"),
        "engine": _engine(),
    }
    findings = list(_findings())

    def lines() -> Iterator[RenderableType]:
        made = table("", "")
        made.show_header = False
        for key, value in facts.items():
            made.add_row(*cells(key, value))
        yield made
        for finding in findings:
            yield Text(clean(f"warning: {finding}"), "yellow")

    return Report({"facts": facts, "findings": findings}, lines(), (), 1 if findings else 0)


def _engine() -> str:
    """What runs models here."""
    if native.MISSING:
        return f"numpy (the C++ engine is not built: {native.MISSING})"
    return f"native {native.version()}: {', '.join(native.levels())}; {native.threads()} threads"


def _version(name: str, purpose: str = "") -> str:
    if importlib.util.find_spec(name) is None:
        return f"not installed ({purpose})" if purpose else "not installed"
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "installed, version unknown"


def _findings() -> Iterator[str]:
    first = shutil.which("tsx")
    ours = Path(sys.executable).parent / "tsx"
    if first is None:
        yield "no `tsx` is on the PATH; `python -m tsx` works everywhere"
    elif not ours.exists() or not os.path.samefile(first, ours):
        yield (
            f"the shell starts {first}, which is another program (TypeScript's runner has that name too); "
            "use `python -m tsx`"
        )
