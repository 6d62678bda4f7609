"""The operator table for the C++ engine, and the list of operators that have no kernel there yet.

Takes the registry and the engine's sources; gives the texts of ``engine/gen/operators.inc``, ``primitives.inc`` and
``without_kernel.txt`` beside it. An operator has a kernel when it is a formula, the in-place form of an operator
that has one, or is added to the registry under ``engine/src/``; a composite without one runs by its body, which travels
in the archive. The list may only shrink.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import engine_formulas

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.ir.op import Op, Trait, all_ops, lookup
from tsx.ops import families
from tsx.ops.formula import Formula
from tsx.ops.primitives import PRIMITIVES

ROOT = Path(__file__).resolve().parent.parent
WITHOUT = ROOT / "engine/gen/without_kernel.txt"
_KERNEL = re.compile(r'\badd\(\s*"([a-z_]+::[^"]+)"')
_HEADER = [
    "# Operators that the engine has neither a kernel nor a body for; a program that needs one is refused at load.",
    "# Written by `make generate`, which takes out what has got a kernel and adds nothing: the list may only shrink.",
]


def written_form_of(op: Op) -> Op | None:
    """The operator whose result ``op`` writes into its first operand, if that is all there is to it."""
    if not op.has(Trait.INPLACE):
        return None
    name, dot, overload = op.kind.partition(".")
    base = lookup(f"{name.removesuffix('_')}{dot}{overload}") if name.endswith("_") else None
    made = op.eval
    if isinstance(made, functools.partial) and made.func is families._evaluate_inplace:
        evaluate = made.args[1]
        if base is None or base.eval is not evaluate:
            base = next((other for other in all_ops() if other.eval is evaluate), None)
        assert base is not None, op.kind
        return base
    inner = getattr(made, "__wrapped__", made)
    is_stored = getattr(inner, "__qualname__", "").startswith("define_with_inplace")
    return base if is_stored else None


def operators() -> str:
    """engine/gen/operators.inc: a row for each operator."""
    formulas = {op.kind: place for place, op in enumerate(engine_formulas.formula_ops())}
    places = {op.kind: place for place, op in enumerate(all_ops())}
    lines = [
        "// Generated from tsx/ops by `make generate` (tools/engine_operators.py), sorted by kind.",
        "// schema, length of its kind, operands (-1: any number), results, version, traits, instruction,",
        "// is a composite, its formula, the operator that it is the in-place form of, how it writes (-1: it is none)",
    ]
    for op in all_ops():
        schema = op.schema
        base = written_form_of(op)
        checked = isinstance(op.eval, functools.partial)
        traits = " | ".join(f"Trait::{trait.name}" for trait in op.traits) or "Trait::NONE"
        text = schema.text.replace("\\", "\\\\").replace('"', '\\"')
        count = -1 if schema.is_vararg else len(schema.arguments)
        lines.append(
            f'TSX_OPERATOR("{text}", {len(op.kind)}, {count}, {len(schema.results)}, {op.version}, '
            f'{traits}, "{op.scalar_op}", {str(bool(op.body)).lower()}, {formulas.get(op.kind, -1)}, '
            f"{places[base.kind] if base else -1}, {(0 if checked else 1) if base else -1})"
        )
    return "\n".join(lines) + "\n"


def primitives() -> str:
    """engine/gen/primitives.inc: the primitives of the scalar language, in the order of their numbers."""
    lines = [
        "// Generated from tsx/ops/primitives.py by `make generate` (tools/engine_operators.py)."
    ]
    lines += ["// name, operands, gives bool, is the identity on integers and bools"]
    for p in PRIMITIVES.values():
        flags = f"{str(p.gives_bool).lower()}, {str(p.rounds).lower()}"
        lines.append(f"TSX_PRIMITIVE({p.name}, {p.arity}, {flags})")
    return "\n".join(lines) + "\n"


def kernels_in_sources() -> set[str]:
    """The kinds in every ``registry.add("…", …)`` of the engine."""
    found: dict[str, Path] = {}
    for path in sorted((ROOT / "engine/src").rglob("*.cc")):
        for kind in _KERNEL.findall(path.read_text(encoding="utf-8")):
            if kind in found:
                raise SystemExit(f"two kernels for {kind}: in {found[kind].name} and {path.name}")
            found[kind] = path
    return set(found)


def has_kernel(op: Op, found: set[str]) -> bool:
    """Whether a program that calls ``op`` runs: by a kernel, an instruction or the body that it brings."""
    base = written_form_of(op)
    return (
        op.kind in found
        or isinstance(op.formula, Formula)
        or bool(op.scalar_op or op.body)
        or (base is not None and isinstance(base.formula, Formula))
    )


def without_kernel() -> str:
    """engine/gen/without_kernel.txt; a new operator without a kernel is an error, not a new line."""
    found = kernels_in_sources()
    unknown = sorted(kind for kind in found if lookup(kind) is None)
    if unknown:
        raise SystemExit(f"the engine has kernels for operators that do not exist: {unknown}")
    missing = [op.kind for op in all_ops() if not has_kernel(op, found)]
    known = set(WITHOUT.read_text(encoding="utf-8").split("\n")) if WITHOUT.exists() else missing
    added = [kind for kind in missing if kind not in known]
    if added:
        raise SystemExit(f"operators that need a kernel under engine/src/kernels: {added}")
    return "\n".join([*_HEADER, *missing]) + "\n"
