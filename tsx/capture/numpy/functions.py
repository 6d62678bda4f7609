"""NumPy's functions and array methods as operators.

``METHODS`` answers ``x.sum()`` and its like, ``apply`` the functions that reach ``__array_function__``. Each gives
NumPy's result type: sums and means are taken in the type that NumPy takes them in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tsx.capture.numpy import ufuncs
from tsx.capture.numpy.recorder import concrete, result_dtype
from tsx.ir.types import DType
from tsx.ops.dtypes import dtype_of, from_numpy

if TYPE_CHECKING:
    from tsx.capture.numpy.recorder import Recorder

Function = Callable[..., Any]
METHODS: dict[str, Function] = {}
FUNCTIONS: dict[Function, Function] = {}


def apply(recorder: Recorder, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What ``__array_function__`` answers."""
    known = FUNCTIONS.get(func)
    if known is not None:
        return known(recorder, *args, **kwargs)
    plain = {k: concrete(v) for k, v in kwargs.items()}
    return recorder.unsupported(f"numpy.{func.__name__}", func(*concrete(args), **plain))


def answers(*names: str, method: bool = True) -> Callable[[Function], Function]:
    """Registers a function for ``numpy.name`` and, where arrays have it, as a method."""

    def add(function: Function) -> Function:
        for name in names:
            module: Any = np
            for part in name.split(".")[:-1]:
                module = getattr(module, part)
            func = getattr(module, name.rpartition(".")[2], None)
            if func is not None:
                FUNCTIONS[func] = function
            if method and "." not in name and hasattr(np.ndarray, name):
                METHODS[name] = function
        return function

    return add


def _real(x: Any) -> Any:
    return np.asarray(concrete(x))


def _same_type(recorder: Recorder, arrays: Sequence[Any]) -> list[Any]:
    common = from_numpy(np.result_type(*(_real(a) for a in arrays)))
    return [recorder.cast(a, common) for a in arrays]


def _axes(axis: Any) -> list[Any] | None:
    if axis is None:
        return None
    return list(axis) if isinstance(axis, (tuple, list)) else [axis]


# Reductions.


def _accumulated(recorder: Recorder, x: Any, dtype: Any, actual: Any) -> tuple[Any, DType]:
    """``x`` in the type that NumPy accumulates in, and that type."""
    target = from_numpy(np.dtype(dtype)) if dtype is not None else result_dtype(actual)
    return recorder.cast(x, target), target


@answers("sum")
@ufuncs.reduction("add")
def _sum(
    recorder: Recorder,
    x: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
) -> Any:
    x, target = _accumulated(recorder, x, dtype, _real(x).sum(axis=axis, dtype=dtype))
    return recorder.aten("sum.dim_IntList", x, _axes(axis), bool(keepdims), target.code)


@answers("mean", "average")
def _mean(
    recorder: Recorder,
    x: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
) -> Any:
    x, target = _accumulated(recorder, x, dtype, _real(x).mean(axis=axis, dtype=dtype))
    return recorder.aten("mean.dim", x, _axes(axis), bool(keepdims), target.code)


@answers("prod")
@ufuncs.reduction("multiply")
def _prod(
    recorder: Recorder,
    x: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
) -> Any:
    x, target = _accumulated(recorder, x, dtype, _real(x).prod(axis=axis, dtype=dtype))
    dims = range(x.ndim) if axis is None else [a % x.ndim for a in _axes(axis) or ()]
    for dim in sorted(dims, reverse=True):
        x = recorder.aten("prod.dim_int", x, dim, bool(keepdims), target.code)
    return x


def _spread(name: str) -> Function:
    def compute(
        recorder: Recorder,
        x: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: int = 0,
        keepdims: bool = False,
    ) -> Any:
        x, _ = _accumulated(recorder, x, dtype, getattr(_real(x), name)(axis=axis, dtype=dtype))
        return recorder.aten(f"{name}.correction", x, _axes(axis), ddof, bool(keepdims))

    return compute


answers("var")(_spread("var"))
answers("std")(_spread("std"))


def _extreme(name: str) -> Function:
    def compute(
        recorder: Recorder,
        x: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        **_: Any,
    ) -> Any:
        return recorder.aten(name, x, _axes(axis) or [], bool(keepdims))

    return compute


answers("max", "amax")(ufuncs.reduction("maximum")(_extreme("amax")))
answers("min", "amin")(ufuncs.reduction("minimum")(_extreme("amin")))


def _truth(name: str) -> Function:
    def compute(
        recorder: Recorder,
        x: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        **_: Any,
    ) -> Any:
        dims = range(x.ndim) if axis is None else [a % x.ndim for a in _axes(axis) or ()]
        x = recorder.cast(x, DType.BOOL)
        for dim in sorted(dims, reverse=True):
            x = recorder.aten(f"{name}.dim", x, dim, bool(keepdims))
        return x

    return compute


