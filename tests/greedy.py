"""Programs that take all there is of something, for the tests of limits on both runtimes."""

# ruff: noqa: UP006, UP031, UP035  (TorchScript's own spelling of types; % is what a test is about)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Dict, List

import numpy as np
import torch
from torch import Tensor

from tsx import api
from tsx.ir.module import Method, Module, Parameter, TreeSpec
from tsx.ir.text import parse_graph
from tsx.runtime.limits import Limits

MEGABYTE = 1_000_000


def endless(n: int) -> int:
    while n >= 0:
        n = n % 7 + 1
    return n


def endless_tensors(x: Tensor) -> Tensor:
    while True:
        x = torch.mm(x, x) * 0.001
    return x


def convolved(x: Tensor) -> Tensor:
    return torch.nn.functional.conv1d(x, x)


def filled(n: int) -> Tensor:
    return torch.ones([n, n])


def repeated(x: Tensor) -> Tensor:
    return x.repeat(1 << 20, 1 << 10)


def expanded(x: Tensor) -> Tensor:
    return x.sum().expand([1 << 40])


def kept(x: Tensor) -> int:
    all = [x]
    while len(all) > 0:
        all.append(x + 1)
    return len(all)


def views(x: Tensor) -> int:
    all = [x]
    while len(all) > 0:
        all.append(x[0])
    return len(all)


def doubled_list(n: int) -> int:
    all = [n]
    while n > 0:
        all = all + all
    return len(all)


def appended(n: int) -> int:
    all = [n]
    while n > 0:
        all.append(n)
    return len(all)


def repeated_list(n: int) -> int:
    return len([1] * n)


def ranged(n: int) -> int:
    return len(list(range(n)))


def filled_dict(n: int) -> int:
    all: Dict[int, int] = {}
    while n > 0:
        all[n] = n
        n += 1
    return len(all)


def doubled_string(s: str) -> int:
    while len(s) > 0:
        s = s + s
    return len(s)


def repeated_string(n: int) -> int:
    return len("ab" * n)


def padded_string(n: int) -> int:
    return len("ab".ljust(n))


def wide_number(n: int) -> int:
    return len("%*d" % (n, 1))


def joined(n: int) -> int:
    parts: List[str] = []
    text = "x" * 10000
    for _ in range(n):
        parts.append(text)
    return len("".join(parts))


def replaced(n: int) -> int:
    return len(("a" * n).replace("a", "b" * n))


@dataclass(frozen=True)
class Greedy:
    """A program, what it is called with, and the limit that stops it."""

    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    limits: Limits
    code: str

    def module(self) -> Module:
        return api.script(self.function).ir


X = np.ones((200, 300), np.float32)
HUGE = 1 << 40
WORK = Limits(fuel=100_000)
BYTES = Limits(bytes=MEGABYTE // 2)

GREEDY = [
    Greedy(endless, (1,), WORK, "TSX5040"),
    Greedy(endless, (1,), Limits(seconds=0.05), "TSX5042"),
    Greedy(endless_tensors, (X[:, :200],), WORK, "TSX5040"),
    Greedy(endless_tensors, (X[:, :200],), Limits(seconds=0.05), "TSX5042"),
    Greedy(convolved, (np.ones((8, 8, 3000), np.float32),), Limits(fuel=10_000), "TSX5040"),
    Greedy(filled, (1 << 20,), BYTES, "TSX5041"),
    Greedy(repeated, (X,), BYTES, "TSX5041"),
    Greedy(expanded, (X,), BYTES, "TSX5041"),
    Greedy(kept, (X,), BYTES, "TSX5041"),
    Greedy(views, (X,), BYTES, "TSX5041"),
    Greedy(doubled_list, (1,), BYTES, "TSX5041"),
    Greedy(appended, (1,), BYTES, "TSX5041"),
    Greedy(repeated_list, (HUGE,), BYTES, "TSX5041"),
    Greedy(ranged, (HUGE,), BYTES, "TSX5041"),
    Greedy(filled_dict, (1,), BYTES, "TSX5041"),
    Greedy(doubled_string, ("ab",), BYTES, "TSX5041"),
    Greedy(repeated_string, (HUGE,), BYTES, "TSX5041"),
    Greedy(padded_string, (HUGE,), BYTES, "TSX5041"),
    Greedy(joined, (1000,), BYTES, "TSX5041"),
    Greedy(replaced, (5_000,), BYTES, "TSX5041"),
]

# `%` has no kernel in the engine.
GREEDY_ON_NUMPY = [*GREEDY, Greedy(wide_number, (HUGE,), BYTES, "TSX5041")]


def chain(depth: int) -> Module:
    """Functions that call each other, so many calls deep: a program can't call itself."""
    functions = {}
    for i in range(depth):
        body = f'  %r : int = prim::CallFunction[name="f{i + 1}"](%x)\n' if i + 1 < depth else ""
        functions[f"f{i}"] = parse_graph(
            f"graph(%x : int):\n{body}  return ({'%r' if body else '%x'})\n"
        )
    graph = parse_graph(
        'graph(%x : int):\n  %r : int = prim::CallFunction[name="f0"](%x)\n  return (%r)\n'
    )
    graph.name = "forward"
    method = Method(graph, (Parameter("x"),), TreeSpec("leaf"), source="built")
    return Module("chain", {"forward": method}, functions=functions)
