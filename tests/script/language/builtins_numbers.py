"""Section 1.4: Python's builtins and `math`."""

import cmath
import math
from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.4", "Builtin functions")

X = torch.arange(6.0).reshape(2, 3) - 2


def len_of(values: List[int], d: Dict[str, int], text: str, x: Tensor) -> List[int]:
    return [len(values), len(d), len(text), len(x), len((1, "a"))]


rows.add(len_of, "`len`", ([1, 2], {"a": 1}, "añb", X))


def len_of_scalar_tensor(x: Tensor) -> int:
    return len(x)


rows.add(
    len_of_scalar_tensor, "`len` of a Tensor without dimensions", torch.tensor(1.0), any_error=True
)


def abs_of(n: int, x: float, t: Tensor) -> Tensor:
    return abs(t) * abs(n) + abs(x)


rows.add(abs_of, "`abs`", (-3, -0.5, X))


def abs_complex(z: complex) -> float:
    return abs(z)


rows.add(abs_complex, "`abs` of a complex number", 3 - 4j)


def min_max(a: int, b: int, x: float, y: float) -> Tuple[int, int, float, float]:
    return min(a, b), max(a, b, 3), min(x, y), max(x, y)


rows.add(min_max, "`min` and `max` of numbers", (1, 2, 0.5, -0.5))


def min_max_mixed(n: int, x: float) -> Tuple[float, float]:
    return min(n, x), max(n, x)


rows.add(min_max_mixed, "`min` and `max` of an int and a float", (1, 2.5), (3, 2.5), widens=True)


def min_max_list(values: List[int], words: List[str]) -> Tuple[int, int, str]:
    return min(values), max(values), max(words)


rows.add(min_max_list, "`min` and `max` of a list", ([3, 1, 2], ["a", "c", "b"]), ([], ["a"]))


def max_default(values: List[int]) -> int:
    return max(values, default=-1)


rows.add(max_default, "`max(default=)`", ([],), ([4],))


def max_key(words: List[str]) -> str:
    return max(words, key=len)


rows.add(max_key, "`max(key=len)`", (["a", "ccc", "bbb"],))


def max_tensor(x: Tensor) -> Tensor:
    return max(x[0], key=lambda v: float(v * v))


rows.add(max_tensor, "`max` over a Tensor's rows with a key", X)


def sum_of(values: List[int], floats: List[float]) -> Tuple[int, float]:
    return sum(values), sum(floats)


rows.add(sum_of, "`sum`", ([1, 2, 3], [0.5, 0.25]))


def sum_empty(values: List[int]) -> int:
    return sum(values) + sum(values, 10)


rows.add(sum_empty, "`sum` of nothing, and with a start", ([],), ([1],))


def sum_bools(flags: List[bool]) -> int:
    return sum(flags)


rows.add(sum_bools, "`sum` of bools counts", ([True, False, True],))


def any_all(flags: List[bool], values: List[int]) -> List[bool]:
    return [any(flags), all(flags), any(values), all(values)]


rows.add(any_all, "`any` and `all`", ([True, False], [0, 1]), ([], []))


def round_of(x: float) -> int:
    return round(x)


rows.add(
    round_of,
    "`round` gives an int, half to even",
    0.5,
    1.5,
    2.5,
    -0.5,
    2.6,
    float("nan"),
    float("inf"),
)


def round_digits(x: float) -> float:
    return round(x, 2)


rows.add(round_digits, "`round(x, 2)`", 2.675, 1.005, -0.125)


def round_int(n: int) -> int:
    return round(n) + round(n, -1)


rows.add(round_int, "`round` of an int", 15, 25, -7)


def divmod_of(a: int, b: int, x: float) -> Tuple[int, int, float]:
    q, r = divmod(a, b)
    s, _ = divmod(x, 0.5)
    return q, r, s


rows.add(divmod_of, "`divmod`", (7, 2, 1.3), (-7, 2, -1.3), (7, 0, 1.0))


def pow_of(a: int, x: float) -> float:
    return pow(x, 3) + pow(a, 2)


rows.add(pow_of, "`pow`", (3, 0.5))


def pow_mod(a: int) -> int:
    return pow(a, 10, 7)


rows.add(pow_mod, "`pow(a, b, m)`", 3, -2)


def int_of(x: float, flag: bool, text: str) -> List[int]:
    return [int(x), int(flag), int(text)]


rows.add(
    int_of,
    "`int`",
    (2.9, True, "42"),
    (-2.9, False, " -7 "),
    (1.0, True, "x"),
    (1e18, True, "1"),
    any_error=False,
)


