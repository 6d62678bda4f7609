"""What an expression can be while it is compiled: the one interface of values, and the registries that extend it.

Takes nothing from the emitter but the ``Context`` that every method is handed. Gives ``Sugar``: a first-class SSA
value (``Ssa``), a compile-time constant (``Constant``, ``TupleSugar``), or something that only a compiler knows (a
function, a module, a builtin, a slice). Never evaluates a program, and never knows torch.

How to add meaning without touching the core::

    @builtin(len)                                     # a Python object, by identity
    def _len(ctx, at, value): return ctx.op("aten::len", at, [value])

    @method(ty.ListType, "append")                    # a method of a type: a class of types, or one type (ty.STR)
    def _append(ctx, at, self, item): ...

    @attribute(ty.TensorType, "ndim")                 # a plain attribute of a type
    def _ndim(ctx, at, self): return ctx.op("aten::dim", at, [self])

    @meaning(ty.ListType)                             # indexing, iteration, len, truth of a type: see ``Meaning``
    class ListMeaning(Meaning): ...

    doors.append(door)                                # objects of a library: see ``Door``

The handler's Python signature binds the call's arguments (defaults and keyword-only work); each argument is a
``Sugar``, one that was left out is the handler's default. What is wrong is ``raise ctx.problem(code, at, **facts)``.
"""

from __future__ import annotations

import abc
import builtins
import difflib
import enum
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tsx.capture.script.registries import Door as Door  # part of this interface, as what follows
from tsx.capture.script.registries import attribute as attribute
from tsx.capture.script.registries import attribute_of as attribute_of
from tsx.capture.script.registries import doors as doors
from tsx.capture.script.registries import meaning as meaning
from tsx.capture.script.registries import meaning_of as meaning_of
from tsx.capture.script.registries import method as method
from tsx.capture.script.registries import method_of as method_of
from tsx.capture.script.registries import names_of as names_of
from tsx.capture.trace.match import Code as Code
from tsx.capture.trace.match import DeviceName as DeviceName
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


class _NotStatic(enum.Enum):
    NOT_STATIC = "not static"


NOT_STATIC = _NotStatic.NOT_STATIC
"""What ``Sugar.static`` gives when only a run decides the value."""


@dataclass(slots=True)
class Iteration:
    """What a ``for`` walks over.

    Static (``items``): the loop is unrolled. Dynamic: ``length()`` and ``item(index)`` emit nodes at the current place;
    ``source`` is the list that a loop body might change while it runs, and then the length is asked for in each round.
    """

    items: list[Sugar] | None = None
    length: Callable[[], Value] | None = None
    item: Callable[[Value], Sugar] | None = None
    source: Value | None = None


class Sugar:
    """A value while it is compiled. The base refuses everything, in words that name ``describe()``."""

    def describe(self) -> str:
        """What it is, as messages say it: ``an int``, ``the function f``, ``the module nn.Linear``."""
        return "a value"

    @property
    def type(self) -> ty.Type | None:
        """The type it has as a first-class value; None when it can't be one."""
        return None

    def as_value(self, ctx: Context, at: Place) -> Value:
        """The SSA value; a problem when it can't be one."""
        raise ctx.problem("TSX3010", at, what=self.describe())

    def static(self) -> object:
        """The Python value, when compilation knows it (numbers, strings, None, tuples of them), else ``NOT_STATIC``."""
        return NOT_STATIC

    def python_type(self) -> object:
        """The Python class that it is as a value (``int``), or whose object it is (a module); else NOT_STATIC."""
        return NOT_STATIC

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        """``value.name``."""
        raise ctx.problem("TSX3011", at, what=self.describe(), name=name, hint="")

    def has_attribute(self, ctx: Context, name: str) -> bool:
        """What ``hasattr`` answers, at compile time."""
        return False

    def set_attribute(self, ctx: Context, at: Place, name: str, value: Sugar) -> None:
        """``value.name = …``."""
        raise ctx.problem("TSX3012", at, what=self.describe(), name=name)

    def declare_attribute(self, ctx: Context, name: str, type: ty.Type) -> None:
        """``value.name: type = …``, ahead of the assignment."""
        if self.type is not None:
            meaning_of(self.type).declare_attribute(ctx, self, name, type)

    def attribute_type(self, ctx: Context, name: str) -> ty.Type | None:
        """The type of an attribute that holds just what was assigned last; None for any other."""
        return None if self.type is None else meaning_of(self.type).attribute_type(ctx, self, name)

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        """``value(*args, **kwargs)``; stars are already expanded."""
        raise ctx.problem("TSX3013", at, what=self.describe())

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        """``value[index]``; a slice is a ``Slice``, several indices are a ``TupleSugar``."""
        raise ctx.problem("TSX3014", at, what=self.describe())

    def set_subscript(self, ctx: Context, at: Place, index: Sugar, value: Sugar) -> None:
        """``self[index] = value``."""
        raise ctx.problem("TSX3015", at, what=self.describe())

    def delete_subscript(self, ctx: Context, at: Place, index: Sugar) -> None:
        """``del self[index]``."""
        raise ctx.problem("TSX3016", at, what=self.describe())

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        """What ``for x in value`` walks over."""
        raise ctx.problem("TSX3017", at, what=self.describe())

    def length(self, ctx: Context, at: Place) -> Sugar:
        """``len(value)``."""
        raise ctx.problem("TSX3018", at, what=self.describe())

    def truth(self, ctx: Context, at: Place) -> Sugar:
        """``bool(value)``: of type bool, a ``Constant`` when it is known. Functions, modules and classes are true."""
        return Constant(True)


