"""What operators mean: one record each.

Importing this package imports every module in its folder, and so fills the registry of ``tsx.ir.op``; a new file of
records needs no entry in any list. Adding an operator touches one file here (and nothing else):

======================  ===============================================================================
an elementwise one      one line: a family of ``families.py`` and a formula of the scalar language
any other primitive     ``define.op``: schema, type-and-shape rule, meaning in NumPy
a composite             ``define.composite``: the same and a body in tsx's own IR
======================  ===============================================================================
"""

from __future__ import annotations

import importlib
import pkgutil

for _module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
    importlib.import_module(f"{__name__}.{_module.name}")
