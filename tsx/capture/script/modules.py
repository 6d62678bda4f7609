"""Modules in scripts: ``self`` and everything that is reached from it.

A module is known by its live instance, and by the object that it is when the program runs. Attributes that no compiled
method writes are constants; tensors and written attributes are read from the object; methods are compiled once for each
class and kind of arguments, and called by ``prim::CallMethod``.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

from tsx.capture.script.annotations import MISSING
from tsx.capture.script.classes import member
from tsx.capture.script.comparisons import contains
from tsx.capture.script.facts import Restart
from tsx.capture.script.functions import Receiver, call_function
from tsx.capture.script.live import Live, LiveTree
from tsx.capture.script.problems import Failed
from tsx.capture.script.program import original_of
from tsx.capture.script.sequences import DictLiteral, spread, spread_names, unpack
from tsx.capture.script.values import (
    NOT_STATIC,
    Constant,
    Iteration,
    ListLiteral,
    Ssa,
    Sugar,
    TupleSugar,
    join,
)
from tsx.ir import types as ty
from tsx.ir.graph import Graph, Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_UNROLLED = 64  # items of a list attribute up to which a loop over it is unrolled


@dataclass(eq=False, slots=True)
class ModuleSugar(Sugar):
    """A module instance. ``value`` is its object where a method has it as ``self``; else ``owner`` holds it."""

    tree: LiveTree
    live: Live
    value: Value | None = None
    owner: ModuleSugar | None = None
    name: str = ""

    def describe(self) -> str:
        return f"the module {type(self.live.obj).__name__}"

    def python_type(self) -> Any:
        return type(self.live.obj)

    def object(self, ctx: Context, at: Place) -> Value:
        """The object, read from where it is held."""
        if self.value is not None:
            return self.value
        assert self.owner is not None
        outer = self.owner.object(ctx, at)
        type = self.live.cls.type
        return ctx.emit("prim::GetAttr", [outer], type, at, {"name": self.name}).value

    def child(self, name: str, obj: Any) -> ModuleSugar:
        """The submodule that this module holds as ``name``."""
        return ModuleSugar(self.tree, self.tree.lives[id(obj)], None, self, name)

    # -- reading ------------------------------------------------------------------------------------------------------

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        obj, world = self.live.obj, self.live.world
        found = inspect.getattr_static(type(obj), name, MISSING)
        derived = parametrized(self, name)
        if derived is not None:
            return derived.call(ctx, at, [], {})
        if isinstance(found, property) and found.fget is not None:
            getter: Any = found.fget
            return self.method(getter, name).call(ctx, at, [], {})
        plain = world.plain(obj)
        if name in plain:
            return self.held(ctx, at, name, plain[name])
        arrays, children = world.arrays(obj), world.children(obj)
        if name in arrays and (found is MISSING or name in vars(obj)):
            return self.tensor(ctx, at, name)
        if found is MISSING and name in children:
            return self.child(name, children[name])
        special = library_member(self, name, found)
        if special is not None:
            return special
        if inspect.isfunction(found):
            return self.method(found, name)
        if found is MISSING:
            self._unknown(ctx, at, name)
        return member(ctx, at, type(obj), self, name)

    def _unknown(self, ctx: Context, at: Place, name: str) -> NoReturn:
        """The problem that the module has no such attribute, once for one that could not be assigned either."""
        if (type(self.live.obj), name) in ctx.program.unassigned:
            raise Failed
        obj, world = self.live.obj, self.live.world
        own = [*world.plain(obj), *world.arrays(obj), *world.children(obj)]
        own += [n for n in vars(type(obj)) if not n.startswith("_")]
        close = difflib.get_close_matches(name, own, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        help = f"assign self.{name} in __init__ of {type(obj).__name__}, or read an attribute that it has"
        raise ctx.problem("TSX3011", at, what=self.describe(), name=name, hint=hint, help=help)

    def has_attribute(self, ctx: Context, name: str) -> bool:
        return hasattr(self.live.obj, name)

    def tensor(self, ctx: Context, at: Place, name: str) -> Sugar:
        """A parameter, buffer or plain tensor attribute."""
        array = self.live.world.arrays(self.live.obj)[name]
        type = self.tree.attribute_type(self.live.obj, name, array)
        assert type is not None
        if self.tree.is_written(self.live.obj, name):
            self.live.cls.definition.attributes[name] = type
        return self._of_library(ctx, at, name, type)

    def held(self, ctx: Context, at: Place, name: str, value: Any) -> Sugar:
        """An attribute that is no registered tensor or module."""
        if self.tree.is_written(self.live.obj, name):
            return self.read(ctx, at, name, value)
        return self.known(ctx, at, name, value)

    def read(self, ctx: Context, at: Place, name: str, value: Any) -> Sugar:
        """An attribute as the object has it when the program runs."""
        type = self.tree.attribute_type(self.live.obj, name, value)
        if type is None:
            raise ctx.problem("TSX3240", at, name=name, type=value.__class__.__name__)
        self.tree.hold(self.live, name, type)
        return self._of_library(ctx, at, name, type)

    def known(self, ctx: Context, at: Place, name: str, value: Any) -> Sugar:
        """The value of an attribute, or of an item of one, that stays as it is now."""
        kind = type(value)
        if self.live.world.is_array(value):
            return self._tensor_in(ctx, at, name, value)
        if isinstance(value, self.live.world.base) and id(value) in self.tree.lives:
            return self.child(name, value)
        if kind is tuple:
            return TupleSugar([self.known(ctx, at, f"{name}.{i}", v) for i, v in enumerate(value)])
        if kind is list:
            items = [self.known(ctx, at, f"{name}.{i}", v) for i, v in enumerate(value)]
            self._note_known(name.partition(".")[0])
            return ListAttribute(items, None, self, name, value)
        if isinstance(value, dict):
            pairs = {k: self.known(ctx, at, f"{name}.{k}", v) for k, v in value.items()}
            self._note_known(name.partition(".")[0])
            return DictAttribute(self, name, value, pairs)
        return ctx.resolve(value, at, name)

    def _note_known(self, name: str) -> None:
        """The list or dict ``name`` was taken for constant: no method may turn out to write into it."""
        obj = self.live.obj
        key = self.live.cls.definition.name, name
        type_ = self.tree.declared_type(obj, name) or self.tree.erased_type(getattr(obj, name))
        self.tree.program.known_attributes[key] = type(obj), type_

    def _tensor_in(self, ctx: Context, at: Place, name: str, array: Any) -> Sugar:
        """A tensor inside a list attribute: often one that is registered, too."""
        for own, other in self.live.world.arrays(self.live.obj).items():
            if other is array:
                return self.tensor(ctx, at, own)
        self.tree.hold_array(self.live, name, array)
        return self._of_library(ctx, at, name, self.live.world.tensor_type(array))

    def _of_library(self, ctx: Context, at: Place, name: str, type: ty.Type) -> Sugar:
        """An attribute, read; arrays in it are of the library that the module is of."""
        made = ctx.emit("prim::GetAttr", [self.object(ctx, at)], type, at, {"name": name})
        ctx.program.libraries[made.value] = self.live.world.library
        return made

    # -- writing ------------------------------------------------------------------------------------------------------

    def attribute_type(self, ctx: Context, name: str) -> ty.Type | None:
        is_computed = isinstance(inspect.getattr_static(type(self.live.obj), name, None), property)
        return None if is_computed else self.live.cls.definition.attributes.get(name)

    def set_attribute(self, ctx: Context, at: Place, name: str, value: Sugar) -> None:
        obj, world = self.live.obj, self.live.world
        found = inspect.getattr_static(type(obj), name, MISSING)
        if isinstance(found, property) and found.fset is not None:
            setter: Any = found.fset
            self.method(setter, name).call(ctx, at, [value], {})
            return
        plain, arrays = world.plain(obj), world.arrays(obj)
        if name in world.children(obj) or not (name in plain or name in arrays):
            code = "TSX3242" if name in world.children(obj) else "TSX3241"
            ctx.program.unassigned.add((type(obj), name))
            raise ctx.problem(code, at, cls=type(obj).__name__, name=name)
        old = arrays.get(name, plain.get(name))
        given = value.as_value(ctx, at)
        if ctx.is_open(given.type):
            ctx.close_defaults(given)
        wanted = self._written_type(ctx, at, name, old, value, ty.erase_shapes(given.type))
        converted = ctx.convert(value, wanted, at, f"the attribute {name} of {type(obj).__name__}")
        if name in arrays:
            self.live.cls.definition.attributes[name] = wanted
        else:
            self.tree.hold(self.live, name, wanted)
        target = self.object(ctx, at)
        ctx.node("prim::SetAttr", [target, converted], (), at, {"name": name})

    def _written_type(
        self, ctx: Context, at: Place, name: str, old: Any, value: Sugar, given: ty.Type
    ) -> ty.Type:
        """The type of a written attribute; what is new about it starts the compilation again."""
        facts, obj = ctx.program.facts, self.live.obj
        declared = self.tree.declared_type(obj, name)
        if not self.tree.is_written(obj, name):
            start = declared or self.tree.erased_type(old)
            facts.note(type(obj), name, start)
            raise Restart
        known = facts.written[type(obj), name]
        if known is None:
            raise ctx.problem("TSX3240", at, name=name, type=type(old).__name__)
        if declared is None and not ty.is_subtype(given, known):
            joined = join(known, given)
            if joined is not None and ctx.conversion(value, known, at) is None:
                facts.note(type(obj), name, joined)
                raise Restart
        return known

    # -- calling ------------------------------------------------------------------------------------------------------

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        before, after = self.live.world.hooks(self.live.obj)
        given: list[Sugar] = list(args)
        named = dict(kwargs)
        for hook, takes_names in before:
            given, named = self._before(ctx, at, hook, takes_names, given, named)
        result = self.attribute(ctx, at, "forward").call(ctx, at, given, named)
        for hook, takes_names in after:
            extra = [names_sugar(named)] if takes_names else []
            arguments = [self, TupleSugar(given), *extra, result]
            changed = ctx.resolve(hook, at, "a forward hook").call(ctx, at, arguments, {})
            if changed.static() is not None:
                result = changed
        return result

    def _before(
        self,
        ctx: Context,
        at: Place,
        hook: Any,
        takes_names: bool,
        args: list[Sugar],
        kwargs: dict[str, Sugar],
    ) -> tuple[list[Sugar], dict[str, Sugar]]:
        """Arguments as a forward pre-hook leaves them."""
        extra = [names_sugar(kwargs)] if takes_names else []
        function = ctx.resolve(hook, at, "a forward pre-hook")
        changed = function.call(ctx, at, [self, TupleSugar(args), *extra], {})
        if changed.static() is None:
            return args, kwargs
        if takes_names:
            parts = unpack(ctx, changed, at, 2, starred=False)
            return spread(ctx, parts[0], at), spread_names(ctx, parts[1], at)
        if isinstance(changed, TupleSugar) or isinstance(changed.type, ty.TupleType):
            return spread(ctx, changed, at), kwargs
        return [changed], kwargs

    def method(self, function: FunctionType, name: str) -> Sugar:
        """A method that is defined in Python."""
        return ModuleMethod(self, original_of(function), name)

    # -- containers ---------------------------------------------------------------------------------------------------

    def magic(self, ctx: Context, at: Place, name: str, code: str) -> Sugar:
        """A special method of the class, or the library's own meaning of it."""
        if not hasattr(type(self.live.obj), name):
            raise ctx.problem(code, at, what=self.describe())
        return self.attribute(ctx, at, name)

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        return self.magic(ctx, at, "__getitem__", "TSX3014").call(ctx, at, [index], {})

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        if hasattr(type(self.live.obj), "__iter__"):
            return self.attribute(ctx, at, "__iter__").call(ctx, at, [], {}).iterate(ctx, at)
        raise ctx.problem("TSX3017", at, what=self.describe())

    def length(self, ctx: Context, at: Place) -> Sugar:
        return self.magic(ctx, at, "__len__", "TSX3018").call(ctx, at, [], {})

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``item in module``."""
        return self.magic(ctx, at, "__contains__", "TSX3017").call(ctx, at, [item], {})

    def truth(self, ctx: Context, at: Place) -> Sugar:
        for name in ("__bool__", "__len__"):
            if hasattr(type(self.live.obj), name):
                return self.attribute(ctx, at, name).call(ctx, at, [], {}).truth(ctx, at)
        return Constant(True)


@dataclass(eq=False, slots=True)
class ModuleMethod(Sugar):
    """A method of a module, with the module."""

    module: ModuleSugar
    function: FunctionType
    name: str

    def describe(self) -> str:
        return f"the method {self.name}"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        modifier = str(getattr(self.function, "_torchscript_modifier", ""))
        if modifier.startswith(("ignore", "_drop")):
            raise ctx.problem("TSX3243", at, name=self.name)
        if modifier.startswith("unused"):
            message = f"{self.name} is marked as unused, so its body is no part of the program"
            ctx.raise_exception("NotImplementedError", Constant(message), at)
            return ctx.emit("prim::Uninitialized", (), ty.TENSOR, at)
        module = self.module
        receiver = MethodReceiver(module)
        return call_function(ctx, at, self.function, [module, *args], kwargs, receiver)


@dataclass(eq=False, slots=True)
class MethodReceiver(Receiver):
    """Where the methods of a module's class are kept, and what ``self`` is in them."""

    module: ModuleSugar

    def key(self) -> object:
        return self.module.live.cls

    def type(self) -> ty.Type:
        return self.module.live.cls.type

    def operand(self, ctx: Context, at: Place) -> Value:
        return self.module.object(ctx, at)

    def inside(self, value: Ssa) -> Sugar:
        """``self`` in the method: the sample instance of the class."""
        live = self.module.live.cls.sample
        return ModuleSugar(self.module.tree, live, value.value)

    def name(self, function: FunctionType) -> str:
        taken = self.module.live.cls.names
        name, count = function.__name__, 0
        while name in taken:
            count += 1
            name = f"{function.__name__}__{count}"
        taken.add(name)
        return name

    def keep(self, name: str, graph: Graph) -> None:
        self.module.live.cls.definition.methods[name] = graph


