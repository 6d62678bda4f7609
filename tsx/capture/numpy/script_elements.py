"""NumPy's functions in scripted code that make arrays, multiply them, and pick or change elements."""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING

from tsx.capture.numpy.script_arithmetic import (
    array_of,
    as_array,
    cast,
    compute_type,
    elementwise,
    is_array,
    is_number,
    need_room,
    need_room_in,
    promoted,
    ufunc,
)
from tsx.capture.numpy.script_functions import (
    FALSE,
    LAST,
    METHODS,
    NONE,
    ONE,
    TRUE,
    ZERO,
    accumulated,
    axes_of,
    given,
    items_of,
    means,
    no_out,
    ravel,
)
from tsx.capture.numpy.script_types import dtype_of
from tsx.capture.script import comparisons
from tsx.capture.script.tensors import ELLIPSIS
from tsx.capture.script.values import Code, Constant, ListLiteral, Slice, Sugar, TupleSugar
from tsx.ir import types as ty
from tsx.ir.types import DType

if TYPE_CHECKING:
    from tsx.capture.script.context import Context
    from tsx.capture.script.source import Place

_FLOAT64 = Constant(Code(7, "ScalarType"))
_INT64 = Constant(Code(4, "ScalarType"))
_BOOL = Constant(Code(11, "ScalarType"))
_TWO, _FIFTY, _XY, _LEFT = Constant(2), Constant(50), Constant("xy"), Constant("left")
_ZERO_FLOAT, _RTOL, _ATOL = Constant(0.0), Constant(1e-5), Constant(1e-8)


# -- making arrays ----------------------------------------------------------------------------------------------------


def _code(ctx: Context, at: Place, dtype: Sugar | None, default: Sugar) -> Sugar:
    return dtype_of(ctx, at, dtype) if dtype is not None and given(dtype) else default


def _filled(name: str, operator: str) -> None:
    @means(name)
    def make(
        ctx: Context, at: Place, shape: Sugar, dtype: Sugar | None = None, order: Sugar = NONE
    ) -> Sugar:
        sizes = ListLiteral([shape]) if is_number(shape) else shape
        return ctx.op(operator, at, [sizes], {"dtype": _code(ctx, at, dtype, _FLOAT64)})


_filled("zeros", "aten::zeros")
_filled("ones", "aten::ones")
_filled("empty", "aten::zeros")


@means("full")
def _full(
    ctx: Context, at: Place, shape: Sugar, fill_value: Sugar, dtype: Sugar | None = None
) -> Sugar:
    sizes = ListLiteral([shape]) if is_number(shape) else shape
    code = _code(ctx, at, dtype, _of_number(ctx, at, fill_value))
    need_room_in(ctx, at, fill_value, code)
    return ctx.op("aten::full", at, [sizes, fill_value], {"dtype": code})


def _of_number(ctx: Context, at: Place, *numbers: Sugar) -> Sugar:
    """The type that NumPy gives an array of such Python numbers."""
    types = [number.type for number in numbers]
    for type, code in ((ty.FLOAT, _FLOAT64), (ty.INT, _INT64), (ty.BOOL, _BOOL)):
        if type in types:
            return code
    raise ctx.problem("TSX3302", at, what=numbers[0].describe())


def _like(name: str, operator: str) -> None:
    @means(name)
    def make(ctx: Context, at: Place, a: Sugar, *fill: Sugar, **named: Sugar) -> Sugar:
        dtype = named.pop("dtype", None)
        extra = [*fill, *(named[k] for k in ("fill_value",) if k in named)]
        keywords = {"dtype": dtype_of(ctx, at, dtype)} if dtype is not None and given(dtype) else {}
        array = as_array(ctx, at, a)
        for number in extra:
            if keywords:
                need_room_in(ctx, at, number, keywords["dtype"])
            else:
                need_room(ctx, at, number, array=array)
        return ctx.op(operator, at, [array, *extra], keywords)


_like("zeros_like", "aten::zeros_like")
_like("empty_like", "aten::zeros_like")
_like("ones_like", "aten::ones_like")
_like("full_like", "aten::full_like")


