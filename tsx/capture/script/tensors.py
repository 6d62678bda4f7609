"""Tensors: indexing and assignment by index as torch's Python binding takes them apart, iteration, length, truth.

The source is ``torch/csrc/autograd/python_variable_indexing.cpp``: ints select, slices slice, None adds a dimension,
masks and index tensors gather. The rank need not be known: what stands behind ``...`` is counted from the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tsx.capture.script.typed import int_of, slice_parts
from tsx.capture.script.values import (
    Constant,
    Iteration,
    ListLiteral,
    Meaning,
    Slice,
    Ssa,
    Sugar,
    TupleSugar,
    meaning,
)
from tsx.capture.script.words import type_words
from tsx.capture.script.worlds import world_for
from tsx.ir import types as ty
from tsx.ir.graph import Value
from tsx.ir.types import DType

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place


class EllipsisSugar(Sugar):
    """``...``."""

    def describe(self) -> str:
        return "..."


ELLIPSIS = EllipsisSugar()
_NUMBERS = (ty.INT, ty.FLOAT, ty.BOOL, ty.NUMBER, ty.COMPLEX)


@dataclass(slots=True)
class _View:
    """What ints, slices and Nones make of a tensor, and the index tensors that are left, by dimension."""

    tensor: Sugar
    front: list[Sugar] = field(default_factory=list)
    back: list[Sugar] = field(default_factory=list)
    has_ellipsis: bool = False

    @property
    def is_gather(self) -> bool:
        return any(p.type != ty.NONE for p in (*self.front, *self.back))


@meaning(ty.TensorType)
class TensorMeaning(Meaning):
    def attribute(self, ctx: Context, at: Place, value: Sugar, name: str) -> Sugar:
        world = world_for(ctx, at, value)
        found = world.attribute(ctx, at, value, name) if world is not None else None
        return Meaning.attribute(self, ctx, at, value, name) if found is None else found

    def subscript(self, ctx: Context, at: Place, value: Sugar, index: Sugar) -> Sugar:
        value, index = _as_torch(ctx, at, value, index)
        view = _taken_apart(ctx, at, value, index)
        if not view.is_gather:
            return _element(ctx, at, view.tensor, _parts(ctx, index, at))
        if any(p.type != ty.NONE for p in view.back):
            back = _optional_list(ctx, view.back, at)
            front = _optional_list(ctx, view.front, at)
            return ctx.op(
                "tsx::index.Tensor", at, [view.tensor, Ssa(front), Ssa(back)], called="[]"
            )
        indices = Ssa(_optional_list(ctx, view.front, at))
        return ctx.op("aten::index.Tensor", at, [view.tensor, indices], called="[]")

    def set_subscript(
        self, ctx: Context, at: Place, value: Sugar, index: Sugar, given: Sugar
    ) -> None:
        value, index = _as_torch(ctx, at, value, index)
        view = _taken_apart(ctx, at, value, index)
        if isinstance(given, (ListLiteral, TupleSugar)) or isinstance(
            given.type, (ty.ListType, ty.TupleType)
        ):
            given = ctx.op("aten::tensor", at, [ctx.as_list_value(given, at)], called="[]=")
        is_number = given.type in _NUMBERS
        world = world_for(ctx, at, value)
        if world is not None:
            world.storing(ctx, at, view.tensor, given)
        if not is_number and not isinstance(given.type, ty.TensorType):
            found = type_words(given.type) if given.type is not None else given.describe()
            raise ctx.problem("TSX3057", at, found=found)
        if not view.is_gather:
            name = "aten::fill_.Scalar" if is_number else "aten::copy_"
            ctx.op(name, at, [view.tensor, given], called="[]=")
            return
        if is_number:
            number = given.as_value(ctx, at)
            given = ctx.emit("prim::NumToTensor", [number], ty.TENSOR, at)
        given = ctx.op("aten::type_as", at, [given, view.tensor], called="[]=")
        front = Ssa(_optional_list(ctx, view.front, at))
        if any(p.type != ty.NONE for p in view.back):
            back = Ssa(_optional_list(ctx, view.back, at))
            ctx.op("tsx::index_put_", at, [view.tensor, front, back, given], called="[]=")
        else:
            ctx.op("aten::index_put_", at, [view.tensor, front, given], called="[]=")

    def iterate(self, ctx: Context, at: Place, value: Sugar) -> Iteration:
        source = Ssa(value.as_value(ctx, at))
        return Iteration(
            length=lambda: ctx.op("aten::len.Tensor", at, [source]).as_value(ctx, at),
            item=lambda index: _element(
                ctx,
                at,
                ctx.op("aten::select.int", at, [source, Constant(0), Ssa(index)]),
                [Ssa(index)],
            ),
        )

    def length(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return ctx.op("aten::len.Tensor", at, [value])

    def truth(self, ctx: Context, at: Place, value: Sugar) -> Sugar:
        return ctx.op("aten::Bool.Tensor", at, [value])


def _as_torch(ctx: Context, at: Place, value: Sugar, index: Sugar) -> tuple[Sugar, Sugar]:
    """An index in another world of arrays as torch's."""
    world = world_for(ctx, at, value)
    return (value, index) if world is None else world.index(ctx, at, value, index)


def _element(ctx: Context, at: Place, picked: Sugar, index: list[Sugar]) -> Sugar:
    """What an index without slices picked, as another world of arrays has it."""
    world = world_for(ctx, at, picked)
    if world is None or any(part.type not in (ty.INT, ty.NUMBER) for part in index):
        return picked
    return world.element(ctx, at, picked)


