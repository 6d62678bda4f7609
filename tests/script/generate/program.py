"""Whole random programs: constants, helper functions, an entry, and inputs for it. One seed, one program."""

from __future__ import annotations

import ast
import copy
import linecache
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from tests.script.generate.scope import TENSOR, VALUES, Function, Scope, Type, inner_of
from tests.script.generate.statements import Place, Statements, indented

_HEAD = ["import math", "from typing import Optional", "", "import torch", ""]
_ENTRY = "entry"


@dataclass(frozen=True)
class Program:
    """Source text with an ``entry``, and arguments for some calls."""

    seed: int
    source: str
    calls: tuple[tuple[Any, ...], ...]

    def arguments(self, index: int) -> tuple[Any, ...]:
        """Fresh copies, since programs write into what they are given."""
        return copy.deepcopy(self.calls[index])


def make(seed: int) -> Program:
    """The program of ``seed``."""
    return _Programs(seed).make(seed)


def loaded(source: str, name: str, extra: dict[str, Any] | None = None) -> Callable[..., Any]:
    """The entry of ``source``, whose text ``inspect`` can find under ``name``."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    module = types.ModuleType("generated")
    module.__dict__.update(extra or {})
    exec(compile(source, name, "exec"), module.__dict__)
    entry: Callable[..., Any] = module.__dict__[_ENTRY]
    return entry


class _Programs(Statements):
    def make(self, seed: int) -> Program:
        lines = list(_HEAD)
        for type in ("int", "float", "str", "tuple[int, str]", "list[int]"):
            if self.chance(0.3):
                name = self.fresh("K")
                lines.append(f"{name} = {self.literal(type, Scope({}))}")
                self.constants[name] = type
        for _ in range(self.random.randint(0, 2)):
            lines += ["", "", *self.helper()]
        entry, parameters = self.entry()
        lines += ["", "", *entry]
        calls = tuple(tuple(self.value(p) for p in parameters) for _ in range(2))
        return Program(seed, "\n".join(lines) + "\n", calls)

    def helper(self) -> list[str]:
        """A function that those after it may call."""
        name, result = self.fresh("helper"), self.pick(VALUES)
        head, scope = self.head(2)
        place = Place(1, False, result)
        body = [*self.block(scope, place, 3), f"return {self.expr(result, scope)}"]
        self.functions.append(Function(name, list(head.values()), result))
        return self.lines(name, head, result, body)

    def entry(self) -> tuple[list[str], list[Type]]:
        """The function that is called. It returns some of its names: what was done to them shows."""
        head, scope = self.head(4)
        begin = Place(0, False, "None")
        body: list[str] = []
        for _ in range(self.random.randint(1, 4)):
            body += self.define(scope, begin)
        kept = self.random.sample(list(scope.names), min(len(scope.names), 5))
        scope.kept = frozenset(kept)
        result = f"tuple[{', '.join(scope.names[name] for name in kept)}]"
        returned = f"({', '.join(kept)}{',' if len(kept) == 1 else ''})"
        place = Place(0, False, result, returned)
        body += [*self.block(scope, place, 9), f"return {returned}"]
        return self.lines(_ENTRY, head, result, body), list(head.values())

    def head(self, most: int) -> tuple[dict[str, Type], Scope]:
        """Parameters, and the scope that has them."""
        kinds = {self.fresh("a"): self.pick(VALUES) for _ in range(self.random.randint(1, most))}
        return kinds, Scope(dict(kinds))

    def lines(self, name: str, head: dict[str, Type], result: Type, body: list[str]) -> list[str]:
        parameters = ", ".join(f"{name}: {type}" for name, type in head.items())
        return [f"def {name}({parameters}) -> {result}:", *indented(body)]

    def value(self, type: Type) -> Any:
        """A Python value of ``type``."""
        empty = Scope({})
        if type == TENSOR:
            return torch.tensor([self.random.choice((-2.0, -0.5, 0.0, 1.0, 3.0)) for _ in range(3)])
        if type.startswith("Optional[") and self.chance(0.6):
            type = inner_of(type)
        if not type.startswith("list["):
            return ast.literal_eval(self.literal(type, empty))
        literals = [self.literal(type, empty) for _ in range(self.random.randint(0, 4))]
        return [item for text in literals for item in ast.literal_eval(text)]
