"""Operators on lists and dicts, with torch's schemas: reading, writing in place, copying, comparing.

A list is a Python list, shared by its names; writing operators change it. Rules know a list's contents only where its
definition shows them, and say nothing of what a write leaves.
"""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tsx.errors import fail, python_exception
from tsx.ir import types as ty
from tsx.ir.op import Abstract, Trait, Unknown
from tsx.ops.abstract import MAX_KNOWN, is_dim
from tsx.ops.container_rules import (
    WRITE,
    WRITE_OR_RAISE,
    element_of,
    fact,
    items_of,
    keys_of,
    like_first,
    nothing,
    values_of,
)  # fmt: skip
from tsx.ops.define import op
from tsx.ops.number_rules import HIGH, RAISES, Number, define, int64

_ELEMENTS = ("int", "float", "bool", "str")
_KEYS = ("str", "int", "bool", "float", "complex")


def _out_of_range(index: object, length: int, words: str = "list index out of range") -> Exception:
    return fail("TSX4012", index=index, length=length).instead_of(("IndexError", words))


# --- lists: reading ------------------------------------------------------------------------------------------------


def _get(values: Sequence[object], index: int) -> object:
    if not -len(values) <= index < len(values):
        raise _out_of_range(index, len(values))
    return values[index]


def _get_rule(values: Abstract, index: Abstract) -> Abstract:
    if isinstance(values, (list, tuple)) and isinstance(index, int):
        return values[index] if -len(values) <= index < len(values) else Unknown(ty.ANY)
    return element_of(values)


def _len_rule(values: Abstract) -> Abstract:
    return len(values) if isinstance(values, (list, tuple)) else Unknown(ty.INT)


def _slice(values: list[object] | str, start: int | None, end: int | None, step: int) -> object:
    if step == 0:
        raised = ("ValueError", "slice step cannot be zero")
        raise fail("TSX5001", operation="slice", reason="has step 0").instead_of(raised)
    return values[slice(start, end, step)]


def _slice_rule(values: Abstract, *bounds: Abstract) -> Abstract:
    if (
        isinstance(values, list)
        and all(b is None or isinstance(b, int) for b in bounds)
        and bounds[2]
    ):
        start, end, step = bounds
        return values[slice(start, end, step)]  # type: ignore[arg-type]  # each is an int or None, as the test says
    return like_first(values)


def _concat_rule(a: Abstract, b: Abstract) -> Abstract:
    if isinstance(a, list) and isinstance(b, list) and len(a) + len(b) <= MAX_KNOWN:
        return a + b
    return like_first(a)


def _repeat_rule(values: Abstract, count: Abstract) -> Abstract:
    if isinstance(values, list) and isinstance(count, int) and len(values) * count <= MAX_KNOWN:
        return values * count
    return like_first(values)


def _copy_rule(values: Abstract) -> Abstract:
    return list(values) if isinstance(values, list) else like_first(values)


def _repeated_rule(n: Abstract, values: Abstract) -> Abstract:
    return _repeat_rule(values, n)


def _pop_rule(values: Abstract, _: Abstract) -> Abstract:
    return element_of(values)


# fmt: off
op("aten::len.t(t[] a) -> int", infer=_len_rule, eval=len)
op("aten::len.any(Any[] a) -> int", infer=_len_rule, eval=len)
define("aten::len.str(str s) -> int", lambda s: len(s.encode()))
op("aten::__getitem__.t(t[](a) list, int idx) -> t(*)", infer=_get_rule, eval=_get, traits=Trait.PURE | Trait.VIEW | Trait.RAISES)
op("aten::slice.t(t[] l, int? start=None, int? end=None, int step=1) -> t[]", infer=_slice_rule, eval=_slice, traits=RAISES)
op("aten::add.t(t[] a, t[] b) -> t[]", infer=_concat_rule, eval=operator.add)
op("aten::mul.left_t(t[] l, int n) -> t[]", infer=_repeat_rule, eval=operator.mul)
op("aten::mul.right_(int n, t[] l) -> t[]", infer=_repeated_rule, eval=operator.mul)
op("aten::list.t(t[] l) -> t[]", infer=_copy_rule, eval=list)
op("aten::list(str t) -> str[]", infer=fact(ty.ListType(ty.STR)), eval=list)
op("aten::copy.t(t[](a) self) -> t[]", infer=_copy_rule, eval=list)
# fmt: on