@means("arange")
def _arange(
    ctx: Context, at: Place, start: Sugar, stop: Sugar | None = None, step: Sugar = ONE,
    dtype: Sugar | None = None,
) -> Sugar:  # fmt: skip
    low, high = (Constant(0), start) if stop is None or not given(stop) else (start, stop)
    code = _code(ctx, at, dtype, _of_number(ctx, at, low, high, step))
    return ctx.op("aten::arange.start_step", at, [low, high, step], {"dtype": code})


@means("linspace")
def _linspace(
    ctx: Context, at: Place, start: Sugar, stop: Sugar, num: Sugar = _FIFTY,
    dtype: Sugar | None = None,
) -> Sugar:  # fmt: skip
    named = {"dtype": _code(ctx, at, dtype, _FLOAT64)}
    return ctx.op("aten::linspace", at, [start, stop, num], named)


@means("eye", "identity")
def _eye(
    ctx: Context, at: Place, N: Sugar, M: Sugar | None = None, k: Sugar = ZERO,
    dtype: Sugar | None = None,
) -> Sugar:  # fmt: skip
    columns = M if M is not None and given(M) else N
    named = {"dtype": _code(ctx, at, dtype, _FLOAT64)}
    if k.static() == 0:
        return ctx.op("aten::eye.m", at, [N, columns], named)
    full = ctx.op("aten::ones", at, [ListLiteral([N, columns])], named)
    return ctx.op("aten::tril", at, [ctx.op("aten::triu", at, [full, k]), k])


@means("array")
def _array(
    ctx: Context, at: Place, object: Sugar, dtype: Sugar | None = None, *, copy: Sugar = TRUE,
    ndmin: Sugar = ZERO,
) -> Sugar:  # fmt: skip
    code = dtype_of(ctx, at, dtype) if dtype is not None and given(dtype) else None
    made = array_of(ctx, at, object, code)
    if is_array(object) and copy.static() is True:
        made = ctx.op("aten::clone", at, [made])
    return made


@means("asarray", "asanyarray", "ascontiguousarray")
def _asarray(ctx: Context, at: Place, a: Sugar, dtype: Sugar | None = None) -> Sugar:
    code = dtype_of(ctx, at, dtype) if dtype is not None and given(dtype) else None
    return array_of(ctx, at, a, code)


@means("meshgrid")
def _meshgrid(ctx: Context, at: Place, *xi: Sugar, indexing: Sugar = _XY) -> Sugar:
    arrays = [as_array(ctx, at, x) for x in xi]
    axes = list(range(len(arrays)))
    if indexing.static() == "xy" and len(arrays) > 1:
        axes[:2] = [1, 0]  # the first array runs along the columns
    sizes: list[Sugar] = [ctx.op("aten::numel", at, [arrays[axes.index(d)]]) for d in sorted(axes)]
    items: list[Sugar] = []
    for array, axis in zip(arrays, axes, strict=True):
        shape = [LAST if d == axis else ONE for d in range(len(arrays))]
        flat = ctx.op("aten::reshape", at, [array, ListLiteral([*shape])])
        items.append(
            ctx.op("aten::clone", at, [ctx.op("aten::expand", at, [flat, ListLiteral(sizes)])])
        )
    return TupleSugar(items)


@means("astype")
def _astype(
    ctx: Context, at: Place, x: Sugar, dtype: Sugar, order: Sugar = NONE, casting: Sugar = NONE,
    subok: Sugar = TRUE, copy: Sugar = TRUE,
) -> Sugar:  # fmt: skip
    code = dtype_of(ctx, at, dtype)
    return ctx.op("aten::to.dtype", at, [x, code], {"copy": copy})


METHODS["astype"] = _astype


# -- products ---------------------------------------------------------------------------------------------------------


@means("dot")
def _dot(ctx: Context, at: Place, a: Sugar, b: Sugar, out: Sugar | None = None) -> Sugar:
    no_out(ctx, at, out)
    if is_number(a) or is_number(b):
        return ufunc(ctx, at, "multiply", [a, b])
    return ufunc(ctx, at, "matmul", [a, b])


@means("inner")
def _inner(ctx: Context, at: Place, a: Sugar, b: Sugar) -> Sugar:
    return ctx.op("aten::inner", at, promoted(ctx, at, "multiply", [a, b]))


