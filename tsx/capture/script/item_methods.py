"""Containers of items that only their class knows to compare: objects, and members of IntEnums.

Takes the operands of an operation on a container; says whether an operator would compare the items as Python does, and
compiles the operation from ``prelude`` where it would not. A dict or set keeps its keys by identity then: each key that
comes in is first looked for among those that are there, so that equal objects are one key.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tsx.capture.script import prelude, sizes
from tsx.capture.script.classes import classes_of, defines
from tsx.capture.script.values import Constant, Sugar
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_ORDERS = {
    "lt": prelude.less,
    "le": prelude.less_equal,
    "gt": prelude.greater,
    "ge": prelude.greater_equal,
}
_PLACES = {"max": prelude.place_of_max, "min": prelude.place_of_min}


def call(ctx: Context, at: Place, function: Callable[..., Any], *args: Sugar) -> Sugar:
    """A function of the prelude, called. Its annotations hold, unlike those of a library's layers."""
    ctx.program.source(function).is_loose = False
    values = [ctx.settled(value, at) for value in args]
    return ctx.resolve(function, at, function.__name__).call(ctx, at, values, {})


# -- what operators can't compare ---------------------------------------------------------------------------------


def has_own_equality(ctx: Context, type: ty.Type | None) -> bool:
    """Whether a method of a class says which values of a type are equal."""
    if type is None:
        return False
    if isinstance(type, ty.InterfaceType):
        return True
    if isinstance(type, (ty.ClassType, ty.EnumType)):
        return defines_equality(classes_of(ctx).python(type))
    return any(has_own_equality(ctx, child) for child in type.children())


def defines_equality(cls: type | None) -> bool:
    """Whether ``==`` of a class is a method of the user's."""
    return defines(cls, "__eq__")


def needs_methods(ctx: Context, a: ty.Type | None, b: ty.Type | None) -> bool:
    """Whether values of two types are equal by methods, or by what a member of an IntEnum or StrEnum is beside it."""
    if has_own_equality(ctx, a) or has_own_equality(ctx, b):
        return True
    return a != b and (_has_number(ctx, a) or _has_number(ctx, b))


def _has_number(ctx: Context, type: ty.Type | None) -> bool:
    """Whether a type holds members that are ints or strings as well."""
    from tsx.capture.script.enums import mixed_in  # which is written against this

    if type is None:
        return False
    if isinstance(type, ty.EnumType):
        return mixed_in(classes_of(ctx).python(type)) is not None
    return any(_has_number(ctx, child) for child in type.children())


def has_own_order(ctx: Context, type: ty.Type | None) -> bool:
    """Whether the order of values of a type is not an operator's: objects and members of enums are in them."""
    if type is None:
        return False
    if isinstance(type, (ty.ClassType, ty.InterfaceType, ty.EnumType)):
        return True
    return any(has_own_order(ctx, child) for child in type.children())


# -- lists --------------------------------------------------------------------------------------------------------


