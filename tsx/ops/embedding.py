"""Table look-ups: embedding and embedding_bag.

An index outside the table is refused (torch.nn.functional.embedding). ``padding_idx``, ``scale_grad_by_freq`` and
``sparse`` matter to gradients only, except that a bag leaves entries at ``padding_idx`` out.
"""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract, Trait
from tsx.ir.types import DType, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, dtype_of, type_of
from tsx.ops.nn_rules import need_rank, tensor_of
from tsx.ops.precision import narrow, need_indices, widen


def _need_index_dtype(name: str, indices: Abstract) -> None:
    dtype = tensor_of(indices).dtype
    if dtype not in (None, DType.INT32, DType.INT64):
        raise fail("TSX4056", op=f"{name} (indices)", expected="int32 or int64", found=dtype)


def _infer_embedding(weight: Abstract, indices: Abstract, *rest: Abstract) -> TensorType:
    table = need_rank("embedding", weight, (2,), "weight")
    _need_index_dtype("embedding", indices)
    found = tensor_of(indices).shape
    shape = None if found is None else (*found, None if table is None else table[1])
    return TensorType(tensor_of(weight).dtype, shape)


def _embedding(
    weight: Array, indices: Array, padding_idx: int, scale_by_freq: bool, sparse: bool
) -> Array:  # fmt: skip
    _infer_embedding(type_of(weight), type_of(indices))
    need_indices("embedding", indices, weight.shape[0])
    return np.take(weight, indices, axis=0)


op(
    "aten::embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool scale_grad_by_freq=False, "
    "bool sparse=False) -> Tensor",
    infer=_infer_embedding,
    eval=_embedding,
    torch=("torch.nn.functional.embedding",),
)


def _renorm(self: Array, indices: Array, max_norm: float, norm_type: float) -> Array:
    """Scales the rows that are looked up down to ``max_norm``, in place."""
    need_indices("embedding_renorm_", indices, self.shape[0])
    rows = np.unique(indices)
    table = widen(self)[rows]
    norms = np.linalg.norm(table, ord=norm_type, axis=1).astype(table.dtype, copy=False)
    # torch adds 1e-7 so that the scaled norm stays below the limit.
    factor = np.where(norms > max_norm, max_norm / (norms + 1e-7), 1).astype(table.dtype)
    self[rows] = narrow(table * factor[:, None], dtype_of(self))
    return self


def _renorm_rule(self: Abstract, *_: Abstract) -> Abstract:
    return self


op(
    "aten::embedding_renorm_(Tensor(a!) self, Tensor indices, float max_norm, float norm_type) -> Tensor(a!)",
    infer=_renorm_rule,
    eval=_renorm,
    traits=Trait.INPLACE,
)


# --- bags ------------------------------------------------------------------------------------------------------
# A bag is a run of indices; `offsets` says where each starts. Beside the result torch gives three tensors that its
# gradient needs: the bag of each index, the sizes of the bags, and which index was the largest. Their sizes depend
# on the mode: in the sum of whole bags they are zeros, or empty.

_SUM, _MEAN, _MAX = 0, 1, 2


def _infer_bag(
    weight: Abstract, indices: Abstract, offsets: Abstract, scale: Abstract, mode: Abstract, sparse: Abstract,
    weights: Abstract, include_last: Abstract, padding: Abstract = None,
) -> tuple[TensorType, ...]:  # fmt: skip
    name = "embedding_bag"
    table = need_rank(name, weight, (2,), "weight") or (None, None)
    found = need_rank(name, indices, (1,), "list of indices") or (None,)
    starts = need_rank(name, offsets, (1,), "list of offsets") or (None,)
    _need_index_dtype(name, indices)
    dtype, index_dtype = tensor_of(weight).dtype, tensor_of(indices).dtype
    if not isinstance(mode, int) or not isinstance(include_last, bool):
        return TensorType(dtype), *(TensorType(index_dtype) for _ in range(3))
    if mode not in (_SUM, _MEAN, _MAX):
        raise fail("TSX4055", op=name, expected="mode 0 (sum), 1 (mean) or 2 (max)", found=mode)
    if isinstance(weights, TensorType) and mode != _SUM:
        raise fail(
            "TSX4055",
            op=name,
            expected="per_sample_weights with mode 0 (sum) only",
            found=f"mode {mode}",
        )
    bags = starts[0] - 1 if include_last and starts[0] is not None else starts[0]
    whole = mode == _SUM and padding is None
    sizes = (starts[0] if mode == _SUM else bags,)
    largest = (bags, table[1]) if mode == _MAX else sizes
    shapes = ((0,) if whole else found, sizes, largest)
    return TensorType(dtype, (bags, table[1])), *(TensorType(index_dtype, s) for s in shapes)


