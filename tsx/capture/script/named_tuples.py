"""NamedTuples, of ``typing`` and of ``collections``: tuples whose items have names.

A NamedTuple is a tuple type with a name and fields. Fields without an annotation hold what they are first given at
compile time of the constructor call; TorchScript's Tensor where nothing says.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tsx.capture.script.annotations import BadAnnotation
from tsx.capture.script.classes import (
    MAKERS,
    Classes,
    class_member,
    classes_of,
    is_named_tuple,
    member,
    own_annotations,
)
from tsx.capture.script.sequences import dict_literal, unpack
from tsx.capture.script.values import Constant, Handler, Ssa, Sugar, TupleSugar
from tsx.ir import types as ty
from tsx.ir.module import ClassDef

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


def _enter(classes: Classes, cls: Any) -> ty.Type:
    name = classes.unique(cls)
    declared = own_annotations(cls)
    reader = classes.reader(cls)
    elements: list[ty.Type] = []
    for field in cls._fields:
        try:
            found = reader.read(declared[field]) if field in declared else None
        except BadAnnotation as bad:
            bad.node = None
            raise
        elements.append(ty.TENSOR if found is None else found)
    classes.define(ClassDef(name, dict(zip(cls._fields, elements, strict=True)), kind="namedtuple"))
    return classes.enter(cls, ty.TupleType(tuple(elements), name, tuple(cls._fields)), name)


MAKERS.append((is_named_tuple, _enter))


@dataclass(eq=False, slots=True)
class NamedTupleClass(Sugar):
    """The class: calling it makes a tuple."""

    cls: Any
    declared: ty.TupleType

    def describe(self) -> str:
        return f"the class {self.cls.__name__}"

    def python_type(self) -> Any:
        return self.cls

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        fields = self.declared.fields
        given = dict(zip(fields, args, strict=False))
        wrong = [name for name in kwargs if name in given or name not in fields]
        if len(args) > len(fields) or wrong:
            what = f"it has no field {wrong[0]} left" if wrong else f"it has {len(fields)} fields"
            raise ctx.problem("TSX3020", at, function=self.cls.__name__, reason=what)
        given |= kwargs
        for name, default in self.cls._field_defaults.items():
            if name not in given:
                given[name] = ctx.resolve(default, at, name)
        missing = [name for name in fields if name not in given]
        if missing:
            reason = f"missing a required argument: '{missing[0]}'"
            raise ctx.problem("TSX3020", at, function=self.cls.__name__, reason=reason)
        return self.made(ctx, at, [given[name] for name in fields])

    def made(self, ctx: Context, at: Place, items: Sequence[Sugar]) -> TupleSugar:
        """The tuple of ``items``, each as its field declares it."""
        names, types = self.declared.fields, self.declared.elements
        converted: list[Sugar] = []
        for name, type, item in zip(names, types, items, strict=True):
            what = f"the field {name} of {self.cls.__name__}"
            converted.append(ctx.converted(item, type, at, what))
        return TupleSugar(converted, self.declared)

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if name == "_fields":
            return TupleSugar([Constant(field) for field in self.declared.fields])
        if name == "_make":
            return Handler("_make", self._make)
        return class_member(ctx, at, self, self.cls, name)

    def _make(self, ctx: Context, at: Place, items: Sugar) -> Sugar:
        parts = unpack(ctx, items, at, len(self.declared.fields), starred=False)
        return self.made(ctx, at, parts)


def field_of(ctx: Context, at: Place, value: Sugar, name: str) -> Sugar | None:
    """``value.name`` of a NamedTuple: a field, ``_replace``, ``_asdict``, ``_fields``, a method; None for others."""
    type = value.type
    if not isinstance(type, ty.TupleType) or not type.name:
        return None
    if name in type.fields:
        if isinstance(value, TupleSugar):
            return value.items[type.fields.index(name)]
        index = type.fields.index(name)
        node = ctx.node(
            "prim::TupleIndex",
            [value.as_value(ctx, at)],
            [type.elements[index]],
            at,
            {"index": index},
        )
        return Ssa(node.output)
    cls: Any = classes_of(ctx).python(type)
    handler = {"_replace": _replace, "_asdict": _asdict}.get(name)
    if handler is not None:
        return Handler(name, handler, (value,))
    if cls is None or not hasattr(cls, name) or hasattr(builtins.tuple, name):
        return None
    if name == "_fields":
        return NamedTupleClass(cls, type).attribute(ctx, at, name)
    return member(ctx, at, cls, value, name)


def _replace(ctx: Context, at: Place, self: Sugar, **changes: Sugar) -> Sugar:
    type = self.type
    assert isinstance(type, ty.TupleType)
    for name in changes:
        if name not in type.fields:
            raise ctx.problem(
                "TSX3020", at, function="_replace", reason=f"there is no field {name}"
            )
    items = ctx.parts(self, at) or []
    given = {**dict(zip(type.fields, items, strict=True)), **changes}
    cls = classes_of(ctx).python(type)
    return NamedTupleClass(cls, type).made(ctx, at, list(given.values()))


def _asdict(ctx: Context, at: Place, self: Sugar) -> Sugar:
    type = self.type
    assert isinstance(type, ty.TupleType)
    items = ctx.parts(self, at) or []
    pairs: list[tuple[Sugar, Sugar]] = [
        (Constant(name), item) for name, item in zip(type.fields, items, strict=True)
    ]
    return dict_literal(ctx, pairs, at)
