"""What Python's builtins, the methods of its types and parts of its standard library mean in a compiled program.

Importing this package enters all of them into the registries of ``values``. None of its modules knows torch.
"""

from __future__ import annotations

from tsx.capture.script.builtins import (  # noqa: F401  (each enters its handlers)
    aggregates,
    containers,
    dicts,
    iteration,
    library,
    lists,
    mathematics,
    numbers,
    objects,
    records,
    reports,
    strings,
    text,
    tuples,
)
