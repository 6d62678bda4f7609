"""Views: the same elements under other sizes, never a copy where torch makes none.

A result shares its operand's memory exactly where torch's does, so a write through either is seen by the other.
``expand`` gives a read-only array: writing through it would change several elements at once, and torch refuses too.
The in-place forms (``squeeze_``, ``t_``, …) return the view; their operand keeps its sizes, as an array can't change
them, so users of the result, not of the operand, see the new ones.
"""

from __future__ import annotations

import math

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import TensorType
from tsx.ops import view_rules as rules
from tsx.ops.checked import INPLACE, VIEW, axis_of, define, same_as_self
from tsx.ops.dtypes import Array


def viewed(x: Array, size: list[int]) -> Array:
    """``x`` under ``size`` without a copy; refused when its strides don't allow it."""
    result = reshaped(x, size, "view")
    if result is not x and not x.flags.c_contiguous and not np.may_share_memory(result, x):
        raise fail("TSX4036", sizes=list(x.shape), strides=element_strides(x), found=list(size))
    return result


def reshaped(x: Array, size: list[int], op: str = "reshape") -> Array:
    """``x`` under ``size``: a view when its strides allow it, else a copy."""
    if any(s < -1 for s in size):  # NumPy takes any negative size for -1
        raise fail("TSX4037", op=op, found=list(size), sizes=list(x.shape))
    try:
        return x.reshape(size)
    except ValueError:
        raise fail("TSX4037", op=op, found=list(size), sizes=list(x.shape)) from None


