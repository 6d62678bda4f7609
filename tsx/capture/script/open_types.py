"""Types that are not known yet: the elements of ``[]`` and ``{}`` before something is put in.

Takes types with ``Open`` parts; ``close`` gives a part its type in every value of the graph at once. What is never used
closes to Tensor (and str keys), as TorchScript has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tsx.ir import types as ty
from tsx.ir.graph import Block, Graph, Value


@dataclass(eq=False, slots=True, frozen=True)
class Open(ty.Type):
    """A type to be found; each is only itself."""

    default: ty.Type

    def __str__(self) -> str:
        return "?"


def has_open(type: ty.Type) -> bool:
    """Whether a part of ``type`` is not known yet."""
    return isinstance(type, Open) or any(map(has_open, type.children()))


def substitute(type: ty.Type, open: Open | None, found: ty.Type | None = None) -> ty.Type:
    """``type`` with ``open`` replaced by ``found``; with None, each open part by its default."""
    match type:
        case Open():
            if open is None:
                return type.default
            return found if type is open and found is not None else type
        case ty.ListType(element):
            return ty.ListType(substitute(element, open, found))
        case ty.OptionalType(element):
            return ty.OptionalType(substitute(element, open, found))
        case ty.DictType(key, value):
            return ty.DictType(substitute(key, open, found), substitute(value, open, found))
        case ty.TupleType(elements, name, fields):
            return ty.TupleType(tuple(substitute(e, open, found) for e in elements), name, fields)
        case ty.UnionType(members):
            return ty.UnionType(tuple(substitute(m, open, found) for m in members))
        case ty.FutureType(element, kind):
            return ty.FutureType(substitute(element, open, found), kind)
    return type


def solve(type: ty.Type, wanted: ty.Type) -> dict[Open, ty.Type] | None:
    """What the open parts of ``type`` must be for it to be ``wanted``; None when nothing makes it so."""
    if isinstance(type, Open):
        return {type: wanted}
    if not has_open(type):
        return {} if ty.is_subtype(type, wanted) else None
    if isinstance(wanted, ty.OptionalType) and not isinstance(type, ty.OptionalType):
        return solve(type, wanted.element)
    if type.__class__ is not wanted.__class__ or len(type.children()) != len(wanted.children()):
        return None
    found: dict[Open, ty.Type] = {}
    for mine, theirs in zip(type.children(), wanted.children(), strict=True):
        inner = solve(substitute_all(mine, found), theirs)
        if inner is None:
            return None
        found.update(inner)
    return found


def substitute_all(type: ty.Type, found: dict[Open, ty.Type]) -> ty.Type:
    """``type`` with all of ``found`` put in."""
    for open, known in found.items():
        type = substitute(type, open, known)
    return type


def close_graph(
    graph: Graph, open: Open | None, found: ty.Type | None = None
) -> list[tuple[Value, ty.Type]]:
    """Puts ``found`` for ``open`` into the type of every value; with None, defaults for all that is open.

    Gives the values that changed, with the types they had.
    """
    changed: list[tuple[Value, ty.Type]] = []
    for value in all_values(graph.block):
        if has_open(value.type):
            new = substitute(value.type, open, found)
            if new != value.type:
                changed.append((value, value.type))
                value.type = new
    return changed


def all_values(block: Block) -> Iterator[Value]:
    """Every value that is defined in a block or in those inside."""
    yield from block.inputs
    for node in block.nodes:
        yield from node.outputs
        for inner in node.blocks:
            yield from all_values(inner)
