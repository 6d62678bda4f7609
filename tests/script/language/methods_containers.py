"""Section 1.4: the methods of list, dict and tuple."""

from typing import Dict, List, Optional, Tuple

import torch
from torch import Tensor

from tests.script.rows import Rows

rows = Rows("1.4", "Methods of list, dict and tuple")

X = torch.arange(6.0).reshape(2, 3) - 2


def list_append(values: List[int], n: int) -> List[int]:
    values.append(n)
    values.append(n + 1)
    return values


rows.add(list_append, "`append`", ([1], 5))


def list_extend(values: List[int], other: List[int]) -> List[int]:
    values.extend(other)
    values.extend((7, 8))
    return values


rows.add(list_extend, "`extend` by a list and by a tuple", ([1], [2, 3]))


def list_extend_self(values: List[int]) -> List[int]:
    values.extend(values)
    return values


rows.add(list_extend_self, "`l.extend(l)`", ([1, 2],))


def list_insert(values: List[int], i: int) -> List[int]:
    values.insert(i, 9)
    return values


rows.add(
    list_insert, "`insert` at any place", ([1, 2, 3], 1), ([1, 2, 3], -1), ([1], 99), ([1, 2], -99)
)


def list_pop(values: List[int]) -> Tuple[int, int, List[int]]:
    return values.pop(), values.pop(0), values


rows.add(list_pop, "`pop`", ([1, 2, 3],), ([1],))


def list_pop_empty(values: List[int], i: int) -> int:
    return values.pop(i)


rows.add(list_pop_empty, "`pop` out of range", ([], 0), ([1, 2], 5), ([1, 2], -2))


def list_remove(values: List[int], n: int) -> List[int]:
    values.remove(n)
    return values


rows.add(list_remove, "`remove` takes the first", ([1, 2, 1], 1), ([1], 5))


def list_index_of(words: List[str], word: str) -> int:
    return words.index(word)


rows.add(list_index_of, "`index`", (["a", "b", "b"], "b"), (["a"], "z"))


def list_index_from(values: List[int]) -> int:
    return values.index(1, 1)


rows.add(list_index_from, "`index(x, start)`", ([1, 2, 1],), ([1, 2],))


def list_count(values: List[float]) -> int:
    return values.count(0.5)


rows.add(list_count, "`count`", ([0.5, 1.0, 0.5],))


def list_reverse(values: List[int]) -> List[int]:
    values.reverse()
    return values


rows.add(list_reverse, "`reverse`", ([1, 2, 3],))


def list_sort(values: List[int], words: List[str]) -> Tuple[List[int], List[str]]:
    values.sort()
    words.sort(reverse=True)
    return values, words


rows.add(list_sort, "`sort` and `sort(reverse=True)`", ([3, 1, 2], ["b", "a", "c"]))


def list_sort_key(values: List[int]) -> List[int]:
    values.sort(key=lambda v: (v % 3, -v))
    return values


rows.add(list_sort_key, "`sort(key=)`", ([1, 2, 3, 4, 5, 6],))


def list_sort_floats(values: List[float]) -> List[float]:
    values.sort()
    return values


rows.add(list_sort_floats, "`sort` of floats", ([2.0, -1.5, 0.0],))


def list_clear_copy(values: List[int]) -> Tuple[int, List[int]]:
    other = values.copy()
    values.clear()
    return len(values), other


rows.add(list_clear_copy, "`clear` and `copy`", ([1, 2],))


def list_alias(n: int) -> Tuple[List[int], int]:
    a = [n]
    b = a
    b.append(2)
    c = a + []
    c.append(3)
    return a, len(c)


rows.add(list_alias, "two names for one list", 1)


def list_shared_items(n: int) -> List[List[int]]:
    table = [[0]] * 3
    table[0].append(n)
    return table


rows.add(list_shared_items, "`[[0]] * 3` shares its item", 5)


def list_of_lists_built(n: int) -> int:
    table: List[List[int]] = []
    for i in range(n):
        table.append([i] * i)
    total = 0
    while len(table) > 0:
        total = total * 3 + len(table.pop())
    return total


rows.add(list_of_lists_built, "a list of lists is built and taken apart", 4)


def list_stack(x: Tensor) -> Tensor:
    parts: List[Tensor] = []
    for i in range(x.size(0)):
        parts.append(x[i] * i)
    parts.insert(0, x.sum(0))
    return torch.stack(parts)


rows.add(list_stack, "Tensors gathered in a list", X)


