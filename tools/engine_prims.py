"""engine/gen/prims.inc: the structural node kinds for the C++ engine, from the table in tsx/ir/prim.py."""

from __future__ import annotations

from collections.abc import Mapping

from tsx.ir.prim import PRIMS, Prim


def prims() -> str:
    """One row a kind, ascending: its name, the least and greatest counts, blocks, attributes with their forms."""
    lines = [
        "// Generated from tsx/ir/prim.py by `make generate` (tools/engine_prims.py), sorted by kind.",
        "// enumerator, kind, operands from and to, results from and to, blocks, required and optional attributes",
    ]
    lines += [_row(PRIMS[kind]) for kind in sorted(PRIMS)]
    return "\n".join(lines) + "\n"


def _row(prim: Prim) -> str:
    words = prim.kind.partition("::")[2].replace("isinstance", "is_instance").split("_")
    name = "".join(word[0].upper() + word[1:] for word in words)
    counts = ", ".join(map(str, (*prim.operands, *prim.results, prim.blocks)))
    attributes = f'"{_forms(prim.required)}", "{_forms(prim.optional)}"'
    return f'TSX_PRIM(k{name}, "{prim.kind}", {counts}, {attributes})'


def _forms(attributes: Mapping[str, str]) -> str:
    return "".join(f"{name}:{form} " for name, form in attributes.items())