@means("outer")
def _outer(ctx: Context, at: Place, a: Sugar, b: Sugar, out: Sugar | None = None) -> Sugar:
    no_out(ctx, at, out)
    flat = [ravel(ctx, at, as_array(ctx, at, x)) for x in (a, b)]
    return ctx.op("aten::outer", at, promoted(ctx, at, "multiply", flat))


@means("append", method=False)
def _append(ctx: Context, at: Place, arr: Sugar, values: Sugar, axis: Sugar | None = None) -> Sugar:
    parts = promoted(ctx, at, "concatenate", [as_array(ctx, at, x) for x in (arr, values)])
    if axis is None or not given(axis):
        parts, axis = [ravel(ctx, at, part) for part in parts], ZERO
    return ctx.op("aten::cat", at, [ListLiteral(parts), axis])


@means("tensordot")
def _tensordot(ctx: Context, at: Place, a: Sugar, b: Sugar, axes: Sugar = _TWO) -> Sugar:
    arrays = promoted(ctx, at, "multiply", [a, b])
    count = axes.static()
    if isinstance(count, int):
        first: Sugar = ListLiteral([Constant(dim) for dim in range(-count, 0)])
        second: Sugar = ListLiteral([Constant(dim) for dim in range(count)])
    else:
        first, second = (axes_of(ctx, at, part) for part in items_of(ctx, at, axes))
    return ctx.op("aten::tensordot", at, [*arrays, first, second])


@means("einsum")
def _einsum(ctx: Context, at: Place, subscripts: Sugar, *operands: Sugar) -> Sugar:
    arrays = promoted(ctx, at, "einsum", [as_array(ctx, at, x) for x in operands])
    return ctx.op("aten::einsum", at, [subscripts, ListLiteral(arrays)])


@means("linalg.norm")
def _norm(
    ctx: Context, at: Place, x: Sugar, ord: Sugar = NONE, axis: Sugar | None = None,
    keepdims: Sugar = FALSE,
) -> Sugar:  # fmt: skip
    order = ord.static()
    array, _ = accumulated(ctx, at, "norm", x, None)
    power: Sugar = Constant(2) if order in (None, "fro") else ord
    if order in (None, "fro") or (axis is not None and is_number(axis)):
        axes = axes_of(ctx, at, axis)
        return ctx.op("aten::linalg_vector_norm", at, [array, power, axes, keepdims])
    if not isinstance(order, (int, float)) or (axis is not None and given(axis)):
        raise ctx.problem(
            "TSX3306",
            at,
            what="this form of np.linalg.norm",
            way="an axis that is one int, or no ord",
        )

    def vector() -> Sugar:
        return ctx.op("aten::linalg_vector_norm", at, [array, power, NONE, keepdims])

    def matrix() -> Sugar:
        if abs(order) not in (1, math.inf):
            ctx.raise_exception(
                "ValueError", Constant(f"np.linalg.norm of a matrix with ord={order}"), at
            )
            return array
        axes = ListLiteral([Constant(-2), LAST])
        return ctx.op("aten::linalg_matrix_norm", at, [array, power, axes, keepdims])

    rank = ctx.op("aten::dim", at, [array])
    return ctx.choose(comparisons.equal(ctx, rank, ONE, at).as_value(ctx, at), vector, matrix, at)


# -- elements ---------------------------------------------------------------------------------------------------------


@means("where")
def _where(
    ctx: Context, at: Place, condition: Sugar, x: Sugar | None = None, y: Sugar | None = None
) -> Sugar:
    mask = cast(ctx, at, as_array(ctx, at, condition), _BOOL)
    if x is None or y is None:
        return ctx.op("aten::nonzero_numpy", at, [mask])
    if is_number(x) and is_number(y):
        x = as_array(ctx, at, x, _of_number(ctx, at, x, y))
    code = compute_type(ctx, at, "where", [x, y])
    choices = [cast(ctx, at, as_array(ctx, at, choice), code) for choice in (x, y)]
    return ctx.op("aten::where.self", at, [mask, *choices])


@means("nonzero")
def _nonzero(ctx: Context, at: Place, a: Sugar) -> Sugar:
    return ctx.op("aten::nonzero_numpy", at, [a])


