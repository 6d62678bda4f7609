"""Python classes of one compilation: their names, their types, and the definitions that the program carries.

Takes live classes; gives IR types (a NamedTuple is a tuple type, an enum an enum type, any other class a class type)
and the ``ClassDef`` entries that go with them. What instances can do is said by one module for each kind of class.
"""

from __future__ import annotations

import ast
import builtins
import difflib
import enum
import functools
import inspect
import sys
import types as python_types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tsx.capture.script.annotations import MISSING, BadAnnotation, Reader
from tsx.capture.script.values import NOT_STATIC, Constant, Handler, Sugar, TupleSugar, builtin
from tsx.ir import types as ty
from tsx.ir.module import ClassDef

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.program import Program
    from tsx.capture.script.source import Place

Maker = Callable[["Classes", type], ty.Type]
"""Gives the type of a class the first time that it is asked for."""


@dataclass(eq=False, slots=True)
class Classes:
    """The classes of one compilation, by Python class and by type."""

    program: Program
    records: dict[str, Any] = field(
        default_factory=dict
    )  # of users' classes, by name: ``user_classes.Record``
    typings: dict[type, dict[Any, Any]] = field(
        default_factory=dict
    )  # the same, by class and argument types
    pythons: dict[str, type] = field(default_factory=dict)
    _types: dict[type, ty.Type] = field(default_factory=dict)

    # -- what annotations ask (``annotations.Known``) -------------------------------------------------------------

    def annotated(self, annotation: object) -> ty.Type | None:
        """Libraries know their own types."""
        return None

    def class_type(self, cls: type) -> ty.Type | None:
        """The type of the instances of ``cls``; None for a class that no program can hold."""
        if cls not in self._types:
            maker = next((m for test, m in MAKERS if test(cls)), None)
            if maker is None:
                return None
            maker(self, cls)
        return self._types[cls]

    # -- the table ----------------------------------------------------------------------------------------------------

    def enter(self, cls: type, type: ty.Type, name: str) -> ty.Type:
        """Notes that instances of ``cls`` are of ``type``, which is called ``name``."""
        self._types[cls] = type
        self.pythons[name] = cls
        return type

    def python(self, type: ty.Type | None) -> type | None:
        """The class whose instances ``type`` is."""
        return self.pythons.get(getattr(type, "name", ""))

    def unique(self, cls: type) -> str:
        """A qualified name that no other class has."""
        return self.program.unique_name(
            f"{cls.__module__}.{cls.__qualname__}".replace("<locals>.", "")
        )

    def define(self, definition: ClassDef) -> None:
        """Puts a class into the class table of the program."""
        self.program.classes[definition.name] = definition

    def reader(self, cls: type, variables: Mapping[object, ty.Type] | None = None) -> Reader:
        """Reads the annotations in the body of ``cls``."""
        namespace = vars(sys.modules.get(cls.__module__, builtins))

        def names(name: str) -> object:
            if name == cls.__name__:
                return cls
            return vars(cls).get(name, namespace.get(name, MISSING))

        return self.program.reader_with(names, variables)


MAKERS: list[tuple[Callable[[type], bool], Maker]] = []
"""Which classes can be compiled, and how: the modules of the kinds of classes add theirs, most special first."""


@dataclass(eq=False, slots=True)
class TypeForm(Sugar):
    """A type as a value: ``List[int]`` in ``torch.jit.annotate(List[int], [])``; ``form`` is the live object."""

    form: Any

    def describe(self) -> str:
        name = self.form.__qualname__ if inspect.isclass(self.form) else self.form
        return f"the type {name}"

    def python_type(self) -> object:
        return self.form if inspect.isclass(self.form) else NOT_STATIC

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if not inspect.isclass(self.form):
            raise ctx.problem("TSX3011", at, what=self.describe(), name=name, hint="")
        return class_member(ctx, at, self, self.form, name)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return inspect.isclass(self.form) and hasattr(self.form, name)

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        module = getattr(self.form, "__module__", "")
        name = f"{module}.{getattr(self.form, '__qualname__', self.form)}"
        raise ctx.unknown_object(at, self.form, name, "class that programs don't have")

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        items = index.items if isinstance(index, TupleSugar) else [index]
        forms = tuple(form_of(item) for item in items)
        if MISSING in forms:
            raise ctx.problem("TSX3201", at, text=at.text())
        try:
            return TypeForm(self.form[forms if len(forms) > 1 else forms[0]])
        except TypeError:
            raise ctx.problem("TSX3201", at, text=at.text()) from None


def live_class(value: Sugar) -> type | None:
    """The class that a value stands for; None when it is no class."""
    found = getattr(value, "cls", getattr(value, "form", None))
    return found if isinstance(found, type) else None


def form_of(value: Sugar) -> Any:
    """The live type that a value stands for (``int``, a class, ``List[int]``); MISSING when it is none."""
    if isinstance(value, TypeForm):
        return value.form
    if value.static() is None:
        return None
    found = value.python_type()
    return MISSING if found is NOT_STATIC else found


def type_of_form(ctx: Context, at: Place, value: Sugar) -> ty.Type:
    """The IR type of a type that is written as a value."""
    form = form_of(value)
    if form is MISSING:
        raise ctx.problem("TSX3201", at, text=at.text())
    try:
        found = ctx.program.reader(ctx).read(form)
    except BadAnnotation as bad:
        raise ctx.problem(bad.code, at, **bad.facts) from None
    if found is None:
        raise ctx.problem("TSX3201", at, text=at.text())
    return found


