"""What Python's containers do with items that only their class knows to compare, as Python that is compiled.

Each function is compiled for the types of a call, like a function of the user's; ``item_methods`` says when it is.
Identity comes before ``==``, as it does in Python's own containers.
"""

# ruff: noqa: SIM110  (any() and all() would go on to the end)
from __future__ import annotations

from typing import Any, TypeVar

A = TypeVar("A", bound=Any)  # what the call gives, here and below
B = TypeVar("B", bound=Any)


def contains(values: A, item: B) -> bool:
    for value in values:
        if value is item or value == item:
            return True
    return False


def place_of(values: A, item: B, start: int, stop: int) -> int:
    """``values.index(item, start, stop)``; -1 where it is not there."""
    size = len(values)
    first = max(start + size, 0) if start < 0 else start
    last = stop + size if stop < 0 else min(stop, size)
    for place in range(first, last):
        if values[place] is item or values[place] == item:
            return place
    return -1


def count(values: A, item: B) -> int:
    found = 0
    for value in values:
        if value is item or value == item:
            found += 1
    return found


def same_lists(a: A, b: B) -> bool:
    if len(a) != len(b):
        return False
    for place in range(len(a)):
        if not (a[place] is b[place] or a[place] == b[place]):
            return False
    return True


def same_dicts(a: A, b: B) -> bool:
    if len(a) != len(b):
        return False
    for key in a:
        if key not in b:
            return False
        if not (a[key] is b[key] or a[key] == b[key]):
            return False
    return True


def same_sets(a: A, b: B) -> bool:
    if len(a) != len(b):
        return False
    for key in a:
        if key not in b:
            return False
    return True


def less(a: A, b: B) -> bool:
    for place in range(min(len(a), len(b))):
        if not (a[place] is b[place] or a[place] == b[place]):
            return bool(a[place] < b[place])
    return len(a) < len(b)


def less_equal(a: A, b: B) -> bool:
    for place in range(min(len(a), len(b))):
        if not (a[place] is b[place] or a[place] == b[place]):
            return bool(a[place] <= b[place])
    return len(a) <= len(b)


def greater(a: A, b: B) -> bool:
    for place in range(min(len(a), len(b))):
        if not (a[place] is b[place] or a[place] == b[place]):
            return bool(a[place] > b[place])
    return len(a) > len(b)


def greater_equal(a: A, b: B) -> bool:
    for place in range(min(len(a), len(b))):
        if not (a[place] is b[place] or a[place] == b[place]):
            return bool(a[place] >= b[place])
    return len(a) >= len(b)


def order(keys: A, reverse: bool) -> list[int]:
    """The places of ``keys`` in ascending order, or descending; equal ones stay in the order in which they stand."""
    size = len(keys)
    found: list[int] = []
    for number in range(size):
        place = size - 1 - number if reverse else number
        low = 0
        high = number
        while low < high:
            middle = (low + high) // 2
            if keys[place] < keys[found[middle]]:
                high = middle
            else:
                low = middle + 1
        found.insert(low, place)
    if reverse:
        found.reverse()
    return found


def picked(values: A, places: list[int]) -> A:
    """``values`` in the order of ``places``."""
    return [values[place] for place in places]  # type: ignore[return-value]  # a list like the one given


def rearrange(values: A, places: list[int]) -> None:
    values[:] = picked(values, places)


def place_of_max(keys: A) -> int:
    """Where the first of the greatest stands."""
    best = 0
    for place in range(1, len(keys)):
        if keys[place] > keys[best]:
            best = place
    return best


def place_of_min(keys: A) -> int:
    best = 0
    for place in range(1, len(keys)):
        if keys[place] < keys[best]:
            best = place
    return best


def same_key(known: A, key: B) -> B:
    """The key of ``known`` that ``key`` is equal to; ``key`` itself if there is none."""
    for found in known:
        if found is key or found == key:
            return found  # type: ignore[no-any-return]  # a key like the one given
    return key


def slice_bound(place: int | None, size: int, step: int, is_stop: bool) -> int:
    """Where a slice of ``size`` items starts or stops, as ``slice.indices`` says."""
    if step == 0:
        raise ValueError("slice step cannot be zero")
    low = 0 if step > 0 else -1
    high = size if step > 0 else size - 1
    if place is None:
        return high if is_stop == (step > 0) else low
    return max(place + size, low) if place < 0 else min(place, high)
