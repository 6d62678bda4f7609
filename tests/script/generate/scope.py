"""Types of generated programs, the names that are in scope with their types, and the dice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

Type = (
    str  # as it is written in an annotation: "int", "list[int]", "Optional[str]", "tuple[int, str]"
)

SCALARS: tuple[Type, ...] = ("int", "float", "bool", "str")
LISTS: tuple[Type, ...] = ("list[int]", "list[float]", "list[str]", "list[list[int]]")
DICTS: tuple[Type, ...] = (
    "dict[str, int]",
    "dict[int, float]",
    "dict[str, list[int]]",
    "dict[int, str]",
)
TUPLES: tuple[Type, ...] = ("tuple[int, str]", "tuple[int, float]", "tuple[int, int]")
OPTIONALS: tuple[Type, ...] = ("Optional[int]", "Optional[str]")
TENSOR: Type = "torch.Tensor"  # always three float32 numbers
VALUES = (*SCALARS, *LISTS, *DICTS, *TUPLES, *OPTIONALS, TENSOR)


def element_of(type: Type) -> Type:
    """``int`` of ``list[int]``."""
    return type[len("list[") : -1]


def key_and_value(type: Type) -> tuple[Type, Type]:
    """``str``, ``list[int]`` of ``dict[str, list[int]]``."""
    key, _, value = type[len("dict[") : -1].partition(", ")
    return key, value


def parts_of(type: Type) -> list[Type]:
    """``int``, ``str`` of ``tuple[int, str]``."""
    return type[len("tuple[") : -1].split(", ")


def inner_of(type: Type) -> Type:
    """``int`` of ``Optional[int]``."""
    return type[len("Optional[") : -1]


@dataclass
class Function:
    """A function that may be called."""

    name: str
    parameters: list[Type]
    result: Type


@dataclass
class Scope:
    """What may be used at one place of a function."""

    names: dict[str, Type]
    frozen: set[str] = field(default_factory=set)  # names that must not be assigned here
    iterated: set[str] = field(default_factory=set)  # containers that a loop around walks over
    kept: frozenset[str] = (
        frozenset()
    )  # names that keep their type, since the function returns them
    declared: set[str] = field(default_factory=set)  # names whose type the source states

    def of(self, type: Type) -> list[str]:
        return [name for name, known in self.names.items() if known == type]

    def assignable(self, type: Type) -> list[str]:
        return [name for name in self.of(type) if name not in self.frozen]

    def inner(self, **names: Type) -> Scope:
        """The scope of a block: what it defines is not seen after it."""
        return Scope(
            {**self.names, **names}, set(self.frozen), set(self.iterated), self.kept, self.declared
        )


class Maker:
    """The dice, fresh names, and the depth to which expressions may nest."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.counter = 0
        self.functions: list[Function] = []
        self.constants: dict[str, Type] = {}
        self.depth = 0

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, items: Sequence[str]) -> str:
        return self.random.choice(items)

    def fresh(self, stem: str) -> str:
        self.counter += 1
        return f"{stem}{self.counter}"

    @contextmanager
    def deeper(self) -> Iterator[None]:
        self.depth += 1
        yield
        self.depth -= 1
