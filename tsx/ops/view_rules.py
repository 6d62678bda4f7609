"""Type-and-shape rules of the operators that give another look at the same elements.

Sizes are exact wherever the algebra of ``ir.dims`` can say them, None where it can't, and never wrong: a slice of a
symbolic dimension is known only when its bounds are certain to lie inside (``ops.bounds``).
"""

from __future__ import annotations

from collections.abc import Sequence

from tsx.ir.dims import Dim, exact_div
from tsx.ir.op import Abstract, Unknown
from tsx.ir.types import DType, ListType, Shape, TensorType, dim_text
from tsx.ops.abstract import as_dim, dims_of, known, mismatch, numel, wrap_dim
from tsx.ops.bounds import at_least, never_one, no_less, smaller

_NO_END = 2**63 - 1  # what Python writes for an open end of a slice


def tensor(value: Abstract) -> TensorType:
    """A tensor operand's type; what is not known to be a tensor is one of which nothing is known."""
    return value if isinstance(value, TensorType) else TensorType()


def unknown_list(dtype: DType | None, shape: Shape | None = None) -> Unknown:
    """A list of tensors of unknown length."""
    return Unknown(ListType(TensorType(dtype, shape)))


def text(shape: Sequence[Dim | None]) -> str:
    return "[" + ", ".join(map(dim_text, shape)) + "]"


def need_dimension(op: str, shape: Shape) -> None:
    """Refuses a 0-dim tensor."""
    if not shape:
        raise mismatch(op, "a tensor with a dimension", "a 0-dim tensor")


def view_shape(op: str, shape: Shape | None, size: Abstract) -> Shape | None:
    """Sizes after ``view(size)``: one -1, or one size that is not known, follows from the element count."""
    sizes = dims_of(size)
    if sizes is None:
        return None
    if any(isinstance(s, int) and s < -1 for s in sizes) or sizes.count(-1) > 1:
        raise mismatch(op, "sizes of 0 or more, and at most one -1", text(sizes))
    sizes = tuple(
        None if s is not None and not isinstance(s, int) and not at_least(s, 0) else s for s in sizes
    )  # fmt: skip
    total = numel(shape)
    places = [i for i, s in enumerate(sizes) if s is None or s == -1]
    if len(places) == 1:
        left = numel(sizes[: places[0]] + sizes[places[0] + 1 :])
        if isinstance(total, int) and isinstance(left, int) and (not left or total % left):
            raise mismatch(op, f"sizes for {total} elements", text(sizes))
        free = exact_div(total, left) if total is not None and left is not None else None
        return (*sizes[: places[0]], free, *sizes[places[0] + 1 :])
    wanted = numel(sizes)
    if isinstance(total, int) and isinstance(wanted, int) and not places and total != wanted:
        raise mismatch(op, f"sizes for {total} elements", text(sizes))
    return tuple(None if s == -1 else s for s in sizes)


def view(self: Abstract, size: Abstract) -> Abstract:
    x = tensor(self)
    return TensorType(x.dtype, view_shape("view", x.shape, size))


def view_like(self: Abstract, other: Abstract) -> Abstract:
    x, like = tensor(self), tensor(other)
    if like.shape is None:
        return TensorType(x.dtype)
    return TensorType(x.dtype, view_shape("view_as", x.shape, list(like.shape)))


def expand_shape(op: str, shape: Shape | None, size: Abstract) -> Shape | None:
    """Sizes after ``expand(size)``; -1 keeps a size, and a size of 1 takes any."""
    sizes = dims_of(size)
    if sizes is None:
        return None
    if shape is None:
        return tuple(None if s == -1 else s for s in sizes)
    new = len(sizes) - len(shape)
    if new < 0:
        raise mismatch(op, f"at least {len(shape)} sizes", text(sizes))
    if -1 in sizes[:new]:
        raise mismatch(op, "-1 for a dimension that the tensor has", text(sizes))
    kept = tuple(expanded(op, a, b) for a, b in zip(shape, sizes[new:], strict=True))
    return sizes[:new] + kept


def expanded(op: str, have: Dim | None, want: Dim | None) -> Dim | None:
    if want is None:
        # Not known to be -1 or a size: both leave a known size other than 1 as it is.
        return have if isinstance(have, int) and have != 1 else None
    if want == -1:
        return have
    if isinstance(have, int) and isinstance(want, int) and have not in (1, want):
        raise mismatch(op, f"a size of {have} or -1", want)
    return want


def expand(self: Abstract, size: Abstract, implicit: Abstract = False) -> Abstract:
    x = tensor(self)
    return TensorType(x.dtype, expand_shape("expand", x.shape, size))


def expand_as(self: Abstract, other: Abstract) -> Abstract:
    like = tensor(other)
    if like.shape is None:
        return TensorType(tensor(self).dtype)
    return expand(self, list(like.shape))


