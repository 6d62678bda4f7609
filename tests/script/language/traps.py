"""Section 10: traps of numbers, Tensors and containers."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor, nn

from tests.script.rows import Rows

rows = Rows("10", "Traps of numbers, Tensors, containers")

X = torch.arange(6.0).reshape(2, 3) - 2
I = torch.arange(-4, 4)


def trap_modulo_assign(t: Tensor) -> Tuple[Tensor, Tensor]:
    u = t.clone()
    u %= 3
    return u, t % 3


rows.add(trap_modulo_assign, "trap 1: `t %= 3` is `t % 3`", I)


def trap_inplace_or(t: Tensor) -> Tensor:
    u = t.clone()
    alias = u
    u |= 1
    u ^= 2
    return alias


rows.add(trap_inplace_or, "trap 2: `t |= 1` writes into t", I)


def trap_power_assign(t: Tensor) -> Tensor:
    u = t.clone()
    alias = u
    u **= 2
    return alias


rows.add(trap_power_assign, "trap 2: `t **= 2` writes into t", X)


def trap_dict_item_add(d: Dict[str, Tensor]) -> Tensor:
    alias = d["a"]
    d["a"] += 1
    return alias


rows.add(trap_dict_item_add, "trap 3: `d[k] += 1` writes into the Tensor", {"a": X})


def trap_list_item_add(x: Tensor) -> Tensor:
    parts = [x.clone()]
    alias = parts[0]
    parts[0] += 1
    return alias


rows.add(trap_list_item_add, "trap 3: `l[i] += 1` writes into the Tensor", X)


def trap_subscript_once(x: Tensor) -> Tuple[Tensor, int]:
    order = [0, 1, 0, 1]
    y = x[order.pop()]
    return y, len(order)


rows.add(trap_subscript_once, "trap 4: an index is evaluated once", X)


def trap_subscript_once_2d(x: Tensor) -> Tuple[Tensor, int]:
    order = [0, 1, 0, 1, 2]
    y = x[order.pop(0), order.pop(0)]
    return y, len(order)


rows.add(trap_subscript_once_2d, "trap 4: two indices are evaluated once each", X)


def trap_augmented_index_once(values: List[int]) -> List[int]:
    order = [1, 0]
    values[order.pop()] += 5
    return values + order


rows.add(trap_augmented_index_once, "trap 4: the index of `l[i] += v` is evaluated once", ([1, 2],))


def trap_chain_once(values: List[int]) -> Tuple[bool, int]:
    ok = 0 < values.pop() < 10
    return ok, len(values)


rows.add(
    trap_chain_once,
    "trap 5: the middle of a chained comparison is evaluated once",
    ([1, 5],),
    ([1, 50],),
)


def trap_chain_stops(values: List[int]) -> bool:
    return 0 < len(values) < values[0]


rows.add(
    trap_chain_stops, "trap 5: the rest of a chain that is false is not evaluated", ([],), ([5],)
)


def trap_modulo_zero(a: int, b: int) -> int:
    return a % b


rows.add(trap_modulo_zero, "trap 6: `n % 0` raises", (7, 0), (7, 4))


def trap_smallest_divided(b: int) -> int:
    return (-9223372036854775807 - 1) // b


rows.add(trap_smallest_divided, "trap 6: the smallest int divided by -1", 2)


def trap_smallest_overflow(b: int) -> int:
    return (-9223372036854775807 - 1) // b


rows.add(
    trap_smallest_overflow,
    "trap 6: the smallest int divided by -1 overflows",
    -1,
    stops="OverflowError",
)


def trap_float_zero(x: float, y: float) -> float:
    return x % y


rows.add(trap_float_zero, "trap 6: `x % 0.0` raises", (1.0, 0.0))


def trap_overflow_add(n: int) -> int:
    return n + n


rows.add(trap_overflow_add, "trap 7: int addition overflows", 2**62, stops="OverflowError")


def trap_overflow_shift(n: int) -> int:
    return 1 << n


rows.add(trap_overflow_shift, "trap 7: `1 << 64` overflows", 64, 100, stops="OverflowError")


def trap_shift_fits(n: int) -> int:
    return (1 << n) - (1 >> n) + (-1 >> n)


rows.add(trap_shift_fits, "trap 7: shifts that fit", 62, 0, 1)


def trap_overflow_abs(n: int) -> int:
    return abs(n - 1)


rows.add(
    trap_overflow_abs,
    "trap 7: `abs` of the smallest int overflows",
    -(2**63) + 1,
    stops="OverflowError",
)


def trap_int_power(a: int) -> Tuple[int, bool]:
    return a**3, a**2 == 4


rows.add(trap_int_power, "trap 7: `int ** int` is an int", 2, -3)


def trap_round(x: float) -> Tuple[int, int]:
    return round(x), round(x) // 2


rows.add(trap_round, "trap 7: `round` gives an int", 2.5, 3.5)


def trap_floor_division(x: float, y: float) -> float:
    return x // y


rows.add(trap_floor_division, "trap 7: `1.0 // 0.1` is 9.0", (1.0, 0.1), (-1.0, 0.1), (6.0, 0.2))


def trap_reversed_floor(t: Tensor) -> Tuple[Tensor, Tensor]:
    return 7 // t, 7 % t


rows.add(
    trap_reversed_floor,
    "trap 8: `7 // t` for a Tensor of several elements",
    torch.tensor([1, 2, 3]),
)


def trap_reversed_and(t: Tensor) -> Tuple[Tensor, Tensor]:
    return 1 & t, 1 << t


rows.add(trap_reversed_and, "trap 8: `1 & t`, `1 << t`", torch.tensor([1, 2, 3]))


def trap_scalar_promotion(x: Tensor) -> Tensor:
    return x * 2.5 + 1


rows.add(
    trap_scalar_promotion,
    "trap 9: a number does not raise a Tensor's precision",
    X,
    X.half(),
    X.sum(),
)


def trap_promotion(i: Tensor, x: Tensor) -> List[Tensor]:
    return [
        i + x,
        i / i.max(),
        i.sqrt(),
        x.half() * x.sum(),
        i.to(torch.uint8) + 255,
        i.to(torch.uint8) + i.to(torch.int8),
    ]


rows.add(
    trap_promotion,
    "trap 10: promotion is torch's",
    (torch.tensor([1, 2]), torch.tensor([0.5, 1.0])),
)


def trap_default_dtype(n: int) -> List[Tensor]:
    return [torch.tensor(1.5), torch.zeros(n), torch.arange(0.0, 2.0), torch.tensor([n]) / 2]


rows.add(trap_default_dtype, "trap 11: the default dtype is float32", 2)


def trap_reductions(b: Tensor, x: Tensor) -> List[Tensor]:
    return [
        b.sum(),
        b.cumsum(0),
        x.std(),
        x.var(unbiased=False),
        x.max(),
        x.argmax(),
        torch.round(x),
    ]


rows.add(
    trap_reductions,
    "trap 12: what reductions give",
    (torch.tensor([True, True]), torch.tensor([0.5, 1.5, float("nan")])),
)


def trap_bool_tensors(a: Tensor, b: Tensor) -> List[Tensor]:
    return [a + b, a * b, ~a, a & b, a ^ b]


rows.add(
    trap_bool_tensors,
    "trap 13: arithmetic of bool Tensors",
    (torch.tensor([True, False]), torch.tensor([True, True])),
)


def trap_bool_minus(a: Tensor) -> Tensor:
    return a - a


rows.add(
    trap_bool_minus,
    "trap 13: `-` of bool Tensors raises",
    torch.tensor([True, False]),
    any_error=True,
)


def trap_views(x: Tensor) -> Tuple[Tensor, Tensor]:
    base = x.clone()
    row = base[0]
    column = base.t()[1]
    flat = base.reshape(-1)
    base[0] = 5
    flat[1] = -1
    return row, column


rows.add(trap_views, "trap 14: views see writes", X)


def trap_write_input(x: Tensor) -> Tensor:
    x += 1
    x[0] = 0
    return x


rows.add(trap_write_input, "trap 15: writing to a Tensor that was passed in", X)


def trap_list_argument(values: List[int]) -> int:
    values.append(1)
    return len(values)


rows.add(trap_list_argument, "trap 15: changing a list that was passed in", ([1],))


def trap_list_aliases(n: int) -> Tuple[List[int], List[List[int]]]:
    a = [n]
    b = a
    b += [2]
    grid = [[0]] * 2
    grid[0][0] = 7
    return a, grid


rows.add(trap_list_aliases, "trap 16: lists are shared", 1)


def trap_append_is_reference(x: Tensor) -> Tensor:
    y = x.clone()
    parts = [y]
    parts.append(y)
    y.add_(1)
    return parts[0] + parts[1]


rows.add(trap_append_is_reference, "trap 16: a list holds the Tensor itself", X)


def trap_dict_order(d: Dict[str, int]) -> Tuple[List[str], Tuple[str, int]]:
    d["a"] = 9
    value = d.pop("b")
    d["b"] = value
    last = d.popitem()
    return list(d.keys()), last


rows.add(trap_dict_order, "trap 17: dict order, `popitem` takes the last", {"a": 1, "b": 2, "c": 3})


def trap_key_error(d: Dict[str, int], key: str) -> int:
    return d[key]


rows.add(trap_key_error, "trap 17: a missing key is a KeyError", ({"a": 1}, "b"))
