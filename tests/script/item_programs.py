"""Programs whose containers hold objects, dataclasses and members of enums: what compares, hashes, sorts and prints by
its class. ``CASES`` holds each program with its inputs; eager Python says what comes of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import Any, NamedTuple

CASES: dict[Callable[..., Any], tuple[tuple[Any, ...], ...]] = {}


def case(*inputs: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enters a program with its inputs; a lone argument need not be a tuple."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        CASES[function] = tuple(i if isinstance(i, tuple) else (i,) for i in inputs) or ((),)
        return function

    return enter


# -- classes with magic methods ---------------------------------------------------------------------------------------


class V:
    """Equal by the last digit, ordered backwards."""

    def __init__(self, a: int) -> None:
        self.a = a

    def __eq__(self, other: object) -> bool:
        return isinstance(other, V) and self.a % 10 == other.a % 10

    def __hash__(self) -> int:
        return self.a % 10

    def __repr__(self) -> str:
        return f"V({self.a})"

    def __str__(self) -> str:
        return f"<{self.a}>"

    def __lt__(self, other: V) -> bool:
        return self.a > other.a


@case(1, 2)
def found_in_lists(n: int) -> list[bool]:
    xs = [V(1), V(3)]
    xs.append(V(5))
    nested = [[V(n)], [V(2)]]
    return [
        V(n) in [V(1), V(3)], V(n) in xs, V(n) not in xs, [V(1)] in nested, V(11) in (V(n), V(4)),
    ]  # fmt: skip


@case(1, 2)
def lists_compared(n: int) -> list[bool]:
    xs, ys = [V(n)], [V(1)]
    for i in range(2):
        xs.append(V(i))
        ys.append(V(i + 10))
    return [
        xs == ys, xs != ys, [V(n)] == [V(11)], [xs] == [ys], {"a": xs} == {"a": ys},
        (V(n), 1) == (V(11), 1), [(V(n), 1)] == [(V(1), 1)],
    ]  # fmt: skip


@case(1, 2, 3)
def searched(n: int) -> list[int]:
    xs = [V(1), V(2), V(11), V(1)]
    count = xs.count(V(n))
    xs.remove(V(n))
    return [count, *[x.a for x in xs]]


@case((1, 0), (2, 0), (1, 1), (1, -1), (3, 0))
def indexed(n: int, start: int) -> int:
    return [V(1), V(2), V(11), V(1)].index(V(n), start)


@case(1)
def printed(n: int) -> list[str]:
    xs = [V(n)]
    xs.append(V(2))
    some: V | None = V(n) if n > 0 else None
    none: V | None = V(n) if n > 1 else None
    return [
        repr(xs), str(xs), f"{xs}", f"{xs!r:>20}", str((V(n), 1)), "%s %s" % (xs, V(n)),
        "{} {!r}".format(xs, V(n)), str({"a": V(n)}), str({V(n): 1}), str(some), str(none),
        str([some, none]), str([(V(n), 1)]), str([[V(n)]]), str({1: (V(n),)}), str({V(n)}),
    ]  # fmt: skip


@case(1)
def written_out(n: int) -> None:
    print([V(n)], V(n), (V(n),), {"a": V(n)})


@case(1, 3)
def ordered(n: int) -> list[int]:
    xs = [V(n), V(5), V(2)]
    xs.sort()
    ys = sorted([V(n), V(7), V(0)], reverse=True)
    best = [min(xs).a, min(V(n), V(4)).a, max(ys, key=lambda v: v.a).a, min(ys, key=V.__str__).a]
    zs = sorted([(1, V(3)), (0, V(n)), (1, V(9))])
    numbers = [n, 5, 1, 9]
    numbers.sort(key=V)
    return [*[x.a for x in xs], *[y.a for y in ys], *best, *[v.a for _, v in zs], *numbers]


@case(1, 3)
def keys(n: int) -> list[int]:
    table = {V(n): 1, V(11): 2}
    table[V(4)] = 3
    table[V(14)] += 5
    table.update({V(24): 7, V(8): 9})
    found = [len(table), int(V(1) in table), int(V(2) in table), table[V(14)], table.get(V(6), -1)]
    found += [table.pop(V(18)), table.setdefault(V(4), 0), len(table)]
    del table[V(34)]
    merged = table | {V(1): 0}
    return [*found, len(merged), *[key.a for key in table], *[k.a * v for k, v in merged.items()]]


@case(1, 3)
def sets(n: int) -> list[int]:
    a, b = {V(n), V(1)}, {V(13), V(2)}
    a.add(V(11))
    b.discard(V(12))
    both = {V(i % 3) for i in range(9)}
    flags = [a == {V(11), V(21)}, a <= b, a.issubset(both), a.isdisjoint(b), V(23) in b]
    sizes = [len(s) for s in (a, b, a & b, a | b, a - b, a ^ b, both, set([V(1), V(11)]))]
    return [*sizes, *[int(flag) for flag in flags]]


@case(1, 3)
def missing_key(n: int) -> int:
    return {V(1): 2}[V(n)]


class Counted:
    def __init__(self) -> None:
        self.n = 0

    def __eq__(self, other: object) -> bool:
        self.n += 1
        return False

    __hash__ = None  # as Python sets it beside an __eq__


@case()
def identity_comes_first() -> tuple[bool, int, bool, int, int]:
    c = Counted()
    xs = [c, Counted()]
    return c in xs, xs.index(c), xs == [c, xs[1]], xs.count(c), c.n


class Plain:
    def __init__(self, a: int) -> None:
        self.a = a


@case(3)
def without_methods(n: int) -> list[bool]:
    p, q = Plain(n), Plain(n)
    table = {p: 1}
    return [
        p in [p], q in [p], p == q, p != q, [p] == [p], [p] == [q], p in table, q in table, len({p, q, p}) == 2,
    ]  # fmt: skip


class Animal:
    def __init__(self, a: int) -> None:
        self.a = a

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Animal):
            return NotImplemented
        return self.a == other.a

    def __hash__(self) -> int:
        return self.a

    def __repr__(self) -> str:
        return f"{self.kind()}({self.a})"

    def kind(self) -> str:
        return "Animal"


class Dog(Animal):
    def kind(self) -> str:
        return "Dog"


@case(3, 7)
def inherited(n: int) -> list[str]:
    xs = [Dog(n), Dog(3)]
    return [
        str(xs),
        str(Dog(3) in xs),
        str(xs.index(Dog(3))),
        str(Dog(n) == Animal(3)),
        str(Dog(n) == None),
    ]


@functools.total_ordering
class Total:
    def __init__(self, a: int) -> None:
        self.a = a

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Total) and self.a == other.a

    def __lt__(self, other: Total) -> bool:
        return self.a < other.a

    __hash__ = None


@case(1, 2, 3)
def totally_ordered(n: int) -> tuple[bool, bool, bool, list[int], int]:
    a, b = Total(n), Total(2)
    return a <= b, a >= b, a > b, [x.a for x in sorted([a, b])], max([a, b]).a


# -- dataclasses and NamedTuples --------------------------------------------------------------------------------------


@dataclass(order=True)
class Ranked:
    a: int
    b: str = field(default="x", compare=False)


@dataclass(eq=False)
class ById:
    a: int


@dataclass(frozen=True)
class Key:
    a: int
    b: str = "q"


@dataclass(frozen=True, order=True)
class Sorted:
    a: int
    b: str = "q"


@dataclass(frozen=True)
class Doubled:
    a: int
    b: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "b", self.a * 2)


@dataclass
class Tree:
    value: int
    kids: list[Tree] = field(default_factory=list)
    secret: int = field(default=3, repr=False)


@dataclass
class Base:
    a: int


@dataclass
class More(Base):
    c: int = 0


class Same(Base):
    pass


class Pair(NamedTuple):
    key: Key
    n: int = 1


@case(1, 3)
def dataclass_order(n: int) -> list[str]:
    xs = [Ranked(n), Ranked(2, "y"), Ranked(0, "z")]
    xs.sort()
    return [
        str(xs), str(sorted(xs, reverse=True)), str(min(xs)), str(max(xs)), str(Ranked(n) < Ranked(2)),
        str(Ranked(1, "a") == Ranked(n, "b")), str(Ranked(1) in xs),
    ]  # fmt: skip


@case(5, 1)
def many_sorted(n: int) -> list[str]:
    xs = [Sorted((i * 37) % 11, str(i % 3)) for i in range(40)]
    xs.sort(reverse=n > 3)
    ys = sorted(xs, key=lambda x: Sorted(0, x.b), reverse=n <= 3)
    return [f"{x.a}{x.b}" for x in [*xs, *ys]]


@case(1, 3)
def dataclass_identity(n: int) -> list[bool]:
    a = ById(n)
    xs = [a, ById(n)]
    return [a in xs, ById(n) in xs, a == a, a == ById(n), xs == xs, xs == [a, ById(n)]]


@case(1, 3)
def frozen_keys(n: int) -> list[str]:
    table = {(Key(n), 1): "a", (Key(1), 2): "b"}
    return [
        table[(Key(n), 1)], str((Key(1), 2) in table), str((Key(9), 1) in table), str({Key(n), Key(n)}),
        str(Doubled(n)), str(len({Doubled(n), Doubled(1)})), str({Key(i % 2): i for i in range(4)}),
    ]  # fmt: skip


@case(1, 3)
def trees(n: int) -> tuple[bool, str, bool, int]:
    a = Tree(n, [Tree(1), Tree(2, [Tree(n)])])
    b = Tree(1, [Tree(1), Tree(2, [Tree(1)])])
    return a == b, str(a), a in [b], [a].count(b)


@case(1, 3)
def derived_dataclasses(n: int) -> list[str]:
    flags = [
        More(n) == More(n),
        More(n) == Base(n),
        Same(n) == Same(1),
        Same(n) == Base(n),
        Same(1) in [Same(n)],
    ]
    kinds = [
        type(Base(n)) is Base,
        type(Base(n)) == More,
        type(Pair(Key(n))) is tuple,
        type(More(n)) is type(More(1)),
    ]
    return [
        str(Same(n)),
        str([More(n)]),
        *map(str, flags),
        *map(str, kinds),
        Same(n).__class__.__name__,
    ]


@case(1, 3)
def named_tuples_of_objects(n: int) -> list[str]:
    t = Pair(Key(n))
    xs = [t, Pair(Key(2), 5)]
    return [
        str(t == Pair(Key(1))), str(Pair(Key(1)) in xs), str(t), str(xs), str(xs == [Pair(Key(1)), Pair(Key(2), 5)]),
        str(xs.count(Pair(Key(3)))), str({"a": t}), f"{t!r:>40}",
    ]  # fmt: skip


@case(1, 3)
def optional_objects(n: int) -> list[str]:
    xs: list[Key | None] = [Key(n), None, Key(3)]
    return [
        str(xs), str(None in xs), str(Key(3) in xs), str(xs.count(None)), str(xs.index(None)),
        str(xs == [Key(1), None, Key(3)]), str(xs[0] == xs[2]), str(xs[1] == xs[0]), str(xs[0] == Key(3)),
    ]  # fmt: skip


@case(1, 3)
def dict_views(n: int) -> list[str]:
    table = {"a": Key(n), "b": Key(3)}
    return [
        str(table == {"b": Key(3), "a": Key(1)}), str(Key(3) in table.values()), str(list(table.items())),
        str(list(table.values()).index(Key(3))), str(("a", Key(1)) in table.items()),
    ]  # fmt: skip


# -- enums ------------------------------------------------------------------------------------------------------------


class Color(Enum):
    RED = 1
    GREEN = 2


class Level(IntEnum):
    LOW = 1
    HIGH = 10


class Speed(StrEnum):
    FAST = "fast"
    SLOW = "slow"


class Letter(str, Enum):
    X = "x"
    Y = "y"


class Number(int, Enum):
    P = 3
    Q = 4


class Spoken(Enum):
    A = "a"
    B = "b"

    def __str__(self) -> str:
        return f"spoken {self.value}"

    def __format__(self, spec: str) -> str:
        return f"{spec}:{self.name}"


class Curve(Enum):
    LINE = (1, 2)
    SQUARE = (3, 4)


@case(1, 2)
def enum_text(n: int) -> list[str]:
    c = Color(n)
    return [
        f"{c}", str(c), repr(c), f"{c!r}", f"{c:>12}|", format(c), "%s" % c, "%r" % (c,), "{} {!r}".format(c, c),
        f"{Color.RED}", str(Color.RED), repr(Color.RED), str([c, Color.RED]), repr({c: n}), str((c, 1)), str({c}),
        str({"k": Color.GREEN}), str(list(Color)),
    ]  # fmt: skip


@case(1, 10)
def int_enum_text(n: int) -> list[str]:
    c = Level(n)
    return [
        f"{c}", str(c), repr(c), f"{c:4d}|", format(c), "%d" % c, "%s" % c, "{} {!r}".format(c, c), f"{Level.HIGH}",
        f"{Level.LOW:>3}", str([c, Level.HIGH]), str({Level.LOW: 1}), str(c + 1),
    ]  # fmt: skip


@case("fast", "slow")
def str_enum_text(n: str) -> list[str]:
    c = Speed(n)
    return [
        f"{c}", str(c), repr(c), f"{c:>8}|", format(c), "%s" % c, "{} {!r}".format(c, c), c.upper(), c + "!", "a" + c,
        "-".join([Speed.FAST, c]), ",".join(Speed), str([c]), f"{Speed.FAST}",
    ]  # fmt: skip


@case("x", "y")
def mixed_enum_text(n: str) -> list[str]:
    c = Letter(n)
    d = Number.Q if n == "y" else Number.P
    return [
        f"{c}", str(c), repr(c), f"{c:>12}|", "%s" % c, c.upper(), c + "!", str([c]), f"{d}", str(d), f"{d:>6}|",
        "%d|%s|%r" % (d, d, d), str(d + 1), "-".join([Letter.X, c]),
    ]  # fmt: skip


@case("a", "b")
def own_enum_text(n: str) -> list[str]:
    c = Spoken(n)
    return [
        f"{c}",
        str(c),
        repr(c),
        f"{c:abc}",
        f"{Spoken.A}",
        str([c]),
        "%s" % c,
        "{:q}".format(c),
    ]


@case("LINE", "SQUARE")
def enum_of_tuples(n: str) -> tuple[str, str, str, tuple[int, int]]:
    return Curve[n].name, str(Curve[n]), repr(Curve.LINE), Curve.LINE.value


@case(1, 2)
def optional_enum(n: int) -> list[str]:
    c: Color | None = Color(n) if n > 1 else None
    return [str(c), f"{c}", str(c == Color.GREEN), str([c] == [None]), str([c, Color.RED])]


@case(1, 10)
def int_enums_are_ints(n: int) -> list[int]:
    xs = [Level.HIGH, Level(n), Level.LOW]
    flags = [
        Level(n) in [1, 2], 1 in xs, xs == [10, n, 1], (Level(n), 2) == (1, 2), (1, 2) in [(Level(n), 2)],
        Level(n) < Level.HIGH, Level(n) in {1: "a"}, [(Level(n), 1)] == [(1, 1)],
    ]  # fmt: skip
    table = {1: 5, 10: 6}
    return [
        sum(xs), max(xs).value, min(xs).value, xs.count(Level(n)), xs.count(1), xs.index(Level.HIGH), xs.index(10),
        table[Level(n)], +xs[1], -xs[1], abs(xs[1]), [7, 8, 9][Level.LOW], *[x.value for x in sorted(xs)],
        *[int(flag) for flag in flags],
    ]  # fmt: skip


@case("fast", "slow")
def str_enums_are_strings(n: str) -> list[bool]:
    xs = [Speed.SLOW, Speed(n)]
    return [
        "fast" in xs, Speed.FAST in ["fast"], xs == ["slow", n], Speed(n) in ("fast", "x"), Speed(n) in {"fast"},
        max(xs) == "slow", sorted(xs)[0] == n, {"fast": 1}.get(Speed(n), 0) == 1,
    ]  # fmt: skip


@case(1, 2)
def missing_member(n: int) -> str:
    return {Color.RED: "r"}[Color(n)]


# -- tuples of any length ---------------------------------------------------------------------------------------------


@case(([1, 2],), ([],), ([3],))
def tuples_of_any_length(values: list[int]):
    made = tuple(values)
    values.append(9)
    return (
        made,
        (str(made), 1, made[1:]),
        made + (4,),
        tuple(str(v) for v in values),
        made == (1, 2),
        made < (2,),
    )


# -- what is returned ----------------------------------------------------------------------------------------------------


class Point(NamedTuple):
    x: int
    y: float = 0.5


@dataclass
class Held:
    point: Point
    points: list[Point]
    some: Point | None = None


def returned(n: int):
    return (
        Point(n),
        [Point(n)],
        {"a": (Point(n), 1)},
        Held(Point(n), [Point(1)], Point(2)),
        Color(n),
    )


def one_of_several(n: int) -> int | Point:
    if n > 1:
        return Point(n)
    return n