def names_sugar(kwargs: Mapping[str, Sugar]) -> Sugar:
    """Keyword arguments as the dict that a hook gets."""
    return DictLiteral([(Constant(name), value) for name, value in kwargs.items()])


# -- attributes that are containers -----------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class ListAttribute(ListLiteral):
    """A list attribute: its items are known, and it is an object's list where a list is needed."""

    module: ModuleSugar | None = None
    name: str = ""
    live: Any = None

    def made(self, ctx: Context, at: Place) -> Ssa:
        assert self.module is not None
        if any(map(self.module.live.world.is_array, self.live)):
            return ctx.make_list(self.items, at)
        found = self.module.read(ctx, at, self.name, self.live)
        assert isinstance(found, Ssa)
        return found

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        known = index.static()
        if type(known) is int and not -len(self.items) <= known < len(self.items):
            raise ctx.problem("TSX3244", at, index=known, length=len(self.items))
        return super(ListAttribute, self).subscript(ctx, at, index)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        if self.type is None or len(self.items) <= _UNROLLED:
            return Iteration(items=list(self.items))
        return super(ListAttribute, self).iterate(ctx, at)


@dataclass(eq=False, slots=True)
class DictAttribute(Sugar):
    """A dict attribute: its items are known, and it is an object's dict where a dict is needed."""

    module: ModuleSugar
    name: str
    live: Any
    items: dict[Any, Sugar]

    def describe(self) -> str:
        return f"the dict {self.name}"

    @property
    def type(self) -> ty.Type | None:
        return self.module.tree.value_type(self.live)

    def as_value(self, ctx: Context, at: Place) -> Value:
        return self.made(ctx, at).as_value(ctx, at)

    def made(self, ctx: Context, at: Place) -> Sugar:
        """The dict, read from the object; a dict of what is no value stays what it is."""
        if self.type is None:
            return self
        return self.module.read(ctx, at, self.name, self.live)

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        from tsx.capture.script.containers import dict_member

        known = dict_member(self.items, name)
        return known if known is not None else self._read(ctx, at).attribute(ctx, at, name)

    def _read(self, ctx: Context, at: Place) -> Sugar:
        if self.type is None:
            raise ctx.problem("TSX3240", at, name=self.name, type="dict")
        return self.module.read(ctx, at, self.name, self.live)

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        known = index.static()
        if isinstance(known, (str, int, float, bool)) and known in self.items:
            return self.items[known]
        return self._read(ctx, at).subscript(ctx, at, index)

    def set_subscript(self, ctx: Context, at: Place, index: Sugar, value: Sugar) -> None:
        self._read(ctx, at).set_subscript(ctx, at, index, value)

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return Iteration(items=[ctx.resolve(key, at, self.name) for key in self.items])

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``key in dict``."""
        if item.static() is not NOT_STATIC:
            return Constant(item.static() in self.items)
        keys = TupleSugar([Constant(key) for key in self.items])
        return contains(ctx, keys, item, at)

    def length(self, ctx: Context, at: Place) -> Sugar:
        return Constant(len(self.items))

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return Constant(bool(self.items))


def parametrized(module: ModuleSugar, name: str) -> Sugar | None:
    """What computes a parameter that the library derives from others (``parametrizations.weight``)."""
    table = module.live.world.children(module.live.obj).get("parametrizations")
    if table is None or name not in module.live.world.children(table):
        return None
    inner = module.child("parametrizations", table)
    return inner.child(name, inner.live.world.children(table)[name])


def library_member(module: ModuleSugar, name: str, found: object) -> Sugar | None:
    """The library's own methods of modules and containers, whose source a program can't follow."""
    from tsx.capture.script.containers import LIBRARY, is_librarys

    handler = LIBRARY.get(name)
    if handler is None or not is_librarys(module, found):
        return None
    return handler(module, name)
