"""Every layer computes through ``call`` alone: on values that can only record, it does what it does on arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from tests.nn.cases import CASES, Case
from tsx import nn
from tsx.ir.op import Op
from tsx.ops.call import evaluate


@dataclass
class Recorded:
    """A value that records: it has sizes and a dtype, and refuses every use but as an operand."""

    array: np.ndarray
    log: list[str]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def __tsx_record__(self, op: Op, operands: Sequence[object]) -> object:
        self.log.append(op.kind)
        return map_tree(evaluate(op, [map_tree(o, plain) for o in operands]), self.wrap)

    def wrap(self, value: object) -> object:
        return Recorded(value, self.log) if isinstance(value, np.ndarray) else value

    def __array__(self, *args: object, **kwargs: object) -> np.ndarray:
        raise AssertionError("a layer used NumPy on a recorded value")

    def __bool__(self) -> bool:
        raise AssertionError("a layer branched on a recorded value")


def plain(value: object) -> object:
    return value.array if isinstance(value, Recorded) else value


def map_tree(value: Any, change: Callable[[object], object]) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(map_tree(v, change) for v in value)
    return change(value)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_layer_records_what_it_computes(case: Case) -> None:
    nn.manual_seed(0)
    layer = getattr(nn, case.name)(*case.args, **case.kwargs).eval()
    expected = layer(*case.inputs, **case.calls)
    log: list[str] = []

    def recorded(value: object) -> object:
        return Recorded(value, log) if isinstance(value, np.ndarray) else value

    calls = {key: map_tree(value, recorded) for key, value in case.calls.items()}
    found = layer(*map_tree(case.inputs, recorded), **calls)
    assert log or case.name == "Identity"
    compare(map_tree(found, plain), expected)


def compare(found: Any, expected: Any) -> None:
    if isinstance(expected, tuple):
        for a, b in zip(found, expected, strict=True):
            compare(a, b)
    elif expected is not None:
        np.testing.assert_array_equal(found, expected)
