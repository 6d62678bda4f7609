"""Users' classes in scripts: construction, attributes, methods, properties, magic methods, inheritance.

An instance is an object of a class type. Its attributes are those that ``__init__`` assigns when it is compiled, each
with the type of that value (or of its annotation); a class whose ``__init__`` is not annotated is one class type for
each way that it is called. Methods are functions of the function table that take the object first; which one a name
means is Python's own look-up on the class, so inheritance costs nothing.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tsx.capture.script import worlds
from tsx.capture.script.annotations import MISSING, BadAnnotation, is_module_class
from tsx.capture.script.classes import (
    MAKERS,
    Classes,
    class_member,
    classes_of,
    defines,
    member,
    own_annotations,
)
from tsx.capture.script.dataclass_source import initial_values, is_initializer, prepare
from tsx.capture.script.values import Constant, Iteration, Meaning, Ssa, Sugar, builtin, meaning
from tsx.ir import types as ty
from tsx.ir.graph import Value
from tsx.ir.module import ClassDef

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


@dataclass(eq=False, slots=True)
class Record:
    """A class in one typing of its attributes. ``is_open`` while ``__init__`` may still add some."""

    cls: Any
    definition: ClassDef
    is_open: bool = True
    declared: dict[str, ty.Type] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)  # of arrays in attributes

    @property
    def type(self) -> ty.ClassType:
        return ty.ClassType(self.definition.name)


def is_user_class(cls: type) -> bool:
    """Whether instances of ``cls`` can be objects of a program: a Python class of the user's own."""
    return (
        cls.__flags__ & _HEAP_TYPE != 0
        and all(base is object or _is_python(base) for base in cls.__mro__)
        and not issubclass(cls, BaseException)
        and not is_module_class(cls)
    )


_HEAP_TYPE = 1 << 9


def _is_python(cls: type) -> bool:
    return cls.__module__ in ("typing", "abc") or cls.__flags__ & _HEAP_TYPE != 0


def _enter(classes: Classes, cls: Any) -> ty.Type:
    """The type that an annotation with the class's name means: attributes by annotations, Tensor for the rest."""
    record = _new_record(classes, cls)
    classes.enter(cls, record.type, record.definition.name)
    _read_annotations(classes, record)
    return record.type


MAKERS.append((is_user_class, _enter))


def _new_record(classes: Classes, cls: Any) -> Record:
    prepare(classes.program, cls)
    name = classes.unique(cls)
    record = Record(cls, ClassDef(name, kind="class"))
    classes.define(record.definition)
    classes.records[name] = record
    return record


def _read_annotations(classes: Classes, record: Record) -> None:
    """The types that the body of a class declares, its own among them: so the class is known before."""
    reader = classes.reader(record.cls)
    for attribute, annotation in own_annotations(record.cls).items():
        try:
            found = reader.read(annotation)
        except BadAnnotation:
            continue  # it may be a constant of the class, or never used; its use says what is wrong
        if found is not None:
            record.declared[attribute] = found


def record_of(ctx: Context, type: ty.Type | None) -> Record:
    """The class that a class type stands for."""
    found: Record = classes_of(ctx).records[getattr(type, "name", "")]
    return found