class FirstClass(Sugar, abc.ABC):
    """A value that has a type, whose ``Meaning`` says what it can do: see there, and the registries below."""

    @property
    @abc.abstractmethod
    def type(self) -> ty.Type:
        """The type, which is always known."""

    def describe(self) -> str:
        from tsx.capture.script.words import described_type

        return described_type(self.type)

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        return meaning_of(self.type).attribute(ctx, at, self, name)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return meaning_of(self.type).has_attribute(ctx, self, name)

    def set_attribute(self, ctx: Context, at: Place, name: str, value: Sugar) -> None:
        meaning_of(self.type).set_attribute(ctx, at, self, name, value)

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return meaning_of(self.type).call(ctx, at, self, args, kwargs)

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        return meaning_of(self.type).subscript(ctx, at, self, index)

    def set_subscript(self, ctx: Context, at: Place, index: Sugar, value: Sugar) -> None:
        meaning_of(self.type).set_subscript(ctx, at, self, index, value)

    def delete_subscript(self, ctx: Context, at: Place, index: Sugar) -> None:
        meaning_of(self.type).delete_subscript(ctx, at, self, index)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return meaning_of(self.type).iterate(ctx, at, self)

    def length(self, ctx: Context, at: Place) -> Sugar:
        return meaning_of(self.type).length(ctx, at, self)

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return meaning_of(self.type).truth(ctx, at, self)


@dataclass(eq=False, slots=True)
class Ssa(FirstClass):
    """A first-class value of a program.

    ``code`` says what an int stands for: ScalarType, Layout, MemoryFormat; or that a list is a Size, which Python has
    as a tuple.
    """

    value: Value
    code: str = ""

    @property
    def type(self) -> ty.Type:
        return self.value.type

    def as_value(self, ctx: Context, at: Place) -> Value:
        return self.value


@dataclass(eq=False, slots=True)
class Constant(FirstClass):
    """A Python value that compilation knows: None, bool, int, float, complex, str, ``Code`` or ``DeviceName``.

    It becomes a ``prim::Constant`` where a first-class value is needed.
    """

    value: bool | int | float | complex | str | None

    @property
    def type(self) -> ty.Type:
        return _constant_type(self.value)

    def as_value(self, ctx: Context, at: Place) -> Value:
        return ctx.constant(self.value, at)

    def static(self) -> object:
        return self.value

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return Constant(bool(self.value))


def _constant_type(value: object) -> ty.Type:
    if value is None:
        return ty.NONE
    if isinstance(value, DeviceName):
        return ty.DEVICE
    for python, type in (
        (bool, ty.BOOL), (int, ty.INT), (float, ty.FLOAT), (complex, ty.COMPLEX), (str, ty.STR),
    ):  # fmt: skip
        if isinstance(value, python):
            return type
    raise TypeError(f"{value!r} is no constant")


