"""Calls of operators for the engine's tests: torch's op_db samples and made-up operands, with torch's answers.

The machinery is that of ``tests/ops/matrix.py``; a call counts where the NumPy VM agrees with torch. Takes names of
OpInfos or kinds; gives ``Case`` records. Never asks the engine.
"""

from __future__ import annotations

import collections
import copy
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

from tests.engine import wire
from tests.ops import matrix, matrix_compare, matrix_direct
from tsx.errors import TsxError
from tsx.ir.op import Op
from tsx.ops.call import evaluate


@dataclass(frozen=True, slots=True)
class Case:
    """A call, what torch gives, and what the NumPy VM gives and leaves in the operands."""

    kind: str
    operands: tuple[object, ...]
    expected: object
    ours: object
    afterwards: tuple[object, ...]


class Collector(matrix.Comparer):
    """Keeps up to ``most`` calls for each kind and combination of dtypes instead of comparing them."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.cases: list[Case] = []
        self.most = most
        self._kept: collections.Counter[tuple[str, str]] = collections.Counter()

    def call(self, op: Op, operands: Sequence[object], result: object) -> None:
        if not matrix.is_compared(op, operands):
            return
        self.keep(
            op, [matrix_compare.array_of(operand, copy=False) for operand in operands], result
        )

    def keep(self, op: Op, arrays: Sequence[object], result: object) -> None:
        key = op.kind, " ".join(_outline(array) for array in arrays)
        self._kept[key] += 1
        if self._kept[key] > self.most or not all(map(_is_plain, arrays)):
            return
        given = tuple(map(wire.own, arrays))
        used = copy.deepcopy(given)
        try:
            ours = evaluate(op, used)
        except TsxError:
            return
        if not matrix_compare.difference(ours, result, "result"):
            self.cases.append(
                Case(op.kind, given, matrix_compare.array_of(result, copy=True), ours, used)
            )


def _outline(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.ndim}{value.flags.c_contiguous:d}{value.size > 0:d}"
    if isinstance(value, (list, tuple)):
        return f"[{' '.join(map(_outline, value))}]"
    return type(value).__name__ if isinstance(value, (int, float)) else repr(value)


def _is_plain(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, complex, str, np.ndarray))


def of_infos(names: Sequence[str], most: int = 2) -> list[Case]:
    """Calls below the samples of torch's OpInfos called ``names``; all of them when there are none."""
    collector = Collector(most)
    torch.set_num_threads(1)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        for info in op_db:
            if names and info.name not in names:
                continue
            for dtype in matrix.DTYPES:
                collector.dtype = str(dtype).removeprefix("torch.")
                for sample in matrix.samples(info, dtype, matrix.SAMPLES):
                    with matrix.Calls(collector):
                        try:
                            info(sample.input, *sample.args, **sample.kwargs)
                        except Exception:
                            continue  # torch itself has no answer on this build
    return collector.cases


def made_up(op: Op, most: int = 4) -> Iterator[Case]:
    """An elementwise operator on NaN, infinities, signed zeros, empty and 0-dim tensors, in every dtype."""
    for dtype in matrix_direct.DTYPES:
        collector = Collector(most)
        for operands in matrix_direct.made_up_operands(op, dtype):
            arrays = [matrix_compare.array_of(operand, copy=True) for operand in operands]
            given = [o.clone() if isinstance(o, torch.Tensor) else o for o in operands]
            try:
                expected = matrix.torchs_answer(op, given)
            except (RuntimeError, NotImplementedError, TypeError):
                continue  # not for this dtype
            collector.keep(op, arrays, expected)
        yield from collector.cases
