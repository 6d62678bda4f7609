"""NumPy's functions and array methods in scripted code.

``FUNCTIONS`` answers ``np.sum(x)``, ``METHODS`` ``x.sum()``: handlers that emit the operators of the tracing door with
NumPy's result types. What needs the rank of an array says so when it isn't known. Ufuncs, creation and indexing are in
files of their own.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tsx.capture.numpy.script_arithmetic import (
    as_array,
    cast,
    compute_type,
    is_array,
    is_number,
    numpys,
    promoted,
    ufunc,
)
from tsx.capture.numpy.script_types import dtype_of
from tsx.capture.script import operators
from tsx.capture.script.values import Code, Constant, Handler, ListLiteral, Ssa, Sugar, TupleSugar
from tsx.capture.script.worlds import NUMBER
from tsx.ir import types as ty

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

Function = Callable[..., Any]
FUNCTIONS: dict[int, tuple[object, Handler]] = {}
METHODS: dict[str, Function] = {}

NONE, FALSE, TRUE = Constant(None), Constant(False), Constant(True)
ZERO, ONE, LAST, C_ORDER = Constant(0), Constant(1), Constant(-1), Constant("C")
_CONSTANT = Constant("constant")
_BOOL = Constant(Code(11, "ScalarType"))
_FLOAT32 = Constant(Code(6, "ScalarType"))


_CONVERT = ("array", "asarray", "asanyarray", "ascontiguousarray", "shape", "ndim", "size")
"""What takes tensors of torch, too."""


def means(*names: str, method: bool = True) -> Callable[[Function], Function]:
    """Registers a handler ``(ctx, at, x, …)`` for ``numpy.name`` and, where arrays have it, as their method."""

    def add(function: Function) -> Function:
        if _REDUCE.intersection(names):
            function = _to_scalar(function)
        for name in names:
            found: Any = np
            for part in name.split("."):
                found = getattr(found, part, None)
            if found is not None:
                takes = numpys(function, takes_tensors=name in _CONVERT)
                FUNCTIONS[id(found)] = (found, Handler(f"np.{name}", takes))
            if method and hasattr(np.ndarray, name):
                METHODS[name] = function
        return function

    return add


_REDUCE = frozenset({
    "sum", "mean", "var", "std", "max", "min", "any", "all", "prod", "median", "percentile", "quantile",
})  # fmt: skip


def _to_scalar(function: Function) -> Function:
    """A reduction: over all of an array it gives a NumPy scalar, which torch takes for a number."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def reduced(ctx: Context, at: Place, *args: Sugar, **kwargs: Sugar) -> Sugar:
        found: Sugar = function(ctx, at, *args, **kwargs)
        bound = signature.bind(ctx, at, *args, **kwargs).arguments
        keeps = bound.get("keepdims", FALSE).static() is not False
        places = bound.get("q", ZERO)
        if (
            isinstance(found, Ssa)
            and not given(bound.get("axis"))
            and not keeps
            and is_number(places)
        ):
            ctx.program.libraries[found.value] = NUMBER
        return found

    return reduced


def given(value: Sugar | None) -> bool:
    """Whether an optional argument was given, and is not None."""
    return value is not None and value.static() is not None


def items_of(ctx: Context, at: Place, value: Sugar) -> list[Sugar]:
    """An axis, a size or several of them, one by one; a problem when their number isn't known."""
    if is_number(value):
        return [value]
    items = ctx.parts(value, at)
    if items is None:
        raise ctx.problem("TSX3303", at, what=value.describe())
    return items


def axes_of(ctx: Context, at: Place, axis: Sugar | None) -> Sugar:
    """``axis`` as a list of ints; None when it is left out."""
    if axis is None or axis.static() is None:
        return NONE
    return ListLiteral(items_of(ctx, at, axis))


def rank_of(ctx: Context, at: Place, x: Sugar) -> int:
    """The number of dimensions; a problem when it isn't known."""
    rank = x.type.rank if isinstance(x.type, ty.TensorType) else None
    if rank is None:
        raise ctx.problem("TSX3304", at, text=at.text())
    return rank


def no_out(ctx: Context, at: Place, out: Sugar | None) -> None:
    if given(out):
        raise ctx.problem("TSX3305", at)


# -- reductions -------------------------------------------------------------------------------------------------------


