"""Lists of any elements, with Python's meaning: comparing, searching, sorting, slices that are written.

torch's schemas have these for lists of numbers and strings only; here they take lists of lists, tuples and optionals as
well. Elements are compared as Python compares them; who emits an operator refuses lists of tensors.
"""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Sequence
from typing import Any

from tsx.ir import types as ty
from tsx.ir.op import Abstract, Unknown
from tsx.ops.container_rules import (
    ELEMENT,
    WRITE,
    WRITE_OR_RAISE,
    element_of,
    fact,
    like_first,
    nothing,
)
from tsx.ops.define import op
from tsx.ops.number_rules import RAISES, define

_BOOL, _INT = fact(ty.BOOL), fact(ty.INT)

# --- comparing, truth ------------------------------------------------------------------------------------------------

for _name, _same in (("eq", operator.eq), ("ne", operator.ne)):
    op(f"tsx::{_name}(t1 a, t2 b) -> bool", infer=_BOOL, eval=_same)
for _name, _order in (
    ("lt", operator.lt),
    ("le", operator.le),
    ("gt", operator.gt),
    ("ge", operator.ge),
):
    op(f"tsx::{_name}(t1 a, t2 b) -> bool", infer=_BOOL, eval=_order, traits=RAISES)


def _truth_rule(value: Abstract) -> Abstract:
    return bool(value) if isinstance(value, list) else Unknown(ty.BOOL)


op("tsx::Bool.t(t[] a) -> bool", infer=_truth_rule, eval=bool)
op("tsx::Bool.Dict(Dict(k, t) a) -> bool", infer=_BOOL, eval=bool)
define("tsx::Bool.complex(complex a) -> bool", bool)
define("tsx::Bool(Scalar a) -> bool", bool)

# --- reading ---------------------------------------------------------------------------------------------------------


def _index(values: list[object], element: object, start: int, end: int) -> int:
    return values.index(element, start, end)


def _best_or(pick: Callable[..., Any]) -> Callable[[list[Any], Any], Any]:
    return lambda values, default: pick(values, default=default)


def _place_of(pick: Callable[..., Any]) -> Callable[[list[Any]], int]:
    """Where the best of ``keys`` stands: ``max(values, key=…)`` is the value in that place."""

    def find(keys: list[Any]) -> int:
        if not keys:
            pick(keys)  # raises
        place: int = pick(range(len(keys)), key=keys.__getitem__)
        return place

    return find


def _sorted(values: list[Any], reverse: bool) -> list[Any]:
    return sorted(values, reverse=reverse)


def _sorted_by(values: list[Any], keys: list[Any], reverse: bool) -> list[Any]:
    order = sorted(range(len(values)), key=keys.__getitem__, reverse=reverse)
    return [values[place] for place in order]


def _reversed(values: Sequence[object]) -> list[object]:
    return list(reversed(values))


def _zip_length(lengths: list[int], strict: bool) -> int:
    """How many rounds ``zip`` has; ``strict`` refuses lengths that differ, in Python's words."""
    least = min(lengths, default=0)
    if strict:
        list(zip(*(range(length - least) for length in lengths), strict=True))
    return least


def _tuple_item(items: list[Any], index: int) -> Any:
    return tuple(items)[index]  # for the words of its IndexError


def _same_rule(value: Abstract) -> Abstract:
    return value


