"""Control flow in which several exits meet: with, else of loops, break and return through unrolled loops, closures.

Eager Python is the oracle, exceptions included.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

import tsx
from tests.script.test_core import outcome


class Ctx:
    def __init__(self, log: list[str]):
        self.log = log

    def __enter__(self) -> int:
        self.log.append("enter")
        return 7

    def __exit__(self, a, b, c) -> None:
        self.log.append("exit")


def with_return(n: int) -> tuple[int, list[str]]:
    log: list[str] = []
    for i in range(3):
        with Ctx(log) as v:
            if i == n:
                return (v, log)
            if i == 2:
                break
            log.append(str(i))
    else:
        log.append("else")
    return (n, log)


def deep(n: int) -> int:
    r = 0
    for a in (1, 2, 3):
        for b in range(4):
            if b == n:
                continue
            if a * b == 6:
                break
            k = 0
            while True:
                k += 1
                if k > b:
                    break
                if k * a * n > 13:
                    return r * 100 + k
                r += k
        else:
            r += 1000
    return r


def while_else_nested(n: int) -> str:
    out = ""
    while n > 0:
        n -= 1
        for c in "abc":
            if c == "b" and n == 1:
                break
            out += c
        else:
            out += "!"
            continue
        out += "?"
    out += "."
    return out


def late(n: int) -> int:

    def g():
        return x * 2

    x = n
    y = g()
    x = 10
    return y + g()


def cond_def(flag: bool) -> int:

    def f(a):
        return a + 1

    if flag:

        def f(a):
            return a * 10

    return f(3)


def non_local(n: int) -> int:
    total = 0

    def add(k: int) -> None:
        nonlocal total
        total += k

    for i in range(n):
        add(i)
    return total


def swap_types(n: int):
    x = n
    x = str(x)
    x = [x, x]
    y, *z = x
    return (x, y, z)


def many_returns(n: int) -> int:
    if n == 0:
        return 10
    if n == 1:
        return 11
    for i in range(10):
        if i == n:
            if n == 2:
                return 12
            if n == 3:
                break
        if n == 4 and i == 9:
            raise RuntimeError(f"four {i}")
    else:
        return 99
    return i


def unbound_loop(n: int) -> int:
    for i in range(n):
        if i == 2:
            found = i
    return found


def kwmut(d: dict[str, int]) -> list[tuple[str, int]]:
    e = d
    e["z"] = 3
    d.pop("a", None)
    while len(e) < 3:
        e[str(len(e))] = e.pop("z", 9)
    return list(d.items())


def rec_mutual(n: int) -> bool:
    return even(n)


def even(n: int) -> bool:
    return True if n == 0 else odd(n - 1)


def odd(n: int) -> bool:
    return False if n == 0 else even(n - 1)


def unbound_on_some_ways(text: str, on: bool, last: int) -> str:
    n = 0
    while n < 4:
        n += 1
        if on or len(text) > n:
            if on:
                continue
            w = n * 10
        u = n if on else w
        if on:
            return "never"
        text = text + str([u, w])
        if n == last:
            return text
    return text + "!"


CASES: list[tuple[Callable[..., Any], list[tuple[Any, ...]]]] = [
    (with_return, [(1,), (5,)]),
    (deep, [(0,), (1,), (2,), (3,), (7,)]),
    (while_else_nested, [(0,), (3,), (-1,)]),
    (late, [(4,), (0,)]),
    (cond_def, [(True,), (False,)]),
    (non_local, [(3,)]),
    (swap_types, [(5,)]),
    (many_returns, [(0,), (1,), (2,), (3,), (4,), (5,)]),
    (unbound_loop, [(3,), (1,)]),
    (kwmut, [({"a": 1},), ({},)]),
    (rec_mutual, [(3,)]),
    (
        unbound_on_some_ways,
        [("ab", False, 2), ("ab", True, 2), ("", False, 2), ("abcdef", False, 9)],
    ),
]


@pytest.mark.parametrize(("function", "inputs"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_agrees_with_python(function: Callable[..., Any], inputs: list[tuple[Any, ...]]) -> None:
    module = tsx.script(function)
    for args in inputs:
        assert outcome(module, copy.deepcopy(args)) == outcome(function, copy.deepcopy(args))
