"""Section 1.3: calls, defaults, nested functions, lambdas, closures, globals, decorators, recursion."""

import functools
import math
from functools import partial
from typing import Dict, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.script import language
from tests.script.rows import Rows

rows = Rows("1.3", "Calls and names")

X = torch.arange(6.0).reshape(2, 3) - 2
LIMIT = 3
SCALE = 0.5
VERBOSE = False
NAMES = ["a", "b"]
SIZES = (2, 3)
TABLE = {"a": 1, "b": 2}
WEIGHT = torch.tensor([1.0, 2.0, 3.0])


def clamp_int(n: int, low: int = 0, high: int = 10) -> int:
    return max(low, min(n, high))


def calls_defaults(n: int) -> List[int]:
    return [clamp_int(n), clamp_int(n, 3), clamp_int(n, high=5), clamp_int(high=2, n=n, low=1)]


rows.add(calls_defaults, "positional and named arguments, defaults", 20, -4)


def wrong_defaults(n: int, *, twice: bool = False) -> int:
    return n * 2 if twice else n


def calls_keyword_only(n: int) -> int:
    return wrong_defaults(n) + wrong_defaults(n, twice=True)


rows.add(calls_keyword_only, "keyword-only parameters with defaults", 3)


def entry_keyword_only(n: int, *, k: int) -> int:
    return n * k


def calls_required_keyword(n: int) -> int:
    return entry_keyword_only(n, k=4)


rows.add(calls_required_keyword, "a keyword-only parameter without default", 3)


def total_of(*values: int) -> int:
    total = 0
    for value in values:
        total += value
    return total


def calls_varargs(n: int) -> int:
    return total_of(n, 2, 3) + total_of()


rows.add(calls_varargs, "`*args`", 3)


def options_of(n: int, **options: int) -> int:
    total = n
    if "scale" in options:
        total *= options["scale"]
    for name, value in options.items():
        total += value + len(name)
    return total


def calls_kwargs(n: int) -> int:
    return options_of(n) + options_of(n, scale=3, shift=1)


rows.add(calls_kwargs, "`**kwargs`", 3)


def forwards(*args: int, **kwargs: int) -> int:
    return clamp_int(*args, **kwargs)


def calls_forwarded(n: int) -> int:
    return forwards(n, 2, high=6)


rows.add(calls_forwarded, "`f(*args, **kwargs)` hands both on", 9, 0)


def star_tuple(pair: Tuple[int, int]) -> int:
    return clamp_int(7, *pair)


rows.add(star_tuple, "`f(*tuple)`", ((1, 5),))


def star_list(values: List[int]) -> int:
    return total_of(*values)


rows.add(
    star_list,
    "`f(*list)`",
    ([1, 2],),
    refused="how many arguments there are must be known; pass the list itself",
    code="TSX3049",
)


def star_dict_literal(n: int) -> int:
    return clamp_int(n, **{"low": 2, "high": 4})


rows.add(star_dict_literal, "`f(**{…})` with known names", 9)


def list_default(n: int, values: List[int] = [1, 2]) -> int:
    return n + len(values)


rows.add(list_default, "a list as a default", 3, (3, [1]))


def append_default(n: int, values: List[int] = []) -> int:
    values.append(n)
    return len(values)


rows.add(
    append_default,
    "a list as a default that is changed",
    3,
    refused="Python would keep the change for the next call, and a program has no such memory",
    code="TSX3035",
)


def global_constants(n: int) -> float:
    if VERBOSE:
        return -1.0
    return n * SCALE + LIMIT


rows.add(global_constants, "int, float and bool globals", 3)


def global_containers(n: int) -> int:
    rows_, columns = SIZES
    total = rows_ * columns
    for name in NAMES:
        total += len(name) * n
    return total + TABLE["b"]


rows.add(global_containers, "list, tuple and dict globals", 3)


def global_list_changes(n: int) -> int:
    NAMES.append("c")
    return len(NAMES)


rows.add(
    global_list_changes,
    "a global list that is changed",
    3,
    refused="the module's list would have to change with it; pass the list, or copy it first",
    code="TSX3070",
)


