"""Section 10: traps of loops, state, texts and results."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn

from tests.script.rows import Rows

rows = Rows("10", "Traps of loops, state, texts, results")

X = torch.arange(6.0).reshape(2, 3) - 2
I = torch.arange(-4, 4)


def trap_list_grows(values: List[int]) -> List[int]:
    out: List[int] = []
    for value in values:
        if value > 0:
            values.append(value - 1)
        out.append(value)
    return out


rows.add(trap_list_grows, "trap 18: a list that grows while it is iterated", ([2, 1],), ([],))


def trap_list_shrinks(values: List[int]) -> List[int]:
    out: List[int] = []
    for value in values:
        out.append(value)
        values.pop()
    return out


rows.add(trap_list_shrinks, "trap 18: a list that shrinks while it is iterated", ([1, 2, 3, 4],))


def trap_dict_grows(d: Dict[str, int]) -> int:
    total = 0
    for key in d:
        d[key + "x"] = 1
        total += 1
    return total


rows.add(trap_dict_grows, "trap 18: a dict that grows while it is iterated raises", {"a": 1}, {})


def trap_dict_snapshot(d: Dict[str, int]) -> Dict[str, int]:
    for key in list(d.keys()):
        if d[key] < 0:
            del d[key]
    return d


rows.add(
    trap_dict_snapshot,
    "trap 18: deleting while iterating over a copy of the keys",
    {"a": 1, "b": -1},
)


def trap_loop_variable(n: int) -> int:
    total = 0
    for i in range(n):
        i += 10
        total += i
        n = 0
    return total


rows.add(trap_loop_variable, "trap 18: assigning to the loop variable or the bound", 3)


def trap_uninitialized(n: int) -> int:
    if n > 0:
        x = n
        if n > 5:
            return -1
    else:
        return 0
    return x


rows.add(trap_uninitialized, "trap 19: values of paths that were left are never read", 3, 9, -1)


def trap_and_or(a: int, b: List[int]) -> Tuple[int, List[int]]:
    return a and 7, b or [1]


rows.add(trap_and_or, "trap 21: `and`, `or` give operands", (3, []), (0, [5]))


def trap_is_ints(a: int) -> bool:
    b: Optional[int] = a
    return b is not None


rows.add(trap_is_ints, "trap 21: `is not None` on a value", 3)


def trap_unused_raises(x: Tensor) -> int:
    x.view(7, 7)
    return 1


rows.add(
    trap_unused_raises,
    "trap 22: an unused operation that fails is an error",
    X,
    any_error=True,
    unoptimised="dce takes away Tensor operations whose results nobody uses",
)


def trap_print_order(n: int) -> int:
    print("a")
    values = [n]
    print(values.pop())
    if n > 2:
        print("b")
    return n


rows.add(trap_print_order, "trap 22: the order of prints", 3)


def trap_raise_class(n: int) -> int:
    if n > 0:
        raise IndexError
    return n


rows.add(trap_raise_class, "trap 23: `raise IndexError` keeps its class", 1, 0)


def trap_str_characters(s: str) -> Tuple[int, str, str]:
    return len(s), s[1], s.upper()


rows.add(trap_str_characters, "trap 24: a str is its characters", "héé", "ßab")


def trap_format_float(x: float) -> str:
    return "{}".format(x) + f"{x}" + str(x)


rows.add(trap_format_float, "trap 24: floats as text", 3.0, 0.1)


def trap_format_braces(n: int) -> str:
    return "{0} {{}} {0}".format(n)


rows.add(trap_format_braces, "trap 24: `{0}` is replaced", 3)


def trap_print_dtype(x: Tensor) -> str:
    return str(x.dtype)


rows.add(trap_print_dtype, "trap 25: `str(x.dtype)`", X, X.long())


def trap_slice_bounds(values: List[int], x: Tensor) -> Tuple[List[int], List[int], Tensor]:
    return values[-100:100], values[3:-100:-1], x[-100:100]


rows.add(trap_slice_bounds, "trap 26: slices beyond the ends", ([1, 2, 3, 4, 5], X))


def doubled(f):
    def wrapper(n: int) -> int:
        return f(n) * 2

    return wrapper


@doubled
def trap_decorator(n: int) -> int:
    return n + 1


trap_decorator.__name__ = "trap_decorator"
rows.add(trap_decorator, "trap 27: a decorator is applied", 3)


class TrapState(nn.Module):
    def __init__(self):
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        return x + self.count


rows.add(TrapState, "trap 28: state lasts from call to call", X)


class TrapTraining(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.9)
        self.bn = nn.BatchNorm1d(3)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.drop(x))


rows.add(TrapTraining, "trap 29: dropout and batch norm in eval mode", X)


def trap_same_result_twice(x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    y = x + 1
    return y, y, x


rows.add(trap_same_result_twice, "trap 30: one Tensor twice in the results, and an input", X)


def trap_two_equal_results(x: Tensor) -> Tensor:
    a = torch.zeros(3)
    b = torch.zeros(3)
    a += 1
    return b + a + x


rows.add(trap_two_equal_results, "trap 30: equal Tensors that are written are not merged", X)


def trap_float_constants() -> List[float]:
    return [0.1, 1 / 3, -0.0, 1e-310, 2.0**70]


rows.add(trap_float_constants, "trap 32: float constants keep every bit")


def trap_if_empty(x: Tensor) -> int:
    if x:
        return 1
    return 0


rows.add(
    trap_if_empty,
    "trap 33: an empty Tensor has no truth value",
    torch.zeros(0),
    torch.ones(1),
    any_error=True,
)


def trap_evaluation_order(values: List[int]) -> List[int]:
    out = [values.pop(), values.pop()]
    out.append(len(values) + values.pop(0))
    return out


rows.add(trap_evaluation_order, "trap 35: calls happen from left to right", ([1, 2, 3, 4],))


def trap_rows_are_views(x: Tensor) -> Tensor:
    y = x.clone()
    for row in y:
        row += float(row[0])
    return y


rows.add(trap_rows_are_views, "trap 36: a row of `for r in t` is a view", X)


class TrapTied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 3, bias=False)
        self.b = nn.Linear(3, 3, bias=False)
        self.b.weight = self.a.weight
        self.register_buffer("view", torch.arange(6.0).reshape(2, 3).t()[1:])

    def forward(self, x: Tensor) -> Tensor:
        return self.b(self.a(x)) + self.view.sum()


rows.add(TrapTied, "trap 37: tied weights, and a buffer that is a transposed view", X)


def trap_default_list(n: int) -> int:
    return helper_default(n) + helper_default(n)


def helper_default(n: int, scale: Tuple[int, int] = (1, 2)) -> int:
    return n * scale[0] + scale[1]


rows.add(trap_default_list, "a tuple as a default", 3)
