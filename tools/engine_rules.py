"""Which rule of the C++ engine (engine/src/rules) is the twin of each operator's Python rule.

Gives the text of ``engine/gen/rules.inc``: a name for each Python function that is some operator's ``infer``, made of
its module and its qualified name, and for each operator the place of its own. A name without a ``TSX_RULE`` in the
sources is an error: a new rule is written twice, a new operator that has a known rule is not.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.ir.op import Op, all_ops

ROOT = Path(__file__).resolve().parent.parent
_RULE = re.compile(r"^TSX_RULE\((\w+)\)", re.MULTILINE)


def rule_name(op: Op) -> str:
    """``view_rules_transpose`` for ``tsx.ops.view_rules.transpose``, ``conv_define_forward_rule`` for a closure."""
    function = op.infer
    while isinstance(function, functools.partial):
        function = function.func
    words = [function.__module__.rpartition(".")[2], *function.__qualname__.split(".")]
    return "_".join(word.strip("_") for word in words if word != "<locals>")


def rules_in_sources() -> set[str]:
    """Every ``TSX_RULE(name)`` of the engine."""
    found: set[str] = set()
    for path in sorted((ROOT / "engine/src/rules").glob("*.cc")):
        for name in _RULE.findall(path.read_text(encoding="utf-8")):
            if name in found:
                raise SystemExit(f"two rules {name}; one is in {path.name}")
            found.add(name)
    return found


def rules() -> str:
    """engine/gen/rules.inc."""
    written = rules_in_sources()
    wanted = {op.kind: rule_name(op) for op in all_ops()}
    used = sorted(set(wanted.values()))
    if missing := [name for name in used if name not in written]:
        raise SystemExit(f"operators' rules that have no twin in engine/src/rules: {missing}")
    if dead := sorted(written - set(used)):
        raise SystemExit(f"rules in engine/src/rules that no operator has: {dead}")
    lines = [
        "// Generated from tsx/ops by `make generate` (tools/engine_rules.py).",
        "// The rules; then for each operator, in the order of operators.inc, the place of its own.",
    ]
    lines += [f"TSX_RULE({name})" for name in used]
    places = {name: place for place, name in enumerate(used)}
    lines += [f"TSX_RULE_OF({places[name]})" for name in wanted.values()]
    return "\n".join(lines) + "\n"
