"""Libraries that programs don't have: text, logs, files, threads, clocks, tables and images."""

import collections
import dataclasses
import json
import logging
import random
import re
import sys
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.script.wrong_programs import Wrong

wrong = Wrong()
X = torch.arange(6.0).reshape(2, 3) - 2
LOG = logging.getLogger(__name__)
LOCK = threading.Lock()


def _library(name: str) -> types.ModuleType:
    """A stand-in for a library that is not installed where the tests run."""
    made = types.ModuleType(name)
    for function in ("resize", "DataFrame"):
        made.__dict__[function] = type(function, (), {"__module__": name, "__new__": lambda *_: 0})
    return made


cv2, pandas, missing = _library("cv2"), _library("pandas"), None


def substitutes_pattern(text: str) -> str:
    return re.sub("-+", " ", text)


def substitutes_pattern_fixed(text: str) -> str:
    return " ".join([part for part in text.split("-") if part != ""])


wrong.add(substitutes_pattern, substitutes_pattern_fixed, "a--b-c")


def builds_table(values: List[float]) -> float:
    return pandas.DataFrame({"a": values})["a"].mean()


def builds_table_fixed(values: List[float]) -> float:
    return sum(values) / len(values)


wrong.add(builds_table, builds_table_fixed, ([1.0, 2.0],))


def resizes_image(x: Tensor) -> Tensor:
    return cv2.resize(x, (4, 4))


def resizes_image_fixed(x: Tensor) -> Tensor:
    return F.interpolate(x[None, None], size=(4, 4))[0, 0]


wrong.add(resizes_image, resizes_image_fixed, X)


def failed_import(x: Tensor) -> Tensor:
    return missing.resize(x)


def failed_import_fixed(x: Tensor) -> Tensor:
    return F.interpolate(x[None, None], size=(4, 4))[0, 0]


wrong.add(failed_import, failed_import_fixed, X)


def joins_path(folder: str, name: str) -> str:
    return str(Path(folder) / name)


def joins_path_fixed(folder: str, name: str) -> str:
    return folder + "/" + name


wrong.add(joins_path, joins_path_fixed, ("a", "b"))


def dumps_json(values: Dict[str, int]) -> str:
    return json.dumps(values)


def dumps_json_fixed(values: Dict[str, int]) -> Dict[str, int]:
    return values


wrong.add(dumps_json, dumps_json_fixed, ({"a": 1},))


def prints_to_stderr(x: Tensor) -> Tensor:
    print("here", file=sys.stderr)
    return x + 1


def prints_to_stderr_fixed(x: Tensor) -> Tensor:
    print("here")
    return x + 1


wrong.add(prints_to_stderr, prints_to_stderr_fixed, X)


def takes_lock(x: Tensor) -> Tensor:
    with LOCK:
        return x + 1


def takes_lock_fixed(x: Tensor) -> Tensor:
    return x + 1


wrong.add(takes_lock, takes_lock_fixed, X)


def double(x: Tensor) -> Tensor:
    return x * 2


def starts_threads(x: Tensor) -> Tensor:
    with ThreadPoolExecutor(2) as pool:
        return pool.submit(double, x).result()


def starts_threads_fixed(x: Tensor) -> Tensor:
    return double(x)


wrong.add(starts_threads, starts_threads_fixed, X)


def sleeps(x: Tensor) -> Tensor:
    time.sleep(0.1)
    return x + 1


def sleeps_fixed(x: Tensor) -> Tensor:
    return x + 1


wrong.add(sleeps, sleeps_fixed, X)


def draws_with_random(n: int) -> int:
    return random.randint(0, n)


def draws_with_random_fixed(n: int, drawn: int) -> int:
    return min(drawn, n)


wrong.add(draws_with_random, draws_with_random_fixed, (3, 2))


def draws_with_numpy(x: Tensor) -> Tensor:
    return x + float(np.random.rand())


def draws_with_numpy_fixed(x: Tensor, drawn: float) -> Tensor:
    return x + drawn


wrong.add(draws_with_numpy, draws_with_numpy_fixed, (X, 0.5))


def counts_words(words: List[str]) -> Dict[str, int]:
    counts: Dict[str, int] = collections.Counter(words)
    return counts


def counts_words_fixed(words: List[str]) -> Dict[str, int]:
    counts: Dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


wrong.add(counts_words, counts_words_fixed, (["a", "b", "a"],))


class ForgetsTraining(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.5)


class ForgetsTrainingFixed(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, 0.5, training=self.training)


wrong.add(ForgetsTraining, ForgetsTrainingFixed, X)


def floats_for_sizes(x: Tensor) -> Tensor:
    n = x.size(1)
    return x.reshape(n / 3, 6)


def floats_for_sizes_fixed(x: Tensor) -> Tensor:
    n = x.size(1)
    return x.reshape(n // 3, 6)


wrong.add(floats_for_sizes, floats_for_sizes_fixed, X)


def sizes_never_fit(x: Tensor) -> Tensor:
    return x + torch.zeros(2, 3) @ torch.zeros(4, 5)


def sizes_never_fit_fixed(x: Tensor) -> Tensor:
    return x + torch.zeros(2, 3) @ torch.zeros(3, 3)


wrong.add(sizes_never_fit, sizes_never_fit_fixed, X)


def pairs_of_words(first: List[str]) -> List[Tuple[int, str]]:
    return [pair for pair in enumerate(first, "1")]


def pairs_of_words_fixed(first: List[str]) -> List[Tuple[int, str]]:
    return [pair for pair in enumerate(first, 1)]


wrong.add(pairs_of_words, pairs_of_words_fixed, (["a", "b"],))
