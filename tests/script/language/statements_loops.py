"""Section 1.2: while, for, break, continue, else of loops."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.2", "Loops")

X = torch.arange(6.0).reshape(2, 3) - 2


def while_loop(n: int) -> int:
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


rows.add(while_loop, "`while`", 1, 6, 27)


def while_true(n: int) -> int:
    total = 0
    while True:
        total += n
        if total > 20:
            break
    return total


rows.add(while_true, "`while True` with `break`", 7)


def while_tensor(x: Tensor) -> Tensor:
    while x.abs().max() > 1:
        x = x / 2
    return x


rows.add(while_tensor, "`while` on a Tensor", X)


def while_list(values: List[int]) -> int:
    total = 0
    while values:
        total = total * 10 + values.pop()
    return total


rows.add(while_list, "`while` on a list that shrinks", ([1, 2, 3],))


def while_and(values: List[int]) -> int:
    i = 0
    while i < len(values) and values[i] > 0:
        i += 1
    return i


rows.add(
    while_and,
    "`while a and b`: b is not evaluated when a is false",
    ([1, 2],),
    ([1, -1, 2],),
    ([],),
)


def for_range(n: int) -> List[int]:
    out: List[int] = []
    for i in range(n):
        out.append(i)
    for i in range(2, n):
        out.append(i * 10)
    for i in range(n, 0, -2):
        out.append(i * 100)
    return out


rows.add(for_range, "`range` with one, two and three arguments", 4, 0, -1)


def for_range_step(a: int, b: int, step: int) -> int:
    total = 0
    for i in range(a, b, step):
        total = total * 3 + i
    return total


rows.add(
    for_range_step,
    "`range` with a step of either sign",
    (0, 7, 2),
    (7, 0, -3),
    (0, 5, -1),
    (0, 5, 0),
)


def for_list(values: List[float]) -> float:
    total = 0.0
    for value in values:
        total += value * value
    return total


rows.add(for_list, "`for` over a list", ([1.0, 2.0],), ([],))


def for_str(text: str) -> str:
    out = ""
    for c in text:
        out = c + out
    return out


rows.add(for_str, "`for` over a str", "abc", "", "añb")


def for_dict(d: Dict[str, int]) -> str:
    out = ""
    for key in d:
        out += key + str(d[key])
    return out


rows.add(for_dict, "`for` over a dict's keys", {"b": 1, "a": 2})


def for_items(d: Dict[str, Tensor]) -> Tensor:
    total = torch.zeros(3)
    for name, value in d.items():
        if name != "skip":
            total = total + value.sum(0)
    return total


rows.add(for_items, "`for k, v in d.items()`", {"a": X, "skip": X, "b": X + 1})


def for_values(d: Dict[int, int]) -> int:
    total = 0
    for value in d.values():
        total += value
    for key in d.keys():
        total *= key
    return total


rows.add(for_values, "`for` over `values()` and `keys()`", {2: 5, 3: 6})


def for_tensor(x: Tensor) -> Tensor:
    best = x[0]
    for line in x:
        if line.sum() > best.sum():
            best = line
    return best


rows.add(for_tensor, "`for` over a Tensor's rows", X, X.flip(0))


def for_tuple(n: int) -> str:
    out = ""
    for item in (n, n + 1, n * n):
        out += str(item)
    return out


rows.add(for_tuple, "`for` over a tuple", 3)


def for_mixed_tuple(n: int) -> str:
    out = ""
    for item in (n, "x", 2.5):
        out += str(item)
    return out


rows.add(for_mixed_tuple, "`for` over a tuple of several types", 3)


def for_zip(a: List[int], b: List[str]) -> str:
    out = ""
    for n, word in zip(a, b):
        out += word * n if n > 1 else word
    return out


rows.add(for_zip, "`for` over `zip`", ([1, 2, 3], ["a", "b"]), ([], ["a"]))


def for_enumerate(words: List[str]) -> str:
    out = ""
    for i, word in enumerate(words):
        out += str(i) + word
    return out


rows.add(for_enumerate, "`for` over `enumerate`", (["a", "b"],))


def for_enumerate_zip(a: List[int], b: List[int]) -> int:
    total = 0
    for i, (x, y) in enumerate(zip(a, b)):
        total += i * x * y
    return total


rows.add(for_enumerate_zip, "`enumerate(zip(…))`", ([1, 2, 3], [4, 5, 6]))


def for_enumerate_start(words: List[str]) -> int:
    total = 0
    for i, word in enumerate(words, start=10):
        total += i * len(word)
    for i, word in enumerate(words, 2):
        total -= i
    return total


rows.add(for_enumerate_start, "`enumerate(start=)`", (["a", "bc"],))


def for_zip_strict(a: List[int], b: List[int]) -> int:
    total = 0
    for x, y in zip(a, b, strict=True):
        total += x * y
    return total


rows.add(for_zip_strict, "`zip(strict=True)`", ([1, 2], [3, 4]), ([1, 2], [3]), ([1], [3, 4]))


def for_reversed(values: List[int]) -> int:
    total = 0
    for value in reversed(values):
        total = total * 10 + value
    for i in reversed(range(3)):
        total = total * 10 + i
    return total


rows.add(for_reversed, "`reversed`", ([1, 2, 3],))


def loop_variable_after(values: List[int]) -> int:
    last = -1
    for last in values:
        pass
    return last


rows.add(loop_variable_after, "the loop variable keeps its last value", ([4, 5],), ([],))


def loop_variable_is_new(n: int) -> int:
    for i in range(n):
        pass
    return i


rows.add(loop_variable_is_new, "a loop variable after its loop", 3, 0)


def defined_in_loop(n: int) -> int:
    for i in range(n):
        y = i * 2
    return y


rows.add(
    defined_in_loop,
    "a name that only the loop's body defines, used after it",
    3,
    0,
)


def assigns_loop_variable(n: int) -> List[int]:
    out: List[int] = []
    for i in range(n):
        i = i * 10
        out.append(i)
    return out


rows.add(assigns_loop_variable, "assigning to the loop variable changes no round", 3)


def bound_is_changed(n: int) -> int:
    count = 0
    for i in range(n):
        n = n + 5
        count += 1
    return count


rows.add(bound_is_changed, "the bound is read once", 3)


def breaks(values: List[int]) -> int:
    total = 0
    for value in values:
        if value < 0:
            break
        total += value
    return total


rows.add(breaks, "`break`", ([1, 2, -1, 5],), ([1],))


def continues(values: List[int]) -> int:
    total = 0
    for value in values:
        if value % 2 == 0:
            continue
        total += value
    return total


rows.add(continues, "`continue`", ([1, 2, 3, 4, 5],))


def break_and_continue(n: int) -> List[int]:
    out: List[int] = []
    i = 0
    while i < n:
        i += 1
        if i % 3 == 0:
            continue
        if i > 7:
            break
        out.append(i)
    return out


rows.add(break_and_continue, "both in a `while`", 5, 20)


def break_inner(n: int) -> int:
    count = 0
    for i in range(n):
        for j in range(n):
            if j > i:
                break
            count += 1
        count += 100
    return count


rows.add(break_inner, "`break` leaves the inner loop only", 4)


def continue_nested_if(values: List[int]) -> int:
    total = 0
    for value in values:
        if value > 0:
            if value > 10:
                total += 1000
                continue
            total += 1
        total += 10
    return total


rows.add(continue_nested_if, "`continue` deep in branches", ([5, 50, -5],))


def break_in_tuple_loop(n: int) -> int:
    total = 0
    for item in (1, 2, 3, 4):
        if item == n:
            break
        total += item
    return total


rows.add(break_in_tuple_loop, "`break` in a loop over a tuple", 3, 9)


def continue_in_tuple_loop(n: int) -> int:
    total = 0
    for item in (1, 2, 3, 4):
        if item == n:
            continue
        total = total * 10 + item
    return total


rows.add(continue_in_tuple_loop, "`continue` in a loop over a tuple", 3, 9)


def return_in_tuple_loop(n: int) -> int:
    for item in (2, 4, 8):
        if item > n:
            return item
    return -1


rows.add(return_in_tuple_loop, "`return` in a loop over a tuple", 3, 9)


def for_else(values: List[int], wanted: int) -> str:
    for value in values:
        if value == wanted:
            found = "yes"
            break
    else:
        found = "no"
    return found


rows.add(for_else, "`for … else`", ([1, 2], 2), ([1, 2], 3), ([], 0))


def while_else(n: int) -> int:
    k = 2
    while k * k <= n:
        if n % k == 0:
            break
        k += 1
    else:
        return n
    return k


rows.add(while_else, "`while … else`", 15, 17, 4)


def loop_carries_tuple(n: int) -> int:
    state = (0, 1)
    for _ in range(n):
        state = (state[1], state[0] + state[1])
    return state[0]


rows.add(loop_carries_tuple, "a tuple changes from round to round", 10)


def pass_only(n: int) -> int:
    if n > 0:
        pass
    else:
        n = 0
    for _ in range(2):
        pass
    return n


rows.add(pass_only, "`pass`", 1, -1)


def docstring(n: int) -> int:
    """Says what it does.

    In two lines.
    """
    "a string in between"
    return n + 1


rows.add(docstring, "docstrings", 1)


def ellipsis_body(n: int) -> None: ...


rows.add(ellipsis_body, "a body of `...`", 1)


def dead_code(n: int) -> int:
    return n
    return undefined_name + 1


rows.add(dead_code, "code after `return` is not compiled", 1)


def match_statement(n: int) -> str:
    match n:
        case 0:
            return "zero"
        case 1 | 2:
            return "few"
        case _ if n < 0:
            return "negative"
        case _:
            return "many"


rows.add(match_statement, "`match` on values", 0, 2, -1, 9)