# --- lists: writing ------------------------------------------------------------------------------------------------


def _append(values: list[object], element: object) -> list[object]:
    values.append(element)
    return values


def _add_in_place(values: list[object], more: list[object]) -> list[object]:
    values += more
    return values


def _extend(values: list[object], more: list[object]) -> tuple[()]:
    values.extend(more)
    return ()


def _insert(values: list[object], index: int, element: object) -> tuple[()]:
    values.insert(index, element)
    return ()


def _pop(values: list[object], index: int) -> object:
    try:
        return values.pop(index)
    except IndexError as error:
        raise _out_of_range(index, len(values), str(error)) from None


def _set(values: list[object], index: int, element: object) -> list[object]:
    try:
        values[index] = element
    except IndexError as error:
        raise _out_of_range(index, len(values), str(error)) from None
    return values


def _delete(values: list[object], index: int) -> tuple[()]:
    try:
        del values[index]
    except IndexError as error:
        raise _out_of_range(index, len(values), str(error)) from None
    return ()


def _clear(values: list[object] | dict[object, object]) -> tuple[()]:
    values.clear()
    return ()


def _reverse(values: list[object]) -> tuple[()]:
    values.reverse()
    return ()


def _sort(values: list[Any], reverse: bool) -> tuple[()]:
    values.sort(reverse=reverse)
    return ()


def _remove(values: list[object], element: object) -> tuple[()]:
    try:
        values.remove(element)
    except ValueError as error:
        raise fail("TSX4013", key=element).instead_of(python_exception(error)) from None
    return ()


def _index(values: list[object], element: object) -> int:
    try:
        return values.index(element)
    except ValueError as error:
        raise fail("TSX4013", key=element).instead_of(python_exception(error)) from None


# fmt: off
op("aten::append.t(t[](a!) self, t(c -> *) el) -> t[](a!)", infer=like_first, eval=_append, traits=WRITE)
op("aten::add_.t(t[](a!) self, t[] b) -> t[]", infer=like_first, eval=_add_in_place, traits=WRITE)
op("aten::extend.t(t[](a!) self, t[] other) -> ()", infer=nothing, eval=_extend, traits=WRITE)
op("aten::insert.t(t[](a!) self, int idx, t(b -> *) el) -> ()", infer=nothing, eval=_insert, traits=WRITE)
op("aten::pop.t(t[](a!) self, int idx=-1) -> t(*)", infer=_pop_rule, eval=_pop, traits=WRITE_OR_RAISE)
op("aten::_set_item.t(t[](a!) l, int idx, t(b -> *) el) -> t[](a!)", infer=like_first, eval=_set, traits=WRITE_OR_RAISE)
op("aten::Delete.t(t[](a!) self, int idx) -> ()", infer=nothing, eval=_delete, traits=WRITE_OR_RAISE)
op("aten::clear.t(t[](a!) self) -> ()", infer=nothing, eval=_clear, traits=WRITE)
op("aten::reverse.t(t[](a!) self) -> ()", infer=nothing, eval=_reverse, traits=WRITE)
# fmt: on


# --- lists of numbers and strings ------------------------------------------------------------------------------------


def _sum(values: list[Number]) -> Number:
    total = sum(values)
    return int64("sum", total) if isinstance(total, int) else total


