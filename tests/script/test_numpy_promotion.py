"""NumPy 2's promotion (NEP 50), generated: operators by dtypes, Python numbers, in place or not; errors included.

Each program is compiled once and meets every dtype; where a program says the dtype itself, compilation knows it.
"""

from __future__ import annotations

import itertools
import linecache
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tsx
from tests.script.test_numpy import Array, same
from tsx.errors import RunError

DTYPES = ("bool", "uint8", "int8", "int64", "float16", "float32")
ARITHMETIC = ("+", "-", "*", "/", "//", "%", "**")
BITS = ("&", "|", "^", "<<", ">>")
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
LITERALS = ("2", "-1", "300", "True", "2.5")


def made(dtype: str) -> Array:
    return np.array([[1, 2, 3], [3, 2, 1]]).astype(dtype)


def function(source: str) -> Callable[..., Any]:
    """A function from text that the compiler can read again."""
    name = f"<promotion {source!r}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    scope: dict[str, Any] = {"np": np}
    exec(compile(source, name, "exec"), scope)
    found: Callable[..., Any] = scope["f"]
    return found


def outcome(run: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """A result, or the class of the exception: a UFuncTypeError is a TypeError."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return run(*copied(args))
        except RunError as error:
            return error.exception[0] if error.exception else error.code
        except (TypeError, ValueError, OverflowError) as error:
            return next(c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")


def copied(args: tuple[Any, ...]) -> list[Any]:
    return [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]


def check(source: str, *calls: tuple[Any, ...]) -> None:
    eager = function(source)
    module = tsx.script(eager)
    optimized = tsx.optimize(module)
    for args in calls:
        wanted = outcome(eager, args)
        what = f"{source} {[getattr(a, 'dtype', a) for a in args]}"
        for found in (outcome(module, args), outcome(optimized, args)):
            assert isinstance(wanted, str) == isinstance(found, str), f"{what}: {wanted}, {found}"
            if isinstance(wanted, str):
                assert found == wanted, what
            elif args[0].dtype == bool and "a ** n" in source:
                same(
                    found, wanted.astype(found.dtype)
                )  # ** 2 of bools is int8, by a shortcut of NumPy's operator
            else:
                same(found, wanted)


@pytest.mark.parametrize("symbol", [*ARITHMETIC, *BITS, *COMPARISONS])
def test_arrays(symbol: str) -> None:
    pairs = [(made(a), made(b)) for a, b in itertools.product(DTYPES, DTYPES)]
    check(f"def f(a: np.ndarray, b: np.ndarray):\n    return a {symbol} b\n", *pairs)


@pytest.mark.parametrize("symbol", [*ARITHMETIC, *BITS])
def test_arrays_in_place(symbol: str) -> None:
    pairs = [(made(a), made(b)) for a, b in itertools.product(DTYPES, DTYPES)]
    check(f"def f(a: np.ndarray, b: np.ndarray):\n    a {symbol}= b\n    return a\n", *pairs)


@pytest.mark.parametrize("symbol", [*ARITHMETIC, *BITS, *COMPARISONS])
@pytest.mark.parametrize(
    ("kind", "numbers"),
    [("int", (2, -1, 300, 70000)), ("float", (2.5, -1.0, 1e6)), ("bool", (True, False))],
)
def test_numbers(symbol: str, kind: str, numbers: tuple[Any, ...]) -> None:
    if not all(numbers) and symbol in ("/", "//", "%"):
        numbers = (True,)
    calls = list(itertools.product(map(made, DTYPES), numbers))
    head = f"def f(a: np.ndarray, n: {kind}):\n"
    check(f"{head}    return a {symbol} n\n", *calls)
    check(f"{head}    return n {symbol} a\n", *calls)
    if symbol not in COMPARISONS:
        check(f"{head}    a {symbol}= n\n    return a\n", *calls)


@pytest.mark.parametrize("symbol", [*ARITHMETIC, *BITS, *COMPARISONS])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64"])
def test_literals_beside_a_known_type(symbol: str, dtype: str) -> None:
    for number in LITERALS:
        if (dtype, symbol, number) == ("bool", "**", "2"):
            continue  # int8 in NumPy, by a shortcut of the operator that np.power doesn't take
        head = f"def f(a: np.ndarray, on: bool):\n    if not on:\n        return a\n    a = a.astype(np.{dtype})\n"
        calls = [(made("int64"), True), (made("int64"), False)]
        check(f"{head}    return a {symbol} {number}\n", *calls)
        if symbol not in COMPARISONS:
            check(f"{head}    a {symbol}= {number}\n    return a\n", *calls)


@pytest.mark.parametrize(
    "body",
    [
        "np.maximum(a, n)", "np.minimum(n, a)", "np.fmod(a, n)", "np.arctan2(a, n)", "np.hypot(a, n)",
        "np.where(a > 1, a, n)", "np.full_like(a, n)", "np.full((2,), n, dtype=a.dtype)", "np.clip(a, 0, n)",
        "np.add(n, a)", "np.float_power(a, n)",
        "np.copysign(a, n)", "np.negative(a) + n", "-a", "~a", "abs(a)", "+a", "np.isclose(a, n)", "np.power(a, n)",
        "np.concatenate([a, np.full((1, 3), n)])",
    ],
)  # fmt: skip
def test_functions(body: str) -> None:
    for kind, numbers in (("int", (2, -1, 300)), ("float", (2.5,))):
        calls = list(itertools.product(map(made, DTYPES), numbers))
        check(f"def f(a: np.ndarray, n: {kind}):\n    return {body}\n", *calls)


@pytest.mark.parametrize(
    "body", ["a[0] = n", "a[0, 1] = n", "a[a > 1] = n", "a.fill(n)", "a[:] = n"]
)
def test_what_is_written_must_fit(body: str) -> None:
    for kind, numbers in (("int", (2, -1, 300, 70000)), ("float", (2.5,)), ("bool", (True,))):
        calls = list(itertools.product(map(made, DTYPES), numbers))
        check(f"def f(a: np.ndarray, n: {kind}):\n    {body}\n    return a\n", *calls)


@pytest.mark.parametrize(
    "q", ["25", "[25, 75]", "[25.0]", "np.array([25, 75])", "np.float32(50)", "(10, 50, 90)"]
)
@pytest.mark.parametrize("axis", ["", ", axis=1", ", axis=0, keepdims=True"])
def test_quantiles(q: str, axis: str) -> None:
    calls = [(made(d),) for d in DTYPES if d != "bool"]
    check(f"def f(a: np.ndarray):\n    return np.percentile(a, {q}{axis})\n", *calls)
    check(
        f"def f(a: np.ndarray):\n    return np.quantile(a, np.asarray({q}) / 100{axis})\n", *calls
    )


@pytest.mark.parametrize(
    "body",
    [
        "a[0], a[1] = a[1], a[0]", "b = a[0]\n    a[0] = 9\n    a[1] = b", "s = a.sum()\n    s += 0.5\n    return s",
        "b = a[0]\n    b += 1\n    return b, a", "b = a[0:1]\n    b += 1", "a[0] += 1", "a[1:] *= 2", "a[a > 1] += 3",
        "t = a[0] * 0\n    for v in a:\n        t += v\n        a[0] = 5\n    return t",
        "for i in range(len(a)):\n        for j in range(len(a) - 1 - i):\n            if a[j] < a[j + 1]:\n"
        "                a[j], a[j + 1] = a[j + 1], a[j]",
    ],
)  # fmt: skip
def test_an_element_is_a_scalar_of_its_own(body: str) -> None:
    check(
        f"def f(a: np.ndarray):\n    {body}\n    return a\n",
        (np.array([1, 2, 3]),),
        (np.array([3.0, 1.0, 2.0]),),
    )


def test_a_row_is_a_view() -> None:
    check(
        "def f(a: np.ndarray):\n    b = a[0]\n    b += 1\n    b *= 2\n    return a, b\n",
        (made("int64"),),
    )


VIEWS = (
    "a.T", "a.reshape(-1)", "a.ravel()", "a[0]", "a[:, 0]", "a[::2]", "np.asarray(a)", "a[None]",
    "np.expand_dims(a, 0)", "np.split(a, 2)[0]", "a.real", "np.atleast_3d(a)", "a.swapaxes(0, 1)",
    "np.moveaxis(a, 0, 1)",     "a.astype(np.float64, copy=False)", "np.asarray(a, dtype=np.float64)",
)  # fmt: skip
COPIES = (
    "+a", "a.flatten()", "a[a > 1]", "a[[0, 1]]", "a.astype(np.float64)", "np.array(a)", "a.copy()", "np.stack([a])",
    "np.clip(a, None, 9)", "np.where(a > 0, a, a)", "np.round(a)", "np.pad(a, 0)", "np.tile(a, 1)", "np.ravel(a.T)",
)  # fmt: skip


@pytest.mark.parametrize("made_of", [*VIEWS, *COPIES])
def test_what_is_a_view_and_what_a_copy(made_of: str) -> None:
    given = np.array([[1.0, 2, 3], [4, 5, 6]])
    for written in ("b", "a"):
        check(
            f"def f(a: np.ndarray):\n    b = {made_of}\n    {written} += 1\n    return a, b\n",
            (given,),
        )
