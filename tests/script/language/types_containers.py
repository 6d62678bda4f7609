"""Section 1.1: lists, dicts, tuples, and how their types are found."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.1", "Lists, dicts, tuples")

X = torch.arange(6.0).reshape(2, 3) - 2


def typing_list(values: List[int]) -> int:
    return values[0] + len(values)


rows.add(typing_list, "`List[int]`", ([4, 5],))


def builtin_list(values: list[float]) -> list[float]:
    return [v * 0.5 for v in values]


rows.add(builtin_list, "`list[float]`", ([1.0, 2.0],), ([],))


def list_of_tensors(parts: List[Tensor]) -> Tensor:
    return torch.cat(parts, dim=0)


rows.add(list_of_tensors, "`List[Tensor]`", ([X, X + 1],))


def list_of_lists(table: List[List[int]]) -> List[int]:
    sums: List[int] = []
    for line in table:
        total = 0
        for value in line:
            total += value
        sums.append(total)
    return sums


rows.add(list_of_lists, "`List[List[int]]`", ([[1, 2], [], [3]],))


def list_of_tuples(pairs: List[Tuple[int, str]]) -> str:
    text = ""
    for count, word in pairs:
        for _ in range(count):
            text += word
    return text


rows.add(list_of_tuples, "`List[Tuple[int, str]]`", ([(2, "ab"), (1, "c")],))


def list_of_optionals(values: List[Optional[int]]) -> int:
    total = 0
    for value in values:
        if value is not None:
            total += value
    return total


rows.add(list_of_optionals, "`List[Optional[int]]`", ([1, None, 3],))


def typing_dict(d: Dict[str, int]) -> int:
    return d["a"] * 10 + d["b"]


rows.add(typing_dict, "`Dict[str, int]`", {"a": 1, "b": 2}, {"b": 2})


def builtin_dict(d: dict[str, Tensor]) -> Tensor:
    return d["x"] + d["y"]


rows.add(builtin_dict, "`dict[str, Tensor]`", {"x": X, "y": X})


def dict_int_keys(d: Dict[int, str], k: int) -> str:
    return d[k]


rows.add(dict_int_keys, "int keys", ({1: "one", -1: "minus"}, -1), ({1: "one"}, 2))


def dict_bool_keys(d: Dict[bool, int]) -> int:
    return d[True] - d[False]


rows.add(dict_bool_keys, "bool keys", {True: 5, False: 3})


def dict_float_keys(d: Dict[float, int], k: float) -> bool:
    return k in d


rows.add(dict_float_keys, "float keys", ({0.5: 1}, 0.5), ({0.5: 1}, 0.25))


def dict_tuple_keys(pairs: List[Tuple[int, int]]) -> int:
    seen: Dict[Tuple[int, int], int] = {}
    for pair in pairs:
        seen[pair] = seen.get(pair, 0) + 1
    return len(seen) * 100 + max(seen.values())


rows.add(dict_tuple_keys, "tuple keys", ([(1, 2), (2, 1), (1, 2)],))


def dict_of_lists(words: List[str]) -> Dict[str, List[int]]:
    places: Dict[str, List[int]] = {}
    for i, word in enumerate(words):
        if word not in places:
            places[word] = []
        places[word].append(i)
    return places


rows.add(dict_of_lists, "`Dict[str, List[int]]`", (["a", "b", "a"],))


def dict_of_dicts(d: Dict[str, Dict[str, float]]) -> float:
    total = 0.0
    for inner in d.values():
        for value in inner.values():
            total += value
    return total


rows.add(
    dict_of_dicts, "`Dict[str, Dict[str, float]]`", {"a": {"x": 1.5}, "b": {"y": 2.0, "z": 0.25}}
)


def typing_tuple(pair: Tuple[int, float]) -> float:
    return pair[0] * pair[1]


rows.add(typing_tuple, "`Tuple[int, float]`", ((3, 0.5),))


def builtin_tuple(pair: tuple[Tensor, int]) -> Tensor:
    x, n = pair
    return x * n


rows.add(builtin_tuple, "`tuple[Tensor, int]`", ((X, 3),))


def nested_tuple(item: Tuple[Tuple[int, int], Tuple[str, bool]]) -> str:
    (a, b), (name, flag) = item
    return name + str(a + b) if flag else name


rows.add(nested_tuple, "nested tuples", (((1, 2), ("n", True)),), (((1, 2), ("n", False)),))


def empty_tuple() -> Tuple[()]:
    return ()


rows.add(empty_tuple, "`Tuple[()]`")


def one_tuple(n: int) -> Tuple[int]:
    return (n,)


rows.add(one_tuple, "a tuple of one", 4)


def tuple_of_any_length(values: Tuple[int, ...]) -> int:
    total = 0
    for value in values:
        total += value
    return total


rows.add(tuple_of_any_length, "`Tuple[int, ...]`", ((1, 2, 3),), ((),))


def makes_tuple_of_any_length(n: int) -> int:
    sizes: tuple[int, ...] = (n, n + 1)
    return sizes[0] * sizes[1]


rows.add(makes_tuple_of_any_length, "a local `tuple[int, ...]`", 3)


def bare_list(values: list) -> int:
    return len(values)


rows.add(
    bare_list,
    "`list` without its elements' type",
    ([1, 2],),
    refused="what the elements are is unknown; TorchScript refuses it too",
    code="TSX3203",
)


def bare_tuple_result(n: int) -> tuple:
    return n, n + 1


rows.add(bare_tuple_result, "`-> tuple` without the elements' types is inferred", 2)


def list_type_from_items(n: int) -> List[int]:
    values = [n, n + 1]
    values.append(n + 2)
    return values


rows.add(list_type_from_items, "a list's type is its items'", 3)


def list_type_from_append(n: int) -> List[int]:
    values = []
    for i in range(n):
        values.append(i * i)
    return values


rows.add(list_type_from_append, "`[]` gets its type from the first append", 4, 0)


def list_of_tensors_by_default(x: Tensor) -> Tensor:
    parts = []
    for i in range(2):
        parts.append(x[i])
    return torch.stack(parts)


rows.add(list_of_tensors_by_default, "`[]` of tensors", X)


def dict_type_from_items(x: Tensor) -> Dict[str, Tensor]:
    out = {}
    out["sum"] = x.sum()
    out["max"] = x.max()
    return out


rows.add(dict_type_from_items, "`{}` gets its type from the first item", X)


def dict_counts(words: List[str]) -> Dict[str, int]:
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


rows.add(dict_counts, "`{}` that counts words", (["a", "b", "a"],))


def takes_ints(values: List[int]) -> int:
    return len(values)


def empty_list_argument() -> int:
    return takes_ints([])


rows.add(empty_list_argument, "`[]` as an argument takes the parameter's type")


def annotated_empty_list(words: List[str]) -> List[str]:
    out: List[str] = []
    for word in words:
        if len(word) > 1:
            out.append(word)
    return out


rows.add(annotated_empty_list, "`out: List[str] = []`", (["a", "bc", "def"],))


def jit_annotate(n: int) -> List[float]:
    values = torch.jit.annotate(List[float], [])
    for i in range(n):
        values.append(i / 2)
    return values


rows.add(jit_annotate, "`torch.jit.annotate(List[float], [])`", 3)


def annotate_optional(n: int) -> int:
    best = torch.jit.annotate(Optional[int], None)
    for i in range(n):
        if best is None or i * i % 7 > best:
            best = i * i % 7
    if best is None:
        return -1
    return best


rows.add(annotate_optional, "`torch.jit.annotate(Optional[int], None)` in a loop", 5, 0)


def mixed_list(n: int) -> int:
    values = [n, 2.5]
    return len(values)


rows.add(mixed_list, "`[1, 2.5]` is a list of int or float", 1)


def list_with_none(n: int) -> int:
    values = [n, None]
    count = 0
    for value in values:
        if value is None:
            count += 1
    return count


rows.add(list_with_none, "`[1, None]` is a list of Optional[int]", 1)


def lists_are_invariant(values: List[int]) -> int:
    wider: List[Optional[int]] = []
    for value in values:
        wider.append(value)
    wider.append(None)
    return len(wider)


rows.add(lists_are_invariant, "an int into a `List[Optional[int]]`", ([1],))


def takes_optionals(values: List[Optional[int]]) -> int:
    values.append(None)
    return len(values)


def list_passed_as_wider(values: List[int]) -> int:
    return takes_optionals(values)


rows.add(
    list_passed_as_wider,
    "a `List[int]` where a `List[Optional[int]]` is expected",
    ([1, 2],),
    refused="lists are invariant: the callee could put None into a list of ints",
    code="TSX3021",
)


def tuple_to_list_parameter(x: Tensor) -> Tensor:
    return x.permute((1, 0)).reshape((2, 3))


rows.add(tuple_to_list_parameter, "a tuple of ints where an operator takes `int[]`", X)


def broadcasting_list(x: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool2d(x[None, None], 2, stride=1)


rows.add(broadcasting_list, "one int where an operator takes `int[2]`", X)


def varargs_sizes(x: Tensor) -> Tensor:
    return x.view(3, 2).permute(1, 0)


rows.add(varargs_sizes, "`x.view(3, 2)`: ints for `int[]`", X)


def list_in_list_out(values: List[int]) -> List[int]:
    out = values
    out.append(1)
    return out


rows.add(list_in_list_out, "a parameter that is changed and returned", ([3],))


def tuple_result_of_mixed(x: Tensor, n: int) -> Tuple[Tensor, int, str, List[int]]:
    return x + n, n, "n" * 1 + str(n), [n] * 2


rows.add(tuple_result_of_mixed, "a result of several types", (X, 2))


def nested_result(x: Tensor) -> Dict[str, Tuple[Tensor, List[int]]]:
    return {"x": (x, [x.size(0), x.size(1)])}


rows.add(nested_result, "a dict of tuples as a result", X)


def set_of_ints(values: List[int]) -> int:
    seen = set()
    for value in values:
        seen.add(value)
    return len(seen)


rows.add(set_of_ints, "`set()` that grows", ([1, 2, 1],))


def frozen_tuple_list(values: List[int]) -> Tuple[int, int]:
    return tuple(values[:2])


rows.add(
    frozen_tuple_list,
    "`tuple(list)` as a tuple of known length",
    ([1, 2],),
    refused="how many items the list has is unknown; write `(values[0], values[1])`",
    code="TSX3110",
)


def list_of_tuple(pair: Tuple[int, int]) -> List[int]:
    return list(pair)


rows.add(list_of_tuple, "`list(tuple)`", ((1, 2),))
