"""What the operators that move data share at run time: definition with errors in tsx's words, axes, writing in place.

``define`` is ``define.op`` for evaluations that lean on NumPy's own checks: when NumPy refuses, the type-and-shape
rule is asked for the reason, so a user reads one wording at capture and at run time and never a NumPy traceback.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tsx.errors import TsxError, fail
from tsx.ir.op import Abstract, Evaluate, Infer, Op, Trait
from tsx.ir.schema import parse_schema
from tsx.ir.types import DType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, bfloat16_to_float32, cast, dtype_of, type_of

VIEW = Trait.PURE | Trait.VIEW
INPLACE = Trait.INPLACE | Trait.EFFECT | Trait.VIEW


def define(
    schema: str,
    infer: Infer,
    eval: Evaluate,
    traits: Trait = Trait.PURE,
    *,
    torch: tuple[str, ...] = (),
    doc: str = "",
) -> Op:
    """Registers an operator whose evaluation may fail inside NumPy.

    Fresh results come in row-major order whatever the operands' layout, as torch's do: a later ``view`` relies on it.
    """
    kind = parse_schema(schema).kind
    is_fresh = not traits & (Trait.VIEW | Trait.INPLACE)

    @functools.wraps(eval)
    def checked(*operands: object) -> object:
        try:
            result = eval(*operands)
        except (ValueError, IndexError, TypeError, OverflowError) as error:
            raise _explained(kind, infer, operands, error) from None
        return row_major(result) if is_fresh else result

    return op(
        schema, infer=infer, eval=checked, traits=traits, torch=torch, doc=doc
    )  # fmt: skip


def define_with_inplace(
    schema: str,
    infer: Infer,
    eval: Evaluate,
    *,
    torch: tuple[str, ...] = (),
) -> None:
    """Registers ``name(Tensor self, …)`` and ``name_(Tensor(a!) self, …)``, which writes the result into ``self``.

    The result must have ``self``'s shape; it is converted to ``self``'s dtype.
    """
    define(schema, infer, eval, torch=torch)
    parsed = parse_schema(schema)
    name, _, rest = schema.partition("(Tensor self")
    stem, dot, overload = name.partition(".")
    written = f"{stem}_{dot}{overload}(Tensor(a!) self{rest.rpartition('->')[0]}-> Tensor(a!)"

    def write(target: Array, *others: object) -> Array:
        return store(f"{parsed.base}_", target, eval(target, *others))

    define(written, same_as_self, write, INPLACE)


def row_major(result: object) -> object:
    """Every array in a result in row-major order, copied only where it isn't already."""
    if isinstance(result, np.ndarray):
        return result if result.flags.c_contiguous else np.array(result, order="C")
    if isinstance(result, tuple):
        return tuple(map(row_major, result))
    return [row_major(item) for item in result] if isinstance(result, list) else result


def same_as_self(self: Abstract, *_: Abstract) -> Abstract:
    """The rule of an operator whose result is its first operand."""
    return self


def store(op: str, target: Array, value: Any) -> Array:
    """Writes ``value`` over all of ``target``, converted to its dtype; gives ``target``."""
    writable(op, target)
    target[...] = cast(np.asarray(value), dtype_of(target))
    return target


def writable(op: str, target: Array) -> None:
    """Refuses a target whose memory must not change, or holds several elements in one place."""
    if not target.flags.writeable:
        raise fail("TSX4008", op=op)


def axis_of(op: str, dim: int, rank: int, extra: int = 0) -> int:
    """A dimension counted from the front; a 0-dim tensor takes -1 and 0, as torch's does."""
    span = rank + extra or 1
    if not -span <= dim < span:
        raise fail("TSX4030", op=op, low=-span, high=span - 1, found=dim)
    return dim % span


def axes_of(op: str, dims: Any, rank: int) -> tuple[int, ...]:
    """Several different dimensions; an int is taken alone, None and an empty list mean all.

    A 0-dim tensor has none to give: naming its dimension 0 gives ().
    """
    if isinstance(dims, int):
        dims = [dims]
    if not dims:
        return tuple(range(rank))
    axes = tuple(axis_of(op, dim, rank) for dim in dims)
    if len(set(axes)) != len(axes):
        raise fail("TSX4035", op=op, found=list(dims))
    return axes if rank else ()