answers("any")(ufuncs.reduction("logical_or")(_truth("any")))
answers("all")(ufuncs.reduction("logical_and")(_truth("all")))


@answers("argmax")
def _argmax(
    recorder: Recorder, x: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False
) -> Any:
    return recorder.aten("argmax", x, axis, bool(keepdims))


@answers("argmin")
def _argmin(
    recorder: Recorder, x: Any, axis: Any = None, out: Any = None, *, keepdims: bool = False
) -> Any:
    return recorder.aten("argmin", x, axis, bool(keepdims))


def _cumulative(name: str) -> Function:
    def compute(
        recorder: Recorder, x: Any, axis: Any = None, dtype: Any = None, out: Any = None
    ) -> Any:
        x, target = _accumulated(
            recorder, x, dtype, getattr(_real(x), name)(axis=axis, dtype=dtype)
        )
        flat = ravel(recorder, x) if axis is None else x
        return recorder.aten(name, flat, 0 if axis is None else axis, target.code)

    return compute


answers("cumsum")(_cumulative("cumsum"))
answers("cumprod")(_cumulative("cumprod"))


@answers("quantile")
def _quantile(
    recorder: Recorder, x: Any, q: float, axis: Any = None, keepdims: bool = False, **_: Any
) -> Any:
    x = recorder.cast(x, result_dtype(np.quantile(_real(x), q, axis=axis)))
    return recorder.aten("quantile.scalar", x, float(q), axis, bool(keepdims))


@answers("percentile")
def _percentile(
    recorder: Recorder, x: Any, q: float, axis: Any = None, keepdims: bool = False, **_: Any
) -> Any:
    return _quantile(recorder, x, q / 100, axis, keepdims)


