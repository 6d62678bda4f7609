"""Comprehensions: lists, sets and dicts, with several generators and conditions; generator expressions as lists.

Takes the node. Where the items are known one by one (tuples, modules) it is unrolled; else it is a loop that appends.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tsx.capture.script import open_types
from tsx.capture.script.carry import Carry
from tsx.capture.script.comparisons import negated
from tsx.capture.script.conditions import condition_of
from tsx.capture.script.emit_block import branch
from tsx.capture.script.environment import Facts
from tsx.capture.script.frames import stored_names
from tsx.capture.script.problems import Failed
from tsx.capture.script.values import (
    NOT_STATIC,
    Constant,
    Iteration,
    ListLiteral,
    Ssa,
    Sugar,
)
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context

_Comprehension = ast.ListComp | ast.GeneratorExp | ast.SetComp


def list_comprehension(ctx: Context, node: _Comprehension) -> Sugar:
    """``[e for x in xs if c]``."""
    first = ctx.expression(node.generators[0].iter).iterate(ctx, ctx.place(node.generators[0].iter))
    with ctx.scope_of(stored_names([g.target for g in node.generators])):
        if _is_static(first) and len(node.generators) == 1:
            items = _unrolled(ctx, node, first.items or [])
            if items is not None:
                return ListLiteral(items)
        at = ctx.place(node)
        wanted = ctx.wanted_for(node)
        element = wanted.element if isinstance(wanted, ty.ListType) else open_types.Open(ty.TENSOR)
        made = Ssa(ctx.list_value([], element, at))

        def append() -> None:
            item = ctx.expression(node.elt)
            made.attribute(ctx, at, "append").call(ctx, at, [item], {})

        _nested(ctx, node.generators, 0, first, append)
        _learn(ctx, node.generators, made, lambda: _list_type(ctx, node))
        return made


def dict_comprehension(ctx: Context, node: ast.DictComp) -> Sugar:
    """``{k: v for x in xs if c}``."""
    first = ctx.expression(node.generators[0].iter).iterate(ctx, ctx.place(node.generators[0].iter))
    with ctx.scope_of(stored_names([g.target for g in node.generators])):
        at = ctx.place(node)
        wanted = ctx.wanted_for(node)
        type = ty.DictType(open_types.Open(ty.STR), open_types.Open(ty.TENSOR))
        if isinstance(wanted, ty.DictType):
            type = wanted
        made = ctx.emit("prim::DictConstruct", (), type, at)

        def store() -> None:
            key = ctx.expression(node.key)
            made.set_subscript(ctx, at, key, ctx.expression(node.value))

        _nested(ctx, node.generators, 0, first, store)
        _learn(ctx, node.generators, made, lambda: _pair_type(ctx, node))
        return made


def _list_type(ctx: Context, node: _Comprehension) -> ty.Type | None:
    element = ctx.expression(node.elt).type
    return ty.ListType(element) if element is not None else None


def _pair_type(ctx: Context, node: ast.DictComp) -> ty.Type | None:
    key, value = ctx.expression(node.key).type, ctx.expression(node.value).type
    return ty.DictType(key, value) if key is not None and value is not None else None


def _learn(
    ctx: Context,
    generators: Sequence[ast.comprehension],
    made: Sugar,
    type_of: Callable[[], ty.Type | None],
) -> None:
    """Gives ``made`` the type of the items that it has none of, since a condition is never true."""
    if made.type is None or not ctx.is_open(made.type):
        return
    mark, before = ctx.mark(), ctx.env
    ctx.env = before.fork()
    found: list[ty.Type | None] = []

    def emit() -> None:
        try:
            for generator in generators:
                at = ctx.place(generator.iter)
                iteration = ctx.expression(generator.iter).iterate(ctx, at)
                if iteration.item is not None:
                    ctx.assign(generator.target, iteration.item(ctx.constant(0, at)))
                else:
                    ctx.assign(generator.target, (iteration.items or [])[0])
            found.append(type_of())
        except (Failed, IndexError):  # what is never evaluated need not be right
            found.append(None)

    ctx.apart(emit)
    ctx.rewind(mark)
    ctx.env = before
    type = found[0]
    if type is not None and not ctx.is_open(type):
        ctx.close_type(made.type, ty.erase_shapes(type))


def _is_static(iteration: Iteration) -> bool:
    return iteration.items is not None


def _unrolled(ctx: Context, node: _Comprehension, items: Sequence[Sugar]) -> list[Sugar] | None:
    """The items of a list over known ones; None when a condition is only known when it runs."""
    generator = node.generators[0]
    found: list[Sugar] = []
    mark = ctx.mark()
    before = ctx.env.fork()
    for item in items:
        ctx.assign(generator.target, item)
        facts = Facts()
        chosen: object = True
        for test in generator.ifs:
            condition, more = condition_of(ctx, test)
            chosen = condition.static()
            if chosen is NOT_STATIC:
                ctx.rewind(mark)
                ctx.env = before
                return None
            facts = facts.and_(more)
            if not chosen:
                break
        if chosen:
            with ctx.proven(facts.true):
                found.append(ctx.settled(ctx.expression(node.elt), ctx.place(node.elt)))
    return found


def _nested(
    ctx: Context,
    generators: list[ast.comprehension],
    depth: int,
    first: Iteration,
    innermost: Callable[[], None],
) -> None:
    """One loop in the other, and ``innermost`` in the last."""
    generator = generators[depth]
    at = ctx.place(generator.iter)
    if depth:
        first = ctx.expression(generator.iter).iterate(ctx, at)

    def body() -> None:
        _filtered(ctx, list(generator.ifs), inner)

    def inner() -> None:
        if depth + 1 < len(generators):
            _nested(ctx, generators, depth + 1, first, innermost)
        else:
            innermost()

    if first.items is not None:
        for item in first.items:
            ctx.assign(generator.target, item)
            body()
        return
    assert first.length is not None
    item_of = first.item
    assert item_of is not None

    def step(number: Value) -> Value:
        ctx.assign(generator.target, item_of(number))
        body()
        return ctx.constant(True, at)

    Carry(ctx, at, set(), set(), set()).run(first.length(), ctx.constant(True, at), step)


def _filtered(ctx: Context, tests: list[ast.expr], inner: Callable[[], None]) -> None:
    if not tests:
        inner()
        return
    condition, facts = condition_of(ctx, tests[0])
    known = condition.static()

    def rest() -> None:
        with ctx.proven(facts.true):
            _filtered(ctx, tests[1:], inner)

    if known is NOT_STATIC:
        at = ctx.place(tests[0])
        branch(ctx, condition.as_value(ctx, at), rest, lambda: None, at)
    elif known:
        rest()


def quantified(ctx: Context, node: ast.GeneratorExp, *, is_any: bool) -> Sugar:
    """``any(…)`` or ``all(…)`` of a generator: nothing behind the item that decides is evaluated, as in Python."""
    at = ctx.place(node)
    key = ctx.new_number(), "decided"
    ctx.env.bind(key, Constant(not is_any), at)

    def judge() -> None:
        truth = ctx.expression(node.elt).truth(ctx, at)
        ctx.env.bind(key, truth, at)

    def undecided() -> Sugar:
        binding = ctx.env.get(key)
        assert binding is not None
        return negated(ctx, binding.value, at) if is_any else binding.value

    first = ctx.expression(node.generators[0].iter).iterate(ctx, ctx.place(node.generators[0].iter))
    with ctx.scope_of(stored_names([g.target for g in node.generators])):
        _search(ctx, node.generators, 0, first, judge, undecided)
    return ctx.env.names.pop(key).value


def _search(
    ctx: Context,
    generators: list[ast.comprehension],
    depth: int,
    first: Iteration,
    judge: Callable[[], None],
    undecided: Callable[[], Sugar],
) -> None:
    """The loops of ``quantified``: each goes on while nothing is decided."""
    generator = generators[depth]
    at = ctx.place(generator.iter)
    if depth:
        first = ctx.expression(generator.iter).iterate(ctx, at)

    def inner() -> None:
        if depth + 1 < len(generators):
            _search(ctx, generators, depth + 1, first, judge, undecided)
        else:
            judge()

    def one_round(item: Sugar) -> None:
        ctx.assign(generator.target, item)
        _filtered(ctx, list(generator.ifs), inner)

    if first.items is not None:
        for item in first.items:
            going = undecided()
            known = going.static()
            if known is False:
                return
            if known is NOT_STATIC:
                emit = partial(one_round, item)
                branch(ctx, going.as_value(ctx, at), emit, lambda: None, at)
            else:
                one_round(item)
        return
    assert first.length is not None
    item_of = first.item
    assert item_of is not None

    def step(number: Value) -> Value:
        one_round(item_of(number))
        return undecided().as_value(ctx, at)

    start = undecided().as_value(ctx, at)
    Carry(ctx, at, set(), set(), set()).run(first.length(), start, step)


def first_of(ctx: Context, node: ast.GeneratorExp, default: Sugar | None) -> Sugar:
    """``next(generator, default)``: the first item; nothing behind it is evaluated. Without one StopIteration."""
    at = ctx.place(node)
    found = Ssa(ctx.list_value([], open_types.Open(ty.TENSOR), at))

    def take() -> None:
        found.attribute(ctx, at, "append").call(ctx, at, [ctx.expression(node.elt)], {})

    def undecided() -> Sugar:
        return negated(ctx, found.truth(ctx, at), at)

    first = ctx.expression(node.generators[0].iter).iterate(ctx, ctx.place(node.generators[0].iter))
    with ctx.scope_of(stored_names([g.target for g in node.generators])):
        _search(ctx, node.generators, 0, first, take, undecided)

    def item() -> Sugar:
        return found.subscript(ctx, at, Constant(0))

    def other() -> Sugar:
        if default is not None:
            return default
        ctx.raise_exception("StopIteration", Constant(""), at)
        type = found.type
        assert isinstance(type, ty.ListType)
        return ctx.emit("prim::Uninitialized", (), type.element, at)

    return ctx.choose(found.truth(ctx, at).as_value(ctx, at), item, other, at)
