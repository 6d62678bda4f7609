"""Section 1.2: assignment, augmented assignment, unpacking, del."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.2", "Assignment")

X = torch.arange(6.0).reshape(2, 3) - 2


def chain(n: int) -> int:
    a = b = n + 1
    a += 1
    return a * 10 + b


rows.add(chain, "`a = b = e`", 3)


def swap(a: int, b: int) -> Tuple[int, int]:
    a, b = b, a
    return a, b


rows.add(swap, "swap", (1, 2))


def rotate(a: int, b: int, c: int) -> Tuple[int, int, int]:
    a, b, c = c, a, b
    return a, b, c


rows.add(rotate, "three names at once", (1, 2, 3))


def nested_targets(n: int) -> int:
    (a, b), c = (n, n + 1), n + 2
    return a * 100 + b * 10 + c


rows.add(nested_targets, "nested targets", 1)


def list_targets(n: int) -> int:
    [a, b] = n, n + 1
    return a * b


rows.add(list_targets, "`[a, b] = …`", 3)


def starred_tuple(n: int) -> List[int]:
    first, *rest = (n, n + 1, n + 2)
    return rest


rows.add(starred_tuple, "`a, *b = tuple`: b is a list", 1)


def starred_middle(values: List[int]) -> Tuple[int, List[int], int]:
    first, *middle, last = values
    return first, middle, last


rows.add(starred_middle, "`a, *b, c = list`", ([1, 2, 3, 4],), ([1, 2],), ([1],))


def unpack_list(values: List[int]) -> int:
    a, b, c = values
    return a * 100 + b * 10 + c


rows.add(unpack_list, "a list is unpacked", ([1, 2, 3],), ([1, 2],), ([1, 2, 3, 4],))


def unpack_shape(x: Tensor) -> int:
    rows_, columns = x.shape
    return rows_ * 10 + columns


rows.add(unpack_shape, "`a, b = x.shape`", X)


def unpack_tensor(x: Tensor) -> Tensor:
    a, b = x
    return a - b


rows.add(unpack_tensor, "a Tensor is unpacked along its first dimension", X)


def unpack_str(text: str) -> str:
    a, b = text
    return b + a


rows.add(unpack_str, "a str is unpacked", "xy", "x")


def unpack_split(x: Tensor) -> Tensor:
    first, second = x.split([1, 2], dim=1)
    return first + second


rows.add(unpack_split, "the parts of `split` are unpacked", X)


def unpack_call(n: int) -> int:
    q, r = divmod(n, 7)
    return q * 100 + r


rows.add(unpack_call, "a call's results are unpacked", 23, -23)


def subscript_targets(values: List[int]) -> List[int]:
    values[0], values[1] = values[1], values[0]
    return values


rows.add(subscript_targets, "`x[0], x[1] = x[1], x[0]`", ([4, 5, 6],))


class AttributeTargets(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.low = 0
        self.high = 0

    def forward(self, n: int) -> int:
        self.low, self.high = n - 1, n + 1
        return self.low * 100 + self.high


rows.add(AttributeTargets, "`self.a, self.b = …`", 5)


def annotated(n: int) -> float:
    x: float = n / 2
    y: Optional[int] = None
    if n > 2:
        y = n
    return x if y is None else x + y


rows.add(annotated, "`x: T = e`", 1, 5)


def bare_annotation(flag: bool) -> int:
    y: int
    if flag:
        y = 1
    else:
        y = 2
    return y


rows.add(bare_annotation, "`y: int` without a value", True, False)


def annotated_twice(n: int) -> int:
    y: int = n
    if n > 1:
        y: int = n * 2
    return y


rows.add(annotated_twice, "the same annotation in an inner block", 1, 2)


def other_type_in_line(n: int) -> float:
    x = n
    y = x + 1
    x = y * 0.5
    return x


rows.add(other_type_in_line, "a name gets another type in straight-line code", 3)


def other_type_chain(text: str) -> int:
    text_ = text.split(",")
    value = text_[0]
    value = int(value)
    value = [value, value]
    return len(value)


rows.add(other_type_chain, "str, then int, then list under one name", "4,5")


def other_type_in_branch(flag: bool) -> float:
    x = 1
    if flag:
        x = 2.5
    return x


rows.add(
    other_type_in_branch,
    "a name gets another type in one branch",
    True,
    False,
    widens=True,
)


def other_type_in_branch_only(flag: bool, n: int) -> int:
    value = n
    if flag:
        value = str(n)
        return len(value)
    return value


rows.add(
    other_type_in_branch_only, "another type in a branch that returns", (True, 123), (False, 4)
)


def other_type_in_loop(n: int) -> int:
    x = 0
    for i in range(n):
        x = x + 0.5
    return int(x)


rows.add(
    other_type_in_loop,
    "a name gets another type inside a loop",
    3,
    0,
)


def none_then_value(n: int) -> int:
    best = None
    for i in range(n):
        if best is None or i > best:
            best = i
    return -1 if best is None else best


rows.add(none_then_value, "None before a loop, an int inside it", 0, 4)


def none_or_tensor(x: Tensor, flag: bool) -> Tensor:
    mask = None
    if flag:
        mask = x > 0
    if mask is not None:
        x = x * mask
    return x


rows.add(none_or_tensor, "None, or a Tensor in a branch", (X, True), (X, False))


def augmented_ints(a: int, b: int) -> List[int]:
    out: List[int] = []
    x = a
    x += b
    out.append(x)
    x -= 3
    out.append(x)
    x *= b
    out.append(x)
    x <<= 2
    out.append(x)
    x >>= 1
    out.append(x)
    x |= 9
    out.append(x)
    x &= 0x3F
    out.append(x)
    x ^= 5
    out.append(x)
    return out


rows.add(augmented_ints, "`+= -= *= <<= >>= |= &= ^=` on ints", (7, 2), (-7, 5))


def augmented_modulo(a: int, b: int) -> int:
    a %= b
    return a


rows.add(augmented_modulo, "`%=` on ints follows the divisor's sign", (-7, 3), (7, -3), (7, 0))


def augmented_power(a: int) -> int:
    a **= 3
    return a


rows.add(augmented_power, "`**=` on ints stays an int", 5, -2)


def augmented_floor_division(a: int, b: int) -> int:
    a //= b
    return a


rows.add(augmented_floor_division, "`//=`", (7, 2), (-7, 2), (1, 0))


def augmented_division(a: float, b: float) -> float:
    a /= b
    return a


rows.add(augmented_division, "`/=` on floats", (1.0, 4.0), (1.0, 0.0))


def augmented_int_division(a: int) -> float:
    x = a
    x /= 4
    return x


rows.add(augmented_int_division, "`/=` makes an int a float", 6)


def augmented_matmul(x: Tensor) -> Tensor:
    y = x
    y @= torch.eye(3)
    return y


rows.add(augmented_matmul, "`@=`", X)


def augmented_str(text: str, n: int) -> str:
    for i in range(n):
        text += str(i)
    return text


rows.add(augmented_str, "`+=` on a str", ("a", 3))


def augmented_list(values: List[int]) -> Tuple[List[int], int]:
    alias = values
    values += [8, 9]
    return values, len(alias)


rows.add(augmented_list, "`+=` on a list changes it in place", ([1],))


def augmented_list_times(values: List[int]) -> int:
    alias = values
    values *= 3
    return len(alias)


rows.add(augmented_list_times, "`*=` on a list changes it in place", ([1, 2],))


def augmented_tensor(x: Tensor) -> Tuple[Tensor, Tensor]:
    y = x.clone()
    z = y
    z += 1
    z *= 2
    z -= 3
    z /= 4
    return y, z


rows.add(augmented_tensor, "`+= *= -= /=` on a Tensor write into it", X)


def augmented_int_tensor(x: Tensor) -> Tensor:
    y = x.clone()
    alias = y
    y %= 3
    y |= 8
    y ^= 1
    y &= 11
    y <<= 1
    return alias


rows.add(augmented_int_tensor, "`%= |= ^= &= <<=` on a Tensor write into it", torch.arange(-4, 4))


def augmented_item(values: List[int], i: int) -> List[int]:
    values[i] += 10
    values[i] *= 2
    return values


rows.add(augmented_item, "`l[i] += n`", ([1, 2, 3], 1), ([1, 2, 3], -1), ([1], 3))


def augmented_dict_item(d: Dict[str, int], k: str) -> Dict[str, int]:
    d[k] += 5
    return d


rows.add(augmented_dict_item, "`d[k] += n`", ({"a": 1}, "a"), ({"a": 1}, "b"))


def augmented_slice(x: Tensor) -> Tensor:
    y = x.clone()
    y[0] += 10
    y[:, 1] *= -1
    y[1, 2:] -= 0.5
    return y


rows.add(augmented_slice, "`x[i, j:] += v` on a Tensor", X)


class AugmentedAttribute(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.count = 0
        self.register_buffer("total", torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        self.total += x.sum(0)
        self.total[0] *= 2
        return self.total + self.count


rows.add(AugmentedAttribute, "`self.a += v`", X)


def item_assignment(n: int) -> List[int]:
    values = [0] * n
    for i in range(n):
        values[i] = i * i
    values[-1] = -1
    return values


rows.add(item_assignment, "`l[i] = v`", 4, 0)


def slice_assignment_list(values: List[int]) -> List[int]:
    values[1:3] = [7, 8, 9]
    return values


rows.add(slice_assignment_list, "`l[a:b] = list`", ([1, 2, 3, 4],), ([1],))


def tensor_item_assignment(x: Tensor) -> Tensor:
    y = torch.zeros_like(x)
    y[0, 0] = 5
    y[1] = x[0]
    y[:, 2] = torch.tensor([1.5, 2.5])
    return y


rows.add(tensor_item_assignment, "`x[i, j] = v` on a Tensor", X)


def mask_assignment(x: Tensor) -> Tensor:
    y = x.clone()
    y[y < 0] = 0
    y[torch.tensor([1]), torch.tensor([2])] = 100.0
    return y


rows.add(mask_assignment, "`x[mask] = v`, `x[indices] = v`", X)


def delete_name(n: int) -> int:
    x = n + 1
    y = x * 2
    del x
    return y


rows.add(delete_name, "`del x`", 3)


def delete_items(values: List[int], d: Dict[str, int]) -> Tuple[List[int], Dict[str, int]]:
    del values[1]
    del values[-1]
    del d["a"]
    return values, d


rows.add(
    delete_items,
    "`del l[i]`, `del d[k]`",
    ([1, 2, 3, 4], {"a": 1, "b": 2}),
    ([1, 2, 3], {"b": 2}),
    ([1], {"a": 2}),
)


def delete_slice(values: List[int]) -> List[int]:
    del values[1:3]
    return values


rows.add(delete_slice, "`del l[a:b]`", ([1, 2, 3, 4],), ([1],))


def underscore(pairs: List[Tuple[int, int]]) -> int:
    total = 0
    for _, value in pairs:
        total += value
    _ = total * 2
    return _


rows.add(underscore, "`_` is a name like others", ([(1, 2), (3, 4)],))


def walrus(values: List[int]) -> int:
    if (n := len(values)) > 2:
        return n * 10
    return n


rows.add(walrus, "`:=`", ([1, 2, 3],), ([1],))


def walrus_in_while(values: List[int]) -> int:
    total = 0
    i = 0
    while (i := i + 1) < len(values):
        total += values[i]
    return total


rows.add(walrus_in_while, "`:=` in a loop's condition", ([5, 6, 7],), ([],))


THRESHOLD = 0


def global_statement(n: int) -> int:
    global THRESHOLD
    THRESHOLD = n
    return n


rows.add(
    global_statement,
    "`global` and an assignment",
    3,
    refused="a program has no Python module to write to; return the value, or keep it in an attribute",
    code="TSX3042",
)