# fmt: off
op("tsx::__getitem__.tuple(t[](a) items, int index) -> t(*)", infer=element_of, eval=_tuple_item, traits=ELEMENT)
op("tsx::__contains__.t(t[] l, t item) -> bool", infer=_BOOL, eval=operator.contains)
op("tsx::count.t(t[] self, t el) -> int", infer=_INT, eval=operator.countOf)
op("tsx::index.t(t[] self, t el, int start=0, int end=9223372036854775807) -> int", infer=_INT, eval=_index, traits=RAISES)
op("tsx::any(t[] self) -> bool", infer=_BOOL, eval=any)
op("tsx::all(t[] self) -> bool", infer=_BOOL, eval=all)
for _name, _pick in (("max", max), ("min", min)):
    op(f"tsx::{_name}.list(t[](a) values) -> t(*)", infer=element_of, eval=_pick, traits=ELEMENT)
    op(f"tsx::{_name}.default(t[](a) values, t(b) default) -> t(*|b)", infer=element_of, eval=_best_or(_pick), traits=ELEMENT)
    op(f"tsx::arg{_name}.list(t[] keys) -> int", infer=_INT, eval=_place_of(_pick), traits=RAISES)
op("tsx::reversed(t[] values) -> t[]", infer=like_first, eval=_reversed)
op("tsx::sorted(t[] values, *, bool reverse=False) -> t[]", infer=like_first, eval=_sorted, traits=RAISES)
op("tsx::sorted.by(t[] values, k[] keys, *, bool reverse=False) -> t[]", infer=like_first, eval=_sorted_by, traits=RAISES)
op("tsx::deepcopy(t value) -> t", infer=_same_rule, eval=copy.deepcopy)
op("tsx::zip_length(int[] lengths, bool strict) -> int", infer=_INT, eval=_zip_length, traits=RAISES)
# fmt: on

# --- ranges ----------------------------------------------------------------------------------------------------------


def _range(start: int, stop: int, step: int) -> list[int]:
    return list(range(start, stop, step))


def _in_range(start: int, stop: int, step: int, item: int) -> bool:
    return item in range(start, stop, step)


define(
    "tsx::__getitem__.range(int start, int stop, int step, int index) -> int",
    lambda start, stop, step, index: range(start, stop, step)[index],
    raises=True,
)
define("tsx::rangelist(int start, int stop, int step) -> int[]", _range, raises=True)
define(
    "tsx::__contains__.range(int start, int stop, int step, int item) -> bool",
    _in_range,
    raises=True,
)

# --- writing ---------------------------------------------------------------------------------------------------------

Cut = int | None


def _set_slice(
    values: list[object], start: Cut, end: Cut, step: int, given: list[object]
) -> tuple[()]:
    if step == 1:
        values[start:end] = given
    else:
        values[start:end:step] = given
    return ()


def _delete_slice(values: list[object], start: Cut, end: Cut, step: int) -> tuple[()]:
    del values[start:end:step]
    return ()


def _remove(values: list[object], element: object) -> tuple[()]:
    values.remove(element)
    return ()


def _sort(values: list[Any], reverse: bool) -> tuple[()]:
    values.sort(reverse=reverse)
    return ()


def _sort_by(values: list[Any], keys: list[Any], reverse: bool) -> tuple[()]:
    values[:] = _sorted_by(values, keys, reverse)
    return ()


def _repeat(values: list[object], count: int) -> list[object]:
    values *= count
    return values


# fmt: off
op("tsx::set_slice(t[](a!) self, int? start, int? end, int step, t[] values) -> ()", infer=nothing, eval=_set_slice, traits=WRITE_OR_RAISE)
op("tsx::delete_slice(t[](a!) self, int? start=None, int? end=None, int step=1) -> ()", infer=nothing, eval=_delete_slice, traits=WRITE_OR_RAISE)
op("tsx::remove.t(t[](a!) self, t el) -> ()", infer=nothing, eval=_remove, traits=WRITE_OR_RAISE)
op("tsx::sort(t[](a!) self, *, bool reverse=False) -> ()", infer=nothing, eval=_sort, traits=WRITE_OR_RAISE)
op("tsx::sort.by(t[](a!) self, k[] keys, *, bool reverse=False) -> ()", infer=nothing, eval=_sort_by, traits=WRITE_OR_RAISE)
op("tsx::imul.t(t[](a!) self, int n) -> t[](a!)", infer=like_first, eval=_repeat, traits=WRITE)
# fmt: on
