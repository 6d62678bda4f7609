"""Writes which file of ``tsx/ops`` defines which operator; run as a program it prints that.

That takes a process that has imported nothing yet, and that knows no index: the order is that of a full registry.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.machinery import SourceFileLoader
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import Any

import tsx.ir.op
import tsx.ops

ROOT = Path(__file__).resolve().parent.parent


def operator_index() -> str:
    """tsx/ops/index.txt."""
    command = [sys.executable, __file__]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def _definitions() -> list[tuple[str, str]]:
    """The file and the kind of every operator, in the order of definition."""
    found: list[tuple[str, str]] = []
    running: list[str] = []
    execute, register = SourceFileLoader.exec_module, tsx.ir.op.register

    def watched_execute(self: SourceFileLoader, module: ModuleType) -> None:
        running.append(module.__name__.rpartition(".")[2])
        try:
            execute(self, module)
        finally:
            running.pop()

    def watched_register(op: tsx.ir.op.Op, **how: Any) -> tsx.ir.op.Op:
        found.append((running[-1], op.kind))
        return register(op, **how)

    SourceFileLoader.exec_module = watched_execute
    tsx.ir.op.register = watched_register
    tsx.ops._index = dict
    tsx.ir.op.all_ops()
    return found


def main() -> None:
    print(
        "# Written by `make generate`: the operators of each file, in the order of their definition."
    )
    for file, definitions in groupby(_definitions(), key=lambda pair: pair[0]):
        print(file)
        for _, kind in definitions:
            print(f" {kind}")


if __name__ == "__main__":
    main()
