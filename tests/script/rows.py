"""The language table: a row is a small program, its inputs, and what must come of compiling it.

    rows = Rows("1.2", "Statements: assignment")

    def swap(a: int, b: int) -> tuple[int, int]:
        a, b = b, a
        return a, b

    rows.add(swap, "swap of two names", (1, 2), (5, 5))

An input is a tuple of arguments; a lone argument need not be a tuple, and a program without parameters needs no
input. A class is made into an object without arguments (a module, put into eval mode). ``refused`` and ``code``
say that the program must be refused, why, and with which error; every other row must do what eager Python does.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import pkgutil
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tests.script import language


@dataclass(frozen=True)
class Row:
    """One item of the language."""

    id: str
    section: str
    group: str
    title: str
    subject: Any  # a function, or a class to make an object of
    inputs: tuple[tuple[Any, ...], ...]
    file: str = ""
    refused: str = ""  # the reason, when the program is refused
    code: str = ""
    stops: str = ""  # the error that ours stops with where Python's ints go beyond 64 bits
    widens: bool = (
        False  # an int that is declared float is a float here, and stays an int in Python
    )
    unoptimised: str = ""  # why passes may change what the program does
    any_error: bool = False  # the error is torch's own: only that there is one is compared

    def make(self) -> Any:
        """What is compiled: the function itself, or a fresh object."""
        if not inspect.isclass(self.subject):
            return self.subject
        torch.manual_seed(0)
        made = self.subject()
        return made.eval() if isinstance(made, torch.nn.Module) else made

    def arguments(self, index: int) -> tuple[Any, ...]:
        """Fresh copies of an input."""
        return copy.deepcopy(self.inputs[index])


@dataclass
class Rows:
    """The rows of one file."""

    section: str
    group: str
    rows: list[Row] = field(default_factory=list)

    def add(self, subject: Any, title: str, *inputs: Any, **options: Any) -> None:
        """Adds the program ``subject``."""
        given = [i if isinstance(i, tuple) else (i,) for i in inputs] or [()]
        name = subject.__name__
        self.rows.append(
            Row(name, self.section, self.group, title, subject, tuple(given), **options)
        )


def all_rows() -> list[Row]:
    """Every row, in the order of sections and files."""
    assert {info.name for info in pkgutil.iter_modules(language.__path__)} == set(FILES)
    found: list[Row] = []
    for name in FILES:
        module = importlib.import_module(f"{language.__name__}.{name}")
        for made in vars(module).values():
            if isinstance(made, Rows):
                found += [replace(row, file=f"{name}.py") for row in made.rows]
    return found


SECTIONS = {
    "1.1": "Types",
    "1.2": "Statements",
    "1.3": "Expressions",
    "1.4": "Builtins and methods",
    "1.5": "Modules and their attributes",
    "1.6": "Refinement",
    "10": "Where TorchScript's meaning is a trap",
}

FILES = (
    "types_scalar", "types_containers", "types_sizes", "types_records", "types_comments", "types_future",
    "statements_assign", "statements_control", "statements_loops", "statements_errors",
    "expressions_operators", "expressions_calls", "expressions_index", "expressions_literals",
    "builtins_numbers", "builtins_math", "methods_containers", "methods_str", "tensors",
    "modules_attributes", "modules_methods", "modules_containers",
    "refinement", "traps", "traps_programs",
)  # fmt: skip
