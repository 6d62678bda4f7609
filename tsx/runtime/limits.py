"""The limits of a call, for models that nobody vouches for; ``meter.py`` counts what a run takes of them."""

from __future__ import annotations

from dataclasses import dataclass

from tsx.errors import fail


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take; None: as much as there is."""

    fuel: int | None = None  # instructions, and one for every 64 elements that an operator works on
    bytes: int | None = None  # of tensors, containers and strings that the call made and holds
    calls: int | None = None  # inside each other
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name in ("fuel", "bytes", "calls", "seconds"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise fail("TSX5043", name=name, value=value)

    def numbers(self) -> tuple[int, int, int, float]:
        """As the engine takes them: 0 for no limit."""
        return self.fuel or 0, self.bytes or 0, self.calls or 0, self.seconds or 0.0

    @staticmethod
    def untrusted(weight_bytes: int = 0) -> Limits:
        """What ``--untrusted`` means for a model with so many bytes of weights."""
        return Limits(fuel=10**9, bytes=2**30 + 4 * weight_bytes, calls=256, seconds=60)
