"""Contractions by label: einsum, tensordot, bilinear.

Operands are contracted from left to right, each pair as one batched product on BLAS: labels of both that are needed
later are the batch, labels of both that are not are summed. A size of 1 broadcasts, as in torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tsx.errors import TsxError, fail
from tsx.ir.dims import Dim
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, type_of
from tsx.ops.matmul import CONTRACTION, product
from tsx.ops.nn_rules import differ, either, need_rank, one_dtype, shape_text, tensor_of
from tsx.ops.nn_rules import product as size_product
from tsx.ops.precision import narrow, need_same, widen
from tsx.ops.windows import known_ints

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The labels of each operand and of the result; dimensions of an ellipsis are called ".0", ".1", … from its end."""

    operands: tuple[Labels, ...]
    output: Labels

    def sizes(self, shapes: Sequence[tuple[Dim | None, ...]]) -> dict[str, Dim | None]:
        """The size of every label. Raises TSX4050 when two operands disagree."""
        known: dict[str, Dim | None] = {}
        for labels, shape in zip(self.operands, shapes, strict=True):
            for label, size in zip(labels, shape, strict=True):
                before = known.get(label, 1)
                if before != 1 and size != 1 and differ(before, size):
                    expected = f"one size for {label!r}"
                    raise fail("TSX4050", op="einsum", expected=expected, left=before, right=size)
                known[label] = (
                    size if before == 1 else before if size == 1 else either(before, size)
                )
        return known


def _bad(equation: str, detail: str) -> TsxError:
    return fail("TSX4061", equation=repr(equation), detail=detail)


def parse_equation(equation: str, ranks: Sequence[int]) -> Plan:
    """Reads ``ij,jk->ik``. Without an arrow the result has the labels that occur once, sorted."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise _bad(equation, f"{len(terms)} terms for {len(ranks)} operands")
    operands = tuple(_labels(equation, term, rank) for term, rank in zip(terms, ranks, strict=True))
    used = [label for labels in operands for label in labels]
    dots = sorted({label for label in used if label[0] == "."}, key=lambda d: -int(d[1:]))
    if not arrow:
        once = sorted(label for label in set(used) if used.count(label) == 1 and label[0] != ".")
        return Plan(operands, (*dots, *once))
    before, ellipsis, after = right.partition("...")
    named = before + after
    if not _is_letters(named):
        raise _bad(equation, f"{right!r} is no list of letters")
    for label in named:
        if named.count(label) > 1 or label not in used:
            raise _bad(equation, f"the result's {label!r} must occur once, and in an operand")
    return Plan(operands, (*before, *(dots if ellipsis else ()), *after))


def _is_letters(text: str) -> bool:
    """Whether all are labels, a to z and A to Z, as in torch."""
    return not text or (text.isascii() and text.isalpha())


def _labels(equation: str, term: str, rank: int) -> Labels:
    before, ellipsis, after = term.partition("...")
    if not _is_letters(before + after):
        raise _bad(equation, f"{term!r} is no list of letters")
    free = rank - len(before) - len(after)
    if free < 0 or (free and not ellipsis):
        raise _bad(equation, f"{term!r} for an operand of {rank} dimensions")
    return (*before, *(f".{i}" for i in reversed(range(free))), *after)


# --- contraction -------------------------------------------------------------------------------------------------


def _diagonal(array: Array, labels: Labels) -> tuple[Array, Labels]:
    """An operand in which every label occurs once: repeated ones become a diagonal."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            array = np.diagonal(array, axis1=first, axis2=second)
            labels = (*(x for i, x in enumerate(labels) if i not in (first, second)), label)
    return array, labels


def _sum_away(array: Array, labels: Labels, keep: set[str]) -> tuple[Array, Labels]:
    axes = tuple(i for i, label in enumerate(labels) if label not in keep)
    if axes:
        array = array.sum(axis=axes, dtype=array.dtype)
    return array, tuple(label for label in labels if label in keep)


def _pair(a: Array, la: Labels, b: Array, lb: Labels, keep: set[str]) -> tuple[Array, Labels]:
    """The product of two operands, with the labels outside ``keep`` summed."""
    a, la = _sum_away(a, la, keep | set(lb))
    b, lb = _sum_away(b, lb, keep | set(la))
    a, la, b, lb = _drop_units(a, la, b, lb)
    a, la = _sum_away(a, la, keep | set(lb))
    b, lb = _sum_away(b, lb, keep | set(la))
    batch = [x for x in la if x in lb and x in keep]
    summed = [x for x in la if x in lb and x not in keep]
    left, right = [x for x in la if x not in lb], [x for x in lb if x not in la]
    x = a.transpose([la.index(label) for label in (*batch, *left, *summed)])
    y = b.transpose([lb.index(label) for label in (*batch, *summed, *right)])
    lead, rows = x.shape[: len(batch)], x.shape[len(batch) : len(batch) + len(left)]
    columns, inner = (
        y.shape[len(batch) + len(summed) :],
        y.shape[len(batch) : len(batch) + len(summed)],
    )
    depth = int(np.prod(inner))
    found = product(
        x.reshape(*lead, int(np.prod(rows)), depth), y.reshape(*lead, depth, int(np.prod(columns)))
    )  # fmt: skip
    return found.reshape((*lead, *rows, *columns)), (*batch, *left, *right)


