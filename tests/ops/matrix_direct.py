"""Elementwise operators called one by one on NaN, infinities, signed zeros, empty and 0-dim tensors, against torch.

op_db reaches an operator by the names that people use; this reaches every kind in the registry – overloads for
numbers, other names, in-place forms – in half precision as well. Operands are made from the schema.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import torch

from tests.ops.matrix import DTYPES as ALL_DTYPES
from tests.ops.matrix import Comparer, torchs_answer
from tests.ops.matrix_count import Counts
from tsx.ir import types as ty
from tsx.ir.op import Op, Trait, all_ops, lookup
from tsx.ir.schema import Argument

FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, math.inf, -math.inf, math.nan, 1e-30, 3e5, -7.0)
INTS = (1, -1, 2, -7, 5, 100)  # no zero: dividing by it stops, which has a test of its own
DTYPES = tuple(dtype for dtype in ALL_DTYPES if not dtype.is_complex)
_NUMBERS = {torch.int64: (2, -3), torch.uint8: (2, 3), torch.bool: (True, 2)}
_CHOICES: dict[str, tuple[object, ...]] = {
    "rounding_mode": (None, "floor", "trunc"),
    "approximate": ("none", "tanh"),
    "decimals": (2, -1, 0),
    "equal_nan": (False, True),
    "eps": (None, 0.25),
    "posinf": (None, 9.0),
    "alpha": (1, 2),
}
_CONDITIONS = frozenset({"condition", "mask"})


def direct_kinds() -> list[str]:
    """Elementwise kinds whose operands can be made up, and their in-place forms; casts have their own tests."""
    functional = [op for op in all_ops() if op.formula is not None and _is_made_up(op)]
    names = {op.schema.name for op in functional}
    written = [op for op in all_ops() if op.has(Trait.INPLACE) and _functional_name(op) in names]
    return sorted(op.kind for op in [*functional, *written])


def run_direct(kind: str) -> Counts:
    """The comparisons of one kind, in every dtype that torch takes."""
    op = lookup(kind)
    assert op is not None
    comparer = Comparer()
    for dtype in DTYPES:
        comparer.dtype = str(dtype).removeprefix("torch.")
        for operands in made_up_operands(op, dtype):
            given = [o.clone() if isinstance(o, torch.Tensor) else o for o in operands]
            try:
                expected = torchs_answer(op, given)
            except (RuntimeError, NotImplementedError, TypeError):
                continue  # not for this dtype
            afterwards = given[0] if op.schema.mutates else None
            assert afterwards is None or isinstance(afterwards, torch.Tensor)
            comparer.compare(op, operands, expected, "made-up operands", afterwards=afterwards)
    return comparer.counts


def _is_made_up(op: Op) -> bool:
    return op.kind.startswith("aten::") and not op.schema.base.startswith(("to", "type_as"))


def _functional_name(op: Op) -> str:
    base = op.schema.base
    if base.startswith("__i"):
        return f"aten::__{base[3:]}"
    return f"aten::{base.removesuffix('_')}"


def made_up_operands(op: Op, dtype: torch.dtype) -> Iterator[list[object]]:
    """Operand lists: a grid of special values, its empty part, 0-dim tensors, each with every choice of the rest."""
    tensors = [a for a in op.schema.arguments if _is_tensor(a)]
    values: Sequence[float] = FLOATS if dtype.is_floating_point else INTS
    if dtype is torch.bool:
        values = (True, False)
    if dtype is torch.uint8:
        values = (1, 2, 7, 200)
    grid = torch.tensor(list(itertools.product(values, repeat=max(len(tensors), 1))), dtype=dtype)
    for rows in (grid, grid[:0], grid[1]):
        columns = dict(zip((a.name for a in tensors), rows.unbind(-1), strict=False))
        choices = [
            [columns[a.name]] if _is_tensor(a) else _choices(a, dtype) for a in op.schema.arguments
        ]
        for chosen in itertools.product(*choices):
            yield [
                operand != 0
                if a.name in _CONDITIONS and isinstance(operand, torch.Tensor)
                else operand
                for a, operand in zip(op.schema.arguments, chosen, strict=True)
            ]


def _is_tensor(argument: Argument) -> bool:
    inner = argument.type.element if isinstance(argument.type, ty.OptionalType) else argument.type
    return isinstance(inner, ty.TensorType)


def _choices(argument: Argument, dtype: torch.dtype) -> Sequence[object]:
    if argument.name in _CHOICES:
        return _CHOICES[argument.name]
    numbers = _NUMBERS.get(dtype, (0.5, -2.0, 3))
    if argument.type == ty.OptionalType(ty.NUMBER):
        return (None, *numbers)
    return (argument.default,) if argument.has_default else numbers