def global_tensor(x: Tensor) -> Tensor:
    return x * WEIGHT


rows.add(global_tensor, "a Tensor global becomes a weight", X)


def module_constant(x: float) -> float:
    return x * math.pi + math.e


rows.add(module_constant, "`math.pi`", 2.0)


def module_of_ours() -> int:
    return len(language.__name__)


rows.add(module_of_ours, "a str attribute of a Python module")


def make_scaler(k: float):
    def scale(x: Tensor) -> Tensor:
        return x * k

    return scale


scaled_by_three = make_scaler(3.0)


def closure_constant(x: Tensor) -> Tensor:
    return scaled_by_three(x)


rows.add(closure_constant, "a closed-over constant", X)


def make_shifter(offset: Tensor, names: List[str]):
    def shift(x: Tensor) -> Tensor:
        return x + offset * len(names)

    return shift


shifted = make_shifter(torch.tensor([1.0, 0.0, -1.0]), ["a", "b"])
shifted.__name__ = "closure_tensor"
rows.add(shifted, "a closed-over Tensor and list", X)


def nested_function(n: int) -> int:
    def square(k: int) -> int:
        return k * k

    return square(n) + square(n + 1)


rows.add(nested_function, "a nested function", 3)


def nested_sees_locals(x: Tensor, k: float) -> Tensor:
    shift = k * 2

    def apply(y):
        if y.sum() > 0:
            return y + shift
        return y - shift

    return apply(x) * apply(-x)


rows.add(nested_sees_locals, "a nested function over local names, with branches", (X, 0.5))


def nested_sees_changes(n: int) -> int:
    k = 1

    def times(m: int) -> int:
        return m * k

    a = times(n)
    k = 10
    return a + times(n)


rows.add(nested_sees_changes, "a nested function sees the names as they are when it is called", 3)


def nested_escapes(n: int):
    def add(k: int) -> int:
        return k + n

    return add


rows.add(
    nested_escapes,
    "a nested function as a result",
    3,
    refused="a function is no value of a program",
    code="TSX3037",
)


def lambda_local(n: int) -> int:
    f = lambda k: k * k + n
    return f(2) + f(3)


rows.add(lambda_local, "a lambda", 5)


def lambda_chosen(n: int, flag: bool) -> int:
    f = (lambda k: k + 1) if flag else (lambda k: k - 1)
    return f(n)


rows.add(lambda_chosen, "a lambda chosen at run time", (3, True), (3, False))


def apply_twice(f, n: int) -> int:
    return f(f(n))


def function_argument(n: int) -> int:
    return apply_twice(lambda k: k * 3, n)


rows.add(function_argument, "a function passed to a function", 2)


def factorial(n: int) -> int:
    if n <= 1:
        return 1
    return n * factorial(n - 1)


rows.add(factorial, "recursion", 5, 0)


def is_even(n: int) -> bool:
    if n == 0:
        return True
    return is_odd(n - 1)


def is_odd(n: int) -> bool:
    if n == 0:
        return False
    return is_even(n - 1)


rows.add(is_even, "two functions that call each other", 7, 10)


def depth_of(n: int):
    if n == 0:
        return 0
    return 1 + depth_of(n - 1)


rows.add(
    depth_of,
    "recursion without a result's type",
    3,
    refused="the type of the call inside is that of the whole; annotate the result",
    code="TSX3032",
)


def callee_without_annotations(a, b):
    return a * b + 1


def specialised(n: int, x: float) -> float:
    return callee_without_annotations(n, 2) + callee_without_annotations(x, 0.5)


rows.add(specialised, "a callee without annotations takes what it is given", (3, 1.5))


def function_chain(x: Tensor) -> Tensor:
    return second_step(first_step(x))


def first_step(x: Tensor) -> Tensor:
    return F.relu(x)


def second_step(x: Tensor) -> Tensor:
    return F.softmax(x, dim=-1) * LIMIT


rows.add(function_chain, "functions call functions, defined in any order", X)


def logged(f):
    @functools.wraps(f)
    def wrapper(x: Tensor) -> Tensor:
        return f(x) * 10

    return wrapper


@logged
def decorated(x: Tensor) -> Tensor:
    return x + 1


