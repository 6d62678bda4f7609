"""Which tensors certainly lie densely in memory, each element once and no gaps.

Sums add in the order of memory, so a rewrite that puts a tensor in the place of a fresh copy of it keeps every bit
only where a copy would have the same layout: where the tensor is dense (NumPy copies keep the order of dimensions).
"""

from __future__ import annotations

from tsx.ir.graph import Value
from tsx.ir.op import Op, Trait, lookup
from tsx.ir.types import TensorType

# Views that only reorder or regroup dimensions.
_DENSE_VIEWS = frozenset(
    {
        "aten::view", "aten::reshape", "aten::_unsafe_view", "aten::view_as", "aten::reshape_as",
        "aten::flatten.using_ints", "aten::unflatten.int", "aten::ravel", "aten::unsqueeze", "aten::squeeze",
        "aten::squeeze.dim", "aten::squeeze.dims", "aten::transpose.int", "aten::swapaxes", "aten::swapdims",
        "aten::t", "aten::mT", "aten::numpy_T", "aten::permute", "aten::detach", "aten::alias", "aten::contiguous",
        "aten::to.dtype", "aten::to.device", "aten::to.dtype_layout", "aten::type_as",
    }
)  # fmt: skip


def is_dense(value: Value) -> bool:
    """Whether a tensor certainly has no gaps and no element twice; inputs are made so when a model is called."""
    while True:
        node = value.node
        if node is None:
            return value.block.node is None
        op = lookup(node.kind)
        if op is None:
            return node.kind == "prim::Constant"
        if not shares(op):
            return True
        if node.kind not in _DENSE_VIEWS:
            return False
        value = node.inputs[0]


def is_row_major(value: Value) -> bool:
    """Whether a tensor certainly lies in memory row by row, as inputs, weights and fresh tensors of numbers do."""
    work, seen = [value], {value}
    while work:
        current = work.pop()
        node = current.node
        if node is None:
            if current.block.node is not None:
                return False
            continue
        op = lookup(node.kind)
        if op is None:
            if node.kind != "prim::Constant":
                return False
        elif op.schema.base in _ROW_MAJOR:
            continue
        elif op.has(Trait.ELEMENTWISE) and not shares(op):
            operands = [v for v in node.inputs if isinstance(v.type, TensorType) and v not in seen]
            work.extend(operands)
            seen.update(operands)
        elif op.schema.base in _KEEPING:
            work.append(node.inputs[0])
        else:
            return False
    return True


# Operators whose results are row-major whatever they are given, and those that copy operand 0 as it lies.
_ROW_MAJOR = frozenset(
    {"zeros", "ones", "full", "empty", "arange", "eye", "linspace", "new_zeros", "new_ones", "new_full", "contiguous"}
)  # fmt: skip
_KEEPING = frozenset(
    {"slice_scatter", "select_scatter", "diagonal_scatter", "fill", "index_put", "masked_fill"}
)


def shares(op: Op) -> bool:
    """Whether results may be the memory of operands."""
    return op.has(Trait.VIEW) or any(result.alias for result in op.schema.results)