def accumulated(
    ctx: Context, at: Place, name: str, x: Sugar, dtype: Sugar | None
) -> tuple[Sugar, Sugar]:
    """``x`` in the type that NumPy accumulates in, and that type."""
    x = as_array(ctx, at, x)
    if dtype is not None and given(dtype):
        code = dtype_of(ctx, at, dtype)
    else:
        code = compute_type(ctx, at, name, [x])
    return cast(ctx, at, x, code), code


def _sum(
    ctx: Context, at: Place, a: Sugar, axis: Sugar | None = None, dtype: Sugar | None = None,
    out: Sugar | None = None, keepdims: Sugar = FALSE,
) -> Sugar:  # fmt: skip
    no_out(ctx, at, out)
    x, code = accumulated(ctx, at, "sum", a, dtype)
    return ctx.op(
        "aten::sum.dim_IntList", at, [x, axes_of(ctx, at, axis), keepdims], {"dtype": code}
    )


def _mean(
    ctx: Context, at: Place, a: Sugar, axis: Sugar | None = None, dtype: Sugar | None = None,
    out: Sugar | None = None, keepdims: Sugar = FALSE,
) -> Sugar:  # fmt: skip
    no_out(ctx, at, out)
    x, code = accumulated(ctx, at, "mean", a, dtype)
    return ctx.op("aten::mean.dim", at, [x, axes_of(ctx, at, axis), keepdims], {"dtype": code})


means("sum")(_sum)
means("mean", "average")(_mean)


def _spread(name: str) -> Function:
    def compute(
        ctx: Context, at: Place, a: Sugar, axis: Sugar | None = None, dtype: Sugar | None = None,
        out: Sugar | None = None, ddof: Sugar = ZERO, keepdims: Sugar = FALSE,
    ) -> Sugar:  # fmt: skip
        no_out(ctx, at, out)
        x, _ = accumulated(ctx, at, name, a, dtype)
        named = {"correction": ddof, "keepdim": keepdims}
        return ctx.op(f"aten::{name}.correction", at, [x, axes_of(ctx, at, axis)], named)

    return compute


def _extreme(name: str) -> Function:
    def compute(
        ctx: Context, at: Place, a: Sugar, axis: Sugar | None = None, out: Sugar | None = None,
        keepdims: Sugar = FALSE,
    ) -> Sugar:  # fmt: skip
        no_out(ctx, at, out)
        dims = axes_of(ctx, at, axis) if given(axis) else ListLiteral([])
        return ctx.op(f"aten::{name}", at, [as_array(ctx, at, a), dims, keepdims])

    return compute


means("var")(_spread("var"))
means("std")(_spread("std"))
means("max", "amax")(_extreme("amax"))
means("min", "amin")(_extreme("amin"))


def _one_by_one(name: str, *, truth: bool) -> Function:
    """``any``, ``all``, ``prod``: torch's take one dimension, NumPy's several."""

    def compute(
        ctx: Context, at: Place, a: Sugar, axis: Sugar | None = None, dtype: Sugar | None = None,
        out: Sugar | None = None, keepdims: Sugar = FALSE,
    ) -> Sugar:  # fmt: skip
        no_out(ctx, at, out)
        named: dict[str, Sugar] = {}
        if truth:
            x = cast(ctx, at, as_array(ctx, at, a), _BOOL)
        else:
            x, code = accumulated(ctx, at, name, a, dtype)
            named = {"dtype": code}
        if axis is None or not given(axis):
            return ctx.op(f"aten::{name}", at, [x], named)
        dims = items_of(ctx, at, axis)
        kind = f"aten::{name}.{'dim' if truth else 'dim_int'}"
        if len(dims) == 1:
            return ctx.op(kind, at, [x, dims[0], keepdims], named)
        for dim in dims:
            x = ctx.op(kind, at, [x, dim, TRUE], named)
        if keepdims.static() is True:
            return x
        return ctx.op("aten::squeeze.dims", at, [x, ListLiteral(dims)])

    return compute


means("any")(_one_by_one("any", truth=True))
means("all")(_one_by_one("all", truth=True))
means("prod")(_one_by_one("prod", truth=False))


def _position(name: str) -> Function:
    def compute(
        ctx: Context, at: Place, a: Sugar, axis: Sugar = NONE, out: Sugar | None = None, *,
        keepdims: Sugar = FALSE,
    ) -> Sugar:  # fmt: skip
        no_out(ctx, at, out)
        return ctx.op(f"aten::{name}", at, [as_array(ctx, at, a), axis, keepdims])

    return compute