def indices_in_range(op: str, index: Array, size: int, low: int = 0) -> None:
    """Refuses an integer index tensor with an element outside ``low`` … ``size - 1``."""
    if index.dtype.kind not in "iu":
        raise fail("TSX4005", op=op, expected="an index of integers", found=dtype_of(index))
    if not index.size:
        return
    least, most = int(index.min()), int(index.max())
    if least < low or most >= size:
        raise fail(
            "TSX4032", op=op, low=low, high=size - 1, found=least if least < low else most
        )  # fmt: skip


def same_dtype(op: str, target: Array, source: Array) -> None:
    """Refuses a source whose dtype is not the target's."""
    if target.dtype != source.dtype:
        raise fail(
            "TSX4005", op=op, expected=f"a source of dtype {dtype_of(target)}", found=dtype_of(source)
        )  # fmt: skip


def add_at(values: Array, place: tuple[Any, ...], source: Array) -> None:
    """``values[place] += source`` where a place may come several times; each time counts."""
    *before, last = place
    is_rows = (
        isinstance(last, np.ndarray)
        and last.ndim == 1
        and all(isinstance(p, slice) for p in before)
    )
    if is_rows and values.dtype != np.bool_:
        _add_rows(values, len(before), last, source)
    elif values.dtype.kind == "f" and source.size * 8 >= values.size:
        flat = np.arange(values.size).reshape(values.shape)[place]
        weights = np.broadcast_to(source, flat.shape).reshape(-1)
        sums = np.bincount(flat.reshape(-1), weights, values.size).reshape(values.shape)
        np.add(values, sums, out=values, where=sums != 0, casting="same_kind")  # keeps every -0.0
    else:
        np.add.at(values, place, source)


def _add_rows(values: Array, axis: int, places: Array, source: Array) -> None:
    """The same for whole slices along ``axis``: those for one place are added up first, which ``ufunc.at`` can't."""
    if not places.size:
        return
    shape = (*values.shape[:axis], places.size, *values.shape[axis + 1 :])
    wrapped = np.where(places < 0, places + values.shape[axis], places)
    order = np.argsort(wrapped, kind="stable")
    ranked = wrapped[order]
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    rows = np.take(np.broadcast_to(source, shape), order, axis)
    sums = np.add.reduceat(rows, starts, axis=axis, dtype=values.dtype)
    values[(slice(None),) * axis + (ranked[starts],)] += sums


def real_values(array: Array) -> Array:
    """The array as NumPy can compare and compute it: bfloat16 widened to float32, all else as it is."""
    return bfloat16_to_float32(array) if dtype_of(array) is DType.BFLOAT16 else array


def opmath_values(array: Array) -> Array:
    """The array in the dtype that torch computes in: float32 for float16 and bfloat16."""
    if array.dtype == np.float16:
        return array.astype(np.float32)
    return real_values(array)


def need_order(op: str, array: Array) -> None:
    """Refuses complex numbers."""
    if array.dtype.kind == "c":
        raise fail("TSX4005", op=op, expected="numbers that have an order", found=dtype_of(array))


def need_sizes(op: str, sizes: Any) -> None:
    """Refuses negative sizes, which NumPy's reshape would take for -1."""
    if any(size < 0 for size in sizes):
        raise fail("TSX4005", op=op, expected="sizes of 0 or more", found=list(sizes))


def counting(count: int, dtype: Any = np.int64) -> Array:
    """0, 1, … ``count - 1``; NumPy's own gives nothing for a count it can't hold."""
    if count >= 1 << 48:
        raise MemoryError
    return np.arange(count, dtype=dtype)


def nonzero_mask(array: Array) -> Array:
    """Where the elements differ from zero (NaN does, either zero does not)."""
    return array if array.dtype == np.bool_ else np.asarray(real_values(array) != 0)


def _explained(
    kind: str, infer: Infer, operands: tuple[object, ...], error: BaseException
) -> TsxError:
    """The error to show for NumPy's: the rule's own, else NumPy's words with torch's names for things."""
    try:
        infer(*(_abstract(operand) for operand in operands))
    except TsxError as found:
        return found
    except Exception:  # the rule can't say either; NumPy's words are what there is
        pass
    return fail("TSX4031", op=kind, detail=str(error).replace("axis", "dimension"))


def _abstract(value: object) -> Abstract:
    if isinstance(value, np.ndarray):
        return type_of(value)
    return [_abstract(v) for v in value] if isinstance(value, (list, tuple)) else value
