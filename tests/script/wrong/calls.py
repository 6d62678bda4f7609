"""Calls that don't fit, functions as values, recursion, decorators."""

import functools
from typing import Dict, List, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.script.wrong_programs import Wrong

wrong = Wrong()
X = torch.arange(6.0).reshape(2, 3) - 2


def scale(x: Tensor, factor: float, shift: float = 0.0) -> Tensor:
    return x * factor + shift


def too_many(x: Tensor) -> Tensor:
    return scale(x, 1.0, 2.0, 3.0)


def too_many_fixed(x: Tensor) -> Tensor:
    return scale(x, 1.0, 2.0)


wrong.add(too_many, too_many_fixed, X)


def too_few(x: Tensor) -> Tensor:
    return scale(x)


def too_few_fixed(x: Tensor) -> Tensor:
    return scale(x, 2.0)


wrong.add(too_few, too_few_fixed, X)


def unknown_keyword(x: Tensor) -> Tensor:
    return scale(x, faktor=2.0)


def unknown_keyword_fixed(x: Tensor) -> Tensor:
    return scale(x, factor=2.0)


wrong.add(unknown_keyword, unknown_keyword_fixed, X)


def given_twice(x: Tensor) -> Tensor:
    return scale(x, 2.0, factor=3.0)


def given_twice_fixed(x: Tensor) -> Tensor:
    return scale(x, factor=3.0)


wrong.add(given_twice, given_twice_fixed, X)


def operator_argument(x: Tensor) -> Tensor:
    return torch.softmax(x, "rows")


def operator_argument_fixed(x: Tensor) -> Tensor:
    return torch.softmax(x, 0)


wrong.add(operator_argument, operator_argument_fixed, X)


def operator_keyword(x: Tensor) -> Tensor:
    return torch.sum(x, axes=1)


def operator_keyword_fixed(x: Tensor) -> Tensor:
    return torch.sum(x, dim=1)


wrong.add(operator_keyword, operator_keyword_fixed, X)


def stars_a_list(values: List[int]) -> int:
    return most(*values)


def most(*values: int) -> int:
    best = values[0]
    for value in values:
        best = max(best, value)
    return best


def stars_a_list_fixed(values: List[int]) -> int:
    return most(values[0], values[1])


wrong.add(stars_a_list, stars_a_list_fixed, ([1, 2],))


def stars_a_dict(options: Dict[str, float], x: Tensor) -> Tensor:
    return scale(x, **options)


def stars_a_dict_fixed(options: Dict[str, float], x: Tensor) -> Tensor:
    return scale(x, factor=options["factor"])


wrong.add(stars_a_dict, stars_a_dict_fixed, ({"factor": 2.0}, X))


def appends_default(n: int, seen: List[int] = []) -> int:
    seen.append(n)
    return len(seen)


def appends_default_fixed(n: int, seen: Optional[List[int]] = None) -> int:
    if seen is None:
        seen = []
    seen.append(n)
    return len(seen)


wrong.add(appends_default, appends_default_fixed, 3, (3, [1]))


def returns_function(n: int):
    def add(k: int) -> int:
        return n + k

    return add


def returns_function_fixed(n: int) -> int:
    def add(k: int) -> int:
        return n + k

    return add(1)


wrong.add(returns_function, returns_function_fixed, 3)


def function_in_list(x: Tensor, i: int) -> Tensor:
    functions = [torch.relu, torch.tanh]
    return functions[i](x)


def function_in_list_fixed(x: Tensor, i: int) -> Tensor:
    if i == 0:
        return torch.relu(x)
    return torch.tanh(x)


wrong.add(function_in_list, function_in_list_fixed, (X, 0), (X, 1))


def depth(n: int):
    if n == 0:
        return 0
    return 1 + depth(n - 1)


def depth_fixed(n: int) -> int:
    if n == 0:
        return 0
    return 1 + depth_fixed(n - 1)


wrong.add(depth, depth_fixed, 3)


def nested_recursion(n: int) -> int:
    def down(k: int) -> int:
        return 0 if k == 0 else 1 + down(k - 1)

    return down(n)


def down(k: int) -> int:
    return 0 if k == 0 else 1 + down(k - 1)


def nested_recursion_fixed(n: int) -> int:
    return down(n)


wrong.add(nested_recursion, nested_recursion_fixed, 3)


def calls_a_tensor(x: Tensor) -> Tensor:
    return x(0)


def calls_a_tensor_fixed(x: Tensor) -> Tensor:
    return x[0]


wrong.add(calls_a_tensor, calls_a_tensor_fixed, X)


def function_as_number(x: Tensor) -> Tensor:
    return x * scale


def function_as_number_fixed(x: Tensor) -> Tensor:
    return x * scale(x, 2.0)


wrong.add(function_as_number, function_as_number_fixed, X)


def wrong_sort_key(words: List[str]) -> List[str]:
    return sorted(words, key=3)


def wrong_sort_key_fixed(words: List[str]) -> List[str]:
    return sorted(words, key=lambda w: len(w))


wrong.add(wrong_sort_key, wrong_sort_key_fixed, (["bb", "a"],))


def joins_numbers(values: List[int]) -> str:
    return ",".join(values)


def joins_numbers_fixed(values: List[int]) -> str:
    return ",".join([str(v) for v in values])


wrong.add(joins_numbers, joins_numbers_fixed, ([1, 2],))


def sums_text(words: List[str]) -> str:
    return sum(words)


def sums_text_fixed(words: List[str]) -> str:
    return "".join(words)


wrong.add(sums_text, sums_text_fixed, (["a", "b"],))


def pads_with_list_of_floats(x: Tensor) -> Tensor:
    return F.pad(x, [1.5, 0])


def pads_with_list_of_floats_fixed(x: Tensor) -> Tensor:
    return F.pad(x, [1, 0])


wrong.add(pads_with_list_of_floats, pads_with_list_of_floats_fixed, X)