def _parts(ctx: Context, index: Sugar, at: Place) -> list[Sugar]:
    if isinstance(index, TupleSugar):
        return index.items
    if isinstance(index.type, ty.TupleType):
        return ctx.parts(index, at) or []
    return [index]


def _taken_apart(ctx: Context, at: Place, tensor: Sugar, index: Sugar) -> _View:
    parts = _parts(ctx, index, at)
    places = [i for i, p in enumerate(parts) if isinstance(p, EllipsisSugar)]
    if len(places) > 1:
        raise ctx.problem("TSX3058", at)
    cut = places[0] if places else len(parts)
    view = _View(tensor, has_ellipsis=bool(places))
    _front(ctx, at, view, parts[:cut])
    _back(ctx, at, view, parts[cut + 1 :])
    return view


def _front(ctx: Context, at: Place, view: _View, parts: list[Sugar]) -> None:
    """Parts from the left: each at the next dimension from the front."""
    dim = 0
    tensors: list[Sugar] = []  # index tensors, any of which may be a mask
    for part in parts:
        if isinstance(part.type, ty.TensorType):
            view.front += [Constant(None)] * (dim - len(view.front))
            view.front.append(part)
            tensors.append(part)
            dim += 1
            continue
        here = _place(ctx, at, tensors, dim)
        if part.type == ty.NONE and part.static() is None:
            view.tensor = ctx.op("aten::unsqueeze", at, [view.tensor, here])
            dim += 1
        elif isinstance(part, Slice):
            view.tensor = _sliced(ctx, at, view.tensor, here, part)
            dim += 1
        elif part.type == ty.BOOL:
            view.tensor = ctx.op("aten::unsqueeze", at, [view.tensor, here])
            view.front += [Constant(None)] * (dim - len(view.front))
            view.front.append(ctx.op("aten::tensor", at, [ctx.make_list([part], at)]))
            dim += 1
        elif part.type in (ty.INT, ty.NUMBER):
            place = int_of(ctx, part, at, "an index")
            view.tensor = ctx.op("aten::select.int", at, [view.tensor, here, place])
        else:
            view.front += [Constant(None)] * (dim - len(view.front))
            view.front.append(_as_index(ctx, at, part))
            dim += 1


def _place(ctx: Context, at: Place, indices: list[Sugar], dim: int) -> Sugar:
    """The dimension that part ``dim`` is about: a mask to its left takes as many dimensions as it has itself."""
    found: Sugar = Constant(dim)
    for index in indices:
        type = index.type
        if not isinstance(type, ty.TensorType) or (
            type.dtype is not None and type.dtype is not DType.BOOL
        ):
            continue
        dtype = ctx.op("prim::dtype", at, [index]).as_value(ctx, at)
        is_mask = ctx.emit("aten::eq.int", [dtype, ctx.constant(DType.BOOL.code, at)], ty.BOOL, at)
        before = found

        def kept(before: Sugar = before) -> Sugar:
            return before

        def shifted(index: Sugar = index, before: Sugar = before) -> Sugar:
            more = ctx.op("aten::sub.int", at, [ctx.op("aten::dim", at, [index]), Constant(1)])
            return ctx.op("aten::add.int", at, [before, more])

        found = ctx.choose(is_mask.value, shifted, kept, at)
    return found


def _back(ctx: Context, at: Place, view: _View, parts: list[Sugar]) -> None:
    """Parts behind ``...`` from the right: each at the next dimension from the end."""
    done = 0
    for part in reversed(parts):
        dim = Constant(-1 - done)
        if part.type == ty.NONE and part.static() is None:
            view.tensor = ctx.op("aten::unsqueeze", at, [view.tensor, dim])
        elif isinstance(part, Slice):
            view.tensor = _sliced(ctx, at, view.tensor, dim, part)
        elif part.type in (ty.INT, ty.NUMBER):
            place = int_of(ctx, part, at, "an index")
            view.tensor = ctx.op("aten::select.int", at, [view.tensor, dim, place])
            continue
        else:
            view.back.insert(0, _as_index(ctx, at, part))
            done += 1
            continue
        if view.back:
            view.back.insert(0, Constant(None))
        done += 1
    missing = done - len(view.back)
    if any(p.type != ty.NONE for p in view.back):
        view.back += [Constant(None)] * missing


def _sliced(ctx: Context, at: Place, tensor: Sugar, dim: Sugar, part: Slice) -> Sugar:
    if all(p.static() is None for p in (part.start, part.stop, part.step)):
        return tensor
    start, stop, step = slice_parts(ctx, part, at)
    return ctx.op("aten::slice.Tensor", at, [tensor, dim, start, stop, step])


def _as_index(ctx: Context, at: Place, part: Sugar, *, is_scalar: bool = False) -> Sugar:
    """An index tensor: given, or made of a list of ints or bools."""
    if isinstance(part.type, ty.TensorType):
        return part
    if is_scalar and isinstance(part, ListLiteral):
        return ctx.op("aten::tensor", at, [part.items[0]])
    if isinstance(part, (ListLiteral, TupleSugar)) or isinstance(
        part.type, (ty.ListType, ty.TupleType)
    ):
        return ctx.op("aten::tensor", at, [ctx.as_list_value(part, at)])
    if part.type == ty.BOOL:
        raise ctx.problem("TSX3059", at)
    found = type_words(part.type) if part.type is not None else part.describe()
    raise ctx.problem("TSX3052", at, what="an index of a Tensor", found=found)


def _optional_list(ctx: Context, parts: list[Sugar], at: Place) -> Value:
    values = [part.as_value(ctx, at) for part in parts]
    return ctx.list_value(values, ty.OptionalType(ty.TENSOR), at)
