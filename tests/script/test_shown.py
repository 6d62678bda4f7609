"""How programs with lists read: a list that is used twice, or changed, has a name; sizes stand where they are used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import tsx
from tsx.ir.text import parse_graph
from tsx.render.graph import plain_lines


def shared(n: int) -> list[int]:
    a = [1, 2, 3]
    b = a
    b.append(n)
    return a


def grows(n: int) -> int:
    seen = [0]
    for i in range(n):
        seen.append(i)
    return n


def looked_up(n: int) -> int:
    sizes = [4, 8]
    return sizes[n] + len(sizes)


def once(n: int) -> list[int]:
    return [n, 2]


def pair(n: int) -> list[tuple[int, int]]:
    both = (1, 2)
    return [both, both, (n, n)]


SHOWN: list[tuple[Callable[..., Any], str]] = [
    (shared, "    a = [1, 2, 3]\n    t1 = torch.append(a, n)\n    return a\n"),
    (grows, "    seen = [0]\n"),
    (looked_up, "    sizes = [4, 8]\n    t1 = sizes[n]\n    t2 = torch.len(sizes)\n"),
    (once, "    return [n, 2]\n"),
]


@pytest.mark.parametrize(("function", "text"), SHOWN, ids=lambda f: getattr(f, "__name__", ""))
def test_lists_in_code(function: Callable[..., Any], text: str) -> None:
    assert text in tsx.script(function).code


def test_lists_in_the_graph() -> None:
    assert "  a = [1, 2, 3] : int[]" in plain_lines(tsx.script(shared).graph)


def test_tuples_never_change_so_they_stand_where_they_are_used() -> None:
    assert "    return [(1, 2), (1, 2), (n, n)]\n" in tsx.script(pair).code


def test_settings_of_operators_stand_where_they_are_used() -> None:
    graph = parse_graph(
        """graph(%x : Tensor):
  %one : int = prim::Constant[value=1]()
  %d : int[] = prim::ListConstruct(%one)
  %k : bool = prim::Constant[value=False]()
  %n : NoneType = prim::Constant()
  %a : Tensor = aten::sum.dim_IntList(%x, %d, %k, %n)
  %b : Tensor = aten::mean.dim(%x, %d, %k, %n)
  %c : Tensor = aten::mul.Tensor(%a, %b)
  return (%c)"""
    )
    assert not any("d = " in line for line in plain_lines(graph))