def element_strides(x: Array) -> list[int]:
    """Strides counted in elements, as torch counts them."""
    return [s // x.itemsize for s in x.strides]


def _view_as(x: Array, other: Array) -> Array:
    return viewed(x, list(other.shape))


def _reshape_as(x: Array, other: Array) -> Array:
    return reshaped(x, list(other.shape), "reshape_as")


def expanded(x: Array, size: list[int], implicit: bool = False) -> Array:
    """``x`` broadcast to ``size`` (-1 keeps a size); read-only when an element then appears more than once."""
    new = len(size) - x.ndim
    full = tuple(x.shape[i - new] if s == -1 and i >= new else s for i, s in enumerate(size))
    if full == x.shape:
        return x[...]
    result = np.broadcast_to(x, full)
    if full[new:] == x.shape and x.flags.writeable and all(s == 1 for s in full[:new]):
        return x.reshape(full)
    return result


def _expand_as(x: Array, other: Array) -> Array:
    return expanded(x, list(other.shape))


def _permute(x: Array, dims: list[int]) -> Array:
    return x.transpose([axis_of("permute", d, x.ndim) for d in dims])


def swapped(x: Array, dim0: int, dim1: int) -> Array:
    a, b = axis_of("transpose", dim0, x.ndim), axis_of("transpose", dim1, x.ndim)
    return x.swapaxes(a, b) if x.ndim else x[...]


def _reversed(x: Array) -> Array:
    return x.transpose()


def _t(x: Array) -> Array:
    if x.ndim > 2:
        raise fail("TSX4005", op="t", expected="a tensor of at most 2 dimensions", found=x.ndim)
    return x.transpose()


def _matrix_transpose(x: Array) -> Array:
    if x.ndim == 1:
        raise fail("TSX4005", op="mT", expected="a matrix or a batch of matrices", found="1")
    return x.swapaxes(-2, -1) if x.ndim else x[...]


def _adjoint(x: Array) -> Array:
    turned = _matrix_transpose(x)
    if x.dtype.kind != "c":
        return turned
    result = np.conjugate(turned)
    result.flags.writeable = False  # torch's shares memory; a write can't go through here
    return result


def _squeeze(x: Array) -> Array:
    return np.squeeze(x)


def _squeeze_dim(x: Array, dim: int) -> Array:
    return _squeeze_dims(x, [dim])


def _squeeze_dims(x: Array, dims: list[int]) -> Array:
    places = {axis_of("squeeze", d, x.ndim) for d in dims}
    if not x.ndim:
        return x[...]
    return np.squeeze(x, tuple(p for p in places if x.shape[p] == 1))


def _unsqueeze(x: Array, dim: int) -> Array:
    place = axis_of("unsqueeze", dim, x.ndim, extra=1)
    return x[(slice(None),) * place + (None, ...)]


def _flatten(x: Array, start_dim: int, end_dim: int) -> Array:
    start, end = axis_of("flatten", start_dim, x.ndim), axis_of("flatten", end_dim, x.ndim)
    if not x.ndim:
        return x.reshape(1)
    if start > end:
        raise fail("TSX4005", op="flatten", expected="start_dim before end_dim",
                   found=f"{start_dim} and {end_dim}")  # fmt: skip
    middle = 1
    for size in x.shape[start : end + 1]:
        middle *= size
    return x.reshape((*x.shape[:start], middle, *x.shape[end + 1 :]))


def _unflatten(x: Array, dim: int, sizes: list[int]) -> Array:
    place = axis_of("unflatten", dim, x.ndim)
    if -1 in sizes:
        known = 1
        for size in sizes:
            known *= size if size != -1 else 1
        free = x.shape[place] // known if known else -1
        sizes = [free if s == -1 else s for s in sizes]
    if not sizes or math.prod(sizes) != x.shape[place]:
        raise fail("TSX4037", op="unflatten", found=list(sizes), sizes=[x.shape[place]])
    return viewed(x, [*x.shape[:place], *sizes, *x.shape[place + 1 :]])


def _ravel(x: Array) -> Array:
    return x.reshape(-1)


def _movedim(x: Array, source: int | list[int], destination: int | list[int]) -> Array:
    return x.transpose(rules.movedim_order("movedim", source, destination, x.ndim))


def alias(x: Array) -> Array:
    """A new array over the same memory."""
    return x[...]


def _as_1d(x: Array) -> Array:
    return x.reshape(1) if not x.ndim else x[...]


def _as_2d(x: Array) -> Array:
    return x.reshape(1, 1) if not x.ndim else x[None] if x.ndim == 1 else x[...]


def _as_3d(x: Array) -> Array:
    if x.ndim == 2:
        return x[:, :, None]
    return x.reshape(1, 1, 1) if not x.ndim else x[None, :, None] if x.ndim == 1 else x[...]


def _atleast(rank: int, self: Abstract) -> Abstract:
    x = rules.tensor(self)
    if x.shape is None or len(x.shape) >= rank:
        return x
    shape = x.shape or (1,)
    if rank > 1 and len(shape) == 1:
        shape = (1, *shape)
    return TensorType(x.dtype, shape if len(shape) == rank else (*shape, 1))


def _flatten_all(self: Abstract) -> Abstract:
    return rules.flatten(self, 0, -1)


def _each(rule: object, tensors: Abstract) -> Abstract:
    assert callable(rule)
    return [rule(t) for t in tensors] if isinstance(tensors, list | tuple) else tensors


define("aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)", rules.view, viewed, VIEW)
define("aten::view_as(Tensor(a) self, Tensor other) -> Tensor(a)", rules.view_like, _view_as, VIEW)
define("aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)",
       rules.view, reshaped, VIEW)  # fmt: skip
define("aten::reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)",
       rules.view_like, _reshape_as, VIEW)  # fmt: skip
define("aten::_unsafe_view(Tensor self, SymInt[] size) -> Tensor", rules.view, viewed, VIEW)
define("aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)",
       rules.expand, expanded, VIEW)  # fmt: skip
define("aten::broadcast_to(Tensor(a) self, SymInt[] size) -> Tensor(a)",
       rules.expand, expanded, VIEW)  # fmt: skip
define(
    "aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)", rules.expand_as, _expand_as, VIEW
)
define("aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)", rules.permute, _permute, VIEW)

for _name, _names in (
    ("transpose.int", "dim0 dim1"),
    ("swapaxes", "axis0 axis1"),
    ("swapdims", "dim0 dim1"),
):
    _a, _b = _names.split()
    _rest = f"self, int {_a}, int {_b})"
    define(f"aten::{_name}(Tensor(a) {_rest} -> Tensor(a)", rules.transpose, swapped, VIEW)
    define(f"aten::{_name.split('.')[0]}_(Tensor(a!) {_rest} -> Tensor(a!)",
           rules.transpose, swapped, INPLACE)  # fmt: skip

for _name in ("numpy_T", "numpy_T.a"):
    define(f"aten::{_name}(Tensor(a) self) -> Tensor(a)", rules.reverse_dims, _reversed, VIEW)
for _name in ("mT", "mT.a"):
    define(
        f"aten::{_name}(Tensor(a) self) -> Tensor(a)",
        rules.matrix_transpose,
        _matrix_transpose,
        VIEW,
    )
for _name in ("mH", "mH.a", "matrix_H", "matrix_H.a", "adjoint"):
    define(f"aten::{_name}(Tensor(a) self) -> Tensor(a)", rules.matrix_transpose, _adjoint, VIEW)
define("aten::t(Tensor(a) self) -> Tensor(a)", rules.t, _t, VIEW)
define("aten::t_(Tensor(a!) self) -> Tensor(a!)", rules.t, _t, INPLACE)

for _rest, _rule, _eval in (
    ("self)", rules.squeeze, _squeeze),
    (".dim self, int dim)", rules.squeeze_dim, _squeeze_dim),
    (".dims self, int[] dim)", rules.squeeze_dims, _squeeze_dims),
):
    _overload, _, _arguments = _rest.partition("self")
    _overload = _overload.strip()
    define(f"aten::squeeze{_overload}(Tensor(a) self{_arguments} -> Tensor(a)", _rule, _eval, VIEW)
    define(f"aten::squeeze_{_overload}(Tensor(a!) self{_arguments} -> Tensor(a!)",
           _rule, _eval, INPLACE)  # fmt: skip
define("aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)", rules.unsqueeze, _unsqueeze, VIEW)
define("aten::unsqueeze_(Tensor(a!) self, int dim) -> Tensor(a!)",
       rules.unsqueeze, _unsqueeze, INPLACE)  # fmt: skip

define("aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)",
       rules.flatten, _flatten, VIEW)  # fmt: skip
define("aten::unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a)",
       rules.unflatten, _unflatten, VIEW)  # fmt: skip
define("aten::ravel(Tensor(a) self) -> Tensor(a)", _flatten_all, _ravel, VIEW)

for _name in ("movedim", "moveaxis"):
    define(f"aten::{_name}.int(Tensor(a) self, int source, int destination) -> Tensor(a)",
           rules.movedim, _movedim, VIEW)  # fmt: skip
    define(f"aten::{_name}.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)",
           rules.movedim, _movedim, VIEW)  # fmt: skip

define("aten::detach(Tensor(a) self) -> Tensor(a)", same_as_self, alias, VIEW)
define("aten::detach_(Tensor(a!) self) -> Tensor(a!)", same_as_self, alias, INPLACE)
define("aten::alias(Tensor(a) self) -> Tensor(a)", same_as_self, alias, VIEW)

for _rank, _function in ((1, _as_1d), (2, _as_2d), (3, _as_3d)):
    _name = f"atleast_{_rank}d"

    def _rule_of(self: Abstract, rank: int = _rank) -> Abstract:
        return _atleast(rank, self)

    def _rule_of_list(tensors: Abstract, rule: object = _rule_of) -> Abstract:
        return _each(rule, tensors)

    def _eval_list(tensors: list[Array], function: object = _function) -> list[Array]:
        assert callable(function)
        return [function(x) for x in tensors]

    # torch's schema claims fresh results; they are views all the same.
    define(f"aten::{_name}(Tensor self) -> Tensor", _rule_of, _function, VIEW)
    define(f"aten::{_name}.Sequence(Tensor[] tensors) -> Tensor[]", _rule_of_list, _eval_list, VIEW)
