"""Section 1.3: literals, comprehensions, f-strings."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.3", "Literals, comprehensions, f-strings")

X = torch.arange(6.0).reshape(2, 3) - 2


def int_literals() -> List[int]:
    return [0, 1_000, 0xFF, 0b101, 0o17, -9223372036854775808 + 1, 9223372036854775807]


rows.add(int_literals, "int literals of every form")


def int_literal_too_large() -> int:
    return 9223372036854775808


rows.add(
    int_literal_too_large, "an int literal beyond 64 bits", refused="int is int64", code="TSX3019"
)


def float_literals() -> List[float]:
    return [0.5, 1e-3, 1.0e10, 0.1, -0.0, 1e308 * 10]


rows.add(float_literals, "float literals")


def complex_literal(x: float) -> complex:
    return x + 3j


rows.add(complex_literal, "`3j`", 2.0)


def str_literals() -> str:
    return (
        "a"
        "b"
        """c
d""" + r"\n" + "\t\x41\u00e9" + 'quote"s'
    )


rows.add(str_literals, "string literals of every form")


def bytes_literal() -> int:
    return len(b"ab")


rows.add(bytes_literal, '`b"…"`', refused="tsx has no bytes", code="TSX3043")


def bool_none() -> Tuple[bool, bool, Optional[int]]:
    return True, False, None


rows.add(bool_none, "`True`, `False`, `None`")


def list_literal(n: int) -> List[int]:
    return [n, n + 1, *[7, 8], n * 2]


rows.add(list_literal, "`[a, *b]`", 3)


def tuple_star(pair: Tuple[int, int]) -> Tuple[int, int, int]:
    return (0, *pair)


rows.add(tuple_star, "`(0, *pair)`", ((1, 2),))


def dict_literal(n: int) -> Dict[str, int]:
    return {"a": n, "b": n * 2, "a": n + 1}


rows.add(dict_literal, "a dict literal, the last of equal keys counts", 3)


def dict_merge(a: Dict[str, int], b: Dict[str, int]) -> Dict[str, int]:
    return {**a, "x": 0, **b}


rows.add(dict_merge, "`{**a, **b}`", ({"a": 1}, {"a": 2, "c": 3}))


def dict_pipe(a: Dict[str, int], b: Dict[str, int]) -> Dict[str, int]:
    return a | b


rows.add(dict_pipe, "`dict | dict`", ({"a": 1}, {"a": 2, "c": 3}))


def set_literal_value(n: int) -> int:
    values = {1, 2, 2}
    return n + len(values)


rows.add(set_literal_value, "a set literal of constants", 1)


def list_comprehension(values: List[int]) -> List[int]:
    return [v * v + 1 for v in values]


rows.add(list_comprehension, "`[f(x) for x in l]`", ([1, 2],), ([],))


def comprehension_if(values: List[int]) -> List[int]:
    return [v for v in values if v % 2 == 0 if v > 0]


rows.add(comprehension_if, "`if` in a comprehension", ([1, 2, -2, 4],))


def comprehension_two(n: int) -> List[int]:
    return [i * 10 + j for i in range(n) for j in range(i)]


rows.add(comprehension_two, "two `for` in a comprehension", 4)


def comprehension_nested(n: int) -> List[List[int]]:
    return [[i * j for j in range(3)] for i in range(n)]


rows.add(comprehension_nested, "a comprehension in a comprehension", 3)


def comprehension_types(values: List[int]) -> List[str]:
    return [str(v) + "!" for v in values]


rows.add(comprehension_types, "a comprehension changes the type", ([1, 2],))


def comprehension_tensors(x: Tensor) -> Tensor:
    return torch.stack([row * i for i, row in enumerate(x)])


rows.add(comprehension_tensors, "a comprehension over a Tensor's rows", X)


def comprehension_zip(a: List[int], b: List[int]) -> List[int]:
    return [x * y for x, y in zip(a, b)]


rows.add(comprehension_zip, "a comprehension over `zip`", ([1, 2], [3, 4]))


def comprehension_tuple(n: int) -> List[int]:
    return [k + n for k in (1, 2, 3)]


rows.add(comprehension_tuple, "a comprehension over a tuple", 3)


def comprehension_scope(n: int) -> int:
    i = 100
    values = [i * 2 for i in range(n)]
    return i + len(values)


rows.add(comprehension_scope, "a comprehension's variable is its own", 3)


def dict_comprehension(words: List[str]) -> Dict[str, int]:
    return {word: len(word) for word in words if word != ""}


rows.add(dict_comprehension, "a dict comprehension", (["a", "bb", ""],))


def dict_comprehension_items(d: Dict[str, int]) -> Dict[int, str]:
    return {v: k for k, v in d.items()}


rows.add(dict_comprehension_items, "a dict comprehension over `items()`", {"a": 1, "b": 2})


def generator_sum(values: List[int]) -> int:
    return sum(v * v for v in values)


rows.add(generator_sum, "a generator expression in `sum`", ([1, 2, 3],), ([],))


def generator_any(values: List[int]) -> Tuple[bool, bool]:
    return any(v > 2 for v in values), all(v > 0 for v in values)


rows.add(generator_any, "generator expressions in `any` and `all`", ([1, 2, 3],), ([],), ([0],))


def generator_any_stops(values: List[int]) -> bool:
    return any(10 // v > 4 for v in values)


rows.add(generator_any_stops, "`any` stops at the first that is true", ([1, 0],), ([5, 2],))


def generator_join(values: List[int]) -> str:
    return ",".join(str(v) for v in values)


rows.add(generator_join, "a generator expression in `join`", ([1, 2, 3],))


def generator_max(words: List[str]) -> int:
    return max(len(w) for w in words)


rows.add(generator_max, "a generator expression in `max`", (["a", "bcd"],))


def set_comprehension(values: List[int]) -> int:
    return len({v % 3 for v in values})


rows.add(set_comprehension, "a set comprehension", ([1, 2, 4],))


def fstring(name: str, n: int, x: float) -> str:
    return f"{name}: {n} items, {x} each, {n * x} in all {{braces}}"


rows.add(fstring, "an f-string", ("a", 3, 0.1), ("b", 0, 3.0), ("c", 1, 1e22))


def fstring_spec(x: float, n: int, name: str) -> str:
    return f"{x:.3f}|{n:>5d}|{n:04d}|{name:<6}|{name:^7}|{x:e}|{n:x}|{x:.1%}|{n:,}"


rows.add(
    fstring_spec, "format specs in an f-string", (0.12345, 42, "ab"), (-12.5, 1234567, "long name")
)


def fstring_conversion(name: str) -> str:
    return f"{name!r} {name!s}"


rows.add(fstring_conversion, "`!r` and `!s`", "a'b")


def fstring_equals(n: int) -> str:
    return f"{n = } {n + 1=}"


rows.add(fstring_equals, "`{n = }`", 3)


def fstring_nested_spec(x: float, width: int) -> str:
    return f"{x:{width}.2f}"


rows.add(fstring_nested_spec, "a width that is computed", (1.5, 8))


def fstring_containers(values: List[float], flag: bool, n: Optional[int]) -> str:
    return f"{values} {flag} {n} {(1, 'a')}"


rows.add(
    fstring_containers,
    "containers, bools and None in an f-string",
    ([1.0, 2.5], True, None),
    ([], False, 3),
)


def format_method(name: str, n: int) -> str:
    return "{} has {}".format(name, n)


rows.add(format_method, '`"{}".format`', ("a", 3))


def format_indices(a: int, b: int) -> str:
    return "{1}{0}{1} {x}".format(a, b, x=a + b)


rows.add(format_indices, "`{0}` and `{name}` in `format`", (1, 2))


def format_spec(x: float) -> str:
    return "{:.2f} {:8.3e} {:>6}".format(x, x, "ab")


rows.add(format_spec, "format specs in `format`", 3.14159)


def format_floats(x: float) -> str:
    return str(x) + " " + "{}".format(x)


rows.add(
    format_floats,
    "floats as text are Python's",
    3.0,
    0.1,
    1e16,
    1e-7,
    float("nan"),
    float("-inf"),
    -0.0,
)
