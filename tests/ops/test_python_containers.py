"""List, dict and set operators against Python itself, over many values; and that every operator is in some table."""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops import test_python_numbers, test_python_strings
from tests.ops.python_meaning import BOOLS, CUTS, FLOATS, INTS, SMALL, TEXTS, check, lists
from tsx.ir.op import all_ops
from tsx.ops.call import call

ELEMENTS = st.one_of(SMALL, st.sampled_from([0.5, 2.0, -0.0]))
PAIRS = st.tuples(SMALL, st.sampled_from(["a", "b"]))
NESTED = lists(st.integers(0, 2))
LISTS = st.one_of(lists(ELEMENTS), lists(TEXTS), lists(PAIRS), lists(NESTED))
ANY = st.one_of(ELEMENTS, TEXTS, PAIRS, NESTED)
KEYS = st.one_of(
    st.integers(0, 4), st.sampled_from(["a", "b"]), st.tuples(st.integers(0, 1), st.integers(0, 1))
)
DICTS = st.dictionaries(KEYS, ANY, max_size=4)
SETS = st.lists(KEYS, unique=True, max_size=4).map(dict.fromkeys)


def keyed(pick: Callable[..., Any]) -> Callable[[list[Any]], int]:
    return lambda keys: pick(range(len(keys)), key=keys.__getitem__) if keys else pick(keys)


def sorted_by(values: list[tuple[Any, Any]], reverse: bool) -> list[Any]:
    return [v for v, _ in sorted(values, key=lambda pair: pair[1], reverse=reverse)]


def assign(values: list[Any], start: Any, end: Any, step: int, given: list[Any]) -> None:
    values[slice(start, end, None if step == 1 else step)] = given


def delete(values: list[Any], *cut: Any) -> None:
    del values[slice(*cut)]


def delete_key(table: Any, key: Any) -> None:
    del table[key]


def repeated(values: list[Any], count: int) -> list[Any]:
    values *= count
    return values


def zip_length(lengths: list[int], strict: bool) -> int:
    return len(list(zip(*map(range, lengths), strict=strict)))


def on_sets(function: Callable[[set[Any], set[Any]], Any]) -> Callable[[Any, Any], Any]:
    """A function of two sets on sets that are held as dicts; elements come in the order of the operands."""

    def apply(a: dict[Any, None], b: dict[Any, None]) -> Any:
        found = function(set(a), set(b))
        return (
            found if isinstance(found, bool) else dict.fromkeys(v for v in (*a, *b) if v in found)
        )

    return apply


ROWS: dict[str, tuple[Any, ...]] = {
    "tsx::eq": (operator.eq, st.one_of(LISTS, PAIRS, DICTS), st.one_of(LISTS, PAIRS, DICTS)),
    "tsx::ne": (operator.ne, st.one_of(LISTS, PAIRS, DICTS), st.one_of(LISTS, PAIRS, DICTS)),
    "tsx::lt": (operator.lt, st.one_of(LISTS, PAIRS), st.one_of(LISTS, PAIRS)),
    "tsx::le": (operator.le, st.one_of(LISTS, PAIRS), st.one_of(LISTS, PAIRS)),
    "tsx::gt": (operator.gt, st.one_of(LISTS, PAIRS), st.one_of(LISTS, PAIRS)),
    "tsx::ge": (operator.ge, st.one_of(LISTS, PAIRS), st.one_of(LISTS, PAIRS)),
    "tsx::Bool.t": (bool, LISTS),
    "tsx::Bool.Dict": (bool, DICTS),
    "tsx::Bool.complex": (bool, st.complex_numbers()),
    "tsx::Bool": (bool, st.one_of(INTS, FLOATS)),
    "tsx::__getitem__.tuple": (lambda v, i: tuple(v)[i], LISTS, SMALL),
    "tsx::__contains__.t": (operator.contains, LISTS, ANY),
    "tsx::count.t": (list.count, LISTS, ANY),
    "tsx::index.t": (list.index, LISTS, ANY, st.one_of(SMALL, INTS), st.one_of(SMALL, INTS)),
    "tsx::any": (any, LISTS),
    "tsx::all": (all, LISTS),
    "tsx::max.list": (max, LISTS),
    "tsx::min.list": (min, LISTS),
    "tsx::max.default": (lambda v, d: max(v, default=d), LISTS, ANY),
    "tsx::min.default": (lambda v, d: min(v, default=d), LISTS, ANY),
    "tsx::argmax.list": (keyed(max), LISTS),
    "tsx::argmin.list": (keyed(min), LISTS),
    "tsx::reversed": (lambda v: list(reversed(v)), LISTS),
    "tsx::sorted": (lambda v, r: sorted(v, reverse=r), LISTS, BOOLS),
    "tsx::deepcopy": (copy.deepcopy, st.one_of(LISTS, DICTS)),
    "tsx::zip_length": (zip_length, st.lists(st.integers(0, 3), max_size=3), BOOLS),
    "tsx::rangelist": (lambda *r: list(range(*r)), SMALL, SMALL, SMALL),
    "tsx::__getitem__.range": (lambda a, b, c, i: range(a, b, c)[i], INTS, INTS, SMALL, SMALL),
    "tsx::__contains__.range": (lambda a, b, c, x: x in range(a, b, c), INTS, INTS, st.one_of(SMALL, INTS), INTS),
    "tsx::set_slice": (assign, LISTS, CUTS, CUTS, SMALL, LISTS),
    "tsx::delete_slice": (delete, LISTS, CUTS, CUTS, SMALL),
    "tsx::remove.t": (list.remove, LISTS, ANY),
    "tsx::sort": (lambda v, r: v.sort(reverse=r), LISTS, BOOLS),
    "tsx::imul.t": (repeated, LISTS, SMALL),
    "aten::__getitem__.t": (operator.getitem, LISTS, SMALL),
    "aten::slice.t": (lambda v, a, b, c: v[a:b:c], LISTS, CUTS, CUTS, SMALL),
    "aten::pop.t": (list.pop, LISTS, SMALL),
    "aten::insert.t": (list.insert, LISTS, SMALL, ANY),
    "aten::_set_item.t": (lambda v, i, x: [v.__setitem__(i, x), v][1], LISTS, SMALL, ANY),
    "aten::Delete.t": (delete_key, LISTS, SMALL),
    "tsx::len.Dict": (len, DICTS),
    "tsx::__getitem__.Dict": (operator.getitem, DICTS, KEYS),
    "aten::__getitem__.Dict_int": (operator.getitem, DICTS, KEYS),
    "tsx::__contains__.Dict": (operator.contains, DICTS, KEYS),
    "tsx::get.Dict": (dict.get, DICTS, KEYS),
    "tsx::get.default": (dict.get, DICTS, KEYS, ANY),
    "tsx::keys": (list, DICTS),
    "tsx::values": (lambda d: list(d.values()), DICTS),
    "tsx::items": (lambda d: list(d.items()), DICTS),
    "tsx::copy.Dict": (dict, DICTS),
    "tsx::dict": (dict, lists(st.tuples(KEYS, ANY))),
    "tsx::fromkeys": (dict.fromkeys, lists(KEYS), ANY),
    "tsx::__or__.Dict": (operator.or_, DICTS, DICTS),
    "tsx::_set_item.Dict": (lambda d, k, v: d.__setitem__(k, v), DICTS, KEYS, ANY),
    "tsx::setdefault": (dict.setdefault, DICTS, KEYS, ANY),
    "tsx::pop.Dict": (dict.pop, DICTS, KEYS),
    "tsx::pop.default": (dict.pop, DICTS, KEYS, ANY),
    "tsx::popitem": (dict.popitem, DICTS),
    "tsx::Delete.Dict": (delete_key, DICTS, KEYS),
    "tsx::update.Dict": (dict.update, DICTS, DICTS),
    "tsx::clear.Dict": (dict.clear, DICTS),
    "tsx::set": (dict.fromkeys, lists(KEYS)),
    "tsx::set_or": (on_sets(operator.or_), SETS, SETS),
    "tsx::set_and": (on_sets(operator.and_), SETS, SETS),
    "tsx::set_sub": (on_sets(operator.sub), SETS, SETS),
    "tsx::set_xor": (on_sets(operator.xor), SETS, SETS),
    "tsx::le.set": (on_sets(operator.le), SETS, SETS),
    "tsx::lt.set": (on_sets(operator.lt), SETS, SETS),
    "tsx::ge.set": (on_sets(operator.ge), SETS, SETS),
    "tsx::gt.set": (on_sets(operator.gt), SETS, SETS),
    "tsx::isdisjoint.set": (on_sets(set.isdisjoint), SETS, SETS),
}  # fmt: skip