means("argmax")(_position("argmax"))
means("argmin")(_position("argmin"))


def _cumulative(name: str, total: str) -> Function:
    def compute(
        ctx: Context, at: Place, a: Sugar, axis: Sugar | None = None, dtype: Sugar | None = None,
        out: Sugar | None = None,
    ) -> Sugar:  # fmt: skip
        no_out(ctx, at, out)
        x, code = accumulated(ctx, at, total, a, dtype)
        if axis is None or not given(axis):
            x, axis = ravel(ctx, at, x), Constant(0)
        return ctx.op(f"aten::{name}", at, [x, axis], {"dtype": code})

    return compute


means("cumsum")(_cumulative("cumsum", "sum"))
means("cumprod")(_cumulative("cumprod", "prod"))


@means("quantile")
def _quantile(
    ctx: Context, at: Place, a: Sugar, q: Sugar, axis: Sugar = NONE, out: Sugar | None = None, *,
    keepdims: Sugar = FALSE,
) -> Sugar:  # fmt: skip
    no_out(ctx, at, out)
    x = as_array(ctx, at, a)
    if is_number(q):
        code = compute_type(ctx, at, "quantile", [x])
    else:
        q = as_array(ctx, at, q)
        code = compute_type(ctx, at, "percentile", [x, q])
    x = cast(ctx, at, x, code)
    single = ctx.op("aten::scalar_tensor", at, [ZERO], {"dtype": _FLOAT32})
    wide = compute_type(ctx, at, "add", [x, single])  # torch has none of float16
    x = cast(ctx, at, x, wide)
    if is_number(q):
        found = ctx.op("aten::quantile.scalar", at, [x, q, axis, keepdims])
    else:
        places = cast(ctx, at, q, wide)
        found = ctx.op("aten::quantile", at, [x, places, axis, keepdims])
    return cast(ctx, at, found, code)


@means("percentile")
def _percentile(
    ctx: Context, at: Place, a: Sugar, q: Sugar, axis: Sugar = NONE, out: Sugar | None = None, *,
    keepdims: Sugar = FALSE,
) -> Sugar:  # fmt: skip
    share = q.static()
    if isinstance(share, (int, float)):
        portion: Sugar = Constant(share / 100)
    else:
        portion = ufunc(ctx, at, "divide", [as_array(ctx, at, q), Constant(100)])
    result: Sugar = _quantile(ctx, at, a, portion, axis, out, keepdims=keepdims)
    return result


@means("median")
def _median(
    ctx: Context, at: Place, a: Sugar, axis: Sugar = NONE, out: Sugar | None = None,
    overwrite_input: Sugar = FALSE, keepdims: Sugar = FALSE,
) -> Sugar:  # fmt: skip
    result: Sugar = _quantile(ctx, at, a, Constant(0.5), axis, out, keepdims=keepdims)
    return result


# -- shapes -----------------------------------------------------------------------------------------------------------


@means("reshape")
def reshape(
    ctx: Context, at: Place, a: Sugar, *shape: Sugar, order: Sugar = C_ORDER, **named: Sugar
) -> Sugar:
    sizes = [*shape, *(named[k] for k in ("newshape", "shape") if k in named)]
    _only_c_order(ctx, at, order)
    whole = sizes[0] if len(sizes) == 1 and not is_number(sizes[0]) else TupleSugar(sizes)
    return ctx.op("aten::reshape", at, [as_array(ctx, at, a), whole])


def _only_c_order(ctx: Context, at: Place, order: Sugar) -> None:
    if order.static() not in ("C", "K", "A"):
        raise ctx.problem("TSX3306", at, what="order='F'", way="x.T.reshape(…).T")


@means("ravel")
def ravel(ctx: Context, at: Place, a: Sugar, order: Sugar = C_ORDER) -> Sugar:
    _only_c_order(ctx, at, order)
    return ctx.op("aten::reshape", at, [as_array(ctx, at, a), ListLiteral([Constant(-1)])])


def _flatten(ctx: Context, at: Place, a: Sugar, order: Sugar = C_ORDER) -> Sugar:
    return ctx.op("aten::clone", at, [ravel(ctx, at, a, order)])


METHODS["flatten"] = _flatten


@means("copy")
def _copy(ctx: Context, at: Place, a: Sugar, order: Sugar = C_ORDER, subok: Sugar = FALSE) -> Sugar:
    return ctx.op("aten::clone", at, [as_array(ctx, at, a)])


