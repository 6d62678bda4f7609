"""What ``tsx inspect`` opens with: the facts of a program on one screen, and the same as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich.text import Text

from tsx.render.clean import clean
from tsx.render.console import count_text, size_text
from tsx.runtime.describe import Description

_LABEL = 13  # columns of the label and the space behind it


def summary_rows(facts: Description, file_bytes: int | None) -> Iterator[tuple[str, str]]:
    """Label and text of each line."""
    captured = f", captured by {facts.captured_by}" if facts.captured_by else ""
    yield "model", f"{facts.name} (method {facts.method}{captured})"
    yield from _values("input", facts.inputs)
    yield from _values("output", facts.outputs)
    split = ", ".join(f"{size_text(n)} {dtype}" for dtype, n in facts.dtypes.items())
    yield "weights", f"{count_text(facts.parameters)} values, {split or '0 B'}"
    if file_bytes is not None:
        yield "file", size_text(file_bytes)
    if facts.cost is not None:
        sizes = ", ".join(f"{k}={v}" for k, v in facts.cost.sizes.items())
        at = f" at {sizes}" if sizes else ""
        least = "" if facts.cost.complete else "at least "
        yield "work", f"{least}{count_text(facts.cost.flops)} FLOPs a call{at}"
        yield "activations", f"{least}{size_text(facts.cost.peak_activation_bytes)} at the peak{at}"
    yield "operators", _histogram(facts.operators)
    for kind, schema in facts.requires.items():
        yield (
            "requires",
            schema or f"{kind}, which is not registered here: who runs it has to do that",
        )
    for input_name, dim, size, reason, where in facts.pins:
        place = f" ({where})" if where else ""
        yield "pinned", f"size {dim} of {input_name} is {size}: {reason}{place}"
    for guard in facts.guards:
        yield "guard", str(guard)
    yield from _provenance(facts.metadata)


def render_summary(facts: Description, file_bytes: int | None, width: int) -> Iterator[Text]:
    """The rows as lines of at most ``width`` columns: bold labels, texts wrapped under each other."""
    for label, text in summary_rows(facts, file_bytes):
        pieces = textwrap.wrap(clean(text), width - _LABEL, break_on_hyphens=False) or [""]
        for index, piece in enumerate(pieces):
            lead = f"{label:<{_LABEL}}" if index == 0 else " " * _LABEL
            yield Text(lead, "bold") + Text(piece)


def summary_json(facts: Description, file_bytes: int | None) -> dict[str, Any]:
    """The facts as plain data, keys stable within schema version 1."""
    data = asdict(facts)
    data["file_bytes"] = file_bytes
    data["inputs"] = [{"name": n, "type": t} for n, t in facts.inputs]
    data["outputs"] = [{"name": n, "type": t} for n, t in facts.outputs]
    data["pins"] = [
        dict(zip(("input", "dimension", "size", "reason", "where"), pin, strict=True))
        for pin in facts.pins
    ]
    return data


def _provenance(metadata: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    left = dict(metadata)
    source, digest = left.pop("source", ""), left.pop("source_sha256", "")
    if source:
        yield "source", f"{source}, sha256 {digest[:12]}…" if digest else source
    yield from sorted(left.items())


def _values(label: str, values: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, type in values:
        yield label, f"{name}: {type}" if name else type


def _histogram(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    parts = [f"{n} × {kind.removeprefix('aten::')}" for kind, n in counts.items()]
    shown = ", ".join(parts[:12]) + (f", … {len(parts) - 12} more kinds" if len(parts) > 12 else "")
    return f"{total}: {shown}" if parts else "none"
