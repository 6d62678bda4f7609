"""Dicts with any keys, and what Python's dicts do otherwise than TorchScript's; and sets, which are dicts to None.

A set is a ``Dict(T, NoneType)``: its elements are the keys, in the order in which they came. Python's order is that of
hashes, which no program should rely on; all else is Python's.
"""

# ruff: noqa: E501  (one operator a line: the table is read down its columns)
from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from tsx.ir import types as ty
from tsx.ir.op import Abstract, Trait, Unknown
from tsx.ops.container_rules import (
    ELEMENT,
    WRITE,
    WRITE_OR_RAISE,
    element_of,
    fact,
    items_of,
    keys_of,
    like_first,
    nothing,
    values_of,
)
from tsx.ops.define import op
from tsx.ops.number_rules import PURE, RAISES

Table = dict[Any, Any]
_BOOL, _INT, _ANY = fact(ty.BOOL), fact(ty.INT), fact(ty.ANY)


def _store(table: Table, key: object, value: object) -> tuple[()]:
    table[key] = value
    return ()


def _delete(table: Table, key: object) -> tuple[()]:
    del table[key]
    return ()


def _update(table: Table, more: Table) -> tuple[()]:
    table.update(more)
    return ()


def _clear(table: Table) -> tuple[()]:
    table.clear()
    return ()


def _items(table: Table) -> list[tuple[Any, Any]]:
    return list(table.items())


def _values(table: Table) -> list[Any]:
    return list(table.values())


def _dict_rule(items: Abstract) -> Abstract:
    pair = element_of(items)
    if isinstance(pair, Unknown) and isinstance(pair.type, ty.TupleType):
        elements = pair.type.elements
        return Unknown(ty.DictType(*elements)) if len(elements) == 2 else Unknown(ty.ANY)
    return Unknown(ty.ANY)


def _rounds(table: Table, keys: list[Any]) -> int:
    """How many rounds ``for key in table`` has; Python stops where the dict's size has changed since it began."""
    if len(table) != len(keys):
        raise RuntimeError("dictionary changed size during iteration")
    return len(keys)


# fmt: off
op("tsx::len.Dict(Dict(k, t) self) -> int", infer=_INT, eval=len)
op("tsx::__getitem__.Dict(Dict(k, t)(a) self, k key) -> t(*)", infer=element_of, eval=operator.getitem, traits=ELEMENT)
op("tsx::__contains__.Dict(Dict(k, t) dict, k key) -> bool", infer=_BOOL, eval=operator.contains)
op("tsx::get.Dict(Dict(k, t)(a) self, k key) -> t(*)?", infer=_ANY, eval=dict.get, traits=PURE | Trait.VIEW)
op("tsx::get.default(Dict(k, t)(a) self, k key, t(b) default) -> t(*|b)", infer=element_of, eval=dict.get, traits=PURE | Trait.VIEW)
op("tsx::keys(Dict(k, t) self) -> k[]", infer=keys_of, eval=list)
op("tsx::values(Dict(k, t) self) -> t[]", infer=values_of, eval=_values)
op("tsx::items(Dict(k, t) self) -> ((k, t)[])", infer=items_of, eval=_items)
op("tsx::copy.Dict(Dict(k, t) self) -> Dict(k, t)", infer=like_first, eval=dict.copy)
op("tsx::dict((k, t)[] items) -> Dict(k, t)", infer=_dict_rule, eval=dict)
op("tsx::fromkeys(k[] keys, t(b) value) -> Dict(k, t)", infer=_ANY, eval=dict.fromkeys)
op("tsx::__or__.Dict(Dict(k, t) a, Dict(k, t) b) -> Dict(k, t)", infer=like_first, eval=operator.or_)
op("tsx::rounds.Dict(Dict(k, t) self, k[] keys) -> int", infer=_INT, eval=_rounds, traits=RAISES)
op("tsx::_set_item.Dict(Dict(k, t)(a!) self, k(b -> *) key, t(c -> *) value) -> ()", infer=nothing, eval=_store, traits=WRITE)
op("tsx::setdefault(Dict(k, t)(a!) self, k(b -> *) key, t(c -> *) default) -> t(*)", infer=element_of, eval=dict.setdefault, traits=WRITE)
op("tsx::pop.Dict(Dict(k, t)(a!) self, k key) -> t(*)", infer=element_of, eval=dict.pop, traits=WRITE_OR_RAISE)
op("tsx::pop.default(Dict(k, t)(a!) self, k key, t(b) default) -> t(*|b)", infer=element_of, eval=dict.pop, traits=WRITE)
op("tsx::popitem(Dict(k, t)(a!) self) -> ((k, t))", infer=_ANY, eval=dict.popitem, traits=WRITE_OR_RAISE)
op("tsx::Delete.Dict(Dict(k, t)(a!) self, k key) -> ()", infer=nothing, eval=_delete, traits=WRITE_OR_RAISE)
op("tsx::update.Dict(Dict(k, t)(a!) self, Dict(k, t) other) -> ()", infer=nothing, eval=_update, traits=WRITE)
op("tsx::clear.Dict(Dict(k, t)(a!) self) -> ()", infer=nothing, eval=_clear, traits=WRITE)
# fmt: on