def _drop_units(a: Array, la: Labels, b: Array, lb: Labels) -> tuple[Array, Labels, Array, Labels]:
    """A shared label of size 1 on one side only is the other side's alone."""
    sizes_a, sizes_b = dict(zip(la, a.shape, strict=True)), dict(zip(lb, b.shape, strict=True))
    for label in set(la) & set(lb):
        if sizes_a[label] == 1 and sizes_b[label] != 1:
            a, la = a.squeeze(la.index(label)), tuple(x for x in la if x != label)
        elif sizes_b[label] == 1 and sizes_a[label] != 1:
            b, lb = b.squeeze(lb.index(label)), tuple(x for x in lb if x != label)
    return a, la, b, lb


def contract(arrays: Sequence[Array], plan: Plan) -> Array:
    """The contraction that ``plan`` says, of arrays of one dtype that NumPy computes in; a fresh array."""
    terms = [_diagonal(a, labels) for a, labels in zip(arrays, plan.operands, strict=True)]
    result, labels = terms[0]
    for index, (array, own) in enumerate(terms[1:], 1):
        later = {label for _, rest in terms[index + 1 :] for label in rest}
        result, labels = _pair(result, labels, array, own, later | set(plan.output))
    result, labels = _sum_away(result, labels, set(plan.output))
    order = [labels.index(label) for label in plan.output]
    return np.array(result.transpose(order), order="C", copy=True)


# --- einsum ------------------------------------------------------------------------------------------------------


def _infer_einsum(equation: Abstract, tensors: Abstract, path: Abstract = None) -> TensorType:
    if not isinstance(tensors, (list, tuple)) or not isinstance(equation, str):
        return TensorType()
    kinds = [tensor_of(t) for t in tensors]
    dtype = one_dtype("einsum", *kinds)
    shapes = [kind.shape for kind in kinds if kind.shape is not None]
    if len(shapes) != len(kinds):
        return TensorType(dtype)
    plan = parse_equation(equation, [len(shape) for shape in shapes])
    sizes = plan.sizes(shapes)
    result = dtype and _einsum_dtype(plan, dtype)
    return TensorType(result, tuple(sizes[label] for label in plan.output))


def _einsum_dtype(plan: Plan, dtype: DType) -> DType:
    """torch sums what a single operand has beyond the output, and whole numbers are summed in int64."""
    is_sum = len(plan.operands) == 1 and not set(plan.operands[0]) <= set(plan.output)
    return DType.INT64 if is_sum and not (dtype.is_float or dtype.is_complex) else dtype


def _einsum(equation: str, tensors: Sequence[Array], path: Sequence[int] | None) -> Array:
    dtype = need_same("einsum", *tensors)
    _infer_einsum(equation, [type_of(t) for t in tensors])
    plan = parse_equation(equation, [t.ndim for t in tensors])
    if dtype is DType.BOOL and len(tensors) > 1:
        raise fail("TSX4056", op="einsum", expected="number", found=dtype)
    return narrow(contract([widen(t) for t in tensors], plan), _einsum_dtype(plan, dtype))


def _einsum_flops(*values: Abstract) -> int:
    """Two operations for each combination of labels, pair after pair."""
    equation, tensors = values[0], values[1]
    if not isinstance(equation, str) or not isinstance(tensors, (list, tuple)):
        return 0
    shapes = [shape for shape in (tensor_of(t).shape for t in tensors) if shape is not None]
    if len(shapes) != len(tensors) or len(shapes) < 2:
        return 0
    plan = parse_equation(equation, [len(shape) for shape in shapes])
    sizes, total, labels = plan.sizes(shapes), 0, set(plan.operands[0])
    for index, own in enumerate(plan.operands[1:], 1):
        total += 2 * size_product([sizes[label] for label in labels | set(own)])
        later = {label for rest in plan.operands[index + 1 :] for label in rest}
        labels = (labels | set(own)) & (later | set(plan.output))
    return total


