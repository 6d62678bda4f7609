"""Modules as containers, and the library's own methods of modules, whose answers compilation knows.

``ModuleList``, ``Sequential``, ``ModuleDict``, ``ParameterList`` and ``ParameterDict`` are walked, indexed, sliced and
counted when the program is compiled; an index that only a run knows chooses among the children. ``children()``,
``named_parameters()`` and the like are lists of what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tsx.capture.script.comparisons import contains, equal
from tsx.capture.script.values import (
    NOT_STATIC,
    Constant,
    Handler,
    Iteration,
    Slice,
    Sugar,
    TupleSugar,
)
from tsx.ir import types as ty
from tsx.ir.graph import Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.modules import ModuleSugar
    from tsx.capture.script.source import Place

Member = Callable[["ModuleSugar", str], "Sugar | None"]


def is_librarys(module: ModuleSugar, found: object) -> bool:
    """Whether a class member is the library's own, not the user's."""
    function = getattr(found, "__func__", found)
    name = str(getattr(function, "__module__", ""))
    base = module.live.world.base.__module__.partition(".")[0]
    return name.partition(".")[0] == base


@dataclass(eq=False, slots=True)
class Walk(Sugar):
    """Values that compilation knows one by one, walked like a list: ``m.children()``, ``d.items()``."""

    items: list[Sugar]

    def describe(self) -> str:
        return "a list of modules"

    def iterate(self, ctx: Context, at: Place) -> Iteration:
        return Iteration(items=list(self.items))

    def length(self, ctx: Context, at: Place) -> Sugar:
        return Constant(len(self.items))

    def truth(self, ctx: Context, at: Place) -> Sugar:
        return Constant(bool(self.items))

    def subscript(self, ctx: Context, at: Place, index: Sugar) -> Sugar:
        return picked(ctx, at, self.items, index)

    def contains(self, ctx: Context, at: Place, item: Sugar) -> Sugar:
        """``item in m.keys()``."""
        return contains(ctx, TupleSugar(self.items), item, at)

    def as_value(self, ctx: Context, at: Place) -> Any:
        return ctx.make_list(self.items, at).value

    @property
    def type(self) -> ty.Type | None:
        from tsx.capture.script.values import list_type

        return list_type(self.items)


def picked(ctx: Context, at: Place, items: Sequence[Sugar], index: Sugar) -> Sugar:
    """``items[index]`` of items that are known one by one."""
    if isinstance(index, Slice):
        parts = [part.static() for part in (index.start, index.stop, index.step)]
        if NOT_STATIC in parts:
            raise ctx.problem("TSX3245", at, what="a slice of modules")
        bounds: Any = slice(*parts)  # ints and None
        return Walk(list(items)[bounds])
    known = index.static()
    if known is NOT_STATIC and index.type == ty.INT:
        return Choice(index, [Constant(place) for place in range(len(items))], list(items))
    if not isinstance(known, int):
        raise ctx.problem("TSX3245", at, what=f"an index of {index.describe()}")
    if not -len(items) <= known < len(items):
        raise ctx.problem("TSX3244", at, index=known, length=len(items))
    return items[known]


@dataclass(eq=False, slots=True)
class Choice(Sugar):
    """One of several modules, which one only a run knows: ``self.experts[i]``."""

    index: Sugar
    keys: list[Constant]
    items: list[Sugar]

    def describe(self) -> str:
        return "one of several modules"

    def call(
        self, ctx: Context, at: Place, args: Sequence[Sugar], kwargs: Mapping[str, Sugar]
    ) -> Sugar:
        return self._each(ctx, at, lambda item: item.call(ctx, at, args, kwargs))

    def attribute(self, ctx: Context, at: Place, name: str) -> Sugar:
        if all(item.has_attribute(ctx, name) for item in self.items):
            members = [item.attribute(ctx, at, name) for item in self.items]
            if all(m.type is None for m in members):
                return Choice(self.index, self.keys, members)
        return self._each(ctx, at, lambda item: item.attribute(ctx, at, name))

    def _each(self, ctx: Context, at: Place, use: Callable[[Sugar], Sugar]) -> Sugar:
        """``use`` of the chosen one: a chain of tests; the error that Python raises when it is none."""
        count = len(self.items)
        index = self.index
        if index.type == ty.INT:
            size = Constant(count)
            shifted = ctx.op("aten::add.int", at, [index, size])
            negative = ctx.emit(
                "aten::lt.int", [index.as_value(ctx, at), ctx.constant(0, at)], ty.BOOL, at
            )
            place = index
            index = ctx.choose(negative.value, lambda: shifted, lambda: place, at)

        tests = [equal(ctx, index, key, at).as_value(ctx, at) for key in self.keys]
        self._require_one(ctx, at, tests)

        def pick(place: int) -> Sugar:
            if place == count - 1:
                return use(self.items[place])
            return ctx.choose(
                tests[place], lambda: use(self.items[place]), lambda: pick(place + 1), at
            )

        return pick(0)

    def _require_one(self, ctx: Context, at: Place, tests: Sequence[Value]) -> None:
        """Raises what Python raises when no key is the one."""
        found = ctx.constant(False, at)
        for test in tests:
            found = ctx.emit("aten::__or__.bool", [found, test], ty.BOOL, at).value
        node = ctx.node("prim::If", [found], (), at)
        node.add_block()

        def complain() -> None:
            if self.index.type == ty.INT:
                text = ctx.op(
                    "aten::format", at, [Constant("index {} is out of range"), self.index]
                )
                ctx.raise_exception("IndexError", text, at)
                return
            text = ctx.op("aten::format", at, [Constant("'{}'"), self.index])
            ctx.raise_exception("KeyError", text, at)

        ctx.inside(node.add_block(), complain)


def _children(module: ModuleSugar) -> dict[str, Sugar]:
    """The submodules by name; those that are None stay."""
    obj, world = module.live.obj, module.live.world
    found = world.children(obj)
    return {
        name: module.child(name, found[name]) if name in found else Constant(None)
        for name in obj._modules
    }


def _values(module: ModuleSugar) -> list[Sugar]:
    return list(_children(module).values())


def _pair(name: str, value: Sugar) -> Sugar:
    return TupleSugar([Constant(name), value])


def _walk(items: Callable[[ModuleSugar], list[Sugar]]) -> Member:
    """A method without arguments that gives known items."""

    def member(module: ModuleSugar, name: str) -> Sugar:
        def call(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> Sugar:
            return Walk(items(module))

        return Handler(name, call)

    return member


def _distinct(module: ModuleSugar) -> list[tuple[str, Sugar]]:
    """Children with their names, each module once, as ``named_children`` walks them."""
    seen: set[int] = set()
    found: list[tuple[str, Sugar]] = []
    for name, child in _children(module).items():
        obj = getattr(getattr(child, "live", None), "obj", None)
        if obj is not None and id(obj) not in seen:
            seen.add(id(obj))
            found.append((name, child))
    return found


def _below(
    module: ModuleSugar, prefix: str = "", seen: set[int] | None = None
) -> list[tuple[str, ModuleSugar]]:
    """This module and all below, each once, with dotted names."""
    seen = set() if seen is None else seen
    if id(module.live.obj) in seen:
        return []
    seen.add(id(module.live.obj))
    found = [(prefix, module)]
    for name, obj in module.live.world.children(module.live.obj).items():
        inner = f"{prefix}.{name}" if prefix else name
        found += _below(module.child(name, obj), inner, seen)
    return found


def _arrays(kind: str, named: bool) -> Member:
    """``parameters()``, ``named_buffers()``, …: the tensors of this module and of all below."""

    def member(module: ModuleSugar, name: str) -> Sugar:
        def call(
            ctx: Context, at: Place, prefix: Sugar | None = None, recurse: Sugar | None = None
        ) -> Sugar:
            start = prefix.static() if prefix is not None else ""
            deep = recurse is None or bool(recurse.static())
            found: list[Sugar] = []
            seen: set[int] = set()
            for path, owner in _below(module) if deep else [("", module)]:
                for key, array in getattr(owner.live.obj, kind).items():
                    if array is None or id(array) in seen:
                        continue
                    seen.add(id(array))
                    full = ".".join(p for p in (str(start), path, key) if p)
                    value = owner.tensor(ctx, at, key)
                    found.append(_pair(full, value) if named else value)
            return Walk(found)

        return Handler(name, call)

    return member


def _length(module: ModuleSugar, name: str) -> Sugar:
    size = len(module.live.obj)
    return Handler(name, lambda ctx, at: Constant(size))


def _keys(module: ModuleSugar) -> list[str]:
    """The keys of a ModuleDict or ParameterDict, in order."""
    return list(module.live.obj.keys())


def _is_dict(module: ModuleSugar) -> bool:
    return hasattr(type(module.live.obj), "keys")


def _is_tensors(module: ModuleSugar) -> bool:
    return type(module.live.obj).__name__.startswith("Parameter")


def _items(ctx: Context, at: Place, module: ModuleSugar) -> list[Sugar]:
    """What a container holds, in order: modules or tensors."""
    obj = module.live.obj
    if _is_tensors(module):
        names = _keys(module) if _is_dict(module) else [str(i) for i in range(len(obj))]
        return [module.attribute(ctx, at, name) for name in names]
    return _values(module)


def _getitem(module: ModuleSugar, name: str) -> Sugar:
    def call(ctx: Context, at: Place, index: Sugar) -> Sugar:
        items = _items(ctx, at, module)
        if not _is_dict(module):
            return picked(ctx, at, items, index)
        known, keys = index.static(), _keys(module)
        if known is NOT_STATIC and index.type == ty.STR:
            return Choice(index, [Constant(key) for key in keys], items)
        if known not in keys:
            raise ctx.problem("TSX3246", at, key=known, keys=", ".join(keys))
        return items[keys.index(str(known))]

    return Handler(name, call)


def _iter(module: ModuleSugar, name: str) -> Sugar:
    def call(ctx: Context, at: Place) -> Sugar:
        if _is_dict(module):
            return Walk([Constant(key) for key in _keys(module)])
        return Walk(_items(ctx, at, module))

    return Handler(name, call)


def _contains(module: ModuleSugar, name: str) -> Sugar:
    def call(ctx: Context, at: Place, key: Sugar) -> Sugar:
        return contains(ctx, TupleSugar([Constant(known) for known in _keys(module)]), key, at)

    return Handler(name, call)


def _dict_part(part: str) -> Member:
    def member(module: ModuleSugar, name: str) -> Sugar:
        def call(ctx: Context, at: Place) -> Sugar:
            keys, items = _keys(module), _items(ctx, at, module)
            if part == "keys":
                return Walk([Constant(key) for key in keys])
            if part == "values":
                return Walk(items)
            return Walk([_pair(k, v) for k, v in zip(keys, items, strict=True)])

        return Handler(name, call)

    return member


def _get_submodule(module: ModuleSugar, name: str) -> Sugar:
    def call(ctx: Context, at: Place, target: Sugar) -> Sugar:
        path = target.static()
        if not isinstance(path, str):
            raise ctx.problem("TSX3245", at, what="a name of a submodule")
        found: Sugar = module
        for part in path.split(".") if path else []:
            found = found.attribute(ctx, at, part)
        return found

    return Handler(name, call)


def _itself(module: ModuleSugar, name: str) -> Sugar:
    def call(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> Sugar:
        return module

    return Handler(name, call)


def _parametrization(module: ModuleSugar, name: str) -> Sugar | None:
    """``ParametrizationList``: the first makes the tensor of the originals, each other one of the tensor before."""
    obj = module.live.obj
    if type(obj).__name__ != "ParametrizationList":
        return None

    def call(ctx: Context, at: Place) -> Sugar:
        names = ["original"] if obj.is_tensor else [f"original{i}" for i in range(obj.ntensors)]
        first, *rest = _values(module)
        found = first.call(ctx, at, [module.attribute(ctx, at, n) for n in names], {})
        for each in rest:
            found = each.call(ctx, at, [found], {})
        return found

    return Handler(name, call)


LIBRARY: dict[str, Member] = {
    "__len__": _length,
    "__getitem__": _getitem,
    "__iter__": _iter,
    "__contains__": _contains,
    "keys": _dict_part("keys"),
    "values": _dict_part("values"),
    "items": _dict_part("items"),
    "children": _walk(lambda m: [child for _, child in _distinct(m)]),
    "named_children": _walk(lambda m: [_pair(n, c) for n, c in _distinct(m)]),
    "modules": _walk(lambda m: [c for _, c in _below(m)]),
    "named_modules": _walk(lambda m: [_pair(n, c) for n, c in _below(m)]),
    "parameters": _arrays("_parameters", named=False),
    "named_parameters": _arrays("_parameters", named=True),
    "buffers": _arrays("_buffers", named=False),
    "named_buffers": _arrays("_buffers", named=True),
    "get_submodule": _get_submodule,
    "get_parameter": _get_submodule,
    "get_buffer": _get_submodule,
    "eval": _itself,
    "forward": _parametrization,
    "_get_name": lambda m, n: Handler(n, lambda ctx, at: Constant(type(m.live.obj).__name__)),
}


def dict_member(items: Mapping[Any, Sugar], name: str) -> Sugar | None:
    """A method of a dict whose items are known, which only reads it."""
    parts: dict[str, Callable[[], list[Sugar]]] = {
        "keys": lambda: [_key(k) for k in items],
        "values": lambda: list(items.values()),
        "items": lambda: [TupleSugar([_key(k), v]) for k, v in items.items()],
    }
    values = parts.get(name)
    if values is None:
        return None

    def call(ctx: Context, at: Place) -> Sugar:
        return Walk(values())

    return Handler(name, call)


def _key(key: Any) -> Sugar:
    return Constant(key)
