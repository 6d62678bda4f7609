"""The language core: control flow with exits, values of names, closures, recursion. Eager Python is the oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tsx
from tsx.errors import RunError, ScriptError
from tsx.ir.equal import equal
from tsx.ir.text import parse_graph


def early_return(x: int, y: int) -> int:
    if x > y:
        return x
    z = y * 2
    if z > 10:
        z = z - 1
    return z + x


def break_and_continue(n: int) -> int:
    i = 0
    total = 0
    while i < n:
        i += 1
        if i % 2:
            continue
        if i > 6:
            break
        total += i
    return total


def return_from_nested_loops(n: int) -> int:
    i = 0
    while i < n:
        i += 1
        j = 0
        while j < i:
            j += 1
            if j * i > 20:
                return j
            if j == 4:
                break
    return i


def endless(n: int) -> int:
    x = 0
    while True:
        x = x + 3
        if x > n:
            return x


def widens(n: int):  # an int that becomes a float
    x = 0
    i = 0
    while i < n:
        x = x + 0.5
        i += 1
    return x


def best(n: int):  # None that becomes an int
    found = None
    i = 0
    while i < n:
        if found is None or i * i % 7 > found:
            found = i * i % 7
        i += 1
    return found


def asserts(n: int) -> int:
    if n <= 0:
        raise ValueError
    if n > 5:
        raise ValueError("too large")
    return n


def chained(a: int, b: int, c: int) -> bool:
    return a < b < c


def operands(a: int, b: int) -> int:
    return (a and b) or 7


def unrolled(n: int) -> int:
    total = 0
    for k in (1, 2, 3):
        if k == n:
            continue
        if k > n:
            break
        total += k
    else:
        total = -total
    return total


def while_else(n: int) -> int:
    i = 0
    while i < n:
        i += 1
        if i == 5:
            break
    else:
        return -1
    return i


def maybe_unbound(n: int) -> int:
    if n > 2:
        found = n
    return found


def factorial(n: int) -> int:
    return 1 if n <= 1 else n * factorial(n - 1)


def scaled(x, k):  # compiled once for each way it is called
    return x * k + 1


def specialised(x: int) -> float:
    return scaled(x, 2) + scaled(x, 1.5)


def closures(n: int) -> int:
    add = lambda a: a + n  # noqa: E731  (what is tested)
    n = n + 1

    def h(a: int, b: int = 1, *rest: int, k: int = 2) -> int:
        return add(a) * k + b

    return h(1, 2, 3) + h(0, k=3)


CASES: list[tuple[Callable[..., Any], list[tuple[int, ...]]]] = [
    (early_return, [(1, 2), (9, 3), (1, 20)]),
    (break_and_continue, [(0,), (5,), (20,)]),
    (return_from_nested_loops, [(2,), (9,), (5,)]),
    (endless, [(7,)]),
    (widens, [(0,), (3,)]),
    (best, [(0,), (5,), (9,)]),
    (asserts, [(3,), (0,), (9,)]),
    (chained, [(1, 2, 3), (1, 3, 2), (3, 1, 2)]),
    (operands, [(0, 3), (2, 3), (2, 0)]),
    (unrolled, [(1,), (2,), (3,), (9,)]),
    (while_else, [(3,), (9,)]),
    (maybe_unbound, [(3,), (1,)]),
    (factorial, [(5,), (1,)]),
    (specialised, [(3,)]),
    (closures, [(4,)]),
]


def outcome(function: Callable[..., Any], args: tuple[int, ...]) -> object:
    """The result with its type, or the exception's class and text."""
    try:
        value = function(*args)
    except RunError as error:
        return error.exception
    except Exception as error:  # what Python raises is what is compared
        return type(error).__name__, str(error)
    return type(value), value


@pytest.mark.parametrize(("function", "inputs"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_agrees_with_python(function: Callable[..., Any], inputs: list[tuple[int, ...]]) -> None:
    module = tsx.script(function)
    for _, graph in module.ir.graphs():
        assert equal(parse_graph(str(graph)), graph)
    for args in inputs:
        assert outcome(module, args) == outcome(function, args)


def returns_two_types(n: int):
    if n > 0:
        return n
    else:
        return "failed"


def test_types_that_differ_name_both_lines() -> None:
    with pytest.raises(ScriptError) as caught:
        tsx.script(returns_two_types)
    assert caught.value.code == "TSX3031"
    line = returns_two_types.__code__.co_firstlineno
    assert f"an int on line {line + 2}" in caught.value.message
    assert f"a str on line {line + 4}" in caught.value.message


def two_problems(n: int) -> int:
    a = unknown_name + 1  # noqa: F821  (what is tested)
    b = a + 1
    try:
        c = 1
    finally:
        c = 2
    return b + c


def test_every_problem_is_told_once() -> None:
    with pytest.raises(ScriptError) as caught:
        tsx.script(two_problems)
    assert [p.code for p in caught.value.problems] == ["TSX3028", "TSX3043"]