def permute(self: Abstract, dims: Abstract) -> Abstract:
    x = tensor(self)
    if not known(dims) or not isinstance(dims, (list, tuple)):
        return TensorType(x.dtype, None if x.shape is None else (None,) * len(x.shape))
    if x.shape is None:
        return TensorType(x.dtype, (None,) * len(dims))
    order = [wrap_dim("permute", d, len(x.shape)) for d in dims]
    if sorted(d for d in order if d is not None) != list(range(len(x.shape))):
        raise mismatch("permute", f"each of {len(x.shape)} dimensions once", list(dims))
    return TensorType(x.dtype, tuple(x.shape[d] for d in order if d is not None))


def transpose(self: Abstract, dim0: Abstract, dim1: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return x
    a, b = (wrap_dim("transpose", d, len(x.shape)) for d in (dim0, dim1))
    if a is None or b is None:
        return TensorType(x.dtype, (None,) * len(x.shape))
    sizes = list(x.shape)
    if sizes:
        sizes[a], sizes[b] = sizes[b], sizes[a]
    return TensorType(x.dtype, tuple(sizes))


def reverse_dims(self: Abstract) -> Abstract:
    x = tensor(self)
    return TensorType(x.dtype, None if x.shape is None else x.shape[::-1])


def t(self: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is not None and len(x.shape) > 2:
        raise mismatch("t", "a tensor of at most 2 dimensions", text(x.shape))
    return reverse_dims(x)


def matrix_transpose(self: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is None or x.shape == ():
        return x
    if len(x.shape) == 1:
        raise mismatch("mT", "a matrix or a batch of matrices", text(x.shape))
    return transpose(x, -2, -1)


def squeeze(self: Abstract) -> Abstract:
    x = tensor(self)
    return x if x.shape is None else squeeze_at(x, tuple(range(len(x.shape))))


def squeeze_dim(self: Abstract, dim: Abstract) -> Abstract:
    return squeeze_dims(self, [dim])


def squeeze_dims(self: Abstract, dim: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is None or not known(dim) or not isinstance(dim, (list, tuple)):
        return TensorType(x.dtype)
    places = (wrap_dim("squeeze", d, len(x.shape)) for d in dim)
    return squeeze_at(x, tuple(p for p in places if p is not None))


def squeeze_at(x: TensorType, places: Sequence[int]) -> TensorType:
    """Drops the sizes of 1 among ``places``; a size that may be 1 leaves the rank unknown."""
    sizes = x.shape or ()
    asked = [sizes[p] for p in places if p < len(sizes)]
    if not all(size == 1 or never_one(size) for size in asked):
        return TensorType(x.dtype)
    return TensorType(x.dtype, tuple(s for i, s in enumerate(sizes) if i not in places or s != 1))


def unsqueeze(self: Abstract, dim: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    place = wrap_dim("unsqueeze", dim, len(x.shape), extra=1)
    if place is None:
        return TensorType(x.dtype, (None,) * (len(x.shape) + 1))
    return TensorType(x.dtype, (*x.shape[:place], 1, *x.shape[place:]))


def flatten(self: Abstract, start_dim: Abstract = 0, end_dim: Abstract = -1) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    start, end = (wrap_dim("flatten", d, len(x.shape)) for d in (start_dim, end_dim))
    if start is None or end is None:
        return TensorType(x.dtype)
    if start > end:
        raise mismatch("flatten", "start_dim before end_dim", f"{start_dim} and {end_dim}")
    if not x.shape:
        return TensorType(x.dtype, (1,))
    middle = numel(x.shape[start : end + 1])
    return TensorType(x.dtype, (*x.shape[:start], middle, *x.shape[end + 1 :]))


def unflatten(self: Abstract, dim: Abstract, sizes: Abstract) -> Abstract:
    x = tensor(self)
    parts = dims_of(sizes)
    if parts == ():
        raise mismatch("unflatten", "at least one size", "none")
    if x.shape is None or parts is None:
        return TensorType(x.dtype)
    place = wrap_dim("unflatten", dim, len(x.shape))
    if place is None:
        return TensorType(x.dtype, (None,) * (len(x.shape) + len(parts) - 1))
    need_dimension("unflatten", x.shape)
    inner = view_shape("unflatten", (x.shape[place],), list(parts)) or ()
    return TensorType(x.dtype, (*x.shape[:place], *inner, *x.shape[place + 1 :]))


def select(self: Abstract, dim: Abstract, index: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    need_dimension("select", x.shape)
    place = wrap_dim("select", dim, len(x.shape))
    if place is None:
        return TensorType(x.dtype, (None,) * (len(x.shape) - 1))
    size = x.shape[place]
    if isinstance(index, int) and isinstance(size, int) and not -size <= index < size:
        raise mismatch("select", f"an index from {-size} to {size - 1}", index)
    return TensorType(x.dtype, x.shape[:place] + x.shape[place + 1 :])


def slice_size(size: Dim | None, start: Abstract, end: Abstract, step: Abstract) -> Dim | None:
    """How many elements ``[start:end:step]`` takes of ``size``; None when it can't be told for every binding."""
    first = _bound(size, 0 if start is None else start)
    last = size if end is None or end == _NO_END else _bound(size, end)
    if first is None or last is None or not isinstance(step, int) or step <= 0:
        return None
    if no_less(first, last):
        return 0
    return (last - first + (step - 1)) // step if no_less(last, first) else None


def _bound(size: Dim | None, value: Abstract) -> Dim | None:
    """A slice bound as a place from 0 to ``size``; None when it can't be told."""
    bound = as_dim(value)
    if bound is None:
        return None
    if isinstance(bound, int) and bound == 0:
        return 0
    if at_least(bound, 0):
        return smaller(bound, size) if size is not None else None
    if size is None or not at_least(-bound, 1):
        return None
    if no_less(size + bound, 0):
        return size + bound
    return 0 if no_less(0, size + bound) else None


def slice_(
    self: Abstract,
    dim: Abstract = 0,
    start: Abstract = None,
    end: Abstract = None,
    step: Abstract = 1,
) -> Abstract:
    x = tensor(self)
    if isinstance(step, int) and step <= 0:
        raise mismatch("slice", "a step of 1 or more", step)
    if x.shape is None:
        return TensorType(x.dtype)
    need_dimension("slice", x.shape)
    place = wrap_dim("slice", dim, len(x.shape))
    if place is None:
        return TensorType(x.dtype, (None,) * len(x.shape))
    return resized(x, place, slice_size(x.shape[place], start, end, step))


def resized(x: TensorType, place: int, size: Dim | None) -> TensorType:
    """``x`` with another size at ``place``."""
    shape = x.shape or ()
    return TensorType(x.dtype, (*shape[:place], size, *shape[place + 1 :]))


def narrow(self: Abstract, dim: Abstract, start: Abstract, length: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    place = wrap_dim("narrow", dim, len(x.shape))
    if place is None or not x.shape:
        return TensorType(x.dtype, (None,) * len(x.shape))
    size, count = x.shape[place], as_dim(length)
    if isinstance(size, int) and isinstance(count, int) and not 0 <= count <= size:
        raise mismatch("narrow", f"a length from 0 to {size}", count)
    return resized(x, place, count)


def movedim(self: Abstract, source: Abstract, destination: Abstract) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    if not known(source) or not known(destination):
        return TensorType(x.dtype, (None,) * len(x.shape))
    order = movedim_order("movedim", source, destination, len(x.shape))
    return TensorType(x.dtype, tuple(x.shape[d] for d in order))


def movedim_order(op: str, source: object, destination: object, rank: int) -> list[int]:
    """The permutation that moves each of ``source`` to its place in ``destination``, the others in order."""
    sources = list(source) if isinstance(source, (list, tuple)) else [source]
    targets = list(destination) if isinstance(destination, (list, tuple)) else [destination]
    froms = [wrap_dim(op, d, rank) for d in sources]
    tos = [wrap_dim(op, d, rank) for d in targets]
    if len(froms) != len(tos) or len(set(froms)) < len(froms) or len(set(tos)) < len(tos):
        raise mismatch(
            op, "as many sources as destinations, each once", f"{source} and {destination}"
        )
    if rank == 0:
        return []
    placed = dict(zip(tos, froms, strict=True))
    others = iter(d for d in range(rank) if d not in froms)
    return [placed[d] if d in placed else next(others) for d in range(rank)]  # type: ignore[misc]  # `wrap_dim` of a known rank is known


def diagonal(
    self: Abstract, offset: Abstract = 0, dim1: Abstract = 0, dim2: Abstract = 1
) -> Abstract:
    x = tensor(self)
    if x.shape is None:
        return TensorType(x.dtype)
    a, b = (wrap_dim("diagonal", d, len(x.shape)) for d in (dim1, dim2))
    if a is None or b is None:
        return TensorType(x.dtype, (None,) * (len(x.shape) - 1))
    if a == b:
        raise mismatch("diagonal", "two different dimensions", f"{dim1} and {dim2}")
    rest = tuple(s for i, s in enumerate(x.shape) if i not in (a, b))
    return TensorType(x.dtype, (*rest, diagonal_size(x.shape[a], x.shape[b], as_dim(offset))))


def diagonal_size(rows: Dim | None, cols: Dim | None, offset: Dim | None) -> Dim | None:
    """The length of a diagonal, when it is certain."""
    if rows is None or cols is None or not isinstance(offset, int):
        return None
    shortest = smaller(rows, cols - offset) if offset >= 0 else smaller(rows + offset, cols)
    if shortest is None or at_least(shortest, 0):
        return shortest
    return 0 if isinstance(shortest, int) else None