def int_base(text: str) -> int:
    return int(text, 16) + int("11", base=2)


rows.add(int_base, "`int(text, base)`", "ff", "0x1F")


def int_of_nan(x: float) -> int:
    return int(x)


rows.add(int_of_nan, "`int` of NaN and infinity", float("nan"), float("inf"))


def float_of(n: int, text: str, flag: bool) -> List[float]:
    return [float(n), float(text), float(flag)]


rows.add(
    float_of, "`float`", (3, "0.25", True), (3, "inf", False), (3, "1e-3 ", True), (3, "abc", True)
)


def bool_of(n: int, text: str, values: List[int], x: Tensor) -> List[bool]:
    return [bool(n), bool(text), bool(values), bool(x)]


rows.add(bool_of, "`bool`", (0, "", [], torch.tensor(0)), (2, "a", [0], torch.tensor(0.5)))


def str_of(n: int, x: float, flag: bool, values: List[str]) -> str:
    return str(n) + str(x) + str(flag) + str(values) + str(None)


rows.add(str_of, "`str`", (3, 0.1, True, ["a", "b'c"]), (-1, 1e17, False, []))


def repr_of(text: str, x: float, values: List[str]) -> str:
    return repr(text) + repr(x) + repr(values)


rows.add(repr_of, "`repr`", ("a'b\n", 2.0, ["x"]))


def complex_of(a: float, b: float) -> complex:
    return complex(a, b) + complex(a)


rows.add(complex_of, "`complex`", (1.0, 2.0))


def ord_chr(c: str, n: int) -> str:
    return chr(ord(c) + n)


rows.add(ord_chr, "`ord` and `chr`", ("a", 2), ("é", 1), ("ab", 1))


def hex_oct_bin(n: int) -> str:
    return hex(n) + oct(n) + bin(n)


rows.add(hex_oct_bin, "`hex`, `oct`, `bin`", 10, -10, 0)


def list_of_things(text: str, d: Dict[str, int], n: int) -> Tuple[List[str], List[str], List[int]]:
    return list(text), list(d), list(range(n))


rows.add(list_of_things, "`list` of a str, a dict and a range", ("abc", {"x": 1, "y": 2}, 3))


def list_of_zip(a: List[int], b: List[str]) -> List[Tuple[int, str]]:
    return list(zip(a, b))


rows.add(list_of_zip, "`list(zip(…))`", ([1, 2], ["a", "b"]))


def list_of_enumerate(a: List[str]) -> List[Tuple[int, str]]:
    return list(enumerate(a))


rows.add(list_of_enumerate, "`list(enumerate(…))`", (["a", "b"],))


def list_empty() -> List[int]:
    values: List[int] = list()
    values.append(1)
    return values


rows.add(list_empty, "`list()`")


def dict_of_pairs(pairs: List[Tuple[str, int]]) -> Dict[str, int]:
    return dict(pairs)


rows.add(dict_of_pairs, "`dict(pairs)`", ([("a", 1), ("b", 2), ("a", 3)],))


def dict_of_keywords(n: int) -> Dict[str, int]:
    return dict(a=n, b=n + 1)


rows.add(dict_of_keywords, "`dict(a=…)`", 1)


def dict_copies(d: Dict[str, int]) -> Tuple[int, int]:
    other = dict(d)
    other["new"] = 1
    return len(d), len(other)


rows.add(dict_copies, "`dict(d)` is a copy", {"a": 1})


def tuple_of_literal(n: int) -> Tuple[int, int]:
    return tuple([n, n + 1])


rows.add(tuple_of_literal, "`tuple` of a list of known length", 3)


def tuple_of_comprehension(x: Tensor) -> Tuple[Tensor, Tensor]:
    return tuple(x * k for k in (1, 2))


rows.add(tuple_of_comprehension, "`tuple` of a comprehension over a tuple", X)


def sorted_of(values: List[int], words: List[str]) -> Tuple[List[int], List[str]]:
    return sorted(values), sorted(words)


rows.add(sorted_of, "`sorted`", ([3, 1, 2], ["b", "a"]))


def sorted_reverse(values: List[float]) -> List[float]:
    return sorted(values, reverse=True)


rows.add(sorted_reverse, "`sorted(reverse=True)`", ([0.5, 2.0, -1.0],))


def sorted_key(words: List[str]) -> List[str]:
    return sorted(words, key=lambda w: len(w))


rows.add(sorted_key, "`sorted(key=lambda …)` is stable", (["ccc", "a", "bb", "d"],))