@dataclass(eq=False, slots=True)
class TupleSugar(Sugar):
    """A tuple whose items are known one by one, and need not be first-class. ``cls`` is a NamedTuple's type."""

    items: list[Sugar]
    cls: ty.TupleType | None = None

    def describe(self) -> str:
        return f"a tuple of {len(self.items)}"

    @property
    def type(self) -> ty.Type | None:
        types = [item.type for item in self.items]
        found = tuple(t for t in types if t is not None)
        if len(found) != len(types):
            return None
        return ty.TupleType(found) if self.cls is None else self.cls

    def as_value(self, ctx: Context, at: Place) -> Value:
        values = [item.as_value(ctx, at) for item in self.items]
        type = ty.TupleType(tuple(v.type for v in values)) if self.cls is None else self.cls
        return ctx.emit("prim::TupleConstruct", values, type, at).value

    def static(self) -> object:
        values = [item.static() for item in self.items]
        return NOT_STATIC if any(v is NOT_STATIC for v in values) else tuple(values)

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if self.cls is not None and name in self.cls.fields:
            return self.items[self.cls.fields.index(name)]
        return meaning_of(self.type or _ANY_TUPLE).attribute(ctx, at, self, name)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return self.cls is not None and name in self.cls.fields

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        return meaning_of(self.type or _ANY_TUPLE).subscript(ctx, at, self, index)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return Iteration(items=list(self.items))

    def length(self, ctx: Context, at: Place) -> Sugar:
        return Constant(len(self.items))

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return Constant(bool(self.items))


@dataclass(eq=False, slots=True)
class ListLiteral(Sugar):
    """``[a, b]`` before anything holds it: its items may still be converted to what the list is wanted for.

    The first use as a value makes the list (``value``); from then on it is that list.
    """

    items: list[Sugar]
    value: Ssa | None = None

    @property
    def is_static(self) -> bool:
        """Whether items are no values, such as functions, so that the list is only known to compilation."""
        return self.value is None and any(item.type is None for item in self.items)

    def made(self, ctx: Context, at: Place) -> Ssa:
        """The list, made once."""
        if self.value is None:
            self.value = ctx.make_list(self.items, at)
        return self.value

    def describe(self) -> str:
        return "a list" if self.value is None else self.value.describe()

    @property
    def type(self) -> ty.Type | None:
        return list_type(self.items) if self.value is None else self.value.type

    def as_value(self, ctx: Context, at: Place) -> Value:
        return self.made(ctx, at).value

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        return self.made(ctx, at).attribute(ctx, at, name)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return name in names_of(ty.ListType(ty.ANY))

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        place = index.static()
        if (
            self.value is None
            and isinstance(place, int)
            and -len(self.items) <= place < len(self.items)
        ):
            return self.items[place]
        return self.made(ctx, at).subscript(ctx, at, index)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        if self.value is None and self.type is None:
            return Iteration(items=list(self.items))
        return self.made(ctx, at).iterate(ctx, at)

    def length(self, ctx: Context, at: Place) -> Sugar:
        if self.value is None:
            return Constant(len(self.items))
        return self.value.length(ctx, at)

    def truth(self, ctx: Context, at: Place) -> Sugar:
        if self.value is None:
            return Constant(bool(self.items))
        return self.value.truth(ctx, at)


def list_type(items: Sequence[Sugar]) -> ty.Type | None:
    """The type of a list of ``items``; None when they are not first-class or have no type in common."""
    element: ty.Type | None = None
    for item in items:
        if item.type is None:
            return None
        element = item.type if element is None else join(element, item.type)
        if element is None:
            return None
    return ty.ListType(ty.TENSOR if element is None else ty.erase_shapes(element))


def join(a: ty.Type, b: ty.Type) -> ty.Type | None:
    """The least type that holds both in Python's eyes: as ``unify``, and an int and a float are a number."""
    numbers = (ty.INT, ty.FLOAT, ty.NUMBER)
    if a != b and a in numbers and b in numbers:
        return ty.NUMBER
    return ty.unify(a, b)


@dataclass(frozen=True, slots=True)
class NotImplementedSugar(Sugar):
    """``NotImplemented``, which a method gives for an operand that it does not take."""

    def describe(self) -> str:
        return "NotImplemented"


NOT_IMPLEMENTED = NotImplementedSugar()


@dataclass(eq=False, slots=True)
class Slice(Sugar):
    """``start:stop:step`` as an index; each part is None (a ``Constant``) when left out."""

    start: Sugar
    stop: Sugar
    step: Sugar

    def describe(self) -> str:
        return "a slice"


