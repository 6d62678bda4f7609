"""What is dear to compute, computed once for all worker processes of a test run (``pytest -n``)."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from typing import Any

import pytest


def once(factory: pytest.TempPathFactory, name: str, compute: Callable[[], Any]) -> Any:
    """What ``compute`` gives, as JSON keeps it; the first worker that asks computes it, the others wait for that."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # each worker has a folder of its own in the run's
    path = folder / f"{name}.json"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            text = json.dumps(compute())
            path.write_text(text, encoding="utf-8")
    return json.loads(path.read_text(encoding="utf-8"))
