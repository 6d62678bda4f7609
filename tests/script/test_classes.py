"""Classes: NamedTuples, enums, dataclasses, users' classes with inheritance and magic methods. Python is the oracle."""

from __future__ import annotations

import abc
import collections
import dataclasses
import enum
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import pytest

import tsx
from tsx.errors import ScriptError


class Point(NamedTuple):
    x: int
    y: float = 0.5

    def sum(self) -> float:
        return self.x + self.y

    @property
    def double(self) -> float:
        return self.sum() * 2


Pair = collections.namedtuple("Pair", ["a", "b"])


def named_tuples(n: int) -> tuple[float, float, int, list[str], int]:
    p = Point(n)
    q = p._replace(y=2.0)
    x, y = q
    names = [name + "!" for name in q._fields]
    return p.sum(), q.double, x + len(p), names, int(y)


class Color(enum.Enum):
    RED = 1
    GREEN = 2

    def next(self) -> Color:
        return Color.GREEN if self is Color.RED else Color.RED


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 10


class Mode(enum.StrEnum):
    FAST = "fast"
    SLOW = "slow"


def enums(n: int) -> list[int]:
    color = Color(n)
    found = [color.value, len(Color), int(color == Color.RED), int(Color["GREEN"] is color)]
    for member in Color:
        found.append(member.value * 10)
    if color.next() in Color:
        found.append(len(color.next().name))
    level = Level.HIGH if n > 1 else Level.LOW
    if level > n:
        found.append(level + 1)
    found.append(len(Mode.FAST.value) + int(Mode.SLOW == "slow"))
    return found


@dataclasses.dataclass
class Box:
    width: int
    items: list[int] = dataclasses.field(default_factory=list)
    scale: float = 2.0
    area: float = dataclasses.field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.area = self.width * self.scale


@dataclasses.dataclass(order=True)
class Version:
    major: int
    minor: int = 0


def dataclass_objects(n: int) -> tuple[float, int, bool, bool, str]:
    a, b = Box(n), Box(n, scale=1.0)
    a.items.append(3)
    return (
        a.area,
        len(a.items) + len(b.items),
        a == b,
        Version(1, n) < Version(1, 2),
        f"{Version(n)}",
    )


class Shape:
    SIDES: ClassVar[int] = 0

    def __init__(self, name: str) -> None:
        self.name = name
        self._scale = 1.0

    @property
    def scale(self) -> float:
        return self._scale

    @scale.setter
    def scale(self, value: float) -> None:
        self._scale = value * 2

    def area(self) -> float:
        return self.scale

    def describe(self) -> str:
        return f"{self.name}:{self.SIDES}"

    @staticmethod
    def unit() -> float:
        return 1.5

    @classmethod
    def sides(cls) -> int:
        return cls.SIDES


class Square(Shape):
    SIDES = 4

    def __init__(self, size: float) -> None:
        super().__init__("square")
        self.size = size

    def area(self) -> float:
        return self.size**2 * super().area()


def inheritance(x: float) -> tuple[float, str, float, int]:
    square = Square(x)
    square.scale = 3.0
    square.scale += 1.0
    return square.area(), square.describe(), square.unit(), Square.sides()


class Vector:
    def __init__(self, items: list[float]) -> None:
        self.items = items

    def __add__(self, other: Vector) -> Vector:
        return Vector([a + b for a, b in zip(self.items, other.items, strict=True)])

    def __radd__(self, other: float) -> Vector:
        return Vector([other + item for item in self.items])

    def __getitem__(self, index: int) -> float:
        return self.items[index]

    def __setitem__(self, index: int, value: float) -> None:
        self.items[index] = value

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, item: float) -> bool:
        return item in self.items

    def __call__(self, times: int) -> float:
        return self.items[0] * times

    def __bool__(self) -> bool:
        return self.items[0] > 0


def magic_methods(x: float) -> tuple[float, float, int, bool, float, list[float], bool]:
    v = 1.0 + (Vector([x, 2.0]) + Vector([0.5, 0.5]))
    v[1] = 7.0
    doubled = [item * 2 for item in v]
    return v[0], v[1], len(v), 7.0 in v, v(3), doubled, bool(v)


class Stack:
    def __init__(self, first):
        self.first = first
        self.size = 1


def typed_by_arguments(n: int, text: str) -> tuple[int, str, int]:
    a, b = Stack(n), Stack(text)
    return a.first + 1, b.first + "!", a.size + b.size


class Node:
    def __init__(self, value: int) -> None:
        self.value = value
        self.next: Node | None = None


