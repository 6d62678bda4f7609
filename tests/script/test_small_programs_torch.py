"""Small programs of everyday Python: compiled, optimised and saved, they do what Python does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import tsx
from tests.script.check import python_outcome
from tests.script.outcome import difference, run
from tsx.errors import RunError, ScriptError
from tsx.ir import types as ty
from tsx.ir.match import agrees
from tsx.ir.op import Unknown

Program = Callable[..., Any]
CASES: dict[Program, tuple[tuple[Any, ...], ...]] = {}
ONE, TWO = torch.ones(2), torch.tensor([-1.0, 2.0])


def case(*inputs: Any) -> Callable[[Program], Program]:
    """A program with its inputs; a lone argument need not be a tuple."""

    def add(program: Program) -> Program:
        CASES[program] = tuple(i if isinstance(i, tuple) else (i,) for i in inputs) or ((),)
        return program

    return add


@pytest.mark.parametrize("program", CASES.items(), ids=lambda found: found[0].__name__)
def test_as_python(program: tuple[Program, Any], tmp_path: Path) -> None:
    """As compiled, and at optimisation level 3 saved and loaded."""
    function, inputs = program
    module = tsx.script(function)
    tsx.optimize(module, level=3).save(tmp_path / "fast.tsx")
    for each in (module, tsx.load(tmp_path / "fast.tsx")):
        session = each.session()
        for args in inputs:
            assert not difference(python_outcome(session, args), run(function, args))


# -- numbers out of bool tensors ----------------------------------------------------------------------------------


@case(ONE, TWO, -ONE)
def item_of_any(x: Tensor) -> tuple[bool, bool, bool]:
    return (x > 0).any().item(), (x > 0)[0].item(), (x > 0).all().item()


@case(ONE, torch.tensor([float("nan")]))
def branch_on_item(x: Tensor) -> int:
    return 1 if x.isnan().any().item() else 0


@case(ONE, -ONE)
def item_is_bool(x: Tensor) -> tuple[bool, str, int, bool]:
    found = (x > 0).any().item()
    assert isinstance(found, bool)
    return found is True, str(found), found + 1, not found


@case(ONE, ONE.bool(), ONE.int())
def item_of_any_dtype(x: Tensor) -> tuple[bool, bool, bool, bool]:
    found = x.max().item()
    return (
        found is True,
        found is not True,
        isinstance(found, bool),
        isinstance(found, (int, float)),
    )


def test_a_bool_may_be_a_scalar() -> None:
    assert agrees(ty.BOOL, ty.NUMBER)
    assert agrees(ty.NUMBER, ty.BOOL)
    assert not agrees(ty.BOOL, ty.INT)


def test_messages_show_what_is_known_as_a_type() -> None:
    assert f"{[Unknown(ty.BOOL), Unknown(ty.ListType(ty.INT))]}" == "[bool, int[]]"


# -- containers that are read above what is put in ----------------------------------------------------------------


@case((torch.zeros(4), 3), (torch.zeros(4), 0))
def set_read_first(d: Tensor, n: int) -> Tensor:
    d, used = d.clone(), set()
    for i in range(n):
        for u in used:
            d[u] += 9.0
        used.add(i)
    return d


@case((torch.zeros(4), 3))
def list_read_first(d: Tensor, n: int) -> Tensor:
    d, used = d.clone(), []
    for i in range(n):
        for u in used:
            d[u] += 9.0
        used.append(i)
    return d


@case((torch.zeros(4), 3))
def dict_read_first(d: Tensor, n: int) -> Tensor:
    d, seen = d.clone(), {}
    for i in range(n):
        for k in seen:
            d[k] += seen[k]
        seen[i] = 1.5
    return d


@case(0, 4)
def items_read_first(n: int) -> list[float]:
    found: list[float] = []
    seen = {}
    i = 0
    while i < n:
        for k, v in seen.items():
            found.append(k / 2 + v)
        found += list(seen.values())
        seen[i] = i * 0.5
        i += 1
    return found


@case(3)
def made_in_an_outer_loop(n: int) -> int:
    total = 0
    for i in range(n):
        used = set()
        for j in range(i):
            total += sum([u * 2 for u in used])
            for u in used:
                total += u
            used.add(j)
    return total


def never_filled(x: Tensor, n: int) -> Tensor:
    used = []
    for _ in range(n):
        for u in used:
            x = x[u.name]
    return x


def test_what_is_never_put_in_has_no_type() -> None:
    with pytest.raises(ScriptError) as caught:
        tsx.script(never_filled)
    assert "?" not in caught.value.message


@case(3)
def lists_read_first(n: int) -> int:
    rows, total = [], 0
    for i in range(n):
        for row in rows:
            for v in row:
                total += v * 2
        made = []
        made.append(i)
        rows.append(made)
    return total


# -- empty lists, ranges and views of dicts -----------------------------------------------------------------------


@case()
def all_of_nothing() -> tuple[bool, bool, bool, bool]:
    nothing = []
    found = all([]), any([]), all(nothing), any(nothing)
    nothing.append(0)
    return found


@case((3, 1), (5, 2), (5, -1), (0, 3))
def text_of_ranges(n: int, step: int) -> str:
    print(range(n), range(1, n, 2), range(0, n, step), repr(range(3)))
    return f"{range(n)} {(range(n), 1)} " + str(range(0, 9, 3))


@case((7, 1, 5), (7, -3, 9), (3, -9, -1), (0, 1, 2))
def slices_of_ranges(n: int, a: int, b: int) -> list[list[int]]:
    r = range(2, n, 2)
    found = [list(r[a:b]), list(r[1:]), list(r[:a]), list(r[::-1]), list(r[b:a:-1]), list(r[:-1])]
    print(r[1:], len(r[a:]), r[::2], range(9)[2:5])
    for i in reversed(range(n)[a:]):
        found.append([i])
    return found


@case((5, 2), (5, -2), (5, 0))
def step_of_a_slice(n: int, step: int) -> list[int]:
    return list(range(n)[::step])


@case(3)
def text_of_views(n: int) -> str:
    d = {"a": n}
    print(d.keys(), d.items())
    keys = d.keys()
    return f"{d.values()} {keys!r} {list(keys)} {sorted(d.items())} {d.keys()}"


# -- errors, and rounding of ints ---------------------------------------------------------------------------------


class Half:
    """Has one of the four orders."""

    def __init__(self, v: int) -> None:
        self.v = v

    def __lt__(self, other: Half) -> bool:
        return self.v < other.v


@case(1, 3)
def order_that_is_missing(n: int) -> bool:
    a = Half(n)
    return a < Half(2) and a <= Half(2)


class Blocks(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.blocks = torch.nn.ModuleList([torch.nn.ReLU(), torch.nn.Tanh()])

    def forward(self, x: Tensor, i: int) -> Tensor:
        return self.blocks[i](x)


@pytest.mark.parametrize("index", [1, -2, 2, -3])
def test_index_of_modules(index: int) -> None:
    want = run(Blocks(), (ONE, index))
    assert not difference(python_outcome(tsx.script(Blocks()).session(), (ONE, index)), want)


def round_known(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return x.round(1), np.round(x, -1), x.round()


def round_any(x: np.ndarray, n: int) -> np.ndarray:
    return np.round(x, n)


INTS = np.array([15, 25, -7, 2**53 + 1])


@pytest.mark.parametrize("x", [INTS, INTS.astype(np.int32), INTS / 7])
def test_round_of_arrays(x: np.ndarray) -> None:
    scripted, traced = tsx.script(round_known), tsx.trace(round_known, (x,))
    for module in (scripted, tsx.optimize(scripted, level=3), traced):
        for got, want in zip(module(x), round_known(x), strict=True):
            np.testing.assert_array_equal(got, want)
            assert got.dtype == want.dtype
    for n in (-2, 0, 2):
        got = tsx.script(round_any)(x, n)
        np.testing.assert_array_equal(got, np.round(x, n))
        assert got.dtype == x.dtype
    for function in (np.round, tsx.script(round_any)):
        with pytest.raises((TypeError, RunError)):
            function(np.array([True]), 1)
