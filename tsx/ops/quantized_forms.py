"""What operators on plain tensors mean for quantised ones: those that move integers, compare them, or ask for sizes.

``form_of(kind)`` is for the runtime, which asks for it where a program makes quantised tensors at all.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tsx.ir.op import Evaluate, lookup
from tsx.ops.quantized_tensor import QuantizedTensor

MAKERS = frozenset(
    {
        "aten::quantize_per_tensor", "aten::quantize_per_tensor.tensor_qparams", "aten::quantize_per_channel",
        "aten::_make_per_tensor_quantized_tensor", "aten::_make_per_channel_quantized_tensor",
    }
)  # fmt: skip
"""The operators that make quantised tensors of plain ones."""

# They give elements of their operand, wherever those lie.
_MOVES = (
    "aten::view", "aten::reshape", "aten::flatten.using_ints", "aten::permute", "aten::transpose.int",
    "aten::contiguous", "aten::clone", "aten::detach", "aten::squeeze", "aten::squeeze.dim", "aten::unsqueeze",
    "aten::slice.Tensor", "aten::select.int", "aten::max_pool2d",
)  # fmt: skip
_QUESTIONS = ("aten::size", "aten::size.int", "aten::dim", "aten::numel", "aten::len.Tensor")


def _moved(evaluate: Evaluate) -> Evaluate:
    def run(q: QuantizedTensor, *rest: object) -> object:
        values = evaluate(q.values, *rest)
        assert isinstance(values, np.ndarray)
        return q.like(values)

    return run


def _asked(evaluate: Evaluate) -> Evaluate:
    return lambda q, *rest: evaluate(q.values, *rest)


def _relu(evaluate: Evaluate) -> Evaluate:
    """Real numbers below zero are stored ones below the zero point."""
    return lambda q: q.like(np.maximum(q.values, q.values.dtype.type(q.zero_point)))


_FORMS: dict[str, Callable[[Evaluate], Evaluate]] = {
    **dict.fromkeys(_MOVES, _moved),
    **dict.fromkeys(_QUESTIONS, _asked),
    "aten::relu": _relu,
}
FORMS = frozenset(_FORMS)
_READERS = frozenset(
    {
        "aten::dequantize.self", "aten::int_repr", "aten::q_scale", "aten::q_zero_point", "aten::q_per_channel_axis",
        "aten::q_per_channel_scales", "aten::q_per_channel_zero_points",
    }
)  # fmt: skip


def takes_quantized(kind: str) -> bool:
    """Whether a quantised tensor as an operand has a meaning. Containers hold it as they hold anything."""
    return kind in _FORMS or kind in _READERS or kind.startswith(("quantized::", "prim::", "tsx::"))


def form_of(kind: str) -> Evaluate | None:
    """The operator on plain and on quantised tensors; None when it has no meaning for those."""
    op = lookup(kind)
    if op is None or kind not in _FORMS:
        return None
    plain = op.eval
    special = _FORMS[kind](plain)

    def run(first: object, *rest: object) -> object:
        return (special if isinstance(first, QuantizedTensor) else plain)(first, *rest)

    return run
