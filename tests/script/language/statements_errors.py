"""Section 1.2: assert, raise, try, with, print, and what else the grammar has."""

import contextlib
from typing import Any, List, Optional

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.2", "Errors, with, print, other statements")

X = torch.arange(6.0).reshape(2, 3) - 2


def assert_message(n: int) -> int:
    assert n > 0, "n must be positive"
    return n


rows.add(assert_message, "`assert c, message`", 1, -1)


def assert_bare(n: int) -> int:
    assert n > 0
    return n


rows.add(assert_bare, "`assert c`", 1, -1)


def assert_fstring(n: int) -> int:
    assert n > 0, f"got {n}, not a positive number"
    return n


rows.add(assert_fstring, "an assertion's message as f-string", 1, -7)


def assert_tensor(x: Tensor) -> Tensor:
    assert x.dim() == 2 and x.size(1) == 3, "expected [*, 3]"
    return x.t()


rows.add(assert_tensor, "assertions about sizes", X, X[0])


def raise_value_error(n: int) -> int:
    if n < 0:
        raise ValueError("negative: " + str(n))
    return n


rows.add(raise_value_error, "`raise ValueError(message)`", 1, -1)


def raise_several(kind: int) -> int:
    if kind == 0:
        raise RuntimeError("runtime")
    elif kind == 1:
        raise IndexError("index")
    elif kind == 2:
        raise TypeError("type")
    elif kind == 3:
        raise NotImplementedError("later")
    return kind


rows.add(raise_several, "exceptions of several classes", 0, 1, 2, 3, 4)


def raise_class(n: int) -> int:
    if n < 0:
        raise ValueError
    return n


rows.add(raise_class, "`raise ValueError` without a message", 1, -1)


def raise_from(n: int) -> int:
    if n < 0:
        raise ValueError("bad") from None
    return n


rows.add(raise_from, "`raise … from`", 1, -1)


class ModelError(Exception):
    pass


def raise_own_class(n: int) -> int:
    if n < 0:
        raise ModelError("own class")
    return n


rows.add(raise_own_class, "an exception class of one's own", 1, -1)


def raise_key_error(d: str) -> int:
    raise KeyError("no " + d)


rows.add(raise_key_error, "a function that always raises", "x")


def raise_in_loop(values: List[int]) -> int:
    total = 0
    for i, value in enumerate(values):
        if value < 0:
            raise ValueError(f"item {i} is {value}")
        total += value
    return total


rows.add(raise_in_loop, "`raise` inside a loop", ([1, 2],), ([1, -5],))


def raise_format(n: int) -> int:
    if n > 3:
        raise ValueError("at most {}, got {}".format(3, n))
    return n


rows.add(raise_format, "a message by `format`", 9)


def bare_raise(n: int) -> int:
    if n < 0:
        raise
    return n


rows.add(
    bare_raise,
    "`raise` alone",
    1,
    refused="there is no exception to raise again: a program does not catch any",
    code="TSX3041",
)


def raise_str(n: int) -> int:
    if n < 0:
        raise "bad"
    return n


rows.add(
    raise_str,
    '`raise "text"`',
    1,
    refused="only exceptions can be raised, in Python as well",
    code="TSX3036",
)


