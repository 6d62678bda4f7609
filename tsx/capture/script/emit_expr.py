"""Expressions: literals, names, operators, conditions with what they prove, comprehensions, f-strings, calls.

Takes an expression node; gives its ``Sugar``. Every operand is evaluated once, from left to right.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from tsx.capture.script import comparisons, operators, sequences
from tsx.capture.script.classes import TypeForm
from tsx.capture.script.closures import closure
from tsx.capture.script.conditions import boolean, condition_of
from tsx.capture.script.emit_comprehension import (
    dict_comprehension,
    first_of,
    list_comprehension,
    quantified,
)
from tsx.capture.script.frames import stored_names
from tsx.capture.script.problems import POISON, Failed
from tsx.capture.script.sets import SetLiteral, set_of
from tsx.capture.script.sizes import as_tuple
from tsx.capture.script.spreads import Joined, Spread, sizes_star, spread_for
from tsx.capture.script.tensors import ELLIPSIS
from tsx.capture.script.text import f_string
from tsx.capture.script.values import (
    NOT_STATIC,
    Constant,
    Handler,
    ListLiteral,
    Slice,
    Ssa,
    Sugar,
    TupleSugar,
    builtin,
    builtin_for,
)

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

Part = TypeVar("Part", bound=ast.AST)
Made = TypeVar("Made")

Emit = Callable[["Context", Any], Sugar]
"""Takes the class of expressions that it stands under, which the type of a table can't say."""


def emit_expression(ctx: Context, node: ast.expr) -> Sugar:
    """The value of an expression."""
    emit = _EXPRESSIONS.get(node.__class__)
    if emit is None:
        what = _REFUSED.get(node.__class__, node.__class__.__name__)
        raise ctx.problem(
            "TSX3043", ctx.place(node), what=what, way="compute it outside, and pass the result in"
        )
    return emit(ctx, node)


_REFUSED: dict[type[ast.expr], str] = {
    ast.Await: "await",
}


def _constant(ctx: Context, node: ast.Constant) -> Sugar:
    value = node.value
    if isinstance(value, bytes):
        raise ctx.problem(
            "TSX3043", ctx.place(node), what="a bytes literal", way="use a str, or a list of ints"
        )
    if value is Ellipsis:
        return ELLIPSIS
    if isinstance(value, int) and not isinstance(value, bool) and not -(1 << 63) <= value < 1 << 63:
        raise ctx.problem("TSX3019", ctx.place(node), value=value)
    return Constant(value)


def _name(ctx: Context, node: ast.Name) -> Sugar:
    return ctx.name(node)


def _attribute(ctx: Context, node: ast.Attribute) -> Sugar:
    at = ctx.place(node)
    found = ctx.expression(node.value).attribute(ctx, at, node.attr)
    path = ctx.path(node)
    proven = ctx.env.get(path) if path is not None else None
    if proven is None or proven.refined is None:
        return found
    return ctx.cast(found, proven.refined, at)


def each(ctx: Context, parts: Sequence[Part], emit: Callable[[Part], Made]) -> list[Made]:
    """What every part of an expression gives, in order; a problem in one hides none of the others'."""
    found: list[Made] = []
    failed: Failed | None = None
    for part in parts:
        before = ctx.env
        try:
            found.append(emit(part))
        except Failed as error:
            ctx.env, failed = before, error
            for name in sorted(stored_names([part])):
                ctx.bind(name, POISON, None)
    if failed is not None:
        raise failed
    return found


def _binary(ctx: Context, node: ast.BinOp) -> Sugar:
    left, right = each(ctx, [node.left, node.right], ctx.expression)
    return operators.binary(ctx, node.op, left, right, ctx.place(node))


def _unary(ctx: Context, node: ast.UnaryOp) -> Sugar:
    at = ctx.place(node)
    literal = node.operand.value if isinstance(node.operand, ast.Constant) else None
    if isinstance(node.op, ast.USub) and literal == 1 << 63 and type(literal) is int:
        return Constant(-(1 << 63))  # the one literal that is too large without its sign
    if isinstance(node.op, ast.Not):
        return condition_of(ctx, node)[0]
    return operators.unary(ctx, node.op, ctx.expression(node.operand), at)


def _compare(ctx: Context, node: ast.Compare) -> Sugar:
    if len(node.ops) == 1:
        left, right = each(ctx, [node.left, node.comparators[0]], ctx.expression)
        return comparisons.compare(ctx, node.ops[0], left, right, ctx.place(node))
    return _chained(ctx, node, ctx.expression(node.left), 0)