op(
    "aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor",
    infer=_infer_einsum,
    eval=_einsum,
    flops=_einsum_flops,
    doc="`path` is not used: operands are contracted from left to right.",
)


# --- tensordot, bilinear -----------------------------------------------------------------------------------------


def _dot_plan(a: int, b: int, dims_a: Sequence[int], dims_b: Sequence[int]) -> Plan:
    """The plan of a tensordot of ranks ``a`` and ``b``."""
    if len(dims_a) != len(dims_b):
        raise fail("TSX4055", op="tensordot", expected="as many dimensions of both operands",
                   found=f"{list(dims_a)} and {list(dims_b)}")  # fmt: skip
    for rank, dims in ((a, dims_a), (b, dims_b)):
        if any(not -rank <= d < rank for d in dims) or len({d % max(rank, 1) for d in dims}) < len(
            dims
        ):
            raise fail(
                "TSX4055",
                op="tensordot",
                expected=f"different dimensions of {rank}",
                found=list(dims),
            )
    left, right = [f"a{i}" for i in range(a)], [f"b{i}" for i in range(b)]
    for i, j in zip(dims_a, dims_b, strict=True):
        right[j % b] = left[i % a]
    shared = set(left) & set(right)
    output = tuple(label for label in (*left, *right) if label not in shared)
    return Plan((tuple(left), tuple(right)), output)


def _infer_tensordot(a: Abstract, b: Abstract, dims_a: Abstract, dims_b: Abstract) -> TensorType:
    dtype, x, y = one_dtype("tensordot", a, b), tensor_of(a).shape, tensor_of(b).shape
    i, j = known_ints(dims_a), known_ints(dims_b)
    if x is None or y is None or not isinstance(i, list) or not isinstance(j, list):
        return TensorType(dtype)
    plan = _dot_plan(len(x), len(y), i, j)
    sizes = plan.sizes([x, y])
    return TensorType(dtype, tuple(sizes[label] for label in plan.output))


def _tensordot(a: Array, b: Array, dims_a: Sequence[int], dims_b: Sequence[int]) -> Array:
    dtype = need_same("tensordot", a, b)
    _infer_tensordot(type_of(a), type_of(b), list(dims_a), list(dims_b))
    plan = _dot_plan(a.ndim, b.ndim, dims_a, dims_b)
    return narrow(contract([widen(a), widen(b)], plan), dtype)


def _dot_flops(*values: Abstract) -> int:
    summed, x = known_ints(values[2]), tensor_of(values[0]).shape
    if not isinstance(summed, list) or x is None:
        return 0
    return 2 * size_product((*(tensor_of(values[-1]).shape or (None,)), *(x[i] for i in summed)))


op(
    "aten::tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor",
    infer=_infer_tensordot,
    eval=_tensordot,
    traits=CONTRACTION,
    flops=_dot_flops,
)


def _infer_bilinear(a: Abstract, b: Abstract, weight: Abstract, bias: Abstract) -> TensorType:
    dtype = one_dtype("bilinear", a, b, weight, bias)
    w = need_rank("bilinear", weight, (3,), "weight")
    x, y = tensor_of(a).shape, tensor_of(b).shape
    if w is None or x is None or y is None:
        return TensorType(dtype)
    if not x or len(x) != len(y) or any(map(differ, x[:-1], y[:-1])):
        raise fail("TSX4050", op="bilinear", expected="inputs of equal sizes but the last",
                   left=shape_text(x), right=shape_text(y))  # fmt: skip
    for shape, size in ((x, w[1]), (y, w[2])):
        if differ(shape[-1], size):
            raise fail("TSX4050", op="bilinear", expected=f"a last size of {size}",
                       left=shape_text(shape), right=shape_text(w))  # fmt: skip
    return TensorType(dtype, (*x[:-1], w[0]))


def _bilinear(a: Array, b: Array, weight: Array, bias: Array | None) -> Array:
    dtype = need_same("bilinear", *(t for t in (a, b, weight, bias) if t is not None))
    _infer_bilinear(type_of(a), type_of(b), type_of(weight), None)
    plan = parse_equation("...i,oij,...j->...o", [a.ndim, 3, b.ndim])
    result = contract([widen(a), widen(weight), widen(b)], plan)
    if bias is not None:
        result += widen(bias)
    return narrow(result, dtype)


def _bilinear_flops(*values: Abstract) -> int:
    """Both products of ``x1 W x2`` for each output element."""
    x, w = tensor_of(values[0]).shape, tensor_of(values[2]).shape
    return 0 if x is None or w is None else 2 * size_product(x[:-1]) * size_product(w)


op(
    "aten::bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor",
    infer=_infer_bilinear,
    eval=_bilinear,
    flops=_bilinear_flops,
)