@dataclass(eq=False, slots=True)
class UserClass(Sugar):
    """The class itself: calling it makes an object."""

    cls: Any

    def describe(self) -> str:
        return f"the class {self.cls.__name__}"

    def python_type(self) -> Any:
        return self.cls

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        return class_member(ctx, at, self, self.cls, name)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return hasattr(self.cls, name)

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        if inspect.isabstract(self.cls):
            raise ctx.problem("TSX3222", at, cls=self.cls.__name__)
        if isinstance(inspect.getattr_static(self.cls, "__new__"), staticmethod):
            name = f"{self.cls.__module__}.{self.cls.__qualname__}"
            raise ctx.unknown_object(at, self.cls, name, "class with a __new__ of its own")
        classes = classes_of(ctx)
        given = initial_values(ctx, at, self.cls, args, kwargs)
        record = self._record(classes, ctx, at, args, given)
        made = ctx.emit("prim::CreateObject", (), record.type, at)
        init = self.cls.__init__
        if init is object.__init__:
            if args or kwargs:
                raise ctx.problem(
                    "TSX3020", at, function=self.cls.__name__, reason="it takes no arguments"
                )
            record.is_open = False
            return made
        ctx.resolve(init, at, "__init__").call(ctx, at, [made, *args], given)
        record.is_open = False
        return made

    def _record(
        self,
        classes: Classes,
        ctx: Context,
        at: Place,
        args: Sequence[Sugar],
        kwargs: Mapping[str, Sugar],
    ) -> Record:
        """The typing of the class that this call means: by the arguments that no annotation types."""
        free = _free_types(ctx, at, self.cls, args, kwargs)
        if not free:
            type = classes.class_type(self.cls)
            return record_of(ctx, type)
        known = classes.typings.setdefault(self.cls, {})
        if free not in known:
            first = not known
            record = _new_record(classes, self.cls)
            known[free] = record
            if first:
                classes.enter(self.cls, record.type, record.definition.name)
            else:
                classes.pythons[record.definition.name] = self.cls
            _read_annotations(classes, record)
        found: Record = known[free]
        return found


def _free_types(
    ctx: Context, at: Place, cls: Any, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
) -> tuple[tuple[str, ty.Type | None], ...]:
    """The types of the arguments that ``__init__`` does not annotate, by parameter."""
    try:
        signature = inspect.signature(cls.__init__)
        bound = signature.bind(None, *args, **kwargs)
    except (TypeError, ValueError):
        return ()
    found: list[tuple[str, ty.Type | None]] = []
    for name, given in list(bound.arguments.items())[1:]:
        parameter = signature.parameters[name]
        if parameter.annotation is parameter.empty and isinstance(given, Sugar):
            type = given.type
            found.append((name, ty.erase_shapes(type) if type is not None else None))
    return tuple(found)


def _attribute_type(record: Record, name: str) -> ty.Type | None:
    """The type of an attribute. One that is read before any object has been made is as the class declares it."""
    attributes = record.definition.attributes
    is_known = name in attributes or not record.is_open
    if not is_known and name in record.declared and _is_assigned(record.cls, name):
        attributes[name] = record.declared[name]
    return attributes.get(name)


def _is_assigned(cls: Any, name: str) -> bool:
    """Whether what the class declares is of each object: a field of a dataclass, or what has no value in the class."""
    if dataclasses.is_dataclass(cls):
        return any(field.name == name for field in dataclasses.fields(cls))
    return inspect.getattr_static(cls, name, MISSING) is MISSING