@dataclass(eq=False, slots=True)
class Handler(Sugar):
    """A callable whose meaning is a Python function of the compiler; ``bound`` come before the call's arguments."""

    name: str
    function: Callable[..., Any]
    bound: tuple[Sugar, ...] = ()

    def describe(self) -> str:
        return f"the function {self.name}"

    def python_type(self) -> object:
        found = getattr(builtins, self.name, None)
        return found if isinstance(found, type) else NOT_STATIC

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        """``list[int]``, as a type that is a value."""
        form = self.python_type()
        if not isinstance(form, type) or not hasattr(form, "__class_getitem__"):
            raise ctx.problem("TSX3014", at, what=self.describe())
        from tsx.capture.script.classes import TypeForm  # which is written against this

        return TypeForm(form).subscript(ctx, at, index)

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        try:
            bound = inspect.signature(self.function).bind(ctx, at, *self.bound, *args, **kwargs)
        except TypeError as error:
            raise ctx.problem("TSX3020", at, function=self.name, reason=str(error)) from None
        result = self.function(*bound.args, **bound.kwargs)
        return Constant(None) if result is None else result


@dataclass(eq=False, slots=True)
class Operator(Sugar):
    """A callable that means an operator: its names, tried in order (``aten::add``); ``bound`` come first."""

    name: str
    operators: tuple[str, ...]
    bound: tuple[Sugar, ...] = ()

    def describe(self) -> str:
        return f"the function {self.name}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return ctx.op(self.operators, at, [*self.bound, *args], kwargs, called=self.name)


class Meaning:
    """What first-class values of one type can do. The base answers attributes from the registries and the doors, and
    refuses the rest; ``self`` of each method below is one shared instance, ``value`` the value."""

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar:
        type = value.type or _ANY_TUPLE
        plain = attribute_of(type, name)
        if plain is not None:
            found: Sugar = plain(ctx, at, value)
            return found
        handler = method_of(type, name)
        if handler is not None:
            return Handler(name, handler, (value,))
        for door in doors:
            answer = door.attribute(ctx, at, value, name)
            if answer is not None:
                return answer
        known = [*names_of(type), *(f for door in doors for f in door.names(type))]
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ctx.problem("TSX3011", at, what=value.describe(), name=name, hint=hint)

    def has_attribute(self, ctx: Context, value: Sugar, name: str) -> bool:
        return name in names_of(value.type or _ANY_TUPLE)

    def declare_attribute(self, ctx: Context, value: Sugar, name: str, type: ty.Type) -> None:
        """Only objects of classes take note."""

    def attribute_type(self, ctx: Context, value: Sugar, name: str) -> ty.Type | None:
        """Only objects of classes have attributes to assign to."""
        return None

    def set_attribute(self, ctx: Context, at: Place, value: Sugar, name: str, given: Sugar) -> None:
        raise ctx.problem("TSX3012", at, what=value.describe(), name=name)

    def call(
        self,
        ctx: Context,
        at: Place,
        value: Sugar,
        args: Sequence[Sugar],
        kwargs: Mapping[str, Sugar],
    ) -> Sugar:
        raise ctx.problem("TSX3013", at, what=value.describe())

    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        raise ctx.problem("TSX3014", at, what=value.describe())

    def set_subscript(
        self, ctx: Context, at: Place, value: Sugar, index: Sugar, given: Sugar
    ) -> None:
        raise ctx.problem("TSX3015", at, what=value.describe())

    def delete_subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> None:
        raise ctx.problem("TSX3016", at, what=value.describe())

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        raise ctx.problem("TSX3017", at, what=value.describe())

    def length(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        raise ctx.problem("TSX3018", at, what=value.describe())

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        raise ctx.problem("TSX3024", at, what=value.describe())


meaning(ty.Type)(Meaning)
_ANY_TUPLE = ty.TupleType(())
_BUILTINS: dict[int, Handler] = {}
_KEPT: list[object] = []  # so that the ids of registered objects are not used again


def builtin(*objects: object) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Gives Python objects (``len``, ``math.sqrt``) their meaning: a handler ``(ctx, at, *arguments)``."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for obj in objects:
            _BUILTINS[id(obj)] = Handler(getattr(obj, "__name__", str(obj)), function)
            _KEPT.append(obj)
        return function

    return register


def builtin_for(obj: object) -> Handler | None:
    """The handler registered for ``obj``."""
    return _BUILTINS.get(id(obj))
