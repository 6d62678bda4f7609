"""What operators mean: one record each.

The registry of ``tsx.ir.op`` fills itself when it is first asked for all operators, by importing every module in this
folder, and when it is asked for one operator, by importing the file that ``index.txt`` names; ``make generate`` writes
that, and what it lacks is looked for in all files. Adding an operator touches one file here (and nothing else):

======================  ===============================================================================
an elementwise one      one line: a family of ``families.py`` and a formula of the scalar language
any other primitive     ``define.op``: schema, type-and-shape rule, meaning in NumPy
a composite             ``define.composite``: the same and a body in tsx's own IR
======================  ===============================================================================
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from pathlib import Path

from tsx.ir.op import fill_from, order_overloads
from tsx.ir.prim import PRIMS


def _define_all() -> None:
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        importlib.import_module(f"{__name__}.{module.name}")
    order_overloads(_index())


def _define(kind: str) -> bool:
    file = _index().get(kind)
    if file is None:
        return kind in PRIMS  # which are no operators
    try:
        importlib.import_module(f"{__name__}.{file}")
    except ModuleNotFoundError:  # it was renamed since the index was written
        return False
    return True


@functools.cache
def _index() -> dict[str, str]:
    """The file that defines each operator, in the order in which all are defined."""
    path = Path(__file__).with_name("index.txt")
    text = path.read_text(encoding="utf-8") if path.exists() else ""  # absent while it is written
    found: dict[str, str] = {}
    file = ""
    for line in text.splitlines()[1:]:
        if line.startswith(" "):
            found[line.strip()] = file
        else:
            file = line
    return found


fill_from(_define_all, _define)
