"""The way out that goes with an exception of Python's: one sentence by the name of its class."""

from __future__ import annotations

TRUTH = "say what is meant of the elements: (x > 0).any(), (x > 0).all(), or torch.where for each"

WAYS = {
    "UnboundLocalError": "give the name a value before the if or the loop that may pass it by",
    "ZeroDivisionError": "test that the divisor is not zero before this line",
    "OverflowError": "ints are 64 bits wide: use floats for larger values",
    "KeyError": "test `key in d` before this line, or read it with d.get(key, default)",
    "IndexError": "test the index against len(…) before this line",
}


def way_out(exception: str) -> str | None:
    """What to do about an exception; None where only the model's author knows."""
    return WAYS.get(exception)
