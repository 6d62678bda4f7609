"""Small programs, each about a builtin or method of containers, iteration, or a part of the library.

``test_builtins`` tries them on many values. Their annotations say what they take.
"""

import copy
import functools
import itertools
import operator

# --- lists ---------------------------------------------------------------------------------------------------------------


def list_items(values: list[int], i: int) -> int:
    return values[i] + values[-1]


def list_slices(values: list[int], i: int, j: int) -> list[list[int]]:
    return [values[i:j], values[::-1], values[:i], values[i:j:2]]


def list_step(values: list[int], step: int) -> list[int]:
    return values[::step]


def list_assign(values: list[float], i: int, n: int) -> list[float]:
    values[i] = float(n)
    return values


def slice_assign(values: list[int], i: int, j: int, others: list[int]) -> list[int]:
    values[i:j] = others
    values[0:1] = (7, 8)
    return values


def stepped_assign(values: list[int], others: list[int]) -> list[int]:
    values[::2] = others
    return values


def deletions(values: list[int], i: int, j: int) -> list[int]:
    del values[i:j]
    del values[i]
    return values


def list_methods(values: list[int], n: int) -> tuple[list[int], int, int]:
    values.append(n)
    values.extend(range(2))
    values.extend([n, 2])
    values.insert(n, 5)
    popped = values.pop()
    values.reverse()
    return values, popped, values.count(n)


def list_pop(values: list[str], i: int) -> tuple[str, list[str]]:
    return values.pop(i), values


def list_search(values: list[int], n: int) -> tuple[int, bool]:
    return values.index(n, 0, 3), n in values


def list_remove(values: list[float], n: int) -> list[float]:
    values.remove(n)
    return values


def nested_search(rows: list[list[int]], row: list[int]) -> tuple[bool, int, int]:
    return row in rows, rows.count(row), rows.index(row)


def list_sorting(values: list[int], words: list[str]) -> tuple[list[int], list[str], list[str]]:
    values.sort(reverse=True)
    words.sort(key=lambda w: (len(w), w))
    return values, words, sorted(words, reverse=len(values) > 2)


def list_of_lists_sorting(rows: list[list[int]]) -> list[list[int]]:
    rows.sort()
    return rows + sorted(rows, key=len, reverse=True)


def list_arithmetic(values: list[int], n: int) -> list[int]:
    other = values * n
    values *= 2
    values += (1, 2)
    return values + other + [n] * 2


def list_comparing(a: list[int], b: list[int]) -> list[bool]:
    return [a == b, a != b, a < b, a >= b, not a, bool(b)]


def list_copies(values: list[int]) -> tuple[list[int], list[int], list[int], int]:
    a, b, c = values.copy(), list(values), copy.copy(values)
    a.append(1)
    b.clear()
    return a, b, c, len(copy.deepcopy([values, a])[1])


def starred(values: list[int]) -> tuple[int, list[int], int]:
    first, *middle, last = values
    return first, middle, last


def growing(values: list[int]) -> list[int]:
    for value in values:
        if len(values) < 6:
            values.append(value + 1)
        elif value % 2:
            values.pop(0)
    return values


# --- dicts and sets --------------------------------------------------------------------------------------------------------


def dict_items(d: dict[str, int], key: str) -> int:
    return d[key]


def dict_methods(d: dict[str, int], key: str, n: int) -> tuple[int, int | None, int, bool, int]:
    first = d.get(key, n)
    second = d.get(key)
    third = d.setdefault("new", n)
    d[key] = n
    d.update({"u": n})
    return first, second, third, key in d, len(d)


def dict_views(d: dict[int, str]) -> tuple[list[int], list[str], list[tuple[int, str]]]:
    return list(d.keys()), [v for v in d.values()], list(d.items())


def dict_pops(d: dict[str, int], key: str) -> tuple[int, tuple[str, int], dict[str, int]]:
    return d.pop(key, -1), d.popitem(), d


def dict_delete(d: dict[int, int], key: int) -> dict[int, int]:
    del d[key]
    return d


def dict_merging(
    a: dict[str, int], b: dict[str, int]
) -> tuple[dict[str, int], bool, dict[str, int]]:
    c = a | b
    same = a == b
    a |= b
    return c, same, {**b, "z": 1, **a}