def _embedding_bag(
    weight: Array, indices: Array, offsets: Array, scale: bool, mode: int, sparse: bool, weights: Array | None,
    include_last: bool, padding: int | None = None,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    extra = None if weights is None else type_of(weights)
    _infer_bag(
        type_of(weight),
        type_of(indices),
        type_of(offsets),
        scale,
        mode,
        sparse,
        extra,
        include_last,
    )
    need_indices("embedding_bag", indices, weight.shape[0])
    bags = len(offsets) - include_last
    if bags and (int(offsets[0]) != 0 or int(offsets[-1]) > len(indices)):
        raise fail("TSX4055", op="embedding_bag", expected=f"offsets from 0 to {len(indices)}",
                   found=[int(o) for o in offsets[[0, -1]]])  # fmt: skip
    bag = np.searchsorted(offsets[:bags], np.arange(len(indices)), side="right") - 1
    skip = padding + weight.shape[0] if padding is not None and padding < 0 else padding
    kept = np.ones(len(indices), np.bool_) if skip is None else indices != skip
    rows = widen(weight)[indices]
    if weights is not None:
        rows = rows * widen(weights)[:, None]
    count = np.bincount(bag[kept], minlength=bags).astype(indices.dtype)
    shape = (bags, weight.shape[1])
    if mode == _MAX:
        result, largest = _largest(rows, indices, bag, kept, shape)
    else:
        result = np.zeros(shape, rows.dtype)
        np.add.at(result, bag[kept], rows[kept])
        if mode == _MEAN:
            result /= np.maximum(count, 1)[:, None].astype(rows.dtype)
        else:
            count = np.zeros(len(offsets), indices.dtype)
        largest = count.copy()
    whole = mode == _SUM and padding is None
    owners = np.zeros(0 if whole else len(indices), indices.dtype)
    owners[...] = () if whole else bag
    return narrow(result, dtype_of(weight)), owners, count, largest


def _largest(
    rows: Array, indices: Array, bag: Array, kept: Array, shape: tuple[int, int]
) -> tuple[Array, Array]:
    """The largest element of each bag and the index it came from; zeros for an empty bag."""
    result, largest = np.zeros(shape, rows.dtype), np.zeros(shape, indices.dtype)
    for place in range(shape[0]):
        members = np.flatnonzero((bag == place) & kept)
        if len(members):
            best = rows[members].argmax(axis=0)
            result[place] = rows[members[best], np.arange(shape[1])]
            largest[place] = indices[members[best]]
    return result, largest


def _private_bag(
    weight: Array, indices: Array, offsets: Array, scale: bool, mode: int, sparse: bool, weights: Array | None,
    include_last: bool, padding: int,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """``_embedding_bag`` means "no padding" by -1."""
    skip = None if padding < 0 else padding
    return _embedding_bag(
        weight, indices, offsets, scale, mode, sparse, weights, include_last, skip
    )


def _infer_private_bag(
    weight: Abstract, indices: Abstract, offsets: Abstract, scale: Abstract, mode: Abstract, sparse: Abstract,
    weights: Abstract, include_last: Abstract, padding: Abstract,
) -> tuple[TensorType, ...]:  # fmt: skip
    skip = None if padding == -1 else padding
    return _infer_bag(weight, indices, offsets, scale, mode, sparse, weights, include_last, skip)


_HEAD = "(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq"
_TAIL = "-> (Tensor, Tensor, Tensor, Tensor)"
_DEFAULTS = "=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False"
op(
    f"aten::embedding_bag{_HEAD}{_DEFAULTS}) {_TAIL}",
    infer=_infer_bag,
    eval=_embedding_bag,
)
op(
    f"aten::embedding_bag.padding_idx{_HEAD}, int mode, bool sparse, Tensor? per_sample_weights, "
    f"bool include_last_offset, int? padding_idx) {_TAIL}",
    infer=_infer_bag,
    eval=_embedding_bag,
)
op(
    f"aten::_embedding_bag{_HEAD}{_DEFAULTS}, int padding_idx=-1) {_TAIL}",
    infer=_infer_private_bag,
    eval=_private_bag,
)
