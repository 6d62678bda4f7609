"""Section 1.6: what a condition says about a type."""

from typing import Any, Dict, List, Optional, Tuple, Union

import torch
from torch import Tensor, nn

from tests.script.rows import Rows

rows = Rows("1.6", "Refinement")

X = torch.arange(6.0).reshape(2, 3) - 2


def is_not_none(n: Optional[int]) -> int:
    if n is not None:
        return n + 1
    return 0


rows.add(is_not_none, "`if x is not None`", 3, (None,))


def is_none_else(n: Optional[int]) -> int:
    if n is None:
        m = 0
    else:
        m = n * 2
    return m


rows.add(is_none_else, "the `else` of `if x is None`", 3, (None,))


def none_returns(n: Optional[int]) -> int:
    if n is None:
        return -1
    return n + 1


rows.add(none_returns, "after a branch that returned", 3, (None,))


def none_raises(n: Optional[int]) -> int:
    if n is None:
        raise ValueError("no n")
    return n + 1


rows.add(none_raises, "after a branch that raised", 3, (None,))


def none_continues(values: List[Optional[int]]) -> int:
    total = 0
    for value in values:
        if value is None:
            continue
        total += value
    return total


rows.add(none_continues, "after a branch that went on with the loop", ([1, None, 3],))


def none_assigned(n: Optional[int]) -> int:
    if n is None:
        n = 5
    return n * 2


rows.add(none_assigned, "a default is assigned", 3, (None,))


def asserted(n: Optional[int]) -> int:
    assert n is not None
    return n + 1


rows.add(asserted, "`assert x is not None`", 3, (None,))


def asserted_isinstance(value: Union[int, str]) -> int:
    assert isinstance(value, int), "an int is wanted"
    return value + 1


rows.add(asserted_isinstance, "`assert isinstance`", 3, "a")


def refined_and(n: Optional[int]) -> bool:
    return n is not None and n > 2


rows.add(refined_and, "the right side of `and`", 3, 1, (None,))


def refined_or(n: Optional[int]) -> bool:
    return n is None or n > 2


rows.add(refined_or, "the right side of `or`", 3, 1, (None,))


def refined_both(a: Optional[int], b: Optional[int]) -> int:
    if a is not None and b is not None:
        return a + b
    return -1


rows.add(refined_both, "`a is not None and b is not None`", (1, 2), (None, 2), (1, None))


def refined_either(a: Optional[int], b: Optional[int]) -> int:
    if a is None or b is None:
        return -1
    return a + b


rows.add(refined_either, "the `else` of `a is None or b is None`", (1, 2), (None, 2), (1, None))


def refined_not(n: Optional[int]) -> int:
    if not (n is None):
        return n
    return 0


rows.add(refined_not, "`not (x is None)`", 3, (None,))


def refined_ternary(n: Optional[int]) -> int:
    return n + 1 if n is not None else 0


rows.add(refined_ternary, "a conditional expression", 3, (None,))


def refined_by_truth(name: Optional[str]) -> str:
    if name:
        return name.upper()
    return "none"


rows.add(refined_by_truth, "`if x` on an Optional", "a", "", (None,))


def refined_elif(value: Union[int, float, str]) -> float:
    if isinstance(value, str):
        return float(value)
    elif isinstance(value, int):
        return value / 2
    else:
        return value * 2.0


rows.add(refined_elif, "`isinstance` in a chain of `elif`", "1.5", 3, 0.25)


def refined_tuple_of_types(value: Union[int, float, str]) -> float:
    if isinstance(value, (int, float)):
        return value * 2.0
    return float(len(value))


rows.add(refined_tuple_of_types, "`isinstance(x, (int, float))`", 3, 0.5, "abc")


def refined_list(value: Union[List[int], int]) -> int:
    if isinstance(value, list):
        return len(value)
    return value


rows.add(refined_list, "`isinstance(x, list)`", ([1, 2],), 7)


def refined_jit_isinstance(value: Any) -> int:
    if torch.jit.isinstance(value, List[int]):
        return len(value) + value[0]
    return -1


rows.add(refined_jit_isinstance, "`torch.jit.isinstance` on Any", ([4, 5],), 3)


def refined_optional_tensor(x: Tensor, mask: Optional[Tensor] = None) -> Tensor:
    keep = mask is not None
    if mask is not None:
        x = x * mask
    return x + float(keep)


rows.add(refined_optional_tensor, "an Optional Tensor", X, (X, X > 0))


def refined_in_loop(values: List[Optional[str]]) -> List[str]:
    out: List[str] = []
    last: Optional[str] = None
    for value in values:
        if value is not None:
            last = value
        if last is not None:
            out.append(last)
    return out


rows.add(refined_in_loop, "a loop that carries an Optional", ([None, "a", None, "b"],))


def refined_while(n: Optional[int]) -> int:
    steps = 0
    while n is not None:
        steps += n
        n = n - 1 if n > 0 else None
    return steps


rows.add(refined_while, "`while x is not None`", 3, (None,))


def lost_by_assignment(n: Optional[int], m: Optional[int]) -> int:
    if n is not None:
        total = n
        n = m
        if n is not None:
            total += n
        return total
    return -1


