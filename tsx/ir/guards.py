"""What a guard says in words: which property of which expression, and the value that it has.

Takes the attributes of ``tsx::guard``; the engine has the same words (engine/src/run/steps.cc).
"""

from __future__ import annotations

from tsx.ir.types import DTYPE_BY_CODE

_SUBJECTS = {"rank": "the rank of ", "len": "the length of ", "dtype": "the dtype of "}


def guard_subject(kind: object, source: str) -> str:
    """What is guarded: ``the rank of y``; for most kinds the source itself says it."""
    return _SUBJECTS.get(str(kind), "") + (source or "a value")


def guard_value(kind: object, value: object) -> str:
    """A value that was expected or found: dtypes, which graphs hold as torch's numbers, by their names."""
    dtype = DTYPE_BY_CODE.get(value) if kind == "dtype" and isinstance(value, int) else None
    return dtype.torch_name if dtype else str(value)
