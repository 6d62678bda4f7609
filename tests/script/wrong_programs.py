"""Wrong programs: each with the message it must give (``wrong/*.golden``) and the program after the message's advice.

    def adds_none(x: Optional[int]) -> int:
        return x + 1

    def adds_none_fixed(x: Optional[int]) -> int:
        assert x is not None
        return x + 1

    wrong.add(adds_none, adds_none_fixed, 3)

The repaired program must compile and do what Python does with it.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tsx
from tests.script import wrong as folder
from tests.script.rows import Row
from tsx.errors import Problems, ScriptError

# What stands in Python's own code, and where, differs from version to version.
_LIBRARY = re.compile(
    r"^(TSX\d+: .+? can't be compiled:) .+ \(([\w/]+\.py):\d+:\d+\)$", re.MULTILINE
)
_ROOT = str(Path(__file__).resolve().parents[2])


@dataclass(frozen=True)
class Case:
    """A wrong program, and the repaired one as a row of the language table."""

    group: str
    id: str
    subject: Any
    fixed: Row


@dataclass
class Wrong:
    """The wrong programs of one file."""

    cases: list[Case] = field(default_factory=list)

    def add(self, subject: Any, fixed: Any, *inputs: Any, **options: Any) -> None:
        """Adds ``subject`` with its repaired version and inputs for that, as in ``rows.Rows.add``."""
        given = tuple(i if isinstance(i, tuple) else (i,) for i in inputs) or ((),)
        row = Row(f"{subject.__name__}_fixed", "", "", "", fixed, given, **options)
        group = subject.__module__.rpartition(".")[2]
        self.cases.append(Case(group, subject.__name__, subject, row))


def all_cases() -> list[Case]:
    """Every wrong program, file by file."""
    found: list[Case] = []
    for info in pkgutil.iter_modules(folder.__path__):
        module = importlib.import_module(f"{folder.__name__}.{info.name}")
        found += module.wrong.cases
    return found


def message(case: Case) -> str:
    """What the user reads, with paths relative to the repository."""
    try:
        tsx.script(Row("", "", "", "", case.subject, ()).make())
    except (ScriptError, Problems) as error:
        return _LIBRARY.sub(r"\1 … (\2)", str(error).replace(f"{_ROOT}/", ""))
    return "no error"


def golden_file(group: str) -> Path:
    return Path(folder.__path__[0]) / f"{group}.golden"


def read_golden(group: str) -> dict[str, str]:
    """The messages of a file by the program's name."""
    path = golden_file(group)
    if not path.exists():
        return {}
    parts = path.read_text(encoding="utf-8").split("==== ")[1:]
    pairs = (part.split("\n", 1) for part in parts)
    return {name: text.strip("\n") for name, text in pairs}


def write_golden(group: str, messages: dict[str, str]) -> None:
    texts = [f"==== {name}\n{text}\n" for name, text in messages.items()]
    golden_file(group).write_text("\n".join(texts), encoding="utf-8")
