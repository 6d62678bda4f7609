"""What a call came to, and how two such outcomes are compared.

Takes any callable; gives its result or its error, and what it printed. Values are equal when they have the same types
and the same contents: an int is not a float, -0.0 is not 0.0, dicts keep their order; tensors as design 4.23 says.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True)
class Outcome:
    """A result, or an error's class name and message; and what was printed."""

    value: Any = None
    error: tuple[str, str] | None = None
    printed: str = ""
    raised: Exception | None = field(default=None, compare=False)

    def with_error(self, name: str, message: str) -> Outcome:
        return replace(self, error=(name, message))

    def __str__(self) -> str:
        if self.error is not None:
            return f"raises {self.error[0]}: {self.error[1]}"[:200]
        return _shown(self.value)[:200] + (f" and prints {self.printed!r}" if self.printed else "")


def run(function: Any, args: tuple[Any, ...]) -> Outcome:
    """Calls ``function`` without gradients."""
    text = io.StringIO()
    try:
        with torch.no_grad(), contextlib.redirect_stdout(text):
            value = function(*args)
    except Exception as error:
        name, message = type(error).__name__, str(error)
        return Outcome(None, (name, message), text.getvalue(), error)
    return Outcome(value, None, text.getvalue())


def difference(
    got: Outcome,
    want: Outcome,
    *,
    any_error: bool = False,
    widens: bool = False,
    rounded: bool = False,
) -> str:
    """What is different, in words; empty when nothing is.

    ``widens``: a float may stand where eager has an int. ``rounded``: floats come from float32 tensors, and are equal
    as those are.
    """
    if (got.error is None) != (want.error is None):
        return f"{got}, eager {want}"
    if want.error is not None:
        same = any_error or got.error == want.error
        return "" if same and got.printed == want.printed else f"{got}, eager {want}"
    if got.printed != want.printed:
        return f"prints {got.printed!r}, eager {want.printed!r}"
    value = floats_for_ints(got.value, want.value) if widens else got.value
    if rounded:
        value = snapped(value, want.value)
    return "" if same_value(value, want.value) else f"{got}, eager {want}"


def floats_for_ints(got: Any, want: Any) -> Any:
    """``got`` with each float that stands where ``want`` has an equal int changed into that int."""
    if isinstance(want, (list, tuple)) and isinstance(got, type(want)) and len(got) == len(want):
        return type(want)([floats_for_ints(a, b) for a, b in zip(got, want, strict=True)])
    return want if type(want) is int and type(got) is float and got == want else got


def snapped(got: Any, want: Any) -> Any:
    """``got`` with each float that is close to that of ``want`` changed into it."""
    if isinstance(want, float) and isinstance(got, float):
        return want if math.isclose(got, want, rel_tol=1e-4, abs_tol=1e-6) else got
    if isinstance(want, (list, tuple)) and isinstance(got, (list, tuple)) and len(got) == len(want):
        return type(got)([snapped(a, b) for a, b in zip(got, want, strict=True)])
    return got


def same_value(got: Any, want: Any) -> bool:
    """Whether two results are equal, types included."""
    match want:
        case torch.Tensor() | np.ndarray():
            return isinstance(got, (torch.Tensor, np.ndarray)) and _same_tensor(got, want)
        case Enum():
            return (isinstance(got, Enum) and got.name == want.name) or got == want.value
        case bool() | int() | str() | None:
            return type(got) is type(want) and bool(got == want)
        case float():
            return type(got) is float and _same_float(got, want)
        case complex():
            parts = zip((got.real, got.imag), (want.real, want.imag), strict=True)
            return type(got) is complex and all(_same_float(a, b) for a, b in parts)
        case torch.dtype() | torch.device():
            return bool(got == want)
        case list() | tuple():
            kind = list if isinstance(want, list) else tuple
            if not isinstance(got, kind) or len(got) != len(want):
                return False
            if hasattr(want, "_fields") and getattr(got, "_fields", ()) != want._fields:
                return False
            return all(same_value(a, b) for a, b in zip(got, want, strict=True))
        case Mapping():
            if not isinstance(got, Mapping) or len(got) != len(want):
                return False
            pairs = zip(got.items(), want.items(), strict=True)
            return all(same_value(a, b) for p, q in pairs for a, b in zip(p, q, strict=True))
    return bool(got == want)


def _same_float(a: float, b: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


def _same_tensor(got: Any, want: Any) -> bool:
    a, b = (np.asarray(v.detach().cpu() if isinstance(v, torch.Tensor) else v) for v in (got, want))
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if b.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    finite = b[np.isfinite(b)]
    scale = float(np.abs(finite).max()) if finite.size else 0.0
    return bool(np.allclose(a, b, rtol=1e-4, atol=1e-5 * scale, equal_nan=True))


def _shown(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return re.sub(r"\s+", " ", repr(value.tolist()))
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        inside = ", ".join(map(_shown, value))
        return (
            f"[{inside}]"
            if isinstance(value, list)
            else f"({inside}{',' if len(value) == 1 else ''})"
        )
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_shown(v)}" for k, v in value.items()) + "}"
    return repr(value)
