"""Which entries of torch's op_db the matrix is about: ``scope.toml`` lists those that are out, with reasons."""

from __future__ import annotations

import tomllib
from pathlib import Path

from torch.testing._internal.common_methods_invocations import op_db

SCOPE = Path(__file__).with_name("scope.toml")


def entries() -> list[str]:
    """The names of all entries, ``name.variant``."""
    return [f"{op.name}.{v}" if (v := op.variant_test_name) else op.name for op in op_db]


def out_of_scope() -> dict[str, tuple[str, list[str]]]:
    """By kind: the reason, and the entries."""
    rows = tomllib.loads(SCOPE.read_text(encoding="utf-8"))
    return {kind: (row["reason"], row["entries"]) for kind, row in rows.items()}


def in_scope() -> list[str]:
    out = {name for _, names in out_of_scope().values() for name in names}
    return [name for name in entries() if name not in out]