@means("argwhere")
def _argwhere(ctx: Context, at: Place, a: Sugar) -> Sugar:
    return ctx.op("aten::nonzero", at, [a])


@means("clip")
def _clip(
    ctx: Context, at: Place, a: Sugar, a_min: Sugar | None = None, a_max: Sugar | None = None,
    out: Sugar | None = None, *, min: Sugar | None = None, max: Sugar | None = None,
) -> Sugar:  # fmt: skip
    no_out(ctx, at, out)
    x = as_array(ctx, at, a)
    bounds = (("maximum", min or a_min), ("minimum", max or a_max))
    for name, bound in bounds:
        if bound is not None and given(bound) and bound.type == ty.INT:
            x = _clipped(ctx, at, name, x, bound)
        elif bound is not None and given(bound):
            x = ufunc(ctx, at, name, [x, bound])
    return x


def _clipped(ctx: Context, at: Place, name: str, x: Sugar, bound: Sugar) -> Sugar:
    """A bound that is a Python int: one that no element can reach cuts nothing off, where ``np.maximum`` raises."""
    known = bound.static()
    toward = "max" if name == "maximum" else "min"
    if isinstance(known, int):
        harmful: Sugar = Constant(
            builtins.max(known, 0) if toward == "max" else builtins.min(known, 0)
        )
    else:
        harmful = ctx.op(f"prim::{toward}.int", at, [bound, ZERO])
    need_room(ctx, at, harmful, array=x)
    code = compute_type(ctx, at, "clip", [x, bound])
    wide = compute_type(ctx, at, "less", [x, bound])
    return cast(ctx, at, elementwise(ctx, at, name, [x, bound], wide), code)


@means("round", "around")
def _round(
    ctx: Context, at: Place, a: Sugar, decimals: Sugar = ZERO, out: Sugar | None = None
) -> Sugar:
    no_out(ctx, at, out)
    x = as_array(ctx, at, a)
    if decimals.static() == 0:
        return ctx.op("aten::round", at, [x])

    def rounded(x: Sugar) -> Sugar:
        return ctx.op("aten::round.decimals", at, [x], {"decimals": decimals})

    def of_ints() -> Sugar:
        """To tens, hundreds, …, by way of float64; places behind the point change nothing."""

        def tens() -> Sugar:
            wide = rounded(cast(ctx, at, x, Constant(Code(DType.FLOAT64.code, "ScalarType"))))
            return ctx.op("aten::to.other", at, [wide, x])

        known = decimals.static()
        if isinstance(known, int):
            return tens() if known < 0 else ctx.op("aten::clone", at, [x])
        is_left = ctx.op("aten::lt.int", at, [decimals, ZERO]).as_value(ctx, at)
        return ctx.choose(is_left, tens, lambda: ctx.op("aten::clone", at, [x]), at)

    dtype = x.type.dtype if isinstance(x.type, ty.TensorType) else None
    if dtype is not None:
        return of_ints() if dtype.is_integer else rounded(x)
    is_float = ctx.op("aten::is_floating_point", at, [x])
    code = [ctx.op("prim::dtype", at, [x]).as_value(ctx, at), ctx.constant(DType.BOOL.code, at)]
    is_bool = ctx.emit("aten::eq.int", code, ty.BOOL, at)  # which round refuses, as NumPy does
    no_int = ctx.any_true([lambda: is_float, lambda: is_bool], at).as_value(ctx, at)
    return ctx.choose(no_int, lambda: rounded(x), of_ints, at)


@means("take")
def _take(ctx: Context, at: Place, a: Sugar, indices: Sugar, axis: Sugar | None = None) -> Sugar:
    x = as_array(ctx, at, a)
    if axis is None or not given(axis):
        flat: Sugar = ravel(ctx, at, x)
        return flat.subscript(ctx, at, indices)
    place = axis.static()
    if not isinstance(place, int):
        raise ctx.problem("TSX3303", at, what="an axis that isn't known")
    whole = Slice(NONE, NONE, NONE)
    if place >= 0:
        return x.subscript(ctx, at, TupleSugar([*[whole] * place, indices]))
    return x.subscript(ctx, at, TupleSugar([ELLIPSIS, indices, *[whole] * (-place - 1)]))