@meaning(ty.ClassType)
class ObjectMeaning(Meaning):
    """An object: attributes by name, everything else by the methods of its class."""

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar:
        record = record_of(ctx, value.type)
        type = _attribute_type(record, name)
        if type is not None:
            made = ctx.emit("prim::GetAttr", [value.as_value(ctx, at)], type, at, {"name": name})
            if name in record.libraries:
                ctx.program.libraries[made.value] = record.libraries[name]
            return made
        if name == "__class__":
            return UserClass(record.cls)
        return member(ctx, at, record.cls, value, name)

    def has_attribute(self, ctx: Context, value: Sugar, name: str) -> bool:
        record = record_of(ctx, value.type)
        return _attribute_type(record, name) is not None or defines(record.cls, name)

    def declare_attribute(self, ctx: Context, value: Sugar, name: str, type: ty.Type) -> None:
        record = record_of(ctx, value.type)
        if record.is_open:
            record.declared.setdefault(name, type)

    def attribute_type(self, ctx: Context, value: Sugar, name: str) -> ty.Type | None:
        return record_of(ctx, value.type).definition.attributes.get(name)

    def set_attribute(self, ctx: Context, at: Place, value: Sugar, name: str, given: Sugar) -> None:
        record = record_of(ctx, value.type)
        found = inspect.getattr_static(record.cls, name, MISSING)
        if isinstance(found, property):
            if found.fset is None:
                raise ctx.problem("TSX3012", at, what=f"the property {name}", name=name)
            ctx.resolve(found.fset, at, name).call(ctx, at, [value, given], {})
            return
        if _is_frozen(record.cls) and not is_initializer(ctx.frame.source):
            raise ctx.problem("TSX3223", at, cls=record.cls.__name__, name=name)
        self.store(ctx, at, value, name, given)

    def store(self, ctx: Context, at: Place, value: Sugar, name: str, given: Sugar) -> None:
        """``object.__setattr__(value, name, given)``: what a frozen dataclass takes as well."""
        record = record_of(ctx, value.type)
        type = record.definition.attributes.get(name)
        if type is None:
            if not record.is_open:
                raise ctx.problem("TSX3224", at, cls=record.cls.__name__, name=name)
            type = record.declared.get(name) or _type_of_new(ctx, at, given)
            record.definition.attributes[name] = type
        what = f"the attribute {name} of {record.cls.__name__}"
        converted = ctx.convert(given, type, at, what)
        if worlds.holds_arrays(given.type):
            found_library = worlds.library(ctx, given, at)
            same = record.libraries.setdefault(name, found_library) == found_library
            record.libraries[name] = found_library if same else worlds.MIXED
        ctx.node("prim::SetAttr", [value.as_value(ctx, at), converted], (), at, {"name": name})

    def call(
        self,
        ctx: Context,
        at: Place,
        value: Sugar,
        args: Sequence[Sugar],
        kwargs: Mapping[str, Sugar],
    ) -> Sugar:
        return self._magic(ctx, at, value, "__call__", "TSX3013").call(ctx, at, args, kwargs)

    def _magic(self, ctx: Context, at: Place, value: Sugar, name: str, code: str) -> Sugar:
        if not defines(record_of(ctx, value.type).cls, name):
            raise ctx.problem(code, at, what=value.describe())
        return self.attribute(ctx, at, value, name)

    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        return self._magic(ctx, at, value, "__getitem__", "TSX3014").call(ctx, at, [index], {})

    def set_subscript(
        self, ctx: Context, at: Place, value: Sugar, index: Sugar, given: Sugar
    ) -> None:
        self._magic(ctx, at, value, "__setitem__", "TSX3015").call(ctx, at, [index, given], {})

    def delete_subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> None:
        self._magic(ctx, at, value, "__delitem__", "TSX3016").call(ctx, at, [index], {})

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        cls = record_of(ctx, value.type).cls
        if defines(cls, "__iter__"):
            made = self.attribute(ctx, at, value, "__iter__").call(ctx, at, [], {})
            return made.iterate(ctx, at)
        if defines(cls, "__len__") and defines(cls, "__getitem__"):
            return Iteration(
                length=lambda: self.length(ctx, at, value).as_value(ctx, at),
                item=lambda place: self.subscript(ctx, at, value, Ssa(place)),
            )
        raise ctx.problem("TSX3017", at, what=value.describe())

    def length(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return self._magic(ctx, at, value, "__len__", "TSX3018").call(ctx, at, [], {})

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        cls = record_of(ctx, value.type).cls
        if defines(cls, "__bool__"):
            return self.attribute(ctx, at, value, "__bool__").call(ctx, at, [], {})
        if defines(cls, "__len__"):
            return self.length(ctx, at, value).truth(ctx, at)
        return Constant(True)


@builtin(object.__setattr__)
def _set_attribute(ctx: Context, at: Place, obj: Sugar, name: Sugar, value: Sugar, /) -> None:
    known = name.static()
    if not isinstance(known, str):
        raise ctx.problem("TSX3111", at)
    if not isinstance(obj.type, ty.ClassType):
        raise ctx.problem("TSX3012", at, what=obj.describe(), name=known)
    ObjectMeaning().store(ctx, at, obj, known, ctx.settled(value, at))


def _is_frozen(cls: Any) -> bool:
    parameters = getattr(cls, "__dataclass_params__", None)
    return bool(parameters is not None and parameters.frozen)


def _type_of_new(ctx: Context, at: Place, given: Sugar) -> ty.Type:
    """The type of an attribute that is assigned for the first time."""
    value: Value = given.as_value(ctx, at)
    if ctx.is_open(value.type):
        ctx.close_defaults(value)
    return ty.erase_shapes(value.type)