@means("transpose", "permute_dims")
def transpose(ctx: Context, at: Place, a: Sugar, *axes: Sugar, **named: Sugar) -> Sugar:
    order = [*axes, *named.values()]
    if not order or not given(order[0]):
        return ctx.op("aten::numpy_T", at, [a])
    whole = order[0] if len(order) == 1 and not is_number(order[0]) else TupleSugar(order)
    return ctx.op("aten::permute", at, [a, whole])


@means("swapaxes")
def _swapaxes(ctx: Context, at: Place, a: Sugar, axis1: Sugar, axis2: Sugar) -> Sugar:
    return ctx.op("aten::transpose.int", at, [a, axis1, axis2])


@means("matrix_transpose")
def matrix_transpose(ctx: Context, at: Place, x: Sugar) -> Sugar:
    return ctx.op("aten::transpose.int", at, [x, Constant(-2), Constant(-1)])


@means("moveaxis")
def _moveaxis(ctx: Context, at: Place, a: Sugar, source: Sugar, destination: Sugar) -> Sugar:
    places = [axes_of(ctx, at, source), axes_of(ctx, at, destination)]
    return ctx.op("aten::movedim.intlist", at, [a, *places])


@means("expand_dims")
def _expand_dims(ctx: Context, at: Place, a: Sugar, axis: Sugar) -> Sugar:
    x = as_array(ctx, at, a)
    dims = items_of(ctx, at, axis)
    known = [dim.static() for dim in dims]
    if len(dims) > 1:
        plain = [dim for dim in known if isinstance(dim, int) and dim >= 0]
        if len(plain) != len(known):
            raise ctx.problem("TSX3303", at, what="several axes counted from the end")
        dims = [Constant(dim) for dim in sorted(plain)]
    for dim in dims:
        x = ctx.op("aten::unsqueeze", at, [x, dim])
    return x


@means("squeeze")
def _squeeze(ctx: Context, at: Place, a: Sugar, axis: Sugar | None = None) -> Sugar:
    if axis is None or not given(axis):
        return ctx.op("aten::squeeze", at, [a])
    return ctx.op("aten::squeeze.dims", at, [a, axes_of(ctx, at, axis)])


@means("broadcast_to")
def _broadcast_to(
    ctx: Context, at: Place, array: Sugar, shape: Sugar, subok: Sugar = FALSE
) -> Sugar:
    return ctx.op("aten::expand", at, [as_array(ctx, at, array), shape])


def _at_least(rank: int) -> None:
    @means(f"atleast_{rank}d")
    def raise_rank(ctx: Context, at: Place, *arrays: Sugar) -> Sugar:
        made = [ctx.op(f"aten::atleast_{rank}d", at, [as_array(ctx, at, a)]) for a in arrays]
        return made[0] if len(made) == 1 else TupleSugar(made)


for _rank in (1, 2, 3):
    _at_least(_rank)


@means("shape", method=False)
def _shape(ctx: Context, at: Place, a: Sugar) -> Sugar:
    return as_array(ctx, at, a).attribute(ctx, at, "shape")


@means("ndim", method=False)
def _ndim(ctx: Context, at: Place, a: Sugar) -> Sugar:
    return ctx.op("aten::dim", at, [as_array(ctx, at, a)])


@means("size", method=False)
def _size(ctx: Context, at: Place, a: Sugar, axis: Sugar | None = None) -> Sugar:
    x = as_array(ctx, at, a)
    if axis is None or not given(axis):
        return ctx.op("aten::numel", at, [x])
    return ctx.op("aten::size.int", at, [x, axis])


# -- joining, splitting, repeating ------------------------------------------------------------------------------------


def same_type(ctx: Context, at: Place, function: str, arrays: Sugar) -> Sugar:
    """A sequence of arrays, all of the type they have in common."""
    items = ctx.parts(arrays, at)
    if items is not None:
        made = [as_array(ctx, at, item) for item in items]
        return ListLiteral(promoted(ctx, at, function, made))
    if isinstance(arrays.type, ty.ListType) and isinstance(arrays.type.element, ty.TensorType):
        return arrays
    raise ctx.problem("TSX3303", at, what=arrays.describe())


