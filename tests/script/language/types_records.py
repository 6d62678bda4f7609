"""Section 1.1: NamedTuple, Enum, classes, dataclasses, interfaces."""

from collections import namedtuple
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.1", "NamedTuple, Enum, classes")

X = torch.arange(6.0).reshape(2, 3) - 2


class Point(NamedTuple):
    x: int
    y: int


class Beam(NamedTuple):
    tokens: List[int]
    score: float = 0.0


class Box(NamedTuple):
    left: float
    right: float

    def width(self) -> float:
        return self.right - self.left


Pair = namedtuple("Pair", ["first", "second"])


def namedtuple_is_made(a: int) -> int:
    p = Point(a, y=a + 1)
    return p.x * p.y


rows.add(namedtuple_is_made, "a NamedTuple, by position and by name", 3)


def namedtuple_is_unpacked(p: Point) -> int:
    x, y = p
    return x - y


rows.add(namedtuple_is_unpacked, "a NamedTuple is unpacked", (Point(5, 2),))


def namedtuple_is_indexed(p: Point) -> int:
    return p[0] * 10 + p[1]


rows.add(namedtuple_is_indexed, "a NamedTuple is indexed", (Point(5, 2),))


def namedtuple_result(n: int) -> Point:
    return Point(n, -n)


rows.add(namedtuple_result, "a NamedTuple as a result", 4)


def namedtuple_default(n: int) -> float:
    beam = Beam([n])
    return beam.score + beam.tokens[0]


rows.add(namedtuple_default, "a field's default", 4)


def namedtuple_in_list(n: int) -> float:
    beams: List[Beam] = []
    for i in range(n):
        beams.append(Beam([i], i / 2))
    best = 0.0
    for beam in beams:
        if beam.score > best:
            best = beam.score
    return best


rows.add(namedtuple_in_list, "a list of NamedTuples", 4)


def collections_namedtuple(x: Tensor) -> Tensor:
    pair = Pair(x, x + 1)
    return pair.first * pair.second


rows.add(collections_namedtuple, "`collections.namedtuple`: its fields are Tensors", X)


def namedtuple_method(a: float, b: float) -> float:
    return Box(a, b).width()


rows.add(namedtuple_method, "a NamedTuple's method", (1.0, 3.5))


def namedtuple_replace(p: Point) -> Point:
    return p._replace(y=7)


rows.add(namedtuple_replace, "`_replace`", (Point(1, 2),))


def namedtuple_asdict(p: Point) -> int:
    return p._asdict()["x"]


rows.add(namedtuple_asdict, "`_asdict`", (Point(1, 2),))


def topk_result(x: Tensor) -> Tuple[Tensor, Tensor]:
    top = torch.topk(x, 2, dim=1)
    return top.values, top.indices


rows.add(topk_result, "the named results of `torch.topk`", X)


def max_result(x: Tensor) -> Tensor:
    values, indices = torch.max(x, dim=1)
    return values + indices


rows.add(max_result, "the results of `torch.max(x, dim)`", X)


class Color(Enum):
    RED = 1
    GREEN = 2


class Mode(Enum):
    SUM = "sum"
    MEAN = "mean"


class Level(IntEnum):
    LOW = 1
    HIGH = 5


def enum_compared(n: int) -> int:
    color = Color.RED if n > 0 else Color.GREEN
    if color == Color.RED:
        return 1
    return 2


rows.add(enum_compared, "Enum members are compared", 1, -1)


def enum_value(n: int) -> int:
    return n * Color.GREEN.value


rows.add(enum_value, "`.value` of an int Enum", 4)


def enum_str_value() -> str:
    return Mode.MEAN.value + Mode.SUM.name


rows.add(enum_str_value, "`.value` and `.name`")


def enum_is(n: int) -> bool:
    mode = Mode.SUM
    if n > 1:
        mode = Mode.MEAN
    return mode is Mode.MEAN


rows.add(enum_is, "`is` between Enum members", 1, 2)


