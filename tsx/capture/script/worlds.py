"""Worlds of arrays: values whose operators mean something else than those of torch's tensors do (NumPy's).

A program has one kind of array, the Tensor; what ``x / y`` and ``x.mean()`` mean for it is said by the library that the
value comes from. It is followed from where it is known (a parameter's annotation, a function of a library, a module's
attribute) through everything that hands values on: calls, branches, loops, lists, tuples. Where nothing says it, the
function around decides. Gives the world, or None for torch's, which is the default.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from tsx.capture.script.values import Ssa, Sugar
from tsx.ir import types as ty
from tsx.ir.graph import Node, Value

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place, Source


class World(Protocol):
    """The meaning of operators, attributes and indices where at least one operand is an array."""

    library: str  # "numpy"

    def mixes(self, source: Source) -> bool:
        """Whether a function of this world uses torch as well."""

    def takes(self, source: Source, name: str) -> bool:
        """Whether a function hands ``name``, of which no annotation tells, to a function of this library."""

    def binary(self, ctx: Context, at: Place, name: str, a: Sugar, b: Sugar) -> Sugar:
        """``a op b``; ``name`` is torch's name of the operator (``add``, ``floordiv``, ``__and__``)."""

    def inplace(self, ctx: Context, at: Place, name: str, a: Sugar, b: Sugar) -> Sugar:
        """``a op= b`` of an array ``a``; gives what the target is bound to then."""

    def unary(self, ctx: Context, at: Place, name: str, a: Sugar) -> Sugar:
        """``-a``, ``+a``, ``~a``."""

    def compare(self, ctx: Context, at: Place, name: str, a: Sugar, b: Sugar) -> Sugar:
        """``a < b``: ``eq``, ``ne``, ``lt``, ``le``, ``gt``, ``ge``."""

    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar | None:
        """An attribute or method of an array; None when it has none of that name."""

    def element(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        """What ints alone pick of an array, ``value`` being a view of it."""

    def storing(self, ctx: Context, at: Place, array: Sugar, given: Sugar) -> None:
        """Checks what is about to be written into (a part of) an array."""

    def index(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> tuple[Sugar, Sugar]:
        """An array and an index as torch's indexing takes them."""


worlds: list[Callable[[Source], World | None]] = []
"""Who knows of worlds other than torch's: the doors of array libraries."""

TORCH = "torch"
MIXED = "both"
NUMBER = "number"  # of NumPy, made of plain numbers, which torch takes for a plain one, too
_known: dict[int, tuple[Source, World | None]] = {}
_MOST = 4096


def world_of(source: Source) -> World | None:
    """The world of a function's arrays, where nothing else says it."""
    found = _known.get(id(source))
    if found is None or found[0] is not source:
        if len(_known) > _MOST:
            _known.clear()
        answers = (find(source) for find in worlds)
        found = _known[id(source)] = source, next((w for w in answers if w is not None), None)
    return found[1]


def library_in(source: Source) -> str:
    """The library that arrays of a function come from, where nothing else says it."""
    world = world_of(source)
    return TORCH if world is None else world.library


def world_for(ctx: Context, at: Place, *values: Sugar) -> World | None:
    """The world of the arrays among ``values``, which have to be of one library."""
    found = {library(ctx, value, at) for value in values if holds_arrays(value.type)}
    if NUMBER in found:
        found = found - {NUMBER} or {"numpy"}
    if MIXED in found or len(found) > 1:
        raise ctx.problem("TSX3309", at, text=at.text())
    return world_named(next(iter(found), TORCH))


def plain_number(ctx: Context, at: Place, value: Sugar) -> Sugar:
    """A NumPy scalar of numbers alone, ``np.sqrt(2)``, as the number that torch takes it for; others as they are."""
    if isinstance(value.type, ty.TensorType) and library(ctx, value, at) == NUMBER:
        return value.attribute(ctx, at, "item").call(ctx, at, [], {})
    return value


def library_of_parameter(source: Source, name: str) -> str:
    """The library of an entry's parameter: what its annotation names, else what the function says."""
    spec = source.tree.args
    found = [a for a in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs) if a.arg == name]
    text = ast.unparse(found[0].annotation) if found and found[0].annotation is not None else ""
    if "Tensor" in text:
        return TORCH
    for world in named.values() if not text else ():
        if world.takes(source, name):
            return world.library
    if mixes(source) and "ndarray" not in text.lower():
        return TORCH
    return library_in(source)


def mixes(source: Source) -> bool:
    """Whether a function takes arrays of one library and calls another."""
    world = world_of(source)
    return world is not None and world.mixes(source)


def world_named(library: str) -> World | None:
    return named.get(library)


named: dict[str, World] = {}
"""The worlds by their library, torch's left out."""


def holds_arrays(type: ty.Type | None) -> bool:
    """Whether a value is an array, or may have some inside."""
    if type is None:
        return False
    return isinstance(type, ty.TensorType) or any(map(holds_arrays, type.children()))


def library(ctx: Context, value: Sugar, at: Place) -> str:
    """The library that an array, or what is in a container, comes from; ``MIXED`` where both may."""
    if not isinstance(value, Ssa):
        return library_in(at.source)
    found = _Search(ctx.program.libraries, ctx.program.returned).of(value.value)
    if not found and mixes(at.source):
        return MIXED
    return found or library_in(at.source)


def relabelled(ctx: Context, value: Sugar, library_: str, at: Place) -> Sugar:
    """The same array as a value of another library: ``torch.from_numpy(x)``, ``x.numpy()``."""
    if not isinstance(value, Ssa) or library(ctx, value, at) in (library_, NUMBER):
        return value
    made = ctx.emit("prim::unchecked_cast", [value.value], value.type, at)
    ctx.program.libraries[made.value] = library_
    return made


class _Search:
    """Follows a value to where its library is known, and notes what it finds on the way."""

    def __init__(self, known: dict[Value, str], returned: Mapping[Value, Value]) -> None:
        self.known = known
        self.returned = returned
        self.open: set[Value] = set()

    def of(self, value: Value) -> str:
        found = self.known.get(value)
        if found is not None:
            return found
        if value in self.open or not holds_arrays(value.type):
            return ""
        self.open.add(value)
        found = self._derived(value)
        if found:
            self.known[value] = found
        return found

    def _derived(self, value: Value) -> str:
        if value in self.returned:
            return self.of(self.returned[value])
        node = value.node
        if node is None:
            return ""  # of a graph or a loop, which say it where they are made
        place = next(i for i, output in enumerate(node.outputs) if output is value)
        match node.kind:
            case "prim::If":
                return self._all([block.outputs[place] for block in node.blocks])
            case "prim::Loop":
                return self._all([node.inputs[place + 2], node.blocks[0].outputs[place + 1]])
            case "prim::TupleUnpack" | "prim::TupleIndex" if node.inputs[0].node is not None:
                return self._item(node, place)
            case "prim::ListConstruct" | "prim::DictConstruct" if not node.inputs:
                return self._all(
                    [v for user, _ in value.uses for v in user.inputs if v is not value]
                )
            case "prim::ListConstruct" | "prim::DictConstruct" | "prim::TupleConstruct":
                return self._all(node.inputs)
            case "prim::Uninitialized" | "prim::GetAttr" | "prim::Constant" | "prim::CallMethod":
                return ""
        found = [self.of(v) for v in node.inputs if holds_arrays(v.type)]
        if not found:
            return TORCH
        return next((library for library in found if library != NUMBER), NUMBER)

    def _item(self, node: Node, place: int) -> str:
        """What a tuple was made with at one place."""
        whole = node.inputs[0]
        while whole in self.returned:
            whole = self.returned[whole]
        index = node.attributes.get("index", place)
        made = whole.node
        if made is not None and made.kind == "prim::TupleConstruct" and isinstance(index, int):
            return self.of(made.inputs[index])
        return self.of(whole)

    def _all(self, values: Sequence[Value]) -> str:
        found = {library for value in values if (library := self.of(value))}
        if found == {NUMBER, "numpy"}:
            return "numpy"
        return MIXED if len(found) > 1 else next(iter(found), "")
