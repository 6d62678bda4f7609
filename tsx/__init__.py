"""tsx: capture a PyTorch or NumPy model as a typed SSA graph, optimise it, keep it in one file, run it without torch.

The data's path, which the folders show::

    model.py ──capture──▶ Graph ──passes──▶ Graph ──serialize──▶ model.tsx
    model.tsx ──serialize──▶ Graph ──runtime.lower──▶ Program ──▶ runtime.vm

The public names are loaded when they are first used, so ``import tsx`` is cheap and never imports torch or rich.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tsx.api import (
        Limits,
        Module,
        Session,
        load,
        operator,
        optimize,
        register_kernel,
        rewrite,
        save,
        script,
        trace,
    )
    from tsx.errors import TsxError
    from tsx.passes.support.rewriting import Literal, Make

__version__ = "0.1.0"

__all__ = [
    "Limits",
    "Literal",
    "Make",
    "Module",
    "Session",
    "TsxError",
    "__version__",
    "load",
    "operator",
    "optimize",
    "register_kernel",
    "rewrite",
    "save",
    "script",
    "trace",
]

_PUBLIC = {name: "tsx.api" for name in __all__ if name != "__version__"} | {
    "TsxError": "tsx.errors",
    "Literal": "tsx.passes.support.rewriting",
    "Make": "tsx.passes.support.rewriting",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'tsx' has no attribute {name!r}")
    value = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