def _best(pick: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    def evaluate(values: list[Any]) -> Any:
        if not values:
            words = f"{pick.__name__}() arg is an empty sequence"
            raise fail("TSX4012", index=0, length=0).instead_of(("ValueError", words))
        return pick(values)

    return evaluate


for _type in _ELEMENTS:
    define(f"aten::eq.{_type}_list({_type}[] a, {_type}[] b) -> bool", operator.eq)
    define(f"aten::ne.{_type}_list({_type}[] a, {_type}[] b) -> bool", operator.ne)
    op(
        f"aten::remove.{_type}({_type}[](a!) self, {_type} el) -> ()",
        infer=nothing,
        eval=_remove,
        traits=WRITE_OR_RAISE,
    )
    op(
        f"aten::sort.{_type}({_type}[](a!) self, bool reverse=False) -> ()",
        infer=nothing,
        eval=_sort,
        traits=WRITE,
    )
    op(f"aten::sorted.{_type}({_type}[](a) input) -> {_type}[]", infer=like_first, eval=sorted)
    define(f"aten::count.{_type}({_type}[] self, {_type} el) -> int", operator.countOf)
    define(f"aten::index.list_{_type}({_type}[] self, {_type} el) -> int", _index, raises=True)
    define(f"aten::any.{_type}({_type}[] self) -> bool", any)
for _type in ("int", "str", "float"):
    define(f"aten::__contains__.{_type}_list({_type}[] l, {_type} item) -> bool", operator.contains)
for _type in ("int", "float", "bool"):
    define(f"aten::all.{_type}({_type}[] self) -> bool", all)
for _type, _zero in (("int", 0), ("float", 0.0), ("complex", 0j)):
    define(
        f"aten::sum.{_type}({_type}[] self) -> {_type}",
        lambda values, zero=_zero: _sum([zero, *values]),
    )
define("aten::sum.bool(bool[] self) -> int", _sum)
for _type in ("int", "float", "bool"):
    for _name, _function in (("min", min), ("max", max)):
        define(
            f"prim::{_name}.self_{_type}({_type}[] self) -> {_type}", _best(_function), raises=True
        )
        define(f"prim::{_name}.{_type}_list({_type}[] l, {_type}[] r) -> {_type}[]", _function)


def _same_tensors(a: list[Any], b: list[Any]) -> bool:
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


define("aten::eq.Tensor_list(Tensor[] a, Tensor[] b) -> bool", _same_tensors)
define("aten::ne.Tensor_list(Tensor[] a, Tensor[] b) -> bool", lambda a, b: not _same_tensors(a, b))


# --- ranges ----------------------------------------------------------------------------------------------------------


def _range_length(low: int, high: int, step: int) -> int:
    if step == 0:
        raised = ("ValueError", "range() arg 3 must not be zero")
        raise fail("TSX5001", operation="range", reason="has step 0").instead_of(raised)
    return len(range(low, high, step))


def _range_length_rule(low: Abstract, high: Abstract, step: Abstract) -> Abstract:
    if isinstance(low, int) and isinstance(high, int) and isinstance(step, int) and step:
        count = max(-((low - high) // step), 0)
        return count if count < HIGH else Unknown(ty.INT)
    if step == 1 and is_dim(low) and is_dim(high) and isinstance(low, int) and low == 0:
        return high  # a size is never negative
    return Unknown(ty.INT)


op(
    "aten::__range_length(int lo, int hi, int step) -> int",
    infer=_range_length_rule,
    eval=_range_length,
    traits=RAISES,
)
define("aten::__derive_index(int index, int start, int step) -> int",
       lambda index, start, step: int64("range", start + index * step),
       dims=lambda index, start, step: start + index * step)  # fmt: skip
define("prim::rangelist(int n) -> int[]", lambda n: list(range(n)))


# --- dicts -----------------------------------------------------------------------------------------------------------

_MISSING = object()


def _lookup(table: dict[object, object], key: object) -> object:
    found = table.get(key, _MISSING)
    if found is _MISSING:
        raise fail("TSX4013", key=repr(key)).instead_of(("KeyError", repr(key)))
    return found


def _lookup_rule(table: Abstract, *_: Abstract) -> Abstract:
    return element_of(table)


def _store(table: dict[object, object], key: object, value: object) -> tuple[()]:
    table[key] = value
    return ()


def _pop_key(table: dict[object, object], key: object) -> object:
    value = _lookup(table, key)
    del table[key]
    return value


def _delete_key(table: dict[object, object], key: object) -> tuple[()]:
    _pop_key(table, key)
    return ()


def _update(table: dict[object, object], more: dict[object, object]) -> tuple[()]:
    table.update(more)
    return ()


def _pop_first(table: dict[object, object]) -> tuple[object, object]:
    """The first item, where Python's ``popitem`` takes the last."""
    if not table:
        raised = ("KeyError", repr("popitem(): dictionary is empty"))
        raise fail("TSX4013", key="of an empty dict").instead_of(raised)
    key = next(iter(table))
    return key, table.pop(key)


# fmt: off
for _key in _KEYS:
    _dict, _written = f"Dict({_key}, t)", f"Dict({_key}, t)(a!)"
    op(f"aten::len.Dict_{_key}({_dict} self) -> int", infer=_len_rule, eval=len)
    op(f"aten::__getitem__.Dict_{_key}({_dict} self, {_key} key) -> t(*)", infer=_lookup_rule, eval=_lookup, traits=Trait.PURE | Trait.VIEW | Trait.RAISES)
    op(f"aten::__contains__.{_key}({_dict} dict, {_key} key) -> bool", infer=fact(ty.BOOL), eval=lambda table, key: key in table)
    op(f"aten::get.{_key}({_dict} self, {_key} key) -> t(*)?", infer=fact(ty.ANY), eval=lambda table, key: table.get(key))
    op(f"aten::get.default_{_key}({_dict} self, {_key} key, t default_value) -> t(*)", infer=_lookup_rule, eval=lambda table, key, other: table.get(key, other))
    op(f"aten::keys.{_key}({_dict} self) -> {_key}[](*)", infer=keys_of, eval=list)
    op(f"aten::values.{_key}({_dict} self) -> t[](*)", infer=values_of, eval=lambda table: list(table.values()))
    op(f"aten::items.{_key}({_dict} self) -> (({_key}, t)[])", infer=items_of, eval=lambda table: list(table.items()))
    op(f"aten::copy.Dict_{_key}({_dict}(a) self) -> {_dict}", infer=like_first, eval=dict)
    op(f"aten::dict.Dict_{_key}({_dict}(a) self) -> {_dict}", infer=like_first, eval=dict)
    op(f"aten::_set_item.{_key}({_written} l, {_key}(b -> *) idx, t(c -> *) v) -> ()", infer=nothing, eval=_store, traits=WRITE)
    op(f"aten::setdefault.{_key}({_written} self, {_key}(b -> *) key, t(c -> *) default_value) -> t(*)", infer=_lookup_rule, eval=lambda table, key, other: table.setdefault(key, other), traits=WRITE)
    op(f"aten::pop.Dict_{_key}({_written} self, {_key} key) -> t(*)", infer=_lookup_rule, eval=_pop_key, traits=WRITE_OR_RAISE)
    op(f"aten::pop.Dict_default_{_key}({_written} self, {_key} key, t default_value) -> t(*)", infer=_lookup_rule, eval=lambda table, key, other: table.pop(key, other), traits=WRITE)
    op(f"aten::popitem.{_key}({_written} self) -> (({_key}, t))", infer=fact(ty.ANY), eval=_pop_first, traits=WRITE_OR_RAISE)
    op(f"aten::Delete.Dict_{_key}({_written} self, {_key} key) -> ()", infer=nothing, eval=_delete_key, traits=WRITE_OR_RAISE)
    op(f"aten::update.{_key}({_written} self, {_written} to_add) -> ()", infer=nothing, eval=_update, traits=WRITE)
    op(f"aten::clear.{_key}({_written} self) -> ()", infer=nothing, eval=_clear, traits=WRITE)
# fmt: on