def enum_iterated() -> List[int]:
    return [c.value for c in Color]


rows.add(enum_iterated, "iterating over an Enum class")


def enum_loop() -> str:
    text = ""
    for mode in Mode:
        text += mode.name + "=" + mode.value + ";"
    return text


rows.add(enum_loop, "`for member in Enum`")


def enum_in_branch(x: Tensor, use_mean: bool) -> Tensor:
    mode = Mode.MEAN if use_mean else Mode.SUM
    if mode == Mode.MEAN:
        return x.mean()
    return x.sum()


rows.add(enum_in_branch, "an Enum decides a branch", (X, True), (X, False))


def int_enum_compared(n: int) -> bool:
    return n > Level.LOW and Level.HIGH > n


rows.add(int_enum_compared, "an IntEnum is compared with ints", 1, 3, 5)


def enum_as_key(n: int) -> int:
    weights = {Color.RED: 10, Color.GREEN: 20}
    return weights[Color.GREEN] + n


rows.add(enum_as_key, "an Enum member as a dict's key", 1)


class Counter:
    def __init__(self, start: int):
        self.value = start
        self.steps: List[int] = []

    def add(self, n: int) -> int:
        self.value += n
        self.steps.append(n)
        return self.value


def class_is_used(n: int) -> int:
    counter = Counter(10)
    counter.add(n)
    counter.add(2 * n)
    return counter.value + len(counter.steps)


rows.add(class_is_used, "an object with state", 3)


def objects_are_shared(n: int) -> int:
    a = Counter(n)
    b = a
    b.value = 7
    return a.value


rows.add(objects_are_shared, "two names for one object", 1)


def objects_in_list(n: int) -> int:
    counters = [Counter(i) for i in range(n)]
    for counter in counters:
        counter.add(1)
    total = 0
    for counter in counters:
        total += counter.value
    return total


rows.add(objects_in_list, "a list of objects", 3)


class Vec:
    def __init__(self, x: float, y: float):
        self.x = x
        self.y = y

    def __add__(self, other: "Vec") -> "Vec":
        return Vec(self.x + other.x, self.y + other.y)

    def __mul__(self, k: float) -> "Vec":
        return Vec(self.x * k, self.y * k)

    def __eq__(self, other: "Vec") -> bool:
        return self.x == other.x and self.y == other.y

    def __lt__(self, other: "Vec") -> bool:
        return self.norm2() < other.norm2()

    def norm2(self) -> float:
        return self.x * self.x + self.y * self.y


def class_operators(a: float) -> float:
    v = Vec(a, 1.0) + Vec(2.0, 3.0) * 2.0
    return v.norm2()


rows.add(class_operators, "`__add__` and `__mul__`", 0.5)


def class_compares(a: float) -> Tuple[bool, bool, bool]:
    v, w = Vec(a, 1.0), Vec(1.0, a)
    return v == w, v < w, v != w


rows.add(class_compares, "`__eq__` and `__lt__`; `!=` is what `__eq__` says not", 1.0, 2.0)


class Table:
    def __init__(self, size: int):
        self.data: Dict[str, int] = {}
        self.size = size

    def __getitem__(self, key: str) -> int:
        return self.data[key]

    def __setitem__(self, key: str, value: int) -> None:
        self.data[key] = value

    def __delitem__(self, key: str) -> None:
        del self.data[key]

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def __len__(self) -> int:
        return len(self.data)

    def __call__(self, n: int) -> int:
        return self.size * n

    def __bool__(self) -> bool:
        return self.size > 0


def class_item_methods(n: int) -> int:
    table = Table(n)
    table["a"] = 3
    table["b"] = 4
    del table["a"]
    found = 100 if "b" in table else 0
    return table["b"] + len(table) * 10 + found


rows.add(
    class_item_methods, "`__getitem__`, `__setitem__`, `__delitem__`, `__contains__`, `__len__`", 2
)


def class_call_and_bool(n: int) -> int:
    table = Table(n)
    if table:
        return table(5)
    return -1


