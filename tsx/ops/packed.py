"""Packed sequences: rows of a padded batch, step by step, without the padding (torch.nn.utils.rnn).

``lengths`` are sorted, longest first; ``batch_sizes[t]`` is how many sequences are longer than ``t``.
"""

from __future__ import annotations

import numpy as np

from tsx.errors import fail
from tsx.ir.op import Abstract
from tsx.ir.types import DType, TensorType
from tsx.ops.define import op
from tsx.ops.dtypes import Array, cast, dtype_of
from tsx.ops.nn_rules import tensor_of

_PACK = "_pack_padded_sequence"


def _infer_pack(
    input: Abstract, lengths: Abstract, batch_first: Abstract
) -> tuple[TensorType, TensorType]:
    tensor = tensor_of(input)
    if tensor.shape is not None and len(tensor.shape) < 2:
        raise fail("TSX4055", op=_PACK, expected="an input of 2 or more dimensions", found=tensor)
    # How many rows there are, and of how many steps, depends on the lengths.
    shape = None if tensor.shape is None else (None, *tensor.shape[2:])
    return TensorType(tensor.dtype, shape), TensorType(DType.INT64, (None,))


def _pack(input: Array, lengths: Array, batch_first: bool) -> tuple[Array, Array]:
    steps = input.swapaxes(0, 1) if batch_first else input
    sorted_down = bool(np.all(lengths[:-1] >= lengths[1:]))
    if lengths.shape != steps.shape[1:2] or not lengths.size or not sorted_down or lengths[-1] < 1:
        expected = f"{steps.shape[1]} lengths of 1 or more, longest first"
        raise fail("TSX4055", op=_PACK, expected=expected, found=lengths.tolist())
    if int(lengths[0]) > len(steps):
        expected = f"lengths of at most {len(steps)}"
        raise fail("TSX4055", op=_PACK, expected=expected, found=int(lengths[0]))
    present = np.arange(int(lengths[0]))[:, None] < lengths
    data = steps[: len(present)][present]
    return np.ascontiguousarray(data), present.sum(axis=1).astype(np.int64)


op(
    "aten::_pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first) -> (Tensor, Tensor)",
    infer=_infer_pack,
    eval=_pack,
)


def _infer_pad(
    data: Abstract, sizes: Abstract, batch_first: Abstract, value: Abstract, total: Abstract
) -> tuple[TensorType, TensorType]:
    tensor, counts = tensor_of(data), tensor_of(sizes).shape
    if tensor.shape is None:
        return TensorType(tensor.dtype), TensorType(DType.INT64, (None,))
    steps = counts[0] if counts else None
    length = (
        int(total)
        if isinstance(total, int) and total > 0
        else (steps if total == 0 or total == -1 else None)
    )
    lead = (
        (None, length)
        if batch_first is True
        else (length, None)
        if batch_first is False
        else (None, None)
    )
    return TensorType(tensor.dtype, (*lead, *tensor.shape[1:])), TensorType(DType.INT64, (None,))


def _pad(
    data: Array, sizes: Array, batch_first: bool, value: float, total: int
) -> tuple[Array, Array]:
    length = len(sizes)
    if 0 < total < length:
        expected = f"a total_length of at least {length}"
        raise fail("TSX4055", op="_pad_packed_sequence", expected=expected, found=total)
    batch = int(sizes[0])
    fill = cast(np.asarray(value), dtype_of(data))
    padded = np.full((max(total, length), batch, *data.shape[1:]), fill, data.dtype)
    present = np.arange(batch) < sizes[:, None]
    padded[:length][present] = data
    lengths = present.sum(axis=0).astype(np.int64)
    return np.ascontiguousarray(padded.swapaxes(0, 1)) if batch_first else padded, lengths


op(
    "aten::_pad_packed_sequence(Tensor data, Tensor batch_sizes, bool batch_first, Scalar padding_value, "
    "int total_length) -> (Tensor, Tensor)",
    infer=_infer_pad,
    eval=_pad,
)