def try_except(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return -1


rows.add(
    try_except,
    "`try … except`",
    "4",
    refused="programs do not catch errors: test what could fail before it fails",
    code="TSX3043",
)


def try_finally(values: List[int]) -> int:
    try:
        values.append(1)
    finally:
        values.append(2)
    return len(values)


rows.add(
    try_finally, "`try … finally`", ([0],), refused="programs do not catch errors", code="TSX3043"
)


def with_no_grad(x: Tensor) -> Tensor:
    with torch.no_grad():
        y = x * 2
    return y


rows.add(with_no_grad, "`with torch.no_grad()`", X)


def with_inference_mode(x: Tensor) -> Tensor:
    with torch.inference_mode():
        return x * 2


rows.add(with_inference_mode, "`with torch.inference_mode()`", X)


def with_enable_grad(x: Tensor) -> Tensor:
    with torch.enable_grad():
        y = x + 1
    return y


rows.add(with_enable_grad, "`with torch.enable_grad()`", X)


def with_record_function(x: Tensor) -> Tensor:
    with torch.autograd.profiler.record_function("scale"):
        y = x * 3
    return y


rows.add(with_record_function, "`with record_function(name)`", X)


def with_autocast_off(x: Tensor) -> Tensor:
    with torch.autocast("cpu", enabled=False):
        y = x @ x.t()
    return y


rows.add(with_autocast_off, "`with torch.autocast(enabled=False)`", X)


class Tracker:
    def __init__(self, log: List[str], name: str):
        self.log = log
        self.name = name

    def __enter__(self):
        self.log.append("enter " + self.name)
        return self

    def __exit__(self, type: Any, value: Any, tb: Any) -> None:
        self.log.append("exit " + self.name)


def with_object(n: int) -> List[str]:
    log: List[str] = []
    with Tracker(log, "a"):
        log.append("body")
    return log


rows.add(with_object, "`with` an object of a class", 1)


def with_as(n: int) -> str:
    log: List[str] = []
    with Tracker(log, "a") as tracker:
        log.append(tracker.name + str(n))
    return ",".join(log)


rows.add(with_as, "`with … as name`", 1)


def with_several(n: int) -> str:
    log: List[str] = []
    with Tracker(log, "a"), Tracker(log, "b"):
        log.append("body")
    return ",".join(log)


rows.add(with_several, "`with a, b`", 1)


def returns_in_with(log: List[str], n: int) -> int:
    with Tracker(log, "a"):
        if n > 0:
            return n
        log.append("rest")
    return -1


def with_return(n: int) -> str:
    log: List[str] = []
    result = returns_in_with(log, n)
    return ",".join(log) + str(result)


rows.add(with_return, "`return` inside `with` runs `__exit__`", 1, -1)


def with_break(n: int) -> str:
    log: List[str] = []
    for i in range(n):
        with Tracker(log, str(i)):
            if i == 1:
                break
    return ",".join(log)


rows.add(with_break, "`break` inside `with` runs `__exit__`", 3)


def with_suppress(text: str) -> int:
    value = -1
    with contextlib.suppress(ValueError):
        value = int(text)
    return value


rows.add(
    with_suppress,
    "`with contextlib.suppress(…)`",
    "4",
    refused="programs do not catch errors, and this context is nothing else",
    code="TSX3073",
)


def print_values(n: int, x: float, name: str) -> int:
    print(n, x, name, n > 1)
    print()
    print("done")
    return n


rows.add(print_values, "`print`", (3, 0.5, "a"), (1, 3.0, "é"), (0, 1e20, ""))


def print_containers(values: List[float], word: str) -> None:
    print(values, [word], (1, word), {"k": 1.0})


rows.add(print_containers, "`print` of containers", ([1.0, 0.1], "a'b"))


def print_sep(a: int, b: int) -> None:
    print(a, b, sep="-", end="!\n")


rows.add(print_sep, "`print(sep=, end=)`", (1, 2))


def print_in_order(n: int) -> int:
    for i in range(n):
        if i % 2 == 0:
            print("even", i)
        else:
            print("odd", i)
    return n


rows.add(print_in_order, "prints keep their order", 3)


def print_then_raise(n: int) -> int:
    print("before", n)
    if n > 0:
        raise ValueError("after")
    return n


rows.add(print_then_raise, "what was printed before an error", 1)


def expression_statement(values: List[int]) -> List[int]:
    values.append(4)
    len(values)
    values.pop(0)
    return values


rows.add(expression_statement, "an expression as a statement", ([1, 2],))


def unused_error(values: List[int]) -> int:
    values[10]
    return 1


rows.add(unused_error, "an error in a value that nobody uses is an error", ([1],))


def import_inside(x: float) -> float:
    import math

    return math.sqrt(x)


rows.add(import_inside, "`import` inside a function", 4.0)


def from_import_inside(x: Tensor) -> Tensor:
    from torch.nn import functional as F

    return F.relu(x)


rows.add(from_import_inside, "`from … import … as` inside a function", X)


def class_inside(n: int) -> int:
    class Local:
        def __init__(self, n: int):
            self.n = n

    return Local(n).n


rows.add(
    class_inside,
    "`class` inside a function",
    1,
    refused="define the class outside, where it has source of its own",
    code="TSX3043",
)


def generator(n: int):
    for i in range(n):
        yield i


rows.add(
    generator,
    "`yield`",
    3,
    refused="a generator keeps a frame alive between calls; build a list",
    code="TSX3043",
)


async def awaits(n: int) -> int:
    return n


rows.add(
    awaits,
    "`async def`",
    refused="programs run to their end; there is nothing to wait for",
    code="TSX3043",
)


def nonlocal_counter(n: int) -> int:
    count = 0

    def bump(k: int) -> None:
        nonlocal count
        count += k

    for i in range(n):
        bump(i)
    return count


rows.add(nonlocal_counter, "`nonlocal` in a nested function", 4)


def warn(n: int) -> int:
    import warnings

    if n > 1:
        warnings.warn("n is large")
    return n


rows.add(warn, "`warnings.warn`", 1, 2)


def optional_message(n: int, message: Optional[str] = None) -> int:
    if n < 0:
        raise ValueError(message if message is not None else "default")
    return n


rows.add(optional_message, "a message that is chosen", -1, (-1, "given"))