rows.add(decorated, "a `functools.wraps` decorator is applied", X)


def counted(f):
    def wrapper(*args, **kwargs):
        return f(*args, **kwargs) + 1

    return wrapper


@counted
def helper_decorated(n: int) -> int:
    return n * 2


def calls_decorated(n: int) -> int:
    return helper_decorated(n) + helper_decorated(n=1)


rows.add(calls_decorated, "a callee behind a decorator with `*args, **kwargs`", 4)


@torch.no_grad()
def no_grad_decorated(x: Tensor) -> Tensor:
    return x * 2


rows.add(no_grad_decorated, "`@torch.no_grad()`", X)


@torch.inference_mode()
def inference_decorated(x: Tensor) -> Tensor:
    return x * 3


rows.add(inference_decorated, "`@torch.inference_mode()`", X)


@functools.lru_cache(maxsize=None)
def cached(n: int) -> int:
    return n * n


def calls_cached(n: int) -> int:
    return cached(n) + cached(n)


rows.add(calls_cached, "`functools.lru_cache` around a pure function", 4)

double_scaled = partial(clamp_int, low=2, high=6)


def calls_partial(n: int) -> int:
    return double_scaled(n)


rows.add(calls_partial, "`functools.partial`", 9, 0)


def torch_functions(x: Tensor) -> Tensor:
    return torch.sigmoid(x) + F.gelu(x) + torch.nn.functional.pad(x, [1, 0])[:, :3]


rows.add(torch_functions, "`torch.*` and `torch.nn.functional.*`", X)


def method_chain(x: Tensor) -> Tensor:
    return x.abs().sqrt().clamp(max=1.5).transpose(0, 1).contiguous().view(-1)


rows.add(method_chain, "methods in a chain", X)


def overload_by_types(x: Tensor) -> Tensor:
    return x.sum() + x.sum(dim=1).sum() + x.sum([0, 1], keepdim=True)[0, 0]


rows.add(overload_by_types, "overloads are chosen by the arguments", X)


def tensor_as_number(x: Tensor, n: Tensor) -> Tensor:
    return x * float(n) + int(n)


rows.add(tensor_as_number, "`float(tensor)` and `int(tensor)`", (X, torch.tensor(2)))


def tensor_as_size(x: Tensor, n: Tensor) -> Tensor:
    return torch.zeros([int(n), 2]) + x[: int(n.item()), :2]


rows.add(tensor_as_size, "a Tensor's value as a size", (X, torch.tensor(2)))


def unknown_function(n: int) -> int:
    return does_not_exist(n)


rows.add(
    unknown_function,
    "a name that does not exist",
    1,
    refused="the name is not defined, in Python as well",
    code="TSX3028",
)


def wrong_arguments(n: int) -> int:
    return clamp_int(n, 1, 2, 3)


rows.add(
    wrong_arguments,
    "one argument too many",
    1,
    refused="the call fails in Python as well",
    code="TSX3020",
)


def getattr_static(x: Tensor) -> Tensor:
    return getattr(torch, "relu")(x) + getattr(x, "T").t()


rows.add(getattr_static, '`getattr(x, "name")`', X)


def hasattr_static(x: Tensor) -> int:
    if hasattr(x, "no_such_attribute"):
        return 1
    return 2


rows.add(hasattr_static, '`hasattr(x, "name")`', X)


def optional_function(n: int, f: Optional[int] = None) -> int:
    g = clamp_int if LIMIT > 2 else total_of
    return g(n) + (f or 0)


rows.add(optional_function, "a function chosen by a constant", 20)


def dict_of_functions(x: Tensor, n: int) -> Tensor:
    table = {"relu": torch.relu, "tanh": torch.tanh}
    return table["tanh"](x) * n


rows.add(dict_of_functions, "a dict of functions with a known key", (X, 2))


def counts(values: List[int]) -> Dict[int, int]:
    out: Dict[int, int] = {}

    def note(v: int) -> None:
        out[v] = out.get(v, 0) + 1

    for v in values:
        note(v)
    return out


rows.add(counts, "a nested function changes a local dict", ([1, 2, 1],))