def same_item(ctx: Context, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """Whether two items of containers are equal: the same object, or ``==``."""
    from tsx.capture.script import comparisons  # which is written against this

    def equal() -> Sugar:
        return comparisons.equal(ctx, a, b, at)

    if not has_own_equality(ctx, a.type) or not has_own_equality(ctx, b.type):
        return equal()
    return ctx.any_true([lambda: comparisons.identical(ctx, a, b, at), equal], at)


def element_of(value: Sugar) -> ty.Type | None:
    return value.type.element if isinstance(value.type, ty.ListType) else None


def compared_lists(ctx: Context, name: str, a: Sugar, b: Sugar, at: Place) -> Sugar:
    """``a < b`` and its like, of lists."""
    return call(ctx, at, _ORDERS[name], a, b)


def place_of(
    ctx: Context,
    at: Place,
    values: Sugar,
    item: Sugar,
    bounds: tuple[Sugar, Sugar],
    words: Callable[[], Sugar],
) -> Sugar:
    """``values.index(item, …)``: ValueError with ``words`` where it is not there."""
    place = call(ctx, at, prelude.place_of, values, item, *bounds)
    missing = ctx.op("aten::lt.int", at, [place, Constant(0)])
    _stop_if(ctx, at, missing, words)
    return place


def _stop_if(ctx: Context, at: Place, condition: Sugar, words: Callable[[], Sugar]) -> None:
    """ValueError where a condition holds."""
    node = ctx.node("prim::If", [condition.as_value(ctx, at)], (), at)
    ctx.inside(node.add_block(), lambda: ctx.raise_exception("ValueError", words(), at))
    node.add_block()


def require_order(ctx: Context, type: ty.Type | None, at: Place) -> None:
    """A problem where objects are to be ordered whose class has no order."""
    if isinstance(type, ty.ClassType):
        cls = classes_of(ctx).python(type)
        if not defines(cls, "__lt__") and not defines(cls, "__gt__"):
            name = cls.__name__ if cls is not None else str(type)
            raise ctx.problem("TSX3116", at, op="<", first=name, second=name)
    for child in type.children() if type is not None else ():
        require_order(ctx, child, at)


def order_of(ctx: Context, at: Place, keys: Sugar, reverse: Sugar) -> Sugar:
    """The places of ``keys`` in their order, a list of ints."""
    require_order(ctx, element_of(keys), at)
    return call(ctx, at, prelude.order, keys, reverse)


def place_of_best(ctx: Context, at: Place, name: str, keys: Sugar) -> Sugar:
    """Where the ``max`` or ``min`` of ``keys`` stands; ValueError where there is none."""
    require_order(ctx, element_of(keys), at)
    empty = ctx.op("aten::eq.int", at, [keys.length(ctx, at), Constant(0)])
    _stop_if(ctx, at, empty, lambda: Constant(f"{name}() arg is an empty sequence"))
    return call(ctx, at, _PLACES[name], keys)


# -- keys ---------------------------------------------------------------------------------------------------------


def known_key(ctx: Context, at: Place, table: Sugar, key: Sugar) -> Sugar:
    """``key`` as a table holds it: the object among its keys that is equal, where a method says so."""
    require_hash(ctx, key.type, at)
    sizes.require_length(ctx, key, at)
    if not has_own_equality(ctx, key.type):
        return key
    keys = ctx.op(("aten::keys", "tsx::keys"), at, [table])
    return call(ctx, at, prelude.same_key, keys, key)


def require_hash(ctx: Context, type: ty.Type | None, at: Place) -> None:
    """A problem where a key can't be one in Python either: its class has ``__eq__`` and no ``__hash__``."""
    if isinstance(type, ty.ClassType):
        cls = classes_of(ctx).python(type)
        if cls is not None and cls.__hash__ is None:
            raise ctx.problem("TSX3118", at, cls=cls.__name__)
    if isinstance(type, (ty.TupleType, ty.OptionalType)):
        for child in type.children():
            require_hash(ctx, child, at)


def require_key(ctx: Context, at: Place, table: Sugar, key: Sugar) -> None:
    """KeyError with the text of a key that is not there, where an operator would not print it as Python does."""
    from tsx.capture.script import comparisons  # which is written against this
    from tsx.capture.script.builtins.shown import is_unusual  # likewise

    if key.type is None or not is_unusual(key.type):
        return
    there = comparisons.contains(ctx, table, key, at)
    node = ctx.node("prim::If", [there.as_value(ctx, at)], (), at)
    node.add_block()
    text = functools.partial(shown_in_error, ctx, at, key)
    ctx.inside(node.add_block(), lambda: ctx.raise_exception("KeyError", text(), at))


def shown_in_error(ctx: Context, at: Place, value: Sugar) -> Sugar:
    """The ``repr`` of a value; of an object whose class has none, what Python prints but for the address."""
    from tsx.capture.script.builtins.shown import text_of  # which is written against this

    cls = classes_of(ctx).python(value.type)
    if isinstance(value.type, ty.ClassType) and cls is not None and not defines(cls, "__repr__"):
        return Constant(f"<{cls.__module__}.{cls.__qualname__} object>")
    return text_of(ctx, at, value, "repr")


def as_keys_of(ctx: Context, at: Place, table: Sugar, values: Sugar) -> Sugar:
    """The set ``values`` with the objects that ``table`` holds for those that are equal."""
    from tsx.capture.script.builtins.common import each  # which is written against this

    if not isinstance(values.type, ty.DictType) or not has_own_equality(ctx, values.type.key):
        return values
    made = ctx.emit("prim::DictConstruct", (), values.type, at)

    def add(key: Sugar) -> None:
        ctx.op("tsx::add.set", at, [made, known_key(ctx, at, table, key)])

    each(ctx, at, values.iterate(ctx, at), add)
    return made


def same_tables(ctx: Context, at: Place, a: Sugar, b: Sugar) -> Sugar:
    """``a == b`` of dicts or of sets."""
    from tsx.capture.script.builtins.common import is_set  # which is written against this

    if is_set(a.type) != is_set(b.type):
        return Constant(False)
    function = prelude.same_sets if is_set(a.type) else prelude.same_dicts
    return call(ctx, at, function, a, b)
