"""Statements that a compiled program has not."""

import contextlib
from typing import Any, Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.wrong_programs import Wrong

wrong = Wrong()
X = torch.arange(6.0).reshape(2, 3) - 2


def catches(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return -1


def catches_fixed(text: str) -> int:
    if text.isdigit():
        return int(text)
    return -1


wrong.add(catches, catches_fixed, "12", "x")


def finishes(values: List[int]) -> int:
    try:
        values.append(1)
    finally:
        values.append(2)
    return len(values)


def finishes_fixed(values: List[int]) -> int:
    values.append(1)
    values.append(2)
    return len(values)


wrong.add(finishes, finishes_fixed, ([1],))


def suppresses(values: List[int]) -> int:
    with contextlib.suppress(IndexError):
        return values[3]
    return -1


def suppresses_fixed(values: List[int]) -> int:
    if len(values) > 3:
        return values[3]
    return -1


wrong.add(suppresses, suppresses_fixed, ([1],), ([1, 2, 3, 4],))


def raises_again(n: int) -> int:
    if n < 0:
        raise
    return n


def raises_again_fixed(n: int) -> int:
    if n < 0:
        raise RuntimeError("message")
    return n


wrong.add(raises_again, raises_again_fixed, 1, -1)


def raises_text(n: int) -> int:
    if n < 0:
        raise "negative"
    return n


def raises_text_fixed(n: int) -> int:
    if n < 0:
        raise ValueError("negative")
    return n


wrong.add(raises_text, raises_text_fixed, 1, -1)


def yields(n: int):
    for i in range(n):
        yield i * i


def yields_fixed(n: int) -> List[int]:
    out: List[int] = []
    for i in range(n):
        out.append(i * i)
    return out


wrong.add(yields, yields_fixed, 3)


async def is_async(n: int) -> int:
    return n + 1


def is_async_fixed(n: int) -> int:
    return n + 1


wrong.add(is_async, is_async_fixed, 3)


def local_class(n: int) -> int:
    class Pair:
        def __init__(self, a: int):
            self.a = a

    return Pair(n).a


class Pair:
    def __init__(self, a: int):
        self.a = a


def local_class_fixed(n: int) -> int:
    return Pair(n).a


wrong.add(local_class, local_class_fixed, 3)


def unpacks_wrong_count(n: int) -> int:
    a, b = n, n + 1, n + 2
    return a + b


def unpacks_wrong_count_fixed(n: int) -> int:
    a, b, c = n, n + 1, n + 2
    return a + b


wrong.add(unpacks_wrong_count, unpacks_wrong_count_fixed, 3)


def unpacks_int(n: int) -> int:
    a, b = n
    return a + b


def unpacks_int_fixed(n: int) -> int:
    a, b = n, n
    return a + b


wrong.add(unpacks_int, unpacks_int_fixed, 3)


def loops_over_int(n: int) -> int:
    total = 0
    for i in n:
        total += i
    return total


def loops_over_int_fixed(n: int) -> int:
    total = 0
    for i in range(n):
        total += i
    return total


wrong.add(loops_over_int, loops_over_int_fixed, 3)


def length_of_int(n: int) -> int:
    return len(n)


def length_of_int_fixed(n: int) -> int:
    return len(str(n))


wrong.add(length_of_int, length_of_int_fixed, 30)


def indexes_int(n: int) -> int:
    return n[0]


def indexes_int_fixed(n: int) -> int:
    return [n][0]


wrong.add(indexes_int, indexes_int_fixed, 3)


def assigns_to_text(text: str) -> str:
    text[0] = "x"
    return text


def assigns_to_text_fixed(text: str) -> str:
    return "x" + text[1:]


wrong.add(assigns_to_text, assigns_to_text_fixed, "abc")


def assigns_to_tuple(pair: Tuple[int, int]) -> int:
    pair[0] = 3
    return pair[0]


def assigns_to_tuple_fixed(pair: Tuple[int, int]) -> int:
    pair = (3, pair[1])
    return pair[0]


wrong.add(assigns_to_tuple, assigns_to_tuple_fixed, ((1, 2),))


def text_index(values: Dict[str, int], i: int) -> int:
    return values[i]


def text_index_fixed(values: Dict[str, int], i: int) -> int:
    return values[str(i)]


wrong.add(text_index, text_index_fixed, ({"1": 5}, 1))


def float_index(values: List[int], x: float) -> int:
    return values[x / 2]


def float_index_fixed(values: List[int], x: float) -> int:
    return values[int(x / 2)]


wrong.add(float_index, float_index_fixed, ([1, 2, 3], 2.0))


def keeps_iterator(values: List[int]) -> int:
    it = iter(values)
    return next(it)


def keeps_iterator_fixed(values: List[int]) -> int:
    return values[0]


wrong.add(keeps_iterator, keeps_iterator_fixed, ([1, 2],))


def several_problems(x: Tensor, name: str) -> Tensor:
    y = x.sofmax(0)
    z = undefined_name + 1
    try:
        y = y + 1
    except ValueError:
        pass
    return y + name


def several_problems_fixed(x: Tensor, name: str) -> Tensor:
    y = x.softmax(0)
    y = y + 1
    return y + len(name)


wrong.add(several_problems, several_problems_fixed, (X, "a"))


def two_ellipses(x: Tensor) -> Tensor:
    return x[..., 0, ...]


def two_ellipses_fixed(x: Tensor) -> Tensor:
    return x[..., 0]


wrong.add(two_ellipses, two_ellipses_fixed, X)
