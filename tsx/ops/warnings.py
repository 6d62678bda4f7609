"""``warn``: a message to whoever runs the program, through Python's own warnings."""

from __future__ import annotations

import warnings

from tsx.ops.container_rules import WRITE, nothing
from tsx.ops.define import op


def _warn(message: str, stacklevel: int) -> tuple[()]:
    warnings.warn(message, UserWarning, stacklevel=2)
    return ()


op("aten::warn(str message, int stacklevel=2) -> ()", infer=nothing, eval=_warn, traits=WRITE)
