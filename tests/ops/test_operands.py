"""Operators that move data, on operands of the right types and any values: an answer or a tsx error, nothing else.

A file can hold any program whose types fit, so no operator may fail in NumPy's words, read outside its operands, or
answer where its rule says the operands can't be right. And a rule asked with nothing but types must not fail at all.
"""

from __future__ import annotations

import contextlib
import random
import warnings
from typing import Any

import numpy as np
import pytest

import tsx.ops  # noqa: F401  (fills the registry)
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.dims import sym
from tsx.ir.op import Op, Trait, Unknown, all_ops
from tsx.ir.schema import Argument
from tsx.ir.types import DType, TensorType
from tsx.ops.call import evaluate
from tsx.ops.dtypes import to_numpy, type_of

DRAWS = 25
DTYPES = [
    DType.FLOAT32, DType.INT64, DType.BOOL, DType.FLOAT16, DType.COMPLEX64, DType.UINT8, DType.BFLOAT16, DType.FLOAT64,
]  # fmt: skip
CHECKED = [op for op in all_ops() if hasattr(op.eval, "__wrapped__")]  # those of tsx.ops.checked
WORDS = [
    "linear",
    "reflect",
    "constant",
    "circular",
    "sum",
    "mean",
    "amax",
    "x",
    "ij",
    "left",
    "ortho",
]


class Draw:
    """Operands at random, repeatable by seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def number(self) -> int:
        if self.random.random() < 0.03:
            return self.random.choice([2**63 - 1, -(2**63), 2**40])
        return self.random.choice([0, 1, 2, 3, -1, -2, -3, 4, 1, 2, 0])

    def array(self) -> np.ndarray[Any, Any]:
        shape = [
            self.random.choice([0, 1, 2, 3, 2, 3])
            for _ in range(self.random.choice([0, 1, 1, 2, 2, 3, 4]))
        ]
        count = int(np.prod(shape))
        values = np.array([self.random.randint(0, 2) for _ in range(count)]).reshape(shape)
        found = values.astype(to_numpy(self.random.choice(DTYPES)))
        if found.ndim > 1 and self.random.random() < 0.2:
            found = found.swapaxes(0, 1)
        if self.random.random() < 0.1:
            found.flags.writeable = False
        return found

    def value(self, type: ty.Type) -> Any:
        if isinstance(type, ty.OptionalType):
            return None if self.random.random() < 0.4 else self.value(type.element)
        if isinstance(type, TensorType):
            return self.array()
        if isinstance(type, ty.ListType):
            return [self.value(type.element) for _ in range(self.random.choice([0, 1, 2, 2, 3, 4]))]
        choices: dict[ty.Type, list[Any]] = {
            ty.FLOAT: [0.0, 1.0, -1.0, 0.5, float("inf"), float("nan")], ty.BOOL: [True, False],
            ty.NUMBER: [0, 1, 2, 0.5, True, -1], ty.STR: WORDS, ty.DEVICE: ["cpu"], ty.GENERATOR: [None],
            ty.COMPLEX: [1j],
        }  # fmt: skip
        return self.random.choice(choices[type]) if type in choices else self.number()

    def operand(self, argument: Argument) -> Any:
        if argument.has_default and self.random.random() < 0.15:
            default = argument.default
            return list(default) if isinstance(default, list) else default
        value = self.value(argument.type)
        is_dtype = argument.spelling.startswith("ScalarType")
        return self.random.choice(DTYPES).code if is_dtype and value is not None else value

    def abstract(self, value: Any, type: ty.Type) -> object:
        """What a rule may be told of ``value``: all of it, less, or nothing but its type."""
        inner = type.element if isinstance(type, ty.OptionalType) else type
        luck = self.random.random()
        if isinstance(value, np.ndarray):
            known = type_of(value)
            sizes = [
                self.random.choice([n, n, None, sym("s0"), sym("s1") * 2]) for n in value.shape
            ]
            return (
                TensorType()
                if luck < 0.1
                else TensorType(known.dtype if luck < 0.8 else None, tuple(sizes))
            )
        if isinstance(value, list):
            element = inner.element if isinstance(inner, ty.ListType) else inner
            return (
                Unknown(inner) if luck < 0.1 else [self.abstract(item, element) for item in value]
            )
        if value is None or luck > 0.3:
            return value
        if isinstance(value, int) and not isinstance(value, bool) and luck < 0.15:
            return self.random.choice([sym("s0"), sym("s1") - 2, sym("s0") // 2])
        return Unknown(inner)


def known(value: Any) -> object:
    if isinstance(value, np.ndarray):
        return type_of(value)
    return [known(item) for item in value] if isinstance(value, list) else value


def agree(said: object, value: object) -> bool:
    """Whether what a rule says of a result is so."""
    if isinstance(value, np.ndarray):
        if not isinstance(said, TensorType) or said.dtype not in (None, type_of(value).dtype):
            return False
        sizes = said.shape
        return sizes is None or (
            len(sizes) == value.ndim
            and all(s in (None, n) for s, n in zip(sizes, value.shape, strict=True))
        )
    if isinstance(value, (list, tuple)) and isinstance(said, (list, tuple)):
        return len(said) == len(value) and all(map(agree, said, value))
    return not isinstance(value, (list, tuple)) or isinstance(said, Unknown)


@pytest.mark.parametrize("op", CHECKED, ids=lambda op: op.kind)
def test_an_answer_or_a_tsx_error(op: Op) -> None:
    draw = Draw(op.kind)
    for _ in range(DRAWS):
        operands = [draw.operand(argument) for argument in op.schema.arguments]
        types = [argument.type for argument in op.schema.arguments]
        with contextlib.suppress(TsxError):
            op.infer(*map(draw.abstract, operands, types))
        exact = [known(operand) for operand in operands]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                result = evaluate(op, operands)
        except (TsxError, MemoryError):
            continue
        assert not isinstance(result, np.generic)
        if not op.has(Trait.INPLACE):
            assert agree(op.infer(*exact), result), (op.kind, exact)