@dataclass(eq=False, slots=True)
class Bound(Sugar):
    """A method: ``function`` with ``owner`` as its first argument."""

    function: Sugar
    owner: Sugar
    name: str

    def describe(self) -> str:
        return f"the method {self.name}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return self.function.call(ctx, at, [self.owner, *args], kwargs)


def is_enum(cls: type) -> bool:
    return isinstance(cls, enum.EnumMeta)


def is_named_tuple(cls: type) -> bool:
    return issubclass(cls, tuple) and hasattr(cls, "_fields")


def own_annotations(cls: type) -> dict[str, Any]:
    """The annotations in the bodies of a class and its bases, bases first."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__ != "typing":
            found |= vars(base).get("__annotations__", {})
    return found


def classes_of(ctx: Context) -> Classes:
    """The class table of the program that ``ctx`` compiles."""
    return of_program(ctx.program)


def of_program(program: Program) -> Classes:
    """The class table of a program."""
    for known in program.known:
        if isinstance(known, Classes):
            return known
    made = Classes(program)
    program.known.append(made)
    return made


def defines(cls: type | None, name: str) -> bool:
    """Whether a class has ``name`` from Python code; what ``object`` and other builtin classes give does not count."""
    found = inspect.getattr_static(cls, name, MISSING) if cls is not None else MISSING
    return found is not MISSING and found is not None and not isinstance(found, _BUILTIN)


_BUILTIN = (
    python_types.WrapperDescriptorType,
    python_types.MethodDescriptorType,
    python_types.ClassMethodDescriptorType,
    python_types.BuiltinFunctionType,
)


def member(
    ctx: Context, at: Place, cls: type, value: Sugar, name: str, found: object = MISSING
) -> Sugar:
    """``value.name`` where the class of ``value`` defines ``name``: a property's value, a method, a constant.

    ``found`` is what defines it, where that is not what the class itself looks up (``super()``).
    """
    if found is MISSING:
        found = inspect.getattr_static(cls, name, MISSING)
    if found is MISSING:
        close = difflib.get_close_matches(name, dir(cls), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ctx.problem("TSX3011", at, what=value.describe(), name=name, hint=hint)
    if isinstance(found, (property, functools.cached_property)):
        getter = found.fget if isinstance(found, property) else found.func
        return ctx.resolve(getter, at, name).call(ctx, at, [value], {})
    if isinstance(found, staticmethod):
        return ctx.resolve(found.__func__, at, name)
    if isinstance(found, classmethod):
        return Bound(ctx.resolve(found.__func__, at, name), ctx.resolve(cls, at, name), name)
    if isinstance(found, python_types.FunctionType):
        return Bound(ctx.resolve(found, at, name), value, name)
    return ctx.resolve(getattr(cls, name), at, name)


@dataclass(eq=False, slots=True)
class Super(Sugar):
    """``super()``: what the classes behind ``cls`` in the order of look-up define."""

    cls: type
    value: Sugar
    owner: type

    def describe(self) -> str:
        return f"super() of {self.cls.__name__}"

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        order = self.owner.__mro__
        for base in order[order.index(self.cls) + 1 :]:
            found = vars(base).get(name, MISSING)
            if found is MISSING:
                continue
            if found is object.__init__:
                return Handler(name, _nothing)
            method = getattr(self.value, "method", None)
            if method is not None and isinstance(found, python_types.FunctionType):
                made: Sugar = method(found, name)  # of a module: compiled into its class
                return made
            return member(ctx, at, self.owner, self.value, name, found)
        raise ctx.problem("TSX3011", at, what=self.describe(), name=name, hint="")

    def has_attribute(self, ctx: Context, name: str) -> bool:
        order = self.owner.__mro__
        return any(name in vars(base) for base in order[order.index(self.cls) + 1 :])


def _nothing(ctx: Context, at: Place) -> None:
    """``object.__init__``."""


@builtin(super)
def _super(ctx: Context, at: Place, cls: Sugar | None = None, obj: Sugar | None = None) -> Sugar:
    source = ctx.frame.source
    if cls is None:
        arguments = source.tree.args
        first = (*arguments.posonlyargs, *arguments.args)[:1]
        try:
            owner = source.namespace("__class__")
        except KeyError:
            owner = None
        if not first or not isinstance(owner, type):
            raise ctx.problem("TSX3227", at)
        obj = ctx.name(ast.copy_location(ast.Name(first[0].arg, ast.Load()), at.node))
    else:
        owner = form_of(cls)
    value = obj if obj is not None else cls
    python = value.python_type() if value is not None else NOT_STATIC
    if not isinstance(python, type):
        python = classes_of(ctx).python(value.type) if value is not None else None
    if not isinstance(owner, type) or not isinstance(python, type) or value is None:
        raise ctx.problem("TSX3227", at)
    return Super(owner, value, python)


def class_member(ctx: Context, at: Place, owner: Sugar, cls: type, name: str) -> Sugar:
    """``Class.name``: a static or class method, a function, a constant of the class."""
    if name in ("__name__", "__qualname__"):
        return Constant(getattr(cls, name))
    found = inspect.getattr_static(cls, name, MISSING)
    if found is MISSING:
        raise ctx.problem("TSX3011", at, what=owner.describe(), name=name, hint="")
    if isinstance(found, classmethod):
        return Bound(ctx.resolve(found.__func__, at, name), owner, name)
    return ctx.resolve(getattr(cls, name), at, name)
