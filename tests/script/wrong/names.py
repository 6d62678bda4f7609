"""Names that don't exist, are not defined everywhere, or stand for nothing that can be compiled."""

import os
import random
import time
from collections import deque
from typing import Dict, List, Tuple

import numpy as np
import torch
from torch import Tensor

from tests.script.wrong_programs import Wrong

wrong = Wrong()
X = torch.arange(6.0).reshape(2, 3) - 2
HISTORY = []
COUNT = 0
CACHE = {}


def misspelled(value: int) -> int:
    total = value + 1
    return totl * 2


def misspelled_fixed(value: int) -> int:
    total = value + 1
    return total * 2


wrong.add(misspelled, misspelled_fixed, 3)


def read_before(n: int) -> int:
    m = k + n
    k = 1
    return m


def read_before_fixed(n: int) -> int:
    k = 1
    m = k + n
    return m


wrong.add(read_before, read_before_fixed, 3)


def deleted(n: int) -> int:
    k = n + 1
    del k
    return k


def deleted_fixed(n: int) -> int:
    k = n + 1
    return k


wrong.add(deleted, deleted_fixed, 3)


def misspelled_method(x: Tensor) -> Tensor:
    return x.sofmax(dim=-1)


def misspelled_method_fixed(x: Tensor) -> Tensor:
    return x.softmax(dim=-1)


wrong.add(misspelled_method, misspelled_method_fixed, X)


def misspelled_function(x: Tensor) -> Tensor:
    return torch.sigmiod(x)


def misspelled_function_fixed(x: Tensor) -> Tensor:
    return torch.sigmoid(x)


wrong.add(misspelled_function, misspelled_function_fixed, X)


def list_method_missing(values: List[int]) -> int:
    values.add(3)
    return len(values)


def list_method_missing_fixed(values: List[int]) -> int:
    values.append(3)
    return len(values)


wrong.add(list_method_missing, list_method_missing_fixed, ([1],))


def attribute_of_int(n: int) -> int:
    return n.size


def attribute_of_int_fixed(n: int) -> int:
    return n


wrong.add(attribute_of_int, attribute_of_int_fixed, 3)


def assigns_global(n: int) -> int:
    global COUNT
    COUNT = n
    return n


def assigns_global_fixed(n: int) -> int:
    return n


wrong.add(assigns_global, assigns_global_fixed, 3)


def appends_to_global(x: Tensor) -> Tensor:
    HISTORY.append(x.sum())
    return x


def appends_to_global_fixed(x: Tensor, history: List[Tensor]) -> Tensor:
    history.append(x.sum())
    return x


wrong.add(appends_to_global, appends_to_global_fixed, (X, []))


def reads_clock(x: Tensor) -> Tensor:
    started = time.time()
    return x + started


def reads_clock_fixed(x: Tensor, started: float) -> Tensor:
    return x + started


wrong.add(reads_clock, reads_clock_fixed, (X, 0.5))


def reads_environment(x: Tensor) -> Tensor:
    if os.environ.get("DEBUG") == "1":
        return x
    return x + 1


def reads_environment_fixed(x: Tensor, debug: bool) -> Tensor:
    if debug:
        return x
    return x + 1


wrong.add(reads_environment, reads_environment_fixed, (X, False), (X, True))


def python_random(x: Tensor) -> Tensor:
    return x * random.random()


def python_random_fixed(x: Tensor) -> Tensor:
    return x * 0 + torch.rand(1).size(0)


wrong.add(python_random, python_random_fixed, X)


def uses_deque(values: List[int]) -> int:
    queue = deque(values)
    return queue.popleft()


def uses_deque_fixed(values: List[int]) -> int:
    queue = list(values)
    return queue.pop(0)


wrong.add(uses_deque, uses_deque_fixed, ([1, 2],))


def opens_file(path: str) -> int:
    return len(open(path).read())


def opens_file_fixed(text: str) -> int:
    return len(text)


wrong.add(opens_file, opens_file_fixed, "abc")


def hashes(text: str) -> int:
    return hash(text) % 10


def hashes_fixed(text: str) -> int:
    return sum([ord(c) for c in text]) % 10


wrong.add(hashes, hashes_fixed, "abc")


def numpy_without_meaning(x: Tensor) -> Tensor:
    spectrum = np.linalg.eigvals(x.numpy())
    return x + float(spectrum[0])


def numpy_without_meaning_fixed(x: Tensor, spectrum: Tensor) -> Tensor:
    return x + float(spectrum[0])


wrong.add(numpy_without_meaning, numpy_without_meaning_fixed, (X, torch.ones(2)))


def fills_global(x: Tensor, name: str) -> Tensor:
    CACHE[name] = x
    return CACHE[name]


def fills_global_fixed(x: Tensor, name: str, cache: Dict[str, Tensor]) -> Tensor:
    cache[name] = x
    return cache[name]


wrong.add(fills_global, fills_global_fixed, (X, "a", {"b": X}))


def counts_calls(x: Tensor) -> Tensor:
    global COUNT
    COUNT += 1
    if COUNT > 3:
        return x
    return x + COUNT


def counts_calls_fixed(x: Tensor, count: int) -> Tuple[Tensor, int]:
    count += 1
    if count > 3:
        return x, count
    return x + count, count


wrong.add(counts_calls, counts_calls_fixed, (X, 1), (X, 3))


def several_in_one(x: Tensor, n: int) -> Tuple[Tensor, Dict[str, Tensor], int]:
    return x + missing, {"a": x.cofiguous(), "b": absent}, max(n, (lost := nowhere), lost)


def several_in_one_fixed(x: Tensor, n: int) -> Tuple[Tensor, Dict[str, Tensor], int]:
    return x + 1, {"a": x.contiguous(), "b": x}, max(n, (lost := 2), lost)


wrong.add(several_in_one, several_in_one_fixed, (X, 3))
