"""Section 1.3: indexing and slicing."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.3", "Indexing")

X = torch.arange(24.0).reshape(2, 3, 4)
M = torch.arange(12.0).reshape(3, 4)


def tensor_int(x: Tensor, i: int) -> Tensor:
    return x[i]


rows.add(tensor_int, "`x[i]`", (X, 1), (X, -1))


def tensor_int_bad(x: Tensor) -> Tensor:
    return x[5]


rows.add(tensor_int_bad, "`x[i]` out of range", X, any_error=True)


def tensor_ints(x: Tensor, i: int) -> Tensor:
    return x[i, 2] + x[i][0][1:3].sum()


rows.add(tensor_ints, "`x[i, j]`", (X, 0))


def tensor_slices(x: Tensor, a: int, b: int) -> List[Tensor]:
    return [x[a:b], x[:, 1:], x[:, ::2], x[..., :-1], x[a:, :b, -2:]]


rows.add(tensor_slices, "slices in every place", (X, 0, 2), (X, 1, 9), (X, -1, 1))


def tensor_none(x: Tensor) -> Tensor:
    return x[None, :, 0, None]


rows.add(tensor_none, "`None`", X)


def tensor_ellipsis(x: Tensor) -> Tensor:
    return x[..., 0] + x[0, ..., 1].sum()


rows.add(tensor_ellipsis, "`...`", X)


def tensor_mask(x: Tensor) -> Tensor:
    return x[x > 5]


rows.add(tensor_mask, "a mask", M)


def tensor_mask_dim(x: Tensor) -> Tensor:
    return x[:, x[0] > 1]


rows.add(tensor_mask_dim, "a mask of one dimension", M)


def tensor_indices(x: Tensor, i: Tensor) -> Tensor:
    return x[i] + x[i, 1:2]


rows.add(tensor_indices, "an index Tensor", (M, torch.tensor([2, 0])))


def tensor_index_pair(x: Tensor, i: Tensor, j: Tensor) -> Tensor:
    return x[i, j]


rows.add(tensor_index_pair, "two index Tensors", (M, torch.tensor([2, 0]), torch.tensor([1, 3])))


def tensor_list_index(x: Tensor) -> Tensor:
    return x[[2, 0]]


rows.add(tensor_list_index, "a list of ints", M)


def tensor_list_in_tuple(x: Tensor) -> Tensor:
    return x[:, [3, 1]]


rows.add(tensor_list_in_tuple, "a list of ints behind a slice", M)


def tensor_bool_index(x: Tensor, flag: bool) -> Tensor:
    return x[flag]


rows.add(tensor_bool_index, "a bool adds a dimension", (M, True), (M, False))


def tensor_after_ellipsis(x: Tensor, i: Tensor) -> Tensor:
    return x[..., i]


rows.add(tensor_after_ellipsis, "an index Tensor after `...`", (X, torch.tensor([0, 3])))


def tensor_zero_dim_index(x: Tensor, i: Tensor) -> Tensor:
    return x[i] * x[i + 1, 0]


rows.add(tensor_zero_dim_index, "a Tensor without dimensions as an index", (M, torch.tensor(1)))


def tensor_negative_step(x: Tensor) -> Tensor:
    return x[::-1]


rows.add(
    tensor_negative_step,
    "a negative step on a Tensor",
    M,
    refused="a Tensor's step is 1 or more, in eager torch as well; use x.flip(0)",
    code="TSX3065",
)


def tensor_float_index(x: Tensor) -> Tensor:
    return x[1.5]


rows.add(
    tensor_float_index,
    "a float as an index",
    M,
    refused="an index is an int, in eager torch as well",
    code="TSX3052",
)


def tensor_writes_view(x: Tensor) -> Tensor:
    y = x.clone()
    row = y[1]
    row[0] = 100.0
    row += 1
    return y


rows.add(tensor_writes_view, "writing to a row writes to the Tensor", M)


def tensor_slice_assign(x: Tensor) -> Tensor:
    y = x.clone()
    y[1:, :2] = 0
    y[..., -1] = y[..., 0]
    y[0, 1:3] = torch.tensor([7.0, 8.0])
    return y


rows.add(tensor_slice_assign, "slices are assigned", M)


def tensor_index_assign(x: Tensor, i: Tensor) -> Tensor:
    y = x.clone()
    y[i] = 0
    y[i, 1] += 5
    y[y > 6] = -1
    y[[0, 1], [2, 3]] = 9
    return y


rows.add(tensor_index_assign, "index Tensors and masks are assigned", (M, torch.tensor([2, 0])))


def tensor_assign_int_tensor(x: Tensor) -> Tensor:
    y = x.clone()
    y[0] = 2.75
    y[1] = True
    return y


rows.add(
    tensor_assign_int_tensor, "a number takes the Tensor's dtype", torch.arange(6).reshape(3, 2)
)


def tensor_assign_none(x: Tensor) -> Tensor:
    y = x.clone()
    y[None, 0] = x[1]
    y[...] *= 2
    y[:] += 1
    return y


rows.add(tensor_assign_none, "`x[None, 0] =`, `x[...] *=`, `x[:] +=`", M)


def list_index(values: List[int], i: int) -> int:
    return values[i]


rows.add(list_index, "`l[i]`", ([1, 2, 3], 0), ([1, 2, 3], -1), ([1, 2, 3], 3), ([1, 2, 3], -4))


def list_slices(values: List[int], a: int, b: int, c: int) -> List[List[int]]:
    return [values[a:b], values[a:], values[:b], values[::c], values[a:b:c], values[:]]


rows.add(
    list_slices,
    "slices of a list with any bounds and steps",
    ([0, 1, 2, 3, 4], 1, 4, 2),
    ([0, 1, 2, 3, 4], -3, 99, -1),
    ([0, 1, 2], 5, -9, -2),
    ([0], 0, 1, 0),
)


def list_slice_copies(values: List[int]) -> Tuple[List[int], List[int]]:
    part = values[:]
    part[0] = 9
    return values, part


rows.add(list_slice_copies, "a slice is a copy", ([1, 2],))


def list_of_lists_index(table: List[List[int]]) -> int:
    table[0][1] = 10
    return table[0][1] + table[-1][0]


rows.add(list_of_lists_index, "`l[i][j]` and its assignment", ([[1, 2], [3]],))


def str_index(text: str, i: int) -> str:
    return text[i] + text[-1]


rows.add(str_index, "`s[i]`", ("abc", 1), ("añb", 1), ("a", 1))


def str_slices(text: str, a: int, b: int) -> str:
    return text[a:b] + "|" + text[::-1] + "|" + text[a::2] + "|" + text[:-1]


rows.add(str_slices, "slices of a str", ("abcdef", 1, 4), ("añb", -2, 3), ("", 0, 1))


def tuple_index(item: Tuple[int, str, float]) -> str:
    return item[1] + str(item[0]) + str(item[-1])


rows.add(tuple_index, "`t[0]`, `t[-1]` on a tuple of several types", ((1, "a", 2.5),))


def tuple_index_unknown(item: Tuple[int, int, int], i: int) -> int:
    return item[i]


rows.add(
    tuple_index_unknown,
    "an unknown index into a tuple of one type",
    ((1, 2, 3), 2),
    ((1, 2, 3), -1),
    ((1, 2, 3), 3),
)


def tuple_index_mixed(item: Tuple[int, str], i: int) -> int:
    if isinstance(item[i], int):
        return 1
    return 2


rows.add(
    tuple_index_mixed,
    "an unknown index into a tuple of several types",
    ((1, "a"), 0),
    refused="the result's type would depend on the index; branch on it",
    code="TSX3055",
)


def tuple_out_of_range(item: Tuple[int, int]) -> int:
    return item[2]


rows.add(
    tuple_out_of_range,
    "an index beyond a tuple's end",
    ((1, 2),),
    refused="the access always fails",
    code="TSX3054",
)


def tuple_slices(item: Tuple[int, int, int, int]) -> Tuple[int, int]:
    a, b = item[1:3]
    c = item[::2]
    return a * 10 + b, c[1] + item[::-1][0]


rows.add(tuple_slices, "slices of a tuple", ((1, 2, 3, 4),))


def dict_index(d: Dict[str, List[int]], key: str) -> int:
    d[key].append(5)
    return d[key][-1] + len(d[key])


rows.add(dict_index, "`d[k][i]`", ({"a": [1]}, "a"), ({"a": [1]}, "b"))


def dict_nested_assign(d: Dict[str, Dict[str, int]]) -> int:
    d["x"] = {"y": 1}
    d["x"]["z"] = 2
    return d["x"]["y"] + d["x"]["z"] + len(d)


rows.add(dict_nested_assign, "`d[k][j] = v`", {"a": {"b": 0}})


def slice_object(values: List[int], x: Tensor) -> Tuple[List[int], Tensor]:
    part = slice(1, 3)
    return values[part], x[part]


rows.add(slice_object, "`slice(a, b)` as a value", ([1, 2, 3, 4], M))


def optional_bounds(values: List[int], stop: Optional[int]) -> List[int]:
    return values[1:stop]


rows.add(optional_bounds, "a bound that may be None", ([1, 2, 3], None), ([1, 2, 3], 2))


def shape_index(x: Tensor) -> List[int]:
    return [x.shape[0], x.shape[-1], x.size(1), len(x.shape)] + list(x.shape[1:])


rows.add(shape_index, "`x.shape[i]` and its slices", X)


def index_of_call(x: Tensor) -> Tensor:
    return x.split(2, dim=2)[1][0] + torch.unbind(x, 1)[0][0, 0]


rows.add(index_of_call, "an index into a call's result", X)


def index_expression(values: List[int], i: int) -> int:
    return values[values[i] % len(values)] + values[i + 1 - 1]


rows.add(index_expression, "an index that is an expression", ([5, 7, 9], 1))


def gather_loop(x: Tensor, indices: List[int]) -> Tensor:
    out = torch.zeros(len(indices), x.size(1))
    for k, i in enumerate(indices):
        out[k] = x[i] * 2
    return out


rows.add(gather_loop, "rows are gathered in a loop", (M, [2, 0, 2]))