rows.add(class_call_and_bool, "`__call__` and `__bool__`", 2, 0)


class Celsius:
    def __init__(self, degrees: float):
        self.degrees = degrees

    @property
    def kelvin(self) -> float:
        return self.degrees + 273.15

    @staticmethod
    def freezing() -> float:
        return 0.0

    def above(self) -> bool:
        return self.degrees > Celsius.freezing()


def class_property(d: float) -> Tuple[float, bool]:
    t = Celsius(d)
    return t.kelvin, t.above()


rows.add(class_property, "a property and a static method", 20.0, -5.0)


def static_through_object(d: float) -> float:
    return Celsius(d).freezing() + d


rows.add(static_through_object, "a static method through an object", 2.0)


class Scaled:
    factor: int = 3

    def __init__(self, n: int):
        self.n = n

    def result(self) -> int:
        return self.n * self.factor


def class_attribute(n: int) -> int:
    return Scaled(n).result()


rows.add(class_attribute, "a class attribute", 4)


class Lazy:
    def __init__(self, flag: bool):
        if flag:
            self.value = 1
        else:
            self.value = 2


def attribute_in_branch(flag: bool) -> int:
    return Lazy(flag).value


rows.add(attribute_in_branch, "an attribute that both branches of `__init__` set", True, False)


class Base:
    def __init__(self, n: int):
        self.n = n

    def twice(self) -> int:
        return self.n * 2


class Derived(Base):
    def __init__(self, n: int):
        super().__init__(n + 1)
        self.extra = n

    def total(self) -> int:
        return self.twice() + self.extra


def class_inherits(n: int) -> int:
    return Derived(n).total()


rows.add(class_inherits, "inheritance and `super().__init__`", 4)


class RightAdd:
    def __init__(self, n: int):
        self.n = n

    def __radd__(self, other: int) -> int:
        return other * 10 + self.n


def class_radd(n: int) -> int:
    return n + RightAdd(3)


rows.add(class_radd, "`__radd__`", 2)


class Node:
    def __init__(self, value: int):
        self.value = value
        self.next: Optional["Node"] = None


def linked_list(n: int) -> int:
    head = Node(0)
    for i in range(1, n):
        node = Node(i)
        node.next = head
        head = node
    total = 0
    at: Optional[Node] = head
    while at is not None:
        total = total * 2 + at.value
        at = at.next
    return total


rows.add(linked_list, "a class with an attribute of its own type", 4)


@dataclass
class Span:
    start: int
    end: int
    label: str = "none"

    def length(self) -> int:
        return self.end - self.start


def dataclass_is_used(a: int) -> Tuple[int, str]:
    span = Span(a, 9)
    span.end = span.end + 1
    return span.length(), span.label


rows.add(dataclass_is_used, "a dataclass", 2)


def dataclass_equality(a: int) -> bool:
    return Span(a, 2) == Span(1, 2, "none")


rows.add(dataclass_equality, "a dataclass's `==`", 1, 2)


@dataclass
class Bag:
    items: List[int] = field(default_factory=list)
    total: int = 0

    def __post_init__(self):
        self.total = self.total + len(self.items)


def dataclass_factory(n: int) -> int:
    bag = Bag()
    bag.items.append(n)
    other = Bag([1, 2, 3], 10)
    return len(bag.items) + len(Bag().items) * 10 + other.total


rows.add(dataclass_factory, "`field(default_factory=list)` and `__post_init__`", 5)


@torch.jit.interface
class Scorer(torch.nn.Module):
    def score(self, x: Tensor) -> Tensor:
        pass


class SumScorer(torch.nn.Module):
    def score(self, x: Tensor) -> Tensor:
        return x.sum()


class UsesInterface(torch.nn.Module):
    scorer: Scorer

    def __init__(self):
        super().__init__()
        self.scorer = SumScorer()

    def forward(self, x: Tensor) -> Tensor:
        return self.scorer.score(x) + 1


rows.add(UsesInterface, "a submodule behind an interface", X)