# --- sets ------------------------------------------------------------------------------------------------------------

Set = dict[Any, None]


def _set(values: list[Any]) -> Set:
    return dict.fromkeys(values)


def _add(values: Set, element: object) -> tuple[()]:
    values.setdefault(element, None)
    return ()


def _discard(values: Set, element: object) -> tuple[()]:
    values.pop(element, None)
    return ()


def _pop(values: Set) -> object:
    if not values:
        raise KeyError("pop from an empty set")
    return values.popitem()[0]


def _and(a: Set, b: Set) -> Set:
    return {value: None for value in a if value in b}


def _minus(a: Set, b: Set) -> Set:
    return {value: None for value in a if value not in b}


def _xor(a: Set, b: Set) -> Set:
    return {**_minus(a, b), **_minus(b, a)}


def _replace(values: Set, kept: Set) -> tuple[()]:
    values.clear()
    values.update(kept)
    return ()


def _set_rule(values: Abstract) -> Abstract:
    key = element_of(like_first(values))
    if isinstance(key, Unknown) and key.type != ty.ANY:
        return Unknown(ty.DictType(key.type, ty.NONE))
    return Unknown(ty.ANY)


_SET = "Dict(k, NoneType)"
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "le": lambda a, b: a.keys() <= b.keys(),
    "lt": lambda a, b: a.keys() < b.keys(),
    "ge": lambda a, b: a.keys() >= b.keys(),
    "gt": lambda a, b: a.keys() > b.keys(),
    "isdisjoint": lambda a, b: a.keys().isdisjoint(b.keys()),
}
_COMBINATIONS: dict[str, Callable[[Set, Set], Set]] = {
    "or": operator.or_, "and": _and, "sub": _minus, "xor": _xor,
}  # fmt: skip

# fmt: off
op(f"tsx::set(k[] values) -> {_SET}", infer=_set_rule, eval=_set)
op(f"tsx::add.set({_SET}(a!) self, k element) -> ()", infer=nothing, eval=_add, traits=WRITE)
op(f"tsx::discard({_SET}(a!) self, k element) -> ()", infer=nothing, eval=_discard, traits=WRITE)
op(f"tsx::pop.set({_SET}(a!) self) -> k", infer=_ANY, eval=_pop, traits=WRITE_OR_RAISE)
for _name, _compare in _COMPARISONS.items():
    op(f"tsx::{_name}.set({_SET} a, {_SET} b) -> bool", infer=_BOOL, eval=_compare)
for _name, _combine in _COMBINATIONS.items():
    op(f"tsx::set_{_name}({_SET} a, {_SET} b) -> {_SET}", infer=like_first, eval=_combine)
op(f"tsx::replace.set({_SET}(a!) self, {_SET} kept) -> ()", infer=nothing, eval=_replace, traits=WRITE)
# fmt: on
