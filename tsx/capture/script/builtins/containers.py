"""``len``, ``list``, ``tuple``, ``dict``, ``set`` and ``frozenset`` as functions."""

from __future__ import annotations

import collections
import typing
from typing import TYPE_CHECKING

from tsx.capture.script import open_types
from tsx.capture.script.builtins.common import is_set, list_of
from tsx.capture.script.builtins.dicts import TableMeaning, dict_of_pairs
from tsx.capture.script.builtins.iteration import Range
from tsx.capture.script.sets import SetLiteral, set_of
from tsx.capture.script.sizes import as_tuple, is_size
from tsx.capture.script.values import Constant, ListLiteral, Sugar, TupleSugar, builtin
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


@builtin(len)
def _len(ctx: Context, at: Place, obj: Sugar, /) -> Sugar:
    return obj.length(ctx, at)


@builtin(list)
def _list(ctx: Context, at: Place, iterable: Sugar | None = None, /) -> Sugar:
    if iterable is None:
        return ListLiteral([])
    if isinstance(iterable.type, ty.ListType):
        return ctx.op("aten::list.t", at, [iterable], called="list")
    if (
        isinstance(iterable, Range)
        or isinstance(iterable.type, ty.DictType)
        or iterable.type == ty.STR
    ):
        return list_of(ctx, at, iterable)
    items = iterable.iterate(ctx, at).items
    return list_of(ctx, at, iterable) if items is None else ListLiteral(list(items))


@builtin(tuple)
def _tuple(ctx: Context, at: Place, iterable: Sugar | None = None, /) -> Sugar:
    if iterable is None:
        return TupleSugar([])
    items = ctx.parts(iterable, at)
    if items is None and not isinstance(iterable.type, ty.ListType):
        items = iterable.iterate(ctx, at).items
    if items is None and is_size(iterable):
        return as_tuple(iterable)
    if items is None:
        return as_tuple(ctx.op("aten::list.t", at, [list_of(ctx, at, iterable)], called="tuple"))
    return TupleSugar([ctx.settled(item, at) for item in items])


@builtin(dict, collections.OrderedDict, typing.OrderedDict)
def _dict(ctx: Context, at: Place, iterable: Sugar | None = None, /, **kwargs: Sugar) -> Sugar:
    if iterable is None:
        type = ty.DictType(open_types.Open(ty.STR), open_types.Open(ty.TENSOR))
        made: Sugar = ctx.emit("prim::DictConstruct", (), type, at)
    elif isinstance(iterable.type, ty.DictType) and not is_set(iterable.type):
        made = ctx.op(("aten::copy", "tsx::copy.Dict"), at, [iterable], called="dict")
    else:
        made = dict_of_pairs(ctx, at, iterable)
    for name, item in kwargs.items():
        TableMeaning().set_subscript(ctx, at, made, Constant(name), item)
    return made


@builtin(set, frozenset)
def _set(ctx: Context, at: Place, iterable: Sugar | None = None, /) -> Sugar:
    return SetLiteral([]) if iterable is None else set_of(ctx, iterable, at)