rows.add(lost_by_assignment, "an assignment ends what was known", (1, 2), (1, None), (None, 2))


def kept_in_nested(n: Optional[int], flag: bool) -> int:
    if n is not None:
        if flag:
            return n + 1
        for i in range(2):
            n = n + i
        return n
    return 0


rows.add(kept_in_nested, "what is known holds in inner blocks", (1, True), (1, False), (None, True))


def refined_attribute(n: int) -> int:
    pair = Holder(n)
    if pair.value is not None:
        return pair.value + 1
    return -1


class Holder:
    def __init__(self, n: int):
        self.value: Optional[int] = n if n > 0 else None


rows.add(refined_attribute, "an attribute of an object", 3, -3)


class RefinedSelf(nn.Module):
    cache: Optional[Tensor]

    def __init__(self):
        super().__init__()
        self.cache = None

    def forward(self, x: Tensor) -> Tensor:
        if self.cache is None:
            self.cache = x
        if self.cache is not None:
            return self.cache + x
        return x


rows.add(RefinedSelf, "`self.cache is not None`", X, X + 1)


def refined_item(d: Dict[str, Optional[int]]) -> int:
    value = d["a"]
    if value is not None:
        return value + 1
    return -1


rows.add(refined_item, "a dict's item under a local name", {"a": 1}, {"a": None})


def refined_item_direct(d: Dict[str, Optional[int]]) -> int:
    if d["a"] is not None:
        return d["a"] + 1
    return -1


rows.add(
    refined_item_direct,
    '`if d["a"] is not None: d["a"] + 1`',
    {"a": 1},
    {"a": None},
    refused='each `d["a"]` is a look-up of its own; give the item a local name',
    code="TSX3068",
)


def refined_get(d: Dict[str, int]) -> int:
    value = d.get("a")
    return value if value is not None else -1


rows.add(refined_get, "`d.get(k)` is an Optional", {"a": 1}, {})


def refined_tuple_items(pair: Tuple[Optional[int], Optional[int]]) -> int:
    a, b = pair
    if a is not None:
        return a if b is None else a + b
    return -1


rows.add(refined_tuple_items, "the parts of a tuple", ((1, 2),), ((1, None),), ((None, 2),))


def joined_after_branches(flag: bool, n: int) -> int:
    value: Optional[int] = None
    if flag:
        value = n
    else:
        value = n + 1
    return value * 2


rows.add(joined_after_branches, "both branches assign an int to an Optional", (True, 3), (False, 3))


def joined_none(flag: bool) -> int:
    if flag:
        value = 3
    else:
        value = None
    return 0 if value is None else value


rows.add(joined_none, "int in one branch, None in the other", True, False)


def union_join(flag: bool) -> int:
    value: Union[int, str] = 1
    if flag:
        value = "abc"
    if isinstance(value, str):
        return len(value)
    return value


rows.add(union_join, "a Union joins two branches", True, False)


def static_isinstance_dead(x: Tensor) -> Tensor:
    if isinstance(x, list):
        return x.nothing_like_this()
    return x + 1


rows.add(static_isinstance_dead, "a branch that can't be taken is not compiled", X)


def unwrap_optional(n: Optional[int]) -> int:
    return torch.jit._unwrap_optional(n) + 1


rows.add(unwrap_optional, "`torch.jit._unwrap_optional`", 3, (None,))


def unrefined(n: Optional[int]) -> int:
    return n + 1


rows.add(
    unrefined,
    "arithmetic on an Optional that was not checked",
    3,
    refused="it may be None; check it first",
    code="TSX3068",
)


def refined_nested_function(n: Optional[int]) -> int:
    def value_or(default: int) -> int:
        return default if n is None else n

    return value_or(7)


rows.add(refined_nested_function, "a closed-over Optional in a nested function", 3, (None,))


def refined_early_loop_exit(values: List[int], wanted: int) -> int:
    found: Optional[int] = None
    for i, value in enumerate(values):
        if value == wanted:
            found = i
            break
    if found is None:
        return -1
    return found


rows.add(refined_early_loop_exit, "an Optional that a loop may set", ([4, 5], 5), ([], 5))


def refined_match(n: Optional[int]) -> int:
    match n:
        case None:
            return -1
        case value:
            return value + 1


rows.add(refined_match, "`match` on an Optional", 3, (None,))


def refined_ahead_of_a_loop(text: Optional[str], rounds: int) -> str:
    v: Optional[str] = text
    if v is None:
        v = "e"
    for i in range(rounds):
        if i == 1:
            v = v + "z"
        v = v.upper()
    return v


rows.add(
    refined_ahead_of_a_loop,
    "narrowed ahead of a loop, and in it",
    (None, 2),
    ("q", 3),
    (None, 0),
)


def refined_union_in_a_loop(rounds: int) -> str:
    v: Union[int, str] = 1
    for i in range(rounds):
        if i == 1:
            v = "x"
    return str(v)


rows.add(refined_union_in_a_loop, "a declared Union that a loop changes", 1, 3)