def _chained(ctx: Context, node: ast.Compare, left: Sugar, place: int) -> Sugar:
    """``a < b < c``: each operand once, and the rest only while it holds."""
    at = ctx.place(node)
    right = ctx.settled(ctx.expression(node.comparators[place]), at)
    found = comparisons.compare(ctx, node.ops[place], left, right, at)
    if place + 1 == len(node.ops):
        return found
    truth = found.truth(ctx, at)
    known = truth.static()
    if known is not NOT_STATIC:
        return _chained(ctx, node, right, place + 1) if known else found
    return ctx.choose(
        truth.as_value(ctx, at),
        lambda: _chained(ctx, node, right, place + 1),
        lambda: found,
        at,
    )


def _conditional(ctx: Context, node: ast.IfExp) -> Sugar:
    at, wanted = ctx.place(node), ctx.wanted_for(node)
    condition, facts = condition_of(ctx, node.test)
    known = condition.static()
    if known is not NOT_STATIC:
        with ctx.proven(facts.true if known else facts.false):
            return ctx.expression(node.body if known else node.orelse)

    def arm(value: ast.expr, is_true: bool) -> Callable[[], Sugar]:
        def emit() -> Sugar:
            with ctx.proven(facts.true if is_true else facts.false):
                return ctx.expression(value)

        return emit

    arms = arm(node.body, True), arm(node.orelse, False)
    return ctx.choose(condition.as_value(ctx, at), *arms, at, wanted)


def _call(ctx: Context, node: ast.Call) -> Sugar:
    function = ctx.expression(node.func)
    at = ctx.place(node)
    match node:
        case ast.Call(args=[ast.GeneratorExp() as generator], keywords=[]) if (
            function is not builtin_for(next)
        ):
            is_any = function is builtin_for(any)
            if is_any or function is builtin_for(all):
                return quantified(ctx, generator, is_any=is_any)
        case ast.Call(args=[ast.GeneratorExp() as generator, *rest], keywords=[]):
            if function is builtin_for(next) and len(rest) < 2:
                default = ctx.settled(ctx.expression(rest[0]), at) if rest else None
                return first_of(ctx, generator, default)
    args: list[Sugar] = []
    kwargs: dict[str, Sugar] = {}

    def add(argument: ast.expr) -> None:
        if isinstance(argument, ast.Starred):
            value, place = ctx.expression(argument.value), ctx.place(argument)
            star = spread_for(ctx, function, value, place)
            args.extend([star] if star is not None else sequences.spread(ctx, value, place))
        else:
            args.append(ctx.expression(argument))

    def add_named(keyword: ast.keyword) -> None:
        value = ctx.expression(keyword.value)
        if keyword.arg is None:
            kwargs.update(sequences.spread_names(ctx, value, ctx.place(keyword.value)))
        else:
            kwargs[keyword.arg] = value

    parts: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
    each(ctx, parts, lambda part: add_named(part) if isinstance(part, ast.keyword) else add(part))
    return function.call(ctx, at, args, kwargs)


def _subscript(ctx: Context, node: ast.Subscript) -> Sugar:
    owner = ctx.expression(node.value)
    if isinstance(owner, Handler) and owner.name in _GENERIC and isinstance(node.value, ast.Name):
        owner = TypeForm(_GENERIC[owner.name])
    return owner.subscript(ctx, ctx.place(node), ctx.index(node.slice))


_GENERIC = {cls.__name__: cls for cls in (list, dict, tuple, set)}


def emit_index(ctx: Context, node: ast.expr) -> Sugar:
    """What stands between the brackets."""
    match node:
        case ast.Slice(lower=lower, upper=upper, step=step):
            parts = [
                Constant(None) if p is None else ctx.expression(p) for p in (lower, upper, step)
            ]
            return Slice(parts[0], parts[1], parts[2])
        case ast.Tuple(elts=elements):
            items: list[Sugar] = []
            for element in elements:
                if isinstance(element, ast.Starred):
                    items += sequences.spread(
                        ctx, ctx.expression(element.value), ctx.place(element)
                    )
                else:
                    items.append(emit_index(ctx, element))
            return TupleSugar(items)
    return ctx.expression(node)


def _items(ctx: Context, elements: list[ast.expr]) -> list[Sugar]:
    items: list[Sugar] = []

    def add(element: ast.expr) -> None:
        if isinstance(element, ast.Starred):
            found = ctx.expression(element.value)
            items.extend(sequences.spread(ctx, found, ctx.place(element)))
        else:
            items.append(ctx.expression(element))

    each(ctx, elements, add)
    return items


