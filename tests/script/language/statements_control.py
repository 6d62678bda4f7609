"""Section 1.2: if and return."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.2", "Branches and returns")

X = torch.arange(6.0).reshape(2, 3) - 2


def if_tensor(x: Tensor) -> Tensor:
    if x.sum() > 0:
        return x
    return -x


rows.add(if_tensor, "`if` on a Tensor of one element", X, X + 5)


def if_tensor_of_many(x: Tensor) -> int:
    if x > 0:
        return 1
    return 0


rows.add(if_tensor_of_many, "`if` on a Tensor of several elements", X, any_error=True)


def if_int(n: int) -> str:
    if n:
        return "nonzero"
    return "zero"


rows.add(if_int, "`if` on an int", 0, 3)


def if_float(x: float) -> str:
    if x:
        return "nonzero"
    return "zero"


rows.add(if_float, "`if` on a float", 0.0, 0.1, float("nan"), -0.0)


def if_str(text: str) -> bool:
    if text:
        return True
    return False


rows.add(if_str, "`if` on a str", "", "a")


def if_list(values: List[int]) -> int:
    if values:
        return values[0]
    return -1


rows.add(if_list, "`if` on a list", ([],), ([4],))


def if_dict(d: Dict[str, int]) -> bool:
    if not d:
        return True
    return False


rows.add(if_dict, "`if not` on a dict", {}, {"a": 1})


def if_optional(n: Optional[int]) -> int:
    if n:
        return n
    return -1


rows.add(if_optional, "`if` on an Optional[int]: None and 0 are false", (None,), 0, 4)


def elif_chain(score: float) -> str:
    if score >= 0.9:
        grade = "A"
    elif score >= 0.5:
        grade = "B"
    elif score >= 0.1:
        grade = "C"
    else:
        grade = "D"
    return grade


rows.add(elif_chain, "`elif`", 0.95, 0.6, 0.2, 0.0)


def defined_in_both(flag: bool, x: Tensor) -> Tensor:
    if flag:
        y = x * 2
        n = 1
    else:
        n = 3
        y = x
    return y + n


rows.add(defined_in_both, "names that both branches define", (True, X), (False, X))


def defined_or_exits(n: int) -> int:
    if n > 0:
        y = n * 2
    else:
        return -1
    return y


rows.add(defined_or_exits, "a name that the branch that goes on defines", 3, -3)


def defined_or_raises(n: int) -> int:
    if n > 0:
        y = n * 2
    else:
        raise ValueError("n must be positive")
    return y


rows.add(defined_or_raises, "a name that the branch that does not raise defines", 3, -3)


def used_only_when_defined(flag: bool) -> int:
    if flag:
        y = 1
    total = 0
    if flag:
        total = y
    return total


rows.add(
    used_only_when_defined,
    "a name that one branch defines, used under the same condition",
    True,
    False,
)


def nested_ifs(a: int, b: int) -> int:
    if a > 0:
        if b > 0:
            r = 1
        else:
            r = 2
    else:
        if b > 0:
            r = 3
        else:
            r = 4
    return r


rows.add(nested_ifs, "nested `if`", (1, 1), (1, -1), (-1, 1), (-1, -1))


def early_returns(n: int) -> str:
    if n < 0:
        return "negative"
    if n == 0:
        return "zero"
    m = n * 2
    if m > 10:
        return "large"
    return "small"


rows.add(early_returns, "early returns", -1, 0, 3, 9)


def return_in_loop(values: List[int], limit: int) -> int:
    total = 0
    for value in values:
        total += value
        if total > limit:
            return value
    return -1


rows.add(return_in_loop, "`return` inside a loop", ([1, 2, 3], 2), ([1], 5), ([], 0))


def false_returned_in_loop(values: List[int]) -> bool:
    for value in values:
        if value < 0:
            return False
    return True


rows.add(false_returned_in_loop, "`return False` inside a loop", ([1, 2],), ([1, -2],), ([],))


def return_in_nested_loop(n: int) -> Tuple[int, int]:
    for i in range(n):
        for j in range(i, n):
            if i * j == 6:
                return i, j
    return -1, -1


rows.add(return_in_nested_loop, "`return` out of two loops", 4, 7, 0)


def no_return_on_a_path(n: int) -> Optional[int]:
    if n > 0:
        return n


rows.add(no_return_on_a_path, "the end of the body returns None", 1, -1)


def inferred_optional(n: int):
    if n > 0:
        return n


rows.add(inferred_optional, "a result without annotation: int or None", 1, -1)


def inferred_result(x: Tensor, n: int):
    return x * n, n, "done"


rows.add(inferred_result, "a result's type is inferred", (X, 2))


def results_of_two_types(flag: bool):
    if flag:
        return 1
    return "one"


rows.add(
    results_of_two_types,
    "results of two types without annotation",
    True,
    refused="callers could not know which it is; annotate `Union[int, str]` to say so",
    code="TSX3031",
)