@means("take_along_axis")
def _take_along_axis(
    ctx: Context, at: Place, arr: Sugar, indices: Sugar, axis: Sugar = LAST
) -> Sugar:
    return ctx.op("aten::take_along_dim", at, [arr, cast(ctx, at, indices, _INT64), axis])


@means("sort", method=False)
def _sort(ctx: Context, at: Place, a: Sugar, axis: Sugar = LAST) -> Sugar:
    return ctx.op("aten::sort", at, [a, axis, FALSE]).subscript(ctx, at, Constant(0))


def _sort_in_place(ctx: Context, at: Place, a: Sugar, axis: Sugar = LAST) -> Sugar:
    ctx.op("aten::copy_", at, [a, _sort(ctx, at, a, axis)])
    return NONE


METHODS["sort"] = _sort_in_place


@means("argsort")
def _argsort(ctx: Context, at: Place, a: Sugar, axis: Sugar = LAST, kind: Sugar = NONE) -> Sugar:
    named = {"stable": TRUE, "dim": axis, "descending": FALSE}
    return ctx.op("aten::sort.stable", at, [a], named).subscript(ctx, at, Constant(1))


@means("unique")
def _unique(ctx: Context, at: Place, ar: Sugar) -> Sugar:
    made = ctx.op("aten::_unique2", at, [ar, TRUE, FALSE, FALSE])
    return made.subscript(ctx, at, Constant(0))


@means("bincount")
def _bincount(
    ctx: Context, at: Place, x: Sugar, weights: Sugar = NONE, minlength: Sugar = ZERO
) -> Sugar:
    return ctx.op("aten::bincount", at, [x, weights, minlength])


@means("searchsorted")
def _searchsorted(ctx: Context, at: Place, a: Sugar, v: Sugar, side: Sugar = _LEFT) -> Sugar:
    arrays = promoted(ctx, at, "searchsorted", [a, as_array(ctx, at, v)])
    return ctx.op("aten::searchsorted.Tensor", at, arrays, {"side": side})


def _triangle(name: str) -> None:
    @means(name)
    def keep(ctx: Context, at: Place, m: Sugar, k: Sugar = ZERO) -> Sugar:
        return ctx.op(f"aten::{name}", at, [m, k])


_triangle("tril")
_triangle("triu")


@means("diagonal", "diag")
def _diagonal(ctx: Context, at: Place, v: Sugar, k: Sugar = ZERO) -> Sugar:
    return ctx.op("aten::diag", at, [v, k])


@means("trace")
def _trace(ctx: Context, at: Place, a: Sugar) -> Sugar:
    return ctx.op("aten::trace", at, [a])


@means("diff")
def _diff(ctx: Context, at: Place, a: Sugar, n: Sugar = ONE, axis: Sugar = LAST) -> Sugar:
    return ctx.op("aten::diff", at, [a, n, axis])


@means("nan_to_num")
def _nan_to_num(
    ctx: Context, at: Place, x: Sugar, copy: Sugar = TRUE, nan: Sugar = _ZERO_FLOAT,
    posinf: Sugar = NONE, neginf: Sugar = NONE,
) -> Sugar:  # fmt: skip
    return ctx.op("aten::nan_to_num", at, [as_array(ctx, at, x), nan, posinf, neginf])


@means("isclose")
def _isclose(
    ctx: Context, at: Place, a: Sugar, b: Sugar, rtol: Sugar = _RTOL,
    atol: Sugar = _ATOL, equal_nan: Sugar = FALSE,
) -> Sugar:  # fmt: skip
    arrays = promoted(ctx, at, "subtract", [as_array(ctx, at, a), as_array(ctx, at, b)])
    return ctx.op("aten::isclose", at, [*arrays, rtol, atol, equal_nan])


@means("array_equal")
def _array_equal(ctx: Context, at: Place, a1: Sugar, a2: Sugar) -> Sugar:
    return ctx.op("aten::equal", at, [as_array(ctx, at, a1), as_array(ctx, at, a2)])


def _fill(ctx: Context, at: Place, x: Sugar, value: Sugar) -> Sugar:
    need_room(ctx, at, value, array=x)
    ctx.op("aten::fill_", at, [x, value])
    return NONE


METHODS["fill"] = _fill