def _tuple(ctx: Context, node: ast.Tuple) -> Sugar:
    at = ctx.place(node)
    if any(isinstance(element, ast.Starred) for element in node.elts):
        return _starred_tuple(ctx, node)
    return TupleSugar([ctx.settled(item, at) for item in _items(ctx, node.elts)])


def _starred_tuple(ctx: Context, node: ast.Tuple) -> Sugar:
    """``(*sizes, 2)``: a tuple, or sizes when only a run knows how many there are."""
    at = ctx.place(node)
    parts: list[Sugar] = []
    for element in node.elts:
        if not isinstance(element, ast.Starred):
            parts.append(ctx.settled(ctx.expression(element), at))
            continue
        value, place = ctx.expression(element.value), ctx.place(element)
        star = sizes_star(ctx, value, place)
        parts += [star] if star is not None else sequences.spread(ctx, value, place)
    if any(isinstance(part, Spread) for part in parts):
        return as_tuple(Ssa(Joined(parts).as_value(ctx, at)))
    return TupleSugar([ctx.settled(part, at) for part in parts])


def _list(ctx: Context, node: ast.List) -> Sugar:
    dynamic = [e for e in node.elts if isinstance(e, ast.Starred)]
    if not dynamic:
        return ListLiteral(_items(ctx, node.elts))
    return _spliced(ctx, node)


def _spliced(ctx: Context, node: ast.List) -> Sugar:
    """``[*a, b]``: the parts one after the other."""
    at = ctx.place(node)
    found: Sugar = ListLiteral([])
    for element in node.elts:
        if isinstance(element, ast.Starred):
            value = ctx.expression(element.value)
            parts = ctx.parts(value, at)
            more: Sugar = (
                ListLiteral(parts) if parts is not None else sequences.as_list(ctx, value, at)
            )
        else:
            more = ListLiteral([ctx.expression(element)])
        if isinstance(found, ListLiteral) and found.value is None and not found.items:
            found = more if isinstance(more, ListLiteral) else sequences.as_list(ctx, more, at)
        else:
            found = operators.binary(ctx, ast.Add(), found, more, at)
    return found


def _dict(ctx: Context, node: ast.Dict) -> Sugar:
    found = sequences.DictLiteral([])
    keys = dict(zip(node.values, node.keys, strict=True))

    def add(value: ast.expr) -> None:
        nonlocal found
        key, at = keys[value], ctx.place(value)
        if key is None:
            found = sequences.with_dict(ctx, found, ctx.expression(value), at)
            return
        named, given = each(ctx, [key, value], ctx.expression)
        found = sequences.with_pair(ctx, found, named, given, at)

    each(ctx, node.values, add)
    return found


def _set(ctx: Context, node: ast.Set) -> Sugar:
    return SetLiteral(_items(ctx, node.elts))


def _list_comp(ctx: Context, node: ast.ListComp | ast.GeneratorExp) -> Sugar:
    return list_comprehension(ctx, node)


def _set_comp(ctx: Context, node: ast.SetComp) -> Sugar:
    made = list_comprehension(ctx, node)
    if isinstance(made, ListLiteral) and made.value is None:
        return SetLiteral(made.items)
    return set_of(ctx, made, ctx.place(node))


def _dict_comp(ctx: Context, node: ast.DictComp) -> Sugar:
    return dict_comprehension(ctx, node)


def _boolean(ctx: Context, node: ast.BoolOp) -> Sugar:
    return boolean(ctx, node)


def _walrus(ctx: Context, node: ast.NamedExpr) -> Sugar:
    value = ctx.settled(ctx.expression(node.value), ctx.place(node))
    ctx.assign(node.target, value)
    return ctx.name(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))


def _joined(ctx: Context, node: ast.JoinedStr) -> Sugar:
    return f_string(ctx, node)


def _lambda(ctx: Context, node: ast.Lambda) -> Sugar:
    return closure(ctx, node, "<lambda>")


_EXPRESSIONS: dict[type[ast.expr], Emit] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.Call: _call,
    ast.Subscript: _subscript,
    ast.Tuple: _tuple,
    ast.List: _list,
    ast.Dict: _dict,
    ast.Set: _set,
    ast.ListComp: _list_comp,
    ast.GeneratorExp: _list_comp,
    ast.SetComp: _set_comp,
    ast.DictComp: _dict_comp,
    ast.NamedExpr: _walrus,
    ast.JoinedStr: _joined,
    ast.Lambda: _lambda,
}


@builtin(slice)
def _slice(
    ctx: Context, at: Place, first: Sugar, second: Sugar | None = None, step: Sugar | None = None
) -> Sugar:
    none = Constant(None)
    if second is None:
        return Slice(none, first, none)
    return Slice(first, second, step or none)
