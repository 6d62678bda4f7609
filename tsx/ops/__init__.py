"""What operators mean: one record each.

The registry of ``tsx.ir.op`` fills itself when it is first asked for an operator, by importing every module in this
folder; a new file of records needs no entry in any list. Adding an operator touches one file here (and nothing else):

======================  ===============================================================================
an elementwise one      one line: a family of ``families.py`` and a formula of the scalar language
any other primitive     ``define.op``: schema, type-and-shape rule, meaning in NumPy
a composite             ``define.composite``: the same and a body in tsx's own IR
======================  ===============================================================================
"""

from __future__ import annotations

import importlib
import pkgutil

from tsx.ir.op import fill_from


def _define_all() -> None:
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        importlib.import_module(f"{__name__}.{module.name}")


fill_from(_define_all)