def linked(n: int) -> int:
    head = Node(0)
    for value in range(1, n):
        node = Node(value)
        node.next = head
        head = node
    total = 0
    at: Node | None = head
    while at is not None:
        total = total * 3 + at.value
        at = at.next
    return total


class Guard:
    def __init__(self) -> None:
        self.depth = 0

    def __enter__(self) -> Guard:
        self.depth += 1
        return self

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        self.depth -= 1


def context_managers(n: int) -> tuple[int, int]:
    guard = Guard()
    with guard as inner:
        seen = inner.depth
        if n > 2:
            return seen, guard.depth
    return seen, guard.depth


@dataclasses.dataclass
class Track:
    number: int
    hits: int = 1
    kept: list[int] = dataclasses.field(default_factory=list)
    limit: ClassVar[int] = 2

    def score(self) -> int:
        return self.number * self.hits + len(self.kept)


class Spot:
    place: int
    weight = 2

    def __init__(self, place: int) -> None:
        self.place = place


class Tracker:
    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self.spots: list[Spot] = []

    def update(self, n: int) -> None:
        """Reads what no constructor call ahead of it has made."""
        for spot in self.spots:
            spot.place += spot.weight
        for track in self.tracks:
            if track.hits < track.limit:
                track.hits += track.number
            track.kept.append(n)
        self.tracks.append(Track(n))
        self.spots.append(Spot(n))

    def best(self) -> int:
        return max([track.score() for track in self.tracks], default=-1)


def fields_before_objects(n: int) -> tuple[int, int, list[int], int, str]:
    tracker = Tracker()
    first = tracker.best()
    tracker.update(n)
    tracker.update(n + 1)
    track = tracker.tracks[0]
    return first, tracker.best(), track.kept, tracker.spots[0].place, str(track)


class Cell:
    def __init__(self, value: int | None) -> None:
        self.value: int | None = value
        self.pair: int | str | None = None


class Holder:
    def __init__(self) -> None:
        self.cell = Cell(None)


def assigned_attributes(n: int) -> tuple[int, int, str, bool, bool, bool]:
    holder, cell = Holder(), Cell(None)
    cell.value = n
    first = cell.value + 1
    if n > 2 or cell.value is None:
        cell.value = 4
    second = cell.value * 2
    cell.pair = "a"
    text = cell.pair + "b"
    for i in range(n):
        cell.value = i
        second += cell.value
    setattr(cell, "value", None)  # noqa: B010  (the builtin writes, too)
    holder.cell.value = n
    inner = holder.cell.value + 1
    holder.cell = Cell(None)
    cell.pair = None
    return (
        first,
        second + inner,
        text,
        cell.value is None,
        holder.cell.value is None,
        cell.pair is None,
    )


CASES: list[tuple[Callable[..., Any], list[tuple[Any, ...]]]] = [
    (named_tuples, [(3,)]),
    (enums, [(1,), (2,)]),
    (dataclass_objects, [(1,), (3,)]),
    (inheritance, [(2.0,)]),
    (magic_methods, [(1.0,), (-3.0,)]),
    (typed_by_arguments, [(4, "a")]),
    (linked, [(5,)]),
    (context_managers, [(1,), (3,)]),
    (fields_before_objects, [(3,), (0,)]),
    (assigned_attributes, [(3,), (0,)]),
]


@pytest.mark.parametrize(
    ("function", "inputs"), CASES, ids=lambda case: getattr(case, "__name__", "")
)
def test_as_python(function: Callable[..., Any], inputs: list[tuple[Any, ...]]) -> None:
    scripted = tsx.script(function)
    for args in inputs:
        got, want = scripted(*args), function(*args)
        assert got == want
        assert type(got) is type(want)


class Abstract(abc.ABC):
    @abc.abstractmethod
    def value(self) -> int: ...


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int


SHARED = Guard()


def makes_abstract() -> int:
    return Abstract().value()


def writes_frozen() -> int:
    frozen = Frozen(1)
    frozen.x = 2
    return frozen.x


def adds_attribute(n: int) -> int:
    guard = Guard()
    guard.extra = n
    return n


def writes_global(n: int) -> int:
    SHARED.depth = n
    return n


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (makes_abstract, "TSX3222"),
        (writes_frozen, "TSX3223"),
        (adds_attribute, "TSX3224"),
        (writes_global, "TSX3225"),
    ],
)
def test_what_objects_can_not_do(function: Callable[..., Any], code: str) -> None:
    with pytest.raises(ScriptError) as caught:
        tsx.script(function)
    assert caught.value.code == code
