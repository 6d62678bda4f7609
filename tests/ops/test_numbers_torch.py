"""Operators on numbers, lists, dicts and strings against torch's own, called through the dispatcher's table."""

from __future__ import annotations

import copy
import itertools
import math
from typing import Any

import pytest
import torch

import tsx.ops
from tsx.errors import TsxError
from tsx.ir import types as ty
from tsx.ir.op import Op, all_ops
from tsx.ops.call import evaluate

pytestmark = pytest.mark.torch

LOW, HIGH = -(2**63), 2**63
VALUES: dict[str, list[Any]] = {
    "int": [0, 1, -1, 2, 7, -7, 63],
    "float": [0.0, -0.0, 0.5, 1.0, -2.5, 0.1, 1e300, math.inf, -math.inf, math.nan],
    "bool": [True, False],
    "complex": [0.5 + 2j, -1j, 3 + 0j],
    "Scalar": [2, -3, 0.5],
    "str": ["", "a", "tsx: a Trace", "12"],
    "Device": ["cpu"],
    "int[]": [[], [3], [1, 2, -5], [3, 3]],
    "float[]": [[], [0.5], [1.5, -2.0]],
    "bool[]": [[], [True], [True, False]],
    "str[]": [[], ["b", "a"], ["a", "c", "a"]],
    "complex[]": [[1j, 2 + 0j]],
    "int?": [None, 1, -2, 9],
    "str?": [None, "a"],
}
_WHERE_OURS_DIFFERS = {
    # kind: why
    "aten::add.int": "stops on overflow", "aten::sub.int": "stops on overflow", "aten::mul.int": "stops on overflow",
    "aten::__lshift__.int": "stops on overflow",
    "aten::Int.float": "stops on inf and nan", "aten::floor.float": "stops on inf and nan",
    "aten::ceil.float": "stops on inf and nan", "aten::floor.Scalar": "as floor.float",
    "aten::remainder.int": "torch kills the process", "aten::fmod.int": "torch raises for a zero divisor",
}  # fmt: skip


def plain_ops() -> list[Op]:
    """Operators that take and give no tensors, and whose operands can be made up."""
    found = []
    for op in all_ops():
        if op.schema.mutates or op.kind in ("aten::pow.int_to_int", "aten::warn"):
            continue  # torch.ops copies lists, so a write can't be seen, answers int_to_int with a float, has no warn
        spellings = [a.spelling for a in op.schema.arguments]
        known = all(
            s.split("(")[0].replace("[](a!)", "[]") in VALUES for s in map(_spelling, spellings)
        )
        if (
            known
            and spellings
            and op.kind.startswith(("aten::", "prim::"))
            and not op.schema.is_vararg
        ):
            found.append(op)
    return found


def _spelling(text: str) -> str:
    return text.replace("(a!)", "").replace("(a)", "")


def torch_op(op: Op) -> Any:
    namespace, _, name = op.schema.name.partition("::")
    return getattr(getattr(getattr(torch.ops, namespace), name), op.schema.overload or "default")


def same(a: object, b: object, rel_tol: float = 1e-15) -> bool:
    if a == () and b is None:
        return True
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=rel_tol)
    if isinstance(a, complex) and isinstance(b, complex):
        return same_complex(a, b)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def tolerance(op: Op) -> float:
    """torch computes functions of a Scalar in float32."""
    return 1e-6 if op.schema.overload == "Scalar" else 1e-14


def is_unspecified(op: Op, operands: tuple[Any, ...]) -> bool:
    """Negative shifts are undefined in C++; torch finds an empty string in places of its own."""
    if "shift" in op.kind:
        return bool(operands[1] < 0)
    if op.schema.base in ("startswith", "endswith") and operands[2] < 0:
        return True
    if op.kind == "aten::count":  # torch takes a text as long as its window for a find
        return operands[1] == "" or operands[2:] != (0, -1)
    return (
        op.schema.base in ("find", "index", "replace") and operands[1] == ""
    )  # replace never ends


def same_complex(a: complex, b: complex) -> bool:
    if math.isfinite(abs(b)):
        return abs(a - b) <= 1e-13 * max(abs(b), 1e-3)
    return same(a.real, b.real) and same(a.imag, b.imag)


@pytest.mark.parametrize("op", plain_ops(), ids=lambda op: op.kind)
def test_plain_operator_is_torchs(op: Op) -> None:
    function = torch_op(op)
    compared = 0
    for operands in itertools.product(
        *(VALUES[_spelling(a.spelling)] for a in op.schema.arguments)
    ):
        if (
            op.kind.partition(".")[0] in ("aten::remainder", "aten::floordiv", "aten::divmod")
            and operands[-1] == 0
        ):
            continue  # torch ends the process
        if is_unspecified(op, operands):
            continue
        ours, theirs = copy.deepcopy(operands), copy.deepcopy(operands)
        try:
            expected = function(*theirs)
        except (RuntimeError, IndexError, ValueError, OverflowError):
            continue
        try:
            value = evaluate(op, ours)
        except TsxError:
            assert op.kind in _WHERE_OURS_DIFFERS, operands
            continue
        if op.kind in _WHERE_OURS_DIFFERS and not same(value, expected):
            continue
        assert same(value, expected, tolerance(op)), (operands, expected, value)
        compared += 1
    assert compared


def test_the_plain_operators_are_many() -> None:
    assert len(plain_ops()) > 250


@pytest.mark.parametrize("op", plain_ops(), ids=lambda op: op.kind)
def test_rule_of_a_plain_operator_agrees_with_its_value(op: Op) -> None:
    operands = [VALUES[_spelling(a.spelling)][-1] for a in op.schema.arguments]
    try:
        value = evaluate(op, copy.deepcopy(operands))
    except (TsxError, ValueError):
        return
    inferred = op.infer(*copy.deepcopy(operands))
    if isinstance(inferred, tsx.ir.op.Unknown):
        assert (
            inferred.type == op.schema.results[0].type
            or inferred.type in (ty.ANY, ty.NUMBER)
            or isinstance(inferred.type, ty.ListType)
        )
    else:
        assert same(inferred, value)