@answers("median")
def _median(
    recorder: Recorder,
    x: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:
    return _quantile(recorder, x, 0.5, axis, keepdims)


# Shapes.


@answers("reshape")
def _reshape(recorder: Recorder, x: Any, *shape: Any, order: str = "C", **keywords: Any) -> Any:
    shape = (keywords["shape"],) if "shape" in keywords else shape
    sizes = (
        list(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else list(shape)
    )
    return recorder.aten("reshape", x, sizes)


@answers("ravel")
def ravel(recorder: Recorder, x: Any, order: str = "C") -> Any:
    return recorder.aten("reshape", x, [-1])


METHODS["flatten"] = lambda recorder, x, order="C": recorder.aten("clone", ravel(recorder, x))
METHODS["copy"] = lambda recorder, x, order="C": recorder.aten("clone", x)
METHODS["view"] = lambda recorder, x, *_: recorder.aten("alias", x)


@answers("transpose", "permute_dims")
def transpose(recorder: Recorder, x: Any, *axes: Any, **keywords: Any) -> Any:
    given = keywords.get("axes", axes[0] if len(axes) == 1 else axes or None)
    dims = list(range(x.ndim))[::-1] if given is None else list(given)
    return recorder.aten("permute", x, dims)


@answers("swapaxes")
def _swapaxes(recorder: Recorder, x: Any, axis1: int, axis2: int) -> Any:
    return recorder.aten("transpose.int", x, axis1, axis2)


@answers("matrix_transpose")
def _matrix_transpose(recorder: Recorder, x: Any) -> Any:
    return recorder.aten("transpose.int", x, -2, -1)


@answers("moveaxis")
def _moveaxis(recorder: Recorder, x: Any, source: Any, destination: Any) -> Any:
    return recorder.aten("movedim.intlist", x, _axes(source), _axes(destination))


@answers("expand_dims")
def _expand_dims(recorder: Recorder, x: Any, axis: Any) -> Any:
    rank = x.ndim + len(_axes(axis) or ())
    for dim in sorted(a % rank for a in _axes(axis) or ()):
        x = recorder.aten("unsqueeze", x, dim)
    return x


@answers("squeeze")
def _squeeze(recorder: Recorder, x: Any, axis: Any = None) -> Any:
    sizes = x.shape
    wanted = range(x.ndim) if axis is None else [a % x.ndim for a in _axes(axis) or ()]
    _real(x).squeeze(axis)  # NumPy's own error when a size is not 1
    for dim in sorted((d for d in wanted if sizes[d] == 1), reverse=True):
        x = recorder.aten("squeeze.dim", x, dim)
    return x


@answers("broadcast_to")
def _broadcast_to(recorder: Recorder, x: Any, shape: Any, subok: bool = False) -> Any:
    return recorder.aten("expand", x, _axes(shape), False)


@answers("atleast_1d")
def _atleast_1d(recorder: Recorder, x: Any) -> Any:
    return x if x.ndim else recorder.aten("unsqueeze", x, 0)


@answers("atleast_2d")
def _atleast_2d(recorder: Recorder, x: Any) -> Any:
    while x.ndim < 2:
        x = recorder.aten("unsqueeze", x, 0)
    return x


@answers("shape", method=False)
def _shape(recorder: Recorder, x: Any) -> Any:
    return x.shape


@answers("ndim", method=False)
def _ndim(recorder: Recorder, x: Any) -> Any:
    return x.ndim


@answers("size", method=False)
def _size(recorder: Recorder, x: Any, axis: int | None = None) -> Any:
    return x.size if axis is None else x.shape[axis]


# Joining, splitting, repeating.


@answers("concatenate", "concat")
def _concatenate(recorder: Recorder, arrays: Any, axis: int | None = 0, **_: Any) -> Any:
    items = _same_type(recorder, list(arrays))
    if axis is None:
        items, axis = [ravel(recorder, a) for a in items], 0
    return recorder.aten("cat", items, axis)


@answers("stack")
def _stack(recorder: Recorder, arrays: Any, axis: int = 0, **_: Any) -> Any:
    return recorder.aten("stack", _same_type(recorder, list(arrays)), axis)


@answers("vstack")
def _vstack(recorder: Recorder, tup: Any, **_: Any) -> Any:
    return recorder.aten("vstack", _same_type(recorder, list(tup)))


@answers("hstack")
def _hstack(recorder: Recorder, tup: Any, **_: Any) -> Any:
    return recorder.aten("hstack", _same_type(recorder, list(tup)))


@answers("split", "array_split")
def _split(recorder: Recorder, x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    if isinstance(indices_or_sections, int):
        return list(recorder.aten("tensor_split.sections", x, indices_or_sections, axis))
    return list(recorder.aten("tensor_split.indices", x, list(indices_or_sections), axis))


@answers("tile")
def _tile(recorder: Recorder, x: Any, reps: Any) -> Any:
    return recorder.aten("tile", x, _axes(reps))


@answers("repeat")
def _repeat(recorder: Recorder, x: Any, repeats: Any, axis: int | None = None) -> Any:
    return recorder.aten("repeat_interleave.self_int", x, repeats, axis)


@answers("flip")
def _flip(recorder: Recorder, x: Any, axis: Any = None) -> Any:
    return recorder.aten("flip", x, list(range(x.ndim)) if axis is None else _axes(axis))


@answers("roll")
def _roll(recorder: Recorder, x: Any, shift: Any, axis: Any = None) -> Any:
    return recorder.aten("roll", x, _axes(shift), _axes(axis) or [])


@answers("pad")
def _pad(
    recorder: Recorder, x: Any, pad_width: Any, mode: str = "constant", **keywords: Any
) -> Any:
    pairs = np.broadcast_to(np.asarray(concrete(pad_width)), (x.ndim, 2))
    if mode != "constant" or np.ndim(concrete(keywords.get("constant_values", 0))):
        pad: Any = np.pad
        return recorder.unsupported(
            f"numpy.pad(mode={mode!r})", pad(_real(x), pairs, mode, **keywords)
        )
    widths = [int(side) for pair in pairs[::-1] for side in pair]
    return recorder.aten("constant_pad_nd", x, widths, keywords.get("constant_values", 0))


# Products.


@answers("dot")
def _dot(recorder: Recorder, a: Any, b: Any, out: Any = None) -> Any:
    if not np.ndim(_real(a)) or not np.ndim(_real(b)):
        return np.multiply(a, b)
    if np.ndim(_real(b)) > 2:
        return recorder.unsupported("numpy.dot of a 3-d array", np.dot(_real(a), _real(b)))
    return np.matmul(a, b)


@answers("inner")
def _inner(recorder: Recorder, a: Any, b: Any) -> Any:
    return recorder.aten("inner", *_same_type(recorder, [a, b]))


@answers("outer")
def _outer(recorder: Recorder, a: Any, b: Any, out: Any = None) -> Any:
    return recorder.aten("outer", *(ravel(recorder, x) for x in _same_type(recorder, [a, b])))


@answers("tensordot")
def _tensordot(recorder: Recorder, a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = _same_type(recorder, [a, b])
    if isinstance(axes, int):
        first, second = list(range(np.ndim(_real(a)) - axes, np.ndim(_real(a)))), list(range(axes))
    else:
        first, second = (_axes(x) or [] for x in axes)
    return recorder.aten("tensordot", a, b, first, second)


@answers("einsum")
def _einsum(recorder: Recorder, equation: str, *operands: Any, **_: Any) -> Any:
    return recorder.aten("einsum", equation, _same_type(recorder, operands))


@answers("linalg.norm")
def _norm(
    recorder: Recorder, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False
) -> Any:
    if ord not in (None, 2) or (ord == 2 and axis is None and x.ndim != 1):
        return recorder.unsupported("numpy.linalg.norm", np.linalg.norm(_real(x), ord, axis))
    x = recorder.cast(x, result_dtype(np.linalg.norm(_real(x), ord, axis)))
    return recorder.aten("linalg_vector_norm", x, 2, _axes(axis), bool(keepdims))


# Elements.


@answers("where")
def _where(recorder: Recorder, condition: Any, *choices: Any) -> Any:
    if not choices:
        return tuple(recorder.aten("nonzero_numpy", condition))
    common = from_numpy(np.where(_real(condition), *map(concrete, choices)).dtype)
    return recorder.aten(
        "where.self",
        recorder.cast(condition, DType.BOOL),
        *(recorder.cast(c, common) for c in choices),
    )


@answers("clip")
def _clip(
    recorder: Recorder,
    x: Any,
    a_min: Any = None,
    a_max: Any = None,
    out: Any = None,
    *,
    min: Any = None,
    max: Any = None,
    **_: Any,
) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    x = recorder.cast(x, result_dtype(np.clip(_real(x), concrete(low), concrete(high))))
    plain = all(b is None or isinstance(b, (int, float)) for b in (low, high))
    if plain:
        return recorder.aten("clamp", x, low, high)
    dtype = dtype_of(_real(x))
    return recorder.aten(
        "clamp.Tensor", x, *(None if b is None else recorder.cast(b, dtype) for b in (low, high))
    )


@answers("round", "around")
def _round(recorder: Recorder, x: Any, decimals: int = 0, out: Any = None) -> Any:
    dtype = dtype_of(_real(x))
    if not decimals or (dtype.is_integer and decimals > 0):
        return recorder.aten("round", x)  # a copy of ints
    if not dtype.is_integer:
        return recorder.aten("round.decimals", x, decimals)
    wide = recorder.aten("round.decimals", recorder.cast(x, DType.FLOAT64), decimals)
    return recorder.cast(wide, dtype)


@answers("take")
def _take(recorder: Recorder, x: Any, indices: Any, axis: int | None = None, **_: Any) -> Any:
    if axis is None:
        return ravel(recorder, x)[indices]
    return x[(slice(None),) * (axis % x.ndim) + (indices,)]


@answers("take_along_axis")
def _take_along_axis(recorder: Recorder, x: Any, indices: Any, axis: int = -1) -> Any:
    return recorder.aten("take_along_dim", x, recorder.cast(indices, DType.INT64), axis)


@answers("sort")
def _sort(recorder: Recorder, x: Any, axis: int = -1, **_: Any) -> Any:
    return recorder.aten("sort", x, axis, False)[0]


METHODS.pop("sort")  # the method sorts in place


@answers("argsort")
def _argsort(recorder: Recorder, x: Any, axis: int = -1, **_: Any) -> Any:
    return recorder.aten("sort.stable", x, True, axis, False)[1]


@answers("tril")
def _tril(recorder: Recorder, m: Any, k: int = 0) -> Any:
    return recorder.aten("tril", m, k)


@answers("triu")
def _triu(recorder: Recorder, m: Any, k: int = 0) -> Any:
    return recorder.aten("triu", m, k)


@answers("diff")
def _diff(recorder: Recorder, x: Any, n: int = 1, axis: int = -1) -> Any:
    return recorder.aten("diff", x, n, axis, None, None)


@answers("nan_to_num")
def _nan_to_num(
    recorder: Recorder,
    x: Any,
    copy: bool = True,
    nan: float = 0.0,
    posinf: Any = None,
    neginf: Any = None,
) -> Any:
    return recorder.aten("nan_to_num", x, nan, posinf, neginf)


@answers("copy", method=False)
def _copy(recorder: Recorder, x: Any, order: str = "K", subok: bool = False) -> Any:
    return recorder.aten("clone", x)


def _like(name: str) -> Function:
    def make(recorder: Recorder, x: Any, *fill: Any, dtype: Any = None, **keywords: Any) -> Any:
        code = from_numpy(np.dtype(dtype)).code if dtype is not None else dtype_of(_real(x)).code
        fill = (keywords["fill_value"],) if "fill_value" in keywords else fill
        return recorder.aten(name, x, *fill, code)

    return make


answers("zeros_like")(_like("zeros_like"))
answers("empty_like")(_like("zeros_like"))
answers("ones_like")(_like("ones_like"))
answers("full_like")(_like("full_like"))
METHODS["fill"] = lambda recorder, x, value: recorder.aten("fill_.Scalar", x, value) and None