def dict_building(words: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return {k: v for k, v in sorted(counts.items(), key=lambda kv: -kv[1])} | dict(
        zip(words, range(3))
    )


def dict_of_pairs(pairs: list[tuple[str, int]]) -> dict[str, int]:
    return dict(pairs) | dict(a=1) | dict([("b", 2)])


def dict_growing(d: dict[int, int]) -> int:
    for key in d:
        d[key + 1] = key
    return len(d)


def tuple_keys(pairs: list[tuple[int, str]]) -> int:
    seen: dict[tuple[int, str], int] = {}
    for pair in pairs:
        seen[pair] = seen.get(pair, 0) + 1
    return max(seen.values()) if seen else 0


def sets(values: list[int], n: int) -> tuple[int, bool, list[int], bool]:
    seen = set(values)
    seen.add(n)
    seen.discard(2)
    seen |= {7, 8}
    return len(seen), n in seen, sorted(seen), seen >= {7}


def set_algebra(a: set[int], b: set[int]) -> list[list[int]]:
    return [sorted(a | b), sorted(a & b), sorted(a - b), sorted(a ^ b), sorted(a.union([1], b))]


def set_results(a: set[int], b: set[int]) -> tuple[set[int], bool, bool]:
    c = {x + 1 for x in a}
    c.update(b)
    return c, a == b, a.isdisjoint(b)


def set_remove(a: set[str], key: str) -> set[str]:
    a.remove(key)
    return a


# --- iteration -------------------------------------------------------------------------------------------------------------


def ranges(a: int, b: int, c: int) -> tuple[list[int], int, bool]:
    return [x for x in range(a, b, c)], len(range(a, b, c)), 2 in range(a, b, c)


def backwards(a: int) -> list[int]:
    return list(reversed(range(a))) + [x for x in reversed(range(3))] + list(range(a))[::-1]


def zips(values: list[int], words: list[str]) -> list[tuple[int, str, int]]:
    return [(v, w, i) for i, (v, w) in enumerate(zip(values, words), 5)]


def strict_zip(values: list[int], words: list[str]) -> list[tuple[int, str]]:
    return list(zip(values, words, strict=True))


def maps(values: list[int], xs: list[float]) -> tuple[list[float], list[int], int]:
    doubled = list(map(lambda v, x: v * x, values, xs))
    return doubled, [v for v in filter(None, values)], sum(map(abs, values))


def filters(values: list[int], n: int) -> list[int]:
    return list(filter(lambda v: v > n, values)) + [v for v in values if v % 2 if v > 0]


def sums(
    values: list[int], xs: list[float], flags: list[bool]
) -> tuple[int, float, int, float, int]:
    return (
        sum(values),
        sum(xs + [1.0]),
        sum(flags),
        sum([0.0, *xs], 0.5),
        sum(v * v for v in values),
    )


def sum_of_lists(rows: list[list[int]]) -> list[int]:
    return sum(rows, [0])


def extremes(values: list[int], xs: list[float], words: list[str]) -> tuple[int, float, str, int]:
    return max(values), min(xs), max(words, key=len), min(values, default=3)


def extremes_of_several(
    a: int, b: int, x: float, y: float, s: str
) -> tuple[int, int, float, str, bool]:
    return max(a, b, 3), min(a, b), max(x, y), min(s, "m"), max(a > 1, b > 1)


def extreme_with_key(a: int, b: int) -> tuple[int, int]:
    return max(a, b, key=lambda v: -v), min((a, b, 4), key=abs)


def extreme_default(words: list[str]) -> tuple[str, str]:
    return max(words, default="none"), min(words, key=lambda w: w[-1:], default="-")


def quantifiers(values: list[int], flags: list[bool]) -> list[bool]:
    return [any(flags), all(flags), any(v > 2 for v in values), all(10 // v > 1 for v in values)]


def nested_quantifier(rows: list[list[int]]) -> bool:
    return any(v == 2 for row in rows for v in row if v)


def comprehensions(values: list[int], n: int) -> tuple[list[int], dict[int, int], int]:
    pairs = [a * b for a in values for b in range(n) if a != b]
    return pairs, {v: v * v for v in values}, len({v % 2 for v in values})


# --- library -----------------------------------------------------------------------------------------------------------------


def reduced(values: list[int], n: int) -> tuple[int, int]:
    return functools.reduce(lambda a, b: a * 2 + b, values, n), functools.reduce(
        operator.add, values
    )


def partials(a: int, b: int) -> int:
    scaled = functools.partial(pow, a)
    return scaled(2) + functools.partial(max, b)(a)


def getters(pairs: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return sorted(pairs, key=operator.itemgetter(1))


def chains(values: list[int], others: list[int]) -> list[int]:
    return list(itertools.chain(values, others)) + [v for v in itertools.chain((1, 2), (3,))]


def static_products(a: int) -> list[int]:
    return [x * y + a for x, y in itertools.product((1, 2), (3, 4))]


def operator_functions(a: int, b: int) -> tuple[int, bool, int]:
    return operator.mul(a, b), operator.lt(a, b), operator.neg(a)


def attributes_asked(values: list[int]) -> tuple[bool, bool, bool]:
    return hasattr(values, "append"), hasattr(values, "nothing"), type(values) is list


def tuples(pair: tuple[int, int, int], i: int, n: int) -> tuple[int, int, bool, int]:
    return pair[i], pair.count(n), n in pair, len(pair)


def tuple_index(pair: tuple[int, int, int], n: int) -> int:
    return pair.index(n)


def tuple_comparing(a: tuple[int, str], b: tuple[int, str]) -> list[bool]:
    return [a == b, a < b, a >= b, a != b]