def list_remove_tensor(x: Tensor) -> int:
    parts = [x, x + 1]
    parts.pop(0)
    return len(parts)


rows.add(list_remove_tensor, "`pop(0)` on a list of Tensors", X)


def dict_get(d: Dict[str, int], key: str) -> Tuple[int, Optional[int]]:
    return d.get(key, -1), d.get(key)


rows.add(dict_get, "`get`", ({"a": 1}, "a"), ({"a": 1}, "b"))


def dict_views(d: Dict[str, int]) -> Tuple[List[str], List[int], List[Tuple[str, int]]]:
    return list(d.keys()), list(d.values()), list(d.items())


rows.add(dict_views, "`keys`, `values`, `items`", {"b": 1, "a": 2})


def dict_keys_len(d: Dict[str, int]) -> int:
    keys = d.keys()
    return len(keys) + len(d.items()) * 10


rows.add(dict_keys_len, "`len(d.keys())`", {"b": 1, "a": 2})


def dict_pop(d: Dict[str, int]) -> Tuple[int, int, int]:
    return d.pop("a"), d.pop("z", -1), len(d)


rows.add(dict_pop, "`pop`", {"a": 1, "b": 2}, {"b": 2})


def dict_popitem(d: Dict[str, int]) -> Tuple[str, int]:
    key, value = d.popitem()
    return key, value


rows.add(dict_popitem, "`popitem` takes the last", {"a": 1, "b": 2}, {})


def dict_setdefault(d: Dict[str, List[int]], key: str) -> Dict[str, List[int]]:
    d.setdefault(key, []).append(1)
    d.setdefault(key, [5]).append(2)
    return d


rows.add(dict_setdefault, "`setdefault`", ({}, "a"), ({"a": [0]}, "a"))


def dict_update(d: Dict[str, int], other: Dict[str, int]) -> Dict[str, int]:
    d.update(other)
    return d


rows.add(dict_update, "`update`", ({"a": 1, "b": 2}, {"b": 3, "c": 4}))


def dict_clear_copy(d: Dict[str, int]) -> Tuple[int, Dict[str, int]]:
    other = d.copy()
    d.clear()
    return len(d), other


rows.add(dict_clear_copy, "`clear` and `copy`", {"a": 1})


def dict_order(d: Dict[str, int]) -> List[str]:
    del d["a"]
    d["b"] = 20
    d["a"] = 10
    return list(d.keys())


rows.add(dict_order, "insertion order: a key set again keeps its place", {"a": 1, "b": 2, "c": 3})


def dict_alias(d: Dict[str, int]) -> int:
    other = d
    other["x"] = 1
    return len(d)


rows.add(dict_alias, "two names for one dict", {"a": 1})


def dict_key_kinds(n: int) -> int:
    d: Dict[int, int] = {}
    d[True] = n
    return d[1]


rows.add(dict_key_kinds, "True and 1 are one key", 4)


def dict_tensor_values(x: Tensor, names: List[str]) -> Dict[str, Tensor]:
    out: Dict[str, Tensor] = {}
    for i, name in enumerate(names):
        out[name] = x[i]
    for name in names:
        out[name] = out[name] * 2
    return out


rows.add(dict_tensor_values, "a dict of Tensors is filled", (X, ["a", "b"]))


def dict_group(words: List[str]) -> Dict[int, List[str]]:
    groups: Dict[int, List[str]] = {}
    for word in words:
        n = len(word)
        if n in groups:
            groups[n].append(word)
        else:
            groups[n] = [word]
    return groups


rows.add(dict_group, "words are grouped by length", (["a", "bb", "c"],))


def dict_key_missing(d: Dict[int, str]) -> str:
    return d[7]


rows.add(dict_key_missing, "a missing key is a KeyError", {1: "a"})


def dict_equality_order(d: Dict[str, int]) -> bool:
    return list(d.keys()) == ["a", "b"]


rows.add(dict_equality_order, "keys are compared as a list", {"a": 1, "b": 2}, {"b": 1, "a": 2})


def tuple_methods(t: Tuple[int, int, int]) -> Tuple[int, int]:
    return t.index(2), t.count(1)


rows.add(tuple_methods, "`tuple.index` and `count`", ((1, 2, 1),), ((1, 1, 1),))


def tuple_len(t: Tuple[int, str, float]) -> int:
    return len(t)


rows.add(tuple_len, "`len` of a tuple", ((1, "a", 0.5),))
