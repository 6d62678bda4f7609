"""The calls that a profile kept, in the Chrome Trace Event Format, which Perfetto and chrome://tracing show."""

from __future__ import annotations

import json

from tsx.runtime.profile import Event, Profile


def chrome_trace(profile: Profile) -> str:
    """JSON: a complete event (``ph: X``) a call, times in microseconds; ``otherData`` counts the calls left out."""
    facts = {"displayTimeUnit": "ms", "otherData": {"left_out": profile.left_out}}
    events = ",\n".join(json.dumps(_row(event), ensure_ascii=False) for event in profile.events)
    return f'{json.dumps(facts)[:-1]}, "traceEvents": [\n{events}\n]}}\n'


def _row(event: Event) -> dict[str, object]:
    return {
        "name": event.kind,
        "cat": "operator",
        "ph": "X",
        "pid": 1,
        "tid": 1,
        "ts": round(event.start * 1e6, 3),
        "dur": round(event.seconds * 1e6, 3),
        "args": {
            "source": event.where,
            "scope": event.scope,
            "operands": event.operands,
            "results": event.results,
        },
    }