def sorted_key_tuple(items: List[Tuple[str, int]]) -> List[Tuple[str, int]]:
    return sorted(items, key=lambda item: (-item[1], item[0]))


rows.add(sorted_key_tuple, "`sorted` by a tuple", ([("b", 1), ("a", 1), ("c", 2)],))


def sorted_dict_items(d: Dict[str, float]) -> List[str]:
    return [k for k, _ in sorted(d.items(), key=lambda kv: kv[1], reverse=True)]


rows.add(sorted_dict_items, "a dict's keys, sorted by their values", {"a": 0.5, "b": 2.0, "c": 1.0})


def map_filter(values: List[int]) -> List[int]:
    return list(map(lambda v: v * 2, filter(lambda v: v > 1, values)))


rows.add(map_filter, "`map` and `filter`", ([1, 2, 3],))


def reversed_list(values: List[int]) -> List[int]:
    return list(reversed(values))


rows.add(reversed_list, "`list(reversed(l))`", ([1, 2, 3],))


def isinstance_static(n: int) -> int:
    if isinstance(n, float):
        return -1
    if isinstance(n, (int, str)):
        return n
    return 0


rows.add(isinstance_static, "`isinstance` with a known answer", 4)


def isinstance_list(values: List[int]) -> bool:
    return isinstance(values, list) and not isinstance(values, dict)


rows.add(isinstance_list, "`isinstance(x, list)`", ([1],))


def isinstance_tensor(x: Tensor) -> bool:
    return isinstance(x, Tensor) and torch.is_tensor(x)


rows.add(isinstance_tensor, "`isinstance(x, Tensor)`, `torch.is_tensor`", X)


def jit_isinstance(values: List[int]) -> bool:
    return torch.jit.isinstance(values, List[int])


rows.add(jit_isinstance, "`torch.jit.isinstance(x, List[int])`", ([1],))


def range_value(n: int) -> int:
    r = range(2, n, 3)
    return len(r) + r[1] + sum(r)


rows.add(range_value, "a range as a value", 10, 3)


def type_call(n: int) -> bool:
    return type(n) is int


rows.add(type_call, "`type(x) is int`", 4)


def hash_of(text: str) -> bool:
    return hash(text) == hash("a")


rows.add(
    hash_of,
    "`hash`",
    "a",
    refused="Python's hash of a str differs from process to process: a program can't repeat it",
    code="TSX3103",
)


def id_of(values: List[int]) -> bool:
    return id(values) == id(values)


rows.add(
    id_of,
    "`id`",
    ([1],),
    refused="an address has no meaning in a program; `is` compares identity",
    code="TSX3026",
)


def next_of(values: List[int]) -> int:
    return next(v for v in values if v > 2)


rows.add(next_of, "`next` of a generator expression", ([1, 3, 5],), ([1],))


def next_default(values: List[int]) -> int:
    return next((v for v in values if v > 2), -1)


rows.add(next_default, "`next` with a default", ([1, 3, 5],), ([1],))


def iter_next(values: List[int]) -> int:
    it = iter(values)
    return next(it) + next(it)


rows.add(
    iter_next,
    "`iter` as a value",
    ([1, 2],),
    refused="an iterator is a value with a hidden position; index the list",
    code="TSX3026",
)


def input_of() -> str:
    return input()


rows.add(
    input_of,
    "`input`, `open` and the like",
    refused="a program reaches nothing outside itself",
    code="TSX3026",
)


def sum_of_no_floats(values: List[float]):
    total = sum(values)
    return total, str(total), sum([v for v in values if v > 1.0]), sum(v * 2 for v in values)


rows.add(sum_of_no_floats, "`sum` of no floats is the int 0", ([],), ([1.5, 0.5],))


def default_of_another_type(values: List[float]):
    return max(values, default=0), min(values, default=None), str(max(values, default=-1))


rows.add(default_of_another_type, "`max(default=)` of another type", ([],), ([1.5, 0.5],))


def best_of_int_and_float(a: int, b: float):
    return min(a, b), max(a, b), min(b, a), max(b, a), str(min(a, b)), max(0, b), min(a, b, 7)


rows.add(
    best_of_int_and_float,
    "`min` of an int and a float keeps the one it is",
    (1, 1.0),
    (1, 0.5),
    (2, 3.5),
)


def loud(n: int) -> bool:
    print(n)
    return n > 1


def any_stops(values: List[int]):
    return any(map(loud, values)), all(map(loud, values))


rows.add(any_stops, "`any` and `all` stop where it is decided", ([1, 2, 3],), ([5, 1, 2],), ([],))
