"""Comparisons: ``== != < <= > >=``, ``in``, ``is``, ``not``, as Python sees them.

Takes evaluated operands; gives the result. Values of other types are unequal, tuples compare item by item, objects by
their methods; on constants the answer is computed.
"""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tsx.capture.script import item_methods, prelude, sizes
from tsx.capture.script.classes import live_class
from tsx.capture.script.operators import (
    NUMBERS,
    apply,
    fold,
    has_magic,
    is_sequence,
    is_tensor,
    is_tuple,
    overload_for,
    unmixed,
    words_of,
)
from tsx.capture.script.values import (
    NOT_IMPLEMENTED,
    NOT_STATIC,
    Code,
    Constant,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
)
from tsx.capture.script.worlds import world_for
from tsx.ir import types as ty
from tsx.ir.match import agrees

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_COMPARISONS: dict[type[ast.cmpop], tuple[str, str, str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("==", "eq", "eq", operator.eq),
    ast.NotEq: ("!=", "ne", "ne", operator.ne),
    ast.Lt: ("<", "lt", "gt", operator.lt),
    ast.LtE: ("<=", "le", "ge", operator.le),
    ast.Gt: (">", "gt", "lt", operator.gt),
    ast.GtE: (">=", "ge", "le", operator.ge),
}


def negated(ctx: Context, a: Sugar, at: Place) -> Sugar:
    """``not a``."""
    truth = a.truth(ctx, at)
    known = truth.static()
    if known is not NOT_STATIC:
        return Constant(not known)
    return ctx.emit("aten::__not__", [truth.as_value(ctx, at)], ty.BOOL, at)


# -- comparisons --------------------------------------------------------------------------------------------------


def compare(ctx: Context, op: ast.cmpop, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a op b`` for one operator."""
    match op:
        case ast.Is():
            return identical(ctx, a, b, at)
        case ast.IsNot():
            return negated(ctx, identical(ctx, a, b, at), at)
        case ast.In():
            return contains(ctx, b, a, at)
        case ast.NotIn():
            return negated(ctx, contains(ctx, b, a, at), at)
    symbol, name, swapped, python = _COMPARISONS[op.__class__]
    if a.type != b.type or name not in ("eq", "ne"):
        a, b = unmixed(ctx, a, at), unmixed(ctx, b, at)
    if _both_codes(a, b) and name in ("eq", "ne"):
        return Constant(python(a.static(), b.static()))
    folded = fold(python, a, b)
    if folded is not None:
        return folded
    magics = [m for m in ("__eq__", "__ne__") if any(has_magic(ctx, v, m) for v in (a, b))]
    if name == "ne" and magics == ["__eq__"]:
        return negated(ctx, compare(ctx, ast.Eq(), a, b, at), at)
    if name == "eq" and magics:
        return equal(ctx, a, b, at)
    for value, other, magic in ((a, b, name), (b, a, swapped)):
        if has_magic(ctx, value, f"__{magic}__"):
            answer = value.attribute(ctx, at, f"__{magic}__").call(ctx, at, [other], {})
            if answer is not NOT_IMPLEMENTED:
                return answer
    world = world_for(ctx, at, a, b) if is_tensor(a) or is_tensor(b) else None
    if world is not None and ty.NONE not in (a.type, b.type):
        return world.compare(ctx, at, name, a, b)
    if is_tensor(a) and not is_sequence(b) and b.type != ty.NONE and not _is_optional(b):
        return ctx.op(f"aten::{name}", at, [a, b], called=symbol)
    if is_tensor(b) and not is_sequence(a) and a.type != ty.NONE and not _is_optional(a):
        return ctx.op(f"aten::{swapped}", at, [b, a], called=symbol)
    is_plain = not item_methods.needs_methods(ctx, a.type, b.type)
    if name == "ne" and is_plain and overload_for(["aten::ne"], [a, b]):
        return apply(ctx, symbol, name, [a, b], at)
    if name in ("eq", "ne"):
        found = equal(ctx, a, b, at)
        return found if name == "eq" else negated(ctx, found, at)
    pair = sizes.lists(ctx, a, b, at)
    if pair is not None:
        a, b = pair
    if is_tuple(a) and is_tuple(b):
        return _ordered_tuples(ctx, op, a, b, at)
    if item_methods.has_own_order(ctx, a.type) and isinstance(a.type, ty.ListType):
        return item_methods.compared_lists(ctx, name, a, b, at)
    if isinstance(a.type, ty.DictType):
        b = item_methods.as_keys_of(ctx, at, a, b)
    if not _ordered(a.type, b.type):
        raise ctx.problem("TSX3116", at, op=symbol, first=words_of(a), second=words_of(b))
    if isinstance(a.type, ty.ClassType) and isinstance(b.type, ty.ClassType):
        kinds = " and ".join(f"'{v.name.rpartition('.')[2]}'" for v in (a.type, b.type))
        message = Constant(f"'{symbol}' not supported between instances of {kinds}")
        ctx.raise_exception("TypeError", message, at)
        return ctx.any_bool(at)
    return apply(ctx, symbol, name, [a, b], at)


def _both_codes(a: Sugar, b: Sugar) -> bool:
    return isinstance(a.static(), Code) and isinstance(b.static(), Code)


def _is_optional(value: Sugar) -> bool:
    return isinstance(value.type, ty.OptionalType)


def equal(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a == b`` as Python sees it: of other types it is False, of tuples item by item."""
    folded = fold(operator.eq, a, b)
    if folded is not None:
        return folded
    if has_magic(ctx, a, "__eq__") or has_magic(ctx, b, "__eq__"):
        return _by_method(ctx, a, b, at)
    if a.type == ty.NONE or b.type == ty.NONE:
        return is_none(ctx, b if a.type == ty.NONE else a, at)
    if is_tensor(a) or is_tensor(b):
        return compare(ctx, ast.Eq(), a, b, at)
    of_sizes = sizes.equal(ctx, a, b, at)
    if of_sizes is not None:
        return of_sizes
    if is_tuple(a) and is_tuple(b):
        first, second = ctx.parts(a, at) or [], ctx.parts(b, at) or []
        if len(first) != len(second):
            return Constant(False)
        pairs = zip(first, second, strict=True)
        return ctx.all_true([_later(item_methods.same_item, ctx, x, y, at) for x, y in pairs], at)
    if _is_optional(a) or _is_optional(b):
        return _equal_optional(ctx, a, b, at)
    if a.type is None or b.type is None:
        return Constant(_is_one(a, b))
    if a.type != b.type:
        a, b = unmixed(ctx, a, at), unmixed(ctx, b, at)
    mine, theirs = a.type, b.type
    if mine is None or theirs is None or not _comparable(mine, theirs):
        return Constant(False)
    if item_methods.needs_methods(ctx, a.type, b.type):
        return _item_by_item(ctx, a, b, at)
    if isinstance(a, ListLiteral) and ctx.can_be(a, theirs, at):
        a = Ssa(ctx.convert(a, theirs, at, "the operand"))
    if isinstance(b, ListLiteral) and ctx.can_be(b, mine, at):
        b = Ssa(ctx.convert(b, mine, at, "the operand"))
    return apply(ctx, "==", "eq", [a, b], at)


def _by_method(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a == b`` where one has an ``__eq__`` of its own; an optional other is None or what it holds."""
    for value, other in ((a, b), (b, a)):
        if not has_magic(ctx, value, "__eq__"):
            continue
        if _is_optional(other):
            none = is_none(ctx, other, at).as_value(ctx, at)
            return ctx.choose(
                none,
                functools.partial(equal, ctx, value, Constant(None), at),
                lambda: equal(ctx, _held(ctx, a, at), _held(ctx, b, at), at),
                at,
            )
        found = value.attribute(ctx, at, "__eq__").call(ctx, at, [other], {})
        if found is not NOT_IMPLEMENTED:
            return found
    return identical(ctx, a, b, at)


def _item_by_item(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a == b`` of containers whose items are equal by their methods."""
    if isinstance(a.type, ty.ListType) and isinstance(b.type, ty.ListType):
        return item_methods.call(ctx, at, prelude.same_lists, a, b)
    if isinstance(a.type, ty.DictType) and isinstance(b.type, ty.DictType):
        return item_methods.same_tables(ctx, at, a, b)
    raise ctx.problem("TSX3119", at, first=words_of(a), second=words_of(b))


def _later(
    function: Callable[[Context, Sugar, Sugar, Place], Sugar],
    ctx: Context,
    a: Sugar,
    b: Sugar,
    at: Place,
) -> Callable[[], Sugar]:
    return lambda: function(ctx, a, b, at)


def _comparable(a: ty.Type, b: ty.Type) -> bool:
    """Whether values of the two types can be equal at all."""
    if a in NUMBERS and b in NUMBERS:
        return True
    if isinstance(a, ty.AtomType) or isinstance(b, ty.AtomType):
        return a == b or ty.ANY in (a, b)
    return a.__class__ is b.__class__


def _ordered(a: ty.Type | None, b: ty.Type | None) -> bool:
    """Whether Python has an order between values of two types: numbers, strings, lists, and sets within sets."""
    if a is None or b is None:
        return False
    if a in NUMBERS and b in NUMBERS:
        return ty.COMPLEX not in (a, b)
    if isinstance(a, ty.ListType) and isinstance(b, ty.ListType):
        return a.element == b.element or _ordered(a.element, b.element)
    if isinstance(a, ty.DictType) and isinstance(b, ty.DictType):
        return a.value == b.value == ty.NONE
    return a == b and (a == ty.STR or not isinstance(a, (ty.AtomType, ty.OptionalType)))


def _held(ctx: Context, value: Sugar, at: Place) -> Sugar:
    """An optional value that is not None here."""
    return ctx.without_none(value, at) if _is_optional(value) else value


def _equal_optional(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """Both None, or both not and equal. What has an ``__eq__`` of its own is asked about None, too."""
    for optional, other in ((a, b), (b, a)):
        if _is_optional(optional) and item_methods.has_own_equality(ctx, optional.type):
            none = is_none(ctx, optional, at).as_value(ctx, at)
            first = _held(ctx, optional, at)
            return ctx.choose(
                none,
                functools.partial(equal, ctx, Constant(None), other, at),
                functools.partial(equal, ctx, first, other, at),
                at,
            )
    none_a, none_b = is_none(ctx, a, at), is_none(ctx, b, at)
    either = ctx.any_true([lambda: none_a, lambda: none_b], at)

    def both() -> Sugar:
        return ctx.all_true([lambda: none_a, lambda: none_b], at)

    def values() -> Sugar:
        return equal(ctx, ctx.without_none(a, at), ctx.without_none(b, at), at)

    return ctx.choose(either.as_value(ctx, at), both, values, at)


def _ordered_tuples(ctx: Context, op: ast.cmpop, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``(a, b) < (c, d)``: the first items that differ decide."""
    first, second = ctx.parts(a, at) or [], ctx.parts(b, at) or []
    if not first or not second:
        return compare(ctx, op, Constant(len(first)), Constant(len(second)), at)
    same = equal(ctx, first[0], second[0], at)

    def rest() -> Sugar:
        return compare(ctx, op, TupleSugar(first[1:]), TupleSugar(second[1:]), at)

    def here() -> Sugar:
        strict: ast.cmpop = ast.Lt() if isinstance(op, (ast.Lt, ast.LtE)) else ast.Gt()
        return compare(ctx, strict, first[0], second[0], at)

    if same.static() is not NOT_STATIC:
        return rest() if same.static() else here()
    return ctx.choose(same.as_value(ctx, at), rest, here, at)


def _is_one(a: Sugar, b: Sugar) -> bool:
    """Whether two things that only compilation knows are one: classes are by the live class."""
    cls = live_class(a)
    if cls is not None and cls is live_class(b):
        return True
    return a is b or (a.__class__ is b.__class__ and a == b)


def is_none(ctx: Context, a: Sugar, at: Place) -> Sugar:
    """``a is None``; a ``Constant`` when its type decides it."""
    type = a.type
    if type == ty.NONE:
        return Constant(True)
    if type is None or not ty.is_subtype(ty.NONE, type):
        return Constant(False)
    none = ctx.constant(None, at)
    return ctx.emit("aten::__is__", [a.as_value(ctx, at), none], ty.BOOL, at)


def identical(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a is b``."""
    if a.type == ty.NONE or b.type == ty.NONE:
        return is_none(ctx, b if a.type == ty.NONE else a, at)
    if isinstance(a, Constant) and isinstance(b, Constant):
        same = type(a.value) is type(b.value) and a.value == b.value
        return Constant(same)
    if a.type is None or b.type is None:
        return Constant(_is_one(a, b))
    if isinstance(a.type, ty.AtomType) and a.type == b.type:
        return apply(ctx, "is", "eq", [a, b], at)
    if isinstance(a.type, ty.EnumType) and a.type == b.type:
        return apply(ctx, "is", "eq", [a, b], at)
    if not agrees(a.type, b.type):
        return Constant(False)
    values = [a.as_value(ctx, at), b.as_value(ctx, at)]
    return ctx.emit("aten::__is__", values, ty.BOOL, at)


def _by_items(ctx: Context, element: ty.Type, item: ty.Type | None) -> bool:
    """Whether ``in`` a list asks its items."""
    return item is not None and item_methods.needs_methods(ctx, element, item)


def contains(ctx: Context, container: Sugar, item: Sugar, at: Place) -> Sugar:
    """``item in container``."""
    folded = fold(lambda c, i: i in c, container, item)
    if folded is not None:
        return folded
    if has_magic(ctx, container, "__contains__"):
        return container.attribute(ctx, at, "__contains__").call(ctx, at, [item], {}).truth(ctx, at)
    if is_tuple(container) or (isinstance(container, ListLiteral) and container.value is None):
        parts = ctx.parts(container, at) or []
        return ctx.any_true([_later(item_methods.same_item, ctx, p, item, at) for p in parts], at)
    if is_tensor(container):
        equals = compare(ctx, ast.Eq(), container, item, at)
        return ctx.op("aten::any", at, [equals], called="in").truth(ctx, at)
    handler = getattr(container, "contains", None)
    if handler is not None:
        found: Sugar = handler(ctx, at, item)
        return found
    if isinstance(container.type, (ty.ListType, ty.DictType)):
        element = container.type.children()[0]
        if isinstance(container.type, ty.DictType):
            sizes.require_length(ctx, item, at)
        any_length = sizes.is_size(item) and isinstance(element, ty.TupleType)
        asks = any_length or _by_items(ctx, element, item.type)
        if isinstance(container.type, ty.ListType) and asks:
            return item_methods.call(ctx, at, prelude.contains, container, item)
        if not ctx.is_open(element):
            item = item if item.type == element else unmixed(ctx, item, at)
            if item.type is not None and not _comparable(item.type, element):
                return Constant(False)
            if isinstance(container.type, ty.DictType) and item.type != element:
                item = Ssa(ctx.convert(item, element, at, "the key"))
            if isinstance(container.type, ty.DictType):
                item = item_methods.known_key(ctx, at, container, item)
    return apply(ctx, "in", "__contains__", [container, item], at)