@means("concatenate", "concat")
def _concatenate(
    ctx: Context, at: Place, arrays: Sugar, axis: Sugar | None = ZERO, out: Sugar | None = None,
) -> Sugar:  # fmt: skip
    no_out(ctx, at, out)
    made = same_type(ctx, at, "concatenate", arrays)
    if axis is None or not given(axis):
        items = ctx.parts(made, at) or []
        return ctx.op(
            "aten::cat", at, [ListLiteral([ravel(ctx, at, x) for x in items]), Constant(0)]
        )
    return ctx.op("aten::cat", at, [made, axis])


@means("stack")
def _stack(
    ctx: Context, at: Place, arrays: Sugar, axis: Sugar = ZERO, out: Sugar | None = None
) -> Sugar:
    no_out(ctx, at, out)
    return ctx.op("aten::stack", at, [same_type(ctx, at, "stack", arrays), axis])


def _stacked(name: str) -> None:
    @means(name)
    def join(ctx: Context, at: Place, tup: Sugar) -> Sugar:
        return ctx.op(f"aten::{name}", at, [same_type(ctx, at, name, tup)])


for _name in ("vstack", "hstack", "dstack", "column_stack"):
    _stacked(_name)


@means("split", "array_split")
def _split(
    ctx: Context, at: Place, ary: Sugar, indices_or_sections: Sugar, axis: Sugar = ZERO
) -> Sugar:
    kind = "sections" if is_number(indices_or_sections) else "indices"
    return ctx.op(f"aten::tensor_split.{kind}", at, [ary, indices_or_sections, axis])


@means("tile")
def _tile(ctx: Context, at: Place, A: Sugar, reps: Sugar) -> Sugar:
    return ctx.op("aten::tile", at, [as_array(ctx, at, A), axes_of(ctx, at, reps)])


@means("repeat")
def _repeat(ctx: Context, at: Place, a: Sugar, repeats: Sugar, axis: Sugar = NONE) -> Sugar:
    if is_array(repeats):
        return ctx.op("aten::repeat_interleave.self_Tensor", at, [a, repeats, axis])
    return ctx.op("aten::repeat_interleave.self_int", at, [a, repeats, axis])


@means("flip")
def _flip(ctx: Context, at: Place, m: Sugar, axis: Sugar | None = None) -> Sugar:
    dims = axes_of(ctx, at, axis)
    if dims is NONE:
        dims = ListLiteral([Constant(dim) for dim in range(rank_of(ctx, at, m))])
    return ctx.op("aten::flip", at, [m, dims])


@means("fliplr")
def _fliplr(ctx: Context, at: Place, m: Sugar) -> Sugar:
    return ctx.op("aten::fliplr", at, [m])


@means("flipud")
def _flipud(ctx: Context, at: Place, m: Sugar) -> Sugar:
    return ctx.op("aten::flipud", at, [m])


@means("roll")
def _roll(ctx: Context, at: Place, a: Sugar, shift: Sugar, axis: Sugar | None = None) -> Sugar:
    dims = axes_of(ctx, at, axis)
    return ctx.op(
        "aten::roll", at, [a, axes_of(ctx, at, shift), ListLiteral([]) if dims is NONE else dims]
    )


@means("pad")
def _pad(
    ctx: Context, at: Place, array: Sugar, pad_width: Sugar, mode: Sugar = _CONSTANT,
    constant_values: Sugar = ZERO,
) -> Sugar:  # fmt: skip
    if mode.static() != "constant" or not is_number(constant_values):
        raise ctx.problem("TSX3306", at, what="this form of np.pad", way="np.pad with one constant")
    x = as_array(ctx, at, array)
    if is_number(pad_width):
        sides = ctx.op("aten::mul.int", at, [ctx.op("aten::dim", at, [x]), Constant(2)])
        flat = operators.binary(ctx, ast.Mult(), ListLiteral([pad_width]), sides, at)
    else:
        widths = _pad_widths(ctx, at, x, pad_width)
        flat = ListLiteral([side for pair in reversed(widths) for side in pair])
    return ctx.op("aten::constant_pad_nd", at, [x, flat, constant_values])


def _pad_widths(ctx: Context, at: Place, array: Sugar, width: Sugar) -> list[Sequence[Sugar]]:
    items = items_of(ctx, at, width)
    if all(map(is_number, items)):
        pair = items * 2 if len(items) == 1 else items
        return [pair] * rank_of(ctx, at, array)
    pairs = [items_of(ctx, at, item) for item in items]
    both = [pair * 2 if len(pair) == 1 else pair for pair in pairs]
    return [*both] * rank_of(ctx, at, array) if len(both) == 1 else [*both]