@pytest.mark.parametrize("kind", ROWS)
def test_operators_mean_what_python_means(kind: str) -> None:
    python, *operands = ROWS[kind]

    @given(st.tuples(*operands))
    def compare(values: tuple[Any, ...]) -> None:
        check(kind, python, *values)

    compare()


@given(st.lists(st.tuples(TEXTS, SMALL)), BOOLS)
def test_sorting_by_keys_is_stable(pairs: list[tuple[str, int]], reverse: bool) -> None:
    values, keys = [v for v, _ in pairs], [k for _, k in pairs]
    assert call("tsx::sorted.by", values, keys, reverse=reverse) == sorted_by(pairs, reverse)
    call("tsx::sort.by", values, keys, reverse=reverse)
    assert values == sorted_by(pairs, reverse)


@given(SETS, KEYS, SETS)
def test_sets_are_written_as_pythons(
    held: dict[Any, None], key: Any, other: dict[Any, None]
) -> None:
    values = set(held)
    call("tsx::add.set", held, key)
    values.add(key)
    assert set(held) == values
    call("tsx::discard", held, key)
    values.discard(key)
    assert set(held) == values
    if held:
        taken = call("tsx::pop.set", held)
        assert taken in values
        assert set(held) == values - {taken}
    else:
        check("tsx::pop.set", lambda _: set().pop(), {})
    call("tsx::replace.set", held, other)
    assert held == other


def test_a_dict_that_changes_its_size_stops_the_walk() -> None:
    table = {"a": 1}
    assert call("tsx::rounds.Dict", table, ["a"]) == 1
    with pytest.raises(RuntimeError, match="dictionary changed size during iteration"):
        call("tsx::rounds.Dict", table, [])


ELSEWHERE = {"tsx::sorted.by", "tsx::sort.by", "tsx::add.set", "tsx::discard", "tsx::pop.set", "tsx::replace.set",
             "tsx::rounds.Dict", "tsx::repr.set"}  # fmt: skip


OF_LIBRARIES = ("tsx::dtype_name", "tsx::numpy_type", "tsx::tolist")  # no business of Python's


def test_every_operator_of_ours_is_compared_with_python() -> None:
    tables = {*ROWS, *test_python_numbers.ROWS, *test_python_strings.ROWS, *ELSEWHERE}
    # the overloads of one function on other types: one of them stands for all
    names = {kind.partition(".")[0] for kind in tables}
    ours = {
        op.kind
        for op in all_ops()
        if op.kind.startswith("tsx::") and "Tensor" not in str(op.schema)
        if not op.kind.startswith(OF_LIBRARIES)
    }
    assert {kind for kind in ours if kind.partition(".")[0] not in names} == set()
